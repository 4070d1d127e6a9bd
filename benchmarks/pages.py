"""Compare the processor time of all pages with that of the document's five epochs.

    python benchmarks/pages.py          writes benchmarks/pages.json

Every notebook is run as in a build, into a cache of its own. The five epochs are those
of ``code/project``, which says how long they took, so both are measured in one run: the
ratio is about the same on a fast machine and on a slow one. The limit of the ratio is
in ``tests/book/test_margins.py``.
"""

import json
import os
import platform
import re
import resource
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_book  # noqa: E402
import margins  # noqa: E402
import nbformat  # noqa: E402
from jupyter_cache import get_cache  # noqa: E402
from kernel_environment import set_environment  # noqa: E402
from measure_margins import commit, processor  # noqa: E402

STORED = Path(__file__).with_suffix(".json")


def processor_seconds() -> float:
    """Return the processor time of all kernels that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def five_epochs(project: nbformat.NotebookNode) -> float:
    """Return the processor time that the cell which trains has printed."""
    (cell,) = [cell for cell in project.cells if cell.get("id") == "train"]
    printed = "".join(output.get("text", "") for output in cell.outputs)
    return float(re.search(r"(\d+) s of processor time", printed)[1])


def main() -> int:
    """Measure and store."""
    set_environment()
    about = {
        "command": "python benchmarks/pages.py",
        "commit": commit(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }
    with tempfile.TemporaryDirectory() as folder:
        cache = get_cache(folder)
        before = processor_seconds()
        if failures := make_book.run_notebooks(cache):
            print(*failures, sep="\n")
            return 1
        seconds = processor_seconds() - before
        project = nbformat.read(margins.path_of("code/project"), as_version=4)
        _, project = cache.merge_match_into_notebook(project)
    epochs = five_epochs(project)
    about |= {
        "pages": margins.pages(),
        "processor_seconds": round(seconds),
        "five_epochs": epochs,
    }
    ratio = seconds / epochs
    print(f"{seconds:.0f} s, {ratio:.2f} times the five epochs' {epochs:.0f} s")
    STORED.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
