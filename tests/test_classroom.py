"""The classroom kit: whole for both systems, and started by scripts that can be read.

The wheels here have a few hundred bytes each. The real kit, without a network, is
tried by ``make classroom`` itself.
"""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import make_classroom
import pytest
import yaml
from make_classroom import LINUX, WINDOWS, start

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def write_wheel(folder, name, *needs, version="1.0", tag="py3-none-any", **modules):
    """Write a wheel that pip installs: its metadata, and modules by their source."""
    about = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    files = {f"{module}.py": source for module, source in modules.items()}
    files[f"{about}/METADATA"] = "\n".join(lines) + "\n"
    files[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    files[f"{name}/inside-1.0.dist-info/METADATA"] = "Requires-Dist: nothing\n"
    files[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in files)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


# --- the wheels are complete ---------------------------------------------------------


@pytest.fixture
def wheels(tmp_path):
    """Write a course that needs a binary, an extra, and others on each system."""
    course = ["fast", 'grader>=2; extra == "instructor"', 'gpu; extra == "gpu"']
    write_wheel(tmp_path, "course", *course)
    terminal = ['colour; sys_platform == "win32"', 'pty; os_name != "nt"', "table[all]"]
    write_wheel(tmp_path, "fast", *terminal, tag="cp312-cp312-win_amd64")
    here = str(next(tag for tag in LINUX.tags if "linux" in tag.platform))
    write_wheel(tmp_path, "fast", *terminal, tag=here)
    write_wheel(tmp_path, "grader", "course", version="2.1")
    write_wheel(tmp_path, "table", 'excel; extra == "all"', 'odd; extra == "odd"')
    for name in ("colour", "pty", "excel"):
        write_wheel(tmp_path, name)
    return tmp_path


def resolve(folder, target):
    needed, missing = make_classroom.resolve(folder, ["course[instructor]"], target)
    names = {wheel.name.partition("-")[0] for wheel in needed}
    return needed, names, [str(each) for each in missing]


def test_each_system_gets_what_its_markers_ask_for(wheels):
    both = {"course", "fast", "grader", "table", "excel"}
    linux, names, missing = resolve(wheels, LINUX)
    assert (names, missing) == (both | {"pty"}, [])
    windows, names, missing = resolve(wheels, WINDOWS)
    assert (names, missing) == (both | {"colour"}, [])
    assert {wheel.name.split("-", 1)[0] for wheel in linux & windows} == both - {"fast"}


@pytest.mark.parametrize("name", ["fast", "grader", "table", "excel", "colour"])
def test_a_wheel_that_windows_lacks_is_named(wheels, name):
    (path,) = (p for p in wheels.glob(f"{name}-*.whl") if "linux" not in p.name)
    path.unlink()
    _, _, (missing,) = resolve(wheels, WINDOWS)
    assert missing.startswith(name)


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("1.9", "py3-none-any"),
        ("2.1", "cp313-cp313-win_amd64"),
        ("2.1", "cp312-cp312-win32"),
        ("2.1", "cp312-cp312-manylinux_2_28_x86_64"),
    ],
)
def test_a_wheel_that_does_not_fit_windows_does_not_count(wheels, version, tag):
    (wheels / "grader-2.1-py3-none-any.whl").unlink()
    write_wheel(wheels, "grader", version=version, tag=tag)
    assert resolve(wheels, WINDOWS)[2] == ["grader>=2"]


def test_a_name_too_long_for_windows_is_refused(wheels, tmp_path):
    path = write_wheel(tmp_path, "deep", **{"x" * (start.LONGEST_NAME - 3): ""})
    make_classroom.check_lengths({path.rename(path.with_name("a.whl"))})
    path = write_wheel(tmp_path, "deep", **{"x" * (start.LONGEST_NAME - 2): ""})
    with pytest.raises(SystemExit, match="LONGEST_NAME"):
        make_classroom.check_lengths({path})


# --- the scripts start it ------------------------------------------------------------

FAKE = {
    "mnist_tutorial": "import sys; print('ran', *sys.argv[1:])",
    "nbconvert": "import sys; print('ran a notebook', sys.argv[-1])",
}


@pytest.fixture
def kit(tmp_path):
    """Write a kit of three pages in a folder with a blank and Chinese letters."""
    kit = tmp_path / "教室 kit"
    for folder in ("wheels", "book", "notebooks/zh"):
        (kit / folder).mkdir(parents=True)
    make_classroom.write_scripts(kit)
    (kit / "kit.txt").write_text("first", "utf-8")
    (kit / "book" / "index.html").write_text("MNIST 手写数字", "utf-8")
    write_wheel(kit / "wheels", "mnist_tutorial", "nbconvert", **FAKE)
    write_wheel(kit / "wheels", "nbconvert")
    write_wheel(kit / "wheels", "jupyterlab")
    return kit


def begin(kit, *arguments, **variables):
    """Run start.sh, with no index in reach of pip."""
    path = os.pathsep.join([f"{sys.base_prefix}/bin", "/usr/bin", "/bin"])
    variables = {"PATH": path, "HOME": str(kit.parent), "PYTHONPATH": "x"} | variables
    return subprocess.run(
        ["sh", kit / "start.sh", *arguments],
        env=variables,
        capture_output=True,
        encoding="utf-8",
        cwd=kit.parent,
    )


def test_the_kit_installs_once_and_again_where_it_must(kit):
    done = begin(kit, "check")
    assert done.returncode == 0, done.stderr
    assert "ran doctor\nran a notebook" in done.stdout
    # What lies where the command is typed is not what was installed.
    (kit.parent / "mnist_tutorial.py").write_text("raise SystemExit(1)")
    again = begin(kit, "check")
    assert "Installing" in done.stdout and "Installing" not in again.stdout
    assert again.returncode == 0
    (kit / "book" / "index.html").write_text("", "utf-8")
    unread = begin(kit, "check")
    assert unread.returncode == 1
    assert unread.stderr.strip().endswith("The book's first page is broken.")
    (kit / "book" / "index.html").write_text("MNIST", "utf-8")
    # It would look for its programs where it was; that pip is asked again shows here.
    moved = kit.rename(kit.with_name("moved"))
    (moved / "wheels" / "nbconvert-1.0-py3-none-any.whl").unlink()
    broken = begin(moved, "check")
    assert broken.returncode == 1
    assert broken.stderr.splitlines()[-1].endswith("it says above why.")
    assert "Traceback" not in broken.stderr


def test_only_a_whole_environment_of_this_kit_is_used(kit, monkeypatch):
    monkeypatch.setattr(start, "KIT", kit)
    environment = kit / "env"
    environment.mkdir()
    assert not start.is_installed(environment)
    (environment / "installed").write_text(start.made_for(environment), "utf-8")
    assert start.is_installed(environment)
    assert not start.is_installed(environment, "[instructor]")
    # Another user, who cannot write there, starts it too.
    assert start.install(kit.parent) == start.python_of(environment)
    (kit / "kit.txt").write_text("second", "utf-8")
    assert not start.is_installed(environment)


def test_without_the_right_python_a_line_says_what_to_do(kit):
    script = kit / "start.sh"
    text = script.read_text("utf-8").replace(sysconfig.get_platform(), "linux-odd")
    script.write_text(text, "utf-8")
    done = begin(kit, "check")
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"{PYTHON} (linux-odd)" in line and line.endswith("book/index.html")


def test_what_the_kit_does_not_know_or_have_is_said(kit):
    assert "start.sh grade 0 zh" in begin(kit, "chekc").stderr
    assert "only the teacher's kit has it." in begin(kit, "grade", "0").stderr


def test_a_second_start_waits_for_the_first(kit):
    with start.lock(kit):
        done = begin(kit, "check")
    assert done.returncode == 1 and "Another window is installing" in done.stderr


def test_the_environment_goes_where_it_can(tmp_path, monkeypatch):
    own = tmp_path / "own"
    monkeypatch.setattr(start, "own_folder", lambda: own)
    monkeypatch.setattr(start, "KIT", tmp_path / "kit")
    assert start.find_home() == tmp_path / "kit"
    (tmp_path / "file").touch()
    monkeypatch.setattr(start, "KIT", tmp_path / "file" / "kit")
    assert start.find_home() == own
    (own / "x").mkdir()
    monkeypatch.setattr(start, "own_folder", lambda: tmp_path / "file" / "own")
    with pytest.raises(start.Refused, match="cannot be written"):
        start.find_home()


def test_windows_paths_stay_below_its_limit_and_off_shares(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "WINDOWS", True)
    monkeypatch.chdir(tmp_path)
    longest = Path("k" * start.LONGEST_HOME)
    assert start.why_not(longest) is None
    inside = f"{longest}/env/Lib/site-packages/" + "x" * start.LONGEST_NAME
    assert len(inside) == 259
    assert "more than" in start.why_not(Path("k" * (start.LONGEST_HOME + 1)))
    assert "on a network" in start.why_not(Path("\\\\server\\kit"))


def test_a_kit_that_cannot_be_written_is_copied_where_students_write(
    kit, tmp_path, monkeypatch
):
    (kit / "notebooks" / "zh" / "a.ipynb").write_text("{}")
    monkeypatch.setattr(start, "KIT", kit)
    home = tmp_path / "own"
    written = start.place_of("notebooks", home) / "zh" / "a.ipynb"
    written.write_text("mine")
    assert start.place_of("notebooks", home) / "zh" / "a.ipynb" == written
    assert written.read_text() == "mine"
    assert not start.place_of("instructor", home).exists()


def test_cmd_can_read_start_bat(kit):
    content = (kit / "start.bat").read_bytes()
    content.decode("ascii")
    lines = content.split(b"\r\n")
    assert lines.pop() == b"" and not any(b"\n" in line for line in lines)
    text = content.decode()
    assert set(re.findall(r"goto (\w+)", text)) == set(
        re.findall(r"^:(\w+)", text, re.M)
    )
    for file in set(re.findall(r'%~dp0([\w.\\-]+)"', text)):
        assert (kit / file.replace("\\", "/")).exists(), file


def test_the_kits_files_name_the_pythons_of_its_wheels(kit):
    windows = WINDOWS.environment["python_version"]
    for name in ("start.sh", "start.bat", "no-python.txt", "README.txt"):
        text = (kit / name).read_text("utf-8")
        assert not re.search("@[A-Z]+@", text), name
        assert (PYTHON if name == "start.sh" else windows) in text
    assert f"({windows.replace('.', ', ')})" in (kit / "start.bat").read_text()


# --- Windows, which we do not have ---------------------------------------------------


def test_a_public_job_installs_from_the_linux_jobs_kit_on_windows():
    text = (ROOT / ".github" / "workflows" / "classroom.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    (windows,) = (job for job in jobs.values() if job["runs-on"] == "windows-latest")
    maker = jobs[windows["needs"]]
    assert "make classroom" in [step.get("run") for step in maker["steps"]]
    given, taken = (
        step["with"]
        for job in (maker, windows)
        for step in job["steps"]
        if re.match("actions/(up|down)load-artifact@", step.get("uses", ""))
    )
    assert given["name"] == taken["name"]
    assert given["path"] == f"_build/classroom/{make_classroom.NAME}.zip"
    (python,) = (s for s in windows["steps"] if "setup-python" in s.get("uses", ""))
    assert python["with"] == {
        "python-version": WINDOWS.environment["python_version"],
        "architecture": "x64",
    }
    assert f'{make_classroom.NAME}\\start.bat" check' in windows["steps"][-1]["run"]
