"""Homework 3, evaluation: a number that another person may rely on.

The pages ``code/evaluation`` and ``faq/overfitting`` teach what is asked.
"""

import math

import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import Answer, Homework, Slip

check = Homework()


@check.question
def split(answer: Answer, rng: np.random.Generator) -> None:
    """``split(writers, seed)``: image numbers for training, validation and test.

    All images of a writer lie in the same part, which the seed chooses.
    """
    names, each = 100 + rng.permutation(900)[:20], int(rng.integers(3, 7))
    writers = rng.permutation(np.repeat(names, each))
    seed, other_seed = rng.permutation(1000)[:2].tolist()
    parts = answer(writers, seed)
    answer.must(
        _are_lists_of_integers(parts),
        zh="返回的不是三组整数编号，应为训练、验证、测试三组图像编号；小数不能当编号用",
        en="does not return three lists of whole numbers, and the image numbers for "
        "training, validation and test are expected; floats are no index",
    )
    numbers = sorted(number for part in parts for number in part)
    answer.must(
        numbers == list(range(len(writers))),
        zh=f"给出 {len(numbers)} 个编号，{len(set(numbers))} 个不同，应为 0 到 "
        f"{len(writers) - 1} 各一次：要的是每一张图像的编号，不重复，不遗漏",
        en=f"gives {len(numbers)} numbers, {len(set(numbers))} of them different, and "
        f"each of 0 to {len(writers) - 1} is expected once: the numbers are those of "
        "images, and none is doubled or left out",
    )
    writer_of = dict(enumerate(writers.tolist()))
    groups = [{writer_of.get(number) for number in part} for part in parts]
    shared = sum(map(len, groups)) - len(set.union(*groups))
    answer.must(
        shared == 0,
        zh="把同一个人写的图像分到了不同的组里，这是泄漏：要洗的是人，不是图像",
        en="puts images of one writer into several parts, which is leakage: shuffle "
        "the writers and not the images",
    )
    answer.must_equal(
        [len(part) for part in parts],
        [12 * each, 4 * each, 4 * each],
        Slip(
            [16 * each, 2 * each, 2 * each],
            "这是 80%、10%、10%，要的是 60%、20%、20%",
            "these are 80, 10 and 10 %, and 60, 20 and 20 % are asked",
        ),
        Slip(
            [4 * each, 4 * each, 12 * each],
            "顺序反了：先是训练集，最后是测试集",
            "the order is reversed: the training set comes first",
        ),
        case=Words(
            f"共 {len(writers)} 张，数各组的张数时",
            f"as sizes of the parts of {len(writers)} images",
        ),
    )
    answer.must(
        answer(writers, seed) == parts,
        zh="用同一个种子运行两次，给出两种划分：随机数要由 seed 产生",
        en="gives two different splits for the same seed: let the seed make the "
        "random numbers",
    )
    answer.must(
        answer(writers, other_seed) != parts,
        zh="换了种子，划分一点没变：没有洗牌，或者没有用到 seed",
        en="gives the same split for another seed: nothing is shuffled, or the seed "
        "is not used",
    )


def _are_lists_of_integers(parts: object) -> bool:
    return (
        isinstance(parts, list)
        and len(parts) == 3
        and all(isinstance(part, list) for part in parts)
        and all(type(number) is int for part in parts for number in part)
    )


@check.question
def confusion_matrix(answer: Answer, rng: np.random.Generator) -> None:
    """``confusion_matrix(labels, predictions, num_classes)``: rows are the labels."""
    num_classes = int(rng.integers(4, 7))
    counts = np.zeros((num_classes, num_classes), int)  # the last class: no image
    counts[:-1, :-1] = rng.integers(1, 4, (num_classes - 1, num_classes - 1))
    counts[0, 1] = counts[1, 0] + 3
    order = rng.permutation(counts.sum())
    labels, predictions = np.repeat(
        np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1
    )[:, order]
    answer.must_equal(
        answer(labels, predictions, num_classes),
        counts,
        Slip(
            counts.T,
            "行和列反了：行是标签，列是预测",
            "rows and columns are swapped: a row is a label",
        ),
        Slip(
            (counts > 0).astype(int),
            "同一格来了几次，只加了一次：NumPy 的 `matrix[labels, predictions] += 1` "
            "不会重复加",
            "a cell that is met several times got 1 only: NumPy's "
            "`matrix[labels, predictions] += 1` does not add twice",
        ),
        Slip(
            counts[:-1, :-1],
            "行数和列数要用 num_classes，最后一类可能没有出现",
            "there are num_classes rows, even if the last class does not occur",
        ),
        Slip(
            counts / counts.sum(),
            "这是比例，要的是张数",
            "these are shares, and counts are asked",
        ),
        Slip(
            counts - np.diag(counts.diagonal()),
            "只数了读错的，读对的在对角线上",
            "only errors are counted, and right answers belong on the diagonal",
        ),
        case=Words(
            f"{len(labels)} 张、{num_classes} 类时",
            f"for {len(labels)} images and {num_classes} classes",
        ),
    )


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
def paired_p_value(answer: Answer, rng: np.random.Generator) -> None:
    """``paired_p_value(right_a, right_b)``: McNemar's exact two-sided test."""
    first, second, third = rng.integers(3, 13, 3).tolist()
    gap, other_gap = rng.integers(6, 13, 2).tolist()
    for only_a, only_b in (
        (first + gap, first),
        (second, second + other_gap),
        (third, third),
    ):
        both, fewer = int(rng.integers(60, 90)), min(only_a, only_b)
        kinds = np.repeat([3, 2, 1, 0], [both, only_a, only_b, 20])
        right_a, right_b = rng.permutation([kinds // 2, kinds % 2], axis=1) == 1
        tosses, images = only_a + only_b, len(kinds)
        tail = sum(math.comb(tosses, k) for k in range(fewer + 1)) / 2**tosses
        without = sum(math.comb(tosses, k) for k in range(fewer)) / 2**tosses
        distance = abs(only_a - only_b)
        pooled = _deviation((2 * both + tosses) / (2 * images), images) * math.sqrt(2)
        answer.must_equal(
            answer(right_a, right_b),
            min(1, 2 * tail),
            Slip(tail, "只算了一侧，要乘以 2", "this is one side only, double it"),
            Slip(
                2 * tail,
                "概率不会大于 1：两边一样多时，中间那一项算了两遍",
                "a probability is at most 1: with equal counts the middle is counted "
                "twice",
            ),
            Slip(
                min(1, 2 * (1 - without if only_b > only_a else tail)),
                "这里默认 A 更好：B 更好的时候也要算较少的那一侧",
                "this takes A to be the better one: where it is B, count from B's side",
            ),
            Slip(
                min(1, 2 * without),
                "少加了一项：range 不含终点",
                "a term is missing: range ends before its end",
            ),
            Slip(
                math.erfc(distance / math.sqrt(2 * tosses)),
                "这是卡方近似，题里要的是精确的硬币",
                "this is the chi-square approximation, and the exact coin is asked",
            ),
            Slip(
                math.erfc(distance / images / pooled / math.sqrt(2)),
                "这是把两边当作考了不同的图像来比，丢掉了配对",
                "this compares two shares as if of different images: the pairs are "
                "lost",
            ),
            case=Words(
                f"{images} 张里只有 A 对 {only_a} 张、只有 B 对 {only_b} 张时",
                f"where of {images} images {only_a} are right for A only and "
                f"{only_b} for B only",
            ),
        )


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
