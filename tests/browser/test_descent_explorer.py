"""The descent explorer by mouse, finger and keyboard, against NumPy."""

import re

import numpy as np
import pytest
from explorables import in_two_books, number, on_one_page, read


@pytest.fixture
def descent(desktop):
    """Return the descent explorer, at its start."""
    explorable = desktop["descent"]
    explorable.begin()
    return explorable


@in_two_books
@pytest.mark.parametrize(
    ("share", "verdict"), [(0.9, "oscillating"), (1.1, "diverging")]
)
def test_path_is_numpys_step_by_step(descent, share, verdict):
    descent.begin(share)
    expected = descent.at(descent.value(".facts .weight"))
    assert descent.verdict() == "ready"
    for steps in range(1, 9):
        slope = descent.value(".slope")
        assert slope == pytest.approx(expected[2], rel=1e-9)
        w = expected[0] - share * descent.limit * expected[2]
        assert descent.value(".next") == pytest.approx(w, rel=1e-9)
        expected = descent.at(w)
        descent.step()
        assert descent.value(".steps") == steps
        np.testing.assert_allclose(descent.shown(), expected, rtol=1e-9, atol=1e-12)
    assert descent.verdict() == verdict


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
def test_a_ball_that_is_moved_begins_anew_and_the_button_leads_back(descent):
    descent.step(3)
    descent.page.mouse.click(*descent.spot(".start", 0.8, 0.5))
    assert descent.value(".steps") == 0
    w = descent.shown()[0]
    np.testing.assert_allclose(descent.shown(), descent.at(w), rtol=1e-9)
    descent.step(2)
    descent.find("button.reset").click()
    assert descent.shown()[0] == w


@on_one_page
def test_a_path_ends_at_the_bottom_or_after_a_thousand_steps(descent):
    descent.begin(0.5)
    descent.step()
    assert descent.verdict() == "arrived"
    assert descent.shown()[0] == pytest.approx(descent.bottom)
    descent.begin(0.01)
    descent.find("input[type=range]").fill("0")
    descent.run(11)
    assert descent.value(".steps") == 1000
    assert descent.verdict() == "limit"
    assert descent.find("button.step").is_disabled()
    descent.begin(0.01)
    descent.run(1)  # all at once for a reader who wants nothing to move
    assert descent.value(".steps") == 100


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


def test_runs_by_itself_until_it_is_stopped_or_arrives(notebook):
    notebook.page.clock.install(time=0)
    notebook.page.clock.pause_at(1)
    descent = notebook.show("descent")
    descent.begin(0.001)
    descent.find("button.run").click()
    assert descent.value(".steps") == 0
    notebook.page.clock.run_for(1_000)
    assert 4 <= descent.value(".steps") <= 25, "too quick or too slow to follow"
    descent.find("button.run").click()
    stopped = descent.value(".steps")
    notebook.page.clock.run_for(1_000)
    assert descent.value(".steps") == stopped
    # A hundred steps, unless it arrives before.
    for share in (0.001, 0.4):
        descent.begin(share)
        descent.find("button.run").click()
        notebook.page.clock.run_for(30_000)
        assert (descent.value(".steps") == 100) == (share == 0.001)
    assert descent.verdict() == "arrived"
    label = descent.find("button.run").text_content()
    assert "100" in label, "the button still says stop"
