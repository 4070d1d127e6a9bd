"""The pad in a tab: a saved page, opened from the disk, and a live notebook."""

import base64
import io
import re

import keras
import numpy as np
import pytest
from book_site import Visit
from explorables import CHINESE, ON_A_PHONE, assert_readable, number
from pads import STROKES, Pad
from PIL import Image, ImageDraw

from mnist_tutorial.datasets import load_mnist, load_raw_mnist
from mnist_tutorial.models import build_cnn
from mnist_tutorial.playground import playground
from mnist_tutorial.preprocessing import prepare_digit
from mnist_tutorial.training import train

TRAINING_IMAGES = 6000


@pytest.fixture(scope="module")
def network():
    """The document's network after a few seconds of training."""
    (images, labels), _ = load_mnist()
    keras.utils.set_random_seed(0)
    model = build_cnn()
    images, labels = images[:TRAINING_IMAGES], labels[:TRAINING_IMAGES]
    settings = {"batch_size": 64, "learning_rate": 2e-3, "schedule": "one_cycle"}
    train(model, images, labels, epochs=3, seed=0, **settings)
    return model


@pytest.fixture(scope="module")
def saved(network, tmp_path_factory):
    """The folder with the page that the network was saved in."""
    folder = tmp_path_factory.mktemp("saved")
    playground(network).save(folder / "my_digits.html")
    return folder


@pytest.fixture(params=["mouse", "finger"])
def visit(request, browser, saved):
    """The saved page on an English desktop and on a Chinese telephone."""
    options = {"locale": "en-GB"}
    if request.param == "finger":
        options = ON_A_PHONE | {"locale": "zh-CN"}
    tab = Visit(browser, saved.as_uri(), **options)
    tab.page.goto(f"{saved.as_uri()}/my_digits.html")
    yield tab
    tab.close()


@pytest.fixture
def pad(visit):
    return Pad(visit.page)


by_mouse = pytest.mark.parametrize("visit", ["mouse"], indirect=True)


def test_strokes_of_every_digit_are_read(pad, network):
    finger = pad.page.viewport_size["width"] < 400
    found = []
    for strokes in STROKES:
        pad.press(".clear")
        assert pad.read() is None and not pad.find(".inner").is_visible()
        pad.write(strokes, finger)
        found.append(pad.read())
        expected = chances_of(network, pad.field())
        np.testing.assert_allclose(pad.chances(), expected, atol=0.03)
    assert sum(np.equal(found, range(10))) >= 9, found


@by_mouse
def test_undo_clear_and_brush(pad):
    assert pad.find(".undo").is_disabled() and pad.find(".clear").is_disabled()
    bar, upright = STROKES[4]
    pad.write([upright])
    thin, read = pad.field(), pad.read()
    pad.write([bar])
    assert (read, pad.read()) == (1, 4)
    for button, expected in [
        ("undo", 1),
        ("clear", None),
        ("undo", 1),
        ("clear", None),
    ]:
        pad.press(f".{button}")
        assert pad.read() == expected and ("empty" in pad.said()) == (expected is None)
    pad.find("input[type=range]").fill("40")
    pad.write([upright])
    assert pad.read() == 1 and pad.field().sum() > 1.3 * thin.sum()


@by_mouse
def test_samples_are_digits_of_mnist_and_can_be_chosen_by_keys(pad):
    _, (images, labels) = load_raw_mnist()
    for shown in range(3):
        pad.find(".samples button").first.focus()
        pad.page.keyboard.press("Space")
        for digit in range(10):
            image = images[np.flatnonzero(labels == digit)[shown]]
            pad.settle()
            expected = prepare_digit(np.kron(image, np.ones((10, 10), np.uint8)))
            np.testing.assert_allclose(pad.field()[0], expected, atol=1 / 255)
            pad.page.keyboard.press("ArrowRight")
        pad.press(".others")


def picture(ink=0, paper=255, kind="PNG"):
    """Return a file with a seven on a ground that is not quite even."""
    page = Image.new("L", (600, 500), paper)
    line = [(200, 80), (380, 80), (260, 400)]
    ImageDraw.Draw(page).line(line, fill=ink, width=50, joint="curve")
    noisy = np.asarray(page) + np.random.default_rng(0).normal(0, 6, (500, 600))
    return written(Image.fromarray(np.uint8(noisy.clip(0, 255))), kind)


def written(image, kind="PNG"):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def upload(pad, content):
    file = {"name": "seven.png", "mimeType": "image/png", "buffer": content}
    pad.find("input[type=file]").set_input_files(file)


DROP = """(node, bytes) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(bytes)], "seven.png"));
  node.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
}"""


@by_mouse
def test_pictures_are_read_dark_on_light_and_light_on_dark(pad):
    for content in (picture(), picture(235, 20), picture(90, 180, kind="JPEG")):
        pad.press(".clear")
        upload(pad, content)
        pad.find(".inner").wait_for()
        assert pad.read() == 7
    pad.press(".clear")
    pad.find(".pad").evaluate(DROP, list(picture()))
    pad.find(".inner").wait_for()
    assert pad.read() == 7


@by_mouse
def test_what_cannot_be_read_gets_a_message_and_the_pad_goes_on(pad):
    for content, message in [
        (b"no picture", "is no picture"),
        (written(Image.new("1", (50, 40), 1)), "No writing stands out"),
        (written(Image.new("1", (10_000, 5_001), 1)), "more than 40 million pixels"),
    ]:
        upload(pad, content)
        pad.find(f".verdict:has-text('{message}')").wait_for()
    pad.find("input[type=range]").fill("0")
    pad.write([[(0.2, 0.2)]])
    assert pad.read() is None and "small dots" in pad.said()
    pad.press(".clear")
    pad.find("input[type=range]").fill("18")
    pad.write([[(0.2, 0.3), (0.2, 0.7)], [(0.8, 0.3), (0.8, 0.7)]])
    assert pad.read() is None and "More than one digit" in pad.said()
    pad.press(".undo")
    assert pad.read() == 1


FOCUS = """root => {
  const { dataset, ariaLabel, textContent } = root.shadowRoot.activeElement;
  const { outlineStyle } = getComputedStyle(root.shadowRoot.activeElement);
  return [dataset.say ?? dataset.label ?? ariaLabel ?? textContent, outlineStyle];
}"""


@by_mouse
def test_keys_draw_and_the_focus_shows(pad, network):
    pad.find(".pad").focus()
    for key in ["Shift+ArrowUp", "Space", *3 * ["Shift+ArrowDown"], "Space"]:
        pad.page.keyboard.press(key)
        assert pad.find(".pen").is_visible() and pad.find(".keys").is_visible()
    assert pad.read() == 1
    drawn = pad.field()
    for _ in range(3):  # the pen is lifted
        pad.page.keyboard.press("Shift+ArrowRight")
    pad.settle()
    np.testing.assert_array_equal(pad.field(), drawn)
    seen = []
    for _ in range(9):
        pad.page.keyboard.press("Tab")
        seen.append(pad.root.evaluate(FOCUS))
    expected = "undo clear picture brush others 0 coverArea".split()
    expected += [network.layers[0].name, "maps"]
    for (name, outline), part in zip(seen, expected, strict=True):
        assert part in name and outline == "solid"


def chances_of(network, field):
    logits = network(field, training=False)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits))[0]


@by_mouse
def test_a_covered_part_changes_the_answer(pad, network):
    pad.write(STROKES[4])
    assert pad.read() == 4
    before, field = pad.chances(), pad.field()
    pad.page.mouse.click(*pad.spot(".field28", 0.7, 0.3))
    pad.find(".field28").focus()
    row, column = 5, 16
    for key, down, right in [("ArrowLeft", 0, -1), ("Shift+ArrowDown", 5, 0)]:
        pad.page.keyboard.press(key)
        pad.settle()
        assert "covered" in pad.said()
        row, column = row + down, column + right
        rest = field.copy()
        rest[:, row : row + 7, column : column + 7] = 0
        expected = chances_of(network, rest)
        np.testing.assert_allclose(np.log(pad.chances()), np.log(expected), atol=0.2)
        assert np.abs(np.log(pad.chances() / before)).max() > 1
    marks = pad.find(".before").evaluate_all("all => all.map(n => n.style.left)")
    shares = [float(mark.removesuffix("%")) / 100 for mark in marks]
    np.testing.assert_allclose(shares, before, atol=1e-4)
    pad.press(".uncover")
    pad.settle()
    np.testing.assert_allclose(pad.chances(), before, atol=1e-6)


@by_mouse
def test_a_number_is_the_sum_that_is_shown(pad, network):
    pad.write(STROKES[2])
    pad.settle()
    flat = keras.layers.Flatten
    layers = [layer for layer in network.layers if not isinstance(layer, flat)]
    outputs = keras.Model(network.inputs[0], [layer.output for layer in layers])
    for index, maps in enumerate(map(np.asarray, outputs(pad.field()))):
        pad.find(".tabs button").nth(index).click()
        name, *at = pad.place()
        assert name == layers[index].name
        assert maps[(0, *at)] == pytest.approx(np.max(maps), rel=0.01)
        assert pad.value(".total") == pytest.approx(np.max(maps), rel=0.02)
        values, weights, products = map(pad.values, (".value", ".weight", ".product"))
        np.testing.assert_allclose(values * weights, products, atol=1e-6)
        about = pad.find(".about").text_content().partition("→")[0]
        own, *more, total = map(number, re.findall(r"(?<=[a-z] )−?\d+\.\d+", about))
        assert own == pytest.approx(products.sum(), abs=0.051)
        assert own + sum(more) == pytest.approx(total, abs=0.11)


MAPS = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [width, height, btoa(String.fromCharCode(...data))];
}"""


@by_mouse
def test_the_maps_of_a_layer_are_painted_side_by_side(pad, network):
    pad.write(STROKES[2])
    pad.settle()
    pooled = keras.Model(network.inputs[0], network.layers[1].output)
    maps = pooled.predict(pad.field(), verbose=0)[0]  # (13, 13, 32)
    pad.find(".tabs button").nth(1).click()
    pad.settle()
    width, height, pixels = pad.find(".maps canvas").evaluate(MAPS)
    pixels = np.frombuffer(base64.b64decode(pixels), np.uint8)
    pixels = pixels.reshape(height, width, 4)[..., :3].astype(float)
    white, plus = pad.colour("--white"), pad.colour("--plus")
    for index in range(32):
        row, column = 14 * (index // 8), 14 * (index % 8)
        share = maps[..., index, np.newaxis] / maps.max()
        expected = white + share * (plus - white)
        seen = pixels[row : row + 13, column : column + 13]
        np.testing.assert_allclose(seen, expected, atol=3)
    assert pad.values(".ends .number")[1] == pytest.approx(maps.max(), rel=0.01)


@by_mouse
def test_a_number_leads_down_to_the_pixels(pad, network):
    first, second = (layer.name for layer in network.layers[:2])
    pad.write(STROKES[2])
    pad.settle()
    pad.page.mouse.click(*pad.spot(".maps", 1.5 / 8, 1.5 / 4))
    pad.settle()
    pad.page.mouse.click(*pad.spot(".map", 12.5 / 26, 10.5 / 26))
    assert pad.place() == (first, 10, 12, 9)
    kernel = network.layers[0].kernel[:, :, 0, 9]
    np.testing.assert_allclose(pad.values(".weight"), np.ravel(kernel), atol=1e-3)
    patch = pad.field()[0, 10:13, 12:15].ravel()
    np.testing.assert_allclose(pad.values(".value"), patch, atol=1 / 255)
    assert pad.find(".value").first.is_disabled(), "there is nothing below the pixels"
    pad.page.keyboard.press("Shift+ArrowRight")
    assert pad.place() == (first, 10, 17, 9)
    pad.find(".maps").focus()
    pad.page.keyboard.press("ArrowDown")
    assert pad.place() == (first, 10, 17, 17)

    pad.find(".tabs button").nth(2).click()
    _, row, column, _ = pad.place()
    pad.find(".value").nth(4).click()
    name, *now, map = pad.place()
    assert (name, now) == (second, [row + 1, column + 1])
    pad.find(".value").nth(3).click()
    assert pad.place() == (first, 2 * row + 3, 2 * column + 3, map)


# --- the page around ----------------------------------------------------------------


TOO_WIDE = """root => [...root.shadowRoot.querySelectorAll(".card *")]
  .filter(node => node.checkVisibility()
    && node.getBoundingClientRect().right > root.getBoundingClientRect().right + 0.5)
  .map(node => node.className)"""


def test_there_is_room_and_text_can_be_read_in_both_languages(pad):
    pad.write(STROKES[3])
    pad.settle()
    is_chinese = pad.find(".card").get_attribute("lang") == "zh"
    for width in (1280, 390, 360, 320):
        pad.page.set_viewport_size({"width": width, "height": 844})
        for index in (1, 4, 6):
            pad.press(f".tabs button:nth-child({index})")
            pad.settle()
            assert pad.root.evaluate(TOO_WIDE) == []
        assert_readable(pad)
        said = pad.find("[data-say]:not(.language)").all_text_contents()
        said += [pad.said(), pad.find(".about").text_content()]
        assert {bool(CHINESE.search(text)) for text in said} == {is_chinese}
        pad.press(".language")
        is_chinese = not is_chinese


def test_larger_kernels_have_room(browser, tmp_path):
    convolution = keras.layers.Conv2D(2, 5, strides=3)
    rest = [keras.layers.Flatten(), keras.layers.Dense(10)]
    network = keras.Sequential([keras.Input((28, 28, 1)), convolution, *rest])
    playground(network).save(tmp_path / "page.html")
    tab = Visit(browser, tmp_path.as_uri())
    tab.page.goto(f"{tmp_path.as_uri()}/page.html")
    pad = Pad(tab.page)
    pad.write(STROKES[0])
    for width in (720, 390):
        tab.page.set_viewport_size({"width": width, "height": 844})
        pad.settle()
        assert pad.root.evaluate(TOO_WIDE) == []
    tab.close()


@by_mouse
def test_a_network_without_a_name_is_given_none(pad, network):
    assert network.name.startswith("sequential")
    assert not pad.find(".model").is_visible()
    assert pad.page.title() == "MNIST"


def test_names_with_markup_are_text(browser, tmp_path):
    name = '<img src=x onerror="window.hit = 1">'
    convolution = keras.layers.Conv2D(2, 3, strides=3, name=f"{name}1")
    rest = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    network = [keras.Input((28, 28, 1)), convolution, *rest]
    playground(keras.Sequential(network, name=name)).save(tmp_path / "page.html")
    tab = Visit(browser, tmp_path.as_uri(), locale="en-GB")
    tab.page.goto(f"{tmp_path.as_uri()}/page.html")
    pad = Pad(tab.page)
    pad.write(STROKES[0])
    pad.settle()
    assert tab.page.title() == name
    assert pad.find(".model").text_content() == f"Network: {name}"
    assert f"{name}1" in pad.find(".tabs button").first.text_content()
    assert f"{name}1[" in pad.find(".place").text_content()
    assert pad.find("img").count() == tab.page.locator("img").count() == 0
    assert tab.page.evaluate("window.hit") is None
    tab.close()


def test_prepared_digits_of_mnist_are_read_as_before(network):
    _, (digits, _) = load_raw_mnist()
    digits = digits[:1000, ..., np.newaxis]
    prepared = np.stack([prepare_digit(digit[..., 0]) for digit in digits])
    before, after = (
        network.predict(images, verbose=0).argmax(axis=1)
        for images in (digits / 255, prepared)
    )
    assert (before == after).mean() > 0.99


def test_a_page_asks_for_nothing_and_is_small(saved):
    page = (saved / "my_digits.html").read_text("utf-8")
    assert "default-src 'none'; script-src 'unsafe-inline'" in page
    assert not re.search(r"\beval\(|new Function|\bimport\(|https?://(?!www.w3)", page)
    assert len(page.encode()) < 400_000


def test_two_on_one_page_do_not_disturb_each_other(notebook, network):
    notebook.page.set_content(2 * playground(network)._repr_html_())
    first, second = (Pad(notebook.page, which) for which in (0, 1))
    second.write(STROKES[7])
    second.find(".inner").wait_for()
    assert second.read() == 7
    assert first.read() is None and not first.find(".inner").is_visible()
    first.write(STROKES[1])
    first.find(".inner").wait_for()
    assert (first.read(), second.read()) == (1, 7)
