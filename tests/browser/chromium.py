"""Find a Chromium that starts, and install one where there is none.

``python tests/browser/chromium.py --install`` is what ``make test`` calls.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

# As Playwright's own, it draws no window: half the processor time of a whole browser.
SHELL = "chromium-headless-shell"
SYSTEM_NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome")
# Quiet: none of these talks to its maker's servers while the tests listen.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_CHROMIUM = """\
The browser tests need Chromium, and none was found that starts. Do one of these:
  playwright install --with-deps chromium     Playwright's own
  apt-get install chromium-headless-shell     Debian's, as root
and then `make test` again."""


def starts(path):
    """Tell whether the program is there with all libraries that it needs."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def find_chromium(playwright):
    """Return the path of Playwright's Chromium, else the system's, else None."""
    candidates = [playwright.chromium.executable_path]
    candidates += [found for name in SYSTEM_NAMES if (found := shutil.which(name))]
    return next((path for path in candidates if path and starts(path)), None)


def find():
    """Return the path of a Chromium that starts, or None."""
    with sync_playwright() as playwright:
        return find_chromium(playwright)


def install():
    """Try Playwright's own Chromium, then Debian's, until there is one.

    A whole browser of the system is there already in many a container, where root adds
    Debian's beside it.
    """
    apt = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get", "-qq"]
    add = [*apt, "install", "-y", SHELL]
    for step in (
        [sys.executable, "-m", "playwright", "install", "chromium"],
        [*apt, "update"],
        add,
    ):
        if find() is None:
            attempt(step)
    if os.geteuid() == 0 and find() in map(shutil.which, SYSTEM_NAMES[1:]):
        attempt(add)


def attempt(step):
    """Run a step of an installation, and go on if it fails."""
    print("Looking for a Chromium:", *step, flush=True)
    try:
        subprocess.run(step, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as problem:
        print(problem)


def main(arguments):
    """Say which Chromium there is, after installing one if asked to."""
    if "--install" in arguments:
        install()
    path = find()
    print(f"Chromium for the browser tests: {path}" if path else NO_CHROMIUM)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
