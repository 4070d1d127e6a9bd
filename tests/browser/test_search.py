"""Search as a reader does it: open the box, type, press Enter.

One tab a book does it for the first words; what is searched for after them is searched
for on its page of results, by the function that the page itself calls.
"""

import re
from urllib.parse import unquote, urlsplit

import pytest
from book_site import HTML, Visit
from bs4 import BeautifulSoup
from explorables import CHINESE

BOTH = ["Dropout", "sparse_categorical_crossentropy"]
# Words that are found as they stand; what readers type, and what of it the book has.
FOUND = {
    language: {word: word for word in [*words, *BOTH]}
    for language, words in (
        ("zh", ["卷积层", "过拟合", "交叉熵", "学习率"]),
        ("en", ["overfitting", "learning rate"]),
    )
}
FOUND["zh"] |= {
    "梯度下降法": "梯度下降",
    "过拟合怎么办": "过拟合",
    "请问如何防止过拟合呢？": "过拟合",
    "dropout怎么用": "dropout",
    "过拟合 量子力学": "过拟合",
    "過擬合": "过拟合",
    "學習率太高怎麼辦": "学习率",
    "卷積層": "卷积层",
    "ＭＮＩＳＴ": "mnist",
    "Ｄｒｏｐｏｕｔ　過擬合": "过拟合",
}
# A server hands out the pages too, from which a summary is made for each that is found.
# That takes its time and is all that is other than from the disk: there the rest is.
SUMMARISED = ["卷积层", "過擬合", "dropout怎么用", "overfitting"]
NOT_FOUND = {"zh": ["量子力学", "量子力學是什麼"], "en": ["thermodynamics"]}
# A space, wide letters and old characters: what an address could spoil.
FIRST = {
    "zh": ("Ｄｒｏｐｏｕｔ　過擬合", "过拟合"),
    "en": ("learning rate", "learning"),
}
ENDED = "document.querySelector('#search-results .search-summary')?.innerText"


class Results(Visit):
    """A tab with a page of results that the box of the first page led to."""

    def __init__(self, browser, site, language):
        super().__init__(browser, site)
        self.open(f"book/{language}/index.html")
        self.page.click(".bd-sidebar-primary .search-button-field")
        self.page.fill("#pst-search-dialog input[name=q]", FIRST[language][0])
        self.page.press("#pst-search-dialog input[name=q]", "Enter")
        self.page.wait_for_url("**/search.html?q=*")
        self.wait()
        self.hits = self.page.locator("#search-results ul.search > li")
        self.found = self.hits.count()

    def wait(self):
        """Hits appear one after the other; the summary comes last."""
        self.page.wait_for_function(ENDED)

    def search(self, words):
        """Search for other words; return the number of hits shown."""
        self.page.evaluate(
            """words => {
              document.querySelector("#search-results").replaceChildren();
              Search.performSearch(words);
            }""",
            words,
        )
        self.wait()
        return self.hits.count()

    def assert_summarised(self, word, language):
        """Hold what is shown of the pages against what was meant."""
        summaries = self.page.locator("#search-results p.context")
        shown = word if language == "zh" else ""  # no part of a Chinese word
        summaries.filter(has_text=shown).first.wait_for()


@pytest.fixture(scope="module")
def results(browser, site, language):
    """Yield the page of results of a book, which the tests below share."""
    tab = Results(browser, site, language)
    yield tab
    tab.close()


def text_of(page):
    """Return what the main part of a built page says, in small letters."""
    built = BeautifulSoup((HTML / page).read_text("utf-8"), "html.parser")
    return built.find("main").get_text().lower()


def test_finds_what_the_book_has_and_nothing_else(results, language):
    is_served = results.site.startswith("http")
    for words, known in FOUND[language].items():
        if is_served and words not in SUMMARISED:
            continue
        assert results.search(words) > 0, words
        if is_served:
            results.assert_summarised(known, language)
        href = results.hits.locator("a").first.evaluate("node => node.href")
        page = unquote(urlsplit(href.removeprefix(results.site)).path)
        assert page.startswith(f"book/{language}/")
        missing = [word for word in known.lower().split() if word not in text_of(page)]
        assert not missing, (words, page)
    for words in NOT_FOUND[language]:
        assert results.search(words) == 0, words


def test_result_page_is_in_its_language(results, language):
    results.search("Dropout")
    parts = "#search-results h2", "#search-results .search-summary", "main h1"
    said = "".join([results.page.title(), *map(results.page.inner_text, parts)])
    said += results.page.get_attribute("main input[name=q]", "placeholder")
    other = "[A-Za-z]" if language == "zh" else CHINESE
    assert not re.search(other, said.replace("MNIST", "")), said


# The last one, since it leaves the page.
def test_box_finds_and_a_hit_and_the_language_button_lead_on(results, language):
    words, known = FIRST[language]
    assert results.page.input_value("main input[name=q]") == words
    assert results.found == results.search(words) > 0
    results.hits.locator("a").first.click()
    results.settle()
    assert f"book/{language}/" in results.page.url
    assert known in results.page.inner_text("main").lower()
    results.page.go_back()
    results.settle()
    results.page.click("a.language-switch")
    results.settle()
    other = {"zh": "en", "en": "zh"}[language]
    assert results.page.url == f"{results.site}book/{other}/index.html"
