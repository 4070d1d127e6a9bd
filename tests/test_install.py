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


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Put the environment into a folder, and a list in the place of venv and pip."""
    paths = {
        "ROOT": tmp_path,
        "ENVIRONMENT": tmp_path / ".venv",
        "INSTALLED": tmp_path / ".venv" / "installed",
        "BEGUN": tmp_path / "_build" / "install.begun",
        "LOCK": tmp_path / "_build" / "install.lock",
    }
    for name, path in paths.items():
        monkeypatch.setattr(install, name, path)
    made = SimpleNamespace(ran=[], outcome=0, **paths)

    def run(command, **_):
        made.ran.append("venv" if "venv" in command else "pip")
        if "venv" in command:
            made.ENVIRONMENT.mkdir()
            return SimpleNamespace(returncode=0)
        if isinstance(made.outcome, type):
            raise made.outcome
        (made.ENVIRONMENT / "library").touch()
        return SimpleNamespace(returncode=made.outcome)

    monkeypatch.setattr(install.subprocess, "run", run)
    usage = shutil.disk_usage(tmp_path)
    made.free = 1e12
    monkeypatch.setattr(
        install.shutil, "disk_usage", lambda _: usage._replace(free=made.free)
    )
    return made


def call(place):
    """Install; return what was run, or how it ended. The lock is given back."""
    place.ran.clear()
    try:
        install.main()
        return list(place.ran)
    except (SystemExit, KeyboardInterrupt) as error:
        return type(error)
    finally:
        gc.collect()


def test_a_whole_installation_is_stamped_and_later_only_brought_up_to_date(place):
    assert call(place) == ["venv", "pip"]
    assert place.INSTALLED.exists() and not place.BEGUN.exists()
    assert call(place) == ["pip"]


@pytest.mark.parametrize(
    ("outcome", "ends"), [(1, SystemExit), (KeyboardInterrupt, KeyboardInterrupt)]
)
def test_what_failed_or_was_broken_off_is_begun_again_from_nothing(
    place, outcome, ends
):
    place.outcome = outcome
    assert call(place) is ends
    assert not place.INSTALLED.exists()
    (place.ENVIRONMENT / "half").touch()
    place.outcome = 0
    assert call(place) == ["venv", "pip"]
    assert not (place.ENVIRONMENT / "half").exists()
    assert place.INSTALLED.exists()


def test_two_at_once_are_refused(place, capsys):
    place.LOCK.parent.mkdir()
    with place.LOCK.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert call(place) is SystemExit
    assert place.ran == [] and "wait" in capsys.readouterr().out


def test_another_python_or_a_full_disk_is_refused_before_anything_is_made(
    place, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 10, 1))
        assert call(place) is SystemExit
    assert "3.11, 3.12 or 3.13" in capsys.readouterr().out
    place.free = 1e9
    assert call(place) is SystemExit
    assert "needs 3 GB" in capsys.readouterr().out
    assert place.ran == [] and not place.ENVIRONMENT.exists()


def test_make_installs_only_where_a_requirement_is_newer(tmp_path):
    shutil.copy(install.ROOT / "Makefile", tmp_path)
    files = [tmp_path / name for name in ("pyproject.toml", "constraints.txt")]
    (tmp_path / ".venv").mkdir()
    files.append(tmp_path / ".venv" / "installed")
    for age, path in enumerate(files):
        path.touch()
        os.utime(path, (age, age))
    command = ["make", "-q", ".venv/installed"]
    assert subprocess.run(command, cwd=tmp_path).returncode == 0
    files[0].touch()
    assert subprocess.run(command, cwd=tmp_path).returncode == 1
