"""A Keras model as text, for the engine in ``scripts/engine_network.js`` to run."""

import base64
from typing import Any

import numpy as np

from mnist_tutorial.checks import check_choice, check_model
from mnist_tutorial.errors import InputError

SUPPORTED = (
    "Conv2D DepthwiseConv2D SeparableConv2D Dense MaxPooling2D AveragePooling2D "
    "GlobalMaxPooling2D GlobalAveragePooling2D BatchNormalization Rescaling Flatten "
    "Reshape Activation ReLU LeakyReLU ELU Softmax "
    # These do nothing once a model is trained.
    "InputLayer Identity ActivityRegularization Dropout SpatialDropout2D AlphaDropout "
    "GaussianDropout GaussianNoise RandomFlip RandomRotation RandomTranslation "
    "RandomZoom RandomContrast RandomBrightness"
).split()
FUNCTIONS = (
    "linear relu leaky_relu elu selu gelu silu sigmoid tanh softplus softmax"
).split()
LAYERS = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax"}
FACTORS = "alpha negative_slope max_value threshold".split()  # of activations
# What a layer may be set to, and by which name the engine knows it.
MOVES = [(name, name) for name in ("strides", "padding", "groups", "keepdims")]
MOVES += [("pool_size", "window"), ("dilation_rate", "dilation")]
# What it must be set to, where it has such a setting.
SETTINGS = {"data_format": "channels_last", "axis": -1, "lora_enabled": False}
SETTINGS |= {"quantization_mode": None}


def export_network(model: Any, *, weights: str = "float16") -> dict:
    """Write a trained Keras model as a dictionary that JSON can hold.

    Parameters
    ----------
    model
        A ``keras.Sequential``, or a functional model that is a chain; models inside it
        too. It knows its input shape. Its layers are among ``SUPPORTED``.
    weights
        ``"float16"``, or ``"float32"`` for twice the size. Only kernels are rounded.

    Returns
    -------
    dict
        ``"input"``, the shape of one image, and ``"layers"``, in the order of the
        computation. An activation is one of its own, a separable convolution is two,
        and each has the ``name`` of its layer in Keras.

    Raises
    ------
    InputError
        If the engine cannot compute the model. It names the layer, and what it may be.
    """
    check_model(model)
    check_choice("weights", weights, ["float16", "float32"])
    shapes = [tensor.shape for tensor in getattr(model, "inputs", None) or []]
    if len(shapes) != 1 or None in shapes[0][1:]:
        raise InputError(
            "model must be a Keras model that knows the shape of its one input, got "
            f"{shapes}; let it begin with keras.Input((28, 28, 1))"
        )
    shape, steps = shapes[0], []
    for layer in _chain(model):
        after = layer.compute_output_shape(shape)
        for step in _steps(layer, shape, after):
            steps.append({"name": layer.name})
            for name, value in step.items():
                if isinstance(value, np.ndarray):
                    kind = weights if name == "kernel" else "float32"
                    value = _written(value, kind, layer)
                steps[-1][name] = value
        shape = after
    return {"input": list(shapes[0][1:]), "layers": steps}


def _chain(model: Any) -> list[Any]:
    """Return the layers of a model in their order, those of models inside it too."""
    kinds = [kind.__name__ for kind in type(model).__mro__]
    if "Sequential" in kinds:
        return [part for layer in model.layers for part in _chain(layer)]
    if "Functional" not in kinds:
        check_choice(f"layer {model.name!r}", type(model).__name__, SUPPORTED)
        return [model]
    chain, layer, tensors = [], model, model.outputs
    while len(tensors) == 1:  # from the output back to the input
        if tensors[0] is model.inputs[0]:
            return chain
        layer, node, _ = tensors[0]._keras_history
        tensors = layer._inbound_nodes[node].input_tensors
        chain = [*_chain(layer), *chain]
    raise InputError(
        f"layer {layer.name!r} must be in a chain, got {len(tensors)} tensors that "
        "meet or part there; the engine runs one layer after another"
    )


def _steps(layer: Any, shape: tuple, after: tuple) -> list[dict]:
    """Return what the engine does for a layer, with its arrays."""
    kind = type(layer).__name__
    for name, expected in SETTINGS.items():
        received = getattr(layer, name, expected)
        if received != expected and (name, received) != ("axis", len(shape) - 1):
            raise InputError(
                f"{name} of layer {layer.name!r} must be {expected}, got {received}; "
                "the engine knows no other"
            )
    moves = {to: getattr(layer, name) for name, to in MOVES if hasattr(layer, name)}
    steps = []
    if hasattr(layer, "use_bias"):
        *kernels, bias = layer.get_weights() + [None] * (not layer.use_bias)
        if kind in ("DepthwiseConv2D", "SeparableConv2D"):
            # Each channel is a group of its own.
            kernels[0] = kernels[0].reshape(*kernels[0].shape[:2], 1, -1)
            moves["groups"] = shape[-1]
        kind = "Dense" if kind == "Dense" else "Conv2D"
        steps = [{"kind": kind, "kernel": kernel} for kernel in kernels]
        steps[0] |= moves
        steps[-1] |= {} if bias is None else {"bias": bias}
    elif "Pooling" in kind:
        steps = [{"kind": kind} | moves]
    elif kind == "BatchNormalization":
        *factors, mean, variance = layer.get_weights()
        scale = (variance + layer.epsilon) ** -0.5
        scale *= factors.pop(0) if layer.scale else 1
        offset = (factors.pop() if layer.center else 0) - mean * scale
        steps = [{"kind": "Scale", "scale": scale, "offset": offset}]
    elif kind == "Rescaling":
        factors = {"scale": np.ravel(layer.scale), "offset": np.ravel(layer.offset)}
        steps = [{"kind": "Scale"} | factors]
    elif kind in ("Flatten", "Reshape"):
        steps = [{"kind": "Reshape", "shape": list(after[1:])}]

    # An activation is a function, a layer in the place of one, or the layer itself.
    function = getattr(layer, "activation", layer)
    name = getattr(function, "__name__", "linear")
    name = LAYERS.get(type(function).__name__, name)
    check_choice(f"the activation of layer {layer.name!r}", name, FUNCTIONS)
    if name != "linear":
        factors = {key: getattr(function, key, None) for key in FACTORS}
        factors = {key: value for key, value in factors.items() if value is not None}
        steps.append({"kind": "Activation", "function": name} | factors)
    return steps


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
    raw = values.astype({"float16": "<f2", "float32": "<f4"}[kind]).tobytes()
    data = base64.b64encode(raw).decode()
    return {"shape": list(values.shape), "type": kind, "data": data}
