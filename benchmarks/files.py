# ruff: noqa: E402  (TensorFlow reads its settings as it loads)
"""Train from files and from memory on as many images as EMNIST has; store the memory.

    python benchmarks/files.py     writes benchmarks/files.json

It reads files with the class of the page ``outlook/data_that_does_not_fit`` and trains
that page's network for an epoch, on synthetic data: images of MNIST, each moved at
random by at most two pixels. Each training is a process of its own, of which the peak
of its memory is stored; one that trains on a single batch shows what Python and the
libraries take. Linux only; the data take 0.65 GB of disk, and training from memory
about 6 GB of memory.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from measure_margins import ENVIRONMENT, commit, margins, processor, threads

# Read as TensorFlow loads: before anything of Keras is imported.
os.environ.update(ENVIRONMENT | threads(1))

import numpy as np

from mnist_tutorial.datasets import load_raw_mnist

STORED = Path(__file__).with_suffix(".json")
PAGE = "outlook/data_that_does_not_fit"
EXAMPLE = np.dtype([("image", np.uint8, (28, 28)), ("label", np.uint8)])
IMAGES = 814_255  # EMNIST's ByClass, https://arxiv.org/abs/1702.05373
FILE = 10_240
WAYS = ("one batch", "files", "memory")


def draw(folder: Path) -> None:
    """Write the files, every class in each; the seed is 0."""
    (x, y), _ = load_raw_mnist()
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
    moved = np.lib.stride_tricks.sliding_window_view(padded, (28, 28), (1, 2))
    rng = np.random.default_rng(0)
    for number, start in enumerate(range(0, IMAGES, FILE)):
        count = min(FILE, IMAGES - start)
        rows, moves = rng.integers(len(x), size=count), rng.integers(5, size=(2, count))
        examples = np.empty(count, EXAMPLE)
        examples["image"], examples["label"] = moved[rows, *moves], y[rows]
        np.save(folder / f"{number:02}.npy", examples)


def train(way: str, paths: list[Path]) -> dict:
    """Train in this process; return the peak of its memory and its time."""
    page = {}
    for cell, source in margins.code_cells(PAGE):
        if cell in ("imports", "files", "control"):
            exec(source, page)
    model = page["build_reader"](seed=0)
    started = time.process_time()
    if way == "memory":
        examples = np.concatenate([np.load(path) for path in paths])
        images = examples["image"][..., None] / np.float32(255)
        model.fit(images, examples["label"], batch_size=1024, verbose=0)
    elif way == "files":
        model.fit(page["Files"](paths), verbose=0)
    else:
        model.fit(*page["Files"](paths)[0], batch_size=1024, verbose=0)
    # Not `ru_maxrss`, which begins with what the process had that started this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return {
        "peak_mb": round(int(peak[1]) * 1024 / 1e6),
        "processor_seconds": round(time.process_time() - started, 1),
    }


def main() -> None:
    """Draw, train in processes, store."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder))
        paths = sorted(Path(folder).iterdir())
        for count in (10, len(paths)):
            for way in WAYS:
                command = [sys.executable, __file__, way, *map(str, paths[:count])]
                done = subprocess.run(
                    command, check=True, stdout=subprocess.PIPE, text=True
                )
                images = min(count * FILE, IMAGES)
                runs.append({"way": way, "images": images, **json.loads(done.stdout)})
                print(runs[-1], flush=True)
    about = {
        "command": "python benchmarks/files.py",
        "commit": commit(),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {
            name: metadata.version(name) for name in ("tensorflow", "keras", "numpy")
        },
        "seed": 0,
        "runs": runs,
    }
    STORED.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(train(sys.argv[1], [Path(path) for path in sys.argv[2:]])))
    else:
        main()
