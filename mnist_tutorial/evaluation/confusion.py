"""Which class was taken for which: accuracy, confusion matrix, precision, recall."""

from typing import NamedTuple

import numpy as np
from sklearn import metrics

from mnist_tutorial.checks import check_counts, checked_labels
from mnist_tutorial.evaluation.intervals import Estimate, estimate_share


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
    """
    labels = checked_labels(labels)
    predictions = checked_labels(predictions, len(labels), name="predictions")
    return estimate_share(np.sum(labels == predictions), len(labels))


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
    """
    check_counts(num_classes=num_classes)
    labels = checked_labels(labels, None, num_classes)
    predictions = checked_labels(
        predictions, len(labels), num_classes, name="predictions"
    )
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
    labels, predictions, num_classes
        As for :func:`confusion_matrix`.

    Returns
    -------
    list of ClassReport
        One a class, in order.
    """
    matrix = confusion_matrix(labels, predictions, num_classes=num_classes)
    return [
        ClassReport(
            label,
            precision=estimate_share(matrix[label, label], matrix[:, label].sum()),
            recall=estimate_share(matrix[label, label], matrix[label].sum()),
        )
        for label in range(num_classes)
    ]
