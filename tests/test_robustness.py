"""Random changes against their definition, and an attack against its closed form."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.robustness import add_random_signs, fgsm

CHANGES = {
    "add_random_signs": lambda images: add_random_signs(images, epsilon=0.3, seed=0),
    "fgsm": lambda images: fgsm(MODEL, images, [0] * len(images), epsilon=0.3),
}
keras.utils.set_random_seed(0)
MODEL = models.build_mlp(8)
each_change = pytest.mark.parametrize("name", CHANGES)


# --- what all have in common ---------------------------------------------------------


@each_change
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
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
    "broken", [np.zeros((28, 28, 1)), np.full((3, 28, 28, 1), 255)]
)
def test_what_is_no_image_is_refused(name, broken):
    with pytest.raises(InputError, match="images must"):
        CHANGES[name](broken)


# --- noise ---------------------------------------------------------------------------


def test_random_signs_move_every_pixel_equally_far_up_or_down():
    grey = np.full((20, 28, 28, 1), 0.5, np.float32)
    moved = add_random_signs(grey, epsilon=0.1, seed=1)
    np.testing.assert_allclose(np.abs(moved - grey), 0.1, atol=1e-6)
    assert np.mean(moved > grey) == pytest.approx(0.5, abs=0.02)
    again = add_random_signs(grey, epsilon=0.1, seed=1)
    np.testing.assert_array_equal(moved, again)
    other = add_random_signs(grey, epsilon=0.1, seed=2)
    assert np.mean(moved != other) == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(add_random_signs(grey, epsilon=0, seed=1), grey)


@pytest.mark.parametrize("epsilon", [-0.1, 8])
def test_epsilon_must_be_a_size(images, epsilon):
    message = r"epsilon must be a number in \[0, 1\], got"
    with pytest.raises(InputError, match=message):
        fgsm(MODEL, images, [0, 1, 2], epsilon=epsilon)
    with pytest.raises(InputError, match=message):
        add_random_signs(images, epsilon=epsilon, seed=0)


# --- the attack ----------------------------------------------------------------------


def losses(model, images, labels):
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(
        keras.losses.sparse_categorical_crossentropy(
            np.array(labels), logits, from_logits=True
        )
    )


@pytest.mark.parametrize("label", [0, 1])
def test_no_change_of_that_size_hurts_a_linear_model_more(label):
    weights = np.random.default_rng(1).normal(size=(8, 2)).astype(np.float32)
    weights[3] = 0
    model = keras.Sequential(
        [keras.Input((2, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    model.layers[-1].set_weights([weights, np.float32([0.2, -0.1])])
    image = np.random.default_rng(2).uniform(0.3, 0.7, (1, 2, 4, 1)).astype(np.float32)
    attacked = fgsm(model, image, [label], epsilon=0.2)
    signs = np.array(list(itertools.product([-1, 1], repeat=8)), np.float32)
    others = image + 0.2 * signs.reshape(256, 2, 4, 1)
    worst = losses(model, others, np.full(256, label)).max()
    assert losses(model, attacked, [label])[0] == pytest.approx(worst, rel=1e-5)
    # The fourth pixel, which does not count, is left alone.
    moves = np.abs(attacked - image).ravel()
    np.testing.assert_allclose(moves, 0.2 * (np.arange(8) != 3), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(epsilon=st.floats(0, 1))
def test_the_attack_stays_within_epsilon_and_the_range(images, epsilon):
    attacked = fgsm(MODEL, images, [0, 1, 2], epsilon=epsilon)
    assert np.abs(attacked - images).max() <= epsilon + 1e-6
    assert attacked.min() >= 0 and attacked.max() <= 1
    if epsilon > 0.01:
        assert np.abs(attacked - images).max() > 0.009


@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [
        ((3, 28, 28, 1), [0, 1], r"labels must be 3 classes .* got shape \(2,\)"),
        ((3, 28, 28, 1), np.eye(3, 10), r"must be 3 classes .* argmax\(axis=1\)"),
        ((3, 28, 28, 1), [0, 1, 10], r"labels must be in 0\.\.9, got 0 to 10"),
        ((1, 8, 8, 1), [0], r"\(n, 28, 28, 1\) for .*, got \(1, 8, 8, 1"),
    ],
)
def test_labels_and_images_that_do_not_fit_the_model_are_refused(
    shape, labels, message
):
    with pytest.raises(InputError, match=message):
        fgsm(MODEL, np.zeros(shape), labels, epsilon=0.1)
