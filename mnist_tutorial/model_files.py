"""Digit classifiers from files, which anybody may have made.

None of the code that a file might hold is run. Keras is imported inside the functions:
it takes seconds, and a wrong path should be told at once.
"""

import json
import math
import warnings
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_tutorial import datasets
from mnist_tutorial.checks import check_file
from mnist_tutorial.errors import InputError

HDF5 = b"\x89HDF\r\n\x1a\n"
SIZE = (28, 28, 1)
# Training images that show which pixels a model wants: the test set never chooses. With
# so few errors it has them; other pixels must halve the errors, and save so many more.
SHOWN, FEW = 1000, 20
# What pixels in [0, 1] are multiplied by, and what is added then.
PIXELS = {
    "pixels from 0 to 255": (255, 0),
    "pixels from -1 to 1": (2, -1),
    "pixels from -0.5 to 0.5": (1, -0.5),
    "standardised pixels": (1 / 0.3081, -0.1307 / 0.3081),
    "pixels from 0 to 1 with the ink 0": (-1, 1),
    "pixels from 0 to 255 with the ink 0": (-255, 255),
    "pixels from -1 to 1 with the ink -1": (-2, 1),
}


class Classifier(NamedTuple):
    """A model that takes images ``(n, 28, 28, 1)`` in [0, 1], whatever its file took.

    ``note`` says what else is done to the pixels and why, or is None;
    ``has_probabilities`` whether the ten outputs are such, and not logits.
    """

    model: Any
    note: str | None
    has_probabilities: bool


def check_model_file(path: Path) -> None:
    """Refuse what can be told from the file alone."""
    if (path / "saved_model.pb").exists():
        raise InputError(
            f"{path}: expected a model file, got a SavedModel folder, which Keras 3 "
            "does not load; load it in Keras 2 and save it as .h5"
        )
    check_file(path, "model file")
    content = path.read_bytes() if path.suffix in (".h5", ".hdf5") else b""
    is_hdf5 = content.startswith(HDF5)
    if not is_hdf5 and not (path.suffix == ".keras" and zipfile.is_zipfile(path)):
        raise InputError(
            f"{path}: expected a model saved by Keras as .keras or .h5, got something "
            "else; train one with: mnist-tutorial train --output model.keras"
        )
    if is_hdf5 and b"model_config" not in content:
        raise InputError(
            f"{path}: expected a whole model, got weights alone; build its network, "
            "let it load_weights, and save it as .keras"
        )


def load_classifier(path: Path) -> Classifier:
    """Load a Keras model from 784 pixels, of whatever kind, to ten outputs.

    In which form it wants the pixels is found out with training images: theirs, or
    another in which it makes less than half as many errors.
    """
    check_model_file(path)

    import keras

    # Of files in an older format Keras warns when it loads and when it runs them.
    warnings.filterwarnings("ignore", module="keras")
    # What a damaged or foreign file raises depends on where Keras stumbles over it.
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise InputError(
            f"{path}: cannot be loaded as a Keras model ({type(error).__name__}); "
            f"{_reason(path, keras.__version__)}"
        ) from error
    shapes = [getattr(model, f"{side}_shape", None) for side in ("input", "output")]
    if shapes[1] != (None, 10) or not _takes_digits(shapes[0]):
        raise InputError(
            f"{path}: expected a model from 784 pixels, such as (None, 28, 28, 1), to "
            f"ten outputs (None, 10), got {shapes[0]} to {shapes[1]}; choose a "
            "classifier of grey digits, built with an Input"
        )
    return _understood(model, path)


def _takes_digits(shape: Any) -> bool:
    """Tell whether an input shape has room for 28x28 grey pixels and no more."""
    if not isinstance(shape, tuple):
        return False
    if None not in shape[1:]:
        return math.prod(shape[1:]) == math.prod(SIZE)
    return len(shape) == 4 and all(
        got in (None, size) for got, size in zip(shape[1:], SIZE, strict=True)
    )


def _reason(path: Path, installed: str) -> str:
    """Say why Keras could not load a file, and the way out."""
    try:
        with zipfile.ZipFile(path) as archive:
            version = json.loads(archive.read("metadata.json"))["keras_version"]
        saved, ours = ([int(n) for n in v.split(".")[:2]] for v in (version, installed))
    except Exception:  # of HDF5, or damaged
        saved = ours = [3]
    if saved < [3]:
        return (
            f"it was saved by Keras {version}, whose .keras files Keras 3 does not "
            "read: load it there, save it as .h5, and use that file"
        )
    if saved > ours:
        return (
            f"it was saved by Keras {version}, and {installed} is installed: install "
            "the newer one, or save the model with this one"
        )
    return (
        "the file is damaged, or holds Python code (a Lambda layer, or a layer of its "
        "own), which is not run from a file: build the model from Keras' own layers "
        "and save it again"
    )


def _understood(model: Any, path: Path) -> Classifier:
    """Find out with training images what a model takes and gives."""
    import keras

    (images, labels), _ = datasets.load_raw_mnist()
    images, labels = images[:SHOWN, ..., None] / np.float32(255), labels[:SHOWN]

    def read(model: Any) -> tuple[np.ndarray, int]:
        outputs = keras.ops.convert_to_numpy(model(images, training=False))
        return outputs, int((outputs.argmax(axis=1) != labels).sum())

    note, classifier = None, _behind(model)
    outputs, errors = read(classifier)
    if errors > FEW:
        others = {name: _behind(model, *pixels) for name, pixels in PIXELS.items()}
        found = {name: read(other) for name, other in others.items()}
        best = min(found, key=lambda name: found[name][1])
        least = found[best][1]
        if 2 * least + FEW < errors:
            now, before = (100 - 100 * n / len(labels) for n in (least, errors))
            note = (
                f"{path}: is given {best}: so it reads {now:.1f} % of {len(labels):,} "
                f"training images, and {before:.1f} % with pixels from 0 to 1"
            )
            classifier, outputs = others[best], found[best][0]
    has_probabilities = bool(outputs.min() >= 0 and outputs.max() <= 1)
    return Classifier(classifier, note, has_probabilities)


def _behind(model: Any, scale: float = 1, offset: float = 0) -> Any:
    """Put before a model what gives it its own pixels of images in [0, 1]."""
    import keras

    layers = []
    if (scale, offset) != (1, 0):
        layers.append(keras.layers.Rescaling(scale, offset))
    size = model.input_shape[1:]
    if None not in size and size != SIZE:
        layers.append(keras.layers.Reshape(size))
    return keras.Sequential([keras.Input(SIZE), *layers, model]) if layers else model
