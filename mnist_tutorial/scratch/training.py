"""The training loop, and two ways to take a step."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mnist_tutorial.checks import check_counts, check_floats, check_in, checked_labels
from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.losses import softmax_cross_entropy
from mnist_tutorial.scratch.network import Network

Arrays = Sequence[np.ndarray]


class SGD:
    """Take steps straight downhill; with momentum, keep some of the last step.

    Parameters
    ----------
    learning_rate
        Length of a step in relation to the gradient.
    momentum
        The part of the last step that is added to the next, in [0, 1).

    Raises
    ------
    InputError
        If a number is out of range.
    """

    def __init__(self, learning_rate: float, *, momentum: float = 0.0):
        check_in("(0, inf)", learning_rate=learning_rate)
        check_in("[0, 1)", momentum=momentum)
        self.learning_rate, self.momentum = learning_rate, momentum
        self._last_steps: list[np.ndarray] = []

    def update(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change the parameters in place.

        Parameters
        ----------
        parameters, gradients
            As a network has them, the same in every call.

        Raises
        ------
        InputError
            If shapes do not fit each other, or those of the first call.
        """
        matched = _matched(parameters, gradients, self._last_steps)
        for parameter, gradient, step in matched:
            step *= self.momentum
            step -= self.learning_rate * gradient
            parameter += step


class Adam:
    """Let each parameter take steps of about the same length.

    A step is the running mean of the gradient, divided by the square root of the
    running mean of its square: long where gradients agree, short where they do not.

    Parameters
    ----------
    learning_rate
        About how long a step is at most.
    beta_1, beta_2
        The part of the running mean of the gradient, and of its square, that is kept
        at each step, in [0, 1).
    epsilon
        Added to the divisor, which may be 0; in the same place as in Keras.

    Raises
    ------
    InputError
        If a number is out of range.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015,
    arXiv:1412.6980; in the more efficient form that is given at the end of section 2.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ):
        check_in("(0, inf)", learning_rate=learning_rate, epsilon=epsilon)
        check_in("[0, 1)", beta_1=beta_1, beta_2=beta_2)
        self.learning_rate, self.epsilon = learning_rate, epsilon
        self.beta_1, self.beta_2 = beta_1, beta_2
        self._means: list[np.ndarray] = []
        self._squares: list[np.ndarray] = []
        self._updates = 0

    def update(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change the parameters in place, as :meth:`SGD.update` does."""
        matched = _matched(parameters, gradients, self._means, self._squares)
        self._updates += 1
        # The means begin at 0 and are too small at first; this makes up for it.
        correction = math.sqrt(1 - self.beta_2**self._updates)
        correction /= 1 - self.beta_1**self._updates
        for parameter, gradient, mean, square in matched:
            mean += (1 - self.beta_1) * (gradient - mean)
            square += (1 - self.beta_2) * (gradient**2 - square)
            direction = mean / (np.sqrt(square) + self.epsilon)
            parameter -= self.learning_rate * correction * direction


def _matched(parameters: Arrays, gradients: Arrays, *states: list) -> Iterator:
    """Go through all together; refuse other shapes; let states begin at 0."""
    expected = [array.shape for array in parameters]
    for state in states:
        if not state:  # the first call
            state.extend(map(np.zeros_like, parameters))
    for arrays in (gradients, *states):
        received = [np.shape(array) for array in arrays]
        if received != expected:
            raise InputError(
                f"gradients must have the parameters' shapes {expected}, the same in "
                f"every call, got {received}; call backward before update, and make an "
                "optimizer for each network"
            )
    return zip(parameters, gradients, *states, strict=True)


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

    Returns
    -------
    list of float
        The loss of every step, before the step is taken.

    Raises
    ------
    InputError
        If data or settings do not fit, before anything is changed; or later if the
        learning rate is so high that the loss overflows.
    """
    check_counts(epochs=epochs, batch_size=batch_size)
    check_floats("x", x)
    _, classes = network.forward(x[:1]).shape
    y = checked_labels(y, len(x), classes, name="y")
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
