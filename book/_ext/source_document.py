"""The ``source-document`` directive: the text that the book grew from, by sentences.

``book/source_document.yml`` has its sections. Each sentence has ``zh`` and ``en``, and
what backs it (``tests/book/test_source_statements.py``); the table links the pages.
"""

import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

FILE = Path(__file__).resolve().parents[1] / "source_document.yml"
HEADS = {"zh": ("底稿的句子", "在哪一页"), "en": ("a sentence", "its page")}


def pages(sentence):
    """Return the names of the pages that take a sentence up, each once."""
    named = [sentence["page"]] if "page" in sentence else []
    return list(
        dict.fromkeys([*(b["page"] for b in sentence.get("backing", ())), *named])
    )


def in_a_table(text):
    """Return a sentence for a cell: a formula in the line, quotes that open and close.

    Between Chinese characters Sphinx cannot tell which of two straight quotes opens.
    """
    text = text.replace("|", r"\|").replace("$$", "$")
    return re.sub(r'"([^"]*)"', r"“\1”", text)


class SourceDocument(SphinxDirective):
    """Show the sections, each with a table of its sentences."""

    def run(self):
        """Return the sections as Markdown that has been read."""
        self.env.note_dependency(str(FILE))
        language = "zh" if self.config.language.startswith("zh") else "en"
        lines = []
        for section in yaml.safe_load(FILE.read_text("utf-8")):
            lines += [f"**{section[language]}**", ""]
            if not section.get("sentences"):
                continue
            lines += [f"| {' | '.join(HEADS[language])} |", "|---|---|"]
            for sentence in section["sentences"]:
                text = in_a_table(sentence[language])
                links = "<br>".join(f"[](../{page})" for page in pages(sentence))
                lines.append(f"| {text} | {links} |")
            lines.append("")
        node = nodes.container()
        self.state.nested_parse(StringList(lines, str(FILE)), 0, node)
        for table in node.findall(nodes.table):
            table["classes"].append("sentences")
        return node.children


def setup(app):
    """Add the directive."""
    app.add_directive("source-document", SourceDocument)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
