"""Read pictures of many kinds as ``mnist-tutorial predict`` does, and score them.

    python benchmarks/pictures.py digits.keras    writes benchmarks/pictures.json

The pictures, thirty a kind and three of each digit, are made from test images or drawn
with a pen, and read from files: by the package and, for comparison, by its code as it
was when it refused nothing but a page without ink. One network reads all; it is trained
first, with the quick recipe, where the file is missing.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import types
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read as TensorFlow loads

import numpy as np
from picture_kinds import KINDS, Writer, save

from mnist_tutorial import datasets, evaluation, preprocessing
from mnist_tutorial.errors import InputError

STORED = Path(__file__).with_suffix(".json")
BEFORE = "fe79760:mnist_tutorial/preprocessing.py"
COUNT = 30
SURE = 0.9


def preparations() -> dict[str, types.ModuleType]:
    """Return the module that prepares pictures, as it was and as it is."""
    done = subprocess.run(
        ["git", "show", BEFORE], cwd=STORED.parent, capture_output=True, check=True
    )
    before = types.ModuleType("before")
    exec(compile(done.stdout, BEFORE, "exec"), before.__dict__)
    return {"before": before, "now": preprocessing}


def writers(kind: str, images: np.ndarray, labels: np.ndarray) -> list[Writer]:
    """Return who writes the pictures of a kind: the same for every run."""
    rng = np.random.default_rng([ord(letter) for letter in kind])
    found = []
    for index in range(COUNT):
        digit = rng.choice(np.flatnonzero(labels == index % 10))
        others = images[rng.integers(len(images), size=2)]
        found.append(Writer(index % 10, images[digit], [*others], rng))
    return found


def read(code: types.ModuleType, model, paths: list[Path]) -> dict[int, np.ndarray]:
    """Return the probabilities for each picture that is not refused."""
    digits = {}
    for index, path in enumerate(paths):
        with contextlib.suppress(InputError):
            digits[index] = code.load_digit_image(path)
    if not digits:
        return {}
    logits = model.predict(np.stack([*digits.values()]), verbose=0)
    return dict(zip(digits, evaluation.softmax(logits), strict=True))


def score(probabilities: dict[int, np.ndarray], labels: list[int]) -> dict[str, int]:
    """Count the readings of one kind; a picture without a reading was refused."""
    wrong = [p for i, p in probabilities.items() if p.argmax() != labels[i]]
    return {
        "right": len(probabilities) - len(wrong),
        "wrong": len(wrong),
        "wrong_and_sure": sum(bool(p.max() > SURE) for p in wrong),
        "refused": len(labels) - len(probabilities),
    }


def measure(model, images: np.ndarray, labels: np.ndarray) -> list[dict]:
    """Make and read all pictures; a row for each kind."""
    rows = []
    codes = preparations()
    for holds, kinds in KINDS.items():
        for kind, make in kinds.items():
            people = writers(kind, images, labels)
            answers = [person.label for person in people]
            row = {"holds": holds, "kind": kind}
            with tempfile.TemporaryDirectory() as folder:
                paths = [
                    save(Path(folder), index, kind, make(person))
                    for index, person in enumerate(people)
                ]
                for name, code in codes.items():
                    row[name] = score(read(code, model, paths), answers)
            rows.append(row)
            print_row(row)
    return rows


def print_row(row: dict) -> None:
    """Print one line of the table."""
    numbers = [
        f"{row[name][key]:>5}" for name in ("before", "now") for key in row[name]
    ]
    print(f"{row['holds']:<15}{row['kind']:<28}{''.join(numbers)}", flush=True)


def main(model_path: str) -> None:
    """Train where needed, measure, store."""
    import keras

    if not Path(model_path).exists():
        subprocess.run(
            [sys.executable, "-m", "mnist_tutorial", "train", "--recipe", "fast"]
            + ["--output", model_path],
            check=True,
        )
    model = keras.models.load_model(model_path)
    _, (images, labels) = datasets.load_raw_mnist()
    rows = measure(model, images, labels)
    about = {"command": "python benchmarks/pictures.py digits.keras", "kinds": rows}
    STORED.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
