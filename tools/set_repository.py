"""Keep every public address equal to the one setting in pyproject.toml.

    python tools/set_repository.py https://github.com/OWNER/NAME   move the project
    python tools/set_repository.py                                 repair what strayed
    python tools/set_repository.py --check                         only list it

The setting is ``[project.urls] Repository``. Derived from it are the repository's
own links, the site, the Colab and Binder links, raw files, badges, CITATION.cff,
both ``_config.yml`` and the install cell of every notebook.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
NAME = r"[A-Za-z0-9._-]*[A-Za-z0-9_-]"  # a full stop at the end is the sentence's
ADDRESS = re.compile(
    r"(?P<host>"
    r"github\.com[/:]"
    r"|colab\.research\.google\.com/github/"
    r"|mybinder\.org/(?:v2|badge)/gh/"
    r"|raw\.githubusercontent\.com/"
    r"|img\.shields\.io/github/[a-z/-]+?/"
    rf")(?P<owner>{OWNER})/(?P<name>{NAME})"
    rf"|(?P<pages_owner>{OWNER})\.github\.io/(?P<pages_name>{NAME})"
)

# Lines in which an address is this project's own whatever it says. Elsewhere one
# counts as ours by its NAME, so that a page may link to other repositories.
OWN_LINES = [
    (r"pyproject\.toml", r"^Repository ="),
    (r"CITATION\.cff", r"^(?:url|repository-code):"),
    (r"(?:book/en/)?_config\.yml", r"^\s*(?:url|baseurl):"),
    (r".*\.ipynb", r"git\+https://"),
    (
        r"[A-Z][\w.-]*\.md",
        r"git\+https://|git clone|colab\.research|mybinder|badge\.svg|github\.io",
    ),
]

# They hold made-up addresses on purpose.
EXEMPT = {"tools/set_repository.py", "tests/test_repository.py"}

TEXT = {".cff", ".css", ".html", ".ipynb", ".js", ".md", ".py", ".toml", ".txt"}
TEXT |= {".yaml", ".yml", ".bib", ""}


class Repository(NamedTuple):
    """Owner and name of a GitHub repository."""

    owner: str
    name: str

    @classmethod
    def parse(cls, url: str) -> "Repository":
        """Read an address such as ``https://github.com/OWNER/NAME``.

        Raises
        ------
        ValueError
            When the address is not of that form. Other hosts have no Colab or
            Binder link of these shapes and no site at OWNER.github.io/NAME.
        """
        found = re.fullmatch(rf"https://github\.com/({OWNER})/({NAME})", url)
        if not found or found[2].lower().endswith((".git", ".github.io")):
            raise ValueError(
                "expected an address like https://github.com/OWNER/NAME "
                f"(no .git, nothing after NAME), got {url!r}; nothing was changed"
            )
        return cls(found[1], found[2])

    @property
    def url(self) -> str:
        """Address of the repository."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def pages(self) -> str:
        """Address of the published books."""
        return f"https://{self.owner.lower()}.github.io/{self.name}/"

    @property
    def install(self) -> str:
        """What pip is given to install the package."""
        return f"git+{self.url}"

    def colab(self, path: str) -> str:
        """Address that opens the notebook at ``path`` in Colab."""
        slug = f"{self.owner}/{self.name}"
        return f"https://colab.research.google.com/github/{slug}/blob/main/{path}"

    @property
    def binder(self) -> str:
        """Address that starts the repository on Binder."""
        return f"https://mybinder.org/v2/gh/{self.owner}/{self.name}/main"


def read_setting(root: Path) -> Repository:
    """Read the public address from pyproject.toml.

    Raises
    ------
    ValueError
        When there is no ``[project.urls] Repository`` or it is malformed.
    """
    with (root / "pyproject.toml").open("rb") as file:
        urls = tomllib.load(file).get("project", {}).get("urls", {})
    if "Repository" not in urls:
        raise ValueError("pyproject.toml: expected [project.urls] Repository")
    return Repository.parse(urls["Repository"])


def text_files(root: Path) -> Iterator[Path]:
    """Yield the files that git tracks or would add; all of them without git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0 and (root / ".git").exists():
        paths = [root / name for name in listed.stdout.split("\0") if name]
    else:
        skipped = {".git", ".venv", "_build", "__pycache__"}
        paths = [
            path
            for path in root.rglob("*")
            if not skipped & set(path.relative_to(root).parts)
        ]
    for path in sorted(set(paths)):
        if path.relative_to(root).as_posix() in EXEMPT:
            continue
        if path.suffix in TEXT and path.is_file():
            yield path


def rewrite(text: str, path: str, old: Repository, new: Repository) -> str:
    """Replace this project's addresses in one file.

    Parameters
    ----------
    text
        The file's content.
    path
        Its path from the root of the repository, with ``/``.
    old, new
        What the addresses were derived from and what they are to be derived from.
    """
    ours = [line for file, line in OWN_LINES if re.fullmatch(file, path)]

    def replace(found: re.Match[str]) -> str:
        name = found["name"] or found["pages_name"]
        certain = any(re.search(line, current) for line in ours)
        if not certain and name.removesuffix(".git") not in {old.name, new.name}:
            return found[0]
        if found["pages_name"]:
            return new.pages.removeprefix("https://").removesuffix("/")
        suffix = ".git" if name.endswith(".git") else ""
        return f"{found['host']}{new.owner}/{new.name}{suffix}"

    lines = []
    for current in text.splitlines(keepends=True):
        lines.append(ADDRESS.sub(replace, current))
    return "".join(lines)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; 0: all agree, 1: ``--check`` found some, 2: bad input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", metavar="NEW_URL")
    parser.add_argument("--check", action="store_true", help="change nothing")
    arguments = parser.parse_args(argv)
    try:
        old = read_setting(root)
        new = old if arguments.url is None else Repository.parse(arguments.url)
    except ValueError as error:
        print(f"set_repository: {error}", file=sys.stderr)
        return 2

    # Everything is read and rewritten in memory first: a file that cannot be read
    # must not leave the tree half moved.
    changed: dict[Path, str] = {}
    for path in text_files(root):
        name = path.relative_to(root).as_posix()
        before = path.read_bytes().decode("utf-8")
        after = rewrite(before, name, old, new)
        if after == before:
            continue
        changed[path] = after
        lines = zip(before.splitlines(), after.splitlines(), strict=True)
        for number, (had, has) in enumerate(lines, 1):
            if had != has:
                print(f"{name}:{number}: {had.strip()} -> {has.strip()}")
    if arguments.check:
        return 1 if changed else 0
    for path, text in changed.items():
        beside = path.with_name(path.name + ".new")
        beside.write_bytes(text.encode("utf-8"))
        beside.chmod(path.stat().st_mode)
        os.replace(beside, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
