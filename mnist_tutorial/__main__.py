"""The command ``mnist-tutorial``: check the machine, train, evaluate, predict.

What the user can put right is told in one line on stderr with exit status 2, and
leaves the disk as it was. Anything else is a mistake in this package and shows its
traceback.
"""

import argparse
import math
import os
import shlex
import sys
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from mnist_tutorial.errors import InputError

# NumPy, Keras and TensorFlow are imported inside the functions that need them: they
# take seconds, and --help or a mistyped option should answer at once.

PROGRAM = "mnist-tutorial"
EXIT_OK, EXIT_FAILED = 0, 2

# What each recipe sets where the user says nothing. The numbers of "fast" are those of
# `training.train_fast`; a test holds them equal.
RECIPES = {
    "document": {
        "builder": "build_cnn",
        "epochs": 5,
        "batch_size": 32,
        "learning_rate": 1e-3,
        "schedule": "constant",
        # One step at a time, so that Ctrl-C is answered at once.
        "steps_per_execution": 1,
    },
    "fast": {
        "builder": "build_fast_cnn",
        "epochs": 2,
        "batch_size": 128,
        "learning_rate": 1e-2,
        "schedule": "one_cycle",
        # `train_fast` runs a whole epoch at a time, which Ctrl-C would wait for.
        "steps_per_execution": 10,
    },
}

STEPS_TIMED = 30
MIN_MEMORY_GIB = 2


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        The arguments after the program's name; ``sys.argv[1:]`` if None.

    Returns
    -------
    int
        The exit status: 0, or 2 after a failure that the user can put right.
    """
    # TensorFlow reads both when it is imported. Its start-up lines would drown ours,
    # and on some processors it leaves oneDNN off, which trains up to twice as fast.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # A file name may hold letters that the terminal cannot show: they are escaped.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _build_parser().parse_args(argv)
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except InputError as error:
        _report(error)
        return EXIT_FAILED
    except KeyboardInterrupt:
        _report("interrupted; run the command again to start over")
        return EXIT_FAILED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Without this Python would complain
        # once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and not a page of usage."""

    def error(self, message):
        raise InputError(f"{message}; see {self.prog} --help")


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Train and try the networks of the book on MNIST.",
        epilog="Exit status: 0 on success, 2 if something must be put right first.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    doctor = commands.add_parser(
        "doctor",
        help="check that this machine can run the book",
        description="Check that this machine can run the book, one line a check.",
        allow_abbrev=False,
    )
    doctor.set_defaults(run=_doctor)

    train = commands.add_parser(
        "train",
        help="train a network and save it",
        description="Train on 54,000 images and measure on 6,000 others after every "
        "epoch; the test set is not touched. The model saved is that of the epoch "
        "with the lowest validation loss. Ctrl-C keeps the best one so far.",
        allow_abbrev=False,
    )
    train.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="MODEL.keras",
        help="where to save the model",
    )
    train.add_argument(
        "--recipe",
        choices=RECIPES,
        default="document",
        help="the document's network and settings, or ones that take seconds "
        "(default: %(default)s)",
    )
    train.add_argument(
        "--epochs",
        type=_whole_number(1, 10_000),
        metavar="N",
        help="passes over the training images (default: document 5, fast 2)",
    )
    train.add_argument(
        "--batch-size",
        type=_whole_number(1, 54_000),
        metavar="N",
        help="images in each step (default: document 32, fast 128)",
    )
    train.add_argument(
        "--learning-rate",
        type=_positive_number,
        metavar="X",
        help="Adam's step size, for fast its peak (default: document 0.001, fast 0.01)",
    )
    train.add_argument(
        "--seed",
        type=_whole_number(0, 2**32 - 1),
        default=0,
        metavar="N",
        help="for the first weights and the order of the images (default: 0)",
    )
    train.add_argument(
        "--resume",
        type=Path,
        metavar="MODEL.keras",
        help="start from this model's weights instead of random ones",
    )
    train.add_argument(
        "--force",
        action="store_true",
        help="replace an existing output, once the new one is complete",
    )
    train.set_defaults(run=_train)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a model on the 10,000 test images",
        description="Measure a model on the 10,000 test images: accuracy with its "
        "95 % interval, and a table of what was taken for what.",
        allow_abbrev=False,
    )
    evaluate.add_argument("model", type=Path, metavar="MODEL.keras")
    evaluate.set_defaults(run=_evaluate)

    predict = commands.add_parser(
        "predict",
        help="read the digit in each of your own images",
        description="Read the digit in each image file, dark on light or light on "
        "dark, any size up to 10,000 pixels a side. A file that cannot be read gets "
        "a line on stderr; the others are read all the same, and the exit status "
        "is 2. An animated file is refused: save one frame.",
        allow_abbrev=False,
    )
    predict.add_argument("model", type=Path, metavar="MODEL.keras")
    predict.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    predict.set_defaults(run=_predict)
    return parser


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {low:,} to {high:,}, got {text!r}"
            )
        return number

    return parse


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def _report(message: object) -> None:
    """Print one line on stderr."""
    # On a terminal the progress bar may still stand in this line.
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{clear}{PROGRAM}: error: {_printable(message)}", file=sys.stderr)


def _printable(text: object) -> str:
    """Escape what would break a line or steer the terminal, as in odd file names."""
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in str(text)
    )


# doctor ------------------------------------------------------------------------------


def _doctor(arguments: argparse.Namespace) -> int:
    """Print one line a check, and fail if any of them failed."""
    checks = (
        ("Python", _check_python),
        ("NumPy", _check_numpy),
        ("TensorFlow", _check_tensorflow),
        ("Keras", _check_keras),
        ("CPUs", _check_cpus),
        ("memory", _check_memory),
        ("GPUs", _check_gpus),
        ("data", _check_data),
        ("training", _check_training),
    )
    failed = []
    for name, check in checks:
        # Whatever a check raises is a finding about the machine: a broken driver or
        # half an installation fails in ways that no list foresees.
        try:
            found, mark = check(), "ok"
        except Exception as error:
            found = _printable(error) or type(error).__name__
            mark = "failed"
            failed.append(name)
        print(f"{mark:6}  {name}: {found}", flush=True)
    if failed:
        raise InputError(
            f"expected all checks to pass, {len(failed)} of {len(checks)} failed "
            f"({', '.join(failed)}); put right what the first of them says above, "
            "or install mnist-tutorial again in a new environment"
        )
    return EXIT_OK


def _check_python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise InputError(f"expected 3.11 to 3.13, found {version}; install one of them")
    return version


def _check_numpy() -> str:
    import numpy as np

    return np.__version__


def _check_tensorflow() -> str:
    import tensorflow

    return tensorflow.__version__


def _check_keras() -> str:
    import keras

    return f"{keras.__version__} on the backend {keras.backend.backend()}"


def _check_cpus() -> str:
    # Where a container or a batch system lends only some of the machine's cores.
    if hasattr(os, "sched_getaffinity"):
        return str(len(os.sched_getaffinity(0)))
    return str(os.cpu_count())


def _check_memory() -> str:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return "size unknown on this system"
    try:
        # A container's own limit, which may be far below the machine's memory.
        size = min(size, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        pass
    gib = size / 2**30
    if gib < MIN_MEMORY_GIB:
        raise InputError(
            f"expected {MIN_MEMORY_GIB} GiB, found {gib:.1f}; use a larger machine, "
            "or Colab"
        )
    return f"{gib:.1f} GiB"


def _check_gpus() -> str:
    import keras

    devices = keras.distribution.list_devices("gpu")
    return ", ".join(devices) if devices else "none, the CPU does the work"


def _check_data() -> str:
    from mnist_tutorial import datasets

    (_, y_train), (_, y_test) = datasets.load_raw_mnist()
    return (
        f"{len(y_train):,} training and {len(y_test):,} test images, checksum right "
        f"({datasets.DATA_FILE})"
    )


def _check_training() -> str:
    import keras

    from mnist_tutorial import datasets, models

    (x_train, y_train), _ = datasets.load_mnist()
    recipe = RECIPES["document"]
    model = getattr(models, recipe["builder"])()
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    started = 0.0
    for step in range(2 + STEPS_TIMED):
        # The first two steps also build the graph.
        if step == 2:
            started = time.perf_counter()
        first = step * recipe["batch_size"]
        part = slice(first, first + recipe["batch_size"])
        loss = float(model.train_on_batch(x_train[part], y_train[part]))
        if not math.isfinite(loss):
            raise InputError(f"expected a finite loss, got {loss}")
    seconds = (time.perf_counter() - started) / STEPS_TIMED
    steps = recipe["epochs"] * math.ceil(54_000 / recipe["batch_size"])
    return (
        f"{seconds:.4f} s a step of {recipe['batch_size']} images, so about "
        f"{max(1, round(seconds * steps / 60))} min for the document's "
        f"{recipe['epochs']} epochs"
    )


# train -------------------------------------------------------------------------------


def _train(arguments: argparse.Namespace) -> int:
    """Train, and put the best epoch's model in place once all is done."""
    output = arguments.output
    _check_output(output, force=arguments.force)
    recipe = RECIPES[arguments.recipe]
    epochs = arguments.epochs or recipe["epochs"]
    if arguments.resume is not None:
        model = _load_model(arguments.resume)
        _refuse_probabilities(model, arguments.resume)

    import keras

    from mnist_tutorial import datasets, models, training

    if arguments.resume is None:
        keras.utils.set_random_seed(arguments.seed)
        model = getattr(models, recipe["builder"])()
    (x, y), _ = datasets.load_mnist()
    # Always the same split, whatever --seed says: a resumed model must not be measured
    # on images that it was trained on before.
    (x_train, y_train), validation_data = datasets.split_validation(x, y)
    print(
        f"training on {len(y_train):,} images, "
        f"validating on {len(validation_data[1]):,}",
        flush=True,
    )

    # The best model so far lies beside the output under a free name, so that neither
    # an old output nor what an earlier interrupted run left is ever overwritten.
    partial = _free_partial_path(output)
    epoch_lines = _make_epoch_lines(epochs)
    try:
        training.train(
            model,
            x_train,
            y_train,
            validation_data=validation_data,
            epochs=epochs,
            batch_size=arguments.batch_size or recipe["batch_size"],
            learning_rate=arguments.learning_rate or recipe["learning_rate"],
            schedule=recipe["schedule"],
            steps_per_execution=recipe["steps_per_execution"],
            checkpoint=partial,
            seed=arguments.seed,
            callbacks=[epoch_lines],
        )
        if output.exists() and not arguments.force:
            raise InputError(
                f"{output}: appeared while training ran; the new model is in "
                f"{partial}; rename one of them"
            )
        os.replace(partial, output)
    except KeyboardInterrupt:
        # `train` has saved the model already, unless it was stopped before its first
        # step.
        if not partial.exists():
            training.save_model(model, partial)
        command = _resume_command(arguments, partial, epochs - epoch_lines.done)
        raise InputError(
            f"interrupted; the best weights so far are in {partial}; go on with: "
            f"{command}"
        ) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            f"{partial}: cannot be written: {error.strerror or error}; free some space "
            "or choose another folder"
        ) from error
    print(
        f"saved {_printable(output)}; "
        f"measure it with: {PROGRAM} evaluate {_quoted(output)}"
    )
    return EXIT_OK


def _check_output(output: Path, *, force: bool) -> None:
    """Refuse an output path that could not be written in the end."""
    if output.suffix != ".keras":
        raise InputError(f"{output}: expected an output that ends in .keras; rename it")
    try:
        output.exists()
    except OSError as error:
        raise InputError(f"{output}: cannot be used: {error.strerror}") from error
    if output.is_dir():
        raise InputError(f"{output}: expected a file, got a directory; name a file")
    if not output.parent.is_dir():
        raise InputError(
            f"{output}: expected an existing folder, got {output.parent}; create it "
            "first"
        )
    if not os.access(output.parent, os.W_OK):
        raise InputError(
            f"{output}: no permission to write in {output.parent}; choose another "
            "folder"
        )
    if output.exists() and not force:
        raise InputError(
            f"{output}: exists already; choose another name, or replace it with --force"
        )


def _free_partial_path(output: Path) -> Path:
    """Return ``model.partial.keras`` or the first numbered one that is free."""
    number = 1
    while True:
        suffix = ".partial" if number == 1 else f".partial-{number}"
        path = output.with_name(f"{output.stem}{suffix}.keras")
        if not path.exists():
            return path
        number += 1


def _make_epoch_lines(epochs: int):
    """Return a Keras callback that prints one line an epoch and counts them."""
    import keras

    class EpochLines(keras.callbacks.Callback):
        done = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.done = epoch + 1
            line = (
                f"epoch {self.done}/{epochs}: loss {logs['loss']:.4f}, "
                f"accuracy {100 * logs['accuracy']:.2f} %, "
                f"validation loss {logs['val_loss']:.4f}, "
                f"validation accuracy {100 * logs['val_accuracy']:.2f} %, "
                f"{time.perf_counter() - self.started:.1f} s"
            )
            # On a terminal the line must cover the progress bar.
            end = "\033[K\n" if sys.stdout.isatty() else "\n"
            print(line, end=end, flush=True)

    return EpochLines()


def _resume_command(
    arguments: argparse.Namespace, partial: Path, epochs_left: int
) -> str:
    """Return the command that goes on where this run was interrupted."""
    words = ["--resume", str(partial), "--output", str(arguments.output)]
    words += ["--recipe", arguments.recipe, "--epochs", str(max(1, epochs_left))]
    if arguments.batch_size is not None:
        words += ["--batch-size", str(arguments.batch_size)]
    if arguments.learning_rate is not None:
        words += ["--learning-rate", str(arguments.learning_rate)]
    # Another seed than before, or the same images would come in the same order.
    words += ["--seed", str((arguments.seed + 1) % 2**32)]
    if arguments.force:
        words += ["--force"]
    return f"{PROGRAM} train {shlex.join(words)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


# evaluate, predict -------------------------------------------------------------------


def _evaluate(arguments: argparse.Namespace) -> int:
    """Print the test accuracy and the table of confusions."""
    model = _load_model(arguments.model)

    from mnist_tutorial import datasets, evaluation

    _, (x_test, y_test) = datasets.load_mnist()
    predictions = _run_model(model, x_test, arguments.model).argmax(axis=1)
    estimate = evaluation.accuracy(y_test, predictions)
    print(f"{_printable(arguments.model)} on the {len(y_test):,} test images")
    print(f"accuracy: {estimate}")
    matrix = evaluation.confusion_matrix(y_test, predictions)
    print("rows: the true digit; columns: what the model read")
    print("    " + "".join(f"{digit:>6}" for digit in range(len(matrix))))
    for digit, row in enumerate(matrix):
        print(f"{digit:>4}" + "".join(f"{count:>6}" for count in row))
    return EXIT_OK


def _predict(arguments: argparse.Namespace) -> int:
    """Print one line an image, and one on stderr for each that cannot be read."""
    _check_model_file(arguments.model)

    import numpy as np

    from mnist_tutorial import preprocessing

    # All files are read before the model, which takes seconds to load.
    pictures: dict[int, np.ndarray] = {}
    errors: dict[int, InputError] = {}
    for index, path in enumerate(arguments.images):
        try:
            pictures[index] = preprocessing.load_digit_image(path)
        except InputError as error:
            errors[index] = error

    probabilities = {}
    if pictures:
        model = _load_model(arguments.model)
        outputs = _run_model(model, np.stack(list(pictures.values())), arguments.model)
        probabilities = dict(zip(pictures, _to_probabilities(outputs), strict=True))

    for index, path in enumerate(arguments.images):
        if index in errors:
            _report(errors[index])
            continue
        best, second = np.argsort(-probabilities[index], kind="stable")[:2]
        chances = probabilities[index]
        print(
            f"{_printable(path)}: {best} ({100 * chances[best]:.1f} %), "
            f"second best {second} ({100 * chances[second]:.1f} %)",
            flush=True,
        )
    return EXIT_FAILED if errors else EXIT_OK


# models ------------------------------------------------------------------------------


def _check_model_file(path: Path) -> None:
    """Refuse what can be told from the file alone, before Keras is imported."""
    try:
        if path.is_dir():
            raise InputError(f"{path}: expected a .keras model file, got a directory")
        if not path.exists():
            raise InputError(
                f"{path}: no such model file; check the name, or train one with: "
                f"{PROGRAM} train --output {_quoted(path.with_suffix('.keras'))}"
            )
        is_model = path.suffix == ".keras" and path.is_file()
        if is_model:
            with path.open("rb") as file:
                is_model = zipfile.is_zipfile(file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if not is_model:
        raise InputError(
            f"{path}: expected a model saved by Keras 3 as .keras, got something else; "
            f"train one with: {PROGRAM} train --output model.keras"
        )


def _load_model(path: Path):
    """Load a digit classifier, running none of the code that a file might hold."""
    _check_model_file(path)

    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # What a damaged or foreign file raises depends on where Keras stumbles over
        # it, and all of it means the same.
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
            shapes = (model.input_shape, model.output_shape)
        except Exception as error:
            if "unsafe" in str(error).lower():
                raise InputError(
                    f"{path}: holds Python code (a Lambda layer or the like), which "
                    "is not run from a file; rebuild the model from Keras' own layers"
                ) from error
            raise InputError(
                f"{path}: cannot be loaded as a Keras model "
                f"({type(error).__name__}); the file is damaged, or was saved by a "
                "newer Keras or with layers of its own: save it again"
            ) from error
    expected = ((None, 28, 28, 1), (None, 10))
    if shapes != expected:
        raise InputError(
            f"{path}: expected a model from images {expected[0]} to ten outputs "
            f"{expected[1]}, got {shapes[0]} to {shapes[1]}; choose a digit classifier"
        )
    return model


def _run_model(model, images, path: Path):
    """Return the model's outputs, shape (n, 10), or refuse one that gives no numbers.

    The model file may come from a training that diverged.
    """
    import numpy as np

    outputs = np.asarray(model.predict(images, batch_size=256, verbose=0))
    if not np.isfinite(outputs).all():
        raise InputError(
            f"{path}: expected finite outputs, got NaN or infinity; train the model "
            "again with a smaller learning rate"
        )
    return outputs


def _are_probabilities(outputs) -> bool:
    import numpy as np

    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


def _to_probabilities(outputs):
    """Return class probabilities from logits, or from a model that ends in softmax."""
    import numpy as np

    if _are_probabilities(outputs):
        return outputs
    exponents = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def _refuse_probabilities(model, path: Path) -> None:
    """Refuse to train on a model that ends in softmax: the loss expects logits."""
    import numpy as np

    blank = np.zeros((1, 28, 28, 1), dtype="float32")
    if _are_probabilities(_run_model(model, blank, path)):
        raise InputError(
            f"{path}: expected a model that gives logits, got one that gives "
            "probabilities; remove its last softmax"
        )


if __name__ == "__main__":
    sys.exit(main())
