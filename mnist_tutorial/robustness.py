"""Change images a little, by chance or on purpose, to see what a network puts up with.

Both functions take images and give new ones of the same shape: ``float32`` in [0, 1],
ink bright. :func:`add_random_signs` knows nothing of the network; :func:`fgsm` asks the
network itself which small change would hurt it most. Taught in
``outlook/interpretability``. Arguments of another kind raise ``InputError``.
"""

from collections.abc import Sequence

import keras
import numpy as np

from mnist_tutorial.checks import (
    check_counts,
    check_in,
    check_input_shape,
    check_model,
    checked_images,
    checked_labels,
)
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import gradient


def add_random_signs(images: np.ndarray, *, epsilon: float, seed: int) -> np.ndarray:
    """Move every pixel up or down by the same amount, tossing a coin for each.

    The fair comparison for :func:`fgsm`: as large a change, in a random direction.
    Images are floats in [0, 1], shape ``(n, height, width, channels)``; every pixel
    moves by ``epsilon``, in [0, 1], then the image is cut to [0, 1].
    """
    check_in("[0, 1]", epsilon=epsilon)
    check_counts(least=0, seed=seed)
    images = checked_images(images)
    signs = np.random.default_rng(seed).choice(np.float32([-1, 1]), images.shape)
    return np.clip(images + np.float32(epsilon) * signs, 0, 1)


def fgsm(
    model: keras.Model, images: np.ndarray, labels: Sequence[int], *, epsilon: float
) -> np.ndarray:
    """Move every pixel by at most epsilon so that the loss rises most: an attack.

    The fast gradient sign method goes from the image by ``epsilon`` times the sign of
    the loss's gradient. If the network were linear no change of that size could do
    worse; as it is not, stronger attacks exist, and a network that withstands this
    one is not thereby safe.

    ``images`` and ``epsilon`` are those of :func:`add_random_signs`, some hundreds at a
    time, as they are attacked all at once; ``labels`` are their classes, shape
    ``(n,)``. The model gives logits, shape ``(n, num_classes)``.

    References
    ----------
    I. J. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial
    Examples", 2015, arXiv:1412.6572.
    """
    check_in("[0, 1]", epsilon=epsilon)
    check_model(model)
    images = checked_images(images)
    check_input_shape(model, images)
    shape = tuple(model(images[:1], training=False).shape)
    if len(shape) != 2:
        raise InputError(
            f"model must give one logit a class, shape (n, num_classes), got {shape}; "
            "end it with Flatten and Dense"
        )
    labels = checked_labels(labels, len(images), shape[1])

    def loss(values):
        logits = model(values, training=False)
        return keras.losses.sparse_categorical_crossentropy(
            labels, logits, from_logits=True
        )

    direction = np.sign(gradient(loss, images))
    return np.clip(images + np.float32(epsilon) * direction, 0, 1)
