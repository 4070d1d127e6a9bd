"""What a teacher relies on in ``appendix/teaching``: the tracks, and the cells named.

A row of a track is: when, pages, homework, minutes in class and at home. In class are
the minutes to read that the pages announce, at home those of their exercises and of the
homework; before and after the course, all are at home.
"""

import json
import re

import pytest
from book_pages import ROOT, TREES, all_pages
from test_road import PAGES, ROAD, TIMES, target
from test_trees import LINK

TEACHING = {page.tree: page for page in all_pages() if page.name == "appendix/teaching"}
AROUND = "课前", "课后", "before", "after"
UNIT = {"zh": "分钟", "en": "minutes"}
FIRST = {"zh": r"先读.+?(?=；|。|$)", "en": r"First read .+?(?=; |\. |\.$)"}
each_tree = pytest.mark.parametrize("tree", TREES)


def named(page, text):
    """Return the names of the pages that a text of a page links to."""
    return [target(page, x).with_suffix("").as_posix() for x in LINK.findall(text)]


def tracks(tree):
    """Return the tables of five columns, a list of rows each, without the header."""
    text = TEACHING[tree].cell("page").source
    tables = [
        [re.split(r" *\| *", row.strip("|").strip()) for row in table.splitlines()]
        for table in re.findall(r"(?:^\|.*\n)+", text, re.M)
    ]
    return [table[2:] for table in tables if len(table[0]) == 5]


def weeks(tree):
    """Return for each track its rows: when, pages, homeworks, in class, at home."""
    return [
        [
            (when, named(TEACHING[tree], pages), re.findall(r"\d", numbers), a, b)
            for when, pages, numbers, a, b in rows[:-1]
        ]
        for rows in tracks(tree)
    ]


def homework(tree, number):
    """Return the minutes of a homework, and the pages that it says to read first."""
    path = ROOT / "homework" / tree / f"hw{number}.ipynb"
    title = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    first = "".join(re.findall(FIRST[tree], title, re.M))
    names = re.findall(r"[a-z]+/[a-z_]+(?=`|\.html)", first)
    return int(re.search(rf"(\d+) {UNIT[tree]}", title)[1]), names


def reckoned(number):
    """Return the minutes of a homework: to read, for code, and for written answers.

    40 words a minute, 2 minutes a line of the model solution, 7 minutes a written
    answer, in which its frame is read and filled.
    """
    path = ROOT / "homework" / "en" / f"hw{number}.ipynb"
    words, lines, answers = 0, 0, 0
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        solution = re.findall(r"### BEGIN SOLUTION\n(.+?)\n *### END", text, re.S)
        if cell["cell_type"] == "code":
            lines += len(re.findall(r"\S.*", "".join(solution)))
        elif solution:
            answers += 1
        else:
            text = re.sub(
                r"\]\(.+?\)|\$[^$]+\$|\$\$[^$]+\$\$|^> .*", "", text, flags=re.M
            )
            words += len(re.findall(r"[A-Za-z][A-Za-z'’-]*", text))
    return words / 40 + 2 * lines + 7 * answers


def announced(tree, name):
    """Return a page's minutes to read, for exercises, and what to have read."""
    if (tree, name) not in PAGES:  # a Markdown page announces nothing
        return 0, 0, []
    objectives = PAGES[tree, name].cell("objectives").source
    times = re.search(TIMES[tree], objectives)
    after = objectives[times.end() :].partition("\n\n")[0]
    return int(times[1]), int(times[2]), named(PAGES[tree, name], after)


def test_both_languages_have_the_same_four_tracks():
    chinese, english = ([[w[1:] for w in t] for t in weeks(tree)] for tree in TREES)
    assert chinese == english
    assert len(chinese) == 4


@each_tree
def test_minutes_are_those_that_pages_and_homeworks_announce(tree):
    for rows, track in zip(tracks(tree), weeks(tree), strict=True):
        for when, names, numbers, *minutes in track:
            read, exercises, _ = zip(*(announced(tree, n) for n in names), strict=True)
            in_class, at_home = sum(read), sum(exercises)
            at_home += sum(homework(tree, number)[0] for number in numbers)
            if when in AROUND:
                in_class, at_home = 0, in_class + at_home
            assert minutes == [str(in_class), str(at_home)], when
        for column in (-2, -1):
            *parts, whole = (int(row[column]) for row in rows)
            assert sum(parts) == whole


@pytest.mark.parametrize("number", range(5))
def test_a_homework_takes_at_most_an_hour(number):
    (minutes,) = {homework(tree, number)[0] for tree in TREES}
    assert reckoned(number) <= minutes <= 60


@each_tree
def test_what_is_needed_comes_first(tree):
    for track in weeks(tree):
        known = []
        for _, names, numbers, *_ in track:
            for name in names:
                is_stop = name in ROAD
                needed = (
                    ROAD[: ROAD.index(name)] if is_stop else announced(tree, name)[2]
                )
                assert set(needed) <= set(known), name
                known.append(name)
            for number in numbers:
                assert set(homework(tree, number)[1]) <= set(known), number
        assert set(ROAD) <= set(known)
        assert len(set(known)) == len(known)


@each_tree
def test_each_stop_has_a_plan_and_its_cell_stands_under_that_heading(tree):
    page = TEACHING[tree]
    plans = re.findall(r"^### (.*\]\(.*)\n([^#]+)", page.cell("page").source, re.M)
    assert [named(page, title) for title, _ in plans] == [[name] for name in ROAD]
    for (_, plan), name in zip(plans, ROAD, strict=True):
        ((cell, heading),) = re.findall(r"`([a-z-]+)` ?[(（]“(.+?)”[)）]", plan)
        cells = PAGES[tree, name].cells[: PAGES[tree, name].ids.index(cell)]
        text = "\n".join(each.source for each in cells if each.kind == "markdown")
        assert re.findall(r"^#+ (.+)", text, re.M)[-1] == heading, cell
