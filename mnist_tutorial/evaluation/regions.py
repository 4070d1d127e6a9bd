"""How well predicted regions lie on the true ones, pixel by pixel."""

from numbers import Integral

import numpy as np

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation.checks import check_range, checked_array
from mnist_tutorial.evaluation.predictions import confusion_matrix


def intersection_over_union(
    masks: np.ndarray, predictions: np.ndarray, *, num_classes: int
) -> np.ndarray:
    """Return each class's overlap: pixels in both regions over pixels in either.

    The pixels of all pictures are counted together, as if they were one picture.

    Parameters
    ----------
    masks, predictions
        True and predicted class of each pixel: integers in ``0..num_classes-1``, both
        of shape ``(n, height, width)`` or any other.
    num_classes
        Number of classes, at least 2, including those that do not occur; what lies
        around the regions is one of them.

    Returns
    -------
    np.ndarray
        In [0, 1], shape ``(num_classes,)``; NaN for a class that is neither in the
        masks nor in the predictions, since there is nothing to overlap.

    Raises
    ------
    InputError
        If ``num_classes`` is no such number, or the two differ in shape, are empty,
        are not whole numbers or hold a class out of range.

    References
    ----------
    P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11,
    1912, doi:10.1111/j.1469-8137.1912.tb05611.x.
    """
    if not isinstance(num_classes, Integral) or num_classes < 2:
        raise InputError(
            "num_classes must be a whole number from 2, what lies around the regions "
            f"included, got {num_classes!r}"
        )
    masks = checked_array("masks", masks)
    predictions = checked_array("predictions", predictions)
    if masks.shape != predictions.shape:
        raise InputError(
            "masks and predictions must have one shape, got "
            f"{masks.shape} and {predictions.shape}; logits become predictions by "
            "logits.argmax(axis=-1)"
        )
    if not masks.size:
        raise InputError(
            f"masks and predictions must hold at least 1 pixel, got shape {masks.shape}"
        )
    for name, values in (("masks", masks), ("predictions", predictions)):
        if values.dtype.kind not in "iu":
            raise InputError(
                f"{name} must be whole numbers, the class of each pixel, got "
                f"{values.dtype}; yes or no becomes that by {name}.astype(int), "
                "logits by logits.argmax(axis=-1)"
            )
        check_range(name, values, num_classes)
    matrix = confusion_matrix(
        masks.ravel(), predictions.ravel(), num_classes=num_classes
    )
    both = np.diag(matrix)
    either = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return np.divide(both, either, out=np.full(num_classes, np.nan), where=either > 0)
