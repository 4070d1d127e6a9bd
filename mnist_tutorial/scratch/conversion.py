"""A Keras model, rebuilt in NumPy; Keras itself is not needed for it."""

from typing import Any

from mnist_tutorial.checks import check_choice
from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch import layers as ours
from mnist_tutorial.scratch.network import Network

KINDS = {
    "Conv2D": ours.Conv2D,
    "MaxPooling2D": ours.MaxPool2D,
    "Dense": ours.Dense,
    "ReLU": ours.ReLU,
    "Flatten": ours.Flatten,
}

# What a layer of Keras must be set to, where it has such a setting, to do what ours do.
SETTINGS = {
    "data_format": "channels_last",
    "padding": "valid",
    "dilation_rate": (1, 1),
    "groups": 1,
    "use_bias": True,
    "max_value": None,
    "negative_slope": 0,
    "threshold": 0,
}


def from_keras(model: Any) -> Network:
    """Rebuild a Keras model, with a copy of its weights.

    It is a ``keras.Sequential`` that has its weights, of Conv2D, MaxPooling2D, Dense,
    ReLU and Flatten layers; with biases, channels last, no padding, square pools side
    by side, no other strides, and no activation but ``"relu"``. The result gives the
    same logits. ``activation="relu"`` becomes a layer of its own, so ``parameters`` has
    the order of ``model.get_weights()``.
    """
    check_choice("model", type(model).__name__, ["Sequential"])
    if not model.built:
        raise InputError(
            "model must have its weights, got one that is not built yet; let it begin "
            "with keras.Input"
        )
    layers = []
    for layer in model.layers:
        kind = type(layer).__name__
        check_choice(f"layer {layer.name!r}", kind, KINDS)
        _check_settings(layer)
        arguments = layer.get_weights()  # kernel and bias, if it has them
        if hasattr(layer, "pool_size"):
            arguments = [layer.pool_size[0]]
        layers.append(KINDS[kind](*arguments))
        if _activation(layer) == "relu":
            layers.append(ours.ReLU())
    return Network(layers)


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", "linear")
    return getattr(activation, "__name__", activation)


def _check_settings(layer: Any) -> None:
    of_layer = f"of layer {layer.name!r}"
    check_choice(f"activation {of_layer}", _activation(layer), ["linear", "relu"])
    side = getattr(layer, "pool_size", (1, 1))[0]
    moves = dict.fromkeys(("pool_size", "strides"), (side, side))
    for name, expected in (SETTINGS | moves).items():
        received = getattr(layer, name, expected)
        if received != expected:
            raise InputError(f"{name} {of_layer} must be {expected}, got {received}")
