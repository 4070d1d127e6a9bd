"""What the predicted classes tell."""

from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, log_softmax
from sklearn import metrics

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation.checks import (
    check_range,
    checked_logits,
    checked_pair,
)
from mnist_tutorial.evaluation.intervals import Estimate, wilson_interval


class ClassReport(NamedTuple):
    """How well one class is read.

    Attributes
    ----------
    label
        The class.
    precision
        Of what was called this class, the share that is.
    recall
        Of what is this class, the share that was found.
    """

    label: int
    precision: Estimate
    recall: Estimate


class PairedComparison(NamedTuple):
    """Two classifiers on the same examples.

    Attributes
    ----------
    only_a, only_b
        Number of examples that only the first, or only the second, read rightly.
    p_value
        How often chance alone would make the two counts differ so much, if either
        classifier were as likely as the other to be the one that is right.
    """

    only_a: int
    only_b: int
    p_value: float

    def __str__(self) -> str:
        """Return a line like ``only A right: 12, only B right: 31, p = 0.0054``."""
        return (
            f"only A right: {self.only_a}, only B right: {self.only_b}, "
            f"p = {self.p_value:.2g}"
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
    labels, predictions = checked_pair(labels, predictions)
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
    labels, predictions = checked_pair(labels, predictions)
    check_range("labels", labels, num_classes)
    check_range("predictions", predictions, num_classes)
    return metrics.confusion_matrix(labels, predictions, labels=range(num_classes))


def per_class(
    labels: np.ndarray, predictions: np.ndarray, *, num_classes: int = 10
) -> list[ClassReport]:
    """Count precision and recall of every class, with 95 % Wilson intervals.

    A class that does not occur among the labels has no recall, and one that was never
    predicted has no precision: nothing was counted. Such an estimate has the value
    NaN, the interval from 0 to 1 and the total 0, rather than a 0 or a 1 that looks
    like a measurement.

    Parameters
    ----------
    labels, predictions
        Integer classes in ``0..num_classes-1``, both of shape ``(n,)``.
    num_classes
        Number of classes, including those that do not occur.

    Returns
    -------
    list of ClassReport
        One a class, in order.

    Raises
    ------
    InputError
        As :func:`confusion_matrix`.
    """
    matrix = confusion_matrix(labels, predictions, num_classes=num_classes)
    return [
        ClassReport(
            label,
            precision=_share(matrix[label, label], matrix[:, label].sum()),
            recall=_share(matrix[label, label], matrix[label].sum()),
        )
        for label in range(num_classes)
    ]


def mcnemar(
    labels: np.ndarray, predictions_a: np.ndarray, predictions_b: np.ndarray
) -> PairedComparison:
    """Compare two classifiers on the same examples with McNemar's exact test.

    Examples that both read rightly, or both wrongly, say nothing about which is
    better. Of the others, each is a coin that falls for one of the two: the p-value is
    the two-sided binomial one of a fair coin.

    Parameters
    ----------
    labels, predictions_a, predictions_b
        Integer classes, all of shape ``(n,)``.

    Returns
    -------
    PairedComparison
        The two counts and the p-value, which is 1 if the classifiers are never right
        one without the other.

    Raises
    ------
    InputError
        If the three differ in length, are empty or are not whole numbers.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12, 1947, doi:10.1007/BF02295996.
    """
    labels, predictions_a = checked_pair(labels, predictions_a, "predictions_a")
    labels, predictions_b = checked_pair(labels, predictions_b, "predictions_b")
    a_right, b_right = labels == predictions_a, labels == predictions_b
    only_a, only_b = int(np.sum(a_right & ~b_right)), int(np.sum(b_right & ~a_right))
    tail = bdtr(min(only_a, only_b), only_a + only_b, 0.5)
    return PairedComparison(only_a, only_b, min(1.0, 2 * float(tail)))


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
    logits = checked_logits(logits)
    if count < 0:
        raise InputError(f"count must not be negative, got {count}")
    labels, predictions = checked_pair(labels, logits.argmax(axis=1))
    check_range("labels", labels, logits.shape[1])
    loss = -log_softmax(logits.astype(np.float64), axis=1)[
        np.arange(len(labels)), labels
    ]
    wrong = np.flatnonzero(labels != predictions)
    return wrong[np.argsort(-loss[wrong], kind="stable")][:count]


def _share(correct: int, total: int) -> Estimate:
    correct, total = int(correct), int(total)
    if not total:
        return Estimate(float("nan"), 0.0, 1.0, 0, 0)
    return Estimate(correct / total, *wilson_interval(correct, total), correct, total)
