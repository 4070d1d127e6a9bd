"""The published error rates can be traced from the file to the page to the source."""

import pytest
from book_pages import BOOK, TREES, all_pages
from pybtex.database import parse_file
from test_trees import citations

from mnist_tutorial.datasets import load_error_rates

RATES = load_error_rates()
SOURCES = sorted({rate.source for rate in RATES})


@pytest.fixture(scope="module")
def bibliography():
    return parse_file(str(BOOK / "references.bib"), "bibtex").entries


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_in_the_bibliography(source, bibliography):
    assert source in bibliography


def test_a_source_named_in_a_place_is_in_the_bibliography(bibliography):
    for rate in RATES:
        _, listed, key = rate.where.partition("also listed in ")
        assert not listed or key in bibliography, rate


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_cited_where_the_rates_are_drawn(source, tree):
    (page,) = (p for p in all_pages() if (p.tree, p.name) == (tree, "background"))
    start, end = (page.ids.index(name) for name in ("winners-text", "ladder-text"))
    cited = {key for cell in page.cells[start:end] for key in citations(cell)}
    assert source in cited


def test_results_of_the_challenge_come_from_its_year_or_a_paper_about_it(bibliography):
    for rate in RATES:
        if rate.source.startswith("ilsvrc"):
            assert bibliography[rate.source].fields["year"] == str(rate.year), rate
