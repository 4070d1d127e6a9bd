"""What is written of the quizzes is read again, field by field."""

import csv
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from html import unescape

import pytest
import quiz_export
from quiz_source import EXAM, LANGUAGES, Choice, Question, filled, pages, plain, read

KEY = "plum blossom 28"
SIGNS = "\\ ~ = # { } : < > & \" ' * _ [a](b) ! ^ | 1. -> % // $CATEGORY"


def both(text):
    return dict.fromkeys(LANGUAGES, text)


# What each of the formats reads as its own.
ODD = Question(
    "algorithm/convolution",
    "odd-signs",
    both(f"Is `a[0] = {{'b': c_d}} * e` {SIGNS}?"),
    "",
    (
        Choice("1", both(f"{SIGNS} right"), both(f"{SIGNS} why")),
        Choice("2", both("1. `# ~ <b>`"), both("# a: *b* \\n")),
        Choice("3", both("%50%"), both("= {c}")),
    ),
)
QUIZZES = [question for page in pages() for question in read(page)]


@pytest.fixture(scope="module")
def exam():
    return [filled(item, KEY) for item in read(EXAM)]


@dataclass(frozen=True)
class Read:
    """What a file says of a question; ``right`` is the place of the right choice."""

    id: str
    question: str
    choices: tuple[tuple[str, str], ...]  # text and reason
    right: int


def expected(question, language, as_written=str):
    """Return what a file has to say; ``as_written`` changes the texts."""
    return Read(
        question.id,
        as_written(question.question[language]),
        tuple(
            (as_written(choice.text[language]), as_written(choice.why[language]))
            for choice in question.shown
        ),
        question.shown.index(question.choices[0]),
    )


def from_html(text):
    """Return a source's text again; marks that are not code are not allowed."""
    text = re.sub(r"</?code>", "`", re.sub(r"^<p>(.*)</p>$", r"\1", text.strip()))
    assert "<" not in text, text
    return unescape(text)


# --- GIFT ----------------------------------------------------------------------------


def read_gift(text):
    """Return ``[(category, question)]`` by the rules of Moodle's own reader.

    It sets escaped signs apart, splits at blank lines, and takes every sign that is
    left for its own.
    """
    apart = {sign: chr(0xE000 + ord(sign)) for sign in "\\~=#{}:"}
    together = {ord(mark): sign for sign, mark in apart.items()}

    def words(part):
        return from_html(part.translate(together))

    found, category = [], None
    text = re.sub(r"\\([\\~=#{}:])", lambda escaped: apart[escaped[1]], text)
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY:"):
            category = block.partition(":")[2].strip()
            continue
        head = re.fullmatch(r"::([^:]+)::\[html\]([^~=#{}:]*)\{([^{}]*)\}", block)
        signs = re.findall(r"[=~#]", head[3])
        assert signs[1::2] == ["#"] * (len(signs) // 2), block
        parts = [part.strip() for part in re.split(r"[=~#]", head[3])]
        assert parts.pop(0) == "" and signs[::2].count("=") == 1
        assert not any(part.startswith("%") for part in parts[::2]), "a weight"
        choices = zip(map(words, parts[::2]), map(words, parts[1::2]), strict=True)
        found.append(
            (
                category,
                Read(head[1], words(head[2]), tuple(choices), signs[::2].index("=")),
            )
        )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_gift_says_what_the_source_says(language, exam):
    questions = [*QUIZZES, ODD, *exam]
    found = read_gift(quiz_export.gift(questions, language))
    assert [read for _, read in found] == [expected(q, language) for q in questions]
    for (category, _), question in zip(found, questions, strict=True):
        title = quiz_export.title_of(question.page, language)
        assert category == f"mnist-tutorial/{title}"


# --- QTI -----------------------------------------------------------------------------


def read_qti(zipped):
    """Return title and questions of what Canvas imports."""
    archive = zipfile.ZipFile(io.BytesIO(zipped))
    manifest = ET.fromstring(archive.read("imsmanifest.xml"))
    files = [each.get("href") for each in manifest.iter() if each.tag.endswith("}file")]
    assert set(files) < set(archive.namelist())
    (path,) = (file for file in files if not file.endswith("assessment_meta.xml"))
    root = ET.fromstring(archive.read(path))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root.find("assessment").get("title"), [*map(_item, root.iter("item"))]


def _item(item):
    """Return one question of a QTI file."""
    kind = item.find(".//itemmetadata//fieldentry").text
    assert kind == "multiple_choice_question"
    reasons = {
        each.get("ident"): from_html(each.find(".//mattext").text)
        for each in item.iter("itemfeedback")
    }
    why, right = {}, []
    for condition in item.iter("respcondition"):
        chosen = condition.find(".//varequal").text
        if (shown := condition.find("displayfeedback")) is not None:
            why[chosen] = reasons[shown.get("linkrefid")]
        if (score := condition.find("setvar")) is not None:
            assert score.text == "100"
            right.append(chosen)
    labels = {
        each.get("ident"): from_html(each.find(".//mattext").text)
        for each in item.iter("response_label")
    }
    (right,) = right
    return Read(
        item.get("title"),
        from_html(item.find("presentation/material/mattext").text),
        tuple((text, why[ident]) for ident, text in labels.items()),
        list(labels).index(right),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_qti_says_what_the_source_says(language, exam):
    for questions in (*[read(page) for page in pages()], [ODD], exam):
        title = quiz_export.title_of(questions[0].page, language)
        found = read_qti(quiz_export.qti(title, questions, language))
        assert found == (title, [expected(q, language) for q in questions])


# --- the table -----------------------------------------------------------------------


def read_rows(path):
    """Return the rows of a table as a spreadsheet reads it."""
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_says_what_the_source_says(language, exam, tmp_path):
    questions, path = [*QUIZZES, ODD, *exam], tmp_path / "table.csv"
    quiz_export.write_table(path, quiz_export.table(questions, language))
    (head, *rows) = read_rows(path)
    assert len(rows) == len(questions)
    for row, question in zip(rows, questions, strict=True):
        assert len(row) == len(head)
        chapter, name, _, asked, *texts, letter, why = row
        assert chapter == quiz_export.title_of(question.page, language)
        texts, reasons = [text for text in texts if text], why.split("\n")
        for place, reason in zip("ABCD", reasons, strict=False):
            assert reason.startswith(f"{place}. ")
        choices = zip(texts, (reason[3:] for reason in reasons), strict=True)
        found = Read(name, asked, tuple(choices), "ABCD".index(letter))
        assert found == expected(question, language, plain)


# --- the command ---------------------------------------------------------------------


def test_command_writes_all_in_both_languages_and_keys_change_the_exam(tmp_path):
    folders = [tmp_path / name for name in ("one", "again", "other")]
    for folder, key in zip(folders, ("a", "a", "b"), strict=True):
        assert quiz_export.main([key], folder) == 0
    one, again, other = (
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in (".txt", ".csv")
        }
        for folder in folders
    )
    assert one == again
    assert {name for name in one if one[name] != other[name]} == {
        f"{language}/exam.{form}"
        for language in LANGUAGES
        for form in ("gift.txt", "csv", "paper.txt", "answers.csv")
    }
    for language in LANGUAGES:
        zips = {path.stem for path in (folders[0] / language / "canvas").iterdir()}
        assert zips == {page.replace("/", "-") for page in [*pages(), EXAM]}
        paper = one[f"{language}/exam.paper.txt"].decode()
        head, *rows = read_rows(folders[0] / language / "exam.answers.csv")
        blocks = paper.strip().split("\n\n")[1:]
        for row, block in zip(rows, blocks, strict=True):
            number, _, letter, text, why = row
            assert block.startswith(f"{number}. ")
            assert f"\n   {letter}. {text}" in block
            assert why not in paper


def test_command_refuses_an_empty_key_and_a_wrong_source(capsys, monkeypatch, tmp_path):
    with pytest.raises(SystemExit):
        quiz_export.main([""], tmp_path)
    assert "make quizzes KEY=" in capsys.readouterr().err
    wrong = Question(EXAM, "two", {}, "answer = 1", ())
    monkeypatch.setattr(quiz_export, "read", lambda page: [wrong])
    assert quiz_export.main(["a"], tmp_path) == 1
    assert capsys.readouterr().out.startswith("book/quizzes/exam.yml, two: ")
    assert list(tmp_path.iterdir()) == []


def test_tensorflow_says_nothing_while_answers_are_computed():
    code = (
        "import quiz_export as q; (item,) = [i for i in q.read(q.EXAM) "
        "if i.id == 'side-with-a-stride']; q.filled(item, 'a key')"
    )
    usual = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=usual | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout + done.stderr == ""
