"""Layers compute what those of Keras compute, forward and backward."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from scratch.samples import arrays, cases, many


def assert_agrees(own, theirs, inputs, seed=0):
    """Compare both directions of a layer with Keras, in ``float64``."""
    images = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = theirs(images)
    (output_gradient,) = arrays(seed, outputs.shape)
    expected = tape.gradient(
        outputs,
        [images, *theirs.trainable_variables],
        output_gradients=tf.constant(output_gradient),
    )
    received = [own.forward(inputs), own.backward(output_gradient), *own.gradients]
    for one, other in zip(received, [outputs, *expected], strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.tensorflow_only
@many
@given(cases(), st.integers(1, 4))
def test_convolution_agrees_with_keras(case, filters):
    own, x = case.convolution(filters), case.images()
    theirs = keras.layers.Conv2D(filters, case.window, dtype="float64")
    theirs.build(x.shape)
    theirs.set_weights(own.parameters)
    assert_agrees(own, theirs, x, case.seed)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("has_ties", [False, True])
@many
@given(case=cases())
def test_pooling_agrees_with_keras(has_ties, case):
    x = np.round(case.images()) if has_ties else case.images()
    size = min(case.window)
    theirs = keras.layers.MaxPooling2D(size, dtype="float64")
    assert_agrees(MaxPool2D(size), theirs, x, case.seed)


@pytest.mark.tensorflow_only
@many
@given(*[st.integers(1, 6)] * 3, st.integers(0, 10**6))
def test_dense_agrees_with_keras(n, inputs, outputs, seed):
    x, kernel, bias = arrays(seed, (n, inputs), (inputs, outputs), (outputs,))
    theirs = keras.layers.Dense(outputs, dtype="float64")
    theirs.build(x.shape)
    theirs.set_weights([kernel, bias])
    assert_agrees(Dense(kernel, bias), theirs, x, seed)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4, 5)])
def test_relu_and_flatten_agree_with_keras(shape):
    (x,) = arrays(0, (3, *shape))
    x.flat[::3] = 0
    assert_agrees(ReLU(), keras.layers.ReLU(dtype="float64"), x)
    assert_agrees(Flatten(), keras.layers.Flatten(dtype="float64"), x)


# --- what layers keep ----------------------------------------------------------------

KERNEL, BIAS, FLAT_KERNEL, X = arrays(0, (3, 3, 2, 4), (4,), (6, 4), (2, 6, 7, 2))
LAYERS = {
    "Conv2D": lambda dtype: Conv2D(KERNEL.astype(dtype), BIAS.astype(dtype)),
    "MaxPool2D": lambda dtype: MaxPool2D(),
    "ReLU": lambda dtype: ReLU(),
    "Flatten": lambda dtype: Flatten(),
    "Dense": lambda dtype: Dense(FLAT_KERNEL.astype(dtype), BIAS.astype(dtype)),
}


def inputs_of(name):
    return (X.reshape(-1, 6) if name == "Dense" else X).copy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_keeps_the_type_and_what_it_was_given(name, dtype):
    layer, inputs = LAYERS[name](dtype), inputs_of(name).astype(dtype)
    outputs = layer.forward(inputs)
    output_gradient = arrays(1, outputs.shape)[0].astype(dtype)
    given_arrays = [inputs, output_gradient, *layer.parameters]
    before = [array.copy() for array in given_arrays]
    results = [layer.backward(output_gradient), *layer.gradients]
    assert {array.dtype for array in (outputs, *results)} == {np.dtype(dtype)}

    # Both may be changed before `backward`, and gradients are not added up.
    outputs = layer.forward(inputs)
    outputs += 1
    for one, other in zip(before, given_arrays, strict=True):
        assert np.array_equal(one, other)
    inputs[:] = 0
    again = [layer.backward(output_gradient), *layer.gradients]
    for one, other in zip(results, again, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(("kind", "kernel"), [(Dense, FLAT_KERNEL), (Conv2D, KERNEL)])
def test_parameters_are_copies_and_belong_to_the_layer(kind, kernel):
    layer = kind(kernel, BIAS)
    assert layer.gradients == [None, None]
    layer.kernel += 1
    layer.parameters[1][:] = 0
    assert np.array_equal(layer.parameters[0], kernel + 1)
    assert not layer.bias.any() and BIAS.all()


# --- what is refused -----------------------------------------------------------------

CONV, DENSE = Conv2D(KERNEL, BIAS), Dense(FLAT_KERNEL, BIAS)
AXES = r"of {} must have shape \(n, height, width, {}\), got \(6, 7, 2\)"

REFUSED = [
    # inputs
    (lambda: CONV.forward(X[0]), AXES.format("Conv2D", 2)),
    (lambda: MaxPool2D().forward(X[0]), AXES.format("MaxPool2D", "c")),
    (lambda: CONV.forward(X[..., :1]), r"width, 2\), got \(2, 6, 7, 1\)"),
    (lambda: DENSE.forward(X[0, 0]), r"shape \(n, 6\), got \(7, 2\)"),
    (lambda: ReLU().forward(X.astype(np.uint8)), "inputs of ReLU .* floats, got uint8"),
    (lambda: Flatten().forward(X.astype(int)), "inputs of Flatten .* got int64"),
    (lambda: CONV.forward(X[:, :2]), "fit into images of 2x7, got 3x3; choose"),
    (lambda: CONV.forward(X[:, :, :2]), "fit into images of 6x2, got 3x3"),
    # parameters
    (lambda: Conv2D(KERNEL[0], BIAS), r"\(kh, kw, in, out\), got \(3, 2, 4\)"),
    (lambda: Conv2D(KERNEL, BIAS[:3]), r"bias of Conv2D .* \(4,\), got \(3,\)"),
    (lambda: Dense(KERNEL, BIAS), r"\(inputs, outputs\), got \(3, 3, 2, 4\)"),
    (lambda: Dense(FLAT_KERNEL, BIAS[:3]), r"bias of Dense .* \(4,\), got \(3,\)"),
    # settings
    (lambda: MaxPool2D(0), "pool_size .* whole number from 1, got 0"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_is_refused_with_what_was_expected_and_received(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", LAYERS)
def test_a_gradient_of_another_shape_than_the_outputs_is_refused(name):
    layer = LAYERS[name]("float64")
    outputs = layer.forward(inputs_of(name))
    message = rf"output_gradient of {name} must have shape .*, got \(7,\)"
    with pytest.raises(InputError, match=message):
        layer.backward(np.ones(7))
    with pytest.raises(InputError, match="output_gradient of .* got int64"):
        layer.backward(np.ones(outputs.shape, int))
