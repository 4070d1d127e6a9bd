"""The commands in tools/ that change files: notebooks in step, versions merged."""

import copy
import json

import freeze_constraints
import pytest
import reset_kernelspec
import sync_notebooks


def prose(cell_id, text, **metadata):
    return {
        "cell_type": "markdown",
        "id": cell_id,
        "metadata": metadata,
        "source": text.splitlines(keepends=True),
    }


def code(cell_id, text, **metadata):
    more = {"cell_type": "code", "execution_count": None, "outputs": []}
    return prose(cell_id, text, **metadata) | more


def figure(caption, alt):
    return {"figure": {"caption": caption, "name": "fig-loss"}, "image": {"alt": alt}}


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def pair(title, caption, alt, summary):
    return notebook(
        prose("title", title),
        code("setup", "x = 1"),
        code("loss-figure", "plot(x)", mystnb=figure(caption, alt)),
        prose("summary", summary),
    )


ZH = pair("# 训练", "损失下降", "一条曲线", "完")
EN = pair("# Training", "The loss falls", "A curve", "Done")
PAGE = "book/en/code/page.ipynb"


class Books:
    """A pair of notebooks that are in step, in a folder of their own."""

    def __init__(self, root):
        self.root = root
        self.write("zh", ZH)
        self.write("en", EN)

    def path(self, tree):
        return self.root / "book" / tree / "code" / "page.ipynb"

    def write(self, tree, content):
        self.path(tree).parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        self.path(tree).write_text(text, encoding="utf-8")

    def read(self, tree):
        return json.loads(self.path(tree).read_text("utf-8"))

    def sync(self, *arguments):
        return sync_notebooks.main(list(arguments), self.root)


@pytest.fixture
def books(tmp_path):
    return Books(tmp_path)


@pytest.fixture
def changed():
    return copy.deepcopy(ZH)


def test_pair_in_step_is_left_alone_and_no_output_is_copied(books, changed, capsys):
    changed["cells"][1]["outputs"] = [{"output_type": "stream", "text": "1"}]
    changed["cells"][1]["execution_count"] = 3
    books.write("zh", changed)
    before = books.path("en").stat().st_mtime_ns
    assert books.sync("--check") == 0
    assert books.sync() == 0
    assert capsys.readouterr().out == ""
    assert books.path("en").stat().st_mtime_ns == before


def test_code_tags_and_order_come_from_chinese_and_prose_stays(books, changed, capsys):
    title, setup, loss, summary = changed["cells"]
    setup["source"] = ["x = 2"]
    about = {"tags": ["hide-input"], "teaches": "mnist_tutorial.training.train"}
    setup["metadata"] = dict(about)
    title["metadata"]["tags"] = ["wide"]
    changed["cells"] = [title, loss, setup, code("extra", "y = 3"), summary]
    books.write("zh", changed)
    untouched = books.path("en").read_bytes()

    assert books.sync("--check") == 1
    assert books.path("en").read_bytes() == untouched
    assert books.sync() == 0
    assert PAGE in capsys.readouterr().out
    assert books.read("en") == notebook(
        prose("title", "# Training", tags=["wide"]),
        EN["cells"][2],
        code("setup", "x = 2", **about),
        code("extra", "y = 3"),
        EN["cells"][3],
    )
    assert books.sync("--check") == 0


def test_new_cells_are_listed_until_they_are_translated(books, changed, capsys):
    caption = figure("新图", "一幅图")
    changed["cells"][3:3] = [
        prose("next", "看下一章"),
        code("new-figure", "plot(1)", mystnb=caption),
        prose("formula", "$x^2$"),
    ]
    books.write("zh", changed)
    assert books.sync() == 0
    capsys.readouterr()
    assert books.sync("--check") == 1
    waiting = [
        f"{PAGE}: {name}: needs a translation" for name in ("next", "new-figure")
    ]
    assert capsys.readouterr().out.splitlines() == waiting

    english = books.read("en")
    english["cells"][3]["source"] = ["The next chapter"]
    english["cells"][4]["metadata"]["mystnb"] = figure("New", "A picture")
    books.write("en", english)
    assert books.sync("--check") == 0


def test_a_page_without_an_english_one_gets_one(books):
    books.path("en").unlink()
    assert books.sync("--check") == 1
    assert not books.path("en").exists()
    assert books.sync() == 0
    assert books.read("en") == ZH


def test_english_text_without_a_chinese_cell_is_not_thrown_away(books, changed, capsys):
    changed["cells"][3]["id"] = "ending"
    books.write("zh", changed)
    before = books.path("en").read_bytes()
    for arguments in ((), ("--check",)):
        assert books.sync(*arguments) == 1
        assert "summary" in capsys.readouterr().out
        assert books.path("en").read_bytes() == before


def test_an_english_page_alone_is_reported(books, capsys):
    books.path("zh").unlink()
    assert books.sync("--check") == 1
    assert f"{PAGE}: not in book/zh" in capsys.readouterr().out


def test_kernelspec_is_reset_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "page.ipynb"
    other = {"kernelspec": {"name": "my env"}, "language_info": {"version": "3.12.1"}}
    path.write_text(json.dumps(ZH | {"metadata": other | {"title": "训练"}}))
    assert reset_kernelspec.main([str(path)]) == 1  # pre-commit: a file was changed
    metadata = reset_kernelspec.METADATA | {"title": "训练"}
    assert json.loads(path.read_text("utf-8")) == ZH | {"metadata": metadata}
    assert reset_kernelspec.main([str(path)]) == 0


def test_merged_constraints_carry_a_marker_only_where_versions_differ():
    merged = freeze_constraints.merge(
        {
            "3.11": ["Jinja2==3.1.6", "numpy==2.4.6", "tomli==2.3.0"],
            "3.12": ["Jinja2==3.1.6", "numpy==2.5.0"],
            "3.13": ["Jinja2==3.1.6", "numpy==2.5.0"],
        }
    )
    assert merged == [
        "Jinja2==3.1.6",
        'numpy==2.4.6 ; python_version == "3.11"',
        'numpy==2.5.0 ; python_version == "3.12" or python_version == "3.13"',
        "tomli==2.3.0",
    ]
