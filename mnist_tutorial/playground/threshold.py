"""The threshold of a yes-or-no classifier, for the page ``applications/medical``."""

import numpy as np

from mnist_tutorial.checks import check_in, checked_array, checked_labels
from mnist_tutorial.errors import InputError
from mnist_tutorial.playground.explorable import Explorable

STEPS = 1000  # of the slider: the thresholds 0.000, 0.001, ..., 1.000


def threshold_explorer(
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    cost_of_miss: float = 10,
) -> Explorable:
    """Move the threshold of a classifier and see which errors it trades for which.

    A case is called positive if its probability is at least the threshold. The reader
    moves the threshold from 0 to 1 in steps of 0.001, and sees the scores of both
    classes, the confusion matrix, sensitivity (recall), specificity, precision, the
    point on the ROC curve, and what the errors cost; the two costs can be changed, and
    a button goes to the threshold that costs least on these cases.

    Parameters
    ----------
    labels
        1 for a positive case, 0 for a negative one, both present; integers or
        booleans, shape ``(n,)``.
    probabilities
        That a case is positive, in [0, 1], shape ``(n,)``.
    cost_of_miss
        What a positive that is called negative costs at first, if a negative that is
        called positive costs 1: 0 to 10,000.

    Raises
    ------
    InputError
        If a shape or a value does not fit.

    Notes
    -----
    The page gets no single probability, only how many cases of each class lie between
    one threshold of the slider and the next: its size does not depend on ``n``, and
    every count is that of ``probabilities >= threshold``, without rounding.
    """
    probabilities = checked_array("probabilities", probabilities)
    if probabilities.ndim != 1:
        raise InputError(
            f"probabilities must have shape (n,), got {probabilities.shape}; of a "
            "column of sigmoids take probabilities[:, 0], of a softmax over two "
            "classes probabilities[:, 1]"
        )
    labels = checked_labels(labels, len(probabilities), num_classes=2)
    if labels.min() == labels.max():
        raise InputError(
            f"labels must hold both classes, got {len(labels)} times {labels[0]}; "
            "sensitivity is about the positives, specificity about the negatives"
        )
    if not (probabilities.min() >= 0 and probabilities.max() <= 1):  # nor NaN
        raise InputError(
            f"probabilities must be in [0, 1], got {probabilities.min():g} to "
            f"{probabilities.max():g}; a logit becomes one by 1 / (1 + exp(-logit))"
        )
    check_in("[0, 10000]", cost_of_miss=cost_of_miss)

    # NumPy compares an array with 0.3 in the array's own precision; so do we.
    kind = probabilities.dtype if probabilities.dtype.kind == "f" else np.float64
    thresholds = (np.arange(STEPS + 1) / STEPS).astype(kind)
    # The last threshold at which a case is positive still.
    steps = np.searchsorted(thresholds, probabilities, side="right") - 1
    positives, negatives = (
        np.bincount(steps[labels == label], minlength=STEPS + 1).tolist()
        for label in (1, 0)
    )
    costs = {"miss": float(cost_of_miss), "alarm": 1.0}
    return Explorable(
        "threshold",
        {"positives": positives, "negatives": negatives, "costs": costs},
        {
            "zh-CN": "这里是一个可以动手的小实验：移动阈值，看混淆矩阵、灵敏度、"
            "特异度、ROC 曲线上的点和总代价怎样一起变，再找代价最小的阈值。"
            "它需要 JavaScript。",
            "en": "Here is a small experiment: move the threshold, see how confusion "
            "matrix, sensitivity, specificity, the point on the ROC curve and the "
            "total cost change together, and look for the cheapest threshold. It "
            "needs JavaScript.",
        },
    )
