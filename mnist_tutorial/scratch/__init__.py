"""The book's network in NumPy alone: every layer forward and backward, by hand.

No framework is used, so that what a framework computes can be checked against
something that can be read. The page ``math/backpropagation`` teaches it. In the order
in which to read:

- ``layers``: dense layers, convolution, pooling, and the chain rule through each;
- ``losses``: the cross-entropy of the softmax, with its gradient;
- ``network``: layers one after another, and the source document's network;
- ``gradients``: is ``backward`` right? Measure slopes and compare;
- ``training``: the loop and its optimizers;
- ``conversion``: the same network from a Keras model.

Images are ``(n, height, width, channels)`` and kernels ``(height, width, in, out)``,
as in Keras. Everything is computed in the type of the arrays that are handed in,
``float32`` or ``float64``. Arrays of another type, shapes that do not fit and numbers
out of range are refused with an ``InputError``.
"""

from mnist_tutorial.scratch.conversion import from_keras
from mnist_tutorial.scratch.gradients import gradient_check, numerical_gradient
from mnist_tutorial.scratch.layers import (
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
)
from mnist_tutorial.scratch.losses import softmax_cross_entropy
from mnist_tutorial.scratch.network import Network, build_cnn
from mnist_tutorial.scratch.training import SGD, Adam, train
