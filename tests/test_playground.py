"""The HTML of the explorables: what it holds, and that nothing in it can break a page.

What a reader can do with them is tested in ``tests/browser/test_explorables.py``.
"""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
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

X = np.array([0.5, 1.0, 1.5, 2.0])
Y = np.array([1.0, 1.9, 3.1, 4.0])
LABELS = np.array([0, 1, 0, 1, 1])
PROBABILITIES = np.array([0.1, 0.3, 0.3, 0.6, 1.0])


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)) / np.float32(255)


EXPLORABLES = {
    "kernel": lambda: kernel_explorer(np.eye(28, dtype=np.float32)[np.newaxis]),
    "descent": lambda: descent_explorer(X, Y),
    "threshold": lambda: threshold_explorer(LABELS, PROBABILITIES),
}
each_explorable = pytest.mark.parametrize("kind", EXPLORABLES)


class Fragment(HTMLParser):
    """The elements of a fragment: tag, attributes, parents' tags and text."""

    VOID = {"br", "img", "input", "meta"}

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        parents = [element["tag"] for element in self.open]
        element = dict(tag=tag, parents=parents, text="", **dict(attributes))
        self.elements.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        if self.open:
            self.open[-1]["text"] += data


def parse(explorable):
    return Fragment(explorable._repr_html_()).elements


def data_of(explorable):
    (script,) = (e for e in parse(explorable) if e.get("type") == "application/json")
    return json.loads(script["text"])


# --- the fragment --------------------------------------------------------------------


@each_explorable
def test_fragment_is_data_then_texts_then_one_script(kind):
    root, data, chinese, english, script = parse(EXPLORABLES[kind]())
    assert (root["tag"], root["class"], root["data-kind"]) == (
        "div",
        "mnist-explorable",
        kind,
    )
    assert (data["tag"], data["type"]) == ("script", "application/json")
    assert (chinese["tag"], chinese["lang"]) == ("p", "zh-CN")
    assert (english["tag"], english["lang"]) == ("p", "en")
    assert {e["parents"][0] for e in (data, chinese, english)} == {"div"}
    assert (script["tag"], script["type"], script["parents"]) == (
        "script",
        "module",
        [],
    )


@each_explorable
def test_readers_without_javascript_are_told_what_they_miss(kind):
    _, _, chinese, english, _ = parse(EXPLORABLES[kind]())
    assert len(re.findall("[\u4e00-\u9fff]", chinese["text"])) > 20
    assert not re.search("[\u4e00-\u9fff]", english["text"])
    assert len(english["text"].split()) > 15
    assert "JavaScript" in chinese["text"] and "JavaScript" in english["text"]


@each_explorable
def test_script_needs_no_other_file_and_no_host(kind):
    script = parse(EXPLORABLES[kind]())[-1]["text"]
    addresses = set(re.findall(r"\w+://[^\s\"'`]+", script))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, never asked for
    assert not re.search(r"^\s*(import|export)\b|\bimport\(|\bfetch\(", script, re.M)
    assert "XMLHttpRequest" not in script and "@import" not in script


@each_explorable
def test_script_comes_whole(kind):
    # The parser, like a browser, ends a script at the first closing tag in it.
    script = parse(EXPLORABLES[kind]())[-1]["text"]
    assert f'explorable("{kind}"' in script
    assert script.rstrip().endswith("});")
    assert "<!--" not in script and "<script" not in script


def test_data_cannot_end_their_own_script():
    data = {"label": "</script><script>alert(1)</script><!--"}
    explorable = Explorable("kernel", data, {"en": "text"})
    assert data_of(explorable) == data
    assert len(parse(explorable)) == 4


@each_explorable
def test_html_is_the_same_each_time(kind):
    assert EXPLORABLES[kind]()._repr_html_() == EXPLORABLES[kind]()._repr_html_()


@each_explorable
def test_html_is_small(kind):
    assert len(EXPLORABLES[kind]()._repr_html_().encode()) < 50_000


@each_explorable
def test_a_terminal_shows_one_short_line(kind):
    text = repr(EXPLORABLES[kind]())
    assert kind in text
    assert len(text) < 88 and "\n" not in text


# --- kernel --------------------------------------------------------------------------


def pixels_of(explorable):
    rows = [list(base64.b64decode(text)) for text in data_of(explorable)["images"]]
    return np.array(rows).reshape(-1, 28, 28)


@pytest.mark.parametrize("squeeze", [False, True])
def test_images_arrive_pixel_by_pixel(images, squeeze):
    given_images = images[..., 0] if squeeze else images
    np.testing.assert_array_equal(
        pixels_of(kernel_explorer(given_images)), np.rint(images[..., 0] * 255)
    )


@given(
    npst.arrays(np.float64, (1, 28, 28), elements=st.floats(0, 1), fill=st.floats(0, 1))
)
def test_images_are_off_by_half_a_step_at_most(image):
    steps = pixels_of(kernel_explorer(image))
    assert np.abs(steps / 255 - image).max() <= 0.5 / 255 + 1e-12


def test_images_are_not_changed(images):
    before = images.copy()
    kernel_explorer(images)._repr_html_()
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    "shape", [(28, 28), (28, 28, 1), (2, 27, 28), (2, 28, 28, 3), (2, 784), ()]
)
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"\(n, 28, 28, 1\), got"):
        kernel_explorer(np.zeros(shape))


@pytest.mark.parametrize("count", [0, 11])
def test_too_few_or_many_images_are_refused(count):
    with pytest.raises(InputError, match=f"1 to 10 images, got {count}"):
        kernel_explorer(np.zeros((count, 28, 28, 1)))


@pytest.mark.parametrize("value", [-0.01, 1.01, 255.0, np.nan, np.inf])
def test_values_that_are_no_brightness_are_refused(images, value):
    images[1, 3, 4] = value
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        kernel_explorer(images)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, object])
def test_images_that_are_no_floats_are_refused(images, kind):
    with pytest.raises(InputError, match=r"floats in \[0, 1\], got"):
        kernel_explorer(images.astype(kind))


# --- descent -------------------------------------------------------------------------


@given(
    npst.arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6)),
    st.sampled_from([np.float64, np.float32]),
)
def test_points_arrive_in_full_precision(y, kind):
    x = np.arange(1, len(y) + 1).astype(kind)
    data = data_of(descent_explorer(x, y.astype(kind)))
    np.testing.assert_array_equal(data["x"], x)
    np.testing.assert_array_equal(data["y"], y.astype(kind))


def test_points_may_be_lists_of_whole_numbers():
    assert data_of(descent_explorer([1, 2], [2, 4])) == {"x": [1, 2], "y": [2, 4]}


@pytest.mark.parametrize(
    ("x", "y"),
    [(X, Y[:3]), (X[:, None], Y[:, None]), ([], []), (1.0, 2.0), (X, 1.0)],
)
def test_points_of_other_shapes_are_refused(x, y):
    with pytest.raises(InputError, match=r"shape \(n,\)"):
        descent_explorer(x, y)


def test_too_many_points_are_refused():
    with pytest.raises(InputError, match="1 to 200 points"):
        descent_explorer(np.ones(201), np.ones(201))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.1e6])
@pytest.mark.parametrize("name", ["x", "y"])
def test_points_that_are_not_finite_or_too_far_are_refused(name, value):
    points = {"x": X.copy(), "y": Y.copy()}
    points[name][2] = value
    with pytest.raises(InputError, match=f"{name} must hold numbers from"):
        descent_explorer(**points)


@pytest.mark.parametrize("x", [0.0, 1e-200])
def test_points_that_no_weight_can_fit_are_refused(x):
    with pytest.raises(InputError, match="no weight could matter"):
        descent_explorer(np.full(4, x), Y)


# --- threshold -----------------------------------------------------------------------


def counts_of(explorable):
    """Return how many of each class reach each threshold, shape (2, 1001)."""
    data = data_of(explorable)
    cases = np.array([data["negatives"], data["positives"]])
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
)
def test_counts_are_those_of_the_probabilities_as_they_came(cases, kind):
    labels = np.array([False, True] + [label for label, _ in cases])
    probabilities = np.array([0.5, 0.5] + [p for _, p in cases], dtype=kind)
    counts = counts_of(threshold_explorer(labels, probabilities))
    called = np.array([probabilities >= threshold for threshold in THRESHOLDS])
    np.testing.assert_array_equal(counts[0], (called & ~labels).sum(axis=1))
    np.testing.assert_array_equal(counts[1], (called & labels).sum(axis=1))


def test_a_probability_at_the_threshold_is_positive():
    counts = counts_of(threshold_explorer([0, 1, 1], [0.3, 0.3, 0.7]))
    assert counts[:, [0, 300, 301, 700, 701]].T.tolist() == [
        [1, 2],
        [1, 2],
        [0, 1],
        [0, 1],
        [0, 0],
    ]


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8, np.int64, list])
def test_labels_may_be_of_any_whole_kind(kind):
    labels = LABELS.tolist() if kind is list else LABELS.astype(kind)
    expected = counts_of(threshold_explorer(LABELS, PROBABILITIES))
    np.testing.assert_array_equal(
        counts_of(threshold_explorer(labels, PROBABILITIES.tolist())), expected
    )


def test_probabilities_may_be_whole_numbers():
    counts = counts_of(threshold_explorer([0, 1], [0, 1]))
    assert counts[:, [0, 1, 1000]].T.tolist() == [[1, 1], [0, 1], [0, 1]]


def test_costs_arrive():
    assert data_of(threshold_explorer([0, 1], [0.1, 0.9]))["costs"] == {
        "miss": 10,
        "alarm": 1,
    }
    explorable = threshold_explorer(
        [0, 1], [0.1, 0.9], cost_of_miss=np.float32(2.5), cost_of_alarm=0
    )
    assert data_of(explorable)["costs"] == {"miss": 2.5, "alarm": 0}


@pytest.mark.parametrize("cost", [0, -0.0, 10_000, np.int64(3), np.float64(0.1)])
def test_costs_arrive_in_full_and_without_a_sign(cost):
    explorable = threshold_explorer(LABELS, PROBABILITIES, cost_of_miss=cost)
    arrived = data_of(explorable)["costs"]["miss"]
    assert str(float(arrived)) == str(abs(float(cost)))


def test_labels_and_probabilities_are_not_changed():
    labels, probabilities = LABELS.copy(), PROBABILITIES.copy()
    threshold_explorer(labels, probabilities)._repr_html_()
    np.testing.assert_array_equal(labels, LABELS)
    np.testing.assert_array_equal(probabilities, PROBABILITIES)


def test_html_stays_small_with_many_cases():
    generator = np.random.default_rng(0)
    labels = generator.random(100_000) < 0.5
    explorable = threshold_explorer(labels, generator.random(100_000))
    assert len(explorable._repr_html_().encode()) < 50_000


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [
        (LABELS, PROBABILITIES[:4]),
        (LABELS[:, None], PROBABILITIES[:, None]),
        (LABELS, PROBABILITIES[:, None]),
        (LABELS, np.stack([1 - PROBABILITIES, PROBABILITIES], axis=1)),
        ([], []),
        (1, 0.5),
    ],
)
def test_labels_and_probabilities_of_other_shapes_are_refused(labels, probabilities):
    with pytest.raises(InputError, match=r"shape \(n,\).*got \(.*\[:, 1\]"):
        threshold_explorer(labels, probabilities)


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 2, 1, 0], [-1, 1, 1, 1, -1], [0.0, 1.0, 0, 1, 1], list("01011")],
)
def test_labels_that_are_not_0_and_1_are_refused(labels):
    with pytest.raises(InputError, match="labels must be .* 0 .* or 1 .*, got"):
        threshold_explorer(labels, PROBABILITIES)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_refused(label):
    with pytest.raises(InputError, match=f"both classes, got 5 times {label}"):
        threshold_explorer(np.full(5, label), PROBABILITIES)


@pytest.mark.parametrize("value", [-1e-9, 1.0000001, np.nan, np.inf, -np.inf])
def test_values_that_are_no_probability_are_refused(value):
    probabilities = PROBABILITIES.copy()
    probabilities[2] = value
    with pytest.raises(InputError, match=r"probabilities must be .* \[0, 1\].* got"):
        threshold_explorer(LABELS, probabilities)


@pytest.mark.parametrize("kind", [bool, object, str, complex])
def test_probabilities_that_are_no_numbers_are_refused(kind):
    with pytest.raises(InputError, match="probabilities must be numbers .* got"):
        threshold_explorer(LABELS, PROBABILITIES.astype(kind))


def test_rows_of_several_lengths_are_refused():
    with pytest.raises(InputError, match="several lengths"):
        threshold_explorer([0, 1], [[0.1], [0.2, 0.3]])


@pytest.mark.parametrize("name", ["cost_of_miss", "cost_of_alarm"])
@pytest.mark.parametrize(
    "cost",
    [
        -1,
        10_001,
        pytest.param(10**400, id="10**400"),
        np.nan,
        np.inf,
        "ten",
        "10",
        True,
        np.True_,
        None,
        [1, 2],
    ],
)
def test_costs_that_are_none_are_refused(name, cost):
    with pytest.raises(InputError, match=f"{name} must be a number from 0 to 10,000"):
        threshold_explorer(LABELS, PROBABILITIES, **{name: cost})
