"""What ``mnist_tutorial.datasets`` promises, against oracles from outside it."""

# NumPy's global generator is seeded here to show that nothing depends on it.
# ruff: noqa: NPY002

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

import mnist_tutorial
from mnist_tutorial import datasets
from mnist_tutorial.errors import InputError

REPOSITORY = Path(mnist_tutorial.__file__).parents[1]
REAL_FILE = datasets.DATA_FILE  # before any test puts another path there

# Counts of each digit in the label files that LeCun, Cortes and Burges published.
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture(scope="module")
def raw():
    return datasets.load_raw_mnist()


@pytest.fixture(scope="module")
def scaled():
    return datasets.load_mnist()


@pytest.fixture(scope="module")
def foreign():
    return datasets.load_foreign_digits()


# --- the embedded file -------------------------------------------------------------


@pytest.mark.parametrize(
    ("split", "part", "md5"),
    [
        (0, 0, "6bbc9ace898e44ae57da46a324031adb"),  # train-images-idx3-ubyte
        (0, 1, "a25bea736e30d166cdddb491f175f624"),  # train-labels-idx1-ubyte
        (1, 0, "2646ac647ad5339dbf082846283269ea"),  # t10k-images-idx3-ubyte
        (1, 1, "27ae3e4e09519cfbb04c329615203637"),  # t10k-labels-idx1-ubyte
    ],
)
def test_the_published_idx_files_can_be_rebuilt(raw, split, part, md5):
    array = raw[split][part]
    header = np.array([0x0800 + array.ndim, *array.shape], dtype=">u4").tobytes()
    assert hashlib.md5(header + array.tobytes()).hexdigest() == md5


def test_raw_mnist_is_what_keras_documents(raw):
    (x_train, y_train), (x_test, y_test) = raw
    assert x_train.shape == (60_000, 28, 28)
    assert x_test.shape == (10_000, 28, 28)
    assert y_train.shape == (60_000,)
    assert y_test.shape == (10_000,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}


def test_classes_have_the_published_counts(raw):
    (_, y_train), (_, y_test) = raw
    assert np.bincount(y_train).tolist() == TRAIN_COUNTS
    assert np.bincount(y_test).tolist() == TEST_COUNTS


def test_load_mnist_scales_and_adds_a_channel(raw, scaled):
    for (x_raw, y_raw), (x, y) in zip(raw, scaled, strict=True):
        assert x.dtype == np.float32
        assert x.shape == (*x_raw.shape, 1)
        assert (x.min(), x.max()) == (0.0, 1.0)
        sample = slice(None, None, 97)
        np.testing.assert_allclose(x[sample, ..., 0], x_raw[sample] / 255, atol=1e-7)
        assert y.dtype == np.int64
        np.testing.assert_array_equal(y, y_raw)


def test_callers_do_not_share_arrays():
    (x_train, _), _ = datasets.load_raw_mnist()
    before = x_train[:100].copy()
    x_train[:100] = 7
    (again, _), _ = datasets.load_raw_mnist()
    np.testing.assert_array_equal(again[:100], before)


def test_the_file_needs_no_pickle():
    with np.load(datasets.DATA_FILE, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["x_test", "x_train", "y_test", "y_train"]
        assert all(arrays[name].dtype == np.uint8 for name in arrays)


class _Trap:
    """Leave a mark if it is ever unpickled."""

    sprung = False

    def __reduce__(self):
        return (setattr, (_Trap, "sprung", True))


def test_a_pickle_inside_the_file_is_never_opened(tmp_path, monkeypatch):
    trap = np.array([_Trap()], dtype=object)
    assert not _Trap.sprung
    pickle.loads(pickle.dumps(_Trap()))
    assert _Trap.sprung, "the trap itself does not work"
    _Trap.sprung = False

    path = tmp_path / "trap.npz"
    np.savez(path, x_train=trap, y_train=trap, x_test=trap, y_test=trap)
    monkeypatch.setattr(datasets, "DATA_FILE", path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(datasets, "DATA_SHA256", sha256)
    with pytest.raises(ValueError, match="allow_pickle"):
        datasets.load_raw_mnist()
    assert not _Trap.sprung


# --- a data file that is not the right one -----------------------------------------


def _truncate(path, content):
    path.write_bytes(content[: len(content) // 2])


def _flip_one_bit(path, content):
    middle = len(content) // 2
    changed = bytes([content[middle] ^ 1])
    path.write_bytes(content[:middle] + changed + content[middle + 1 :])


def _append_one_byte(path, content):
    path.write_bytes(content + b"\0")


def _empty(path, content):
    path.write_bytes(b"")


@pytest.fixture
def data_file(tmp_path, monkeypatch):
    """A path that the package takes for its data file; nothing is there yet."""
    path = tmp_path / "mnist.npz"
    monkeypatch.setattr(datasets, "DATA_FILE", path)
    return path


@pytest.mark.parametrize("load", [datasets.load_raw_mnist, datasets.load_mnist])
@pytest.mark.parametrize("damage", [_truncate, _flip_one_bit, _append_one_byte, _empty])
def test_a_damaged_file_is_refused(data_file, damage, load):
    damage(
        data_file,
        REAL_FILE.read_bytes(),
    )
    with pytest.raises(InputError) as caught:
        load()
    message = str(caught.value)
    assert str(data_file) in message
    assert f"expected SHA-256 {datasets.DATA_SHA256}" in message
    found = hashlib.sha256(data_file.read_bytes()).hexdigest()
    assert f"found {found}" in message
    assert f"{data_file.stat().st_size} bytes" in message
    assert "install mnist-tutorial again" in message
    assert "\n" not in message


@pytest.mark.parametrize("make_directory", [False, True])
def test_a_missing_file_is_reported(data_file, make_directory):
    if make_directory:
        data_file.mkdir()
    with pytest.raises(InputError) as caught:
        datasets.load_mnist()
    message = str(caught.value)
    assert str(data_file) in message
    assert "expected MNIST" in message
    assert "found no such file" in message
    assert "install mnist-tutorial again" in message
    assert "\n" not in message


def test_a_refusal_is_not_remembered(data_file):
    good = REAL_FILE.read_bytes()
    for damage in (None, _truncate, _flip_one_bit):
        if damage:
            damage(data_file, good)
        with pytest.raises(InputError):
            datasets.load_raw_mnist()
    data_file.write_bytes(good)
    (_, labels), _ = datasets.load_raw_mnist()
    assert np.bincount(labels).tolist() == TRAIN_COUNTS


def test_an_acceptance_holds_for_that_path_only(raw, data_file):
    # The fixture `raw` has had the real file accepted in this process already.
    data_file.write_bytes(b"not MNIST")
    with pytest.raises(InputError):
        datasets.load_raw_mnist()


# --- splits and subsets ------------------------------------------------------------


@st.composite
def labelled_indices(draw):
    """Draw ``x`` that numbers its examples, labels in any order, and their counts."""
    counts = draw(st.lists(st.integers(5, 40), min_size=2, max_size=10))
    order = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = order.permutation(np.repeat(np.arange(len(counts)), counts))
    return np.arange(len(y)), y, np.array(counts)


def _assert_stratified(labels, counts):
    """Each class must be within one example of its share."""
    ideal = len(labels) * counts / counts.sum()
    found = np.bincount(labels, minlength=len(counts))
    assert np.all(np.abs(found - ideal) < 1 + 1e-9), (found, ideal)


@settings(max_examples=60, deadline=None)
@given(labelled_indices(), st.floats(0.2, 0.8), st.integers(0, 2**32 - 1))
def test_split_is_complete_disjoint_and_stratified(data, val_fraction, seed):
    x, y, counts = data
    (x_train, y_train), (x_val, y_val) = datasets.split_validation(
        x, y, val_fraction=val_fraction, seed=seed
    )
    # `x` holds each index once, so this says both "disjoint" and "complete".
    np.testing.assert_array_equal(np.sort(np.concatenate([x_train, x_val])), x)
    np.testing.assert_array_equal(y_train, y[x_train])
    np.testing.assert_array_equal(y_val, y[x_val])
    assert abs(len(x_val) - val_fraction * len(x)) < 1
    _assert_stratified(y_val, counts)
    _assert_stratified(y_train, counts)


@settings(max_examples=60, deadline=None)
@given(labelled_indices(), st.data(), st.integers(0, 2**32 - 1))
def test_subset_has_its_size_no_repeats_and_each_class_share(data, choose, seed):
    x, y, counts = data
    size = choose.draw(st.integers(len(counts), len(x) - len(counts)), label="size")
    x_subset, y_subset = datasets.take_subset(x, y, size, seed=seed)
    assert len(x_subset) == len(set(x_subset.tolist())) == size
    np.testing.assert_array_equal(y_subset, y[x_subset])
    _assert_stratified(y_subset, counts)


def test_mnist_splits_into_54000_and_6000(raw):
    x, y = raw[0]
    (x_train, y_train), (x_val, y_val) = datasets.split_validation(x, y)
    assert x_train.shape == (54_000, 28, 28)
    assert x_val.shape == (6_000, 28, 28)
    np.testing.assert_array_equal(
        np.bincount(y_train) + np.bincount(y_val), TRAIN_COUNTS
    )
    _assert_stratified(y_val, np.array(TRAIN_COUNTS))


def _draws(seed):
    x, y = np.arange(300), np.repeat(np.arange(10), 30)
    (kept, _), (held, _) = datasets.split_validation(x, y, seed=seed)
    subset, _ = datasets.take_subset(x, y, 100, seed=seed)
    return kept.tolist(), held.tolist(), subset.tolist()


def test_the_seed_decides_and_nothing_else():
    np.random.seed(1)
    first = _draws(seed=3)
    np.random.seed(2)
    assert _draws(seed=3) == first
    for again, before in zip(_draws(seed=4), first, strict=True):
        assert again != before


@pytest.mark.parametrize(
    "draw",
    [datasets.split_validation, lambda x, y: datasets.take_subset(x, y, 50)],
)
def test_drawing_leaves_global_randomness_and_arguments_alone(draw):
    x, y = np.arange(300), np.repeat(np.arange(10), 30)
    x_before, y_before = x.copy(), y.copy()
    np.random.seed(5)
    expected = np.random.random(3).tolist()
    np.random.seed(5)
    draw(x, y)
    assert np.random.random(3).tolist() == expected
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(y, y_before)


def test_parts_are_shuffled():
    x, y = np.arange(300), np.repeat(np.arange(10), 30)
    (kept, _), (held, _) = datasets.split_validation(x, y)
    subset, _ = datasets.take_subset(x, y, 100)
    for part in (kept, held, subset):
        assert np.any(np.diff(part) < 0)


@pytest.mark.parametrize("fraction", [0, 1, 1.5, -0.1, float("nan"), float("inf")])
def test_val_fraction_outside_the_open_interval_is_refused(fraction):
    x, y = np.arange(20), np.repeat([0, 1], 10)
    with pytest.raises(InputError) as caught:
        datasets.split_validation(x, y, val_fraction=fraction)
    assert str(caught.value) == f"val_fraction must be in (0, 1), got {fraction}"


@pytest.mark.parametrize("size", [0, -1, 20, 21, 10**9, float("nan")])
def test_subset_size_out_of_range_is_refused(size):
    x, y = np.arange(20), np.repeat([0, 1], 10)
    with pytest.raises(InputError) as caught:
        datasets.take_subset(x, y, size)
    assert str(caught.value) == f"size must be a whole number in 1..19, got {size}"


@pytest.mark.parametrize(
    "draw",
    [
        datasets.split_validation,
        lambda x, y: datasets.take_subset(x, y, 5),
    ],
)
@pytest.mark.parametrize("num_labels", [19, 21])
def test_labels_of_another_length_are_refused(draw, num_labels):
    with pytest.raises(InputError, match=rf"20 images and {num_labels} labels"):
        draw(np.arange(20), np.zeros(num_labels, dtype=int))


def test_a_class_too_small_to_share_is_refused():
    x, y = np.arange(21), np.array([0] * 10 + [1] * 10 + [2])
    with pytest.raises(InputError, match="every class in both parts"):
        datasets.split_validation(x, y)
    with pytest.raises(InputError, match="every class in both parts"):
        datasets.take_subset(x[:20], y[:20], 1)


# --- the foreign digits ------------------------------------------------------------


def _crop(image):
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_foreign_digits_follow_the_convention(foreign):
    x, y = foreign
    assert x.shape == (1797, 28, 28, 1)
    assert x.dtype == np.float32
    assert x.min() == 0
    np.testing.assert_array_equal(x.max(axis=(1, 2, 3)), 1)
    assert y.shape == (1797,)
    assert y.dtype == np.int64
    assert np.unique(y).tolist() == list(range(10))


def test_foreign_digits_are_sized_and_centred_as_mnist(foreign):
    images = foreign[0][..., 0].astype(np.float64)
    for image in images:
        assert max(_crop(image).shape) in (19, 20)

    mass = images.sum(axis=(1, 2))
    centre_row = images.sum(axis=2) @ np.arange(28) / mass
    centre_column = images.sum(axis=1) @ np.arange(28) / mass
    # MNIST puts the mass within half a pixel of pixel 14: see appendix/data_card.
    assert np.abs(centre_row - 14).max() <= 0.5 + 1e-6
    assert np.abs(centre_column - 14).max() <= 0.5 + 1e-6


def _enlarge(image, shape):
    """Repeat pixels to fill ``shape``: a crude enlargement to compare with."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for new, old in zip(shape, image.shape, strict=True)
    )
    return image[rows][:, columns]


def test_foreign_digits_show_what_scikit_learn_has(foreign):
    x, y = foreign
    source = load_digits()
    np.testing.assert_array_equal(y, source.target)
    for index, (original, image) in enumerate(
        zip(source.images, x[..., 0], strict=True)
    ):
        digit = _crop(image)
        expected = _enlarge(_crop(original), digit.shape)
        likeness = np.corrcoef(expected.ravel(), digit.ravel())[0, 1]
        assert likeness > 0.8, f"image {index}, a {y[index]}: {likeness:.2f}"


# --- published error rates ---------------------------------------------------------


@pytest.fixture(scope="module")
def error_rates():
    return datasets.load_error_rates()


def test_error_rates_have_the_published_figures(error_rates):
    """Copied from the papers by hand, apart from the file."""
    figures = {
        "ILSVRC winner": [28.2, 25.8, 16.4, 11.7, 6.7, 3.57, 2.99, 2.25],
        "ILSVRC human": [5.1, 12.0],
        "MNIST": [12.0, 5.0, 4.7, 1.7, 1.1, 0.95, 0.7, 0.56, 0.4, 0.35, 0.23, 0.21]
        + [0.09],
    }
    found = {name: [] for name in figures}
    for rate in error_rates:
        found[rate.dataset].append(rate.error_percent)
    assert found == figures


def test_every_year_of_the_challenge_has_one_winner(error_rates):
    years = [rate.year for rate in error_rates if rate.dataset == "ILSVRC winner"]
    assert years == list(range(2010, 2018))


def test_error_rates_are_grouped_and_in_order_of_years(error_rates):
    order = [(rate.dataset, rate.year) for rate in error_rates]
    groups = list(dict.fromkeys(dataset for dataset, _ in order))
    assert order == sorted(order, key=lambda row: (groups.index(row[0]), row[1]))


def test_every_error_rate_on_mnist_is_a_whole_number_of_test_images(error_rates):
    for rate in error_rates:
        assert 0 < rate.error_percent < 100
        if rate.dataset == "MNIST":
            assert rate.test_images == 10_000
            errors = rate.error_percent * rate.test_images / 100
            assert errors == pytest.approx(round(errors))
            assert rate.source.endswith(str(rate.year)), "the paper's own year"


def test_every_error_rate_says_what_and_where(error_rates):
    assert len(set(error_rates)) == len(error_rates)
    for rate in error_rates:
        for text in (rate.method, rate.source, rate.where):
            assert text and text == text.strip(), rate


# --- imports -----------------------------------------------------------------------

HEAVY = ("tensorflow", "keras", "torch", "jax", "matplotlib", "ipywidgets")


@pytest.mark.parametrize(
    "statement",
    [
        "import mnist_tutorial",
        "import mnist_tutorial.datasets",
        "from mnist_tutorial.datasets import load_mnist; load_mnist()",
    ],
)
def test_a_fresh_process_stays_light(statement):
    program = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert "mnist_tutorial" in loaded
    assert not loaded.intersection(HEAVY)
