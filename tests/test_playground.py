"""The HTML of the explorables: what it holds, and that nothing in it can break a page.

What a reader can do with them is tested in ``tests/browser``.
"""

import base64
import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from mnist_tutorial.errors import InputError
from mnist_tutorial.playground import (
    Explorable,
    descent_explorer,
    kernel_explorer,
    threshold_explorer,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)) / np.float32(255)
X = np.array([0.5, 1.0, 1.5, 2.0])
Y = np.array([1.0, 1.9, 3.1, 4.0])
LABELS = np.array([0, 1, 0, 1, 1])
PROBABILITIES = np.array([0.1, 0.3, 0.3, 0.6, 1.0])
ARGUMENTS = {
    kernel_explorer: {"images": IMAGES},
    descent_explorer: {"x": X, "y": Y},
    threshold_explorer: {"labels": LABELS, "probabilities": PROBABILITIES},
}


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


@pytest.mark.parametrize("explorer", ARGUMENTS)
def test_arrays_are_not_changed(explorer):
    before = {name: array.copy() for name, array in ARGUMENTS[explorer].items()}
    explorer(**ARGUMENTS[explorer])._repr_html_()
    for name, array in ARGUMENTS[explorer].items():
        np.testing.assert_array_equal(array, before[name])


# --- what arrives --------------------------------------------------------------------


def pixels_of(explorable):
    rows = [list(base64.b64decode(text)) for text in explorable.data["images"]]
    return np.array(rows).reshape(-1, 28, 28)


@pytest.mark.parametrize("images", [IMAGES, IMAGES[..., 0]])
def test_images_arrive_pixel_by_pixel(images):
    expected = np.rint(IMAGES[..., 0] * 255)
    np.testing.assert_array_equal(pixels_of(kernel_explorer(images)), expected)


@given(
    npst.arrays(np.float64, (1, 28, 28), elements=st.floats(0, 1), fill=st.floats(0, 1))
)
def test_images_are_off_by_half_a_step_at_most(image):
    steps = pixels_of(kernel_explorer(image))
    assert np.abs(steps / 255 - image).max() <= 0.5 / 255 + 1e-12


@given(
    npst.arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6)),
    st.sampled_from([np.float64, np.float32]),
)
def test_points_arrive_in_full_precision(y, kind):
    x = np.arange(1, len(y) + 1).astype(kind)
    data = descent_explorer(x, y.astype(kind)).data
    np.testing.assert_array_equal(data["x"], x)
    np.testing.assert_array_equal(data["y"], y.astype(kind))


def counts_of(explorable):
    """Return how many of each class reach each threshold, shape (2, 1001)."""
    cases = np.array([explorable.data["negatives"], explorable.data["positives"]])
    return cases[:, ::-1].cumsum(axis=1)[:, ::-1]


THRESHOLDS = [step / 1000 for step in range(1001)]
# Probabilities of all kinds; many of them exactly at, or next to, a threshold.
near_a_threshold = st.builds(
    lambda step, side: float(np.clip(np.nextafter(step / 1000, side), 0, 1)),
    st.integers(0, 1000),
    st.sampled_from([0.0, 2.0]),
)
probability = st.one_of(st.floats(0, 1), st.sampled_from(THRESHOLDS), near_a_threshold)


@given(
    st.lists(st.tuples(st.booleans(), probability), max_size=30),
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.sampled_from([bool, np.uint8, np.int64]),
)
def test_counts_are_those_of_the_probabilities_as_they_came(cases, kind, label_kind):
    labels = np.array([False, True] + [label for label, _ in cases])
    probabilities = np.array([0.5, 0.5] + [p for _, p in cases], dtype=kind)
    explorable = threshold_explorer(labels.astype(label_kind), probabilities)
    called = np.array([probabilities >= threshold for threshold in THRESHOLDS])
    expected = [(called & ~labels).sum(axis=1), (called & labels).sum(axis=1)]
    np.testing.assert_array_equal(counts_of(explorable), expected)


def test_lists_will_do_and_a_probability_at_the_threshold_is_positive():
    assert descent_explorer([1, 2], [2, 4]).data == {"x": [1, 2], "y": [2, 4]}
    counts = counts_of(threshold_explorer([0, 1, 1], [0.3, 0.3, 0.7]))
    found = counts[:, [0, 300, 301, 700, 701]].T.tolist()
    assert found == [[1, 2], [1, 2], [0, 1], [0, 1], [0, 0]]
    assert counts_of(threshold_explorer([0, 1], [0, 1]))[:, 1].tolist() == [0, 1]


def test_costs_arrive():
    costs = {"cost_of_miss": np.float32(2.5), "cost_of_alarm": 0}
    for given_costs, expected in [({}, (10, 1)), (costs, (2.5, 0))]:
        data = threshold_explorer(LABELS, PROBABILITIES, **given_costs).data
        assert (data["costs"]["miss"], data["costs"]["alarm"]) == expected


def test_html_stays_small_with_many_cases():
    generator = np.random.default_rng(0)
    labels = generator.random(100_000) < 0.5
    explorable = threshold_explorer(labels, generator.random(100_000))
    assert len(explorable._repr_html_().encode()) < 50_000


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
    *[(KERNEL, {"images": replaced(IMAGES, value)}, r"floats in \[0, 1\]")
      for value in (-0.01, 1.01, 255.0, np.nan)],
    (KERNEL, {"images": (IMAGES * 255).astype(np.uint8)}, "got uint8; divide bytes"),
    *[(DESCENT, {"x": x, "y": y}, r"shape \(n,\) with 1 to 200 points")
      for x, y in [(X, Y[:3]), (X[:, None], Y[:, None]), ([], []), (X, 1.0),
                   (np.ones(201), np.ones(201))]],
    *[(DESCENT, {name: replaced(Y, value)}, r"must be numbers from -1e\+06 to 1e\+06")
      for name in "xy" for value in (np.nan, np.inf, -1.1e6)],
    (DESCENT, {"x": np.zeros(4)}, "no weight could matter"),
    (DESCENT, {"x": np.full(4, 1e-200)}, "no weight could matter"),
    (DESCENT, {"x": ["a"] * 4}, "x must be an array of numbers"),
    *[(THRESHOLD, {"probabilities": array}, r"shape \(n,\).*got \(.*\[:, 1\]")
      for array in (PROBABILITIES[:, None], np.eye(5)[:, :2])],
    (THRESHOLD, {"labels": LABELS[:, None]}, r"labels must be .*shape \(n,\)"),
    (THRESHOLD, {"labels": LABELS[:4]}, "labels must be 5 classes"),
    (THRESHOLD, {"labels": [], "probabilities": []}, "labels must be"),
    (THRESHOLD, {"labels": [0, 1, 2, 1, 0]}, r"labels must be in 0\.\.1"),
    (THRESHOLD, {"labels": [-1, 1, 1, 1, -1]}, r"labels must be in 0\.\.1"),
    (THRESHOLD, {"labels": LABELS.astype(float)}, "labels must be whole numbers"),
    (THRESHOLD, {"labels": np.ones(5, int)}, "both classes, got 5 times 1"),
    (THRESHOLD, {"probabilities": [[0.1], [0.2, 0.3]]}, "several lengths"),
    *[(THRESHOLD, {"probabilities": replaced(PROBABILITIES, value)},
       r"probabilities must be in \[0, 1\], got .*logit")
      for value in (-1e-9, 1.0000001, np.nan)],
    *[(THRESHOLD, {name: cost}, rf"{name} must be a number in \[0, 10000\], got")
      for name in ("cost_of_miss", "cost_of_alarm") for cost in (-1, 10_001, "ten")],
]  # fmt: skip


@pytest.mark.parametrize(("explorer", "arguments", "message"), REFUSED)
def test_what_does_not_fit_is_refused(explorer, arguments, message):
    with pytest.raises(InputError, match=message):
        explorer(**ARGUMENTS[explorer] | arguments)
