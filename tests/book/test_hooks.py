"""What the build takes from inside other tools, a test each: an upgrade can break it.

Each test names the hook and the file of ours that leans on it. Most look at a small
book that Jupyter Book builds with the settings of ``_config.yml``.
"""

import inspect
import re
import subprocess

import execution_cache
import make_book
import nbformat
import pytest
import yaml
from book_pages import ROOT
from bs4 import BeautifulSoup
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from nbclient import NotebookClient

BOOK = ROOT / "book"
LOGO = str(BOOK / "_assets" / "logo.svg")
SETTINGS = {
    "logo": LOGO,
    "html": {"favicon": LOGO},
    "bibtex_bibfiles": [str(BOOK / "references.bib")],
    "sphinx": {
        "local_extensions": {"ui_strings": str(BOOK / "_ext")},
        "config": {"html_static_path": [str(BOOK / "_assets")]},
    },
}


def notebook(caption):
    """Return a page that cannot be run: what it shows comes from the cache."""
    figure = {"mystnb": {"figure": {"caption": caption, "name": "fig"}}}
    guessed = {"tags": ["hide-output"]}
    prose, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [
        prose("# 页面", id="title"),
        code("raise SystemExit", id="cell", metadata=figure),
        code("share = 1 / 0", id="outcome", metadata=guessed),
        code(SAID, id="said"),
        prose("之后", id="after"),
        code("assert share > 1", id="check"),
        code("share = 3", id="pad", metadata={"tags": ["at-top", "remove-input"]}),
        code("bar = 2", id="bar", metadata=guessed),
        code("import time", id="imports"),
        prose("## 目标", id="objectives"),
        prose("## 练习", id="exercises"),
        prose("### 练习 1 · 题目", id="exercise-1"),
        prose("#### 解答", id="solution-1"),
        code("share = 2\n" + SAID, id="solution-1-code"),
        code(WORDS_ONLY, id="solution-1-said"),
        prose("## 小结", id="summary"),
    ]
    language = {"language_info": {"name": "python", "pygments_lexer": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=language)


WORDS_ONLY = 'say(zh="就这样", en="that is it")'
CITING = """核（$k$）和边长 $n$，见书{footcite}`goodfellow2016`。

```{footbibliography}
```
"""
SAID = 'say(zh=f"占 **{share}**", en=f"**{share}** of it")\nassert share < 9'


def store(folder):
    """Put an output into a cache, under another caption; return cache and record."""
    execution_cache.compare_code_and_tags()
    executed = notebook("another caption")
    output = nbformat.v4.new_output("display_data", {"text/plain": "'kept'"})
    executed.cells[1].outputs = [output]
    line = "0.25 /home/me/lib/site-packages/keras/ops.py:7\n"
    printed = nbformat.v4.new_output("stream", name="stdout", text=line)
    executed.cells[2].outputs = [printed]
    texts = {"mime": "text/markdown", "zh": "占 **0.25**", "en": "**0.25** of it"}
    both = {"text/markdown": texts["en"], "text/plain": "0.25 of it"}
    about = {"mnist_tutorial": texts}
    said = nbformat.v4.new_output("display_data", both, metadata=about)
    executed.cells[3].outputs = [said]
    pad = nbformat.v4.new_output("display_data", {"text/plain": "the pad"})
    executed.cells[6].outputs = [pad]
    bar = nbformat.v4.new_output("display_data", {"text/html": ""})  # when it is done
    executed.cells[7].outputs = [bar]
    cache = get_cache(str(folder))
    bundle = CacheBundleIn(executed, "page.ipynb", data={"failed": False})
    return cache, cache.cache_notebook_bundle(bundle, check_validity=False)


def jupyter_book(*arguments):
    command = [*make_book.JUPYTER_BOOK, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Build the small book; return the folder of its pages."""
    root = tmp_path_factory.mktemp("book")
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    cache = {"execute": {"cache": str(root / "cache")}}
    settings = make_book.joined(settings, SETTINGS | cache)
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": "page"}]}
    index = "# 首页\n\n{term}`卷积`\n\n```{terms}\n```\n\n" + CITING
    (root / "_config.yml").write_text(yaml.safe_dump(settings), "utf-8")
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), "utf-8")
    (root / "index.md").write_text(index, "utf-8")
    nbformat.write(notebook("说明"), root / "page.ipynb")
    store(execution_cache.current_folder(root / "cache"))
    jupyter_book("build", str(root))
    return root / "_build" / "html"


# --- jupyter-cache and MyST-NB: execution_cache.py, make_book.py ---------------------


def test_create_hashed_notebook_and_merge_match_leave_captions_alone(tmp_path):
    cache, _ = store(tmp_path)
    _, merged = cache.merge_match_into_notebook(notebook("mine"))
    assert merged.cells[1].metadata.mystnb.figure.caption == "mine"
    assert merged.cells[1].outputs[0].data["text/plain"] == "'kept'"


def test_create_hashed_notebook_compares_tags(tmp_path):
    cache, _ = store(tmp_path)
    tagged = notebook("mine")
    tagged.cells[1].metadata.tags = ["raises-exception"]
    with pytest.raises(KeyError):
        cache.match_cache_notebook(tagged)


def test_nb_cache_record_and_get_notebook_path_cache_find_what_is_forgotten(tmp_path):
    cache, record = store(tmp_path)
    execution_cache.forget(cache, record.pk)
    assert cache.list_cache_records() == []
    assert list(tmp_path.rglob("*.ipynb")) == []


def test_myst_nb_reads_nb_execution_cache_path_after_config_inited(html):
    page = (html / "page.html").read_text("utf-8")
    assert "'kept'" in page or "&#39;kept&#39;" in page
    assert "说明" in page and "another caption" not in page


def test_single_nb_execution_hands_settings_to_the_client():
    assert "kwargs" in inspect.signature(single_nb_execution).parameters
    assert NotebookClient.on_cell_execute and NotebookClient.extra_arguments


def test_jupyter_book_build_has_the_options_that_make_book_gives():
    options = set(re.findall(r"(?<!\w)--?[\w-]+", jupyter_book("build", "--help")))
    assert options >= {"--path-output", "--config", *make_book.STRICT}


# --- MyST-NB: page_outputs.py, quiet_cells.py ---------------------------------------


@pytest.fixture(scope="module")
def page(html):
    """Return the page as a tree."""
    text = (html / "page.html").read_text("utf-8")
    return BeautifulSoup(text, "html.parser").find("article")


def words(node):
    return " ".join(node.get_text().split())


def test_merge_match_lets_a_page_say_it_in_its_language(page):
    said = [node for node in page.select(".said > p")]
    assert list(map(words, said)) == ["占 0.25"]
    assert said[0].strong.get_text() == "0.25"
    assert "0.25 of it" not in page.get_text()


def test_a_reading_and_a_check_have_their_code_folded(page):
    folds = page.select("details.checked")
    assert [words(fold.summary) for fold in folds] == ["程序核对过"] * 2
    assert "assert share < 9" in words(folds[0])
    assert "assert share > 1" in words(folds[1])
    code = page.select(".cell_input")
    in_sight = [words(cell) for cell in code if not cell.find_parent("details")]
    assert in_sight == ["raise SystemExit", "share = 1 / 0", "bar = 2"]


def test_imports_are_a_line_below_the_objectives_from_wherever_they_are(page):
    (fold,) = page.select("section > details.imports:last-child")
    assert words(fold) == "本页导入的包 import time"
    assert words(fold.find_previous_sibling()) == "目标#"


def test_a_cell_at_the_top_stands_between_the_title_and_the_objectives(page):
    (pad,) = (node for node in page.select("pre") if words(node) == "the pad")
    assert words(pad.find_previous(["h1", "h2"])) == "页面#"


def test_what_answers_a_guess_is_folded_with_what_is_said_of_it(page):
    (fold,) = page.select("details.outcome")
    assert words(fold.summary) == "看结果"
    # Without the folders of the machine that ran it.
    assert words(fold.pre) == "0.25 keras/ops.py:7" and "占 0.25" in words(fold)
    assert "之后" not in words(fold) and "share > 1" not in words(fold)


def test_a_solution_is_folded_and_is_no_heading(page):
    (fold,) = page.select("details.solution")
    assert words(fold.summary) == "解答"
    assert "小结" not in words(fold)
    # What it says is in its output; the code in sight does without.
    in_sight = [words(code) for code in fold.select(".cell_input")]
    assert in_sight == ["share = 2 assert share < 9"]
    headings = [words(node).rstrip("#") for node in page.select("h1, h2, h3, h4")]
    assert headings == ["页面", "目标", "练习", "练习 1 · 题目", "小结"]


# --- Sphinx: terms.py, ui_strings.py, chinese_search.py and .js, language_switch.py,
#     line_breaks.py ------------------------------------------------------------------


def test_standard_domain_note_term_lets_a_term_be_linked_to(html):
    page = (html / "index.html").read_text("utf-8")
    assert '<a class="reference internal" href="#term-convolution">' in page


def test_post_transforms_meet_formulas_and_citations(html):
    page = BeautifulSoup((html / "index.html").read_text("utf-8"), "html.parser")
    together = [node.text for node in page.select(".together")]
    assert together == [r"（\(k\)）", r"\(n\)，"]
    assert "见书\u2060[1]。" in page.text


def test_locale_translators_and_app_translator_are_asked_for_our_wording(html):
    page = (html / "index.html").read_text("utf-8")
    assert "跳到正文" in page and "Skip to main content" not in page


def test_templates_path_comes_before_the_theme(html):
    page = (html / "index.html").read_text("utf-8")
    assert 'class="btn btn-sm language-switch"' in page
    assert "显示或隐藏章节列表" in page


def test_search_english_lets_chinese_be_split(html):
    index = (html / "searchindex.js").read_text("utf-8")
    assert '"\\u9996\\u9875"' in index or '"首页"' in index
    script = (html / "_static" / "language_data.js").read_text("utf-8")
    assert "var splitQuery = (query)" in script


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("searchtools.js", r"^  _parseQuery: \("),
        ("searchtools.js", r"^  makeSearchSummary: \("),
        ("searchtools.js", r"splitQuery\("),
        ("sphinx_highlight.js", "sphinx_highlight_terms"),
        ("sphinx_highlight.js", "SPHINX_HIGHLIGHT_ENABLED"),
    ],
)
def test_searchtools_has_what_our_script_replaces(html, file, pattern):
    script = (html / "_static" / file).read_text("utf-8")
    assert re.search(pattern, script, re.M)
