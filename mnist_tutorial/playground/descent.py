"""Gradient descent on one weight, for the page ``math/loss``."""

import numpy as np

from mnist_tutorial.checks import checked_array
from mnist_tutorial.errors import InputError
from mnist_tutorial.playground.explorable import Explorable

MAX_POINTS = 200
LARGEST_COORDINATE = 1e6


def descent_explorer(x: np.ndarray, y: np.ndarray) -> Explorable:
    """Fit one weight by gradient descent with the learning rate in the reader's hand.

    The model is ``w * x``, the loss the mean of ``(w * x - y)**2``. The reader sets
    the learning rate and the first weight, takes steps and watches the weight on the
    parabola of the loss, the loss of every step, and the line through the points.

    Parameters
    ----------
    x, y
        Coordinates of 1 to 200 points, shape ``(n,)``, from -10⁶ to 10⁶, with at
        least one ``x`` that is not zero.

    Raises
    ------
    InputError
        If a shape or a value does not fit.
    """
    x = checked_array("x", x).astype(np.float64)
    y = checked_array("y", y).astype(np.float64)
    if x.ndim != 1 or x.shape != y.shape or not 1 <= len(x) <= MAX_POINTS:
        raise InputError(
            f"x and y must both have shape (n,) with 1 to {MAX_POINTS} points, "
            f"got {x.shape} and {y.shape}; x.ravel() drops an axis"
        )
    largest = np.abs([x, y]).max()
    if not largest <= LARGEST_COORDINATE:  # nor NaN
        raise InputError(
            f"x and y must be numbers from {-LARGEST_COORDINATE:g} to "
            f"{LARGEST_COORDINATE:g}, got one of size {largest:g}; scale them first"
        )
    if np.abs(x).max() < 1 / LARGEST_COORDINATE:
        raise InputError(
            f"x must not be (almost) zero everywhere, got {np.abs(x).max()} at most: "
            "no weight could matter"
        )
    return Explorable(
        "descent",
        {"x": x.tolist(), "y": y.tolist()},
        {
            "zh-CN": "这里是一个可以动手的小实验：选学习率和起点，一步一步做梯度下降，"
            "看损失是变小、来回摆动还是变大。它需要 JavaScript。",
            "en": "Here is a small experiment: choose a learning rate and a starting "
            "point, take steps of gradient descent and see the loss shrink, swing or "
            "grow. It needs JavaScript.",
        },
    )
