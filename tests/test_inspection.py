"""What a layer gives and what a network looks at, against sums made by hand."""

import random

import keras
import numpy as np
import pytest
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
    with pytest.raises(InputError, match=r"\(n, 28, 28, 1\) for .*, got"):
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


# --- what a network looks at ---------------------------------------------------------


def linear_model(weights):
    """Return a model whose scores are sums of weighted pixels.

    ``weights`` has shape (height, width, channels, classes).
    """
    model = keras.Sequential(
        [
            keras.Input(weights.shape[:3]),
            keras.layers.Flatten(),
            keras.layers.Dense(weights.shape[3]),
        ]
    )
    bias = np.arange(weights.shape[3])
    model.layers[-1].set_weights([weights.reshape(-1, weights.shape[3]), bias])
    return model


@pytest.fixture(scope="module")
def linear():
    weights = np.random.default_rng(1).normal(size=(6, 7, 2, 3)).astype(np.float32)
    return linear_model(weights), weights


@pytest.fixture(scope="module")
def deciding_square():
    """Return a model that knows class 1 by one square alone, and where that is."""
    weights = np.zeros((28, 28, 1, 2), np.float32)
    weights[18:22, 5:9, 0, 1] = 1
    return linear_model(weights), (slice(18, 22), slice(5, 9))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_occlusion_of_a_linear_model_is_what_the_square_hid(linear, data):
    model, weights = linear
    size = data.draw(st.integers(1, 6))
    stride = data.draw(st.integers(1, size))
    fill = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    target = data.draw(st.integers(0, 2))
    image = np.random.default_rng(2).random((6, 7, 2), dtype=np.float32)
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


def test_occlusion_finds_the_square_that_decides(deciding_square, images):
    model, square = deciding_square
    found = occlusion(model, images[0], 1, size=3)
    peak = np.unravel_index(found.argmax(), found.shape)
    assert all(
        part.start <= place < part.stop
        for part, place in zip(square, peak, strict=True)
    )
    far = np.ones((28, 28), bool)
    far[16:24, 3:11] = False
    np.testing.assert_allclose(found[far], 0, atol=1e-5)
    assert found[square].min() > 0


def test_occlusion_leaves_the_image_as_it_is(deciding_square, images):
    before = images.copy()
    occlusion(deciding_square[0], images[0], 1, size=3, fill=0.7)
    np.testing.assert_array_equal(images, before)


def test_many_squares_are_worked_off_in_batches(deciding_square, images):
    whole = occlusion(deciding_square[0], images[0], 1, size=1)  # 784 squares
    expected = np.zeros((28, 28))
    expected[deciding_square[1]] = images[0, ..., 0][deciding_square[1]]
    np.testing.assert_allclose(whole, expected, atol=1e-5)


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
    found = saliency(model, images[:1], [2])[0]
    step = 0.01
    for row, column in ((0, 0), (9, 14), (27, 3)):
        pair = np.repeat(images[:1], 2, axis=0)
        pair[0, row, column] += step
        pair[1, row, column] -= step
        high, low = model.predict(pair, verbose=0)[:, 2]
        assert found[row, column] == pytest.approx(
            abs(high - low) / (2 * step), rel=0.02, abs=1e-4
        )


def test_each_image_has_a_map_of_its_own(model, images):
    together = saliency(model, images, [1, 2, 3])
    for index in range(3):
        alone = saliency(model, images[index : index + 1], [index + 1])
        np.testing.assert_allclose(together[index], alone[0], rtol=1e-3, atol=1e-6)


def two_relus(style, weights):
    """Return a model with two hidden layers of the given weights and its ReLUs."""
    layers = [keras.Input((2, 3, 1)), keras.layers.Flatten()]
    for width in (8, 5):
        if style == "layer":
            layers += [keras.layers.Dense(width, use_bias=False), keras.layers.ReLU()]
        else:
            layers.append(keras.layers.Dense(width, activation="relu", use_bias=False))
    model = keras.Sequential([*layers, keras.layers.Dense(2, use_bias=False)])
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("style", ["layer", "activation"])
def test_guided_backprop_lets_only_positive_gradients_through_a_relu(style):
    rng = np.random.default_rng(4)
    first, second, last = weights = [
        rng.normal(size=shape).astype(np.float32) for shape in ((6, 8), (8, 5), (5, 2))
    ]
    image = rng.random((1, 2, 3, 1), dtype=np.float32)
    model = two_relus(style, weights)
    one = image.ravel() @ first
    two = np.maximum(one, 0) @ second
    plain = second @ (last[:, 1] * (two > 0)) * (one > 0)
    guided = np.maximum(second @ (np.maximum(last[:, 1], 0) * (two > 0)), 0) * (one > 0)
    found = guided_backprop(model, image, [1])
    np.testing.assert_allclose(found.ravel(), np.abs(first @ guided), rtol=1e-4)
    np.testing.assert_allclose(
        saliency(model, image, [1]).ravel(), np.abs(first @ plain), rtol=1e-4
    )
    assert not np.allclose(plain, guided)


def test_guided_backprop_leaves_the_model_as_it_is(model, images):
    before = saliency(model, images, [0, 1, 2])
    guided_backprop(model, images, [0, 1, 2])
    np.testing.assert_array_equal(saliency(model, images, [0, 1, 2]), before)
    assert model.layers[0].activation is keras.activations.relu


def test_guided_backprop_without_a_relu_is_refused(images):
    with pytest.raises(InputError, match="use saliency"):
        guided_backprop(models.build_linear(), images, [0, 1, 2])


def averaging_model(size=12):
    """Return a model whose class scores are weighted means of three maps."""
    keras.utils.set_random_seed(6)
    model = keras.Sequential(
        [
            keras.Input((size, size, 1)),
            keras.layers.Conv2D(3, 3, activation="relu", name="maps"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, name="scores"),
        ]
    )
    weights = np.float32([[1, -2], [0.5, 1], [-1, 0.3]])
    model.get_layer("scores").set_weights([weights, np.float32([3, -3])])
    return model, weights


def test_grad_cam_of_averaged_maps_weights_them_as_the_last_layer_does():
    model, weights = averaging_model()
    images = np.random.default_rng(7).random((4, 12, 12, 1))
    maps = feature_maps(model, images, "maps")
    found = grad_cam(model, images, [0, 1, 1, 0], "maps")
    assert found.shape == (4, 10, 10)
    assert found.dtype == np.float32
    for map_, values, target in zip(found, maps, (0, 1, 1, 0), strict=True):
        expected = np.maximum(values @ weights[:, target], 0) / 100
        np.testing.assert_allclose(map_, expected, rtol=1e-4, atol=1e-7)
    assert 0 < np.mean(found == 0) < 1


def test_grad_cam_finds_the_place_that_a_hand_made_kernel_looks_for():
    model, _ = averaging_model()
    kernel = np.zeros((3, 3, 1, 3), np.float32)
    kernel[:, :, 0, 0] = [[-1, 1, -1], [1, 1, 1], [-1, 1, -1]]  # (3, 3): a plus
    kernel[:, :, 0, 1] = [[1, -1, 1], [-1, 1, -1], [1, -1, 1]]  # (3, 3): a cross
    model.get_layer("maps").set_weights([kernel, np.float32([-4, -4, 0])])
    image = np.zeros((1, 12, 12, 1), np.float32)
    image[0, 1:4, 7:10, 0] = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    image[0, 8:11, 2:5, 0] = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    for target, place in ((0, (1, 7)), (1, (8, 2))):
        found = grad_cam(model, image, [target], "maps")[0]
        assert np.unravel_index(found.argmax(), found.shape) == place
    assert np.count_nonzero(found) == 1  # for class 1 the plus speaks against


def test_grad_cam_of_any_layer_leaves_the_model_as_it_is(model, images):
    before = model.get_weights()
    for name in map_layers(model):
        first = grad_cam(model, images, [4, 5, 6], name)
        np.testing.assert_array_equal(grad_cam(model, images, [4, 5, 6], name), first)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert keras.models.clone_model(model).count_params() == model.count_params()


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


# --- trained networks whose answer is known ------------------------------------------

PLACE = (slice(2, 6), slice(7, 11))


@pytest.fixture(scope="module")
def textures():
    """Return noise with one of three textures in a known place, and a trained model."""
    rng = np.random.default_rng(8)
    y = rng.integers(0, 3, 900)
    x = rng.random((900, 16, 16, 1), dtype=np.float32) * 0.4
    rows, columns = np.indices((4, 4))
    patterns = [rows % 2, columns % 2, (rows + columns) % 2]
    for image, label in zip(x, y, strict=True):
        image[(*PLACE, 0)] = patterns[label]
    keras.utils.set_random_seed(9)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            keras.layers.Conv2D(12, 3, activation="relu"),
            keras.layers.Conv2D(12, 3, activation="relu", name="last"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x, y, batch_size=30, epochs=6, verbose=0)
    logits = model.predict(x[:60], verbose=0)
    assert np.mean(logits.argmax(axis=1) == y[:60]) > 0.95
    return model, x[:60], y[:60]


def share_inside(maps, margin=0):
    """Return how often the highest point of a map lies in the place."""
    hits = 0
    for map_ in maps:
        row, column = np.unravel_index(map_.argmax(), map_.shape)
        hits += 2 - margin <= row < 6 + margin and 7 - margin <= column < 11 + margin
    return hits / len(maps)


def test_occlusion_finds_the_texture_that_training_made_decisive(textures):
    model, x, y = textures
    found = [
        occlusion(model, image, target, size=3, fill=0.2)
        for image, target in zip(x, y, strict=True)
    ]
    assert share_inside(found, margin=1) > 0.9


def test_grad_cam_finds_the_texture_that_training_made_decisive(textures):
    model, x, y = textures
    found = grad_cam(model, x, y, "last")  # (60, 12, 12)
    centred = np.pad(found, ((0, 0), (2, 2), (2, 2)))
    assert share_inside(centred, margin=1) > 0.9


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


def mean_rank_correlation(maps, others, masks):
    values = []
    for one, two, mask in zip(maps, others, masks, strict=True):
        is_flat = np.ptp(one[mask]) == 0 or np.ptp(two[mask]) == 0
        values.append(0 if is_flat else spearmanr(one[mask], two[mask]).statistic)
    return np.mean(values)


def kept(method, digits, layers, masks):
    """Return how much of a method's maps survives new weights, for three draws."""
    model, _, _ = digits
    original = method(model)
    return [
        mean_rank_correlation(
            original, method(randomize_weights(model, seed=seed, layers=layers)), masks
        )
        for seed in range(3)
    ]


@pytest.fixture(scope="module")
def head(digits):
    """Return the names of the layers behind the convolutions."""
    return [layer.name for layer in digits[0].layers if layer.weights][-3:]


def test_saliency_changes_when_what_was_learned_is_gone(digits, head):
    _, x, y = digits
    ink = x[..., 0] > 0
    assert max(kept(lambda m: saliency(m, x, y), digits, None, ink)) < 0.2
    assert max(kept(lambda m: saliency(m, x, y), digits, head, ink)) < 0.3


def test_grad_cam_changes_when_what_was_learned_is_gone(digits, head):
    model, x, y = digits
    name, cells = map_layers(model)[-1], np.ones((40, 5, 5), bool)
    for layers in (None, head):
        values = kept(lambda m: grad_cam(m, x, y, name), digits, layers, cells)
        assert np.abs(values).max() < 0.4


def test_occlusion_changes_when_what_was_learned_is_gone(digits):
    _, x, y = digits

    def maps(network):
        pairs = zip(x[:15], y[:15], strict=True)
        return [occlusion(network, image, label, stride=3) for image, label in pairs]

    assert np.abs(kept(maps, digits, None, x[:15, ..., 0] > 0)).max() < 0.45


def test_guided_backprop_stays_though_what_was_learned_is_gone(digits, head):
    _, x, y = digits
    ink = x[..., 0] > 0
    assert min(kept(lambda m: guided_backprop(m, x, y), digits, head[-1:], ink)) > 0.7
    assert min(kept(lambda m: guided_backprop(m, x, y), digits, head, ink)) > 0.5
    assert min(kept(lambda m: guided_backprop(m, x, y), digits, None, ink)) > 0.15


def test_blank_paper_makes_maps_alike_that_have_nothing_in_common(digits):
    """Why the checks above look at the ink only."""
    _, x, y = digits
    everywhere = np.ones((40, 28, 28), bool)
    assert min(kept(lambda m: saliency(m, x, y), digits, None, everywhere)) > 0.3


# --- new weights ---------------------------------------------------------------------


def test_new_weights_are_new_everywhere(model):
    copy = randomize_weights(model, seed=0)
    for layer, other in zip(model.layers, copy.layers, strict=True):
        assert layer.name == other.name
        if layer.weights:
            assert not np.array_equal(layer.get_weights()[0], other.get_weights()[0])


def test_only_the_layers_that_are_named_get_new_weights(model):
    names = [model.layers[2].name, model.layers[-1].name]
    copy = randomize_weights(model, seed=0, layers=names)
    for layer, other in zip(model.layers, copy.layers, strict=True):
        same = all(map(np.array_equal, layer.get_weights(), other.get_weights()))
        assert same == (layer.name not in names)
    same = randomize_weights(model, seed=0, layers=[])
    assert all(map(np.array_equal, model.get_weights(), same.get_weights()))


def test_the_seed_decides_the_new_weights(model):
    one, two, three = (randomize_weights(model, seed=seed) for seed in (5, 5, 6))
    assert all(map(np.array_equal, one.get_weights(), two.get_weights()))
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


@pytest.mark.parametrize("layers", [["conv"], ["flatten", "dense_9"], "dense"])
def test_unknown_layers_are_refused_with_the_known_names(model, layers):
    with pytest.raises(InputError) as caught:
        randomize_weights(model, seed=0, layers=layers)
    known = [layer.name for layer in model.layers if layer.weights]
    assert ", ".join(known) in str(caught.value)
    assert repr(layers) in str(caught.value)


# --- gradients and bad input ---------------------------------------------------------


def test_a_gradient_is_that_of_the_sum():
    values = np.float32([[1, 2], [3, 4]])
    found = gradient(lambda tensor: tensor**3, values)
    np.testing.assert_allclose(found, 3 * values**2)
    weights = np.float32([1, 10])
    found = gradient(lambda tensor: keras.ops.sum(tensor * weights, axis=1), values)
    np.testing.assert_allclose(found, [[1, 10], [1, 10]])


def test_what_the_result_does_not_depend_on_has_gradient_zero():
    found = gradient(lambda tensor: keras.ops.ones((2,)), np.ones((2, 3)))
    np.testing.assert_array_equal(found, np.zeros((2, 3)))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_is_named_with_the_one_that_works(monkeypatch, backend):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    with pytest.raises(InputError, match=f"tensorflow, .* got {backend}; set KERAS_B"):
        gradient(lambda tensor: tensor, np.ones(3))


METHODS = {
    "saliency": saliency,
    "guided_backprop": guided_backprop,
    "grad_cam": lambda *args: grad_cam(*args, map_layers(args[0])[0]),
}
each_method = pytest.mark.parametrize("name", METHODS)


@each_method
@pytest.mark.parametrize("shape", [(28, 28, 1), (3, 28, 28), (3, 27, 28, 1)])
def test_maps_of_images_that_do_not_fit_are_refused(model, name, shape):
    with pytest.raises(InputError, match=r"\(n, 28, 28, 1\) for .*, got"):
        METHODS[name](model, np.zeros(shape), [0] * shape[0])


@each_method
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_maps_of_numbers_that_are_none_are_refused(model, images, name, value):
    broken = images.copy()
    broken[1, 2, 3] = value
    with pytest.raises(InputError, match="finite"):
        METHODS[name](model, broken, [0, 1, 2])


@each_method
@pytest.mark.parametrize(
    "targets", [[0, 1, 10], [0, -1, 2], [0, 1], [0.0, 1.0, 2.0], [[0], [1], [2]], 3]
)
def test_targets_that_are_no_classes_are_refused(model, images, name, targets):
    with pytest.raises(InputError, match=r"3 whole numbers in 0\.\.9"):
        METHODS[name](model, images, targets)


def test_grad_cam_of_an_unknown_layer_lists_the_layers(model, images):
    with pytest.raises(InputError) as caught:
        grad_cam(model, images, [0, 1, 2], "conv")
    assert ", ".join(map_layers(model)) in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, r"size must be in 1\.\.28"),
        ({"size": 29}, r"size must be in 1\.\.28"),
        ({"stride": 0}, r"stride must be in 1\.\.5"),
        ({"stride": 6}, r"stride must be in 1\.\.5"),
        ({"fill": np.nan}, "fill must be a finite number"),
    ],
)
def test_settings_of_occlusion_out_of_range_are_refused(
    model, images, settings, message
):
    with pytest.raises(InputError, match=message):
        occlusion(model, images[0], 3, **settings)


@pytest.mark.parametrize(
    ("image", "target", "message"),
    [
        (np.zeros((1, 28, 28, 1)), 3, "one image"),
        (np.zeros((28, 28)), 3, "one image"),
        (np.zeros((28, 27, 1)), 3, r"\(n, 28, 28, 1\)"),
        (np.full((28, 28, 1), np.nan), 3, "finite"),
        (np.zeros((28, 28, 1)), 10, r"0\.\.9"),
        (np.zeros((28, 28, 1)), 1.5, r"0\.\.9"),
    ],
)
def test_occlusion_of_something_else_is_refused(model, image, target, message):
    with pytest.raises(InputError, match=message):
        occlusion(model, image, target)


def test_a_model_without_one_score_a_class_is_refused(images):
    with pytest.raises(InputError, match="end it with Flatten and Dense"):
        saliency(keras.Sequential(models.build_cnn().layers[:5]), images, [0, 1, 2])


def test_guided_backprop_refuses_what_it_would_leave_unguided():
    inner = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, activation="relu")],
        name="inner",
    )
    model = keras.Sequential([inner, keras.layers.Flatten(), keras.layers.Dense(3)])
    with pytest.raises(InputError, match="no models inside it, got inner"):
        guided_backprop(model, np.zeros((1, 8, 8, 1), np.float32), [0])


def test_randomize_weights_takes_any_iterable_of_names():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="last")])
    model.layers[0].kernel.assign(keras.ops.full((4, 3), 5.0))
    copy = randomize_weights(model, seed=0, layers=(name for name in ["last"]))
    assert not np.allclose(copy.layers[0].get_weights()[0], 5.0)
