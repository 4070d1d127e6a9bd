"""What a layer gives and what a network looks at, against sums made by hand."""

import functools
import random

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import (
    feature_maps,
    grad_cam,
    gradient,
    guided_backprop,
    map_layers,
    occlusion,
    randomize_weights,
    saliency,
)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    model = models.build_cnn()
    for layer in model.layers:
        for bias in layer.weights[1:]:
            bias.assign(np.full(bias.shape, 0.1))
    return model


def same_weights(one, two):
    return all(map(np.array_equal, one.get_weights(), two.get_weights()))


# --- feature maps --------------------------------------------------------------------


def test_maps_are_kernels_slid_over_the_images_and_then_pooled(model, images):
    kernel, bias = model.layers[0].get_weights()
    names = map_layers(model)
    assert names == [layer.name for layer in model.layers[:5]]
    maps = feature_maps(model, images.astype(np.float64), names[0])
    assert maps.shape == (3, 26, 26, 32)
    assert maps.dtype == np.float32
    for n in range(3):
        for channel in (0, 7, 31):
            slid = correlate2d(images[n, ..., 0], kernel[..., 0, channel], "valid")
            expected = np.maximum(slid + bias[channel], 0)
            np.testing.assert_allclose(maps[n, ..., channel], expected, atol=1e-5)
    pooled = maps.reshape(3, 13, 2, 13, 2, 32).max(axis=(2, 4))
    np.testing.assert_array_equal(feature_maps(model, images, names[1]), pooled)


def test_maps_are_those_of_a_network_that_does_not_train(images):
    norm = keras.layers.BatchNormalization(name="norm")
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Dropout(0.5, name="drop"), norm]
    )
    norm.set_weights([np.float32([value]) for value in (1, 0, 0.25, 4)])
    np.testing.assert_array_equal(feature_maps(model, images, "drop"), images)
    expected = (images - 0.25) / np.sqrt(4 + norm.epsilon)
    found = feature_maps(model, images, "norm")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


# --- what a network looks at ---------------------------------------------------------


@pytest.fixture(scope="module")
def linear():
    """Return a model whose scores are sums of weighted pixels, and the weights."""
    weights = np.random.default_rng(1).normal(size=(17, 16, 2, 3)).astype(np.float32)
    model = keras.Sequential(
        [keras.Input((17, 16, 2)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    model.layers[-1].set_weights([weights.reshape(-1, 3), np.arange(3)])
    return model, weights


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 16),
    stride=st.integers(1, 16),
    fill=st.sampled_from([0.0, 0.5, 1.0]),
    target=st.integers(0, 2),
)
@example(size=1, stride=1, fill=0.5, target=1)  # 272 squares: more than a batch
def test_occlusion_of_a_linear_model_is_what_the_square_hid(
    linear, size, stride, fill, target
):
    model, weights = linear
    stride = min(stride, size)
    image = np.random.default_rng(2).random((17, 16, 2), dtype=np.float32)
    before = image.copy()
    hidden = ((image - fill) * weights[..., target]).sum(axis=-1)
    falls, visits = np.zeros((2, 17, 16))
    for top in range(17 - size + 1):
        for left in range(16 - size + 1):
            is_visited = (top % stride == 0 or top == 17 - size) and (
                left % stride == 0 or left == 16 - size
            )
            if is_visited:
                square = (slice(top, top + size), slice(left, left + size))
                falls[square] += hidden[square].sum()
                visits[square] += 1
    found = occlusion(model, image, target, size=size, stride=stride, fill=fill)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, falls / visits, atol=1e-4)
    np.testing.assert_array_equal(image, before)


def test_saliency_is_the_slope_that_a_small_change_measures():
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((9, 8, 2)),
            keras.layers.Conv2D(4, 5, activation="tanh"),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    images = np.random.default_rng(3).random((3, 9, 8, 2))
    targets = (2, 0, 1)  # each image has a map of its own
    found = saliency(model, images, targets)
    assert found.shape == (3, 9, 8)
    assert found.dtype == np.float32
    steps = 0.01 * np.eye(144).reshape(144, 9, 8, 2)
    for map_, image, target in zip(found, images, targets, strict=True):
        high, low = (
            model.predict(image + sign * steps, verbose=0)[:, target]
            for sign in (1, -1)
        )
        expected = np.abs((high - low) / 0.02).reshape(9, 8, 2).max(axis=-1)
        np.testing.assert_allclose(map_, expected, rtol=0.02, atol=1e-4)


Dense = functools.partial(keras.layers.Dense, use_bias=False)
RELUS = {
    "layer": lambda width: [Dense(width), keras.layers.ReLU()],
    "activation": lambda width: [Dense(width), keras.layers.Activation("relu")],
    "word": lambda width: [Dense(width, "relu")],
}


@pytest.mark.parametrize("style", RELUS)
def test_guided_backprop_lets_only_positive_gradients_through_a_relu(style):
    rng = np.random.default_rng(9)
    first, second, last = weights = [
        rng.normal(size=shape).astype(np.float32) for shape in ((6, 8), (8, 5), (5, 2))
    ]
    model = keras.Sequential(
        [
            keras.Input((2, 3, 1)),
            keras.layers.Flatten(),
            *RELUS[style](8),
            *RELUS[style](5),
            Dense(2),
        ]
    )
    model.set_weights(weights)

    image = rng.random((1, 2, 3, 1), dtype=np.float32)
    one = image.ravel() @ first
    two = np.maximum(one, 0) @ second
    plain = second @ (last[:, 1] * (two > 0)) * (one > 0)
    guided = np.maximum(second @ (np.maximum(last[:, 1], 0) * (two > 0)), 0) * (one > 0)
    assert guided.any() and not np.allclose(plain, guided)
    for method, slopes in ((guided_backprop, guided), (saliency, plain)):
        found = method(model, image, [1]).ravel()
        np.testing.assert_allclose(found, np.abs(first @ slopes), rtol=1e-4)


def test_guided_backprop_refuses_what_it_would_leave_unguided(images):
    inner = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3, activation="relu")]
    )
    half = [inner, keras.layers.Flatten(), keras.layers.ReLU(), keras.layers.Dense(3)]
    for model in (models.build_linear(), keras.Sequential(half)):
        with pytest.raises(InputError, match=f"no models inside it, got {model.name}"):
            guided_backprop(model, images, [0, 1, 2])


def test_grad_cam_of_averaged_maps_weights_them_as_the_last_layer_does():
    keras.utils.set_random_seed(6)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            keras.layers.Conv2D(3, 3, activation="relu", name="maps"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, name="scores"),
        ]
    )
    weights = np.float32([[1, -2], [0.5, 1], [-1, 0.3]])
    model.get_layer("scores").set_weights([weights, np.float32([3, -3])])
    images = np.random.default_rng(7).random((4, 12, 12, 1))
    maps = feature_maps(model, images, "maps")
    found = grad_cam(model, images, [0, 1, 1, 0], "maps")
    assert found.shape == (4, 10, 10)
    assert found.dtype == np.float32
    for map_, values, target in zip(found, maps, (0, 1, 1, 0), strict=True):
        expected = np.maximum(values @ weights[:, target], 0) / 100
        np.testing.assert_allclose(map_, expected, rtol=1e-4, atol=1e-7)
    assert 0 < np.mean(found == 0) < 1


def test_a_layer_of_a_functional_model_that_is_gone_around_has_its_own_part():
    weights = np.random.default_rng(10).normal(size=(12, 12, 1, 2)).astype(np.float32)
    inputs = keras.Input((12, 12, 1))
    doubled = keras.layers.Rescaling(2.0, name="doubled")(inputs)
    both = keras.layers.Add(name="both")([inputs, doubled])
    model = keras.Model(inputs, Dense(2)(keras.layers.Flatten()(both)))
    model.set_weights([weights.reshape(144, 2)])
    assert map_layers(model) == ["doubled", "both"]
    images = np.random.default_rng(11).random((2, 12, 12, 1))
    np.testing.assert_allclose(
        feature_maps(model, images, "doubled"), 2 * images, rtol=1e-6
    )
    found = grad_cam(model, images, [0, 1], "doubled")
    for map_, image, target in zip(found, images, (0, 1), strict=True):
        expected = np.maximum(weights[..., target].mean() * 2 * image[..., 0], 0)
        np.testing.assert_allclose(map_, expected, rtol=1e-4, atol=1e-7)


METHODS = {
    "saliency": saliency,
    "guided_backprop": guided_backprop,
    "grad_cam": lambda *args: grad_cam(*args, map_layers(args[0])[0]),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_map_leaves_the_model_as_it_is(model, images, name):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    first = METHODS[name](model, images, [4, 5, 6])
    np.testing.assert_array_equal(METHODS[name](model, images, [4, 5, 6]), first)
    assert model.layers[0].activation is keras.activations.relu
    assert len(model.layers) == 8
    assert same_weights(model, copy)


# --- new weights ---------------------------------------------------------------------


def test_only_the_layers_that_are_named_get_new_weights(model):
    every = [layer.name for layer in model.layers if layer.weights]
    some = [every[1], every[-1]]
    for layers, redrawn in ((None, every), (some, some), ([], [])):
        copy = randomize_weights(model, seed=0, layers=layers)
        for layer, other in zip(model.layers, copy.layers, strict=True):
            assert same_weights(layer, other) == (layer.name not in redrawn)


def test_the_seed_decides_the_new_weights_and_disturbs_no_other_numbers(model):
    random.seed(3)
    expected = random.random()
    random.seed(3)
    one, two, three = (randomize_weights(model, seed=seed) for seed in (5, 5, 6))
    assert random.random() == expected
    assert same_weights(one, two)
    assert not np.array_equal(one.get_weights()[0], three.get_weights()[0])


def test_the_seed_that_a_model_was_built_with_does_not_bring_its_start_back():
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = models.build_mlp()
        copy = randomize_weights(model, seed=seed)
        for layer, other in zip(model.layers[1:], copy.layers[1:], strict=True):
            kernel, new = layer.get_weights()[0], other.get_weights()[0]
            assert abs(np.corrcoef(kernel.ravel(), new.ravel())[0, 1]) < 0.1


# --- gradients -----------------------------------------------------------------------


def test_a_gradient_is_that_of_the_sum():
    values = np.float32([[1, 2], [3, 4]])
    found = gradient(lambda tensor: tensor**3, values)
    np.testing.assert_allclose(found, 3 * values**2)
    weights = keras.ops.array([1, 10], "float32")
    found = gradient(lambda tensor: keras.ops.sum(tensor * weights, axis=1), values)
    np.testing.assert_allclose(found, [[1, 10], [1, 10]])
    found = gradient(lambda tensor: keras.ops.ones((2,)), np.ones((2, 3)))
    np.testing.assert_array_equal(found, np.zeros((2, 3)))


# --- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "targets", "message"),
    [
        ((28, 28, 1), [0] * 28, r"\(n, 28, 28, 1\) for .*, got"),
        ((3, 27, 28, 1), [0, 1, 2], r"\(n, 28, 28, 1\) for .*, got"),
        ((3, 28, 28, 1), [0, 1, 10], r"targets must be in 0\.\.9"),
        ((3, 28, 28, 1), [0, 1], "targets must be 3 classes"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(model, shape, targets, message):
    images = np.zeros(shape)
    for method in METHODS.values():
        with pytest.raises(InputError, match=message):
            method(model, images, targets)
    if "targets" not in message:
        with pytest.raises(InputError, match=message):
            feature_maps(model, images, map_layers(model)[0])


def test_unknown_layers_are_refused_with_the_known_names(model, images):
    maps = ", ".join(map_layers(model))
    for name in ("conv", model.layers[-1].name):
        message = f"layer_name must be one of {maps}, got {name!r}"
        with pytest.raises(InputError, match=message):
            feature_maps(model, images, name)
        with pytest.raises(InputError, match=message):
            grad_cam(model, images, [0, 1, 2], name)
    weighted = ", ".join(layer.name for layer in model.layers if layer.weights)
    for layers in (["conv"], ["flatten"], "dense"):
        with pytest.raises(InputError, match=f"must be one of {weighted}, got"):
            randomize_weights(model, seed=0, layers=layers)


def test_models_that_cannot_be_looked_into_are_refused(model, images):
    with pytest.raises(InputError, match=r"one of \(none\), got 'dense'"):
        feature_maps(models.build_linear(), images, "dense")
    with pytest.raises(InputError, match="keras.Input"):
        feature_maps(keras.Sequential([keras.layers.Conv2D(2, 3)]), images, "conv2d")
    headless = keras.Model(model.inputs, model.layers[4].output)
    with pytest.raises(InputError, match="end it with Flatten and Dense"):
        saliency(headless, images, [0, 1, 2])


@pytest.mark.parametrize(
    ("shape", "target", "settings", "message"),
    [
        ((28, 28, 1), 3, {"size": 0}, "size must be a whole number from 1, got 0"),
        ((28, 28, 1), 3, {"size": 29}, r"size must be a number in \[1, 28\], got 29"),
        ((28, 28, 1), 3, {"stride": 0}, "stride must be a whole number from 1, got 0"),
        ((28, 28, 1), 3, {"stride": 6}, r"stride must be a number in \[1, 5\], got 6"),
        ((1, 28, 28, 1), 3, {}, "one image"),
        ((28, 27, 1), 3, {}, r"\(n, 28, 28, 1\)"),
        ((28, 28, 1), 10, {}, r"targets must be in 0\.\.9"),
    ],
)
def test_occlusion_of_something_else_is_refused(
    model, shape, target, settings, message
):
    with pytest.raises(InputError, match=message):
        occlusion(model, np.zeros(shape), target, **settings)
