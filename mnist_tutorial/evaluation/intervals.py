"""How sure a counted share is, and a mean over repeated runs."""

import math
import operator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation.checks import check_confidence


class Estimate(NamedTuple):
    """A share that was counted, with the interval that the count supports.

    Attributes
    ----------
    value, low, high
        The share and its interval, in [0, 1]; the share is NaN if nothing was counted.
    correct, total
        The counts behind it.
    """

    value: float
    low: float
    high: float
    correct: int
    total: int

    def __str__(self) -> str:
        """Return a line like ``99.00 % (95 % interval 98.79 % to …, 99 of 100)``."""
        if not self.total:
            return "unknown (0 of 0)"
        value, low, high = (100 * share for share in self[:3])
        return (
            f"{value:.2f} % (95 % interval {low:.2f} % to {high:.2f} %, "
            f"{self.correct} of {self.total})"
        )


class MeanEstimate(NamedTuple):
    """The mean of repeated runs, with the interval that their spread supports.

    Attributes
    ----------
    mean, low, high
        The mean and its interval, in the unit of the values.
    count
        Number of values behind it.
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


def mean_interval(values: np.ndarray, *, confidence: float = 0.95) -> MeanEstimate:
    """Return the mean of repeated runs with its Student t interval.

    The interval says where the mean over all seeds lies, when those that were tried
    are a sample of them and the values spread about like a normal distribution. It
    does not hold the next single run so often; and it knows nothing of the luck that
    all the runs share, for instance one test set.

    Parameters
    ----------
    values
        One number a run, shape ``(n,)`` with at least 2.
    confidence
        Share of repetitions in which the interval should hold the true mean, in
        (0, 1).

    Returns
    -------
    MeanEstimate
        The mean, its interval, as wide as 0 if all values are equal, and the count.

    Raises
    ------
    InputError
        If there are fewer than two values, one is not a finite number, or
        ``confidence`` is out of range.

    References
    ----------
    Student, "The probable error of a mean", Biometrika 6, 1908,
    doi:10.1093/biomet/6.1.1.
    """
    check_confidence(confidence)
    values = np.asarray(values)
    if values.ndim != 1 or len(values) < 2:
        raise InputError(
            "values must be a list of at least 2 numbers, one a run, since one run "
            f"shows no spread; got shape {values.shape}"
        )
    if values.dtype.kind not in "iuf" or not np.all(np.isfinite(values)):
        raise InputError(
            f"values must be finite numbers, got {values.tolist()}; leave out or "
            "repeat the runs that failed, and say so"
        )
    values = values.astype(np.float64)
    if np.ptp(values) == 0:  # a mean of equal numbers may be off by rounding
        return MeanEstimate(*3 * (float(values[0]),), len(values))
    mean, error = values.mean(), values.std(ddof=1) / math.sqrt(len(values))
    half_width = stdtrit(len(values) - 1, 0.5 + confidence / 2) * error
    return MeanEstimate(
        float(mean), float(mean - half_width), float(mean + half_width), len(values)
    )


def wilson_interval(
    correct: int, total: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Return the Wilson score interval of a share.

    Parameters
    ----------
    correct, total
        Number of successes, in ``0..total``, and of trials, at least 1.
    confidence
        Share of repetitions in which the interval should hold the true share, in
        (0, 1).

    Returns
    -------
    low, high
        Bounds in [0, 1].

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927,
    doi:10.1080/01621459.1927.10502953.
    """
    try:
        # Python's own: the narrow ones of NumPy would overflow below.
        correct, total = operator.index(correct), operator.index(total)
    except TypeError as error:
        raise InputError(
            "expected 0 <= correct <= total, both whole numbers, got "
            f"{correct} of {total}"
        ) from error
    if total < 1 or not 0 <= correct <= total:
        raise InputError(
            f"expected 0 <= correct <= total and total >= 1, got {correct} of {total}"
        )
    check_confidence(confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = correct / total
    centre = share + z**2 / (2 * total)
    half_width = z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    scale = 1 + z**2 / total
    low, high = (centre - half_width) / scale, (centre + half_width) / scale
    # Exact where rounding would leave the share itself outside.
    return 0.0 if correct == 0 else low, 1.0 if correct == total else high
