"""What all explorables have in common: language, colours, room, and other hosts."""

import re

import pytest
from explorables import (
    CHINESE,
    HTML,
    KINDS,
    PRESETS,
    assert_readable,
    drag_finger,
    in_two_books,
    number,
    on_one_page,
)


def untidy(explorable):
    """Bring an explorable into a state in which it says as much as it can."""
    if explorable.kind == "kernel":
        explorable.begin(2, "outline")
        explorable.find(".weight").nth(1).fill("-98.76")
        explorable.find(".weight").nth(3).fill("?")
    elif explorable.kind == "descent":
        explorable.begin(1.7)
        explorable.step(20)
        explorable.find(".rate").fill("?")
    else:
        explorable.begin(miss=9999.75, alarm=9999.75, threshold=0.01)
        explorable.find(".miss").fill("?")


@pytest.fixture(params=list(KINDS))
def both(request, desktop, phone):
    """Return an explorable on a desktop and on a phone, each with much to say."""
    pair = [tabs[request.param] for tabs in (desktop, phone)]
    for explorable in pair:
        untidy(explorable)
    return pair


@in_two_books
def test_speaks_the_pages_language(both, language):
    for explorable in both:
        said = explorable.texts()
        assert len(said) > 20
        assert not [text for text in said if re.search("undefined|NaN|null", text)]
        labels = explorable.find("[data-say]").all_text_contents()
        assert len(labels) > 10 and all(labels), labels
        if language == "en":
            assert not [text for text in said if CHINESE.search(text)]
        else:
            latin = "output|MSE|ROC|TP|FN|FP|TN"
            said = [re.sub(latin, "", text) for text in said]
            assert not [text for text in said if re.search("[A-Za-z]{2}", text)]
        lang = explorable.find(".card").get_attribute("lang")
        assert lang == language
        assert explorable.find("button.language").count() == 0


@in_two_books
def test_text_can_be_read_in_both_themes_and_follows_a_switch(both):
    for explorable, first in zip(both, ("light", "dark"), strict=True):
        assert explorable.root.get_attribute("data-scheme") == first
        for theme in ("dark", "light", first):
            explorable.page.evaluate(
                "theme => { document.documentElement.dataset.theme = theme; }", theme
            )
            assert explorable.root.get_attribute("data-scheme") == theme
            assert_readable(explorable)
            if explorable.kind == "kernel":
                kernel = explorable.values(".weight").reshape(3, 3)
                explorable.assert_picture(2, kernel)
        # It stands on the page without a frame of the other theme.
        ground = explorable.root.evaluate(
            "root => getComputedStyle(root.parentNode).backgroundColor"
        )
        assert ground == "rgba(0, 0, 0, 0)"


@in_two_books
@pytest.mark.parametrize("width", [390, 360, 320])
def test_has_room_on_a_phone(phone, width):
    for explorable in [phone[kind] for kind in KINDS]:
        untidy(explorable)
        explorable.page.set_viewport_size({"width": width, "height": 844})
        wide, small = explorable.root.evaluate(
            """root => {
              const card = root.shadowRoot.querySelector(".card");
              const right = card.getBoundingClientRect().right;
              const nodes = [...card.querySelectorAll("*")]
                .filter(node => node.checkVisibility() && !node.ownerSVGElement);
              const box = node => node.getBoundingClientRect();
              const isCut = node => node.tagName !== "INPUT" && node.clientWidth
                && node.scrollWidth > node.clientWidth + 1;
              const name = node => `${node.className} ${node.textContent.slice(0, 30)}`;
              return [
                nodes.filter(node => box(node).right > right + 0.5
                  || isCut(node)).map(name),
                nodes.filter(node => node.matches("button, input, [tabindex]")
                  && (box(node).width < 32 || box(node).height < 32)).map(name)];
            }"""
        )
        assert (wide, small) == ([], [])
        # Around it, the theme's row of buttons takes some 350 pixels.
        assert width < 360 or explorable.page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth"
        )
        explorable.page.set_viewport_size({"width": 390, "height": 844})


# The two whose picture is a slider: the node, and a picture with the same axis.
@on_one_page
@pytest.mark.parametrize(
    ("kind", "node", "axis"),
    [("descent", ".start", "parabola"), ("threshold", ".line", "costs")],
)
def test_mouse_finger_and_keys_move_along_an_axis(desktop, phone, kind, node, axis):
    explorable, hand = desktop[kind], phone[kind]
    slider, page = explorable.find(node), explorable.page

    def value(name="now", of=explorable):
        return float(of.find(node).get_attribute(f"aria-value{name}"))

    low, high = value("min"), value("max")
    page.mouse.move(*explorable.spot(node, 0.4, 0.5))
    page.mouse.down()
    for share in (0.4, 0.7):
        page.mouse.move(*explorable.spot(node, share, 0.2), steps=3)
        expected = explorable.at_share(axis, share)
        assert value() == pytest.approx(expected, abs=0.01 * (high - low))
    for share, end in ((-0.2, low), (1.2, high)):
        page.mouse.move(*explorable.spot(node, share, 0.5), steps=3)
        assert value() == end
    page.mouse.up()
    slider.focus()
    place = 100.0
    for key, steps in [("ArrowRight", 0), ("ArrowLeft", -1), ("ArrowUp", 1),
                       ("Shift+ArrowDown", -5), ("ArrowDown", -1)]:  # fmt: skip
        page.keyboard.press(key)
        place += steps
        assert value() == pytest.approx(low + (high - low) * place / 100)

    hand.page.touchscreen.tap(*hand.spot(node, 0.7, 0.5))
    near = 0.015 * (high - low)
    assert value(of=hand) == pytest.approx(hand.at_share(axis, 0.7), abs=near)
    drag_finger(hand.page, *[hand.spot(node, x, 0.5) for x in (0.3, 0.4, 0.5, 0.55)])
    dragged = value(of=hand)
    assert dragged == pytest.approx(hand.at_share(axis, 0.55), abs=near)
    scrolled = hand.page.evaluate("scrollY")
    drag_finger(
        hand.page, *[hand.spot(node, 0.3, y) for y in (0.8, 0.6, 0.4, 0.1, -0.2)]
    )
    hand.page.wait_for_function("before => scrollY > before + 20", arg=scrolled)
    assert value(of=hand) == dragged, "a finger that scrolls moved it"


@on_one_page
@pytest.mark.parametrize(
    ("kind", "first", "stops"),
    [
        ("kernel", ".digits button", "scan steered steered vertical" + 9 * " weight"),
        ("descent", "input[type=range]", "rate step run reset steered"),
        ("threshold", "input[type=range]", "at miss alarm go steered"),
    ],
)
def test_keyboard_reaches_everything_and_shows_where_it_is(desktop, kind, first, stops):
    explorable = desktop[kind]
    explorable.begin()
    explorable.find(first).first.focus()
    stops = stops.split()
    for stop in stops:
        explorable.page.keyboard.press("Tab")
        classes, said, outline = explorable.root.evaluate(
            """root => {
              const node = root.shadowRoot.activeElement;
              return [[...node.classList], node.dataset.say,
                getComputedStyle(node).outlineStyle];
            }"""
        )
        assert stop in [*classes, said]
        assert outline == "solid"
    explorable.page.keyboard.press("Tab")
    focus = explorable.root.evaluate("root => root.shadowRoot.activeElement")
    assert focus is None, "the keyboard does not get out again"


@in_two_books
@pytest.mark.parametrize(
    ("kind", "field", "texts", "limits"),
    [
        ("kernel", ".weight >> nth=5", ["", "abc", "99.1", "-99.1"], [99, 99]),
        ("descent", ".rate", ["", "0", "abc", "1e9"], []),
        ("threshold", ".at", ["", "-0.1", "1.001", "abc"], [0, 1]),
        ("threshold", ".miss", ["-1", "10000.1", "?"], [0, 10_000]),
        ("threshold", ".alarm", ["-", "1e9"], [0, 10_000]),
    ],
)
def test_what_is_no_number_is_marked_and_the_last_value_stays(
    desktop, language, kind, field, texts, limits
):
    explorable = desktop[kind]
    explorable.begin()
    typed = explorable.find(field)
    typed.focus()
    typed.blur()
    before = typed.input_value(), explorable.value(field)
    for text in texts:
        typed.fill(text)
        assert typed.get_attribute("aria-invalid") == "true", text
        assert explorable.value(field) == before[1]
    refusal = explorable.find(".refusal").inner_text()
    assert bool(CHINESE.search(refusal)) == (language == "zh")
    typed.blur()
    assert typed.input_value() == before[0]
    bounds = re.findall(r"\d[\d,.]*\b", refusal)[: len(limits)]
    assert [float(bound) for bound in bounds] == limits
    for bound in [*bounds, before[0]]:  # as it stands there
        typed.fill(bound)
        assert typed.get_attribute("aria-invalid") == "false"
        assert explorable.value(field) == pytest.approx(number(bound))
    assert not explorable.find(".refusal").is_visible()


# --- outside the book ----------------------------------------------------------------


def test_a_page_without_a_theme_shows_them_all(notebook):
    notebook.page.set_content("".join(HTML.values()))
    for kind in KINDS.values():
        explorable = kind(notebook.page)
        assert_readable(explorable)
        title = explorable.find("h3").text_content()
        assert bool(CHINESE.search(title)) == notebook.is_chinese


def test_cells_that_are_run_again_start_once_each(notebook):
    for kind in ("kernel", "kernel", "descent"):
        notebook.show(kind)
    first, second = notebook.page.locator(".mnist-explorable[data-kind=kernel]").all()
    before = first.locator(".sum").get_attribute("data-value")
    second.locator("button[data-say=outline]").click()
    assert first.locator(".sum").get_attribute("data-value") == before
    assert second.locator(".sum").get_attribute("data-value") != before
    remove = "document.querySelector('.mnist-explorable').parentNode.remove()"
    notebook.page.evaluate(remove)
    notebook.show("kernel")
    notebook.page.wait_for_function(
        """() => [...document.querySelectorAll(".mnist-explorable")]
          .map(root => root.shadowRoot?.querySelectorAll(".card").length)
          .join() === "1,1,1\""""
    )


def test_language_can_be_changed_outside_the_book(notebook):
    explorables = [notebook.show(kind) for kind in KINDS]
    is_chinese = notebook.is_chinese
    for _ in range(2):
        for explorable in explorables:
            title = explorable.find("h3").text_content()
            assert bool(CHINESE.search(title)) == is_chinese
            label = explorable.find("button.language").text_content()
            assert bool(CHINESE.search(label)) != is_chinese
        explorable.find("button.language").click()
        is_chinese = not is_chinese
    assert bool(CHINESE.search(notebook.show("kernel").texts()[0])) == is_chinese


@pytest.mark.parametrize(
    ("light", "dark"),
    [
        ("document.documentElement.setAttribute('theme', 'light')",
         "document.documentElement.setAttribute('theme', 'dark')"),
        ("document.body.dataset.jpThemeLight = 'true'",
         "document.body.dataset.jpThemeLight = 'false'"),
        ("document.body.dataset.vscodeThemeKind = 'vscode-light'",
         "document.body.dataset.vscodeThemeKind = 'vscode-dark'"),
        ("document.body.style.color = 'rgb(20, 20, 20)'",
         "document.body.style.color = 'rgb(230, 230, 230)'"),
    ],
    ids=["colab", "jupyterlab", "vscode", "other"],
)  # fmt: skip
@pytest.mark.parametrize("notebook", ["en-GB"], indirect=True)
def test_follows_the_theme_of_a_notebook(notebook, light, dark):
    notebook.page.evaluate(light)
    kernel = notebook.show("kernel")
    for switch, scheme in [("0", "light"), (dark, "dark"), (light, "light")]:
        notebook.page.evaluate(switch)
        assert kernel.root.get_attribute("data-scheme") == scheme
        kernel.assert_picture(0, PRESETS["vertical"])


@pytest.mark.parametrize("notebook", ["en-GB"], indirect=True)
def test_keys_are_kept_from_the_notebook_around(notebook):
    page, kernel = notebook.page, notebook.show("kernel")
    page.evaluate("addEventListener('keydown', e => (window.keys ??= []).push(e.key))")
    kernel.find(".weight").first.click()
    for key in ("d", "0", "Enter", "Control+s"):
        page.keyboard.press(key)
    kernel.find("button[data-say=blur]").focus()
    page.keyboard.press("Space")
    assert page.evaluate("window.keys") == ["Control", "s"]
