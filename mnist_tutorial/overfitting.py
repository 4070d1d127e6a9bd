"""A small network that overfits within seconds, and what helps against that.

250 images and 53,994 parameters will do, so that every cure can be tried over several
seeds. The page ``faq/overfitting`` writes the cures out, ``faq/regularization``
measures them.
"""

from collections.abc import Callable

import keras
from keras import layers

from mnist_tutorial.checks import check_in
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import INPUT_SHAPE, NUM_CLASSES

Augment = Callable[[], keras.layers.Layer]


def build_shifts() -> keras.Sequential:
    """Build layers that shift and turn images a little, as handwriting varies.

    At most a tenth of the image (2.8 pixels) in each direction, and at most a
    twenty-fifth of a full turn (14.4 degrees) each way; what comes in at the border is
    background. ``fit`` has that done, ``predict`` and ``evaluate`` see the images as
    they are. A model that is called as a function needs ``training=False`` for that:
    unlike dropout, Keras' augmentation acts unless it is told not to.

    References
    ----------
    P. Y. Simard, D. Steinkraus, J. C. Platt, "Best Practices for Convolutional
    Neural Networks Applied to Visual Document Analysis", 2003,
    doi:10.1109/ICDAR.2003.1227801.
    """
    return keras.Sequential(
        [
            layers.RandomTranslation(0.1, 0.1, fill_mode="constant"),
            layers.RandomRotation(0.04, fill_mode="constant"),
        ]
    )


def build_regularized_cnn(
    *,
    dropout_rate: float = 0.0,
    weight_decay: float = 0.0,
    augment: Augment | None = None,
) -> keras.Sequential:
    """Build a small network with the regularisers that are asked for.

    Without any it is the network on which the page ``faq/regularization`` tries them:
    logits, shape ``(n, 10)``; 53,994 parameters. ``dropout_rate``, in [0, 1), is the
    share of the values set to 0 in training before each dense layer. ``weight_decay``,
    from 0, is the factor of the sum of all squared weights, without biases, that is
    added to the loss (an L2 penalty). ``augment`` builds the layers that change the
    images in training: :func:`build_shifts`.

    References
    ----------
    N. Srivastava et al., "Dropout", 2014,
    https://jmlr.org/papers/v15/srivastava14a.html. A. Krogh, J. Hertz, "A Simple
    Weight Decay Can Improve Generalization", 1991.
    """
    check_in("[0, 1)", dropout_rate=dropout_rate)
    check_in("[0, inf)", weight_decay=weight_decay)
    if isinstance(augment, layers.Layer):
        raise InputError(
            f"augment must be a function that builds layers, got {augment.name}; hand "
            "in build_shifts itself, not what it returns"
        )
    augmentation = [augment()] if augment else []
    penalty = {}
    if weight_decay:
        penalty = {"kernel_regularizer": keras.regularizers.L2(float(weight_decay))}
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            *augmentation,
            layers.Conv2D(8, 5, activation="relu", **penalty),
            layers.MaxPooling2D(),  # (n, 12, 12, 8)
            layers.Conv2D(16, 3, activation="relu", **penalty),
            layers.MaxPooling2D(),  # (n, 5, 5, 16)
            layers.Flatten(),
            *([layers.Dropout(dropout_rate)] if dropout_rate else []),
            layers.Dense(128, activation="relu", **penalty),
            *([layers.Dropout(dropout_rate)] if dropout_rate else []),
            layers.Dense(NUM_CLASSES, **penalty),
        ]
    )
