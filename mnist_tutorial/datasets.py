"""MNIST without a network, and the other data that the book uses.

The 70,000 images of MNIST lie in one file inside the package. Every image here
follows the book's one convention: NumPy arrays, images ``float32`` in [0, 1],
shape ``(n, 28, 28, 1)``, ink bright; labels ``int64`` from 0 to 9. Beside them lie
the published error rates that the page ``background`` draws.
"""

import csv
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_tutorial.checks import check_counts, check_in, checked_array, checked_labels
from mnist_tutorial.errors import InputError

DATA_FILE = Path(__file__).parent / "data" / "mnist.npz"
DATA_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
ERROR_RATES_FILE = Path(__file__).parent / "data" / "error_rates.csv"

Split = tuple[np.ndarray, np.ndarray]


class ErrorRate(NamedTuple):
    """One published error rate and where it stands.

    ``dataset`` is ``"MNIST"``; ``"ILSVRC winner"`` for the winner of a year's ImageNet
    challenge, by top-5 error; ``"ILSVRC human"`` for a person on the same task. In the
    ``year`` of the challenge or of the publication, ``error_percent`` of so many
    ``test_images`` were read wrongly by a ``method``. ``source`` is a key in
    ``book/references.bib``, and ``where`` the place in it.
    """

    dataset: str
    year: int
    error_percent: float
    test_images: int
    method: str
    source: str
    where: str


def load_raw_mnist() -> tuple[Split, Split]:
    """Load MNIST as it was published: bytes, without a channel axis.

    As with ``keras.datasets.mnist.load_data()``, but without a download, they are
    ``(x_train, y_train), (x_test, y_test)``: images ``uint8`` in [0, 255], shapes
    ``(60000, 28, 28)`` and ``(10000, 28, 28)``, and labels ``uint8``. A data file that
    is missing or altered raises ``InputError``. The page ``code/project`` uses it.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
    document recognition", 1998, doi:10.1109/5.726791.
    """
    _check_data_file(DATA_FILE)
    with np.load(DATA_FILE) as arrays:
        return (
            (arrays["x_train"], arrays["y_train"]),
            (arrays["x_test"], arrays["y_test"]),
        )


def load_mnist() -> tuple[Split, Split]:
    """Load what :func:`load_raw_mnist` does, ready for a network.

    Images are ``float32`` in [0, 1], shapes ``(60000, 28, 28, 1)`` and ``(10000, 28,
    28, 1)``, labels ``int64``. The test set is there to report a result, never to
    choose one: see :func:`split_validation`.
    """
    train, test = load_raw_mnist()
    return _scaled(*train), _scaled(*test)


def split_validation(
    x: np.ndarray, y: np.ndarray, *, val_fraction: float = 0.1, seed: int = 0
) -> tuple[Split, Split]:
    """Set part of the training data aside for making choices.

    Every class keeps its share in both parts (a stratified split). Of images ``(n,
    ...)`` and integer labels ``(n,)``, the share ``val_fraction``, in (0, 1), goes to
    the validation set; the same seed gives the same split. Returns ``(x_train,
    y_train), (x_val, y_val)``: two disjoint parts that together are the whole, each in
    shuffled order. Where a class would be missing from one of them, ``InputError`` is
    raised.
    """
    check_in("(0, 1)", val_fraction=val_fraction)
    x, y = np.atleast_1d(checked_array("x", x)), np.asarray(y)
    first, second = _stratified(x, y, test_size=val_fraction, seed=seed)
    return (x[first], y[first]), (x[second], y[second])


def take_subset(x: np.ndarray, y: np.ndarray, size: int, *, seed: int = 0) -> Split:
    """Draw a smaller set in which every class keeps its share.

    ``x``, ``y`` and ``seed`` are those of :func:`split_validation`, which refuses the
    same. Returns ``size`` examples in shuffled order: at least one a class is drawn,
    and at least one a class left over.
    """
    check_counts(size=size)
    x, y = np.atleast_1d(checked_array("x", x)), np.asarray(y)
    chosen, _ = _stratified(x, y, train_size=size, seed=seed)
    return x[chosen], y[chosen]


def load_foreign_digits() -> Split:
    """Load scikit-learn's 8x8 digits, brought to MNIST's form.

    Other people wrote them and another machine scanned them: an honest question to a
    network that has seen MNIST only. ``preprocessing.place_ink`` enlarges and centres
    them. Returns images, ``float32`` in [0, 1], shape ``(1797, 28, 28, 1)``, and
    labels, ``int64``, shape ``(1797,)``.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI
    Machine Learning Repository, 1998, doi:10.24432/C50P49.
    """
    from sklearn.datasets import load_digits

    from mnist_tutorial.preprocessing import place_ink

    digits = load_digits()
    x = np.stack([place_ink(image) for image in digits.images])
    return x, digits.target.astype(np.int64)


def load_error_rates() -> list[ErrorRate]:
    """Load published error rates on MNIST and in the ImageNet challenge.

    The page ``background`` draws them. They are a selection: for MNIST a few methods
    of 1998 and then results that were the lowest of their time, for the challenge
    (ILSVRC, 2010 to 2017) each year's winner among entries that used no other
    training images. They are grouped by dataset, in order of years.
    """
    column_types = ErrorRate.__annotations__
    with open(ERROR_RATES_FILE, encoding="utf-8", newline="") as file:
        return [
            ErrorRate(*(kind(row[name]) for name, kind in column_types.items()))
            for row in csv.DictReader(file)
        ]


def _scaled(images: np.ndarray, labels: np.ndarray) -> Split:
    # In one step: a division of its own would need the memory twice.
    x = np.divide(images[..., np.newaxis], 255, dtype=np.float32)  # (n, 28, 28, 1)
    return x, labels.astype(np.int64)


def _stratified(
    x: np.ndarray, y: np.ndarray, *, seed: int, **sizes: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return which examples are in the first part, and which are in the second."""
    from sklearn.model_selection import train_test_split

    checked_labels(y, len(x), name="y")
    places = np.arange(len(y))
    try:
        return train_test_split(places, stratify=y, random_state=seed, **sizes)
    except ValueError as error:
        raise InputError(
            f"expected {len(x)} examples that can be split with every class in both "
            f"parts, and a seed from 0, but: {error}"
        ) from error


@lru_cache(maxsize=1)
def _check_data_file(path: Path) -> None:
    """Refuse a data file that is missing or altered; once per process and path."""
    found = "no such file"
    if path.is_file():
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != DATA_SHA256:
        raise InputError(
            f"{path}: expected MNIST with SHA-256 {DATA_SHA256}, found {found}; "
            "install mnist-tutorial again, or restore this file from its repository"
        )
