"""Run pages under other conditions and note by how much each assertion holds.

    python tools/measure_margins.py                     every page, every condition
    python tools/measure_margins.py faq/architecture    one page
    python tools/measure_margins.py --only seeds-1 …    some conditions
    python tools/measure_margins.py PAGE --report       what is stored; runs nothing

Each run shifts all seeds and changes one thing about the machine or the libraries.
Results are added to ``benchmarks/margins/PAGE.json``; runs that were made with the same
code are kept and not repeated. The appendix shows a summary, and a test compares what
is stored with the assertions that exist.

The lowest and highest versions that ``pyproject.toml`` admits are installed into
``_build/environments`` the first time, JAX and PyTorch with the highest.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import margins  # noqa: E402
from kernel_environment import ENVIRONMENT, threads  # noqa: E402

ENVIRONMENTS = ROOT / "_build" / "environments"
TIMEOUT = 1800
# Far from each other and from the seeds of the pages, which are below 100,000.
SHIFT = 1_000_003
# It ends with the process that began it.
LOOP = "from os import getppid as up; first = up()\nwhile up() == first: pass"

# Pages about TensorFlow itself, which call it by name, and pages that take gradients
# with `inspection`.
TENSORFLOW_ONLY = {
    "algorithm/training",
    "code/project",
    "faq/index",
    "math/backpropagation",
    "math/gradients",
    "outlook/interpretability",
    "outlook/several_devices",
    "tools",
}


@dataclass(frozen=True)
class Condition:
    """One way to run a page."""

    name: str
    says: str
    versions: str = "tested"  # or "lowest", "highest"
    threads: int = 1
    backend: str = "tensorflow"
    busy: bool = False
    environment: dict[str, str] = field(default_factory=dict)


CONDITIONS = (
    Condition("published", "the seeds of the page, one thread"),
    Condition("seeds-1", "other seeds"),
    Condition("seeds-2", "other seeds"),
    Condition("seeds-3", "other seeds"),
    Condition("threads", "other seeds, two threads", threads=2),
    Condition(
        "no-onednn", "without oneDNN", environment={"TF_ENABLE_ONEDNN_OPTS": "0"}
    ),
    Condition(
        "avx2", "oneDNN held to AVX2", environment={"ONEDNN_MAX_CPU_ISA": "AVX2"}
    ),
    Condition(
        "busy", "a process beside it that keeps a core busy", threads=2, busy=True
    ),
    Condition("lowest", "lowest versions", versions="lowest"),
    Condition("highest", "highest versions", versions="highest"),
    Condition("jax", "JAX, highest versions", versions="highest", backend="jax"),
    Condition(
        "torch", "PyTorch, highest versions", versions="highest", backend="torch"
    ),
)


def shift_of(condition: Condition) -> int:
    """Return what is added to every seed."""
    return SHIFT * [other.name for other in CONDITIONS].index(condition.name)


def backend_of(condition: Condition, page: str) -> str:
    """Return the backend: a page about TensorFlow keeps it."""
    return "tensorflow" if page in TENSORFLOW_ONLY else condition.backend


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep a number of processes at work meanwhile."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run_page(page: str, condition: Condition, python: str) -> dict:
    """Run one page in a process of its own and return what was noted."""
    environment = os.environ | ENVIRONMENT | threads(condition.threads)
    environment |= condition.environment
    environment["KERAS_BACKEND"] = backend_of(condition, page)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "noted.json"
        command = [python, __file__, "--worker", page, str(shift_of(condition)), out]
        with busy(1 if condition.busy else 0):
            done = subprocess.run(
                command, env=environment, cwd=ROOT, capture_output=True, text=True
            )
        if done.returncode != 0:
            return {"error": done.stderr.strip()[-2000:]}
        noted = json.loads(out.read_text("utf-8"))
    return noted | {
        "condition": condition.name,
        "says": condition.says,
        "shift": shift_of(condition),
        "backend": backend_of(condition, page),
        "threads": condition.threads,
        "python": platform.python_version(),
        "processor": processor(),
        "commit": commit(),
        "code": margins.digest(page),
    }


def work(page: str, shift: int, out: str) -> None:
    """Run a page in this process' Python; the kernel writes ``out``."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(margins.path_of(page), as_version=4)
    tools = str(ROOT / "tools")
    opening = (
        f"import sys; sys.path[:0] = [{tools!r}, {str(ROOT)!r}]\n"
        "import margin_probe as _probe\n"
        f"del sys.path[0]\n_notes = _probe.start(get_ipython(), {shift})"
    )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = f"__cell__ = {cell['id']!r}\n{cell.source}"
    closing = f"_probe.finish(_notes, {out!r})"
    new = nbformat.v4.new_code_cell
    notebook.cells = [new(opening), *notebook.cells, new(closing)]
    NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(margins.path_of(page).parent)}},
    ).execute()


def environment_python(name: str) -> str:
    """Return the interpreter of an environment; make it if it does not exist."""
    if name == "tested":
        return sys.executable
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    stamp = folder / "made"
    wanted = requirements(name)
    listed = "\n".join(wanted)
    if not stamp.exists() or stamp.read_text("utf-8") != listed:
        print(f"Making the environment with the {name} versions ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, *wanted], check=True)
        # A page reads what the package requires.
        subprocess.run([*pip, "--no-deps", "--editable", ROOT], check=True)
        stamp.write_text(listed, encoding="utf-8")
    return str(python)


def requirements(name: str) -> list[str]:
    """Return what pip is to install for the lowest or the highest versions."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = ["nbclient", "ipykernel"]
    if name == "highest":
        return [*project["dependencies"], *wanted, "jax", "torch"]
    for line in project["dependencies"]:
        requirement = Requirement(line)
        (low,) = (s for s in requirement.specifier if s.operator == ">=")
        extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
        wanted.append(f"{requirement.name}{extras}=={low.version}.*")
    return wanted


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()


def commit() -> str:
    """Return the commit that was measured, marked when files had changed."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or "unknown"


def about(*libraries: str) -> dict:
    """Return what a benchmark stores of the code and of where it was measured."""
    return {
        "commit": commit(),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in libraries},
    }


def main(argv: list[str] | None = None) -> int:
    """Run the command; 1 if a page could not be run to its end or does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [condition.name for condition in CONDITIONS]
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--only", nargs="+", choices=names, metavar="CONDITION")
    parser.add_argument("--list", action="store_true", help="name the conditions")
    parser.add_argument("--report", action="store_true", help="run nothing")
    parser.add_argument("--again", action="store_true", help="repeat stored runs too")
    parser.add_argument("--jobs", type=int, default=1, help="pages at a time")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.worker:
        page, shift, out = arguments.worker
        work(page, int(shift), out)
        return 0
    if arguments.list:
        for condition in CONDITIONS:
            print(f"{condition.name:10} {condition.says}")
        return 0
    pages = arguments.pages or margins.pages()
    for page in pages:
        if not margins.path_of(page).exists():
            parser.error(f"no such page: {page}; one of {', '.join(margins.pages())}")
    failed = []
    if not arguments.report:
        chosen = [
            c for c in CONDITIONS if not arguments.only or c.name in arguments.only
        ]
        stored = {page: margins.read(page) for page in pages}
        todo = [
            (page, condition)
            for condition in chosen
            for page in pages
            if arguments.again or condition.name not in stored[page].conditions()
        ]
        pythons = {c.versions: environment_python(c.versions) for _, c in todo}

        def measure(task):
            page, condition = task
            result = run_page(page, condition, pythons[condition.versions])
            if "error" in result:
                failed.append(page)
                print(f"{page}: {condition.name}: {result['error']}", flush=True)
                return
            margins.add(page, result)
            missed = [
                f"{cell}: {source}"
                for cell, found in result["cells"].items()
                for source, outcome in found.items()
                if not outcome["held"]
            ]
            print(
                f"{page}: {condition.name}: {result['cpu_seconds']:.0f} s of processor "
                f"time, {result['memory_mb']} MB, {len(missed)} did not hold",
                *missed,
                sep="\n    ",
                flush=True,
            )

        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(measure, todo))
    for page in pages:
        problems = margins.read(page).problems(margins.reasons())
        if arguments.report:
            print(margins.read(page).table())
        for problem in problems:
            print(f"{page}: {problem}")
            failed.append(page)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
