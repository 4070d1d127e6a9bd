"""Say how good a classifier is, and how sure that is.

Arrays in, plain numbers out; only :func:`predict_classes` takes a network. What is not
as a docstring says is refused with an ``InputError``: arrays of another shape or of
several lengths, empty ones, one-hot labels for classes, numbers that are not finite or
out of range. The pages ``code/evaluation`` and ``code/calibration`` teach it. In the
order in which to read:

- ``intervals``: how sure a counted share is, and a mean of repeated runs;
- ``predictions``: which class a network gives each image, and its worst errors;
- ``confusion``: accuracy, and which class was taken for which;
- ``comparison``: two networks compared on the same images;
- ``calibration``: what the probabilities are worth, and how one number mends them;
- ``auc``: whether positives get higher scores than negatives, at no threshold;
- ``overlap``: how well predicted regions lie on the true ones, pixel by pixel.
"""

from mnist_tutorial.evaluation.auc import roc_auc
from mnist_tutorial.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    softmax,
)
from mnist_tutorial.evaluation.comparison import mcnemar
from mnist_tutorial.evaluation.confusion import accuracy, confusion_matrix
from mnist_tutorial.evaluation.intervals import mean_interval, wilson_interval
from mnist_tutorial.evaluation.overlap import intersection_over_union
from mnist_tutorial.evaluation.predictions import predict_classes, worst_errors
