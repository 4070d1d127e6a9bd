"""The networks of the book: counted by hand, computed in NumPy, failing as promised."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow

from mnist_tutorial import models, scratch
from mnist_tutorial.errors import InputError

ROOT = Path(__file__).resolve().parent.parent

# What the listing of the document has: three convolutions.
LISTING = (3 * 3 * 1 + 1) * 32 + (3 * 3 * 32 + 1) * 64 + (3 * 3 * 64 + 1) * 64
# Parameters, counted by hand: weights, biases, and four numbers to normalise a value.
CLASSIFIERS = {
    models.build_cnn: LISTING + (3 * 3 * 64 + 1) * 64 + (64 + 1) * 10,
    models.build_linear: (28 * 28 + 1) * 10,
    models.build_mlp: (28 * 28 + 1) * 128 + (128 + 1) * 10,
    models.build_fast_cnn: (5 * 5 * 1 + 1) * 16
    + (3 * 3 * 16 + 1) * 48
    + (5 * 5 * 48 * 64 + 4 * 64)
    + (64 + 1) * 10,
    models.build_best_cnn: (5 * 5 * 1 * 16 + 4 * 16)
    + (5 * 5 * 16 * 32 + 4 * 32)
    + (3 * 3 * 32 * 64 + 4 * 64)
    + (4 * 4 * 64 * 128 + 4 * 128)
    + (128 + 1) * 10,
}
each_classifier = pytest.mark.parametrize("build", CLASSIFIERS)


# --- shapes and outputs --------------------------------------------------------------


@each_classifier
def test_a_network_is_of_the_size_that_is_promised_and_gives_ten_numbers(build):
    model = build()
    count = model.count_params()
    assert count == CLASSIFIERS[build]
    assert f"{count:,}" in build.__doc__
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 10))
    assert not model.compiled


def test_the_document_has_three_convolutions():
    assert LISTING == 55_744
    layers = models.build_cnn().layers
    assert sum(layer.count_params() for layer in layers[:5]) == LISTING
    assert layers[4].output.shape[1:] == (3, 3, 64)


def test_a_hidden_layer_without_units_is_refused():
    with pytest.raises(InputError, match="hidden_units must be a whole number from 1"):
        models.build_mlp(0)


# --- the network in NumPy ------------------------------------------------------------


def test_the_fast_cnn_computes_what_numpy_computes(images):
    keras.utils.set_random_seed(2)
    model = models.build_fast_cnn()
    rng = np.random.default_rng(0)
    # Also the biases, scale, shift and averages, which begin at 0 and 1.
    model.set_weights([w + 0.1 * rng.random(w.shape) for w in model.get_weights()])
    one, one_bias, two, two_bias, dense, *norm, last, last_bias = model.get_weights()
    scale, shift, mean, variance = norm

    # Every second window, with room for 14 of them.
    padded = np.pad(images.astype(float), [(0, 0), (1, 2), (1, 2), (0, 0)])
    x = scratch.Conv2D(one, one_bias).forward(padded)[:, ::2, ::2]
    layers = [scratch.MaxPool2D(), scratch.ReLU(), scratch.Conv2D(two, two_bias)]
    maps = scratch.Network([*layers, scratch.ReLU(), scratch.Flatten()])
    x = maps.forward(x) @ dense
    x = (x - mean) / np.sqrt(variance + 1e-3) * scale + shift
    x = np.maximum(x, 0) @ last + last_bias
    np.testing.assert_allclose(model.predict_on_batch(images), x, rtol=1e-4)
    (norm,) = (layer for layer in model.layers if hasattr(layer, "momentum"))
    assert norm.momentum == 0.9


def test_the_mlp_and_the_linear_model_compute_what_numpy_computes(images):
    flat = images.reshape(len(images), -1).astype(float)
    linear, mlp = models.build_linear(), models.build_mlp(7)
    kernel, bias = linear.get_weights()
    np.testing.assert_allclose(
        linear.predict_on_batch(images), flat @ kernel + bias, atol=1e-5
    )
    first, first_bias, second, second_bias = mlp.get_weights()
    assert first.shape == (784, 7)
    hidden = np.maximum(flat @ first + first_bias, 0)
    np.testing.assert_allclose(
        mlp.predict_on_batch(images), hidden @ second + second_bias, atol=1e-5
    )


# --- the repair that the page teaches ------------------------------------------------


def test_the_repair_in_the_book_is_build_cnn():
    path = ROOT / "book" / "zh" / "code" / "project.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    (cell,) = (cell for cell in cells if cell["id"] == "repair")
    page = {"keras": keras}
    exec("".join(cell["source"]), page)

    def description(model):
        layers = [(type(layer).__name__, layer.get_config()) for layer in model.layers]
        for _, config in layers:
            del config["name"]
        return layers

    assert description(page["model"]) == description(models.build_cnn())


# --- ReLUs ---------------------------------------------------------------------------

VALUES = keras.ops.convert_to_tensor([[-4.0, -0.5, 0.5, 4.0, 40.0]])


@pytest.mark.parametrize(
    ("layer", "is_relu"),
    [
        (keras.layers.Dense(3, activation="relu"), True),
        (keras.layers.Dense(3, activation=keras.ops.relu), True),
        (keras.layers.Dense(3, activation=tensorflow.nn.relu), True),
        (keras.layers.Activation("relu"), True),
        (keras.layers.ReLU(), True),
        (keras.layers.ReLU(max_value=6.0), False),
        (keras.layers.ReLU(negative_slope=0.1), False),
        (keras.layers.ReLU(threshold=1.0), False),
        (keras.layers.LeakyReLU(), False),
        (keras.layers.Activation("relu6"), False),
        (keras.layers.Activation("gelu"), False),
        (keras.layers.Dense(3), False),
        (keras.layers.Flatten(), False),
    ],
)
def test_a_relu_is_told_by_what_it_does(layer, is_relu):
    assert models.is_relu(layer) == is_relu
    function = getattr(layer, "activation", layer)
    assert np.array_equal(function(VALUES), np.maximum(VALUES, 0)) == is_relu


# --- multiply-adds, counted by hand --------------------------------------------------


def test_multiply_adds_are_weights_times_places():
    by_hand = (
        26 * 26 * (9 * 32)
        + 11 * 11 * (9 * 32 * 64)
        + 3 * 3 * (9 * 64 * 64)
        + 3 * 3 * 64 * 64
        + 64 * 10
    )
    assert models.count_multiply_adds(models.build_cnn()) == by_hand
    assert models.count_multiply_adds(models.build_linear()) == 28 * 28 * 10


def test_multiply_adds_follow_stride_padding_and_forms_without_a_square():
    model = keras.Sequential(
        [
            keras.Input((9, 7, 3)),
            keras.layers.Conv2D(4, (2, 3), strides=2, padding="same"),  # (n, 5, 4, 4)
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(5, 1),  # (n, 5, 4, 5)
        ]
    )
    by_hand = 5 * 4 * (2 * 3 * 3 * 4) + 5 * 4 * (4 * 5)
    assert models.count_multiply_adds(model) == by_hand
