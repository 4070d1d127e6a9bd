"""Layers one after another, and the network of the book."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from mnist_tutorial.checks import check_counts, check_floats
from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU


class Network(Layer):
    """Layers one after another; as a whole it is a layer itself.

    They go from the one that sees the images to the one that gives the logits: one or
    more, and none of them twice.
    """

    def __init__(self, layers: Sequence[Layer]):
        self.layers = list(layers) if isinstance(layers, Iterable) else []
        if not self.layers or not all(isinstance(item, Layer) for item in self.layers):
            raise InputError(f"layers must be a list of Layers, got {layers!r}")
        if len(set(self.layers)) < len(self.layers):
            raise InputError(
                "layers must be different objects, got one of them twice; each "
                "remembers its own inputs, so make another one"
            )

    def forward(self, inputs):
        """Hand the outputs of each layer to the next one."""
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, output_gradient):
        """Hand the input gradient of each layer to the one before: the chain rule."""
        for layer in reversed(self.layers):
            output_gradient = layer.backward(output_gradient)
        return output_gradient

    @property
    def parameters(self) -> list[np.ndarray]:
        """The parameters of all layers, those of the first layer first."""
        return [array for layer in self.layers for array in layer.parameters]

    @property
    def gradients(self) -> list[np.ndarray]:
        """The gradients of all layers, in the same order."""
        return [array for layer in self.layers for array in layer.gradients]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """``layers[0].kernel``, ``layers[0].bias`` and so on, in the same order."""
        return tuple(
            f"layers[{index}].{name}"
            for index, layer in enumerate(self.layers)
            for name in layer.parameter_names
        )

    def predict(self, images: np.ndarray, *, batch_size: int = 500) -> np.ndarray:
        """Compute the logits of many images, a batch at a time, which saves memory.

        Of images ``(n, height, width, c)``, floats, the book's network makes
        ``(n, 10)``.
        """
        check_counts(batch_size=batch_size)
        check_floats("images", images)
        starts = range(0, len(images), batch_size)
        batches = [images[start : start + batch_size] for start in starts]
        return np.concatenate([self.forward(batch) for batch in batches])


def build_cnn(seed: int) -> Network:
    """Build the source document's network as repaired in ``models.build_cnn``.

    It has 93,322 parameters in ``float32``. As in Keras the weights are drawn evenly
    between ``-sqrt(6 / (fan_in + fan_out))`` and the same above zero, here from
    ``seed``, and biases are zero.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010.
    """
    check_counts(least=0, seed=seed)
    rng = np.random.default_rng(seed)

    def draw(*shape):
        *window, fan_in, fan_out = shape
        limit = math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))
        kernel = rng.uniform(-limit, limit, shape).astype(np.float32)
        return kernel, np.zeros(fan_out, np.float32)

    return Network(
        [
            Conv2D(*draw(3, 3, 1, 32)),  # (n, 26, 26, 32)
            ReLU(),
            MaxPool2D(),  # (n, 13, 13, 32)
            Conv2D(*draw(3, 3, 32, 64)),  # (n, 11, 11, 64)
            ReLU(),
            MaxPool2D(),  # (n, 5, 5, 64)
            Conv2D(*draw(3, 3, 64, 64)),  # (n, 3, 3, 64)
            ReLU(),
            Flatten(),  # (n, 576)
            Dense(*draw(576, 64)),  # (n, 64)
            ReLU(),
            Dense(*draw(64, 10)),  # (n, 10)
        ]
    )
