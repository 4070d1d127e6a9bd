"""What the explorables compute, held against NumPy and SciPy, in one empty page."""

import re

import numpy as np
import pytest
from explorables import PRESETS, contrast, number
from scipy.signal import correlate2d
from sklearn.metrics import confusion_matrix

from mnist_tutorial.playground.explorable import joined

FILES = ["numbers", "colours", "kernel_model", "descent_model", "threshold_model"]


@pytest.fixture(scope="module")
def compute(browser):
    """Yield a function that evaluates JavaScript with the scripts' names in it."""
    page = browser.new_page()
    for file in FILES:
        script = joined(f"{file}.js")
        names = re.findall(r"^(?:function|const) (\w+)", script, re.M)
        page.evaluate(
            f"() => {{ {script} Object.assign(window, {{ {', '.join(names)} }}); }}"
        )
    yield page.evaluate
    page.close()


def each(compute, function, arguments):
    return compute(f"rows => rows.map(row => {function}(...row))", arguments)


@pytest.mark.parametrize(
    ("function", "table"),
    [
        (
            "parseNumber",
            {("0.5",): 0.5, ("-2",): -2, ("−2.25",): -2.25, (".5",): 0.5, ("5.",): 5,
             ("1/9",): 1 / 9, ("－１．５",): -1.5, ("0。5",): 0.5, ("0,5",): 0.5,
             ("1e-1",): 0.1, ("",): None, ("-",): None,
             ("abc",): None, ("1/0",): None, ("1e400",): None, ("1;2",): None,
             ("0x3",): None, ("1/-2",): None},
        ),
        (
            "fixed",
            {(1.5,): "1.50", (-1 / 3,): "−0.33", (-0.001,): "0.00", (-0.0,): "0.00",
             (0.26249, 3): "0.262"},
        ),
        (
            "significant",
            {(0.12344,): "0.1234", (12.3,): "12.3", (-0.5,): "−0.5", (0,): "0",
             (99999,): "100000", (12344444,): "1.234×10⁷", (-1.5e-4,): "−1.5×10⁻⁴",
             (np.inf,): "∞", (-np.inf,): "−∞", (1 / 3, 6): "0.333333"},
        ),
        ("powerOfTen", {(-2,): "0.01", (3,): "1000", (4,): "10⁴", (-13,): "10⁻¹³"}),
        ("roundUp", {(1,): 1, (1.1,): 2, (0.3,): 0.5, (51,): 100, (0.002,): 0.002}),
    ],
)  # fmt: skip
def test_numbers_are_read_and_written(compute, function, table):
    found = each(compute, function, [list(arguments) for arguments in table])
    assert found == list(table.values())


def test_ticks_are_a_few_round_numbers_within_the_axis(compute):
    generator = np.random.default_rng(0)
    lows = generator.normal(size=200) * 10.0 ** generator.integers(-5, 6, 200)
    highs = lows + 10.0 ** generator.uniform(-1, 4, 200) * np.abs(lows)
    axes = np.stack([lows, highs], axis=1).tolist()
    for (low, high), marks in zip(axes, each(compute, "ticks", axes), strict=True):
        values = np.array([value for value, _ in marks])
        assert 1 <= len(values) <= 5
        assert low - 1e-9 * abs(low) <= values[0]
        assert values[-1] <= high + 1e-9 * abs(high)
        steps = np.diff(values)
        np.testing.assert_allclose(steps, steps[:1].repeat(len(steps)), rtol=1e-6)
        for value, text in marks:
            assert number(text) == pytest.approx(value, rel=1e-3, abs=1e-12)
        if len(steps):
            mantissa = steps[0] / 10.0 ** np.floor(np.log10(steps[0]) + 1e-9)
            assert round(mantissa, 6) in (1, 2, 5)


def test_text_can_be_read_on_every_mixture(compute):
    generator = np.random.default_rng(0)
    ends = generator.integers(0, 256, (200, 2, 3))
    shares = generator.random(200)
    rows = [
        ["#" + "".join(f"{part:02x}" for part in end) for end in pair] + [share]
        for pair, share in zip(ends.tolist(), shares.tolist(), strict=True)
    ]
    mixed = np.array(each(compute, "mix", rows))
    expected = ends[:, 0] + shares[:, None] * (ends[:, 1] - ends[:, 0])
    np.testing.assert_allclose(mixed, expected, atol=0.5 + 1e-9)
    inks = each(compute, "readableOn", [[rgb] for rgb in mixed.tolist()])
    for ink, ground in zip(inks, mixed, strict=True):
        assert contrast({"#000": [0] * 3, "#fff": [255] * 3}[ink], ground) >= 4.5


def test_output_is_the_cross_correlation(compute):
    kernels = [np.asarray(kernel, dtype=float) for kernel in PRESETS.values()]
    presets = compute("Object.values(PRESETS)")
    np.testing.assert_allclose(presets, [kernel.ravel() for kernel in kernels])
    generator = np.random.default_rng(0)
    kernels.append(generator.normal(size=(3, 3)))
    for index, kernel in enumerate(kernels):
        image = generator.random((28, 28))
        output, preset = compute(
            "([image, kernel]) => [[...correlate(Float64Array.from(image), kernel)],"
            " presetOf(kernel)]",
            [image.ravel().tolist(), kernel.ravel().tolist()],
        )
        expected = correlate2d(image, kernel, mode="valid")
        np.testing.assert_allclose(np.reshape(output, (26, 26)), expected, atol=1e-12)
        assert preset == (index if index < len(PRESETS) else -1)


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.01, "creeping"), (0.04, "creeping"), (0.3, "converging"), (0.5, "arrived"),
     (0.51, "converging"), (0.6, "oscillating"), (0.99, "oscillating"),
     (1.0, "neither"), (1.01, "diverging"), (2.0, "diverging"), (1e80, "overflow")],
)  # fmt: skip
def test_verdict_is_what_the_steps_say(compute, share, verdict):
    x, y = np.array([0.5, 1.0, 2.0]), np.array([1.0, 1.9, 4.2])
    rate, w = share / (x**2).mean(), 0.0
    path = []
    with np.errstate(all="ignore"):
        for _ in range(5):
            error = w * x - y
            gradient = (2 * error * x).mean()
            path.append({"w": w, "loss": (error**2).mean(), "gradient": gradient})
            w -= rate * gradient
    call = "([x, y, path, since]) => verdictOn(path, since, makeLoss(x, y))"
    points = [x.tolist(), y.tolist()]
    assert compute(call, [*points, path, 0]) == verdict
    if verdict not in ("arrived", "overflow"):
        assert compute(call, [*points, path, 4]) == "ready"


def test_a_log_axis_holds_every_loss(compute):
    for losses in ([0, 0], [1e-3, 5.0], [2.0], [1e285, 1e300, np.inf], [1.0, 0]):
        axis = compute("losses => logAxis(losses)", losses)
        logs = np.array(axis["logs"])
        assert np.isfinite(logs).all()
        assert axis["low"] <= logs.min() and logs.max() <= axis["high"]
        assert set(np.diff(axis["powers"])) <= {max(1, np.diff(axis["powers"])[0])}
        ordinary = np.array([0 < loss < 1e300 for loss in losses])
        np.testing.assert_allclose(
            logs[ordinary], np.log10(np.array(losses)[ordinary]), atol=1e-9
        )


def test_a_line_ends_where_it_leaves_the_picture(compute):
    for w in (0, 0.5, -3, 1e200):
        for x, y in compute("w => lineEnds(w, [-1, 2], [0, 4])", w):
            assert y == pytest.approx(w * x) and -1 <= x <= 2 and -4 <= y <= 8


TIED = np.random.default_rng(1).choice([0, 1, 53, 500, 501, 999, 1000], 400)
TIED_LABELS = (np.random.default_rng(2).random(400) < TIED / 1000).astype(int)


def cases(labels, steps):
    return {
        name: np.bincount(steps[labels == label], minlength=1001).tolist()
        for name, label in (("positives", 1), ("negatives", 0))
    }


def view(compute, data, step=500, miss=10, alarm=1):
    state = {"step": step, "costs": {"miss": miss, "alarm": alarm}}
    return compute("([data, state]) => viewOf(state, makeCounts(data))", [data, state])


@pytest.mark.parametrize("step", [0, 53, 54, 500, 501, 1000])
def test_counts_and_costs_are_scikit_learns(compute, step):
    seen = view(compute, cases(TIED_LABELS, TIED), step, 3.5, 0.25)
    tn, fp, fn, tp = confusion_matrix(TIED_LABELS, TIED >= step).ravel()
    assert seen["matrix"] == {"TP": tp, "FN": fn, "FP": fp, "TN": tn}
    assert seen["cost"] == seen["costsAtAll"][step] == 3.5 * fn + 0.25 * fp


@pytest.mark.parametrize(
    ("labels", "steps", "miss", "alarm", "cheapest"),
    [
        # Between two scores lies the middle; the longer of two such gaps is better.
        ([0, 1], [200, 700], 1, 1, 450),
        ([0, 1, 0, 1], [100, 200, 300, 900], 1, 1, 600),
        # 0 and 1 belong to it; with three equal thresholds the second is taken.
        ([1, 0], [2, 1000], 1, 1, 1),
        ([0, 1], [1000, 1000], 1, 1, 500),
        # One miss costs as much as three alarms, though 0.3 < 3 * 0.1 in floats.
        ([1, 0, 0, 0], [600, 700, 700, 700], 0.3, 0.1, 300),
        # A difference is one, however small beside the cost.
        ([0, 1], [1000, 300], 1e-6, 10_000, 150),
    ],
)
def test_cheapest_is_the_middle_of_the_longest_gap(
    compute, labels, steps, miss, alarm, cheapest
):
    data = cases(np.array(labels), np.array(steps))
    seen = view(compute, data, miss=miss, alarm=alarm)
    assert seen["cheapest"] == pytest.approx(cheapest, abs=0.51)


def test_bars_hold_every_case_once(compute):
    bars = compute("data => barsOf(data.positives)", cases(TIED_LABELS, TIED))
    edges = [bar["from"] for bar in bars] + [bars[-1]["to"]]
    np.testing.assert_allclose(edges, np.linspace(0, 1, 41))
    positives = TIED[TIED_LABELS == 1]
    shares = np.bincount(np.minimum(positives // 25, 39), minlength=40) / len(positives)
    np.testing.assert_allclose([bar["height"] ** 2 for bar in bars], shares, atol=1e-12)
