"""Write the quizzes and an exam for the platforms that courses use.

    make quizzes KEY="any text"

In ``_build/quizzes/zh`` and ``en``: ``quizzes.gift.txt`` for Moodle, a category a
chapter; ``canvas``, a QTI file a chapter; ``quizzes.csv``, a table for other platforms;
and the exam that the key gives, in the same three forms, on paper (``exam.paper.txt``)
and with its answers (``exam.answers.csv``). Another key gives other numbers.
"""

import argparse
import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable
from functools import partial
from html import escape
from pathlib import Path

from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read as TensorFlow loads
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from quiz_source import (  # noqa: E402
    EXAM,
    LANGUAGES,
    Question,
    QuizError,
    as_html,
    filled,
    pages,
    plain,
    read,
)

TARGET = ROOT / "_build" / "quizzes"
LETTERS = "ABCD"
EXAM_TITLES = {"zh": "考试", "en": "Exam"}
HEADS = {
    "zh": ["章节", "题号", "题型", "题目", *LETTERS, "答案", "解析"],
    "en": ["chapter", "id", "type", "question", *LETTERS, "answer", "explanation"],
}
SINGLE_CHOICE = {"zh": "单选题", "en": "single choice"}
ANSWER_HEADS = {
    "zh": ["序号", "题号", "答案", "答案的内容", "理由"],
    "en": ["number", "id", "answer", "what it says", "why"],
}


def title_of(page: str, language: str) -> str:
    """Return the title of a page, or of the exam."""
    if page == EXAM:
        return EXAM_TITLES[language]
    path = ROOT / "book" / language / f"{page}.ipynb"
    first = json.loads(path.read_text("utf-8"))["cells"][0]["source"]
    return "".join(first).splitlines()[0].removeprefix("# ")


# --- Moodle --------------------------------------------------------------------------


def _gift_text(text: str) -> str:
    """Return a text as HTML, with the characters that GIFT reads escaped."""
    html = as_html(text, partial(escape, quote=False))
    # At the beginning of a choice, %50% would be half a mark.
    return re.sub(r"([\\~=#{}:])", r"\\\1", re.sub("^%", "&#37;", html))


def gift(questions: Iterable[Question], language: str) -> str:
    """Return questions in Moodle's GIFT, a category for each page."""
    blocks, page = [], None
    for question in questions:
        if question.page != page:
            page = question.page
            # Within a name a slash is written twice.
            title = title_of(page, language).replace("/", "//")
            blocks.append(f"$CATEGORY: mnist-tutorial/{title}")
        lines = [f"::{question.id}::[html]{_gift_text(question.question[language])}{{"]
        for choice in question.shown:
            sign = "=" if choice is question.choices[0] else "~"
            text, why = choice.text[language], choice.why[language]
            lines.append(f"{sign}{_gift_text(text)}#{_gift_text(why)}")
        blocks.append("\n".join([*lines, "}"]))
    return "\n\n".join(blocks) + "\n"


# --- Canvas --------------------------------------------------------------------------


def _qti_text(text: str) -> str:
    """Return a text in which Markdown finds nothing but words and code."""

    def escaped(part: str) -> str:
        return re.sub(r"[!-/:-@[-`{-~]", lambda sign: f"&#{ord(sign[0])};", part)

    return as_html(text, escaped)


def qti(title: str, questions: Iterable[Question], language: str) -> bytes:
    """Return a zip with questions in QTI, as Canvas and others import it."""
    lines = [f"Quiz title: {title}", "shuffle answers: true", ""]
    for number, question in enumerate(questions, start=1):
        lines += [f"Title: {question.id}", "Points: 1"]
        lines.append(f"{number}. {_qti_text(question.question[language])}")
        for letter, choice in zip("abcd", question.shown, strict=False):
            star = "*" if choice is question.choices[0] else ""
            lines.append(f"{star}{letter}) {_qti_text(choice.text[language])}")
            lines.append(f"... {_qti_text(choice.why[language])}")
        lines.append("")
    return QTI(Quiz("\n".join(lines), config=Config())).zip_bytes()


# --- tables and paper ----------------------------------------------------------------


def letter_of_the_answer(question: Question) -> str:
    """Return the letter that the right choice has in the order shown."""
    return LETTERS[question.shown.index(question.choices[0])]


def table(questions: Iterable[Question], language: str) -> list[list[str]]:
    """Return a row for each question, below the names of the columns."""
    rows = [HEADS[language]]
    for question in questions:
        lettered = list(zip(LETTERS, question.shown, strict=False))
        texts = [plain(choice.text[language]) for _, choice in lettered]
        why = [
            f"{letter}. {plain(choice.why[language])}" for letter, choice in lettered
        ]
        rows.append(
            [
                title_of(question.page, language),
                question.id,
                SINGLE_CHOICE[language],
                plain(question.question[language]),
                *texts,
                *[""] * (len(LETTERS) - len(texts)),
                letter_of_the_answer(question),
                "\n".join(why),
            ]
        )
    return rows


def answers(questions: Iterable[Question], language: str) -> list[list[str]]:
    """Return what marks the paper: a row for each question."""
    rows = [ANSWER_HEADS[language]]
    for number, question in enumerate(questions, start=1):
        right = question.choices[0]
        said = [plain(part[language]) for part in (right.text, right.why)]
        letter = letter_of_the_answer(question)
        rows.append([str(number), question.id, letter, *said])
    return rows


def paper(questions: Iterable[Question], language: str) -> str:
    """Return an exam to be printed, without its answers."""
    lines = [EXAM_TITLES[language], ""]
    for number, question in enumerate(questions, start=1):
        lines.append(f"{number}. {plain(question.question[language])}")
        for letter, choice in zip(LETTERS, question.shown, strict=False):
            lines.append(f"   {letter}. {plain(choice.text[language])}")
        lines.append("")
    return "\n".join(lines)


def write_table(path: Path, rows: list[list[str]]) -> None:
    """Write a table; the mark at its beginning lets Excel read Chinese."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


# --- all of it -----------------------------------------------------------------------


def export(key: str, folder: Path) -> None:
    """Write both languages' files anew."""
    quizzes = {page: read(page) for page in pages()}
    together = [question for page in quizzes.values() for question in page]
    exam = [filled(item, key) for item in read(EXAM)]
    for language in LANGUAGES:
        target = folder / language
        shutil.rmtree(target, ignore_errors=True)
        (target / "canvas").mkdir(parents=True)
        for name, questions in (("quizzes", together), ("exam", exam)):
            text = gift(questions, language)
            (target / f"{name}.gift.txt").write_text(text, "utf-8")
            write_table(target / f"{name}.csv", table(questions, language))
        for page, questions in [*quizzes.items(), (EXAM, exam)]:
            zipped = qti(title_of(page, language), questions, language)
            name = page.replace("/", "-")
            (target / "canvas" / f"{name}.zip").write_bytes(zipped)
        (target / "exam.paper.txt").write_text(paper(exam, language), "utf-8")
        write_table(target / "exam.answers.csv", answers(exam, language))


def main(argv: list[str] | None = None, folder: Path = TARGET) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("key", help="any text; keep it to yourself until the exam")
    given = parser.parse_args(argv)
    if not given.key:
        parser.error("the key is empty; give any text: make quizzes KEY='...'")
    try:
        export(given.key, folder)
    except QuizError as error:
        print(error)
        return 1
    print(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
