"""The gradient check: right layers pass, wrong ones are found, kinks are left out."""

import numpy as np
import pytest
from hypothesis import given, settings

from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch import (
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    Network,
    ReLU,
    build_cnn,
    gradient_check,
    numerical_gradient,
)
from scratch.samples import arrays, cases


def assert_right(layer, inputs, max_entries=50):
    errors = gradient_check(layer, inputs, max_entries=max_entries)
    assert set(errors) == {"inputs", *layer.parameter_names}
    assert max(errors.values()) < 1e-6, errors


# --- right layers --------------------------------------------------------------------


@settings(max_examples=40, deadline=None, derandomize=True)
@given(cases())
def test_small_networks_are_right(case):
    convolution = case.convolution()
    pool_size = min(2, *convolution.forward(case.images()).shape[1:3])
    layers = [convolution, ReLU(), MaxPool2D(pool_size), Flatten()]
    size = Network(layers).forward(case.images()).shape[1]
    kernel, bias = arrays(case.seed + 2, (size, 5), (5,))
    layers += [Dense(kernel, bias), ReLU(), Dense(*arrays(case.seed, (5, 3), (3,)))]
    assert_right(Network(layers), case.images(), max_entries=10)


def test_the_books_network_is_right_and_stays_as_it_is():
    network = build_cnn(0)
    rng = np.random.default_rng(0)
    for array in network.parameters:
        array += rng.normal(0, 0.05, array.shape).astype(np.float32)
    before = [array.copy() for array in network.parameters]
    assert_right(network, rng.normal(size=(2, 28, 28, 1)), max_entries=20)
    for one, other in zip(before, network.parameters, strict=True):
        assert np.array_equal(one, other) and other.dtype == np.float32
    assert network.gradients == [None] * 10


def test_a_network_in_a_network_is_right():
    inner = Network([square_dense(Dense)[0], ReLU()])
    layer, inputs = square_dense(Dense)
    assert_right(Network([inner, layer]), inputs.astype(np.float32))


# --- a wrong backward is found -------------------------------------------------------


class NoBias(Dense):
    def backward(self, output_gradient):
        input_gradient = super().backward(output_gradient)
        self.bias_gradient = np.zeros_like(self.bias)
        return input_gradient


class GradientTransposed(Dense):
    def backward(self, output_gradient):
        input_gradient = super().backward(output_gradient)
        self.kernel_gradient = self.kernel_gradient.T
        return input_gradient


class Everywhere(ReLU):
    def backward(self, output_gradient):
        return output_gradient


class Overwriting(ReLU):
    def backward(self, output_gradient):
        output_gradient[...] = 0
        return output_gradient


class Undefined(ReLU):
    def backward(self, output_gradient):
        return np.full_like(output_gradient, np.nan)


class TrainsTooEarly(Dense):
    def backward(self, output_gradient):
        super().backward(output_gradient)
        self.kernel -= 0.1 * self.kernel_gradient
        return output_gradient @ self.kernel.T


class TrainsInTime(Dense):
    def backward(self, output_gradient):
        input_gradient = super().backward(output_gradient)
        self.kernel -= 0.1 * self.kernel_gradient
        self.bias = self.bias - 0.1 * self.bias_gradient
        return input_gradient


class Tanh(Layer):
    """A bend, no kink."""

    def forward(self, inputs):
        self.outputs = np.tanh(inputs)
        return self.outputs

    def backward(self, output_gradient):
        return output_gradient * (1 - self.outputs**2)


class WrongTanh(Tanh):
    def backward(self, output_gradient):
        return output_gradient * (1 - self.outputs)


def square_dense(kind):
    return kind(*arrays(0, (4, 4), (4,))), arrays(1, (3, 4))[0]


def no_parameters(kind):
    return kind(), arrays(0, (2, 4, 4, 2))[0]


@pytest.mark.parametrize(
    ("make", "kind", "wrong"),
    [
        (square_dense, NoBias, "bias"),
        (square_dense, GradientTransposed, "kernel"),
        (square_dense, TrainsTooEarly, "inputs"),
        (no_parameters, Everywhere, "inputs"),
        (no_parameters, Undefined, "inputs"),
        (no_parameters, Overwriting, "inputs"),
        (no_parameters, WrongTanh, "inputs"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_backward_is_found_where_it_is_wrong(make, kind, wrong):
    layer, inputs = make(kind)
    errors = gradient_check(layer, inputs)
    assert errors.pop(wrong) > 0.05
    assert all(error < 1e-6 for error in errors.values())
    assert_right(make(kind.__base__)[0], inputs)


def test_layers_that_train_themselves_are_right_in_the_right_order():
    early, inputs = square_dense(TrainsTooEarly)
    late = square_dense(TrainsInTime)[0]
    assert_right(Network([late, Tanh(), late.__class__(*late.parameters)]), inputs)
    wrong = gradient_check(Network([late, Tanh(), early]), inputs)
    assert {name for name, error in wrong.items() if error > 1e-3} == {
        *("inputs", "layers[0].kernel", "layers[0].bias")
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "place",
    [
        *(np.s_[:, 0, 0], np.s_[0, -1, -1], np.s_[:, -1], np.s_[:, :, 0], np.s_[-1]),
        *(np.s_[1, 17, 3], np.s_[:, 27, 0], np.s_[..., -1]),
    ],
)
def test_a_gradient_lost_at_any_place_is_found(place, seed):
    class Lost(Conv2D):
        def backward(self, output_gradient):
            input_gradient = super().backward(output_gradient)
            input_gradient[place] = 0
            return input_gradient

    images, *parameters = arrays(seed, (2, 28, 28, 2), (3, 3, 2, 4), (4,))
    assert gradient_check(Lost(*parameters), images)["inputs"] > 1e-3
    assert_right(Conv2D(*parameters), images)


def test_a_gradient_of_the_wrong_shape_is_infinitely_wrong():
    (inputs,) = arrays(1, (4, 3))
    wrong = GradientTransposed(*arrays(0, (3, 2), (2,)))
    assert gradient_check(wrong, inputs)["kernel"] == np.inf


# --- slopes and kinks ----------------------------------------------------------------


def test_numerical_gradient_is_a_central_difference():
    (values,) = arrays(0, (2, 3))

    def cubes(x):
        assert x.shape == (2, 3) and x.dtype == np.float64
        return np.sum(x**3)

    kept = values.astype(np.float32)
    # To one side only, the slope would miss by 3e-5 times the value.
    assert np.abs(numerical_gradient(cubes, values) - 3 * values**2).max() < 1e-8
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


def test_where_every_piece_has_a_kink_single_entries_are_tried():
    (inputs,) = arrays(0, (4, 100))
    inputs[:, ::4] = 0

    class Lost(ReLU):
        def backward(self, output_gradient):
            return super().backward(output_gradient) * (inputs < 1)

    assert_right(ReLU(), inputs)
    assert gradient_check(Lost(), inputs)["inputs"] > 0.1


class Random(Layer):
    rng = np.random.default_rng(0)

    def __init__(self, change):
        self.change = change

    def forward(self, inputs):
        return self.change(inputs, self.rng)


DROPOUT = Random(lambda inputs, rng: inputs * (rng.random(inputs.shape) < 0.9))
NOISE = Random(lambda inputs, rng: inputs + rng.normal(0, 1e-3, inputs.shape))
SCALE = Random(lambda inputs, rng: inputs * rng.uniform(0.9, 1.1))


class InPlace(Layer):
    def forward(self, inputs):
        inputs[inputs > 0.5] = 0
        return inputs


class Logarithm(Layer):
    def forward(self, inputs):
        return np.where(inputs == 1, np.inf, inputs)


FLOATS, INTEGERS = np.ones((2, 2)), np.ones((2, 2), int)

REFUSED = [
    (lambda: numerical_gradient(np.sum, INTEGERS), "values .* got int64"),
    (lambda: gradient_check(ReLU(), INTEGERS), "inputs must .* got int64"),
    (lambda: gradient_check(ReLU, FLOATS), r"layer .* got <class .*ReLU\(\)"),
    (lambda: gradient_check(DROPOUT, FLOATS), "same outputs .* dropout"),
    (lambda: gradient_check(Network([DROPOUT]), FLOATS), "same outputs .* dropout"),
    (lambda: gradient_check(NOISE, FLOATS), "same outputs .* random in it"),
    (lambda: gradient_check(SCALE, FLOATS), "same outputs .* random in it"),
    (lambda: gradient_check(InPlace(), FLOATS), "leave its inputs .*copy"),
    (lambda: gradient_check(Logarithm(), FLOATS), "finite"),
    (lambda: gradient_check(ReLU(), FLOATS, max_entries=0), "max_entries must .* 0"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_is_refused_with_what_was_expected_and_received(call, message):
    with pytest.raises(InputError, match=message):
        call()
