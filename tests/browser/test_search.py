"""Search as a reader does it: open the box, type, press Enter."""

import re

import pytest

BOTH = ["Dropout", "sparse_categorical_crossentropy"]
FOUND = [("zh", word, word) for word in ["卷积层", "过拟合", "交叉熵", "学习率", *BOTH]]
FOUND += [("en", word, word) for word in ["overfitting", "learning rate", *BOTH]]
# What readers type, and what of it the book has.
FOUND += [
    ("zh", "梯度下降法", "梯度下降"),
    ("zh", "过拟合怎么办", "过拟合"),
    ("zh", "请问如何防止过拟合呢？", "过拟合"),
    ("zh", "dropout怎么用", "dropout"),
    ("zh", "过拟合 量子力学", "过拟合"),
    ("zh", "過擬合", "过拟合"),
    ("zh", "學習率太高怎麼辦", "学习率"),
    ("zh", "卷積層", "卷积层"),
    ("zh", "ＭＮＩＳＴ", "mnist"),
    ("zh", "Ｄｒｏｐｏｕｔ　過擬合", "过拟合"),
]
NOT_FOUND = [("zh", "量子力学"), ("zh", "量子力學是什麼"), ("en", "thermodynamics")]


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


@pytest.mark.parametrize(("language", "words", "known"), FOUND)
def test_finds(visit, language, words, known):
    assert search(visit, language, words) > 0
    # Summaries come from the pages themselves, which only a server hands out.
    if visit.site.startswith("http"):
        summaries = visit.page.locator("#search-results p.context")
        shown = known if language == "zh" else ""  # no part of a Chinese word
        summaries.filter(has_text=shown).first.wait_for()
    visit.page.locator("#search-results ul.search a").first.click()
    visit.settle()
    assert f"book/{language}/" in visit.page.url
    text = visit.page.inner_text("main").lower()
    assert all(word in text for word in known.lower().split())


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
