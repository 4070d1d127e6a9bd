"""The ``margins`` directive: how sure the assertions of each page are.

What it shows is what ``tools/measure_margins.py`` has stored.
"""

import re
import statistics

import margins
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SPACE = "\N{NO-BREAK SPACE}"  # keeps a unit beside its number
HEADS = {
    "zh": (
        "页面",
        "运行次数",
        "检查",
        "带随机性的",
        "最小余量",
        "处理器",
        "内存",
    ),
    "en": (
        "page",
        "runs",
        "checks",
        "by chance",
        "smallest margin",
        "processor",
        "memory",
    ),
}


class Margins(SphinxDirective):
    """Show a row a page: how many assertions, and how sure the closest is."""

    def run(self):
        """Return the table, and a list of the comparisons that need no margin."""
        language = "zh" if self.config.language.startswith("zh") else "en"
        known = margins.reasons()
        rows = []
        for page in margins.pages():
            self.env.note_dependency(str(margins.stored_path(page)))
            stored = margins.read(page)
            counted = [
                item.margin
                for item in stored.comparisons()
                if item.is_random and (page, item.cell, item.text) not in known
            ]
            seconds = [run["cpu_seconds"] for run in stored.runs]
            memory = [run["memory_mb"] / 1000 for run in stored.runs]
            rows.append(
                (
                    page,
                    str(len(stored.conditions())),
                    str(len(margins.assertions(page))),
                    str(len(stored.by_chance())),
                    f"{min(counted):.1f}" if counted else "–",
                    f"{statistics.median(seconds):.0f}{SPACE}s" if seconds else "–",
                    f"{statistics.median(memory):.1f}{SPACE}GB" if memory else "–",
                )
            )
        self.env.note_dependency(str(margins.REASONS))
        measured = [run for page in margins.pages() for run in margins.read(page).runs]
        return [table(HEADS[language], rows), nodes.paragraph("", told(measured))]


def told(runs):
    """Return what the runs were made with: processors and versions."""
    parts = sorted({run["processor"] for run in runs})
    names = sorted({name for run in runs for name in run["versions"]})
    for name, versions in [
        ("Python", {run["python"] for run in runs}),
        *((name, {run["versions"].get(name, "") for run in runs}) for name in names),
    ]:
        parts.append(" ".join([name, *sorted(filter(None, versions), key=_in_order)]))
    return "; ".join(parts) + "."


def _in_order(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def table(head, rows):
    """Return a table of plain texts."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    for part, lines in ((nodes.thead(), [head]), (nodes.tbody(), rows)):
        for line in lines:
            row = nodes.row()
            row += [
                nodes.entry("", nodes.paragraph("", nodes.Text(text))) for text in line
            ]
            part += row
        group += part
    return nodes.table("", group)


def setup(app):
    """Add the directive."""
    app.add_directive("margins", Margins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
