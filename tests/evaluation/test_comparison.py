"""McNemar's test: against enumerating all tosses of a coin."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import mcnemar
from mnist_tutorial.evaluation.comparison import PairedComparison


def arrays_with(only_a, only_b, both=3, neither=2):
    """Return labels and two predictions with these counts, in a fixed order."""
    a = [1] * only_a + [0] * only_b + [1] * both + [0] * neither
    b = [0] * only_a + [1] * only_b + [1] * both + [0] * neither
    return np.ones(len(a), int), np.array(a), np.array(b)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_p_value_is_the_share_of_tosses_that_are_as_uneven(only_a, only_b):
    tosses = only_a + only_b
    as_uneven = sum(
        math.comb(tosses, heads)
        for heads in range(tosses + 1)
        if abs(2 * heads - tosses) >= abs(only_a - only_b)
    )
    found = mcnemar(*arrays_with(only_a, only_b))
    assert found[:2] == (only_a, only_b)
    assert found.p_value == pytest.approx(float(Fraction(as_uneven, 2**tosses)))
    assert [type(part) for part in found] == [int, int, float]
    turned = mcnemar(*arrays_with(only_b, only_a))
    assert turned == (only_b, only_a, pytest.approx(found.p_value))


def test_networks_that_are_never_right_alone_are_not_told_apart():
    labels = np.array([0, 1, 2, 3])
    assert mcnemar(labels, labels, labels) == PairedComparison(0, 0, 1.0)
    both_wrong = mcnemar(labels, labels + 1, labels + 2)
    assert both_wrong == PairedComparison(0, 0, 1.0)


def test_a_comparison_reads_as_a_sentence_would():
    text = "only A right: 12, only B right: 31, p = 0.0054"
    assert str(PairedComparison(12, 31, 0.00536)) == text


@pytest.mark.parametrize(
    ("labels", "a", "b", "message"),
    [
        ([1, 2], [1, 2, 3], [1, 2], "predictions_a must be 2 classes"),
        ([1, 2], [1, 2], [1], "predictions_b must be 2 classes"),
        ([1, 2], [0.5, 1.0], [1, 2], "predictions_a must be whole numbers"),
    ],
)
def test_three_lists_of_classes_are_needed(labels, a, b, message):
    with pytest.raises(InputError, match=message):
        mcnemar(labels, a, b)
