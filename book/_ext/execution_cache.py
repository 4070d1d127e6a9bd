"""Put the outputs of the notebooks where both books, and only they, find them.

``execute.cache`` in ``_config.yml`` is relative; Jupyter Book would take it
from the current directory. Here it is taken from the root of the repository,
so the English build reads what the Chinese one has run.

The cache compares code cells with all their metadata, and returns the metadata
it has stored. Captions and alternative texts are metadata in the reader's
language, so only the tags may count, and nothing but outputs may come back.

What the cells import counts too: the outputs lie in a folder named after the
package's sources and the versions of every library below it. When those change,
every notebook runs again, and every page is built again.
"""

import functools
import hashlib
import re
import shutil
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import JupyterCacheBase
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "_build" / ".jupyter_cache"


def libraries(root=ROOT):
    """Return ``{name: version}`` of all that the notebooks' code runs on.

    That is the kernel and what the package needs, with what these need in turn.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [Requirement(line) for line in ["ipykernel", *project["dependencies"]]]
    versions, seen = {}, set()
    while waiting:
        requirement = waiting.pop()
        for part in {(requirement.name, extra) for extra in ["", *requirement.extras]}:
            if part in seen:
                continue
            seen.add(part)
            name, extra = part
            try:
                installed = metadata.distribution(name)
            except metadata.PackageNotFoundError:
                versions[name] = "missing"
                continue
            versions[installed.name] = installed.version
            needed = map(Requirement, installed.requires or ())
            waiting += [
                item
                for item in needed
                if not item.marker or item.marker.evaluate({"extra": extra})
            ]
    return versions


def fingerprint(root=ROOT):
    """Return a short digest of all that the notebooks' outputs depend on."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted((root / "mnist_tutorial").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    for name, version in sorted(libraries(root).items()):
        digest.update(f"{name}=={version}".encode())
    return digest.hexdigest()[:16]


def current_folder(parent=CACHE):
    """Return the folder of the outputs that hold; remove those that no longer do."""
    current = parent / fingerprint()
    if parent.is_dir():
        for entry in parent.iterdir():
            if re.fullmatch("[0-9a-f]{16}", entry.name) and entry != current:
                shutil.rmtree(entry)
    return current


def forget(cache, key):
    """Remove one notebook's outputs, also where the file is gone already."""
    record = NbCacheRecord.record_from_pk(key, cache.db)
    folder = cache._get_notebook_path_cache(record.hashkey).parent
    shutil.rmtree(folder, ignore_errors=True)
    NbCacheRecord.remove_records([key], cache.db)


def place_cache(app, config):
    """Resolve the configured folder."""
    if config.nb_execution_cache_path:
        config.nb_execution_cache_path = str(
            current_folder(ROOT / config.nb_execution_cache_path)
        )


def compare_code_and_tags():
    """Make the cache blind to all cell metadata that execution ignores."""
    JupyterCacheBase.create_hashed_notebook = functools.partialmethod(
        JupyterCacheBase.create_hashed_notebook, cell_metadata=("tags",)
    )
    JupyterCacheBase.merge_match_into_notebook = functools.partialmethod(
        JupyterCacheBase.merge_match_into_notebook, cell_meta=()
    )


def setup(app):
    """Run before MyST-NB reads its settings, which it does when building."""
    compare_code_and_tags()
    app.connect("config-inited", place_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
