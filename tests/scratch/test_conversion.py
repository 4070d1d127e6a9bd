"""A Keras model is rebuilt, or refused."""

import keras
import numpy as np
import pytest

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch import from_keras

layers = keras.layers


def test_from_keras_rebuilds_every_kind_of_layer():
    model = keras.Sequential(
        [
            keras.Input((17, 16, 2)),
            layers.Conv2D(3, (2, 4), activation="relu"),
            layers.MaxPooling2D(3),
            layers.Conv2D(2, 1),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(5, activation="linear"),
        ]
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=array.shape) for array in model.get_weights()])
    network = from_keras(model)
    x = rng.normal(size=(4, 17, 16, 2)).astype(np.float32)
    np.testing.assert_allclose(
        network.predict(x), model.predict_on_batch(x), rtol=1e-4, atol=1e-4
    )
    for one, other in zip(network.parameters, model.get_weights(), strict=True):
        assert np.array_equal(one, other)


# --- what is refused -----------------------------------------------------------------


SUPPORTED = "Conv2D, MaxPooling2D, Dense, ReLU, Flatten"

CONVOLUTION, MAXIMUM = layers.Conv2D, layers.MaxPooling2D
LAYERS_REFUSED = [
    (layers.Dropout, [0.5], {}, f"layer 'seen' .* one of {SUPPORTED}, got 'Dropout'"),
    (CONVOLUTION, [4, 3], {"dilation_rate": 2}, r"must be \(1, 1\), got \(2, 2\)"),
    (CONVOLUTION, [4, 3], {"groups": 2}, "must be 1, got 2"),
    (CONVOLUTION, [4, 3], {"use_bias": False}, "must be True, got False"),
    (CONVOLUTION, [4, 3], {"strides": 2}, r"must be \(1, 1\), got \(2, 2\)"),
    (CONVOLUTION, [4, 3], {"padding": "same"}, "must be valid, got same"),
    (CONVOLUTION, [4, 3], {"data_format": "channels_first"}, "be channels_last, got"),
    (CONVOLUTION, [4, 3], {"activation": "tanh"}, "one of linear, relu, got 'tanh'"),
    (CONVOLUTION, [4, 3], {"activation": layers.LeakyReLU()}, "relu, got <LeakyReLU"),
    (layers.Dense, [3], {"activation": "softmax"}, "linear, relu, got 'softmax'"),
    (MAXIMUM, [], {"pool_size": (1, 2)}, r"must be \(1, 1\), got \(1, 2\)"),
    (MAXIMUM, [2], {"strides": 1}, r"must be \(2, 2\), got \(1, 1\)"),
    (layers.ReLU, [], {"negative_slope": 0.1}, "must be 0, got 0.1"),
    (layers.ReLU, [], {"max_value": 6}, "must be None, got 6"),
    (layers.ReLU, [], {"threshold": 1}, "must be 0, got 1"),
]


@pytest.mark.parametrize(("kind", "arguments", "settings", "message"), LAYERS_REFUSED)
def test_from_keras_says_what_it_cannot_rebuild(kind, arguments, settings, message):
    layer = kind(*arguments, name="seen", **settings)
    model = keras.Sequential([keras.Input((8, 8, 4)), layer])
    what = "".join(f"{setting} of layer 'seen' .*" for setting in settings)
    with pytest.raises(InputError, match=what + message):
        from_keras(model)


def functional():
    inputs = keras.Input((8,))
    return keras.Model(inputs, layers.Dense(2)(inputs))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (functional, "model must be .*Sequential, got 'Functional'"),
        (lambda: keras.Sequential([layers.Dense(3)]), "not built yet; .* keras.Input"),
    ],
)
def test_from_keras_takes_a_sequential_model_with_weights(make, message):
    with pytest.raises(InputError, match=message):
        from_keras(make())
