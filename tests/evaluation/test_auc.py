"""The area under the ROC curve: against scikit-learn, all pairs, and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from sklearn import metrics

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import roc_auc, wilson_interval
from mnist_tutorial.evaluation.auc import AreaEstimate


def ranked(rng, *, positives=40, negatives=300, distance=1.5, steps=None):
    """Return labels and normal scores; with few ``steps`` there are many ties."""
    labels = np.repeat([1, 0], [positives, negatives])
    scores = rng.normal(distance * labels)
    if steps is not None:
        scores = np.round(steps * scores)
    order = rng.permutation(len(labels))
    return labels[order], scores[order]


@pytest.mark.parametrize("steps", [None, 4, 1])
@pytest.mark.parametrize("seed", range(3))
def test_the_area_and_its_interval_are_those_of_all_pairs(seed, steps):
    """DeLong's components, pair by pair, and the delta method for the logit."""
    labels, scores = ranked(np.random.default_rng(seed), steps=steps)
    positive, negative = scores[labels == 1][:, np.newaxis], scores[labels == 0]
    wins = (positive > negative) + 0.5 * (positive == negative)  # (40, 300)
    area = wins.mean()
    variance = wins.mean(axis=1).var(ddof=1) / 40 + wins.mean(axis=0).var(ddof=1) / 300
    half_width = 1.959963984540054 * math.sqrt(variance) / (area * (1 - area))
    bounds = special.expit(special.logit(area) + half_width * np.array([-1, 1]))
    found = roc_auc(labels, scores)
    assert found == pytest.approx((area, *bounds, 40, 300), rel=1e-9)
    assert found.value == pytest.approx(metrics.roc_auc_score(labels, scores))
    assert [type(part) for part in found] == [float, float, float, int, int]


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_only_the_order_counts_and_the_area_mirrors(positives, negatives, seed):
    rng = np.random.default_rng(seed)
    labels, scores = ranked(rng, positives=positives, negatives=negatives, steps=1)
    found = roc_auc(labels, scores)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert roc_auc(labels == 1, np.exp(scores)) == found
    mirrored = roc_auc(labels, -scores)[:3]
    expected = (1 - found.value, 1 - found.high, 1 - found.low)
    np.testing.assert_allclose(mirrored, expected, atol=1e-12)


def test_a_faultless_ranking_is_not_certainty():
    labels, scores = np.repeat([0, 1], [500, 20]), np.arange(520)
    found = roc_auc(labels, scores)
    assert (found.value, found.high) == (1, 1)
    # Twenty pairs without an example in common, all in the right order.
    assert found.low == wilson_interval(20, 20)[0] < 0.9
    assert roc_auc(labels, -scores)[:2] == (0, 0)
    assert roc_auc(labels, np.zeros(520))[:3] == (0.5, 0.5, 0.5)


def test_an_area_is_printed_with_its_interval():
    found = AreaEstimate(0.95312, 0.9308, 0.96789, 60, 940)
    assert str(found) == "0.953 (interval 0.931 to 0.968, 60 against 940)"


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3], r"scores must be 4 .*, got shape \(3,\)"),
        ([0, 0, 1, 1], np.zeros((4, 2)), r"take probabilities\[:, 1\]"),
        ([0, 0, 1, 1], [1, 2, np.nan, np.inf], "4 finite .* with 2 that are not"),
        ([0, 0, 1, 2], [1, 2, 3, 4], r"labels must be in 0\.\.1, got 0 to 2"),
        ([0, 0, 0, 1], [1, 2, 3, 4], "2 positives and 2 negatives, got 1 and 3"),
        ([0, 1, 1, 1], [1, 2, 3, 4], "2 positives and 2 negatives, got 3 and 1"),
    ],
)
def test_what_cannot_be_ranked_is_refused(labels, scores, message):
    with pytest.raises(InputError, match=message):
        roc_auc(labels, scores)
