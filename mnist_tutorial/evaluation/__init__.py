"""Say how good a classifier is, and how sure that is.

Plain arrays in, plain numbers out: nothing here knows Keras. The page
``code/evaluation`` teaches it. In the order in which to read:

- ``intervals``: how sure a counted share is, and a mean of repeated runs;
- ``predictions``: what the predicted classes tell: accuracy, confusion matrix,
  precision and recall of each class, two networks compared, the worst errors;
- ``calibration``: what the probabilities are worth, and how one number mends them;
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

__all__ = [
    "ClassReport",
    "Estimate",
    "MeanEstimate",
    "PairedComparison",
    "Reliability",
    "accuracy",
    "confusion_matrix",
    "expected_calibration_error",
    "fit_temperature",
    "log_loss",
    "mcnemar",
    "mean_interval",
    "per_class",
    "reliability",
    "softmax",
    "wilson_interval",
    "worst_errors",
]
