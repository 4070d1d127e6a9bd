"""The loss and its gradient: those of Keras, and those worked out by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch import softmax_cross_entropy
from scratch.samples import arrays, many


@pytest.mark.tensorflow_only
@many
@given(st.integers(1, 6), st.integers(2, 10), st.integers(0, 10**6))
def test_cross_entropy_agrees_with_keras(n, classes, seed):
    (z,) = arrays(seed, (n, classes))
    labels = np.random.default_rng(seed).integers(0, classes, n)
    logits = tf.Variable(3 * z)
    theirs = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, dtype="float64"
    )
    with tf.GradientTape() as tape:
        expected = theirs(labels, logits)
    loss, gradient = softmax_cross_entropy(logits.numpy(), labels)
    assert type(loss) is float
    assert loss == pytest.approx(float(expected), rel=1e-6)
    expected_gradient = tape.gradient(expected, logits).numpy()
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [1e3, 1e30])
def test_cross_entropy_survives_large_logits(size):
    logits = np.array([[size, 0, -size], [0, 0, -size]], np.float32)
    loss, gradient = softmax_cross_entropy(logits, np.array([0, 1]))
    assert gradient.dtype == np.float32
    assert loss == pytest.approx(np.log(2) / 2, rel=1e-6)
    assert np.allclose(gradient, [[0, 0, 0], [0.25, -0.25, 0]])
    loss, gradient = softmax_cross_entropy(logits[:1], np.array([2]))
    assert loss == pytest.approx(2 * size)
    assert np.allclose(gradient, [[1, 0, -1]])


def test_labels_may_be_a_list_or_truth_values():
    (logits,) = arrays(0, (3, 2))
    expected = softmax_cross_entropy(logits, np.array([0, 1, 1]))
    for labels in ([0, 1, 1], np.array([False, True, True])):
        loss, gradient = softmax_cross_entropy(logits, labels)
        assert loss == expected[0] and np.array_equal(gradient, expected[1])


LOGITS, LABELS = np.zeros((4, 3)), np.arange(4) % 3

REFUSED = [
    (LOGITS[0], LABELS, r"logits must .* \(n, classes\), got"),
    (LOGITS, LABELS * 1.0, "labels must .* got float64"),
    (LOGITS, LABELS[:3], r"labels must be 4 .* got shape \(3,"),
    (LOGITS, LABELS + 1, r"labels must be in 0\.\.2, got 1 to 3"),
    (LOGITS.astype(int), LABELS, "logits must .* got int64"),
]


@pytest.mark.parametrize(("logits", "labels", "message"), REFUSED)
def test_bad_input_is_refused_with_what_was_expected_and_received(
    logits, labels, message
):
    with pytest.raises(InputError, match=message):
        softmax_cross_entropy(logits, labels)
