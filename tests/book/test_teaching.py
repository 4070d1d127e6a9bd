"""The syllabus tracks of ``appendix/teaching``: what a teacher relies on.

A row is: when, pages, homework, minutes in class and at home. In class are the minutes
to read that the pages announce, at home those of their exercises and of the homework;
before and after the course all are at home.
"""

import re
from itertools import takewhile

import pytest
from book_pages import ROOT, TREES, all_pages, read_page
from test_road import PAGES, ROAD, TIMES, linked, target
from test_trees import LINK

TEACHING = {p.tree: p for p in all_pages() if p.name == "appendix/teaching"}
AROUND = "课前", "课后", "before", "after"
UNIT = {"zh": "分钟", "en": "minutes"}
CELL = r"`([a-z0-9-]+)`(?: \(“|（“)(.+?)”[)）]"


def pages_of(tree, text):
    links = LINK.findall(text)
    return [target(TEACHING[tree], x).with_suffix("").as_posix() for x in links]


def tracks(tree):
    """Return the tables: rows of (when, pages, homeworks, in class, at home)."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", TEACHING[tree].cells[0].source, re.M):
        rows = [row.strip("| ").split(" | ") for row in table.splitlines()]
        if len(rows[0]) == 5:
            # The row of sums has two empty cells, the header no number.
            *rows, (*_, in_class, at_home) = rows[2:]
            rows = [
                (when, pages_of(tree, names), re.findall(r"\d", number), int(a), int(b))
                for when, names, number, a, b in rows
            ]
            assert [sum(row[i] for row in rows) for i in (3, 4)] == [
                int(in_class),
                int(at_home),
            ]
            found.append(rows)
    return found


TRACKS = {tree: tracks(tree) for tree in TREES}
each_tree = pytest.mark.parametrize("tree", TREES)


def homework(tree, number):
    """Return its minutes, and the pages that it says to read first."""
    path = ROOT / "homework" / tree / f"hw{number}.ipynb"
    title = read_page(tree, ROOT / "book" / tree / path).cells[0].source
    first = re.search(r"(?:先读|First read)(.+?)(?:[;.] |\.$|；|。|$)", title, re.M)
    names = re.findall(r"[a-z]+/[a-z_]+(?=`|\.html)", first[1] if first else "")
    minutes = int(re.search(rf"(\d+) {UNIT[tree]}", title)[1])
    return minutes, [name for name in names if (tree, name) in PAGES]


def announced(tree, name):
    """Return minutes to read, for the exercises, and the pages to read first."""
    if (tree, name) not in PAGES:  # a Markdown page, which announces none
        return 0, 0, []
    page = PAGES[tree, name]
    objectives = page.cell("objectives").source
    times = re.search(TIMES[tree], objectives)
    after = objectives[times.end() :].partition("\n\n")[0]
    assert set(linked(page, "objectives")) >= set(first := named(page, after))
    return int(times[1]), int(times[2]), first


def named(page, text):
    return [target(page, x).with_suffix("").as_posix() for x in LINK.findall(text)]


def test_both_languages_have_the_same_four_tracks():
    same = [[[row[1:] for row in track] for track in TRACKS[tree]] for tree in TREES]
    assert same[0] == same[1] and len(same[0]) == 4


@each_tree
def test_minutes_are_those_that_pages_and_homeworks_announce(tree):
    for when, names, numbers, in_class, at_home in sum(TRACKS[tree], []):
        times = [announced(tree, name) for name in names]
        read, exercises = (sum(time[i] for time in times) for i in (0, 1))
        exercises += sum(homework(tree, number)[0] for number in numbers)
        around = read if when in AROUND else 0
        assert (in_class, at_home) == (read - around, exercises + around), when


@each_tree
def test_what_is_needed_comes_first(tree):
    for track in TRACKS[tree]:
        known = []
        for _, names, numbers, *_ in track:
            for name in names:
                needed = list(takewhile(lambda stop, n=name: stop != n, ROAD))
                needed = needed if name in ROAD else announced(tree, name)[2]
                assert set(needed) - {"appendix/document"} <= set(known), name
                known.append(name)
            for number in numbers:
                assert set(homework(tree, number)[1]) <= set(known), number
        assert len(set(known)) == len(known)
        assert set(ROAD) <= set(known)


@each_tree
def test_every_stop_names_a_cell_that_stands_under_its_heading(tree):
    plans = re.findall(
        r"^### .+?\]\((\S+)\)\n(.+?)(?=^##)",
        TEACHING[tree].cells[0].source,
        re.M | re.S,
    )
    assert [pages_of(tree, f"[]({link})")[0] for link, _ in plans] == ROAD
    for (_, plan), name in zip(plans, ROAD, strict=True):
        ((cell, heading),) = re.findall(CELL, plan)
        page, above = PAGES[tree, name], ""
        for each in page.cells[: page.ids.index(cell) + 1]:
            headings = re.findall(r"^#+ (.+)$", each.source, re.M)
            above = headings[-1] if each.kind == "markdown" and headings else above
        assert heading == above, cell
