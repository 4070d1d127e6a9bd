"""Every notebook is built alike: what comes where, by the ids of its cells."""

import ast
import re

import pytest
from book_pages import CHINESE, notebooks, prose_lines

# The landing page's objectives are the whole book's, so no summary answers them.
LANDING = "index"

each_notebook = pytest.mark.parametrize("page", notebooks(), ids=str)
each_chapter = pytest.mark.parametrize(
    "page", [page for page in notebooks() if page.name != LANDING], ids=str
)


def bullets(cell):
    return re.findall(r"^- (.+(?:\n  .+)*)", cell.source, re.M)


def exercises(page):
    return [int(n) for name in page.ids for n in re.findall(r"^exercise-(\d+)$", name)]


# --- order ---------------------------------------------------------------------------


@each_notebook
def test_title_asks_one_question_in_bold(page):
    assert page.ids[0] == "title"
    title = page.cells[0].source
    assert len(re.findall(r"^# \S", title, re.M)) == 1
    assert title.startswith("# ")
    questions = re.findall(r"\*\*[^*]+[？?]\*\*", title)
    assert len(questions) == 1


@each_notebook
def test_setup_comes_first_of_the_code_and_is_the_same_everywhere(page):
    setup, imports = page.code_cells[:2]
    assert (setup.id, imports.id) == ("setup", "imports")
    assert setup.source == notebooks()[0].cell("setup").source
    assert setup.tags == ("hide-input",)


@each_notebook
def test_only_the_imports_cell_imports(page):
    for cell in page.code_cells:
        found = [
            node
            for node in ast.walk(cell.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert bool(found) == (cell.id in ("setup", "imports")), cell
    body = page.cell("imports").tree.body
    assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in body)


@each_notebook
def test_the_last_parts_are_in_order(page):
    start = page.ids.index("exercises")
    expected = ["exercises"]
    for cell_id in page.ids[start + 1 :]:
        if re.match(r"(exercise|solution)-\d", cell_id):
            expected.append(cell_id)
    assert page.ids[start:] == [*expected, "summary", "next", "references"]
    assert page.ids.index("objectives") < page.ids.index("exercises")
    for name in ("objectives", "exercises", "summary", "next", "references"):
        assert page.cell(name).kind == "markdown"
        assert page.cell(name).source.startswith("## "), name


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
    pairs = set()
    for run in re.findall(f"[{CHINESE}]+", text):
        pairs |= {run[i : i + 2] for i in range(len(run) - 1)}
    return pairs | {word.lower()[:5] for word in re.findall(r"[A-Za-z]{4,}", text)}


@each_chapter
def test_summary_answers_the_objectives_one_by_one(page):
    objectives, answers = (bullets(page.cell(n)) for n in ("objectives", "summary"))
    assert len(answers) == len(objectives)
    wanted = [content_words(text) for text in objectives]
    for index, answer in enumerate(answers):
        assert re.match(r"\*\*[^*]+\*\*", answer), answer
        found = content_words(answer)
        shared = [len(found & words) for words in wanted]
        assert shared[index] > 0, f"{answer} does not answer {objectives[index]}"
        # Pairs of characters tell sentences apart well, stems of English words do
        # not; the English page says the same in the same order.
        if page.tree == "zh":
            assert shared[index] == max(shared), f"{answer} answers another objective"


# --- exercises -----------------------------------------------------------------------


@each_notebook
def test_every_exercise_has_a_hidden_solution_that_runs(page):
    numbers = exercises(page)
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
    start = page.ids.index("exercises") + 1
    rest = page.ids[start : page.ids.index("summary")]
    for n in numbers:
        first = rest.index(f"exercise-{n}")
        last = rest.index(f"solution-{n}-end")
        middle = rest[first + 2 : last]
        assert rest[first + 1] == f"solution-{n}-start"
        assert f"solution-{n}-code" in middle
        assert all(name.startswith(f"solution-{n}-") for name in middle)
        for name in middle:
            if page.cell(name).kind == "code":
                assert not page.cell(name).tags, f"{name}: must run, and be seen"
        exercise = page.cell(f"exercise-{n}").source
        opening = page.cell(f"solution-{n}-start").source
        (label,) = re.findall(r"^:label: (\S+)$", exercise, re.M)
        assert re.match(r"```\{exercise\} \S", exercise)
        assert opening.startswith(f"```{{solution-start}} {label}\n:class: dropdown\n")
        assert page.cell(f"solution-{n}-end").source.endswith("```{solution-end}\n```")
        code = page.cell(f"solution-{n}-code").tree
        assert any(isinstance(node, ast.Assert) for node in ast.walk(code)), n
    ends = [f"solution-{n}-end" for n in numbers]
    assert [name for name in rest if name.endswith("-end")] == ends
    assert rest[-1] == ends[-1]


@each_notebook
def test_only_a_failure_that_is_taught_is_allowed_to_fail(page):
    for cell in page.code_cells:
        assert set(cell.tags) <= {"raises-exception", "hide-input"}, cell
        if "raises-exception" in cell.tags:
            assert page.ids.index("read-error") > page.ids.index(cell.id)


# --- cells ---------------------------------------------------------------------------


def is_definition(cell):
    return all(isinstance(node, ast.FunctionDef) for node in cell.tree.body)


def only_asserts(cell):
    return all(isinstance(node, ast.Assert) for node in cell.tree.body)


@each_notebook
def test_prose_comes_before_every_code_cell(page):
    """Code follows code only where both are one step.

    That is a figure of what has just been computed, bare asserts about it, or the
    first use of a function that has just been defined.
    """
    for before, cell in zip(page.cells, page.cells[1:], strict=False):
        if cell.kind != "code" or cell.id == "setup":
            continue
        if before.kind == "markdown":
            assert before.source.strip(), cell
            continue
        follows = cell.id.endswith("-figure") or only_asserts(cell)
        if is_definition(before):
            used = {getattr(node, "id", None) for node in ast.walk(cell.tree)}
            follows |= bool({node.name for node in before.tree.body} & used)
        assert follows, f"{cell} follows {before.id} without a word"


def length(cell):
    """Return how many lines hold something."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


@each_notebook
def test_cells_are_short(page):
    body = [cell for cell in page.code_cells if cell.id not in ("setup", "imports")]
    for cell in body:
        assert length(cell) <= 15 or is_definition(cell), cell
    lengths = sorted(length(cell) for cell in body)
    assert lengths[len(lengths) // 2] <= 6


@each_notebook
def test_comments_give_shapes_and_tell_no_story(page):
    for cell in page.code_cells:
        for line in cell.source.splitlines():
            comment = re.search(r"(?:^|\s)#(?![0-9A-Fa-f]{6}\b)(.*)", line)
            if comment:
                shape = r" \([\w, ]+\)(: .+)?"
                assert re.fullmatch(shape, comment[1]), f"{cell}: {line}"
