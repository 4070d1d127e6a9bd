"""The overlap of regions: against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn import metrics

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import intersection_over_union


@pytest.mark.parametrize("seed", range(5))
def test_overlap_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    masks, predictions = rng.integers(0, 5, (2, 3, 8, 9))
    found = intersection_over_union(masks, predictions, num_classes=5)
    expected = metrics.jaccard_score(masks.ravel(), predictions.ravel(), average=None)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_overlap_by_hand():
    masks = np.array([[0, 0, 1], [0, 1, 1]], dtype=np.uint8)
    predictions = np.array([[0, 1, 1], [0, 1, 2]])
    found = intersection_over_union(masks, predictions, num_classes=4)
    # Class 0: 2 of 3; class 1: 2 of 4; class 2: none of 1; class 3 is nowhere.
    np.testing.assert_array_equal(found, [2 / 3, 1 / 2, 0, np.nan])


@pytest.mark.parametrize(
    ("masks", "predictions", "message"),
    [
        (np.zeros((2, 4, 4), int), np.zeros((2, 4, 5), int), r"one shape, got \(2, 4"),
        (np.zeros((2, 4, 4), int), np.zeros((2, 4, 4, 3)), r"argmax\(axis=-1\)"),
        (np.zeros((2, 2), int), np.full((2, 2), 3), r"predictions must be in 0\.\.2"),
        (np.full((2, 2), -1), np.zeros((2, 2), int), r"masks must be in 0\.\.2"),
        (np.zeros((2, 2)), np.zeros((2, 2), int), "masks must be whole numbers"),
    ],
)
def test_overlap_refuses_what_are_no_masks(masks, predictions, message):
    with pytest.raises(InputError, match=message):
        intersection_over_union(masks, predictions, num_classes=3)
