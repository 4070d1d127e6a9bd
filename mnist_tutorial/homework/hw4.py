"""Homework 4, a small project: screening for lesions that a program has drawn.

The page ``applications/medical`` teaches what is asked.
"""

import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import Answer, Homework, Slip

check = Homework()


def _alarmed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Draw labels and alarms; return how many were found, missed, false, cleared."""
    ends = ((9, 13), (2, 4), (24, 40), (40, 60))
    counts = [int(rng.integers(*each)) for each in ends]
    order = rng.permutation(sum(counts))
    labels, alarms = np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)
    return labels[order], alarms[order] == 1, counts


@check.question
def sensitivity_specificity(answer: Answer, rng: np.random.Generator) -> None:
    """``sensitivity_specificity(labels, alarms)``: the share right of either kind."""
    labels, alarms, (found, missed, false, cleared) = _alarmed(rng)
    sensitivity, specificity = found / (found + missed), cleared / (cleared + false)
    answer.must_equal(
        answer(labels, alarms),
        [sensitivity, specificity],
        Slip(
            [specificity, sensitivity],
            "两个数反了：先是灵敏度，看阳性",
            "the two are swapped: sensitivity, of the positives, comes first",
        ),
        Slip(
            [found / (found + false), specificity],
            "这是精确率：灵敏度要除以阳性的张数，不是报警的张数",
            "this is precision: sensitivity divides by the positives, not by the "
            "alarms",
        ),
        Slip(
            [sensitivity, 1 - specificity],
            "这是误报率，特异度是 1 减去它",
            "this is the rate of false alarms, and specificity is 1 less it",
        ),
        Slip(
            [sensitivity, cleared / (cleared + missed)],
            "特异度要除以阴性的张数，不是没有报警的张数",
            "specificity divides by the negatives, not by those without an alarm",
        ),
        Slip(
            [found / (found + missed), 1 - alarms[~labels].mean()],
            "labels 是 0 和 1，不是 True 和 False，`~` 取不了反：用 labels == 0",
            "labels are 0 and 1, and `~` turns only True and False: use labels == 0",
        ),
        Slip(
            [alarms[labels].mean(), specificity],
            "labels 成了位置，只取出第 0 个和第 1 个：要写 labels == 1",
            "labels serve as places here, the first two: write labels == 1",
        ),
        Slip(
            [found / len(labels), cleared / len(labels)],
            "不要除以总张数：两类分开数",
            "do not divide by all images: count the two kinds apart",
        ),
        case=Words(
            f"{found + missed} 个阳性、{false + cleared} 个阴性时",
            f"for {found + missed} positives and {false + cleared} negatives",
        ),
    )


@check.question
def predictive_value(answer: Answer, rng: np.random.Generator) -> None:
    """``predictive_value(sensitivity, specificity, prevalence)``: Bayes' theorem."""
    sensitivity, specificity = rng.uniform(0.8, 0.9), rng.uniform(0.65, 0.75)
    for prevalence in (0.01, float(rng.uniform(0.2, 0.4))):
        right = prevalence * sensitivity
        false = (1 - prevalence) * (1 - specificity)
        cleared, missed = (
            (1 - prevalence) * specificity,
            prevalence * (1 - sensitivity),
        )
        answer.must_equal(
            answer(sensitivity, specificity, prevalence),
            right / (right + false),
            Slip(
                cleared / (cleared + missed),
                "这是没报警的人里真阴性的比例",
                "this is the share of true negatives without an alarm",
            ),
            Slip(
                right / (right + 1 - specificity),
                "误报少乘了阴性的比例 1 - prevalence",
                "false alarms come from the negatives: times 1 - prevalence",
            ),
            Slip(
                sensitivity / (sensitivity + 1 - specificity),
                "患病率没有用上：这只在阳性占一半时成立",
                "the prevalence is not used: this holds where half are positive",
            ),
            Slip(
                right + false,
                "这是报警的比例，还要看其中多少是真的",
                "this is the share that raises an alarm; how much of it is right?",
            ),
            Slip(
                right / (right + (1 - prevalence) * specificity),
                "阴性里报警的是 1 - specificity",
                "of the negatives, 1 - specificity raise an alarm",
            ),
            Slip(
                right,
                "还没有除以报警的比例",
                "the division by the share of alarms is missing",
            ),
            case=Words(
                f"患病率 {prevalence:.2g} 时", f"for a prevalence of {prevalence:.2g}"
            ),
        )


@check.question
def cheapest(answer: Answer, rng: np.random.Generator) -> None:
    """``cheapest(labels, scores, thresholds, cost_of_miss, prevalence)``.

    Labels are half positive; a clinic has another prevalence.
    """
    labels, scores, thresholds, price, prevalence = _clinic(rng)
    wanted = _cheapest(labels, scores, thresholds, price, prevalence)
    here, best = labels.mean(), np.argmin(_errors(labels, scores, thresholds).sum(0))
    bill = _bills(labels, scores, thresholds, price, prevalence)
    dearest = bill.argmax()
    answer.must_equal(
        answer(labels, scores, thresholds, price, prevalence),
        wanted,
        Slip(
            _cheapest(labels, scores, thresholds, price, here),
            "患病率没有用上：用的是这批数据自己的，一半阳性",
            "the prevalence is not used: this is that of these data, half positive",
        ),
        Slip(
            _cheapest(labels, scores, thresholds, 1, prevalence),
            "漏报的代价没有用上",
            "the cost of a miss is not used",
        ),
        Slip(
            [thresholds[best], bill[best]],
            "这是错得最少的阈值，要的是代价最低的",
            "this threshold errs least, and the cheapest is asked",
        ),
        Slip(
            [thresholds[dearest], bill[dearest]],
            "挑的是最贵的：要 argmin",
            "this is the dearest one: argmin",
        ),
        Slip(
            [wanted[0], 1000 * wanted[1]],
            "要每人的代价",
            "the cost of one person is asked",
        ),
        case=Words(
            f"漏报代价 {price}、患病率 {prevalence:g} 时",
            f"for a price of {price} and a prevalence of {prevalence:g}",
        ),
    )


def _errors(labels, scores, thresholds) -> np.ndarray:
    """Return the shares of positives missed and of negatives alarmed, ``(2, n)``."""
    alarms = scores[:, np.newaxis] >= thresholds
    return np.array([1 - alarms[labels == 1].mean(0), alarms[labels == 0].mean(0)])


def _bills(labels, scores, thresholds, price, prevalence) -> np.ndarray:
    missed, false = _errors(labels, scores, thresholds)
    return price * prevalence * missed + (1 - prevalence) * false


def _cheapest(labels, scores, thresholds, price, prevalence) -> list[float]:
    bills = _bills(labels, scores, thresholds, price, prevalence)
    return [thresholds[bills.argmin()], bills.min()]


def _clinic(rng: np.random.Generator) -> tuple:
    """Draw until prevalence and price matter, and the cheapest threshold is no tie."""
    thresholds = np.arange(1, 20) / 20
    while True:
        labels = rng.permutation(np.repeat([1, 0], 40))
        scores = rng.normal(0.4 + 0.2 * labels, 0.2).clip(0, 1)
        price, prevalence = int(rng.integers(15, 25)), int(rng.integers(6, 10)) / 100
        given = labels, scores, thresholds
        bills = _bills(*given, price, prevalence)
        others = (
            _bills(*given, price, 0.5).argmin(),
            _bills(*given, 1, prevalence).argmin(),
            _errors(*given).sum(axis=0).argmin(),
        )
        # With one of them ignored, the bill is clearly higher.
        if (
            np.ptp(np.sort(bills)[:2]) > 0.01
            and all(bills[place] > bills.min() + 0.01 for place in others)
            and len(set(others)) == 3
            and thresholds[bills.argmin()] != 0.5
        ):
            return *given, price, prevalence
