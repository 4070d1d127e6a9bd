"""What is refused, with which message, and that nothing else is."""

import os
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from mnist_tutorial import checks
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import build_linear

IMAGES = np.full((2, 28, 28, 1), 0.5)
MODEL = SimpleNamespace(name="small", input_shape=(None, 28, None, 1))
NEW_MODEL = SimpleNamespace(name="not built, so it does not know its shape")


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (lambda n: checks.check_counts(n=n), [1, np.int64(7)], [0, -1, 1.0, True, "1"]),
        (lambda n: checks.check_counts(least=0, n=n), [0, 1], [-1]),
        (lambda x: checks.check_in("[0, 1)", x=x), [0, 0.99], [1, -0.1, np.nan, "0"]),
        (lambda x: checks.check_in("(0, 1]", x=x), [0.01, 1], [0, 1.1, True]),
        (lambda x: checks.check_in("(0, inf)", x=x), [1e300], [np.inf, 0]),
        (lambda w: checks.check_choice("w", w, ["a", "b"]), ["a", "b"], ["c", "ab"]),
        (lambda x: checks.checked_array("x", x), [[1], 1.5], [[[1], [1, 2]], ["a"]]),
        (checks.checked_images, [IMAGES],
         [IMAGES[0], IMAGES[:0], (IMAGES * 255).astype(np.uint8), IMAGES * 3,
          IMAGES - 1, np.where(IMAGES > 0, np.nan, 0)]),
        (checks.checked_labels, [[0, 9], np.arange(3)],
         [[], np.eye(3), [0.5], [-1, 0], ["a"]]),
        (lambda y: checks.checked_labels(y, 2, 3), [[0, 2]], [[0], [0, 3], [0, 1, 2]]),
        (lambda x: checks.check_input_shape(MODEL, x), [IMAGES, IMAGES[:, :, :5]],
         [IMAGES[0], IMAGES[:, :5], IMAGES[..., [0, 0]]]),
        (lambda x: checks.check_input_shape(NEW_MODEL, x), [IMAGES, IMAGES[0]], []),
        (checks.checked_scores, [np.ones((2, 3))],
         [np.ones(3), np.ones((0, 3)), np.array([[np.nan]]), np.array([[np.inf]])]),
        (lambda w: checks.check_choice("w", w, [True, False]), [True, False],
         [np.ones(2), [True], "no"]),
        (lambda d: checks.checked_examples("d", d), [(IMAGES, [0, 1])],
         [IMAGES, (IMAGES,), (IMAGES, [0]), (3, 4), (IMAGES[:0], []), "ab", None]),
        (checks.check_model, [SimpleNamespace(layers=[])],
         ["m.keras", None, keras.Sequential, build_linear, keras.layers.Dense(1)]),
        (checks.checked_path, ["a.png", Path("a.png")], [None, 3, b"a.png", ["a.png"]]),
        (lambda x: checks.check_floats("x", x, "n", 3), [np.ones((5, 3))],
         [np.ones((5, 2)), np.ones(3), np.ones((5, 3), int), [[1.0]], np.ones((0, 3))]),
    ],
)  # fmt: skip
def test_a_check_takes_what_is_good_and_refuses_what_is_bad(check, good, bad):
    for value in good:
        check(value)
    for value in bad:
        with pytest.raises(InputError, match=", got "):
            check(value)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: checks.check_counts(epochs=0), "epochs must be a whole number from 1"),
        (lambda: checks.check_in("(0, 1)", rate=1), r"rate must be .* \(0, 1\), got 1"),
        (lambda: checks.check_choice("kind", "x", ["a", "b"]), "one of a, b, got 'x'"),
        (lambda: checks.checked_images(np.ones((1, 2, 2, 1), int)), "bytes by 255"),
        (lambda: checks.checked_images(IMAGES[0]), r"x\[:1\] keeps the first axis"),
        (lambda: checks.checked_labels(np.eye(2)), r"argmax\(axis=1\)"),
        (lambda: checks.checked_labels([10], 1, 10), r"in 0\.\.9, got 10 to 10"),
        (lambda: checks.check_input_shape(MODEL, IMAGES[0]), r"\(n, 28, None, 1\)"),
    ],
)
def test_a_refusal_says_what_was_expected_and_what_to_do(check, message):
    with pytest.raises(InputError, match=message):
        check()


def test_a_refusal_is_one_line_whatever_was_handed_in():
    with pytest.raises(InputError, match=r"got array\(\[\[0., 0.\],  *\[0., 0.\]\]\)$"):
        checks.check_counts(n=np.zeros((2, 2)))


def test_checked_values_come_back_as_arrays():
    assert checks.checked_images(IMAGES).dtype == np.float32
    assert checks.checked_labels([3, 1]).tolist() == [3, 1]
    assert checks.checked_array("x", [True, False]).shape == (2,)


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([[0.2, 0.8], [1, 0]], True),
        ([[0.2, 0.8 + 1e-6]], True),
        ([[0.2, 0.9]], False),
        ([[-0.2, 1.2]], False),
        ([[np.nan, 1]], False),
    ],
)
def test_probabilities_are_told_from_other_scores(outputs, expected):
    assert checks.are_probabilities(outputs) is expected


def test_a_file_is_a_file(tmp_path):
    file = tmp_path / "a.png"
    file.touch()
    checks.check_file(file)
    with pytest.raises(InputError, match="got a directory"):
        checks.check_file(tmp_path)
    with pytest.raises(InputError, match="no such file; check the name"):
        checks.check_file(tmp_path / "b.png")


def test_an_output_is_one_that_can_be_written(tmp_path, monkeypatch):
    good = tmp_path / "model.keras"
    checks.check_output(good, ".keras")
    assert not good.exists()
    (tmp_path / "folder.keras").mkdir()
    for path, message in (
        ("model.h5", "ends in .keras"),
        ("folder.keras", "got a directory"),
        ("nowhere/model.keras", "create it first"),
    ):
        with pytest.raises(InputError, match=message):
            checks.check_output(tmp_path / path, ".keras")
    # Root may write anywhere, so the answer is put in.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(InputError, match="no permission to write"):
        checks.check_output(good, ".keras")
