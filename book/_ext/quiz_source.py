"""Read and compute the questions of ``book/quizzes``: a file a page, and ``exam.yml``.

A file is a list. Each question has an ``id``; ``question`` in both languages; ``cell``,
plain Python that sets ``answer``; and three or four ``choices``, the right one first.
A choice has ``is``, an expression that the cell's names are known to; its ``text``, one
for both languages or one for each; and ``why``: why it is right, or what one thought
who chose it. Texts are plain but for `` `code` ``.

In ``exam.yml`` the cell is handed ``rng``, which follows from the course key; question,
texts and reasons are templates for ``str.format`` with the cell's names.
"""

import ast
import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from mnist_tutorial.homework.checking import generator

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "book" / "quizzes"
EXAM = "exam"
LANGUAGES = ("zh", "en")
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
# Markdown and formulas: what reads a quiz outside of the book does not know them.
MARKUP = re.compile(r"\$|\*\*|\]\(|\n")
# Code, or the minus of a number outside of it, for which the book has another sign.
CODE_OR_MINUS = re.compile(r"(`[^`]*`)|(?<!\w)-(?=\d)")

Text = dict[str, str]  # {"zh": ..., "en": ...}


class QuizError(ValueError):
    """A question that cannot be asked, in one line: file, id, what is expected."""


@dataclass(frozen=True)
class Choice:
    """A possible answer: the expression of its value, what it says, and why."""

    value: str
    text: Text
    why: Text


@dataclass(frozen=True)
class Question:
    """One question; the first choice is the right one. ``key`` is an exam's."""

    page: str
    id: str
    question: Text
    cell: str
    choices: tuple[Choice, ...]
    key: str = ""

    @property
    def shown(self) -> list[Choice]:
        """Return the choices in the order that a hash of the id gives them."""

        def place(choice: Choice) -> bytes:
            number = self.choices.index(choice)
            name = f"{self.page}\n{self.id}\n{self.key}\n{number}"
            return hashlib.sha256(name.encode()).digest()

        return sorted(self.choices, key=place)

    def error(self, message: str) -> QuizError:
        """Return the error of this question."""
        return QuizError(f"book/quizzes/{self.page}.yml, {self.id}: {message}")


def path_of(page: str) -> Path:
    """Return the file of a page's questions, or of the exam's."""
    return FOLDER / f"{page}.yml"


def pages() -> list[str]:
    """Return the pages that have questions, in the order of the book."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    names = [file.removeprefix("book/zh/") for file in files]
    return [name for name in names if path_of(name).is_file()]


# --- reading -------------------------------------------------------------------------


def read(page: str, text: str | None = None) -> list[Question]:
    """Return a file's questions.

    Parameters
    ----------
    page
        Such as ``"code/project"``, or ``"exam"``.
    text
        What the file holds; by default it is read.

    Raises
    ------
    QuizError
        What is wrong with it.
    """
    text = path_of(page).read_text("utf-8") if text is None else text
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        says = " ".join(str(error).split())
        raise QuizError(f"book/quizzes/{page}.yml: not YAML: {says}") from None
    if not isinstance(found, list) or not found:
        raise QuizError(f"book/quizzes/{page}.yml: expected a list of questions")
    questions = [_question(page, number, raw) for number, raw in enumerate(found, 1)]
    ids = [question.id for question in questions]
    for question in questions:
        if ids.count(question.id) > 1:
            raise question.error("this id is there twice, give each its own")
    return questions


def _question(page: str, number: int, raw: object) -> Question:
    """Return one question of a file."""
    name = raw.get("id") if isinstance(raw, dict) else None
    blank = Question(page, str(name or f"question {number}"), {}, "", ())
    raw = _mapping(blank, "a question", raw, "id", "question", "cell", "choices")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(name)):
        raise blank.error("expected an id of lower-case words with hyphens")
    choices = raw["choices"]
    if not isinstance(choices, list) or len(choices) not in (3, 4):
        count = len(choices) if isinstance(choices, list) else choices
        raise blank.error(f"expected 3 or 4 choices, got {count}")
    try:
        ast.parse(raw["cell"])
    except (SyntaxError, TypeError) as error:
        raise blank.error(f"the cell is not Python: {error}") from None
    return replace(
        blank,
        question=_text(blank, "question", raw["question"]),
        cell=raw["cell"].strip("\n"),
        choices=tuple(_choice(blank, item) for item in choices),
    )


def _choice(question: Question, raw: object) -> Choice:
    """Return one choice of a question."""
    raw = _mapping(question, "a choice", raw, "is", "text", "why")
    text = raw["text"]
    if isinstance(text, str):
        text = dict.fromkeys(LANGUAGES, text)
        if CHINESE.search(text["en"]):
            raise question.error(f"expected text in both languages, got {text['en']}")
    return Choice(
        str(raw["is"]),
        _text(question, "text", text, is_sentence=False),
        _text(question, "why", raw["why"]),
    )


def _mapping(question: Question, what: str, raw: object, *keys: str) -> dict:
    """Return what was read if it has these keys and no others."""
    got = sorted(map(str, raw)) if isinstance(raw, dict) else raw
    if not isinstance(raw, dict) or set(raw) != set(keys):
        raise question.error(f"{what} has {', '.join(keys)}; got {got}")
    return raw


def _text(question: Question, name: str, raw: object, is_sentence: bool = True) -> Text:
    """Return a text that says something in both languages, in plain words."""
    raw = _mapping(question, f"{name} (in quotes if it is a number)", raw, *LANGUAGES)
    for language, words in raw.items():
        where = f"{name}, {language}"
        if not isinstance(words, str) or not words.strip():
            raise question.error(f"{where}: expected words in quotes, got {words!r}")
        if MARKUP.search(words) or words.count("`") % 2:
            raise question.error(
                f"{where}: expected one line, plain but for `code`: {words!r}"
            )
        is_chinese = bool(CHINESE.search(words))
        if is_chinese != (language == "zh") and (is_sentence or is_chinese):
            raise question.error(f"{where}: in another language: {words}")
    return raw


# --- computing -----------------------------------------------------------------------


def compute(question: Question) -> dict:
    """Run a question's cell and compare the choices with its answer.

    Returns
    -------
    dict
        The names that the cell has set, ``answer`` among them.

    Raises
    ------
    QuizError
        If the cell fails, if the first choice is not the answer, or if two are equal.
    """
    is_exam = question.page == EXAM
    names = {"rng": generator(question.key, question.id)} if is_exam else {}
    try:
        exec(compile(question.cell, f"{question.page}: {question.id}", "exec"), names)
        values = [eval(choice.value, names) for choice in question.choices]
        answer = names["answer"]
        is_right = [bool(value == answer) for value in values]
        pairs = [
            (one, other)
            for place, one in enumerate(values)
            for other in values[:place]
            if bool(one == other)
        ]
    except Exception as error:
        raise question.error(f"the cell: {type(error).__name__}: {error}") from error
    if is_right != [True] + [False] * (len(values) - 1):
        raise question.error(f"expected {answer!r} first and nowhere else: {values}")
    if pairs:
        raise question.error(f"expected choices that differ, got {pairs[0]}")
    return names


def filled(question: Question, key: str) -> Question:
    """Return an exam's question with the numbers that a course key gives it."""
    question = replace(question, key=key)
    names = compute(question)

    def fill(text: Text) -> Text:
        try:
            return {
                each: CODE_OR_MINUS.sub(
                    lambda found: found[1] or "−", words.format_map(names)
                )
                for each, words in text.items()
            }
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise question.error(f"cannot fill {text}: {error!r}") from error

    choices = tuple(
        Choice(choice.value, fill(choice.text), fill(choice.why))
        for choice in question.choices
    )
    return replace(question, question=fill(question.question), choices=choices)


# --- texts ---------------------------------------------------------------------------


def as_html(text: str, escape: Callable[[str], str] = html.escape) -> str:
    """Return a text with its code marked, and ``escape`` applied to each part."""
    return "".join(
        f"<code>{escape(part)}</code>" if number % 2 else escape(part)
        for number, part in enumerate(text.split("`"))
        if part
    )


def plain(text: str) -> str:
    """Return a text without the marks of code."""
    return text.replace("`", "")
