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


@pytest.fixture(scope="module")
def compute(browser):
    """Yield a function that evaluates JavaScript with the pad's names in it."""
    page = browser.new_page()
    taken = set()
    source = joined("ink_preparation.js", taken) + joined("pad_drawing.js", taken)
    page.evaluate(
        f"""() => {{ {source}
          const {{ context }} = padCanvas(1, {{ willReadFrequently: true }});
          const coded = (bytes) =>
            btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
          const answer = (ink) => {{
            const {{ refusal, field }} = prepare(ink);
            return refusal ?? [...field];
          }};
          window.prepareMarks = (marks) => {{
            drawMarks(context, marks);
            const ink = inkOf(context);
            const bytes = Uint8Array.from(ink.values, (value) => 255 * value + 0.5);
            return [coded(bytes), answer(ink)];
          }};
          window.prepareDigits = (text) => {{
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            return Array.from({{ length: bytes.length / 784 }}, (_, index) => {{
              const own = bytes.subarray(784 * index, 784 * (index + 1));
              const values = Float64Array.from(own, (byte) => byte / 255);
              return answer({{ width: 28, height: 28, values }});
            }});
          }};
        }}"""
    )
    yield page.evaluate
    page.close()


def drawing(generator):
    """Return strokes as a hand might draw them, a little away from the pad's rim."""
    strokes = []
    width = float(generator.choice([2, 6, 12, 22, 32]))
    start = generator.uniform(70, 210, 2)
    for _ in range(generator.choice([1, 1, 2, 3])):
        steps = generator.normal(size=(generator.choice([1, 3, 9, 30]), 2))
        steps += generator.normal(size=2)
        size = generator.uniform(5, 180) / (1 + np.abs(steps.sum(axis=0)).max())
        points = np.clip(start + np.cumsum(steps * size, axis=0), 35, PAD - 35)
        strokes.append({"points": points.tolist(), "width": width})
        start = points[0] + generator.normal(size=2) * 15
    return strokes


def test_drawings_become_what_python_makes_of_them(compute):
    generator = np.random.default_rng(0)
    drawings = [drawing(generator) for _ in range(195)]
    dots = [[{"points": [[140, 140]], "width": w}] for w in (2, 14, 32)]
    rows = [[{"points": [[x, 90 + x]], "width": 18}] for x in range(30, 180, 16)]
    seen = []
    for marks in [[], *dots, sum(rows, []), *drawings]:
        ink, found = compute("marks => prepareMarks(marks)", marks)
        page = np.frombuffer(base64.b64decode(ink), np.uint8).reshape(PAD, PAD)
        seen.append(found if isinstance(found, str) else "read")
        if seen[-1] == "read":
            expected = prepare_digit(page).ravel()
            np.testing.assert_allclose(found, expected, atol=1 / 255, rtol=0)
        else:
            with pytest.raises(InputError, match=REFUSALS[found]):
                prepare_digit(page)
    assert set(seen) == {"read", *REFUSALS} and seen.count("read") > 120


def test_digits_of_mnist_pass_through(compute):
    _, (digits, _) = load_raw_mnist()
    digits = digits[:500]
    found = compute("prepareDigits", base64.b64encode(digits.tobytes()).decode())
    for digit, field in zip(digits, found, strict=True):
        expected = prepare_digit(digit).ravel()
        np.testing.assert_allclose(field, expected, atol=1 / 255, rtol=0)
