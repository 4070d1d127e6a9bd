"""What a training has reached, in one file, so that it goes on after a kill.

Keras' own ``BackupAndRestore`` overwrites its files in place, so that a kill can leave
half of one, and keeps neither the history nor the order of the examples.
"""

import contextlib
import json
import math
import os
import re
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np

from mnist_tutorial.checks import check_output, checked_path
from mnist_tutorial.errors import InputError

FILE = "checkpoint.npz"


class Checkpoint(keras.callbacks.Callback):
    """Write ``FOLDER/checkpoint.npz`` at the end of every epoch, and go on from it.

    It holds each variable of the model and of its optimizer, the seed generators of
    its layers among them, the state of NumPy's generator and of PyTorch's, and the
    history. It is complete, whenever the process is killed: a new one is written
    beside it and takes its place at once.

    ``about`` says what a training must have in common with the one that wrote the
    file; another file is refused with an ``InputError``, as is one that cannot be
    read or has more than ``epochs`` epochs. The folder is made if there is none.
    """

    def __init__(self, folder: str | os.PathLike, about: dict[str, str], epochs: int):
        super().__init__()
        folder = checked_path(folder)
        self.path = folder / FILE
        self.about = {**about, "backend": keras.backend.backend()}
        self.state, self.values = _read(self.path)
        self.history = self.state.get("history", {})
        self.is_stopped = self.state.get("is_stopped", False)
        done = len(self.history.get("loss", ()))
        # A training that `EarlyStopping` or its like has ended has no epochs left.
        self.done = epochs if self.is_stopped else done
        for name, value in self.about.items() if self.state else ():
            if (kept := self.state["about"].get(name)) != value:
                raise InputError(
                    f"{self.path}: is of a training with {name} {kept}, and this one "
                    f"has {value}; train as it was begun, or choose another folder"
                )
        if done > epochs:
            raise InputError(
                f"{self.path}: has {done} epochs, and epochs is {epochs}; ask for "
                "as many, or choose another folder"
            )
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be made a folder: {error.strerror}; choose another"
            ) from error
        check_output(self.path, self.path.suffix)

    def on_train_begin(self, logs=None):
        """Put back what the file holds."""
        if not self.state:
            return
        variables = self._variables()
        shapes = [tuple(variable.shape) for variable in variables]
        if (kept := [value.shape for value in self.values]) != shapes:
            raise InputError(
                f"{self.path}: has variables of shapes {kept}, and this model has "
                f"{shapes}; build it as it was, or choose another folder"
            )
        for variable, value in zip(variables, self.values, strict=True):
            variable.assign(value)
        np.random.set_state(tuple(self.state["numpy"]))  # noqa: NPY002
        if keras.backend.backend() == "torch":
            import torch

            torch.set_rng_state(torch.tensor(self.state["torch"], dtype=torch.uint8))

    def on_epoch_end(self, epoch, logs=None):
        """Write what has been reached."""
        self._write()

    def on_train_end(self, logs=None):
        """Write once more: ``EarlyStopping`` may have put other weights back."""
        self._write()

    def _variables(self) -> list:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _write(self) -> None:
        if keras.backend.backend() == "jax":
            import jax

            if jax.process_index() > 0:  # number 0 of the computers writes for all
                return
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002
        self.state = {
            "about": self.about,
            "history": self.history,
            "is_stopped": bool(self.is_stopped or self.model.stop_training),
            "numpy": [kind, keys.tolist(), *rest],
        }
        if keras.backend.backend() == "torch":
            import torch

            self.state["torch"] = torch.get_rng_state().tolist()
        values = map(keras.ops.convert_to_numpy, self._variables())
        try:
            with in_place(self.path) as part:
                np.savez(part, *values, state=json.dumps(self.state))
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be written: {error.strerror or error}; free some "
                "space and train again: it goes on from the last epoch that was kept"
            ) from error


class Keeper(keras.callbacks.Callback):
    """Keep the best model at a path, and print a line an epoch.

    ``losses`` are those of the epochs before, on the validation images.
    """

    def __init__(self, path: Path, epochs: int, losses: Sequence[float] = ()):
        super().__init__()
        self.path, self.epochs = path, epochs
        self.has_begun, self.done = False, len(losses)
        self.best = min((loss for loss in losses if loss == loss), default=math.inf)

    def on_epoch_begin(self, epoch, logs=None):
        """Look at the clock."""
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Note that there is something to keep."""
        self.has_begun = True

    def on_epoch_end(self, epoch, logs=None):
        """Print a line, and keep the model if it is the best so far."""
        self.done = epoch + 1
        line = (
            f"epoch {self.done}/{self.epochs}: loss {logs['loss']:.4f}, "
            f"accuracy {100 * logs['accuracy']:.2f} %, "
            f"validation loss {logs['val_loss']:.4f}, "
            f"validation accuracy {100 * logs['val_accuracy']:.2f} %, "
            f"{time.perf_counter() - self.started:.1f} s"
        )
        # On a terminal the line must cover the progress bar.
        end = "\033[K\n" if sys.stdout.isatty() else "\n"
        print(line, end=end, flush=True)
        if logs["val_loss"] < self.best:
            self.save()
            self.best = logs["val_loss"]

    def save(self):
        """Keep the model as it is."""
        with in_place(self.path) as part:
            self.model.save(part)


@contextlib.contextmanager
def in_place(path: Path) -> Iterator[Path]:
    """Give the name to write under; the file takes its place when it is complete.

    Neither a kill nor a full disk leaves half a file at ``path``.
    """
    part = path.with_name(f".{path.name}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_history(folder: Path) -> dict[str, list[float]]:
    """Return the history in a folder's checkpoint, ``{}`` if there is none."""
    return _read(folder / FILE)[0].get("history", {})


def _read(path: Path) -> tuple[dict, list[np.ndarray]]:
    """Return a checkpoint's state and the values of the variables, or refuse it."""
    try:
        with np.load(path) as archive:
            arrays = dict(archive)
        state = json.loads(str(arrays.pop("state")))
        if not {"about", "history", "is_stopped", "numpy"} <= state.keys():
            raise KeyError
        return state, [arrays[f"arr_{index}"] for index in range(len(arrays))]
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except Exception as error:  # of whatever kind NumPy stumbles over
        raise InputError(
            f"{path}: cannot be read as a checkpoint ({type(error).__name__}); remove "
            "it to begin anew, or choose another folder"
        ) from error


def described(*arrays: np.ndarray) -> str:
    """Tell arrays from others: their shapes, and a sum over their bytes."""
    sums = [zlib.crc32(np.ascontiguousarray(array)) for array in arrays]
    pairs = zip(arrays, sums, strict=True)
    return " ".join(f"{array.shape} #{crc:08x}" for array, crc in pairs)


def described_layers(model: keras.Model) -> str:
    """Tell a model from others: how many layers, and a sum over their settings."""
    settings = []
    for layer in model.layers:
        try:
            settings.append((type(layer).__name__, layer.get_config()))
        except NotImplementedError:  # a class of one's own need not tell
            settings.append(type(layer).__name__)
    # Keras numbers the names of layers through the process.
    text = re.sub(r"_\d+'", "'", repr(settings))
    return f"{len(settings)} layers #{zlib.crc32(text.encode()):08x}"
