"""Collect, grade and report: feedback pages, a table of marks, a summary of the class.

    make grade HW=0 SUBMISSIONS=downloads.zip KEY="any text"

nbgrader runs each notebook and keeps the marks in ``grading/gradebook.db``; those that
an instructor gave by hand stay when the command is run again. Students' code runs as
you do: the appendix for teachers says how to grade without a network.
"""

import argparse
import json
import multiprocessing
import os
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import homework_report
from homework_collect import Notebook, Submission, collect
from homework_release import (
    HOMEWORK,
    LANGUAGES,
    ROOT,
    add_what,
    prepare,
    release,
    run,
    settings,
)
from nbgrader.api import Grade, Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException

from mnist_tutorial.bilingual import Words
from mnist_tutorial.homework.checking import KEY

COURSE = ROOT / "grading"
PASSED = Words("通过。", "Passed.")
NO_ANSWER = Words("没有作答。", "Not answered.")
WAITING = Words("等老师批改。", "Your instructor has still to read this.")
NOT_RUN = Words(
    "这份笔记本运行到一半，内核就停了，请检查死循环和占用太大的内存。",
    "The kernel stopped while the notebook ran: look for endless loops, and for "
    "arrays that are too large.",
)


@dataclass
class Mark:
    """The mark of one question; ``points`` is ``None`` until somebody has read it."""

    question: str
    points: float | None
    most: float
    words: str


@dataclass
class Graded:
    """What a student gets back, and how long the run took."""

    submission: Submission
    marks: list[Mark]
    seconds: float

    @property
    def total(self) -> float:
        """The sum of the points so far."""
        return sum(mark.points or 0 for mark in self.marks)


def grade(
    homework: str, language: str, source: Path, key: str, course: Path = COURSE
) -> tuple[list[Graded], dict[str, Words]]:
    """Grade all notebooks of a folder or a zip, and write the reports.

    Parameters
    ----------
    homework
        Its name, such as ``"hw0"``.
    language
        Of the table and the summary; each student's page has the student's.
    source
        A zip or a folder.
    key
        The course key, which chooses the data of all checks. It is stored nowhere.
    course
        Where nbgrader keeps its files; the reports go to ``course / homework``.

    Returns
    -------
    tuple of (list of Graded, dict)
        The marks by student number; and by file name, why a file was refused.
    """
    course.mkdir(exist_ok=True)
    config = (HOMEWORK / "nbgrader_config.py").read_text("utf-8")
    (course / "nbgrader_config.py").write_text(config, "utf-8")
    (other,) = set(LANGUAGES) - {language}
    releases = {language: prepare(settings(course), homework, language)}
    releases[other] = release(homework, other)
    submissions, refused = collect(source, releases)
    for file, words in refused.items():
        print(f"{file}: {getattr(words, language)}")
    seconds = run_all(homework, submissions, key, course)
    graded = [
        Graded(each, read_marks(homework, each, course), seconds[each.number])
        for each in submissions
    ]
    homework_report.write_all(graded, refused, language, course / homework)
    return graded, refused


def run_all(
    homework: str, submissions: list[Submission], key: str, course: Path
) -> dict[str, float]:
    """Run all notebooks, side by side; return by number the seconds each took."""
    os.environ[KEY] = key
    context = multiprocessing.get_context("spawn")
    seconds = {}
    with ProcessPoolExecutor(mp_context=context) as pool:
        runs = {
            pool.submit(run_one, homework, each.number, each.notebook, course): each
            for each in submissions
        }
        for number, done in enumerate(as_completed(runs), 1):
            student = runs[done].number
            seconds[student] = done.result()
            print(f"[{number}/{len(runs)}] {student}: {seconds[student]:.1f} s")
    return seconds


def run_one(homework: str, number: str, notebook: Notebook, course: Path) -> float:
    """Run a student's notebook; one that could not be run leaves no notebook behind."""
    started = time.monotonic()
    folder = course / "submitted" / number / homework
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    (folder / f"{homework}.ipynb").write_text(text, "utf-8")
    try:
        run(Autograde, settings(course), homework, student_id=number)
    except NbGraderException:
        print(f"{number}: {NOT_RUN}", file=sys.stderr)
    return time.monotonic() - started


def read_marks(homework: str, submission: Submission, course: Path) -> list[Mark]:
    """Read a student's marks from the gradebook, and why from the notebook that ran."""
    number, language = submission.number, submission.language
    path = course / "autograded" / number / homework / f"{homework}.ipynb"
    ran = json.loads(path.read_text("utf-8"))["cells"] if path.exists() else None
    marks = []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(homework, homework, number)
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {each.name: each.manual_comment for each in notebook.comments}
        for cell in submission.notebook["cells"]:
            name = cell["id"]
            if name not in grades:
                continue
            question, grade = name.removesuffix("-check"), grades[name]
            scores = (grade.manual_score, grade.auto_score)
            points = next((score for score in scores if score is not None), None)
            if ran is None:
                points, words = grade.manual_score or 0, NOT_RUN
            elif question == name:  # written
                words = comments.get(name) or _of_written(grade)
            else:
                words = explain(question, ran, submission)
            words = getattr(words, language) if isinstance(words, Words) else words
            marks.append(Mark(question, points, grade.max_score, words))
    return marks


def _of_written(grade: Grade) -> Words | str:
    if grade.manual_score is not None:
        return ""
    return WAITING if grade.auto_score is None else NO_ANSWER


def explain(question: str, ran: list[dict], submission: Submission) -> Words | str:
    """Say in one sentence why a check did or did not pass."""
    if question in submission.refused:
        return submission.refused[question]
    failed = _error(ran, f"{question}-check")
    if failed is None:
        return PASSED
    kind, message = failed
    if kind == "Feedback":
        return message
    name = question.replace("-", "_")
    first = _error(ran, question)
    timeout = ("CellTimeoutError", "KeyboardInterrupt")
    if kind in timeout:
        first = failed
    if first is None:
        return Words(
            f"检查停在 {kind}：{message}", f"The check stops with {kind}: {message}"
        )
    if first[0] in timeout:
        return Words(
            f"写有 `{name}` 的单元格一直没有运行完，是不是循环停不下来。",
            f"The cell of `{name}` did not end in time: does a loop never stop?",
        )
    return Words(
        f"写有 `{name}` 的单元格出错：{': '.join(first)}",
        f"The cell of `{name}` stops with {': '.join(first)}",
    )


def _error(ran: list[dict], grade_id: str) -> tuple[str, str] | None:
    """Return name and message of the error that a cell ended with."""
    for cell in ran:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    said = " ".join(output["evalue"].split())[:200]
                    # A kernel gives each cell a file name of its own.
                    return output["ename"], re.sub(r"\(\d+\.py, ", "(", said)
    return None


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_what(parser)
    parser.add_argument("submissions", type=Path, help="a zip or a folder")
    parser.add_argument("key", help="any text; keep it to yourself")
    given = parser.parse_args(argv)
    if not given.submissions.exists():
        parser.error(f"{given.submissions} does not exist; name a zip or a folder")
    if not given.key:
        parser.error("the key is empty; give any text: make grade ... KEY='...'")
    homework = f"hw{given.homework}"
    grade(homework, given.language, given.submissions, given.key)
    print(COURSE / homework / "summary.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
