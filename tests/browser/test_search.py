"""Search as a reader does it: open the box, type, press Enter."""

import re

import pytest

BOTH = ["Dropout", "sparse_categorical_crossentropy"]
FOUND = [("zh", word) for word in ["卷积层", "过拟合", "交叉熵", "学习率", *BOTH]]
FOUND += [("en", word) for word in ["overfitting", "learning rate", *BOTH]]
NOT_FOUND = [("zh", "量子力学"), ("en", "thermodynamics")]


def search(visit, language, words):
    """Search from the first page of a book; return the number of hits shown."""
    visit.open(f"book/{language}/index.html")
    visit.page.click(".bd-sidebar-primary .search-button-field")
    visit.page.fill("#pst-search-dialog input[name=q]", words)
    visit.page.press("#pst-search-dialog input[name=q]", "Enter")
    visit.page.wait_for_url("**/search.html?q=*")
    visit.page.wait_for_function(
        "document.querySelector('#search-results .search-summary')?.innerText"
    )
    # Hits appear one after the other; the summary comes last.
    return visit.page.locator("#search-results ul.search > li").count()


@pytest.mark.parametrize(("language", "words"), FOUND)
def test_finds(visit, language, words):
    assert search(visit, language, words) > 0
    # Summaries come from the pages themselves, which only a server hands out.
    if visit.site.startswith("http"):
        summaries = visit.page.locator("#search-results p.context")
        shown = words if language == "zh" else ""  # no part of a Chinese word
        summaries.filter(has_text=shown).first.wait_for()
    visit.page.locator("#search-results ul.search a").first.click()
    visit.settle()
    assert f"book/{language}/" in visit.page.url
    text = visit.page.inner_text("main").lower()
    assert all(word in text for word in words.lower().split())


@pytest.mark.parametrize(("language", "words"), NOT_FOUND)
def test_does_not_find(visit, language, words):
    assert search(visit, language, words) == 0


def test_result_page_is_in_chinese(visit):
    search(visit, "zh", "卷积层")
    parts = "#search-results h2", "#search-results .search-summary", "main h1"
    said = "".join([visit.page.title(), *map(visit.page.inner_text, parts)])
    assert not re.search("[A-Za-z]", said.replace("MNIST", "")), said
    placeholder = visit.page.get_attribute("main input[name=q]", "placeholder")
    assert not re.search("[A-Za-z]", placeholder)


@pytest.mark.parametrize(("language", "other"), [("zh", "en"), ("en", "zh")])
def test_language_button_leads_to_the_other_book(visit, language, other):
    search(visit, language, "MNIST")
    visit.page.click("a.language-switch")
    visit.settle()
    assert visit.page.url == f"{visit.site}book/{other}/index.html"
