"""Change images a little, by chance or on purpose, to see what a network puts up with.

Every function takes images and gives new ones of the same shape: ``float32`` in
[0, 1], ink bright. :func:`shift`, :func:`rotate`, :func:`thicken`, :func:`thin`,
:func:`invert` and the two kinds of noise know nothing of the network; :func:`fgsm` asks
the network itself which small change would hurt it most. Taught in
``outlook/interpretability``.
"""

from collections.abc import Sequence

import keras
import numpy as np
from scipy import ndimage

from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import checked_inputs, gradient

# A pixel and its four neighbours: growing by it, again and again, stays roughly round.
_CROSS = ndimage.generate_binary_structure(2, 1)[np.newaxis, :, :, np.newaxis]


def shift(images: np.ndarray, *, down: float = 0.0, right: float = 0.0) -> np.ndarray:
    """Move images; what leaves the field is lost, and what comes in is blank.

    Parameters
    ----------
    images
        Floats in [0, 1], shape ``(n, height, width, channels)``.
    down, right
        Pixels; negative to move up or left. Between whole pixels the values are
        interpolated linearly, which blurs.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape.

    Raises
    ------
    InputError
        If the images are of another kind or a distance is not finite.
    """
    images = _checked(images)
    _check_finite(down=down, right=right)
    moved = ndimage.shift(images, (0, down, right, 0), order=1)
    return np.clip(moved, 0, 1)


def rotate(images: np.ndarray, *, degrees: float) -> np.ndarray:
    """Turn images about their middle; what comes in at the corners is blank.

    Parameters
    ----------
    images
        As for :func:`shift`.
    degrees
        Counter-clockwise as one looks at the image.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape; interpolated linearly, which blurs,
        except for quarter turns of square images.

    Raises
    ------
    InputError
        If the images are of another kind or ``degrees`` is not finite.
    """
    images = _checked(images)
    _check_finite(degrees=degrees)
    turned = ndimage.rotate(images, degrees, axes=(1, 2), reshape=False, order=1)
    return np.clip(turned, 0, 1)


def thicken(images: np.ndarray, *, pixels: int = 1) -> np.ndarray:
    """Widen strokes: every pixel takes the highest value in its neighbourhood.

    Parameters
    ----------
    images
        As for :func:`shift`.
    pixels
        How far a stroke grows on either side, at least 0.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape.

    Raises
    ------
    InputError
        If the images are of another kind or ``pixels`` is out of range.
    """
    images = _checked(images)
    for _ in range(_checked_steps(pixels)):
        images = ndimage.grey_dilation(images, footprint=_CROSS, mode="constant")
    return images


def thin(images: np.ndarray, *, pixels: int = 1) -> np.ndarray:
    """Narrow strokes: every pixel takes the lowest value in its neighbourhood.

    Most of MNIST's strokes are two or three pixels wide, so little survives even one
    pixel.

    Parameters
    ----------
    images
        As for :func:`shift`.
    pixels
        How far a stroke shrinks on either side, at least 0.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape.

    Raises
    ------
    InputError
        If the images are of another kind or ``pixels`` is out of range.
    """
    images = _checked(images)
    for _ in range(_checked_steps(pixels)):
        images = ndimage.grey_erosion(images, footprint=_CROSS, mode="constant")
    return images


def invert(images: np.ndarray) -> np.ndarray:
    """Swap ink and paper.

    Parameters
    ----------
    images
        As for :func:`shift`.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape: 1 minus the images.

    Raises
    ------
    InputError
        If the images are of another kind.
    """
    return 1 - _checked(images)


def add_noise(images: np.ndarray, *, scale: float, seed: int) -> np.ndarray:
    """Add Gaussian noise, and cut off what leaves [0, 1].

    Parameters
    ----------
    images
        As for :func:`shift`.
    scale
        Standard deviation of the noise before the cut, at least 0.
    seed
        For the noise.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape.

    Raises
    ------
    InputError
        If the images are of another kind or ``scale`` is out of range.
    """
    images = _checked(images)
    _check_size("scale", scale)
    noise = np.random.default_rng(seed).standard_normal(images.shape, dtype=np.float32)
    return np.clip(images + np.float32(scale) * noise, 0, 1)


def add_random_signs(images: np.ndarray, *, epsilon: float, seed: int) -> np.ndarray:
    """Move every pixel up or down by the same amount, tossing a coin for each.

    The fair comparison for :func:`fgsm`: as large a change, in a random direction.

    Parameters
    ----------
    images
        As for :func:`shift`.
    epsilon
        How far every pixel moves, at least 0; then it is cut to [0, 1].
    seed
        For the coin.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape.

    Raises
    ------
    InputError
        If the images are of another kind or ``epsilon`` is out of range.
    """
    images = _checked(images)
    _check_size("epsilon", epsilon)
    signs = np.random.default_rng(seed).choice(np.float32([-1, 1]), images.shape)
    return np.clip(images + np.float32(min(epsilon, 1)) * signs, 0, 1)


def fgsm(
    model: keras.Model, images: np.ndarray, labels: Sequence[int], *, epsilon: float
) -> np.ndarray:
    """Move every pixel by at most epsilon so that the loss rises most: an attack.

    The fast gradient sign method goes from the image by ``epsilon`` times the sign of
    the loss's gradient. If the network were linear no change of that size could do
    worse; as it is not, stronger attacks exist, and a network that withstands this
    one is not thereby safe.

    Parameters
    ----------
    model
        A model that gives logits, shape ``(n, num_classes)``.
    images
        As for :func:`shift`, as the model takes them. All of them are attacked at
        once, so hand in some hundreds at a time.
    labels
        The right classes, shape ``(n,)``.
    epsilon
        How far a pixel may move, at least 0; the result is cut to [0, 1].

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], of the same shape.

    Raises
    ------
    InputError
        If the images are of another kind or do not fit the model, a label is not a
        class, ``epsilon`` is out of range, or Keras runs on a backend other than
        TensorFlow.

    References
    ----------
    I. J. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial
    Examples", 2015, arXiv:1412.6572.
    """
    images = _checked(images)
    _check_size("epsilon", epsilon)
    images, labels = checked_inputs(model, images, labels, name="labels")

    def loss(values):
        logits = model(values, training=False)
        return keras.losses.sparse_categorical_crossentropy(
            labels, logits, from_logits=True
        )

    direction = np.sign(gradient(loss, images))
    return np.clip(images + np.float32(min(epsilon, 1)) * direction, 0, 1)


def _checked(images: np.ndarray) -> np.ndarray:
    """Return the images as float32, or refuse them."""
    images = np.asarray(images)
    if images.ndim != 4 or not images.size:
        raise InputError(
            "images must have shape (n, height, width, channels) with at least one "
            f"pixel, got {images.shape}; x[:1] keeps the first axis, x[0] drops it"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise InputError(
            f"images must be floats in [0, 1], got {images.dtype}; divide bytes by 255"
        )
    # NaN fails both comparisons, so it is refused here too.
    if not (images.min() >= 0 and images.max() <= 1):
        raise InputError(
            f"images must be floats in [0, 1], got {images.min():g} to "
            f"{images.max():g}; scale them first"
        )
    return images.astype(np.float32)


def _checked_steps(pixels: int) -> int:
    if not isinstance(pixels, int | np.integer) or pixels < 0:
        raise InputError(f"pixels must be a whole number from 0, got {pixels!r}")
    return pixels


def _check_finite(**values: float) -> None:
    for name, value in values.items():
        if not np.isfinite(value):
            raise InputError(f"{name} must be a finite number, got {value}")


def _check_size(name: str, value: float) -> None:
    if not 0 <= value < np.inf:
        raise InputError(f"{name} must be a finite number from 0, got {value}")
