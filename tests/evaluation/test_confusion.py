"""Accuracy and confusion matrix: against counting in a loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import accuracy, confusion_matrix, wilson_interval

pairs_of_classes = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=80
)


@settings(max_examples=100, deadline=None)
@given(pairs_of_classes, st.sampled_from([np.uint8, np.int64]))
def test_counts_are_those_of_a_loop(pairs, dtype):
    labels, predictions = (list(values) for values in zip(*pairs, strict=True))
    expected = np.zeros((5, 5), dtype=int)
    for label, prediction in pairs:
        expected[label, prediction] += 1
    matrix = confusion_matrix(np.array(labels, dtype), predictions, num_classes=5)
    assert np.issubdtype(matrix.dtype, np.integer)
    np.testing.assert_array_equal(matrix, expected)

    right = sum(label == prediction for label, prediction in pairs)
    found = accuracy(np.array(labels, dtype), predictions)
    interval = wilson_interval(right, len(pairs))
    assert found == (right / len(pairs), *interval, right, len(pairs))
    assert [type(part) for part in found] == [float, float, float, int, int]


MEASURES = accuracy, confusion_matrix


@pytest.mark.parametrize(
    ("measures", "labels", "predictions", "message"),
    [
        (MEASURES, [], [], "labels must be at least one class"),
        (MEASURES, [1, 2], [1, 2, 3], "predictions must be 2 classes"),
        (MEASURES, [1, 2], np.eye(2), r"predictions must .* argmax\(axis=1\)"),
        (
            MEASURES,
            [1.0, 2.0],
            [1, 2],
            "labels must be whole numbers from 0, got float",
        ),
        (MEASURES, [-1, 2], [0, 1], r"labels must be in 0\.\.9?, got -1 to 2"),
        (MEASURES[1:], [0, 10], [0, 1], r"labels must be in 0\.\.9, got 0 to 10"),
        (MEASURES[1:], [0, 1], [3, 12], r"predictions must be in 0\.\.9, got 3 to 12"),
    ],
)
def test_two_lists_of_classes_are_needed(measures, labels, predictions, message):
    for measure in measures:
        with pytest.raises(InputError, match=message):
            measure(labels, predictions)


def test_a_matrix_has_at_least_one_class():
    with pytest.raises(InputError, match="num_classes must be a whole number from 1"):
        confusion_matrix([0], [0], num_classes=0)
