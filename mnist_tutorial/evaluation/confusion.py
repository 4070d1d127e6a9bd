"""Which class was taken for which: accuracy and confusion matrix."""

import numpy as np
from sklearn import metrics

from mnist_tutorial.checks import check_counts, checked_labels
from mnist_tutorial.evaluation.intervals import Estimate, estimate_share


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> Estimate:
    """Count the right predictions, with a 95 % Wilson interval.

    Labels and predictions are integer classes, both of shape ``(n,)``.
    """
    labels = checked_labels(labels)
    predictions = checked_labels(predictions, len(labels), name="predictions")
    return estimate_share(np.sum(labels == predictions), len(labels))


def confusion_matrix(
    labels: np.ndarray, predictions: np.ndarray, *, num_classes: int = 10
) -> np.ndarray:
    """Count how often each class was taken for each other one.

    Labels and predictions are integer classes in ``0..num_classes-1``, both of shape
    ``(n,)``. Returns integers, shape ``(num_classes, num_classes)``: row = true class,
    column = prediction; also for classes that do not occur.
    """
    check_counts(num_classes=num_classes)
    labels = checked_labels(labels, None, num_classes)
    predictions = checked_labels(
        predictions, len(labels), num_classes, name="predictions"
    )
    return metrics.confusion_matrix(labels, predictions, labels=range(num_classes))
