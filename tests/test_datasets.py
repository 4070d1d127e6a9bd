"""What ``mnist_tutorial.datasets`` promises, against oracles from outside it."""

# NumPy's global generator is seeded here to show that nothing depends on it.
# ruff: noqa: NPY002

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from mnist_tutorial import datasets
from mnist_tutorial.errors import InputError


@pytest.fixture(scope="module")
def raw():
    return datasets.load_raw_mnist()


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


def test_load_mnist_scales_and_adds_a_channel(raw):
    for (x_raw, y_raw), (x, y) in zip(raw, datasets.load_mnist(), strict=True):
        assert x.dtype == np.float32
        assert x.shape == (*x_raw.shape, 1)
        assert (x.min(), x.max()) == (0.0, 1.0)
        sample = slice(None, None, 97)
        np.testing.assert_allclose(x[sample, ..., 0], x_raw[sample] / 255, atol=1e-7)
        assert y.dtype == np.int64
        np.testing.assert_array_equal(y, y_raw)


GOOD = datasets.DATA_FILE.read_bytes()
MIDDLE = len(GOOD) // 2
DAMAGED = {
    "missing": None,
    "truncated": GOOD[:MIDDLE],
    "a bit flipped": GOOD[:MIDDLE] + bytes([GOOD[MIDDLE] ^ 1]) + GOOD[MIDDLE + 1 :],
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused(raw, tmp_path, monkeypatch, content):
    # The fixture `raw` has had the real file accepted in this process already.
    path = tmp_path / "mnist.npz"
    monkeypatch.setattr(datasets, "DATA_FILE", path)
    found = "no such file"
    if content is not None:
        path.write_bytes(content)
        found = hashlib.sha256(content).hexdigest()
    with pytest.raises(InputError) as caught:
        datasets.load_mnist()
    message = str(caught.value)
    assert message.startswith(
        f"{path}: expected MNIST with SHA-256 {datasets.DATA_SHA256}, "
        f"found {found}; install mnist-tutorial again"
    )
    assert "\n" not in message
    path.write_bytes(GOOD)  # a refusal is not remembered
    (_, labels), _ = datasets.load_raw_mnist()
    np.testing.assert_array_equal(labels, raw[0][1])


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
    size = choose.draw(st.integers(len(counts), len(x) - len(counts)))
    x_subset, y_subset = datasets.take_subset(x, y, size, seed=seed)
    assert len(x_subset) == len(set(x_subset.tolist())) == size
    np.testing.assert_array_equal(y_subset, y[x_subset])
    _assert_stratified(y_subset, counts)


def _draws(seed):
    x, y = np.arange(300), np.repeat(np.arange(10), 30)
    (kept, _), (held, _) = datasets.split_validation(x, y, seed=seed)
    subset, _ = datasets.take_subset(x, y, 100, seed=seed)
    return kept.tolist(), held.tolist(), subset.tolist()


def test_the_seed_decides_and_nothing_else():
    np.random.seed(1)
    state = np.random.get_state()[1].tolist()
    first = _draws(seed=3)
    assert np.random.get_state()[1].tolist() == state, "they draw from it"
    np.random.seed(2)
    assert _draws(seed=3) == first
    for again, before in zip(_draws(seed=4), first, strict=True):
        assert again != before
    for part in first:
        assert np.any(np.diff(part) < 0), "not shuffled"


Y = np.repeat([0, 1], 10)


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        (Y, {"val_fraction": 0.0}, r"val_fraction must be .* \(0, 1\), got 0.0"),
        (Y, {"val_fraction": 1.0}, r"val_fraction must be .* \(0, 1\), got 1.0"),
        (Y, {"size": 0}, "size must be a whole number from 1, got 0"),
        (Y, {"size": 5.0}, "size must be a whole number from 1, got 5.0"),
        (Y, {"size": 20}, "20 examples that can be split"),
        (Y, {"size": 1}, "every class in both parts"),
        (np.r_[Y[:19], 2], {}, "every class in both parts"),
        (Y[:19], {}, r"y must be 20 classes .* got shape \(19,\)"),
        (Y[:19], {"size": 5}, r"y must be 20 classes .* got shape \(19,\)"),
        (np.eye(2)[Y], {}, r"y must be .* got shape \(20, 2\); one-hot"),
    ],
)
def test_what_cannot_be_split_is_refused(y, options, message):
    draw = datasets.take_subset if "size" in options else datasets.split_validation
    with pytest.raises(InputError, match=message):
        draw(np.arange(20), y, **options)


# --- the foreign digits ------------------------------------------------------------


def _crop(image):
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _enlarge(image, shape):
    """Repeat pixels to fill ``shape``: a crude enlargement to compare with."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for new, old in zip(shape, image.shape, strict=True)
    )
    return image[rows][:, columns]


def test_foreign_digits_show_what_scikit_learn_has_in_mnists_form():
    x, y = datasets.load_foreign_digits()
    assert x.shape == (1797, 28, 28, 1)
    assert x.dtype == np.float32
    assert x.min() == 0
    np.testing.assert_array_equal(x.max(axis=(1, 2, 3)), 1)
    source = load_digits()
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, source.target)
    for index, (original, image) in enumerate(
        zip(source.images, x[..., 0], strict=True)
    ):
        digit = _crop(image)
        expected = _enlarge(_crop(original), digit.shape)
        likeness = np.corrcoef(expected.ravel(), digit.ravel())[0, 1]
        assert likeness > 0.8, f"image {index}, a {y[index]}: {likeness:.2f}"


# --- published error rates ---------------------------------------------------------


def test_error_rates_have_the_published_figures():
    """Copied from the papers by hand, apart from the file."""
    figures = {
        "ILSVRC winner": [28.2, 25.8, 16.4, 11.7, 6.7, 3.57, 2.99, 2.25],
        "ILSVRC human": [5.1, 12.0],
        "MNIST": [12.0, 5.0, 4.7, 1.7, 1.1, 0.95, 0.7, 0.56, 0.4, 0.35, 0.23, 0.21]
        + [0.09],
    }
    rates = datasets.load_error_rates()
    groups = [rate.dataset for rate in rates]
    assert groups == sorted(groups, key=groups.index)
    for name, errors in figures.items():
        group = [rate for rate in rates if rate.dataset == name]
        assert [rate.error_percent for rate in group] == errors
        years = [rate.year for rate in group]
        assert years == sorted(years)
        if name == "ILSVRC winner":
            assert years == list(range(2010, 2018))
    assert len(rates) == sum(map(len, figures.values()))
    for rate in rates:
        for text in (rate.method, rate.source, rate.where):
            assert text and text == text.strip(), rate
        if rate.dataset == "MNIST":
            assert rate.test_images == 10_000
            errors = rate.error_percent * rate.test_images / 100
            assert errors == pytest.approx(round(errors)), "no whole number of images"
            assert rate.source.endswith(str(rate.year)), "the paper's own year"
