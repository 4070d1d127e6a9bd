"""How well predicted regions lie on the true ones, pixel by pixel."""

import numpy as np

from mnist_tutorial.checks import check_counts, checked_array, checked_labels
from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation.confusion import confusion_matrix


def intersection_over_union(
    masks: np.ndarray, predictions: np.ndarray, *, num_classes: int
) -> np.ndarray:
    """Return each class's overlap: pixels in both regions over pixels in either.

    The pixels of all pictures are counted together, as if they were one picture. True
    and predicted class of each pixel are integers in ``0..num_classes-1``, both of
    shape ``(n, height, width)`` or any other; what lies around the regions is a class
    too. Returns numbers in [0, 1], shape ``(num_classes,)``, NaN for a class that is
    neither in the masks nor in the predictions, since there is nothing to overlap.

    References
    ----------
    P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11,
    1912, doi:10.1111/j.1469-8137.1912.tb05611.x.
    """
    check_counts(num_classes=num_classes)
    masks = checked_array("masks", masks)
    predictions = checked_array("predictions", predictions)
    if masks.shape != predictions.shape:
        raise InputError(
            f"masks and predictions must have one shape, got {masks.shape} and "
            f"{predictions.shape}; logits become classes by argmax(axis=-1)"
        )
    labels = checked_labels(np.ravel(masks), None, num_classes, name="masks")
    matrix = confusion_matrix(labels, np.ravel(predictions), num_classes=num_classes)
    both = np.diag(matrix)
    either = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return np.divide(both, either, out=np.full(num_classes, np.nan), where=either > 0)
