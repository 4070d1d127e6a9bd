"""What the functions of this folder refuse, and how they say so."""

from numbers import Real

import numpy as np

from mnist_tutorial.errors import InputError

# Networks compute in float32: ten probabilities then miss 1 by a millionth or so.
SUM_TOLERANCE = 1e-3


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is no number in (0, 1)."""
    if not (isinstance(confidence, Real) and 0 < confidence < 1):
        raise InputError(f"confidence must be in (0, 1), got {confidence!r}")


def checked_array(name: str, values: np.ndarray) -> np.ndarray:
    """Return an array, or refuse what is none."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} must be an array, got rows of several lengths"
        ) from error


def check_range(name: str, values: np.ndarray, num_classes: int) -> None:
    """Refuse classes outside ``0..num_classes-1``."""
    if values.min() < 0 or values.max() >= num_classes:
        raise InputError(
            f"{name} must be in 0..{num_classes - 1}, got values from "
            f"{values.min()} to {values.max()}"
        )


def checked_pair(
    labels: np.ndarray, predictions: np.ndarray, name: str = "predictions"
) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays of whole numbers of one length, at least 1, or refuse."""
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.ndim != 1 or labels.shape != predictions.shape or not len(labels):
        raise InputError(
            f"labels and {name} must be two lists of classes of one length, at "
            f"least 1, got shapes {labels.shape} and {predictions.shape}"
        )
    for kind, values in (("labels", labels), (name, predictions)):
        if not np.issubdtype(values.dtype, np.integer):
            raise InputError(
                f"{kind} must be whole numbers, got {values.dtype}; logits become "
                "predictions by logits.argmax(axis=1)"
            )
    return labels, predictions


def checked_logits(logits: np.ndarray) -> np.ndarray:
    """Return a finite array of shape ``(n, num_classes)``, or refuse."""
    logits = np.asarray(logits)
    if logits.ndim != 2 or not logits.size or not np.all(np.isfinite(logits)):
        raise InputError(
            "logits must be finite numbers of shape (n, num_classes), got shape "
            f"{logits.shape}"
        )
    return logits


def checked_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Return ``float64`` rows ``(n, num_classes)`` that add up to 1, or refuse."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or not probabilities.size:
        raise InputError(
            "probabilities must be numbers of shape (n, num_classes), got shape "
            f"{probabilities.shape}"
        )
    sums = probabilities.sum(axis=1, dtype=np.float64)
    bad = ~(np.abs(sums - 1) <= SUM_TOLERANCE) | ~np.all(probabilities >= 0, axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            "probabilities must be in [0, 1] and each row must add up to 1, got "
            f"row {row} with values from {probabilities[row].min():g} to "
            f"{probabilities[row].max():g} and sum {sums[row]:g}; logits become "
            "probabilities by softmax(logits)"
        )
    return probabilities / sums[:, np.newaxis]
