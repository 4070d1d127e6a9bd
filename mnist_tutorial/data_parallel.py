# ruff: noqa: E402  (Keras reads its backend as it loads)
"""Train the source document's network on several computers, a process on each.

    python -m mnist_tutorial.data_parallel ADDRESS COMPUTERS NUMBER FOLDER

The same line is typed on every computer, but for NUMBER, which counts them from 0.
ADDRESS is that of number 0, such as ``192.168.0.5:4711``, and FOLDER one that all of
them see. Each takes its share of every batch, and Keras on JAX adds the gradients up,
so that all weights stay equal. FOLDER keeps what was reached after every epoch, and in
the end ``model.keras``. If a computer is lost the others stop: start all of them again,
and they go on.

Keras 3 does not work with TensorFlow's ``MultiWorkerMirroredStrategy``, see
https://github.com/keras-team/keras/issues/20585.
"""

import argparse
import os
import sys
import traceback
from pathlib import Path

if __name__ == "__main__":  # read as Keras is imported: before the next import
    os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

from mnist_tutorial.checkpoints import in_place
from mnist_tutorial.datasets import load_mnist, split_validation
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import build_cnn
from mnist_tutorial.recipes import DOCUMENT
from mnist_tutorial.training import History, train


def join_computers(address: str, computers: int, number: int) -> None:
    """Connect to the other computers; what Keras trains from then on is shared.

    Call it before anything is computed; it waits for the others, at most five minutes.
    Other backends than JAX are refused with an ``InputError``.
    """
    if keras.backend.backend() != "jax":
        raise InputError(
            f"expected JAX as the backend, got {keras.backend.backend()}; set "
            "KERAS_BACKEND=jax before Python starts"
        )
    keras.distribution.initialize(address, computers, number)
    shared = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(shared)


def train_share(model: keras.Model, *data: np.ndarray, **settings: object) -> History:
    """Train this computer's share; arguments and result are those of ``train``.

    Whatever goes wrong is told on stderr, in one line if another computer is lost, and
    ends the process at once with status 3, so that the others stop as well: at a normal
    end JAX would wait for them, and they for this one.
    """
    try:
        return train(model, *data, **settings)
    except Exception as error:
        if "Gloo" in str(error):  # the library that carries the gradients
            said = "another computer is gone; start all: they go on from the last epoch"
        elif isinstance(error, InputError):
            said = str(error)
        else:
            said = traceback.format_exc()
        print(f"error: {said}", file=sys.stderr, flush=True)
        os._exit(3)


def main(argv: list[str] | None = None) -> int:
    """Run the command line, with ``sys.argv[1:]`` if no arguments are given."""
    parser = argparse.ArgumentParser(
        prog="python -m mnist_tutorial.data_parallel", description=__doc__
    )
    parser.add_argument("address", metavar="ADDRESS")
    parser.add_argument("computers", metavar="COMPUTERS", type=int)
    parser.add_argument("number", metavar="NUMBER", type=int)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--epochs", type=int, default=DOCUMENT.epochs)
    arguments = parser.parse_args(argv)
    folder = arguments.folder
    try:
        join_computers(arguments.address, arguments.computers, arguments.number)
        train_data, validation_data = split_validation(*load_mnist()[0])
        keras.utils.set_random_seed(0)
        model = build_cnn()
        settings = {"epochs": arguments.epochs, "resume_from": folder}
        given = settings | {"validation_data": validation_data}
        history = train_share(model, *train_data, **given)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    accuracy = 100 * history["val_accuracy"][-1]
    print(f"{len(history['loss'])} epochs, validation accuracy {accuracy:.2f} %")
    if arguments.number == 0:
        with in_place(folder / "model.keras") as part:
            model.save(part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
