"""Two classifiers on the same examples."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from mnist_tutorial.checks import checked_labels


class PairedComparison(NamedTuple):
    """How many examples only the first, or only the second classifier read rightly.

    ``p_value`` is how often chance alone would make the two counts differ so much, if
    either were as likely as the other to be the one that is right.
    """

    only_a: int
    only_b: int
    p_value: float

    def __str__(self) -> str:
        """Return a line like ``only A right: 12, only B right: 31, p = 0.0054``."""
        return (
            f"only A right: {self.only_a}, only B right: {self.only_b}, "
            f"p = {self.p_value:.2g}"
        )


def mcnemar(
    labels: np.ndarray, predictions_a: np.ndarray, predictions_b: np.ndarray
) -> PairedComparison:
    """Compare two classifiers on the same examples with McNemar's exact test.

    Examples that both read rightly, or both wrongly, say nothing about which is
    better. Of the others, each is a coin that falls for one of the two: the p-value is
    the two-sided binomial one of a fair coin, 1 if there are none. All three arguments
    are integer classes of shape ``(n,)``.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12, 1947, doi:10.1007/BF02295996.
    """
    labels = checked_labels(labels)
    a = checked_labels(predictions_a, len(labels), name="predictions_a")
    b = checked_labels(predictions_b, len(labels), name="predictions_b")
    only_a = int(np.sum((a == labels) & (b != labels)))
    only_b = int(np.sum((b == labels) & (a != labels)))
    tosses = only_a + only_b
    p_value = float(binomtest(only_a, tosses).pvalue) if tosses else 1.0
    return PairedComparison(only_a, only_b, p_value)
