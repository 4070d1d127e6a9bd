"""The quizzes: every answer is what its cell computes, and no wrong source is read."""

import re
from collections import Counter

import pytest
import quiz_source
import yaml
from book_pages import notebooks
from quiz_source import CHINESE, EXAM, LANGUAGES, QuizError, compute, filled, read
from quizzes import WORDS

QUESTIONS = [question for page in quiz_source.pages() for question in read(page)]
ITEMS = read(EXAM) if quiz_source.path_of(EXAM).is_file() else []
KEYS = [f"key {number}" for number in range(20)]


def ids(question):
    return f"{question.page}: {question.id}"


def test_every_chapter_has_questions_and_nothing_else_has():
    chapters = {page.name for page in notebooks("zh")} - {"index"}
    assert set(quiz_source.pages()) == chapters
    paths = quiz_source.FOLDER.rglob("*.yml")
    files = [path.relative_to(quiz_source.FOLDER) for path in paths]
    assert {file.with_suffix("").as_posix() for file in files} == chapters | {EXAM}


def test_every_chapter_has_the_heading_that_its_questions_stand_before():
    for page in notebooks():
        heading = WORDS[page.tree]["next"]
        assert page.cell("next").source.startswith(f"## {heading}\n"), page


@pytest.mark.parametrize("question", QUESTIONS, ids=ids)
def test_the_first_choice_is_what_the_cell_computes_and_no_other_is(question):
    compute(question)


@pytest.mark.parametrize("question", [*QUESTIONS, *ITEMS], ids=ids)
def test_choices_differ_in_words_and_reasons(question):
    for language in LANGUAGES:
        assert question.question[language]
        for part in ("text", "why"):
            said = [getattr(choice, part)[language] for choice in question.choices]
            assert len(set(said)) == len(said), said


def test_the_right_choice_stands_anywhere():
    places = Counter()
    for question in QUESTIONS:
        shown, choices = question.shown, list(question.choices)
        assert sorted(shown, key=choices.index) == choices
        places[shown.index(choices[0])] += 1
    assert min(places[place] for place in range(3)) >= len(QUESTIONS) / 8, places


# --- the exam ------------------------------------------------------------------------


def test_the_exam_has_thirty_items():
    assert len(ITEMS) == 30


@pytest.mark.parametrize("item", ITEMS, ids=ids)
def test_an_item_has_one_right_choice_for_every_key_and_other_numbers(item):
    asked = [filled(item, key) for key in KEYS]  # compares the values
    for question in asked:
        for language in LANGUAGES:
            texts = [choice.text[language] for choice in question.choices]
            assert len(set(texts)) == len(texts), texts
            said = [question.question[language], *texts]
            unfilled = r"[{}]|np\.(float|int|str)|(?<!\w)-\d|−0(?![.\d])"
            assert not [text for text in said if re.search(unfilled, text)], said
    # Of 30 equally frequent ones 20 keys meet 15, and of 16 they meet 12.
    assert len({_numbers(question) for question in asked}) >= 14
    assert filled(item, KEYS[0]) == asked[0]


def _numbers(question):
    """Return what of a question depends on the key."""
    texts = tuple(choice.text["en"] for choice in question.choices)
    return question.question["en"], texts


# --- what is refused -----------------------------------------------------------------

GOOD = {
    "id": "two-and-two",
    "question": {"zh": "二加二是多少？", "en": "What is two and two?"},
    "cell": "answer = 2 + 2",
    "choices": [
        {"is": 4, "text": "4", "why": {"zh": "两对手指。", "en": "Two pairs."}},
        {
            "is": 22,
            "text": "22",
            "why": {"zh": "这是连写。", "en": "Written together."},
        },
        {"is": 0, "text": "0", "why": {"zh": "这是减法。", "en": "Taken away."}},
    ],
}


def read_one(**changes):
    return read("page", yaml.safe_dump([GOOD | changes], allow_unicode=True))


def with_choice(place, **changes):
    choices = [dict(choice) for choice in GOOD["choices"]]
    choices[place] |= changes
    return {"choices": choices}


def test_a_good_source_is_read_and_computed():
    (question,) = read_one()
    assert compute(question)["answer"] == 4
    assert question.choices[1].text == {"zh": "22", "en": "22"}
    assert question.choices[2].why["en"] == "Taken away."


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "Two and two"}, "id of lower-case words with hyphens"),
        ({"id": None}, "id of lower-case words with hyphens"),
        ({"hint": "count"}, "a question has id, question, cell, choices"),
        ({"question": {"zh": "二加二？"}}, "question .* has zh, en"),
        ({"question": {"zh": "Two?", "en": "Two?"}}, "question, zh: in another lang"),
        ({"question": {"zh": "二？", "en": "二？"}}, "question, en: in another lang"),
        ({"question": {"zh": "二？", "en": "$x$?"}}, "plain but for `code`"),
        ({"question": {"zh": "二？", "en": "Is **x**?"}}, "plain but for `code`"),
        ({"question": {"zh": "二？", "en": "Is `x?"}}, "plain but for `code`"),
        ({"question": {"zh": "二？", "en": " "}}, "expected words in quotes"),
        ({"cell": "answer = = 4"}, "the cell is not Python"),
        ({"choices": GOOD["choices"][:2]}, "expected 3 or 4 choices, got 2"),
        ({"choices": {}}, "expected 3 or 4 choices"),
        (with_choice(1, text=22), r"text \(in quotes if it is a number\).*got 22"),
        (with_choice(1, text="二十二"), "expected text in both languages"),
        (with_choice(1, right=True), "a choice has is, text, why"),
        (with_choice(2, why={"zh": "这是减法。"}), "why .* has zh, en"),
    ],
)
def test_a_wrong_source_is_refused_in_one_line(changes, says):
    with pytest.raises(QuizError, match=says) as refused:
        read_one(**changes)
    assert str(refused.value).startswith("book/quizzes/page.yml, ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a list"),
        ("id: two", "expected a list"),
        ("- id: [", "not YAML"),
        (yaml.safe_dump([GOOD, GOOD], allow_unicode=True), "two-and-two: .* twice"),
        ("- 3", "question 1: a question has .* got 3"),
    ],
)
def test_a_file_that_is_no_list_of_questions_is_refused(text, says):
    with pytest.raises(QuizError, match=rf"^book/quizzes/page\.yml.*{says}") as refused:
        read("page", text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (with_choice(0, **{"is": 5}), "expected 4 first and nowhere else: .5, 22, 0"),
        (with_choice(1, **{"is": "2 * 2"}), "expected 4 first and nowhere else"),
        (with_choice(1, **{"is": "0.0"}), "expected choices that differ"),
        (with_choice(1, **{"is": "larger"}), "NameError: name 'larger'"),
        ({"cell": "result = 2 + 2"}, "KeyError: 'answer'"),
        ({"cell": "answer = 1 / 0"}, "ZeroDivisionError"),
        ({"cell": "answer = rng.integers(5)"}, "NameError: name 'rng'"),
    ],
)
def test_an_answer_that_the_cell_does_not_compute_is_refused(changes, says):
    (question,) = read_one(**changes)
    with pytest.raises(QuizError, match=f"two-and-two: .*{says}"):
        compute(question)


def test_an_item_is_filled_from_its_cell_and_its_key():
    changes = with_choice(0, **{"is": "n + n", "text": "{answer}"}) | {
        "cell": "n = int(rng.integers(30, 90))\nanswer = n + n",
        "question": {"zh": "{n} 加 {n}？", "en": "{n} and {n}?"},
    }
    (item,) = read(EXAM, yaml.safe_dump([GOOD | changes], allow_unicode=True))
    one, again, other = (filled(item, key) for key in ("a", "a", "b"))
    n = int(re.fullmatch(r"(\d+) and \1\?", one.question["en"])[1])
    assert one.question["zh"] == f"{n} 加 {n}？" and CHINESE.search("加")
    assert one.choices[0].text["zh"] == str(2 * n)
    assert one == again != other
    changes["question"] = {"zh": "{m} 加？", "en": "{m} and?"}
    (item,) = read(EXAM, yaml.safe_dump([GOOD | changes], allow_unicode=True))
    with pytest.raises(QuizError, match="two-and-two: cannot fill .*'m'"):
        filled(item, "a")
