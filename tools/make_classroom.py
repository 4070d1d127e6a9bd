"""Make the classroom kit: a zip for computers that have no network, one for teachers.

    python tools/make_classroom.py    what `make classroom` does, once there is a book

In the first: both books, the notebooks, homework, our package, and the wheels for this
system and this Python, and for 64-bit Windows with Python 3.12. What both systems share
is there once. The other, ``instructor.zip``, has the answers of homework and what
grades it. At last both are tried in a place without a network.
"""

import csv
import email
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from homework_release import LANGUAGES, homeworks, write_release
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, sys_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

sys.path.insert(0, str(Path(__file__).resolve().parent / "classroom" / "program"))

import start  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build" / "classroom"
SCRIPTS = ROOT / "tools" / "classroom"
BOOK = ROOT / "_build" / "html"
NAME = "mnist-classroom"
INSTRUCTOR = [f"{start.WANTED[0]}[instructor]", *start.WANTED[1:]]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
# Leaves nothing but the loopback that a notebook's kernel needs.
OFFLINE = ["unshare", "--map-root-user", "--net", "sh", "-c"]
OFFLINE += ['ip link set lo up && exec "$0" "$@"']
ONLY_LOOPBACK = "import socket; assert [n for _, n in socket.if_nameindex()] == ['lo']"


@dataclass(frozen=True)
class Target:
    """A system with a Python: what markers see, which wheels fit, what pip is told."""

    name: str
    environment: dict[str, str]
    tags: frozenset[Tag]
    pip: tuple[str, ...] = ()


LINUX = Target(f"Linux, Python {HERE}", default_environment(), frozenset(sys_tags()))
# python.org has an installer of no later one.
WINDOWS = Target(
    "Windows, Python 3.12",
    {
        "implementation_name": "cpython",
        "implementation_version": "3.12.10",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_release": "10",
        "platform_system": "Windows",
        "platform_version": "10.0.19045",
        "python_full_version": "3.12.10",
        "python_version": "3.12",
        "sys_platform": "win32",
    },
    frozenset(
        [
            *cpython_tags((3, 12), platforms=["win_amd64"]),
            *compatible_tags((3, 12), "cp312", ["win_amd64"]),
        ]
    ),
    ("--platform=win_amd64", "--python-version=3.12"),
)


def refuse(message: str) -> None:
    """End with one line that says what to do."""
    sys.exit(f"make classroom: {message}")


# --- wheels --------------------------------------------------------------------------


def metadata_of(wheel: Path) -> Message:
    """Return what a wheel says of itself, such as what it needs."""
    with zipfile.ZipFile(wheel) as archive:
        # Not those of packages that it carries within.
        own = re.compile(r"[^/]+\.dist-info/METADATA")
        (name,) = filter(own.fullmatch, archive.namelist())
        return email.message_from_bytes(archive.read(name))


def resolve(
    folder: Path, wanted: Sequence[str], target: Target, pins: dict[str, str]
) -> tuple[set[Path], list[Requirement]]:
    """Follow requirements through a folder of wheels.

    Parameters
    ----------
    folder
        With the wheels of all targets, and what earlier calls have left.
    wanted
        What is to be installed, such as ``"mnist-tutorial[instructor]"``.
    target
        The system and the Python: others' wheels and markers do not count.
    pins
        By name, the only version that counts.

    Returns
    -------
    tuple of (set of Path, list of Requirement)
        The wheels that are needed, and the requirements that none of the folder meets:
        with one, all that is asked of its name.
    """
    fitting = find_fitting(folder, target, pins)
    chosen, asked, missing, seen = {}, {}, [], set()
    waiting = [Requirement(text) for text in wanted]
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        name = canonicalize_name(requirement.name)
        asked[name] = asked.get(name, SpecifierSet()) & requirement.specifier
        found = [
            (version, wheel)
            for version, wheel in fitting.get(name, [])
            if asked[name].contains(version, prereleases=True)
        ]
        if not found:
            missing.append(Requirement(f"{name}{asked[name]}"))
            continue
        _, wheel = chosen[name] = max(found)
        for line in metadata_of(wheel).get_all("Requires-Dist", []):
            other = Requirement(line)
            # An extra's name is what its requirements' markers ask for.
            if other.marker is None or any(
                other.marker.evaluate(target.environment | {"extra": extra})
                for extra in requirement.extras or {""}
            ):
                other.marker = None
                waiting.append(other)
    return {wheel for _, wheel in chosen.values()}, missing


def find_fitting(
    folder: Path, target: Target, pins: dict[str, str]
) -> dict[str, list[tuple[Version, Path]]]:
    """Return by name the wheels of a folder that a target can install."""
    python = target.environment["python_full_version"]
    fitting = {}
    for wheel in folder.glob("*.whl"):
        name, version, _, tags = parse_wheel_filename(wheel.name)
        if tags & target.tags and version == Version(pins.get(name, str(version))):
            pythons = SpecifierSet(metadata_of(wheel)["Requires-Python"] or "")
            if pythons.contains(python, prereleases=True):
                fitting.setdefault(name, []).append((version, wheel))
    return fitting


def read_pins(target: Target) -> dict[str, str]:
    """Return by name the version that constraints.txt gives a target."""
    pins = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate(target.environment):
                (exactly,) = pin.specifier
                pins[canonicalize_name(pin.name)] = exactly.version
    return pins


def fetch(folder: Path, wanted: Sequence[str], target: Target) -> set[Path]:
    """Download what is missing until a target has all that it needs; return it.

    What constraints.txt has no version of is needed on another system than its own.
    """
    pins, before = read_pins(target), None
    while True:
        needed, missing = resolve(folder, wanted, target, pins)
        if not missing:
            return needed
        if missing == before:
            refuse(f"no version for {target.name} is {', '.join(map(str, missing))}.")
        before = missing
        lines = []
        for requirement in missing:
            name = requirement.name
            exactly = f"=={pins[name]}" if name in pins else requirement.specifier
            lines.append(f"{name}{exactly}")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--disable-pip-version-check", "--only-binary=:all:", *target.pip]
        if subprocess.run([*pip, "--dest", folder, *lines]).returncode:
            refuse(f"pip could not download wheels for {target.name}; see above.")


def build_own(folder: Path) -> Path:
    """Build the wheel of our package."""
    for old in folder.glob("mnist_tutorial-*.whl"):
        old.unlink()
    # Setuptools would pack what an earlier build has left there.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    pip += ["--disable-pip-version-check", "--no-build-isolation"]
    if subprocess.run([*pip, "--wheel-dir", folder, ROOT]).returncode:
        refuse("pip could not build our own wheel; see above.")
    (wheel,) = folder.glob("mnist_tutorial-*.whl")
    return wheel


def check_lengths(wheels: set[Path]) -> None:
    """Refuse a file whose name start.py has not reckoned with, on Windows."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            longest = max(archive.namelist(), key=len)
        if len(longest) > start.LONGEST_NAME:
            refuse(
                f"{wheel.name} has a name of {len(longest)} characters: raise "
                f"LONGEST_NAME in tools/classroom/start.py ({longest})."
            )


# --- the zip -------------------------------------------------------------------------


def files(folder: Path, below: str) -> Iterator[tuple[Path, str]]:
    """Yield the files of a folder with their names in the kit."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not {".ipynb_checkpoints", "__pycache__"} & set(parts):
            yield path, "/".join([below, *parts]).lstrip("/")


def collect(wheels: set[Path], work: Path) -> dict[str, Path]:
    """Return what students get, by its name in the kit; write new files into a folder.

    Of homework nothing but its release is there.
    """
    kit = {f"wheels/{wheel.name}": wheel for wheel in sorted(wheels)}
    folders = [(BOOK, "book")]
    for language in LANGUAGES:
        folders.append((ROOT / "book" / language, f"notebooks/{language}"))
        for name in homeworks():
            write_release(name, language, work / "homework")
            release = f"{name}-{language}"
            folders.append(
                (work / "homework" / release, f"notebooks/homework/{release}")
            )
    scripts = work / "scripts"
    write_scripts(scripts)
    (own,) = (wheel for wheel in wheels if wheel.name.startswith("mnist_tutorial-"))
    names = sorted(wheel.name for wheel in wheels)
    content = hashlib.sha256(own.read_bytes() + "\n".join(names).encode())
    (scripts / "program" / "kit.txt").write_text(
        f"{LINUX.name}\n{WINDOWS.name}\n{content.hexdigest()[:16]}\n", "utf-8"
    )
    for folder, below in [*folders, (scripts, "")]:
        kit |= {name: path for path, name in files(folder, below)}
    return kit


def collect_instructor(wheels: set[Path]) -> dict[str, Path]:
    """Return what grades homework, and its answers, by name in the kit."""
    kit = {f"instructor/wheels/{wheel.name}": wheel for wheel in sorted(wheels)}
    for path in (ROOT / "tools").glob("homework_*.py"):
        kit[f"instructor/tools/{path.name}"] = path
    sources = files(ROOT / "homework", "instructor/homework")
    return kit | {name: path for path, name in sources}


def write_scripts(folder: Path) -> None:
    """Write the kit's own files, each as its system wants it."""
    for source, name in files(SCRIPTS, ""):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        newline = "\r\n" if path.suffix in (".bat", ".txt") else "\n"
        path.write_text(fill(source), "utf-8", newline=newline)
    (folder / "start-linux.sh").chmod(0o755)


def fill(source: Path) -> str:
    """Return one of the kit's own files with the Pythons that its wheels are for."""
    windows = WINDOWS.environment["python_version"]
    on_linux = source.suffix == ".sh"
    python = HERE if on_linux else windows
    text = source.read_text("utf-8")
    for mark, value in {
        "@PYTHON@": python,
        "@TUPLE@": python.replace(".", ", "),
        "@PLATFORM@": sysconfig.get_platform() if on_linux else "win-amd64",
        "@LINUX@": f"Python {HERE}",
        "@WINDOWS@": windows,
        "@FULL@": WINDOWS.environment["python_full_version"],
    }.items():
        text = text.replace(mark, value)
    return text


def pack(kit: dict[str, Path], archive: Path) -> None:
    """Write a zip; a wheel is compressed already."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, path in kit.items():
            how = zipfile.ZIP_STORED if path.suffix == ".whl" else None
            target.write(path, name, how)


def report(archive: Path, linux: set[Path], windows: set[Path]) -> None:
    """Say how large the students' kit and its parts are."""
    parts = {"wheels for both": linux & windows, "wheels for Linux": linux - windows}
    parts["wheels for Windows"] = windows - linux
    sizes = {f"{name} ({len(of)})": size(of) for name, of in parts.items()}
    with zipfile.ZipFile(archive) as content:
        for info in content.infolist():
            part = info.filename.split("/")[1]
            if part != "wheels":
                part = part if "/" in info.filename.partition("/")[2] else "the rest"
                sizes[part] = sizes.get(part, 0) + info.compress_size
    for name, bytes_ in sizes.items():
        print(f"{bytes_ / 1e6:8.1f} MB  {name}")
    print(f"{archive.stat().st_size / 1e6:8.1f} MB  {archive}", flush=True)


def size(paths: set[Path]) -> int:
    """Return how many bytes files have together."""
    return sum(path.stat().st_size for path in paths)


# --- the kit is tried ----------------------------------------------------------------


def hand_in(kit: Path, folder: Path) -> dict[str, float]:
    """Write a homework 0 with all answers, and one with none; return the points."""
    homework = kit / "instructor" / "homework" / "en" / "hw0.ipynb"
    empty = kit / "notebooks" / "homework" / "hw0-en" / "hw0.ipynb"
    points = {}
    for number, path in {"1001": homework, "1002": empty}.items():
        notebook = json.loads(path.read_text("utf-8"))
        for cell in notebook["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            if cell["id"] == "student":
                cell["source"] = [f'student_number = "{number}"']
            if about.get("grade") and not about["solution"]:
                points[cell["id"].removesuffix("-check")] = float(about["points"])
        (folder / f"{number}.ipynb").write_text(json.dumps(notebook), "utf-8")
    return points


def check(archive: Path, instructor: Path) -> None:
    """Install from the kit and use it, in a folder with a blank and Chinese letters.

    Nothing of this machine's network is there, loopback excepted.
    """
    if subprocess.run([*OFFLINE, sys.executable, "-c", ONLY_LOOPBACK]).returncode:
        refuse(
            f"{archive} is made, but was NOT TRIED without a network: this system "
            "allows no network namespaces (see above). Try it on another computer: "
            "sh start-linux.sh check"
        )
    with tempfile.TemporaryDirectory(prefix="教室 kit ", dir=BUILD) as place:
        shutil.unpack_archive(archive, place)
        kit = Path(place, NAME)
        handed_in = Path(place, "交 上来")
        handed_in.mkdir()
        path = os.pathsep.join([f"{sys.base_prefix}/bin", os.environ["PATH"]])
        # The user's own settings of Jupyter would be others elsewhere.
        environment = os.environ | {"HOME": place, "PATH": path}
        for words in (["check"], ["grade", "0", "en", str(handed_in), "a key"]):
            if words[0] == "grade":
                shutil.unpack_archive(instructor, kit)
                points = hand_in(kit, handed_in)
            started = time.monotonic()
            command = [*OFFLINE, "sh", str(kit / "start-linux.sh"), *words]
            if subprocess.run(command, env=environment, cwd=place).returncode:
                refuse(f"the kit does not work without a network: {words[0]}.")
            print(f"{time.monotonic() - started:8.0f} s   {words[0]}", flush=True)
        table = kit / "instructor" / "grading" / "hw0" / "grades.csv"
        with table.open(encoding="utf-8-sig", newline="") as file:
            full, none = csv.DictReader(file)
        for question, most in points.items():
            if (float(full[question]), float(none[question])) != (most, 0):
                refuse(f"homework 0 is graded wrongly: {full}, {none}")
    print("Without a network the kit installs, opens the book, runs, and grades.")


def main() -> None:
    """Make the zip, report its size, and try it."""
    if not (BOOK / "index.html").exists():
        refuse("there is no book yet: make book")
    wheels = BUILD / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    build_own(wheels)
    linux, windows = (fetch(wheels, start.WANTED, each) for each in (LINUX, WINDOWS))
    check_lengths(windows)
    archive, instructor = BUILD / f"{NAME}.zip", BUILD / "instructor.zip"
    with tempfile.TemporaryDirectory(dir=BUILD) as work:
        kit = collect(linux | windows, Path(work))
        pack({f"{NAME}/{name}": path for name, path in kit.items()}, archive)
    pack(collect_instructor(fetch(wheels, INSTRUCTOR, LINUX) - linux), instructor)
    report(archive, linux, windows)
    print(f"{instructor.stat().st_size / 1e6:8.1f} MB  {instructor}", flush=True)
    check(archive, instructor)


if __name__ == "__main__":
    main()
