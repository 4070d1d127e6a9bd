# ruff: noqa: E402  (TensorFlow reads its settings as it loads)
"""Time and score the book's recipes beside another project's; choose the best one.

    python benchmarks/recipes.py             writes benchmarks/recipes.json
    python benchmarks/recipes.py search      adds to benchmarks/recipes_search.json

Everything trains on the same 54,000 images with one thread. The first command trains
every recipe with several seeds, in turn, the order changing from seed to seed, and
measures on the test images. The second is how ``recipes.BEST`` was chosen: variants
that each differ from an earlier one in one thing, measured on the 6,000 validation
images. It never reads the test images. Neither repeats a run that is stored.
``--seeds N`` trains with fewer seeds; with ``search`` it is the number of seeds.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from measure_margins import ENVIRONMENT, about, environment_python, threads

# Read as TensorFlow loads: before the next import.
os.environ.update(ENVIRONMENT | threads(1))

import keras
import numpy as np
from keras import layers

from mnist_tutorial import models, recipes
from mnist_tutorial.datasets import load_mnist, split_validation
from mnist_tutorial.evaluation import predict_classes
from mnist_tutorial.training import train, train_fast

STORED = Path(__file__).with_suffix(".json")
SEARCHED = STORED.with_stem("recipes_search")
OTHER = STORED.with_name("train_mnist_fast.py")
SEEDS = {"fast": 10, "train_mnist_fast": 10, "document": 3, "best": 5}


# --- how the best recipe was chosen --------------------------------------------------

# Filters, their size, the padding, and whether a pooling follows.
CHEAP = ((16, 5, "valid", True), (32, 5, "valid", True), (64, 3, "valid", False))
PADDED = (*CHEAP[:2], (64, 3, "same", False))
DEEP = (CHEAP[0], (32, 3, "valid", True), PADDED[2], CHEAP[2])


def network(convolutions: tuple, dropout: float = 0) -> Callable:
    """Return a function that builds a network with batch normalisation."""

    def normalised(*parts: keras.layers.Layer) -> list[keras.layers.Layer]:
        return [*parts, layers.BatchNormalization(momentum=0.9), layers.ReLU()]

    def build() -> keras.Sequential:
        parts = [keras.Input(models.INPUT_SHAPE)]
        for filters, size, padding, is_pooled in convolutions:
            convolution = layers.Conv2D(filters, size, padding=padding, use_bias=False)
            parts += normalised(convolution, *[layers.MaxPooling2D()] * is_pooled)
        parts += [layers.Flatten(), layers.Dropout(dropout)]
        parts += normalised(layers.Dense(128, use_bias=False))
        return keras.Sequential([*parts, layers.Dense(models.NUM_CLASSES)])

    return build


DOCUMENT = recipes.DOCUMENT
LARGE_BATCHES = DOCUMENT._replace(batch_size=128)
ONE_CYCLE = LARGE_BATCHES._replace(learning_rate=5e-3, schedule="one_cycle")
LONG = ONE_CYCLE._replace(epochs=recipes.BEST.epochs)
DEFORMED = LONG._replace(deform=True)
# A variant, the one it is to be compared with, and its network and recipe.
VARIANTS = (
    ("document", "", models.build_cnn, DOCUMENT),
    ("batches of 128", "document", models.build_cnn, LARGE_BATCHES),
    ("one-cycle rate", "batches of 128", models.build_cnn, ONE_CYCLE),
    ("cheap network", "one-cycle rate", network(CHEAP), ONE_CYCLE),
    ("9 epochs", "cheap network", network(CHEAP), LONG),
    ("deformed images", "9 epochs", network(CHEAP), DEFORMED),
    ("padded convolution", "deformed images", network(PADDED), DEFORMED),
    # What was tried from there.
    ("deeper", "padded convolution", network(DEEP), DEFORMED),
    ("dropout", "padded convolution", network(PADDED, dropout=0.3), DEFORMED),
    (
        "rate up to 0.01",
        "padded convolution",
        network(PADDED),
        DEFORMED._replace(learning_rate=1e-2),
    ),
    (
        "batches of 64",
        "padded convolution",
        network(PADDED),
        DEFORMED._replace(batch_size=64),
    ),
)


def search(seeds: int) -> None:
    """Measure every variant on the validation images, and store after every run."""
    train_set, (x, y) = split_validation(*load_mnist()[0])
    runs = stored(SEARCHED)
    for seed in range(seeds):
        for name, base, build, recipe in VARIANTS:
            if any((run["variant"], run["seed"]) == (name, seed) for run in runs):
                continue
            model, run = timed(build, train_set, recipe, seed)
            logits = model.predict(x, batch_size=500, verbose=0)
            run["errors"] = int(np.sum(logits.argmax(axis=1) != y))
            cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            run["loss"] = round(float(cross_entropy(y, logits)), 5)
            runs.append({"variant": name, "changed_from": base, **run})
            print(runs[-1], flush=True)
            store(SEARCHED, runs, "search", "--seeds", str(seeds))


# --- every recipe in turn ------------------------------------------------------------


def fit(model: keras.Model, data: tuple, recipe: recipes.Recipe, seed: int) -> None:
    """Train with a recipe."""
    if recipe is recipes.FAST:
        train_fast(model, *data, seed=seed)
        return
    settings = recipe._asdict()
    del settings["builder"]
    train(model, *data, **settings, seed=seed)


def timed(
    build: Callable[[], keras.Model], data: tuple, recipe: recipes.Recipe, seed: int
) -> tuple[keras.Model, dict]:
    """Train one network; building it and tracing it count."""
    keras.utils.set_random_seed(seed)
    wall, processor = time.perf_counter(), time.process_time()
    model = build()
    fit(model, data, recipe, seed)
    return model, {
        "seed": seed,
        "seconds": round(time.perf_counter() - wall, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
    }


def stored(path: Path) -> list[dict]:
    """Return the runs that are there: one that was broken off goes on."""
    return json.loads(path.read_text("utf-8"))["runs"] if path.exists() else []


def store(path: Path, runs: list[dict], *command: str) -> None:
    """Write the runs, and where they were made."""
    found = {
        "command": " ".join(("python benchmarks/recipes.py", *command)),
        **about("tensorflow", "keras"),
        "runs": runs,
    }
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def compare(most_seeds: int) -> None:
    """Measure every recipe and store."""
    (x, y), (x_test, y_test) = load_mnist()
    train_set, _ = split_validation(x, y)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [environment_python("highest"), str(OTHER)]
    other = subprocess.Popen(
        command, env=environment, stdin=-1, stdout=-1, text=True, bufsize=1
    )

    def measure(name: str, seed: int) -> dict:
        if name == "train_mnist_fast":
            other.stdin.write(f"{seed}\n")
            return json.loads(other.stdout.readline())
        recipe = recipes.RECIPES[name]
        build = getattr(models, recipe.builder)
        model, run = timed(build, train_set, recipe, seed)
        accuracy = float(np.mean(predict_classes(model, x_test) == y_test))
        return {"recipe": name, **run, "test_accuracy": accuracy}

    for name in ("fast", "train_mnist_fast"):  # the first of a process takes longer
        measure(name, 0)
    runs = stored(STORED)
    for seed in range(min(most_seeds, max(SEEDS.values()))):
        names = [name for name, seeds in SEEDS.items() if seed < seeds]
        for name in names[:: 1 if seed % 2 else -1]:
            if any((run["recipe"], run["seed"]) == (name, seed) for run in runs):
                continue
            runs.append(measure(name, seed))
            print(runs[-1], flush=True)
            store(STORED, runs)
    other.stdin.close()
    other.wait()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", nargs="?", choices=["search"])
    parser.add_argument("--seeds", type=int)
    arguments = parser.parse_args()
    if arguments.task == "search":
        search(arguments.seeds or 2)
    else:
        compare(arguments.seeds or max(SEEDS.values()))


if __name__ == "__main__":
    main()
