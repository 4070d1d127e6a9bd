"""Homework 1, training: softmax, loss, a step, an epoch, and its right answers."""

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
def cross_entropy(answer: Answer, rng: np.random.Generator) -> None:
    """``cross_entropy(logits, labels)``: the mean of -log(probability of the label)."""
    labels = rng.permutation(9)[:4]  # never 9: a label too many stays a class
    ordinary = rng.uniform(-2, 2, (4, 10))
    sure, misled = ordinary.copy(), ordinary.copy()
    sure[np.arange(4), labels] = rng.uniform(7, 8, 4)
    misled[0, labels[0]] -= rng.uniform(800, 900)
    for logits, case in (
        (sure, Words("对有把握又答对的四张图", "for four certain, right answers")),
        (ordinary, Words("对四张没有把握的图", "for four uncertain answers")),
        (
            misled,
            Words(
                "对错得很有把握的 logits（那个概率存成了 0，损失要直接从 logits 算）",
                "for a certain, wrong answer (its probability is stored as 0: compute "
                "the loss from the logits)",
            ),
        ),
    ):
        each = _losses(logits, labels)
        twice = _losses(_softmax(logits), labels)
        wrong_row = [_losses(logits, np.full(4, label)).mean() for label in labels]
        answer.must_equal(
            answer(logits, labels),
            each.mean(),
            Slip(each, "还要对这一批求平均", "take the mean over the batch"),
            Slip(each.sum(), "这是和，不是平均", "this is the sum, not the mean"),
            Slip(-each.mean(), "少了负号", "the minus sign is missing"),
            Slip(
                each.mean() / 10,
                "除多了：除以图的张数，不再除以类别数",
                "divide by the number of images, and not by that of classes too",
            ),
            Slip(
                each.mean() / np.log(10),
                "对数要用自然对数 np.log",
                "the logarithm is the natural one, np.log",
            ),
            Slip(
                twice.mean(),
                "像是做了两次 softmax",
                "softmax seems to be applied twice",
            ),
            Slip(
                _losses(logits, labels + 1).mean(),
                "取了旁边一类的概率：标签从 0 数起",
                "this is the class after the label: labels count from 0",
            ),
            Slip(
                np.mean(wrong_row),
                "每一行取出了所有标签的概率，每张图只取自己的：[np.arange(n), labels]",
                "every row gives the probabilities of all labels, and each image has "
                "one: [np.arange(n), labels]",
            ),
            case=case,
        )


@check.question
def output_error(answer: Answer, rng: np.random.Generator) -> None:
    """``output_error(probabilities, labels)``: the loss's gradient by the logits."""
    labels = rng.permutation(4)[[0, 1, 2, 0]]  # a class that does not occur
    probabilities = _softmax(rng.uniform(-2, 2, (4, 4)))
    target = np.zeros((4, 4))
    target[np.arange(4), labels] = 1
    everywhere = probabilities.copy()
    everywhere[:, labels] -= 1
    right = (probabilities - target) / 4
    answer.must_equal(
        answer(probabilities, labels),
        right,
        Slip(-right, "正负号反了：是 p − y", "the sign is wrong: it is p - y"),
        Slip(
            probabilities - target,
            "损失是这一批的平均，所以还要除以张数",
            "the loss is a mean over the batch: divide by the number of images",
        ),
        Slip(
            right / 4,
            "除多了：只除以张数，不除以类别数",
            "divide by the number of images, and not by that of classes too",
        ),
        Slip(
            probabilities / 4 - target,
            "减去的那个 1 也要除以张数",
            "the 1 that you take away has to be divided by the number of images too",
        ),
        Slip(
            everywhere / 4,
            "每一行都减了所有标签的列，每张图只减自己的：[np.arange(n), labels]",
            "every row loses 1 at all labels, and each image has its own: "
            "[np.arange(n), labels]",
        ),
        Slip(
            (probabilities - labels[:, np.newaxis]) / 4,
            "减去了标签这个数，应减去它的独热编码",
            "you subtract the label as a number; subtract its one-hot row",
        ),
        case=Words(f"对标签 {labels.tolist()}", f"for labels {labels.tolist()}"),
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


@check.question
def train_epoch(answer: Answer, rng: np.random.Generator) -> None:
    """``train_epoch(kernel, bias, images, labels, batch_size, learning_rate)``."""
    images = rng.uniform(0, 1, (10, 3, 2, 1))
    pixels, labels = images.reshape(10, 6), rng.integers(0, 3, 10)
    start, rate = (rng.normal(size=(6, 3)), rng.normal(size=3)), 0.5
    kernel, bias, before, after = _epoch(start, pixels, labels, rate)
    no_step = _epoch(start, pixels, labels, 0.0)[2]
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
            no_step,
            "权重一直没有变：下一批要用更新以后的权重",
            "the weights never change: each batch starts from those of the last",
        ),
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


@check.question
def share_right(answer: Answer, rng: np.random.Generator) -> None:
    """``share_right(kernel, bias, images, labels)``: accuracy on a validation set."""
    for bright, least in ((20, 10), (30, 15)):
        right_bright = int(rng.integers(least, bright))
        # Bright images: the class of their pixel. Dim ones: class 3, by its bias.
        count, right_dim = bright + 5, 3
        seen = rng.integers(0, 3, count)
        is_bright = np.arange(count) < bright
        pixels = rng.uniform(0, 0.1, (count, 6))
        pixels[np.arange(count), seen] = np.where(is_bright, 1, 0.3)
        kernel = 3 * np.eye(6, 4) + rng.uniform(-0.1, 0.1, (6, 4))
        bias = np.array([0, 0, 0, 2]) + rng.uniform(-0.1, 0.1, 4)
        labels = np.where(is_bright, seen, 3)
        labels[right_bright:bright] = (seen[right_bright:bright] + 1) % 3
        labels[bright + right_dim :] = seen[bright + right_dim :]
        order = rng.permutation(count)
        right = right_bright + right_dim
        without_bias = right_bright + 5 - right_dim
        lowest = (pixels @ kernel + bias).argmin(axis=1)
        answer.must_equal(
            answer(kernel, bias, pixels[order].reshape(-1, 3, 2, 1), labels[order]),
            right / count,
            Slip(right, "这是答对的张数，要除以总数", "this is a count, divide it"),
            Slip(1 - right / count, "这是错误率", "this is the share of errors"),
            Slip(
                100 * right / count,
                "不要换成百分数",
                "a share lies between 0 and 1, without percent",
            ),
            Slip(
                without_bias / count,
                "忘了加偏置",
                "the biases are missing from the logits",
            ),
            Slip(
                np.mean(lowest == labels),
                "取了分数最低的类别，应取最高的",
                "this takes the class with the lowest score, and not the highest",
            ),
            case=Words(
                f"{count} 张里答对 {right} 张时",
                f"where {right} of {count} are right",
            ),
        )
