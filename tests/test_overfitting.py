"""A network that overfits: what each of its regularisers does."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from mnist_tutorial.errors import InputError
from mnist_tutorial.overfitting import build_regularized_cnn, build_shifts

# --- the shifts ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((50, 28, 28, 1), dtype=np.float32)


as_array = keras.ops.convert_to_numpy


def centres_of_mass(images):
    return np.array([ndimage.center_of_mass(image[..., 0]) for image in images])


def test_a_dot_moves_at_most_a_tenth_of_the_image_each_way():
    keras.utils.set_random_seed(0)
    dots = np.zeros((500, 28, 28, 1), np.float32)
    dots[:, 13:15, 13:15] = 1
    offsets = centres_of_mass(as_array(build_shifts()(dots, training=True))) - 13.5
    # The turn afterwards changes the direction and not the distance.
    assert np.hypot(*offsets.T).max() < 2.8 * np.sqrt(2) + 0.2
    # Every image for itself, in all four directions, up to the limit.
    assert np.all(offsets.min(axis=0) < -2.4) and np.all(offsets.max(axis=0) > 2.4)


def test_a_bar_turns_at_most_a_twenty_fifth_of_a_turn_either_way():
    keras.utils.set_random_seed(0)
    bars = np.zeros((500, 28, 28, 1), np.float32)
    bars[:, 8:20, 13:15] = 1
    moved = as_array(build_shifts()(bars, training=True))
    rows, columns = np.mgrid[:28, :28]
    angles = []
    for image, (row, column) in zip(moved[..., 0], centres_of_mass(moved), strict=True):
        down, right = rows - row, columns - column
        slope = (image * down * right).sum() / (image * down**2).sum()
        angles.append(np.degrees(np.arctan(slope)))
    assert 12 < max(angles) < 15.5 and -15.5 < min(angles) < -12


def test_background_comes_in_at_the_border(images):
    keras.utils.set_random_seed(0)
    moved = as_array(build_shifts()(np.ones_like(images), training=True))
    moved[:, 1:-1, 1:-1] = 1  # so that the edge decides
    assert np.mean(moved.min(axis=(1, 2, 3)) == 0) > 0.9


# --- the network and its regularisers ------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"dropout_rate": 0.5, "weight_decay": 1e-3, "augment": build_shifts}],
)
def test_parameters_are_as_counted_by_hand_whatever_regularises(options):
    model = build_regularized_cnn(**options)
    convolutions = (5 * 5 * 1 + 1) * 8 + (3 * 3 * 8 + 1) * 16
    dense = (5 * 5 * 16 + 1) * 128 + (128 + 1) * 10
    assert model.count_params() == convolutions + dense == 53_994
    assert model.output_shape == (None, 10)


def test_weight_decay_adds_the_squares_of_all_weights_and_no_bias():
    model = build_regularized_cnn(weight_decay=0.01)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.5))
    kernels = [v for v in model.get_weights() if v.ndim > 1]
    assert len(kernels) == 4
    squares = sum(np.sum(kernel.astype(float) ** 2) for kernel in kernels)
    total = sum(float(loss) for loss in model.losses)
    assert total == pytest.approx(0.01 * squares, rel=1e-5)


def test_dropout_acts_before_each_dense_layer_and_in_training_only(images):
    keras.utils.set_random_seed(0)
    model = build_regularized_cnn(dropout_rate=0.25)
    kinds = [type(layer).__name__ for layer in model.layers]
    places = [index for index, kind in enumerate(kinds) if kind == "Dropout"]
    assert [kinds[index + 1] for index in places] == ["Dense", "Dense"]
    for index in places:
        kept = as_array(model.layers[index](np.ones((1, 40_000)), training=True))
        assert np.mean(kept == 0) == pytest.approx(0.25, abs=0.02)
    quiet = [as_array(model(images)) for _ in range(2)]
    noisy = [as_array(model(images, training=True)) for _ in range(2)]
    np.testing.assert_array_equal(*quiet)
    assert np.abs(noisy[0] - noisy[1]).max() > 1e-3


def test_augmentation_changes_training_and_no_prediction(images):
    keras.utils.set_random_seed(0)
    plain = build_regularized_cnn()
    augmented = build_regularized_cnn(augment=build_shifts)
    augmented.set_weights(plain.get_weights())
    expected = plain.predict(images, verbose=0)
    found = augmented.predict(images, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(as_array(augmented(images, training=True)) - expected).max() > 1e-2
    # Without regularisers training sees what prediction sees.
    found = as_array(plain(images, training=True))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert plain.losses == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout_rate": 1.0}, r"dropout_rate must be a number in \[0, 1\), got 1.0"),
        ({"weight_decay": -1e-3}, r"weight_decay must be a number in \[0, inf\)"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        build_regularized_cnn(**options)
