"""Windows over images: what convolution and pooling have in common."""

import math
from numbers import Integral

import numpy as np

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.checks import check_counts, check_floats


def window_pixels(
    images: np.ndarray, window: tuple[int, int], stride: int
) -> list[np.ndarray]:
    """Return, for each place in a window, the pixel there of all windows at once.

    One could go from window to window and look at its pixels. It is quicker to go
    from place to place *in* the window and look at all windows: nine steps for a 3x3
    window, however large the images are.

    Parameters
    ----------
    images
        Shape ``(n, height, width, c)``.
    window, stride
        Height and width of the window, and the pixels from one to the next.

    Returns
    -------
    list of np.ndarray
        From the place at the top left to that at the bottom right, row by row; each
        of shape ``(n, out_height, out_width, c)``. These are views: what is written
        to them is written to ``images``.

    Raises
    ------
    InputError
        If the window is larger than the images.
    """
    window_height, window_width = window
    _, height, width, _ = images.shape
    rows = height - window_height + 1  # where a window can begin
    columns = width - window_width + 1
    if rows < 1 or columns < 1:
        raise InputError(
            f"the window must fit into images of {height}x{width}, got "
            f"{window_height}x{window_width}; choose a smaller one, or padding='same'"
        )
    return [
        images[:, i : i + rows : stride, j : j + columns : stride]
        for i in range(window_height)
        for j in range(window_width)
    ]


def same_border(size: int, window: int, stride: int) -> tuple[int, int]:
    """Return how many pixels ``padding="same"`` adds before and after an axis.

    There is to be room for ``ceil(size / stride)`` windows. Where that takes an odd
    number of pixels, the bottom and the right get the odd one, as in Keras.
    """
    windows = math.ceil(size / stride)
    missing = max((windows - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def im2col(
    images: np.ndarray, kernel_size: int | tuple[int, int], *, stride: int = 1
) -> np.ndarray:
    """Write the pixels under each position of a kernel as one row of numbers.

    A convolution multiplies each window by the same kernel, number by number, and
    adds up. With a window as a row and a kernel as a column that is a product of
    matrices, for which there is very fast code. The price is memory: with a 3x3
    kernel and stride 1 most pixels are written nine times.

    Parameters
    ----------
    images
        Floats, shape ``(n, height, width, c)``.
    kernel_size
        Height and width of the kernel, or one number for both.
    stride
        Pixels from one position to the next.

    Returns
    -------
    np.ndarray
        Shape ``(n, out_height, out_width, kernel_height * kernel_width * c)`` with
        ``out_height = (height - kernel_height) // stride + 1``; in a row, the
        channels of the first pixel come first.

    Raises
    ------
    InputError
        If the kernel is larger than the images, or an argument is out of range.

    Examples
    --------
    >>> image = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> image[0, :, :, 0]
    array([[0., 1., 2.],
           [3., 4., 5.],
           [6., 7., 8.]])
    >>> im2col(image, 2).reshape(4, 4)
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """
    window = check_window(kernel_size, stride)
    check_floats("images", images, axes=4)
    return np.concatenate(window_pixels(images, window, stride), axis=-1)


def col2im(
    patches: np.ndarray,
    kernel_size: int | tuple[int, int],
    *,
    image_size: tuple[int, int],
    stride: int = 1,
) -> np.ndarray:
    """Add the numbers of each row to the pixels that :func:`im2col` took them from.

    A pixel under several windows receives a sum. That is how a gradient goes back
    through ``im2col``, and in the language of matrices its adjoint: for all ``x`` and
    ``p``, ``(im2col(x) * p).sum()`` is ``(x * col2im(p)).sum()``.

    Parameters
    ----------
    patches
        Floats, shape ``(n, out_height, out_width, kernel_height * kernel_width * c)``.
    kernel_size, stride
        As for :func:`im2col`.
    image_size
        Height and width of the images.

    Returns
    -------
    np.ndarray
        Shape ``(n, height, width, c)``.

    Raises
    ------
    InputError
        If :func:`im2col` gives patches of another shape for such images.

    Examples
    --------
    >>> col2im(np.ones((1, 2, 2, 4)), 2, image_size=(3, 3))[0, :, :, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    window = check_window(kernel_size, stride)
    check_floats("patches", patches, axes=4)
    height, width = _pair("image_size", image_size)
    check_counts(image_height=height, image_width=width)
    places = math.prod(window)
    channels = max(1, patches.shape[3] // places)
    images = np.zeros((len(patches), height, width, channels), patches.dtype)
    pixels = window_pixels(images, window, stride)
    expected = (*pixels[0].shape[:3], places * channels)
    if patches.shape != expected:
        raise InputError(
            f"patches of images of {image_size} must have shape {expected}, got "
            f"{patches.shape}"
        )
    for pixel, numbers in zip(pixels, np.split(patches, places, axis=3), strict=True):
        pixel += numbers
    return images


def check_window(window: int | tuple[int, int], stride: int) -> tuple[int, int]:
    """Return a window's height and width, or refuse it or its stride."""
    height, width = _pair("window", window)
    check_counts(window_height=height, window_width=width, stride=stride)
    return height, width


def _pair(name: str, size: int | tuple[int, int]) -> tuple[int, int]:
    sizes = (size, size) if isinstance(size, Integral) else size
    if not isinstance(sizes, tuple | list) or len(sizes) != 2:
        raise InputError(f"{name} must be a height and a width, got {size!r}")
    return tuple(sizes)
