"""Compare the processor time of all pages with that of the document's five epochs.

    python benchmarks/pages.py          writes benchmarks/pages.json
    python benchmarks/pages.py PAGE …   adds pages that are new

Every notebook is run as in a build, into a cache of its own; before and after, the
document's recipe is trained as ``code/project`` does. So the ratio is about the same on
a fast machine and on a slow one, and those of several runs add up. Its limit is in
``tests/book/test_margins.py``. Pages that are added on a machine of which the five
epochs are stored are compared with these; where it is busy, that makes them dearer.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_book  # noqa: E402
import margins  # noqa: E402
from jupyter_cache import get_cache  # noqa: E402
from kernel_environment import set_environment, threads  # noqa: E402
from measure_margins import commit, processor  # noqa: E402

STORED = Path(__file__).with_suffix(".json")
FIVE_EPOCHS = """
import time
import keras
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.models import build_cnn
(images, labels), _ = load_mnist()
model = build_cnn()
started = time.process_time()
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile("adam", loss, metrics=["accuracy"])
parts = images[:54_000], labels[:54_000]
held_out = images[54_000:], labels[54_000:]
model.fit(*parts, epochs=5, validation_data=held_out, verbose=0)
print(time.process_time() - started)
"""


def processor_seconds() -> float:
    """Return the processor time of all kernels that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def five_epochs() -> float:
    """Return the processor time that the five epochs take in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", FIVE_EPOCHS], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def main(pages: list[str]) -> int:
    """Measure and store."""
    set_environment()
    cores = len(os.sched_getaffinity(0))
    os.environ.update(threads(max(1, cores // make_book.workers())))
    where = {
        "processor": processor(),
        "cores": cores,
        "python": platform.python_version(),
    }
    runs = []
    if pages != margins.pages():
        runs = json.loads(STORED.read_text("utf-8"))["runs"]
    known = [run["five_epochs"] for run in runs if where.items() <= run.items()]
    epochs = known[-1:] or [five_epochs()]
    before = processor_seconds()
    with tempfile.TemporaryDirectory() as folder:
        if failures := make_book.run_notebooks(get_cache(folder), pages):
            print(*failures, sep="\n")
            return 1
        seconds = processor_seconds() - before
    if not known:
        epochs.append(five_epochs())
    run = {
        "commit": commit(),
        **where,
        "pages": pages,
        "processor_seconds": round(seconds),
        "five_epochs": round(statistics.mean(epochs)),
    }
    ratio = seconds / statistics.mean(epochs)
    said = " and ".join(f"{each:.0f}" for each in epochs)
    print(f"{seconds:.0f} s, {ratio:.2f} times the five epochs' {said} s")
    stored = {"command": "python benchmarks/pages.py", "runs": [*runs, run]}
    STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or margins.pages()))
