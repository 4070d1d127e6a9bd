"""The kernel explorer by mouse, finger and keyboard, against SciPy."""

import numpy as np
import pytest
from explorables import PRESETS, drag_finger, in_two_books, on_one_page
from scipy.signal import correlate2d


@pytest.fixture
def kernel(desktop):
    """Return the kernel explorer, as it is at first."""
    explorable = desktop["kernel"]
    explorable.begin()
    return explorable


@on_one_page
def test_kernel_begins_where_there_is_something_to_see(kernel):
    kernel.page.reload(wait_until="domcontentloaded")
    kernel.find(".card").wait_for()
    output = correlate2d(kernel.images[0], PRESETS["vertical"], mode="valid")
    assert output[kernel.place()] == pytest.approx(output.max())
    kernel.assert_shows(0, PRESETS["vertical"], kernel.place())


@in_two_books
def test_values_and_colours_are_those_that_numpy_finds(kernel):
    for number_of, (preset, weights) in enumerate(PRESETS.items()):
        digit = number_of % len(kernel.images)
        kernel.begin(digit, preset)
        kernel.assert_picture(digit, weights)
        for x, y in [(0.999, 0.999), (0.1 * number_of, 0.7)]:
            kernel.page.mouse.click(*kernel.spot(".output canvas", x, y))
            kernel.assert_shows(digit, weights, (int(26 * y), int(26 * x)))


@on_one_page
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


@on_one_page
def test_finger_drags_the_window_and_taps_the_output(phone):
    kernel = phone["kernel"]
    kernel.begin(1, "outline")
    for x, y in [(0.7, 0.3), (0.1, 0.6)]:
        kernel.page.touchscreen.tap(*kernel.spot(".output canvas", x, y))
        kernel.assert_shows(1, PRESETS["outline"], (int(26 * y), int(26 * x)))
    scrolled = kernel.page.evaluate("scrollY")
    drag_finger(
        kernel.page,
        kernel.spot(".input canvas", 0.5, 0.3),
        kernel.spot(".input canvas", 0.5, 0.6),
        kernel.spot(".input canvas", 0.6, 0.8),
    )
    kernel.assert_shows(1, PRESETS["outline"], (int(28 * 0.8) - 1, int(28 * 0.6) - 1))
    assert kernel.page.evaluate("scrollY") == scrolled


@on_one_page
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
def test_nothing_moves_by_itself_when_the_reader_wants_it_still(kernel):
    kernel.page.emulate_media(reduced_motion="reduce")
    assert not kernel.find(".scan").is_visible()
    kernel.page.emulate_media(reduced_motion="no-preference")


@on_one_page
def test_weights_can_be_typed(kernel):
    weights = np.array(PRESETS["vertical"], dtype=float)
    field = kernel.find(".weight").nth(5)
    for text, value in [("−2.25", -2.25), ("1/9", 1 / 9)]:
        weights[1, 2] = value
        field.fill(text)
        kernel.assert_shows(0, weights, kernel.place())
    kernel.assert_picture(0, weights)
    assert kernel.find("[role=radio][aria-checked=true]").count() == 1  # the digit
    field.fill("1")
    assert kernel.find("[data-say=vertical]").get_attribute("aria-checked") == "true"
    for field in kernel.find(".weight").all():
        field.fill("0")
    kernel.assert_shows(0, np.zeros((3, 3)), kernel.place())
    assert (kernel.picture("output") == kernel.colour("--white")).all()


def test_window_slides_over_the_image_by_itself(notebook):
    notebook.page.clock.install(time=0)
    notebook.page.clock.pause_at(1)
    kernel = notebook.show("kernel")
    kernel.find(".scan").click()
    notebook.page.clock.run_for(2_500)
    row, _ = kernel.place()
    assert 3 < row < 22, "too quick or too slow to follow"
    shown = kernel.picture("output")
    empty = (shown == kernel.colour("--panel")).all(axis=-1)
    assert empty[row + 1 :].all() and not empty[:row].any()
    kernel.find(".scan").click()
    place = kernel.place()
    notebook.page.clock.run_for(1_000)
    kernel.assert_shows(0, PRESETS["vertical"], place)
    kernel.assert_picture(0, PRESETS["vertical"])
