"""Run every notebook that has changed, side by side, then build both books.

    python tools/make_book.py                    what `make book` does
    python tools/make_book.py --solutions no     a second one, for a class

A page whose cell fails does not stop the others: it is built with its error, named in
the last lines, and run again next time. What has been run is kept at once, so that a
build that is broken off loses only the pages that were being run.
"""

import argparse
import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TextIO

import nbformat
import psutil
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import single_nb_execution
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import execution_cache  # noqa: E402
import margins  # noqa: E402
import student_book  # noqa: E402
from kernel_environment import set_environment, threads  # noqa: E402

from mnist_tutorial.assertions import POINTER  # noqa: E402

BUILD = ROOT / "_build"
UNFINISHED = BUILD / "unfinished"
CHINESE, ENGLISH = BUILD / "html", BUILD / "en" / "_build" / "html"
STUDENT = BUILD / "student"
DOCTREES = BUILD / ".doctrees", BUILD / "en" / "_build" / ".doctrees"
JUPYTER_BOOK = [
    sys.executable,
    "-c",
    "import sys; from jupyter_book.cli.main import main; sys.exit(main())",
]
# Strict: every warning fails the build, every cross-reference must lead somewhere.
STRICT = ["-W", "-n", "--keep-going"]
MEMORY_A_KERNEL = 1.5e9  # bytes
CELL_TIMEOUT = 900  # seconds, as in _config.yml
FREE_DISK_WANTED = 300e6  # bytes
DISK_FULL = errno.ENOSPC, errno.EDQUOT


def workers() -> int:
    """Return how many notebooks this machine can run at a time."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().available
    return max(1, min(cores, int(memory / MEMORY_A_KERNEL)))


def expected_seconds(page: str) -> float:
    """Return the processor time that a page took when its margins were measured."""
    runs = margins.read(page).runs
    return runs[0]["cpu_seconds"] if runs else 0.0


def is_stored(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    """Tell whether the outputs of a notebook are there and without an error.

    Others are removed: those of a page that failed, and what cannot be read.
    """
    try:
        record = cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    try:
        cache.get_cache_bundle(record.pk)
        is_good = not record.data["failed"]
    except (KeyError, ValueError, nbformat.reader.NotJSONError):
        is_good = False
    if not is_good:
        execution_cache.forget(cache, record.pk)
    return is_good


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
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    begun = cells[:1]
    started = time.monotonic()
    try:
        error = single_nb_execution(
            notebook,
            cwd=str(path.parent),
            timeout=CELL_TIMEOUT,
            allow_errors=True,
            extra_arguments=["--log-level=40"],
            on_cell_execute=lambda cell, cell_index: begun.append(cell),
            # Nothing is left to be saved, and TensorFlow takes 2 s to clear up.
            shutdown_kernel="immediate",
        ).err  # a cell that took too long
    except Exception as died:
        error = died
    seconds = time.monotonic() - started
    if error is not None:
        name, cell = type(error).__name__, begun[-1]
        says, *_ = [*str(error).strip().splitlines(), "without a word"]
        cell.outputs.append(
            nbformat.v4.new_output("error", ename=name, evalue=says, traceback=[says])
        )
        says = f"{name}: {says}"
        return notebook, seconds, {"page": page, "cell": cell.id, "says": says}
    for cell in cells:
        for output in cell.outputs:
            if says := trouble(output, cell.metadata.get("tags", ())):
                return notebook, seconds, {"page": page, "cell": cell.id, "says": says}
    return notebook, seconds, None


def trouble(output: NotebookNode, tags: Sequence[str]) -> str | None:
    """Say what an output reports that its cell does not expect.

    An error is expected where a cell is tagged ``raises-exception``, a warning of a
    library where it is tagged ``shows-warning``.
    """
    if output.output_type == "error" and "raises-exception" not in tags:
        lines = output.evalue.replace(POINTER, "").strip().splitlines()
        return f"{output.ename}: {' · '.join(lines)}"
    is_warning = output.output_type == "stream" and output.name == "stderr"
    if is_warning and "shows-warning" not in tags:
        return f"a warning on the page: {output.text.strip().splitlines()[0]}"
    return None


def run_notebooks(cache: JupyterCacheAbstract, pages: Sequence[str]) -> list[dict]:
    """Run what the cache lacks, the longest first, and say each as it ends."""
    waiting = []
    for page in pages:
        notebook = nbformat.read(margins.path_of(page), as_version=4)
        if not is_stored(cache, notebook):
            waiting.append(page)
            # Sphinx sees that a source has changed, not that its outputs have.
            for tree, folder in zip(("book/zh/", ""), DOCTREES, strict=True):
                (folder / f"{tree}{page}.doctree").unlink(missing_ok=True)
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
                data={"execution_seconds": seconds, "failed": failure is not None},
            ),
            check_validity=False,
            overwrite=True,
        )
        if failure:
            failures.append(failure)
        ending = f"  FAILED in cell {failure['cell']}" if failure else ""
        print(
            f"{done:4} of {len(waiting)}  {page:28} {seconds:4.0f} s{ending}",
            flush=True,
        )
    return failures


def open_cache() -> JupyterCacheAbstract:
    """Open the cache, anew if its file was broken off while it was being made."""
    folder = execution_cache.current_folder()
    cache = get_cache(str(folder))
    try:
        cache.list_cache_records()
    except RuntimeError:
        refuse_full_disk()
        shutil.rmtree(folder)
        cache = get_cache(str(folder))
    return cache


def is_disk_full() -> bool:
    """Tell whether the disk of the build, maybe not the root's, is nearly full."""
    folder = BUILD if BUILD.exists() else ROOT
    return shutil.disk_usage(folder).free < FREE_DISK_WANTED


def refuse_full_disk() -> None:
    """Raise the error of a full disk if it is one."""
    if is_disk_full():
        raise OSError(errno.ENOSPC, "disk full")


def joined(settings: dict, others: dict) -> dict:
    """Return settings in which some have been replaced, one by one."""
    result = dict(settings)
    for name, value in others.items():
        within = isinstance(value, dict) and name in settings
        result[name] = joined(settings[name], value) if within else value
    return result


def english_config(root: Path) -> Path:
    """Write the settings of the English book; return the file."""
    files = root / "_config.yml", root / "book" / "en" / "_config.yml"
    chinese, english = (yaml.safe_load(file.read_text("utf-8")) for file in files)
    # Jupyter Book takes a folder of extensions from where the settings lie.
    folders = chinese["sphinx"]["local_extensions"]
    english["sphinx"]["local_extensions"] = {
        name: str(root / folder) for name, folder in folders.items()
    }
    path = root / "_build" / "en" / "_config.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(joined(chinese, english), allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def build_books(lock: TextIO, root: Path) -> bool:
    """Build both books at once; print what Sphinx said only where one fails.

    Sphinx holds the lock too: it goes on for a while if this process is killed.
    """
    folder = root / "_build"
    english = [root / "book" / "en", "--path-output", folder / "en"]
    books = {"zh": [root], "en": [*english, "--config", english_config(root)]}
    print("Building both books ...", flush=True)
    building = {}
    for name, where in books.items():
        log = (folder / f"{name}.log").open("w", encoding="utf-8")
        process = subprocess.Popen(
            [*JUPYTER_BOOK, "build", *where, *STRICT],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.fileno()],
        )
        building[name] = process, log
    good = True
    for name, (process, log) in building.items():
        status = process.wait()
        log.close()
        if status:
            good = False
            print((folder / f"{name}.log").read_text("utf-8", errors="replace"))
    return good


def build(lock: TextIO) -> bool:
    """Build both books; leave nothing that is half new."""
    if UNFINISHED.exists():
        for folder in DOCTREES:
            shutil.rmtree(folder, ignore_errors=True)
    UNFINISHED.touch()
    if not build_books(lock, ROOT):
        refuse_full_disk()
        return False
    english = CHINESE / "book" / "en"
    shutil.rmtree(english, ignore_errors=True)
    shutil.copytree(ENGLISH, english)
    UNFINISHED.unlink()
    return True


def build_for_class(lock: TextIO, cache: JupyterCacheAbstract) -> bool:
    """Build both books without solutions, and write the notebooks for students.

    They are there only once no solution has been found in them.
    """
    shutil.rmtree(STUDENT, ignore_errors=True)
    root = STUDENT / "unfinished"
    taken = student_book.copy_without_solutions(cache, ROOT, root)
    if not build_books(lock, root):
        refuse_full_disk()
        return False
    made = root / "made"
    shutil.move(root / "_build" / "html", made / "html")
    english = root / "_build" / "en" / "_build" / "html"
    shutil.copytree(english, made / "html" / "book" / "en")
    for path in (root / "book").rglob("*.ipynb"):
        target = made / "notebooks" / path.relative_to(root / "book")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    if found := student_book.leaks(taken, made):
        print("Solutions are left in it:", *found, sep="\n")
        return False
    for folder in made.iterdir():
        folder.rename(STUDENT / folder.name)
    shutil.rmtree(root)
    return True


def make(with_solutions: bool) -> int:
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
    refuse_full_disk()
    started = time.monotonic()
    set_environment()
    execution_cache.compare_code_and_tags()
    begun_with = execution_cache.fingerprint()
    cache = open_cache()
    failures = run_notebooks(cache, margins.pages())
    if execution_cache.fingerprint() != begun_with:
        print(
            "\nmnist_tutorial has changed while the pages were being run: start "
            "`make book` again."
        )
        return 1
    if not (build(lock) if with_solutions else build_for_class(lock, cache)):
        print("\nA book could not be built: what is wrong stands above.")
        print_failures(failures)
        return 1
    first = (CHINESE if with_solutions else STUDENT / "html") / "index.html"
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    if not failures:
        print(
            f"\nBoth books are ready, after {minutes} min {seconds} s. Open this page: "
            f"{first}"
        )
        return 0
    print(
        f"\nBoth books are built: {first}\n"
        f"But {len(failures)} of {len(margins.pages())} pages failed. `make book` runs "
        "them again; the appendix on checks says what a failure can mean.",
    )
    print_failures(failures)
    return 1


def print_failures(failures: list[dict]) -> None:
    """Print a line for each page that failed."""
    for failure in failures:
        print(f"{failure['page']}, cell {failure['cell']}: {failure['says']}")


def main(argv: list[str] | None = None) -> int:
    """Make the books; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--solutions", choices=("yes", "no"), default="yes")
    try:
        return make(parser.parse_args(argv).solutions == "yes")
    except KeyboardInterrupt:
        print("\nStopped. What had been run is kept.")
        return 130
    except Exception as error:
        # Each library says in its own words that it met a full disk.
        if getattr(error, "errno", None) in DISK_FULL or is_disk_full():
            print(
                f"The disk that holds {BUILD} is full: free at least "
                f"{FREE_DISK_WANTED / 1e6:.0f} MB, then start `make book` again."
            )
            return 1
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # kernels that still run would be waited for; they end with us
