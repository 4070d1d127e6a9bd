"""Look inside a network: what its layers make of an image, and what it looks at.

:func:`feature_maps` shows what a layer gives. The other functions paint a map over an
image: where the network's score for one class comes from. Such a map looks convincing
whether or not it has anything to do with the network, so :func:`randomize_weights` is
the check that comes with them: a map that stays the same when the network has lost
what it learned explains the image and not the network. Taught in
``outlook/interpretability``.

The score of a class is the model's output for it, ``(n, num_classes)`` in all. Hand in
models that give logits, as this package's do: where a final softmax is close to 0 or 1
its slope is close to 0, and so is every map made from a gradient. Models are Sequential
or functional, and know their input shape.

Images that do not fit the model, classes and layers that it does not have, and settings
out of range raise ``InputError``.
"""

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from mnist_tutorial.checks import (
    check_choice,
    check_counts,
    check_in,
    check_input_shape,
    check_model,
    checked_array,
    checked_labels,
)
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import is_relu

# As many occluded copies of an image are run through the network at a time.
_BATCH_SIZE = 256


def feature_maps(model: keras.Model, images: np.ndarray, layer_name: str) -> np.ndarray:
    """Return what a layer gives for some images, one map a channel.

    The page ``algorithm/receptive_field`` shows such maps. ``layer_name`` is one of the
    model's :func:`map_layers`; ``images`` are what it takes, ``float32`` in [0, 1],
    shape ``(n, 28, 28, 1)`` for the models of this package, computed all at once.
    Returns ``float32``, shape ``(n, height, width, channels)``.
    """
    check_choice("layer_name", layer_name, map_layers(model))
    images = checked_array("images", images)
    check_input_shape(model, images)
    part = keras.Model(model.inputs, model.get_layer(layer_name).output)
    return _run(part, images)


def map_layers(model: keras.Model) -> list[str]:
    """Return the names of the layers that give maps, in the model's order.

    Their output has shape ``(n, height, width, channels)``.
    """
    check_model(model)
    if len(getattr(model, "inputs", None) or ()) != 1:
        raise InputError(
            f"model must know the shape of its one input, got {model.name}; begin it "
            "with keras.Input"
        )
    return [
        layer.name
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
        and len(getattr(layer.output, "shape", ())) == 4
    ]


def occlusion(
    model: keras.Model,
    image: np.ndarray,
    target: int,
    *,
    size: int = 5,
    stride: int = 1,
    fill: float = 0.0,
) -> np.ndarray:
    """Cover an image bit by bit and note how far the score of a class falls.

    It needs no gradient, so it works for every model and backend, and what it shows
    is a plain fact about the network: with this square covered, this happens. Returns
    ``float32``, shape ``(height, width)``: for each pixel, the fall of the score
    averaged over the squares that covered it. Above 0 where the network found evidence
    for the class, below 0 where it found some against.

    Parameters
    ----------
    model, image, target
        A network, one image as it takes it, shape ``(height, width, channels)``, and
        the class whose score is watched.
    size
        Side of the square that covers, in pixels; at most the image's shorter side.
    stride
        How far the square moves at a time, in pixels; at most ``size``, so that every
        pixel is covered at some time. The last row and column are always visited.
    fill
        What the square is filled with: 0 is MNIST's background.

    References
    ----------
    M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks",
    2014, arXiv:1311.2901.
    """
    image = checked_array("image", image)
    if image.ndim != 3:
        raise InputError(
            "image must be one image of shape (height, width, channels), got shape "
            f"{image.shape}; x[0] is one image of a batch"
        )
    images, targets = _checked_inputs(model, image[np.newaxis], [target])
    height, width = image.shape[:2]
    check_counts(size=size, stride=stride)
    check_in(f"[1, {min(height, width)}]", size=size)
    check_in("(-inf, inf)", fill=fill)
    check_in(f"[1, {size}]", stride=stride)  # a longer one would leave pixels out
    tops, lefts = (
        [*range(0, side - size, stride), side - size] for side in (height, width)
    )
    squares = [
        np.s_[top : top + size, left : left + size]
        for top, left in itertools.product(tops, lefts)
    ]
    covered = np.repeat(images, len(squares), axis=0)
    for copy, square in zip(covered, squares, strict=True):
        copy[square] = fill
    scores = [
        _run(model, covered[start : start + _BATCH_SIZE])[:, targets[0]]
        for start in range(0, len(covered), _BATCH_SIZE)
    ]
    falls = _run(model, images)[0, targets[0]] - np.concatenate(scores)
    sums, visits = np.zeros((2, height, width))
    for fall, square in zip(falls, squares, strict=True):
        sums[square] += fall
        visits[square] += 1
    return (sums / visits).astype(np.float32)


def saliency(
    model: keras.Model, images: np.ndarray, targets: Sequence[int]
) -> np.ndarray:
    """Say how strongly each pixel would move the score of a class.

    The size of the score's gradient by the pixel: what a very small change of it would
    do. That is not how much the pixel as it is contributes: blank ones have gradients
    too. ``images`` are what the model takes, shape ``(n, height, width, channels)``,
    and ``targets`` the class of each whose score is looked at, ``(n,)``. Returns
    ``float32``, not negative, ``(n, height, width)``; the largest of the channels.

    References
    ----------
    K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", 2014,
    arXiv:1312.6034.
    """
    images, targets = _checked_inputs(model, images, targets)
    slopes = gradient(
        lambda values: _of_targets(model(values, training=False), targets), images
    )
    return np.abs(slopes).max(axis=-1)


def guided_backprop(
    model: keras.Model, images: np.ndarray, targets: Sequence[int]
) -> np.ndarray:
    """Compute a saliency map in which every ReLU lets only positive gradients back.

    The maps are crisper than those of :func:`saliency`, which takes and gives the same,
    and they fail the sanity check: much of what they show is the image, whatever the
    network has learned [1]_. It is here to be caught out; do not use it to explain a
    network. The model must have a ReLU (a ``ReLU`` layer, or another with
    ``activation="relu"``) and no models inside it.

    References
    ----------
    J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller, "Striving for
    Simplicity: The All Convolutional Net", 2015, arXiv:1412.6806.

    .. [1] J. Adebayo et al., "Sanity Checks for Saliency Maps", 2018,
       arXiv:1810.03292.
    """
    _checked_inputs(model, images, targets)
    has_models = any(isinstance(layer, keras.Model) for layer in model.layers)
    if has_models or not any(map(is_relu, model.layers)):
        raise InputError(
            "model must have a ReLU to guide the gradient through, and no models "
            f"inside it, got {model.name}; use saliency, or build one Sequential of "
            "all layers"
        )
    guided = keras.models.clone_model(model, clone_function=_with_guided_relu)
    guided.set_weights(model.get_weights())
    return saliency(guided, images, targets)


def grad_cam(
    model: keras.Model, images: np.ndarray, targets: Sequence[int], layer_name: str
) -> np.ndarray:
    """Say which places of a layer's feature maps speak for a class (Grad-CAM).

    Every map of the layer is weighted by the mean gradient of the score by its values,
    the weighted maps are added up, and what is negative becomes 0. Arguments are those
    of :func:`saliency`, and a layer among :func:`map_layers`; the paper takes the last
    convolution, after its ReLU.

    Returns ``float32``, not negative, shape ``(n, map height, map width)``: as coarse
    as the layer. A map stretched over the image is only roughly in its place, as
    without padding the layer's outermost values see no further than their own fields.

    References
    ----------
    R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-based Localization", 2017, arXiv:1610.02391.
    """
    images, targets = _checked_inputs(model, images, targets)
    check_choice("layer_name", layer_name, map_layers(model))
    at = model.get_layer(layer_name).output
    maps = _run(keras.Model(model.inputs, at), images)
    # What goes around the layer comes from the images.
    rest = keras.Model([*model.inputs, at], model.outputs[0])
    images = keras.ops.convert_to_tensor(images)

    def score(values):
        return _of_targets(rest([images, values], training=False), targets)

    slopes = gradient(score, maps)
    weights = slopes.mean(axis=(1, 2), keepdims=True)  # (n, 1, 1, channels)
    return np.maximum((weights * maps).sum(axis=-1), 0)


def randomize_weights(
    model: keras.Model, *, seed: int, layers: Sequence[str] | None = None
) -> keras.Model:
    """Copy a model and draw weights anew, so that the copy has unlearned something.

    The model stays as it is, and the copy is not compiled. The new weights come from
    ``seed`` and the initializers that the layers were made with; one that was given a
    seed of its own keeps to that. ``layers`` are names of layers that have weights; all
    of them by default. Going from the last layer to the first, one more each time, is
    the cascade of the sanity check.

    References
    ----------
    J. Adebayo et al., "Sanity Checks for Saliency Maps", 2018, arXiv:1810.03292.
    """
    check_model(model)
    names = [layer.name for layer in model.layers if layer.weights]
    redrawn = names if layers is None else list(layers)
    for name in redrawn:
        check_choice("each of layers", name, names)
    # Keras draws the seeds of its initializers from Python's generator. A text of its
    # own, since the bare number may be the one that the model was built with: then its
    # initial weights would come back, and the trained ones are not far from those.
    state = random.getstate()
    try:
        random.seed(f"randomize_weights {seed}")
        copy = keras.models.clone_model(model)
    finally:
        random.setstate(state)
    for layer in model.layers:
        if layer.name not in redrawn:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def gradient(function: Callable[[Any], Any], values: np.ndarray) -> np.ndarray:
    """Differentiate a function by every one of its input values, an array of any shape.

    ``function`` takes a tensor of the shape of ``values`` and returns a tensor, made
    with Keras' layers and ``keras.ops``. If it holds several numbers, their sum is
    differentiated. Returns ``float32``, of the shape of ``values``.
    """
    values = keras.ops.convert_to_tensor(values, "float32")
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        slopes = jax.grad(lambda tensor: keras.ops.sum(function(tensor)))(values)
    elif backend == "torch":
        import torch

        values.requires_grad_()
        # The second part connects the values to a result that they do not move.
        total = function(values).sum() + 0 * values.sum()
        (slopes,) = torch.autograd.grad(total, values)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(values)
            result = function(values)
        zero = tf.UnconnectedGradients.ZERO
        slopes = tape.gradient(result, values, unconnected_gradients=zero)
    return keras.ops.convert_to_numpy(slopes)


def _of_targets(scores: Any, targets: np.ndarray) -> Any:
    """Pick each row's score of its target, in a way that can be differentiated."""
    wanted = keras.ops.one_hot(targets, scores.shape[-1], dtype=scores.dtype)
    return keras.ops.sum(scores * wanted, axis=-1)


def _run(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Compute a model's outputs the way it does when it is not training."""
    tensor = keras.ops.convert_to_tensor(images, "float32")
    return keras.ops.convert_to_numpy(model(tensor, training=False))


@keras.ops.custom_gradient
def _guided_relu(values):
    def propagate(*arguments, upstream=None):  # PyTorch hands it over by name
        (upstream,) = arguments if upstream is None else (upstream,)
        return keras.ops.where(values > 0, keras.ops.relu(upstream), 0.0)

    return keras.ops.relu(values), propagate


def _with_guided_relu(layer: keras.Layer) -> keras.Layer:
    if isinstance(layer, keras.layers.ReLU) and is_relu(layer):
        return keras.layers.Activation(_guided_relu, name=layer.name)
    copy = layer.__class__.from_config(layer.get_config())
    if is_relu(layer):
        copy.activation = _guided_relu
    return copy


def _checked_inputs(
    model: keras.Model, images: np.ndarray, targets: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``float32`` images and their classes, if the model can score them."""
    map_layers(model)  # refuses a model that does not know its input shape
    if len(model.output_shape) != 2:
        raise InputError(
            "model must give one score a class, shape (n, num_classes), got shape "
            f"{model.output_shape}; end it with Flatten and Dense"
        )
    images = checked_array("images", images)
    check_input_shape(model, images)
    classes = model.output_shape[1]
    targets = checked_labels(targets, len(images), classes, name="targets")
    return images.astype(np.float32), targets
