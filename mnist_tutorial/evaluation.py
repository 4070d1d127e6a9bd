"""Say how good a classifier is, and how sure that is.

Plain arrays in, plain numbers out: nothing here knows Keras.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax
from sklearn import metrics

from mnist_tutorial.errors import InputError


class Estimate(NamedTuple):
    """A share that was counted, with the interval that the count supports.

    Attributes
    ----------
    value, low, high
        The share and its interval, in [0, 1].
    correct, total
        The counts behind it.
    """

    value: float
    low: float
    high: float
    correct: int
    total: int

    def __str__(self) -> str:
        """Return a line like ``99.00 % (95 % interval 98.79 % to …, 99 of 100)``."""
        value, low, high = (100 * share for share in self[:3])
        return (
            f"{value:.2f} % (95 % interval {low:.2f} % to {high:.2f} %, "
            f"{self.correct} of {self.total})"
        )


def wilson_interval(
    correct: int, total: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Return the Wilson score interval of a share.

    Parameters
    ----------
    correct, total
        Number of successes, in ``0..total``, and of trials, at least 1.
    confidence
        Share of repetitions in which the interval should hold the true share, in
        (0, 1).

    Returns
    -------
    low, high
        Bounds in [0, 1].

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927,
    doi:10.1080/01621459.1927.10502953.
    """
    if total < 1 or not 0 <= correct <= total:
        raise InputError(
            f"expected 0 <= correct <= total and total >= 1, got {correct} of {total}"
        )
    if not 0 < confidence < 1:
        raise InputError(f"confidence must be in (0, 1), got {confidence}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = correct / total
    centre = share + z**2 / (2 * total)
    half_width = z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    scale = 1 + z**2 / total
    return (
        max(0.0, (centre - half_width) / scale),
        min(1.0, (centre + half_width) / scale),
    )


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> Estimate:
    """Count the right predictions, with a 95 % Wilson interval.

    Parameters
    ----------
    labels, predictions
        Integer classes, both of shape ``(n,)``.

    Returns
    -------
    Estimate
        The accuracy, its interval and the counts.

    Raises
    ------
    InputError
        If the two differ in length, are empty or are not whole numbers.
    """
    labels, predictions = _checked_pair(labels, predictions)
    correct = int(np.sum(labels == predictions))
    low, high = wilson_interval(correct, len(labels))
    return Estimate(correct / len(labels), low, high, correct, len(labels))


def confusion_matrix(
    labels: np.ndarray, predictions: np.ndarray, *, num_classes: int = 10
) -> np.ndarray:
    """Count how often each class was taken for each other one.

    Parameters
    ----------
    labels, predictions
        Integer classes in ``0..num_classes-1``, both of shape ``(n,)``.
    num_classes
        Number of classes, including those that do not occur.

    Returns
    -------
    numpy.ndarray
        Integers, shape ``(num_classes, num_classes)``: row = true class,
        column = prediction.

    Raises
    ------
    InputError
        As :func:`accuracy`, or if a class is out of range.
    """
    labels, predictions = _checked_pair(labels, predictions)
    _check_range("labels", labels, num_classes)
    _check_range("predictions", predictions, num_classes)
    return metrics.confusion_matrix(labels, predictions, labels=range(num_classes))


def worst_errors(
    labels: np.ndarray, logits: np.ndarray, *, count: int = 10
) -> np.ndarray:
    """Find the errors in which the right class got the lowest probability.

    Parameters
    ----------
    labels
        Integer classes, shape ``(n,)``.
    logits
        Outputs of the network, shape ``(n, num_classes)``.
    count
        How many to return at most.

    Returns
    -------
    numpy.ndarray
        Indices of wrongly read examples, highest cross-entropy first; shorter than
        ``count`` if there are fewer errors.

    Raises
    ------
    InputError
        If ``logits`` is not a finite 2-D array, a label has no column in it, or
        ``count`` is negative.
    """
    logits = np.asarray(logits)
    if logits.ndim != 2 or not np.all(np.isfinite(logits)):
        raise InputError(
            "logits must be finite numbers of shape (n, num_classes), got shape "
            f"{logits.shape}"
        )
    if count < 0:
        raise InputError(f"count must not be negative, got {count}")
    labels, predictions = _checked_pair(labels, logits.argmax(axis=1))
    _check_range("labels", labels, logits.shape[1])
    loss = -log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(labels != predictions)
    return wrong[np.argsort(-loss[wrong], kind="stable")][:count]


def _check_range(name: str, values: np.ndarray, num_classes: int) -> None:
    if values.min() < 0 or values.max() >= num_classes:
        raise InputError(
            f"{name} must be in 0..{num_classes - 1}, got values from "
            f"{values.min()} to {values.max()}"
        )


def _checked_pair(
    labels: np.ndarray, predictions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.ndim != 1 or labels.shape != predictions.shape or not len(labels):
        raise InputError(
            "labels and predictions must be two lists of classes of one length, at "
            f"least 1, got shapes {labels.shape} and {predictions.shape}"
        )
    for name, values in (("labels", labels), ("predictions", predictions)):
        if not np.issubdtype(values.dtype, np.integer):
            raise InputError(
                f"{name} must be whole numbers, got {values.dtype}; logits become "
                "predictions by logits.argmax(axis=1)"
            )
    return labels, predictions
