"""Run every notebook that has changed, side by side, then build both books.

    python tools/make_book.py           what `make book` does
    python tools/make_book.py --check   exit 1 if a page of the last build had an error

A page whose cell fails does not stop the others: it is built with its error, named in
the last lines, and run again next time. What has been run is kept at once, so that a
build that is broken off loses only the pages that were being run.
"""

import argparse
import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
import psutil
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import single_nb_execution
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import execution_cache  # noqa: E402
import margins  # noqa: E402
from kernel_environment import set_environment, threads  # noqa: E402

from mnist_tutorial.assertions import POINTER  # noqa: E402

BUILD = ROOT / "_build"
FAILED = BUILD / "failed.json"
UNFINISHED = BUILD / "unfinished"
CHINESE, ENGLISH = BUILD / "html", BUILD / "en" / "_build" / "html"
DOCTREES = BUILD / ".doctrees", BUILD / "en" / "_build" / ".doctrees"
# Strict: every warning fails the build, every cross-reference must lead somewhere.
STRICT = ["-W", "-n", "--keep-going"]
MEMORY_A_KERNEL = 1.5e9  # bytes
CELL_TIMEOUT = 900  # seconds, as in _config.yml
FREE_DISK_WANTED = 300e6  # bytes


def workers() -> int:
    """Return how many notebooks this machine can run at a time."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().available
    return max(1, min(cores, int(memory / MEMORY_A_KERNEL)))


def expected_seconds(page: str) -> float:
    """Return the processor time that a page took when its margins were measured."""
    runs = margins.read(page).runs
    return runs[0]["cpu_seconds"] if runs else 0.0


def stored_run(cache: JupyterCacheAbstract, notebook: NotebookNode) -> int | None:
    """Return the key of a notebook's outputs, without an unreadable leftover."""
    try:
        key = cache.match_cache_notebook(notebook).pk
    except KeyError:
        return None
    try:
        cache.get_cache_bundle(key)
    except (KeyError, ValueError, nbformat.reader.NotJSONError):
        execution_cache.forget(cache, key)
        return None
    return key


def run(page: str) -> tuple[NotebookNode, float, dict | None]:
    """Run a notebook to its end, errors included.

    Returns
    -------
    tuple of (NotebookNode, float, dict or None)
        The notebook with its outputs, the seconds, and the first unexpected error:
        ``cell`` and ``says``.
    """
    path = margins.path_of(page)
    notebook = nbformat.read(path, as_version=4)
    started = time.monotonic()
    try:
        error = single_nb_execution(
            notebook,
            cwd=str(path.parent),
            timeout=CELL_TIMEOUT,
            allow_errors=True,
            extra_arguments=["--log-level=40"],
        ).err  # a cell that took too long
    except RuntimeError as died:
        error = died
    seconds = time.monotonic() - started
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if error is not None:
        stopped = next((c for c in cells if not c.execution_count), cells[-1])
        name, says = type(error).__name__, str(error).strip().splitlines()[-1]
        stopped.outputs.append(
            nbformat.v4.new_output("error", ename=name, evalue=says, traceback=[says])
        )
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in (
                cell.metadata.get("tags", ())
            ):
                lines = output.evalue.replace(POINTER, "").strip().splitlines()
                says = f"{output.ename}: {' · '.join(lines)}"
                return notebook, seconds, {"page": page, "cell": cell.id, "says": says}
    return notebook, seconds, None


def run_notebooks(cache: JupyterCacheAbstract) -> list[dict]:
    """Run what the cache lacks, the longest first, and say each as it ends."""
    waiting = []
    for page in margins.pages():
        notebook = nbformat.read(margins.path_of(page), as_version=4)
        if stored_run(cache, notebook) is None:
            waiting.append(page)
    if not waiting:
        return []
    waiting.sort(key=expected_seconds, reverse=True)
    count = min(workers(), len(waiting))
    os.environ.update(threads(max(1, len(os.sched_getaffinity(0)) // count)))
    print(f"Notebooks to run: {len(waiting)}, {count} at a time ...", flush=True)
    failures = []
    pool = ThreadPoolExecutor(count)
    tasks = {pool.submit(run, page): page for page in waiting}
    for done, task in enumerate(as_completed(tasks), start=1):
        page = tasks[task]
        notebook, seconds, failure = task.result()
        cache.cache_notebook_bundle(
            CacheBundleIn(
                notebook,
                str(margins.path_of(page)),
                data={"execution_seconds": seconds},
            ),
            check_validity=False,
            overwrite=True,
        )
        if failure:
            failures.append(failure)
            write_failures(failures)
        ending = f"  FAILED in cell {failure['cell']}" if failure else ""
        print(
            f"{done:4} of {len(waiting)}  {page:28} {seconds:4.0f} s{ending}",
            flush=True,
        )
    return failures


def read_failures() -> list[dict]:
    """Return the pages of the last build that had an error."""
    return json.loads(FAILED.read_text("utf-8")) if FAILED.exists() else []


def write_failures(failures: list[dict]) -> None:
    """Keep them for the next build and for ``--check``."""
    part = FAILED.with_suffix(".part")
    part.write_text(json.dumps(failures, ensure_ascii=False), encoding="utf-8")
    part.replace(FAILED)


def forget_failures(cache: JupyterCacheAbstract) -> None:
    """Make the pages that had an error be run and built again."""
    for failure in read_failures():
        page = failure["page"]
        for tree, folder in zip(("book/zh/", ""), DOCTREES, strict=True):
            (folder / f"{tree}{page}.doctree").unlink(missing_ok=True)
        if margins.path_of(page).exists():
            notebook = nbformat.read(margins.path_of(page), as_version=4)
            key = stored_run(cache, notebook)
            if key is not None:
                execution_cache.forget(cache, key)
    FAILED.unlink(missing_ok=True)


def build_books() -> bool:
    """Build both books at once; print what Sphinx said only where one fails."""
    command = [
        sys.executable,
        "-c",
        "import sys; from jupyter_book.cli.main import main; sys.exit(main())",
        "build",
    ]
    books = {"zh": [ROOT], "en": [ROOT / "book" / "en", "--path-output", BUILD / "en"]}
    print("Building both books ...", flush=True)
    building = {}
    for name, where in books.items():
        log = (BUILD / f"{name}.log").open("w", encoding="utf-8")
        process = subprocess.Popen(
            [*command, *where, *STRICT], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        building[name] = process, log
    good = True
    for name, (process, log) in building.items():
        status = process.wait()
        log.close()
        if status:
            good = False
            print((BUILD / f"{name}.log").read_text("utf-8"))
    return good


def build(cache: JupyterCacheAbstract) -> bool:
    """Build both books; leave nothing that is half new."""
    if UNFINISHED.exists():
        for folder in DOCTREES:
            shutil.rmtree(folder, ignore_errors=True)
    UNFINISHED.touch()
    if not build_books():
        return False
    english = CHINESE / "book" / "en"
    shutil.rmtree(english, ignore_errors=True)
    shutil.copytree(ENGLISH, english)
    UNFINISHED.unlink()
    return True


def make() -> int:
    """Run, build, report; return the exit status."""
    BUILD.mkdir(exist_ok=True)
    lock = (BUILD / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(
            f"Another `make book` is at work in {ROOT}: wait until it has ended, then "
            "start again."
        )
        return 1
    if shutil.disk_usage(BUILD).free < FREE_DISK_WANTED:
        raise OSError(errno.ENOSPC, "disk full")
    started = time.monotonic()
    set_environment()
    execution_cache.compare_code_and_tags()
    cache = get_cache(str(execution_cache.current_folder()))
    forget_failures(cache)
    failures = run_notebooks(cache)
    if not build(cache):
        print("\nA book could not be built: Sphinx says above what is wrong.")
        return 1
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    if not failures:
        print(
            f"\nBoth books are ready, after {minutes} min {seconds} s. Open this page: "
            f"{CHINESE / 'index.html'}"
        )
        return 0
    print(
        f"\nBoth books are built: {CHINESE / 'index.html'}\n"
        f"But {len(failures)} of {len(margins.pages())} pages failed. `make book` runs "
        "them again; the appendix on checks says what a failure can mean.",
    )
    for failure in failures:
        print(f"{failure['page']}, cell {failure['cell']}: {failure['says']}")
    return 1


def main(argv: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="build nothing")
    if parser.parse_args(argv).check:
        return 1 if read_failures() or not (CHINESE / "index.html").exists() else 0
    try:
        return make()
    except KeyboardInterrupt:
        print("\nStopped. What had been run is kept.")
        return 130
    except Exception as error:
        # Each library says in its own words that it met a full disk.
        full = getattr(error, "errno", None) == errno.ENOSPC
        if full or shutil.disk_usage(ROOT).free < FREE_DISK_WANTED:
            print(
                f"The disk that holds {ROOT} is full: free at least "
                f"{FREE_DISK_WANTED / 1e6:.0f} MB, then start `make book` again."
            )
            return 1
        raise


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # kernels that still run would be waited for; they end with us
