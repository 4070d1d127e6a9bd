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

import numpy as np

from mnist_tutorial.checks import check_counts, check_floats
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

    ``kernel`` and ``bias``, floats of shape ``(inputs, outputs)`` and ``(outputs,)``,
    are copied.
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


def _pixels(
    images: np.ndarray, window: tuple[int, int], stride: int = 1
) -> list[np.ndarray]:
    """Return, for each place in a window, the pixels there of all windows.

    One could go from window to window and look at its pixels. It is quicker to go from
    place to place *in* the window and look at all windows at once: nine steps for a
    3x3 window, however large the images are.

    From the top left to the bottom right, row by row, each ``(n, oh, ow, c)``.
    They are views: what is added to them is added to ``images``.
    """
    (kh, kw), (_, height, width, _) = window, images.shape
    if kh > height or kw > width:
        raise InputError(
            f"the window must fit into images of {height}x{width}, got {kh}x{kw}; "
            "choose a smaller one"
        )
    rows, columns = height - kh + 1, width - kw + 1  # where a window can begin
    return [
        images[:, i : i + rows : stride, j : j + columns : stride]
        for i in range(kh)
        for j in range(kw)
    ]


class Conv2D(Layer):
    """Slide kernels over images; each output is the weighted sum of a window.

    Images ``(n, height, width, in)`` become ``(n, oh, ow, out)``: a window goes a pixel
    at a time and stays inside the image. As in every framework, the kernel is not
    flipped first, as mathematicians would.

    Parameters
    ----------
    kernel, bias
        Floats, shapes ``(kh, kw, in, out)`` and ``(out,)``; copied.
    """

    parameter_names = ("kernel", "bias")

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        self._check("kernel", kernel, "kh", "kw", "in", "out")
        self._check("bias", bias, kernel.shape[3])
        self.kernel, self.bias = kernel.copy(), bias.copy()
        self.kernel_gradient = self.bias_gradient = None

    def forward(self, inputs):
        """Multiply every window, a row, by every kernel, a column, as two matrices.

        That is known as im2col, and very fast. The price is memory: a 3x3 kernel makes
        nine copies of most pixels.
        """
        *window, channels, filters = self.kernel.shape
        self._check("inputs", inputs, "n", "height", "width", channels)
        patches = np.concatenate(_pixels(inputs, window), axis=3)
        n, oh, ow, numbers = patches.shape  # (n, oh, ow, kh*kw*in)
        self._rows = patches.reshape(-1, numbers)  # (n*oh*ow, kh*kw*in)
        weights = self.kernel.reshape(-1, filters)  # (kh*kw*in, out)
        outputs = self._rows @ weights + self.bias  # (n*oh*ow, out)
        self._input_shape, self._output_shape = inputs.shape, (n, oh, ow, filters)
        return outputs.reshape(self._output_shape)

    def backward(self, output_gradient):
        """Go back through the product, then add up what each pixel receives.

        A weight was used in every window, and a pixel in several: sums over both.
        """
        self._check("output_gradient", output_gradient, *self._output_shape)
        *window, channels, filters = self.kernel.shape
        gradient = output_gradient.reshape(-1, filters)  # (n*oh*ow, out)
        self.kernel_gradient = (self._rows.T @ gradient).reshape(self.kernel.shape)
        self.bias_gradient = gradient.sum(axis=0)  # (out,)

        weights = self.kernel.reshape(-1, filters)  # (kh*kw*in, out)
        row_gradient = gradient @ weights.T  # (n*oh*ow, kh*kw*in)
        shares = row_gradient.reshape(*self._output_shape[:3], -1, channels)
        input_gradient = np.zeros(self._input_shape, row_gradient.dtype)
        for place, pixel_gradient in enumerate(_pixels(input_gradient, window)):
            pixel_gradient += shares[..., place, :]  # (n, oh, ow, in)
        return input_gradient  # (n, height, width, in)


class MaxPool2D(Layer):
    """Keep the largest number of each window, channel by channel.

    Images ``(n, height, width, c)`` become ``(n, oh, ow, c)``: windows stand side by
    side, and rows and columns that fill none are left out.

    Parameters
    ----------
    pool_size
        Height and width of the window.
    """

    def __init__(self, pool_size: int = 2):
        check_counts(pool_size=pool_size)
        self.pool_size = pool_size

    def _windows(self, images: np.ndarray) -> list[np.ndarray]:
        return _pixels(images, (self.pool_size, self.pool_size), self.pool_size)

    def forward(self, inputs):
        """Compare the places of the window, all windows at once."""
        self._check("inputs", inputs, "n", "height", "width", "c")
        self._inputs = inputs.copy()
        self._outputs = functools.reduce(np.maximum, self._windows(self._inputs))
        return self._outputs.copy()  # (n, oh, ow, c)

    def backward(self, output_gradient):
        """Hand the gradient of each window to the pixel that won.

        Of several that are equally large the first one wins, as in TensorFlow.
        """
        self._check("output_gradient", output_gradient, *self._outputs.shape)
        input_gradient = np.zeros(self._inputs.shape, output_gradient.dtype)
        is_open = np.ones(self._outputs.shape, bool)  # no winner found yet
        pixels = self._windows(self._inputs), self._windows(input_gradient)
        for pixel, pixel_gradient in zip(*pixels, strict=True):
            has_won = is_open & (pixel == self._outputs)  # (n, oh, ow, c)
            is_open &= ~has_won
            pixel_gradient += has_won * output_gradient
        return input_gradient  # (n, height, width, c)
