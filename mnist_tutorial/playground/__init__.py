"""Experiments that run inside a page: no kernel, no network, no library.

Each function takes arrays and returns an object that a notebook shows as one piece
of HTML: the data, a text for readers without JavaScript, and a script. The script
is ``base.js`` followed by the explorer's own; ``base.js`` says at its head how to
write another one. It finds out about language and colours where it is shown, since
the cells of the Chinese and of the English book are the same.
"""

import base64
import json
from dataclasses import dataclass
from importlib import resources

import numpy as np

from mnist_tutorial.errors import InputError

MAX_IMAGES = 10
MAX_POINTS = 200
LARGEST_COORDINATE = 1e6


@dataclass(frozen=True)
class Explorable:
    """An experiment that a notebook or a page of the book can show.

    Attributes
    ----------
    kind
        Which script runs it: ``kernel`` or ``descent``.
    data
        What the script works on; goes into the page as JSON.
    fallback
        For readers without JavaScript: by language code, what they miss.
    """

    kind: str
    data: dict
    fallback: dict[str, str]

    def __repr__(self) -> str:
        """Return a short name, for a terminal that shows no HTML."""
        return f"<explorable {self.kind!r}: show it in a notebook>"

    def _repr_html_(self) -> str:
        """Return the HTML fragment, the same for the same data."""
        script = _source("base.js") + _source(f"{self.kind}_explorer.js")
        # A "<" inside JSON could close the script element that holds it.
        data = json.dumps(self.data, separators=(",", ":")).replace("<", "\\u003c")
        texts = "".join(
            f'<p lang="{language}">{text}</p>'
            for language, text in self.fallback.items()
        )
        return (
            f'<div class="mnist-explorable" data-kind="{self.kind}">'
            f'<script type="application/json">{data}</script>{texts}</div>'
            f'<script type="module">\n{script}</script>'
        )


def kernel_explorer(images: np.ndarray) -> Explorable:
    """Slide a 3x3 kernel over a digit and see where each number comes from.

    The reader chooses a digit and a kernel, or types nine weights, moves the window
    and sees the nine pixels, the nine products and their sum, and the whole output.
    It is what ``keras.layers.Conv2D`` computes for one channel: cross-correlation
    (the kernel is not turned), stride 1, no padding, so 28x28 pixels give 26x26
    values. The page ``algorithm/convolution`` uses it.

    Parameters
    ----------
    images
        1 to 10 images, values in [0, 1], shape ``(n, 28, 28)`` or
        ``(n, 28, 28, 1)``. They are kept in 256 steps, which MNIST has anyway.

    Returns
    -------
    Explorable

    Raises
    ------
    InputError
        If the shape, the number of images or a value does not fit.
    """
    pixels = _array("images", images)
    if pixels.ndim == 4 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 3 or pixels.shape[1:] != (28, 28):
        raise InputError(
            "images must have shape (n, 28, 28) or (n, 28, 28, 1), "
            f"got {np.shape(images)}"
        )
    if not 1 <= len(pixels) <= MAX_IMAGES:
        raise InputError(
            f"images must hold 1 to {MAX_IMAGES} images, got {len(pixels)}; "
            "choose some, for example x_test[:5]"
        )
    if not np.issubdtype(pixels.dtype, np.floating):
        raise InputError(
            f"images must be floats in [0, 1], got {pixels.dtype}; "
            "load_mnist gives them so"
        )
    if not np.all((pixels >= 0) & (pixels <= 1)):
        raise InputError(
            f"images must lie in [0, 1], got {pixels.min()} to {pixels.max()}"
        )
    steps = np.rint(pixels * 255).astype(np.uint8)
    data = {"images": [base64.b64encode(image).decode() for image in steps]}
    return Explorable(
        "kernel",
        data,
        {
            "zh-CN": "这里是一个可以动手的小实验：选一个数字和一个 3×3 的卷积核，"
            "移动窗口，看九个像素怎样变成一个数。它需要 JavaScript。",
            "en": "Here is a small experiment: choose a digit and a 3×3 kernel, move "
            "the window and see how nine pixels become one number. It needs "
            "JavaScript.",
        },
    )


def descent_explorer(x: np.ndarray, y: np.ndarray) -> Explorable:
    """Fit one weight by gradient descent with the learning rate in the reader's hand.

    The model is ``w * x``, the loss the mean of ``(w * x - y)**2``. The reader sets
    the learning rate and the first weight, takes steps and watches the weight on the
    parabola of the loss, the loss of every step, and the line through the points.
    The page ``math/loss`` uses it.

    Parameters
    ----------
    x, y
        Coordinates of 1 to 200 points, shape ``(n,)``, from -10⁶ to 10⁶, with at
        least one ``x`` that is not zero.

    Returns
    -------
    Explorable

    Raises
    ------
    InputError
        If a shape or a value does not fit.
    """
    x, y = _array("x", x), _array("y", y)
    for name, values in (("x", x), ("y", y)):
        if values.dtype.kind not in "iuf":
            raise InputError(f"{name} must be numbers, got {values.dtype}")
    x, y = x.astype(np.float64), y.astype(np.float64)
    if x.ndim != 1 or x.shape != y.shape or not 1 <= len(x) <= MAX_POINTS:
        raise InputError(
            f"x and y must both have shape (n,) with 1 to {MAX_POINTS} points, "
            f"got {x.shape} and {y.shape}"
        )
    for name, values in (("x", x), ("y", y)):
        if not np.all(np.abs(values) <= LARGEST_COORDINATE):
            raise InputError(
                f"{name} must hold numbers from {-LARGEST_COORDINATE:g} to "
                f"{LARGEST_COORDINATE:g}, got {values.min()} to {values.max()}"
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


def _array(name: str, values: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} must be an array of numbers, got rows of several lengths"
        ) from error


def _source(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
