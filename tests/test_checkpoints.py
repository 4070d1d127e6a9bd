"""What ``resume_from`` promises: after a kill training ends as if nothing had been."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from mnist_tutorial.errors import InputError
from mnist_tutorial.models import build_linear, build_mlp
from mnist_tutorial.training import train

SEQUENTIAL = keras.Sequential
rng = np.random.default_rng(0)
X, Y = rng.random((80, 28, 28, 1), dtype=np.float32), rng.integers(0, 10, 80)
VALIDATION = X[64:], Y[64:]
X, Y = X[:64], Y[:64]


def build_random():
    """Build a network that draws numbers whenever it is trained on."""
    shift, drop = layers.RandomTranslation(0.1, 0.1), layers.Dropout(0.5)
    ends = [layers.Flatten(), drop, layers.BatchNormalization(), layers.Dense(10)]
    return SEQUENTIAL([keras.Input((28, 28, 1)), shift, *ends])


def build_light():
    ends = [layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)]
    return SEQUENTIAL([keras.Input((28, 28, 1)), *ends])


def build_unbuilt():
    return SEQUENTIAL([layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)])


class Own(keras.Model):
    """A model of a class of one's own, which tells nothing about itself."""

    def __init__(self, last):
        super().__init__()
        self.flat, self.drop, self.last = layers.Flatten(), layers.Dropout(0.5), last

    def call(self, x, training=False):
        return self.last(self.drop(self.flat(x), training=training))


def build_own():
    return Own(layers.Dense(10))


def trained(build=build_random, epochs=5, **options):
    """Train; return the model's state at the end, and the history."""
    keras.utils.set_random_seed(1)
    model = build()
    options = {"batch_size": 10, "seed": 3, "validation_data": VALIDATION} | options
    x, y = options.pop("x", X), options.pop("y", Y)
    history = train(model, x, y, epochs=epochs, **options)
    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables], history


def same(one, two):
    """Tell whether two trainings ended alike to the bit; clocks differ."""
    values, others = one[0], two[0]
    measured, found = ({**history, "seconds": 0} for history in (one[1], two[1]))
    pairs = zip(values, others, strict=True)
    return measured == found and all(np.array_equal(a, b) for a, b in pairs)


class Stop(keras.callbacks.Callback):
    """Break training off in the middle of an epoch, and note which have begun."""

    def __init__(self, epoch=None):
        super().__init__()
        self.epoch, self.begun = epoch, []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(epoch)

    def on_train_batch_end(self, batch, logs=None):
        if self.begun[-1] == self.epoch:
            raise RuntimeError("broken off")


def broken_off(epoch, **options):
    with pytest.raises(RuntimeError, match="broken off"):
        trained(callbacks=[Stop(epoch)], **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def two_epochs(tmp_path_factory):
    """Return a folder with the checkpoint of two epochs of five."""
    folder = tmp_path_factory.mktemp("two") / "kept"
    broken_off(2, resume_from=folder)
    return folder


@pytest.fixture
def folder(two_epochs, tmp_path):
    return Path(shutil.copytree(two_epochs, tmp_path / "kept"))


# --- going on ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (build_random, {"schedule": "one_cycle", "steps_per_execution": 7}),
        (build_unbuilt, {"shuffle": False, "validation_data": None}),
        (build_own, {}),
        (build_light, {"deform": True, "steps_per_execution": 3}),
    ],
)
def test_training_goes_on_as_if_it_had_never_stopped(tmp_path, build, options):
    options |= {"build": build}
    wanted = trained(**options)
    kept = {"resume_from": tmp_path / "kept"} | options
    broken_off(0, **kept)
    broken_off(3, **kept)
    watch = Stop()
    found = trained(**kept, callbacks=[watch])
    assert watch.begun == [3, 4]
    assert same(found, wanted)
    assert len(found[1]["seconds"]) == 5 and min(found[1]["seconds"]) > 0


def test_a_checkpoint_changes_no_number(tmp_path):
    assert same(trained(resume_from=tmp_path), trained())


def test_what_has_ended_comes_back_at_once_and_may_be_continued(tmp_path):
    first, watch = trained(resume_from=tmp_path), Stop()
    found = trained(resume_from=tmp_path, callbacks=[watch])
    assert watch.begun == [] and same(found, first) and found[1] == first[1]
    longer = trained(resume_from=tmp_path, epochs=7, callbacks=[watch])
    assert watch.begun == [5, 6] and same(longer, trained(epochs=7))


def test_what_another_callback_has_ended_stays_so_with_the_weights_it_chose(tmp_path):
    def early():
        return keras.callbacks.EarlyStopping(
            "learning_rate", patience=1, mode="min", restore_best_weights=True
        )

    class Rate(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["learning_rate"] = abs(epoch - 1)

    first = trained(resume_from=tmp_path, callbacks=[Rate(), early()])
    assert len(first[1]["loss"]) == 3
    for _ in range(2):
        watch = Stop()
        again = trained(resume_from=tmp_path, callbacks=[watch, early()])
        assert watch.begun == [] and same(again, first)


# --- kills ---------------------------------------------------------------------------

# One process imports TensorFlow, and each of its children lives until it is killed.
LIVES = f"""
import json, os, random, signal, sys, time, traceback
import numpy as np
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_checkpoints as tests

EPOCHS = 75

def live(pipe, name, **options):
    def begin(epoch, logs):
        os.write(pipe, bytes([epoch]))
    callback = tests.keras.callbacks.LambdaCallback(on_epoch_begin=begin)
    options |= dict(epochs=EPOCHS, schedule="one_cycle", callbacks=[callback])
    values, history = tests.trained(tests.build_light, **options)
    np.savez(name, *values, history=json.dumps(history))

def fork(before=lambda: None, name="resumed.npz", resume_from="kept"):
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        before()
        live(writing, name, resume_from=resume_from)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

def kill(*ignored, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def half(path, *arrays, **named):
    path.write_bytes(b"half a checkpoint")
    kill()

def after(part, path, replace=os.replace):
    replace(part, path)
    kill()

child, pipe = fork(name="whole.npz", resume_from=None)
assert os.waitpid(child, 0)[1] == 0
moments = (np, "savez", half), (os, "fsync", kill), (os, "replace", kill)
for moment in (*moments, (os, "replace", after)):
    child, pipe = fork(before=lambda: setattr(*moment))
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
choose, firsts, parts = random.Random(0), [], 0
while len(firsts) < 20:
    child, pipe = fork()
    epochs = [os.read(pipe, 1) for _ in range(choose.randrange(1, 4))]
    time.sleep(choose.uniform(0, 0.1))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "ended before it was killed"
    firsts.append(epochs[0][0])
    parts += os.path.exists("kept/.checkpoint.npz")
child, pipe = fork()
firsts.append(os.read(pipe, 1)[0])
assert os.waitpid(child, 0)[1] == 0
print(json.dumps([firsts, parts]))
"""


def test_after_24_kills_nothing_is_lost(tmp_path):
    """Four while the file is written, and twenty at moments of chance."""
    command = [sys.executable, "-c", LIVES]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    firsts, parts = json.loads(done.stdout)
    print(firsts, parts)
    assert len(firsts) == 21 and firsts == sorted(firsts) and firsts[-1] > 20
    runs = []
    for name in ("whole", "resumed"):
        with np.load(tmp_path / f"{name}.npz") as archive:
            *values, history = (archive[key] for key in sorted(archive.files))
            runs.append((values, json.loads(str(history))))
    assert len(runs[1][1]["seconds"]) == len(runs[1][1]["loss"]) == 75
    assert same(*runs)
    assert list(contents(tmp_path / "kept")) == ["checkpoint.npz"]


# --- what is refused -----------------------------------------------------------------

OTHER = {
    "layers": ({"build": build_mlp}, r"layers 5 layers #\w+, .* has 3 layers #"),
    "weights": ({"build": build_own}, "layers"),
    "images": ({"x": X[::-1]}, r"examples \(64, 28, 28, 1\) #\w+ \(64,\) .* has \(64"),
    "fewer": ({"x": X[:9], "y": Y[:9]}, r"examples .* and this one has \(9, 28"),
    "labels": ({"y": Y[::-1]}, "examples"),
    "validation": ({"validation_data": None}, "examples"),
    "batch": (
        {"batch_size": 32},
        "batch_size 10, and this one has 32; train as",
    ),
    "rate": ({"learning_rate": 0.1}, "learning_rate 0.001, and this one has 0.1"),
    "schedule": ({"schedule": "one_cycle"}, "schedule constant, .* one_cycle, 5"),
    "seed": ({"seed": 4}, "seed, shuffle, deform 3, True, False, .* has 4, True,"),
    "order": ({"shuffle": False}, "deform 3, True, False, .* has 3, False, False;"),
    "deform": ({"deform": True}, "deform 3, True, False, .* has 3, True, True;"),
    "epochs": ({"epochs": 1}, "has 2 epochs, and epochs is 1; ask for as many"),
}


@pytest.mark.parametrize(("options", "message"), OTHER.values(), ids=OTHER)
def test_the_checkpoint_of_another_training_is_refused(folder, options, message):
    refused(folder, message, options)


def refused(folder, message, options=None):
    before, watch, options = contents(folder), Stop(), options or {}
    model = options.get("build", build_random)()
    weights = model.get_weights() if model.built else []
    options = options | {"build": lambda: model}
    with pytest.raises(InputError, match=message) as caught:
        trained(resume_from=folder, callbacks=[watch], **options)
    assert str(folder / "checkpoint.npz") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert watch.begun == [] and contents(folder) == before
    for one, two in zip(weights, model.get_weights() if weights else [], strict=True):
        np.testing.assert_array_equal(one, two)


def test_one_cycle_is_not_continued_since_its_rate_rests_on_the_epochs(tmp_path):
    trained(epochs=2, schedule="one_cycle", resume_from=tmp_path)
    message = "schedule one_cycle, 2, and this one has one_cycle, 3"
    refused(tmp_path, message, {"epochs": 3, "schedule": "one_cycle"})


class Hidden(layers.Layer):
    """A layer that tells nothing about itself, as it is made of another layer."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


def test_weights_of_another_shape_are_refused_where_a_layer_tells_nothing(tmp_path):
    def build(*inner):
        ends = [layers.Flatten(), Hidden(SEQUENTIAL([*inner, layers.Dense(10)]))]
        return SEQUENTIAL([keras.Input((28, 28, 1)), *ends])

    trained(build=build, epochs=1, resume_from=tmp_path)
    message = r"has variables of shapes .* this model has \[\(784, 5\), .*; build"
    refused(tmp_path, message, {"build": lambda: build(layers.Dense(5))})


@pytest.mark.parametrize("content", ["half", "empty", "text", "npy", "npz", "odd"])
def test_a_damaged_or_foreign_file_is_one_line(folder, content):
    path = folder / "checkpoint.npz"
    whole = path.read_bytes()
    with np.load(path) as kept:
        weights = max(kept.values(), key=np.size).tobytes()
    odd = bytearray(whole)
    odd[whole.index(weights)] ^= 1  # elsewhere a bit may be of no account
    with path.open("wb") as file:
        if content == "npy":
            np.save(file, X)
        elif content == "npz":
            np.savez(file, X, state=json.dumps({"history": {}}))
        else:
            texts = {"half": whole[: len(whole) // 2], "odd": odd}
            file.write(texts.get(content, content.encode() * (content == "text")))
    refused(folder, r"cannot be read as a checkpoint \(\w+\); remove it to begin anew")


def test_a_full_disk_is_one_line_and_the_last_checkpoint_stays(tmp_path):
    class Fill(Stop):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch)
            if epoch == 2:
                (tmp_path / ".checkpoint.npz").symlink_to("/dev/full")

    with pytest.raises(InputError) as caught:
        trained(resume_from=tmp_path, callbacks=[Fill()])
    assert str(caught.value) == (
        f"{tmp_path}/checkpoint.npz: cannot be written: No space left on device; free "
        "some space and train again: it goes on from the last epoch that was kept"
    )
    assert list(contents(tmp_path)) == ["checkpoint.npz"]
    watch = Stop()
    assert same(trained(resume_from=tmp_path, callbacks=[watch]), trained())
    assert watch.begun == [2, 3, 4]


def test_a_folder_that_cannot_be_written_is_refused(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    refused(folder, "no permission to write in")


@pytest.mark.parametrize("name", ["missing/kept", "a file"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path, name):
    (tmp_path / "a file").write_bytes(b"")
    with pytest.raises(InputError, match=f"{name}: cannot be made a folder: .*; choos"):
        trained(build=build_linear, resume_from=tmp_path / name)
    assert contents(tmp_path) == {"a file": b""}
