"""Which class a network gives each image, and where it errs most."""

from typing import Any

import numpy as np
from scipy.special import log_softmax

from mnist_tutorial.checks import (
    check_counts,
    check_input_shape,
    check_model,
    checked_images,
    checked_labels,
    checked_scores,
)
from mnist_tutorial.errors import InputError


def predict_classes(
    model: Any, images: np.ndarray, *, batch_size: int = 500
) -> np.ndarray:
    """Let a network read images, some hundreds at a time, which saves memory.

    The class is the place of the highest output (of the first, if several are equal),
    so logits and probabilities will do alike. Dropout and augmentation are off.

    ``images`` are floats in [0, 1], shape ``(n, height, width, channels)``, as the
    model takes them. It gives one number a class, ``(n, num_classes)``, or one a class
    for every pixel, ``(n, height, width, num_classes)``; a single number, or one that
    is not finite, is refused. Returns ``int64`` in ``0..num_classes-1``, shape ``(n,)``
    or ``(n, height, width)``.
    """
    check_counts(batch_size=batch_size)
    check_model(model)
    images = checked_images(images)
    check_input_shape(model, images)
    return np.concatenate(
        [
            _classes(model(images[start : start + batch_size], training=False))
            for start in range(0, len(images), batch_size)
        ]
    )


def _classes(outputs: Any) -> np.ndarray:
    import keras  # what else is here works on arrays alone

    outputs = keras.ops.convert_to_numpy(outputs)
    if outputs.ndim < 2 or outputs.shape[-1] < 2:
        raise InputError(
            "model must give one number a class, shape (n, num_classes), got "
            f"{outputs.shape}; a single one becomes a class by a threshold, outputs > 0"
        )
    if not np.isfinite(outputs).all():
        raise InputError(
            "model must give finite numbers, got NaN or infinity; train it again with "
            "a smaller learning_rate"
        )
    return outputs.argmax(axis=-1)


def worst_errors(
    labels: np.ndarray, logits: np.ndarray, *, count: int = 10
) -> np.ndarray:
    """Find the errors in which the right class got the lowest probability.

    Labels are integer classes, shape ``(n,)``, logits have shape ``(n, num_classes)``.
    Returns the indices of ``count`` wrongly read examples, or of all if there are
    fewer, highest cross-entropy first.
    """
    check_counts(least=0, count=count)
    logits = checked_scores(logits)
    labels = checked_labels(labels, *logits.shape)
    losses = -log_softmax(logits.astype(np.float64), axis=1)
    loss = losses[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(labels != logits.argmax(axis=1))
    return wrong[np.argsort(-loss[wrong], kind="stable")][:count]
