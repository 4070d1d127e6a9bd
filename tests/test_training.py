"""What ``training`` promises: history, batches, schedules, seeds, the bar."""

import inspect
import io
import itertools
import json
import math
import re
import sys
import types
from pathlib import Path

import IPython.display
import keras
import numpy as np
import pytest

from mnist_tutorial import models, training
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import build_fast_cnn, build_linear
from mnist_tutorial.recipes import BEST, DOCUMENT, FAST
from mnist_tutorial.training import make_schedule, train, train_fast

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


def same_weights(one, two, **tolerance):
    pairs = zip(one, two, strict=True)
    if tolerance:
        return all(np.allclose(a, b, rtol=0, **tolerance) for a, b in pairs)
    return all(np.array_equal(a, b) for a, b in pairs)


def twin_of(model):
    """Return another linear network with the same weights."""
    twin = build_linear()
    twin.set_weights(model.get_weights())
    return twin


def loss_of(model, x, y):
    logits = keras.ops.convert_to_numpy(model(x)).astype(float)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


# --- the history ---------------------------------------------------------------------


@pytest.mark.parametrize("with_validation", [True, False])
def test_the_history_tells_what_numpy_measures_in_plain_floats(small, with_validation):
    model, x, y, validation = small
    options = {"validation_data": validation} if with_validation else {}
    history = train(model, x, y, epochs=3, learning_rate=0.01, **options)
    names = {"loss", "accuracy", "learning_rate", "seconds"}
    if with_validation:
        names |= {"val_loss", "val_accuracy"}
        x_val, y_val = validation
        assert history["val_loss"][-1] == pytest.approx(loss_of(model, x_val, y_val))
        readings = keras.ops.convert_to_numpy(model(x_val)).argmax(axis=1)
        assert history["val_accuracy"][-1] == pytest.approx(np.mean(readings == y_val))
    assert type(history) is dict and history.keys() == names
    for name, values in history.items():
        assert [type(value) for value in values] == [float] * 3, name
    assert history["learning_rate"] == [pytest.approx(0.01)] * 3
    assert history["loss"][-1] < history["loss"][0]


def test_seconds_are_what_the_clock_says_of_each_epoch(small, monkeypatch):
    model, x, y, _ = small
    clock = types.SimpleNamespace(now=100.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr(training, "time", clock)

    steps = itertools.count(1)

    def wait(batch, logs):
        clock.now += 10.0 if next(steps) > 4 else 0.5

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=wait)
    history = train(model, x, y, epochs=2, batch_size=16, callbacks=[callback])
    assert history["seconds"] == [4 * 0.5, 4 * 10.0]


def test_the_defaults_are_the_documents(small):
    assert DOCUMENT == ("build_cnn", 5, 32, 1e-3, "constant", False)
    parameters = inspect.signature(train).parameters
    for name in DOCUMENT._fields[1:]:
        assert parameters[name].default == getattr(DOCUMENT, name)
    model, x, y, _ = small
    assert len(train(model, x[:33], y[:33])["loss"]) == 5
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert int(model.optimizer.iterations) == 5 * 2


# --- the batches ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def numbered():
    """Return 130 images that each show their number, and other labels."""
    numbers = np.arange(130)
    images = np.broadcast_to(numbers.reshape(-1, 1, 1, 1) / 256, (130, 28, 28, 1))
    return images.astype(np.float32), (7 * numbers + 3) % 10


def read_epoch(dataset, y):
    """Go through a dataset once; return its examples' numbers, batch by batch."""
    # A tuning thread would keep `fit` waiting at the end of each epoch.
    assert dataset.options().autotune.enabled is False
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


@pytest.mark.tensorflow_only
def test_each_epoch_has_every_example_once_in_an_order_of_its_own(numbered):
    x, y = numbered
    keras.utils.set_random_seed(0)
    dataset = training._examples(x, y, None, batch_size=32, shuffle=True)["x"]
    epochs = [read_epoch(dataset, y) for _ in range(4)]
    for batches in epochs:
        assert [len(batch) for batch in batches] == [32, 32, 32, 32, 2]
        assert sorted(sum(batches, [])) == list(range(130))
        # Shuffled as a whole: a late example may come first, and an early one last.
        moved = np.array(sum(batches, [])) - np.arange(130)
        assert moved.min() < -65 and moved.max() > 65
    assert len({str(batches) for batches in epochs}) == 4


@pytest.mark.parametrize(("backend", "steps"), [("torch", 1), ("jax", 4)])
def test_other_backends_are_handed_the_arrays_and_pytorch_a_step_a_call(
    numbered, monkeypatch, backend, steps
):
    model, (x, y), asked = build_linear(), numbered, {}
    compile_model, validation = model.compile, (x[:20], y[:20])
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(
        model, "compile", lambda **given: asked.update(given) or compile_model(**given)
    )
    handed = training._examples(x, y, validation, batch_size=50, shuffle=False)
    assert handed["x"] is x and handed["y"] is y
    assert (handed["batch_size"], handed["shuffle"]) == (50, False)
    assert handed["validation_data"] is validation
    training._compile(model, 1e-3, steps_per_execution=4)
    assert asked["steps_per_execution"] == steps


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
    assert make_schedule("constant", 0.03, steps) == 0.03


def test_the_schedule_spans_the_whole_training(small):
    model, x, y, _ = small
    history = train(
        model, x, y, epochs=4, batch_size=10, learning_rate=0.01, schedule="one_cycle"
    )
    # 64 images in batches of 10 are 7 steps an epoch, the last one short.
    expected = [one_cycle(7 * epoch, 0.01, 28) for epoch in (1, 2, 3, 4)]
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-4)


# --- seeds ---------------------------------------------------------------------------


def test_the_seed_decides_the_run_and_nothing_else(small):
    model, x, y, _ = small

    def run(seed, before):
        keras.utils.set_random_seed(before)
        twin = twin_of(model)
        train(twin, x, y, epochs=2, seed=seed)
        return twin.get_weights()

    first = run(seed=3, before=100)
    assert same_weights(run(seed=3, before=200), first)
    assert not same_weights(run(seed=4, before=100), first)


def test_without_shuffling_the_examples_come_as_they_are(small):
    model, x, y, _ = small
    twin = twin_of(model)
    train(model, x, y, epochs=2, batch_size=10, learning_rate=0.01, shuffle=False)
    twin.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    for start in 2 * list(range(0, len(x), 10)):
        twin.train_on_batch(x[start : start + 10], y[start : start + 10])
    assert same_weights(model.get_weights(), twin.get_weights(), atol=1e-5)


def test_a_model_that_does_not_know_its_input_yet_is_trained(data):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    train(model, *data, epochs=1)
    first = model.get_weights()[0]
    train(model, *data, epochs=1)
    assert first.shape == (784, 10)
    assert not np.array_equal(first, model.get_weights()[0])


# --- the quick recipe ----------------------------------------------------------------


def test_the_quick_recipe_reads_95_of_100_after_two_epochs():
    """Of 6,400 images; twelve seeds read 96.9 % to 97.6 %."""
    (x_train, y_train), _ = load_mnist()
    keras.utils.set_random_seed(0)
    model = build_fast_cnn()
    history = train_fast(model, x_train[:6400], y_train[:6400])
    assert len(history["loss"]) == 2
    readings = model.predict(x_train[54_000:56_000], verbose=0).argmax(axis=1)
    assert np.mean(readings == y_train[54_000:56_000]) > 0.95


def test_every_recipe_was_measured_in_turn():
    stored = Path(__file__).parent.parent / "benchmarks" / "recipes.json"
    runs = json.loads(stored.read_text("utf-8"))["runs"]

    def mean(recipe, name, seeds):
        found = [run for run in runs if run["recipe"] == recipe]
        assert sorted(run["seed"] for run in found) == list(range(seeds))
        return np.mean([run[name] for run in found])

    document, fast = mean("document", "seconds", 3), mean("fast", "seconds", 10)
    assert mean("fast", "test_accuracy", 10) > 0.99
    assert fast < document / 12
    assert mean("best", "test_accuracy", 5) > 0.9955
    assert mean("best", "seconds", 5) < document


@pytest.mark.parametrize(("images", "calls"), [(1, 1), (128, 1), (129, 2)])
def test_the_quick_recipe_runs_an_epoch_in_one_call(monkeypatch, images, calls):
    handed = {}
    monkeypatch.setattr(training, "train", lambda *_, **options: handed.update(options))
    train_fast(None, np.zeros(images), np.zeros(images), epochs=3, seed=5)
    expected = FAST._asdict() | {"epochs": 3, "seed": 5, "steps_per_execution": calls}
    del expected["builder"], expected["deform"]
    assert handed == expected
    assert FAST == ("build_fast_cnn", 2, 128, 1e-2, "one_cycle", False)
    assert FAST.epochs == inspect.signature(train_fast).parameters["epochs"].default


# --- the best recipe -----------------------------------------------------------------


def test_the_best_recipe_reads_95_of_100_after_three_epochs():
    """Of 3,200 images."""
    (x_train, y_train), _ = load_mnist()
    assert BEST == ("build_best_cnn", 9, 128, 5e-3, "one_cycle", True)
    settings = BEST._asdict() | {"epochs": 3}
    keras.utils.set_random_seed(0)
    model = getattr(models, settings.pop("builder"))()
    train(model, x_train[:3200], y_train[:3200], **settings)
    readings = model.predict(x_train[54_000:56_000], verbose=0).argmax(axis=1)
    assert np.mean(readings == y_train[54_000:56_000]) > 0.95


def test_deformed_images_are_new_each_time_and_keep_their_label():
    # Upright bars in the middle, and images without black.
    x, y = np.zeros((400, 28, 28, 1), np.float32), np.arange(400) % 10
    x[::2, 8:20, 13:15], x[1::2] = 1, 1
    handed = training._examples(x, y, (x, y), 100, shuffle=False, deform=True)
    assert np.concatenate([labels for _, labels in handed["x"]]).tolist() == y.tolist()
    seen = [np.concatenate([images for images, _ in handed["x"]]) for _ in range(2)]
    assert np.abs(seen[0] - seen[1]).mean() > 0.01
    np.testing.assert_array_equal(next(iter(handed["validation_data"]))[0], x)

    bars, full = seen[0][::2, ..., 0], seen[0][1::2]
    ink = bars.sum((1, 2), keepdims=True)
    np.testing.assert_allclose(ink, 24, rtol=0.1)
    rows, columns = np.mgrid[:28, :28] - 13.5
    down = (rows * bars).sum((1, 2), keepdims=True) / ink
    right = (columns * bars).sum((1, 2), keepdims=True) / ink
    for shift in (np.abs(down), np.abs(right)):
        assert 0.9 < shift.max() < 1.1
    rows, columns = rows - down, columns - right
    lean = (rows * columns * bars).sum((1, 2)) / (rows**2 * bars).sum((1, 2))
    assert 8 < np.rad2deg(np.arctan(np.abs(lean))).max() < 10.5
    # What moves in at the corners is black.
    assert np.mean(full.min((1, 2, 3)) < 0.5) > 0.9


# --- arguments that are refused ------------------------------------------------------

# What replaces the images, the labels or an option of a good call, and what is said.
BAD = {
    "no images": ({"x": lambda x: x[:0]}, r"\(0, 28, 28, 1\) and \(64,\)"),
    "no channels": ({"x": lambda x: x[..., 0]}, "x_train .* must have shape .* 28, 1"),
    "fewer labels": ({"y": lambda y: y[:-1]}, r"\(64, 28, 28, 1\) and \(63,\)"),
    "one-hot labels": ({"y": lambda y: np.eye(10)[y]}, r"shape \(64, 10\); one-hot"),
    "a class too many": ({"y": lambda y: y + 1}, r"labels must be in 0\.\.9, got 1"),
    "fewer validation labels": (
        {"validation_data": (np.zeros((8, 28, 28, 1)), np.zeros(7, int))},
        r"validation_data .* \(8, 28, 28, 1\) and \(7,\)",
    ),
    "no epochs": ({"epochs": 0}, "epochs must be a whole number from 1, got 0"),
    "batch_size": ({"batch_size": 8.0}, "batch_size must be a whole number"),
    "steps": ({"steps_per_execution": 0}, "steps_per_execution must be a whole number"),
    "rate": ({"learning_rate": 0}, r"learning_rate must be a number in \(0, inf\)"),
    "deform": ({"deform": "yes"}, "deform must be one of True, False, got 'yes'"),
    "schedule": ({"schedule": "cosine"}, "schedule must be one of constant, one_cycle"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused_before_any_work(small, change, message):
    model, x, y, validation = small
    before = model.get_weights()
    np.random.seed(7)  # noqa: NPY002
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    options = {"validation_data": validation} | change
    x, y = options.pop("x", np.copy)(x), options.pop("y", np.copy)(y)
    with pytest.raises(InputError, match=message) as caught:
        train(model, x, y, **options)
    assert "\n" not in str(caught.value)
    assert same_weights(model.get_weights(), before)
    assert not model.compiled
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_labels_of_a_network_that_segments_have_its_axes():
    convolution = keras.layers.Conv2D(3, 3, padding="same")
    model = keras.Sequential([keras.Input((None, None, 1)), convolution])
    x, masks = np.zeros((4, 8, 8, 1), np.float32), np.zeros((4, 8, 8), int)
    assert len(train(model, x, masks, epochs=1)["loss"]) == 1
    for wrong, message in (
        (masks[:, 0], r"shape \(4, None, None\), got shape \(4, 8\); one-hot"),
        (masks + 3, r"labels must be in 0\.\.2, got 3 to 3"),
    ):
        with pytest.raises(InputError, match=message):
            train(model, x, wrong)


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
    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(training._ProgressBar, "SECONDS_BETWEEN_UPDATES", 0)
    return shown


def test_the_bar_moves_and_is_gone_at_the_end(small, kernel, capfd):
    model, x, y, validation = small
    train(model, x, y, validation_data=validation, epochs=2)
    *shown, last = kernel[1:]
    assert kernel[0] == last == EMPTY
    for content, (epoch, step) in zip(
        shown, [(1, 1), (1, 2), (2, 1), (2, 2)], strict=True
    ):
        bar = f'<progress max="2" value="{step}"></progress> '
        assert content.keys() == EMPTY.keys()
        assert content["text/html"] == bar + content["text/plain"]
        place = f"epoch {epoch}/2, step {step}/2"
        assert re.fullmatch(rf"{place}, loss \d\.\d{{3}}", content["text/plain"])
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_bar_is_gone_after_an_interrupt_and_an_error(small, kernel, error):
    def fail(batch, logs):
        raise error

    model, x, y, _ = small
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=fail)
    with pytest.raises(error):
        train(model, x, y, callbacks=[callback])
    assert kernel[1] != EMPTY and kernel[-1] == EMPTY


def test_the_bar_never_overflows_when_steps_are_run_at_a_time(small, kernel):
    model, x, y, _ = small
    train(model, x, y, epochs=1, batch_size=10, steps_per_execution=7)
    *before, shown = kernel[1:-1]
    assert '<progress max="7" value="7">' in shown["text/html"]
    assert len(before) == (6 if keras.backend.backend() == "torch" else 0)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_bar_clears_its_line_in_a_terminal_and_is_not_elsewhere(
    small, monkeypatch, capfd, is_terminal
):
    model, x, y, _ = small
    terminal = io.StringIO()
    terminal.isatty = lambda: is_terminal
    monkeypatch.setattr(training._ProgressBar, "SECONDS_BETWEEN_UPDATES", 0)
    monkeypatch.setattr(sys, "stderr", terminal)
    train(model, x, y, epochs=1)
    text = terminal.getvalue()
    assert ("epoch 1/1" in text) == is_terminal
    assert "\n" not in text and capfd.readouterr().out == ""
    last = text.rstrip("\r").rpartition("\r")[2]
    assert last.strip() == ""
    assert len(last) >= max(len(line.rstrip()) for line in text.split("\r"))
