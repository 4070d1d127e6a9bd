"""How both languages are written: terms, spaces, punctuation, numbers."""

import re

import pytest
from book_pages import (
    CHINESE,
    CODE,
    FORMULA,
    FULL_WIDTH,
    TERMS,
    all_pages,
    each_notebook,
    each_page,
    prose,
    prose_lines,
)

HAN = f"[{CHINESE}]"
LATIN = f"[A-Za-z0-9%{CODE}{FORMULA}]"
MARKS = f"[{FULL_WIDTH}“”…]"
HALF = r"[,.:;?!()]"


def refused(pattern, tree="zh"):
    """Return the lines of one book that a pattern matches, with what it matched."""
    return [
        f"{where}: …{line[max(0, match.start() - 12) : match.end() + 12]}…"
        for where, line in prose(tree)
        for match in re.finditer(pattern, line)
    ]


def test_the_reader_of_prose_keeps_sentences_and_drops_the_rest():
    text = """# 标题 `fit`

> 引文AB

| 列 | $x$ |
|---|---|
| 甲{footcite:p}`key` | [页面](a/b.ipynb) |

```python
代码AB
```

```{note}
**粗**体，$$ 甲A $$
```
"""
    lines = f"标题 {CODE}|列|{FORMULA}|甲|页面|粗体，"
    assert prose_lines(text) == lines.split("|")


# --- terms ---------------------------------------------------------------------------


def unwanted(entry):
    """Return the words that are not used for a term: the wrong, and other books'."""
    return [*(entry.get("avoid") or []), *(entry.get("also") or {})]


@pytest.mark.parametrize(
    "entry", [entry for entry in TERMS if unwanted(entry)], ids=lambda e: e["en"]
)
def test_one_word_is_used_for_a_term(entry):
    words = "|".join(map(re.escape, unwanted(entry)))
    assert refused(words) == [], f"write {entry['zh']}"


def test_no_term_has_two_entries_or_is_a_word_to_avoid():
    avoided = {word for entry in TERMS for word in unwanted(entry)}
    assert not avoided & {entry["zh"] for entry in TERMS}
    for language in ("zh", "en"):
        names = [entry[language] for entry in TERMS]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("page", [p for p in all_pages() if p.tree == "zh"], ids=str)
def test_a_term_is_introduced_once_a_page_as_the_glossary_has_it(page):
    glossary = {
        entry["zh"]: re.sub(r"\s*\(.*\)", "", entry["en"]).strip().lower()
        for entry in TERMS
    }
    introduced = []
    for cell in page.cells:
        if cell.kind == "code":
            continue
        for term, english in re.findall(
            r"\*\*([^*]+)\*\*（([A-Za-z][A-Za-z -]*)[，）]", cell.source
        ):
            assert glossary.get(term) == english.lower(), f"{cell}: {term}"
        if page.content and not cell.id.startswith("exercise-"):
            introduced += re.findall(r"\*\*([^*]+)\*\*（[A-Za-z]", cell.source)
    assert len(set(introduced)) == len(introduced)


@each_page
def test_bold_is_rendered(page):
    """Two stars beside punctuation and a letter open or close nothing."""
    mark = rf"[{FULL_WIDTH}“”,.:;?!()]"
    for cell in page.cells:
        if cell.kind != "markdown":
            continue
        for match in re.finditer(r"(.?)\*\*([^*\n]+)\*\*(.?)", cell.source):
            before, bold, after = match.groups()
            where = f"{cell}: {match[0]}"
            assert bold == bold.strip() and not re.search(r"[（）]", bold), where
            assert not (re.search(mark + "$", bold) and re.match(r"\w", after)), where
            assert not (re.match(mark, bold) and re.match(r"\w", before)), where


# --- spaces, punctuation, numbers ----------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("Chinese and Latin are a space apart", rf"{HAN}{LATIN}|{LATIN}{HAN}"),
        ("full-width marks have no space beside them", rf"{MARKS} | {MARKS}"),
        (
            "marks in Chinese sentences are full-width",
            rf"{HAN}\s?{HALF}|{HALF}\s?{HAN}|[\"']{HAN}|{HAN}[\"']",
        ),
        ("one space, and none between Chinese", rf"  |{HAN} {HAN}"),
        (
            "the reader is 你, and openings are no filler",
            "您|众所周知|不难看出|值得注意的是",
        ),
    ],
)
def test_chinese_is_set_as_chinese(rule, pattern):
    assert refused(pattern) == [], rule


def test_english_pages_are_english():
    assert refused(rf"[{CHINESE}{FULL_WIDTH}]", tree="en") == []


@each_notebook
def test_what_is_said_names_no_variable(page):
    """A doubled brace prints the name in place of its value."""
    variable = r"(?<![\w\\^}])\{[a-z]\w*(?:[:.\[][^{}`]*)?\}(?!`)"
    for cell in page.code_cells:
        for text in cell.said(page.tree):
            assert not re.search(variable, text), cell


# Nobody measured these: the sentence supposes them.
SUPPOSED = {("appendix/data_card", "99.9")}


@each_notebook
def test_percentages_of_three_digits_are_bounds_that_code_holds(page):
    code = "\n".join(cell.source for cell in page.code_cells)
    for cell in page.cells:
        for line in (line for text in cell.texts for line in prose_lines(text)):
            for number in re.findall(r"(?<![\d.])(\d+\.\d+) ?%", line):
                digits = number.replace(".", "").lstrip("0")
                if len(digits) < 3 or (page.name, number) in SUPPOSED:
                    continue
                fraction = f"{float(number) / 100:.{len(number)}f}".rstrip("0")
                assert fraction in code, f"{cell}: no cell asserts {number} %"
