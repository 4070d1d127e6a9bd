"""The pad of a live kernel in a tab, and what of it arrives in Python.

In a notebook anywidget stands between the two; here a model does that has its methods.
"""

import base64

import numpy as np
import pytest
from book_site import Visit
from explorables import CHINESE, ON_A_PHONE, assert_readable
from pads import STROKES, Sheet

from mnist_tutorial.errors import InputError
from mnist_tutorial.preprocessing import prepare_digit
from mnist_tutorial.widgets import DigitPad

# As notebooks do, it hands in a node first and puts it onto the page later.
SHOW = """async ([script, state]) => {
  window.sent = [];
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => sent.push({ ...state }),
    on() {},
  };
  const read = CanvasRenderingContext2D.prototype.getImageData;
  CanvasRenderingContext2D.prototype.getImageData = function (...box) {
    const image = read.apply(this, box);
    if (box[2] === 280) window.ink = image.data;
    return image;
  };
  const file = new Blob([script], { type: "text/javascript" });
  const { default: widget } = await import(URL.createObjectURL(file));
  const el = document.createElement("div");
  await widget.render({ model, el });
  document.body.append(el);
}"""


INK = 'btoa(Array.from(ink, (byte) => String.fromCharCode(byte)).join(""))'


class Kernel:
    """A pad in a tab, and the one in Python that what it sends arrives at."""

    def __init__(self, visit):
        self.page, self.pad = visit.page, DigitPad()
        state = self.pad.get_state()
        self.page.evaluate(SHOW, [state["_esm"], {"_made": state["_made"]}])
        self.sheet = Sheet(self.page, self.page.locator(".mnist-explorable"))

    def digit(self):
        """Return what a cell would get that is run now."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(done))")
        sent = self.page.evaluate("sent.at(-1)")
        if sent is not None:
            self.pad.set_state(sent)
        return self.pad.digit

    def ink(self):
        """Return what is drawn, uint8, shape (280, 280)."""
        ink = self.page.evaluate(INK)
        return np.frombuffer(base64.b64decode(ink), np.uint8).reshape(280, 280, 4)[
            ..., 3
        ]


@pytest.fixture(params=["mouse", "finger"])
def kernel(request, browser):
    """A cell's output on an English desktop and on a Chinese telephone."""
    options = {"locale": "en-GB"}
    if request.param == "finger":
        options = ON_A_PHONE | {"locale": "zh-CN"}
    tab = Visit(browser, "about:blank", **options)
    yield Kernel(tab)
    tab.close()


def test_python_gets_what_the_pad_shows(kernel):
    finger = kernel.page.viewport_size["width"] < 400
    with pytest.raises(InputError, match="found nothing"):
        kernel.digit()
    for digit in (7, 4):
        kernel.sheet.press(".clear")
        kernel.sheet.write(STROKES[digit], finger)
        received = kernel.digit()
        assert (received.shape, received.dtype) == ((28, 28, 1), np.float32)
        expected = prepare_digit(kernel.ink())
        np.testing.assert_allclose(received, expected, atol=1 / 255, rtol=0)
        np.testing.assert_allclose(received, kernel.sheet.field()[0], atol=1 / 255)
        assert "digit" in kernel.sheet.said()
    kernel.sheet.press(".undo")
    one_stroke = kernel.digit()
    assert np.abs(one_stroke - received).max() > 0.5
    np.testing.assert_allclose(one_stroke, prepare_digit(kernel.ink()), atol=1 / 255)
    two = [[(0.2, 0.3), (0.2, 0.7)], [(0.8, 0.3), (0.8, 0.7)]]
    kernel.sheet.press(".clear")
    kernel.sheet.write(two, finger)
    with pytest.raises(InputError, match="found more than one"):
        kernel.digit()


def test_it_follows_the_theme_and_the_language(kernel):
    is_chinese = kernel.page.viewport_size["width"] < 400
    for _ in range(2):
        said = kernel.sheet.find("[data-say]:not(.language)").all_text_contents()
        said.append(kernel.sheet.said())
        assert {bool(CHINESE.search(text)) for text in said} == {is_chinese}
        kernel.sheet.press(".language")
        is_chinese = not is_chinese
    for shade, scheme in [("true", "light"), ("false", "dark")]:
        kernel.page.evaluate(f"document.body.dataset.jpThemeLight = {shade!r}")
        assert kernel.sheet.root.get_attribute("data-scheme") == scheme
        assert_readable(kernel.sheet, least=5)
