"""How good a classifier is: against SciPy, against counting, against simulation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import binomtest

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import (
    Estimate,
    accuracy,
    confusion_matrix,
    wilson_interval,
    worst_errors,
)

counts = st.integers(1, 20_000).flatmap(
    lambda total: st.tuples(st.integers(0, total), st.just(total))
)


# --- the interval --------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(counts, st.floats(0.01, 0.999))
def test_interval_is_scipys(count, confidence):
    correct, total = count
    expected = binomtest(correct, total).proportion_ci(confidence, method="wilson")
    found = wilson_interval(correct, total, confidence=confidence)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(counts)
def test_interval_holds_the_share_and_mirrors_it(count):
    correct, total = count
    low, high = wilson_interval(correct, total)
    assert 0 <= low <= correct / total + 1e-12
    assert correct / total - 1e-12 <= high <= 1
    assert low < high
    mirrored = wilson_interval(total - correct, total)
    np.testing.assert_allclose(mirrored, (1 - high, 1 - low), atol=1e-12)


def test_default_confidence_is_95_percent():
    assert wilson_interval(7, 9) == wilson_interval(7, 9, confidence=0.95)
    assert wilson_interval(7, 9) != wilson_interval(7, 9, confidence=0.9)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_interval_covers_as_often_as_it_says(share):
    total, repetitions = 1000, 20_000
    drawn = np.random.default_rng(0).binomial(total, share, repetitions)
    bounds = {n: wilson_interval(int(n), total) for n in np.unique(drawn)}
    covered = np.mean([bounds[n][0] <= share <= bounds[n][1] for n in drawn])
    # Counts are whole, so 95 % cannot be met exactly: within a point of it.
    assert 0.94 < covered < 0.965


@pytest.mark.parametrize(
    ("correct", "total"), [(0, 0), (-1, 5), (6, 5), (1, -1), (math.nan, 5)]
)
def test_counts_out_of_range_are_refused(correct, total):
    with pytest.raises(InputError) as caught:
        wilson_interval(correct, total)
    message = str(caught.value)
    assert "0 <= correct <= total" in message
    assert f"got {correct} of {total}" in message


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95, math.nan])
def test_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(InputError) as caught:
        wilson_interval(1, 2, confidence=confidence)
    assert str(caught.value) == f"confidence must be in (0, 1), got {confidence}"


# --- accuracy ------------------------------------------------------------------------


def test_accuracy_counts_and_carries_its_interval():
    found = accuracy(np.array([3, 1, 4, 1, 5]), np.array([3, 1, 4, 2, 5]))
    low, high = binomtest(4, 5).proportion_ci(method="wilson")
    assert found == Estimate(0.8, pytest.approx(low), pytest.approx(high), 4, 5)
    assert all(isinstance(value, float) for value in found[:3])
    assert all(type(value) is int for value in found[3:])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_accuracy_is_the_share_that_a_loop_counts(pairs):
    labels, predictions = (list(values) for values in zip(*pairs, strict=True))
    right = sum(label == reading for label, reading in pairs)
    found = accuracy(labels, predictions)
    assert (found.correct, found.total) == (right, len(pairs))
    assert found.value == right / len(pairs)
    assert found.low <= found.value + 1e-12 and found.value - 1e-12 <= found.high


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (
            Estimate(0.9902, 0.98807, 0.99194, 9902, 10_000),
            "99.02 % (95 % interval 98.81 % to 99.19 %, 9902 of 10000)",
        ),
        (
            Estimate(0.95, 0.949999, 0.9595, 95, 100),
            "95.00 % (95 % interval 95.00 % to 95.95 %, 95 of 100)",
        ),
        (
            Estimate(0.0, 0.0, 1.0, 0, 1),
            "0.00 % (95 % interval 0.00 % to 100.00 %, 0 of 1)",
        ),
    ],
)
def test_an_estimate_reads_as_a_sentence_would(estimate, text):
    assert str(estimate) == text
    assert f"{estimate}" == text


# --- the confusion matrix ------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(2, 12))
def test_matrix_is_what_a_double_loop_counts(data, num_classes):
    classes = st.integers(0, num_classes - 1)
    pairs = data.draw(st.lists(st.tuples(classes, classes), min_size=1, max_size=60))
    labels, predictions = (np.array(values) for values in zip(*pairs, strict=True))
    found = confusion_matrix(labels, predictions, num_classes=num_classes)
    expected = np.zeros((num_classes, num_classes), dtype=int)
    for label, reading in pairs:
        expected[label, reading] += 1
    assert np.issubdtype(found.dtype, np.integer)
    np.testing.assert_array_equal(found, expected)


def test_rows_are_labels_and_ten_classes_are_usual():
    matrix = confusion_matrix(np.array([2, 2]), np.array([7, 2]))
    assert matrix.shape == (10, 10)
    assert matrix[2, 7] == 1 and matrix[7, 2] == 0 and matrix[2, 2] == 1


def test_bytes_and_wide_integers_count_alike():
    labels = np.array([0, 9, 3], dtype=np.uint8)
    matrix = confusion_matrix(labels, np.array([0, 9, 4], dtype=np.int64))
    assert matrix.sum() == 3 and matrix[3, 4] == 1


@pytest.mark.parametrize(
    ("labels", "predictions", "name", "low", "high"),
    [
        ([0, 10], [0, 1], "labels", 0, 10),
        ([-1, 2], [0, 1], "labels", -1, 2),
        ([0, 1], [3, 12], "predictions", 3, 12),
        ([0, 1], [-2, 1], "predictions", -2, 1),
    ],
)
def test_classes_out_of_range_are_refused(labels, predictions, name, low, high):
    with pytest.raises(InputError) as caught:
        confusion_matrix(labels, predictions)
    assert str(caught.value) == (
        f"{name} must be in 0..9, got values from {low} to {high}"
    )


@pytest.mark.parametrize("measure", [accuracy, confusion_matrix])
@pytest.mark.parametrize(
    ("labels", "predictions"),
    [
        ([], []),
        ([1, 2], [1, 2, 3]),
        ([[1, 2]], [[1, 2]]),
        (3, 3),
        ([1, 2], [[0.1, 0.9], [0.8, 0.2]]),
    ],
)
def test_two_lists_of_one_length_are_needed(measure, labels, predictions):
    labels, predictions = np.array(labels, int), np.array(predictions)
    with pytest.raises(InputError) as caught:
        measure(labels, predictions)
    message = str(caught.value)
    assert "two lists of classes of one length" in message
    assert f"got shapes {labels.shape} and {predictions.shape}" in message
    assert "\n" not in message


@pytest.mark.parametrize("measure", [accuracy, confusion_matrix])
@pytest.mark.parametrize(
    ("labels", "predictions", "name"),
    [
        ([1.0, 2.0], [1, 2], "labels"),
        ([1, 2], [0.5, 1.0], "predictions"),
        ([True, False], [1, 0], "labels"),
        (["1", "2"], [1, 2], "labels"),
    ],
)
def test_whole_numbers_are_needed(measure, labels, predictions, name):
    with pytest.raises(InputError, match=f"^{name} must be whole numbers, got "):
        measure(labels, predictions)


# --- the worst errors ----------------------------------------------------------------


def worst_by_brute_force(labels, logits):
    """Return [(loss, index)] of the wrong ones, highest loss first."""
    found = []
    for index, (label, scores) in enumerate(zip(labels, logits, strict=True)):
        if int(np.argmax(scores)) != label:
            loss = -math.log(softmax(scores.astype(float))[label])
            found.append((loss, index))
    return sorted(found, key=lambda pair: -pair[0])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(2, 10), st.integers(0, 2**32 - 1))
def test_worst_errors_are_those_that_brute_force_finds(n, num_classes, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 5, (n, num_classes))
    labels = rng.integers(0, num_classes, n)
    expected = worst_by_brute_force(labels, logits)
    losses = [loss for loss, _ in expected]
    assume(np.all(np.diff(losses) < -1e-9))  # no ties
    indices = [index for _, index in expected]
    assert worst_errors(labels, logits, count=n).tolist() == indices
    assert worst_errors(labels, logits, count=3).tolist() == indices[:3]


def test_ten_are_usual_and_fewer_come_back_when_there_are_fewer():
    logits = np.eye(10)[[1] * 12]
    assert len(worst_errors(np.zeros(12, int), logits)) == 10
    assert worst_errors(np.array([0, 1]), logits[:2]).tolist() == [0]
    assert worst_errors(np.array([1, 1]), logits[:2]).tolist() == []
    assert worst_errors(np.zeros(12, int), logits, count=0).tolist() == []


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e4, 0, -1e4], [1e4, -1e4, 0], [0, 1e4, 0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert worst_errors(np.array([1, 1, 1]), logits).tolist() == [1, 0]


def test_errors_of_equal_loss_keep_their_order():
    logits = np.tile([5.0, 0.0], (6, 1))
    assert worst_errors(np.ones(6, int), logits).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "logits",
    [np.zeros(3), np.zeros((3, 2, 1)), np.array([[0, np.nan]]), [[0, np.inf]]],
)
def test_logits_of_another_kind_are_refused(logits):
    with pytest.raises(InputError) as caught:
        worst_errors(np.zeros(len(logits), int), logits)
    assert str(caught.value).startswith("logits must be finite numbers of shape")
    assert str(caught.value).endswith(f"got shape {np.shape(logits)}")


def test_labels_must_fit_the_logits():
    with pytest.raises(InputError, match="two lists of classes of one length"):
        worst_errors(np.zeros(3, int), np.zeros((4, 10)))
    with pytest.raises(InputError, match="labels must be whole numbers"):
        worst_errors(np.zeros(4), np.zeros((4, 10)))


@pytest.mark.parametrize("label", [-1, 10])
def test_labels_that_the_logits_have_no_score_for_are_refused(label):
    with pytest.raises(InputError, match=r"labels must be in 0\.\.9"):
        worst_errors(np.array([label, 3]), np.zeros((2, 10)))


def test_a_negative_count_is_refused():
    with pytest.raises(InputError, match="count"):
        worst_errors(np.ones(5, int), np.tile([5.0, 0.0], (5, 1)), count=-1)
