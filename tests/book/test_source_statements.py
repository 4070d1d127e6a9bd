"""Each sentence that the book grew from is backed by a cell or by a source.

``source_sections.md`` is the Chinese text as it was, without the project's listing
(test_code_cells) and the fields of application;
``source_statements.yml`` names, sentence by sentence, the assertions that would fail
if it were false and the sources that are cited for it.
"""

import ast
import re
from pathlib import Path

import pytest
import yaml
from book_pages import TREES, all_pages, citations

HERE = Path(__file__).parent
SOURCE = (HERE / "source_sections.md").read_text("utf-8")
STATEMENTS = yaml.safe_load((HERE / "source_statements.yml").read_text("utf-8"))
PAGES = {(page.tree, page.name): page for page in all_pages()}

# Three announce what comes; the others are hopes and a prophecy, which the pages
# `background` and `outlook/data_and_compute` call so.
NOT_FACTUAL = {
    "人工智能的崛起，为我们提供了一种新的方式去理解和解释世界。",
    "在讨论深度学习在图像识别中的应用之前，我们需要理解一些核心概念，以及它们之间的联系。",
    "训练神经网络的过程可以分为以下几个步骤：",
    "如果你对深度学习和图像识别感兴趣，以下是一些我推荐的学习资源：",
    "尽管存在这些挑战，但深度学习无疑将继续在图像识别和其他领域发挥重要作用。",
    "我期待看到更多的创新和进展。",
}


def sentences(text):
    """Split into sentences; an item of a list and a displayed formula belong to one."""
    text = re.sub(r"^#+ .*$", "", text, flags=re.M)
    text = re.sub(r"^((?:\d\.|-) .*)$", r"\n\n\1\n\n", text, flags=re.M)
    parts = re.split(r"(?<=。)|\n\n(?!\$\$)", text)
    return [" ".join(part.split()) for part in parts if part.strip()]


def assertions(nodes):
    """Return what is asserted whenever a cell runs: at the top, and in its loops."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Assert):
            found.append(ast.unparse(node.test))
        elif isinstance(node, ast.For | ast.With):
            found += assertions(node.body)
    return found


def backing(kind):
    return [
        pytest.param(entry, tree, id=f"{tree}-{entry['page']}-{entry['cell']}")
        for tree in TREES
        for statement in STATEMENTS
        for entry in statement.get("backing", ())
        if kind in entry
    ]


def test_the_list_has_every_sentence_in_order_and_backs_the_factual_ones():
    assert [entry["sentence"] for entry in STATEMENTS] == sentences(SOURCE)
    for statement in STATEMENTS:
        is_factual = statement["sentence"] not in NOT_FACTUAL
        assert bool(statement.get("backing")) == is_factual, statement["sentence"]
        for entry in statement.get("backing", ()):
            assert len({"asserts", "cites"} & entry.keys()) == 1, entry


@pytest.mark.parametrize(("entry", "tree"), backing("asserts"))
def test_the_assertion_that_backs_a_sentence_is_in_its_cell(entry, tree):
    cell = PAGES[tree, entry["page"]].cell(entry["cell"])
    assert "raises-exception" not in cell.tags
    wanted = ast.unparse(ast.parse(entry["asserts"], mode="eval"))
    assert wanted in assertions(cell.tree.body)


@pytest.mark.parametrize(("entry", "tree"), backing("cites"))
def test_the_source_that_backs_a_sentence_is_cited_in_its_cell(entry, tree):
    cell = PAGES[tree, entry["page"]].cell(entry["cell"])
    assert set(entry["cites"]) <= set(citations(cell))
