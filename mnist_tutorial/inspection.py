"""Look inside a network: what its layers make of an image, as arrays."""

import keras
import numpy as np

from mnist_tutorial.errors import InputError


def feature_maps(model: keras.Model, images: np.ndarray, layer_name: str) -> np.ndarray:
    """Return what a layer gives for some images, one map a channel.

    The page ``algorithm/convolution`` shows such maps.

    Parameters
    ----------
    model
        A model that knows its input shape, Sequential or functional.
    images
        What the model takes: ``float32`` in [0, 1], shape ``(n, 28, 28, 1)`` for the
        models of this package. All of them are computed at once, so hand in as many
        as you want to look at.
    layer_name
        A layer whose output has height, width and channels, by its name in
        ``model.summary()``.

    Returns
    -------
    np.ndarray
        ``float32``, shape ``(n, height, width, channels)``.

    Raises
    ------
    InputError
        If the model does not know its input shape, the images do not fit it, or it
        has no such layer.

    Examples
    --------
    >>> model = build_cnn()
    >>> feature_maps(model, images, map_layers(model)[0]).shape
    (3, 26, 26, 32)
    """
    names = map_layers(model)
    if layer_name not in names:
        raise InputError(
            f"layer_name must be one of {', '.join(names) or 'no layers at all'} "
            f"(those of {model.name} that give maps), got {layer_name!r}"
        )
    expected, got = tuple(model.inputs[0].shape[1:]), np.shape(images)
    if len(got) != 1 + len(expected) or any(
        size not in (None, found) for size, found in zip(expected, got[1:], strict=True)
    ):
        raise InputError(
            f"images must have shape (n, {', '.join(map(str, expected))}), got {got}; "
            "x[:1] keeps the first axis, x[0] drops it"
        )
    part = keras.Model(model.inputs, model.get_layer(layer_name).output)
    maps = part(keras.ops.convert_to_tensor(images, "float32"), training=False)
    return np.asarray(keras.ops.convert_to_numpy(maps), dtype=np.float32)


def map_layers(model: keras.Model) -> list[str]:
    """Return the names of the layers that give maps, in the model's order.

    Parameters
    ----------
    model
        A model that knows its input shape, Sequential or functional.

    Returns
    -------
    list of str
        Layers whose output has shape ``(n, height, width, channels)``.

    Raises
    ------
    InputError
        If the model does not know its input shape, and so not its outputs'.
    """
    if len(getattr(model, "inputs", None) or ()) != 1:
        raise InputError(
            "model must know the shape of its one input, got "
            f"{getattr(model, 'name', type(model).__name__)}; begin it with keras.Input"
        )
    return [
        layer.name
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
        and len(getattr(layer.output, "shape", ())) == 4
    ]
