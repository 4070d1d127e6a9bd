"""What ``diagnose`` refuses, and how it says so."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from mnist_tutorial.errors import InputError

Data = tuple[np.ndarray, np.ndarray]


def checked_history(history: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """Return the known curves as arrays, or refuse."""
    if not isinstance(history, Mapping):
        raise InputError(
            f"history must be a dict of lists, got {type(history).__name__}; of what "
            "model.fit returns, hand in .history"
        )
    for name in ("loss", "accuracy"):
        if name not in history:
            raise InputError(
                f"history must have {name!r}, got {sorted(history)}; hand in what "
                "training.train returns"
            )
    known = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    try:
        curves = {n: np.asarray(history[n], float) for n in known if n in history}
    except (TypeError, ValueError) as error:
        raise InputError(
            f"history must hold lists of numbers, got something else: {error}"
        ) from error
    lengths = {name: np.shape(curve) for name, curve in curves.items()}
    if len(set(lengths.values())) > 1 or len(lengths["loss"]) != 1:
        raise InputError(
            "history must have one value an epoch under every name, got shapes "
            + ", ".join(f"{name} {shape}" for name, shape in lengths.items())
        )
    if len(curves["loss"]) == 0:
        raise InputError("history must have at least one epoch, got none; train first")
    if ("val_loss" in curves) != ("val_accuracy" in curves):
        raise InputError(
            "history must have both val_loss and val_accuracy or neither, got "
            f"{sorted(curves)}"
        )
    for name in ("accuracy", "val_accuracy"):
        values = curves.get(name, np.zeros(1))
        if not ((values >= 0) & (values <= 1)).all():
            raise InputError(
                f"history must have {name} in [0, 1], got {values.min():g} to "
                f"{values.max():g}; divide percentages by 100"
            )
    return curves


def checked_data(name: str, data: Data) -> Data:
    """Return images and labels as arrays that belong together, or refuse."""
    try:
        images, labels = (np.asarray(part) for part in data)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be (images, labels), got {error}") from error
    if len(labels.shape) != 1 or images.shape[:1] != labels.shape:
        raise InputError(
            f"{name} must be images of shape (n, ...) and labels of shape (n,), got "
            f"{images.shape} and {labels.shape}; one-hot labels need argmax(axis=1)"
        )
    if len(labels) == 0:
        raise InputError(f"{name} must hold at least one image, got none")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise InputError(
            f"{name} must have whole-number labels from 0, got {labels.dtype} from "
            f"{labels.min()}"
        )
    if not np.issubdtype(images.dtype, np.number):
        raise InputError(f"{name} must hold images of numbers, got {images.dtype}")
    return images, labels


def check_fit(name: str, data: Data, model: keras.Model) -> None:
    """Refuse images or labels that this model cannot have been trained with."""
    images, labels = data
    expected = tuple(model.input_shape[1:])
    if len(images.shape) != 1 + len(expected) or any(
        size not in (None, got)
        for size, got in zip(expected, images.shape[1:], strict=True)
    ):
        raise InputError(
            f"{name} must hold images of shape {('n', *expected)} for this "
            f"model, got {images.shape}"
        )
    num_classes = model.output_shape[-1]
    if labels.max() >= num_classes:
        raise InputError(
            f"{name} must have labels in 0..{num_classes - 1} for this "
            f"model, got {labels.max()}; hand in a model with more outputs"
        )
