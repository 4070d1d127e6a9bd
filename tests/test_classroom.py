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
from fnmatch import fnmatch
from pathlib import Path

import make_classroom
import pytest
import yaml
from make_classroom import LINUX, WINDOWS, start

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def write_wheel(
    folder, name, *needs, version="1.0", tag="py3-none-any", python=">=3", **modules
):
    """Write a wheel that pip installs: its metadata, and modules by their source."""
    about = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {python}"]
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


def resolve(folder, target, **pins):
    wanted = ["course[instructor]"]
    needed, missing = make_classroom.resolve(folder, wanted, target, pins)
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
    ("version", "tag", "python"),
    [
        ("1.9", "py3-none-any", ">=3"),
        ("2.1", "cp313-cp313-win_amd64", ">=3"),
        ("2.1", "cp312-cp312-win32", ">=3"),
        ("2.1", "cp312-cp312-manylinux_2_28_x86_64", ">=3"),
        ("2.1", "py3-none-any", ">=3.13"),
    ],
)
def test_a_wheel_that_does_not_fit_windows_does_not_count(wheels, version, tag, python):
    (wheels / "grader-2.1-py3-none-any.whl").unlink()
    write_wheel(wheels, "grader", version=version, tag=tag, python=python)
    assert resolve(wheels, WINDOWS)[2] == ["grader>=2"]


def test_what_an_earlier_run_left_is_not_taken_for_the_pinned_version(wheels):
    write_wheel(wheels, "grader", version="3.0")
    assert "grader-3.0-py3-none-any.whl" in {p.name for p in resolve(wheels, LINUX)[0]}
    needed, _, missing = resolve(wheels, LINUX, grader="2.1")
    assert "grader-2.1-py3-none-any.whl" in {path.name for path in needed}
    assert missing == [] and len(needed) == 6
    assert resolve(wheels, LINUX, grader="2.2")[2] == ["grader>=2"]


def test_one_version_meets_all_that_ask_for_it_or_it_is_missing(wheels):
    write_wheel(wheels, "grader", version="3.0")
    write_wheel(wheels, "excel", "grader<3")
    needed, names, missing = resolve(wheels, LINUX)
    assert missing == [] and len(names) == len(needed)
    assert "grader-2.1-py3-none-any.whl" in {path.name for path in needed}
    write_wheel(wheels, "excel", "grader<2.1")
    assert resolve(wheels, LINUX)[2] == ["grader<2.1,>=2"]


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
    (kit / "program" / "kit.txt").write_text("first", "utf-8")
    (kit / "book" / "index.html").write_text("MNIST 手写数字", "utf-8")
    write_wheel(kit / "wheels", "mnist_tutorial", "nbconvert", **FAKE)
    write_wheel(kit / "wheels", "nbconvert")
    write_wheel(kit / "wheels", "jupyterlab")
    return kit


def begin(kit, *arguments):
    """Run start-linux.sh, with no index in reach of pip, and another Python's paths."""
    path = os.pathsep.join([f"{sys.base_prefix}/bin", "/usr/bin", "/bin"])
    variables = {"PATH": path, "HOME": str(kit.parent), "PYTHONHOME": "x"}
    return subprocess.run(
        ["sh", kit / "start-linux.sh", *arguments],
        env=variables | {"PYTHONPATH": str(kit.parent)},
        capture_output=True,
        encoding="utf-8",
        cwd=kit.parent,
    )


def test_the_kit_installs_once_and_again_where_it_must(kit):
    # What lies where the command is typed is not what is run.
    for name in ("mnist_tutorial", "venv", "sysconfig"):
        (kit.parent / f"{name}.py").write_text("raise SystemExit(1)")
    program = kit / "program" / "start.py"
    text = program.read_text("utf-8").replace("EVERY = 10 ", "EVERY = 0.1 ")
    program.write_text(text, "utf-8")
    done = begin(kit, "check")
    assert done.returncode == 0, done.stderr
    assert "ran doctor\nran a notebook" in done.stdout
    assert re.search(r"^  \d / 3$", done.stdout, re.M)
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
    python = Path(start.python_of(environment))
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    assert not start.is_installed(environment)
    (environment / "installed").write_text(start.made_for(environment), "utf-8")
    assert start.is_installed(environment)
    assert not start.is_installed(environment, "[instructor]")
    # Another user, who cannot write there, starts it too.
    assert start.install(kit.parent) == start.python_of(environment)
    # The Python that it was made with is another now, or gone.
    python.write_text("#!/bin/sh\nexit 1\n")
    assert not start.is_installed(environment)
    python.write_text("#!/no/such/python\n")
    assert not start.is_installed(environment)
    python.write_text("#!/bin/sh\n")
    (kit / "program" / "kit.txt").write_text("second", "utf-8")
    assert not start.is_installed(environment)


def test_a_computer_that_cannot_run_tensorflow_is_refused(tmp_path, monkeypatch):
    cpu = tmp_path / "cpuinfo"
    monkeypatch.setattr(start, "CPU", cpu)
    for text in ("flags\t\t: fpu avx avx2\n", "Features\t: fp asimd\n"):
        cpu.write_text(text)
        start.check_machine()
    cpu.write_text("flags\t\t: fpu avx2\n")
    with pytest.raises(start.Refused, match="no AVX"):
        start.check_machine()


def test_a_linux_that_is_too_old_is_told_for_which_wheels(kit, monkeypatch):
    monkeypatch.setattr(start, "KIT", kit)
    tags = "manylinux_2_27_x86_64.manylinux_2_28_x86_64"
    late = write_wheel(kit / "wheels", "late", tag=f"cp311-cp311-{tags}").name
    write_wheel(kit / "wheels", "old", tag="cp311-cp311-manylinux2014_x86_64")
    assert start.too_late("2.27") == start.too_late("3.1") == []
    assert start.too_late("2.9") == start.too_late("") == [late]
    monkeypatch.setattr(start.platform, "libc_ver", lambda: ("glibc", "2.17"))
    with pytest.raises(start.Refused, match=f"too old for {re.escape(late)}"):
        start.check_system(kit)


def test_without_the_right_python_a_line_says_what_to_do(kit):
    script = kit / "start-linux.sh"
    text = script.read_text("utf-8").replace(sysconfig.get_platform(), "linux-odd")
    script.write_text(text, "utf-8")
    done = begin(kit, "check")
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"{PYTHON} (linux-odd)" in line and line.endswith("book/index.html")


def test_what_the_kit_does_not_know_or_have_is_said(kit):
    assert "start-linux.sh grade 0 zh" in begin(kit, "chekc").stderr
    assert f"Unpack instructor.zip in {kit} first." in begin(kit, "grade", "0").stderr
    (kit / "program" / "kit.txt").unlink()
    (line,) = begin(kit, "check").stderr.splitlines()
    assert "kit.txt" in line and "AppLocker" in line


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
    home.mkdir()

    def break_off(source, target):
        Path(target).mkdir()
        raise OSError

    with monkeypatch.context() as broken, pytest.raises(OSError):
        broken.setattr(start.shutil, "copytree", break_off)
        start.place_of("notebooks", home)
    written = start.place_of("notebooks", home) / "zh" / "a.ipynb"
    written.write_text("mine")
    assert start.place_of("notebooks", home) / "zh" / "a.ipynb" == written
    assert written.read_text() == "mine"
    assert not start.place_of("instructor", home).exists()


def test_cmd_can_read_start_bat(kit):
    content = (kit / "start-windows.bat").read_bytes()
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
    for name in ("start-linux.sh", "start-windows.bat", "no-python.txt", "README.txt"):
        (path,) = kit.rglob(name)
        text = path.read_text("utf-8")
        assert not re.search("@[A-Z]+@", text), name
        assert (PYTHON if name == "start-linux.sh" else windows) in text
    assert f"({windows.replace('.', ', ')})" in (kit / "start-windows.bat").read_text()


def test_windows_hides_extensions_so_no_two_names_are_alike(kit):
    names = [path.stem for path in kit.iterdir()]
    assert len(set(names)) == len(names)


# --- what students get ---------------------------------------------------------------


def test_only_the_instructors_zip_has_answers_and_what_grades(tmp_path, monkeypatch):
    monkeypatch.setattr(make_classroom, "LANGUAGES", ["en"])
    monkeypatch.setattr(make_classroom, "homeworks", lambda: ["hw0"])
    monkeypatch.setattr(make_classroom, "BOOK", tmp_path / "book")
    own, nbgrader = (write_wheel(tmp_path, n) for n in ("mnist_tutorial", "nbgrader"))
    kit = make_classroom.collect({own}, tmp_path / "work")
    theirs = make_classroom.collect_instructor({nbgrader})
    assert {"start-windows.bat", "notebooks/homework/hw0-en/hw0.ipynb"} <= kit.keys()
    mark = b"BEGIN SOLUTION"
    assert mark in theirs["instructor/homework/en/hw0.ipynb"].read_bytes()
    assert not [name for name, path in kit.items() if mark in path.read_bytes()]
    assert not [name for name in kit if re.search("nbgrader|instructor|grade", name)]
    assert {name.split("/")[0] for name in theirs} == {"instructor"}
    grades = {
        "instructor/tools/homework_grade.py",
        f"instructor/wheels/{nbgrader.name}",
    }
    assert grades <= theirs.keys()


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
    command = f'{make_classroom.NAME}\\start-windows.bat" check'
    assert command in windows["steps"][-1]["run"]


def test_a_pull_request_that_changes_what_the_kit_is_of_runs_the_job():
    text = (ROOT / ".github" / "workflows" / "classroom.yml").read_text("utf-8")
    patterns = yaml.safe_load(text)[True]["pull_request"]["paths"]  # "on" is True
    used = ["Makefile", "constraints.txt", "pyproject.toml", "tools/install.py"]
    used += [
        "tools/make_book.py",
        "tools/make_classroom.py",
        "tools/homework_report.py",
    ]
    used += [f"book/zh/{start.PAGE}.ipynb", "homework/zh/hw0.ipynb"]
    used += ["tools/classroom/program/start.py", "mnist_tutorial/doctor.py"]
    for path in used:
        assert (ROOT / path).exists()
        assert any(fnmatch(path, pattern) for pattern in patterns), path
