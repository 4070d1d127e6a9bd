"""Every notebook is built alike: what comes where, by the ids of its cells."""

import ast
import itertools
import re
import statistics

import pytest
from book_pages import CHINESE, each_notebook, notebooks, prose_lines
from cell_kinds import kind, without_words
from test_road import ROAD

# The landing page's objectives are the whole book's, so no summary answers them.
each_chapter = pytest.mark.parametrize(
    "page", [page for page in notebooks() if page.name != "index"], ids=str
)


def bullets(cell):
    return re.findall(r"^- (.+(?:\n  .+)*)", cell.source, re.M)


def kinds(cell):
    """Return the kinds of the statements of a cell."""
    return {type(node) for node in cell.tree.body}


# --- order ---------------------------------------------------------------------------


@each_notebook
def test_title_asks_one_question_in_bold(page):
    title = page.cells[0]
    assert title.id == "title"
    assert re.findall(r"^# \S", title.source, re.M) == [title.source[:3]]
    assert len(re.findall(r"\*\*[^*]+[？?]\*\*", title.source)) == 1


@each_notebook
def test_setup_comes_first_of_the_code_and_only_imports_imports(page):
    setup, imports, *others = page.code_cells
    assert (setup.id, imports.id) == ("setup", "imports")
    assert setup.source == notebooks()[0].cell("setup").source
    assert setup.tags == ("remove-cell",)
    assert kind(imports.source) == "imports" and not imports.tags
    for cell in others:
        found = {type(node) for node in ast.walk(cell.tree)}
        assert not found & {ast.Import, ast.ImportFrom}, cell


@each_notebook
def test_no_code_is_seen_before_the_first_section(page):
    """Only the quiet line of the imports, which the page has below the objectives."""
    sections = [cell.id for cell in page.cells if cell.source.startswith("## ")]
    assert sections[0] == "objectives"
    for cell in page.cells[: page.ids.index(sections[1])]:
        is_gone = {"remove-cell", "remove-input"} & set(cell.tags)
        assert cell.id == "imports" or cell.kind == "markdown" or is_gone, cell


@each_notebook
def test_the_last_parts_are_in_order(page):
    start = page.ids.index("exercises")
    tasks = [name for name in page.ids if re.match(r"(exercise|solution)-\d", name)]
    parts = ["exercises", *tasks, "summary", "next", "references"]
    assert page.ids[start:] == parts
    for name in ("objectives", "exercises", "summary", "next", "references"):
        assert page.cell(name).source.startswith("## "), name
    assert page.ids.index("objectives") < start


# --- objectives and summary ----------------------------------------------------------


@each_notebook
def test_objectives_are_three_to_five_and_the_time_is_told(page):
    objectives = page.cell("objectives")
    assert 3 <= len(bullets(objectives)) <= 5
    unit = "分钟" if page.tree == "zh" else "minutes"
    assert re.search(rf"\d+ {unit}", objectives.source)


def content_words(text):
    """Return what tells sentences apart: pairs of characters, stems of words."""
    text = " ".join(prose_lines(f"{text}\n"))
    pairs = {
        run[i : i + 2]
        for run in re.findall(f"[{CHINESE}]+", text)
        for i in range(len(run) - 1)
    }
    return pairs | {word.lower()[:5] for word in re.findall(r"[A-Za-z]{4,}", text)}


@each_chapter
def test_summary_answers_the_objectives_one_by_one(page):
    objectives, answers = (bullets(page.cell(n)) for n in ("objectives", "summary"))
    assert len(answers) == len(objectives)
    wanted = [content_words(text) for text in objectives]
    for index, answer in enumerate(answers):
        assert re.match(r"\*\*[^*]+\*\*", answer), answer
        shared = [len(content_words(answer) & words) for words in wanted]
        assert shared[index] > 0, f"{answer} does not answer {objectives[index]}"
        # Pairs of characters tell sentences apart well, stems of English words do
        # not; the English page says the same in the same order.
        if page.tree == "zh":
            assert shared[index] == max(shared), f"{answer} answers another objective"


# --- exercises -----------------------------------------------------------------------


WORDS = {"zh": ("练习", "解答"), "en": ("Exercise", "Solution")}


@each_notebook
def test_every_exercise_has_a_solution_that_runs(page):
    exercise, solution = WORDS[page.tree]
    rest = page.ids[page.ids.index("exercises") + 1 : page.ids.index("summary")]
    count = len([name for name in rest if name.startswith("exercise-")])
    assert count
    expected = []
    for n in range(1, count + 1):
        steps = [name for name in rest if name.startswith(f"solution-{n}-")]
        expected += [f"exercise-{n}", f"solution-{n}", *steps]
        task = page.cell(f"exercise-{n}").source
        assert re.match(rf"### {exercise} {n} · \S", task)
        # The heading alone: what is in its cell, JupyterLab does not fold.
        assert page.cell(f"solution-{n}").source == f"#### {solution}"
        code = page.cell(f"solution-{n}-code")
        assert ast.Assert in {type(node) for node in ast.walk(code.tree)}, n
        for name in steps:
            assert not page.cell(name).tags, f"{name}: must run, and be seen"
            # What a solution says stays within its fold.
            assert not re.search("^#{1,4} ", page.cell(name).source, re.M), name
    assert rest == expected


@each_notebook
def test_only_a_failure_that_is_taught_is_allowed_to_fail(page):
    for cell in page.code_cells:
        known = {"hide-input", "hide-output", "remove-cell", "remove-input", "at-top"}
        assert set(cell.tags) <= known | {"raises-exception", "shows-warning"}, cell
        if "raises-exception" in cell.tags:
            assert page.ids.index("read-error") > page.ids.index(cell.id)


# --- cells ---------------------------------------------------------------------------


@each_notebook
def test_prose_comes_before_every_code_cell(page):
    """Code follows code only where both are one step.

    That is a figure of what has just been computed, what is said or asserted of it, or
    the first use of a function that has just been defined.
    """
    cells = [cell for cell in page.cells if cell.id not in ("setup", "imports")]
    for before, cell in itertools.pairwise(cells):
        if cell.kind != "code":
            continue
        if before.kind == "code" and kind(before.source) == "reading":
            continue
        if before.kind == "markdown":
            assert before.source.strip(), cell
            continue
        follows = cell.id.endswith("-figure") or kind(cell.source) != "code"
        if kinds(before) <= {ast.FunctionDef}:
            used = {getattr(node, "id", None) for node in ast.walk(cell.tree)}
            follows |= bool({node.name for node in before.tree.body} & used)
        assert follows, f"{cell} follows {before.id} without a word"


@each_notebook
def test_cells_in_sight_are_short_but_for_definitions_that_are_taught(page):
    lengths = []
    for cell in page.code_cells[2:]:
        unseen = {"hide-input", "remove-input"} & set(cell.tags)
        is_seen = kind(cell.source) == "code" and not unseen
        if is_seen and not kinds(cell) <= {ast.FunctionDef, ast.ClassDef}:
            code = without_words(cell.source)
            lines = [line for line in code.splitlines() if line.strip()]
            assert len(lines) <= 15, cell
            lengths.append(len(lines))
    assert statistics.median_low(lengths) <= (8 if page.name in ROAD else 10)


@each_notebook
def test_comments_give_shapes_and_tell_no_story(page):
    for cell in page.code_cells:
        for line in cell.source.splitlines():
            comment = re.search(r"(?:^|\s)#(?![0-9A-Fa-f]{6}\b)(.*)", line)
            shape = r" \([\w, ]+\)(: .+)?"
            assert not comment or re.fullmatch(shape, comment[1]), f"{cell}: {line}"
