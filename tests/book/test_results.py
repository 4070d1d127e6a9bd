"""The figures of ``appendix/results`` and of README are those that are stored."""

import json
import math
import re

import measured
import pytest
import results
from book_pages import ROOT, TREES, all_pages, prose_lines

PAGES = {page.tree: page.cell("page") for page in all_pages() if "results" in page.name}
ROLE = re.compile(r"\{results\}`([^`]+)`")
# Settings, not results.
SETTINGS = {"4", "8", "32", "95", "512", "6,000", "54,000", "60,000"}
STORED = [name for name in measured.FILES if measured.read(name)]
each_tree = pytest.mark.parametrize("tree", TREES)


# --- the pages and README ------------------------------------------------------------


@each_tree
def test_every_number_on_the_page_is_a_setting_or_is_read(tree):
    text = "\n".join(prose_lines(ROLE.sub("", PAGES[tree].source)))
    assert set(re.findall(r"\d[\d,.]*(?<![,.])", text)) == SETTINGS


def test_both_pages_say_the_same_numbers_in_the_same_order():
    said = [ROLE.findall(PAGES[tree].source) for tree in TREES]
    assert said[0] == said[1]
    known = {"processor", *measured.costs()}
    assert {"costs", "pages"} - set(STORED) or set(said[0]) <= known


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_says_how_it_was_measured(name):
    stored = measured.read(name)
    for run in stored["runs"] if name == "pages" else [stored]:
        assert run.keys() >= {"commit", "processor", "python"}
    command = re.match(r"python (benchmarks/\w+\.py)( search)?", stored["command"])
    assert (ROOT / command[1]).exists()


@pytest.mark.parametrize(
    ("path", "minutes"),
    [("README.md", r"(\d+) minutes"), ("README.zh-CN.md", r"(\d+) 分钟")],
)
def test_the_figures_of_readme_are_stored(path, minutes):
    text = (ROOT / path).read_text("utf-8")
    build, _ = measured.costs()["build"]
    classroom = json.loads((measured.STORED / "classroom.json").read_text("utf-8"))
    assert re.findall(minutes, text) == [f"{build:.0f}"]
    assert re.findall(r"([\d.]+) GB", text) == [f"{classroom['bytes'] / 1e9:.1f}"]
    assert not re.search(
        r"\d ?(%|s\b|ms\b|MB|秒)|(ten|[一二三四五六七八九十]) ?分钟", text
    )


# --- what is made of stored results --------------------------------------------------


def run(name, seed, seconds, **more):
    return {"recipe": name, "seed": seed, "processor_seconds": seconds} | more


MADE_UP = {
    "recipes": {
        "runs": [
            run("document", 0, 40.0, test_accuracy=0.990),
            run("document", 1, 50.0, test_accuracy=0.992),
            run("fast", 0, 4.0, test_accuracy=0.991),
            run("fast", 1, 10.0, test_accuracy=0.991),
            run("fast", 2, 99.0, test_accuracy=0.991),
        ]
    },
    "public_recipes": {
        "examples": {
            "document": {"images": 100, "batch_size": 32, "epochs": 5, "source": ""},
            "theirs": {"images": 64, "batch_size": 64, "epochs": 40, "source": "u"},
            "unfinished": {"images": 64, "batch_size": 64, "epochs": 4, "source": "v"},
        },
        "stretches": [
            {"document": 1.0, "theirs": 3.0, "unfinished": 5.0},
            {"document": 2.0, "theirs": 8.0, "unfinished": 10.0},
            {"document": 1.0, "theirs": 5.0, "unfinished": 5.0},
        ],
        "runs": [
            {"recipe": "theirs", "seed": 0, "epochs": 40, "test_accuracy": 0.98},
            {"recipe": "unfinished", "seed": 0, "epochs": 1, "test_accuracy": 0.97},
        ],
    },
    "recipes_search": {
        "runs": [
            {"variant": v, "changed_from": b, "seed": s, "errors": e}
            | {"loss": 0.1}
            | {"processor_seconds": t}
            for v, b, s, e, t in [
                ("document", "", 0, 90, 40.0),
                ("document", "", 1, 110, 40.0),
                ("batches of 128", "document", 0, 80, 20.0),
                ("batches of 128", "document", 1, 84, 24.0),
                ("one-cycle rate", "batches of 128", 0, 50, 20.0),
                ("one-cycle rate", "batches of 128", 1, 46, 24.0),
            ]
        ]
    },
    "costs": {
        "processor": "Abacus",
        "growth": [
            {"group": g, "value": v, "images": n, "seconds": s, "multiply_adds": m}
            for g, v, n, s, m in [
                ("images", 1500, 1500, [1.0, 2.0], 7),
                ("images", 3000, 3000, [2.0, 3.0], 7),
                ("width", 1, 400, [4.0, 8.0], 10),
                ("width", 4, 100, [16.0, 16.0], 120),
                ("depth", 3, 400, [4.0, 8.0], 10),
                ("batch", 32, 320, [0.1, 0.2], 10),
            ]
        ],
        "peak_mb": {"train document": 1500},
        "start_seconds": {"import keras": [3.0, 4.0, 9.0]},
        "predict_seconds": {"1": [0.002, 0.001]},
    },
    "pages": {
        "runs": [
            {"processor_seconds": 1200, "five_epochs": 300, "cores": 2},
            {"processor_seconds": 240, "five_epochs": 120, "cores": 4},
        ]
    },
}


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Store what is made up, and return where."""
    monkeypatch.setattr(measured, "STORED", tmp_path)
    for name, content in MADE_UP.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def test_recipes_are_compared_seed_by_seed_and_round_by_round(stored):
    rows = {row.name: row for row in measured.recipes()}
    assert rows["fast"].ratio == pytest.approx((0.15, 0.1, 0.2))
    assert rows["document"].ratio == (1, 1, 1)
    # 40 steps beside 5 * 4.
    assert rows["theirs"].ratio == pytest.approx((8, 6, 10))
    # Student's t of one degree of freedom is 12.706; the error of the mean, 0.001.
    assert rows["document"].half_width == pytest.approx(0.012706, rel=1e-3)
    assert rows["document"].accuracy == pytest.approx(0.991)
    assert [*rows] == ["fast", "document", "unfinished", "theirs"]


def test_the_table_of_recipes_says_what_was_not_run(stored):
    table = {row[0]: row[1:] for row in results.recipes_table("en")}
    assert table["`document`"] == ("99.10 ± 1.27", "2", "1.0")
    assert table["[theirs](u)"] == ("98.00", "1", "8.0 (6.0 to 10.0)")
    assert table["[unfinished](v)"][1] == "1 (epoch 1 of 4)"
    made_up = json.loads((stored / "public_recipes.json").read_text())
    (stored / "public_recipes.json").write_text(json.dumps(made_up | {"runs": []}))
    table = {row[0]: row[1:] for row in results.recipes_table("zh")}
    assert table["[theirs](u)"] == ("–", "0", "8.0（6.0 到 10.0）")


def test_a_change_is_sure_only_beyond_twice_the_root_of_both_counts(stored):
    _, larger, cycle = measured.changes()
    assert (larger.errors, larger.fewer) == (82, 18)
    assert larger.margin == pytest.approx(2 * math.sqrt(100 + 82))
    assert larger.ratio == pytest.approx((0.55, 0.5, 0.6))
    assert (larger.is_sure, cycle.is_sure) == (False, True)
    rows = [row[-1] for row in results.changes_table("zh")]
    assert rows == ["–", "**否**", "是"]


def test_growth_is_of_an_image_but_where_images_grow(stored):
    growth = measured.growth()
    assert growth["images"][3000] == (pytest.approx((1.75, 1.5, 2)), 2)
    assert growth["width"][4] == (pytest.approx((12, 8, 16)), 12)
    costs = measured.costs()
    assert costs["step"] == (pytest.approx((15, 10, 20)), "ms")
    assert costs["epoch"][0].median == pytest.approx(25.3125)
    assert costs["pages"][0] == 4 + 2 and costs["build"][0] == 10 + 1
    table = {row[0]: row[1:] for row in results.costs_table("en")}
    assert table["`import keras`"] == ("4.0\xa0s (3.0 to 9.0)",)
    assert table["predict 1 image"] == ("1.5\xa0ms (1.0 to 2.0)",)
    assert table["peak memory of training `document`"] == ("1.5\xa0GB",)


def test_what_is_not_stored_gives_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "STORED", tmp_path)
    found = measured.recipes(), measured.changes(), measured.growth(), measured.costs()
    assert found == ([], [], {}, {})
