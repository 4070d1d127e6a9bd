"""Collect, grade and report: feedback pages, a table of marks, a summary of the class.

    make grade HW=0 SUBMISSIONS=downloads.zip KEY="any text"

nbgrader runs each notebook and keeps the marks in ``grading/gradebook.db``; those that
an instructor gave by hand stay. The same command again goes on where it was stopped,
and grades what has changed. Students' code runs as you do: the appendix for teachers
says how to grade without a network.
"""

import argparse
import fcntl
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
import warnings
import zipfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import homework_report
import psutil
from homework_collect import Notebook, Submission, collect, read_files
from homework_release import (
    HOMEWORK,
    LANGUAGES,
    ROOT,
    add_what,
    check_what,
    prepare,
    release,
    settings,
    step,
)
from nbclient.exceptions import DeadKernelError
from nbgrader.api import Grade, Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors.execute import UnresponsiveKernelError
from tqdm import tqdm

from mnist_tutorial.bilingual import Words
from mnist_tutorial.errors import InputError
from mnist_tutorial.homework import checking

COURSE = ROOT / "grading"
CHECKS = Path(checking.__file__).parent
MEMORY = 2e9  # bytes that a notebook and who runs it may need
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

    Raises
    ------
    InputError
        If there is nothing to grade, or another call is at work in ``course``.
    """
    if not (source.is_dir() or zipfile.is_zipfile(source)):
        raise InputError(
            f"SUBMISSIONS must be a zip or a folder, and {str(source)!r} is neither"
        )
    if not any(read_files(source)):
        raise InputError(f"there are no files in {source}")
    course.mkdir(exist_ok=True)
    lock = (course / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"another `make grade` is at work in {course}: wait until it has ended"
        ) from None
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


# --- running -------------------------------------------------------------------------


def run_all(
    homework: str, submissions: list[Submission], key: str, course: Path
) -> dict[str, float]:
    """Run, side by side, all notebooks that were not yet run as they are.

    Returns
    -------
    dict
        By student number, the seconds that its notebook took, in this call or before.
    """
    os.environ[checking.KEY] = key
    seconds, runs = {}, {}
    room = int(psutil.virtual_memory().available / MEMORY)
    workers = max(1, min(len(os.sched_getaffinity(0)), room, len(submissions)))
    context = multiprocessing.get_context("spawn")
    started = time.monotonic()
    with ProcessPoolExecutor(workers, context, _begin_worker) as pool:
        for each in submissions:
            what = homework, each.number, each.notebook, course, key
            try:
                note = json.loads(_note(*what[:2], course).read_text("utf-8"))
            except (FileNotFoundError, ValueError):
                note = {}
            if note.get("of") == _fingerprint(homework, each.notebook, key):
                seconds[each.number] = note["seconds"]
            else:
                runs[pool.submit(run_one, *what)] = each.number
        total, done = len(submissions), len(seconds)
        try:
            for run in tqdm(as_completed(runs), homework, total, initial=done):
                seconds[runs[run]] = run.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if runs:
        took = time.monotonic() - started
        each = f"{took / len(runs):.1f} s each, {workers} at a time"
        print(f"{len(runs)} graded in {took:.0f} s: {each}")
    return seconds


def _begin_worker() -> None:
    """Let a worker end when the command is interrupted or killed."""
    warnings.simplefilter("ignore")  # nbgrader's, which would break the progress bar
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _note(homework: str, number: str, course: Path) -> Path:
    """Return where it is noted what was run: beside the result, which goes with it."""
    return course / "autograded" / number / homework / "run.json"


def _fingerprint(homework: str, notebook: Notebook, key: str) -> str:
    """Return what tells a run from one with other answers, tasks, checks or data."""
    checks = [(CHECKS / f"{n}.py").read_text("utf-8") for n in ("checking", homework)]
    text = json.dumps([notebook, key, checks])
    return hashlib.sha256(text.encode()).hexdigest()


def run_one(
    homework: str, number: str, notebook: Notebook, course: Path, key: str
) -> float:
    """Run a student's notebook; one that could not be run leaves no notebook behind."""
    started = time.monotonic()
    folder = course / "submitted" / number / homework
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    (folder / f"{homework}.ipynb").write_text(text, "utf-8")
    grading = step(Grading, settings(course), homework, student_id=number)
    try:
        grading.start()  # which removes the note first
    except NbGraderException as error:
        if not isinstance(grading.why, DeadKernelError | UnresponsiveKernelError):
            raise grading.why or error from None
        return time.monotonic() - started
    seconds = time.monotonic() - started
    note = _note(homework, number, course)
    part = note.with_suffix(".part")
    what = {"of": _fingerprint(homework, notebook, key), "seconds": seconds}
    part.write_text(json.dumps(what), "utf-8")
    part.replace(note)
    return seconds


class Grading(Autograde):
    """nbgrader's step, which remembers why a notebook could not be run."""

    why: Exception | None = None

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Run a notebook."""
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.why = error
            raise


# --- marks ---------------------------------------------------------------------------


def read_marks(homework: str, submission: Submission, course: Path) -> list[Mark]:
    """Read a student's marks from the gradebook, and why from the notebook that ran."""
    number, language = submission.number, submission.language
    path = course / "autograded" / number / homework / f"{homework}.ipynb"
    ran = json.loads(path.read_text("utf-8"))["cells"] if path.exists() else None
    marks = []
    with Gradebook(settings(course).CourseDirectory.db_url) as book:
        notebook = book.find_submission_notebook(homework, homework, number)
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {each.name: each.manual_comment for each in notebook.comments}
        for cell in submission.notebook["cells"]:
            name = cell["id"]
            if name not in grades:
                continue
            question, grade = name.removesuffix("-check"), grades[name]
            is_read = (grade.manual_score, grade.auto_score) != (None, None)
            points = grade.score if is_read else None  # by hand, else by the check
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
            f"写有 `{name}` 的单元格一直没有运行完，是不是循环停不下来？",
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
    parser.add_argument("submissions", help="a zip or a folder")
    parser.add_argument("key", help="any text; keep it to yourself")
    given = parser.parse_args(argv)
    try:
        homework, language = check_what(given)
        if not given.submissions:
            raise InputError("SUBMISSIONS is empty; name a zip or a folder")
        if not given.key.strip():
            raise InputError("KEY is empty; give any text, such as KEY='plum 27'")
        grade(homework, language, Path(given.submissions), given.key)
    except (KeyboardInterrupt, BrokenProcessPool):
        error = "Stopped, or out of memory; the same command goes on from here."
    except InputError as found:
        error = found
    else:
        print(COURSE / homework / "summary.html")
        return 0
    print(error, file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
