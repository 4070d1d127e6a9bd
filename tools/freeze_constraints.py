"""Renew constraints.txt from real installs, one for each Python that is named.

    python tools/freeze_constraints.py python3.11 python3.12 python3.13

Every interpreter gets a fresh virtual environment and an install of
``.[book,test,instructor]``. The first one chooses the versions; the others start from
its choice, so that a version differs between Pythons only where it must, and then
carries an environment marker. Run the tests before you commit the result.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The versions of Google Colab: what a reader sees there is what the book shows.
CHOSEN = ["tensorflow==2.20.0", "keras==3.13.2"]

HEADER = f"""\
# Versions that were installed and tested together, for Python {{versions}}:
#     pip install -c constraints.txt -e ".[book,test,instructor]"
# Made, and to be renewed, by
#     python tools/freeze_constraints.py {{pythons}}
# which installs .[book,test,instructor] in a fresh environment for each Python and
# writes down what pip chose ({" and ".join(CHOSEN)} are given: Colab has them).
# Do not edit by hand: run the command, then `make test`, then commit.
"""


def install(python: str, folder: Path, constraints: list[str]) -> list[str] | None:
    """Install the book and its tests for ``python``.

    Returns
    -------
    list of str or None
        The installed versions as ``name==version``; ``None`` when no set of
        versions meets ``constraints`` on this Python.
    """
    subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip"]
    given = folder / "given.txt"
    given.write_text("\n".join(constraints) + "\n")
    target = f"{ROOT}[book,test,instructor]"
    done = subprocess.run([*pip, "install", "--quiet", "-c", str(given), target])
    if done.returncode:
        return None
    subprocess.run([*pip, "check"], check=True)
    frozen = subprocess.run(
        [*pip, "freeze", "--exclude", "mnist-tutorial"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [line for line in frozen.splitlines() if "==" in line]


def merge(frozen: dict[str, list[str]]) -> list[str]:
    """Join the installs of several Pythons into one list of constraints.

    Parameters
    ----------
    frozen
        ``{"3.11": ["name==version", ...], ...}``.

    Returns
    -------
    list of str
        A pin for each name, sorted; a pin that does not hold for every Python
        has a marker for each Python that it holds for.
    """
    where: dict[str, list[str]] = {}
    for version, pins in frozen.items():
        for pin in pins:
            where.setdefault(pin, []).append(version)
    names: dict[str, list[str]] = {}
    for pin in where:
        names.setdefault(re.sub(r"[-_.]+", "-", pin.split("==")[0].lower()), []).append(
            pin
        )
    lines = []
    for name in sorted(names):
        for pin in names[name]:
            if len(names[name]) == 1:
                lines.append(pin)  # holds wherever the package is installed at all
            else:
                marker = " or ".join(f'python_version == "{v}"' for v in where[pin])
                lines.append(f"{pin} ; {marker}")
    return lines


def main(pythons: list[str]) -> int:
    """Write constraints.txt; leave it as it is when an install fails."""
    if not pythons:
        print(__doc__)
        return 2
    frozen: dict[str, list[str]] = {}
    for python in pythons:
        version = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        earlier = next(iter(frozen.values()), CHOSEN)
        with tempfile.TemporaryDirectory() as folder:
            pins = install(python, Path(folder), earlier)
            if pins is None:
                pins = install(python, Path(folder), CHOSEN)
        if pins is None:
            print(f"{python}: pip found no versions; constraints.txt is as it was")
            return 1
        frozen[version] = pins
        print(f"{version}: {len(pins)} packages")
    header = HEADER.format(
        versions=", ".join(frozen), pythons=" ".join(f"python{v}" for v in frozen)
    )
    text = header + "\n".join(merge(frozen)) + "\n"
    (ROOT / "constraints.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
