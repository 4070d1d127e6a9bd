"""Build all pages again when what makes them changes.

Sphinx compares pages and settings with the last build, but neither the code of
local extensions nor their templates, styles and scripts, nor the package that the
notebooks run on: without this an edit there shows only after ``make clean``.
"""

import hashlib
from pathlib import Path

import execution_cache

BOOK = Path(__file__).resolve().parents[1]


def fingerprint(folders=(BOOK / "_ext", BOOK / "_assets")):
    """Return a digest of all files in the folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(folder).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def note_tools(app, config):
    """Make the digest a setting, which Sphinx does compare."""
    config.book_tools = fingerprint() + execution_cache.fingerprint()


def setup(app):
    """Add the setting; ``env`` means that a change reads all pages again."""
    app.add_config_value("book_tools", "", "env", types=[str])
    app.connect("config-inited", note_tools)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
