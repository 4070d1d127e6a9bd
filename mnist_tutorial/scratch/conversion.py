"""A Keras model, rebuilt in NumPy; Keras itself is not needed for it."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.layers import (
    AveragePool2D,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
)
from mnist_tutorial.scratch.network import Network


def from_keras(model: Any) -> Network:
    """Rebuild a Keras model, with a copy of its weights.

    Parameters
    ----------
    model
        A ``keras.Sequential`` that has its weights, of Conv2D, MaxPooling2D,
        AveragePooling2D, Dense, ReLU and Flatten layers; with biases, channels last,
        strides and pools alike in both directions, no activation but ``"relu"``.

    Returns
    -------
    Network
        It gives the same logits. ``activation="relu"`` becomes a layer of its own, so
        ``parameters`` has the order of ``model.get_weights()``.

    Raises
    ------
    InputError
        If the model or one of its layers is of another kind.
    """
    if type(model).__name__ != "Sequential" or not _is_of(type(model), "keras"):
        raise InputError(
            f"model must be a keras.Sequential, got {type(model).__name__}"
        )
    if not model.built:
        raise InputError(
            "model must have its weights, got one that is not built yet; let it begin "
            "with keras.Input"
        )
    layers = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind not in _REBUILD or not _is_of(type(layer), "keras"):
            origin = "" if kind not in _REBUILD else f" of {type(layer).__module__}"
            raise InputError(
                f"layer {layer.name!r} must be one of {', '.join(_REBUILD)}, got "
                f"{kind}{origin}"
            )
        layers.append(_REBUILD[kind](layer))
        if _setting(layer, "activation", "linear", "relu") == "relu":
            layers.append(ReLU())
    return Network(layers)


def _setting(layer: Any, name: str, *supported: Any) -> Any:
    """Return a setting of a Keras layer, if it is supported."""
    value = getattr(layer, name, supported[0])
    if _is_of(value, "keras", "tensorflow", "jax", "torch"):
        value = getattr(value, "__name__", value)  # activations are functions
    if value not in supported:
        raise InputError(
            f"{name} of layer {layer.name!r} must be "
            f"{' or '.join(map(repr, supported))}, got {value!r}"
        )
    return value


def _number(layer: Any, name: str) -> int:
    """Return a pair of equal numbers as one number."""
    first = getattr(layer, name)[0]
    _setting(layer, name, (first, first))
    return first


def _is_of(thing: Any, *packages: str) -> bool:
    """Tell whether a class or function was made by one of some packages."""
    return (getattr(thing, "__module__", None) or "").split(".")[0] in packages


def _weights(layer: Any) -> list[np.ndarray]:
    _setting(layer, "use_bias", True)
    weights = layer.get_weights()
    if len(weights) != 2:
        raise InputError(
            f"layer {layer.name!r} must have a kernel and a bias, got {len(weights)} "
            "arrays of weights"
        )
    return weights


def _convolution(layer: Any) -> Conv2D:
    _setting(layer, "data_format", "channels_last")
    _setting(layer, "dilation_rate", (1, 1))
    _setting(layer, "groups", 1)
    stride = _number(layer, "strides")
    return Conv2D(*_weights(layer), stride=stride, padding=layer.padding)


def _pooling(pool: type, layer: Any) -> Layer:
    _setting(layer, "data_format", "channels_last")
    pool_size, stride = _number(layer, "pool_size"), _number(layer, "strides")
    return pool(pool_size, stride=stride, padding=layer.padding)


def _dense(layer: Any) -> Dense:
    return Dense(*_weights(layer))


def _relu(layer: Any) -> ReLU:
    _setting(layer, "max_value", None)
    _setting(layer, "negative_slope", 0)
    _setting(layer, "threshold", 0)
    return ReLU()


def _flatten(layer: Any) -> Flatten:
    _setting(layer, "data_format", "channels_last")
    return Flatten()


_REBUILD: dict[str, Callable[[Any], Layer]] = {
    "Conv2D": _convolution,
    "MaxPooling2D": functools.partial(_pooling, MaxPool2D),
    "AveragePooling2D": functools.partial(_pooling, AveragePool2D),
    "Dense": _dense,
    "ReLU": _relu,
    "Flatten": _flatten,
}
