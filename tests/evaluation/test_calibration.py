"""Probabilities: against definitions, scikit-learn, an optimizer, and drawn labels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from scipy.optimize import minimize_scalar
from sklearn import metrics

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import (
    expected_calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    softmax,
    wilson_interval,
)

seeds = st.integers(0, 2**32 - 1)


def draw(seed, n=60, num_classes=4, scale=3.0):
    """Return labels that follow the logits half-heartedly, and the logits."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (n, num_classes))
    noisy = logits + rng.gumbel(0, scale, logits.shape)
    return noisy.argmax(axis=1), logits


# --- probabilities -------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(0.01, 1e4))
def test_softmax_is_the_formula_in_exact_arithmetic(seed, scale):
    logits = np.random.default_rng(seed).normal(0, scale, (3, 5)).astype(np.float32)
    found = softmax(logits)
    assert found.dtype == np.float64
    for row, probabilities in zip(logits.tolist(), found, strict=True):
        powers = [math.exp(score - max(row)) for score in row]
        expected = [power / math.fsum(powers) for power in powers]
        np.testing.assert_allclose(probabilities, expected, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-14)


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_log_loss_is_scikit_learns(seed):
    labels, logits = draw(seed)
    probabilities = softmax(logits)
    expected = metrics.log_loss(labels, probabilities, labels=range(4))
    assert log_loss(labels, probabilities) == pytest.approx(expected, rel=1e-9)
    float32 = special.softmax(logits.astype(np.float32), axis=1)
    assert log_loss(labels, float32) == pytest.approx(expected, rel=1e-5)


def test_log_loss_is_zero_when_sure_and_right_and_infinite_when_sure_and_wrong():
    sure = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert str(log_loss([1, 0], sure)) == "0.0"
    with np.errstate(divide="raise"):
        assert log_loss([1, 1], sure) == math.inf


# --- confidence against accuracy -----------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(seeds)
def test_bins_are_those_that_a_loop_fills(seed):
    labels, logits = draw(seed)
    probabilities = softmax(logits)
    found = reliability(labels, probabilities)
    assert [len(part) for part in found] == [10] * 5
    gaps = []
    for k in range(10):
        inside = [
            (row.max(), row.argmax() == label)
            for row, label in zip(probabilities, labels, strict=True)
            if k / 10 < row.max() <= (k + 1) / 10
        ]
        assert found.count[k] == len(inside)
        if not inside:
            assert math.isnan(found.confidence[k]) and math.isnan(found.accuracy[k])
            assert (found.low[k], found.high[k]) == (0, 1)
            continue
        confidence, right = zip(*inside, strict=True)
        assert found.confidence[k] == pytest.approx(np.mean(confidence))
        assert found.accuracy[k] == pytest.approx(np.mean(right))
        bounds = wilson_interval(sum(right), len(right))
        assert (found.low[k], found.high[k]) == bounds
        gaps.append(len(inside) * abs(np.mean(right) - np.mean(confidence)))
    error = expected_calibration_error(labels, probabilities)
    assert error == pytest.approx(sum(gaps) / len(labels))


def test_a_bin_holds_its_upper_edge_and_the_last_one_holds_certainty():
    probabilities = [[0.5, 0.5, 0], [1, 0, 0], [0.6, 0.4, 0], [0.4, 0.3, 0.3]]
    found = reliability([0, 0, 1, 0], probabilities)
    assert found.count.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1]
    assert found.accuracy[[3, 4, 5, 9]].tolist() == [1, 1, 0, 1]


@pytest.mark.parametrize("measure", [log_loss, reliability])
@pytest.mark.parametrize(
    "row", [[0.5, 0.6], [0.5, 0.4], [1.5, -0.5], [3.0, -4.0], [0.0, 0.0]]
)
def test_rows_that_are_no_distribution_are_refused(measure, row):
    with pytest.raises(InputError, match=r"must add up to 1, got .* softmax\(logits\)"):
        measure([0, 1], [[0.25, 0.75], row])


def test_rows_that_nearly_add_up_are_made_to():
    rows = np.array([[1.0009, 0.0]])
    assert log_loss([0], rows) == 0
    assert expected_calibration_error([0], rows) == 0


# --- the temperature -----------------------------------------------------------------


def loss_at(temperature, labels, logits):
    """Return the cross-entropy of scaled logits, from the definition, at each."""
    scaled = logits.astype(np.float64) / np.asarray(temperature)[..., None, None]
    right = scaled[..., np.arange(len(labels)), labels]
    return np.mean(special.logsumexp(scaled, axis=-1) - right, axis=-1)


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(0.05, 50), st.sampled_from([np.float32, np.float64]))
def test_temperature_is_the_one_that_an_optimizer_finds(seed, scale, dtype):
    labels, logits = draw(seed, n=200)
    logits = (scale * logits).astype(dtype)
    best = minimize_scalar(
        lambda power: loss_at(math.exp(power), labels, logits),
        bounds=(math.log(scale) - 6, math.log(scale) + 6),
        method="bounded",
        options={"xatol": 1e-9},
    )
    temperature = fit_temperature(labels, logits)
    assert temperature == pytest.approx(math.exp(best.x), rel=1e-4)
    grid = np.geomspace(temperature / 20, temperature * 20, 400)
    lowest = loss_at(grid, labels, logits).min()
    assert loss_at(temperature, labels, logits) <= lowest + 1e-12
    assert type(temperature) is float
    scaled = logits / np.float64(temperature)
    np.testing.assert_array_equal(scaled.argmax(axis=1), logits.argmax(axis=1))


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (3 * np.eye(3), "3 that are all read rightly"),
        # A tie at the top is not wrong: there too the loss falls with the temperature.
        ([[1, 1, 0], [0, 2, 1], [0, 0, 1]], "3 that are all read rightly"),
        (-np.eye(3), "labels and logits belong together"),
        (np.eye(3)[[1, 2, 0]], "labels and logits belong together"),
    ],
)
def test_sometimes_no_temperature_is_best(logits, message):
    with pytest.raises(InputError, match=message):
        fit_temperature([0, 1, 2], logits)


# --- what is refused -----------------------------------------------------------------


SHARES = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1], [0.5, 0.5], r"must have shape \(n, num_classes\)"),
        ([], np.zeros((0, 3)), r"must have shape \(n, num_classes\)"),
        ([0, 1], [[0.5, 0.5], [math.nan, 0.5]], "must be finite numbers, got NaN"),
        ([0, 1], [[0.5, 0.5], [math.inf, 0.5]], "must be finite numbers, got NaN"),
        ([0, 1], SHARES, r"labels must be 3 classes .* got shape \(2,\)"),
        ([0, 1, 2], SHARES, r"labels must be in 0\.\.1, got 0 to 2"),
        ([0.0, 1.0, 1.0], SHARES, "labels must be whole numbers from 0, got float64"),
    ],
)
def test_labels_and_rows_of_finite_numbers_are_needed(labels, scores, message):
    for measure in (log_loss, reliability, fit_temperature):
        with pytest.raises(InputError, match=message):
            measure(labels, scores)
    if "labels" not in message:
        with pytest.raises(InputError, match=message):
            softmax(scores)
