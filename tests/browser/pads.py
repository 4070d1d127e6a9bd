"""A pad in a tab: how a reader draws on it, and what it shows."""

import base64
import re

import numpy as np
from explorables import Explorable, drag_finger


def arc(middle, size, start, end):
    """Return points on an ellipse, from one angle in degrees to another."""
    angles = np.radians(np.linspace(start, end, 10))
    (x, y), (width, height) = middle, size
    return [(x + width * np.cos(a), y + height * np.sin(a)) for a in angles]


# As a hand writes them; x and y are shares of the pad's side.
# fmt: off
STROKES = [
    [arc((0.5, 0.5), (0.2, 0.3), -90, 270)],
    [[(0.53, 0.18), (0.47, 0.82)]],
    [[*arc((0.5, 0.36), (0.19, 0.17), -170, 40), (0.3, 0.8), (0.73, 0.79)]],
    [[*arc((0.48, 0.34), (0.18, 0.16), -150, 80),
      *arc((0.48, 0.65), (0.2, 0.17), -80, 150)]],
    [[(0.36, 0.2), (0.31, 0.52), (0.68, 0.5)], [(0.66, 0.22), (0.6, 0.82)]],
    [[(0.66, 0.2), (0.4, 0.2), (0.36, 0.47),
      *arc((0.46, 0.62), (0.2, 0.18), -80, 140)]],
    [[(0.58, 0.17), (0.4, 0.45), *arc((0.5, 0.65), (0.15, 0.17), 200, -160)]],
    [[(0.28, 0.22), (0.7, 0.2), (0.45, 0.82)]],
    [arc((0.5, 0.33), (0.14, 0.15), 90, -270),
     arc((0.5, 0.66), (0.17, 0.18), -90, 270)],
    [[*arc((0.48, 0.36), (0.15, 0.16), 0, -360), (0.63, 0.36), (0.58, 0.82)]],
]
# fmt: on


PIXELS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
  return btoa(String.fromCharCode(...data));
}"""


class Sheet(Explorable):
    """What a reader draws on: the pad, in whatever holds it."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.find(".card").wait_for()

    def write(self, strokes, finger=False):
        """Draw strokes by mouse or by finger."""
        for stroke in strokes:
            spots = self.spots(".pad", stroke)
            if finger:
                drag_finger(self.page, *spots)
                continue
            self.page.mouse.move(*spots[0])
            self.page.mouse.down()
            for spot in spots[1:]:
                self.page.mouse.move(*spot)
            self.page.mouse.up()

    def said(self):
        return self.find(".verdict").text_content()

    def field(self):
        """Return what the network receives, shape (1, 28, 28, 1), in 256 steps."""
        pixels = self.find(".field28 canvas").evaluate(PIXELS)
        pixels = np.frombuffer(base64.b64decode(pixels), np.uint8)
        return pixels.reshape(1, 28, 28, 4)[..., 3:] / np.float32(255)


class Pad(Sheet):
    """The playground in a tab: how a reader works it, and what it shows."""

    def __init__(self, page, which=0):
        super().__init__(page, page.locator("[data-kind=playground]").nth(which))

    def settle(self):
        """Wait until all that was drawn is answered."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(done))")
        self.find(".answer[aria-busy=false]").wait_for()

    def read(self):
        """Return the digit that is said to be read, None if there is none."""
        self.settle()
        found = re.search(r"reads (\d),|读作 (\d)，", self.said())
        return int(found[1] or found[2]) if found else None

    def chances(self):
        return self.values(".chance .number")

    def place(self):
        """Return the layer and the place of the number that is explained."""
        self.settle()
        name, places = self.find(".place").text_content().split("[")
        return name, *map(int, places.removesuffix("] =").split(", "))
