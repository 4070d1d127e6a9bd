"""The HTML of the explorables: what it holds, and that nothing in it can break a page.

What a reader can do with them is tested in ``tests/browser``.
"""

import base64
import json
import re
import zlib
from pathlib import Path

import keras
import numpy as np
import pytest
from bs4 import BeautifulSoup

import mnist_tutorial
from mnist_tutorial.datasets import load_raw_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import build_linear
from mnist_tutorial.playground import (
    Explorable,
    descent_explorer,
    kernel_explorer,
    playground,
    threshold_explorer,
    training_explorer,
)

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (3, 28, 28, 1)) / np.float32(255)
X = np.array([0.5, 1.0, 1.5, 2.0])
Y = np.array([1.0, 1.9, 3.1, 4.0])
# So many cases that they must not stand in the page one by one.
PROBABILITIES = GENERATOR.random(100_000)
LABELS = (GENERATOR.random(100_000) < PROBABILITIES).astype(int)
ARGUMENTS = {
    kernel_explorer: {"images": IMAGES},
    descent_explorer: {"x": X, "y": Y},
    threshold_explorer: {"labels": LABELS, "probabilities": PROBABILITIES},
}
for array in (IMAGES, X, Y, PROBABILITIES, LABELS):
    array.setflags(write=False)  # nothing that is handed in may be changed


def parse(explorable):
    """Return the elements of the HTML, which must be well formed."""
    html = explorable._repr_html_()
    soup = BeautifulSoup(html, "html.parser")
    assert str(soup) == html
    return soup.find_all(True)


# --- the fragment --------------------------------------------------------------------


@pytest.mark.parametrize("explorer", ARGUMENTS)
def test_fragment_is_data_then_texts_then_one_script(explorer):
    kind = explorer.__name__.removesuffix("_explorer")
    explorable = explorer(**ARGUMENTS[explorer])
    root, data, chinese, english, script = parse(explorable)
    assert (root["class"], root["data-kind"]) == (["mnist-explorable"], kind)
    assert list(root.children) == [data, chinese, english]
    assert (data.name, data["type"]) == ("script", "application/json")
    assert json.loads(data.string) == explorable.data
    assert (script.name, script["type"]) == ("script", "module")
    # Readers without JavaScript are told what they miss.
    assert (chinese["lang"], english["lang"]) == ("zh-CN", "en")
    assert len(re.findall("[\u4e00-\u9fff]", chinese.string)) > 20
    assert not re.search("[\u4e00-\u9fff]", english.string)
    assert len(english.string.split()) > 15
    assert "JavaScript" in chinese.string and "JavaScript" in english.string
    # The script comes whole: a browser ends it at the first closing tag in it.
    script = script.string
    assert script.endswith(f'explorable("{kind}", {{ words, style, build }});\n')
    assert "<!--" not in script and "<script" not in script
    # It needs no other file and no host.
    addresses = set(re.findall(r"\w+://[^\s\"'`]+", script))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, never asked for
    assert not re.search(r"^\s*(import|export)\b|\bimport\(|\bfetch\(", script, re.M)
    assert "XMLHttpRequest" not in script and "@import" not in script

    assert explorable._repr_html_() == explorer(**ARGUMENTS[explorer])._repr_html_()
    assert len(explorable._repr_html_().encode()) < 50_000
    assert kind in repr(explorable) and len(repr(explorable)) < 88


def test_data_cannot_end_their_own_script():
    data = {"label": "</script><script>alert(1)</script><!--"}
    explorable = Explorable("kernel", data, {"en": "text"})
    _, script, *_ = elements = parse(explorable)
    assert json.loads(script.string) == data
    assert len(elements) == 4


# --- what arrives --------------------------------------------------------------------


@pytest.mark.parametrize(
    "images", [IMAGES, IMAGES[..., 0], GENERATOR.random((1, 28, 28))]
)
def test_images_arrive_and_are_off_by_half_a_step_at_most(images):
    rows = [list(base64.b64decode(x)) for x in kernel_explorer(images).data["images"]]
    steps = np.reshape(rows, images.shape)
    assert np.abs(steps / 255 - images).max() <= 0.5 / 255 + 1e-12


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_points_arrive_in_full_precision(kind):
    x, y = (GENERATOR.uniform(-1e6, 1e6, (2, 20))).astype(kind)
    assert descent_explorer(x, y).data == {"x": x.tolist(), "y": y.tolist()}
    assert descent_explorer([1, 2], [2, 4]).data == {"x": [1, 2], "y": [2, 4]}


def counts_of(explorable):
    """Return how many of each class reach each threshold, shape (2, 1001)."""
    cases = np.array([explorable.data["negatives"], explorable.data["positives"]])
    return cases[:, ::-1].cumsum(axis=1)[:, ::-1]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("label_kind", [bool, np.uint8, np.int64])
def test_counts_are_those_of_the_probabilities_as_they_came(kind, label_kind):
    thresholds = [step / 1000 for step in range(1001)]
    at = np.array(thresholds, dtype=kind)
    beside = [np.nextafter(at, kind(side)) for side in (0, 2)]
    probabilities = np.concatenate([at, *beside, GENERATOR.random(99).astype(kind)])
    probabilities = probabilities.clip(0, 1)
    labels = GENERATOR.random(len(probabilities)) < 0.5
    explorable = threshold_explorer(labels.astype(label_kind), probabilities)
    called = np.array([probabilities >= threshold for threshold in thresholds])
    expected = [(called & ~labels).sum(axis=1), (called & labels).sum(axis=1)]
    np.testing.assert_array_equal(counts_of(explorable), expected)


def test_lists_and_costs_arrive_and_a_probability_at_the_threshold_is_positive():
    explorable = threshold_explorer([0, 1, 1], [0.3, 0.3, 0.7], cost_of_miss=2.5)
    found = counts_of(explorable)[:, [0, 300, 301, 700, 701]].T.tolist()
    assert found == [[1, 2], [1, 2], [0, 1], [0, 1], [0, 0]]
    assert explorable.data["costs"] == {"miss": 2.5, "alarm": 1}
    explorable = threshold_explorer([0, 1], [0, 1])
    assert counts_of(explorable)[:, 1].tolist() == [0, 1]
    assert explorable.data["costs"] == {"miss": 10, "alarm": 1}


def test_digits_to_learn_from_arrive_in_16_grey_levels_and_are_light():
    explorable = training_explorer()
    data = explorable.data
    packed = zlib.decompress(base64.b64decode(data["digits"]))
    pairs = np.frombuffer(packed, np.uint8).reshape(4000, 392)
    levels = np.stack([pairs >> 4, pairs & 15], axis=-1).reshape(4000, 28, 28)
    (images, labels), _ = load_raw_mnist()
    assert np.abs(17 * levels - np.int64(images[:4000])).max() <= 8
    assert (
        data["labels"] == "".join(map(str, labels[:4000])) and data["heldOut"] == 1000
    )
    assert len(data["digits"]) < 520_000
    root, *_, script = parse(explorable)
    assert root["data-kind"] == "training" and "</script" not in script.string
    # Both start: what is saved is a playground.
    assert script.string.count('explorable("playground", {') == 1
    assert explorable._repr_html_() == training_explorer()._repr_html_()


def test_a_page_that_only_runs_a_network_carries_nothing_to_train_one():
    *_, script = parse(playground(build_linear()))
    assert "class Engine" in script.string
    assert "class Adam" not in script.string and "class Learner" not in script.string


def test_engine_and_pad_of_a_saved_page_are_short_enough_to_be_read(tmp_path):
    playground(build_linear()).save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    files = (Path(mnist_tutorial.__file__).parent / "playground/scripts").glob("*.js")
    texts = {file.stem: file.read_text("utf-8") for file in files}
    # What a file is for stands at its head, and there alone.
    carried = {name for name, text in texts.items() if text.partition("*/")[0] in page}
    own = {name for name in carried if re.match("engine|ink|pad|playground", name)}
    assert {"engine_sums", "ink_marks", "pad", "playground_explorer"} < own < carried
    assert sum(len(texts[name].encode()) for name in own) < 70_000


# --- what is refused -----------------------------------------------------------------


def replaced(array, value):
    """Return the array as floats, with another value at its third place."""
    array = array.astype(float)
    array.flat[2] = value
    return array


KERNEL, DESCENT, THRESHOLD = ARGUMENTS
REFUSED = [
    *[(KERNEL, {"images": np.zeros(shape)}, r"images must have shape \(n, .*got \(")
      for shape in [(28, 28), (28, 28, 1), (2, 27, 28), (2, 28, 28, 3), (2, 784),
                    (0, 28, 28, 1), (11, 28, 28, 1)]],
    (KERNEL, {"images": (IMAGES * 255).astype(np.uint8)}, "got uint8; divide bytes"),
    *[(DESCENT, {"x": x, "y": y}, r"shape \(n,\) with 1 to 200 points")
      for x, y in [(X, Y[:3]), (X[:, None], Y[:, None]), ([], []),
                   (np.ones(201), np.ones(201))]],
    *[(DESCENT, {name: replaced(Y, value)}, r"must be numbers from -1e\+06 to 1e\+06")
      for name in "xy" for value in (np.nan, -1.1e6)],
    (DESCENT, {"x": np.zeros(4)}, "no weight could matter"),
    (DESCENT, {"x": ["a"] * 4}, "x must be an array of numbers"),
    (THRESHOLD, {"probabilities": np.eye(5)[:, :2]}, r"shape \(n,\).*got \(.*\[:, 1\]"),
    (THRESHOLD, {"labels": LABELS[:4]}, "labels must be 100000 classes"),
    (THRESHOLD, {"labels": LABELS * 2}, r"labels must be in 0\.\.1"),
    (THRESHOLD, {"labels": LABELS * 0 + 1}, "both classes, got 100000 times 1"),
    (THRESHOLD, {"probabilities": ["a"] * 5}, "probabilities must be an array of"),
    *[(THRESHOLD, {"probabilities": replaced(PROBABILITIES, value)},
       r"probabilities must be in \[0, 1\], got .*logit")
      for value in (-1e-9, 1.0000001, np.nan)],
    (THRESHOLD, {"cost_of_miss": -1}, r"cost_of_miss must be a number in \[0, 10000\]"),
]  # fmt: skip


@pytest.mark.parametrize(("explorer", "arguments", "message"), REFUSED)
def test_what_does_not_fit_is_refused(explorer, arguments, message):
    with pytest.raises(InputError, match=message):
        explorer(**ARGUMENTS[explorer] | arguments)


def test_a_playground_takes_classifiers_of_digits_alone():
    for shape, units in [((27, 28, 1), 10), ((28, 28, 1), 9)]:
        parts = [keras.layers.Flatten(), keras.layers.Dense(units)]
        with pytest.raises(InputError, match="784 pixels.* to ten outputs, got"):
            playground(keras.Sequential([keras.Input(shape), *parts]))
    with pytest.raises(InputError, match="must be a Keras model, got 'a.keras'"):
        playground("a.keras")
    root, data, *_, script = parse(playground(build_linear()))
    assert root["data-kind"] == "playground" and len(json.loads(data.string)) == 3
    assert script.string.endswith(
        'explorable("playground", { words, style, build });\n'
    )
