"""Homework 3, evaluation: a number that another person may rely on.

The page ``code/evaluation`` teaches what is asked.
"""

import math

import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import Answer, Homework, Slip

check = Homework()


@check.question
def precision_recall_f1(answer: Answer, rng: np.random.Generator) -> None:
    """``precision_recall_f1(matrix)``: three rows, a number a class in each."""
    matrix = rng.integers(1, 9, (4, 4))
    never = int(rng.integers(0, 4))
    matrix[:, never] = 0  # never predicted
    right, actual, called = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    recall = right / actual
    precision = np.where(called > 0, right / np.maximum(called, 1), 0)
    f1 = 2 * right / (actual + called)
    wanted = np.array([precision, recall, f1])
    answer.must_equal(
        answer(matrix),
        wanted,
        Slip(
            wanted[[1, 0, 2]],
            "精确率和召回率反了：列的和是说了多少次，行的和是真有多少张",
            "precision and recall are swapped: a column's sum is how often a class "
            "was named, a row's how often it was true",
        ),
        Slip(
            [precision, recall, (precision + recall) / 2],
            "F1 不是两者的平均，是 2PR / (P + R)",
            "F1 is not their mean but 2PR / (P + R)",
        ),
        Slip(
            [precision, recall, f1 / 2],
            "F1 少乘了 2",
            "the factor 2 of F1 is missing",
        ),
        Slip(
            wanted.mean(axis=1),
            "每一类各要一个数，不要平均",
            "a number for each class is asked, not their mean",
        ),
        Slip(
            wanted.T,
            "要三行：精确率、召回率、F1",
            "three rows are asked: precision, recall and F1",
        ),
        case=Words(
            f"类 {never} 从没有被预测过时",
            f"where class {never} is never predicted",
        ),
    )


@check.question
def wilson_interval(answer: Answer, rng: np.random.Generator) -> None:
    """``wilson_interval(correct, total, z)``: both ends of the interval."""
    total = int(rng.integers(80, 200))
    for correct, z in ((total - int(rng.integers(9, 20)), 1.96), (total, 1.645)):
        share, deviation = correct / total, _deviation(correct / total, total)
        low, high = _wilson(share, total, z)
        inner = z * math.sqrt(deviation**2 + z**2 / (4 * total**2))
        middle = share + z**2 / (2 * total)
        answer.must_equal(
            answer(correct, total, z),
            [low, high],
            Slip(
                [share - z * deviation, share + z * deviation],
                "这是正态近似 p ± z·标准差，在 0 和 1 附近不准；要用题里的公式",
                "this is the approximation p ± z deviations, which fails near 0 and "
                "1; use the formula of the task",
            ),
            Slip(
                _wilson(share, total, 1.96),
                "z 没有用上，写死成了 1.96",
                "z is not used, it is always 1.96",
            ),
            Slip(
                [middle - inner, middle + inner],
                "还没有除以 1 + z²/n",
                "the division by 1 + z²/n is missing",
            ),
            Slip(
                [100 * low, 100 * high],
                "不要换成百分数",
                "both ends are shares between 0 and 1, without percent",
            ),
            Slip(
                [high, low],
                "两端反了：先是下限",
                "the ends are swapped: the lower one comes first",
            ),
            case=Words(
                f"{total} 张里答对 {correct} 张、z = {z} 时",
                f"for {correct} of {total} right and z = {z}",
            ),
        )


def _deviation(share: float, total: int) -> float:
    return math.sqrt(share * (1 - share) / total)


def _wilson(share: float, total: int, z: float) -> list[float]:
    """Solve ``|share - p| = z * deviation(p)`` for p."""
    a, b, c = 1 + z**2 / total, -2 * share - z**2 / total, share**2
    root = math.sqrt(b**2 - 4 * a * c)
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


@check.question
def choose_threshold(answer: Answer, rng: np.random.Generator) -> None:
    """``choose_threshold(...)``: chosen on validation data, F1 reported on the test.

    The arguments are ``scores_val, labels_val, scores_test, labels_test,
    thresholds``.
    """
    val, test, thresholds = _two_exams(rng)
    on_val, on_test = _f1(*val, thresholds), _f1(*test, thresholds)
    together = [np.concatenate(pair) for pair in zip(val, test, strict=True)]
    best = on_val.argmax()
    by_accuracy = _accuracies(*val, thresholds).argmax()
    on_both = _f1(*together, thresholds).argmax()
    answer.must_equal(
        answer(*val, *test, thresholds),
        [thresholds[best], on_test[best]],
        Slip(
            [thresholds[on_test.argmax()], on_test.max()],
            "阈值是在测试集上挑的，分数就虚高了：在验证集上挑，在测试集上报告",
            "the threshold was chosen on the test set, which makes the score too "
            "good: choose on validation data, report on the test set",
        ),
        Slip(
            [thresholds[best], on_val[best]],
            "报的是验证集上的 F1，挑阈值时已经用过它：要报测试集上的",
            "the F1 is that of the validation set, which chose the threshold: report "
            "the test set's",
        ),
        Slip(
            [thresholds[on_both], on_test[on_both]],
            "挑的时候混进了测试集",
            "test data took part in the choice",
        ),
        Slip(
            [thresholds[by_accuracy], on_test[by_accuracy]],
            "挑的是准确率最高的阈值，要的是 F1 最高的",
            "the threshold has the highest accuracy, and the highest F1 is asked",
        ),
        Slip(
            _report_with_greater(val, test, thresholds),
            "分数等于阈值时也算阳性：要 >=",
            "a score equal to the threshold is positive too: >=",
        ),
        Slip(
            [best, on_test[best]],
            "返回的是阈值的位置，要阈值本身",
            "this is the place of the threshold, and its value is asked",
        ),
    )


def _f1(scores, labels, thresholds, is_positive=np.greater_equal) -> np.ndarray:
    alarms = is_positive(scores[:, np.newaxis], thresholds)
    found = alarms[labels == 1].sum(axis=0)
    return 2 * found / (alarms.sum(axis=0) + labels.sum())


def _accuracies(scores, labels, thresholds) -> np.ndarray:
    alarms = scores[:, np.newaxis] >= thresholds
    return (alarms == (labels == 1)[:, np.newaxis]).mean(axis=0)


def _report_with_greater(val, test, thresholds) -> list[float]:
    best = _f1(*val, thresholds, np.greater).argmax()
    return [thresholds[best], _f1(*test, thresholds, np.greater)[best]]


def _two_exams(rng: np.random.Generator) -> tuple:
    """Draw scores until every known mistake shows, and the best threshold is no tie."""
    thresholds = np.arange(4, 18) / 20
    while True:
        exams = []
        for middle in (0.3, 0.5):
            labels = rng.permutation(np.repeat([1, 0], [12, 48]))
            scores = rng.normal(middle + 0.2 * labels, 0.15)
            scores = (20 * scores.clip(0, 1)).round() / 20
            scores[labels.argmax()] = 1.0  # so that no threshold finds nothing
            exams.append((scores, labels))
        val, test = exams
        together = [np.concatenate(pair) for pair in zip(val, test, strict=True)]
        on_val, on_test, on_both = (_f1(*e, thresholds) for e in (val, test, together))
        best = on_val.argmax()
        others = on_test, on_both, _accuracies(*val, thresholds)
        if (
            np.ptp(np.sort(on_val)[-2:]) > 0.005
            and all(curve[best] < curve.max() for curve in others)
            and len({curve.argmax() for curve in others}) == 3
            and thresholds[best]
            not in (0.5, _report_with_greater(*exams, thresholds)[0])
        ):
            return val, test, thresholds
