"""The main road: ten pages, each on what came before, that a beginner can finish.

The table of the cell ``road`` on the first page is the road. Times are minutes as a
student needed them: 33 words of a page a minute, its code and figures included, and for
an exercise 5, 12 or 25 by its stars.
"""

import re

import pytest
from book_pages import TREES, notebooks
from test_trees import links

PAGES = {(page.tree, page.name): page for page in notebooks()}
WORDS_A_MINUTE = 33
MINUTES = {1: 5, 2: 12, 3: 25}
TIMES = {
    "zh": r"阅读约 (\d+) 分钟(?:（.+?）)?，练习约 (\d+) 分钟",
    "en": r"[Aa]bout (\d+) minutes to read(?: \(.+?\))?, (\d+) for the exercises",
}
STOP = {
    "zh": r"\*\*主路第 (\d+) 站，共 (\d+) 站\*\*。",
    "en": r"\*\*Stop (\d+) of (\d+) on the main road\.\*\*",
}
BESIDE = {"zh": "**支路**。", "en": "**Beside the main road.**"}


def target(page, link):
    """Return the name of the page that a link of a page leads to."""
    path = (page.path.parent / link.partition("#")[0]).resolve()
    return path.relative_to(page.path.parents[page.name.count("/")].resolve())


def linked(page, cell):
    """Return the names of the pages that a cell links to, in order."""
    found = []
    for link in links(page.cell(cell)):
        if not re.match(r"[a-z]+://|#|mailto:", link):
            found.append(target(page, link).with_suffix("").as_posix())
    return found


def road(tree):
    """Return the names of the pages of the road."""
    names = linked(PAGES[tree, "index"], "road")
    return ["index", *(name for name in names if (tree, name) in PAGES)]


ROAD = road("zh")
stops = pytest.mark.parametrize(
    "page", [PAGES[tree, name] for tree in TREES for name in ROAD], ids=str
)
each_page_with_times = pytest.mark.parametrize(
    "page", [page for page in notebooks() if page.name != "index"], ids=str
)


def english_words(page):
    text = " ".join(
        text for cell in page.cells for text in cell.texts if cell.kind == "markdown"
    )
    return len(re.findall(r"[A-Za-z][A-Za-z'’-]*", text))


def test_both_languages_have_the_same_road_of_about_ten_pages():
    assert road("en") == ROAD
    assert 9 <= len(ROAD) == len(set(ROAD)) <= 11


@stops
def test_a_stop_can_be_finished(page):
    assert len(page.cells) <= 60
    if page.tree == "en":
        assert english_words(page) <= 2_000


def test_the_whole_book_stays_short():
    english = [page for page in notebooks() if page.tree == "en"]
    assert sum(map(english_words, english)) <= 46_610
    assert sum(len(page.cells) for page in english) <= 1_527


@stops
def test_a_stop_knows_its_place_and_stands_on_what_came_before(page):
    number = ROAD.index(page.name) + 1
    if number > 1:
        found = re.search(STOP[page.tree], page.cell("objectives").source)
        assert found and found.groups() == (str(number), str(len(ROAD)))
    known = {"preliminaries", *ROAD[: number - 1]}
    assert set(linked(page, "objectives")) <= known | {"appendix/document"}


@stops
def test_the_road_goes_on_at_the_end_of_a_stop(page):
    number = ROAD.index(page.name)
    if number + 1 < len(ROAD):
        assert linked(page, "next")[0] == ROAD[number + 1]


@each_page_with_times
def test_times_are_those_of_a_student(page):
    objectives = page.cell("objectives").source
    assert (page.name in ROAD) != (BESIDE[page.tree] in objectives)
    reading, exercises = map(int, re.search(TIMES[page.tree], objectives).groups())
    english = PAGES["en", page.name]
    assert reading == pytest.approx(english_words(english) / WORDS_A_MINUTE, abs=5)
    stars = [
        len(re.search(r"^### .* (★+)$", cell.source, re.M)[1])
        for cell in page.cells
        if re.fullmatch(r"exercise-\d+", cell.id)
    ]
    assert exercises == pytest.approx(sum(MINUTES[n] for n in stars), abs=3)


@pytest.mark.parametrize("tree", TREES)
def test_the_first_page_says_the_times_that_the_stops_say(tree):
    index = PAGES[tree, "index"]
    rows = [row for row in index.cell("road").source.splitlines() if ".ipynb)" in row]
    for name, row in zip(ROAD[1:], rows, strict=True):
        objectives = PAGES[tree, name].cell("objectives").source
        assert re.findall(r"\| (\d+) ", row) == list(
            re.search(TIMES[tree], objectives).groups()
        ), row
