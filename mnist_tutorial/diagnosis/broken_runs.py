"""Training runs that are broken on purpose, one fault at a time."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from mnist_tutorial.checks import (
    check_choice,
    check_counts,
    check_model,
    checked_examples,
)
from mnist_tutorial.diagnosis.evidence import USUAL_RATE, shifts
from mnist_tutorial.errors import InputError
from mnist_tutorial.training import History, train

FAULTS = (
    "shuffled_labels",
    "softmax_twice",
    "unscaled_inputs",
    "rate_too_high",
    "rate_too_low",
    "zero_weights",
    "dead_relus",
    "sorted_data",
    "different_preparation",
)
Data = tuple[np.ndarray, np.ndarray]
LEARNING_RATES = {"rate_too_high": 100 * USUAL_RATE, "rate_too_low": USUAL_RATE / 1000}


class Run(NamedTuple):
    """A training run, and what the network was given in it."""

    history: History  # as training.train returns it
    model: keras.Model  # after training
    train_data: Data  # (images, labels) in the order and with the values
    validation_data: Data  # that the network received


def break_run(
    fault: str | None,
    build_model: Callable[[], keras.Model],
    train_data: Data,
    validation_data: Data,
    *,
    epochs: int = 5,
    seed: int = 0,
) -> Run:
    """Train a network with one deliberate fault, or with none.

    Parameters
    ----------
    fault
        One of ``FAULTS``, or None for the healthy run beside it:

        - ``shuffled_labels``: the training labels in random order;
        - ``softmax_twice``: the network ends in a softmax, and the loss, made for
          logits, applies another;
        - ``unscaled_inputs``: images in [0, 255], for training and validation;
        - ``rate_too_high``, ``rate_too_low``: 0.1 and 1e-6, where 1e-3 is usual;
        - ``zero_weights``: every weight begins at 0;
        - ``dead_relus``: the biases of the first layer begin at -10, so that none of
          its ReLUs ever gives anything but 0;
        - ``sorted_data``: training data sorted by class and never shuffled;
        - ``different_preparation``: validation images alone in [0, 255].
    build_model
        A function that returns an uncompiled model giving logits, such as
        ``models.build_cnn``; it has a hidden layer with biases where they are to die.
    seed
        Seeds the initial weights, the order of the examples and the shuffled labels;
        the rest is as for ``training.train``.
    """
    if fault is not None:
        check_choice("fault", fault, FAULTS)
    x_train, y_train = checked_examples("train_data", train_data)
    x_val, y_val = checked_examples("validation_data", validation_data)
    check_counts(least=0, seed=seed)
    if not callable(build_model) or isinstance(build_model, keras.Model):
        raise InputError(
            f"build_model must be a function that builds a model, got {build_model!r}; "
            "hand in build_cnn, not build_cnn()"
        )
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(int(seed))
    model = build_model()
    check_model(model)
    if fault == "shuffled_labels":
        y_train = rng.permutation(y_train)
    elif fault == "softmax_twice":
        # Keras on TensorFlow notices a softmax at the very end, and leaves out its own.
        model = keras.Sequential([model, layers.Softmax(), layers.Rescaling(1)])
    elif fault == "unscaled_inputs":
        x_train, x_val = 255 * x_train, 255 * x_val
    elif fault == "zero_weights":
        for variable in model.trainable_variables:
            variable.assign(np.zeros(variable.shape))
    elif fault == "dead_relus":
        biases = shifts(model.layers[:-1])
        if not biases:
            raise InputError(
                f"dead_relus needs a hidden layer with biases, and {model.name} has "
                "none; choose a model such as build_mlp or build_cnn"
            )
        biases[0].assign_sub(10.0)
    elif fault == "sorted_data":
        order = np.argsort(y_train, kind="stable")
        x_train, y_train = x_train[order], y_train[order]
    elif fault == "different_preparation":
        x_val = 255 * x_val
    history = train(
        model,
        x_train,
        y_train,
        validation_data=(x_val, y_val),
        epochs=epochs,
        learning_rate=LEARNING_RATES.get(fault, USUAL_RATE),
        seed=int(seed),
        shuffle=fault != "sorted_data",
    )
    return Run(history, model, (x_train, y_train), (x_val, y_val))
