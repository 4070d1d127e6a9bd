"""The command line: what it prints, what it refuses, and what it leaves on disk."""

import os
import re
import shlex
import signal
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
from PIL import Image

from mnist_tutorial import __main__ as command_line
from mnist_tutorial import datasets, doctor
from mnist_tutorial.__main__ import main
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
    import keras

    from mnist_tutorial.models import build_fast_cnn
    from mnist_tutorial.training import train_fast

    keras.utils.set_random_seed(0)
    model = build_fast_cnn()
    train_fast(model, *small_mnist[0], epochs=8)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(path)
    return path


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
    """Every file below a folder with what it holds."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


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
    "command", [[], ["doctor"], ["train"], ["evaluate"], ["predict"]]
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
    result = subprocess.run(
        [sys.executable, "-m", "mnist_tutorial", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0
    assert "doctor" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND; see mnist-tutorial --help"),
        (["learn"], "invalid choice: 'learn'"),
        (["train"], "required: --output; see mnist-tutorial train --help"),
        (["train", "--output"], "--output: expected one argument"),
        (["predict", "model.keras"], "required: IMAGE"),
        (["doctor", "--fast"], "unrecognized arguments: --fast"),
        # Abbreviations would change their meaning when an option is added.
        (["train", "--output", "m.keras", "--epoch", "1"], "unrecognized arguments"),
        (["train", "--output", "m.keras", "--recipe", "slow"], "choice: 'slow'"),
        (["train", "--output", "m.keras", "--epochs", "0"], "from 1 to 10,000, got"),
        (["train", "--output", "m.keras", "--epochs", "1.5"], "got '1.5'"),
        (["train", "--output", "m.keras", "--batch-size", "54001"], "got '54001'"),
        (["train", "--output", "m.keras", "--learning-rate", "0"], "above 0, got '0'"),
        (["train", "--output", "m.keras", "--learning-rate", "nan"], "got 'nan'"),
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


def test_tensorflow_adds_nothing_to_the_one_line(tmp_path):
    import keras

    path = tmp_path / "nine.keras"
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Dense(9)]).save(path)
    process = start("", "evaluate", path)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert output == ""
    assert errors.count("\n") == 1
    assert errors.startswith("mnist-tutorial: error: ")
    assert "got (None, 28, 28, 1) to (None, 28, 28, 9)" in errors


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
    assert f"NumPy: {np.__version__}" in lines[1]
    assert "60,000 training and 10,000 test images, checksum right" in lines[7]
    # Five epochs of 1,688 steps.
    assert "0.2500 s a step of 32 images, so about 35 min" in lines[8]


def test_doctor_names_what_is_wrong(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "DATA_FILE", tmp_path / "mnist.npz")
    monkeypatch.setattr(doctor, "MIN_MEMORY_GIB", 10**6)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    status, lines, errors = run(capsys, "doctor")
    assert status == 2
    assert len(errors) == 1
    assert "4 of 9 failed (TensorFlow, memory, data, training)" in errors[0]
    failed = [line for line in lines if line.startswith("failed")]
    assert len(failed) == 4
    assert len(lines) == 9
    assert f"{tmp_path / 'mnist.npz'}: expected MNIST" in failed[2]


# The data file -----------------------------------------------------------------------


def test_a_damaged_data_file_is_one_line(capsys, monkeypatch, tmp_path):
    data_file = tmp_path / "mnist.npz"
    data_file.write_bytes(datasets.DATA_FILE.read_bytes()[:5000])
    monkeypatch.setattr(datasets, "DATA_FILE", data_file)
    message = refused(capsys, "train", "--output", tmp_path / "new.keras")
    assert message.startswith(f"{data_file}: expected MNIST with SHA-256")
    assert list(contents(tmp_path)) == [data_file.relative_to(tmp_path)]


# train -------------------------------------------------------------------------------


@pytest.fixture
def no_work(monkeypatch):
    """Fail the test if the command begins to work."""

    def work():
        raise AssertionError("data was loaded")

    monkeypatch.setattr(datasets, "load_mnist", work)
    monkeypatch.setattr(datasets, "load_raw_mnist", work)


def test_train_saves_a_model_and_prints_a_line_an_epoch(
    capsys, monkeypatch, tmp_path, small, small_mnist
):
    # No training may look at the test set.
    monkeypatch.setattr(datasets, "load_mnist", lambda: (small_mnist[0], None))
    output = tmp_path / "model.keras"
    status, lines, errors = run(
        capsys, "train", "--recipe", "fast", "--epochs", 3, "--output", output
    )
    assert (status, errors) == (0, [])
    assert lines[0] == "training on 2,700 images, validating on 300"
    epochs = [re.match(r"epoch (\d)/3: loss \d", line) for line in lines[1:4]]
    assert [epoch[1] for epoch in epochs] == ["1", "2", "3"]
    assert lines[4].startswith(f"saved {output}")
    assert list(contents(tmp_path)) == [output.relative_to(tmp_path)]

    # The best epoch's weights, so the file reaches the best of the printed figures.
    import keras

    model = keras.saving.load_model(output, compile=False)
    _, (x_val, y_val) = datasets.split_validation(*small_mnist[0])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    best = min(float(re.search(r"validation loss ([\d.]+)", x)[1]) for x in lines[1:4])
    measured = float(loss(y_val, model.predict(x_val, verbose=0)))
    assert measured == pytest.approx(best, abs=1e-3)


def test_seed_and_recipe_reach_the_training(capsys, monkeypatch, tmp_path, small):
    from mnist_tutorial import training

    seen = []

    def fake_train(model, *data, checkpoint, **options):
        seen.append((options, model.get_weights()[0], data[0]))
        checkpoint.touch()

    monkeypatch.setattr(training, "train", fake_train)
    given = [["--seed", 1], ["--seed", 1], ["--seed", 2, "--epochs", 7]]
    given += [["--batch-size", 9, "--learning-rate", 0.5]]
    for number, options in enumerate(given):
        output = tmp_path / f"{number}.keras"
        options = ["--recipe", "fast", *options, "--output", output]
        assert run(capsys, "train", *options)[0] == 0
    for (options, *_), changed in zip(
        seen,
        [{"seed": 1}, {"seed": 1}, {"seed": 2, "epochs": 7}]
        + [{"seed": 0, "batch_size": 9, "learning_rate": 0.5}],
        strict=True,
    ):
        expected = FAST._asdict() | {"steps_per_execution": 10} | changed
        del expected["builder"]
        assert {name: options[name] for name in expected} == expected
    (_, weights, images), (_, again, _), (_, others, other_images) = seen[:3]
    np.testing.assert_array_equal(weights, again)
    assert np.abs(weights - others).max() > 0.01
    # Which images are for validation does not hang on it.
    np.testing.assert_array_equal(images, other_images)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            "old.keras",
            "exists already; choose another name, or replace it with --force",
        ),
        ("new.h5", "expected a name that ends in .keras"),
        ("nowhere/new.keras", "expected an existing folder"),
        ("folder.keras", "expected a file, got a directory"),
        (f"{'x' * 300}.keras", "cannot be used: File name too long"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    capsys, tmp_path, no_work, output, message
):
    (tmp_path / "old.keras").write_bytes(b"an old model")
    (tmp_path / "folder.keras").mkdir()
    before = contents(tmp_path)
    path = tmp_path / output
    line = refused(capsys, "train", "--output", path)
    assert line.startswith(f"{path}: {message}")
    assert contents(tmp_path) == before


def test_force_replaces_the_old_file_only_when_the_new_one_is_complete(
    capsys, monkeypatch, tmp_path, small
):
    from mnist_tutorial import training

    output = tmp_path / "model.keras"
    output.write_bytes(b"an old model")
    real_train = training.train

    def watched_train(*arguments, **options):
        history = real_train(*arguments, **options)
        assert options["checkpoint"].exists()
        assert output.read_bytes() == b"an old model"
        return history

    monkeypatch.setattr(training, "train", watched_train)
    options = ["--recipe", "fast", "--force"]
    assert run(capsys, "train", *options, "--output", output)[0] == 0
    assert zipfile.is_zipfile(output)
    assert len(contents(tmp_path)) == 1


def test_no_file_that_is_there_or_appears_during_training_is_overwritten(
    capsys, monkeypatch, tmp_path, small
):
    from mnist_tutorial import training

    output, earlier = tmp_path / "model.keras", tmp_path / "model.partial.keras"
    earlier.write_bytes(b"hours of work")
    real_train = training.train

    def slow_train(*arguments, **options):
        output.write_bytes(b"another run was faster")
        return real_train(*arguments, **options)

    monkeypatch.setattr(training, "train", slow_train)
    line = refused(capsys, "train", "--recipe", "fast", "--output", output)
    assert f"the new model is in {tmp_path / 'model.partial-2.keras'}" in line
    assert output.read_bytes() == b"another run was faster"
    assert earlier.read_bytes() == b"hours of work"
    assert zipfile.is_zipfile(tmp_path / "model.partial-2.keras")


def test_a_full_disk_is_one_line(capsys, monkeypatch, tmp_path, small):
    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    options = ["--recipe", "fast"]
    line = refused(capsys, "train", *options, "--output", tmp_path / "model.keras")
    assert "cannot be written: No space left on device; free some space" in line
    assert contents(tmp_path) == {}


def test_training_that_diverges_saves_nothing(capsys, tmp_path, small):
    options = ["--recipe", "fast", "--learning-rate", "1e38"]
    line = refused(capsys, "train", *options, "--output", tmp_path / "model.keras")
    assert "choose a smaller learning" in line
    assert contents(tmp_path) == {}


# Ctrl-C in training ------------------------------------------------------------------

SMALL_DATA = f"""
import mnist_tutorial.datasets as datasets
(x_train, y_train), test = datasets.load_mnist()
small = (x_train[:{TRAINING_IMAGES}], y_train[:{TRAINING_IMAGES}]), test
datasets.load_mnist = lambda: small
"""

# The signal arrives in the middle of the first epoch, whatever the machine's speed.
INTERRUPTED_EARLY = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # Keras is imported before main() sets it
import keras
from mnist_tutorial import training

class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 20:
            os.kill(os.getpid(), signal.SIGINT)

real_train = training.train

def train(*arguments, callbacks, **options):
    return real_train(*arguments, callbacks=[*callbacks, Interrupt()], **options)

training.train = train
"""


@pytest.mark.parametrize("moment", ["in the first epoch", "after the first epoch"])
def test_ctrl_c_keeps_the_best_weights_and_says_how_to_go_on(
    capsys, tmp_path, small, small_mnist, moment
):
    import keras

    early = moment == "in the first epoch"

    output = tmp_path / "my  model.keras"
    options = ["--epochs", "200", "--output", str(output)]
    if not early:
        output.write_bytes(b"an old model")
        options.append("--force")
    process = start(SMALL_DATA + INTERRUPTED_EARLY * early, "train", *options)
    if not early:
        while not process.stdout.readline().startswith("epoch 1/200"):
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 2, errors
    assert errors.count("\n") == 1
    assert errors.startswith("mnist-tutorial: error: interrupted; the best weights")
    assert "saved" not in printed

    # The weights lie beside the output, which is as it was.
    partial = tmp_path / "my  model.partial.keras"
    assert str(partial) in errors
    if early:
        assert not output.exists()
    else:
        assert output.read_bytes() == b"an old model"
    model = keras.saving.load_model(partial, compile=False)
    _, (x_val, y_val) = datasets.split_validation(*small_mnist[0])
    right = (model.predict(x_val, verbose=0).argmax(axis=1) == y_val).mean()
    # Untrained networks read one digit in ten; 20 steps reach more than twice that.
    assert right > (0.2 if early else 0.6)

    # The command that the message names works as it stands.
    words = shlex.split(errors.split("go on with: ")[1])
    assert words[:4] == ["mnist-tutorial", "train", "--resume", str(partial)]
    left = int(words[words.index("--epochs") + 1])
    # The signal may come between the end of an epoch and its line.
    done = 0 if early else 1 + len(re.findall(r"^epoch \d+/200", printed, re.M))
    assert left in ((200,) if early else (200 - done, 199 - done))
    words[words.index("--epochs") + 1] = "1"
    status, lines, errors = run(capsys, *words[1:])
    assert (status, errors) == (0, [])
    resumed = float(re.search(r"validation accuracy ([\d.]+) %", lines[1])[1])
    assert resumed > 100 * right - 5
    assert zipfile.is_zipfile(output)


def test_ctrl_c_before_the_first_step_leaves_nothing(
    capsys, monkeypatch, tmp_path, small
):
    from mnist_tutorial import training

    def interrupted_train(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted_train)
    line = refused(capsys, "train", "--output", tmp_path / "model.keras")
    assert line == "interrupted; run the command again to start over"
    assert contents(tmp_path) == {}


# Models ------------------------------------------------------------------------------


def broken_models(folder):
    """Write every kind of wrong model; return its path and what is said of it."""
    import keras
    from keras import layers

    def save(name, *stack, inputs=(28, 28, 1)):
        path = folder / name
        keras.Sequential([keras.Input(inputs), *stack]).save(path)
        return path

    good = save("good.keras", layers.Flatten(), layers.Dense(10))
    content = good.read_bytes()
    good.unlink()

    def write(name, data):
        (folder / name).write_bytes(data)
        return folder / name

    with zipfile.ZipFile(folder / "photos.keras", "w") as archive:
        archive.writestr("photo.txt", "not a model")
    (folder / "folder.keras").mkdir()
    os.mkfifo(folder / "pipe.keras")  # opened, it would keep the command waiting
    not_one = "expected a model saved by Keras 3 as .keras, got something else"
    return {
        folder / "pipe.keras": "no such model file",  # none to read
        folder / f"{'x' * 300}.keras": "cannot be used: File name too long",
        folder / "missing.keras": "no such model file; check the name",
        folder / "folder.keras": "expected a model file, got a directory",
        folder / "photos.keras": "cannot be loaded as a Keras model",
        write("text.keras", b"This is a model.\n"): not_one,
        write("cut.keras", content[:-300]): not_one,
        write("altered.keras", content[:60] + bytes(400) + content[460:]): (
            "cannot be loaded as a Keras model"
        ),
        write("model.h5", content): not_one,
        save("outputs.keras", layers.Flatten(), layers.Dense(9)): (
            "expected a model from images (None, 28, 28, 1) to ten outputs (None, 10), "
            "got (None, 28, 28, 1) to (None, 9)"
        ),
        save("inputs.keras", layers.Dense(10), inputs=(784,)): "got (None, 784)",
        save(
            "lambda.keras",
            layers.Flatten(),
            layers.Lambda(lambda x: x),
            layers.Dense(10),
        ): "holds Python code (a Lambda layer or the like), which is not run",
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


def test_a_model_that_ends_in_softmax(capsys, tmp_path, small, model_path, seven):
    import keras

    logits = keras.saving.load_model(model_path, compile=False)
    path = tmp_path / "softmax.keras"
    keras.Sequential([logits, keras.layers.Softmax()]).save(path)
    # Its outputs are taken for the probabilities that they are ...
    _, expected, _ = run(capsys, "predict", model_path, seven)
    assert run(capsys, "predict", path, seven) == (0, expected, [])
    # ... but the loss of `train` expects logits.
    output = tmp_path / "new.keras"
    line = refused(capsys, "train", "--resume", path, "--output", output)
    assert "expected a model that gives logits" in line


def test_a_model_without_finite_outputs_is_refused(capsys, tmp_path, small, seven):
    from mnist_tutorial.models import build_linear

    model = build_linear()
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    model.save(tmp_path / "nan.keras")
    for arguments in (["evaluate"], ["predict"]):
        images = [seven] if arguments == ["predict"] else []
        line = refused(capsys, *arguments, tmp_path / "nan.keras", *images)
        assert "expected finite outputs" in line


# evaluate ----------------------------------------------------------------------------


def test_evaluate_counts_as_one_would_by_hand(capsys, small, small_mnist, model_path):
    import keras

    status, lines, errors = run(capsys, "evaluate", model_path)
    assert (status, errors) == (0, [])
    model = keras.saving.load_model(model_path, compile=False)
    _, (x_test, y_test) = small_mnist
    read = np.argmax(model(x_test), axis=1)
    correct = int((read == y_test).sum())
    assert lines[0] == f"{model_path} on the 500 test images"
    assert lines[1].startswith(f"accuracy: {correct / 500:.2%}".replace("%", " %"))
    assert f"{correct} of 500" in lines[1]
    low, high = map(float, re.search(r"([\d.]+)(?: %)? to ([\d.]+)", lines[1]).groups())
    # Wilson's interval, from its defining equation: |p - p0| = z sqrt(p0 (1-p0) / n).
    for bound in (low / 100, high / 100):
        error = abs(correct / 500 - bound)
        assert error == pytest.approx(
            1.96 * (bound * (1 - bound) / 500) ** 0.5, abs=1e-4
        )
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
    text = tmp_path / "text.png"
    text.write_text("This is a seven.")
    missing = tmp_path / "missing.png"
    status, lines, errors = run(
        capsys, "predict", model_path, seven, text, missing, seven
    )
    assert status == 2
    assert [line.split(":")[0] for line in lines] == [str(seven)] * 2
    assert len(errors) == 2
    assert errors[0].startswith(f"mnist-tutorial: error: {text}: expected an image")
    assert errors[1].startswith(f"mnist-tutorial: error: {missing}: no such")


def test_images_that_are_all_bad_need_no_model(capsys, tmp_path, model_path):
    path = tmp_path / "white.png"
    Image.new("L", (60, 60), 255).save(path)
    before = contents(tmp_path)
    line = refused(capsys, "predict", model_path, path)
    assert line.startswith(f"{path}: ") and "found no ink" in line
    assert contents(tmp_path) == before


def test_odd_file_names_stay_one_line(capsys, tmp_path, model_path, seven):
    for name, shown in (
        ("数字  7.png", "数字  7.png"),
        ("two\nlines.png", "two\\nlines.png"),
        ("\033[2Jblank.png", "\\x1b[2Jblank.png"),
        (os.fsdecode(b"latin\xe9.png"), "latin\\udce9.png"),
    ):
        path = tmp_path / name
        path.write_bytes(seven.read_bytes())
        status, lines, _ = run(capsys, "predict", model_path, path)
        assert (status, len(lines)) == (0, 1)
        assert lines[0].startswith(f"{tmp_path / shown}: ")
        path.write_bytes(b"")
        line = refused(capsys, "predict", model_path, path)
        assert line.startswith(f"{tmp_path / shown}: expected an image, got an empty")
