"""A Keras model as text, for the engine in ``scripts/engine_network.js`` to run.

Keras itself is not needed: layers are known by the names of their classes.
"""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np

from mnist_tutorial.checks import check_choice
from mnist_tutorial.errors import InputError

# Those that do nothing once a model is trained.
SILENT = (
    "InputLayer Identity ActivityRegularization Dropout SpatialDropout2D AlphaDropout "
    "GaussianDropout GaussianNoise RandomFlip RandomRotation RandomTranslation "
    "RandomZoom RandomContrast RandomBrightness"
).split()
SUPPORTED = [
    *("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense"),
    *("MaxPooling2D", "AveragePooling2D"),
    *("GlobalMaxPooling2D", "GlobalAveragePooling2D"),
    *("BatchNormalization", "Rescaling", "Flatten", "Reshape"),
    *("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"),
    *SILENT,
]
FUNCTIONS = (
    "linear relu leaky_relu relu6 elu selu gelu silu hard_silu mish sigmoid "
    "hard_sigmoid tanh softplus softsign exponential softmax"
).split()


def export_network(model: Any, *, weights: str = "float16") -> dict:
    """Write a trained Keras model as a dictionary that JSON can hold.

    Parameters
    ----------
    model
        A ``keras.Sequential``, or a functional model that is a chain; models inside it
        too. It knows its input shape, and its layers are ``channels_last``.
    weights
        ``"float16"``, or ``"float32"`` for twice the size. Only kernels are rounded:
        biases and the like are few.

    Returns
    -------
    dict
        ``"input"``, the shape of one image, and ``"layers"``, a list of dictionaries in
        the order of the computation. An activation is one of its own, and a separable
        convolution is two; each has the ``name`` of its layer in Keras.

    Raises
    ------
    InputError
        If the engine cannot compute the model. It names the layer, and what it may be.
    """
    check_choice("weights", weights, ["float16", "float32"])
    shapes = [tensor.shape for tensor in getattr(model, "inputs", None) or []]
    if len(shapes) != 1 or None in shapes[0][1:]:
        raise InputError(
            "model must be a Keras model that knows the shape of its one input, got "
            f"{shapes}; let it begin with keras.Input((28, 28, 1))"
        )
    shape, steps = shapes[0], []
    for layer in _chain(model):
        check_choice(f"layer {layer.name!r}", type(layer).__name__, SUPPORTED)
        for step in _steps(layer, shape):
            for name, value in step.items():
                if isinstance(value, np.ndarray):
                    kind = weights if name == "kernel" else "float32"
                    step[name] = _written(value, kind, layer)
            steps.append({"name": layer.name} | step)
        shape = layer.compute_output_shape(shape)
    return {"input": list(shapes[0][1:]), "layers": steps}


def _chain(model: Any) -> list[Any]:
    """Return the layers of a model in their order, those of models inside it too."""
    kinds = [kind.__name__ for kind in type(model).__mro__]
    if "Sequential" in kinds:
        return [part for layer in model.layers for part in _chain(layer)]
    if "Functional" not in kinds:
        return [model]
    chain, layer, tensors = [], model, model.outputs
    while len(tensors) == 1:  # from the output back to the input
        if tensors[0] is model.inputs[0]:
            return chain
        layer, node, _ = tensors[0]._keras_history
        tensors = layer._inbound_nodes[node].input_tensors
        chain = [*_chain(layer), *chain]
    raise InputError(
        f"layer {layer.name!r} must be in a chain, got {len(tensors)} tensors that meet "
        "or part there; the engine runs one layer after another"
    )


def _steps(layer: Any, shape: tuple) -> Iterator[dict]:
    """Yield what the engine does for a layer whose inputs have this shape."""
    kind = type(layer).__name__
    _check_setting(layer, "data_format", "channels_last")
    if hasattr(layer, "use_bias"):
        yield from _sums(layer, kind, shape)
    elif hasattr(layer, "pool_size"):
        yield {"kind": kind, "window": list(layer.pool_size)} | _moves(layer)
    elif kind.startswith("Global"):
        yield {"kind": kind, "keepdims": layer.keepdims}
    elif kind == "BatchNormalization":
        if layer.axis != len(shape) - 1:
            _check_setting(layer, "axis", -1)
        *factors, mean, variance = layer.get_weights()
        scale = (factors.pop(0) if layer.scale else 1) / np.sqrt(
            variance + layer.epsilon
        )
        offset = (factors.pop() if layer.center else 0) - mean * scale
        yield {"kind": "Scale", "scale": scale, "offset": offset}
    elif kind == "Rescaling":
        scale, offset = np.ravel(layer.scale), np.ravel(layer.offset)
        yield {"kind": "Scale", "scale": scale, "offset": offset}
    elif kind in ("Flatten", "Reshape"):
        after = layer.compute_output_shape(shape)
        yield {"kind": "Reshape", "shape": list(after[1:])}
    yield from _activation(layer)


def _sums(layer: Any, kind: str, shape: tuple) -> Iterator[dict]:
    """Yield the one or two steps that a layer with kernels takes."""
    *kernels, bias = layer.get_weights() + [0.0] * (not layer.use_bias)
    if len(kernels) != 1 + (kind == "SeparableConv2D"):
        raise InputError(
            f"layer {layer.name!r} must have its plain weights, got {len(kernels)} "
            "arrays; export it before it is quantized or adapted"
        )
    channels = layer.compute_output_shape(shape)[-1]
    last = {"kernel": kernels[-1], "bias": bias + np.zeros(channels)}
    if kind == "Dense":
        yield {"kind": kind} | last
    elif kind == "Conv2D":
        yield {"kind": kind, "groups": layer.groups} | _moves(layer) | last
    else:  # each channel is a group of its own
        first = kernels[0].reshape(*kernels[0].shape[:2], 1, -1)
        grouped = {"kind": "Conv2D", "groups": shape[-1]} | _moves(layer)
        if kind == "DepthwiseConv2D":
            yield grouped | last | {"kernel": first}
        else:
            yield grouped | {"kernel": first, "bias": np.zeros(first.shape[-1])}
            yield {"kind": "Conv2D"} | last


def _moves(layer: Any) -> dict:
    """Return how the window of a layer moves."""
    dilation = getattr(layer, "dilation_rate", (1, 1))
    moves = {"strides": list(layer.strides), "dilation": list(dilation)}
    return moves | {"padding": layer.padding}


def _activation(layer: Any) -> Iterator[dict]:
    """Yield the activation of a layer, or that it is, if it does anything."""
    kind, settings = type(layer).__name__, {}
    if kind == "ReLU":
        name, most = "relu", layer.max_value
        if layer.negative_slope or layer.threshold or most is not None:
            name, most = "general_relu", 3e38 if most is None else most
            settings = {"slope": layer.negative_slope, "max": most}
            settings["threshold"] = layer.threshold
    elif kind == "LeakyReLU":
        name, settings = "leaky_relu", {"slope": layer.negative_slope}
    elif kind == "ELU":
        name, settings = "elu", {"alpha": layer.alpha}
    elif kind == "Softmax":
        _check_setting(layer, "axis", -1)
        name = "softmax"
    else:
        function = getattr(layer, "activation", None)
        if type(function).__name__ in SUPPORTED:  # a layer in the place of a function
            yield from _activation(function)
            return
        name = getattr(function, "__name__", "linear")
        check_choice(f"the activation of layer {layer.name!r}", name, FUNCTIONS)
    if name != "linear":
        yield {"kind": "Activation", "function": name} | settings


def _check_setting(layer: Any, name: str, expected: Any) -> None:
    received = getattr(layer, name, expected)
    if received != expected:
        raise InputError(
            f"{name} of layer {layer.name!r} must be {expected}, got {received}; the "
            "engine knows no other"
        )


def _written(values: np.ndarray, kind: str, layer: Any) -> dict:
    """Write an array as text; where float16 has no room for it, as float32."""
    values = np.asarray(values, np.float32)
    if not np.isfinite(values).all():
        raise InputError(
            f"the weights of layer {layer.name!r} must be finite numbers, got NaN or "
            "infinity; train it again with a smaller learning rate"
        )
    if np.abs(values).max() > np.finfo(np.float16).max:
        kind = "float32"
    data = base64.b64encode(values.astype(np.dtype(kind).newbyteorder("<"))).decode()
    return {"shape": list(values.shape), "type": kind, "data": data}
