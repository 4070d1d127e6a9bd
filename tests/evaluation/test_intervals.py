"""Intervals: against their equations, published tables, and how often they hold."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import mean_interval, wilson_interval
from mnist_tutorial.evaluation.intervals import Estimate, MeanEstimate, estimate_share

# --- a share -------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 20_000), st.floats(0, 1))
def test_the_bounds_are_the_shares_that_the_score_test_just_admits(total, share):
    correct = round(share * total)
    share = correct / total
    low, high = wilson_interval(correct, total)
    assert 0 <= low <= share <= high <= 1 and low < high
    for bound in (low, high):
        deviations = abs(share - bound) / math.sqrt(bound * (1 - bound) / total or 1)
        expected = 0 if bound in (0, 1) else 1.959963984540054
        assert deviations == pytest.approx(expected, rel=1e-9)
    mirrored = wilson_interval(total - correct, total)
    np.testing.assert_allclose(mirrored, (1 - high, 1 - low), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("correct", "total", "message"),
    [
        (0, 0, "total must be a whole number from 1, got 0"),
        (-1, 5, "correct must be a whole number from 0, got -1"),
        (0.98, 100, "correct must be a whole number from 0, got 0.98"),
        (6, 5, "correct must be at most total, got 6 of 5"),
    ],
)
def test_counts_out_of_range_are_refused(correct, total, message):
    with pytest.raises(InputError, match=message):
        wilson_interval(correct, total)


def test_what_was_not_counted_is_unknown():
    assert estimate_share(3, 4) == Estimate(0.75, *wilson_interval(3, 4), 3, 4)
    value, *others = estimate_share(np.int64(0), np.int64(0))
    assert math.isnan(value) and others == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (
            Estimate(0.9902, 0.98807, 0.99194, 9902, 10_000),
            "99.02 % (95 % interval 98.81 % to 99.19 %, 9902 of 10000)",
        ),
        (
            Estimate(0.0, 0.0, 1.0, 0, 1),
            "0.00 % (95 % interval 0.00 % to 100.00 %, 0 of 1)",
        ),
        (
            MeanEstimate(0.98123, 0.97941, 0.98306, 5),
            "0.9812 (interval 0.9794 to 0.9831, 5 runs)",
        ),
        (MeanEstimate(0.5, 0.5, 0.5, 2), "0.5000 (interval 0.5000 to 0.5000, 2 runs)"),
        (MeanEstimate(12.34, 9.9, 14.8, 3), "12.3 (interval 9.9 to 14.8, 3 runs)"),
        (MeanEstimate(1234.5, 900.0, 1569, 4), "1234 (interval 900 to 1569, 4 runs)"),
    ],
)
def test_an_estimate_reads_as_a_sentence_would(estimate, text):
    assert str(estimate) == f"{estimate}" == text


# --- a mean of runs ------------------------------------------------------------------

# The 97.5 % quantiles of Student's distribution, as tables of it print them.
QUANTILES = {2: 12.7062047, 3: 4.3026527, 5: 2.7764451, 10: 2.2621572, 20: 2.0930241}


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(list(QUANTILES)), st.sampled_from(["f4", "f8"]))
def test_the_mean_has_the_interval_of_students_table(data, count, dtype):
    runs = st.lists(st.floats(-1e3, 1e3, width=32), min_size=count, max_size=count)
    values = data.draw(runs)
    spread = statistics.stdev(values)
    assume(spread > 1e-3)
    mean, half_width = statistics.mean(values), QUANTILES[count] * spread / count**0.5
    found = mean_interval(np.array(values, dtype))
    expected = (mean, mean - half_width, mean + half_width, count)
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-7 * half_width)
    assert [type(part) for part in found] == [float, float, float, int]


@pytest.mark.parametrize("value", [0.1, 0.97, 3])
def test_equal_runs_leave_no_width(value):
    assert mean_interval(3 * [value]) == MeanEstimate(value, value, value, 3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.5], r"at least 2 finite numbers, one a run, .* got \[0.5\]"),
        ([[0.5, 0.6]], r"at least 2 finite numbers, .* got \[\[0.5, 0.6\]\]"),
        ([0.5, math.nan], "at least 2 finite numbers, .* got .*nan.*; leave out"),
        ([math.inf, 1], "at least 2 finite numbers, .* got .*inf.*; leave out"),
    ],
)
def test_one_run_shows_no_spread_and_failed_ones_are_not_left_out(values, message):
    with pytest.raises(InputError, match=message):
        mean_interval(values)
