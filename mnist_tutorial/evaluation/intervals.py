"""How sure a counted share is, and a mean over repeated runs."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from mnist_tutorial.checks import check_counts, checked_array
from mnist_tutorial.errors import InputError


class Estimate(NamedTuple):
    """A share that was counted, with the 95 % interval that the count supports.

    ``value`` is the share and ``low`` to ``high`` the interval, in [0, 1]; the share is
    NaN if nothing was counted. ``correct`` and ``total`` are the counts behind it.
    """

    value: float
    low: float
    high: float
    correct: int
    total: int

    def __str__(self) -> str:
        """Return a line like ``99.00 % (95 % interval 98.79 % to …, 99 of 100)``."""
        value, low, high = (100 * share for share in self[:3])
        return (
            f"{value:.2f} % (95 % interval {low:.2f} % to {high:.2f} %, "
            f"{self.correct} of {self.total})"
        )


class MeanEstimate(NamedTuple):
    """The mean of repeated runs, with the 95 % interval that their spread supports.

    The ``mean`` and its interval, ``low`` to ``high``, are in the unit of the values;
    ``count`` is how many there are.
    """

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """Return a line like ``0.9812 (interval 0.9794 to 0.9830, 5 runs)``."""
        half_width = (self.high - self.low) / 2
        digits = 4
        if half_width > 0:
            digits = max(0, 1 - math.floor(math.log10(half_width)))
        mean, low, high = (f"{value:.{digits}f}" for value in self[:3])
        return f"{mean} (interval {low} to {high}, {self.count} runs)"


def mean_interval(values: np.ndarray) -> MeanEstimate:
    """Return the mean of repeated runs with its 95 % Student t interval.

    The interval says where the mean over all seeds lies, when those that were tried
    are a sample of them and the values spread about like a normal distribution. It
    does not hold the next single run so often; and it knows nothing of the luck that
    all the runs share, for instance one test set. It is as wide as 0 if all values are
    equal. ``values`` are finite numbers, one a run, shape ``(n,)`` with at least 2.

    References
    ----------
    Student, "The probable error of a mean", Biometrika 6, 1908,
    doi:10.1093/biomet/6.1.1.
    """
    values = checked_array("values", values)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise InputError(
            "values must be at least 2 finite numbers, one a run, since one run shows "
            f"no spread, got {values.tolist()}; leave out or repeat the runs that "
            "failed, and say so"
        )
    values = values.astype(np.float64)
    if np.ptp(values) == 0:  # a mean of equal numbers may be off by rounding
        return MeanEstimate(*3 * (float(values[0]),), len(values))
    mean, error = values.mean(), stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, mean, error)
    return MeanEstimate(float(mean), float(low), float(high), len(values))


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return the bounds in [0, 1] of the 95 % Wilson score interval of a share.

    There were ``correct`` successes, in ``0..total``, in ``total`` trials, at least 1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927,
    doi:10.1080/01621459.1927.10502953.
    """
    check_counts(total=total)
    check_counts(least=0, correct=correct)
    if correct > total:
        raise InputError(f"correct must be at most total, got {correct} of {total}")
    # The hypothesis does not count for the interval; this one is tested fastest.
    test = stats.binomtest(correct, total, correct / total)
    low, high = test.proportion_ci(method="wilson")
    return float(low), float(high)


def estimate_share(correct: int, total: int) -> Estimate:
    """Return a counted share with its interval; unknown if nothing was counted."""
    correct, total = int(correct), int(total)
    if not total:
        return Estimate(math.nan, 0.0, 1.0, 0, 0)
    return Estimate(correct / total, *wilson_interval(correct, total), correct, total)
