"""Training: Keras' steps, every example once in each epoch, and that it learns."""

import keras
import numpy as np
import pytest

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import accuracy
from mnist_tutorial.scratch import (
    SGD,
    Adam,
    Dense,
    Flatten,
    Network,
    softmax_cross_entropy,
    train,
)
from scratch.samples import arrays, relative_error


def test_it_learns_to_read_digits(lesson, mnist):
    """Four seeds read 90.0 % to 90.8 %; the page on backpropagation goes further."""
    network, losses = lesson
    x_test, y_test = mnist[1]
    answers = network.predict(x_test[:2000]).argmax(axis=1)
    assert accuracy(y_test[:2000], answers).low > 0.87
    assert len(losses) == 3200 / 32
    assert np.mean(losses[:10]) > 1.5
    assert np.mean(losses[-20:]) < 0.4


OPTIMIZERS = [
    (lambda: SGD(0.1), lambda: keras.optimizers.SGD(0.1)),
    (Adam, keras.optimizers.Adam),
    (lambda: Adam(0.1), lambda: keras.optimizers.Adam(0.1)),
]


@pytest.mark.tensorflow_only  # JAX would compute in float32
@pytest.mark.parametrize(("own", "theirs"), OPTIMIZERS, ids=["sgd", "adam", "quick"])
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


# --- the loop ------------------------------------------------------------------------


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


X = np.random.default_rng(0).random((10, 2, 2, 1))
X[:, 0, 0, 0] = np.arange(10)
Y = np.arange(10) % 3


def trained(x=X, y=Y, first=None, **settings):
    """Train a small network; return it, and the losses."""
    network = Network([first or Flatten(), Dense(*arrays(0, (4, 3), (3,)))])
    defaults = {"epochs": 2, "batch_size": 4, "optimizer": SGD(0.1), "seed": 0}
    return network, train(network, x, y, **(defaults | settings))


def batches_seen(**settings):
    noting = Noting()
    trained(first=noting, **settings)
    return noting.batches[1:]  # the first is a check


def test_every_epoch_sees_every_example_once_in_another_order():
    batches = batches_seen(seed=0)
    assert [len(batch) for batch in batches] == [4, 4, 2] * 2
    first, second = sum(batches[:3], []), sum(batches[3:], [])
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert batches_seen(seed=0) == batches
    assert batches_seen(seed=1) != batches


def test_every_step_is_the_loss_and_the_gradient_of_its_batch():
    spy = Spy()
    network, losses = trained(optimizer=spy)
    for batch, loss, gradients in zip(batches_seen(), losses, spy.seen, strict=True):
        expected, gradient = softmax_cross_entropy(network.forward(X[batch]), Y[batch])
        assert loss == expected
        network.backward(gradient)
        for one, other in zip(gradients, network.gradients, strict=True):
            assert np.array_equal(one, other)


# --- what is refused -----------------------------------------------------------------

DENSE, UPDATED = Dense(*arrays(0, (4, 3), (3,))), Adam()

REFUSED = [
    (lambda: trained(epochs=0), "epochs must be a whole number .* got 0"),
    (lambda: trained(batch_size=2.5), "batch_size must be .* got 2.5"),
    (lambda: trained(X.astype(np.uint8)), "x must be .* floats, got uint8"),
    (lambda: trained(X[:0], Y[:0]), "x must not be empty"),
    (lambda: trained(y=Y[:2]), r"y must be 10 classes .* got shape \(2,\)"),
    (lambda: trained(y=Y + 9), r"y must be in 0\.\.2, got 9 to 11"),
    (
        np.errstate(all="ignore")(lambda: trained(epochs=99, optimizer=SGD(1e308))),
        "loss must be finite, got nan; choose a smaller learning_rate",
    ),
    (lambda: SGD(0), r"learning_rate must be a number in \(0, inf\), got 0"),
    (lambda: Adam(float("nan")), "learning_rate must be .* got nan"),
    (lambda: UPDATED.update([np.zeros(4)], [np.ones(4)]), "for each network"),
    (
        lambda: SGD(0.1).update(DENSE.parameters, DENSE.gradients),
        r"gradients must have .*' shapes .* got \[\(\), \(\)\]; call backward",
    ),
]
UPDATED.update([np.zeros(3)], [np.ones(3)])


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_is_refused_with_what_was_expected_and_received(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_nothing_is_changed_by_a_training_that_is_refused():
    network = Network([Flatten(), DENSE])
    before = [array.copy() for array in network.parameters]
    labels = np.where(np.arange(10) == 9, 3, Y)
    with pytest.raises(InputError, match=r"y must be in 0\.\.2, got 0 to 3"):
        train(network, X, labels, epochs=1, batch_size=1, optimizer=SGD(0.1), seed=0)
    for one, other in zip(before, network.parameters, strict=True):
        assert np.array_equal(one, other)
