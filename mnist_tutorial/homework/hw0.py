"""Homework 0, tools: five small tasks in NumPy. Handing it in proves the whole path."""

import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import Answer, Homework, Slip

check = Homework()


@check.question
def scale(answer: Answer, rng: np.random.Generator) -> None:
    """``scale(images)``: bytes become floats in [0, 1]."""
    images = rng.integers(1, 200, (2, 4, 4), dtype=np.uint8)
    images[0, 0, 0] = 0
    answer.must_equal(
        answer(images),
        images / 255,
        Slip(images, "像素没有变", "the pixels are as they were"),
        Slip(images // 255, "整除去掉了小数", "// drops the fraction, / keeps it"),
        Slip(images / 256, "字节最大是 255，不是 256", "the largest byte is 255"),
        Slip(
            images / images.max(),
            "除以了这批图像里的最大值，换一批图像，同样的灰度就不一样了",
            "you divide by the largest pixel of these images; with others the same "
            "grey would become another number",
        ),
    )


@check.question
def one_hot(answer: Answer, rng: np.random.Generator) -> None:
    """``one_hot(labels, num_classes)``: 1 in the column of the label, else 0."""
    num_classes = int(rng.integers(6, 9))
    labels = rng.permutation(num_classes - 1)[:4]  # the last class does not occur
    wanted = [[float(k == label) for k in range(num_classes)] for label in labels]
    columns = np.array(wanted)
    answer.must_equal(
        answer(labels, num_classes),
        wanted,
        Slip(columns.T, "行和列反了，一行是一个标签", "rows and columns are swapped"),
        Slip(
            columns[:, : labels.max() + 1],
            "列数要用 num_classes，最后几类可能没有出现",
            "there are num_classes columns, even if the last classes do not occur",
        ),
        Slip(
            np.roll(columns, -1, axis=1),
            "差了一列：标签从 0 数起",
            "you are a column off: labels count from 0",
        ),
        Slip(
            columns.sum(axis=0),
            "所有标签写进了同一行",
            "all labels are marked in one row, and each needs its own",
        ),
        case=Words(f"对标签 {labels.tolist()}", f"for labels {labels.tolist()}"),
    )


@check.question
def accuracy(answer: Answer, rng: np.random.Generator) -> None:
    """``accuracy(scores, labels)``: the share whose highest score is at the label."""
    for least, most in ((0.2, 0.4), (0.6, 0.8)):
        count = int(rng.integers(20, 60))
        right = int(count * rng.uniform(least, most))
        labels = rng.integers(0, 5, count)
        scores = rng.uniform(-4, 4, (count, 5))
        highest = np.where(np.arange(count) < right, labels, (labels + 1) % 5)
        scores[np.arange(count), highest] = rng.uniform(5, 9, count)
        order = rng.permutation(count)
        answer.must_equal(
            answer(scores[order], labels[order]),
            right / count,
            Slip(right, "这是答对的张数，要除以总数", "this is a count, divide it"),
            Slip(1 - right / count, "这是错误率", "this is the share of errors"),
            Slip(
                100 * right / count,
                "不要换成百分数",
                "a share lies between 0 and 1, without percent",
            ),
            case=Words(
                f"{count} 张里答对 {right} 张时",
                f"where {right} of {count} are right",
            ),
        )


@check.question
def mean_image(answer: Answer, rng: np.random.Generator) -> None:
    """``mean_image(images, labels, digit)``: the average image of one digit."""
    digit = int(rng.integers(0, 10))
    labels = np.array([digit, (digit + 1) % 10, digit, (digit + 3) % 10, digit])
    images = rng.uniform(0.1, 1, (5, 3, 4))
    chosen = images[[0, 2, 4]]
    answer.must_equal(
        answer(images, labels, digit),
        sum(chosen) / 3,
        Slip(chosen.mean(), "轴忘了：要 axis=0", "an axis is missing: axis=0"),
        Slip(sum(chosen), "这是和，还没有除以张数", "this is the sum, not the mean"),
        Slip(
            sum(chosen) / 5,
            "除以了全部图像的张数，应除以这个数字的张数",
            "you divide by the number of all images, not of this digit's",
        ),
        Slip(sum(images) / 5, "其他数字也算进去了", "other digits are in it too"),
        Slip(
            chosen.mean(axis=(1, 2)),
            "这是每张图像的平均，要在图像之间求平均：axis=0",
            "this is a mean for each image; average over the images, axis=0",
        ),
        case=Words(
            f"对标签 {labels.tolist()} 里的 {digit}",
            f"for digit {digit} of labels {labels.tolist()}",
        ),
    )


@check.question
def crop(answer: Answer, rng: np.random.Generator) -> None:
    """``crop(images, size)``: the ``size`` x ``size`` pixels in the middle."""
    size = 2 * int(rng.integers(1, 3))
    images = rng.uniform(0, 1, (2, size + 4, size + 6))
    answer.must_equal(
        answer(images, size),
        images[:, 2 : 2 + size, 3 : 3 + size],
        Slip(
            images[:, :size, :size],
            "这是左上角，不是中间",
            "this is the upper left corner, not the middle",
        ),
        Slip(
            images[:, 2 : 2 + size, 2 : 2 + size],
            "列的起点要用宽度来算",
            "the first column follows from the width, not from the height",
        ),
        Slip(
            images[:, 3 : 3 + size, 4 : 4 + size],
            "起点差了一个像素",
            "the crop begins a pixel too late",
        ),
        Slip(
            images[:, 2 : 3 + size, 3 : 4 + size],
            "多了一行一列：切片不含终点",
            "a row and a column too many: a slice ends before its end",
        ),
        case=Words(f"当 size 为 {size} 时", f"for size {size}"),
    )
