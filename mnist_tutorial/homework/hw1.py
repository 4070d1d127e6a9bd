"""Homework 1, training: softmax, a step, and an epoch with its losses."""

import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import Answer, Homework, Slip

check = Homework()


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of every image."""
    largest = logits.max(axis=1)
    sums = np.exp(logits - largest[:, np.newaxis]).sum(axis=1)
    return largest + np.log(sums) - logits[np.arange(len(labels)), labels]


@check.question
def softmax(answer: Answer, rng: np.random.Generator) -> None:
    """``softmax(logits)``: the scores of each row become probabilities."""
    ordinary = rng.uniform(-4, 0, (3, 3))
    ordinary[np.arange(3), rng.integers(0, 3, 3)] = 0  # already without its largest
    powers = np.exp(ordinary)
    right = _softmax(ordinary)
    far = Words(
        "对 1000 和 −1000 上下的 logits（先减去每行最大的，exp 才不出错）",
        "for rows of logits near 1000 and -1000 (take the largest of each row off "
        "before exp)",
    )
    cases = (0, Words("对三张图的 logits", "for three images")), (1000, far)
    for offset, case in cases:
        answer.must_equal(
            answer(ordinary + offset * np.array([[1], [-1], [0]])),
            right,
            Slip(powers, "还没有除以总和", "they are not divided by their sum yet"),
            Slip(
                powers / powers.sum(),
                "除以了整个数组的和，每一行要除以自己的和：axis=1",
                "you divide by the sum of the whole array, and each row has its own: "
                "axis=1",
            ),
            Slip(
                powers / powers.sum(axis=0),
                "按列求了和，一行才是一张图：axis=1",
                "the sums go down the columns, and an image is a row: axis=1",
            ),
            Slip(
                powers / powers.sum(axis=1),
                "每行的和除到别的行去了：sum 要加 keepdims=True",
                "the sums divide other rows than their own: keepdims=True is missing",
            ),
            Slip(
                np.log(right),
                "这是概率的对数，不是概率",
                "these are the logarithms of the probabilities",
            ),
            case=case,
        )


@check.question
def gradient_step(answer: Answer, rng: np.random.Generator) -> None:
    """``gradient_step(kernel, bias, pixels, error, rate)``: one step."""
    kernel, bias = rng.normal(size=(3, 3)), rng.normal(size=3)
    pixels, error = rng.uniform(0.1, 1, (5, 3)), rng.normal(size=(5, 3))
    rate = float(rng.uniform(0.1, 0.5))
    slopes = sum(np.outer(pixels[i], error[i]) for i in range(5))
    totals = sum(error)
    got = answer(kernel, bias, pixels, error, rate)
    answer.must(
        isinstance(got, list) and len(got) == 2,
        zh="应返回两样：(kernel, bias)",
        en="should return a pair: (kernel, bias)",
    )
    answer.must_equal(
        got[0],
        kernel - rate * slopes,
        Slip(
            kernel + rate * slopes,
            "走反了：要朝梯度的反方向走",
            "this is uphill: subtract the gradient",
        ),
        Slip(kernel - slopes, "没有乘学习率", "the learning rate is missing"),
        Slip(
            kernel - rate * slopes.T,
            "行和列反了：是 pixels.T @ error",
            "rows and columns are swapped: it is pixels.T @ error",
        ),
        Slip(
            kernel - rate * slopes / 5,
            "多除了一次张数，error 里已经除过了",
            "you divide by the number of images, and error already is",
        ),
        Slip(slopes, "这是梯度，不是新的权重", "this is the gradient, not the new one"),
        case=Words("对 kernel", "for kernel"),
    )
    answer.must_equal(
        got[1],
        bias - rate * totals,
        Slip(bias, "偏置没有动，它也要更新", "the biases did not move, and should"),
        Slip(
            bias - rate * totals / 5,
            "偏置的梯度是 error 各行的和，不是平均",
            "its gradient is the sum of the rows of error, not their mean",
        ),
        Slip(
            bias - rate * totals.sum(),
            "所有类别加在一起了：sum 要 axis=0",
            "all classes are added up: the sum needs axis=0",
        ),
        case=Words("对 bias", "for bias"),
    )


def _epoch(
    start: tuple[np.ndarray, np.ndarray],
    pixels: np.ndarray,
    labels: np.ndarray,
    rate: float,
    *,
    divisor: int | None = None,
) -> tuple[np.ndarray, np.ndarray, list[float], list[float]]:
    """Train in batches of four; the losses are before and after each step."""
    kernel, bias = (values.copy() for values in start)
    before, after = [], []
    for batch in np.split(np.arange(len(labels)), range(4, len(labels), 4)):
        inputs, targets = pixels[batch], np.eye(3)[labels[batch]]
        logits = inputs @ kernel + bias
        change = rate * (_softmax(logits) - targets) / (divisor or len(batch))
        kernel -= inputs.T @ change
        bias -= change.sum(axis=0)
        before.append(_losses(logits, labels[batch]).mean())
        after.append(_losses(inputs @ kernel + bias, labels[batch]).mean())
    return kernel, bias, before, after


def _slips_of_losses(
    start: tuple[np.ndarray, np.ndarray],
    pixels: np.ndarray,
    labels: np.ndarray,
    rate: float,
) -> list[Slip]:
    given = start, pixels, labels
    _, _, before, after = _epoch(*given, rate)
    return [
        Slip(
            before[:2],
            "最后不满一批的那几张也要用上",
            "the last images, less than a full batch, have to be used too",
        ),
        Slip(
            after,
            "这是走完这一步以后的损失，应是走之前的",
            "these are the losses after each step, and those before are wanted",
        ),
        Slip(
            _epoch(*given, 0.0)[2],
            "权重一直没有变：下一批要用更新以后的权重",
            "the weights never change: each batch starts from those of the last",
        ),
        Slip(
            _epoch(*given, -rate)[2],
            "走反了：误差是 p − y，要朝梯度的反方向走",
            "this is uphill: the error is p - y, and the gradient is subtracted",
        ),
        Slip(
            _epoch(*given, rate, divisor=1)[2],
            "损失是这一批的平均，误差也要除以这一批的张数",
            "the loss is a mean: divide the error by the images of the batch too",
        ),
        Slip(-np.array(before), "少了负号", "the minus sign is missing"),
        Slip(
            np.array(before) * [4, 4, 2],
            "这是每一批的和，要平均",
            "these are sums over the batches, and means are wanted",
        ),
        Slip(
            np.mean(before),
            "不要再平均：每一批一个损失，放进列表",
            "give a list with the loss of every batch, without a mean over them",
        ),
    ]


@check.question
def train_epoch(answer: Answer, rng: np.random.Generator) -> None:
    """``train_epoch(kernel, bias, images, labels, batch_size, learning_rate)``."""
    images = rng.uniform(0, 1, (10, 3, 2, 1))
    pixels, labels = images.reshape(10, 6), rng.integers(0, 3, 10)
    start, rate = (rng.normal(size=(6, 3)), rng.normal(size=3)), 0.5
    kernel, bias, before, _ = _epoch(start, pixels, labels, rate)
    unequal = _epoch(start, pixels, labels, rate, divisor=4)
    got = answer(*start, images, labels, 4, rate)
    answer.must(
        isinstance(got, list) and len(got) == 3,
        zh="应返回三样：(kernel, bias, losses)",
        en="should return three things: (kernel, bias, losses)",
    )
    answer.must_equal(
        got[2],
        before,
        *_slips_of_losses(start, pixels, labels, rate),
        case=Words("对 10 张图、每批 4 张的 losses", "for losses of 10 images by 4"),
    )
    for place, wanted, name in ((0, kernel, "kernel"), (1, bias, "bias")):
        answer.must_equal(
            got[place],
            wanted,
            Slip(
                start[place],
                "返回的还是训练之前的",
                "this is the one from before the training",
            ),
            Slip(
                unequal[place],
                "最后一批只有 2 张，误差要除以 2，不是 batch_size",
                "the last batch has 2 images: divide its error by 2, not by batch_size",
            ),
            case=Words(f"对 {name}", f"for {name}"),
        )
