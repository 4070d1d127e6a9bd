"""`make .venv/installed`: what is begun again, what is not, and what is refused."""

import fcntl
import gc
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import install
import pytest


class Place:
    """A folder for the environment, with a list in the place of venv and pip."""

    def __init__(self, root, monkeypatch):
        self.ran, self.status, self.free = [], 0, 1e12
        self.environment = root / ".venv"
        self.installed, self.lock = self.environment / "installed", root / "lock"
        monkeypatch.setattr(install, "ROOT", root)
        monkeypatch.setattr(install, "ENVIRONMENT", self.environment)
        monkeypatch.setattr(install, "INSTALLED", self.installed)
        monkeypatch.setattr(install, "BEGUN", root / "begun")
        monkeypatch.setattr(install, "LOCK", self.lock)
        monkeypatch.setattr(install.subprocess, "run", self.run)
        usage = shutil.disk_usage(root)
        monkeypatch.setattr(
            install.shutil, "disk_usage", lambda _: usage._replace(free=self.free)
        )

    def run(self, command, **_):
        self.ran.append("venv" if "venv" in command else "pip")
        self.environment.mkdir(exist_ok=True)
        if self.status is KeyboardInterrupt and self.ran[-1] == "pip":
            raise self.status
        return SimpleNamespace(returncode=self.status if self.ran[-1] == "pip" else 0)

    def install(self):
        """Install; return what was run, or how it ended. The lock is given back."""
        self.ran.clear()
        try:
            install.main()
            return self.ran
        except (SystemExit, KeyboardInterrupt) as error:
            return type(error)
        finally:
            gc.collect()


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


@pytest.mark.parametrize("status", [1, KeyboardInterrupt])
def test_what_failed_or_was_broken_off_is_begun_again_from_nothing(place, status):
    place.status = status
    assert place.install() in (SystemExit, KeyboardInterrupt)
    assert not place.installed.exists()
    (place.environment / "half").touch()
    place.status = 0
    assert place.install() == ["venv", "pip"]
    assert list(place.environment.iterdir()) == [place.installed]
    # What is whole is only brought up to date.
    assert place.install() == ["pip"]


def test_two_at_once_another_python_or_a_full_disk_are_refused(
    place, monkeypatch, capsys
):
    with place.lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert place.install() is SystemExit
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 10, 1))
        assert place.install() is SystemExit
    place.free = 1e9
    assert place.install() is SystemExit
    lines = capsys.readouterr().out.splitlines()
    for line, said in zip(lines, ("wait", "needs Python", "needs 3 GB"), strict=True):
        assert said in line
    assert place.ran == [] and not place.environment.exists()


@pytest.mark.parametrize("name", ["a folder", "我的 书 (copy), 'new'"])
def test_make_installs_only_where_a_requirement_is_newer(tmp_path, name):
    root = tmp_path / name
    (root / ".venv").mkdir(parents=True)
    shutil.copy(install.ROOT / "Makefile", root)
    made = f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {root}/.venv\n"
    (root / ".venv" / "pyvenv.cfg").write_text(made, "utf-8")
    for age, file in enumerate(
        ("pyproject.toml", "constraints.txt", ".venv/installed")
    ):
        (root / file).touch()
        os.utime(root / file, (age, age))
    command = ["make", "-q", ".venv/installed"]
    assert subprocess.run(command, cwd=root).returncode == 0
    for other in (root.rename(tmp_path / "renamed"), tmp_path / name):
        if not other.exists():
            shutil.copytree(tmp_path / "renamed", other)
        moved = other.name == "renamed"
        assert subprocess.run(command, cwd=other).returncode == moved
    (other / "pyproject.toml").touch()
    assert subprocess.run(command, cwd=other).returncode == 1


@pytest.mark.parametrize(
    ("made", "ran"),
    [
        ("command = python3 -m venv {}", ["pip"]),
        ("home = /usr/bin", ["pip"]),  # not made by venv
        ("command = python3 -m venv {}2/.venv", ["venv", "pip"]),
        ("command = python3 -m venv /old{}", ["venv", "pip"]),
    ],
)
def test_an_environment_of_another_folder_is_made_anew(place, made, ran):
    assert place.install() == ["venv", "pip"]
    settings = place.environment / "pyvenv.cfg"
    settings.write_text(f"{made.format(place.environment)}\nversion = 3.11.7\n")
    assert place.install() == ran
    assert settings.exists() == (ran == ["pip"])


def test_make_lets_python_keep_what_it_compiled(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    command = [
        "make",
        "-s",
        "-f",
        install.ROOT / "Makefile",
        "--eval=seen:; @env",
        "seen",
    ]
    seen = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "PATH=" in seen and "PYTHONDONTWRITEBYTECODE" not in seen
