"""The command line: what it prints, what it refuses, and what it leaves on disk."""

import os
import re
import shlex
import signal
import subprocess
import sys
import types
import zipfile

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from mnist_tutorial import __main__ as command_line
from mnist_tutorial import datasets, doctor, models, training
from mnist_tutorial.__main__ import main
from mnist_tutorial.evaluation import accuracy
from mnist_tutorial.models import build_fast_cnn, build_linear
from mnist_tutorial.playground import playground
from mnist_tutorial.preprocessing import load_digit_image
from mnist_tutorial.recipes import FAST, RECIPES

TRAINING_IMAGES, TEST_IMAGES = 3000, 500


@pytest.fixture(scope="module")
def small_mnist():
    """A few thousand images, so that training takes a moment."""
    (x_train, y_train), (x_test, y_test) = datasets.load_mnist()
    return (
        (x_train[:TRAINING_IMAGES], y_train[:TRAINING_IMAGES]),
        (x_test[:TEST_IMAGES], y_test[:TEST_IMAGES]),
    )


@pytest.fixture
def small(monkeypatch, small_mnist):
    """Let the command see little data, and train a network that takes no time."""
    monkeypatch.setattr(datasets, "load_mnist", lambda: small_mnist)
    monkeypatch.setitem(RECIPES, "fast", FAST._replace(builder="build_linear"))


@pytest.fixture(scope="module")
def model_path(tmp_path_factory, small_mnist):
    """A network that reads most digits, trained for a few seconds."""
    keras.utils.set_random_seed(0)
    model = build_fast_cnn()
    training.train_fast(model, *small_mnist[0], epochs=8)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(path)
    return path


def load(path):
    return keras.saving.load_model(path, compile=False)


def share_read(path, small_mnist):
    """Return the share of the validation images that a saved model reads."""
    _, (x_val, y_val) = datasets.split_validation(*small_mnist[0])
    return (load(path).predict(x_val, verbose=0).argmax(axis=1) == y_val).mean()


def run(capsys, *arguments):
    """Run the command here; return its status and the lines of both streams."""
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err.splitlines()


def refused(capsys, *arguments):
    """Run a command that must fail; return its one line."""
    status, _, errors = run(capsys, *arguments)
    assert status == 2
    assert len(errors) == 1
    assert errors[0].startswith("mnist-tutorial: error: ")
    return errors[0].removeprefix("mnist-tutorial: error: ")


def contents(folder):
    """Return what each file below a folder holds."""
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def train_with(monkeypatch, *more, before=lambda: None):
    """Let the command train with more callbacks, after something else has happened."""
    real_train = training.train

    def train(*arguments, callbacks, **options):
        before()
        return real_train(*arguments, callbacks=[*more, *callbacks], **options)

    monkeypatch.setattr(training, "train", train)


def start(code, *arguments, environment=None):
    """Start the command in a process of its own, after some lines of Python."""
    program = f"""
import signal, sys
from mnist_tutorial.__main__ import main
# Where tests run in the background SIGINT is ignored, and children inherit that. In a
# terminal Python starts with this handler.
signal.signal(signal.SIGINT, signal.default_int_handler)
{code}
sys.exit(main())
"""
    # What a test session sets for itself must not do the command's work.
    inherited = {name: os.environ[name] for name in os.environ if name[:3] != "TF_"}
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=inherited | (environment or {}),
    )


# The command itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [[], ["doctor"], ["train"], ["evaluate"], ["predict"], ["playground"]]
)
def test_help_needs_no_heavy_import(command):
    heavy = "{'tensorflow', 'keras', 'numpy', 'scipy', 'PIL', 'matplotlib'}"
    check = f"import atexit; atexit.register(lambda: print({heavy} & set(sys.modules)))"
    process = start(check, *command, "--help")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.startswith("usage: mnist-tutorial")
    assert output.splitlines()[-1] == "set()"
    assert "%%" not in output
    assert errors == ""


def test_module_runs_as_a_command():
    command = [sys.executable, "-m", "mnist_tutorial", "--help"]
    assert "doctor" in subprocess.check_output(command, text=True, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND; see mnist-tutorial --help"),
        (["learn"], "invalid choice: 'learn'"),
        (["train"], "required: --output; see mnist-tutorial train --help"),
        (["predict", "model.keras"], "required: IMAGE"),
        # Abbreviations would change their meaning when an option is added.
        (["train", "--output", "m.keras", "--epoch", "1"], "unrecognized arguments"),
        (["train", "--output", "m.keras", "--recipe", "slow"], "choice: 'slow'"),
        (["train", "--output", "m.keras", "--epochs", "0"], "from 1 to 10,000, got"),
        (["train", "--output", "m.keras", "--epochs", "1.5"], "got '1.5'"),
        (["train", "--output", "m.keras", "--batch-size", "54001"], "got '54001'"),
        (["train", "--output", "m.keras", "--learning-rate", "0"], "above 0, got '0'"),
        (["train", "--output", "m.keras", "--learning-rate", "low"], "got 'low'"),
        (["train", "--output", "m.keras", "--seed", "-1"], "from 0 to 4,294,967,295"),
    ],
)
def test_wrong_usage_is_one_line(
    capsys, monkeypatch, tmp_path, no_work, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, *arguments)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KeyboardInterrupt(), "interrupted; run the command again to start over"),
        (OSError(13, "Denied", "a.png"), "a.png: cannot be used: Denied; choose anoth"),
        (RuntimeError("a bug"), None),
        (OSError("a bug"), None),
    ],
)
def test_only_what_can_be_put_right_is_one_line(capsys, monkeypatch, error, line):
    def fail(arguments):
        raise error

    monkeypatch.setattr(command_line, "_doctor", fail)
    if line is None:
        with pytest.raises(type(error), match="a bug"):
            main(["doctor"])
    else:
        assert refused(capsys, "doctor").startswith(line)


def test_a_reader_that_leaves_early_makes_no_noise():
    talkative = """
import mnist_tutorial.__main__ as command_line
def talk(arguments):
    for number in range(100_000):
        print(number)
command_line._doctor = talk
"""
    process = start(talkative, "doctor")
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=60)
    assert errors == ""


def test_a_terminal_without_chinese_letters_is_no_error():
    code = """
import mnist_tutorial.__main__ as command_line
command_line._doctor = lambda arguments: print("\\u6570") or 0
"""
    process = start(code, "doctor", environment={"PYTHONIOENCODING": "ascii"})
    assert process.communicate(timeout=60) == ("\\u6570\n", "")
    assert process.returncode == 0


# doctor ------------------------------------------------------------------------------


def test_doctor_reports_every_check_and_how_long_training_will_take(
    capsys, monkeypatch
):
    # 0.25 s for each of the steps that are timed; those before are not.
    times = iter([100.0, 100.0 + 0.25 * doctor.STEPS_TIMED])
    clock = types.SimpleNamespace(perf_counter=lambda: next(times))
    monkeypatch.setattr(doctor, "time", clock)
    status, lines, errors = run(capsys, "doctor")
    assert (status, errors) == (0, [])
    names = [re.match(r"ok      (\w+): .", line)[1] for line in lines]
    assert names == [
        *("Python", "NumPy", "TensorFlow", "Keras"),
        *("CPUs", "memory", "GPUs", "data", "training"),
    ]
    backend = keras.backend.backend()
    version = sys.modules[backend].__version__
    assert lines[3].endswith(
        f": {keras.__version__} on the backend {backend} {version}"
    )
    assert f"NumPy: {np.__version__}" in lines[1]
    assert "60,000 training and 10,000 test images, checksum right" in lines[7]
    # Five epochs of 1,688 steps.
    assert "0.2500 s a step of 32 images, so about 35 min" in lines[8]


def test_doctor_names_what_is_wrong(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "DATA_FILE", tmp_path / "mnist.npz")
    monkeypatch.setattr(doctor, "MIN_MEMORY_GIB", 10**6)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    status, lines, errors = run(capsys, "doctor")
    assert (status, len(errors), len(lines)) == (2, 1, 9)
    names = ["TensorFlow", "memory", "data", "training"]
    if keras.backend.backend() == "tensorflow":
        names.insert(1, "Keras")
    assert f"{len(names)} of 9 failed ({', '.join(names)})" in errors[0]
    failed = [line for line in lines if line.startswith("failed")]
    assert len(failed) == len(names)
    assert f"{tmp_path / 'mnist.npz'}: expected MNIST" in failed[-2]


TF_PREFIX = "/job:localhost/replica:0/task:0/device:"
NONE, T4, TWO = "echo No devices were found; exit 6", "echo Tesla T4", "echo A; echo B"
IDLE = "not used; the CPU is enough, but to use a GPU, "


@pytest.mark.parametrize(
    ("nvidia_smi", "backend", "device", "around", "said"),
    [
        (None, "tensorflow", TF_PREFIX + "CPU:0", {}, "none, the CPU does the work"),
        (NONE, "torch", "cpu", {}, "none, the CPU does the work"),
        (T4, "tensorflow", TF_PREFIX + "GPU:0", {}, "gpu:0 does the work (Tesla T4)"),
        (T4, "jax", "cuda:0", {}, "cuda:0 does the work (Tesla T4)"),
        (None, "torch", "mps:0", {}, "mps:0 does the work (not of NVIDIA)"),
        (
            *(TWO, "torch", "cuda:0", {}),
            "cuda:0 does the work (A, B); Keras uses one of them unless it is told to "
            "share the work",
        ),
        (
            *(T4, "tensorflow", TF_PREFIX + "CPU:0", {"JAX_PLATFORMS": "cpu"}),
            f"Tesla T4 {IDLE}install tensorflow[and-cuda], or a newer driver",
        ),
        (
            *(T4, "jax", "cpu:0", {"CUDA_VISIBLE_DEVICES": "0"}),
            f"Tesla T4 {IDLE}install jax[cuda12], or a newer driver",
        ),
        (
            *(T4, "jax", "cpu:0", {"JAX_PLATFORMS": "cpu"}),
            f"Tesla T4 {IDLE}unset JAX_PLATFORMS, which is 'cpu'",
        ),
        (
            *(TWO, "torch", "cpu", {"CUDA_VISIBLE_DEVICES": ""}),
            f"A, B {IDLE}unset CUDA_VISIBLE_DEVICES, which is ''",
        ),
        (
            *(T4, "jax", "cpu:0", {"system": "Windows"}),
            f"Tesla T4 {IDLE}run the book in WSL: jax has no GPUs on Windows",
        ),
        (
            *(T4, "torch", "cpu", {"system": "Windows"}),
            f"Tesla T4 {IDLE}install PyTorch for CUDA "
            "(https://pytorch.org/get-started/locally), or a newer driver",
        ),
    ],
)
def test_doctor_tells_which_device_works_and_how_an_idle_gpu_is_found(
    monkeypatch, tmp_path, nvidia_smi, backend, device, around, said
):
    if nvidia_smi is not None:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{nvidia_smi}\n", "utf-8")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS", "KERAS_TORCH_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    system = around.get("system", "Linux")
    for name in around.keys() - {"system"}:
        monkeypatch.setenv(name, around[name])
    monkeypatch.setattr(doctor.platform, "system", lambda: system)
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    tensor = types.SimpleNamespace(device=device)
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: tensor)
    assert doctor.CHECKS["GPUs"]() == said


# train -------------------------------------------------------------------------------


@pytest.fixture
def no_work(monkeypatch):
    """Fail the test if the command begins to work."""

    def work():
        raise AssertionError("data was loaded")

    monkeypatch.setattr(datasets, "load_mnist", work)
    monkeypatch.setattr(datasets, "load_raw_mnist", work)


def test_train_saves_the_best_epochs_model_and_prints_a_line_an_epoch(
    capsys, monkeypatch, tmp_path, small, small_mnist
):
    # No training may look at the test set.
    monkeypatch.setattr(datasets, "load_mnist", lambda: (small_mnist[0], None))
    train_data, (x_val, y_val) = datasets.split_validation(*small_mnist[0])
    # Other classes than it learns: what it learns, it soon reads worse.
    validation_data = x_val, (y_val + 1) % 10
    split = train_data, validation_data
    monkeypatch.setattr(datasets, "split_validation", lambda x, y: split)
    output = tmp_path / "model.keras"
    status, lines, errors = run(
        capsys, "train", "--recipe", "fast", "--epochs", 3, "--output", output
    )
    assert (status, errors) == (0, [])
    assert lines[0] == "training on 2,700 images, validating on 300"
    pattern = r"epoch (\d)/3: loss ([\d.]+), .*validation loss ([\d.]+)"
    epochs, losses, val_losses = zip(
        *(re.match(pattern, line).groups() for line in lines[1:4]), strict=True
    )
    assert epochs == ("1", "2", "3")
    assert lines[4].startswith(f"saved {output}")
    assert list(contents(tmp_path)) == ["model.keras"]
    assert min(val_losses) == val_losses[0] and min(losses) == losses[2]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    measured = float(loss(validation_data[1], load(output).predict(x_val, verbose=0)))
    assert measured == pytest.approx(float(val_losses[0]), abs=1e-3)


@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_builds_its_network(capsys, monkeypatch, tmp_path, name):
    seen = {}

    def fake_train(model, *data, callbacks, **options):
        seen.update(options, model=model)
        callbacks[0].set_model(model)
        callbacks[0].save()

    monkeypatch.setattr(training, "train", fake_train)
    output = tmp_path / "model.keras"
    assert run(capsys, "train", "--recipe", name, "--output", output)[0] == 0
    settings = RECIPES[name]._asdict()
    network = getattr(models, settings.pop("builder"))()
    assert settings.items() <= seen.items()
    for model in (seen["model"], load(output)):
        assert [type(layer) for layer in model.layers] == [
            type(layer) for layer in network.layers
        ]


def test_seed_and_recipe_reach_the_training(capsys, monkeypatch, tmp_path, small):
    seen = []

    def fake_train(model, *data, callbacks, **options):
        seen.append((options, model.get_weights()[0], data[0]))
        callbacks[0].set_model(model)
        callbacks[0].save()

    monkeypatch.setattr(training, "train", fake_train)
    for number, changed in enumerate(
        [
            {"seed": 1},
            {"seed": 1},
            {"seed": 2, "epochs": 7},
            {"seed": 0, "batch_size": 9, "learning_rate": 0.5},
        ]
    ):
        words = [(f"--{name.replace('_', '-')}", changed[name]) for name in changed]
        options = ["--recipe", "fast", "--output", tmp_path / f"{number}.keras"]
        assert run(capsys, "train", *options, *sum(words, ()))[0] == 0
        expected = FAST._asdict() | {"steps_per_execution": 10} | changed
        del expected["builder"]
        assert expected.items() <= seen[-1][0].items()
    (_, weights, images), (_, again, _), (_, others, other_images) = seen[:3]
    np.testing.assert_array_equal(weights, again)
    assert np.abs(weights - others).max() > 0.01
    # Which images are for validation does not hang on it.
    np.testing.assert_array_equal(images, other_images)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("old.keras", "exists already; choose another name, or replace it with --fo"),
        ("new.h5", "expected a name that ends in .keras"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    capsys, tmp_path, no_work, output, message
):
    (tmp_path / "old.keras").write_bytes(b"an old model")
    before = contents(tmp_path)
    path = tmp_path / output
    line = refused(capsys, "train", "--output", path)
    assert line.startswith(f"{path}: {message}")
    assert contents(tmp_path) == before


def test_force_replaces_the_old_file_only_when_the_new_one_is_complete(
    capsys, monkeypatch, tmp_path, small
):
    output = tmp_path / "model.keras"
    output.write_bytes(b"an old model")

    class Watch(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            assert (tmp_path / "model.partial.keras").exists()
            assert output.read_bytes() == b"an old model"

    train_with(monkeypatch, Watch())
    options = ["--recipe", "fast", "--force"]
    assert run(capsys, "train", *options, "--output", output)[0] == 0
    assert zipfile.is_zipfile(output)
    assert len(contents(tmp_path)) == 1


def test_no_file_that_is_there_or_appears_during_training_is_overwritten(
    capsys, monkeypatch, tmp_path, small
):
    output, earlier = tmp_path / "model.keras", tmp_path / "model.partial.keras"
    earlier.write_bytes(b"hours of work")
    train_with(monkeypatch, before=lambda: output.write_bytes(b"another was faster"))
    line = refused(capsys, "train", "--recipe", "fast", "--output", output)
    assert f"the new model is in {tmp_path / 'model.partial-2.keras'}" in line
    assert output.read_bytes() == b"another was faster"
    assert earlier.read_bytes() == b"hours of work"
    assert zipfile.is_zipfile(tmp_path / "model.partial-2.keras")


def test_a_full_disk_is_one_line_and_leaves_no_half_a_model(
    capsys, monkeypatch, tmp_path, small
):
    real_save, saved = keras.Sequential.save, []

    def save(model, path):
        if saved:
            path.write_bytes(b"half a model")
            raise OSError(28, "No space left on device")
        saved.append(real_save(model, path))

    monkeypatch.setattr(keras.Sequential, "save", save)
    options = ["--recipe", "fast", "--output", tmp_path / "model.keras"]
    line = refused(capsys, "train", *options)
    assert "cannot be written: No space left on device; free some space" in line
    assert list(contents(tmp_path)) == ["model.partial.keras"]
    assert zipfile.is_zipfile(tmp_path / "model.partial.keras")


def test_training_that_diverges_saves_nothing(capsys, tmp_path, small):
    options = ["--recipe", "fast", "--learning-rate", "1e38"]
    line = refused(capsys, "train", *options, "--output", tmp_path / "model.keras")
    assert "choose a smaller learning rate" in line
    assert contents(tmp_path) == {}


# Ctrl-C in training ------------------------------------------------------------------

SMALL_DATA = f"""
import mnist_tutorial.datasets as datasets
(x_train, y_train), test = datasets.load_mnist()
small = (x_train[:{TRAINING_IMAGES}], y_train[:{TRAINING_IMAGES}]), test
datasets.load_mnist = lambda: small
"""


def test_ctrl_c_keeps_the_best_weights_and_says_how_to_go_on(
    capsys, tmp_path, small, small_mnist
):
    output = tmp_path / "my  model.keras"
    output.write_bytes(b"an old model")
    nine = tmp_path / "nine.keras"
    keras.Sequential([keras.Input((28, 28, 1)), layers.Dense(9)]).save(nine)
    options = ["--epochs", "200", "--output", str(output), "--force"]
    # A model is refused first: to load TensorFlow a second time takes seconds.
    evaluate = f"assert main(['evaluate', {str(nine)!r}]) == 2\n"
    process = start(SMALL_DATA + evaluate, "train", *options)
    assert process.stdout.readline().startswith("training on 2,700 images")
    while not process.stdout.readline().startswith("epoch 1/200"):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 2, errors
    # TensorFlow adds nothing to the one line of each.
    assert errors.count("\n") == 2, errors
    of_nine, errors = errors.splitlines()
    assert of_nine.startswith(f"mnist-tutorial: error: {nine}: ")
    assert "got (None, 28, 28, 1) to (None, 28, 28, 9)" in of_nine
    assert errors.startswith("mnist-tutorial: error: interrupted; the best weights")
    assert "saved" not in printed

    # The weights lie beside the output, which is as it was.
    partial = tmp_path / "my  model.partial.keras"
    assert str(partial) in errors
    assert output.read_bytes() == b"an old model"
    right = share_read(partial, small_mnist)
    assert right > 0.6

    # The command that the message names works as it stands.
    words = shlex.split(errors.split("go on with: ")[1])
    assert words[:4] == ["mnist-tutorial", "train", "--resume", str(partial)]
    # The signal may come between the end of an epoch and its line.
    done = 1 + len(re.findall(r"^epoch \d+/200", printed, re.M))
    assert int(words[words.index("--epochs") + 1]) in (200 - done, 199 - done)
    words[words.index("--epochs") + 1] = "1"
    status, lines, errors = run(capsys, *words[1:])
    assert (status, errors) == (0, [])
    resumed = float(re.search(r"validation accuracy ([\d.]+) %", lines[1])[1])
    assert resumed > 100 * right - 5
    assert zipfile.is_zipfile(output)


# Untrained networks read one digit in ten.
@pytest.mark.parametrize(("epoch", "least"), [(0, 0.25), (2, 0.6)])
def test_an_interruption_leaves_the_best_epoch_or_what_has_been_learnt(
    capsys, monkeypatch, tmp_path, small, small_mnist, epoch, least
):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch
            if epoch == 2:  # from here on the weights are bad ones
                model = self.model
                model.set_weights([w + np.sin(1e3 * w) for w in model.get_weights()])

        def on_train_batch_end(self, batch, logs=None):
            if self.epoch == epoch and batch >= 15:
                raise KeyboardInterrupt

    train_with(monkeypatch, Interrupt())
    options = ["--recipe", "fast", "--epochs", "9", "--seed", "3"]
    line = refused(capsys, "train", *options, "--output", tmp_path / "new.keras")
    assert f"--recipe fast --epochs {9 - epoch} --seed 4" in line
    assert list(contents(tmp_path)) == ["new.partial.keras"]
    assert share_read(tmp_path / "new.partial.keras", small_mnist) > least


def test_ctrl_c_before_the_first_step_leaves_nothing(
    capsys, monkeypatch, tmp_path, small
):
    def interrupt():
        raise KeyboardInterrupt

    train_with(monkeypatch, before=interrupt)
    line = refused(capsys, "train", "--output", tmp_path / "model.keras")
    assert line == "interrupted; run the command again to start over"
    assert contents(tmp_path) == {}


# Going on after a kill ----------------------------------------------------------------


def break_off(error, epoch):
    """Let the next training end with an error in the middle of an epoch."""

    class Break(keras.callbacks.Callback):
        def on_epoch_begin(self, begun, logs=None):
            self.begun = begun

        def on_train_batch_end(self, batch, logs=None):
            if self.begun == epoch:
                raise error

    return Break()


def test_the_same_command_goes_on_after_a_kill(capsys, monkeypatch, tmp_path, small):
    folder, output = tmp_path / "kept", tmp_path / "new.keras"
    options = ["train", "--recipe", "fast", "--epochs", "5", "--learning-rate", "0.1"]
    status, wanted, _ = run(capsys, *options, "--output", tmp_path / "whole.keras")
    assert status == 0
    kept = [*options, "--output", output, "--resume-from", folder]
    for error, epoch in ((RuntimeError, 1), (KeyboardInterrupt, 3)):
        with monkeypatch.context() as context:
            train_with(context, break_off(error, epoch))
            if error is RuntimeError:
                pytest.raises(error, run, capsys, *kept)
            else:
                line = refused(capsys, *kept)
    again = "run the same command again to go on"
    assert line == f"interrupted; 3 epochs are kept in {folder}; {again}"
    assert sorted(contents(tmp_path)) == ["best.keras", "checkpoint.npz", "whole.keras"]

    before = contents(tmp_path)
    line = refused(capsys, *kept, "--batch-size", "64")
    assert "batch_size 128, and this one has 64; train as it was begun" in line
    assert contents(tmp_path) == before

    def epochs(lines):
        return [line.rpartition(",")[0] for line in lines if line.startswith("epoch")]

    status, lines, errors = run(capsys, *kept)
    assert (status, errors) == (0, [])
    assert epochs(lines) == epochs(wanted)[3:] and len(epochs(wanted)) == 5
    whole = load(tmp_path / "whole.keras").get_weights()
    # A folder is understood by --resume, too, and what has ended is not trained again.
    more = ["--resume", folder, "--output", tmp_path / "more.keras"]
    status, lines, _ = run(capsys, *options, *more)
    assert status == 0 and epochs(lines) == []
    for path in (output, tmp_path / "more.keras"):
        for one, two in zip(load(path).get_weights(), whole, strict=True):
            np.testing.assert_array_equal(one, two)

    (folder / "best.keras").unlink()
    before = contents(tmp_path)
    line = refused(capsys, *kept, "--force")
    assert "best.keras: the best model of the epochs before is missing" in line
    assert contents(tmp_path) == before


# Models ------------------------------------------------------------------------------


def broken_models(folder):
    """Write every kind of wrong model; return its path and what is said of it."""

    def save(name, *stack, inputs=(28, 28, 1)):
        path = folder / name
        keras.Sequential([keras.Input(inputs), *stack]).save(path)
        return path

    def write(name, data):
        (folder / name).write_bytes(data)
        return folder / name

    def save_as_if_by(version):
        path = folder / f"{version}.keras"
        with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                text = old.read(name).replace(
                    b'"units"', b'"batch_input_shape": 1, "units"'
                )
                new.writestr(name, text.replace(keras.__version__.encode(), version))
        return path

    good = save("good.keras", layers.Flatten(), layers.Dense(10))
    content = good.read_bytes()
    load(good).save_weights(folder / "my.weights.h5")
    (folder / "folder.keras").mkdir()
    (folder / "exported").mkdir()
    write("exported/saved_model.pb", b"TensorFlow's own format")
    not_one = "expected a model saved by Keras as .keras or .h5, got something else"
    not_loaded = "the file is damaged, or holds Python code"
    dense_ten = [layers.GlobalMaxPooling2D(), layers.Dense(10)]
    with_code = [layers.Flatten(), layers.Lambda(lambda x: x), layers.Dense(10)]
    return {
        folder / "missing.keras": "no such model file; check the name",
        folder / "folder.keras": "expected a model file, got a directory",
        write("text.keras", b"This is a model.\n"): not_one,
        write("cut.keras", content[:-300]): not_one,
        write("model.h5", content): not_one,
        folder / "my.weights.h5": "got weights alone; build its network",
        folder / "exported": "got a SavedModel folder, which Keras 3 does not load; ",
        save_as_if_by(b"2.15.0"): "saved by Keras 2.15.0, whose .keras files Keras 3",
        save_as_if_by(b"2.13.1"): "saved by Keras 2.13.1, whose .keras files Keras 3",
        save_as_if_by(b"2.12.0"): "saved by Keras 2.12.0, whose .keras files Keras 3",
        save_as_if_by(b"3.99.1"): f"3.99.1, and {keras.__version__} is installed: ins",
        write("altered.keras", content[:60] + bytes(400) + content[460:]): not_loaded,
        save("lambda.keras", *with_code): not_loaded,
        save("lambda.h5", *with_code): not_loaded,
        save("inputs.keras", layers.Dense(10), inputs=(783,)): "got (None, 783)",
        save(
            "colour.keras", *dense_ten, inputs=(28, 28, 3)
        ): "classifier of grey digits",
        save("outputs.keras", layers.Flatten(), layers.Dense(9)): (
            "expected a model from 784 pixels, such as (None, 28, 28, 1), to ten "
            "outputs (None, 10), got (None, 28, 28, 1) to (None, 9)"
        ),
    }


@pytest.mark.parametrize("command", ["evaluate", "predict", "train --resume"])
def test_wrong_models_are_refused_in_one_line(
    capsys, tmp_path, no_work, seven, command
):
    models = tmp_path / "models"
    models.mkdir()
    wrong = broken_models(models)
    before = contents(tmp_path)
    more = {"predict": [seven], "train --resume": ["--output", tmp_path / "new.keras"]}
    for path, message in wrong.items():
        line = refused(capsys, *command.split(), path, *more.get(command, []))
        assert line.startswith(f"{path}: ") and message in line
    assert contents(tmp_path) == before


IMAGES, PLANE = keras.Input((28, 28, 1)), layers.Reshape((28, 28, 1))
STANDARD = {"mean": -0.1307 / 0.3081, "variance": 1 / 0.3081**2}  # taken back


@pytest.mark.parametrize(
    ("before", "ending", "taken"),
    [
        ([keras.Input((28, 28)), PLANE], ".keras", None),
        ([keras.Input((784,)), PLANE], ".h5", None),
        ([keras.Input((784, 1)), PLANE], ".keras", None),
        ([IMAGES], ".h5", None),
        ([IMAGES, layers.Rescaling(1 / 255)], ".keras", "0 to 255"),
        ([keras.Input((28, 28)), layers.Rescaling(1 / 255), PLANE], ".h5", "0 to 255"),
        ([IMAGES, layers.Rescaling(0.5, 0.5)], ".keras", "-1 to 1"),
        ([IMAGES, layers.Normalization(**STANDARD)], ".keras", "standardised"),
        ([IMAGES, layers.Rescaling(-1, 1)], ".keras", "0 to 1 with the ink 0"),
        ([IMAGES, layers.Rescaling(-1 / 255, 1)], ".h5", "0 to 255 with the ink 0"),
    ],
)
def test_models_from_elsewhere_are_given_their_own_pixels(
    capsys, tmp_path, small, model_path, before, ending, taken
):
    path = tmp_path / f"foreign{ending}"
    keras.Sequential([*before, load(model_path)]).save(path)
    _, expected, _ = run(capsys, "evaluate", model_path)
    status, lines, notes = run(capsys, "evaluate", path)
    assert (status, lines[1:]) == (0, expected[1:])
    assert len(notes) == (taken is not None)
    for note in notes:
        wanted = (
            rf"mnist-tutorial: note: .*foreign.* is given .*{taken}\b.*: so it reads"
        )
        so, as_it_is = re.match(rf"{wanted} ([\d.]+) % .* ([\d.]+) %", note).groups()
        assert float(so) > 95 > 80 > float(as_it_is)


def test_a_network_that_reads_badly_either_way_is_measured_as_it_is(
    capsys, tmp_path, small
):
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        build_fast_cnn().save(tmp_path / "new.keras")
        status, lines, notes = run(capsys, "evaluate", tmp_path / "new.keras")
        assert (status, notes) == (0, [])
        assert float(re.match(r"accuracy: ([\d.]+)", lines[1])[1]) < 40


@pytest.mark.parametrize("last", ["softmax", "sigmoid", "hard_sigmoid", "sparsemax"])
def test_a_model_that_gives_probabilities(
    capsys, tmp_path, small, model_path, seven, last
):
    path = tmp_path / "probabilities.keras"
    keras.Sequential([load(model_path), layers.Activation(last)]).save(path)
    # Its outputs are taken for the probabilities that they are ...
    outputs = load(path).predict(load_digit_image(seven)[None], verbose=0)[0]
    best, second = np.argsort(-outputs)[:2]
    line = (
        f"{seven}: {best} ({100 * outputs[best]:.1f} %), "
        f"second best {second} ({100 * outputs[second]:.1f} %)"
    )
    assert run(capsys, "predict", path, seven) == (0, [line], [])
    # ... but the loss of `train` expects logits.
    output = tmp_path / "new.keras"
    line = refused(capsys, "train", "--resume", path, "--output", output)
    assert "expected a model that gives logits" in line


def test_a_model_of_bytes_is_trained_on_as_one_of_this_package(
    capsys, tmp_path, small, small_mnist, model_path
):
    path, output = tmp_path / "bytes.h5", tmp_path / "new.keras"
    rescaling = layers.Rescaling(1 / 255)
    keras.Sequential([keras.Input((28, 28, 1)), rescaling, load(model_path)]).save(path)
    options = ["--recipe", "fast", "--epochs", 1, "--output", output]
    status, _, (note,) = run(capsys, "train", "--resume", path, *options)
    assert status == 0 and "is given pixels from 0 to 255" in note
    assert share_read(output, small_mnist) > 0.9
    assert run(capsys, "evaluate", output)[2] == []


def test_a_model_without_finite_outputs_is_refused(capsys, tmp_path, small, seven):
    model, path = build_linear(), tmp_path / "nan.keras"
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    model.save(path)
    for arguments in (["evaluate", path], ["predict", path, seven]):
        assert "finite numbers, got NaN or infinity" in refused(capsys, *arguments)


# evaluate ----------------------------------------------------------------------------


def test_evaluate_counts_as_one_would_by_hand(capsys, small, small_mnist, model_path):
    status, lines, errors = run(capsys, "evaluate", model_path)
    assert (status, errors) == (0, [])
    _, (x_test, y_test) = small_mnist
    read = np.argmax(load(model_path)(x_test), axis=1)
    correct = int((read == y_test).sum())
    assert lines[0] == f"{model_path} on the 500 test images"
    assert lines[1] == f"accuracy: {accuracy(y_test, read)}"
    assert f"{correct} of 500" in lines[1]
    table = [[int(cell) for cell in line.split()] for line in lines[3:]]
    assert table[0] == list(range(10))
    for digit, row in enumerate(table[1:]):
        of_class = read[y_test == digit]
        assert row == [digit, *np.bincount(of_class, minlength=10)]


# predict -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """The first test image, a seven, dark on light, as a scan would have it."""
    _, (x_test, _) = datasets.load_raw_mnist()
    path = tmp_path_factory.mktemp("digits") / "seven.png"
    Image.fromarray(255 - x_test[0]).resize((300, 300)).save(path)
    return path


def test_predict_reads_dark_and_light_small_and_large(capsys, tmp_path, model_path):
    _, (x_test, y_test) = datasets.load_raw_mnist()
    images = []
    for index in range(40):
        digit = x_test[index] if index % 2 else 255 - x_test[index]
        size = 28 * (1 + index % 4)
        images.append(tmp_path / f"{index}.png")
        Image.fromarray(digit).resize((size, size)).save(images[-1])
    status, lines, errors = run(capsys, "predict", model_path, *images)
    assert (status, errors) == (0, [])
    right = 0
    for path, line, label in zip(images, lines, y_test, strict=False):
        found = re.fullmatch(
            r"(.*): (\d) \(([\d.]+) %\), second best (\d) \(([\d.]+) %\)", line
        )
        assert found[1] == str(path)
        assert found[2] != found[4]
        assert 100 >= float(found[3]) >= float(found[5]) >= 0
        assert float(found[3]) + float(found[5]) < 100.11
        right += int(found[2]) == label
    assert right >= 36


def test_predict_reports_a_bad_file_and_reads_the_others(
    capsys, tmp_path, model_path, seven
):
    text, missing = tmp_path / "text.png", tmp_path / "missing.png"
    text.write_text("This is a seven.")
    chinese = tmp_path / "数字  7.png"
    chinese.write_bytes(seven.read_bytes())
    status, lines, errors = run(
        capsys, "predict", model_path, seven, text, missing, chinese
    )
    assert status == 2
    assert [line.split(":")[0] for line in lines] == [str(seven), str(chinese)]
    assert len(errors) == 2
    assert errors[0].startswith(f"mnist-tutorial: error: {text}: expected an image")
    assert errors[1].startswith(f"mnist-tutorial: error: {missing}: no such")


def test_predict_shows_what_the_network_received(capsys, tmp_path, model_path, seven):
    folder = tmp_path / "seen"
    two = tmp_path / "two.png"
    Image.fromarray(np.hstack([np.asarray(Image.open(seven))] * 2)).save(two)
    arguments = ("predict", model_path, two, seven, "--show", folder)
    status, lines, errors = run(capsys, *arguments)
    assert status == 2 and len(lines) == 1
    assert f"{two}: expected one digit, found 2 side by side" in errors[0]
    assert [path.name for path in folder.iterdir()] == ["2-seven.png"]
    sheet = np.asarray(Image.open(folder / "2-seven.png"))
    received = sheet[5::10, -280:][:, 5::10] / 255
    np.testing.assert_allclose(received, load_digit_image(seven)[..., 0], atol=1 / 255)
    left = np.asarray(Image.open(seven).resize((280, 280)), float)
    assert np.abs(sheet[:, :280] - left).mean() < 8
    line = refused(capsys, *arguments)
    assert line == f"{folder}: exists already; choose a new or an empty folder"


def test_images_that_are_all_bad_need_no_model(capsys, tmp_path, model_path):
    path = tmp_path / "white.png"
    Image.new("L", (60, 60), 255).save(path)
    before = contents(tmp_path)
    line = refused(capsys, "predict", model_path, path)
    assert line.startswith(f"{path}: ") and "found no ink" in line
    assert contents(tmp_path) == before


# playground --------------------------------------------------------------------------


def test_playground_writes_the_page_and_replaces_none(capsys, tmp_path, model_path):
    page = tmp_path / "digits.html"
    arguments = ("playground", model_path, "-o", page)
    status, (line,), errors = run(capsys, *arguments)
    assert (status, errors) == (0, [])
    assert line == f"wrote {page}; open it in any browser"
    playground(load(model_path)).save(tmp_path / "again.html")
    assert page.read_bytes() == (tmp_path / "again.html").read_bytes()
    page.write_text("mine")
    assert "exists already; choose another name" in refused(capsys, *arguments)
    assert page.read_text() == "mine"
    assert run(capsys, *arguments, "--force")[0] == 0 and page.stat().st_size > 1e5
    for name, message in [("page.txt", "ends in .html"), ("no/a.html", "create it")]:
        line = refused(capsys, "playground", model_path, "-o", tmp_path / name)
        assert message in line
