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
from pathlib import Path

from mnist_tutorial.errors import InputError
from mnist_tutorial.recipes import DOCUMENT


def join(address: str, computers: int, number: int) -> None:
    """Connect to the other computers; what Keras trains from then on is shared.

    Call it before anything is computed; it waits for the others, at most five minutes.
    Other backends than JAX are refused with an ``InputError``.
    """
    import keras

    if keras.backend.backend() != "jax":
        raise InputError(
            f"expected JAX as the backend, got {keras.backend.backend()}; set "
            "KERAS_BACKEND=jax before Python starts"
        )
    keras.distribution.initialize(address, computers, number)
    shared = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(shared)


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
    parser.add_argument("--images", type=int, default=54_000)
    arguments = parser.parse_args(argv)
    os.environ.setdefault("KERAS_BACKEND", "jax")
    try:
        return _train(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _train(arguments: argparse.Namespace) -> int:
    join(arguments.address, arguments.computers, arguments.number)

    import jax
    import keras

    from mnist_tutorial import datasets, models, training

    train_data, validation_data = datasets.split_validation(*datasets.load_mnist()[0])
    images, labels = (part[: arguments.images] for part in train_data)
    keras.utils.set_random_seed(0)
    model = getattr(models, DOCUMENT.builder)()
    try:
        history = training.train(
            model,
            images,
            labels,
            validation_data=validation_data,
            epochs=arguments.epochs,
            resume_from=arguments.folder,
        )
    except jax.errors.JaxRuntimeError as error:
        print(
            f"error: another computer is gone ({str(error).strip().splitlines()[0]}); "
            "start all of them again: they go on from the last epoch",
            file=sys.stderr,
            flush=True,
        )
        os._exit(3)  # at a normal end JAX would wait for the one that is gone
    accuracy = 100 * history["val_accuracy"][-1]
    print(f"epoch {arguments.epochs}: validation accuracy {accuracy:.2f} %")
    if arguments.number == 0:
        model.save(arguments.folder / "model.keras")
    return 0


if __name__ == "__main__":
    sys.exit(main())
