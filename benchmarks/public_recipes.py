# ruff: noqa: E402  (TensorFlow reads its settings as it loads)
"""Train as three public examples do, and time their steps beside the document's.

    python benchmarks/public_recipes.py          writes benchmarks/public_recipes.json
    python benchmarks/public_recipes.py NAME …   trains these alone

Each network is trained from its published settings, written anew, and scored on the
test images. What is stored is not repeated, and a training that was stopped goes on
from its last epoch. Times come from short stretches: some steps of each in turn, the
order changing from round to round, to be scaled to the steps of the whole training. So
they compare with the document's on any machine, busy or idle. One thread. Building,
tracing and scoring do not count.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from measure_margins import ENVIRONMENT, about, environment_python, threads

# Read as TensorFlow loads: before the next import.
os.environ.update(ENVIRONMENT | threads(1))

import keras
import numpy as np
from keras import layers

from mnist_tutorial import models, recipes
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.evaluation import predict_classes
from mnist_tutorial.training import train

STORED = Path(__file__).with_suffix(".json")
REACHED = ROOT / "_build" / "public_recipes"  # what trainings go on from
ROUNDS = 5


class Example(NamedTuple):
    """The settings of an example; ``stretch`` is in steps."""

    source: str
    images: int
    batch_size: int
    epochs: int
    stretch: int
    seeds: int


# Adam, 1e-3, constant, but for the one in PyTorch: there see pytorch_example.py.
IN_PYTORCH = "pytorch_example"
EXAMPLES = {
    "document": Example(
        "mnist_tutorial.recipes.DOCUMENT",
        images=54_000,
        batch_size=recipes.DOCUMENT.batch_size,
        epochs=recipes.DOCUMENT.epochs,
        stretch=100,
        seeds=0,  # recipes.py trains it
    ),
    "tensorflow_quickstart": Example(
        "https://www.tensorflow.org/tutorials/quickstart/beginner",
        images=60_000,
        batch_size=32,
        epochs=5,
        stretch=500,
        seeds=5,
    ),
    "keras_convnet": Example(
        "https://keras.io/examples/vision/mnist_convnet/",
        images=54_000,  # a tenth is its validation split
        batch_size=128,
        epochs=15,
        stretch=15,
        seeds=2,
    ),
    IN_PYTORCH: Example(
        "https://github.com/pytorch/examples/blob/main/mnist/main.py",
        images=60_000,
        batch_size=64,
        epochs=14,
        stretch=15,
        seeds=1,
    ),
}
LAYERS = {
    "keras_convnet": lambda: [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(models.NUM_CLASSES),
    ],
    "tensorflow_quickstart": lambda: [
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(models.NUM_CLASSES),
    ],
}


def build(name: str) -> keras.Sequential:
    """Return the network of an example in Keras."""
    if name == "document":
        return models.build_cnn()
    return keras.Sequential([keras.Input(models.INPUT_SHAPE), *LAYERS[name]()])


class PyTorch:
    """The example in PyTorch, in an environment that has it."""

    def __init__(self):
        script = STORED.with_name("pytorch_example.py")
        self.process = subprocess.Popen(
            [environment_python("highest"), str(script)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def ask(self, *task: object) -> None:
        """Hand it a task."""
        self.process.stdin.write(" ".join(map(str, task)) + "\n")

    def answer(self) -> dict:
        """Wait for its next answer."""
        return json.loads(self.process.stdout.readline())


def read() -> dict:
    """Return what is stored."""
    if STORED.exists():
        return json.loads(STORED.read_text("utf-8"))
    return {"torch": "", "stretches": [], "runs": []}


def store(**added: object) -> None:
    """Store, with what was stored before."""
    found = {
        "command": "python benchmarks/public_recipes.py",
        **about("tensorflow", "keras"),
        "examples": {name: example._asdict() for name, example in EXAMPLES.items()},
    }
    found |= {name: read()[name] for name in ("torch", "stretches", "runs")} | added
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def store_run(run: dict) -> None:
    """Store a run, in the place of what it had reached before."""
    others = [
        other
        for other in read()["runs"]
        if (other["recipe"], other["seed"]) != (run["recipe"], run["seed"])
    ]
    store(runs=sorted([*others, run], key=lambda run: (run["recipe"], run["seed"])))
    print(run, flush=True)


def time_steps(images: np.ndarray, labels: np.ndarray, other: PyTorch) -> None:
    """Store the processor time of a step of each, in milliseconds, round by round."""
    networks = {name: build(name) for name in EXAMPLES if name != IN_PYTORCH}
    for model in networks.values():
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"])

    def step(name: str) -> float:
        example = EXAMPLES[name]
        if name == IN_PYTORCH:
            other.ask("steps", example.stretch)
            answer = other.answer()
            store(torch=answer["torch"])
            seconds = answer["processor_seconds"]
        else:
            count, size = example.stretch * example.batch_size, example.batch_size
            before = time.process_time()
            networks[name].fit(images[:count], labels[:count], size, verbose=0)
            seconds = time.process_time() - before
        return round(1000 * seconds / example.stretch, 3)

    for name in EXAMPLES:  # the first steps take longer
        step(name)
    stretches = []
    for number in range(ROUNDS):
        names = np.random.default_rng(number).permutation(list(EXAMPLES)).tolist()
        stretches.append({name: step(name) for name in names})
        print(stretches[-1], flush=True)
        store(stretches=stretches)


def main(names: list[str]) -> None:
    """Measure what is not stored yet."""
    REACHED.mkdir(parents=True, exist_ok=True)
    (x, y), (x_test, y_test) = load_mnist()
    other = PyTorch()
    if not names and len(read()["stretches"]) < ROUNDS:
        time_steps(x, y, other)
    for name in names or EXAMPLES:
        example = EXAMPLES[name]
        for seed in range(example.seeds):
            run = {"recipe": name, "seed": seed, "epochs": example.epochs}
            if any(run.items() <= known.items() for known in read()["runs"]):
                continue
            if name == IN_PYTORCH:
                other.ask("train", seed, REACHED / f"{name}-{seed}.pt")
                answer = {"epochs": 0}
                while answer["epochs"] < example.epochs:
                    answer = other.answer()
                    store(torch=answer.pop("torch"))
                    store_run(run | answer)
                continue
            keras.utils.set_random_seed(seed)
            model = build(name)
            train(
                model,
                x[: example.images],
                y[: example.images],
                epochs=example.epochs,
                batch_size=example.batch_size,
                seed=seed,
                resume_from=REACHED / f"{name}-{seed}",
            )
            readings = predict_classes(model, x_test)
            store_run(run | {"test_accuracy": float(np.mean(readings == y_test))})
    other.process.stdin.close()
    other.process.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
