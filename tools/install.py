"""Make .venv and install the package with the book's and the tests' tools into it.

    python3 tools/install.py

The Makefile runs it with the Python that it finds, so it needs nothing but that. An
installation that was broken off is begun again from nothing: pip would take a package
for whole whose last file is missing. So is one that came along with a folder that was
renamed or copied: it would look for the old one, or run the package that lies there.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
INSTALLED = ENVIRONMENT / "installed"
# Outside of the folder, which is removed before it is made anew.
BEGUN = ROOT / "_build" / "install.begun"
LOCK = ROOT / "_build" / "install.lock"
SPACE = 3e9  # bytes


def refuse(message: str) -> None:
    """End with one line that says what to do."""
    print(message)
    sys.exit(1)


def is_moved() -> bool:
    """Tell whether the environment was made for a folder of another name."""
    settings = ENVIRONMENT / "pyvenv.cfg"
    text = settings.read_text("utf-8") if settings.exists() else ""
    made = [line for line in text.splitlines() if line.startswith("command = ")]
    return bool(made) and not made[0].endswith(f" {ENVIRONMENT}")


def main() -> None:
    """Check what can be checked first, then install."""
    if not (3, 11) <= sys.version_info < (3, 14):
        refuse(
            "This book needs Python 3.11, 3.12 or 3.13, and this is "
            f"{sys.version.split()[0]}. Name another one: make PYTHON=python3.12 book"
        )
    LOCK.parent.mkdir(exist_ok=True)
    lock = LOCK.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        refuse(f"Another `make` is installing in {ROOT}: wait until it has ended.")
    begin_again = BEGUN.exists() or not ENVIRONMENT.exists() or is_moved()
    BEGUN.touch()
    if begin_again:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        if shutil.disk_usage(ROOT).free < SPACE:
            refuse(
                f"Too little space on the disk that holds {ROOT}: the environment "
                f"needs {SPACE / 1e9:.0f} GB."
            )
        venv = [sys.executable, "-m", "venv", str(ENVIRONMENT)]
        made = subprocess.run(venv, pass_fds=[lock.fileno()])
        if made.returncode:
            refuse(
                f"Could not make {ENVIRONMENT}. On Debian and Ubuntu: "
                "apt-get install python3-venv"
            )
    print("Installing the package and its tools (the first time takes minutes) ...")
    started = time.monotonic()
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "-q"]
    pip += ["--disable-pip-version-check", "--no-compile"]
    pip += ["-c", "constraints.txt", "-e", ".[book,test,instructor]"]
    # pip holds the lock too: it goes on for a while if this process is killed.
    if subprocess.run(pip, cwd=ROOT, pass_fds=[lock.fileno()]).returncode:
        if shutil.disk_usage(ROOT).free < SPACE / 10:
            refuse(f"The disk that holds {ROOT} is full; free {SPACE / 1e9:.0f} GB.")
        refuse("pip could not install what the book needs; it says above what failed.")
    INSTALLED.touch()
    BEGUN.unlink()
    print(f"Installed, after {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
