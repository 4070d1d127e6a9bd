"""What must hold on every page of both books.

A page is opened once, from the disk, and all that is asked of it is asked there: an
absolute address, a script of another file's or a fetched file that does not come spoils
the page there, while a server would hand it out. What a server can spoil, the theme's
own files and a page's own scripts, is seen on one page of each kind.
"""

import re

import pytest
import quiz_source
from book_site import ALL_PAGES, DESKTOP, PHONE, ROOT, Visit, is_notebook
from set_repository import read_setting

HERE = read_setting(ROOT)
# Names that stay Latin in a Chinese interface.
LATIN_IN_CHINESE = re.compile(
    r"MNIST|mnist-tutorial|English|Colab|GitHub|ipynb|PDF|pdf|Ctrl|MIT|CC BY|Python"
)

# Five words in a row; names and labels have fewer.
ENGLISH_SENTENCE = re.compile(
    r"[a-z]['’a-z]*(?:[,;:]? [a-z]['’a-z]*){4,}", re.IGNORECASE
)

# The lines of `mnist-tutorial doctor`, which faq/index shows.
DOCTOR = re.compile(r"^(?:ok|failed) {2,}.*$", re.MULTILINE)

# What TensorFlow writes before a cell has run: CUDA, oneDNN, instruction sets.
START_UP_NOISE = re.compile(
    r"cuda|oneDNN|cpu_feature_guard|computation_placer|absl|^[IWE]\d{4} |: [IWE] ",
    re.IGNORECASE | re.MULTILINE,
)


# As a server hands them out: a page without cells, formulas, each kind of explorable,
# questions, solutions.
SERVED = ["index", "algorithm/convolution", "math/loss", "code/project"]
SERVED += ["code/playground", "applications/medical", "appendix/teaching"]
OPENED = [("disk", page) for page in ALL_PAGES]
OPENED += [("served", page) for page in ALL_PAGES if page[1] in SERVED]


@pytest.fixture(
    scope="module",
    params=OPENED,
    ids=[f"{lang}-{page}-{how}" for how, (lang, page) in OPENED],
)
def way(request):
    """Return how a page is opened, its language, and its name."""
    return request.param


@pytest.fixture(scope="module")
def address(way):
    """Return a language and the name of a page in it."""
    return way[1]


@pytest.fixture(scope="module")
def reader(browser):
    """Yield a profile: scripts and fonts that pages have in common are fetched once."""
    context = browser.new_context(**DESKTOP)
    yield context
    context.close()


@pytest.fixture(scope="module")
def opened(browser, sites, reader, way):
    """Yield a tab with the page, which the tests below share."""
    how, (language, page) = way
    tab = Visit(browser, sites[how], reader)
    tab.open(f"book/{language}/{page}.html")
    yield tab
    tab.close()


def test_reports_no_error_and_asks_no_other_host_for_anything(opened):
    assert opened.problems == []
    assert opened.foreign_requests == []


def test_is_in_its_language(opened, address):
    language = opened.page.get_attribute("html", "lang")
    assert language == {"zh": "zh-CN", "en": "en"}[address[0]]


def test_formulas_are_typeset(opened):
    states = opened.page.eval_on_selector_all(
        ".math",
        """nodes => nodes.map(node => [
          node.textContent.slice(0, 60),
          node.querySelectorAll("mjx-container").length > 0,
          node.querySelectorAll("mjx-merror, [data-mjx-error]").length])""",
    )
    assert [state for state in states if state[1:] != [True, 0]] == []
    if "training" in opened.page.url:
        assert states, "a page that is known to have formulas shows none"


def test_images_are_there_and_described_and_figures_have_captions(opened):
    images, captions = opened.page.evaluate(
        """() => [
          [...document.querySelectorAll("main img")]
            .map(node => [node.src, node.alt.trim(), node.naturalWidth]),
          [...document.querySelectorAll("main figure")]
            .map(node => node.querySelector("figcaption")?.textContent)]"""
    )
    # Without our text MyST-NB takes the name of the file.
    bad = [i for i in images if not all(i) or i[1].endswith(".png")]
    assert bad == []
    assert all(captions), captions


def test_shows_no_start_up_noise(opened):
    said = "\n".join(opened.page.locator(".output.stderr").all_text_contents())
    assert not START_UP_NOISE.search(said), said


def test_outputs_of_a_chinese_page_hold_no_english_sentence(opened, address):
    if address[0] == "en":
        return
    # An explorable's words are in its script, in both languages. Errors, warnings and
    # block quotations are somebody else's.
    others = ".traceback, .stderr, :has(.mnist-explorable)"
    outputs = f".cell_output .output:not({others})"
    said = ".said > :not(details, blockquote)"
    texts = opened.page.locator(f"{outputs}, {said}").all_text_contents()
    texts = [re.sub(r"\b(?:True|False)\b", "·", DOCTOR.sub("", t)) for t in texts]
    found = [match[0] for text in texts for match in ENGLISH_SENTENCE.finditer(text)]
    assert found == []


def test_every_fold_opens_to_something(opened):
    empty = opened.page.eval_on_selector_all(
        "details.fold",
        """nodes => nodes.filter(node => {
          const [, ...shown] = node.children;
          const pictures = node.querySelectorAll("img, svg, canvas");
          return !pictures.length && shown.every(one => !one.textContent.trim());
        }).map(node => node.previousElementSibling?.textContent)""",
    )
    assert empty == []


def test_asks_the_questions_of_its_file(opened, address):
    language, name = address
    has_some = quiz_source.path_of(name).is_file()
    questions = quiz_source.read(name) if has_some else []
    expected = [
        f"{number}. {quiz_source.plain(question.question[language])}"
        for number, question in enumerate(questions, start=1)
    ]
    asked = opened.page.locator("#check-yourself .quiz legend")
    assert asked.all_text_contents() == expected
    ids = opened.page.locator("[id]").evaluate_all("nodes => nodes.map(n => n.id)")
    assert not questions or ids.count("check-yourself") == 1


def test_no_markup_is_left_in_the_text(opened):
    text = opened.page.evaluate(
        """() => {
          const copy = document.querySelector("article").cloneNode(true);
          const set = copy.querySelectorAll("code, pre, script, style, .math");
          set.forEach(node => node.remove());
          return copy.textContent;
        }"""
    )
    assert re.findall(r".*(?:\$|\*\*|`|\{[a-z]+\}|”[^“”]{1,30}”).*", text) == []


def test_has_no_stray_bar_at_the_top(opened):
    header = opened.page.locator("#pst-header")
    assert header.count() == 0 or not header.is_visible()


def test_fits_a_phone_with_its_header_in_one_line(opened):
    page = opened.page
    page.set_viewport_size(PHONE)
    width, too_wide, boxes = page.evaluate(
        """async () => {
          // What scripts do after a change of size, they do before it is drawn.
          for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
          const root = document.documentElement;
          const scrolls = root.scrollWidth > root.clientWidth;
          return [
            innerWidth,
            scrolls ? [...document.querySelectorAll("main *")]
              .filter(node => !node.closest("pre, table, .math"))
              .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
              .slice(0, 5).map(node => node.outerHTML.slice(0, 120)) : null,
            [...document.querySelectorAll(".header-article-items .btn")]
              .filter(node => node.checkVisibility({visibilityProperty: true}))
              .map(node => node.getBoundingClientRect().toJSON())
              .filter(box => box.width > 0 && box.height > 0)];
        }"""
    )
    page.set_viewport_size(DESKTOP["viewport"])
    assert width == 390
    assert too_wide is None, "the page scrolls sideways"
    assert boxes
    assert all(0 <= box["x"] and box["right"] <= 390 for box in boxes)
    tops = [box["y"] for box in boxes]
    assert max(tops) - min(tops) < 24


def test_figures_stand_on_white_in_dark_mode(opened):
    styles = opened.page.evaluate(
        """() => {
          const root = document.documentElement;
          const before = root.dataset.theme;
          root.dataset.theme = "dark";
          const styles = [...document.querySelectorAll("main .cell_output img")]
            .map(node => getComputedStyle(node))
            .map(style => [style.backgroundColor, style.filter]);
          root.dataset.theme = before;
          return styles;
        }"""
    )
    assert all(style == ["rgb(255, 255, 255)", "none"] for style in styles), styles


def test_opens_in_colab(opened, address):
    language, name = address
    links = opened.page.locator("a[href*='colab.research']")
    hrefs = links.evaluate_all("nodes => nodes.map(node => node.href)")
    address = HERE.colab(f"book/{language}/{name}.ipynb")
    assert hrefs.count(address) == is_notebook(language, name)
    header = opened.page.locator(".article-header-buttons a[href*='colab.research']")
    assert header.count() == is_notebook(language, name)


def test_source_can_be_downloaded(opened, address, html):
    language, name = address
    suffix = ".ipynb" if is_notebook(language, name) else ".md"
    link = opened.page.locator("a.btn-download-source-button")
    url = link.evaluate("node => node.href")
    folder = "_sources/book/zh/" if language == "zh" else "book/en/_sources/"
    assert url == opened.site + folder + name + suffix
    source = ROOT / "book" / language / (name + suffix)
    assert (html / url.removeprefix(opened.site)).read_bytes() == source.read_bytes()


def interface_text(page):
    """Return what the page says around its content, and in titles and labels."""
    return page.evaluate(
        """() => {
          const said = [];
          const frame = [".bd-sidebar-primary .search-button-field",
            ".bd-header-article", ".bd-sidebar-secondary .onthispage",
            ".prev-next-subtitle", ".bd-footer-content", ".skip-link",
            "#pst-back-to-top", "main .toggle-button",
            "main .solution > .admonition-title", "main .caption-number"];
          for (const node of document.querySelectorAll(frame.join(",")))
            said.push(node.textContent);
          for (const [key, selector] of [
              ["title", "body [title]"], ["aria-label", "[aria-label]"],
              ["placeholder", "[placeholder]"], ["data-tooltip", "[data-tooltip]"],
              ["data-bs-title", "[data-bs-title]"],
              ["data-toggle-hint", "[data-toggle-hint]"]])
            for (const node of document.querySelectorAll(selector))
              if (!node.closest("mjx-container, .cell_output, svg"))
                said.push(node.getAttribute(key));
          return said.map(text => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
        }"""
    )


def test_interface_is_in_the_readers_language(opened, address):
    said = interface_text(opened.page)
    assert len(said) > 10
    if address[0] == "zh":
        pattern, allowed = r"[A-Za-z]{3}", LATIN_IN_CHINESE
    else:
        pattern, allowed = r"[\u4e00-\u9fff]", re.compile("中文")
    assert [s for s in said if re.search(pattern, allowed.sub("", s))] == []


def test_names_its_translation_for_search_engines(opened, address):
    links = opened.page.eval_on_selector_all(
        "link[rel=alternate][hreflang]",
        "nodes => Object.fromEntries(nodes.map(node => [node.hreflang, node.href]))",
    )
    assert links == {
        code: f"{HERE.pages}book/{language}/{address[1]}.html"
        for code, language in (("zh-CN", "zh"), ("en", "en"))
    }


def test_language_button_names_the_same_page(opened, address):
    language, name = address
    other = {"zh": "en", "en": "zh"}[language]
    button = opened.page.locator("a.language-switch")
    assert button.is_visible()
    # That page is opened too, under this very address.
    expected = f"{opened.site}book/{other}/{name}.html"
    assert button.evaluate("node => node.href") == expected


# Where it leads to is asked of every page above; that it is a link as any other, here.
@pytest.mark.parametrize("site", ["served"], indirect=True)
@pytest.mark.parametrize("name", ["algorithm/convolution", "appendix/teaching"])
def test_language_button_leads_there_and_back(visit, name):
    visit.open(f"book/zh/{name}.html")
    for language in ("en", "zh"):
        visit.page.click("a.language-switch")
        visit.settle()
        assert visit.page.url == f"{visit.site}book/{language}/{name}.html"
        assert visit.page.get_attribute("html", "lang").startswith(language)
