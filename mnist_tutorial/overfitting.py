"""Make overfitting visible on a few hundred images, and measure what helps.

500 images and a network of 53,994 parameters overfit within seconds, so that every
cure can be tried over several seeds. The page ``faq/overfitting`` does that.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from mnist_tutorial.checks import check_in, checked_labels
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import INPUT_SHAPE, NUM_CLASSES
from mnist_tutorial.training import History

Augment = Callable[[], keras.layers.Layer]


class GeneralizationGap(NamedTuple):
    """What the end of a training run shows, compared with its best epoch.

    Attributes
    ----------
    best_epoch
        The epoch with the lowest validation loss, counted from 1.
    loss_rise
        Validation loss of the last epoch divided by the lowest one, from 1.
    accuracy_change
        Validation accuracy of the last epoch minus that of ``best_epoch``, in
        [-1, 1].
    accuracy_gap
        Training accuracy minus validation accuracy in the last epoch, in [-1, 1].
    """

    best_epoch: int
    loss_rise: float
    accuracy_change: float
    accuracy_gap: float


def generalization_gap(history: History) -> GeneralizationGap:
    """Compare the end of a run with the epoch of its lowest validation loss.

    Dropout and augmentation make training harder than validation, and a weight
    penalty is part of both losses: compare gaps of networks without them, or measure
    the training accuracy again after training.

    Parameters
    ----------
    history
        What ``training.train`` returns when it is given ``validation_data``: at least
        two epochs, all numbers finite, or it is refused.
    """
    names = ("accuracy", "val_accuracy", "val_loss")
    for name in names:
        if name not in history:
            raise InputError(
                f"history must have {name}, got {', '.join(history) or 'nothing'}; "
                "train with validation_data"
            )
        if len(history[name]) < 2:
            raise InputError(
                f"history must have at least two epochs, got {len(history[name])}; one "
                "cannot show a turn"
            )
        if not np.all(np.isfinite(history[name])):
            raise InputError(
                f"{name} must hold finite numbers, got {list(history[name])}; train "
                "again with a smaller learning_rate"
            )
    accuracy, val_accuracy, val_loss = (history[name] for name in names)
    best = int(np.argmin(val_loss))
    return GeneralizationGap(
        best_epoch=best + 1,
        loss_rise=float(val_loss[-1] / val_loss[best]),
        accuracy_change=float(val_accuracy[-1] - val_accuracy[best]),
        accuracy_gap=float(accuracy[-1] - val_accuracy[-1]),
    )


def shuffle_labels(y: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Deal the labels out anew, so that they say nothing about the images.

    Every class keeps its count; with ten equal classes about a tenth of the labels
    stay right by chance.

    Parameters
    ----------
    y
        Integer classes, shape ``(n,)``, or they are refused.
    seed
        The same seed gives the same order.

    Returns
    -------
    np.ndarray
        A shuffled copy, shape ``(n,)``.

    References
    ----------
    C. Zhang et al., "Understanding deep learning requires rethinking
    generalization", 2017, arXiv:1611.03530.
    """
    return np.random.default_rng(seed).permutation(checked_labels(y, name="y"))


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

    Without any it is the patient on which the page ``faq/overfitting`` tries them.

    Parameters
    ----------
    dropout_rate
        Share of the values set to 0 in training before each dense layer, in [0, 1),
        or it is refused.
    weight_decay
        Factor of the sum of all squared weights that is added to the loss (an L2
        penalty), from 0, or it is refused. Biases are spared.
    augment
        Builds the layers that change the images in training: :func:`build_shifts`.

    Returns
    -------
    keras.Sequential
        Logits, shape ``(n, 10)``; 53,994 parameters.

    References
    ----------
    N. Srivastava et al., "Dropout", 2014,
    https://jmlr.org/papers/v15/srivastava14a.html. A. Krogh, J. Hertz, "A Simple
    Weight Decay Can Improve Generalization", 1991.
    """
    check_in("[0, 1)", dropout_rate=dropout_rate)
    check_in("[0, inf)", weight_decay=weight_decay)
    augmentation = [augment()] if augment else []
    penalty = {}
    if weight_decay:
        penalty = {"kernel_regularizer": keras.regularizers.L2(weight_decay)}
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
