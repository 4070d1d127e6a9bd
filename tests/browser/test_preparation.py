"""The pad prepares a drawing as `preprocessing` does; the oracle is Python."""

import base64

import numpy as np
import pytest

from mnist_tutorial.datasets import load_raw_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.playground.explorable import joined
from mnist_tutorial.preprocessing import prepare_digit

PAD = 280
REFUSALS = {
    "empty": "found no ink",
    "dots": "found (only dots|no ink)",
    "marks": "separate marks",
    "several": "side by side or one above",
    "wide": "times as wide as high",
}
PREPARE = """([marks, digit]) => {
  const { context } = padCanvas(1, { willReadFrequently: true });
  drawMarks(context, marks);
  const values = Float64Array.from(digit ?? [], (byte) => byte / 255);
  const ink = digit ? { width: 28, height: 28, values } : inkOf(context);
  const letter = (value) => String.fromCharCode(Math.round(255 * value));
  const { refusal, field } = prepare(ink);
  return [btoa(Array.from(ink.values, letter).join("")), refusal ?? [...field]];
}"""


@pytest.fixture(scope="module")
def prepare(browser):
    """Yield a function that gives the ink of a drawing, and what is made of it."""
    page = browser.new_page()
    page.add_script_tag(content=joined("ink_preparation.js") + joined("pad_drawing.js"))

    def prepare(marks=(), digit=None):
        ink, made = page.evaluate(PREPARE, [marks, digit])
        ink = np.frombuffer(base64.b64decode(ink), np.uint8)
        return ink.reshape(2 * [round(len(ink) ** 0.5)]), made

    yield prepare
    page.close()


def drawing(generator):
    """Return strokes as a hand might draw them, a little away from the pad's rim."""
    strokes, start = [], generator.uniform(70, 210, 2)
    width = float(generator.choice([2, 6, 12, 22, 32]))
    for _ in range(generator.choice([1, 1, 2, 3])):
        steps = generator.normal(size=(generator.choice([1, 3, 9, 30]), 2))
        steps += generator.normal(size=2)
        size = generator.uniform(5, 180) / (1 + np.abs(steps.sum(axis=0)).max())
        points = np.clip(start + np.cumsum(steps * size, axis=0), 35, PAD - 35)
        strokes.append({"points": points.tolist(), "width": width})
        start = points[0] + generator.normal(size=2) * 15
    return strokes


def test_drawings_become_what_python_makes_of_them(prepare):
    generator = np.random.default_rng(0)
    drawings = [drawing(generator) for _ in range(195)]
    dots = [[{"points": [[140, 140]], "width": w}] for w in (2, 14, 32)]
    rows = [{"points": [[x, 90 + x]], "width": 18} for x in range(30, 180, 16)]
    seen = []
    for marks in [[], *dots, rows, *drawings]:
        page, made = prepare(marks)
        seen.append(made if isinstance(made, str) else "read")
        if seen[-1] == "read":
            expected = prepare_digit(page).ravel()
            np.testing.assert_allclose(made, expected, atol=1 / 255, rtol=0)
        else:
            with pytest.raises(InputError, match=REFUSALS[made]):
                prepare_digit(page)
    assert set(seen) == {"read", *REFUSALS} and seen.count("read") > 120


def test_digits_of_mnist_pass_through(prepare):
    _, (digits, _) = load_raw_mnist()
    for digit in digits[:300]:
        _, made = prepare(digit=digit.ravel().tolist())
        expected = prepare_digit(digit).ravel()
        np.testing.assert_allclose(made, expected, atol=1 / 255, rtol=0)
