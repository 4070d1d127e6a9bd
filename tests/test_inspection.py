"""What a layer gives and what a network looks at, against sums made by hand."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d
from scipy.stats import spearmanr

from mnist_tutorial import models
from mnist_tutorial.datasets import load_mnist, split_validation, take_subset
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
from mnist_tutorial.training import train_fast


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return models.build_cnn()


def same_weights(one, two):
    return all(map(np.array_equal, one.get_weights(), two.get_weights()))


# --- feature maps --------------------------------------------------------------------


def test_maps_of_the_first_layer_are_its_kernels_slid_over_the_images(images):
    model = models.build_cnn()
    kernel, bias = model.layers[0].get_weights()
    bias += 0.1
    model.layers[0].set_weights([kernel, bias])
    maps = feature_maps(model, images.astype(np.float64), model.layers[0].name)
    assert maps.shape == (3, 26, 26, 32)
    assert maps.dtype == np.float32
    for n in range(3):
        for channel in (0, 7, 31):
            slid = correlate2d(images[n, ..., 0], kernel[..., 0, channel], "valid")
            expected = np.maximum(slid + bias[channel], 0)
            np.testing.assert_allclose(maps[n, ..., channel], expected, atol=1e-5)


def test_maps_of_a_deeper_layer_come_from_the_one_before(model, images):
    conv, pool = map_layers(model)[:2]
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


def test_layers_are_listed_in_order_without_those_that_give_no_maps(model):
    assert map_layers(model) == [layer.name for layer in model.layers[:5]]


def test_images_of_any_size_fit_a_model_that_takes_any():
    model = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.MaxPooling2D(name="pool")]
    )
    assert feature_maps(model, np.ones((2, 6, 8, 1)), "pool").shape == (2, 3, 4, 1)


# --- what a network looks at ---------------------------------------------------------


def linear_model(*shape):
    """Return a model whose scores are sums of weighted pixels, and the weights.

    ``shape`` is (height, width, channels, classes).
    """
    weights = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    model = keras.Sequential(
        [keras.Input(shape[:3]), keras.layers.Flatten(), keras.layers.Dense(shape[3])]
    )
    bias = np.arange(shape[3])
    model.layers[-1].set_weights([weights.reshape(-1, shape[3]), bias])
    return model, weights


@pytest.fixture(scope="module")
def linear():
    return linear_model(6, 7, 2, 3)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_occlusion_of_a_linear_model_is_what_the_square_hid(linear, data):
    model, weights = linear
    size = data.draw(st.integers(1, 6))
    stride = data.draw(st.integers(1, size))
    fill = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    target = data.draw(st.integers(0, 2))
    image = np.random.default_rng(2).random((6, 7, 2), dtype=np.float32)
    before = image.copy()
    hidden = ((image - fill) * weights[..., target]).sum(axis=-1)
    falls, visits = np.zeros((6, 7)), np.zeros((6, 7))
    for top in range(6 - size + 1):
        for left in range(7 - size + 1):
            is_visited = (top % stride == 0 or top == 6 - size) and (
                left % stride == 0 or left == 7 - size
            )
            if is_visited:
                square = (slice(top, top + size), slice(left, left + size))
                falls[square] += hidden[square].sum()
                visits[square] += 1
    found = occlusion(model, image, target, size=size, stride=stride, fill=fill)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, falls / visits, atol=1e-4)
    np.testing.assert_array_equal(image, before)


def test_many_squares_are_worked_off_in_batches():
    model, weights = linear_model(17, 16, 1, 2)
    image = np.random.default_rng(2).random((17, 16, 1), dtype=np.float32)
    expected = (image * weights[..., 1])[..., 0]  # one pixel a square: 272 of them
    np.testing.assert_allclose(occlusion(model, image, 1, size=1), expected, atol=1e-5)


def test_saliency_of_a_linear_model_is_the_size_of_its_weights(linear):
    model, weights = linear
    images = np.random.default_rng(3).random((3, 6, 7, 2))
    found = saliency(model, images, [2, 0, 1])
    assert found.dtype == np.float32
    for map_, target in zip(found, (2, 0, 1), strict=True):
        expected = np.abs(weights[..., target]).max(axis=-1)
        np.testing.assert_allclose(map_, expected, rtol=1e-5)


def test_saliency_is_the_slope_that_a_small_change_measures(images):
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(4, 5, activation="tanh"),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    targets = (2, 0, 1)  # each image has a map of its own
    found = saliency(model, images, targets)
    step = 0.01
    for map_, image, target in zip(found, images, targets, strict=True):
        for row, column in ((0, 0), (9, 14), (27, 3)):
            pair = np.stack([image, image])
            pair[0, row, column] += step
            pair[1, row, column] -= step
            high, low = model.predict(pair, verbose=0)[:, target]
            assert map_[row, column] == pytest.approx(
                abs(high - low) / (2 * step), rel=0.02, abs=1e-4
            )


RELUS = {
    "layer": lambda: [keras.layers.ReLU()],
    "activation": lambda: [keras.layers.Activation("relu")],
    "word": "relu",
    "keras.ops": keras.ops.relu,
    "tensorflow": tf.nn.relu,
}


@pytest.mark.parametrize("style", RELUS)
def test_guided_backprop_lets_only_positive_gradients_through_a_relu(style):
    rng = np.random.default_rng(9)
    first, second, last = weights = [
        rng.normal(size=shape).astype(np.float32) for shape in ((6, 8), (8, 5), (5, 2))
    ]
    layers = [keras.Input((2, 3, 1)), keras.layers.Flatten()]
    for width in (8, 5):
        if style in ("layer", "activation"):
            layers.append(keras.layers.Dense(width, use_bias=False))
            layers += RELUS[style]()
        else:
            layers.append(keras.layers.Dense(width, RELUS[style], use_bias=False))
    model = keras.Sequential([*layers, keras.layers.Dense(2, use_bias=False)])
    model.set_weights(weights)

    image = rng.random((1, 2, 3, 1), dtype=np.float32)
    one = image.ravel() @ first
    two = np.maximum(one, 0) @ second
    plain = second @ (last[:, 1] * (two > 0)) * (one > 0)
    guided = np.maximum(second @ (np.maximum(last[:, 1], 0) * (two > 0)), 0) * (one > 0)
    found = guided_backprop(model, image, [1])
    np.testing.assert_allclose(found.ravel(), np.abs(first @ guided), rtol=1e-4)
    np.testing.assert_allclose(
        saliency(model, image, [1]).ravel(), np.abs(first @ plain), rtol=1e-4
    )
    assert guided.any()
    assert not np.allclose(plain, guided)


def test_guided_backprop_refuses_what_it_would_leave_unguided(images):
    with pytest.raises(InputError, match="use saliency"):
        guided_backprop(models.build_linear(), images, [0, 1, 2])
    leaky = [keras.Input((4, 4, 1)), keras.layers.LeakyReLU(), keras.layers.Flatten()]
    leaky.append(keras.layers.ReLU(negative_slope=0.1))
    with pytest.raises(InputError, match="use saliency"):
        guided_backprop(keras.Sequential(leaky), np.zeros((1, 4, 4, 1)), [0])
    inner = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, activation="relu")],
        name="inner",
    )
    model = keras.Sequential([inner, keras.layers.Flatten(), keras.layers.Dense(3)])
    with pytest.raises(InputError, match="no models inside it, got inner"):
        guided_backprop(model, np.zeros((1, 8, 8, 1), np.float32), [0])


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


def test_grad_cam_at_a_layer_that_is_gone_around_sees_its_own_part():
    weights = np.random.default_rng(10).normal(size=(12, 12, 1, 2)).astype(np.float32)
    inputs = keras.Input((12, 12, 1))
    doubled = keras.layers.Rescaling(2.0, name="doubled")(inputs)
    both = keras.layers.Add()([inputs, doubled])
    scores = keras.layers.Dense(2, use_bias=False)(keras.layers.Flatten()(both))
    model = keras.Model(inputs, scores)
    model.set_weights([weights.reshape(144, 2)])
    images = np.random.default_rng(11).random((2, 12, 12, 1))
    found = grad_cam(model, images, [0, 1], "doubled")
    for map_, image, target in zip(found, images, (0, 1), strict=True):
        expected = np.maximum(weights[..., target].mean() * 2 * image[..., 0], 0)
        np.testing.assert_allclose(map_, expected, rtol=1e-4, atol=1e-7)


METHODS = {
    "saliency": saliency,
    "guided_backprop": guided_backprop,
    "grad_cam": lambda *args: grad_cam(*args, map_layers(args[0])[0]),
}
each_method = pytest.mark.parametrize("name", METHODS)


@each_method
def test_a_map_leaves_the_model_as_it_is(model, images, name):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    first = METHODS[name](model, images, [4, 5, 6])
    np.testing.assert_array_equal(METHODS[name](model, images, [4, 5, 6]), first)
    assert model.layers[0].activation is keras.activations.relu
    assert len(model.layers) == 8
    assert same_weights(model, copy)


# --- the sanity check ----------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    """Return a network that reads MNIST, and images that it was not trained on."""
    (x_train, y_train), _ = load_mnist()
    (x_fit, y_fit), (x_val, y_val) = split_validation(x_train, y_train, seed=0)
    keras.utils.set_random_seed(0)
    model = models.build_fast_cnn()
    train_fast(model, *take_subset(x_fit, y_fit, 20_000, seed=0))
    return model, x_val[:40], y_val[:40]


def occlusions(model, x, y):
    pairs = zip(x[:15], y[:15], strict=True)
    return [occlusion(model, image, label, stride=3) for image, label in pairs]


def last_maps(model, x, y):
    return grad_cam(model, x, y, map_layers(model)[-1])  # (40, 5, 5)


# How much of a map survives when as many layers, counted from the last, get new weights
# (all of them without a number): at least and at most, over three draws.
SURVIVALS = [
    (saliency, None, -1, 0.2),
    (saliency, 3, -1, 0.3),
    (last_maps, None, -0.4, 0.4),
    (last_maps, 3, -0.4, 0.4),
    (occlusions, None, -0.45, 0.45),
    (guided_backprop, 1, 0.7, 1),
    (guided_backprop, 3, 0.5, 1),
    (guided_backprop, None, 0.15, 1),
]


@pytest.mark.parametrize(("method", "count", "least", "most"), SURVIVALS)
def test_only_guided_backprop_survives_the_loss_of_what_was_learned(
    digits, method, count, least, most
):
    model, x, y = digits
    names = [layer.name for layer in model.layers if layer.weights]
    layers = names[-count:] if count else None
    is_seen = x[..., 0] > 0  # blank paper makes maps alike that have nothing in common
    if method is last_maps:
        is_seen = np.ones((40, 5, 5), bool)
    maps = method(model, x, y)
    for seed in range(3):
        others = method(randomize_weights(model, seed=seed, layers=layers), x, y)
        values = []
        for one, two, mask in zip(maps, others, is_seen, strict=False):
            is_flat = np.ptp(one[mask]) == 0 or np.ptp(two[mask]) == 0
            values.append(0 if is_flat else spearmanr(one[mask], two[mask]).statistic)
        assert least < np.mean(values) < most


# --- new weights ---------------------------------------------------------------------


def test_only_the_layers_that_are_named_get_new_weights(model):
    every = [layer.name for layer in model.layers if layer.weights]
    some = [every[1], every[-1]]
    for layers, redrawn in ((None, every), (some, some), (iter(some), some), ([], [])):
        copy = randomize_weights(model, seed=0, layers=layers)
        for layer, other in zip(model.layers, copy.layers, strict=True):
            assert layer.name == other.name
            assert same_weights(layer, other) == (layer.name not in redrawn)


def test_the_seed_decides_the_new_weights(model):
    one, two, three = (randomize_weights(model, seed=seed) for seed in (5, 5, 6))
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


def test_the_statistics_of_a_normalization_are_forgotten_too():
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.BatchNormalization(name="norm")]
    )
    model.set_weights([np.float32([value]) for value in (2, 3, 4, 5)])
    assert randomize_weights(model, seed=0).get_weights() == [1, 0, 0, 1]
    assert model.get_weights() == [2, 3, 4, 5]


def test_other_random_numbers_are_not_disturbed(model):
    random.seed(3)
    expected = random.random()
    random.seed(3)
    randomize_weights(model, seed=8)
    assert random.random() == expected


# --- gradients -----------------------------------------------------------------------


def test_a_gradient_is_that_of_the_sum():
    values = np.float32([[1, 2], [3, 4]])
    found = gradient(lambda tensor: tensor**3, values)
    np.testing.assert_allclose(found, 3 * values**2)
    weights = np.float32([1, 10])
    found = gradient(lambda tensor: keras.ops.sum(tensor * weights, axis=1), values)
    np.testing.assert_allclose(found, [[1, 10], [1, 10]])
    found = gradient(lambda tensor: keras.ops.ones((2,)), np.ones((2, 3)))
    np.testing.assert_array_equal(found, np.zeros((2, 3)))


def test_another_backend_is_named_with_the_one_that_works(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="tensorflow, .* got jax; set KERAS_BACKEND"):
        gradient(lambda tensor: tensor, np.ones(3))


# --- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(28, 28, 1), (3, 28, 28), (3, 27, 28, 1)])
def test_images_that_do_not_fit_the_model_are_refused(model, shape):
    images, message = np.zeros(shape), r"\(n, 28, 28, 1\) for .*, got"
    with pytest.raises(InputError, match=message):
        feature_maps(model, images, map_layers(model)[0])
    for method in METHODS.values():
        with pytest.raises(InputError, match=message):
            method(model, images, [0] * shape[0])


@each_method
@pytest.mark.parametrize(
    "targets", [[0, 1, 10], [0, -1, 2], [0, 1], [0.0, 1.0, 2.0], [[0], [1], [2]]]
)
def test_targets_that_are_no_classes_are_refused(model, images, name, targets):
    with pytest.raises(InputError, match="targets must be"):
        METHODS[name](model, images, targets)


def test_unknown_layers_are_refused_with_the_known_names(model, images):
    maps = ", ".join(map_layers(model))
    for name in ("conv", model.layers[-1].name, None):
        message = f"layer_name must be one of {maps}, got {name!r}"
        with pytest.raises(InputError, match=message):
            feature_maps(model, images, name)
        with pytest.raises(InputError, match=message):
            grad_cam(model, images, [0, 1, 2], name)
    weighted = ", ".join(layer.name for layer in model.layers if layer.weights)
    for layers in (["conv"], ["flatten", "dense_9"], "dense"):
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
        ((28, 28), 3, {}, "one image"),
        ((28, 27, 1), 3, {}, r"\(n, 28, 28, 1\)"),
        ((28, 28, 1), 10, {}, r"targets must be in 0\.\.9"),
        ((28, 28, 1), 1.5, {}, "targets must be whole numbers"),
    ],
)
def test_occlusion_of_something_else_is_refused(
    model, shape, target, settings, message
):
    with pytest.raises(InputError, match=message):
        occlusion(model, np.zeros(shape), target, **settings)
