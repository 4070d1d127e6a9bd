"""What the probabilities are worth, and how one number mends them."""

from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import brentq

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation.checks import (
    check_range,
    checked_logits,
    checked_pair,
    checked_probabilities,
)
from mnist_tutorial.evaluation.intervals import wilson_interval


class Reliability(NamedTuple):
    """Confidence against accuracy, in bins of equal width.

    The confidence of a prediction is the probability of the class that was
    predicted. All but ``edges`` have one entry a bin; in an empty bin ``confidence``
    and ``accuracy`` are NaN, and the interval goes from 0 to 1.

    Attributes
    ----------
    edges
        Where the bins begin and end, shape ``(bins + 1,)``, from 0 to 1. A bin holds
        its upper edge.
    count
        Number of predictions.
    confidence
        Their mean confidence.
    accuracy, low, high
        The share of them that is right, and its 95 % Wilson interval.
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    low: np.ndarray
    high: np.ndarray


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities, without overflow.

    Parameters
    ----------
    logits
        Finite numbers, shape ``(n, num_classes)``.

    Returns
    -------
    numpy.ndarray
        ``float64``, of the same shape; every row adds up to 1.

    Raises
    ------
    InputError
        If ``logits`` is not a finite 2-D array with at least one row.
    """
    return special.softmax(checked_logits(logits).astype(np.float64), axis=1)


def log_loss(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative logarithm of the right class's probability.

    The same as the cross-entropy that networks are trained with.

    Parameters
    ----------
    labels
        Integer classes, shape ``(n,)``.
    probabilities
        Shape ``(n, num_classes)``, in [0, 1]; every row adds up to 1.

    Returns
    -------
    float
        In nats, at least 0; infinite if a right class was given probability 0.

    Raises
    ------
    InputError
        If the two do not fit, or a row is not a distribution.
    """
    labels, probabilities = _checked_scores(
        labels, checked_probabilities(probabilities)
    )
    with np.errstate(divide="ignore"):
        losses = -np.log(probabilities[np.arange(len(labels)), labels])
    return max(0.0, float(losses.mean()))


def reliability(
    labels: np.ndarray, probabilities: np.ndarray, *, bins: int = 10
) -> Reliability:
    """Sort predictions into bins by confidence, and count the right ones in each.

    Parameters
    ----------
    labels
        Integer classes, shape ``(n,)``.
    probabilities
        Shape ``(n, num_classes)``, in [0, 1]; every row adds up to 1.
    bins
        Number of bins of equal width, at least 1.

    Returns
    -------
    Reliability
        Arrays with one entry a bin.

    Raises
    ------
    InputError
        If the two do not fit, a row is not a distribution, or ``bins`` is less than 1.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
    Networks", ICML, 2017, arXiv:1706.04599.
    """
    if bins < 1:
        raise InputError(f"bins must be at least 1, got {bins}")
    labels, probabilities = _checked_scores(
        labels, checked_probabilities(probabilities)
    )
    right = probabilities.argmax(axis=1) == labels
    confidence = probabilities.max(axis=1)
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.searchsorted(edges, confidence) - 1, 0, bins - 1)

    count = np.bincount(which, minlength=bins)
    correct = np.bincount(which, weights=right, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(which, confidence, minlength=bins) / count
        accuracy = correct / count
    intervals = [
        wilson_interval(int(some), int(total)) if total else (0.0, 1.0)
        for some, total in zip(correct, count, strict=True)
    ]
    low, high = np.transpose(intervals)
    return Reliability(edges, count, mean_confidence, accuracy, low, high)


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, *, bins: int = 10
) -> float:
    """Return by how much confidence and accuracy differ on average over the bins.

    Each bin counts by the share of predictions in it. A perfectly calibrated network
    does not get 0: in every bin, chance keeps the two apart a little, the more so the
    fewer predictions there are and the more bins.

    Parameters
    ----------
    labels, probabilities, bins
        As for :func:`reliability`.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError
        As :func:`reliability`.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
    Networks", ICML, 2017, arXiv:1706.04599.
    """
    found = reliability(labels, probabilities, bins=bins)
    filled = found.count > 0
    gaps = np.abs(found.accuracy - found.confidence)[filled]
    return float(np.average(gaps, weights=found.count[filled]))


def fit_temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """Find the number by which to divide logits so that the log-loss is lowest.

    Fit it on validation data, and report on test data. All logits of an image are
    divided by the same positive number, so the largest stays the largest and no
    prediction changes. (Read predictions from the logits: in probabilities, two that
    differ by less than rounding become equal.) A temperature over 1 makes a network
    less sure, one under 1 surer.

    Parameters
    ----------
    labels
        Integer classes, shape ``(n,)``, with at least two classes among them.
    logits
        Outputs of the network, shape ``(n, num_classes)``.

    Returns
    -------
    float
        The temperature, positive: ``softmax(logits / temperature)`` has a log-loss no
        higher than ``softmax(logits)``. Exactly 1 if nothing is gained.

    Raises
    ------
    InputError
        If the two do not fit; or if no temperature is best. With every image read
        rightly the loss falls for as long as the temperature does; with right classes
        that get no more than the average logit it falls for as long as the temperature
        rises. Labels of one class only are refused too, since what they tell about
        being sure holds for that class alone.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
    Networks", ICML, 2017, arXiv:1706.04599.
    """
    labels, logits = _checked_scores(labels, checked_logits(logits))
    if labels.min() == labels.max():
        raise InputError(
            f"labels must hold at least two classes, got only {labels[0]}; fit the "
            "temperature on a stratified validation set, see split_validation"
        )
    with np.errstate(over="ignore"):
        gaps = logits.astype(np.float64)
        gaps = gaps - gaps.max(axis=1, keepdims=True)
    largest = -gaps.min()
    if not np.isfinite(largest):
        raise InputError("logits must not differ by more than 1e308")
    if not largest:
        return 1.0
    right = gaps[np.arange(len(labels)), labels]
    if not right.any():
        raise InputError(
            f"some labels must be read wrongly, got {len(labels)} that are all read "
            "rightly: the log-loss falls for as long as the temperature does; use more "
            "validation data"
        )
    # The log-loss is convex in the inverse temperature: one place with slope 0.
    gaps, right = gaps / largest, right / largest

    def slope(inverse: float) -> float:
        weights = special.softmax(inverse * gaps, axis=1)
        return float(np.mean(np.sum(weights * gaps, axis=1) - right))

    if slope(0) >= 0:
        raise InputError(
            "logits must be higher for the right classes than on average, got "
            f"{largest * -slope(0):.3g} higher: the log-loss falls for as long as the "
            "temperature rises; check that labels and logits belong together"
        )
    upper = 1.0
    while slope(upper) < 0:
        upper *= 2
    temperature = largest / brentq(slope, 0, upper, xtol=1e-15)

    def loss(temperature: float) -> float:
        scores = largest / temperature * gaps
        return float(
            np.mean(special.logsumexp(scores, axis=1) - right * largest / temperature)
        )

    return float(temperature) if loss(temperature) < loss(1.0) else 1.0


def _checked_scores(
    labels: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    labels, _ = checked_pair(labels, scores.argmax(axis=1))
    check_range("labels", labels, scores.shape[1])
    return labels, scores
