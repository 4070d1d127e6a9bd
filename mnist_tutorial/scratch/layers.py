"""Layers: each a function, and the chain rule through it.

``forward(inputs)`` computes the outputs and remembers what ``backward`` needs.
``backward(output_gradient)`` is told how the loss changes with each output. By the
chain rule it finds how the loss changes with each parameter, which it keeps, and with
each input, which it returns: the layer before takes that as its ``output_gradient``.
"""

import functools

import numpy as np

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.checks import check_counts, check_floats
from mnist_tutorial.scratch.windows import (
    check_window,
    col2im,
    im2col,
    same_border,
    window_pixels,
)


class Layer:
    """What every layer has; derive from it to write another one.

    Attributes
    ----------
    parameter_names
        The attributes that are trained, such as ``kernel``. ``backward`` puts the
        gradient of ``kernel`` into ``kernel_gradient``, ``None`` until then.
    """

    parameter_names: tuple[str, ...] = ()
    _output_shape: tuple[int, ...] | None = None

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

    def _check_output_gradient(self, output_gradient: np.ndarray) -> None:
        name = type(self).__name__
        if self._output_shape is None:
            raise InputError(
                f"backward of {name} must come after forward, got no forward yet; "
                "call forward first"
            )
        check_floats(
            f"output_gradient of {name}", output_gradient, shape=self._output_shape
        )


class Dense(Layer):
    """Connect every input with every output: ``(n, inputs)`` to ``(n, outputs)``.

    Parameters
    ----------
    kernel
        Floats, shape ``(inputs, outputs)``; copied.
    bias
        Floats, shape ``(outputs,)``; copied.

    Raises
    ------
    InputError
        If a shape or a type does not fit; so do ``forward`` and ``backward``.
    """

    parameter_names = ("kernel", "bias")

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        check_floats("kernel of Dense", kernel, axes=2)
        check_floats("bias of Dense", bias, shape=kernel.shape[1:])
        self.kernel, self.bias = kernel.copy(), bias.copy()
        self.kernel_gradient = self.bias_gradient = None

    def forward(self, inputs):
        """Multiply by the weights and add up."""
        check_floats("inputs of Dense", inputs, axes=2)
        if inputs.shape[1] != len(self.kernel):
            raise InputError(
                f"inputs of Dense must have shape (n, {len(self.kernel)}), as its "
                f"kernel has that many rows, got {inputs.shape}"
            )
        self._inputs = inputs.copy()
        outputs = inputs @ self.kernel + self.bias
        self._output_shape = outputs.shape
        return outputs

    def backward(self, output_gradient):
        """Go back the same way: what multiplied an input now multiplies a gradient."""
        self._check_output_gradient(output_gradient)
        self.kernel_gradient = self._inputs.T @ output_gradient  # (inputs, outputs)
        self.bias_gradient = output_gradient.sum(axis=0)  # (outputs,)
        return output_gradient @ self.kernel.T  # (n, inputs)


class ReLU(Layer):
    """Replace negative numbers by zero; the shape stays."""

    def forward(self, inputs):
        """Let what is positive pass."""
        check_floats("inputs of ReLU", inputs)
        self._is_positive = inputs > 0
        self._output_shape = inputs.shape
        return np.maximum(inputs, 0)

    def backward(self, output_gradient):
        """Let the gradient pass where the input passed."""
        self._check_output_gradient(output_gradient)
        return output_gradient * self._is_positive


class Flatten(Layer):
    """Write each image as one row: ``(n, …)`` to ``(n, numbers)``."""

    def forward(self, inputs):
        """Change the shape."""
        check_floats("inputs of Flatten", inputs)
        self._input_shape = inputs.shape
        outputs = inputs.reshape(len(inputs), -1).copy()
        self._output_shape = outputs.shape
        return outputs

    def backward(self, output_gradient):
        """Change the shape back."""
        self._check_output_gradient(output_gradient)
        return output_gradient.reshape(self._input_shape)


class _WindowLayer(Layer):
    """A layer whose window moves over images, to which a border may be added."""

    def __init__(self, window: int | tuple[int, int], stride: int, padding: str):
        self._window = check_window(window, stride)
        if padding not in ("valid", "same"):
            raise InputError(f"padding must be 'valid' or 'same', got {padding!r}")
        self.stride, self.padding = stride, padding

    def _pad(self, images: np.ndarray, value: float = 0.0) -> np.ndarray:
        self._output_shape = None  # until forward has come to its end
        check_floats(f"inputs of {type(self).__name__}", images, axes=4)
        borders = [(0, 0), (0, 0)]
        if self.padding == "same":
            for axis in (0, 1):
                size, window = images.shape[1 + axis], self._window[axis]
                borders[axis] = same_border(size, window, self.stride)
        (top, _), (left, _) = borders
        _, height, width, _ = images.shape
        self._inside = np.s_[:, top : top + height, left : left + width]
        return np.pad(images, [(0, 0), *borders, (0, 0)], constant_values=value)

    def _pixels(self, padded: np.ndarray) -> list[np.ndarray]:
        return window_pixels(padded, self._window, self.stride)


class Conv2D(_WindowLayer):
    """Slide kernels over images; each output is the weighted sum of a window.

    Images ``(n, height, width, in)`` become ``(n, out_height, out_width, out)``. As in
    every framework, the kernel is not flipped first, as mathematicians would.

    Parameters
    ----------
    kernel
        Floats, shape ``(kernel_height, kernel_width, in, out)``; copied.
    bias
        Floats, shape ``(out,)``; copied.
    stride
        Pixels from one window to the next, down and to the right.
    padding
        ``"valid"``: windows lie inside the image. ``"same"``: a border of zeros makes
        room for as many windows as there are pixels, or with a stride for
        ``ceil(pixels / stride)``, in each direction.

    Raises
    ------
    InputError
        If a shape or a type does not fit; so do ``forward`` and ``backward``.
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
        check_floats("kernel of Conv2D", kernel, axes=4)
        check_floats("bias of Conv2D", bias, shape=kernel.shape[3:])
        super().__init__(kernel.shape[:2], stride, padding)
        self.kernel, self.bias = kernel.copy(), bias.copy()
        self.kernel_gradient = self.bias_gradient = None

    def forward(self, inputs):
        """Multiply every window by every kernel, in one product of matrices."""
        padded = self._pad(inputs)
        _, _, channels, filters = self.kernel.shape
        if inputs.shape[3] != channels:
            raise InputError(
                f"inputs of Conv2D must have {channels} channels, as its kernel has, "
                f"got shape {inputs.shape}"
            )
        patches = im2col(padded, self._window, stride=self.stride)
        weights = self.kernel.reshape(-1, filters)  # (kh * kw * in, out)
        rows = patches.reshape(-1, len(weights))  # (n * oh * ow, kh * kw * in)
        outputs = rows @ weights + self.bias  # (n * oh * ow, out)
        self._padded_size, self._patches = padded.shape[1:3], patches
        self._output_shape = (*patches.shape[:3], filters)
        return outputs.reshape(self._output_shape)  # (n, oh, ow, out)

    def backward(self, output_gradient):
        """Go back through the product, then add up what each pixel receives.

        A weight was used in every window, and a pixel in several: sums over both.
        """
        self._check_output_gradient(output_gradient)
        filters = self.kernel.shape[3]
        weights = self.kernel.reshape(-1, filters)  # (kh * kw * in, out)
        rows = self._patches.reshape(-1, len(weights))  # (n * oh * ow, kh * kw * in)
        gradient = output_gradient.reshape(-1, filters)  # (n * oh * ow, out)
        self.kernel_gradient = (rows.T @ gradient).reshape(self.kernel.shape)
        self.bias_gradient = gradient.sum(axis=0)  # (out,)
        row_gradient = gradient @ weights.T  # (n * oh * ow, kh * kw * in)
        padded_gradient = col2im(
            row_gradient.reshape(self._patches.shape),
            self._window,
            image_size=self._padded_size,
            stride=self.stride,
        )
        return padded_gradient[self._inside]


class _Pool2D(_WindowLayer):
    """The arguments that both kinds of pooling have."""

    def __init__(
        self, pool_size: int = 2, *, stride: int | None = None, padding: str = "valid"
    ):
        check_counts(pool_size=pool_size)
        super().__init__(pool_size, pool_size if stride is None else stride, padding)
        self.pool_size = pool_size


class MaxPool2D(_Pool2D):
    """Keep the largest number of each window, channel by channel.

    Images ``(n, height, width, c)`` become ``(n, out_height, out_width, c)``.

    Parameters
    ----------
    pool_size
        Height and width of the window.
    stride
        Pixels from one window to the next; ``pool_size`` if it is not given.
    padding
        As for :class:`Conv2D`, but a pixel of the border is never the largest.

    Raises
    ------
    InputError
        If an argument is out of range; so do ``forward`` and ``backward``.
    """

    def forward(self, inputs):
        """Compare the places of the window, all windows at once."""
        self._padded = self._pad(inputs, value=-np.inf)
        self._outputs = functools.reduce(np.maximum, self._pixels(self._padded))
        self._output_shape = self._outputs.shape
        return self._outputs.copy()

    def backward(self, output_gradient):
        """Hand the gradient of each window to the pixel that won.

        Of several that are equally large the first one wins, as in TensorFlow.
        """
        self._check_output_gradient(output_gradient)
        gradient = np.zeros(self._padded.shape, output_gradient.dtype)
        is_open = np.ones(self._output_shape, bool)  # no winner found yet
        for pixel, pixel_gradient in zip(
            self._pixels(self._padded), self._pixels(gradient), strict=True
        ):
            has_won = is_open & (pixel == self._outputs)
            is_open &= ~has_won
            pixel_gradient += has_won * output_gradient
        return gradient[self._inside]


class AveragePool2D(_Pool2D):
    """Take the mean of each window, channel by channel.

    Parameters
    ----------
    pool_size, stride
        As for :class:`MaxPool2D`.
    padding
        As for :class:`Conv2D`, but the pixels of the border do not count.

    Raises
    ------
    InputError
        If an argument is out of range; so do ``forward`` and ``backward``.
    """

    def forward(self, inputs):
        """Add up the places of the window, all windows at once, and divide."""
        padded = self._pad(inputs)
        self._padded_shape = padded.shape
        is_inside = np.zeros((1, *padded.shape[1:3], 1), inputs.dtype)
        is_inside[self._inside] = 1
        self._counts = sum(self._pixels(is_inside))  # (1, oh, ow, 1)
        outputs = sum(self._pixels(padded)) / self._counts
        self._output_shape = outputs.shape
        return outputs

    def backward(self, output_gradient):
        """Share the gradient of each window out among its pixels."""
        self._check_output_gradient(output_gradient)
        gradient = np.zeros(self._padded_shape, output_gradient.dtype)
        for pixel_gradient in self._pixels(gradient):
            pixel_gradient += output_gradient / self._counts
        return gradient[self._inside]
