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
# All drawings or digits at once: each question to the browser takes its time.
PREPARE = """([drawings, digits]) => {
  const { context } = padCanvas(1, { willReadFrequently: true });
  const inks = drawings.map((marks) => {
    drawMarks(context, marks);
    return inkOf(context);
  });
  for (const text of digits) inks.push({ width: 28, height: 28, values: decode(text) });
  const letter = (value) => String.fromCharCode(Math.round(255 * value));
  const inBase64 = (values) => btoa(Array.from(values, letter).join(""));
  return inks.map((ink) => {
    const { refusal = null, field } = prepare(ink);
    const bytes = new Uint8Array(field?.buffer ?? 0);
    return [inBase64(ink.values), refusal, btoa(String.fromCharCode(...bytes))];
  });
}"""


@pytest.fixture(scope="module")
def prepare(browser):
    """Yield a function that gives the ink of drawings, and what is made of it."""
    page = browser.new_page()
    page.add_script_tag(content=joined("ink_preparation.js") + joined("pad_drawing.js"))

    def prepare(drawings=(), digits=()):
        digits = [base64.b64encode(digit).decode() for digit in digits]
        for ink, refusal, field in page.evaluate(PREPARE, [drawings, digits]):
            ink = np.frombuffer(base64.b64decode(ink), np.uint8)
            field = np.frombuffer(base64.b64decode(field), np.float32)
            yield ink.reshape(2 * [round(len(ink) ** 0.5)]), refusal or field

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
    for page, made in prepare([[], *dots, rows, *drawings]):
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
    found = prepare(digits=digits[:300])
    for digit, (_, made) in zip(digits[:300], found, strict=True):
        expected = prepare_digit(digit).ravel()
        np.testing.assert_allclose(made, expected, atol=1 / 255, rtol=0)
