"""The ``terms`` directive: the glossary page, rendered from ``book/terms.yml``.

Each entry of that file has ``en`` and ``zh``, and may have ``avoid`` (a list of
words, Chinese unless they are Latin) and ``note`` (a text, or one for each
language: ``note: {en: ..., zh: ...}``). A page in either language shows its own
term first. Every term can be linked to: ``{term}`` with the reader's term, or
the address ``glossary.html#term-`` with the English term in lower case and
hyphens, the same in both books.
"""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_id

TERMS_FILE = Path(__file__).resolve().parents[1] / "terms.yml"
AVOID = {"zh": "不用：", "en": "Chinese to avoid: "}
SEPARATOR = {"zh": "、", "en": ", "}


def load_terms(path=TERMS_FILE):
    """Return the entries of the file, each with all four keys."""
    entries = yaml.safe_load(path.read_text("utf-8"))
    for entry in entries:
        avoid = entry.get("avoid") or []
        entry["avoid"] = [avoid] if isinstance(avoid, str) else avoid
        entry["note"] = entry.get("note") or ""
    return entries


class Terms(SphinxDirective):
    """Render all terms in the language of the book."""

    def run(self):
        """Return a glossary whose entries are sorted by the English term."""
        self.env.note_dependency(str(TERMS_FILE))
        language = "zh" if self.config.language.startswith("zh") else "en"
        entries = sorted(load_terms(), key=lambda entry: entry["en"].lower())
        definitions = nodes.definition_list(classes=["terms"])
        definitions.extend(self.item(entry, language) for entry in entries)
        return [addnodes.glossary("", definitions, sorted=False)]

    def item(self, entry, language):
        """Return one term, its counterpart, its note and the words to avoid."""
        other = "en" if language == "zh" else "zh"
        own_term = str(entry[language])
        term = nodes.term("", own_term)
        term["ids"].append(
            make_id(self.env, self.state.document, "", "term-" + entry["en"])
        )
        self.set_source_info(term)
        self.state.document.note_explicit_target(term)
        # note_object would put it into the search results but not make {term} work.
        self.env.get_domain("std")._note_term(own_term, term["ids"][0], location=term)
        if entry[other] != own_term:
            term += nodes.Text(" ")
            term += nodes.inline("", entry[other], classes=["term-other"])
        definition = nodes.definition()
        note = entry["note"]
        if isinstance(note, dict):
            note = note.get(language, "")
        if note:
            parsed, messages = self.parse_inline(note)
            definition += nodes.paragraph("", "", *parsed)
            definition += messages
        if entry["avoid"]:
            text = AVOID[language] + SEPARATOR[language].join(entry["avoid"])
            definition += nodes.paragraph("", text, classes=["term-avoid"])
        return nodes.definition_list_item("", term, definition)


def setup(app):
    """Add the directive."""
    app.add_directive("terms", Terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
