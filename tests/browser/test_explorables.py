"""The explorables on their pages, by mouse, finger and keyboard, against NumPy.

The threshold explorer is held against scikit-learn.
"""

import base64
import json
import re

import numpy as np
import pytest
from book_site import Visit
from scipy.signal import correlate2d
from sklearn.metrics import confusion_matrix, precision_score, recall_score, roc_curve

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
        self.page = page
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

    def spot(self, selector, x, y):
        """Return where on the screen a place within a node is, after scrolling to it.

        x and y are shares of the node's width and height.
        """
        node = self.find(selector)
        node.scroll_into_view_if_needed()
        box = node.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

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

    def begin(self, share_of_limit):
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
        return [
            self.value(f".facts .{name}") for name in ("weight", "loss", "gradient")
        ]

    def at(self, w):
        error = w * self.x - self.y
        return [w, (error**2).mean(), (2 * error * self.x).mean()]


class Threshold(Explorable):
    """The threshold explorer."""

    def __init__(self, page, labels=None, probabilities=None):
        super().__init__(page, "threshold")
        if labels is None:
            # Within a step of the slider one probability is as good as another.
            cases = [self.data["negatives"], self.data["positives"]]
            labels = np.repeat([0, 1], np.sum(cases, axis=1))
            probabilities = np.concatenate(
                [np.repeat(np.arange(1001) / 1000, counts) for counts in cases]
            )
        self.labels, self.probabilities = labels, probabilities

    def begin(self, miss=10, alarm=1, threshold=0.5):
        for name, value in (("miss", miss), ("alarm", alarm), ("at", threshold)):
            self.find(f".{name}").fill(str(value))

    def slide(self, step):
        self.find("input[type=range]").fill(str(step))

    def step(self):
        return round(1000 * self.value(".field.at"))

    def costs(self, miss, alarm):
        """Return what the errors cost at each threshold, shape (1001,)."""
        called = [self.probabilities >= step / 1000 for step in range(1001)]
        positive = self.labels == 1
        return np.array(
            [
                miss * (~c & positive).sum() + alarm * (c & ~positive).sum()
                for c in called
            ]
        )

    def assert_shows(self, step, miss, alarm):
        """Hold all that is shown at one threshold against scikit-learn."""
        calls = (self.probabilities >= step / 1000).astype(int)
        tn, fp, fn, tp = confusion_matrix(self.labels, calls, labels=[0, 1]).ravel()
        # All at once: each question to the browser takes its time.
        shown, verdict, said, dots, lines = self.root.evaluate(
            """root => {
              const all = selector => [...root.shadowRoot.querySelectorAll(selector)];
              const place = (node, name) => Number(node.getAttribute(name));
              return [
                all("td .number, .facts div").map(node =>
                  [node.classList[1] ?? node.querySelector("b").classList[1],
                    (node.querySelector("b") ?? node).dataset.value,
                    (node.lastChild.textContent)]),
                all(".verdict")[0].textContent,
                all("input[type=range], .line")
                  .map(node => node.getAttribute("aria-valuetext")),
                all(".roc .now, .costs .now")
                  .map(node => [place(node, "cx"), place(node, "cy")]),
                all(".scores .threshold, .costs .threshold")
                  .map(node => place(node, "x1"))];
            }"""
        )
        values = {name: float(value) for name, value, _ in shown}
        texts = {name: numbers(text) for name, _, text in shown}
        counts = {"TP": tp, "FN": fn, "FP": fp, "TN": tn}
        assert {name: values[name] for name in counts} == counts
        assert {name: texts[name] for name in counts} == {
            name: [count] for name, count in counts.items()
        }
        cost = miss * fn + alarm * fp
        shares = {
            "sensitivity": (recall_score(self.labels, calls), tp, fn),
            "specificity": (recall_score(self.labels, calls, pos_label=0), tn, fp),
            "precision": (
                precision_score(self.labels, calls, zero_division=np.nan), tp, fp
            ),
        }  # fmt: skip
        for name, (share, part, rest) in shares.items():
            assert values[name] == pytest.approx(share, abs=1e-12, nan_ok=True)
            assert texts[name][:3] == [part, part, rest]
            rounded = [] if np.isnan(share) else [pytest.approx(share, abs=0.000501)]
            assert texts[name][3:] == rounded
        assert values["total"] == pytest.approx(cost, rel=1e-12)
        assert texts["total"] == [miss, fn, alarm, fp, pytest.approx(cost, abs=0.00501)]
        assert numbers(verdict) == [
            step / 1000,
            fn,
            fp,
            pytest.approx(cost, abs=0.00501),
        ]
        assert self.step() == step
        assert said == 2 * [f"{step / 1000:.3f}"]
        self.assert_marks(step, cost, *dots)
        assert lines == pytest.approx(2 * [dots[0][0]], abs=0.01)

    def assert_marks(self, step, cost, on_costs, on_roc):
        """Hold the two dots of the present threshold against NumPy."""
        across, up, _ = self.plot("roc", ".curve")
        x, y = on_roc
        false_alarms, hits, thresholds = roc_curve(
            self.labels, self.probabilities, drop_intermediate=False
        )
        # The last point of scikit-learn's whose threshold ours does not exceed.
        thresholds = thresholds.astype(self.probabilities.dtype)
        index = np.flatnonzero(thresholds >= step / 1000)[-1]
        assert read(across, x) == pytest.approx(false_alarms[index], abs=1e-3)
        assert read(up, y) == pytest.approx(hits[index], abs=1e-3)
        across, up, _ = self.plot("costs", ".curve")
        x, y = on_costs
        assert read(across, x) == pytest.approx(step / 1000, abs=1e-3)
        assert read(up, y) == pytest.approx(
            cost, abs=1e-3 * (up[0][1] or up[-1][1] or 1)
        )

    def dot(self, name, mark="now"):
        return self.find(f".{name} .{mark}").evaluate(
            "node => ['cx', 'cy'].map(name => Number(node.getAttribute(name)))"
        )

    def cheapest(self):
        """Return threshold and cost that are said to be least."""
        _, cost = numbers(self.find(".cheapest").text_content())
        return self.value(".cheapest"), cost


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


KINDS = {"kernel": Kernel, "descent": Descent, "threshold": Threshold}


@pytest.fixture(scope="module", params=["zh", "en"])
def language(request):
    """Return the language of the book."""
    return request.param


def tabs_of(browser, site, language, **options):
    """Open the pages, and yield {kind: explorable}, then {kind: tab}."""
    # Each in a window of its own: a tab behind another one would not be drawn.
    visits = {kind: Visit(browser, site, **options) for kind in PAGES}
    for kind, tab in visits.items():
        address = f"{site}book/{language}/{PAGES[kind]}.html"
        tab.page.goto(address, wait_until="domcontentloaded")
    yield {kind: KINDS[kind](tab.page) for kind, tab in visits.items()}, visits
    for tab in visits.values():
        tab.close()


@pytest.fixture(scope="module")
def desktop(browser, site, language):
    """Yield both explorables on a desktop in a light theme."""
    yield from tabs_of(browser, site, language)


@pytest.fixture(scope="module")
def phone(browser, site, language):
    """Yield both explorables on a phone in a dark theme."""
    yield from tabs_of(
        browser,
        site,
        language,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        color_scheme="dark",
    )


# What does not depend on the page need not be tried on each. The scripts stand in the
# pages themselves: from the disk it is tried whether they start, speak the language of
# the book, and show the numbers that NumPy finds.
in_both_languages = pytest.mark.parametrize("site", ["served"], indirect=True)


def on_one_page(test):
    """Run a test on the Chinese page alone, as a server hands it out."""
    return in_both_languages(
        pytest.mark.parametrize("language", ["zh"], indirect=True)(test)
    )


@pytest.fixture
def kernel(desktop):
    """Return the kernel explorer, as it is at first."""
    explorable = desktop[0]["kernel"]
    explorable.begin()
    return explorable


@pytest.fixture
def descent(desktop):
    """Return the descent explorer, at its start."""
    explorable = desktop[0]["descent"]
    explorable.begin(0.1)
    return explorable


class Finger:
    """One finger on a touch screen."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)

    def drag(self, *spots):
        """Put the finger down on the first spot, move it to the others, lift it."""
        kinds = ["touchStart"] + ["touchMove"] * (len(spots) - 1)
        for kind, (x, y) in zip(kinds, spots, strict=True):
            self.send(kind, [{"x": x, "y": y}])
        self.send("touchEnd", [])
        self.session.detach()

    def send(self, kind, points):
        """Report to the browser where the finger is."""
        event = {"type": kind, "touchPoints": points}
        self.session.send("Input.dispatchTouchEvent", event)


# --- the kernel ----------------------------------------------------------------------


@on_one_page
def test_kernel_begins_where_there_is_something_to_see(kernel):
    kernel.page.reload(wait_until="domcontentloaded")
    kernel.find(".card").wait_for()
    output = correlate2d(kernel.images[0], PRESETS["vertical"], mode="valid")
    assert output[kernel.place()] == pytest.approx(output.max())
    kernel.assert_shows(0, PRESETS["vertical"], kernel.place())


def test_values_and_colours_are_those_that_numpy_finds(kernel):
    for number_of, (preset, weights) in enumerate(PRESETS.items()):
        digit = number_of % len(kernel.images)
        kernel.begin(digit, preset)
        kernel.assert_picture(digit, weights)
        for x, y in [(0.999, 0.999), (0.1 * number_of, 0.7)]:
            kernel.page.mouse.click(*kernel.spot(".output canvas", x, y))
            kernel.assert_shows(digit, weights, (int(26 * y), int(26 * x)))


@on_one_page
def test_arrow_keys_read_out_the_whole_output(kernel):
    kernel.begin(1, "sharpen")
    expected = correlate2d(kernel.images[1], PRESETS["sharpen"], mode="valid")
    np.testing.assert_allclose(walk(kernel), expected, atol=1e-6)


def walk(kernel):
    """Go over the output with arrow keys; return the sum shown at each place."""
    sums = kernel.root.evaluate(
        """root => {
          const card = root.shadowRoot;
          const area = card.querySelector(".output .area");
          const press = key => area.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
          for (let i = 0; i < 26; i++) { press("ArrowUp"); press("ArrowLeft"); }
          const sums = [];
          for (let row = 0; row < 26; row++) {
            const line = [];
            for (let column = 0; column < 26; column++) {
              line.push(Number(card.querySelector(".sum").dataset.value));
              if (column < 25) press(row % 2 ? "ArrowLeft" : "ArrowRight");
            }
            sums.push(row % 2 ? line.reverse() : line);
            press("ArrowDown");
          }
          return sums;
        }"""
    )
    return np.array(sums)


@in_both_languages
def test_mouse_drags_the_window(kernel):
    mouse = kernel.page.mouse
    # The pointer is in the middle of the window, which stays inside the image.
    for x, y, place in [(0.5, 0.4, (10, 13)), (0.26, 0.9, (24, 6)), (-0.2, 0, (0, 0))]:
        if place == (10, 13):
            mouse.move(*kernel.spot(".input canvas", x, y))
            mouse.down()
        else:
            mouse.move(*kernel.spot(".input canvas", x, y), steps=3)
        kernel.assert_shows(0, PRESETS["vertical"], place)
    mouse.up()
    mouse.move(*kernel.spot(".input canvas", 0.5, 0.5))
    assert kernel.place() == (0, 0), "the window moves without a button pressed"


@in_both_languages
def test_finger_drags_the_window_and_taps_the_output(phone):
    kernel = phone[0]["kernel"]
    kernel.begin(1, "outline")
    for x, y in [(0.7, 0.3), (0.1, 0.6)]:
        kernel.page.touchscreen.tap(*kernel.spot(".output canvas", x, y))
        kernel.assert_shows(1, PRESETS["outline"], (int(26 * y), int(26 * x)))
    scrolled = kernel.page.evaluate("scrollY")
    Finger(kernel.page).drag(
        kernel.spot(".input canvas", 0.5, 0.3),
        kernel.spot(".input canvas", 0.5, 0.6),
        kernel.spot(".input canvas", 0.6, 0.8),
    )
    kernel.assert_shows(1, PRESETS["outline"], (int(28 * 0.8) - 1, int(28 * 0.6) - 1))
    assert kernel.page.evaluate("scrollY") == scrolled


@pytest.mark.parametrize("name", ["input", "output"])
def test_arrow_keys_move_the_window_and_stop_at_the_border(kernel, name):
    kernel.page.mouse.click(*kernel.spot(".output canvas", 0.5, 0.5))
    kernel.find(f".{name} .area").focus()
    for keys, place in [
        ("ArrowRight", (13, 14)),
        ("ArrowDown ArrowDown", (15, 14)),
        ("Shift+ArrowLeft", (15, 9)),
        ("ArrowUp", (14, 9)),
        ("Shift+ArrowUp Shift+ArrowUp Shift+ArrowUp", (0, 9)),
        ("Shift+ArrowLeft Shift+ArrowLeft", (0, 0)),
        (" ".join(["Shift+ArrowRight"] * 6), (0, 25)),
        (" ".join(["Shift+ArrowDown"] * 6), (25, 25)),
    ]:
        for key in keys.split():
            kernel.page.keyboard.press(key)
        assert kernel.place() == place
    kernel.assert_shows(0, PRESETS["vertical"], (25, 25))


@on_one_page
def test_keyboard_reaches_everything_and_shows_where_it_is(kernel):
    kernel.find(".digits button").first.focus()
    seen = []
    for _ in range(14):
        kernel.page.keyboard.press("Tab")
        seen += [
            kernel.root.evaluate(
                """root => {
                  const node = root.shadowRoot.activeElement;
                  return node && [node.className || node.dataset.say,
                    getComputedStyle(node).outlineStyle];
                }"""
            )
        ]
    names = [name for name, _ in seen[:-1]]
    areas, weights = ["area steered"] * 2, ["number weight"] * 9
    assert names == ["scan", *areas, "vertical", *weights]
    assert {outline for _, outline in seen[:-1]} == {"solid"}
    assert seen[-1] is None, "the keyboard does not get out again"


@on_one_page
def test_arrow_keys_choose_digits_and_kernels(kernel):
    kernel.find(".digits button").first.focus()
    kernel.page.keyboard.press("ArrowRight")
    kernel.page.keyboard.press("ArrowRight")
    kernel.assert_shows(2, PRESETS["vertical"], kernel.place())
    kernel.page.keyboard.press("ArrowLeft")
    kernel.page.keyboard.press("Tab")  # one stop for all digits
    assert kernel.find(".scan").evaluate("n => n === n.getRootNode().activeElement")
    kernel.find("button[data-say=vertical]").focus()
    kernel.page.keyboard.press("ArrowLeft")
    kernel.assert_shows(1, PRESETS["identity"], kernel.place())
    checked = kernel.find("[role=radio][aria-checked=true]")
    assert checked.count() == 2
    assert checked.last.get_attribute("data-say") == "identity"
    tabbable = kernel.find("[role=radio][tabindex='0']")
    assert tabbable.count() == 2


@on_one_page
def test_weights_can_be_typed(kernel):
    weights = np.array(PRESETS["vertical"], dtype=float)
    for text, value in [
        ("0.5", 0.5),
        ("-2", -2),
        ("−2.25", -2.25),
        (".5", 0.5),
        ("1/9", 1 / 9),
        ("－１．５", -1.5),
        ("0。5", 0.5),
        ("1e-1", 0.1),
        ("99", 99),
    ]:
        weights[1, 2] = value
        kernel.find(".weight").nth(5).fill(text)
        np.testing.assert_allclose(kernel.values(".weight"), weights.ravel())
        assert kernel.find("[aria-invalid=true]").count() == 0
    kernel.assert_shows(0, weights, kernel.place())
    kernel.assert_picture(0, weights)
    assert kernel.find("[role=radio][aria-checked=true]").count() == 1  # the digit


@in_both_languages
def test_what_is_no_weight_is_marked_and_the_last_value_stays(kernel, language):
    weights = np.array(PRESETS["vertical"], dtype=float)
    weights[1, 2] = 0.5
    field = kernel.find(".weight").nth(5)
    for text in ["", "-", "abc", "1/0", "99.1", "1e400", "1;2", "0x3"]:
        field.fill("0.5")
        assert field.get_attribute("aria-invalid") == "false"
        field.fill(text)
        assert field.get_attribute("aria-invalid") == "true", text
        np.testing.assert_allclose(kernel.values(".weight"), weights.ravel())
    kernel.assert_shows(0, weights, kernel.place())
    refusal = kernel.find(".refusal").inner_text()
    assert bool(CHINESE.search(refusal)) == (language == "zh")
    field.blur()
    assert field.input_value() == "0.5"
    field.fill("1")
    kernel.assert_shows(0, PRESETS["vertical"], kernel.place())
    assert not kernel.find(".refusal").is_visible()
    assert kernel.find("[data-say=vertical]").get_attribute("aria-checked") == "true"


@on_one_page
def test_a_kernel_of_zeros_gives_zeros(kernel):
    for field in kernel.find(".weight").all():
        field.fill("0")
    kernel.assert_shows(0, np.zeros((3, 3)), kernel.place())
    assert (kernel.picture("output") == kernel.colour("--white")).all()


@on_one_page
def test_window_slides_over_the_image_by_itself(kernel):
    kernel.find(".scan").click()
    kernel.page.wait_for_function(
        """() => {
          const root = document.querySelector(".mnist-explorable[data-kind=kernel]");
          return /\\[[3-9],/.test(root.shadowRoot.querySelector(".place").textContent);
        }"""
    )
    first, last = kernel.picture("output")[[0, -1]]
    assert (last == kernel.colour("--panel")).all()
    assert not (first == kernel.colour("--panel")).all(axis=-1).any()
    kernel.find(".scan").click()
    kernel.assert_shows(0, PRESETS["vertical"], kernel.place())
    kernel.assert_picture(0, PRESETS["vertical"])


# --- gradient descent ----------------------------------------------------------------


@on_one_page
@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (0.01, "creeping"),
        (0.04, "creeping"),
        (0.3, "converging"),
        (0.51, "converging"),
        (0.6, "oscillating"),
        (0.9, "oscillating"),
        (0.99, "oscillating"),
        (1.0, "neither"),
        (1.01, "diverging"),
        (1.1, "diverging"),
        (2.0, "diverging"),
    ],
)
def test_verdict_is_what_the_steps_say(descent, share, verdict):
    assert_path(descent, share, 4)
    assert descent.verdict() == verdict


@in_both_languages
@pytest.mark.parametrize(
    ("share", "verdict"), [(0.9, "oscillating"), (1.1, "diverging")]
)
def test_path_is_numpys_step_by_step(descent, share, verdict):
    assert_path(descent, share, 8)
    assert descent.verdict() == verdict
    before = abs(descent.shown()[0] - descent.bottom)
    descent.run(1)
    after = abs(descent.shown()[0] - descent.bottom)
    assert after < 1e-6 * before if share < 1 else after > 1e6 * before


def assert_path(descent, share, count):
    """Take some steps and hold each against NumPy."""
    descent.begin(share)
    rate = share * descent.limit
    expected = descent.at(descent.value(".facts .weight"))
    assert descent.verdict() == "ready"
    for steps in range(1, count + 1):
        slope = descent.value(".slope")
        assert slope == pytest.approx(expected[2], rel=1e-9)
        w = expected[0] - rate * expected[2]
        assert descent.value(".next") == pytest.approx(w, rel=1e-9)
        expected = descent.at(w)
        descent.step()
        assert descent.value(".steps") == steps
        np.testing.assert_allclose(descent.shown(), expected, rtol=1e-9, atol=1e-12)


@on_one_page
def test_a_rate_changed_on_the_way_is_judged_by_its_own_steps(descent):
    descent.begin(1.5)
    descent.step(3)
    assert descent.verdict() == "diverging"
    descent.find(".rate").fill(str(0.3 * descent.limit))
    assert descent.verdict() == "ready"
    descent.step(2)
    assert descent.verdict() == "converging"
    assert descent.value(".steps") == 5


@on_one_page
def test_one_step_can_arrive(descent):
    descent.begin(0.5)
    descent.step()
    assert descent.verdict() == "arrived"
    assert descent.shown()[0] == pytest.approx(descent.bottom)


@on_one_page
def test_drawing_is_where_its_axes_say(descent):
    descent.begin(0.8)
    path = [descent.at(descent.value(".facts .weight"))]
    for _ in range(5):
        path.append(descent.at(path[-1][0] - 0.8 * descent.limit * path[-1][2]))
    descent.step(5)
    w, loss, _ = np.transpose(path)

    across, up, spots = descent.plot("parabola", ".trail")
    assert across == sorted(across) and up == sorted(up, reverse=True)
    assert (np.diff([value for _, value in up]) > 0).all(), "the plot is upside down"
    size = max(abs(w)), max(loss)
    np.testing.assert_allclose(read(across, spots[:, 0]), w, atol=0.01 * size[0])
    np.testing.assert_allclose(read(up, spots[:, 1]), loss, atol=0.01 * size[1])
    ball = descent.find(".ball").evaluate(
        "node => ['cx', 'cy'].map(name => Number(node.getAttribute(name)))"
    )
    np.testing.assert_allclose(ball, spots[-1], atol=0.01)

    across, up, spots = descent.plot("losses", ".trail")
    np.testing.assert_allclose(read(across, spots[:, 0]), range(6), atol=0.01)
    powers = [(y, np.log10(value)) for y, value in up]
    np.testing.assert_allclose(read(powers, spots[:, 1]), np.log10(loss), atol=0.01)


@on_one_page
def test_divergence_leaves_the_picture_and_ends(descent):
    highest = float(descent.find("input[type=range]").get_attribute("max"))
    descent.begin(1.5)
    descent.find("input[type=range]").fill(str(int(highest)))
    rate = descent.value(".rate")
    assert rate >= 2.5 * descent.limit
    descent.step(3)
    assert descent.find(".ball.outside").count() == 1
    shown = descent.find("text.outside").text_content()
    assert number(shown.split()[-1]) == pytest.approx(descent.shown()[0], rel=1e-3)
    descent.run(9)
    assert descent.verdict() == "overflow"
    assert descent.find("button.step").is_disabled()
    assert descent.find("button.run").is_disabled()
    drawn = descent.find("svg").evaluate_all(
        "nodes => nodes.map(node => node.outerHTML).join('')"
    )
    assert not re.search("NaN|Infinity|undefined|e[+]?[0-9]", drawn)
    assert not any(re.search("NaN|undefined", text) for text in descent.texts())
    descent.find("button.reset").click()
    assert descent.verdict() == "ready"
    assert descent.find("button.step").is_enabled()


@on_one_page
def test_path_has_an_end(descent):
    descent.begin(0.01)
    descent.find("input[type=range]").fill("0")
    descent.run(11)
    assert descent.value(".steps") == 1000
    assert descent.verdict() == "limit"
    assert descent.find("button.step").is_disabled()


@on_one_page
def test_slider_and_number_say_the_same(descent):
    slider, field = descent.find("input[type=range]"), descent.find(".rate")
    slider.focus()
    descent.page.keyboard.press("End")
    high = descent.value(".rate")
    descent.page.keyboard.press("Home")
    low = descent.value(".rate")
    assert low <= 0.001 * descent.limit and 2.5 * descent.limit <= high
    rates = []
    for position in (0.2, 0.5, 0.8):
        descent.page.mouse.click(*descent.spot("input[type=range]", position, 0.5))
        rates.append(descent.value(".rate"))
        assert number(field.input_value()) == pytest.approx(rates[-1], rel=1e-5)
    # Equal distances on the slider are equal factors.
    first, second = rates[1] / rates[0], rates[2] / rates[1]
    assert first == pytest.approx(second, rel=0.1)
    descent.page.keyboard.press("ArrowRight")
    assert 1 < descent.value(".rate") / rates[-1] < 1.02
    field.fill(str(rates[0]))
    before = slider.evaluate("node => node.value / node.max")
    assert before == pytest.approx(0.2, abs=0.02)


@on_one_page
def test_the_limit_is_not_told(descent):
    texts = " ".join(descent.texts())
    found = [number(text) for text in re.findall(r"[−\d.]+(?:×10[⁻⁰-⁹]+)?", texts)
             if re.search(r"\d", text)]  # fmt: skip
    assert found
    assert not [value for value in found if abs(value / descent.limit - 1) < 0.02]


@in_both_languages
def test_what_is_no_rate_is_marked_and_the_last_value_stays(descent, language):
    field = descent.find(".rate")
    for text in ["", "0", "-0.1", "abc", "1e9"]:
        field.fill(text)
        assert field.get_attribute("aria-invalid") == "true", text
        assert descent.value(".rate") == pytest.approx(0.1 * descent.limit)
    refusal = descent.find(".refusal").inner_text()
    assert bool(CHINESE.search(refusal)) == (language == "zh")
    field.blur()
    assert number(field.input_value()) == pytest.approx(0.1 * descent.limit, rel=1e-4)
    field.fill(str(0.2 * descent.limit))
    assert field.get_attribute("aria-invalid") == "false"
    assert not descent.find(".refusal").is_visible()


def start_at(explorable, share):
    """Return the weight that lies at a share of the plot's width, by its axis."""
    across, _, _ = explorable.plot("parabola", ".trail")
    (first, low), (last, high) = across[0], across[-1]
    width = explorable.find(".parabola svg").first.evaluate(
        "n => n.viewBox.baseVal.width"
    )
    return low + (share * width - first) / (last - first) * (high - low)


@in_both_languages
def test_mouse_drags_the_ball(descent):
    descent.step(3)
    mouse = descent.page.mouse
    mouse.move(*descent.spot(".start", 0.4, 0.5))
    mouse.down()
    assert descent.value(".steps") == 0
    assert descent.shown()[0] == pytest.approx(start_at(descent, 0.4), rel=0.02)
    mouse.move(*descent.spot(".start", 0.8, 0.2), steps=3)
    mouse.up()
    w = descent.shown()[0]
    assert w == pytest.approx(start_at(descent, 0.8), rel=0.02)
    np.testing.assert_allclose(descent.shown(), descent.at(w), rtol=1e-9)
    descent.step(2)
    descent.find("button.reset").click()
    assert descent.shown()[0] == w


@on_one_page
def test_arrow_keys_move_the_ball(descent):
    descent.page.mouse.click(*descent.spot(".start", 0.5, 0.5))
    before = descent.shown()[0]
    descent.find(".start").focus()
    for key, sign in [("ArrowRight", 1), ("ArrowUp", 1), ("ArrowLeft", -1)]:
        descent.page.keyboard.press(key)
        after = descent.shown()[0]
        assert sign * (after - before) > 0
        assert descent.find(".start").get_attribute("aria-valuenow") == str(after)
        before = after


@in_both_languages
def test_finger_drags_the_ball_sideways_and_scrolls_up_and_down(phone):
    descent = phone[0]["descent"]
    page = descent.page
    page.touchscreen.tap(*descent.spot(".start", 0.7, 0.5))
    w = descent.shown()[0]
    assert w == pytest.approx(start_at(descent, 0.7), rel=0.03)
    descent.step(2)
    across = [descent.spot(".start", x, 0.5) for x in (0.3, 0.4, 0.5, 0.55)]
    Finger(page).drag(*across)
    assert descent.value(".steps") == 0
    w = descent.shown()[0]
    assert w == pytest.approx(start_at(descent, 0.55), rel=0.03)
    descent.step(2)
    scrolled = page.evaluate("scrollY")
    up = [descent.spot(".start", 0.3, y) for y in (0.8, 0.6, 0.4, 0.1, -0.2)]
    Finger(page).drag(*up)
    page.wait_for_function("before => scrollY > before + 20", arg=scrolled)
    assert descent.value(".steps") == 2, "a finger that scrolls moved the ball"


# Timers that go off when `tick` is called; it returns how many are left.
HAND_DRIVEN = """() => {
  const real = { setInterval, clearInterval };
  const timers = new Map();
  let last = 0;
  window.setInterval = (go, ms) => {
    window.period = ms;
    timers.set(--last, go);
    return last;
  };
  window.clearInterval = id =>
    timers.delete(id) || real.clearInterval.call(window, id);
  window.tick = times => {
    while (times-- > 0) for (const go of [...timers.values()]) go();
    return timers.size;
  };
  window.restoreTimers = () => void Object.assign(window, real);
}"""


@on_one_page
def test_runs_by_itself_until_it_is_stopped(descent):
    page = descent.page
    page.evaluate(HAND_DRIVEN)
    try:
        descent.begin(0.4)
        descent.find("button.run").click()
        assert 40 <= page.evaluate("period") <= 250, "too quick or too slow to follow"
        assert descent.value(".steps") == 0
        assert page.evaluate("tick(3)") == 1
        assert descent.value(".steps") == 3
        descent.find("button.run").click()
        assert page.evaluate("tick(3)") == 0
        assert descent.value(".steps") == 3
        # A hundred steps, unless it arrives before.
        descent.begin(0.001)
        descent.find("button.run").click()
        assert page.evaluate("tick(99)") == 1
        assert page.evaluate("tick(5)") == 0
        assert descent.value(".steps") == 100
    finally:
        page.evaluate("restoreTimers()")


@on_one_page
def test_runs_by_itself_until_it_arrives(descent):
    descent.begin(0.4)
    descent.find("button.run").click()
    descent.page.wait_for_function(
        """() => document.querySelector(".mnist-explorable[data-kind=descent]")
          .shadowRoot.querySelector("[data-verdict=arrived]")"""
    )
    assert descent.value(".steps") < 100
    label = descent.find("button.run").text_content()
    assert "100" in label, "the button still says stop"


@on_one_page
def test_nothing_moves_by_itself_when_the_reader_wants_it_still(kernel, descent):
    for explorable in (kernel, descent):
        explorable.page.emulate_media(reduced_motion="reduce")
    assert not kernel.find(".scan").is_visible()
    descent.begin(0.01)
    descent.press("button.run")
    assert descent.value(".steps") == 100
    for explorable in (kernel, descent):
        explorable.page.emulate_media(reduced_motion="no-preference")


# --- threshold -----------------------------------------------------------------------


@pytest.fixture
def threshold(desktop):
    """Return the threshold explorer, at 0.5, with a miss ten times as dear."""
    explorable = desktop[0]["threshold"]
    explorable.begin()
    return explorable


TWENTY = np.linspace(0, 1000, 20).round().astype(int).tolist()


@in_both_languages
def test_numbers_at_20_thresholds_are_scikit_learns(threshold):
    for step in TWENTY:
        threshold.slide(step)
        threshold.assert_shows(step, 10, 1)


@on_one_page
def test_threshold_begins_as_the_page_says(threshold):
    threshold.page.reload(wait_until="domcontentloaded")
    threshold.find(".card").wait_for()
    costs = threshold.data["costs"]
    threshold.assert_shows(500, costs["miss"], costs["alarm"])


@on_one_page
def test_keyboard_moves_the_threshold(threshold):
    threshold.find("input[type=range]").focus()
    for key, step in [("ArrowRight", 501), ("ArrowDown", 500), ("PageUp", 600),
                      ("Home", 0), ("ArrowLeft", 0), ("End", 1000)]:  # fmt: skip
        threshold.page.keyboard.press(key)
        threshold.assert_shows(step, 10, 1)
    threshold.find(".line").focus()
    for key, step in [("ArrowRight", 1000), ("ArrowLeft", 990), ("ArrowUp", 1000),
                      ("Shift+ArrowDown", 950)]:  # fmt: skip
        threshold.page.keyboard.press(key)
        threshold.assert_shows(step, 10, 1)


@on_one_page
def test_keyboard_goes_through_the_threshold_explorer(threshold):
    threshold.find("input[type=range]").focus()
    seen = []
    for _ in range(6):
        seen += threshold.root.evaluate(
            """root => {
              const node = root.shadowRoot.activeElement;
              return [node && [node.classList.item(node.classList.length - 1),
                getComputedStyle(node).outlineStyle]];
            }"""
        )
        threshold.page.keyboard.press("Tab")
    names = [None, "at", "miss", "alarm", "go", "steered"]
    assert seen == [[name, "solid"] for name in names]
    out = threshold.root.evaluate("root => root.shadowRoot.activeElement")
    assert out is None, "the keyboard does not get out again"


@in_both_languages
def test_mouse_and_finger_move_the_threshold(threshold, phone):
    mouse = threshold.page.mouse
    mouse.move(*threshold.spot(".line", 0.4, 0.5))
    mouse.down()
    mouse.move(*threshold.spot(".line", 0.7, 0.2), steps=3)
    mouse.up()
    hand = phone[0]["threshold"]
    hand.begin()
    hand.page.touchscreen.tap(*hand.spot(".line", 0.7, 0.5))
    for explorable in (threshold, hand):
        across, _, _ = explorable.plot("costs", ".curve")  # the same axis, below
        width = explorable.find(".line svg").first.evaluate(
            "node => node.viewBox.baseVal.width"
        )
        step = explorable.step()
        assert step / 1000 == pytest.approx(read(across, 0.7 * width), abs=0.006)
        explorable.assert_shows(step, 10, 1)
    mouse.move(*threshold.spot(".line", 0.7, 0.5))
    mouse.down()
    mouse.move(*threshold.spot(".line", 0, 0.5), steps=3)
    threshold.assert_shows(0, 10, 1)
    mouse.move(*threshold.spot(".line", 1.2, 0.5), steps=3)
    mouse.up()
    threshold.assert_shows(1000, 10, 1)


@on_one_page
@pytest.mark.parametrize(
    ("miss", "alarm"), [(1, 1), (10, 1), (500, 1), (1, 20), (0.5, 0.25), (0, 3), (7, 0)]
)
def test_button_goes_to_a_threshold_that_costs_least(threshold, miss, alarm):
    threshold.begin(miss, alarm)
    threshold.assert_shows(500, miss, alarm)
    costs = threshold.costs(miss, alarm)
    at, cost = threshold.cheapest()
    assert cost == pytest.approx(costs.min(), abs=0.00501)
    assert costs[round(1000 * at)] == costs.min()
    threshold.find("button.go").click()
    assert threshold.step() == round(1000 * at)
    assert float(threshold.find(".at").input_value()) == at
    threshold.assert_shows(threshold.step(), miss, alarm)
    for name in ("roc", "costs"):
        (start,) = re.findall(
            r"M([\d.]+) ([\d.]+)",
            threshold.find(f".{name} .least").get_attribute("d"),
        )
        x, y = threshold.dot(name)
        assert (float(start[0]), float(start[1]) + 9) == pytest.approx((x, y))


@on_one_page
def test_curves_are_where_their_axes_say(threshold):
    across, up, spots = threshold.plot("costs", ".curve")
    costs = threshold.costs(10, 1)
    np.testing.assert_allclose(
        read(across, spots[:, 0]), np.arange(1001) / 1000, atol=1e-3
    )
    np.testing.assert_allclose(read(up, spots[:, 1]), costs, atol=0.002 * costs.max())
    across, up, spots = threshold.plot("roc", ".curve")
    false_alarms, hits, _ = roc_curve(threshold.labels, threshold.probabilities)
    assert (read(across, spots[0, 0]), read(up, spots[0, 1])) == pytest.approx((1, 1))
    # Each corner of scikit-learn's curve is one of ours.
    ours = np.stack([read(across, spots[:, 0]), read(up, spots[:, 1])], axis=1)
    for corner in np.stack([false_alarms, hits], axis=1)[1:]:
        assert np.abs(ours - corner).max(axis=1).min() < 1e-3, corner


@on_one_page
@pytest.mark.parametrize("step", [0, 262, 500, 1000])
def test_bars_are_the_shares_of_their_class_and_the_line_cuts_them(threshold, step):
    threshold.slide(step)
    across, up, bars = threshold.find(".scores svg").first.evaluate(
        """svg => {
          const place = (node, names) => names.map(n => Number(node.getAttribute(n)));
          const ticks = (anchor, name) =>
            [...svg.querySelectorAll(`text[text-anchor=${anchor}]`)]
              .map(node => [...place(node, [name]), node.textContent]);
          const bars = [...svg.querySelectorAll(".bar")].map(node =>
            [node.classList[1], ...place(node, ["x", "width", "y", "height"])]);
          return [ticks("middle", "x"), ticks("end", "y"), bars];
        }"""
    )
    across = [(x, number(text)) for x, text in across]
    (top, most), (zero, nothing) = up[0], up[2]
    assert nothing == "0"
    whole = (zero - top) / np.sqrt(number(most))  # so high would be all of a class
    for label, names in ((1, ["FN", "TP"]), (0, ["TN", "FP"])):
        mine = threshold.probabilities[threshold.labels == label]
        # Each bar has its left end; the last one has both.
        places = np.minimum((40 * mine + 1e-9).astype(int), 39)
        shares = np.bincount(places, minlength=40) / len(mine)
        drawn, covered = np.zeros(40), 0
        for name, x, width, y, height in bars:
            if name not in names:
                continue
            covered += width
            bottom = y + height if label else y
            assert bottom == pytest.approx(zero - 4, abs=0.01), "hangs in the air"
            low, high = read(across, x), read(across, x + width)
            if width > 1e-6:
                drawn[int(20 * (low + high))] = (height / whole) ** 2
                left, right = (0, step / 1000) if name == names[0] else (step / 1000, 1)
                assert left - 1e-6 <= low and high <= right + 1e-6
        np.testing.assert_allclose(drawn, shares, atol=1e-4)
        assert covered == pytest.approx(across[-1][0] - across[0][0])


@on_one_page
def test_threshold_can_be_typed(threshold):
    for text, step in [("0.3", 300), (".25", 250), ("０．５", 500), ("1/3", 333),
                       ("0", 0), ("1", 1000), ("0.0006", 1)]:  # fmt: skip
        threshold.find(".at").fill(text)
        threshold.assert_shows(step, 10, 1)
        assert int(threshold.find("input[type=range]").input_value()) == step
    threshold.find(".at").blur()
    assert threshold.find(".at").input_value() == "0.001"


@in_both_languages
def test_what_is_no_threshold_or_cost_is_marked(threshold, language):
    for name, texts in [
        ("at", ["", "-0.1", "1.001", "abc"]),
        ("miss", ["", "-1", "10000.1", "1e9", "?"]),
        ("alarm", ["", "-", "x"]),
    ]:
        field = threshold.find(f".field.{name}")
        before = field.input_value()
        for text in texts:
            field.fill(text)
            assert field.get_attribute("aria-invalid") == "true", text
            threshold.assert_shows(500, 10, 1)
            refusal = threshold.find(".refusal").inner_text()
            assert bool(CHINESE.search(refusal)) == (language == "zh")
            assert numbers(refusal) == [0, 1 if name == "at" else 10_000]
        for bound in re.findall(r"\d[\d,.]*\b", refusal):  # as it stands there
            field.fill(bound)
            assert threshold.value(f".field.{name}") in numbers(bound)
        threshold.begin()
        field.fill("?")
        field.blur()
        assert number(field.input_value()) == number(before)
        assert threshold.find("[aria-invalid=true]").count() == 0
        assert not threshold.find(".refusal").is_visible()


@in_both_languages
def test_says_that_the_threshold_has_to_be_checked(threshold, language):
    word = {"zh": "别的数据", "en": "check it on others"}[language]
    assert word in threshold.find(".cheapest").text_content()
    assert threshold.find(".cheapest").is_visible()


# --- language, colours, room ---------------------------------------------------------


def untidy(explorable):
    """Bring an explorable into a state in which it says as much as it can."""
    if isinstance(explorable, Kernel):
        explorable.begin(2, "outline")
        explorable.find(".weight").nth(1).fill("-98.76")
        explorable.find(".weight").nth(3).fill("?")
    elif isinstance(explorable, Descent):
        explorable.begin(1.7)
        explorable.step(20)
        explorable.find(".rate").fill("?")
    else:
        explorable.begin(miss=9999.75, alarm=9999.75, threshold=0.01)
        explorable.find(".miss").fill("?")


@pytest.fixture(params=list(KINDS))
def both(request, desktop, phone):
    """Return an explorable on a desktop and on a phone, each with much to say."""
    pair = [tabs[0][request.param] for tabs in (desktop, phone)]
    for explorable in pair:
        untidy(explorable)
    return pair


def test_speaks_the_pages_language(both, language):
    for explorable in both:
        said = explorable.texts()
        assert len(said) > 20
        assert not [text for text in said if re.search("undefined|NaN|null", text)]
        labels = explorable.find("[data-say]").all_text_contents()
        assert len(labels) > 10 and all(labels), labels
        if language == "en":
            assert not [text for text in said if CHINESE.search(text)]
        else:
            latin = "output|MSE|ROC|TP|FN|FP|TN"
            said = [re.sub(latin, "", text) for text in said]
            assert not [text for text in said if re.search("[A-Za-z]{2}", text)]
        lang = explorable.find(".card").get_attribute("lang")
        assert lang == language
        assert explorable.find("button.language").count() == 0


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


def luminance(colour):
    """Return the relative luminance of WCAG 2.1."""
    share = np.array(colour[:3]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def assert_readable(explorable):
    found = explorable.root.evaluate(CONTRASTS)
    assert len(found) > 20
    for text, ink, ground, size in found:
        low, high = sorted([luminance(ink), luminance(ground)])
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ink, ground)
        assert size >= 12, text


@in_both_languages
def test_text_can_be_read_in_both_themes_and_follows_a_switch(both):
    for explorable, first in zip(both, ("light", "dark"), strict=True):
        assert explorable.root.get_attribute("data-scheme") == first
        for theme in ("dark", "light", first):
            explorable.page.evaluate(
                "theme => { document.documentElement.dataset.theme = theme; }", theme
            )
            assert explorable.root.get_attribute("data-scheme") == theme
            assert_readable(explorable)
            if isinstance(explorable, Kernel):
                kernel = explorable.values(".weight").reshape(3, 3)
                explorable.assert_picture(2, kernel)


@in_both_languages
def test_stands_on_the_page_without_a_frame_of_the_other_theme(both):
    for explorable in both:
        ground = explorable.root.evaluate(
            "root => getComputedStyle(root.parentNode).backgroundColor"
        )
        assert ground == "rgba(0, 0, 0, 0)"


@in_both_languages
@pytest.mark.parametrize("width", [390, 360, 320])
def test_has_room_on_a_phone(phone, width):
    for explorable in phone[0].values():
        untidy(explorable)
        explorable.page.set_viewport_size({"width": width, "height": 844})
        wide, small = explorable.root.evaluate(
            """root => {
              const card = root.shadowRoot.querySelector(".card");
              const right = card.getBoundingClientRect().right;
              const nodes = [...card.querySelectorAll("*")]
                .filter(node => node.checkVisibility() && !node.ownerSVGElement);
              const box = node => node.getBoundingClientRect();
              const isCut = node => node.tagName !== "INPUT" && node.clientWidth
                && node.scrollWidth > node.clientWidth + 1;
              const name = node => `${node.className} ${node.textContent.slice(0, 30)}`;
              return [
                nodes.filter(node => box(node).right > right + 0.5
                  || isCut(node)).map(name),
                nodes.filter(node => node.matches("button, input, [tabindex]")
                  && (box(node).width < 32 || box(node).height < 32)).map(name)];
            }"""
        )
        assert (wide, small) == ([], [])
        # Around it, the theme's row of buttons takes some 350 pixels.
        assert width < 360 or explorable.page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth"
        )
        explorable.page.set_viewport_size({"width": 390, "height": 844})


def test_pages_report_no_error_and_ask_no_other_host(desktop, phone):
    for _, visits in (desktop, phone):
        for tab in visits.values():
            tab.page.wait_for_load_state("load")
            assert tab.problems == []
            assert tab.foreign_requests == []


# --- outside the book ----------------------------------------------------------------


IMAGES = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
HTML = {
    "kernel": kernel_explorer(IMAGES)._repr_html_(),
    "descent": descent_explorer([1.0, 2.0], [1.0, 3.0])._repr_html_(),
    "threshold": threshold_explorer([0, 1, 1], [0.2, 0.4, 0.9])._repr_html_(),
}
# What a notebook does with a cell's output: it parses it, then puts each script in
# once more so that it runs.
SHOW = """html => {
  const output = document.createElement("div");
  output.innerHTML = html;
  document.body.append(output);
  for (const old of output.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}"""


@pytest.fixture(params=["zh-CN", "en-GB"])
def bare(browser, request):
    """Yield a tab with an empty page, and the reader's language."""
    tab = Visit(browser, "about:blank", locale=request.param)
    yield tab, request.param
    assert tab.problems == []
    assert tab.foreign_requests == []
    tab.close()


def wait_for_frames(page):
    """Let the page draw itself twice, and do before what it has put off."""
    for _ in range(2):
        page.evaluate("() => new Promise(requestAnimationFrame)")


def cards(page):
    """Return how many cards each explorable of a page shows."""
    wait_for_frames(page)
    return page.locator(".mnist-explorable").evaluate_all(
        "roots => roots.map(root => root.shadowRoot?.querySelectorAll('.card').length)"
    )


def test_a_page_without_a_theme_shows_them_all(bare):
    tab, locale = bare
    tab.page.set_content("".join(HTML.values()))
    assert cards(tab.page) == [1] * len(HTML)
    for explorable in [kind(tab.page) for kind in KINDS.values()]:
        assert_readable(explorable)
        title = explorable.find("h3").text_content()
        assert bool(CHINESE.search(title)) == (locale == "zh-CN")


def test_cells_that_are_run_again_start_once_each(bare):
    page = bare[0].page
    page.evaluate(SHOW, HTML["kernel"])
    page.evaluate(SHOW, HTML["kernel"])
    page.evaluate(SHOW, HTML["descent"])
    assert cards(page) == [1, 1, 1]
    first, second = page.locator(".mnist-explorable[data-kind=kernel]").all()
    before = first.locator(".sum").get_attribute("data-value")
    second.locator("button[data-say=outline]").click()
    assert first.locator(".sum").get_attribute("data-value") == before
    assert second.locator(".sum").get_attribute("data-value") != before
    page.evaluate("document.querySelector('.mnist-explorable').parentNode.remove()")
    page.evaluate(SHOW, HTML["kernel"])
    assert cards(page) == [1, 1, 1]


def test_language_can_be_changed_outside_the_book(bare):
    tab, locale = bare
    for html in HTML.values():
        tab.page.evaluate(SHOW, html)
    is_chinese = locale == "zh-CN"
    for _ in range(2):
        for explorable in [kind(tab.page) for kind in KINDS.values()]:
            title = explorable.find("h3").text_content()
            assert bool(CHINESE.search(title)) == is_chinese
            label = explorable.find("button.language").text_content()
            assert bool(CHINESE.search(label)) != is_chinese
        explorable.find("button.language").click()
        is_chinese = not is_chinese
    tab.page.evaluate(SHOW, HTML["kernel"])
    wait_for_frames(tab.page)
    titles = tab.page.locator(".mnist-explorable h3").all_text_contents()
    assert len({bool(CHINESE.search(title)) for title in titles}) == 1


@pytest.mark.parametrize(
    ("light", "dark"),
    [
        ("document.documentElement.setAttribute('theme', 'light')",
         "document.documentElement.setAttribute('theme', 'dark')"),
        ("document.body.dataset.jpThemeLight = 'true'",
         "document.body.dataset.jpThemeLight = 'false'"),
        ("document.body.dataset.vscodeThemeKind = 'vscode-light'",
         "document.body.dataset.vscodeThemeKind = 'vscode-dark'"),
        ("document.body.style.color = 'rgb(20, 20, 20)'",
         "document.body.style.color = 'rgb(230, 230, 230)'"),
    ],
    ids=["colab", "jupyterlab", "vscode", "other"],
)  # fmt: skip
@pytest.mark.parametrize("bare", ["en-GB"], indirect=True)
def test_follows_the_theme_of_a_notebook(bare, light, dark):
    page = bare[0].page
    page.evaluate(light)
    page.evaluate(SHOW, HTML["kernel"])
    kernel = Kernel(page)
    for switch, scheme in [("0", "light"), (dark, "dark"), (light, "light")]:
        page.evaluate(switch)
        assert kernel.root.get_attribute("data-scheme") == scheme
        kernel.assert_picture(0, PRESETS["vertical"])


@pytest.mark.parametrize("bare", ["en-GB"], indirect=True)
def test_keys_are_kept_from_the_notebook_around(bare):
    page = bare[0].page
    page.evaluate(SHOW, HTML["kernel"])
    page.evaluate("addEventListener('keydown', e => (window.keys ??= []).push(e.key))")
    kernel = Kernel(page)
    kernel.find(".weight").first.click()
    for key in ("d", "d", "0", "Enter", "Control+s"):
        page.keyboard.press(key)
    kernel.find("button[data-say=blur]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert page.evaluate("window.keys") == ["Control", "s"]


# Ties at the thresholds, and float32 numbers that lie beside them in float64.
TIED = np.random.default_rng(1).choice(TWENTY[1:-1] + [0, 1, 999, 1000], 400) / 1000
TIED_LABELS = (np.random.default_rng(2).random(400) < TIED).astype(int)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("bare", ["en-GB"], indirect=True)
def test_ties_at_20_thresholds_are_counted_as_scikit_learn_does(bare, kind):
    page, probabilities = bare[0].page, TIED.astype(kind)
    page.evaluate(
        SHOW,
        threshold_explorer(
            TIED_LABELS, probabilities, cost_of_miss=3.5, cost_of_alarm=0.25
        )._repr_html_(),
    )
    threshold = Threshold(page, TIED_LABELS, probabilities)
    for step in TWENTY:
        threshold.slide(step)
        threshold.assert_shows(step, 3.5, 0.25)


@pytest.mark.parametrize(
    ("labels", "probabilities", "miss", "alarm", "expected"),
    [
        # Between two scores lies the middle; the longer of two such gaps is better.
        ([0, 1], [0.2, 0.7], 1, 1, 0.45),
        ([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.9], 1, 1, 0.6),
        # 0 and 1 belong to it; with three equal thresholds the second is taken.
        ([1, 0], [0.002, 1.0], 1, 1, 0.001),
        ([0, 1], [1.0, 1.0], 1, 1, 0.5),
        # One miss costs as much as three alarms, though 0.3 < 3 * 0.1 in floats.
        ([1, 0, 0, 0], [0.6, 0.7, 0.7, 0.7], 0.3, 0.1, 0.3),
        # A difference is one, however small beside the cost.
        ([0, 1], [1.0, 0.3], 1e-6, 10_000, 0.15),
    ],
)
@pytest.mark.parametrize("bare", ["en-GB"], indirect=True)
def test_cheapest_is_the_middle_of_the_longest_gap(
    bare, labels, probabilities, miss, alarm, expected
):
    page = bare[0].page
    explorable = threshold_explorer(
        labels, probabilities, cost_of_miss=miss, cost_of_alarm=alarm
    )
    page.evaluate(SHOW, explorable._repr_html_())
    threshold = Threshold(page, np.array(labels), np.array(probabilities))
    assert threshold.cheapest()[0] == pytest.approx(expected, abs=0.00051)


@pytest.mark.parametrize("bare", ["en-GB"], indirect=True)
def test_nobody_called_positive_has_no_precision(bare):
    page = bare[0].page
    page.evaluate(SHOW, HTML["threshold"])
    threshold = Threshold(page, np.array([0, 1, 1]), np.array([0.2, 0.4, 0.9]))
    threshold.slide(950)
    threshold.assert_shows(950, 10, 1)
    assert threshold.find(".precision").text_content() == "—"
