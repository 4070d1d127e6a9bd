"""From the release to the marks: seven students, compared field by field.

The grading of all of them is killed in the middle and started again.
"""

import csv
import fcntl
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile

import homework_grade
import homework_release
import pytest
from homework_answers import (
    HOMEWORKS,
    cells,
    check_of,
    feedback,
    model,
    questions,
    written,
)
from homework_collect import Submission, collect
from homework_collect import _name as unpacked_name
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from sqlalchemy import create_engine

from mnist_tutorial.bilingual import Words
from mnist_tutorial.errors import InputError
from mnist_tutorial.homework import checking

HOMEWORK, KEY = "hw0", "plum blossom 27"
QUESTIONS = list(questions(HOMEWORK))
ENDLESS = "def scale(images):\n    while True:\n        list(range(9999))\n"


@pytest.fixture(scope="module")
def releases():
    return {
        language: homework_release.release(HOMEWORK, language)
        for language in ("zh", "en")
    }


# --- what students do ----------------------------------------------------------------


def fill(release, number, answers=None, words=""):
    """Return a release that was filled in, by default with the model solutions."""
    if answers is None:
        answers = {name: model(HOMEWORK, name) for name in QUESTIONS}
    notebook = json.loads(json.dumps(release))
    for cell in notebook["cells"]:
        if cell["id"] == "student":
            cell["source"] = [f'student_number = "{number}"']
        name = cell["id"].replace("-", "_")
        if name in answers:
            cell["source"] = answers[name].splitlines(keepends=True)
        if cell["id"] == "constant-guess" and words:
            cell["source"] = [f"<!-- answer: constant-guess -->\n{words}"]
    return notebook


def from_colab(notebook):
    """Lose the ids and nbgrader's metadata, and delete the check cells."""
    kept = []
    for number, cell in enumerate(notebook["cells"]):
        if not cell["id"].endswith("-check"):
            kept.append(cell | {"id": f"x{number}", "metadata": {"id": f"x{number}"}})
    return notebook | {"cells": kept, "nbformat_minor": 0}


def split(notebook):
    """Split an answer, copy another one, and put a helper into a cell of its own."""
    result = []
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).splitlines(keepends=True)
        if cell["id"] == "crop":
            result += [cell | {"source": lines[:3]}]
            result += [cell | {"source": lines[3:], "id": "half"}]
        elif cell["id"] == "scale":
            own = {"cell_type": "code", "metadata": {}, "outputs": [], "id": "own"}
            result += [own | {"source": ["largest = 255\n"]}]
            changed = [line.replace("255", "largest") for line in lines]
            result += [cell | {"source": changed}]
        elif cell["id"] == "one-hot":
            old = "# answer: one-hot\ndef one_hot(labels, num_classes):\n    return 0"
            result += [cell | {"source": [old]}, cell | {"id": "copy"}]
        else:
            result.append(cell)
    return notebook | {"cells": result}


PARTLY = {
    "scale": "# answer: scale\ndef scale(images):\n    return images // 255",
    "one_hot": "# answer: one-hot\n%matplotlib inline\nimport numpy as np\n"
    "def one_hot(labels, num_classes):\n    return np.eye(num_classes)[labels]",
    "crop": "# answer: crop\ndef crop(images, size:\n    return images",
}
HOSTILE = {
    "scale": f"# answer: scale\n{ENDLESS}",
    "one_hot": "import sys\nsys.exit()",
    "accuracy": "np.allclose = lambda *_, **__: True\ndef accuracy(*_): return 1",
    "mean_image": "class E:\n    def __eq__(self, _): return True\n"
    "def mean_image(*_): return E()",
    "crop": "def crop(images, size):\n    return input()",
}


@pytest.fixture(scope="module")
def downloads(releases, tmp_path_factory):
    """Pack what seven students handed in, as a learning management system does."""
    zh, en = releases["zh"], releases["en"]
    answer = model(HOMEWORK, "scale")
    files = {
        "1001 张三/hw0.ipynb": fill(zh, "1001", words="约 0.12，因为……"),
        "1002 Lee/answers.ipynb": fill(en, " １００２ ", PARTLY),
        "Copy of hw0 (1).ipynb": from_colab(fill(en, "1003", words="About 0.12")),
        "s1004/hw0-final.ipynb": split(fill(zh, "1004")),
        "1005/hw0.ipynb": '{"cells": [',
        "1006/hw0.ipynb": fill(zh, "", HOSTILE),
        "attempt_1007777_hw0.ipynb": fill(zh, ""),
        "1008/hw0.ipynb": fill(zh, "1008", {}),
        "1009/a.ipynb": fill(zh, "1009"),
        "1009/b.ipynb": fill(zh, "1009", {"scale": answer}),
        "1009/report.pdf": "%PDF",
        "__MACOSX/1001/._hw0.ipynb": "",
    }
    files["1006/hw0.ipynb"]["cells"][3]["source"] = ["student_number = 1006  # me"]
    path = tmp_path_factory.mktemp("lms") / "downloads.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            archive.writestr(name, text)
    return path


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return tmp_path_factory.mktemp("course")


COMMAND = """
import pathlib, sys, homework_grade
source, course = map(pathlib.Path, sys.argv[3:5])
homework_grade.grade(sys.argv[1], sys.argv[2], source, sys.argv[5], course)
"""


@pytest.fixture(scope="module")
def before(downloads, course):
    """Kill grading after the first student, and give a mark by hand.

    Returns
    -------
    dict
        By student number, the notes of what was run until then.
    """
    first = course / "autograded" / "1001" / HOMEWORK / "run.json"
    arguments = [HOMEWORK, "zh", str(downloads), str(course), KEY]
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        env=os.environ | path,
        start_new_session=True,
    ) as command:
        while not first.exists():
            assert command.poll() is None
            time.sleep(0.05)
        os.killpg(command.pid, signal.SIGKILL)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = book.find_grade("constant-guess", HOMEWORK, HOMEWORK, "1001")
        grade.manual_score, grade.extra_credit = 1, 0.5
        grade.needs_manual_grade = False
        comment = book.find_comment("constant-guess", HOMEWORK, HOMEWORK, "1001")
        comment.manual_comment = "只差一句话"
        book.db.commit()
    return notes(course)


def notes(course):
    """Return by student number what was noted of a run."""
    paths = course.glob(f"autograded/*/{HOMEWORK}/run.json")
    return {path.parts[-3]: path.read_text() for path in paths}


@pytest.fixture(scope="module")
def graded(downloads, course, before):
    return homework_grade.grade(HOMEWORK, "zh", downloads, KEY, course)


# --- collecting ----------------------------------------------------------------------


def test_what_was_handed_in_is_found_repaired_or_refused(downloads, releases):
    found, refused = collect(downloads, releases)
    by_number = {each.number: each for each in found}
    assert list(by_number) == ["1001", "1002", "1003", "1004", "1006", "1007777"] + [
        "1008"
    ]
    assert {name: words.en for name, words in refused.items()} == {
        "1005/hw0.ipynb": "is broken and cannot be read: ask for it again",
        "1009/report.pdf": "is no .ipynb notebook",
        **{
            f"1009/{name}.ipynb": "number 1009 is in several notebooks that differ "
            "(1009/a.ipynb, 1009/b.ipynb): keep one, or correct a number"
            for name in "ab"
        },
    }
    languages = {number: each.language for number, each in by_number.items()}
    assert {n for n, language in languages.items() if language == "en"} == {
        *("1002", "1003")
    }
    notes = {n: [note.en for note in each.notes] for n, each in by_number.items()}
    assert notes == {
        **{"1001": [], "1003": [], "1006": [], "1008": []},
        "1002": ["left out the command %matplotlib inline"],
        "1004": [
            "answer one-hot stood in 2 cells, which were joined",
            "answer crop stood in 2 cells, which were joined",
        ],
        "1007777": ["has no student number; 1007777 is from the file's name"],
    }
    # A renamed notebook without ids and checks becomes the same as a whole one.
    code = [
        [
            c["source"]
            for c in by_number[n].notebook["cells"]
            if c["cell_type"] == "code"
        ]
        for n in ("1001", "1003")
    ]
    for one, other in zip(*code, strict=True):
        text = ["".join(each) for each in (one, other)]
        text = [re.sub('student_number = .*|"zh"|"en"', "", each) for each in text]
        assert text[0] == text[1]
    ids = [[c["id"] for c in by_number[n].notebook["cells"]] for n in ("1001", "1003")]
    assert ids[0] == ids[1] == [cell["id"] for cell in releases["zh"]["cells"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "is broken"),
        ('{"cells": 3}', "is broken"),
        ('{"cells": [{"cell_type": "code", "source": "x"}]}', "no answer of this"),
        ('{"cells": [{"cell_type": "code", "source": "# answer: scale"}]}', "number"),
    ],
)
def test_a_notebook_of_which_nothing_can_be_graded_is_refused(
    content, words, releases, tmp_path
):
    (tmp_path / "hw0.ipynb").write_text(content)
    found, refused = collect(tmp_path, releases)
    assert found == [] and words in refused["hw0.ipynb"].en


def test_names_of_a_chinese_windows_are_read():
    packed = zipfile.ZipInfo("作业/张三.ipynb".encode("gbk").decode("cp437"))
    assert unpacked_name(packed) == "作业/张三.ipynb"


# --- marks ---------------------------------------------------------------------------

NO = dict.fromkeys([*QUESTIONS, "constant_guess"], 0)
ALL = dict.fromkeys(QUESTIONS, 2)
EXPECTED = {
    "1001": ALL | {"constant_guess": 1.5},
    "1002": NO | {"one_hot": 2},
    "1003": ALL | {"constant_guess": None},
    "1004": ALL | {"constant_guess": 0},
    "1006": NO,
    "1007777": ALL | {"constant_guess": 0},
    "1008": NO,
}


def test_marks_are_as_expected(graded):
    found = {
        each.submission.number: {
            mark.question.replace("-", "_"): mark.points for mark in each.marks
        }
        for each in graded[0]
    }
    assert found == EXPECTED


def test_each_loss_is_explained_in_the_students_language(graded):
    said = {
        each.submission.number: {mark.question: mark.words for mark in each.marks}
        for each in graded[0]
    }
    assert set(said["1001"].values()) == {"通过。", "只差一句话"}
    assert set(said["1003"].values()) == {"Passed."} | {
        "Your instructor has still to read this."
    }
    partly = said["1002"]
    assert "and 0." in partly["scale"] and "// drops the fraction" in partly["scale"]
    assert partly["one-hot"] == "Passed."
    assert partly["accuracy"] == "`accuracy` is not written yet."
    assert partly["crop"] == (
        "The cell of `crop` stops with SyntaxError: '(' was never closed (line 2)"
    )
    assert partly["constant-guess"] == "Not answered."
    hostile = said["1006"]
    assert "循环停不下来" in hostile["scale"]
    assert "`import sys`" in hostile["one-hot"]
    assert "`np.allclose` 被换掉了" in hostile["accuracy"]
    assert "返回了 E，应为数" in hostile["mean-image"]
    assert "`input` 要等键盘输入" in hostile["crop"]
    assert "还没有写" in said["1008"]["scale"]


def test_table_opens_in_a_spreadsheet(graded, course):
    path = course / HOMEWORK / "grades.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    names = ["scale", "one-hot", "accuracy", "mean-image", "crop", "constant-guess"]
    assert rows[0] == ["学号", *names, "总分", "满分", "备注"]
    for row, (number, points) in zip(rows[1:], EXPECTED.items(), strict=True):
        shown = ["" if each is None else str(each) for each in points.values()]
        total = str(sum(each or 0 for each in points.values()))
        assert row[:9] == [number, *shown, total, "12"]
    assert "合并了" in rows[4][9] and "import sys" in rows[5][9]


def test_pages_have_no_solution_no_key_and_no_traceback(graded, course, releases):
    pages = {
        path: path.read_text("utf-8")
        for path in (course / HOMEWORK).rglob("*")
        if path.is_file()
    }
    assert {path.stem for path in pages if path.parent.name == "feedback"} == {
        *EXPECTED
    }
    pages |= {
        f"release {n}": json.dumps(each, ensure_ascii=False)
        for n, each in releases.items()
    }
    secret = [KEY, "SOLUTION", "Traceback"]
    for homework in HOMEWORKS:
        for cell in cells(homework):
            text = "".join(cell["source"])
            secret += re.findall(r"### BEGIN SOLUTION\n(.*?)\n", text)
    for path, text in pages.items():
        for word in secret:
            assert word.strip() not in text, path


def test_after_a_kill_nothing_is_lost_run_again_or_doubled(graded, before, course):
    assert "1001" in before and "1006" not in before  # whose loop computes for 10 s
    after = notes(course)
    assert after.keys() == EXPECTED.keys()
    assert after | before == after
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        found = book.assignment_submissions(HOMEWORK)
        assert sorted(each.student.id for each in found) == sorted(EXPECTED)
        for each in found:
            (notebook,) = each.notebooks
            names = sorted(grade.name for grade in notebook.grades)
            assert names == sorted(set(names)) and len(names) == len(NO)


def test_another_key_grades_anew_and_keeps_the_mark_given_by_hand(
    graded, before, course, releases, tmp_path
):
    notebook = fill(releases["zh"], "1001", words="约 0.12，因为……")
    (tmp_path / "again.ipynb").write_text(json.dumps(notebook))
    (again,), _ = homework_grade.grade(HOMEWORK, "zh", tmp_path, "another", course)
    assert notes(course)["1001"] != before["1001"]
    mark = again.marks[-1]
    assert (mark.points, mark.words) == (1.5, "只差一句话")
    assert again.total == 11.5


def test_two_commands_do_not_grade_one_course_at_once(downloads, tmp_path):
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="wait until it has ended"):
            homework_grade.grade(HOMEWORK, "zh", downloads, KEY, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["", "zh", "a.zip", KEY], "HW must be one of 0, 1, 2, 3, 4, got ''"),
        (["9", "zh", "a.zip", KEY], "HW must be one of 0, 1, 2, 3, 4, got '9'"),
        (["0", "C.UTF-8", "a.zip", KEY], "LANG must be one of zh, en, got 'C.'"),
        (["0", "zh", "", KEY], "SUBMISSIONS is empty"),
        (["0", "zh_CN.UTF-8", "a.zip", " "], "KEY is empty"),
        (["0", "en", "missing.zip", KEY], "'missing.zip' is neither"),
        (["0", "en", __file__, KEY], "test_homework_path.py' is neither"),
    ],
)
def test_what_cannot_be_graded_is_refused_in_one_line(arguments, words, capsys):
    assert homework_grade.main(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and not said.out


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="there are no files in"):
        homework_grade.grade(HOMEWORK, "zh", tmp_path, KEY, tmp_path / "course")
    assert not (tmp_path / "course").exists()


def test_a_gradebook_that_is_in_use_is_waited_for_and_costs_nobody_points(
    graded, course, releases, monkeypatch
):
    config = homework_grade.settings(course)
    url = config.CourseDirectory.db_url
    with create_engine(url).connect() as connection:
        (milliseconds,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    assert milliseconds >= 60_000
    config.CourseDirectory.db_url = re.sub(r"timeout=\d+", "timeout=0.1", url)
    monkeypatch.setattr(homework_grade, "settings", lambda _: config)
    with sqlite3.connect(course / "gradebook.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(NbGraderException):
            homework_grade.run_one(HOMEWORK, "1011", releases["zh"], course, KEY)
    other.close()


@pytest.mark.parametrize(
    ("source", "points", "words"),
    [
        (
            "import time\nwhile True:\n    time.sleep(1)",
            [0, 2, 2, 2, 2, 0],
            "一直没有运行完",
        ),
        ("import os\nos._exit(1)", [0] * 6, "内核就停了"),
    ],
    ids=["endless", "dead"],
)
def test_a_cell_that_never_ends_or_kills_the_kernel_is_explained(
    source, points, words, graded, course, releases, monkeypatch
):
    config = homework_grade.settings(course)
    config.Execute.timeout_func = lambda cell: 2 if "sleep" in cell.source else 300
    monkeypatch.setattr(homework_grade, "settings", lambda _: config)
    notebook = fill(releases["zh"], "1010")
    (cell,) = (cell for cell in notebook["cells"] if cell["id"] == "scale")
    cell["source"] = [source]
    homework_grade.run_one(HOMEWORK, "1010", notebook, course, KEY)
    submission = Submission("a.ipynb", "1010", "zh", notebook)
    marks = homework_grade.read_marks(HOMEWORK, submission, course)
    assert [mark.points for mark in marks] == points
    assert words in marks[0].words


# --- all homeworks -------------------------------------------------------------------


def every_second(homework, notebook):
    """Answer every second question of a release, and the others wrong or not at all.

    Returns
    -------
    dict
        By question, the points in the table and what is said to the student.
    """
    expected = {}
    for cell in notebook["cells"]:
        if not cell["metadata"].get("nbgrader", {}).get("solution"):
            continue
        question, known = cell["id"], len(expected) % 2 == 0
        if cell["cell_type"] == "markdown":
            points, said = "0", Words("没有作答。", "Not answered.")
            if known:
                points, said = "", homework_grade.WAITING
                cell["source"] = [f"<!-- answer: {question} -->\nBecause."]
        else:
            name = question.replace("-", "_")
            points, said, answer = "2", homework_grade.PASSED, model(homework, name)
            if not known:
                wrong = next(a for a in written(homework, name) if a.kind == "wrong")
                answer = f"# answer: {question}\n{wrong.source}"
                points, said = "0", feedback(check_of(homework), name, answer)
            cell["source"] = answer.splitlines(keepends=True)
        expected[question] = points, said
    return expected


@pytest.mark.parametrize("number", range(1, len(HOMEWORKS)))
def test_each_homework_goes_from_the_release_to_the_table(
    number, course, tmp_path, monkeypatch
):
    monkeypatch.setenv(checking.KEY, KEY)
    homework, language = HOMEWORKS[number], ("zh", "en")[number % 2]
    notebook = homework_release.release(homework, language)
    (student,) = (cell for cell in notebook["cells"] if cell["id"] == "student")
    student["source"] = ['student_number = "0042"']
    expected = every_second(homework, notebook)
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))

    def in_this_process(homework, submissions, key, course):
        (each,) = submissions
        homework_grade.run_one(homework, each.number, each.notebook, course, key)
        return {each.number: 1.0}

    monkeypatch.setattr(homework_grade, "run_all", in_this_process)
    ((found,), refused) = homework_grade.grade(
        homework, language, tmp_path, KEY, course
    )
    assert refused == {}
    said = {mark.question: mark.words for mark in found.marks}
    assert said == {
        question: getattr(words, language)[:200]
        for question, (_, words) in expected.items()
    }
    text = (course / homework / "grades.csv").read_text("utf-8-sig")
    points = [each for each, _ in expected.values()]
    head = {
        "zh": (["学号"], ["总分", "满分", "备注"]),
        "en": (["Student number"], ["Total", "Out of", "Notes"]),
    }[language]
    assert list(csv.reader(text.splitlines())) == [
        [*head[0], *expected, *head[1]],
        ["0042", *points, str(2 * points.count("2")), str(2 * len(points)), ""],
    ]
