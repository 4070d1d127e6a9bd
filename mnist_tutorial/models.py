"""The networks of the book, as functions that return an uncompiled Keras model.

Every model takes images ``float32`` in [0, 1] of shape ``(n, 28, 28, 1)`` and gives
ten logits an image, shape ``(n, 10)``. Weights are drawn when a model is built: call
``keras.utils.set_random_seed`` first for the same weights every time.
"""

import math

import keras
from keras import layers

from mnist_tutorial.checks import check_counts, check_model

INPUT_SHAPE = (28, 28, 1)
NUM_CLASSES = 10


def build_cnn() -> keras.Sequential:
    """Build the source document's network, repaired so that it gives ten logits.

    The listing ends at the third convolution; the page ``code/project`` reads the
    error that training it raises, and adds the last three layers. Of its 93,322
    parameters 55,744 are in the convolutions.
    """
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Conv2D(32, (3, 3), activation="relu"),  # (n, 26, 26, 32)
            layers.MaxPooling2D((2, 2)),  # (n, 13, 13, 32)
            layers.Conv2D(64, (3, 3), activation="relu"),  # (n, 11, 11, 64)
            layers.MaxPooling2D((2, 2)),  # (n, 5, 5, 64)
            layers.Conv2D(64, (3, 3), activation="relu"),  # (n, 3, 3, 64)
            layers.Flatten(),  # (n, 576)
            layers.Dense(64, activation="relu"),  # (n, 64)
            layers.Dense(NUM_CLASSES),  # (n, 10)
        ]
    )


def build_linear() -> keras.Sequential:
    """Build a linear classifier: one weight a pixel and class, and a bias a class.

    That makes 7,850 parameters.
    """
    return keras.Sequential(
        [keras.Input(INPUT_SHAPE), layers.Flatten(), layers.Dense(NUM_CLASSES)]
    )


def build_mlp(hidden_units: int = 128) -> keras.Sequential:
    """Build a network with one hidden dense layer, which knows no neighbourhoods.

    With 128 hidden units it has 101,770 parameters; fewer than 1 are refused.
    """
    check_counts(hidden_units=hidden_units)
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Flatten(),  # (n, 784)
            layers.Dense(int(hidden_units), activation="relu"),
            layers.Dense(NUM_CLASSES),
        ]
    )


def build_fast_cnn() -> keras.Sequential:
    """Build a small network that learns in seconds with ``train_fast``.

    The first convolution takes every second place, so that the second one, where
    half of the arithmetic is, works on 7 by 7 places. A single batch normalisation
    lets the learning rate be high. It stands where the values are fewest: on a CPU
    normalising a feature map costs as much as a convolution. Its momentum is 0.9, not
    Keras' 0.99: a few hundred steps are too few for the slower average to settle.
    It has 85,082 parameters.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch Normalization", 2015, arXiv:1502.03167.
    """
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            layers.Conv2D(16, 5, strides=2, padding="same"),  # (n, 14, 14, 16)
            layers.MaxPooling2D(),  # (n, 7, 7, 16)
            layers.ReLU(),
            layers.Conv2D(48, 3, activation="relu"),  # (n, 5, 5, 48)
            layers.Flatten(),  # (n, 1200)
            layers.Dense(64, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(NUM_CLASSES),
        ]
    )


def build_best_cnn() -> keras.Sequential:
    """Build a network that makes few mistakes, for the recipe ``recipes.BEST``.

    More than half of its arithmetic is in the second convolution, and few filters keep
    that cheap. A batch normalisation lets the learning rate be high; where there is a
    pooling it follows it, with a quarter of the values to normalise. It has 164,954
    parameters.
    """

    def normalised(*parts: keras.layers.Layer) -> list[keras.layers.Layer]:
        return [*parts, layers.BatchNormalization(momentum=0.9), layers.ReLU()]

    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            *normalised(layers.Conv2D(16, 5, use_bias=False), layers.MaxPooling2D()),
            *normalised(layers.Conv2D(32, 5, use_bias=False), layers.MaxPooling2D()),
            *normalised(layers.Conv2D(64, 3, padding="same", use_bias=False)),
            layers.Flatten(),  # (n, 1024)
            *normalised(layers.Dense(128, use_bias=False)),
            layers.Dense(NUM_CLASSES),
        ]
    )


def is_relu(layer: keras.layers.Layer) -> bool:
    """Tell whether a layer ends in a ReLU: 0 below 0, and unchanged above.

    So do layers with ``activation="relu"``, ``Activation("relu")`` and ``ReLU()``; the
    functions ``keras.ops.relu`` and ``tf.nn.relu`` are as good as the word. A leaky,
    shifted or capped ReLU is another function.
    """
    if isinstance(layer, layers.ReLU):
        is_shifted_or_leaky = layer.threshold or layer.negative_slope
        return not is_shifted_or_leaky and layer.max_value is None
    # Known by name, as TensorFlow is not imported here.
    return getattr(getattr(layer, "activation", None), "__name__", "") == "relu"


def count_multiply_adds(model: keras.Model) -> int:
    """Count the multiplications, each with an addition, that reading one image takes.

    Every weight of a kernel is used once at every place of the layer's output; a
    dense layer has a single place. Biases, activations, normalisation and pooling are
    little in comparison and left out. The page ``faq/architecture`` does it by hand.
    The model is a Sequential or functional one that knows its input shape. There are
    2,794,240 in :func:`build_cnn`, whose parameters are only 93,322.
    """
    check_model(model)
    total = 0
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            places = math.prod(layer.output.shape[1:-1])
            total += places * math.prod(layer.kernel.shape)
    return total
