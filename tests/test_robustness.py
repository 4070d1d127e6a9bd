"""Changed images against plain array code, and an attack against its closed form."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.robustness import (
    add_noise,
    add_random_signs,
    fgsm,
    invert,
    rotate,
    shift,
    thicken,
    thin,
)

CHANGES = {
    "shift": lambda images: shift(images, down=1.5, right=-2),
    "rotate": lambda images: rotate(images, degrees=17),
    "thicken": thicken,
    "thin": thin,
    "invert": invert,
    "add_noise": lambda images: add_noise(images, scale=0.3, seed=0),
    "add_random_signs": lambda images: add_random_signs(images, epsilon=0.3, seed=0),
    "fgsm": lambda images: fgsm(MODEL, images, [0] * len(images), epsilon=0.3),
}
keras.utils.set_random_seed(0)
MODEL = models.build_mlp(8)
each_change = pytest.mark.parametrize("name", CHANGES)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)


# --- what all have in common ---------------------------------------------------------


@each_change
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_images_come_out_as_images_and_the_originals_stay(images, name, dtype):
    given_images = images.astype(dtype)
    before = given_images.copy()
    changed = CHANGES[name](given_images)
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0 and changed.max() <= 1
    np.testing.assert_array_equal(given_images, before)
    assert not np.array_equal(changed, images)


@each_change
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (np.zeros((28, 28, 1)), "must have shape"),
        (np.zeros((3, 28, 28)), "must have shape"),
        (np.zeros((0, 28, 28, 1)), "at least one"),
        (np.zeros((3, 28, 28, 1), np.uint8), "divide bytes by 255"),
        (np.full((3, 28, 28, 1), 1.5), "got 1.5 to 1.5"),
        (np.full((3, 28, 28, 1), -0.1), "got -0.1 to -0.1"),
        (np.full((3, 28, 28, 1), np.nan), "got nan to nan"),
    ],
)
def test_what_is_no_image_is_refused(name, broken, message):
    with pytest.raises(InputError, match=message):
        CHANGES[name](broken)


@pytest.mark.parametrize("name", ["thicken", "thin", "invert", "shift", "rotate"])
def test_each_image_is_changed_by_itself(images, name):
    together = CHANGES[name](images)
    for index in range(3):
        alone = CHANGES[name](images[index : index + 1])
        np.testing.assert_array_equal(together[index], alone[0])


# --- geometry ------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(down=st.integers(-30, 30), right=st.integers(-30, 30))
def test_shifting_by_whole_pixels_is_rolling_with_blanks(images, down, right):
    expected = np.roll(images, (down, right), axis=(1, 2))
    rows, columns = np.indices((28, 28))
    came_in = (
        (rows - down < 0)
        | (rows - down > 27)
        | (columns - right < 0)
        | (columns - right > 27)
    )
    expected[:, came_in] = 0
    moved = shift(images, down=down, right=right)
    np.testing.assert_allclose(moved, expected, atol=1e-6)


def test_half_a_pixel_is_the_mean_of_two_neighbours(images):
    moved = shift(images, right=0.5)
    expected = (images[:, :, 1:] + images[:, :, :-1]) / 2
    np.testing.assert_allclose(moved[:, :, 1:], expected, atol=1e-6)


@pytest.mark.parametrize("turns", range(-4, 6))
def test_quarter_turns_are_those_of_numpy(images, turns):
    turned = rotate(images, degrees=90 * turns)
    expected = np.rot90(images, turns, axes=(1, 2))
    np.testing.assert_allclose(turned, expected, atol=1e-6)


def test_a_small_turn_goes_counter_clockwise_about_the_middle():
    image = np.zeros((1, 29, 29, 1))
    image[0, 14, 14] = image[0, 14, 24] = 1
    turned = rotate(image, degrees=30)[0, ..., 0]
    assert turned[14, 14] == pytest.approx(1)
    turned[12:17, 12:17] = 0
    rows, columns = np.indices((29, 29))
    row = (rows * turned).sum() / turned.sum()
    column = (columns * turned).sum() / turned.sum()
    assert row == pytest.approx(14 - 10 * np.sin(np.radians(30)), abs=0.3)
    assert column == pytest.approx(14 + 10 * np.cos(np.radians(30)), abs=0.3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_distances_and_angles_must_be_numbers(images, value):
    for change in (
        lambda: shift(images, down=value),
        lambda: shift(images, right=value),
        lambda: rotate(images, degrees=value),
    ):
        with pytest.raises(InputError, match=f"finite number, got {value}"):
            change()


# --- strokes -------------------------------------------------------------------------


def neighbours(images):
    """Return every pixel and its four neighbours, blank beyond the edge."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.stack(
        [
            padded[:, 1:-1, 1:-1],
            padded[:, :-2, 1:-1],
            padded[:, 2:, 1:-1],
            padded[:, 1:-1, :-2],
            padded[:, 1:-1, 2:],
        ]
    )


def test_strokes_grow_to_the_highest_and_shrink_to_the_lowest_neighbour(images):
    np.testing.assert_array_equal(thicken(images), neighbours(images).max(axis=0))
    np.testing.assert_array_equal(thin(images), neighbours(images).min(axis=0))


def test_two_pixels_are_one_pixel_twice(images):
    np.testing.assert_array_equal(thicken(images, pixels=2), thicken(thicken(images)))
    np.testing.assert_array_equal(thin(images, pixels=2), thin(thin(images)))
    np.testing.assert_array_equal(thicken(images, pixels=0), images)


def test_a_line_gets_two_pixels_wider_and_back():
    line = np.zeros((1, 28, 28, 1), np.float32)
    line[:, :, 10:13] = 1
    wide = thicken(line)
    assert wide[0, 5, :, 0].sum() == 5
    np.testing.assert_array_equal(thin(wide)[0, 5], line[0, 5])


@pytest.mark.parametrize("change", [thicken, thin])
@pytest.mark.parametrize("pixels", [-1, 0.5, "1"])
def test_strokes_change_by_whole_pixels(images, change, pixels):
    with pytest.raises(InputError, match="pixels must be a whole number from 0"):
        change(images, pixels=pixels)


def test_inverting_swaps_ink_and_paper(images):
    np.testing.assert_allclose(invert(images) + images, 1, atol=1e-6)
    np.testing.assert_allclose(invert(invert(images)), images, atol=1e-6)


# --- noise ---------------------------------------------------------------------------

GREY = np.full((20, 28, 28, 1), 0.5, np.float32)


def test_noise_is_as_large_as_asked_and_has_no_direction():
    noise = add_noise(GREY, scale=0.1, seed=0) - GREY
    assert noise.std() == pytest.approx(0.1, rel=0.03)
    assert abs(noise.mean()) < 0.003
    assert np.mean(np.abs(noise) > 0.2) == pytest.approx(0.0455, abs=0.01)


def test_random_signs_move_every_pixel_equally_far_up_or_down():
    change = add_random_signs(GREY, epsilon=0.1, seed=0) - GREY
    np.testing.assert_allclose(np.abs(change), 0.1, atol=1e-6)
    assert np.mean(change > 0) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "noisy",
    [
        lambda size, seed: add_noise(GREY, scale=size, seed=seed),
        lambda size, seed: add_random_signs(GREY, epsilon=size, seed=seed),
    ],
    ids=["noise", "signs"],
)
def test_the_seed_decides_the_noise(noisy):
    np.testing.assert_array_equal(noisy(0.2, 1), noisy(0.2, 1))
    assert np.mean(noisy(0.2, 1) != noisy(0.2, 2)) > 0.4
    np.testing.assert_array_equal(noisy(0, 1), GREY)
    for size in (-0.1, np.nan, np.inf):
        with pytest.raises(InputError, match=r"finite number from 0, got"):
            noisy(size, 1)


# --- the attack ----------------------------------------------------------------------


def losses(model, images, labels):
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(
        keras.losses.sparse_categorical_crossentropy(
            np.array(labels), logits, from_logits=True
        )
    )


def small_linear_model():
    model = keras.Sequential(
        [keras.Input((2, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    weights = np.random.default_rng(1).normal(size=(8, 2)).astype(np.float32)
    model.layers[-1].set_weights([weights, np.float32([0.2, -0.1])])
    return model, weights


@pytest.mark.parametrize("label", [0, 1])
def test_the_attack_on_a_linear_model_is_its_closed_form(label):
    model, weights = small_linear_model()
    image = np.random.default_rng(2).uniform(0.3, 0.7, (1, 2, 4, 1)).astype(np.float32)
    attacked = fgsm(model, image, [label], epsilon=0.2)
    away = weights[:, 1 - label] - weights[:, label]
    expected = image + 0.2 * np.sign(away).reshape(image.shape)
    np.testing.assert_allclose(attacked, expected, atol=1e-6)
    before, after = model.predict(np.concatenate([image, attacked]), verbose=0)
    fall = (before[label] - before[1 - label]) - (after[label] - after[1 - label])
    assert fall == pytest.approx(0.2 * np.abs(away).sum(), rel=1e-4)


@pytest.mark.parametrize("label", [0, 1])
def test_no_change_of_that_size_hurts_a_linear_model_more(label):
    model, _ = small_linear_model()
    image = np.full((1, 2, 4, 1), 0.5, np.float32)
    attacked = fgsm(model, image, [label], epsilon=0.2)
    signs = np.array(list(itertools.product([-1, 1], repeat=8)), np.float32)
    others = image + 0.2 * signs.reshape(256, 2, 4, 1)
    worst = losses(model, others, np.full(256, label))
    assert losses(model, attacked, [label])[0] == pytest.approx(worst.max(), rel=1e-5)
    assert np.sum(worst > worst.max() - 1e-5) == 1


def test_the_loss_of_a_convolutional_network_rises(images):
    keras.utils.set_random_seed(3)
    model = models.build_cnn()
    labels = np.array([1, 5, 9])
    attacked = fgsm(model, images, labels, epsilon=0.01)
    assert np.all(losses(model, attacked, labels) > losses(model, images, labels))


@settings(max_examples=20, deadline=None)
@given(epsilon=st.floats(0, 2))
def test_the_attack_stays_within_epsilon_and_the_range(images, epsilon):
    attacked = fgsm(MODEL, images, [0, 1, 2], epsilon=epsilon)
    assert np.abs(attacked - images).max() <= epsilon + 1e-6
    assert attacked.min() >= 0 and attacked.max() <= 1
    if epsilon > 0.01:
        assert np.abs(attacked - images).max() > 0.009


def test_pixels_that_do_not_count_are_left_alone():
    model, weights = small_linear_model()
    weights = weights.copy()
    weights[3] = 0
    model.layers[-1].set_weights([weights, np.zeros(2)])
    image = np.full((1, 2, 4, 1), 0.5, np.float32)
    changed = fgsm(model, image, [0], epsilon=0.2).ravel() != 0.5
    np.testing.assert_array_equal(changed, np.arange(8) != 3)


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 10], [-1, 0, 1], [0.0, 1.0, 2.0], 1])
def test_labels_that_are_no_classes_are_refused(images, labels):
    with pytest.raises(InputError, match=r"3 whole numbers in 0\.\.9"):
        fgsm(MODEL, images, labels, epsilon=0.1)


@pytest.mark.parametrize("epsilon", [-0.1, np.nan, np.inf])
def test_epsilon_must_be_a_size(images, epsilon):
    with pytest.raises(InputError, match="epsilon must be a finite number from 0"):
        fgsm(MODEL, images, [0, 1, 2], epsilon=epsilon)


def test_images_of_another_size_than_the_models_are_refused():
    with pytest.raises(InputError, match=r"\(n, 28, 28, 1\) for .*, got \(1, 8, 8, 1"):
        fgsm(MODEL, np.zeros((1, 8, 8, 1)), [0], epsilon=0.1)
