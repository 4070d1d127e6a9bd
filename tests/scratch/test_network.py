"""The book's network computes what Keras' does: logits, and every gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch import (
    Dense,
    Flatten,
    Network,
    ReLU,
    build_cnn,
    from_keras,
    softmax_cross_entropy,
)
from scratch.samples import arrays, relative_error


@pytest.fixture(scope="module", params=["float64", "float32", "float32 trained"])
def pair(request):
    """Return Keras' network and ours with the same weights, and 1,000 digits.

    Before training the weights are Keras', after it they are ours.
    """
    dtype = request.param.split()[0]
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(0)
    model = models.build_cnn()
    keras.config.set_dtype_policy(policy)
    if request.param.endswith("trained"):
        model.set_weights(request.getfixturevalue("lesson")[0].parameters)
    x, y = request.getfixturevalue("mnist")[1]
    return model, from_keras(model), x[:1000].astype(dtype), y[:1000]


@pytest.mark.tensorflow_only
def test_logits_and_gradients_of_1000_digits_are_those_of_keras(pair):
    """Compare every logit and every parameter's gradient, 100 digits at a time.

    Thirty million numbers meet a kink of ReLU or max pooling on the way. In
    ``float32``, one of them may be so close that rounding decides on which side it is,
    and a digit's gradient then takes another path: differences of 1e-3 have been seen
    in one batch, and 1e-6 in the others. Two of the ten batches may have such a digit.
    """
    model, network, x, y = pair
    dtype = x.dtype.name
    loss_function = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, dtype=dtype
    )
    errors = []
    for start in range(0, 1000, 100):
        images, labels = x[start : start + 100], y[start : start + 100]
        with tf.GradientTape() as tape:
            expected_logits = model(images)
            expected_loss = loss_function(labels, expected_logits)
        expected = tape.gradient(expected_loss, model.trainable_variables)
        logits = network.forward(images)
        tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]
        assert np.abs(logits - expected_logits.numpy()).max() < tolerance
        loss, gradient = softmax_cross_entropy(logits, labels)
        assert loss == pytest.approx(float(expected_loss), rel=1e-5)
        assert network.backward(gradient).shape == images.shape
        assert {array.dtype for array in (logits, *network.gradients)} == {x.dtype}
        pairs = zip(network.gradients, expected, strict=True)
        errors.append(max(relative_error(one, other.numpy()) for one, other in pairs))
    assert np.abs(logits).max() > 0.1
    if dtype == "float64":
        assert max(errors) < 1e-10
    else:
        assert sorted(errors)[7] < 1e-4
        assert max(errors) < 0.1


def test_build_cnn_has_the_shapes_and_the_ranges_of_keras():
    network, model = build_cnn(0), models.build_cnn()
    assert sum(array.size for array in network.parameters) == 93_322
    for own, theirs in zip(network.parameters, model.get_weights(), strict=True):
        assert own.shape == theirs.shape
        assert own.dtype == np.float32
        assert own.std() == pytest.approx(theirs.std(), rel=0.15)
        assert np.abs(own).max() == pytest.approx(np.abs(theirs).max(), rel=0.05)
        assert abs(own.mean()) <= 4 * own.std() / own.size**0.5
    assert [type(layer) for layer in network.layers] == [
        type(layer) for layer in from_keras(model).layers
    ]


def test_build_cnn_draws_other_weights_with_another_seed():
    one, same, other = (build_cnn(seed).parameters for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    kernels = zip(one[::2], other[::2], strict=True)
    assert not any(np.array_equal(a, b) for a, b in kernels)


def test_predict_does_not_depend_on_the_batch_size():
    x = np.random.default_rng(0).random((7, 28, 28, 1), np.float32)
    network = build_cnn(0)
    expected = network.forward(x)
    for batch_size in (1, 3, 7, 500):
        logits = network.predict(x, batch_size=batch_size)
        np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_a_network_lists_parameters_in_order():
    first, last = (Dense(*arrays(seed, (4, 4), (4,))) for seed in (0, 1))
    network = Network([first, ReLU(), last])
    expected = ["layers[0].kernel", "layers[0].bias", "layers[2].kernel"]
    assert list(network.parameter_names) == [*expected, "layers[2].bias"]
    network.backward(network.forward(np.ones((2, 4))))
    for listed, owned in (
        (network.parameters, [*first.parameters, *last.parameters]),
        (network.gradients, [*first.gradients, *last.gradients]),
    ):
        assert all(a is b for a, b in zip(listed, owned, strict=True))


RELU, RELU_ONLY = ReLU(), Network([ReLU()])

REFUSED = [
    (lambda: Network([]), r"layers must be a list of Layers, got \[\]"),
    (lambda: Network([ReLU]), "layers must be .* got .*class .*ReLU"),
    (lambda: Network([RELU, Flatten(), RELU]), "different .* of them twice"),
    (lambda: RELU_ONLY.predict(np.zeros((1, 4), int)), "images must .* got int64"),
    (lambda: RELU_ONLY.predict(np.zeros((0, 4))), "images must not be empty"),
    (lambda: RELU_ONLY.predict(np.zeros((1, 4)), batch_size=0), "batch_size must be"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_is_refused_with_what_was_expected_and_received(call, message):
    with pytest.raises(InputError, match=message):
        call()
