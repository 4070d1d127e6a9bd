"""The classes that a network reads, against its outputs; the worst errors."""

import math

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras import layers
from scipy import special

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import predict_classes, worst_errors
from mnist_tutorial.models import build_mlp

# --- the classes ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return build_mlp()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((67, 28, 28, 1), dtype=np.float32)


@pytest.mark.parametrize("batch_size", [1, 20, 67, 500])
def test_the_highest_output_is_the_class_however_many_come_at_a_time(
    model, images, batch_size
):
    expected = model.predict(images, verbose=0).argmax(axis=1)
    assert len(set(expected)) > 1
    found = predict_classes(model, images.astype(np.float64), batch_size=batch_size)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)


def test_a_batch_of_the_usual_size_is_at_most_500_images():
    seen = []

    class Spy(keras.Model):
        def call(self, x, training):
            assert training is False
            seen.append(tuple(x.shape))
            return np.tile([0.0, 2.0, 2.0], (len(x), 1))

    answers = predict_classes(Spy(), np.zeros((1200, 4, 4, 3)))
    assert seen == [(500, 4, 4, 3), (500, 4, 4, 3), (200, 4, 4, 3)]
    assert answers.tolist() == [1] * 1200  # the first of equal ones


def test_each_pixel_gets_a_class_from_a_network_that_segments(images):
    network = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(3, 3)])
    expected = network.predict(images, verbose=0).argmax(axis=-1)  # (67, 26, 26)
    found = predict_classes(network, images, batch_size=30)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((28, 28, 1)), r"x\[:1\] keeps the first axis"),
        (np.zeros((3, 28, 28, 1), np.uint8), "divide bytes by 255"),
        (np.zeros((3, 32, 32, 1)), r"shape \(n, 28, 28, 1\) for .*, got \(3, 32"),
    ],
)
def test_images_of_another_kind_and_empty_batches_are_refused(model, wrong, message):
    with pytest.raises(InputError, match=message):
        predict_classes(model, wrong)
    with pytest.raises(InputError, match="batch_size must be a whole number from 1"):
        predict_classes(model, np.zeros((1, 28, 28, 1)), batch_size=0)


def test_a_single_output_and_a_network_that_diverged_are_refused(images):
    single = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten()])
    single.add(layers.Dense(1))
    with pytest.raises(InputError, match=r"got \(67, 1\); .* threshold"):
        predict_classes(single, images)
    diverged = build_mlp()
    diverged.set_weights(
        [np.full_like(part, np.nan) for part in diverged.get_weights()]
    )
    with pytest.raises(InputError, match="smaller learning_rate"):
        predict_classes(diverged, images)


# --- the worst errors ----------------------------------------------------------------


def worst_by_brute_force(labels, logits):
    """Return [(loss, index)] of the wrong ones, highest loss first."""
    found = []
    for index, (label, scores) in enumerate(zip(labels, logits, strict=True)):
        if int(np.argmax(scores)) != label:
            loss = -math.log(special.softmax(scores.astype(float))[label])
            found.append((loss, index))
    return sorted(found, key=lambda pair: -pair[0])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(2, 10), st.integers(0, 2**32 - 1))
def test_worst_errors_are_those_that_brute_force_finds(n, num_classes, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 5, (n, num_classes))
    labels = rng.integers(0, num_classes, n)
    expected = worst_by_brute_force(labels, logits)
    losses = [loss for loss, _ in expected]
    assume(np.all(np.diff(losses) < -1e-9))  # no ties
    indices = [index for _, index in expected]
    assert worst_errors(labels, logits, count=n).tolist() == indices
    assert worst_errors(labels, logits, count=3).tolist() == indices[:3]


def test_ten_are_usual_and_fewer_come_back_when_there_are_fewer():
    logits = np.eye(10)[[1] * 12]
    assert worst_errors(np.zeros(12, int), logits).tolist() == list(range(10))
    assert worst_errors([0, 1], logits[:2]).tolist() == [0]
    assert worst_errors([1, 1], logits[:2]).tolist() == []
    assert worst_errors(np.zeros(12, int), logits, count=0).tolist() == []


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e4, 0, -1e4], [1e4, -1e4, 0], [0, 1e4, 0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert worst_errors([1, 1, 1], logits).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        ([0, 0, 0], np.zeros(3), r"logits must have shape \(n, num_classes\)"),
        ([0], [[0, np.nan]], "logits must be finite numbers"),
        ([0, 0, 0], np.zeros((4, 10)), r"labels must be 4 .* got shape \(3,\)"),
        ([-1, 3], np.zeros((2, 10)), r"labels must be in 0\.\.9, got -1 to 3"),
        ([10, 3], np.zeros((2, 10)), r"labels must be in 0\.\.9, got 3 to 10"),
    ],
)
def test_labels_must_fit_the_logits(labels, logits, message):
    with pytest.raises(InputError, match=message):
        worst_errors(labels, logits)
    with pytest.raises(InputError, match="count must be a whole number from 0, got -1"):
        worst_errors([0], [[0, 1]], count=-1)
