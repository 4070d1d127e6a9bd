"""The book for a class has no solution: neither its pages nor its notebooks."""

import ast
import builtins
import re
import shutil
from base64 import b64decode

import execution_cache
import make_book
import margins
import nbformat
import pytest
import student_book
import yaml
from book_pages import BOOK, ROOT, each_notebook, notebooks
from cell_kinds import parsed
from nbclient import NotebookClient

# --- the pages of the book -----------------------------------------------------------


def bound(tree):
    """Return the names that code gives a value to."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def missing(cells):
    """Return the names that code cells use and do not have."""
    trees = [parsed(cell.source) for cell in cells if cell.cell_type == "code"]
    known = set(vars(builtins)).union(*map(bound, trees))
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.id for node in nodes if isinstance(node, ast.Name)} - known


def test_a_missing_name_is_seen():
    code = nbformat.v4.new_code_cell
    assert missing([code("a = 1"), code("print(a, b)")]) == {"b"}


@each_notebook
def test_what_is_left_of_a_notebook_needs_no_solution(page):
    notebook = nbformat.read(page.path, as_version=4)
    left = student_book.without_solutions(notebook, page.tree)
    assert missing(left.cells) == set()
    removed = [name for name in page.ids if name.startswith("solution")]
    assert [cell.id for cell in left.cells] == [
        name for name in page.ids if name not in removed
    ]
    assert removed
    # Whatever is headed so outside of these cells is a solution too.
    text = "\n".join(student_book.strings(left))
    assert not re.search(f"<summary>(?:{student_book.HEADS})|solution-", text)
    hints = [cell.source.count("<summary>") for cell in left.cells]
    assert sum(hints) == sum(
        cell.source.count("<summary>") - len(student_book.FOLD.findall(cell.source))
        for cell in page.cells
    )


@pytest.mark.parametrize("tree", student_book.TREES)
def test_no_page_speaks_of_folds_and_buttons_that_are_not_there(tree):
    before, after = "", ""
    for page in notebooks(tree):
        notebook = nbformat.read(page.path, as_version=4)
        before += "".join(cell.source for cell in notebook.cells)
        left = student_book.without_solutions(notebook, tree)
        after += "".join(cell.source for cell in left.cells)
    for words, others in student_book.INSTEAD[tree]:
        assert before.count(words) == after.count(others) == 1
        assert words not in after and others not in before
    gone = "火箭|仓库按钮|答案都折叠|rocket|button at the top|exercises, are folded"
    assert not re.findall(gone, after)


@each_notebook
def test_every_solution_has_something_to_be_looked_for(page):
    taken = student_book.Taken()
    notebook = nbformat.read(page.path, as_version=4)
    student_book.take_note(taken, str(page), notebook)
    left = student_book.letters(" ".join(taken.left))
    for where, text in taken.solutions.items():
        if not re.search(r"solution-\d+$|listing$", where):
            assert any(x not in left for x in student_book.pieces(text)), where


# --- two pages, built as the book is -------------------------------------------------

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
SOLVED = "seventeen_elephants = sorted(range(17), reverse=True)"
DRAWN = f'Image(b64decode("{PIXEL}"))'
SAID = (
    'say(zh="大象一共有十七头，依次走过了桥。", en="Seventeen elephants have crossed.")'
)
FOLDED = "<details><summary>{}</summary>\n\n{}\n\n</details>"
WORDS = {
    "zh": (
        "页面",
        "练习",
        "提示",
        "先数一数尾巴有几条。",
        "解答",
        "一头也没有掉进河里去。",
    ),
    "en": (
        *("Page", "Exercises", "Hint", "First count all the tails.", "Solution"),
        "None of them fell into the river.",
    ),
}
SECRETS = [
    *("seventeen_elephants", "大象一共有十七头", "Seventeen elephants"),
    *("一头也没有掉进河里去", "None of them fell", "the figure of all"),
]


def notebook(tree):
    title, exercises, hint, hinted, solution, folded = WORDS[tree]
    prose, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    figure = {"mystnb": {"image": {"alt": "the figure of all elephants"}}}
    imports = (
        "from base64 import b64decode\nfrom IPython.display import Image\n"
        "from mnist_tutorial.bilingual import say"
    )
    cells = [
        prose(f"# {title}", id="title"),
        code(imports, id="imports"),
        prose(FOLDED.format(solution, folded), id="listing"),
        code("count = 16\nprint('sixteen in the herd')", id="count"),
        prose(f"## {exercises}", id="exercises"),
        prose(f"### 1\n\n{FOLDED.format(hint, hinted)}", id="exercise-1"),
        prose(f"#### {solution}", id="solution-1"),
        code(f"{SOLVED}\nprint(seventeen_elephants)\n{SAID}", id="solution-1-code"),
        code(DRAWN, id="solution-1-figure", metadata=figure),
        prose("## End", id="summary"),
    ]
    return nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"name": "python3", "display_name": "", "language": "python"},
            "language_info": {"name": "python"},
        },
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Write a book of two pages with the settings of ours, and the usual build."""
    root = tmp_path_factory.mktemp("book")
    for name in ("_assets", "_root"):
        shutil.copytree(BOOK / name, root / "book" / name)
    shutil.copy(BOOK / "references.bib", root / "book")
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    settings["sphinx"]["local_extensions"] = {"ui_strings": str(BOOK / "_ext")}
    (root / "_config.yml").write_text(yaml.safe_dump(settings), "utf-8")
    for tree, toc, folder in (("zh", root, "book/zh/"), ("en", root / "book/en", "")):
        pages = root / "book" / tree
        pages.mkdir()
        (pages / "index.md").write_text(f"# {WORDS[tree][0]} 0\n", "utf-8")
        nbformat.write(notebook(tree), pages / "page.ipynb")
        listed = [{"file": f"{folder}page"}]
        content = {"format": "jb-book", "root": f"{folder}index", "chapters": listed}
        (toc / "_toc.yml").write_text(yaml.safe_dump(content), "utf-8")
    shutil.copy(BOOK / "en" / "_config.yml", root / "book" / "en")
    usual = root / "_build" / "html" / "index.html"
    usual.parent.mkdir(parents=True)
    usual.write_text("the usual book")
    return root


@pytest.fixture(scope="module")
def make(root):
    """Return the command, for this book; it says what it printed."""
    with pytest.MonkeyPatch.context() as patch:
        build = root / "_build"
        patch.setattr(margins, "BOOK", root / "book" / "zh")
        for name, path in {
            "ROOT": root,
            "BUILD": build,
            "STUDENT": build / "student",
            "DOCTREES": (build / "zh_trees", build / "en_trees"),
        }.items():
            patch.setattr(make_book, name, path)
        real = execution_cache.current_folder
        patch.setattr(
            execution_cache,
            "current_folder",
            lambda parent=build / ".jupyter_cache": real(parent),
        )
        yield lambda: make_book.main(["--solutions", "no"])


@pytest.fixture(scope="module")
def built(root, make):
    """Build it; return the folder."""
    assert make() == 0
    return root / "_build" / "student"


@pytest.fixture(scope="module")
def taken(root, built, tmp_path_factory):
    target = tmp_path_factory.mktemp("copy")
    cache = make_book.open_cache()
    return student_book.copy_without_solutions(cache, root, target)


def everything(folder):
    """Return {name: what is in it} of the text files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", errors="ignore")
        for path in folder.rglob("*")
        if path.is_file() and "_static" not in path.parts
    }


def test_no_file_has_a_solution_and_the_rest_is_there(root, built, taken):
    files = everything(built)
    for name, text in files.items():
        for secret in SECRETS:
            assert secret not in text, name
    assert not [name for name in files if name.endswith(".png")]
    assert "elephant" not in "".join(files.values())
    for tree, folder in (("zh", "html/book/zh"), ("en", "html/book/en")):
        page = files[f"{folder}/page.html"]
        *_, hinted, _, _ = WORDS[tree]
        assert hinted in page and student_book.NOTE[tree] in page
        assert "sixteen in the herd" in page
        assert "colab.research" not in page and "github.com" not in page
    assert set(map(lambda path: path.name, built.iterdir())) == {"html", "notebooks"}
    assert len(taken.images) == 1 and len(taken.solutions) == 8


def test_the_usual_book_is_as_it_was(root, built):
    usual = everything(root / "_build" / "html")
    assert usual == {"index.html": "the usual book"}


def test_the_notebooks_for_class_are_those_that_pages_offer_and_run(built):
    for tree, offered in (("zh", "_sources/book/zh"), ("en", "book/en/_sources")):
        path = built / "notebooks" / tree / "page.ipynb"
        assert path.read_bytes() == (built / "html" / offered / path.name).read_bytes()
    made = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in made.cells)
    NotebookClient(made).execute()
    assert made.cells[3].outputs[0].text == "sixteen in the herd\n"


PLANTED = [
    ("html/book/zh/page.html", "<p>大象一共有<b>十七</b>头，依次走过了桥</p>"),
    ("html/book/zh/page.html", "<p>一头也没有掉进河里去。</p>"),
    ("html/book/en/page.html", "<p>None of <em>them</em> fell into the river</p>"),
    ("html/book/en/page.html", '<img alt="the figure of all elephants">'),
    ("html/book/en/page.html", f"<pre>{sorted(range(17), reverse=True)}</pre>"),
    ("html/_sources/book/zh/page.ipynb", SOLVED),
    ("notebooks/en/page.ipynb", SAID),
]


@pytest.fixture
def copied(built, taken, tmp_path):
    """Copy what was built, in which nothing is found."""
    ignored = shutil.ignore_patterns("_static")
    folder = shutil.copytree(built, tmp_path / "copy", ignore=ignored)
    assert student_book.leaks(taken, folder) == []
    return folder


def test_a_solution_that_is_left_is_found(taken, copied):
    for name, planted in PLANTED:
        path = copied / name
        before = path.read_text("utf-8")
        path.write_text(before + planted, "utf-8")
        found = student_book.leaks(taken, copied)
        assert found and all(line.startswith(f"{name}: ") for line in found), planted
        path.write_text(before, "utf-8")


def test_a_figure_and_a_word_to_search_for_are_found(taken, copied):
    (copied / "html" / "seen.png").write_bytes(b64decode(PIXEL))
    index = copied / "html" / "book" / "en" / "searchindex.js"
    text = index.read_text("utf-8")
    assert '"terms": {' in text
    index.write_text(text.replace('"terms": {', '"terms": {"eleph": 1, '), "utf-8")
    assert student_book.leaks(taken, copied) == [
        "html/book/en/searchindex.js: eleph",
        "html/seen.png: a figure of en/page: solution-1-figure",
    ]


def test_a_build_with_a_solution_in_it_is_not_shown(
    root, built, make, monkeypatch, capsys
):
    """It comes last, since it takes the place of the one that was built."""

    def build_books(lock, root):
        for folder in (root / "_build" / "html", root / "_build/en/_build/html"):
            folder.mkdir(parents=True)
            (folder / "page.html").write_text(SOLVED)
        return True

    monkeypatch.setattr(make_book, "build_books", build_books)
    # The outputs are there: nothing is run a second time.
    monkeypatch.setattr(make_book, "run", lambda page: pytest.fail("run again"))
    assert make() == 1
    assert "html/page.html: en/page: solution-1-code" in capsys.readouterr().out
    assert not (built / "html").exists() and not (built / "notebooks").exists()
