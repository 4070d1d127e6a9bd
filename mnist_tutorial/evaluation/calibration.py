"""What the probabilities are worth, and how one number mends them.

References
----------
C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks",
ICML, 2017, arXiv:1706.04599.
"""

from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import brentq

from mnist_tutorial.checks import are_probabilities, checked_labels, checked_scores
from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation.intervals import estimate_share

BINS = 10


class Reliability(NamedTuple):
    """Confidence against accuracy, in ten bins of equal width from 0 to 1.

    The confidence of a prediction is the probability of the class that was
    predicted. A bin holds its upper edge. Each array has one entry a bin: ``count``
    predictions, their mean ``confidence``, the share of them that is right as
    ``accuracy``, and its 95 % Wilson interval from ``low`` to ``high``. In an empty bin
    ``confidence`` and ``accuracy`` are NaN, and the interval goes from 0 to 1.
    """

    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    low: np.ndarray
    high: np.ndarray


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities, without overflow.

    Both have shape ``(n, num_classes)``; logits are finite, every row of the result,
    ``float64``, adds up to 1.
    """
    return special.softmax(checked_scores(logits).astype(np.float64), axis=1)


def log_loss(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative logarithm of the right class's probability.

    The same as the cross-entropy that networks are trained with, in nats, at least 0;
    infinite if a right class was given probability 0 (which scikit-learn's function of
    this name caps at 36). Labels are integer classes, shape ``(n,)``; probabilities, in
    [0, 1], have shape ``(n, num_classes)``, and every row adds up to 1.
    """
    labels, probabilities = _checked_pair(labels, probabilities)
    with np.errstate(divide="ignore"):
        losses = -np.log(probabilities[np.arange(len(labels)), labels])
    return max(0.0, float(losses.mean()))  # not -0.0


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> Reliability:
    """Sort predictions into bins by confidence, and count the right ones in each.

    Labels and probabilities are those of :func:`log_loss`.
    """
    labels, probabilities = _checked_pair(labels, probabilities)
    is_right = probabilities.argmax(axis=1) == labels
    confidence = probabilities.max(axis=1)
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1), confidence) - 1
    count = np.bincount(bins, minlength=BINS)
    correct = np.bincount(bins[is_right], minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(bins, confidence, minlength=BINS) / count
    shares = [estimate_share(*pair)[:3] for pair in zip(correct, count, strict=True)]
    return Reliability(count, mean_confidence, *np.transpose(shares))


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return by how much confidence and accuracy differ on average over ten bins.

    Each bin counts by the share of predictions in it. A perfectly calibrated network
    does not get 0: in every bin, chance keeps the two apart a little, the more so the
    fewer predictions there are. Labels and probabilities are those of
    :func:`log_loss`; the result is in [0, 1].
    """
    found = reliability(labels, probabilities)
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

    No temperature is best, and ``InputError`` is raised, where every image is read
    rightly: the loss falls for as long as the temperature does; and where right classes
    get no more than the average logit: it falls for as long as the temperature rises.
    Labels are integer classes, shape ``(n,)``, logits have shape ``(n, num_classes)``.
    """
    logits = checked_scores(logits).astype(np.float64)
    labels = checked_labels(labels, *logits.shape)
    gaps = logits - logits.max(axis=1, keepdims=True)  # (n, num_classes), up to 0
    right = gaps[np.arange(len(labels)), labels]
    if not right.any():
        raise InputError(
            f"some labels must be read wrongly, got {len(labels)} that are all read "
            "rightly: the log-loss falls for as long as the temperature does; use more "
            "validation data"
        )

    # The log-loss is convex in the inverse temperature: one place with slope 0.
    def slope(inverse: float) -> float:
        weights = special.softmax(inverse * gaps, axis=1)
        return float(np.mean(np.sum(weights * gaps, axis=1) - right))

    if slope(0) >= 0:
        raise InputError(
            "logits must be higher for the right classes than on average, got "
            f"{-slope(0):.3g} higher: the log-loss falls for as long as the "
            "temperature rises; check that labels and logits belong together"
        )
    upper = 1.0
    while slope(upper) < 0:
        upper *= 2
    return 1 / brentq(slope, 0, upper, xtol=1e-30)  # to the last digit


def _checked_pair(
    labels: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return classes and ``float64`` rows that add up to 1 exactly, or refuse."""
    probabilities = checked_scores(probabilities, name="probabilities")
    labels = checked_labels(labels, *probabilities.shape)
    sums = probabilities.sum(axis=1, dtype=np.float64)
    if not are_probabilities(probabilities):
        raise InputError(
            "probabilities must be in [0, 1] and each row must add up to 1, got values "
            f"from {probabilities.min():g} to {probabilities.max():g} and sums from "
            f"{sums.min():g} to {sums.max():g}; logits become probabilities by "
            "softmax(logits)"
        )
    return labels, probabilities / sums[:, np.newaxis]
