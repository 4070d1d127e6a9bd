"""Say how good a classifier is, and how sure that is.

Plain arrays in, plain numbers out: nothing here knows Keras. The page
``code/evaluation`` teaches it. In the order in which to read:

- ``intervals``: how sure a counted share is, and a mean of repeated runs;
- ``predictions``: what the predicted classes tell: accuracy, confusion matrix,
  precision and recall of each class, two networks compared, the worst errors;
- ``calibration``: what the probabilities are worth, and how one number mends them;
- ``rankings``: whether positives get higher scores than negatives, at no threshold;
- ``regions``: how well predicted regions lie on the true ones, pixel by pixel;
- ``checks``: what is refused.
"""

from mnist_tutorial.evaluation.calibration import (
    Reliability,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    softmax,
)
from mnist_tutorial.evaluation.intervals import (
    Estimate,
    MeanEstimate,
    mean_interval,
    wilson_interval,
)
from mnist_tutorial.evaluation.predictions import (
    ClassReport,
    PairedComparison,
    accuracy,
    confusion_matrix,
    mcnemar,
    per_class,
    worst_errors,
)
from mnist_tutorial.evaluation.rankings import AreaEstimate, roc_auc
from mnist_tutorial.evaluation.regions import intersection_over_union

__all__ = [
    "AreaEstimate",
    "ClassReport",
    "Estimate",
    "MeanEstimate",
    "PairedComparison",
    "Reliability",
    "accuracy",
    "confusion_matrix",
    "expected_calibration_error",
    "fit_temperature",
    "intersection_over_union",
    "log_loss",
    "mcnemar",
    "mean_interval",
    "per_class",
    "reliability",
    "roc_auc",
    "softmax",
    "wilson_interval",
    "worst_errors",
]
