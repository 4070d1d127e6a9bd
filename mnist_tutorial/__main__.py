"""The command ``mnist-tutorial``: check the machine, train, evaluate, predict, draw.

What the user can put right is told in one line on stderr with exit status 2, and
leaves the disk as it was. Anything else is a mistake in this package and shows its
traceback.
"""

import argparse
import itertools
import math
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from mnist_tutorial.doctor import CHECKS
from mnist_tutorial.errors import InputError
from mnist_tutorial.recipes import RECIPES

# NumPy, Keras and TensorFlow are imported inside the functions that need them: they
# take seconds, and --help or a mistyped option should answer at once.

PROGRAM = "mnist-tutorial"
EXIT_OK, EXIT_FAILED = 0, 2
# So many steps Ctrl-C has to wait for. More at a time are quicker on a small network.
STEPS_PER_EXECUTION = {"document": 1, "fast": 10, "best": 10}
A_MODEL = {"type": Path, "metavar": "MODEL.keras"}


def main(argv: list[str] | None = None) -> int:
    """Run the command line, with ``sys.argv[1:]`` if no arguments are given.

    The exit status is 0, or 2 after a failure that the user can put right.
    """
    # TensorFlow reads both when it is imported. Its start-up lines would drown ours,
    # and on some processors it leaves oneDNN off, which trains up to twice as fast.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # A file name may hold letters that the terminal cannot show.
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
    except KeyboardInterrupt:
        _report("interrupted; run the command again to start over")
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Without this Python would complain
        # once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        # A name that is too long, a file that may not be read.
        if error.filename is None:
            raise
        _report(f"{error.filename}: cannot be used: {error.strerror}; choose another")
    return EXIT_FAILED


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and which wants options in full."""

    def __init__(self, **settings):
        # Abbreviations would change their meaning when an option is added.
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message):
        raise InputError(f"{message}; see {self.prog} --help")


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Train and try the networks of the book on MNIST.",
        epilog="Exit status: 0 on success, 2 if something must be put right first.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    doctor = commands.add_parser(
        "doctor",
        help="check that this machine can run the book",
        description="Check that this machine can run the book, one line a check.",
    )
    doctor.set_defaults(run=_doctor)

    train = commands.add_parser(
        "train",
        help="train a network and save it",
        description="Train on 54,000 images and measure on 6,000 others after every "
        "epoch; the test set is not touched. The model saved is that of the epoch "
        "with the lowest validation loss. Ctrl-C keeps the best one so far. So that "
        "training outlives a kill, too, such as a Colab session that ends, name a "
        "folder with --resume-from, and run the same command again after it.",
    )
    _add_train_options(train)
    train.set_defaults(run=_train)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a model on the 10,000 test images",
        description="Measure a model on the 10,000 test images: accuracy with its "
        "95 % interval, and a table of what was taken for what.",
    )
    evaluate.add_argument("model", **A_MODEL)
    evaluate.set_defaults(run=_evaluate)

    predict = commands.add_parser(
        "predict",
        help="read the digit in each of your own images",
        description="Read the digit in each image file, dark on light or light on "
        "dark, any size up to 10,000 pixels a side. A file that cannot be read gets "
        "a line on stderr; the others are read all the same, and the exit status "
        "is 2. An animated file is refused: save one frame. So is a picture that holds "
        "no digit or several. Frames, lines and shadows are told from ink. What a "
        "network cannot know is that a sign is none of the ten digits: a letter, a "
        "smiley or two digits that touch get an answer, too, and often a sure one.",
    )
    predict.add_argument("model", **A_MODEL)
    predict.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    about = "write what the network received of each image, beside it, to a new folder"
    predict.add_argument("--show", type=Path, metavar="FOLDER", help=about)
    predict.set_defaults(run=_predict)
    _add_playground(commands)
    return parser


def _add_playground(commands: argparse._SubParsersAction) -> None:
    playground = commands.add_parser(
        "playground",
        help="write a page in which a model reads what one draws",
        description="Write one HTML file in which anybody can draw a digit and see "
        "what the model makes of it, layer by layer. A double click opens it, without "
        "Python and without a network connection, so it can be sent to a friend.",
    )
    playground.add_argument("model", **A_MODEL)
    about = "where to write the page"
    playground.add_argument(
        "-o", "--output", type=Path, required=True, metavar="PAGE.html", help=about
    )
    about = "replace an existing output"
    playground.add_argument("--force", action="store_true", help=about)
    playground.set_defaults(run=_playground)


def _add_train_options(train: argparse.ArgumentParser) -> None:
    def defaults(field: str) -> str:
        words = (f"{name} {getattr(one, field)}" for name, one in RECIPES.items())
        return f"(default: {', '.join(words)})"

    def add_number(option: str, kind: Callable, about: str, default=None) -> None:
        train.add_argument(option, type=kind, default=default, metavar="N", help=about)

    train.add_argument(
        "--output", required=True, help="where to save the model", **A_MODEL
    )
    train.add_argument(
        "--recipe",
        choices=RECIPES,
        default="document",
        help="the source document's network and settings, ones that take seconds, or "
        "fewer mistakes than the document in about its time (default: %(default)s)",
    )
    about = f"passes over the training images {defaults('epochs')}"
    add_number("--epochs", _whole_number(1, 10_000), about)
    about = f"images in each step {defaults('batch_size')}"
    add_number("--batch-size", _whole_number(1, 54_000), about)
    about = f"Adam's step size, but for document its peak {defaults('learning_rate')}"
    add_number("--learning-rate", _positive_number, about)
    about = "for the first weights and the order of the images (default: 0)"
    add_number("--seed", _whole_number(0, 2**32 - 1), about, default=0)
    about = "start from this model's weights instead of random ones; a folder that "
    about += "--resume-from has filled means the same as there"
    train.add_argument("--resume", help=about, **A_MODEL)
    about = "keep there, after every epoch, all that training goes on from, and go on "
    about += "from what is there; begin if nothing is"
    train.add_argument("--resume-from", type=Path, metavar="FOLDER", help=about)
    about = "replace an existing output, once the new one is complete"
    train.add_argument("--force", action="store_true", help=about)


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isdecimal() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {low:,} to {high:,}, got {text!r}"
            )
        return int(text)

    return parse


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def _report(message: object, kind: str = "error") -> None:
    """Print one line on stderr."""
    # On a terminal the progress bar may still stand in this line.
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{clear}{PROGRAM}: {kind}: {message}", file=sys.stderr)


# doctor ------------------------------------------------------------------------------


def _doctor(arguments: argparse.Namespace) -> int:
    """Print one line a check, and fail if any of them failed."""
    failed = []
    for name, check in CHECKS.items():
        # Whatever a check raises is a finding about the machine: a broken driver or
        # half an installation fails in ways that no list foresees.
        try:
            found, mark = check(), "ok"
        except Exception as error:
            found = " ".join(str(error).split()) or type(error).__name__
            mark = "failed"
            failed.append(name)
        print(f"{mark:6}  {name}: {found}", flush=True)
    if failed:
        raise InputError(
            f"expected all checks to pass, {len(failed)} of {len(CHECKS)} failed "
            f"({', '.join(failed)}); put right what the first of them says above, "
            "or install mnist-tutorial again in a new environment"
        )
    return EXIT_OK


# train -------------------------------------------------------------------------------


def _train(arguments: argparse.Namespace) -> int:
    """Train, and put the best epoch's model in place once all is done."""
    output = arguments.output
    _check_free(arguments, ".keras")
    settings = RECIPES[arguments.recipe]._asdict()
    for name in ("epochs", "batch_size", "learning_rate"):
        settings[name] = getattr(arguments, name) or settings[name]
    build = settings.pop("builder")
    if arguments.resume is not None and arguments.resume.is_dir():
        from mnist_tutorial import checkpoints

        if (arguments.resume / checkpoints.FILE).is_file():
            arguments.resume_from, arguments.resume = arguments.resume, None
    if arguments.resume is not None:
        classifier = _load(arguments.resume)
        if classifier.has_probabilities:
            raise InputError(
                f"{arguments.resume}: expected a model that gives logits, got one that "
                "gives probabilities; remove its last softmax or sigmoid"
            )
        model = classifier.model

    import keras

    from mnist_tutorial import datasets, models

    if arguments.resume is None:
        keras.utils.set_random_seed(arguments.seed)
        model = getattr(models, build)()
    (x, y), _ = datasets.load_mnist()
    # Always the same split, whatever --seed says: a resumed model must not be measured
    # on images that it was trained on before.
    train_data, validation_data = datasets.split_validation(x, y)
    print(
        f"training on {len(train_data[1]):,} images, "
        f"validating on {len(validation_data[1]):,}",
        flush=True,
    )
    settings |= {"validation_data": validation_data, "seed": arguments.seed}
    settings["resume_from"] = arguments.resume_from
    settings["steps_per_execution"] = STEPS_PER_EXECUTION[arguments.recipe]
    _train_into(output, model, *train_data, settings, arguments)
    print(
        f"saved {output}; "
        f"measure it with: {PROGRAM} evaluate {shlex.quote(str(output))}"
    )
    return EXIT_OK


def _check_free(arguments: argparse.Namespace, ending: str) -> None:
    """Refuse an output that cannot be written, or would be lost."""
    from mnist_tutorial import checks

    checks.check_output(arguments.output, ending)
    if arguments.output.exists() and not arguments.force:
        raise InputError(
            f"{arguments.output}: exists already; choose another name, or replace it "
            "with --force"
        )


def _train_into(
    output: Path, model, x_train, y_train, settings: dict, arguments: argparse.Namespace
) -> None:
    """Train; the output is there when all is done, or is as it was."""
    from mnist_tutorial import checkpoints, training

    # The best model so far lies beside the output under a free name, so that neither
    # an old output nor what an earlier interrupted run left is ever overwritten.
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    paths = (output.with_name(f"{output.stem}.partial{n}.keras") for n in numbers)
    partial = next(path for path in paths if not path.exists())
    folder, losses = arguments.resume_from, []
    if folder is not None:
        partial = folder / "best.keras"
        losses = checkpoints.read_history(folder).get("val_loss", [])
    keeper = checkpoints.Keeper(partial, settings["epochs"], losses)
    if keeper.best < float("inf") and not partial.exists():
        raise InputError(
            f"{partial}: the best model of the epochs before is missing; put it back, "
            "or choose another folder"
        )
    try:
        training.train(model, x_train, y_train, callbacks=[keeper], **settings)
        if not partial.exists():
            raise InputError(
                "nothing was saved, because the loss was never a number; choose a "
                "smaller learning rate"
            )
        if output.exists() and not arguments.force:
            raise InputError(
                f"{output}: appeared while training ran; the new model is in "
                f"{partial}; rename one of them"
            )
        if folder is None:
            os.replace(partial, output)
        else:  # it may lie on another disk, and stays as it is
            with checkpoints.in_place(output) as part:
                shutil.copyfile(partial, part)
    except KeyboardInterrupt:
        if folder is not None:
            raise InputError(
                f"interrupted; {keeper.done} epochs are kept in {folder}; run the same "
                "command again to go on"
            ) from None
        if not keeper.has_begun:
            raise
        if not partial.exists():
            keeper.save()
        epochs_left = max(1, settings["epochs"] - keeper.done)
        raise InputError(
            f"interrupted; the best weights so far are in {partial}; go on with: "
            f"{_resume_command(arguments, partial, epochs_left)}"
        ) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            f"{partial}: cannot be written: {error.strerror or error}; free some space "
            "or choose another folder"
        ) from error


def _resume_command(
    arguments: argparse.Namespace, partial: Path, epochs_left: int
) -> str:
    """Return the command that goes on where this run was interrupted."""
    options = {
        "--resume": partial,
        "--output": arguments.output,
        "--recipe": arguments.recipe,
        "--epochs": epochs_left,
        "--batch-size": arguments.batch_size,
        "--learning-rate": arguments.learning_rate,
        # Another seed than before, or the same images would come in the same order.
        "--seed": (arguments.seed + 1) % 2**32,
    }
    given = [(name, str(value)) for name, value in options.items() if value is not None]
    words = ["train", *itertools.chain(*given), *["--force"] * arguments.force]
    return shlex.join([PROGRAM, *words])


# evaluate, predict, playground -------------------------------------------------------


def _load(path: Path):
    """Load a classifier, and say what has to be done to its pixels."""
    from mnist_tutorial import model_files

    classifier = model_files.load_classifier(path)
    if classifier.note:
        _report(classifier.note, "note")
    return classifier


def _evaluate(arguments: argparse.Namespace) -> int:
    """Print the test accuracy and the table of confusions."""
    from mnist_tutorial import datasets, evaluation

    model = _load(arguments.model).model
    _, (x_test, y_test) = datasets.load_mnist()
    predictions = evaluation.predict_classes(model, x_test)
    print(f"{arguments.model} on the {len(y_test):,} test images")
    print(f"accuracy: {evaluation.accuracy(y_test, predictions)}")
    print("rows: the true digit; columns: what the model read")
    print("    " + "".join(f"{digit:>6}" for digit in range(10)))
    matrix = evaluation.confusion_matrix(y_test, predictions)
    for digit, row in enumerate(matrix):
        print(f"{digit:>4}" + "".join(f"{count:>6}" for count in row))
    return EXIT_OK


def _predict(arguments: argparse.Namespace) -> int:
    """Print one line an image, and one on stderr for each that cannot be read."""
    import numpy as np

    from mnist_tutorial import evaluation, model_files, preprocessing

    model_files.check_model_file(arguments.model)
    folder = arguments.show
    if folder and not folder.parent.is_dir():
        raise InputError(f"{folder}: expected a new folder in an existing one")
    if folder and folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists already; choose a new or an empty folder")
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
        classifier = _load(arguments.model)
        images = np.stack(list(pictures.values()))
        outputs = classifier.model.predict(images, batch_size=256, verbose=0)
        if not classifier.has_probabilities:  # but logits
            outputs = evaluation.softmax(outputs)
        probabilities = dict(zip(pictures, outputs, strict=True))

    if folder and pictures:
        folder.mkdir(exist_ok=True)
    for index, path in enumerate(arguments.images):
        if index in errors:
            _report(errors[index])
            continue
        if folder:
            sheet = preprocessing.picture_beside(path, pictures[index])
            sheet.save(folder / f"{index + 1}-{path.stem}.png")
        chances = probabilities[index]
        best, second = np.argsort(-chances, kind="stable")[:2]
        print(
            f"{path}: {best} ({100 * chances[best]:.1f} %), "
            f"second best {second} ({100 * chances[second]:.1f} %)",
            flush=True,
        )
    return EXIT_FAILED if errors else EXIT_OK


def _playground(arguments: argparse.Namespace) -> int:
    """Write a page in which the model reads what a reader draws."""
    from mnist_tutorial.playground import playground

    _check_free(arguments, ".html")
    playground(_load(arguments.model).model).save(arguments.output)
    print(f"wrote {arguments.output}; open it in any browser")
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
