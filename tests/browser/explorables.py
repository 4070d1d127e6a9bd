"""The explorables in a tab: what they show, held against NumPy, and how to work them.

The threshold explorer is held against scikit-learn.
"""

import base64
import json
import re

import numpy as np
import pytest
from book_site import PHONE, Visit
from scipy.signal import correlate2d
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from mnist_tutorial.playground import (
    descent_explorer,
    kernel_explorer,
    threshold_explorer,
)

PAGES = {
    "kernel": "algorithm/convolution",
    "descent": "math/loss",
    "threshold": "applications/medical",
}
PRESETS = {
    "vertical": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "horizontal": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "blur": np.full((3, 3), 1 / 9),
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
CHINESE = re.compile("[\u3400-\u9fff]")


class Explorable:
    """One explorable in a tab: what it shows, and how a reader works it."""

    def __init__(self, page, kind):
        self.page, self.kind = page, kind
        self.root = page.locator(f".mnist-explorable[data-kind={kind}]").first
        self.find(".card").wait_for()
        text = self.root.evaluate("root => root.querySelector('script').textContent")
        self.data = json.loads(text)

    def find(self, selector):
        return self.root.locator(selector)

    def values(self, selector):
        """Return the full numbers behind what is shown."""
        texts = self.find(selector).evaluate_all(
            "nodes => nodes.map(node => node.dataset.value)"
        )
        return np.array(texts, dtype=float)

    def value(self, selector):
        (value,) = self.values(selector)
        return value

    def spots(self, selector, places):
        """Return where on the screen places within a node are, after scrolling to it.

        Each is a pair of shares of the node's width and height.
        """
        node = self.find(selector)
        node.scroll_into_view_if_needed()
        box = node.bounding_box()
        return [
            (box["x"] + x * box["width"], box["y"] + y * box["height"])
            for x, y in places
        ]

    def spot(self, selector, x, y):
        """Return where on the screen one place within a node is."""
        return self.spots(selector, [(x, y)])[0]

    def colour(self, name):
        """Return red, green and blue of one of the explorable's colours."""
        text = self.root.evaluate(
            "(root, name) => getComputedStyle(root).getPropertyValue(name)", name
        )
        return np.array([int(text.strip()[at : at + 2], 16) for at in (1, 3, 5)])

    def press(self, selector, times=1):
        """Click on a button without waiting for the screen, to get somewhere."""
        self.root.evaluate(
            """(root, [selector, times]) => {
              const button = root.shadowRoot.querySelector(selector);
              while (times-- > 0) button.click();
            }""",
            [selector, times],
        )

    def texts(self):
        """Return everything that is said: visible, or to a screen reader."""
        return self.root.evaluate(
            """root => {
              const said = [];
              for (const node of root.shadowRoot.querySelectorAll(".card, .card *")) {
                if (!node.checkVisibility()) continue;
                for (const name of ["aria-label", "aria-valuetext", "title"])
                  if (node.hasAttribute(name)) said.push(node.getAttribute(name));
                if ([...node.childNodes].some(child =>
                    child.nodeType === 3 && child.data.trim()))
                  said.push(node.textContent);
              }
              return said;
            }"""
        )

    def plot(self, name, path):
        """Return where a plot's path is, in the units that its axes say."""
        ticks, spots = self.find(f".{name} svg").first.evaluate(
            """(svg, path) => [
              [...svg.querySelectorAll("text[text-anchor]:not(.outside)")].map(node => [
                node.getAttribute("text-anchor"), node.textContent,
                Number(node.getAttribute("x")), Number(node.getAttribute("y"))]),
              svg.querySelector(path).getAttribute("points")]""",
            path,
        )
        across = [(x, number(text)) for anchor, text, x, _ in ticks if anchor != "end"]
        up = [(y - 4, number(text)) for anchor, text, _, y in ticks if anchor == "end"]
        spots = np.array([spot.split(",") for spot in spots.split()], dtype=float)
        return across, up, spots

    def at_share(self, name, share):
        """Return the value at a share of a plot's width, by its axis."""
        across, _, _ = self.plot(name, "polyline")
        svg = self.find(f".{name} svg").first
        return read(across, share * svg.evaluate("svg => svg.viewBox.baseVal.width"))


class Kernel(Explorable):
    """The kernel explorer."""

    def __init__(self, page):
        super().__init__(page, "kernel")
        pixels = [list(base64.b64decode(image)) for image in self.data["images"]]
        self.images = np.array(pixels).reshape(-1, 28, 28) / 255

    def begin(self, digit=0, preset="vertical"):
        self.press(f".digits button:nth-child({digit + 1})")
        self.press(f"button[data-say={preset}]")

    def place(self):
        """Return the row and column that the result is said to be at."""
        text = self.find(".place").text_content()
        return tuple(map(int, re.fullmatch(r"output\[(\d+), (\d+)\] =", text).groups()))

    def assert_shows(self, digit, kernel, place):
        """Hold all that is shown of one value against NumPy."""
        row, column = place
        kernel = np.asarray(kernel, dtype=float)
        pixels = self.images[digit][row : row + 3, column : column + 3]
        output = correlate2d(self.images[digit], kernel, mode="valid")
        assert self.place() == place
        np.testing.assert_allclose(self.values(".pixel"), pixels.ravel(), atol=1e-6)
        np.testing.assert_allclose(self.values(".weight"), kernel.ravel(), atol=1e-6)
        products = (pixels * kernel).ravel()
        np.testing.assert_allclose(self.values(".product"), products, atol=1e-6)
        assert self.value(".sum") == pytest.approx(output[place], abs=1e-6)
        shown = self.find(".sum").text_content().replace("−", "-")
        assert float(shown) == pytest.approx(output[place], abs=0.00501)
        assert shown != "-0.00"
        for selector, side, cells in ((".input", 28, 3), (".output", 26, 1)):
            style = self.find(f"{selector} .frame").evaluate(
                "node => ['left', 'top', 'width', 'height']"
                ".map(name => parseFloat(node.style[name]))"
            )
            expected = 100 * np.array([column, row, cells, cells]) / side
            np.testing.assert_allclose(style, expected, atol=0.01)

    def assert_picture(self, digit, kernel):
        """Hold the colours of both pictures against NumPy."""
        white, black, minus, plus = map(
            self.colour, ("--white", "--black", "--minus", "--plus")
        )
        image = self.images[digit][..., np.newaxis]
        np.testing.assert_allclose(
            self.picture("input"), white + image * (black - white), atol=0.51
        )
        output = correlate2d(self.images[digit], kernel, mode="valid")
        largest = np.abs(output).max()
        share = (np.abs(output) / largest)[..., np.newaxis]
        end = np.where(output[..., np.newaxis] < 0, minus, plus)
        np.testing.assert_allclose(
            self.picture("output"), white + share * (end - white), atol=0.51
        )
        low, high = self.values(".output .ends [data-value]")
        assert (low, high) == pytest.approx((-largest, largest))

    def picture(self, name):
        """Return the colours of a picture's pixels, shape (side, side, 3)."""
        flat = self.find(f".{name} .area canvas").evaluate(
            """canvas => [...canvas.getContext("2d")
              .getImageData(0, 0, canvas.width, canvas.height).data]"""
        )
        side = round((len(flat) / 4) ** 0.5)
        return np.array(flat).reshape(side, side, 4)[..., :3]


class Descent(Explorable):
    """The descent explorer."""

    def __init__(self, page):
        super().__init__(page, "descent")
        self.x, self.y = (np.array(self.data[name]) for name in "xy")
        self.limit = 1 / (self.x**2).mean()
        self.bottom = (self.x * self.y).mean() / (self.x**2).mean()

    def begin(self, share_of_limit=0.1):
        """Go back to the start with a rate, given as a share of the largest."""
        self.find(".rate").fill(repr(float(share_of_limit * self.limit)))
        self.press("button.reset")

    def step(self, times=1):
        self.press("button.step", times)

    def run(self, hundreds):
        """Take 100 steps at once, several times."""
        self.page.emulate_media(reduced_motion="reduce")
        self.press("button.run", hundreds)
        self.page.emulate_media(reduced_motion="no-preference")

    def verdict(self):
        return self.find(".verdict").get_attribute("data-verdict")

    def shown(self):
        """Return the weight, the loss and the gradient."""
        return self.values(".facts .number")[1:].tolist()

    def at(self, w):
        error = w * self.x - self.y
        return [w, (error**2).mean(), (2 * error * self.x).mean()]


class Threshold(Explorable):
    """The threshold explorer."""

    def __init__(self, page):
        super().__init__(page, "threshold")
        # Within a step of the slider one probability is as good as another.
        cases = [self.data["negatives"], self.data["positives"]]
        self.labels = np.repeat([0, 1], np.sum(cases, axis=1))
        self.probabilities = np.concatenate(
            [np.repeat(np.arange(1001) / 1000, counts) for counts in cases]
        )

    def begin(self, miss=10, alarm=1, threshold=0.5):
        for name, value in (("miss", miss), ("alarm", alarm), ("at", threshold)):
            self.find(f".{name}").fill(str(value))

    def slide(self, step):
        self.find("input[type=range]").fill(str(step))

    def step(self):
        return round(1000 * self.value(".field.at"))

    def assert_shows(self, step, miss, alarm):
        """Hold all that is shown at one threshold against scikit-learn."""
        calls = (self.probabilities >= step / 1000).astype(int)
        tn, fp, fn, tp = confusion_matrix(self.labels, calls, labels=[0, 1]).ravel()
        cost = miss * fn + alarm * fp
        counts = {"TP": tp, "FN": fn, "FP": fp, "TN": tn}
        expected = {name: [count] for name, count in counts.items()}
        expected |= {
            "sensitivity": [tp, tp, fn, recall_score(self.labels, calls)],
            "specificity": [tn, tn, fp, recall_score(self.labels, calls, pos_label=0)],
            "precision": [tp, tp, fp],
            "total": [miss, fn, alarm, fp, cost],
        }
        if tp + fp:
            expected["precision"].append(precision_score(self.labels, calls))
        # All at once: each question to the browser takes its time.
        texts, verdict, said, dots, lines = self.root.evaluate(
            """root => {
              const all = selector => [...root.shadowRoot.querySelectorAll(selector)];
              const place = (node, name) => Number(node.getAttribute(name));
              return [
                Object.fromEntries(all("td .number, .facts b").map(node =>
                  [node.classList[1],
                    (node.matches("b") ? node.parentNode : node).textContent])),
                all(".verdict")[0].textContent,
                all("input[type=range], .line")
                  .map(node => node.getAttribute("aria-valuetext")),
                all(".roc .now, .costs .now")
                  .map(node => [place(node, "cx"), place(node, "cy")]),
                all(".scores .threshold, .costs .threshold")
                  .map(node => place(node, "x1"))];
            }"""
        )
        for name, values in expected.items():
            assert numbers(texts[name]) == pytest.approx(values, abs=0.000501), name
        assert numbers(verdict) == pytest.approx([step / 1000, fn, fp, cost], abs=1e-9)
        assert self.step() == step
        assert said == 2 * [f"{step / 1000:.3f}"]
        self.assert_mark("costs", dots[0], (step / 1000, cost))
        self.assert_mark("roc", dots[1], (fp / (fp + tn), tp / (tp + fn)))
        assert lines == pytest.approx(2 * [dots[0][0]], abs=0.01)

    def assert_mark(self, name, dot, expected):
        """Hold the dot of the present threshold against the axes of its plot."""
        across, up, _ = self.plot(name, ".curve")
        height = max(value for _, value in up) or 1
        assert read(across, dot[0]) == pytest.approx(expected[0], abs=1e-3)
        assert read(up, dot[1]) == pytest.approx(expected[1], abs=1e-3 * height)


def numbers(text):
    """Return all numbers in a text: 1,234 is one, 1 / 2 are two."""
    found = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
    return [float(number.replace(",", "")) for number in found]


def read(ticks, places):
    """Return which values an axis with such ticks has at some places."""
    (first, low), (last, high) = ticks[0], ticks[-1]
    return low + (places - first) / (last - first) * (high - low)


def number(text):
    """Read a number as it is shown: −0.5, 10⁴, 1.5×10⁻³, 20 %."""
    if text.endswith("%"):
        return number(text[:-1].strip()) / 100
    text = text.replace("−", "-")
    if raised := re.fullmatch(r"(?:(.+)×)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text):
        power = raised[2].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        return float(raised[1] or 1) * 10.0 ** int(power)
    return float(text)


def contrast(*colours):
    """Return how well two colours, as red, green and blue, differ (WCAG 2.1)."""
    share = np.array(colours) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


CONTRASTS = """root => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const found = [];
  for (const node of root.shadowRoot.querySelectorAll(".card *")) {
    const isField = node.matches("input:not([type=range])");
    const says = [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!(says || isField) || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    let below = node;
    while (parse(getComputedStyle(below).backgroundColor)[3] === 0)
      below = below.parentElement;
    found.push([node.textContent || node.value,
      parse(node.ownerSVGElement ? style.fill : style.color),
      parse(getComputedStyle(below).backgroundColor), parseFloat(style.fontSize)]);
  }
  return found;
}"""


def assert_readable(explorable, least=20):
    found = explorable.root.evaluate(CONTRASTS)
    assert len(found) > least
    for text, ink, ground, size in found:
        assert contrast(ink[:3], ground[:3]) >= 4.5, (text, ink, ground)
        assert size >= 12, text


KINDS = {"kernel": Kernel, "descent": Descent, "threshold": Threshold}


class Tabs:
    """The explorables of one book, each in a tab that is opened when asked for."""

    def __init__(self, browser, site, language, **options):
        self.browser, self.site, self.language = browser, site, language
        self.options, self.visits, self.explorables = options, {}, {}

    def __getitem__(self, kind):
        if kind not in self.visits:
            # In a window of its own: a tab behind another one would not be drawn.
            tab = Visit(self.browser, self.site, **self.options)
            self.visits[kind] = tab
            address = f"{self.site}book/{self.language}/{PAGES[kind]}.html"
            tab.page.goto(address, wait_until="domcontentloaded")
            self.explorables[kind] = KINDS[kind](tab.page)
        return self.explorables[kind]

    def close(self):
        """Close what was opened."""
        for tab in self.visits.values():
            tab.close()


IMAGES = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
HTML = {
    "kernel": kernel_explorer(IMAGES)._repr_html_(),
    "descent": descent_explorer([1.0, 2.0], [1.0, 3.0])._repr_html_(),
    "threshold": threshold_explorer([0, 1, 1], [0.2, 0.4, 0.9])._repr_html_(),
}


class Notebook(Visit):
    """A live notebook, outside the book: a page without a theme or a language."""

    def __init__(self, browser, locale):
        super().__init__(browser, "about:blank", locale=locale)
        self.is_chinese = locale == "zh-CN"

    def show(self, kind):
        """Show a cell's output as notebooks do; return the first of its kind.

        They parse it, then put each script in once more so that it runs.
        """
        self.page.evaluate(
            """html => {
              const output = document.createElement("div");
              output.innerHTML = html;
              document.body.append(output);
              for (const old of output.querySelectorAll("script")) {
                const script = document.createElement("script");
                for (const { name, value } of old.attributes)
                  script.setAttribute(name, value);
                script.textContent = old.textContent;
                old.replaceWith(script);
              }
            }""",
            HTML[kind],
        )
        return KINDS[kind](self.page)


ON_A_PHONE = {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}

# What depends on the language does not depend on how a page came: each of the two ways
# and each of the two books is tried once, in two pages instead of four. From the disk a
# script might not start, from a server a file it waits for might not come; in either
# book a word of the other might stand, or one that is too long.
in_two_books = pytest.mark.parametrize(
    ("site", "language"),
    [("disk", "zh"), ("served", "en")],
    ids=["disk-zh", "served-en"],
    indirect=True,
)
# What depends on neither.
on_one_page = pytest.mark.parametrize(
    ("site", "language"), [("disk", "zh")], ids=["disk-zh"], indirect=True
)


def drag_finger(page, *spots):
    """Put a finger down on the first spot, move it to the others, lift it."""
    session = page.context.new_cdp_session(page)
    points = [[{"x": x, "y": y}] for x, y in spots] + [[]]
    kinds = ["touchStart", *["touchMove"] * (len(spots) - 1), "touchEnd"]
    for kind, touch in zip(kinds, points, strict=True):
        event = {"type": kind, "touchPoints": touch}
        session.send("Input.dispatchTouchEvent", event)
    session.detach()
