"""How good a classifier is: against SciPy, against counting, against simulation."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.special
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from sklearn import metrics

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import (
    AreaEstimate,
    Estimate,
    MeanEstimate,
    PairedComparison,
    accuracy,
    confusion_matrix,
    expected_calibration_error,
    fit_temperature,
    intersection_over_union,
    log_loss,
    mcnemar,
    mean_interval,
    per_class,
    reliability,
    roc_auc,
    softmax,
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


def exact_coverage(total, share):
    """Sum the binomial probabilities of all counts whose interval holds the share."""
    counts = np.arange(total + 1)
    bounds = np.array([wilson_interval(int(n), total) for n in counts])
    held = (bounds[:, 0] <= share) & (share <= bounds[:, 1])
    return stats.binom.pmf(counts, total, share)[held].sum()


@pytest.mark.parametrize(
    ("total", "share"),
    [
        *((10_000, share) for share in (0.5, 0.9, 0.95, 0.98, 0.99, 0.995)),
        *((2000, share) for share in (0.5, 0.9, 0.95, 0.98)),
    ],
)
def test_interval_covers_as_often_as_it_says(total, share):
    # Counts are whole, so 95 % cannot be met exactly: within a point of it.
    exact = exact_coverage(total, share)
    assert 0.94 < exact < 0.96
    drawn = np.random.default_rng(0).binomial(total, share, 100_000)
    bounds = {n: wilson_interval(int(n), total) for n in np.unique(drawn)}
    covered = np.mean([bounds[n][0] <= share <= bounds[n][1] for n in drawn])
    assert 0.94 < covered < 0.96
    assert abs(covered - exact) < 0.004  # six standard deviations of 100,000 draws


@pytest.mark.parametrize(
    ("total", "share"), [(2000, 0.995), (200, 0.98), (100, 0.98), (50, 0.9), (10, 0.5)]
)
def test_interval_covers_roughly_when_few_errors_are_expected(total, share):
    # Ten errors or fewer come in coarse steps: no interval does better on all shares.
    assert 0.925 < exact_coverage(total, share) < 0.985


def test_interval_covers_on_average_over_shares():
    shares = np.random.default_rng(1).uniform(0.9, 0.999, 200)
    coverage = [exact_coverage(1000, share) for share in shares]
    assert 0.945 < np.mean(coverage) < 0.955


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.99])
def test_other_confidences_cover_as_often_as_they_say(confidence):
    drawn = np.arange(2001)
    bounds = np.array(
        [wilson_interval(int(n), 2000, confidence=confidence) for n in drawn]
    )
    held = (bounds[:, 0] <= 0.7) & (0.7 <= bounds[:, 1])
    covered = stats.binom.pmf(drawn, 2000, 0.7)[held].sum()
    assert abs(covered - confidence) < 0.02


@pytest.mark.parametrize(
    ("correct", "total"), [(0, 0), (-1, 5), (6, 5), (1, -1), (math.nan, 5)]
)
def test_counts_out_of_range_are_refused(correct, total):
    with pytest.raises(InputError) as caught:
        wilson_interval(correct, total)
    message = str(caught.value)
    assert "0 <= correct <= total" in message
    assert f"got {correct} of {total}" in message


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95, math.nan, None, "a", [0.9]])
@pytest.mark.parametrize(
    "interval",
    [
        lambda **options: wilson_interval(1, 2, **options),
        lambda **options: mean_interval([1, 2], **options),
        lambda **options: roc_auc([0, 0, 1, 1], [1, 2, 3, 4], **options),
    ],
    ids=["share", "mean", "area"],
)
def test_confidence_out_of_range_is_refused(interval, confidence):
    with pytest.raises(InputError) as caught:
        interval(confidence=confidence)
    assert str(caught.value) == f"confidence must be in (0, 1), got {confidence!r}"


@pytest.mark.parametrize("kind", [np.float32, np.float64, Fraction])
def test_confidence_may_be_any_real_number(kind):
    expected = wilson_interval(1, 2, confidence=0.75)
    assert wilson_interval(1, 2, confidence=kind(0.75)) == expected


# --- the mean of runs ----------------------------------------------------------------

runs = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20)


@settings(max_examples=100, deadline=None)
@given(runs, st.floats(0.01, 0.99))
def test_mean_interval_is_scipys(values, confidence):
    spread = np.std(values, ddof=1)
    assume(spread > 1e-6)
    error = stats.sem(values)
    expected = stats.t.interval(confidence, len(values) - 1, np.mean(values), error)
    found = mean_interval(values, confidence=confidence)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-9)
    np.testing.assert_allclose((found.low, found.high), expected, atol=1e-8, rtol=1e-9)
    assert found.count == len(values)
    assert [type(part) for part in found] == [float, float, float, int]


@pytest.mark.parametrize("count", [2, 3, 6, 20])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_mean_interval_covers_as_often_as_it_says(count, confidence):
    draws = np.random.default_rng(0).normal(0.98, 0.001, (20_000, count))
    found = [mean_interval(values, confidence=confidence) for values in draws]
    covered = np.mean([estimate.low <= 0.98 <= estimate.high for estimate in found])
    assert abs(covered - confidence) < 0.01  # more than three standard deviations
    assert mean_interval(draws[0]) == mean_interval(draws[0], confidence=0.95)


def test_equal_runs_leave_no_width_and_whole_numbers_do():
    assert mean_interval([0.5, 0.5, 0.5]) == MeanEstimate(0.5, 0.5, 0.5, 3)
    low, high = stats.t.interval(0.95, 1, 2, stats.sem([1, 3]))
    assert mean_interval([1, 3]) == (2, pytest.approx(low), pytest.approx(high), 2)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (
            MeanEstimate(0.98123, 0.97941, 0.98306, 5),
            "0.9812 (interval 0.9794 to 0.9831, 5 runs)",
        ),
        (MeanEstimate(0.5, 0.5, 0.5, 2), "0.5000 (interval 0.5000 to 0.5000, 2 runs)"),
        (MeanEstimate(12.34, 9.9, 14.8, 3), "12.3 (interval 9.9 to 14.8, 3 runs)"),
        (MeanEstimate(1234.5, 900.0, 1569, 4), "1234 (interval 900 to 1569, 4 runs)"),
    ],
)
def test_a_mean_is_told_to_two_digits_of_its_half_width(estimate, text):
    assert str(estimate) == text


@pytest.mark.parametrize("values", [[], [0.5], 0.5, [[0.5, 0.6]]])
def test_one_run_shows_no_spread(values):
    with pytest.raises(InputError, match="at least 2 numbers, one a run") as caught:
        mean_interval(values)
    assert str(caught.value).endswith(f"got shape {np.shape(values)}")


@pytest.mark.parametrize(
    "values", [[0.5, math.nan], [math.inf, 1], ["0.5", "0.6"], [True, False]]
)
def test_runs_that_failed_are_refused_and_not_left_out_in_silence(values):
    with pytest.raises(InputError, match="values must be finite numbers, got"):
        mean_interval(values)


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
        (Estimate(math.nan, 0.0, 1.0, 0, 0), "unknown (0 of 0)"),
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


@pytest.mark.parametrize("measure", [accuracy, confusion_matrix, per_class])
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


@pytest.mark.parametrize("measure", [accuracy, confusion_matrix, per_class])
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


# --- each class ----------------------------------------------------------------------

pairs_of_classes = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=80
)


@settings(max_examples=100, deadline=None)
@given(pairs_of_classes)
def test_precision_and_recall_are_scikit_learns(pairs):
    labels, predictions = (np.array(values) for values in zip(*pairs, strict=True))
    precision, recall, _, support = metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(5), zero_division=np.nan
    )
    found = per_class(labels, predictions, num_classes=5)
    assert [report.label for report in found] == list(range(5))
    np.testing.assert_array_equal([r.precision.value for r in found], precision)
    np.testing.assert_array_equal([r.recall.value for r in found], recall)
    assert [report.recall.total for report in found] == support.tolist()
    assert [report.precision.total for report in found] == [
        int(np.sum(predictions == label)) for label in range(5)
    ]


def test_each_share_has_the_interval_of_its_own_count():
    labels = np.repeat([0, 1], [30, 70])
    predictions = np.repeat([0, 1, 0, 1], [20, 10, 5, 65])
    zero = per_class(labels, predictions)[0]
    assert zero.recall == (20 / 30, *wilson_interval(20, 30), 20, 30)
    assert zero.precision == (20 / 25, *wilson_interval(20, 25), 20, 25)


def test_ten_classes_are_usual_and_those_that_do_not_occur_stay_unknown():
    found = per_class(np.array([3, 3, 3]), np.array([3, 3, 8]))
    assert len(found) == 10
    assert found[3].precision.value == 1 and found[3].recall.correct == 2
    assert found[8].precision.value == 0 and found[8].precision.total == 1
    for unknown in (found[8].recall, found[0].recall, found[0].precision):
        assert math.isnan(unknown.value)
        assert unknown[1:] == (0.0, 1.0, 0, 0)


# --- two networks compared -----------------------------------------------------------


def arrays_with(only_a, only_b, both=3, neither=2):
    """Return labels and two predictions with these counts, in a fixed order."""
    a = [1] * only_a + [0] * only_b + [1] * both + [0] * neither
    b = [0] * only_a + [1] * only_b + [1] * both + [0] * neither
    return np.ones(len(a), int), np.array(a), np.array(b)


@pytest.mark.parametrize("only_a", range(8))
@pytest.mark.parametrize("only_b", range(8))
def test_p_value_is_what_enumerating_all_tosses_gives(only_a, only_b):
    tosses = only_a + only_b
    outcomes = itertools.product((0, 1), repeat=tosses)
    surprise = abs(only_a - only_b)
    as_uneven = sum(abs(2 * sum(heads) - tosses) >= surprise for heads in outcomes)
    found = mcnemar(*arrays_with(only_a, only_b))
    assert found[:2] == (only_a, only_b)
    assert found.p_value == pytest.approx(float(Fraction(as_uneven, 2**tosses)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_p_value_is_scipys_binomial_test(only_a, only_b):
    assume(only_a + only_b)
    found = mcnemar(*arrays_with(only_a, only_b))
    expected = binomtest(only_a, only_a + only_b).pvalue
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert type(found.only_a) is int and type(found.p_value) is float
    turned = mcnemar(*arrays_with(only_b, only_a))
    assert turned == (only_b, only_a, found.p_value)


def test_networks_that_are_never_right_alone_are_not_told_apart():
    labels = np.array([0, 1, 2, 3])
    assert mcnemar(labels, labels, labels) == PairedComparison(0, 0, 1.0)
    both_wrong = mcnemar(labels, labels + 1, labels + 2)
    assert both_wrong == PairedComparison(0, 0, 1.0)


def test_a_fair_coin_is_called_unfair_no_more_often_than_allowed():
    rng = np.random.default_rng(0)
    heads = rng.binomial(90, 0.5, 2000)
    p_values = np.array([mcnemar(*arrays_with(h, 90 - h)).p_value for h in heads])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(p_values <= level) < level + 0.01


def test_a_comparison_reads_as_a_sentence_would():
    text = "only A right: 12, only B right: 31, p = 0.0054"
    assert str(PairedComparison(12, 31, 0.00536)) == text


@pytest.mark.parametrize(
    ("labels", "a", "b", "name"),
    [
        ([1, 2], [1, 2, 3], [1, 2], "predictions_a"),
        ([1, 2], [1, 2], [1], "predictions_b"),
        ([], [], [], "predictions_a"),
        ([1, 2], [1, 2], [0.5, 1.0], "predictions_b"),
        ([1, 2], [0.5, 1.0], [1, 2], "predictions_a"),
    ],
)
def test_three_lists_of_classes_are_needed(labels, a, b, name):
    with pytest.raises(InputError, match=name):
        mcnemar(np.array(labels, int), np.array(a), np.array(b))


# --- the worst errors ----------------------------------------------------------------


def worst_by_brute_force(labels, logits):
    """Return [(loss, index)] of the wrong ones, highest loss first."""
    found = []
    for index, (label, scores) in enumerate(zip(labels, logits, strict=True)):
        if int(np.argmax(scores)) != label:
            loss = -math.log(scipy.special.softmax(scores.astype(float))[label])
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


# --- probabilities -------------------------------------------------------------------


def draw(seed, n=60, num_classes=4, scale=3.0):
    """Return labels that follow the logits half-heartedly, and the logits."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (n, num_classes))
    noisy = logits + rng.gumbel(0, scale, logits.shape)
    labels = noisy.argmax(axis=1)
    labels[:2] = 0, 1
    return labels, logits


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1e4))
def test_softmax_is_the_formula_in_exact_arithmetic(seed, scale):
    logits = np.random.default_rng(seed).normal(0, scale, (3, 5)).astype(np.float32)
    found = softmax(logits)
    assert found.dtype == np.float64
    for row, probabilities in zip(logits.tolist(), found, strict=True):
        powers = [math.exp(score - max(row)) for score in row]
        expected = [power / math.fsum(powers) for power in powers]
        np.testing.assert_allclose(probabilities, expected, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-14)


def test_softmax_of_huge_logits_does_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_array_equal(softmax([[1e300, -1e300]]), [[1, 0]])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_log_loss_is_scikit_learns(seed):
    labels, logits = draw(seed)
    probabilities = softmax(logits)
    expected = metrics.log_loss(labels, probabilities, labels=range(4))
    assert log_loss(labels, probabilities) == pytest.approx(expected, rel=1e-9)
    float32 = probabilities.astype(np.float32)
    assert log_loss(labels, float32) == pytest.approx(expected, rel=1e-5)


def test_log_loss_is_zero_when_sure_and_right_and_infinite_when_sure_and_wrong():
    sure = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert log_loss(np.array([1, 0]), sure) == 0
    with np.errstate(divide="raise"):
        assert log_loss(np.array([1, 1]), sure) == math.inf


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_bins_are_those_that_a_loop_fills(seed, bins):
    labels, logits = draw(seed)
    probabilities = softmax(logits)
    found = reliability(labels, probabilities, bins=bins)
    np.testing.assert_allclose(found.edges, [k / bins for k in range(bins + 1)])
    for k in range(bins):
        inside = [
            (row.max(), row.argmax() == label)
            for row, label in zip(probabilities, labels, strict=True)
            if k / bins < row.max() <= (k + 1) / bins
        ]
        assert found.count[k] == len(inside)
        if not inside:
            assert math.isnan(found.confidence[k]) and math.isnan(found.accuracy[k])
            assert (found.low[k], found.high[k]) == (0, 1)
            continue
        confidence, right = zip(*inside, strict=True)
        assert found.confidence[k] == pytest.approx(np.mean(confidence))
        assert found.accuracy[k] == pytest.approx(np.mean(right))
        bounds = binomtest(sum(right), len(right)).proportion_ci(method="wilson")
        assert (found.low[k], found.high[k]) == pytest.approx(tuple(bounds))


def test_a_bin_holds_its_upper_edge_and_the_last_one_holds_certainty():
    probabilities = np.array([[0.5, 0.5], [1.0, 0.0], [0.75, 0.25]])
    found = reliability(np.array([0, 0, 1]), probabilities, bins=4)
    assert found.count.tolist() == [0, 1, 1, 1]
    assert found.accuracy[1:].tolist() == [1, 0, 1]
    assert len(reliability(np.array([0]), [[1.0, 0.0]]).count) == 10


def test_calibration_error_of_a_case_worked_by_hand():
    # Nine sure answers, six right: |6/9 - 0.9| counts 9/12; three of 0.6, all right.
    probabilities = np.array([[0.9, 0.1]] * 9 + [[0.4, 0.6]] * 3)
    labels = np.array([0] * 6 + [1] * 3 + [1] * 3)
    expected = (9 * (0.9 - 6 / 9) + 3 * (1 - 0.6)) / 12
    assert expected_calibration_error(labels, probabilities) == pytest.approx(expected)
    one_bin = abs((9 * 0.9 + 3 * 0.6) / 12 - 9 / 12)
    found = expected_calibration_error(labels, probabilities, bins=1)
    assert found == pytest.approx(one_bin)


def test_calibration_error_nears_zero_only_with_labels_drawn_as_announced():
    rng = np.random.default_rng(0)
    probabilities = softmax(rng.normal(0, 1.5, (40_000, 3)))
    announced = (probabilities.cumsum(axis=1) < rng.random((40_000, 1))).sum(axis=1)
    honest = expected_calibration_error(announced, probabilities)
    few = expected_calibration_error(announced[:200], probabilities[:200])
    boastful = expected_calibration_error(announced, softmax(3 * np.log(probabilities)))
    assert honest < 0.01 < few
    assert boastful > 0.1


measures = pytest.mark.parametrize(
    "measure", [log_loss, reliability, expected_calibration_error]
)


@measures
@pytest.mark.parametrize(
    "row",
    [
        [0.5, 0.6],
        [0.5, 0.4],
        [1.5, -0.5],
        [math.nan, 0.5],
        [math.inf, 0.0],
        [3.0, -4.0],
        [0.0, 0.0],
    ],
)
def test_rows_that_are_no_distribution_are_refused(measure, row):
    probabilities = np.array([[0.25, 0.75], row])
    with pytest.raises(InputError) as caught:
        measure(np.array([0, 1]), probabilities)
    message = str(caught.value)
    assert "each row must add up to 1, got row 1" in message
    assert "softmax(logits)" in message and "\n" not in message


@measures
@pytest.mark.parametrize("probabilities", [np.zeros((0, 3)), [0.5, 0.5], [[[1.0]]]])
def test_probabilities_of_another_shape_are_refused(measure, probabilities):
    with pytest.raises(InputError, match=r"must be numbers of shape \(n, num_classes"):
        measure(np.zeros(len(probabilities), int), np.array(probabilities))


@measures
def test_labels_must_fit_the_probabilities(measure):
    rows = np.full((3, 2), 0.5)
    with pytest.raises(InputError, match="one length"):
        measure(np.array([0, 1]), rows)
    with pytest.raises(InputError, match=r"labels must be in 0\.\.1"):
        measure(np.array([0, 1, 2]), rows)
    with pytest.raises(InputError, match="whole numbers"):
        measure(np.array([0.0, 1.0, 1.0]), rows)


def test_what_float32_networks_give_is_taken():
    logits = np.random.default_rng(0).normal(0, 5, (1000, 10)).astype(np.float32)
    float32 = scipy.special.softmax(logits, axis=1)
    assert float32.dtype == np.float32
    assert 0 < log_loss(logits.argmax(axis=1), float32) < 1


@pytest.mark.parametrize("bins", [0, -3])
def test_at_least_one_bin_is_needed(bins):
    with pytest.raises(InputError, match=f"bins must be at least 1, got {bins}"):
        reliability(np.array([0]), np.array([[1.0, 0.0]]), bins=bins)


# --- the temperature -----------------------------------------------------------------


def loss_at(temperature, labels, logits):
    """Return the cross-entropy of scaled logits, from the definition."""
    scaled = logits.astype(np.float64) / temperature
    return np.mean(
        scipy.special.logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 50))
def test_temperature_is_the_one_that_an_optimizer_finds(seed, scale):
    labels, logits = draw(seed, n=200)
    logits = scale * logits
    best = minimize_scalar(
        lambda power: loss_at(math.exp(power), labels, logits),
        bounds=(math.log(scale) - 6, math.log(scale) + 6),
        method="bounded",
        options={"xatol": 1e-9},
    )
    temperature = fit_temperature(labels, logits)
    assert temperature == pytest.approx(math.exp(best.x), rel=1e-4)
    grid = np.geomspace(temperature / 20, temperature * 20, 400)
    lowest = min(loss_at(value, labels, logits) for value in grid)
    assert loss_at(temperature, labels, logits) <= lowest + 1e-12
    assert type(temperature) is float


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([1e-3, 1.0, 30.0, 1e4, 1e30]),
    st.booleans(),
)
def test_log_loss_never_rises_and_no_prediction_changes(seed, dtype, scale, ties):
    labels, logits = draw(seed)
    if ties:
        logits = np.round(logits / 3)
    logits = (scale * logits).astype(dtype)
    right = logits[np.arange(len(labels)), labels]
    assume(right.mean() > logits.mean() and np.any(right < logits.max(axis=1)))
    temperature = fit_temperature(labels, logits)
    before, after = loss_at(1, labels, logits), loss_at(temperature, labels, logits)
    assert after <= before * (1 + 1e-15)
    assert temperature > 0
    scaled = logits / np.float64(temperature)
    chosen = logits.argmax(axis=1)
    # The chosen class stays at the top, and ties stay ties: the first is chosen again.
    np.testing.assert_array_equal(
        scaled[np.arange(len(labels)), chosen], scaled.max(axis=1)
    )
    if dtype == np.float32:
        np.testing.assert_array_equal(scaled.argmax(axis=1), chosen)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_calibrated_is_left_alone(seed):
    labels, logits = draw(seed, n=200)
    mended = logits / fit_temperature(labels, logits)
    again = fit_temperature(labels, mended)
    assert again == pytest.approx(1, abs=1e-5)
    assert loss_at(again, labels, mended) <= loss_at(1, labels, mended)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_scaled_logits_have_a_scaled_temperature_and_shifts_do_not_matter(
    seed, factor, shift
):
    labels, logits = draw(seed)
    temperature = fit_temperature(labels, logits)
    scaled = fit_temperature(labels, factor * logits)
    assert scaled == pytest.approx(factor * temperature, rel=1e-5)
    shifted = fit_temperature(labels, logits + shift)
    assert shifted == pytest.approx(temperature, rel=1e-5)


def test_labels_drawn_at_a_known_temperature_give_it_back():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 4, (40_000, 5))
    labels = (logits / 2.5 + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(labels, logits) == pytest.approx(2.5, rel=0.03)


def test_no_temperature_is_best_when_all_are_read_rightly():
    labels = np.array([0, 1, 2, 0])
    with pytest.raises(InputError, match="4 that are all read rightly"):
        fit_temperature(labels, 3 * np.eye(3)[labels])
    # A tie at the top is not wrong: there too the loss falls with the temperature.
    tied = np.array(
        [[1.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 1.0], [5.0, 1.0, 1.0]]
    )
    with pytest.raises(InputError, match="all read rightly"):
        fit_temperature(labels, tied)


@pytest.mark.parametrize("logits", [-np.eye(3), np.eye(3)[[1, 2, 0]]])
def test_no_temperature_is_best_when_logits_point_away_from_the_labels(logits):
    with pytest.raises(InputError, match="labels and logits belong together"):
        fit_temperature(np.array([0, 1, 2]), logits)


def test_equal_logits_gain_nothing_from_any_temperature():
    assert fit_temperature(np.array([0, 1, 2]), np.full((3, 3), 7.0)) == 1


def test_labels_of_one_class_are_refused():
    logits = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(InputError, match="at least two classes, got only 2"):
        fit_temperature(np.full(20, 2), logits)


@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        ([0, 1], [[1.0, math.nan], [0.0, 1.0]], "logits must be finite"),
        ([0, 1], [[1.0, math.inf], [0.0, 1.0]], "logits must be finite"),
        ([0, 1], [1.0, 2.0], "logits must be finite numbers of shape"),
        ([], np.zeros((0, 2)), "logits must be finite numbers of shape"),
        ([0, 1, 1], [[1.0, 0.0], [0.0, 1.0]], "one length"),
        ([0, 2], [[1.0, 0.0], [0.0, 1.0]], r"labels must be in 0\.\.1"),
        ([0, -1], [[1.0, 0.0], [0.0, 1.0]], r"labels must be in 0\.\.1"),
        ([0, 1], [[1e308, -1e308], [-1e308, 1e308]], "differ by more"),
    ],
)
def test_a_temperature_needs_labels_and_logits_that_fit(labels, logits, message):
    with pytest.raises(InputError, match=message):
        fit_temperature(np.array(labels, int), np.array(logits))


@pytest.mark.parametrize("logits", [[1.0, 2.0], np.zeros((0, 3)), [[math.nan, 0.0]]])
def test_softmax_refuses_other_logits(logits):
    with pytest.raises(InputError, match="logits must be finite numbers of shape"):
        softmax(np.array(logits))


# --- narrow dtypes, and bounds that hold exactly --------------------------------------


@pytest.mark.parametrize(
    ("correct", "total", "dtype"),
    [(200, 250, np.uint8), (200, 30_000, np.int16), (99, 100, np.int8)],
)
def test_wilson_interval_takes_narrow_integers(correct, total, dtype):
    expected = wilson_interval(correct, total)
    assert wilson_interval(dtype(correct), dtype(total)) == expected


def test_wilson_interval_refuses_parts_of_a_success():
    with pytest.raises(InputError, match="both whole numbers, got 1.5 of 2.5"):
        wilson_interval(1.5, 2.5)


@pytest.mark.parametrize("total", [5, 7, 123, 2999])
def test_wilson_interval_contains_the_share_exactly(total):
    assert wilson_interval(0, total)[0] == 0.0
    assert wilson_interval(total, total)[1] == 1.0


@pytest.mark.parametrize("value", [0.1, 0.97, 1e308])
def test_mean_interval_of_equal_values_has_no_width(value):
    assert mean_interval(3 * [value])[:3] == (value, value, value)


def test_worst_errors_do_not_overflow():
    logits = np.array([[0, 200], [0, 100], [0, 120]], np.uint8)
    assert worst_errors(np.array([0, 0, 0]), logits).tolist() == [0, 2, 1]


def test_rows_that_nearly_add_up_are_made_to():
    labels, rows = np.array([0]), np.array([[1.0009, 0.0]])
    assert log_loss(labels, rows) == 0
    assert expected_calibration_error(labels, rows) == 0


# --- ranking -------------------------------------------------------------------------


def ranked(rng, *, positives=40, negatives=300, distance=1.5, steps=None):
    """Return labels and normal scores; with few ``steps`` there are many ties."""
    labels = np.repeat([1, 0], [positives, negatives])
    scores = rng.normal(distance * labels)
    if steps is not None:
        scores = np.round(steps * scores)
    order = rng.permutation(len(labels))
    return labels[order], scores[order]


@pytest.mark.parametrize("steps", [None, 4, 1])
@pytest.mark.parametrize("seed", range(5))
def test_area_is_scikit_learns(seed, steps):
    labels, scores = ranked(np.random.default_rng(seed), steps=steps)
    found = roc_auc(labels, scores)
    assert found.value == pytest.approx(metrics.roc_auc_score(labels, scores))
    assert (found.positives, found.negatives) == (40, 300)


@pytest.mark.parametrize("steps", [None, 2])
def test_interval_is_the_one_of_all_pairs(steps):
    """DeLong's components, pair by pair, and the delta method for the logit."""
    labels, scores = ranked(np.random.default_rng(3), steps=steps)
    positive, negative = scores[labels == 1][:, np.newaxis], scores[labels == 0]
    wins = (positive > negative) + 0.5 * (positive == negative)  # (40, 300)
    area = wins.mean()
    variance = wins.mean(axis=1).var(ddof=1) / 40 + wins.mean(axis=0).var(ddof=1) / 300
    half_width = stats.norm.ppf(0.95) * math.sqrt(variance) / (area * (1 - area))
    bounds = scipy.special.expit(
        scipy.special.logit(area) + half_width * np.array([-1, 1])
    )
    found = roc_auc(labels, scores, confidence=0.9)
    np.testing.assert_allclose((found.low, found.high), bounds, rtol=1e-9)


@pytest.mark.parametrize(
    ("distance", "positives", "negatives", "confidence", "least", "most"),
    [
        (0.0, 60, 60, 0.9, 0.87, 0.93),
        (1.5, 30, 300, 0.9, 0.87, 0.93),
        (2.3, 50, 50, 0.9, 0.87, 0.93),
        # Few positives: less often than it promises, as the docstring says.
        (2.476, 10, 100, 0.95, 0.87, 0.93),
        (2.3, 60, 940, 0.95, 0.92, 0.96),
    ],
)
def test_interval_holds_the_true_area_as_often_as_it_is_said_to(
    distance, positives, negatives, confidence, least, most
):
    truth = stats.norm.cdf(distance / math.sqrt(2))
    rng = np.random.default_rng(0)
    found = [
        roc_auc(
            *ranked(rng, positives=positives, negatives=negatives, distance=distance),
            confidence=confidence,
        )
        for _ in range(1500)
    ]
    held = np.mean([area.low <= truth <= area.high for area in found])
    # Chance alone moves the share by 0.008 (one standard deviation).
    assert least < held < most


def test_area_needs_the_order_only_and_mirrors():
    labels, scores = ranked(np.random.default_rng(4))
    area = roc_auc(labels, scores)
    assert roc_auc(labels == 1, np.exp(scores)) == area
    mirrored = roc_auc(labels, -scores)
    np.testing.assert_allclose(
        mirrored[:3], (1 - area.value, 1 - area.high, 1 - area.low)
    )
    assert 0 < area.low < area.value < area.high < 1


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_area_of_few_examples_stays_inside_its_interval(positives, negatives, seed):
    rng = np.random.default_rng(seed)
    labels, scores = ranked(rng, positives=positives, negatives=negatives, steps=1)
    found = roc_auc(labels, scores)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_faultless_ranking_is_not_certainty():
    labels, scores = np.repeat([0, 1], [500, 20]), np.arange(520)
    found = roc_auc(labels, scores)
    assert (found.value, found.high) == (1, 1)
    # Twenty pairs without an example in common, all in the right order.
    assert found.low == wilson_interval(20, 20)[0] < 0.9
    assert roc_auc(labels, -scores)[:2] == (0, 0)
    assert roc_auc(labels, np.zeros(520))[:3] == (0.5, 0.5, 0.5)


def test_area_is_printed_with_its_interval():
    found = AreaEstimate(0.95312, 0.9308, 0.96789, 60, 940)
    assert str(found) == "0.953 (interval 0.931 to 0.968, 60 against 940)"


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3], "shapes (4,) and (3,)"),
        ([0, 0, 1, 1], np.zeros((4, 2)), "take probabilities[:, 1]"),
        ([0, 0, 1, 2], [1, 2, 3, 4], "0 and 1, got values from 0 to 2;"),
        ([0.0, 0.0, 1.0, 1.0], [1, 2, 3, 4], "numbers 0 and 1, got float64;"),
        ([0, 1, None, 1], [1, 2, 3, 4], "labels must be the whole numbers 0 and 1"),
        (["0", "1", "1", "0"], [1, 2, 3, 4], "numbers 0 and 1, got <U1;"),
        ([0, 0, 1, 1], [1, 2, np.nan, np.inf], "finite numbers, got 2 of 4 that are"),
        ([0, 0, 1, 1], ["a", "b", "c", "d"], "finite numbers, got <U1;"),
        ([0, 0, 1, 1], [True, False, True, True], "finite numbers, got bool;"),
        ([[0], [0, 1], 1], [1, 2, 3], "labels must be an array, got rows of several"),
        ([0, 0, 1], [[1], [2, 3], 4], "scores must be an array, got rows of several"),
        ([0, 0, 0, 1], [1, 2, 3, 4], "at least 2 positives and 2 negatives, got 1 and"),
        ([], [], "got 0 and 0"),
    ],
)
def test_what_cannot_be_ranked_is_refused(labels, scores, message):
    with pytest.raises(InputError) as caught:
        roc_auc(labels if labels else np.zeros(0, int), scores)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# --- regions -------------------------------------------------------------------------


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


def test_overlap_counts_the_pixels_of_all_pictures_together():
    masks, predictions = np.zeros((2, 10, 10), int), np.zeros((2, 10, 10), int)
    masks[0] = predictions[0] = 1
    masks[1, 0, 0] = 1  # alone in its picture, and missed
    overlap = intersection_over_union(masks, predictions, num_classes=2)
    np.testing.assert_allclose(overlap, [99 / 100, 100 / 101])


@pytest.mark.parametrize(
    ("masks", "predictions", "message"),
    [
        (
            np.zeros((2, 4, 4), int),
            np.zeros((2, 4, 5), int),
            "one shape, got (2, 4, 4)",
        ),
        (np.zeros((2, 4, 4), int), np.zeros((2, 4, 4, 3)), "logits.argmax(axis=-1)"),
        (
            np.zeros((0, 4, 4), int),
            np.zeros((0, 4, 4), int),
            "masks and predictions must hold at least 1 pixel, got shape (0, 4, 4)",
        ),
        (np.zeros(4, int), np.full(4, 3), "predictions must be in 0..2, got values"),
        (np.full((2, 2), -1), np.zeros((2, 2), int), "masks must be in 0..2, got"),
        (np.zeros(4), np.zeros(4), "masks must be whole numbers, the class of each"),
        (np.zeros((2, 2), bool), np.zeros((2, 2), int), "masks.astype(int)"),
        (np.zeros((2, 2), int), np.zeros((2, 2)), "predictions must be whole numbers"),
        ([[0], [0, 1]], [0, 1], "masks must be an array, got rows of several lengths"),
    ],
)
def test_overlap_refuses_what_are_no_masks(masks, predictions, message):
    with pytest.raises(InputError) as caught:
        intersection_over_union(masks, predictions, num_classes=3)
    assert message in str(caught.value)
    assert "labels" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("num_classes", [1, 0, -1, True, 2.0, None, "2"])
def test_overlap_refuses_other_numbers_of_classes_without_a_warning(
    recwarn, num_classes
):
    with pytest.raises(InputError) as caught:
        intersection_over_union([0, 0], [0, 0], num_classes=num_classes)
    expected = "num_classes must be a whole number from 2, what lies around the regions"
    assert str(caught.value) == f"{expected} included, got {num_classes!r}"
    assert not recwarn.list
