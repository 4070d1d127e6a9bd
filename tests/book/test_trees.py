"""The Chinese and the English book have the same pages, cells, code and sources."""

import ast
import re
from functools import cache

import nbformat
import pytest
import sync_notebooks
from book_pages import (
    BOOK,
    CHINESE,
    ROOT,
    TREES,
    all_pages,
    called,
    calls,
    citations,
    each_notebook,
    each_page,
    files,
    notebooks,
)
from pybtex.database import parse_file

from mnist_tutorial.datasets import load_error_rates

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def without_code(markdown):
    return re.sub(r"```\w*\n.*?```|`[^`\n]*`", "", markdown, flags=re.S)


def links(cell):
    return LINK.findall(without_code(cell.source)) if cell.kind == "markdown" else []


def test_both_trees_have_the_same_files_and_nothing_but_pages():
    assert files("zh").keys() == files("en").keys()
    for tree, more in {"zh": set(), "en": {"_toc.yml", "_config.yml"}}.items():
        found = {
            path.relative_to(BOOK / tree).as_posix()
            for path in (BOOK / tree).rglob("*")
            if path.is_file() and ".ipynb_checkpoints" not in path.parts
        }
        assert found == files(tree).keys() | more


def test_code_tags_and_order_are_the_same_and_all_is_translated(capsys):
    assert sync_notebooks.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("page", [p for p in all_pages() if p.tree == "zh"], ids=str)
def test_languages_have_the_same_headings_citations_links_and_figures(page):
    (english,) = (p for p in all_pages() if (p.tree, p.name) == ("en", page.name))
    for cells in zip(page.cells, english.cells, strict=True):
        chinese, english = (
            (
                re.findall(r"^#+(?= )", without_code(cell.source), re.M),
                sorted(citations(cell)),
                sorted(links(cell)),
                cell.figure.get("figure", {}).get("name"),
            )
            for cell in cells
        )
        assert chinese == english, cells[0]


@each_notebook
def test_notebook_is_valid_and_nothing_of_a_run_is_stored(page):
    nbformat.validate(page.content)
    assert page.content["nbformat"] == 4
    assert page.content["metadata"]["kernelspec"] == KERNEL
    for cell in page.content["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], cell["id"]
            assert cell["execution_count"] is None, cell["id"]
        assert "attachments" not in cell, cell["id"]
    assert len(set(page.ids)) == len(page.ids)
    for name in page.ids:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), name


# --- tables of contents --------------------------------------------------------------


def test_contents_list_every_page_once_and_are_parallel():
    toc = [(ROOT / path / "_toc.yml").read_text("utf-8") for path in ("", "book/en")]
    chinese, english = (re.sub("caption: .*", "caption:", text) for text in toc)
    assert chinese.replace("book/zh/", "") == english
    listed = re.findall(r"(?:root|file): (\S+)", english)
    assert sorted(listed) == sorted(name.rpartition(".")[0] for name in files("en"))
    captions = [re.findall("caption: (.*)", text) for text in toc]
    assert all(re.search(f"[{CHINESE}]", caption) for caption in captions[0])
    assert not re.search(f"[{CHINESE}]", " ".join(captions[1]))


# --- sources and links ---------------------------------------------------------------


@cache
def bibliography():
    """Return {key: entry} of the book's sources."""
    return parse_file(str(BOOK / "references.bib"), "bibtex").entries


@each_page
def test_citations_are_in_the_bibliography_and_pages_list_theirs(page):
    cited = {key for cell in page.cells for key in citations(cell)}
    assert cited <= set(bibliography())
    lists = [cell.id for cell in page.cells if "{footbibliography}" in cell.source]
    where = "references" if page.content else "page"
    assert lists == [where] * bool(page.content or cited)
    assert cited or not page.content


PLACES = {
    "doi": r"10\.\d{4,9}/\S+",
    "eprint": r"\d{4}\.\d{4,5}",
    "url": r"https?://\S+",
}


def test_every_source_is_cited_and_can_be_found():
    cited = {key for page in all_pages() for c in page.cells for key in citations(c)}
    assert set(bibliography()) == cited
    for key, entry in bibliography().items():
        fields = entry.fields
        assert PLACES.keys() & fields.keys(), key
        for place in PLACES.keys() & fields.keys():
            assert re.fullmatch(PLACES[place], fields[place]), (key, place)
        year = re.search(r"\d{4}", key)[0]
        assert fields["year"] == year, f"{key} names another year than its entry"


def test_error_rates_are_cited_where_they_are_drawn_and_have_the_year_of_their_source():
    rates = load_error_rates()
    for page in (page for page in notebooks() if page.name == "background"):
        start, end = (page.ids.index(name) for name in ("winners-text", "ladder-text"))
        cited = {key for cell in page.cells[start:end] for key in citations(cell)}
        assert {rate.source for rate in rates} <= cited
    for rate in rates:
        _, listed, key = rate.where.partition("also listed in ")
        assert not listed or key in bibliography(), rate
        if rate.source.startswith("ilsvrc"):
            assert bibliography()[rate.source].fields["year"] == str(rate.year), rate


@each_page
def test_internal_links_lead_to_pages_of_the_same_book(page):
    for cell in page.cells:
        for target in links(cell):
            if re.match(r"[a-z]+://|#|mailto:", target):
                continue
            path = (page.path.parent / target.partition("#")[0]).resolve()
            assert path in files(page.tree).values(), f"{cell}: {target}"


@pytest.mark.parametrize("tree", TREES)
def test_labels_are_unique_in_a_book(tree):
    labels = [
        label
        for page in all_pages()
        if page.tree == tree
        for cell in page.cells
        for label in re.findall(r"^:label: (\S+)|^\((\S+)\)=$", cell.source, re.M)
    ]
    assert len(set(labels)) == len(labels)


# --- figures -------------------------------------------------------------------------


def draws(cell):
    """Tell whether a code cell shows a picture."""
    drawn = {called(call) for call in calls(cell.tree)}
    shown = ast.unparse(cell.tree.body[-1]) if cell.tree.body else ""
    return (
        bool(drawn & {"subplots", "figure", "imshow"})
        or any(name.startswith("plot_") for name in drawn)
        or shown.startswith("Image.")
    )


@each_notebook
def test_every_figure_has_a_caption_and_an_alternative_text(page):
    end = "。" if page.tree == "zh" else "."
    names = []
    for cell in page.code_cells:
        is_named_figure = cell.id.endswith("-figure")
        assert is_named_figure == draws(cell), f"{cell}: id and drawing disagree"
        assert is_named_figure == bool(cell.figure), f"{cell}: caption missing or idle"
        if is_named_figure:
            figure, image = cell.figure["figure"], cell.figure["image"]
            assert figure["caption"].rstrip("）)").endswith(end), cell
            assert len(figure["caption"]) >= 10, cell
            assert len(image["alt"]) >= 8, cell
            assert image["alt"] != figure["caption"], cell
            names.append(figure["name"])
    assert len(set(names)) == len(names)
