"""The published error rates can be traced from the file to the page to the source."""

import pytest
from book_pages import TREES, citations, notebooks
from test_trees import bibliography

from mnist_tutorial.datasets import load_error_rates

RATES = load_error_rates()


@pytest.mark.parametrize("tree", TREES)
def test_every_source_is_cited_where_the_rates_are_drawn(tree):
    (page,) = (page for page in notebooks(tree) if page.name == "background")
    start, end = (page.ids.index(name) for name in ("winners-text", "ladder-text"))
    cited = {key for cell in page.cells[start:end] for key in citations(cell)}
    assert {rate.source for rate in RATES} <= cited


def test_sources_are_in_the_bibliography_with_their_year():
    for rate in RATES:
        _, listed, key = rate.where.partition("also listed in ")
        assert not listed or key in bibliography(), rate
        if rate.source.startswith("ilsvrc"):
            assert bibliography()[rate.source].fields["year"] == str(rate.year), rate
