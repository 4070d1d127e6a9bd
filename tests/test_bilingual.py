"""What is said is there in both languages, and shown in the reader's."""

import pytest

from mnist_tutorial.bilingual import reader_language, say, show_svg

NAMES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "JPY_SESSION_NAME")


@pytest.fixture
def system(monkeypatch):
    """Set the variables that tell a program its language."""

    def speak(**found):
        for name in NAMES:
            monkeypatch.delenv(name, raising=False)
        for name, value in found.items():
            monkeypatch.setenv(name, value)

    return speak


@pytest.mark.parametrize(
    ("found", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_TW"}, "zh"),
        ({"LC_ALL": "zh_TW", "LANGUAGE": "en"}, "en"),
        ({"LANGUAGE": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en", "JPY_SESSION_NAME": "/srv/book/zh/faq/index.ipynb"}, "zh"),
        ({"LANG": "zh", "JPY_SESSION_NAME": "/home/zh/book/en/index.ipynb"}, "en"),
        ({"LANGUAGE": "en", "JPY_SESSION_NAME": "book/zh/index.ipynb"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "JPY_SESSION_NAME": "mine.ipynb"}, "zh"),
    ],
)
def test_the_notebook_or_the_system_tells_the_readers_language(system, found, language):
    system(**found)
    assert reader_language() == language


@pytest.mark.parametrize(
    ("known", "language"),
    [("Chinese (Simplified)_China", "zh"), ("English_Canada", "en"), (None, "en")],
)
def test_windows_tells_it_by_the_locale(system, monkeypatch, known, language):
    system()
    monkeypatch.setattr("locale.getlocale", lambda: (known, "936"))
    assert reader_language() == language


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("show", "mime", "texts", "plain"),
    [
        (
            say,
            "text/markdown",
            {"zh": "对了 **9** 成，`a`", "en": "**9** in ten, `a`"},
            {"zh": "对了 9 成，a", "en": "9 in ten, a"},
        ),
        (
            show_svg,
            "text/html",
            {"zh": "<svg><text>层</text>\n</svg>", "en": "<svg><text>a</text></svg>"},
            {"zh": "层", "en": "a"},
        ),
    ],
)
def test_both_texts_are_kept_and_the_readers_is_shown(
    system, monkeypatch, show, mime, texts, plain, language
):
    system(LANG=language)
    shown = []
    monkeypatch.setattr(
        "mnist_tutorial.bilingual.display",
        lambda data, **about: shown.append((data, about)),
    )
    show(**texts)
    data = {mime: texts[language], "text/plain": plain[language]}
    metadata = {"mnist_tutorial": {"mime": mime, **texts}}
    assert shown == [(data, {"raw": True, "metadata": metadata})]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("| -0.3 [-1, +2] | **-4** | (-.5) |", "| −0.3 [−1, +2] | **−4** | (−.5) |"),
        ("到 -1，-2%", "到 −1，−2%"),
        ("`[-1, 2]`, $e^{-1}$ and -3", "`[-1, 2]`, $e^{-1}$ and −3"),
        ("2012-04-01, 1e-05, GPT-3, page-1", "2012-04-01, 1e-05, GPT-3, page-1"),
        ("- 1\n|---|---|\n--- 7", "- 1\n|---|---|\n--- 7"),
    ],
)
def test_a_negative_number_has_a_minus_sign(system, monkeypatch, written, shown):
    system(LANG="en")
    said = []
    monkeypatch.setattr(
        "mnist_tutorial.bilingual.display",
        lambda data, **about: said.append((data, about["metadata"]["mnist_tutorial"])),
    )
    say(zh=written, en=written)
    ((data, texts),) = said
    assert {data["text/markdown"], texts["zh"], texts["en"]} == {shown}
