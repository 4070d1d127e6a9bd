"""Homework 2, convolution: its parameters, the way forward, and the way back."""

import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import Answer, Homework, Slip

check = Homework()


@check.question
def count_parameters(answer: Answer, rng: np.random.Generator) -> None:
    """``count_parameters(size, channels, kernel_size, filters, classes)``.

    Of a convolution without padding, and of a dense layer behind 2x2 pooling.
    """
    kernel_size, channels = int(rng.choice([5, 7])), int(rng.integers(2, 5))
    pooled, filters, classes = rng.integers((4, 6, 5), (9, 20, 11)).tolist()
    size = 2 * pooled + 1 + kernel_size - 1  # pooling leaves a row out
    weights, inputs = kernel_size**2 * channels, pooled**2 * filters
    got = answer(size, channels, kernel_size, filters, classes)
    answer.must(
        isinstance(got, list) and len(got) == 2,
        zh="应返回两个数：(卷积层的, 全连接层的)",
        en="should return two numbers: (of the convolution, of the dense layer)",
    )
    answer.must_equal(
        got[0],
        (weights + 1) * filters,
        Slip((inputs + 1) * classes, "两个数反了：先是卷积层", "the two are swapped"),
        Slip(weights * filters, "没有算偏置", "the biases are missing"),
        Slip(
            weights * filters + 1,
            "每个卷积核有一个偏置，不是整层一个",
            "every kernel has a bias of its own",
        ),
        Slip(
            (kernel_size**2 + 1) * filters,
            "没有算输入通道：每个通道都配一张权重",
            "the input channels are missing: each has weights of its own",
        ),
        Slip(
            (kernel_size * channels + 1) * filters,
            "核有高也有宽，kernel_size 要算两次",
            "a kernel has a height and a width: kernel_size counts twice",
        ),
        case=Words("对卷积层", "for the convolution"),
    )
    answer.must_equal(
        got[1],
        (inputs + 1) * classes,
        Slip(inputs * classes, "没有算偏置", "the biases are missing"),
        Slip(
            (pooled**2 + 1) * classes,
            "展平时要把所有特征图都算上，乘以 filters",
            "flattening takes all feature maps: times filters",
        ),
        Slip(
            ((2 * pooled + 1) ** 2 * filters + 1) * classes,
            "没有算池化，边长要减半",
            "the pooling is missing, which halves the side",
        ),
        Slip(
            ((size // 2) ** 2 * filters + 1) * classes,
            "卷积没有填充，输出比输入小",
            "the convolution has no padding, so its output is smaller",
        ),
        Slip(
            ((pooled + 1) ** 2 * filters + 1) * classes,
            "池化时，不满一块的一行一列要舍去",
            "pooling drops a row and a column that fill no block",
        ),
        case=Words("对全连接层", "for the dense layer"),
    )


@check.question
def convolve(answer: Answer, rng: np.random.Generator) -> None:
    """``convolve(image, kernel, bias)``: all places, all channels, all kernels."""
    image, bias = rng.uniform(0.2, 1, (6, 5, 2)), rng.uniform(0.1, 0.5, 3)
    kernel = rng.normal(size=(3, 2, 2, 3))
    kernel[..., 0] = -rng.uniform(0.5, 1, (3, 2, 2))  # ReLU would show

    def slide(channels: tuple[int, ...], turned: int = 1) -> np.ndarray:
        maps = np.zeros((4, 4, 3))
        for i, j in np.ndindex(3, 2):
            weights = kernel[::turned, ::turned][i, j]
            for channel in channels:
                pixels = image[i : i + 4, j : j + 4, channel, np.newaxis]
                maps += pixels * weights[channel]
        return maps

    sums = slide((0, 1))
    answer.must_equal(
        answer(image, kernel, bias),
        sums + bias,
        Slip(sums, "没有加偏置", "the biases are missing"),
        Slip(
            sums + 2 * bias,
            "偏置加了两次：通道全部加完以后，只加一次",
            "the biases are added for each channel, and once is enough",
        ),
        Slip(
            slide((0, 1), -1) + bias,
            "核转了 180 度，这里不转",
            "the kernel is turned by 180 degrees, and should not be",
        ),
        Slip(
            slide((0,)) + bias,
            "只用了第一个通道，各通道的结果要相加",
            "this is the first channel alone, and all of them are added up",
        ),
        Slip(
            sums / 12 + bias,
            "求了平均，应求和",
            "this is a mean over the window, and a sum is wanted",
        ),
        Slip(
            np.maximum(sums + bias, 0),
            "还不要做 ReLU，负数留着",
            "no ReLU yet: negative numbers stay",
        ),
        Slip(
            (sums + bias)[:3, :3],
            "少了最后一行和最后一列：位置有 高 − 核高 + 1 个",
            "the last row and column are missing: there are height - kernel height "
            "+ 1 places",
        ),
        case=Words("对两个通道、三个核", "for two channels and three kernels"),
    )


@check.question
def dense_backward(answer: Answer, rng: np.random.Generator) -> None:
    """``dense_backward(inputs, kernel, bias, output_gradient)`` with ReLU."""
    inputs, kernel = rng.normal(size=(6, 3)), rng.normal(size=(3, 3))
    bias = -np.median(inputs @ kernel, axis=0)  # half of each column passes ReLU
    output_gradient = rng.normal(size=(6, 3))

    def back(passes: np.ndarray | bool) -> tuple[np.ndarray, ...]:
        gradient = output_gradient * passes
        slopes = sum(np.outer(inputs[i], gradient[i]) for i in range(6))
        return slopes, sum(gradient), np.array([kernel @ row for row in gradient])

    right = back(inputs @ kernel + bias > 0)
    without, by_gradient = back(True), back(output_gradient > 0)
    kept = output_gradient * (inputs @ kernel + bias > 0)
    got = answer(inputs, kernel, bias, output_gradient)
    answer.must(
        isinstance(got, list) and len(got) == 3,
        zh="应返回三样：(kernel_gradient, bias_gradient, input_gradient)",
        en="should return (kernel_gradient, bias_gradient, input_gradient)",
    )
    names = "kernel_gradient", "bias_gradient", "input_gradient"
    slips = (
        Slip(
            right[0].T, "行和列反了：inputs 要转置", "swap rows and columns: inputs.T"
        ),
        Slip(
            right[1] / 6,
            "求了平均，应对各张图求和",
            "this is a mean over the images, and a sum is wanted",
        ),
        Slip(kept @ kernel, "kernel 要转置", "the kernel has to be transposed"),
    )
    for place, name in enumerate(names):
        answer.must_equal(
            got[place],
            right[place],
            Slip(
                without[place],
                "ReLU 变成 0 的地方，梯度也是 0",
                "where ReLU gave 0, the gradient is 0 too",
            ),
            Slip(
                by_gradient[place],
                "看的是梯度的正负，应看前向时 z 的正负",
                "the sign that counts is that of z in the forward pass",
            ),
            slips[place],
            case=Words(f"对 {name}", f"for {name}"),
        )
