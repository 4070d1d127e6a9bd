"""What more than one function refuses, and how it says so.

A function refuses, before it does anything, what a reader plausibly hands in: bytes
for floats, an axis too many or too few, one-hot labels, lists of two lengths, a number
outside its range, an unknown word, an empty list, a missing file. The rest is left to
Python, NumPy and Keras.
"""

import os
from collections.abc import Hashable, Iterable, Sequence
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from mnist_tutorial.errors import InputError

# Networks compute in float32: ten probabilities then miss 1 by a millionth or so.
SUM_TOLERANCE = 1e-3


def check_counts(*, least: int = 1, **counts: int) -> None:
    """Refuse what is not a whole number, at least ``least``."""
    for name, value in counts.items():
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        if not is_whole or value < least:
            raise InputError(
                f"{name} must be a whole number from {least}, got {value!r}"
            )


def check_in(interval: str, **numbers: float) -> None:
    """Refuse what is not a number in an interval, such as ``"(0, 1]"``."""
    low, high = map(float, interval[1:-1].split(","))
    for name, value in numbers.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not (
            is_number
            and (low <= value if interval[0] == "[" else low < value)
            and (value <= high if interval[-1] == "]" else value < high)
        ):
            raise InputError(f"{name} must be a number in {interval}, got {value!r}")


def check_choice(name: str, value: Hashable, known: Iterable[Hashable]) -> None:
    """Refuse what is not one of the known words, and list them."""
    known = list(known)
    if not isinstance(value, Hashable) or value not in known:  # an array has many
        words = ", ".join(map(str, known)) or "(none)"
        raise InputError(f"{name} must be one of {words}, got {value!r}")


def checked_array(name: str, values: np.ndarray) -> np.ndarray:
    """Return an array of numbers (or of truth values), or refuse what is none."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} must be an array of numbers, got rows of several lengths"
        ) from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} must be an array of numbers, got {array.dtype}")
    return array


def check_curves(name: str, curves: dict[str, Sequence[float]]) -> None:
    """Refuse what is no dictionary of lists of numbers, such as Keras' own History."""
    if not isinstance(curves, dict) or not curves:
        raise InputError(
            f"{name} must be a dict of lists of numbers, got {type(curves).__name__}; "
            "what model.fit returns has one in its attribute history"
        )
    for key, values in curves.items():
        if checked_array(key, values).ndim != 1 or not len(values):
            raise InputError(
                f"{name} must be lists of numbers, at least one, got {key}={values!r}"
            )


def fits(got: tuple[int, ...], wanted: tuple[int | str | None, ...]) -> bool:
    """Tell whether a shape is the one wanted; a word or None fits any length."""
    return len(got) == len(wanted) and all(
        length in (None, found) or isinstance(length, str)
        for found, length in zip(got, wanted, strict=True)
    )


def check_floats(name: str, array: np.ndarray, *shape: int | str) -> None:
    """Refuse what is no NumPy array of floats, is empty, or has another shape.

    A word in the shape, such as ``"n"``, fits any length; no shape at all, any shape.
    """
    is_array = isinstance(array, np.ndarray)
    if not is_array or array.dtype.kind != "f":
        raise InputError(
            f"{name} must be a NumPy array of floats, got "
            f"{array.dtype if is_array else type(array).__name__}; convert it with "
            "np.asarray(…, dtype=np.float32)"
        )
    if not array.size:
        raise InputError(f"{name} must not be empty, got shape {array.shape}")
    if shape and not fits(array.shape, shape):
        wanted = str(shape).replace("'", "")
        raise InputError(f"{name} must have shape {wanted}, got {array.shape}")


def checked_images(images: np.ndarray) -> np.ndarray:
    """Return ``float32`` images in [0, 1] with four axes, at least one, or refuse."""
    images = checked_array("images", images)
    if images.ndim != 4 or not images.size:
        raise InputError(
            "images must have shape (n, height, width, channels) with at least one "
            f"pixel, got {images.shape}; x[:1] keeps the first axis, x[0] drops it"
        )
    if images.dtype.kind != "f":
        raise InputError(
            f"images must be floats in [0, 1], got {images.dtype}; divide bytes by 255"
        )
    # NaN fails both comparisons, so it is refused here too.
    if not (images.min() >= 0 and images.max() <= 1):
        raise InputError(
            f"images must be floats in [0, 1], got {images.min():g} to "
            f"{images.max():g}; scale them first"
        )
    return images.astype(np.float32)


def checked_labels(
    labels: Sequence[int],
    count: int | None = None,
    num_classes: int | None = None,
    *,
    name: str = "labels",
) -> np.ndarray:
    """Return whole numbers from 0, shape ``(n,)``, at least one, or refuse.

    With ``count``, as many as there are examples; with ``num_classes``, each below it.
    """
    labels = checked_array(name, labels)
    if labels.ndim != 1 or not len(labels) or count not in (None, len(labels)):
        wanted = "at least one class" if count is None else f"{count} classes"
        raise InputError(
            f"{name} must be {wanted} of shape (n,), one an example, got shape "
            f"{labels.shape}; one-hot labels and logits become classes by "
            "argmax(axis=1)"
        )
    if labels.dtype.kind not in "biu":
        raise InputError(f"{name} must be whole numbers from 0, got {labels.dtype}")
    if labels.min() < 0 or (num_classes is not None and labels.max() >= num_classes):
        last = "" if num_classes is None else num_classes - 1
        raise InputError(
            f"{name} must be in 0..{last}, got {labels.min()} to {labels.max()}"
        )
    # As indices truth values would choose instead of count.
    return labels.astype(np.int64) if labels.dtype.kind == "b" else labels


def checked_examples(
    name: str, data: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels as arrays, as many of both, at least one, or refuse."""
    if not isinstance(data, Sequence) or len(data) != 2:
        raise InputError(
            f"{name} must be a pair (images, labels), got {type(data).__name__}; of a "
            "Dataset, hand in its arrays"
        )
    images = checked_array(f"the images of {name}", data[0])
    labels = checked_array(f"the labels of {name}", data[1])
    if not images.size or images.shape[:1] != labels.shape[:1] or not labels.ndim:
        raise InputError(
            f"{name} must be at least one image and a label for each, got shapes "
            f"{images.shape} and {labels.shape}; select both with one index"
        )
    return images, labels


def checked_scores(scores: np.ndarray, *, name: str = "logits") -> np.ndarray:
    """Return finite numbers of shape ``(n, num_classes)``, at least one, or refuse."""
    scores = checked_array(name, scores)
    if scores.ndim != 2 or not scores.size:
        raise InputError(
            f"{name} must have shape (n, num_classes), one row an example, got "
            f"{scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise InputError(
            f"{name} must be finite numbers, got NaN or infinity; train again with a "
            "smaller learning_rate"
        )
    return scores


def are_probabilities(outputs: np.ndarray) -> bool:
    """Tell whether rows ``(n, num_classes)`` lie in [0, 1] and each adds up to 1."""
    outputs = np.asarray(outputs)
    sums = outputs.sum(axis=1, dtype=np.float64)
    return bool((outputs >= 0).all() and (np.abs(sums - 1) <= SUM_TOLERANCE).all())


def check_model(model) -> None:
    """Refuse what is no model, such as the name of its file, or what builds one."""
    if isinstance(model, type) or not hasattr(model, "layers"):
        raise InputError(
            f"model must be a Keras model, got {model!r}; load a file with "
            "keras.saving.load_model, and call a function that builds one"
        )


def check_input_shape(model, images: np.ndarray, *, name: str = "images") -> None:
    """Refuse images, also none, that do not have the shape that a Keras model takes.

    A model that does not know its shape, since it is not built yet, takes any.
    """
    expected = getattr(model, "input_shape", None) or (None, *images.shape[1:])
    if not images.size or not fits(images.shape, ("n", *expected[1:])):
        raise InputError(
            f"{name} must have shape (n, {', '.join(map(str, expected[1:]))}) for "
            f"{model.name}, got {images.shape}; x[:1] keeps the first axis, x[0] "
            "drops it"
        )


def checked_path(path: str | os.PathLike) -> Path:
    """Return a path, or refuse what is none."""
    try:
        return Path(path)
    except TypeError as error:
        raise InputError(
            f"path must be text or a pathlib.Path, got {path!r}; write it as text"
        ) from error


def check_file(path: Path, kind: str = "file") -> None:
    """Refuse a path at which there is no file to read."""
    if path.is_dir():
        raise InputError(f"{path}: expected a {kind}, got a directory")
    if not path.is_file():
        raise InputError(f"{path}: no such {kind}; check the name and the folder")


def check_output(path: Path, ending: str) -> None:
    """Refuse a path to which no file with this ending could be written."""
    if path.suffix != ending:
        raise InputError(f"{path}: expected a name that ends in {ending}; rename it")
    if path.is_dir():
        raise InputError(f"{path}: expected a file, got a directory; name a file")
    if not path.parent.is_dir():
        raise InputError(
            f"{path}: expected an existing folder, got {path.parent}; create it first"
        )
    if not os.access(path.parent, os.W_OK):
        raise InputError(
            f"{path}: no permission to write in {path.parent}; choose another folder"
        )
