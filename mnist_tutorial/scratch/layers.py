"""Layers: each a function, and the chain rule through it.

``forward(inputs)`` computes the outputs and remembers what ``backward`` needs, in
copies. ``backward(output_gradient)``, which comes after it, is told how the loss
changes with each output. By the chain rule it finds how the loss changes with each
parameter, which it keeps, and with each input, which it returns: the layer before
takes that as its ``output_gradient``.

In the shapes, ``n`` is the number of images, ``kh`` and ``kw`` are height and width of
a window, ``oh`` and ``ow`` those of the outputs, and ``c``, ``in`` and ``out`` count
channels.
"""

import functools
import math

import numpy as np

from mnist_tutorial.checks import check_choice, check_counts, check_floats
from mnist_tutorial.errors import InputError


class Layer:
    """What every layer has; derive from it to write another one.

    Attributes
    ----------
    parameter_names
        The attributes that are trained, such as ``kernel``. ``backward`` puts the
        gradient of ``kernel`` into ``kernel_gradient``, ``None`` until then.
    """

    parameter_names: tuple[str, ...] = ()

    @property
    def parameters(self) -> list[np.ndarray]:
        """The arrays that are trained, to be changed in place."""
        return [getattr(self, name) for name in self.parameter_names]

    @property
    def gradients(self) -> list[np.ndarray]:
        """What the last ``backward`` found, in the order of ``parameters``."""
        return [getattr(self, f"{name}_gradient") for name in self.parameter_names]

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        """Compute the outputs, and remember what ``backward`` needs."""
        raise NotImplementedError

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        """Keep the gradients of the parameters, and return that of the inputs."""
        raise NotImplementedError

    def _check(self, name: str, array: np.ndarray, *shape: int | str) -> None:
        """Refuse other than floats of this shape, in which a word fits any length."""
        check_floats(f"{name} of {type(self).__name__}", array, *shape)


class Dense(Layer):
    """Connect every input with every output: ``(n, inputs)`` to ``(n, outputs)``.

    Parameters
    ----------
    kernel, bias
        Floats, shapes ``(inputs, outputs)`` and ``(outputs,)``; copied.
    """

    parameter_names = ("kernel", "bias")

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        self._check("kernel", kernel, "inputs", "outputs")
        self._check("bias", bias, kernel.shape[1])
        self.kernel, self.bias = kernel.copy(), bias.copy()
        self.kernel_gradient = self.bias_gradient = None

    def forward(self, inputs):
        """Multiply by the weights and add up."""
        self._check("inputs", inputs, "n", len(self.kernel))
        self._inputs = inputs.copy()
        return inputs @ self.kernel + self.bias  # (n, outputs)

    def backward(self, output_gradient):
        """Go back the same way: what multiplied an input now multiplies a gradient."""
        self._check("output_gradient", output_gradient, "n", len(self.bias))
        self.kernel_gradient = self._inputs.T @ output_gradient  # (inputs, outputs)
        self.bias_gradient = output_gradient.sum(axis=0)  # (outputs,)
        return output_gradient @ self.kernel.T  # (n, inputs)


class ReLU(Layer):
    """Replace negative numbers by zero; the shape stays."""

    def forward(self, inputs):
        """Let what is positive pass."""
        self._check("inputs", inputs)
        self._is_positive = inputs > 0
        return np.maximum(inputs, 0)

    def backward(self, output_gradient):
        """Let the gradient pass where the input passed."""
        self._check("output_gradient", output_gradient, *self._is_positive.shape)
        return output_gradient * self._is_positive


class Flatten(Layer):
    """Write each image as one row: ``(n, …)`` to ``(n, numbers)``."""

    def forward(self, inputs):
        """Change the shape."""
        self._check("inputs", inputs)
        self._input_shape = inputs.shape
        return inputs.reshape(len(inputs), -1).copy()  # (n, numbers)

    def backward(self, output_gradient):
        """Change the shape back."""
        self._check("output_gradient", output_gradient, self._input_shape[0], "numbers")
        return output_gradient.reshape(self._input_shape)


class _WindowLayer(Layer):
    """What layers have in common whose window moves over images.

    One could go from window to window and look at its pixels. It is quicker to go from
    place to place *in* the window and look at all windows at once: nine steps for a
    3x3 window, however large the images are.
    """

    def __init__(self, window: tuple[int, int], stride: int, padding: str):
        check_counts(stride=stride)
        check_choice("padding", padding, ("valid", "same"))
        self._window, self.stride, self.padding = window, stride, padding

    def _pad(self, images: np.ndarray, value: float = 0.0) -> np.ndarray:
        """Add a border, and remember where the images lie inside it."""
        (kh, kw), (_, height, width, _) = self._window, images.shape
        rows, columns = (0, 0), (0, 0)  # before and after
        if self.padding == "same":
            rows = _same_padding(height, kh, self.stride)
            columns = _same_padding(width, kw, self.stride)
        elif kh > height or kw > width:
            raise InputError(
                f"the window must fit into images of {height}x{width}, got {kh}x{kw}; "
                "choose a smaller one, or padding='same'"
            )
        padded = np.pad(images, [(0, 0), rows, columns, (0, 0)], constant_values=value)
        top, left = rows[0], columns[0]
        self._inside = np.s_[:, top : top + height, left : left + width]
        self._padded_shape = padded.shape
        return padded

    def _pixels(self, padded: np.ndarray) -> list[np.ndarray]:
        """Return, for each place in a window, the pixels there of all windows.

        From the top left to the bottom right, row by row, each ``(n, oh, ow, c)``.
        They are views: what is added to them is added to ``padded``.
        """
        (kh, kw), (_, height, width, _) = self._window, padded.shape
        rows, columns = height - kh + 1, width - kw + 1  # where a window can begin
        return [
            padded[:, i : i + rows : self.stride, j : j + columns : self.stride]
            for i in range(kh)
            for j in range(kw)
        ]


def _same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    """Return how many pixels ``padding="same"`` adds before and after an axis.

    There is to be room for ``ceil(size / stride)`` windows. Where that takes an odd
    number of pixels, the bottom and the right get the odd one, as in Keras.
    """
    windows = math.ceil(size / stride)
    missing = max((windows - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


class Conv2D(_WindowLayer):
    """Slide kernels over images; each output is the weighted sum of a window.

    Images ``(n, height, width, in)`` become ``(n, oh, ow, out)``. As in every
    framework, the kernel is not flipped first, as mathematicians would.

    Parameters
    ----------
    kernel, bias
        Floats, shapes ``(kh, kw, in, out)`` and ``(out,)``; copied.
    stride
        Pixels from one window to the next, down and to the right.
    padding
        ``"valid"``: windows lie inside the image. ``"same"``: a border of zeros makes
        room for as many windows as there are pixels, or with a stride for
        ``ceil(pixels / stride)``, in each direction.
    """

    parameter_names = ("kernel", "bias")

    def __init__(
        self,
        kernel: np.ndarray,
        bias: np.ndarray,
        *,
        stride: int = 1,
        padding: str = "valid",
    ):
        self._check("kernel", kernel, "kh", "kw", "in", "out")
        self._check("bias", bias, kernel.shape[3])
        super().__init__(kernel.shape[:2], stride, padding)
        self.kernel, self.bias = kernel.copy(), bias.copy()
        self.kernel_gradient = self.bias_gradient = None

    def forward(self, inputs):
        """Multiply every window, a row, by every kernel, a column, as two matrices.

        That is known as im2col, and very fast. The price is memory: a 3x3 kernel with
        stride 1 makes nine copies of most pixels.
        """
        channels, filters = self.kernel.shape[2:]
        self._check("inputs", inputs, "n", "height", "width", channels)
        padded = self._pad(inputs)
        patches = np.concatenate(self._pixels(padded), axis=3)  # (n, oh, ow, kh*kw*in)
        n, oh, ow, numbers = patches.shape
        self._rows = patches.reshape(-1, numbers)  # (n*oh*ow, kh*kw*in)
        weights = self.kernel.reshape(-1, filters)  # (kh*kw*in, out)
        outputs = self._rows @ weights + self.bias  # (n*oh*ow, out)
        self._output_shape = (n, oh, ow, filters)
        return outputs.reshape(self._output_shape)

    def backward(self, output_gradient):
        """Go back through the product, then add up what each pixel receives.

        A weight was used in every window, and a pixel in several: sums over both.
        """
        self._check("output_gradient", output_gradient, *self._output_shape)
        channels, filters = self.kernel.shape[2:]
        gradient = output_gradient.reshape(-1, filters)  # (n*oh*ow, out)
        self.kernel_gradient = (self._rows.T @ gradient).reshape(self.kernel.shape)
        self.bias_gradient = gradient.sum(axis=0)  # (out,)

        weights = self.kernel.reshape(-1, filters)  # (kh*kw*in, out)
        row_gradient = gradient @ weights.T  # (n*oh*ow, kh*kw*in)
        shares = row_gradient.reshape(*self._output_shape[:3], -1, channels)
        padded_gradient = np.zeros(self._padded_shape, row_gradient.dtype)
        for place, pixel_gradient in enumerate(self._pixels(padded_gradient)):
            pixel_gradient += shares[..., place, :]  # (n, oh, ow, in)
        return padded_gradient[self._inside]  # (n, height, width, in)


class _Pool2D(_WindowLayer):
    def __init__(
        self, pool_size: int = 2, *, stride: int | None = None, padding: str = "valid"
    ):
        check_counts(pool_size=pool_size)
        stride = pool_size if stride is None else stride
        super().__init__((pool_size, pool_size), stride, padding)


class MaxPool2D(_Pool2D):
    """Keep the largest number of each window, channel by channel.

    Images ``(n, height, width, c)`` become ``(n, oh, ow, c)``.

    Parameters
    ----------
    pool_size
        Height and width of the window.
    stride
        Pixels from one window to the next; ``pool_size`` if it is not given.
    padding
        As for :class:`Conv2D`, but a pixel of the border is never the largest.
    """

    def forward(self, inputs):
        """Compare the places of the window, all windows at once."""
        self._check("inputs", inputs, "n", "height", "width", "c")
        self._padded = self._pad(inputs, value=-np.inf)
        self._outputs = functools.reduce(np.maximum, self._pixels(self._padded))
        return self._outputs.copy()  # (n, oh, ow, c)

    def backward(self, output_gradient):
        """Hand the gradient of each window to the pixel that won.

        Of several that are equally large the first one wins, as in TensorFlow.
        """
        self._check("output_gradient", output_gradient, *self._outputs.shape)
        padded_gradient = np.zeros(self._padded_shape, output_gradient.dtype)
        is_open = np.ones(self._outputs.shape, bool)  # no winner found yet
        pixels = self._pixels(self._padded), self._pixels(padded_gradient)
        for pixel, pixel_gradient in zip(*pixels, strict=True):
            has_won = is_open & (pixel == self._outputs)  # (n, oh, ow, c)
            is_open &= ~has_won
            pixel_gradient += has_won * output_gradient
        return padded_gradient[self._inside]  # (n, height, width, c)


class AveragePool2D(_Pool2D):
    """Take the mean of each window, channel by channel.

    Images ``(n, height, width, c)`` become ``(n, oh, ow, c)``. Parameters are those of
    :class:`MaxPool2D`; the pixels of a border do not count.
    """

    def forward(self, inputs):
        """Add up the places of the window, all windows at once, and divide."""
        self._check("inputs", inputs, "n", "height", "width", "c")
        padded = self._pad(inputs)
        is_inside = np.zeros((1, *padded.shape[1:3], 1), inputs.dtype)
        is_inside[self._inside] = 1
        self._counts = sum(self._pixels(is_inside))  # (1, oh, ow, 1)
        outputs = sum(self._pixels(padded)) / self._counts  # (n, oh, ow, c)
        self._output_shape = outputs.shape
        return outputs

    def backward(self, output_gradient):
        """Share the gradient of each window out among its pixels."""
        self._check("output_gradient", output_gradient, *self._output_shape)
        padded_gradient = np.zeros(self._padded_shape, output_gradient.dtype)
        for pixel_gradient in self._pixels(padded_gradient):
            pixel_gradient += output_gradient / self._counts
        return padded_gradient[self._inside]  # (n, height, width, c)
