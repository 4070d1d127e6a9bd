# ruff: noqa: E402  (TensorFlow reads its settings as it loads)
"""Time the quick recipe in turn with the one before it, and score both.

    python benchmarks/quick_recipe.py            writes benchmarks/quick_recipe.json

Ten seeds; for each, both recipes train on the same 54,000 images, the order changing
from seed to seed, with one thread, as the pages run: once alone on the machine, and
once as in a build, where another page keeps the other core busy (here a loop). The
settings were chosen on validation images; the test images only report.
"""

import json
import os
import platform
import sys
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from measure_margins import ENVIRONMENT, busy, commit, processor, threads

# Read as TensorFlow loads: before the next import.
os.environ.update(ENVIRONMENT | threads(1))

import keras
import numpy as np
from keras import layers

from mnist_tutorial.datasets import load_mnist, split_validation
from mnist_tutorial.evaluation import predict_classes
from mnist_tutorial.models import INPUT_SHAPE, NUM_CLASSES, build_fast_cnn
from mnist_tutorial.training import make_schedule, train_fast

SEEDS = range(10)
STORED = Path(__file__).with_suffix(".json")


def build_before() -> keras.Sequential:
    """Build the network of the recipe before: a normalisation after every layer."""
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Conv2D(16, 5, use_bias=False),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(48, 3, use_bias=False),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(128, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(NUM_CLASSES),
        ]
    )


def train_before(model: keras.Model, x: np.ndarray, y: np.ndarray, seed: int) -> None:
    """Train as before: batches of 256, arrays handed to ``fit``."""
    steps = -(-len(x) // 256)
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.Adam(make_schedule("one_cycle", 1e-2, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps,
    )
    model.fit(x, y, batch_size=256, epochs=1, verbose=0)


def train_now(model: keras.Model, x: np.ndarray, y: np.ndarray, seed: int) -> None:
    """Train with the package's quick recipe."""
    train_fast(model, x, y, seed=seed)


RECIPES = {"before": (build_before, train_before), "now": (build_fast_cnn, train_now)}


def measure(name: str, seed: int, train_set: tuple, test_set: tuple) -> dict:
    """Train one network; building it and tracing it count."""
    build, train = RECIPES[name]
    keras.utils.set_random_seed(seed)
    wall, processor = time.perf_counter(), time.process_time()
    model = build()
    train(model, *train_set, seed)
    seconds = time.perf_counter() - wall
    processor_seconds = time.process_time() - processor
    x_test, y_test = test_set
    readings = predict_classes(model, x_test)
    return {
        "recipe": name,
        "seed": seed,
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor_seconds, 2),
        "test_accuracy": float(np.mean(readings == y_test)),
    }


def main() -> None:
    """Measure and store."""
    (x_train, y_train), test_set = load_mnist()
    train_set, _ = split_validation(x_train, y_train)
    for name in RECIPES:  # the first network of a process takes longer
        measure(name, 0, train_set, test_set)
    runs = []
    for is_busy in (False, True):
        with busy(len(os.sched_getaffinity(0)) - 1 if is_busy else 0):
            for seed in SEEDS:
                for name in list(RECIPES)[:: 1 if seed % 2 else -1]:
                    run = measure(name, seed, train_set, test_set)
                    runs.append({"busy": is_busy, **run})
                    print(runs[-1], flush=True)
    about = {
        "command": "python benchmarks/quick_recipe.py",
        "commit": commit(),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in ("tensorflow", "keras")},
        "runs": runs,
    }
    STORED.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
