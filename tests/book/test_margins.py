"""Every assertion of a page has been measured, holds everywhere, and is not close."""

import json
import subprocess
import sys

import keras
import margin_probe
import margins
import measure_margins
import numpy as np
import pytest
from cell_kinds import computing
from sklearn.model_selection import train_test_split

NAMES = {condition.name for condition in measure_margins.CONDITIONS}


@pytest.mark.parametrize("page", margins.pages())
def test_assertions_are_measured_and_hold_with_a_margin(page):
    stored = margins.read(page)
    assert sorted(run["condition"] for run in stored.runs) == sorted(NAMES)
    assert stored.problems(margins.reasons()) == []
    assert len({run["shift"] for run in stored.runs}) == len(stored.runs)
    for run in stored.runs:
        for name in ("processor", "python", "versions", "commit", "cpu_seconds"):
            assert run[name], (run["condition"], name)


def test_stored_results_belong_to_pages_and_every_reason_is_needed():
    stored = {
        path.relative_to(margins.STORED).with_suffix("").as_posix()
        for path in margins.STORED.rglob("*.json")
    }
    assert stored == set(margins.pages())
    thin = {
        (page, item.cell, item.text)
        for page in margins.pages()
        for item in margins.read(page).comparisons()
        if item.margin is not None and item.margin < margins.MARGIN
    }
    assert set(margins.reasons()) <= thin
    assert all(len(reason) > 20 for reason in margins.reasons().values())


def test_all_pages_took_at_most_eight_times_as_long_as_the_five_epochs():
    text = (margins.ROOT / "benchmarks" / "pages.json").read_text("utf-8")
    runs = json.loads(text)["runs"]
    assert sorted(page for run in runs for page in run["pages"]) == margins.pages()
    assert sum(run["processor_seconds"] / run["five_epochs"] for run in runs) <= 8


# --- the figures ---------------------------------------------------------------------


def margin(left, sign, right):
    stored = {"sign": sign, "left": list(left), "right": list(right)}
    return margins.Comparison("cell", "text", stored).margin


def test_what_is_said_or_asserted_is_no_part_of_what_a_page_computes():
    cell = "x = 1\nsay(\n    zh=f'{x} 张',\n    en=f'{x} images',\n)\nassert x > 0"
    assert computing(cell) == "x = 1"
    assert computing("%time y = 2\nfor n in y:\n    assert n\n") == (
        "%time y = 2\nfor n in y:\n    assert n"
    )


def test_the_margin_is_the_mean_room_in_standard_deviations():
    left, right = np.random.default_rng(0).normal((1, 0), 1, (12, 2)).T.tolist()
    room = np.subtract(left, right)
    expected = pytest.approx(room.mean() / room.std(ddof=1))
    assert expected == margin(left, ">", right) == margin(right, "<=", left)
    assert expected == margin([*left, np.inf], ">", [*right, 0])  # no loss is finite


def test_what_has_no_order_or_does_not_differ_has_no_margin():
    assert margin(["conv"] * 12, "==", ["conv"] * 12) is None
    assert margin([None] * 11 + [0.5], ">", [None] * 11 + [0.4]) is None
    assert margin(np.arange(12.0) + 1, ">", np.arange(12.0)) is None


# --- what turns the tests red --------------------------------------------------------


PAGE, ASSERTED = "measured", "assert x > 0.5"
OTHER_CODE = "0 of 12 runs of the present code"
NEVER = f"{ASSERTED}\nif False:\n    assert x > 0.6"
SURE = [0.9 + 0.01 * (-1) ** run for run in range(margins.RUNS)]
CLOSE = [0.9 + 0.2 * (-1) ** run for run in range(margins.RUNS)]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Return a function that writes a page, and one that adds a run to its record."""
    monkeypatch.setattr(margins, "BOOK", tmp_path)
    monkeypatch.setattr(margins, "STORED", tmp_path / "stored")

    def write(source):
        cells = [
            {"cell_type": "code", "id": name, "source": text}
            for name, text in (("setup", "pass"), ("cell", source))
        ]
        (tmp_path / f"{PAGE}.ipynb").write_text(json.dumps({"cells": cells}))

    def add(condition, value):
        found = {"held": value > 0.5, "comparisons": {"x > 0.5": [">", value, 0.5]}}
        run = {"condition": str(condition), "code": margins.digest(PAGE)}
        margins.add(PAGE, run | {"cells": {"cell": {"x > 0.5": found}}})

    write(ASSERTED)
    return write, add


@pytest.mark.parametrize(
    ("measured", "values", "now", "problems"),
    [
        (ASSERTED, SURE, ASSERTED, []),
        (ASSERTED, SURE[:1], ASSERTED, ["1 of 12 runs of the present code"]),
        (ASSERTED, CLOSE, ASSERTED, ["cell: margin 1.9: x > 0.5"]),
        (ASSERTED, [2.0, 0.4, *[2.0] * 10], ASSERTED,
         ["cell: failed under 1: x > 0.5", "cell: margin 3.0: x > 0.5"]),
        (ASSERTED, SURE, "x = 0.6\nassert x > 0.5", [OTHER_CODE]),
        (ASSERTED, SURE, f"{ASSERTED}\nassert x > 0.6",
         ["cell: not measured: x > 0.6"]),
        (NEVER, SURE, NEVER, ["cell: never evaluated: x > 0.6"]),
    ],
)  # fmt: skip
def test_what_is_missing_failed_or_close_is_a_problem(
    page, measured, values, now, problems
):
    write, add = page
    write(measured)
    for condition, value in enumerate(values):
        add(condition, value)
    write(now)
    assert margins.read(PAGE).problems({}) == problems
    known = {(PAGE, "cell", "x > 0.5"): "a reason"}
    left = [problem for problem in problems if "margin" not in problem]
    assert margins.read(PAGE).problems(known) == left


def test_runs_of_other_code_are_dropped_and_a_repeated_run_replaces_itself(page):
    write, add = page
    for condition, value in enumerate(SURE):
        add(condition, value)
    add(5, 0.95)
    (found,) = margins.read(PAGE).comparisons()
    assert found.left == [*SURE[:5], *SURE[6:], 0.95]
    assert margins.read(PAGE).conditions() == set(map(str, range(margins.RUNS)))
    write("x = 1\nassert x > 0.5")
    assert margins.read(PAGE).conditions() == set()
    add(0, 0.7)
    (found,) = margins.read(PAGE).comparisons()
    assert found.left == [0.7]


def test_an_assertion_with_two_comparisons_by_chance_counts_once(page):
    write, _ = page
    write("assert 0.5 < x < 1.5\nassert 2 < 3")
    assert margins.read(PAGE).by_chance() == set()
    found = {
        "0.5 < x < 1.5": [("0.5 < x", "<", 0.5, 0.7), ("x < 1.5", "<", 0.7, 1.5)],
        "2 < 3": [("2 < 3", "<", 2, 3)],
        "x < 9": [("x < 9", "<", 0.7, 9)],  # no longer on the page
    }
    outcomes = {
        source: {
            "held": [True, True],
            "comparisons": {
                text: {
                    "sign": sign,
                    "left": [left, left + 0.1 * (left == 0.7)],
                    "right": [right, right + 0.1 * (right == 0.7)],
                }
                for text, sign, left, right in pairs
            },
        }
        for source, pairs in found.items()
    }
    stored = margins.Stored(PAGE, {"cells": {"cell": outcomes}})
    assert stored.by_chance() == {("cell", "0.5 < x < 1.5")}


# --- the probe -----------------------------------------------------------------------


def test_room_is_how_much_a_comparison_holds():
    for sign, room in {">": 2, "<=": -2, "==": -2, "!=": 2}.items():
        assert margin_probe.room(sign, 3, 1) == room
    assert margin_probe.room("==", "a", "a") == 0
    assert margin_probe.room("==", "a", "b") == -1
    assert margin_probe.room("in", "a", "abc") == 0


PROGRAM = """
import sys
sys.path.insert(0, {tools!r})
import margin_probe
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
notes = margin_probe.start(shell, {shift})
for cell in {cells!r}:
    done = shell.run_cell(cell)
    assert done.success, done.error_in_exec
margin_probe.finish(notes, {out!r})
"""


def probed(tmp_path, shift, *sources):
    out = tmp_path / f"{shift}.json"
    program = PROGRAM.format(
        tools=str(margins.ROOT / "tools"),
        shift=shift,
        cells=[f"__cell__ = 'c{i}'\n{source}" for i, source in enumerate(sources)],
        out=str(out),
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(out.read_text("utf-8"))


def test_all_seeds_are_shifted(tmp_path):
    source = (
        "import keras, numpy as np\n"
        "from sklearn.model_selection import train_test_split\n"
        "assert np.random.default_rng(3).random() < 2\n"
        "keras.utils.set_random_seed(5)\n"
        "assert np.random.random() < 3\n"
        "assert float(keras.random.uniform(())) < 4\n"
        "assert train_test_split(range(10**6), random_state=7)[0][0] > -1\n"
    )
    shift = measure_margins.SHIFT
    noted = probed(tmp_path, shift, source)["cells"]["c0"]
    drawn = {}
    for text, outcome in noted.items():
        ((_, drawn[text], _),) = outcome["comparisons"].values()
    keras.utils.set_random_seed(5 + shift)
    split, *_ = train_test_split(range(10**6), random_state=7 + shift)
    assert drawn == pytest.approx(
        {
            "np.random.default_rng(3).random() < 2": np.random.default_rng(
                3 + shift
            ).random(),
            "np.random.random() < 3": np.random.random(),  # noqa: NPY002
            "float(keras.random.uniform(())) < 4": float(keras.random.uniform(())),
            "train_test_split(range(10 ** 6), random_state=7)[0][0] > -1": split[0],
        },
        rel=1e-6,
    )


def test_a_failure_is_noted_and_the_page_goes_on(tmp_path):
    noted = probed(
        tmp_path,
        0,
        "for x in (0.9, 0.4, 0.7):\n    assert x > 0.5, 'message'\ny = 2",
        "import numpy as np\nassert y == 2\nassert all(v < 9 for v in (1, 8, 3))\n"
        "assert (np.array([1., 5., 2.]) > [0, 1, 1.5]).all()",
    )
    failed = noted["cells"]["c0"]["x > 0.5"]
    assert failed == {"held": False, "comparisons": {"x > 0.5": [">", 0.4, 0.5]}}
    second = noted["cells"]["c1"].values()
    assert [outcome["held"] for outcome in second] == [True] * 3
    kept = [pair for outcome in second for pair in outcome["comparisons"].values()]
    assert kept == [["==", 2, 2], ["<", 8, 9], [">", 2, 1.5]]
    assert noted["cpu_seconds"] > 0 and noted["memory_mb"] > 0
