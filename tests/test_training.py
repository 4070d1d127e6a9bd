"""What ``training`` promises: schedules, histories, early stopping, files, the loop."""

import inspect
import json
import math
import os
import re
import sys
import types
from pathlib import Path

import IPython.core.getipython
import IPython.display
import keras
import numpy as np
import pytest

from mnist_tutorial import training
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import (
    build_cnn,
    build_fast_cnn,
    build_linear,
    build_mlp,
)
from mnist_tutorial.training import (
    make_schedule,
    save_model,
    train,
    train_by_hand,
    train_fast,
)

N = 96


@pytest.fixture(scope="module")
def data():
    """Return images in which the class can be seen, so that training gets somewhere."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, N)
    x = 0.3 * rng.random((N, 28, 28, 1))
    x[np.arange(N), 2 * y] += 0.7
    return x.astype(np.float32), y


@pytest.fixture
def small(data):
    """Return what a quick training takes: a model, images, labels, validation data."""
    x, y = data
    keras.utils.set_random_seed(0)
    return build_linear(), x[:64], y[:64], (x[64:], y[64:])


def same_weights(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def loss_of(model, x, y):
    logits = keras.ops.convert_to_numpy(model(x)).astype(float)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


class Snapshots(keras.callbacks.Callback):
    """Note the weights at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


class Ruin(keras.callbacks.Callback):
    """Make the network bad from one epoch on, so that an earlier one stays the best."""

    def __init__(self, from_epoch):
        super().__init__()
        self.from_epoch = from_epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch >= self.from_epoch:
            rng = np.random.default_rng(epoch)
            weights = self.model.get_weights()
            self.model.set_weights([rng.normal(0, 20, w.shape) for w in weights])


class Interrupt(keras.callbacks.Callback):
    """Press Ctrl-C at one batch of one epoch."""

    def __init__(self, epoch, batch, error=KeyboardInterrupt):
        super().__init__()
        self.at, self.epoch, self.error = (epoch, batch), None, error

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise self.error


# --- the history ---------------------------------------------------------------------

WITHOUT_VALIDATION = {"loss", "accuracy", "learning_rate", "seconds"}


def test_history_has_an_entry_an_epoch_in_plain_floats(small):
    model, x, y, validation = small
    history = train(model, x, y, validation_data=validation, epochs=3)
    assert type(history) is dict
    assert history.keys() == WITHOUT_VALIDATION | {"val_loss", "val_accuracy"}
    for name, values in history.items():
        assert type(values) is list, name
        assert [type(value) for value in values] == [float] * 3, name
    assert history["learning_rate"] == [pytest.approx(1e-3)] * 3
    assert all(0 <= value <= 1 for value in history["accuracy"])


def test_seconds_are_what_the_clock_says_of_each_epoch(small, monkeypatch):
    model, x, y, _ = small
    clock = types.SimpleNamespace(now=100.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr(training, "time", clock)

    class Wait(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            clock.now += 10.0 if self.epoch else 0.5

    history = train(model, x, y, epochs=2, batch_size=16, callbacks=[Wait()])
    assert history["seconds"] == [4 * 0.5, 4 * 10.0]


def test_history_without_validation_has_no_validation(small):
    model, x, y, _ = small
    assert train(model, x, y, epochs=1).keys() == WITHOUT_VALIDATION


def test_history_tells_what_numpy_measures(small):
    model, x, y, (x_val, y_val) = small
    history = train(
        model, x, y, validation_data=(x_val, y_val), epochs=2, learning_rate=0.01
    )
    assert history["val_loss"][-1] == pytest.approx(loss_of(model, x_val, y_val), 1e-5)
    readings = keras.ops.convert_to_numpy(model(x_val)).argmax(axis=1)
    assert history["val_accuracy"][-1] == pytest.approx(np.mean(readings == y_val))
    assert history["loss"][-1] < history["loss"][0]


def test_the_defaults_are_the_documents(small):
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(train).parameters.items()
    }
    assert defaults["epochs"] == 5
    assert defaults["batch_size"] == 32
    assert defaults["learning_rate"] == 1e-3
    assert defaults["schedule"] == "constant"
    model, x, y, _ = small
    history = train(model, x, y)
    assert len(history["loss"]) == 5
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert int(model.optimizer.iterations) == 5 * 2


def test_training_works_on_a_part_of_a_batch(small):
    model, x, y, _ = small
    history = train(model, x[:33], y[:33], epochs=1, batch_size=32)
    assert int(model.optimizer.iterations) == 2
    assert len(history["loss"]) == 1


# --- the batches ---------------------------------------------------------------------


class Handed(Exception):
    """Raised instead of training."""


@pytest.fixture
def hand(monkeypatch):
    """Return a function that gives what ``train`` hands to ``fit``."""

    def hand(x, y, **options):
        model, handed = build_linear(), {}

        def fit(**arguments):
            handed.update(arguments)
            raise Handed

        monkeypatch.setattr(model, "fit", fit)
        with pytest.raises(Handed):
            train(model, x, y, **options)
        return handed

    return hand


@pytest.fixture(scope="module")
def numbered():
    """Return 130 images that each show their number, and other labels."""
    numbers = np.arange(130)
    images = np.broadcast_to(numbers.reshape(-1, 1, 1, 1) / 256, (130, 28, 28, 1))
    return images.astype(np.float32), (7 * numbers + 3) % 10


def read_epoch(dataset, y):
    """Go through a dataset once; return its examples' numbers, batch by batch."""
    batches = []
    for images, labels in dataset:
        numbers = (256 * images.numpy()).astype(int)
        assert numbers.shape[1:] == (28, 28, 1)
        assert images.dtype == "float32" and labels.dtype == y.dtype
        assert (numbers == numbers[:, :1, :1]).all(), "an image was torn apart"
        numbers = numbers[:, 0, 0, 0]
        np.testing.assert_array_equal(labels, y[numbers])
        batches.append(numbers.tolist())
    return batches


def test_each_epoch_has_every_example_once_in_an_order_of_its_own(hand, numbered):
    x, y = numbered
    keras.utils.set_random_seed(0)
    dataset = hand(x, y, batch_size=32)["x"]
    epochs = [read_epoch(dataset, y) for _ in range(4)]
    for batches in epochs:
        assert [len(batch) for batch in batches] == [32, 32, 32, 32, 2]
        assert sorted(sum(batches, [])) == list(range(130))
        # Shuffled as a whole: a late example may come first, and an early one last.
        moved = np.array(sum(batches, [])) - np.arange(130)
        assert moved.min() < -65 and moved.max() > 65
    assert len({str(batches) for batches in epochs}) == 4


def test_the_order_hangs_on_the_seed_alone(hand, numbered):
    x, y = numbered

    def orders(seed):
        np.random.seed(seed + 1)  # noqa: NPY002
        dataset = hand(x, y, seed=seed)["x"]
        return [read_epoch(dataset, y) for _ in range(2)]

    assert orders(5) == orders(5) != orders(6)


def test_without_shuffling_every_epoch_has_the_order_that_was_given(hand, numbered):
    x, y = numbered
    dataset = hand(x, y, batch_size=50, shuffle=False)["x"]
    for _ in range(2):
        batches = read_epoch(dataset, y)
        assert batches == [list(range(50)), list(range(50, 100)), list(range(100, 130))]


def test_validation_has_every_example_once_as_it_was_given(hand, numbered):
    x, y = numbered
    for shuffle in (True, False):
        handed = hand(x, y, validation_data=(x[10:], y[10:]), shuffle=shuffle)
        for _ in range(2):
            batches = read_epoch(handed["validation_data"], y)
            assert sum(batches, []) == list(range(10, 130))


def test_no_pipeline_tunes_itself(hand, numbered):
    """Its tuning thread would keep ``fit`` waiting at the end of each epoch."""
    x, y = numbered
    for shuffle in (True, False):
        handed = hand(x, y, validation_data=(x, y), shuffle=shuffle)
        for name in ("x", "validation_data"):
            assert handed[name].options().autotune.enabled is False, name
        assert handed.keys() == {
            *("x", "validation_data", "epochs", "callbacks", "verbose")
        }


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_other_backends_are_handed_the_arrays(
    hand, numbered, monkeypatch, backend, shuffle
):
    x, y = numbered
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    validation = (x[:20], y[:20])
    handed = hand(x, y, validation_data=validation, batch_size=50, shuffle=shuffle)
    assert handed["x"] is x and handed["y"] is y
    assert (handed["batch_size"], handed["shuffle"]) == (50, shuffle)
    assert handed["validation_data"] is validation


# --- schedules -----------------------------------------------------------------------


def one_cycle(step, peak, steps):
    """Return the rate by the formula: a line up, half a cosine down."""
    start, end = peak / 25, peak / 1000
    warmup = round(0.3 * steps)
    if step < warmup:
        return start + (peak - start) * step / warmup
    part = min(1, (step - warmup) / max(1, steps - warmup))
    return end + (peak - end) * (1 + math.cos(math.pi * part)) / 2


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 100, 211])
def test_one_cycle_follows_its_formula(steps):
    schedule = make_schedule("one_cycle", 0.01, steps)
    found = [float(schedule(step)) for step in range(steps + 1)]
    expected = [one_cycle(step, 0.01, steps) for step in range(steps + 1)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_one_cycle_rises_for_three_tenths_and_falls_to_almost_nothing():
    schedule = make_schedule("one_cycle", 0.5, 200)
    rates = np.array([float(schedule(step)) for step in range(201)])
    assert rates[0] == pytest.approx(0.5 / 25)
    assert rates.argmax() == 60
    assert rates[60] == pytest.approx(0.5)
    assert rates[200] == pytest.approx(0.5 / 1000, rel=1e-3)
    rising, falling = np.diff(rates[:61]), np.diff(rates[60:])
    np.testing.assert_allclose(rising, rising[0], rtol=1e-3)
    assert np.all(rising > 0) and np.all(falling < 0)


def test_constant_is_the_number_itself():
    assert make_schedule("constant", 0.03, 10) == 0.03


def test_the_schedule_spans_the_whole_training(small):
    model, x, y, _ = small
    history = train(
        model, x, y, epochs=4, batch_size=10, learning_rate=0.01, schedule="one_cycle"
    )
    # 64 images in batches of 10 are 7 steps an epoch, the last one short.
    expected = [one_cycle(7 * epoch, 0.01, 28) for epoch in (1, 2, 3, 4)]
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-4)


# --- early stopping ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epochs", "patience", "ran"), [(9, 1, 3), (9, 2, 4), (4, 3, 4)]
)
def test_early_stopping_returns_to_the_best_weights(small, epochs, patience, ran):
    model, x, y, validation = small
    snapshots = Snapshots()
    history = train(
        model,
        x,
        y,
        validation_data=validation,
        epochs=epochs,
        patience=patience,
        callbacks=[Ruin(2), snapshots],
    )
    assert len(history["val_loss"]) == ran
    assert np.argmin(history["val_loss"]) == 1
    assert same_weights(model.get_weights(), snapshots.weights[1])
    assert not same_weights(model.get_weights(), snapshots.weights[-1])
    assert loss_of(model, *validation) == pytest.approx(history["val_loss"][1], 1e-5)


def test_without_patience_every_epoch_runs_and_the_last_weights_stay(small):
    model, x, y, validation = small
    snapshots = Snapshots()
    history = train(
        model,
        x,
        y,
        validation_data=validation,
        epochs=4,
        callbacks=[Ruin(2), snapshots],
    )
    assert len(history["loss"]) == 4
    assert same_weights(model.get_weights(), snapshots.weights[-1])


# --- the checkpoint ------------------------------------------------------------------


def load(path):
    return keras.models.load_model(path, safe_mode=True)


@pytest.mark.parametrize("with_validation", [True, False])
def test_checkpoint_holds_the_best_epoch_and_not_the_last(
    small, tmp_path, with_validation
):
    model, x, y, validation = small
    snapshots, path = Snapshots(), tmp_path / "best.keras"
    history = train(
        model,
        x,
        y,
        validation_data=validation if with_validation else None,
        epochs=4,
        learning_rate=0.01,
        checkpoint=path,
        callbacks=[Ruin(3), snapshots],
    )
    watched = history["val_loss" if with_validation else "loss"]
    assert np.argmin(watched) == 2, "each epoch before the ruin is better"
    assert same_weights(load(path).get_weights(), snapshots.weights[2])
    assert not same_weights(load(path).get_weights(), model.get_weights())
    assert os.listdir(tmp_path) == ["best.keras"]


def test_checkpoint_may_be_text_and_gives_the_models_answers(small, tmp_path):
    model, x, y, _ = small
    path = tmp_path / "best.keras"
    train(model, x, y, epochs=1, checkpoint=str(path))
    np.testing.assert_allclose(load(path)(x), model(x), atol=1e-6)


def test_interrupt_in_the_first_epoch_leaves_what_has_been_learnt(small, tmp_path):
    model, x, y, validation = small
    untrained = model.get_weights()
    path = tmp_path / "best.keras"
    with pytest.raises(KeyboardInterrupt):
        train(
            model,
            x,
            y,
            validation_data=validation,
            checkpoint=path,
            callbacks=[Interrupt(epoch=0, batch=1)],
        )
    assert same_weights(load(path).get_weights(), model.get_weights())
    assert not same_weights(load(path).get_weights(), untrained)
    assert os.listdir(tmp_path) == ["best.keras"]


def test_interrupt_in_a_later_epoch_leaves_the_best_epoch(small, tmp_path):
    model, x, y, validation = small
    snapshots, path = Snapshots(), tmp_path / "best.keras"
    with pytest.raises(KeyboardInterrupt):
        train(
            model,
            x,
            y,
            validation_data=validation,
            epochs=9,
            checkpoint=path,
            callbacks=[snapshots, Ruin(2), Interrupt(epoch=3, batch=0)],
        )
    assert same_weights(load(path).get_weights(), snapshots.weights[1])
    assert os.listdir(tmp_path) == ["best.keras"]


def test_interrupt_during_a_later_save_leaves_the_earlier_file(
    small, tmp_path, monkeypatch
):
    model, x, y, validation = small
    snapshots, path = Snapshots(), tmp_path / "best.keras"
    save, saved = model.save, []

    def interrupted_save(target):
        if saved:
            target.write_bytes(b"half a model")
            raise KeyboardInterrupt
        saved.append(target)
        save(target)

    monkeypatch.setattr(model, "save", interrupted_save)
    with pytest.raises(KeyboardInterrupt):
        train(
            model,
            x,
            y,
            validation_data=validation,
            epochs=3,
            checkpoint=path,
            callbacks=[snapshots],
        )
    assert same_weights(load(path).get_weights(), snapshots.weights[0])
    assert os.listdir(tmp_path) == ["best.keras"]


def test_interrupt_without_a_checkpoint_writes_nothing(small, tmp_path, monkeypatch):
    model, x, y, _ = small
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train(model, x, y, callbacks=[Interrupt(epoch=0, batch=0)])
    assert os.listdir(tmp_path) == []


# --- saving --------------------------------------------------------------------------


def test_save_replaces_a_file_whole(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    model = build_linear()
    save_model(model, path)
    assert same_weights(load(path).get_weights(), model.get_weights())
    assert os.listdir(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["save", "replace"])
def test_a_save_that_fails_changes_nothing(tmp_path, monkeypatch, where, error):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    model = build_linear()

    def fail(target, *arguments):
        if where == "save":
            target.write_bytes(b"half a model")
        raise error

    monkeypatch.setattr(
        *((model, "save") if where == "save" else (os, "replace")), fail
    )
    with pytest.raises(type(error)):
        save_model(model, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("name", ["model.h5", "model", "model.keras.txt", "keras"])
def test_save_refuses_another_suffix(tmp_path, name):
    with pytest.raises(InputError, match=r"ends in \.keras, got .*" + name):
        save_model(build_linear(), tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_save_refuses_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError) as caught:
        save_model(build_linear(), tmp_path / "missing" / "model.keras")
    assert str(tmp_path / "missing") in str(caught.value)
    assert "create it first" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_save_refuses_a_folder_of_that_name(tmp_path):
    (tmp_path / "model.keras").mkdir()
    with pytest.raises(InputError, match="model.keras"):
        save_model(build_linear(), tmp_path / "model.keras")
    assert os.listdir(tmp_path) == ["model.keras"]


# --- seeds ---------------------------------------------------------------------------


def test_the_seed_decides_the_run_and_nothing_else(small):
    model, x, y, _ = small
    start = model.get_weights()

    def run(seed, before):
        keras.utils.set_random_seed(before)
        twin = build_linear()
        twin.set_weights(start)
        train(twin, x, y, epochs=2, seed=seed)
        return twin.get_weights()

    first = run(seed=3, before=100)
    assert same_weights(run(seed=3, before=200), first)
    assert not same_weights(run(seed=4, before=100), first)


def test_without_shuffling_the_examples_come_as_they_are(small):
    model, x, y, _ = small
    twin = build_linear()
    twin.set_weights(model.get_weights())
    train(model, x, y, epochs=2, batch_size=10, learning_rate=0.01, shuffle=False)
    twin.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    for start in 2 * list(range(0, len(x), 10)):
        twin.train_on_batch(x[start : start + 10], y[start : start + 10])
    for one, two in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_steps_per_execution_changes_the_pace_and_not_the_result(small):
    model, x, y, _ = small
    start = model.get_weights()
    train(model, x, y, epochs=2, batch_size=10)
    twin = build_linear()
    twin.set_weights(start)
    train(twin, x, y, epochs=2, batch_size=10, steps_per_execution=7)
    for one, two in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


# --- the loop by hand ----------------------------------------------------------------


@pytest.mark.parametrize("build", [build_mlp, build_cnn])
def test_the_loop_by_hand_ends_where_fit_ends(data, build):
    x, y = data
    x, y = x[:80], y[:80]  # two whole batches and half a one
    keras.utils.set_random_seed(0)
    by_hand, by_fit = build(), build()
    by_fit.set_weights(by_hand.get_weights())
    start = by_hand.get_weights()

    losses = train_by_hand(by_hand, x, y, epochs=3, learning_rate=0.05)
    by_fit.compile(
        optimizer=keras.optimizers.SGD(0.05),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    by_fit.fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0)

    assert len(losses) == 9
    moved = 0.0
    for one, two, old in zip(
        by_hand.get_weights(), by_fit.get_weights(), start, strict=True
    ):
        assert np.abs(one - two).max() < 1e-5
        moved = max(moved, np.abs(one - old).max())
    assert moved > 1e-3, "nothing was trained, so nothing was compared"


def test_the_loop_by_hand_is_softmax_regression_in_numpy(data):
    x, y = data
    keras.utils.set_random_seed(0)
    model = build_linear()
    kernel, bias = (w.astype(float) for w in model.get_weights())
    flat, targets = x.reshape(N, -1).astype(float), np.eye(10)[y]

    expected = []
    for _ in range(2):
        for start in range(0, N, 40):
            rows = slice(start, start + 40)
            logits = flat[rows] @ kernel + bias
            exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
            shares = exponentials / exponentials.sum(axis=1, keepdims=True)
            expected.append(-np.log((shares * targets[rows]).sum(axis=1)).mean())
            error = (shares - targets[rows]) / len(shares)
            kernel -= 0.2 * flat[rows].T @ error
            bias -= 0.2 * error.sum(axis=0)

    losses = train_by_hand(model, x, y, epochs=2, batch_size=40, learning_rate=0.2)
    assert [type(value) for value in losses] == [float] * 6
    np.testing.assert_allclose(losses, expected, atol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], kernel, atol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1], bias, atol=1e-5)


def test_a_model_that_does_not_know_its_input_yet_is_trained(data):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    train(model, *data, epochs=1)
    first = model.get_weights()[0]
    train(model, *data, epochs=1)
    assert first.shape == (784, 10)
    assert not np.array_equal(first, model.get_weights()[0])


def test_one_step_by_hand_takes_the_examples_as_they_come(data):
    x, y = data
    model = build_linear()
    losses = train_by_hand(model, x[:32], y[:32])
    assert len(losses) == 1
    assert not model.compiled


# --- the quick recipe ----------------------------------------------------------------


def test_the_quick_recipe_reads_95_of_100_after_two_epochs():
    """Of 6,400 images; twelve seeds read 96.9 % to 97.6 %."""
    (x_train, y_train), _ = load_mnist()
    x_val, y_val = x_train[54_000:56_000], y_train[54_000:56_000]
    keras.utils.set_random_seed(0)
    history = train_fast(
        build_fast_cnn(), x_train[:6400], y_train[:6400], validation_data=(x_val, y_val)
    )
    assert len(history["loss"]) == 2
    assert history["val_accuracy"][-1] > 0.95


def test_the_quick_recipe_was_measured_against_the_one_before():
    stored = Path(__file__).parent.parent / "benchmarks" / "quick_recipe.json"
    runs = json.loads(stored.read_text("utf-8"))["runs"]

    def mean(recipe, name, busy):
        wanted = {"recipe": recipe, "busy": busy}
        found = [run for run in runs if wanted.items() <= run.items()]
        assert sorted(run["seed"] for run in found) == list(range(10))
        return np.mean([run[name] for run in found])

    for busy in (False, True):
        assert mean("now", "test_accuracy", busy) > 0.99
    assert mean("now", "seconds", False) < 0.8 * mean("before", "seconds", False)
    assert mean("now", "seconds", True) < 0.5 * mean("before", "seconds", True)


def test_the_quick_recipe_takes_its_epochs_and_its_seed(small, monkeypatch):
    model, x, y, validation = small
    handed = {}

    def note(model, x, y, **options):
        handed.update(options)
        return {}

    monkeypatch.setattr(training, "train", note)
    train_fast(model, x, y, validation_data=validation, epochs=3, seed=5)
    assert (handed["epochs"], handed["seed"]) == (3, 5)
    assert handed["validation_data"] is validation
    assert handed["schedule"] == "one_cycle"
    assert handed["batch_size"] == 128


@pytest.mark.parametrize(("images", "steps"), [(1, 1), (128, 1), (129, 2)])
def test_the_quick_recipe_runs_an_epoch_in_one_call(data, monkeypatch, images, steps):
    x, y = np.repeat(data[0], 2, axis=0)[:images], np.repeat(data[1], 2)[:images]
    calls = []

    def note(model, x, y, **options):
        calls.append(options)
        return {}

    monkeypatch.setattr(training, "train", note)
    train_fast(build_linear(), x, y)
    assert calls[0]["steps_per_execution"] == steps


# --- arguments that are refused ------------------------------------------------------

BAD_ARGUMENTS = {
    "no images": (lambda x, y: (x[:0], y[:0], {}), "at least one image"),
    "fewer labels": (lambda x, y: (x, y[:-1], {}), "64 images and 63 labels"),
    "no validation images": (
        lambda x, y: (x, y, {"validation_data": (x[:0], y[:0])}),
        "validation_data expected at least one",
    ),
    "fewer validation labels": (
        lambda x, y: (x, y, {"validation_data": (x[:8], y[:7])}),
        "8 images and 7 labels",
    ),
    "patience without validation": (
        lambda x, y: (x, y, {"patience": 1}),
        "patience expected validation_data",
    ),
}
BAD_OPTIONS = {
    "epochs": [0, -1, 1.5, "3", None],
    "batch_size": [0, -32, 8.0],
    "learning_rate": [0, -1e-3, math.nan, math.inf],
    "schedule": ["cosine", "", None],
    "steps_per_execution": [0, -1],
    "patience": [-1],
    "checkpoint": ["best.h5", "missing/best.keras"],
}
for option, values in BAD_OPTIONS.items():
    for value in values:
        BAD_ARGUMENTS[f"{option}={value!r}"] = (
            lambda x, y, option=option, value=value: (
                x,
                y,
                {"validation_data": (x[:8], y[:8]), option: value},
            ),
            "keras|folder" if option == "checkpoint" else f"{option} must be",
        )


@pytest.mark.parametrize(
    ("change", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS
)
def test_bad_arguments_are_refused_before_any_work(
    small, tmp_path, monkeypatch, change, message
):
    model, x, y, _ = small
    monkeypatch.chdir(tmp_path)
    before = model.get_weights()
    np.random.seed(7)  # noqa: NPY002
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    x, y, options = change(x, y)
    options = {"checkpoint": tmp_path / "best.keras", "epochs": 1} | options
    with pytest.raises(InputError, match=message) as caught:
        train(model, x, y, **options)
    assert "\n" not in str(caught.value)
    assert same_weights(model.get_weights(), before)
    assert not model.compiled
    assert os.listdir(tmp_path) == []
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_whole_numbers_may_come_from_numpy(small):
    model, x, y, _ = small
    history = train(model, x, y, epochs=np.int64(2), batch_size=np.int64(32))
    assert len(history["loss"]) == 2


# --- the progress bar ----------------------------------------------------------------


EMPTY = {"text/html": "", "text/plain": ""}


@pytest.fixture
def kernel(monkeypatch):
    """Pretend to run in a notebook; return all that it is given to show."""
    shown = []

    class Handle:
        def update(self, content, raw=False):
            assert raw
            shown.append(content)

    def display(content, raw=False, display_id=None):
        assert raw and display_id
        shown.append(content)
        return Handle()

    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.core.getipython, "get_ipython", lambda: shell)
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(training._ProgressBar, "SECONDS_BETWEEN_UPDATES", 0)
    return shown


def bars(shown):
    """Return (value, max) of every progress bar that was shown."""
    found = []
    for content in shown:
        assert content.keys() == EMPTY.keys()
        if content != EMPTY:
            tag = re.match(r"<progress ([^<>]*)></progress>", content["text/html"])[1]
            fields = dict(re.findall(r'(\w+)="(\d+)"', tag))
            found.append((int(fields["value"]), int(fields["max"])))
    return found


def test_the_bar_moves_and_is_gone_at_the_end(small, kernel, capfd):
    model, x, y, validation = small
    train(model, x, y, validation_data=validation, epochs=2)
    assert kernel[-1] == EMPTY
    assert bars(kernel) == [(1, 2), (2, 2), (1, 2), (2, 2)]
    texts = [content["text/plain"] for content in kernel if content != EMPTY]
    places = ["epoch 1/2, step 1/2", "epoch 1/2, step 2/2"]
    places += ["epoch 2/2, step 1/2", "epoch 2/2, step 2/2"]
    for text, place in zip(texts, places, strict=True):
        assert re.fullmatch(rf"{place}, loss \d\.\d{{3}}", text)
    assert capfd.readouterr().out == ""


def test_the_bar_is_gone_after_early_stopping(small, kernel):
    model, x, y, validation = small
    train(
        model,
        x,
        y,
        validation_data=validation,
        epochs=9,
        patience=1,
        callbacks=[Ruin(1)],
    )
    assert bars(kernel)
    assert kernel[-1] == EMPTY


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_bar_is_gone_after_an_interrupt_and_an_error(small, kernel, error):
    model, x, y, _ = small
    with pytest.raises(error):
        train(model, x, y, callbacks=[Interrupt(epoch=0, batch=1, error=error)])
    assert bars(kernel)
    assert kernel[-1] == EMPTY


def test_the_bar_never_overflows_when_steps_are_run_at_a_time(small, kernel):
    model, x, y, _ = small
    train(model, x, y, epochs=1, batch_size=10, steps_per_execution=7)
    assert bars(kernel) == [(7, 7)]


class Terminal:
    """A stream that says that it is a terminal."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        """Do nothing."""

    def isatty(self):
        return True


def test_the_bar_clears_its_line_in_a_terminal(small, monkeypatch):
    model, x, y, _ = small
    terminal = Terminal()
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr(training._ProgressBar, "SECONDS_BETWEEN_UPDATES", 0)
    monkeypatch.setattr(sys, "stderr", terminal)
    train(model, x, y, epochs=1)
    assert "epoch 1/1" in terminal.text
    assert "\n" not in terminal.text
    last = terminal.text.rstrip("\r").rpartition("\r")[2]
    assert last.strip() == ""
    assert len(last) >= max(len(line.rstrip()) for line in terminal.text.split("\r"))


@pytest.mark.parametrize("is_imported", [False, True])
def test_nothing_is_printed_where_nobody_watches(
    small, monkeypatch, capfd, is_imported
):
    # ipykernel may be imported where no kernel runs, by a pytest plugin for example.
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if is_imported:
        monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setattr(training._ProgressBar, "SECONDS_BETWEEN_UPDATES", 0)
    model, x, y, _ = small
    train(model, x, y, epochs=1)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "epoch" not in captured.err


@pytest.mark.parametrize(("backend", "steps"), [("torch", 1), ("jax", 4)])
def test_pytorch_is_asked_for_one_step_a_call(data, monkeypatch, backend, steps):
    x, y = data
    model, asked = build_mlp(8), []
    compile_model = model.compile
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(
        model, "compile", lambda **given: asked.append(given) or compile_model(**given)
    )
    train(model, x[:64], y[:64], epochs=1, steps_per_execution=4)
    assert asked[0]["steps_per_execution"] == steps
