"""The training loop, and two ways to take a step."""

import math
from collections.abc import Sequence

import numpy as np

from mnist_tutorial.checks import check_counts, check_floats, check_in, checked_labels
from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.losses import softmax_cross_entropy
from mnist_tutorial.scratch.network import Network

Arrays = Sequence[np.ndarray]


class SGD:
    """Take steps straight downhill, the longer the steeper it is.

    The ``learning_rate``, above 0, is the length of a step by that of the gradient.
    """

    def __init__(self, learning_rate: float):
        check_in("(0, inf)", learning_rate=learning_rate)
        self.learning_rate = learning_rate

    def update(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change the parameters in place; both are as a network has them."""
        _check_shapes(gradients, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= self.learning_rate * gradient


class Adam:
    """Let each parameter take steps of about the same length.

    A step is the running mean of the gradient, divided by the square root of the
    running mean of its square: long where gradients agree, short where they do not. At
    most it is about as long as the ``learning_rate``, above 0.

    Of the running mean of the gradient, and of its square, the parts ``BETA_1`` and
    ``BETA_2`` are kept at each step. ``EPSILON`` is added to the divisor, which may be
    0; in the same place as in Keras.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015,
    arXiv:1412.6980; in the more efficient form that is given at the end of section 2.
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

    def __init__(self, learning_rate: float = 0.001):
        check_in("(0, inf)", learning_rate=learning_rate)
        self.learning_rate = learning_rate
        self._means: list[np.ndarray] = []
        self._squares: list[np.ndarray] = []
        self._updates = 0

    def update(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change the parameters in place; they are the same network's in every call."""
        if not self._updates:
            self._means = [np.zeros_like(parameter) for parameter in parameters]
            self._squares = [np.zeros_like(parameter) for parameter in parameters]
        _check_shapes(gradients, parameters)
        _check_shapes(self._means, parameters)
        self._updates += 1
        # The means begin at 0 and are too small at first; this makes up for it.
        correction = math.sqrt(1 - self.BETA_2**self._updates)
        correction /= 1 - self.BETA_1**self._updates
        states = self._means, self._squares
        for parameter, gradient, mean, square in zip(
            parameters, gradients, *states, strict=True
        ):
            mean += (1 - self.BETA_1) * (gradient - mean)
            square += (1 - self.BETA_2) * (gradient**2 - square)
            direction = mean / (np.sqrt(square) + self.EPSILON)
            parameter -= self.learning_rate * correction * direction


def _check_shapes(arrays: Arrays, parameters: Arrays) -> None:
    """Refuse gradients, or what an optimizer remembers, that have other shapes."""
    expected = [parameter.shape for parameter in parameters]
    received = [np.shape(array) for array in arrays]
    if received != expected:
        raise InputError(
            f"gradients must have the parameters' shapes {expected}, the same in every "
            f"call, got {received}; call backward before update, and make an optimizer "
            "for each network"
        )


def train(
    network: Network,
    x: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    optimizer: SGD | Adam,
    seed: int,
) -> list[float]:
    """Train a classifier on the cross-entropy, the five steps in a loop.

    Returns the loss of every step, before it is taken. A loss that overflows, at too
    high a learning rate, is refused with an ``InputError``; all else before anything is
    changed.

    Parameters
    ----------
    network
        Gives logits; its parameters are changed in place.
    x, y
        Images, shape ``(n, height, width, c)``, and integer labels, shape ``(n,)``.
    epochs, batch_size
        Passes over the data, and examples in each step.
    optimizer
        Takes each step; one for each network.
    seed
        For the order of the examples, which is another one in each epoch.
    """
    check_counts(epochs=epochs, batch_size=batch_size)
    check_floats("x", x)
    _, classes = network.forward(x[:1]).shape
    y = checked_labels(y, len(x), classes, name="y")
    check_counts(least=0, seed=seed)
    rng = np.random.default_rng(seed)
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            logits = network.forward(x[batch])  # (batch_size, classes)
            loss, gradient = softmax_cross_entropy(logits, y[batch])
            if not math.isfinite(loss):
                raise InputError(
                    f"the loss must be finite, got {loss}; choose a smaller "
                    "learning_rate, and look for NaN in x"
                )
            network.backward(gradient)
            optimizer.update(network.parameters, network.gradients)
            losses.append(loss)
    return losses
