# ruff: noqa: E402  (TensorFlow reads its settings as it loads)
"""Measure what training, memory, starting and predicting cost, and how training grows.

    python benchmarks/costs.py            writes benchmarks/costs.json

Growth: the document's network with other numbers of images, filters, convolutions and
images a batch, one at a time. Every setting trains a stretch in turn, the order
changing from round to round, so that a round's ratios compare what ran within the same
seconds. Stored, after every round, is processor time, with one thread. The span of
five rounds holds the median of many with a probability of 94 % (1 - 2 / 2 ** 5).
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from measure_margins import ENVIRONMENT, about, threads

# Read as TensorFlow loads: before the next import.
os.environ.update(ENVIRONMENT | threads(1))

import keras
import numpy as np
from keras import layers

from mnist_tutorial import models, recipes
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.evaluation import predict_classes

STORED = Path(__file__).with_suffix(".json")
ROUNDS, SEED = 5, 0
BATCH_SIZE = recipes.DOCUMENT.batch_size
STRETCH = 2048  # images
IMAGES = (1_500, 3_000, 6_000, 12_000)
WIDTHS = (0.5, 1, 2, 4)  # times the filters of the document
DEPTHS = (1, 2, 3, 4)  # convolutions
BATCHES = (8, 32, 128, 512)
MNIST_TUTORIAL = [sys.executable, "-m", "mnist_tutorial"]
TRAIN = ["train", "--recipe", "document", "--epochs", "1", "--output"]
STARTS = {
    "import mnist_tutorial": [sys.executable, "-c", "import mnist_tutorial"],
    "mnist-tutorial --help": [*MNIST_TUTORIAL, "--help"],
    "import keras": [sys.executable, "-c", "import keras"],
}
PREDICTIONS = {1: 50, 100: 20, 10_000: 1}  # images a call, and calls a round


def network(width: float = 1, depth: int = 3) -> keras.Sequential:
    """Build the document's network with other filters, or another depth.

    A pooling follows the first two convolutions, as in the document.
    """
    parts = [keras.Input(models.INPUT_SHAPE)]
    for number, filters in enumerate((32, 64, 64, 64)[:depth]):
        parts.append(layers.Conv2D(round(filters * width), 3, activation="relu"))
        parts += [layers.MaxPooling2D()] * (number < 2)
    parts += [layers.Flatten(), layers.Dense(64, activation="relu")]
    return keras.Sequential([*parts, layers.Dense(models.NUM_CLASSES)])


def compiled(model: keras.Sequential) -> keras.Sequential:
    """Return the network, ready to train as the document does."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def settings() -> list[dict]:
    """Return all settings: the document's, with one thing changed."""
    usual = {"images": STRETCH, "batch_size": BATCH_SIZE, "build": {}}
    found = [
        *({"group": "images", "value": n, "images": n} for n in IMAGES),
        *({"group": "width", "value": n, "build": {"width": n}} for n in WIDTHS),
        *({"group": "depth", "value": n, "build": {"depth": n}} for n in DEPTHS),
        *({"group": "batch", "value": n, "batch_size": n} for n in BATCHES),
    ]
    return [usual | setting for setting in found]


def used(work: Callable, *given: object, **options: object) -> float:
    """Return the processor time that a call takes here, in seconds."""
    before = time.process_time()
    work(*given, **options)
    return round(time.process_time() - before, 4)


def in_child(command: list[str]) -> float:
    """Return the processor time that a command takes, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3)


def grow(images: np.ndarray, labels: np.ndarray) -> Iterator[list[dict]]:
    """Yield the processor time of each stretch of training, after every round."""
    found, networks = [], []
    for setting in settings():
        keras.utils.set_random_seed(SEED)
        model = compiled(network(**setting.pop("build")))
        arithmetic = models.count_multiply_adds(model)
        setting |= {"multiply_adds": arithmetic, "parameters": model.count_params()}
        found.append(setting | {"seconds": []})
        networks.append(model)
    for number in range(-1, ROUNDS):  # in the first round Keras traces the steps
        for at in np.random.default_rng(number + 1).permutation(len(found)):
            setting = found[at]
            count, size = setting["images"], setting["batch_size"]
            if number < 0:
                count = size + count % size
            x, y = images[:count], labels[:count]
            seconds = used(networks[at].fit, x, y, size, verbose=0)
            setting["seconds"] += [seconds] * (number >= 0)
        if number >= 0:
            yield found


def memory() -> int:
    """Return the peak memory, in MB, of a process that trains for an epoch.

    It is asked of Linux: ``ru_maxrss`` would begin with the memory of this process.
    """
    with tempfile.TemporaryDirectory() as folder:
        train = [*TRAIN, str(Path(folder) / "digits.keras")]
        lines = [
            "from mnist_tutorial.__main__ import main",
            f"main({train})",
            "print(open('/proc/self/status').read())",
        ]
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(lines)],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
    return int(re.search(r"VmHWM:\s+(\d+) kB", done.stdout)[1]) // 1024


def main() -> None:
    """Measure and store."""
    (x, y), (x_test, _) = load_mnist()
    model = models.build_cnn()
    starts = {name: [] for name in STARTS}
    predictions = {count: [] for count in PREDICTIONS}
    for number in range(-1, ROUNDS):  # the first round warms up
        generator = np.random.default_rng(number + 1)
        for name in generator.permutation(list(STARTS)).tolist():
            starts[name] += [in_child(STARTS[name])] * (number >= 0)
        for count in generator.permutation(list(PREDICTIONS)).tolist():
            seconds = [
                used(predict_classes, model, x_test[:count])
                for _ in range(PREDICTIONS[count])
            ]
            predictions[count] += [float(np.mean(seconds))] * (number >= 0)
    head = {
        "command": "python benchmarks/costs.py",
        **about("tensorflow", "keras"),
        "threads": 1,
        "seed": SEED,
        "start_seconds": starts,
        "predict_seconds": predictions,
        "peak_mb": {"train document": memory()},
    }
    for growth in grow(x, y):
        stored = json.dumps(head | {"growth": growth}, indent=1)
        STORED.write_text(stored + "\n", encoding="utf-8")
        print(f"round {len(growth[0]['seconds'])} of {ROUNDS}", flush=True)


if __name__ == "__main__":
    main()
