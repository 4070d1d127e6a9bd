"""The Chinese and the English book have the same pages, cells, code and sources."""

import re

import nbformat
import pytest
import yaml
from book_pages import (
    BOOK,
    ROOT,
    all_pages,
    called,
    calls,
    files,
    notebooks,
    pairs,
)
from pybtex.database import parse_file

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CITATION = re.compile(r"\{footcite(?::\w+)?\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")

each_notebook = pytest.mark.parametrize("page", notebooks(), ids=str)
each_page = pytest.mark.parametrize("page", all_pages(), ids=str)
each_pair = pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair[0].name)


def without_code(markdown):
    return re.sub(r"```\w*\n.*?```", "", markdown, flags=re.S)


def test_both_trees_have_the_same_files():
    assert files("zh").keys() == files("en").keys()
    assert files("zh")


def test_nothing_but_pages_lies_between_the_pages():
    for tree in ("zh", "en"):
        found = {
            path.relative_to(BOOK / tree).as_posix()
            for path in (BOOK / tree).rglob("*")
            if path.is_file() and ".ipynb_checkpoints" not in path.parts
        }
        extra = {"_toc.yml", "_config.yml"} if tree == "en" else set()
        assert found - extra == files(tree).keys()


@each_pair
def test_cells_are_the_same(pair):
    chinese, english = (
        [(cell.id, cell.kind, cell.tags) for cell in page.cells] for page in pair
    )
    assert chinese == english


@each_pair
def test_code_is_the_same_to_the_byte(pair):
    for chinese, english in zip(*(page.code_cells for page in pair), strict=True):
        assert chinese.source.encode() == english.source.encode(), chinese


@each_pair
def test_metadata_differ_in_captions_only(pair):
    chinese, english = (
        [
            {key: value for key, value in cell.metadata.items() if key != "mystnb"}
            for cell in page.cells
        ]
        for page in pair
    )
    assert chinese == english


@each_pair
def test_headings_have_the_same_levels(pair):
    for chinese, english in zip(*(page.cells for page in pair), strict=True):
        if chinese.kind == "markdown":
            levels = [
                re.findall(r"^#+(?= )", without_code(cell.source), re.M)
                for cell in (chinese, english)
            ]
            assert levels[0] == levels[1], chinese


@each_notebook
def test_notebook_is_valid_and_runs_in_the_usual_kernel(page):
    nbformat.validate(page.content)
    assert page.content["nbformat"] == 4
    assert page.content["metadata"]["kernelspec"] == KERNEL


@each_notebook
def test_no_output_is_stored(page):
    for cell in page.content["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], cell["id"]
            assert cell["execution_count"] is None, cell["id"]
        assert "attachments" not in cell, cell["id"]


@each_notebook
def test_cell_ids_are_words_with_hyphens_and_unique(page):
    assert len(set(page.ids)) == len(page.ids)
    for name in page.ids:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), name


# --- tables of contents --------------------------------------------------------------


def read_toc(path):
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def listed(node):
    """Return the page names of a table of contents, in order."""
    if isinstance(node, list):
        return [name for entry in node for name in listed(entry)]
    names = [node[key] for key in ("root", "file") if key in node]
    for key in ("parts", "chapters", "sections"):
        names += listed(node.get(key, []))
    return names


def shape(node, prefix=""):
    """Return a table of contents without the captions, which are in one language."""
    if isinstance(node, list):
        return [shape(entry, prefix) for entry in node]
    if isinstance(node, dict):
        return {
            key: shape(value, prefix)
            for key, value in node.items()
            if key not in ("caption", "title")
        }
    return node.removeprefix(prefix) if isinstance(node, str) else node


@pytest.mark.parametrize(
    ("path", "tree", "prefix"),
    [("_toc.yml", "zh", "book/zh/"), ("book/en/_toc.yml", "en", "")],
)
def test_contents_list_every_page_once_and_nothing_else(path, tree, prefix):
    names = listed(read_toc(path))
    expected = [prefix + name.rpartition(".")[0] for name in files(tree)]
    assert sorted(names) == sorted(expected)


def test_contents_are_parallel():
    chinese, english = read_toc("_toc.yml"), read_toc("book/en/_toc.yml")
    assert shape(chinese, "book/zh/") == shape(english)
    for toc, is_chinese in ((chinese, True), (english, False)):
        for part in toc["parts"]:
            found = bool(re.search(r"[\u3400-\u9fff]", part["caption"]))
            assert found == is_chinese, part["caption"]


# --- sources and links ---------------------------------------------------------------


@pytest.fixture(scope="module")
def bibliography():
    return parse_file(str(BOOK / "references.bib"), "bibtex").entries


def citations(cell):
    found = CITATION.findall(cell.source) if cell.kind == "markdown" else []
    for text in (cell.figure.get("figure", {}).get("caption", ""),):
        found += CITATION.findall(text)
    return [key.strip() for keys in found for key in keys.split(",")]


@each_page
def test_every_citation_is_in_the_bibliography(page, bibliography):
    for cell in page.cells:
        for key in citations(cell):
            assert key in bibliography, f"{cell}: {key}"


@each_notebook
def test_a_page_that_lists_references_cites_some(page):
    cited = [key for cell in page.cells for key in citations(cell)]
    assert cited
    lists = [cell.id for cell in page.cells if "{footbibliography}" in cell.source]
    assert lists == ["references"]


def test_every_source_can_be_found(bibliography):
    for key, entry in bibliography.items():
        fields = entry.fields
        doi, arxiv = fields.get("doi"), fields.get("eprint")
        assert doi or arxiv or fields.get("url"), key
        assert doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", doi), key
        assert arxiv is None or re.fullmatch(r"\d{4}\.\d{4,5}", arxiv), key
        assert re.fullmatch(r"https?://\S+", fields.get("url", "https://x")), key
        year = re.search(r"\d{4}", key)[0]
        assert fields["year"] == year, f"{key} names another year than its entry"


@each_pair
def test_languages_cite_and_link_alike(pair):
    for chinese, english in zip(*(page.cells for page in pair), strict=True):
        assert sorted(citations(chinese)) == sorted(citations(english)), chinese
        targets = [
            sorted(LINK.findall(without_code(cell.source)))
            for cell in (chinese, english)
            if cell.kind == "markdown"
        ]
        assert not targets or targets[0] == targets[1], chinese


@each_page
def test_internal_links_lead_to_pages_of_the_same_book(page):
    for cell in page.cells:
        if cell.kind != "markdown":
            continue
        for target in LINK.findall(without_code(cell.source)):
            if re.match(r"[a-z]+://|#|mailto:", target):
                continue
            path = (page.path.parent / target.partition("#")[0]).resolve()
            assert path in files(page.tree).values(), f"{cell}: {target}"


def test_labels_are_unique_in_a_book():
    for tree in ("zh", "en"):
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
    last = cell.tree.body[-1] if cell.tree.body else None
    value = getattr(last, "value", None)
    if value is not None and "Image" in {
        getattr(node, "id", None) for node in calls_and_names(value)
    }:
        return True
    drawn = {called(call) for call in calls(cell.tree)}
    return any(name.startswith("plot_") for name in drawn) or bool(
        drawn & {"subplots", "figure", "imshow"}
    )


def calls_and_names(node):
    return [call.func.value for call in calls(node) if hasattr(call.func, "value")]


@each_notebook
def test_every_figure_has_a_caption_and_an_alternative_text(page):
    end = "。" if page.tree == "zh" else "."
    names = []
    for cell in page.code_cells:
        is_named_figure = cell.id.endswith("-figure") or cell.id == "banner"
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


@each_pair
def test_figures_have_the_same_names(pair):
    for chinese, english in zip(*(page.code_cells for page in pair), strict=True):
        if chinese.figure:
            assert (
                chinese.figure["figure"]["name"] == english.figure["figure"]["name"]
            ), chinese
