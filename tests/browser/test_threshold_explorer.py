"""The threshold explorer by mouse, finger and keyboard, against scikit-learn."""

import re

import numpy as np
import pytest
from explorables import in_two_books, number, numbers, on_one_page


@pytest.fixture
def threshold(desktop):
    """Return the threshold explorer, at 0.5, with a miss ten times as dear."""
    explorable = desktop["threshold"]
    explorable.begin()
    return explorable


@in_two_books
def test_numbers_at_20_thresholds_are_scikit_learns(threshold, language):
    for step in np.linspace(0, 1000, 20).round().astype(int).tolist():
        threshold.slide(step)
        threshold.assert_shows(step, 10, 1)
    # Nobody is called positive: 0 / 0.
    assert threshold.find(".precision").text_content() in ("—", "1.000")
    # What is best on these data has to be checked on others, and the page says so.
    word = {"zh": "别的数据", "en": "check it on others"}[language]
    assert word in threshold.find(".cheapest").inner_text()


@on_one_page
def test_threshold_begins_as_the_page_says(threshold):
    threshold.page.reload(wait_until="domcontentloaded")
    threshold.find(".card").wait_for()
    costs = threshold.data["costs"]
    threshold.assert_shows(500, costs["miss"], costs["alarm"])


@on_one_page
@pytest.mark.parametrize(("miss", "alarm"), [(10, 1), (0.5, 0.25), (7, 0)])
def test_button_goes_to_a_threshold_that_costs_least(threshold, miss, alarm):
    threshold.begin(miss, alarm)
    threshold.assert_shows(500, miss, alarm)
    called = threshold.probabilities[:, np.newaxis] >= np.arange(1001) / 1000
    missed, alarmed = ~called[threshold.labels == 1], called[threshold.labels == 0]
    costs = miss * missed.sum(axis=0) + alarm * alarmed.sum(axis=0)
    at = threshold.value(".cheapest")
    said = threshold.find(".cheapest").text_content()
    assert numbers(said) == pytest.approx([at, costs.min()], abs=1e-6)
    assert costs[round(1000 * at)] == costs.min()
    threshold.find("button.go").click()
    assert float(threshold.find(".at").input_value()) == at
    threshold.assert_shows(round(1000 * at), miss, alarm)
    for name in ("roc", "costs"):  # the diamond is where the dot is now
        diamond = threshold.find(f".{name} .least").get_attribute("d")
        x, y = map(float, re.match(r"M([\d.]+) ([\d.]+)", diamond).groups())
        dot = threshold.find(f".{name} .now")
        assert (x, y + 9) == pytest.approx(
            [float(dot.get_attribute(side)) for side in ("cx", "cy")]
        )


@on_one_page
def test_threshold_can_be_typed(threshold):
    for text, step in [("1/3", 333), ("0", 0), ("1", 1000), ("0.0006", 1)]:
        threshold.find(".at").fill(text)
        threshold.assert_shows(step, 10, 1)
        assert int(threshold.find("input[type=range]").input_value()) == step


@on_one_page
@pytest.mark.parametrize("step", [0, 262, 1000])
def test_bars_are_the_shares_of_their_class_and_the_line_cuts_them(threshold, step):
    threshold.slide(step)
    names, boxes, line, zero, top, most = threshold.find(".scores svg").first.evaluate(
        """svg => {
          const place = (node, names) => names.map(n => Number(node.getAttribute(n)));
          const bars = [...svg.querySelectorAll(".bar")];
          const highest = svg.querySelector("text[text-anchor=end]");
          return [
            bars.map(node => node.classList[1]),
            bars.map(node => place(node, ["x", "width", "y", "height"])),
            ...place(svg.querySelector(".threshold"), ["x1"]),
            ...place(svg.querySelector(".middle"), ["y1"]),
            ...place(highest, ["y"]), highest.textContent];
        }"""
    )
    assert names == ["FN", "TP"] * 40 + ["TN", "FP"] * 40
    # By class, by place, and by side of the line.
    x, width, y, height = np.array(boxes).reshape(2, 40, 2, 4).transpose(3, 0, 1, 2)
    # The last bar has both its ends.
    places = np.minimum(np.rint(1000 * threshold.probabilities).astype(int) // 25, 39)
    positives, negatives = (
        np.bincount(places[threshold.labels == label], minlength=40)
        / (threshold.labels == label).sum()
        for label in (1, 0)
    )
    whole = (zero - top + 4) / np.sqrt(number(most))  # so high would be all of a class
    expected = np.stack([positives, negatives])[..., np.newaxis].repeat(2, axis=2)
    np.testing.assert_allclose((height / whole) ** 2, expected, atol=1e-4)
    np.testing.assert_allclose((y + height)[0], zero)  # positives stand on the line
    np.testing.assert_allclose(y[1], zero)
    # A bar beside the line has one piece without width.
    is_seen = width > 0
    assert np.all((x + width <= line + 0.01)[..., 0] | ~is_seen[..., 0])
    assert np.all((x >= line - 0.01)[..., 1] | ~is_seen[..., 1])
    np.testing.assert_allclose(width.sum(axis=2), width.sum() / 80)
