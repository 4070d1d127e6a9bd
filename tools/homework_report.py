"""Write what grading found: a page for each student, a table, a summary."""

import csv
import html
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_tutorial.bilingual import Words

if TYPE_CHECKING:
    from homework_grade import Graded

NUMBER = Words("学号", "Student number")
TOTAL = Words("总分", "Total")
MOST = Words("满分", "Out of")
NOTES = Words("备注", "Notes")
QUESTION = Words("题目", "Question")
POINTS = Words("得分", "Points")
WHY = Words("说明", "Why")
UNREAD = Words("待批改", "to be read")

STYLE = """
body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; }
html { color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; margin-top: 2rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem;
  border-bottom: 1px solid #8886; }
svg { width: 100%; height: auto; } svg text { font: 13px system-ui, sans-serif;
  fill: currentColor; }
"""


def write_all(
    graded: list["Graded"], refused: dict[str, Words], language: str, folder: Path
) -> None:
    """Write ``feedback/NUMBER.html``, ``grades.csv`` and ``summary.html``."""
    (folder / "feedback").mkdir(parents=True, exist_ok=True)
    for each in graded:
        path = folder / "feedback" / f"{each.submission.number}.html"
        path.write_text(feedback_page(each, folder.name), "utf-8")
    write_table(graded, language, folder / "grades.csv")
    page = summary_page(graded, refused, language, folder.name)
    (folder / "summary.html").write_text(page, "utf-8")


def feedback_page(each: "Graded", homework: str) -> str:
    """Return a student's page: each question with its points and one sentence."""
    language = each.submission.language
    rows = [(mark.question, _points(mark, language), mark.words) for mark in each.marks]
    rows.append((TOTAL, f"{each.total:g}/{_most(each):g}", ""))
    notes = [(note,) for note in each.submission.notes]
    return _page(
        f"{homework}: {each.submission.number}",
        language,
        _table((QUESTION, POINTS, WHY), rows, language),
        _table((NOTES,), notes, language),
    )


def write_table(graded: list["Graded"], language: str, path: Path) -> None:
    """Write the marks as CSV: with a byte order mark, so that spreadsheets see UTF-8.

    A student number keeps its leading zeros as long as the spreadsheet imports the
    column as text. What is not read yet counts 0 in the total and is left empty.
    """
    questions = [mark.question for mark in graded[0].marks] if graded else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        head = [NUMBER, *questions, TOTAL, MOST, NOTES]
        writer.writerow(_in(language, cell) for cell in head)
        for each in graded:
            points = ["" if m.points is None else f"{m.points:g}" for m in each.marks]
            notes = [*each.submission.refused.values(), *each.submission.notes]
            writer.writerow(
                [each.submission.number, *points]
                + [f"{each.total:g}", f"{_most(each):g}"]
                + [" | ".join(_in(language, note) for note in notes)]
            )


def summary_page(
    graded: list["Graded"], refused: dict[str, Words], language: str, homework: str
) -> str:
    """Return the page of the class: who got what, which question was hard, and why."""
    rows = [
        (each.submission.number, f"{each.total:g}", f"{each.seconds:.1f} s")
        for each in graded
    ]
    common = Counter(
        mark.words
        for each in graded
        for mark in each.marks
        if mark.points is not None and mark.points < mark.most and mark.words
    )
    often = [(words, str(count)) for words, count in common.most_common(8)]
    return _page(
        f"{homework}: {len(graded)} {_in(language, Words('份', 'notebooks'))}",
        language,
        _picture(graded, language),
        _table((Words("常见的问题", "What often went wrong"), "n"), often, language),
        _table((NUMBER, TOTAL, Words("用时", "Time")), rows, language),
        _table((Words("没有批改", "Not graded"), WHY), refused.items(), language),
    )


def _picture(graded: list["Graded"], language: str) -> str:
    """Draw for each question the mean share of its points, as bars."""
    shares: dict[str, list[float]] = {}
    for each in graded:
        for mark in each.marks:
            if mark.points is not None:
                shares.setdefault(mark.question, []).append(mark.points / mark.most)
    bars = []
    for row, (question, values) in enumerate(shares.items()):
        share, top = sum(values) / len(values), 26 * row
        bars.append(
            f'<text x="0" y="{top + 17}">{html.escape(question)}</text>'
            f'<rect x="160" y="{top + 4}" width="{400 * share:.0f}" height="18" '
            f'fill="#0072b2"/><text x="{168 + 400 * share:.0f}" y="{top + 17}">'
            f"{share:.0%}</text>"
        )
    title = _in(language, Words("各题的平均得分率", "Mean share of the points"))
    return (
        f"<h2>{title}</h2>"
        f'<svg role="img" aria-label="{title}" viewBox="0 0 620 {26 * len(bars)}">'
        f"{''.join(bars)}</svg>"
    )


def _in(language: str, words: Words | str) -> str:
    return getattr(words, language) if isinstance(words, Words) else words


def _most(each: "Graded") -> float:
    return sum(mark.most for mark in each.marks)


def _points(mark, language: str) -> str:
    if mark.points is None:
        return _in(language, UNREAD)
    return f"{mark.points:g}/{mark.most:g}"


def _table(head, rows, language: str) -> str:
    if not rows:
        return ""
    cells = "".join(f"<th>{html.escape(_in(language, cell))}</th>" for cell in head)
    lines = [f"<tr>{cells}</tr>"]
    for row in rows:
        cells = (_marked_up(_in(language, cell)) for cell in row)
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def _marked_up(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _page(title: str, language: str, *parts: str) -> str:
    code = {"zh": "zh-CN", "en": "en"}[language]
    return (
        f'<!doctype html><html lang="{code}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{html.escape(title)}</h1>{''.join(parts)}</html>\n"
    )
