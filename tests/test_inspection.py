"""What a layer gives, against the same sums made by hand."""

import keras
import numpy as np
import pytest
from scipy.signal import correlate2d

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import feature_maps, map_layers


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return models.build_cnn()


def test_maps_of_the_first_layer_are_its_kernels_slid_over_the_images(images):
    model = models.build_cnn()
    kernel, bias = model.layers[0].get_weights()
    bias += 0.1
    model.layers[0].set_weights([kernel, bias])
    maps = feature_maps(model, images, model.layers[0].name)
    assert maps.shape == (3, 26, 26, 32)
    assert maps.dtype == np.float32
    for n in range(3):
        for channel in (0, 7, 31):
            slid = correlate2d(images[n, ..., 0], kernel[..., 0, channel], "valid")
            expected = np.maximum(slid + bias[channel], 0)
            np.testing.assert_allclose(maps[n, ..., channel], expected, atol=1e-5)


def test_maps_of_a_deeper_layer_come_from_the_one_before(model, images):
    conv, pool = model.layers[0].name, model.layers[1].name
    before = feature_maps(model, images, conv)
    expected = before.reshape(3, 13, 2, 13, 2, 32).max(axis=(2, 4))
    np.testing.assert_array_equal(feature_maps(model, images, pool), expected)


def test_maps_are_those_of_a_network_that_does_not_train(images):
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Dropout(0.5, name="drop"),
            keras.layers.BatchNormalization(name="norm"),
        ]
    )
    np.testing.assert_array_equal(feature_maps(model, images, "drop"), images)
    mean, variance = np.float32([0.25]), np.float32([4])
    gamma, beta, _, _ = model.get_layer("norm").get_weights()
    model.get_layer("norm").set_weights([gamma, beta, mean, variance])
    expected = (images - mean) / np.sqrt(variance + model.get_layer("norm").epsilon)
    np.testing.assert_allclose(
        feature_maps(model, images, "norm"), expected, rtol=1e-5, atol=1e-6
    )


def test_functional_models_are_looked_into_too(images):
    inputs = keras.Input((28, 28, 1))
    doubled = keras.layers.Rescaling(2.0, name="doubled")(inputs)
    flat = keras.layers.Flatten()(doubled)
    model = keras.Model(inputs, keras.layers.Dense(2)(flat))
    np.testing.assert_allclose(feature_maps(model, images, "doubled"), 2 * images)
    assert map_layers(model) == ["doubled"]


def test_float64_images_are_as_good(model, images):
    name = model.layers[0].name
    maps = feature_maps(model, images.astype(np.float64), name)
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, feature_maps(model, images, name))


def test_layers_are_listed_in_order_without_those_that_give_no_maps(model):
    assert map_layers(model) == [layer.name for layer in model.layers[:5]]


def test_the_model_stays_as_it_is(model, images):
    before = model.get_weights()
    feature_maps(model, images, model.layers[0].name)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert len(model.layers) == 8


@pytest.mark.parametrize("name", ["conv", "", None])
def test_an_unknown_layer_is_refused_with_the_known_names(model, images, name):
    with pytest.raises(InputError) as caught:
        feature_maps(model, images, name)
    message = str(caught.value)
    assert repr(name) in message
    assert ", ".join(map_layers(model)) in message
    assert "\n" not in message


def test_a_layer_without_height_and_width_is_refused(model, images):
    with pytest.raises(InputError, match="that give maps"):
        feature_maps(model, images, model.layers[-1].name)


def test_a_model_without_maps_says_that_there_are_none(images):
    with pytest.raises(InputError, match="one of no layers at all"):
        feature_maps(models.build_linear(), images, "dense")


@pytest.mark.parametrize("shape", [(28, 28, 1), (3, 28, 28), (3, 27, 28, 1), ()])
def test_images_that_do_not_fit_the_model_are_refused(model, shape):
    with pytest.raises(InputError, match=r"\(n, 28, 28, 1\), got"):
        feature_maps(model, np.zeros(shape, np.float32), model.layers[0].name)


def test_images_of_any_size_fit_a_model_that_takes_any():
    model = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.MaxPooling2D(name="pool")]
    )
    assert feature_maps(model, np.ones((2, 6, 8, 1)), "pool").shape == (2, 3, 4, 1)


def test_a_model_without_an_input_shape_is_refused(images):
    model = keras.Sequential([keras.layers.Conv2D(2, 3)])
    with pytest.raises(InputError, match="keras.Input"):
        feature_maps(model, images, "conv2d")
