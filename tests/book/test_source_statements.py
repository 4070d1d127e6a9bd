"""Each sentence that the book grew from is backed by a cell or by a source.

``source_sections.md`` is the Chinese text as it was, without the project's listing
(test_code_cells); ``book/source_document.yml`` has its sentences in both languages and
names the assertions that would fail if one were false, and the sources cited for it.
"""

import ast
import re
from pathlib import Path

import pytest
import yaml
from book_pages import BOOK, CHINESE, TREES, all_pages, citations

HERE = Path(__file__).parent
SOURCE = (HERE / "source_sections.md").read_text("utf-8")
SECTIONS = yaml.safe_load((BOOK / "source_document.yml").read_text("utf-8"))
STATEMENTS = [item for each in SECTIONS for item in each.get("sentences", ())]
PAGES = {(page.tree, page.name): page for page in all_pages()}


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


def test_the_list_has_every_sentence_in_order():
    heads = [head.strip() for head in re.findall(r"^#+ (.*)$", SOURCE, re.M)]
    assert [section["zh"] for section in SECTIONS] == heads
    assert [statement["zh"] for statement in STATEMENTS] == sentences(SOURCE)
    for item in [*SECTIONS, *STATEMENTS]:
        assert item["en"].isprintable() and not re.search(f"[{CHINESE}]", item["en"])


def test_every_sentence_but_those_that_announce_or_hope_is_backed():
    unbacked = [item for item in STATEMENTS if not item.get("backing")]
    # Three announce what comes, three tell of the listing, three are hopes.
    assert len(unbacked) == 9
    assert all(("zh", item["page"]) in PAGES for item in unbacked)
    for statement in STATEMENTS:
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
