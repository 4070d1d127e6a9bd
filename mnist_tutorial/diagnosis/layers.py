"""A network taken apart: what each layer receives, and what it makes of it."""

from collections.abc import Iterator
from typing import NamedTuple

import keras
import numpy as np


class Step(NamedTuple):
    """What a layer received and what it gave, for the same images."""

    layer: keras.layers.Layer
    inputs: np.ndarray
    outputs: np.ndarray


def flat_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a model, and in place of a model in it, those of that."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer


def run_layers(model: keras.Model, images: np.ndarray) -> Iterator[Step]:
    """Yield what each layer does to the images; the last step gives the outputs."""
    if isinstance(model, keras.Sequential):
        return _forward_in_turn(model, images)
    return _forward_at_once(model, images)


def _forward_in_turn(model: keras.Sequential, images: np.ndarray) -> Iterator[Step]:
    """Run layer after layer, and those of a model in place of a model."""
    values = images
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            steps = list(run_layers(layer, values))
        else:
            given = keras.ops.convert_to_tensor(values, "float32")
            outputs = keras.ops.convert_to_numpy(layer(given, training=False))
            steps = [Step(layer, values, outputs)]
        yield from steps
        values = steps[-1].outputs


def _forward_at_once(model: keras.Model, images: np.ndarray) -> Iterator[Step]:
    """Run a model with branches; layers with several inputs are left out."""
    kept = [layer for layer in model.layers if hasattr(layer, "input")]
    kept = [layer for layer in kept if not isinstance(layer.input, list)]
    wanted = [(layer.input, layer.output) for layer in kept]
    part = keras.Model(model.inputs, [wanted, model.outputs])
    found, last = part(keras.ops.convert_to_tensor(images, "float32"), training=False)
    for layer, pair in zip(kept, found, strict=True):
        yield Step(layer, *map(keras.ops.convert_to_numpy, pair))
    last = keras.ops.convert_to_numpy(last[0])
    yield Step(model, last, last)


def is_relu(layer: keras.layers.Layer) -> bool:
    """Return whether a layer ends in a ReLU that can die; a leaky one cannot."""
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope
    return getattr(layer, "activation", None) is keras.activations.relu
