"""A 3x3 kernel on a digit, for the page ``algorithm/convolution``."""

import base64

import numpy as np

from mnist_tutorial.checks import checked_array, checked_images
from mnist_tutorial.errors import InputError
from mnist_tutorial.playground.explorable import Explorable

MAX_IMAGES = 10


def kernel_explorer(images: np.ndarray) -> Explorable:
    """Slide a 3x3 kernel over a digit and see where each number comes from.

    The reader chooses a digit and a kernel, or types nine weights, moves the window
    and sees the nine pixels, the nine products and their sum, and the whole output.
    It is what ``keras.layers.Conv2D`` computes for one channel: cross-correlation
    (the kernel is not turned), stride 1, no padding, so 28x28 pixels give 26x26
    values.

    Parameters
    ----------
    images
        1 to 10 images, values in [0, 1], shape ``(n, 28, 28)`` or
        ``(n, 28, 28, 1)``. They are kept in 256 steps, which MNIST has anyway.

    Raises
    ------
    InputError
        If the shape, the number of images or a value does not fit.
    """
    pixels = checked_array("images", images)
    if pixels.ndim == 3:
        pixels = pixels[..., np.newaxis]
    checked_images(pixels)
    if pixels.shape[1:] != (28, 28, 1) or len(pixels) > MAX_IMAGES:
        raise InputError(
            f"images must have shape (n, 28, 28, 1) with n from 1 to {MAX_IMAGES}, "
            f"got {np.shape(images)}; choose some, for example x_test[:5]"
        )
    steps = np.rint(pixels * 255).astype(np.uint8)
    return Explorable(
        "kernel",
        {"images": [base64.b64encode(image).decode() for image in steps]},
        {
            "zh-CN": "这里是一个可以动手的小实验：选一个数字和一个 3×3 的卷积核，"
            "移动窗口，看九个像素怎样变成一个数。它需要 JavaScript。",
            "en": "Here is a small experiment: choose a digit and a 3×3 kernel, move "
            "the window and see how nine pixels become one number. It needs "
            "JavaScript.",
        },
    )
