"""A page's questions: by keyboard alone, in both themes, without scripts too."""

import pytest
import quiz_source
from book_site import DESKTOP, PHONE, Visit
from explorables import contrast

PAGE = "algorithm/convolution"
QUESTION = quiz_source.read(PAGE)[0]

# All that is seen in the section: what it says, its ink, its ground and its size.
SEEN = """section => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const found = [];
  for (const node of section.querySelectorAll("*")) {
    const says = [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!says || !node.checkVisibility({visibilityProperty: true})) continue;
    if (node.matches(".headerlink")) continue;
    const style = getComputedStyle(node);
    let below = node;
    while (parse(getComputedStyle(below).backgroundColor)[3] === 0)
      below = below.parentElement;
    found.push([node.textContent, parse(style.color),
      parse(getComputedStyle(below).backgroundColor), parseFloat(style.fontSize)]);
  }
  return found;
}"""


class Asked:
    """The first question of a page, answered with keys alone."""

    def __init__(self, page, language):
        self.page, self.language = page, language
        self.section = page.locator("#check-yourself")
        self.box = self.section.locator(".quiz").first
        self.code = self.box.locator("details")

    def forget(self):
        """Take back every choice, and close what was opened."""
        self.section.evaluate(
            """section => {
              for (const node of section.querySelectorAll("input"))
                node.checked = false;
              for (const node of section.querySelectorAll("details"))
                node.open = false;
            }"""
        )

    def enter(self):
        """Press Tab until the first question has the focus."""
        self.section.locator("h2").click()
        for _ in range(5):
            self.page.keyboard.press("Tab")
            if self.box.locator("input:focus").count():
                return
        pytest.fail("Tab does not lead to the question")

    def reasons(self):
        """Return the reasons that are seen."""
        shown = self.box.locator(".why p:visible").all_text_contents()
        return [text.strip() for text in shown]

    def expected(self, place):
        """Return what is to be read below a choice."""
        choice = QUESTION.shown[place]
        words = {"zh": ("对。", "不对。"), "en": ("Right. ", "No. ")}[self.language]
        verdict = words[choice is not QUESTION.choices[0]]
        return [verdict + quiz_source.plain(choice.why[self.language])]


HOW = [("zh", "light"), ("en", "dark"), ("zh", "no scripts")]
# It is a script that sets the theme.
with_scripts = pytest.mark.parametrize("tab", HOW[:2], indirect=True, ids=" ".join)


@pytest.fixture(scope="module", params=HOW, ids=" ".join)
def tab(request, browser, sites):
    """Yield a question on a desktop, on a phone in the dark, and without scripts."""
    language, how = request.param
    options = {
        "light": DESKTOP,
        "dark": {"viewport": PHONE, "color_scheme": "dark"},
        "no scripts": {"java_script_enabled": False},
    }[how]
    site = sites["served"]
    visit = Visit(browser, site, **options)
    address = f"{site}book/{language}/{PAGE}.html"
    visit.page.goto(address, wait_until="domcontentloaded")
    yield Asked(visit.page, language)
    if how == "no scripts":
        visit.problems.clear()  # each script that was not run
    visit.close()


@pytest.fixture
def asked(tab):
    """Return the question, not yet answered."""
    tab.forget()
    return tab


def test_each_choice_is_reached_by_keys_and_says_why(asked):
    asked.enter()
    assert asked.reasons() == [] and not asked.code.is_visible()
    labels = asked.box.locator("label").all_text_contents()
    shown = [choice.text[asked.language] for choice in QUESTION.shown]
    assert labels == list(map(quiz_source.plain, shown))
    asked.page.keyboard.press("Space")
    for place in range(len(shown)):
        assert asked.box.locator("input").nth(place).is_checked()
        assert asked.reasons() == asked.expected(place)
        assert asked.code.is_visible()
        asked.page.keyboard.press("ArrowDown")
    assert asked.reasons() == asked.expected(0)
    asked.page.keyboard.press("Tab")
    assert asked.code.locator("summary:focus").count() == 1
    assert not asked.code.locator("pre").is_visible()
    asked.page.keyboard.press("Enter")
    assert asked.code.locator("pre").text_content().strip() == QUESTION.cell


@with_scripts
def test_what_is_read_and_where_the_focus_is_can_be_seen(asked):
    asked.enter()
    asked.page.keyboard.press("Space")
    radio = asked.box.locator("input:focus")
    width, ring, ground = radio.evaluate(
        """node => {
          const parse = text => text.match(/[\\d.]+/g).map(Number).slice(0, 3);
          const style = getComputedStyle(node);
          return [parseFloat(style.outlineWidth), parse(style.outlineColor),
            parse(getComputedStyle(document.body).backgroundColor)];
        }"""
    )
    assert width >= 2 and contrast(ring, ground) >= 3
    box = radio.bounding_box()
    assert min(box["width"], box["height"]) >= 16
    asked.code.locator("summary").click()
    seen = asked.section.evaluate(SEEN)
    assert {asked.expected(0)[0].partition(" ")[0]} & {
        text.strip() for text, *_ in seen
    }
    for text, ink, behind, size in seen:
        assert contrast(ink[:3], behind[:3]) >= 4.5, (text, ink, behind)
        assert size >= 12, text


def test_reasons_are_told_to_those_who_hear_the_page(asked):
    tree = asked.box.aria_snapshot()
    for label in asked.box.locator("label").all_text_contents():
        assert f'radio "{label}"' in tree.replace(" [checked]", "")
    live = asked.box.get_by_role("status")
    assert live.count() == len(QUESTION.choices)
    asked.box.locator("input").first.check()
    assert live.first.inner_text().strip() == asked.expected(0)[0]
    assert set(live.all_inner_texts()[1:]) == {""}
