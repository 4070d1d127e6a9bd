"""What ``scratch`` promises: Keras' numbers, measured slopes, and that it learns."""

import doctest
import inspect
import itertools
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits  # scikit-learn requires it

from mnist_tutorial import models, scratch
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import accuracy
from mnist_tutorial.scratch import (
    SGD,
    Adam,
    AveragePool2D,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    Network,
    ReLU,
    build_cnn,
    col2im,
    from_keras,
    gradient_check,
    im2col,
    mean_squared_error,
    numerical_gradient,
    one_sided_gradients,
    softmax_cross_entropy,
    train,
    windows,
)

many = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Compute with one thread; a second one gains little with such small arrays."""
    with threadpool_limits(1):
        yield


class Case(NamedTuple):
    """Images, and the window that moves over them."""

    n: int
    height: int
    width: int
    channels: int
    window: tuple[int, int]
    stride: int
    padding: str
    seed: int

    @property
    def rng(self):
        return np.random.default_rng(self.seed)

    def images(self):
        shape = (self.n, self.height, self.width, self.channels)
        return self.rng.normal(size=shape)


@st.composite
def cases(draw, square=False, paddings=("valid", "same")):
    padding = draw(st.sampled_from(paddings))
    window_height = draw(st.integers(1, 4))
    window_width = window_height if square else draw(st.integers(1, 4))
    smallest = (window_height, window_width) if padding == "valid" else (1, 1)
    return Case(
        n=draw(st.integers(1, 3)),
        height=draw(st.integers(smallest[0], 9)),
        width=draw(st.integers(smallest[1], 9)),
        channels=draw(st.integers(1, 3)),
        window=(window_height, window_width),
        stride=draw(st.integers(1, 4)),
        padding=padding,
        seed=draw(st.integers(0, 10**6)),
    )


def arrays(seed, *shapes):
    """Return an array of normal numbers for each shape."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def convolution(case, filters=2):
    shape = (*case.window, case.channels, filters)
    kernel, bias = arrays(case.seed + 1, shape, (filters,))
    return Conv2D(kernel, bias, stride=case.stride, padding=case.padding)


def pooling(kind, case):
    return kind(case.window[0], stride=case.stride, padding=case.padding)


def relative_error(one, other):
    return np.linalg.norm(one - other) / max(
        np.linalg.norm(one), np.linalg.norm(other), 1e-300
    )


# --- windows -------------------------------------------------------------------------


@many
@given(cases(paddings=["valid"]))
def test_im2col_writes_each_window_as_a_row(case):
    x = case.images()
    height, width = case.window
    patches = im2col(x, case.window, stride=case.stride)
    rows = range(0, case.height - height + 1, case.stride)
    columns = range(0, case.width - width + 1, case.stride)
    shape = (case.n, len(rows), len(columns), height * width * case.channels)
    assert patches.shape == shape
    for (i, row), (j, column) in itertools.product(enumerate(rows), enumerate(columns)):
        window = x[:, row : row + height, column : column + width]
        assert np.array_equal(patches[:, i, j], window.reshape(case.n, -1))


@many
@given(cases(paddings=["valid"]))
def test_col2im_is_the_adjoint_of_im2col(case):
    x = case.images()
    patches = im2col(x, case.window, stride=case.stride)
    (weights,) = arrays(case.seed + 1, patches.shape)
    size = (case.height, case.width)
    back = col2im(weights, case.window, image_size=size, stride=case.stride)
    assert back.shape == x.shape
    assert np.sum(patches * weights) == pytest.approx(np.sum(x * back), abs=1e-10)


def test_one_number_means_a_square_window():
    (x,) = arrays(0, (1, 6, 6, 2))
    patches = im2col(x, 3)
    assert np.array_equal(patches, im2col(x, (3, 3)))
    back = col2im(patches, 3, image_size=(6, 6))
    covered = back[0, :, :, 0] / x[0, :, :, 0]
    assert np.allclose(covered, np.outer([1, 2, 3, 3, 2, 1], [1, 2, 3, 3, 2, 1]))


def test_the_examples_are_true():
    assert doctest.testmod(windows) == (0, 4)


# --- layers against Keras ------------------------------------------------------------


def keras_results(layer, inputs, rng):
    """Return Keras' outputs, a random output gradient, and what Keras makes of it."""
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        output_gradient = rng.normal(size=outputs.shape).astype(outputs.numpy().dtype)
        total = tf.reduce_sum(outputs * output_gradient)
    gradients = tape.gradient(total, [inputs, *layer.trainable_variables])
    return outputs.numpy(), output_gradient, [array.numpy() for array in gradients]


def assert_agrees(own, theirs, inputs, seed):
    """Compare both directions of a layer in ``float64``."""
    rng = np.random.default_rng(seed)
    outputs, output_gradient, expected = keras_results(theirs, inputs, rng)
    received = own.forward(inputs)
    assert received.shape == outputs.shape
    np.testing.assert_allclose(received, outputs, rtol=1e-10, atol=1e-10)
    received = [own.backward(output_gradient), *own.gradients]
    for one, other in zip(received, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@many
@given(cases(), st.integers(1, 4))
def test_convolution_agrees_with_keras(case, filters):
    own, x = convolution(case, filters), case.images()
    theirs = keras.layers.Conv2D(
        filters,
        case.window,
        strides=case.stride,
        padding=case.padding,
        dtype="float64",
    )
    theirs.build(x.shape)
    theirs.set_weights(own.parameters)
    assert_agrees(own, theirs, x, case.seed)


POOLINGS = [
    (MaxPool2D, keras.layers.MaxPooling2D),
    (AveragePool2D, keras.layers.AveragePooling2D),
]


@pytest.mark.parametrize(("own", "theirs"), POOLINGS)
@pytest.mark.parametrize("has_ties", [False, True])
@many
@given(case=cases(square=True))
def test_pooling_agrees_with_keras(own, theirs, has_ties, case):
    x = case.images()
    if has_ties:
        x = np.round(x)
    keras_layer = theirs(
        case.window[0], strides=case.stride, padding=case.padding, dtype="float64"
    )
    assert_agrees(pooling(own, case), keras_layer, x, case.seed)


@pytest.mark.parametrize(("own", "theirs"), POOLINGS)
@pytest.mark.parametrize("pool_size", [2, 3])
def test_pools_stand_side_by_side_by_default(own, theirs, pool_size):
    (x,) = arrays(0, (2, 7, 8, 3))
    assert_agrees(own(pool_size), theirs(pool_size, dtype="float64"), x, 0)
    if pool_size == 2:
        assert np.array_equal(own().forward(x), own(2).forward(x))


@many
@given(*[st.integers(1, 6)] * 3, st.integers(0, 10**6))
def test_dense_agrees_with_keras(n, inputs, outputs, seed):
    x, kernel, bias = arrays(seed, (n, inputs), (inputs, outputs), (outputs,))
    theirs = keras.layers.Dense(outputs, dtype="float64")
    theirs.build(x.shape)
    theirs.set_weights([kernel, bias])
    assert_agrees(Dense(kernel, bias), theirs, x, seed)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4, 5)])
def test_relu_and_flatten_agree_with_keras(shape):
    (x,) = arrays(0, (3, *shape))
    x.flat[::3] = 0
    assert_agrees(ReLU(), keras.layers.ReLU(dtype="float64"), x, 0)
    assert_agrees(Flatten(), keras.layers.Flatten(dtype="float64"), x, 0)


# --- the whole network against Keras -------------------------------------------------


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture(scope="module")
def lesson(mnist, one_thread):
    """Train ``build_cnn`` on 3,200 digits; return the network and its losses."""
    x_train, y_train = mnist[0]
    network, optimizer, losses = build_cnn(0), Adam(), []
    for learning_rate, part in (2e-3, np.s_[:2400]), (3e-4, np.s_[2400:3200]):
        optimizer.learning_rate = learning_rate
        losses += train(
            network,
            x_train[part],
            y_train[part],
            epochs=1,
            batch_size=32,
            optimizer=optimizer,
            seed=0,
        )
    return network, losses


def test_it_learns_to_read_digits(lesson, mnist):
    """Four seeds read 90.0 % to 90.8 %; the page on backpropagation goes further."""
    network, losses = lesson
    x_test, y_test = mnist[1]
    answers = network.predict(x_test[:2000]).argmax(axis=1)
    assert accuracy(y_test[:2000], answers).low > 0.87
    assert len(losses) == 3200 / 32
    assert np.mean(losses[:10]) > 1.5
    assert np.mean(losses[-20:]) < 0.4


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


def test_logits_of_1000_digits_are_those_of_keras(pair):
    model, network, x, _ = pair
    expected = model.predict(x, batch_size=1000, verbose=0)
    received = network.predict(x)
    assert received.dtype == expected.dtype == x.dtype
    assert np.abs(expected).max() > 0.1
    tolerance = {"float32": 1e-4, "float64": 1e-12}[x.dtype.name]
    assert np.abs(received - expected).max() < tolerance


def test_gradients_on_1000_digits_are_those_of_keras(pair):
    """Compare every parameter's gradient, 100 digits at a time.

    Thirty million numbers meet a kink of ReLU or max pooling on the way. In
    ``float32``, one of them may be so close that rounding decides on which side it is,
    and a digit's gradient then takes another path: differences of 1e-3 have been seen
    in one batch, and 1e-6 in the others. Two of the ten batches may have such a digit.
    """
    model, network, x, y = pair
    loss_function = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, dtype=x.dtype.name
    )
    errors = []
    for start in range(0, 1000, 100):
        images, labels = x[start : start + 100], y[start : start + 100]
        with tf.GradientTape() as tape:
            expected_loss = loss_function(labels, model(images))
        expected = tape.gradient(expected_loss, model.trainable_variables)
        loss, gradient = softmax_cross_entropy(network.forward(images), labels)
        assert network.backward(gradient).shape == images.shape
        assert loss == pytest.approx(float(expected_loss), rel=1e-5)
        assert {array.dtype for array in network.gradients} == {x.dtype}
        errors.append(
            max(
                relative_error(one, other.numpy())
                for one, other in zip(network.gradients, expected, strict=True)
            )
        )
    if x.dtype == np.float64:
        assert max(errors) < 1e-10
    else:
        assert sorted(errors)[7] < 1e-4
        assert max(errors) < 0.1


# --- measured slopes -----------------------------------------------------------------


def assert_right(layer, inputs, **options):
    errors = gradient_check(layer, inputs, **options)
    assert set(errors) == {"inputs", *layer.parameter_names}
    assert max(errors.values()) < 1e-6, errors


@many
@given(cases())
def test_slopes_of_convolution(case):
    assert_right(convolution(case), case.images(), seed=case.seed, max_entries=10)


@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
@many
@given(case=cases(square=True))
def test_slopes_of_pooling(kind, case):
    assert_right(pooling(kind, case), case.images(), seed=case.seed)


@many
@given(*[st.integers(1, 6)] * 3, st.integers(0, 10**6))
def test_slopes_of_dense_relu_and_flatten(n, inputs, outputs, seed):
    x, kernel, bias = arrays(seed, (n, inputs), (inputs, outputs), (outputs,))
    assert_right(Dense(kernel, bias), x, seed=seed)
    assert_right(ReLU(), x, seed=seed)
    assert_right(Flatten(), x.reshape(n, inputs, 1, 1), seed=seed)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(cases(), st.sampled_from([MaxPool2D, AveragePool2D]))
def test_slopes_of_small_networks(case, kind):
    layers = [convolution(case), ReLU(), kind(2, stride=1, padding="same"), Flatten()]
    size = Network(layers).forward(case.images()).shape[1]
    kernel, bias = arrays(case.seed + 2, (size, 5), (5,))
    layers += [Dense(kernel, bias), ReLU(), Dense(*arrays(case.seed, (5, 3), (3,)))]
    assert_right(
        Network(layers), case.images(), seed=case.seed, max_entries=10, step=1e-6
    )


def test_slopes_of_the_books_network():
    network = build_cnn(0)
    rng = np.random.default_rng(0)
    for array in network.parameters:
        array += rng.normal(0, 0.05, array.shape).astype(np.float32)
    before = [array.copy() for array in network.parameters]
    assert_right(network, rng.normal(size=(2, 28, 28, 1)), max_entries=20)
    for one, other in zip(before, network.parameters, strict=True):
        assert np.array_equal(one, other) and other.dtype == np.float32
    assert network.gradients == [None] * 10


def test_slopes_of_the_losses():
    logits, targets = arrays(0, (4, 5), (4, 5))
    labels = np.array([0, 4, 2, 2])
    for loss, right in (softmax_cross_entropy, labels), (mean_squared_error, targets):
        measured = numerical_gradient(lambda z, f=loss, r=right: f(z, r)[0], logits)
        assert relative_error(loss(logits, right)[1], measured) < 1e-8


# --- a wrong backward is found -------------------------------------------------------


class WrongSign(Dense):
    def backward(self, output_gradient):
        return -super().backward(output_gradient)


class NoBias(Dense):
    def backward(self, output_gradient):
        input_gradient = super().backward(output_gradient)
        self.bias_gradient = np.zeros_like(self.bias)
        return input_gradient


class FirstExampleOnly(Dense):
    def backward(self, output_gradient):
        input_gradient = super().backward(output_gradient)
        self.bias_gradient = output_gradient[0]
        return input_gradient


class KernelNotTransposed(Dense):
    def backward(self, output_gradient):
        super().backward(output_gradient)
        return output_gradient @ self.kernel


class GradientTransposed(Dense):
    def backward(self, output_gradient):
        input_gradient = super().backward(output_gradient)
        self.kernel_gradient = self.kernel_gradient.T
        return input_gradient


class KernelFlipped(Conv2D):
    def backward(self, output_gradient):
        kernel, self.kernel = self.kernel, self.kernel[::-1, ::-1]
        input_gradient = super().backward(output_gradient)
        self.kernel = kernel
        return input_gradient


class StrideForgotten(Conv2D):
    def backward(self, output_gradient):
        right = super().backward(output_gradient)
        wrong = np.zeros_like(right)
        _, rows, columns, _ = output_gradient.shape
        for i, j in np.ndindex(self.kernel.shape[:2]):
            part = output_gradient @ self.kernel[i, j].T
            wrong[:, i : i + rows, j : j + columns] += part
        return wrong


class Everywhere(ReLU):
    def backward(self, output_gradient):
        return output_gradient


class ToAll(MaxPool2D):
    def backward(self, output_gradient):
        super().backward(output_gradient)
        return np.kron(output_gradient, np.ones((1, 2, 2, 1)))


class Overwriting(ReLU):
    def backward(self, output_gradient):
        output_gradient[...] = 0
        return output_gradient


class ExamplesMixedUp(Flatten):
    def backward(self, output_gradient):
        return super().backward(output_gradient)[::-1]


class Undefined(ReLU):
    def backward(self, output_gradient):
        return np.full_like(output_gradient, np.nan)


def square_dense(kind):
    return kind(*arrays(0, (4, 4), (4,))), arrays(1, (3, 4))[0]


def strided_convolution(kind):
    parameters = arrays(0, (3, 3, 2, 2), (2,))
    return kind(*parameters, stride=2), arrays(1, (2, 7, 7, 2))[0]


@pytest.mark.parametrize(
    ("make", "kind", "wrong"),
    [
        (square_dense, WrongSign, {"inputs"}),
        (square_dense, NoBias, {"bias"}),
        (square_dense, FirstExampleOnly, {"bias"}),
        (square_dense, KernelNotTransposed, {"inputs"}),
        (square_dense, GradientTransposed, {"kernel"}),
        (strided_convolution, KernelFlipped, {"inputs"}),
        (strided_convolution, StrideForgotten, {"inputs"}),
        (lambda kind: (kind(), arrays(0, (5, 5))[0]), Everywhere, {"inputs"}),
        (lambda kind: (kind(), arrays(0, (1, 4, 4, 2))[0]), ToAll, {"inputs"}),
        (lambda kind: (kind(), arrays(0, (5, 5))[0]), Undefined, {"inputs"}),
        (lambda kind: (kind(), arrays(0, (5, 5))[0]), ExamplesMixedUp, {"inputs"}),
        (lambda kind: (kind(), arrays(0, (5, 5))[0]), Overwriting, {"inputs"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_backward_is_found_where_it_is_wrong(make, kind, wrong):
    layer, inputs = make(kind)
    errors = gradient_check(layer, inputs)
    assert {name for name, error in errors.items() if error > 0.1} == wrong
    assert all(errors[name] < 1e-6 for name in errors.keys() - wrong)
    assert_right(make(kind.__base__)[0], inputs)


def test_slopes_of_a_network_in_a_network():
    inner = Network([square_dense(Dense)[0], ReLU()])
    layer, inputs = square_dense(Dense)
    assert_right(Network([inner, layer]), inputs.astype(np.float32))


def test_a_wrong_layer_is_found_inside_a_network():
    dense, inputs = square_dense(NoBias)
    network = Network([square_dense(Dense)[0], ReLU(), dense])
    errors = gradient_check(network, inputs)
    assert errors.pop("layers[2].bias") > 0.1
    assert max(errors.values()) < 1e-6


def test_a_gradient_of_the_wrong_shape_is_infinitely_wrong():
    layer, inputs = Dense(*arrays(0, (3, 2), (2,))), arrays(1, (4, 3))[0]
    wrong = GradientTransposed(layer.kernel, layer.bias)
    assert gradient_check(wrong, inputs)["kernel"] == np.inf


# --- kinks ---------------------------------------------------------------------------


def test_slopes_on_the_two_sides_of_a_kink_differ():
    values = np.array([[-2.0, 0.0, 3.0]])
    left, right = one_sided_gradients(lambda x: np.abs(x).sum(), values)
    assert np.allclose(left, [[-1, -1, 1]])
    assert np.allclose(right, [[-1, 1, 1]])
    assert np.array_equal(values, [[-2.0, 0.0, 3.0]])


def test_numerical_gradient_is_a_central_difference():
    (values,) = arrays(0, (2, 3))

    def cubes(x):
        assert x.shape == (2, 3) and x.dtype == np.float64
        return np.sum(x**3)

    step = 0.1
    expected = 3 * values**2 + step**2  # ((x + h)^3 - (x - h)^3) / 2h, exactly
    kept = values.astype(np.float32)
    assert np.allclose(numerical_gradient(cubes, values, step=step), expected)
    assert numerical_gradient(cubes, kept).dtype == np.float64
    assert np.array_equal(kept, values.astype(np.float32))


@pytest.mark.parametrize(
    "offset", [0.0, 3e-6, -3e-6, 7e-6, -7e-6], ids="{:+.0e}".format
)
def test_entries_at_a_kink_are_left_out(offset):
    (inputs,) = arrays(0, (1, 20))
    inputs[0, ::3] = offset
    assert gradient_check(ReLU(), inputs)["inputs"] < 1e-6
    measured = numerical_gradient(lambda x: np.maximum(x, 0).sum(), inputs)
    assert np.abs(measured - (inputs > 0)).max() > 0.1


def test_too_many_kinks_are_no_check():
    inputs = np.zeros((1, 20))
    inputs[0, :9] = 1
    with pytest.raises(InputError, match="inputs .* got 11 of 20 entries at one; try"):
        gradient_check(ReLU(), inputs)
    inputs[0, :10] = 1
    assert gradient_check(ReLU(), inputs)["inputs"] < 1e-6


def test_digits_are_at_kinks_and_noise_moves_them_away(mnist):
    digits = mnist[0][0][:2]
    with pytest.raises(InputError, match=r"must be away from kinks, got \d+ of \d+"):
        gradient_check(build_cnn(0), digits, max_entries=20)
    noise = np.random.default_rng(0).normal(0, 1, digits.shape)
    assert_right(build_cnn(0), digits + noise, max_entries=20)


class Tanh(Layer):
    def forward(self, inputs):
        self.outputs = np.tanh(inputs)
        return self.outputs

    def backward(self, output_gradient):
        return output_gradient * (1 - self.outputs**2)


class WrongTanh(Tanh):
    def backward(self, output_gradient):
        return output_gradient * (1 - self.outputs)


def test_a_bend_is_no_kink():
    (inputs,) = arrays(0, (4, 10))
    assert_right(Tanh(), inputs)
    assert gradient_check(WrongTanh(), inputs)["inputs"] > 0.1


# --- losses --------------------------------------------------------------------------


@many
@given(st.integers(1, 6), st.integers(2, 10), st.integers(0, 10**6))
def test_losses_agree_with_keras(n, classes, seed):
    z, targets = arrays(seed, (n, classes), (n, classes))
    labels = np.random.default_rng(seed).integers(0, classes, n)
    logits = tf.Variable(3 * z)
    for own, theirs, right in [
        (
            softmax_cross_entropy,
            keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, dtype="float64"
            ),
            labels,
        ),
        (mean_squared_error, keras.losses.MeanSquaredError(dtype="float64"), targets),
    ]:
        with tf.GradientTape() as tape:
            expected = theirs(right, logits)
        loss, gradient = own(logits.numpy(), right)
        assert type(loss) is float
        assert loss == pytest.approx(float(expected), rel=1e-6)
        expected_gradient = tape.gradient(expected, logits).numpy()
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [1e3, 1e30])
def test_cross_entropy_survives_large_logits(size):
    logits = np.array([[size, 0, -size], [0, 0, -size]], np.float32)
    loss, gradient = softmax_cross_entropy(logits, np.array([0, 1]))
    assert loss == pytest.approx(np.log(2) / 2, rel=1e-6)
    assert np.allclose(gradient, [[0, 0, 0], [0.25, -0.25, 0]])
    loss, gradient = softmax_cross_entropy(logits[:1], np.array([2]))
    assert loss == pytest.approx(2 * size)
    assert np.allclose(gradient, [[1, 0, -1]])


def test_losses_by_hand():
    loss, gradient = mean_squared_error(np.array([[1.0, 3.0]]), np.array([[0.0, 1.0]]))
    assert loss == 2.5
    assert np.array_equal(gradient, [[1.0, 2.0]])
    loss, _ = softmax_cross_entropy(np.zeros((3, 10)), np.array([1, 2, 3]))
    assert loss == pytest.approx(np.log(10))


# --- what layers keep ----------------------------------------------------------------


def all_layers():
    """Return a layer of each kind, and inputs that it takes."""
    kernel, bias, flat_kernel, x = arrays(0, (3, 3, 2, 4), (4,), (6, 4), (2, 6, 7, 2))
    flat = x.reshape(-1, 6)
    for make in (
        lambda dtype: Conv2D(kernel.astype(dtype), bias.astype(dtype), padding="same"),
        lambda dtype: MaxPool2D(3, stride=2, padding="same"),
        lambda dtype: AveragePool2D(3, stride=2, padding="same"),
        lambda dtype: ReLU(),
        lambda dtype: Flatten(),
    ):
        yield make, x
    yield lambda dtype: Dense(flat_kernel.astype(dtype), bias.astype(dtype)), flat


LAYERS = list(all_layers())
KINDS = [type(make(np.float32)).__name__ for make, _ in LAYERS]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("make", "inputs"), LAYERS, ids=KINDS)
def test_a_layer_keeps_the_type_and_what_it_was_given(make, inputs, dtype):
    layer, inputs = make(dtype), inputs.astype(dtype)
    before = [inputs.copy(), *[array.copy() for array in layer.parameters]]
    outputs = layer.forward(inputs)
    output_gradient = np.ones_like(outputs)
    results = [layer.backward(output_gradient), *layer.gradients]
    assert {array.dtype for array in (outputs, *results)} == {np.dtype(dtype)}
    for one, other in zip(before, [inputs, *layer.parameters], strict=True):
        assert np.array_equal(one, other)
    assert np.all(output_gradient == 1)
    again = [layer.backward(output_gradient), *layer.gradients]
    for one, other in zip(results, again, strict=True):
        assert np.array_equal(one, other), "gradients are not added up"


def test_outputs_may_be_changed_before_backward():
    for make, inputs in LAYERS:
        layer = make(np.float64)
        expected = layer.backward(np.ones_like(layer.forward(inputs)))
        outputs = layer.forward(inputs.copy())
        outputs += 1
        assert np.array_equal(layer.backward(np.ones_like(outputs)), expected)


def test_parameters_are_copies_and_belong_to_the_layer():
    kernel, bias = arrays(0, (3, 2), (2,))
    layer = Dense(kernel, bias)
    assert [
        array is own
        for array, own in zip(layer.parameters, (layer.kernel, layer.bias), strict=True)
    ] == [True, True]
    layer.kernel += 1
    layer.parameters[1][:] = 0
    assert np.array_equal(layer.kernel, kernel + 1)
    assert not layer.bias.any() and bias.all()
    assert layer.gradients == [None, None]


# --- networks ------------------------------------------------------------------------


def test_build_cnn_has_the_shapes_and_the_ranges_of_keras():
    network, model = build_cnn(0), models.build_cnn()
    assert sum(array.size for array in network.parameters) == 93_322
    for own, theirs in zip(network.parameters, model.get_weights(), strict=True):
        assert own.shape == theirs.shape
        assert own.dtype == np.float32
        assert own.std() == pytest.approx(theirs.std(), rel=0.15)
        assert np.abs(own).max() == pytest.approx(np.abs(theirs).max(), rel=0.05)
        assert abs(own.mean()) <= 4 * own.std() / own.size**0.5
    kinds = {"MaxPool2D": "MaxPooling2D"}
    own = [type(layer).__name__ for layer in network.layers]
    theirs = [type(layer).__name__ for layer in from_keras(model).layers]
    assert own == theirs
    assert [kinds.get(name, name) for name in own if name != "ReLU"] == [
        type(layer).__name__ for layer in model.layers
    ]


def test_build_cnn_draws_other_weights_with_another_seed():
    one, same, other = (build_cnn(seed).parameters for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(
        np.array_equal(a, b) for a, b in zip(one[::2], other[::2], strict=True)
    )


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


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(1, 3), *[st.sampled_from(["valid", "same"])] * 3, st.booleans())
def test_from_keras_keeps_every_setting(stride, first, second, third, is_maximum):
    layers = keras.layers
    pool = layers.MaxPooling2D if is_maximum else layers.AveragePooling2D
    model = keras.Sequential(
        [
            keras.Input((17, 16, 2)),
            layers.Conv2D(3, (2, 4), strides=stride, padding=first, activation="relu"),
            pool(3, strides=stride, padding=second),
            layers.Conv2D(2, 1, padding=third),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(5, activation="linear"),
        ]
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=array.shape) for array in model.get_weights()])
    network = from_keras(model)
    x = rng.normal(size=(4, 17, 16, 2)).astype(np.float32)
    np.testing.assert_allclose(network.predict(x), model(x), rtol=1e-4, atol=1e-4)
    for one, other in zip(network.parameters, model.get_weights(), strict=True):
        assert np.array_equal(one, other)
        one += 1
        assert not np.array_equal(one, other)


def test_from_keras_copies_weights_whatever_the_backend_hands_out():
    """Build stand-ins for Keras, since not each of its backends hands out its own."""
    kernel, bias = arrays(0, (3, 2), (2,))
    made = {"__module__": "keras"}
    layer = type("Dense", (), made | {"get_weights": lambda self: [kernel, bias]})()
    model = type("Sequential", (), made | {"built": True, "layers": [layer]})()
    network = from_keras(model)
    assert np.array_equal(network.parameters[0], kernel)
    network.parameters[0][:] = 0
    assert kernel.all()


class Conv2DOfOurs(keras.layers.Conv2D):
    def call(self, inputs):
        return 2 * super().call(inputs)


def cut_off(values):
    return keras.ops.minimum(keras.ops.relu(values), 0.1)


def test_from_keras_does_not_go_by_names_alone():
    """What bears the name of something supported can compute something else."""
    Conv2DOfOurs.__name__ = "Conv2D"
    cut_off.__name__ = "relu"
    image = keras.Input((8, 8, 1))
    for layer in (Conv2DOfOurs(2, 3), keras.layers.Conv2D(2, 3, activation=cut_off)):
        with pytest.raises(InputError, match="must be"):
            from_keras(keras.Sequential([image, layer]))
    other = type("Sequential", (keras.Sequential,), {})
    with pytest.raises(InputError, match=r"must be a keras\.Sequential"):
        from_keras(other([image, keras.layers.Conv2D(2, 3)]))


# --- what is remembered --------------------------------------------------------------


def test_a_layer_keeps_what_it_saw():
    """Changing images afterwards must not change gradients, nor outputs images."""
    images, kernel, bias, slope = arrays(0, (4, 6), (6, 3), (3,), (4, 3))
    dense, fresh = Dense(kernel, bias), Dense(kernel, bias)
    fresh.forward(images.copy())
    dense.forward(images)
    images[:] = 0
    fresh.backward(slope), dense.backward(slope)
    assert np.array_equal(dense.kernel_gradient, fresh.kernel_gradient)
    (flat,) = arrays(1, (2, 12))
    Flatten().forward(flat)[:] = 7
    assert not np.any(flat == 7)


def test_backward_waits_for_a_forward_that_came_to_its_end():
    images, kernel, bias, wide = arrays(
        0, (2, 6, 6, 1), (3, 3, 1, 2), (2,), (2, 4, 4, 3)
    )
    layer = Conv2D(kernel, bias)
    outputs = layer.forward(images)
    with pytest.raises(InputError, match="channels"):
        layer.forward(wide)
    with pytest.raises(InputError, match="after forward"):
        layer.backward(np.ones_like(outputs))
    layer.forward(images)
    assert layer.backward(np.ones_like(outputs)).shape == images.shape


def test_a_network_goes_back_only_if_every_layer_went_forward():
    """The first layer has seen what the second one refuses."""
    images, kernel, bias = arrays(0, (4, 3), (3, 3), (3,))
    network = Network([Dense(kernel, bias), Dense(kernel, bias)])
    network.forward(images)
    with np.errstate(over="ignore"), pytest.raises(InputError, match="infinity"):
        network.forward(images * 1e308)
    with pytest.raises(InputError, match="after forward"):
        network.backward(np.ones((4, 3)))


def test_a_layer_stands_in_a_network_once():
    relu = ReLU()
    with pytest.raises(InputError, match="one of them twice"):
        Network([relu, Flatten(), relu])


# --- training ------------------------------------------------------------------------


OPTIMIZERS = [
    (lambda: SGD(0.1), lambda: keras.optimizers.SGD(0.1)),
    (
        lambda: SGD(0.01, momentum=0.9),
        lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    ),
    (lambda: Adam(), lambda: keras.optimizers.Adam()),
    (
        lambda: Adam(0.1, beta_1=0.5, beta_2=0.8, epsilon=0.1),
        lambda: keras.optimizers.Adam(0.1, beta_1=0.5, beta_2=0.8, epsilon=0.1),
    ),
]


@pytest.mark.parametrize(
    ("own", "theirs"), OPTIMIZERS, ids=["sgd", "momentum", "adam", "adam-settings"]
)
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3])
def test_optimizers_step_as_in_keras(own, theirs, size):
    parameters = arrays(0, (3, 4), (4,))
    variables = [keras.Variable(array, dtype="float64") for array in parameters]
    own, theirs = own(), theirs()
    addresses = [array.ctypes.data for array in parameters]
    for step in range(10):
        gradients = [size * array for array in arrays(step + 1, (3, 4), (4,))]
        before = [array.copy() for array in parameters]
        theirs.apply(gradients, variables)
        own.update(parameters, gradients)
        for one, other, old in zip(parameters, variables, before, strict=True):
            expected = other.numpy() - old
            assert relative_error(one - old, expected) < 1e-4
    assert addresses == [array.ctypes.data for array in parameters]


class Spy:
    """Note what an optimizer is handed, and change nothing."""

    def __init__(self):
        self.seen = []

    def update(self, parameters, gradients):
        self.seen.append([array.copy() for array in gradients])


class Noting(Flatten):
    """Note which examples come by; their number is their first pixel."""

    def __init__(self):
        self.batches = []

    def forward(self, inputs):
        self.batches.append(inputs[:, 0, 0, 0].astype(int).tolist())
        return super().forward(inputs)


def numbered(count):
    """Return images whose first pixel is their number, and their labels."""
    x = np.random.default_rng(0).random((count, 2, 2, 1))
    x[:, 0, 0, 0] = np.arange(count)
    return x, np.arange(count) % 3


def noted(seed, epochs=2):
    noting = Noting()
    network = Network([noting, Dense(*arrays(0, (4, 3), (3,)))])
    spy = Spy()
    losses = train(
        network, *numbered(10), epochs=epochs, batch_size=4, optimizer=spy, seed=seed
    )
    return noting.batches[1:], losses, spy.seen, network  # the first is a check


def test_every_epoch_sees_every_example_once_in_another_order():
    batches, losses, gradients, _ = noted(seed=0)
    assert [len(batch) for batch in batches] == [4, 4, 2] * 2
    assert len(losses) == len(gradients) == 6
    first, second = (sum(batches[i : i + 3], []) for i in (0, 3))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert noted(seed=0)[0] == batches
    assert noted(seed=1)[0] != batches


def test_every_step_is_the_loss_and_the_gradient_of_its_batch():
    batches, losses, seen, network = noted(seed=0)
    x, y = numbered(10)
    for batch, loss, gradients in zip(batches, losses, seen, strict=True):
        expected, gradient = softmax_cross_entropy(network.forward(x[batch]), y[batch])
        assert loss == expected
        network.backward(gradient)
        for one, other in zip(gradients, network.gradients, strict=True):
            assert np.array_equal(one, other)


def test_a_run_can_be_repeated_to_the_bit():
    def run(seed):
        network = Network([Flatten(), Dense(*arrays(0, (4, 3), (3,)))])
        losses = train(
            network,
            *numbered(10),
            epochs=3,
            batch_size=4,
            optimizer=Adam(0.1),
            seed=seed,
        )
        return losses, network.parameters[0]

    (losses, kernel), (same_losses, same_kernel) = run(0), run(0)
    assert losses == same_losses and np.array_equal(kernel, same_kernel)
    assert run(1)[0] != losses


# --- what is refused -----------------------------------------------------------------

X = np.random.default_rng(0).random((4, 8, 8, 2))
KERNEL, BIAS = arrays(0, (3, 3, 2, 5), (5,))
CONV = Conv2D(KERNEL, BIAS)
DENSE = Dense(*arrays(0, (6, 3), (3,)))
LOGITS, LABELS = np.zeros((4, 3)), np.arange(4) % 3


def with_value(value):
    x = X.copy()
    x[1, 2, 3, 0] = value
    return x


def after_forward(layer, inputs, gradient_shape):
    layer.forward(inputs)
    return layer.backward(np.zeros(gradient_shape))


def trained(x=None, y=LABELS, **settings):
    network = Network([Flatten(), Dense(*arrays(0, (128, 3), (3,)))])
    defaults = {"epochs": 1, "batch_size": 2, "optimizer": SGD(0.1), "seed": 0}
    return train(network, X if x is None else x, y, **(defaults | settings))


REFUSED = {
    # arrays
    "conv rank": (
        lambda: CONV.forward(X[0]),
        "inputs of Conv2D must have 4 axes",
        "8, 8, 2",
    ),
    "pool rank": (
        lambda: MaxPool2D().forward(X[0]),
        "inputs of MaxPool2D .* 4 axes",
        "8, 8, 2",
    ),
    "mean rank": (
        lambda: AveragePool2D().forward(X[0]),
        "AveragePool2D .* 4 axes",
        "8, 8, 2",
    ),
    "dense rank": (
        lambda: DENSE.forward(X),
        "inputs of Dense must have 2 axes",
        "4, 8, 8, 2",
    ),
    "conv channels": (lambda: CONV.forward(X[..., :1]), "2 channels", "4, 8, 8, 1"),
    "dense columns": (lambda: DENSE.forward(X[0, 0]), r"\(n, 6\)", r"\(8, 2\)"),
    "integers": (lambda: CONV.forward(X.astype(int)), "inputs of Conv2D", "int64"),
    "bytes": (lambda: ReLU().forward(np.zeros(3, np.uint8)), "inputs of ReLU", "uint8"),
    "half": (
        lambda: Flatten().forward(X.astype(np.float16)),
        "float32 or float64",
        "float16",
    ),
    "a list": (lambda: DENSE.forward([[1.0] * 6]), "NumPy array", "list"),
    "a tensor": (lambda: CONV.forward(tf.constant(X)), "NumPy array", "float64"),
    "one number": (lambda: Flatten().forward(np.array(1.0)), "one axis", "single"),
    "three sides": (lambda: im2col(X, (1, 2, 3)), "height and a width", "1, 2, 3"),
    "half a side": (lambda: MaxPool2D(2.5), "pool_size", "2.5"),
    "true as a size": (lambda: MaxPool2D(True), "pool_size", "True"),
    "one-sided image": (
        lambda: col2im(np.ones((1, 2, 2, 4)), 2, image_size=(3,)),
        "image_size must be a height and a width",
        "3,",
    ),
    "nan": (
        lambda: CONV.forward(with_value(np.nan)),
        "inputs of Conv2D .* finite",
        "NaN",
    ),
    "infinity": (lambda: MaxPool2D().forward(with_value(np.inf)), "finite", "infinity"),
    "nan in relu": (lambda: ReLU().forward(with_value(np.nan)), "finite", "NaN"),
    "nan in flatten": (lambda: Flatten().forward(with_value(np.nan)), "finite", "NaN"),
    "nan in mean": (
        lambda: AveragePool2D().forward(with_value(np.nan)),
        "finite",
        "NaN",
    ),
    "nan in dense": (lambda: DENSE.forward(np.full((2, 6), np.nan)), "finite", "NaN"),
    "nothing": (lambda: CONV.forward(X[:0]), "must not be empty", "0, 8, 8, 2"),
    # windows
    "kernel too high": (
        lambda: CONV.forward(X[:, :2]),
        "fit into images of 2x8",
        "got 3x3",
    ),
    "kernel too wide": (
        lambda: CONV.forward(X[:, :, :2]),
        "fit into images of 8x2",
        "got 3x3",
    ),
    "pool too large": (lambda: MaxPool2D(9).forward(X), "images of 8x8", "got 9x9"),
    "mean too large": (lambda: AveragePool2D(9).forward(X), "images of 8x8", "got 9x9"),
    "patches too large": (lambda: im2col(X, 9), "images of 8x8", "got 9x9"),
    "stride 0": (
        lambda: Conv2D(KERNEL, BIAS, stride=0),
        "stride must be .* from 1",
        "0",
    ),
    "stride 1.5": (lambda: MaxPool2D(2, stride=1.5), "stride must be a whole", "1.5"),
    "pool size 0": (lambda: AveragePool2D(0), "pool_size must be .* from 1", "0"),
    "im2col stride": (lambda: im2col(X, 3, stride=-1), "stride must be", "-1"),
    "im2col rank": (lambda: im2col(X[0], 3), "images must have 4 axes", "8, 8, 2"),
    "im2col type": (lambda: im2col(X.astype(int), 3), "images must be", "int64"),
    "padding": (
        lambda: Conv2D(KERNEL, BIAS, padding="full"),
        "'valid' or 'same'",
        "'full'",
    ),
    "pool padding": (lambda: MaxPool2D(padding=1), "'valid' or 'same'", "1"),
    "col2im": (
        lambda: col2im(X, 2, image_size=(8, 8)),
        r"shape \(4, 7, 7, 4\)",
        "4, 8, 8, 2",
    ),
    "col2im columns": (
        lambda: col2im(np.ones((1, 2, 2, 7)), 2, image_size=(3, 3)),
        r"shape \(1, 2, 2, 4\)",
        r"\(1, 2, 2, 7\)",
    ),
    # parameters
    "kernel rank": (
        lambda: Conv2D(KERNEL[0], BIAS),
        "kernel of Conv2D .* 4 axes",
        "3, 2, 5",
    ),
    "kernel type": (
        lambda: Conv2D(np.ones((3, 3, 2, 5), int), BIAS),
        "kernel of",
        "int64",
    ),
    "kernel nan": (lambda: Conv2D(KERNEL * np.nan, BIAS), "kernel of Conv2D", "NaN"),
    "bias shape": (
        lambda: Conv2D(KERNEL, BIAS[:4]),
        r"bias of Conv2D .* \(5,\)",
        r"\(4,\)",
    ),
    "dense kernel": (
        lambda: Dense(KERNEL, BIAS),
        "kernel of Dense .* 2 axes",
        "3, 3, 2, 5",
    ),
    "dense bias": (lambda: Dense(LOGITS, BIAS), r"bias of Dense .* \(3,\)", r"\(5,\)"),
    "no layers": (lambda: Network([]), "at least one layer", "none"),
    "no layer": (lambda: Network([ReLU]), "Layer objects", "class .*ReLU"),
    # backward
    **{
        f"backward of {name} first": (
            lambda make=make: make(np.float64).backward(X),
            f"backward of {name} must come after forward",
            "call forward first",
        )
        for (make, _), name in zip(LAYERS, KINDS, strict=True)
    },
    **{
        f"gradient of {name}": (
            lambda make=make, x=x: after_forward(make(np.float64), x, (2, 3)),
            f"output_gradient of {name} must have shape",
            r"got \(2, 3\)",
        )
        for (make, x), name in zip(LAYERS, KINDS, strict=True)
    },
    "gradient nan": (
        lambda: (CONV.forward(X), CONV.backward(np.full((4, 6, 6, 5), np.nan))),
        "output_gradient of Conv2D must be finite",
        "NaN",
    ),
    # losses
    "logits rank": (
        lambda: softmax_cross_entropy(X, LABELS),
        "logits must have 2 axes",
        "4, 8, 8, 2",
    ),
    "logits nan": (
        lambda: softmax_cross_entropy(LOGITS * np.nan, LABELS),
        "logits must be finite",
        "NaN",
    ),
    "labels float": (
        lambda: softmax_cross_entropy(LOGITS, LABELS * 1.0),
        "labels .* integers",
        "float64",
    ),
    "labels bool": (
        lambda: softmax_cross_entropy(LOGITS, LABELS > 0),
        "labels .* integers",
        "bool",
    ),
    "labels list": (
        lambda: softmax_cross_entropy(LOGITS, [0, 1, 2, 0]),
        "NumPy array of integers",
        "list",
    ),
    "labels short": (
        lambda: softmax_cross_entropy(LOGITS, LABELS[:3]),
        r"labels .* \(4,\)",
        r"\(3,\)",
    ),
    "labels one-hot": (
        lambda: softmax_cross_entropy(LOGITS, np.eye(4, 3, dtype=int)),
        r"labels must have shape \(4,\)",
        r"\(4, 3\)",
    ),
    "labels high": (
        lambda: softmax_cross_entropy(LOGITS, LABELS + 1),
        "0 to 2",
        "1 to 3",
    ),
    "labels low": (
        lambda: softmax_cross_entropy(LOGITS, LABELS - 1),
        "0 to 2",
        "-1 to 1",
    ),
    "targets shape": (
        lambda: mean_squared_error(LOGITS, LOGITS[:, :1]),
        r"targets must have shape \(4, 3\)",
        r"\(4, 1\)",
    ),
    "targets integers": (
        lambda: mean_squared_error(LOGITS, LOGITS.astype(int)),
        "targets must",
        "int64",
    ),
    "predictions integers": (
        lambda: mean_squared_error(LOGITS.astype(int), LOGITS),
        "predictions",
        "int64",
    ),
    # predict, train, optimizers
    "predict integers": (
        lambda: build_cnn(0).predict(np.zeros((1, 28, 28, 1), int)),
        "images must",
        "int64",
    ),
    "predict nothing": (
        lambda: build_cnn(0).predict(np.zeros((0, 28, 28, 1))),
        "not be empty",
        "0, 28",
    ),
    "predict batch": (
        lambda: build_cnn(0).predict(X, batch_size=0),
        "batch_size must be",
        "0",
    ),
    "train epochs": (lambda: trained(epochs=0), "epochs must be a whole number", "0"),
    "train batch": (lambda: trained(batch_size=2.5), "batch_size must be", "2.5"),
    "train x": (lambda: trained(X.astype(np.uint8)), "x must be", "uint8"),
    "train labels": (lambda: trained(y=LABELS[:2]), r"labels .* \(4,\)", r"\(2,\)"),
    "train high": (lambda: trained(y=LABELS + 9), "0 to 2", "9 to 11"),
    "train too fast": (
        np.errstate(all="ignore")(lambda: trained(epochs=99, optimizer=SGD(1e308))),
        "must be finite",
        "smaller",
    ),
    "rate": (lambda: SGD(0), "learning_rate must be a positive number", "0"),
    "rate infinite": (lambda: SGD(np.inf), "learning_rate must be", "inf"),
    "rate nan": (lambda: Adam(float("nan")), "learning_rate must be", "nan"),
    "rate text": (lambda: Adam("fast"), "learning_rate must be", "'fast'"),
    "momentum": (lambda: SGD(0.1, momentum=1), r"momentum must be in \[0, 1\)", "1"),
    "beta 1": (lambda: Adam(beta_1=1.5), r"beta_1 must be in \[0, 1\)", "1.5"),
    "beta 2": (lambda: Adam(beta_2=-1), r"beta_2 must be in \[0, 1\)", "-1"),
    "epsilon": (lambda: Adam(epsilon=0), "epsilon must be", "0"),
    "no gradients": (
        lambda: SGD(0.1).update(CONV.parameters, Conv2D(KERNEL, BIAS).gradients),
        "gradients must have the shapes",
        r"got \[\(\), \(\)\]; call backward",
    ),
    # slopes
    "step": (lambda: numerical_gradient(np.sum, LOGITS, step=0), "step must be", "0"),
    "values": (lambda: numerical_gradient(np.sum, LABELS), "values must be", "int64"),
    "check inputs": (
        lambda: gradient_check(ReLU(), np.ones((2, 2), int)),
        "inputs must be",
        "int64",
    ),
    "check entries": (
        lambda: gradient_check(ReLU(), LOGITS, max_entries=0),
        "max_entries must be",
        "0",
    ),
}


@pytest.mark.parametrize(
    ("call", "expected", "received"), REFUSED.values(), ids=REFUSED
)
def test_bad_input_is_refused_with_what_was_expected_and_received(
    call, expected, received
):
    with pytest.raises(InputError, match=rf"{expected}.*{received}") as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [lambda: SGD(0.1), lambda: Adam()])
def test_an_optimizer_belongs_to_one_network(make):
    optimizer = make()
    optimizer.update([np.zeros(3)], [np.ones(3)])
    with pytest.raises(InputError, match="those of the first call.*of its own"):
        optimizer.update([np.zeros(4)], [np.ones(4)])


def test_nothing_is_changed_by_a_training_that_is_refused():
    network = Network([Flatten(), Dense(*arrays(0, (128, 3), (3,)))])
    before = [array.copy() for array in network.parameters]
    labels = np.array([0, 1, 2, 3])
    with pytest.raises(InputError, match="labels must lie in 0 to 2, got 0 to 3"):
        train(network, X, labels, epochs=1, batch_size=1, optimizer=SGD(0.1), seed=0)
    for one, other in zip(before, network.parameters, strict=True):
        assert np.array_equal(one, other)


def sequential(*layers):
    return keras.Sequential([keras.Input((8, 8, 4)), *layers])


def functional():
    inputs = keras.Input((8,))
    return keras.Model(inputs, keras.layers.Dense(2)(inputs))


def convolved(**settings):
    return lambda: sequential(keras.layers.Conv2D(4, 3, name="seen", **settings))


SUPPORTED = "Conv2D, MaxPooling2D, AveragePooling2D, Dense, ReLU, Flatten"

NOT_CONVERTED = {
    "dropout": (
        lambda: sequential(keras.layers.Dropout(0.5, name="half")),
        f"layer 'half' must be one of {SUPPORTED}, got Dropout",
    ),
    "norm": (
        lambda: sequential(keras.layers.BatchNormalization()),
        f"{SUPPORTED}, got BatchNormalization",
    ),
    "functional": (functional, "must be a keras.Sequential, got Functional"),
    "no model": (lambda: [1, 2], "must be a keras.Sequential, got list"),
    "unbuilt": (
        lambda: keras.Sequential([keras.layers.Dense(3)]),
        "must have its weights, got one that is not built yet; let it begin with keras",
    ),
    "dilation": (
        convolved(dilation_rate=2),
        r"dilation_rate of layer 'seen' must be \(1, 1\), got \(2, 2\)",
    ),
    "groups": (convolved(groups=2), "groups of layer 'seen' must be 1, got 2"),
    "channels first": (
        convolved(data_format="channels_first"),
        "data_format of layer 'seen' must be 'channels_last', got 'channels_first'",
    ),
    "activation": (
        convolved(activation="tanh"),
        "activation of layer 'seen' must be 'linear' or 'relu', got 'tanh'",
    ),
    "softmax": (
        lambda: sequential(keras.layers.Dense(3, activation="softmax")),
        "must be 'linear' or 'relu', got 'softmax'",
    ),
    "layer as activation": (
        convolved(activation=keras.layers.LeakyReLU()),
        "must be 'linear' or 'relu', got <LeakyReLU",
    ),
    "no bias": (convolved(use_bias=False), "use_bias of layer 'seen' must be True"),
    "dense without bias": (
        lambda: sequential(keras.layers.Dense(3, use_bias=False)),
        "use_bias .* True",
    ),
    "strides": (
        convolved(strides=(2, 1)),
        r"strides of layer 'seen' must be \(2, 2\), got \(2, 1\)",
    ),
    "pool size": (
        lambda: sequential(keras.layers.MaxPooling2D((1, 2))),
        r"pool_size .* must be \(1, 1\), got \(1, 2\)",
    ),
    "pool strides": (
        lambda: sequential(keras.layers.AveragePooling2D(2, strides=(1, 2))),
        r"strides .* must be \(1, 1\), got \(1, 2\)",
    ),
    "pool format": (
        lambda: sequential(keras.layers.MaxPooling2D(data_format="channels_first")),
        "data_format .* 'channels_last', got 'channels_first'",
    ),
    "flatten format": (
        lambda: sequential(keras.layers.Flatten(data_format="channels_first")),
        "data_format .* 'channels_last', got 'channels_first'",
    ),
    "leaky": (
        lambda: sequential(keras.layers.ReLU(negative_slope=0.1)),
        "negative_slope .* 0.1",
    ),
    "capped": (
        lambda: sequential(keras.layers.ReLU(max_value=6)),
        "max_value .* got 6",
    ),
    "threshold": (
        lambda: sequential(keras.layers.ReLU(threshold=1)),
        "threshold .* got 1",
    ),
}


@pytest.mark.parametrize(("make", "message"), NOT_CONVERTED.values(), ids=NOT_CONVERTED)
def test_from_keras_says_what_it_cannot_rebuild(make, message):
    model = make()
    with pytest.raises(InputError, match=message):
        from_keras(model)


# --- the module ----------------------------------------------------------------------


def test_all_is_what_there_is():
    public = {
        name
        for name, value in vars(scratch).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(scratch.__all__)
