"""The commands in tools/ that change files: notebooks in step, versions merged."""

import copy
import json

import freeze_constraints
import pytest
import reset_kernelspec
import sync_notebooks


def prose(cell_id, text, **metadata):
    about = {"cell_type": "markdown", "id": cell_id, "metadata": metadata}
    return about | {"source": [text]}


def code(cell_id, text, **metadata):
    more = {"cell_type": "code", "execution_count": None, "outputs": []}
    return prose(cell_id, text, **metadata) | more


def figure(cell_id, text, caption, alt):
    about = {"figure": {"caption": caption, "name": "fig"}, "image": {"alt": alt}}
    return code(cell_id, text, mystnb=about)


def notebook(*cells):
    about = {"colab": {"collapsed_sections": []}}
    return {"cells": list(cells), "metadata": about, "nbformat": 4, "nbformat_minor": 5}


ZH = notebook(
    prose("title", "# 训练"),
    code("setup", "x = 1"),
    figure("loss-figure", "plot(x)", "损失下降", "一条曲线"),
    prose("summary", "完"),
)
EN = notebook(
    prose("title", "# Training"),
    code("setup", "x = 1"),
    figure("loss-figure", "plot(x)", "The loss falls", "A curve"),
    prose("summary", "Done"),
)
PAGE = "book/en/code/page.ipynb"


class Books:
    """A pair of notebooks that are in step, in a folder of their own."""

    def __init__(self, root):
        self.root = root
        for tree, content in (("zh", ZH), ("en", EN)):
            self.path(tree).parent.mkdir(parents=True)
            self.write(tree, content)

    def path(self, tree):
        return self.root / "book" / tree / "code" / "page.ipynb"

    def write(self, tree, content):
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
    title, _, loss, summary = changed["cells"]
    about = {"tags": ["wide"], "teaches": "mnist_tutorial.training.train"}
    setup, extra = code("setup", "x = 2", **about), code("extra", "y = 3")
    title["metadata"]["tags"] = ["wide"]
    changed["cells"] = [title, loss, setup, extra, summary]
    books.write("zh", changed)
    untouched = books.path("en").read_bytes()

    assert books.sync("--check") == 1
    assert books.path("en").read_bytes() == untouched
    assert books.sync() == 0
    assert PAGE in capsys.readouterr().out
    assert books.read("en") == notebook(
        prose("title", "# Training", tags=["wide"]),
        EN["cells"][2],
        setup,
        extra,
        EN["cells"][3],
    )
    assert books.sync("--check") == 0


def test_new_cells_are_listed_until_they_are_translated(books, changed, capsys):
    new = prose("next", "看下一章"), figure("new-figure", "plot(1)", "新图", "一幅图")
    changed["cells"][3:3] = [*new, prose("formula", "$x^2$")]
    books.write("zh", changed)
    assert books.sync() == 0
    capsys.readouterr()
    assert books.sync("--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{PAGE}: {cell['id']}: needs a translation" for cell in new
    ]
    english = books.read("en")
    english["cells"][3]["source"] = ["The next chapter"]
    english["cells"][4] = figure("new-figure", "plot(1)", "New", "A picture")
    books.write("en", english)
    assert books.sync("--check") == 0


def test_a_page_in_one_language_alone_gets_an_english_one_or_is_reported(books, capsys):
    books.path("en").unlink()
    assert books.sync("--check") == 1
    assert not books.path("en").exists()
    assert books.sync() == 0
    assert books.read("en") == ZH
    books.path("zh").unlink()
    assert books.sync("--check") == 1
    assert f"{PAGE}: has no Chinese one" in capsys.readouterr().out


def test_english_text_without_a_chinese_cell_is_not_thrown_away(books, changed, capsys):
    changed["cells"][3]["id"] = "ending"
    books.write("zh", changed)
    before = books.path("en").read_bytes()
    for arguments in ((), ("--check",)):
        assert books.sync(*arguments) == 1
        assert "summary" in capsys.readouterr().out
        assert books.path("en").read_bytes() == before


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
