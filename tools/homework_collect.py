"""Read what students handed in, and put their answers into fresh copies of a homework.

What comes out of a learning management system is a zip, or a folder, of notebooks that
were renamed, saved by Colab, split, copied or broken. Here nothing is trusted but the
answers: each is found by nbgrader's ``grade_id``, by its cell id, or by the mark
``# answer: NAME`` in it, and put into a copy of the release, whose checks are whole.
What was repaired or refused is listed, a line each.
"""

import ast
import copy
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from homework_tampering import tampering

from mnist_tutorial.bilingual import Words

Notebook = dict[str, Any]
Cell = dict[str, Any]

LARGEST = 20_000_000  # bytes of a notebook
MARK = re.compile(r"^(?:#|<!--) answer: ([a-z0-9-]+)", re.M)
NUMBER = re.compile(r"^student_number\s*=\s*(.+?)\s*(?:#.*)?$", re.M)
LANGUAGE = re.compile(r'environ\["LANGUAGE"\] = "(zh|en)"')


@dataclass
class Submission:
    """One student's answers in a fresh copy.

    Attributes
    ----------
    file
        The name under which the notebook came.
    number
        The student's number.
    language
        ``"zh"`` or ``"en"``: of the release that was filled in.
    notebook
        The fresh copy with the answers.
    refused
        By the id of the answer, why it was left out.
    notes
        What was repaired.
    """

    file: str
    number: str
    language: str
    notebook: Notebook
    refused: dict[str, Words] = field(default_factory=dict)
    notes: list[Words] = field(default_factory=list)


class Refused(Exception):
    """A file that nothing can be graded of, and why."""

    def __init__(self, words: Words):
        self.words = words


def collect(
    source: Path, releases: dict[str, Notebook]
) -> tuple[list[Submission], dict[str, Words]]:
    """Read all notebooks of a folder or a zip.

    Parameters
    ----------
    source
        What the learning management system gave.
    releases
        By language, the notebook that students got.

    Returns
    -------
    tuple of (list of Submission, dict)
        The submissions by student number; and by file name, why a file was refused.
        Of two notebooks with one number that differ in an answer, both are refused.
    """
    found: dict[str, list[Submission]] = {}
    refused = {}
    for name, content in sorted(read_files(source)):
        try:
            submission = read_submission(name, content, releases)
            found.setdefault(submission.number, []).append(submission)
        except Refused as error:
            refused[name] = error.words
    for number, (first, *others) in list(found.items()):
        if any(other.notebook != first.notebook for other in others):
            files = ", ".join(each.file for each in (first, *others))
            for each in (first, *others):
                refused[each.file] = Words(
                    f"学号 {number} 有几份不同的作业（{files}）：留下一份，或改正学号",
                    f"number {number} is in several notebooks that differ ({files}): "
                    "keep one, or correct a number",
                )
            del found[number]
        for other in others:
            note = f"{other.file} = {first.file}"
            first.notes.append(Words(f"相同的两份：{note}", f"the same twice: {note}"))
    return [found[number][0] for number in sorted(found)], refused


# --- files ---------------------------------------------------------------------------


def read_files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of all files in a folder or a zip, zips in it unpacked."""
    if source.is_dir():
        for path in source.rglob("*"):
            if path.is_file():
                name = path.relative_to(source).as_posix()
                yield from _unpacked(name, path.read_bytes())
    else:
        yield from _unpacked("", source.read_bytes())


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    ignored = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store"}
    if ignored & set(PurePosixPath(name).parts):
        return
    if not name or name.lower().endswith(".zip"):
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile:
            yield name or "?", content
            return
        for info in archive.infolist():
            if not info.is_dir():
                inside = str(PurePosixPath(name, _name(info)))
                small = info.file_size <= LARGEST
                yield from _unpacked(inside, archive.read(info) if small else b"")
    else:
        yield name, content


def _name(info: zipfile.ZipInfo) -> str:
    """Return a file's name; Windows in China writes it in GBK and does not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return info.filename


# --- a notebook ----------------------------------------------------------------------


def read_submission(
    name: str, content: bytes, releases: dict[str, Notebook]
) -> Submission:
    """Read one notebook.

    Raises
    ------
    Refused
        If it is no notebook, has no answer of this homework, or no student's number.
    """
    cells = _cells(name, content)
    text = "\n".join(cell["text"] for cell in cells)
    language = LANGUAGE.search(text)
    language = language[1] if language else next(iter(releases))
    release = releases[language]
    kept = Submission(name, "", language, copy.deepcopy(release))
    answers, extras = _sort(cells, release)
    if not answers:
        raise Refused(
            Words(
                "里面没有这次作业的答案：是不是交错了文件",
                "has no answer of this homework: is it the right file?",
            )
        )
    kept.number = _number(text, name, kept)
    fresh = {cell["id"]: cell for cell in kept.notebook["cells"]}
    fresh["student"]["source"] = [f'student_number = "{kept.number}"']
    for answer in _answer_ids(release):
        if answer not in answers:
            kept.notes.append(Words(f"缺答案 {answer}", f"answer {answer} is missing"))
            continue
        _put(answer, answers[answer], fresh[answer], kept)
    _insert(extras, kept)
    return kept


def _cells(name: str, content: bytes) -> list[Cell]:
    """Return the cells, each with its source as ``text``."""
    if not name.lower().endswith(".ipynb"):
        raise Refused(Words("不是 .ipynb 笔记本", "is no .ipynb notebook"))
    try:
        cells = json.loads(content.decode("utf-8-sig"))["cells"]
        for cell in cells:
            cell["text"] = "".join(cell["source"]).replace("\r\n", "\n")
        return [cell for cell in cells if cell["cell_type"] in ("code", "markdown")]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused(
            Words(
                "笔记本文件损坏，打不开：请学生重新保存再交",
                "is broken and cannot be read: ask for it again",
            )
        ) from None


def _answer_ids(release: Notebook) -> list[str]:
    about = {c["id"]: c["metadata"].get("nbgrader", {}) for c in release["cells"]}
    return [name for name, nbgrader in about.items() if nbgrader.get("solution")]


def _identify(cell: Cell, kinds: dict[str, str], texts: dict[str, str]) -> str | None:
    """Return the id of the release's cell that a cell once was."""
    about = cell.get("metadata") or {}
    mark = MARK.search(cell["text"])
    for name in (
        mark and mark[1],
        (about.get("nbgrader") or {}).get("grade_id"),
        cell.get("id"),
        texts.get(cell["text"].strip()),
    ):
        if isinstance(name, str) and kinds.get(name) == cell["cell_type"]:
            return name
    return "student" if NUMBER.match(cell["text"].strip()) else None


def _sort(
    cells: list[Cell], release: Notebook
) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Return the pieces of each answer; and of code of their own, after which cell."""
    kinds = {cell["id"]: cell["cell_type"] for cell in release["cells"]}
    texts = {"".join(cell["source"]).strip(): cell["id"] for cell in release["cells"]}
    wanted = set(_answer_ids(release))
    answers: dict[str, list[str]] = {}
    extras, after = [], release["cells"][0]["id"]
    for cell in cells:
        name = _identify(cell, kinds, texts)
        if name in wanted:
            answers.setdefault(name, []).append(cell["text"])
        elif name is None and cell["cell_type"] == "code" and cell["text"].strip():
            # The second half of a cell that was split does not stand alone.
            if after in answers and cell["text"][0] in " \t":
                answers[after].append(cell["text"])
            else:
                extras.append((after, cell["text"]))
        after = name or after
    return answers, extras


def _number(text: str, file: str, kept: Submission) -> str:
    written = NUMBER.search(text)
    number = written[1].strip("'\"“”‘’ ") if written else ""
    number = unicodedata.normalize("NFKC", number).strip()
    if not number:
        runs = re.findall(r"\d{5,}", PurePosixPath(file).name)
        if len(runs) != 1:
            raise Refused(Words("没有填学号", "has no student number"))
        (number,) = runs
        kept.notes.append(
            Words(
                f"没有填学号，取自文件名：{number}",
                f"has no student number; {number} is from the file's name",
            )
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", number):
        raise Refused(
            Words(
                f"学号 {number[:40]!r} 不是字母和数字",
                f"its student number {number[:40]!r} is not letters and digits",
            )
        )
    return number


def _put(answer: str, pieces: list[str], cell: Cell, kept: Submission) -> None:
    """Put an answer into its cell, or write down why not."""
    if cell["cell_type"] == "markdown":
        cell["source"] = ["\n\n".join(pieces)]
        return
    pieces = [_without_magics(piece, kept) for piece in pieces]
    source = "\n".join(pieces)
    if len(pieces) > 1:
        kept.notes.append(
            Words(
                f"答案 {answer} 在 {len(pieces)} 格里，合并了",
                f"answer {answer} stood in {len(pieces)} cells, which were joined",
            )
        )
        if not _parses(source):
            whole = [piece for piece in pieces if _parses(piece)]
            source = whole[-1] if whole else source
    why = tampering(source)
    if why:
        kept.refused[answer] = why
    else:
        cell["source"] = [source]


def _insert(extras: list[tuple[str, str]], kept: Submission) -> None:
    """Put code that a student added back to where it stood."""
    for number, (after, text) in reversed(list(enumerate(extras))):
        source = _without_magics(text, kept)
        why = tampering(source)
        if why:
            kept.notes.append(
                Words(f"多出来的一格没有运行：{why.zh}", f"an added cell: {why.en}")
            )
            continue
        ids = [cell["id"] for cell in kept.notebook["cells"]]
        cell = {"cell_type": "code", "id": f"own-code-{number}", "metadata": {}}
        cell |= {"source": [source], "outputs": [], "execution_count": None}
        kept.notebook["cells"].insert(ids.index(after) + 1, cell)


def _without_magics(source: str, kept: Submission) -> str:
    """Leave out lines for IPython or the shell."""
    lines = source.split("\n")
    plain = [line for line in lines if not re.match(r"\s*[%!]", line)]
    if plain != lines:
        (first, *_) = (line for line in lines if line not in plain)
        kept.notes.append(
            Words(
                f"去掉了命令行 {first.strip()[:40]}",
                f"left out the command {first.strip()[:40]}",
            )
        )
    return "\n".join(plain)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True
