"""The ``terms`` directive: the glossary page, rendered from ``book/terms.yml``.

The file has topics, each with ``en``, ``zh`` and its ``terms``. A term has ``en`` and
``zh``, and may have ``avoid`` (a list of words, Chinese unless they are Latin),
``also`` ({another Chinese word: who uses it}) and ``note`` (a text, or one for each
language: ``note: {en: ..., zh: ...}``). A page in either language shows its own
term first; the Chinese page goes by topic, the English one by the alphabet. Every
term can be linked to: ``{term}`` with the reader's term, or the address
``glossary.html#term-`` with the English term in lower case and hyphens, the same in
both books.
"""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_id

TERMS_FILE = Path(__file__).resolve().parents[1] / "terms.yml"
AVOID = {"zh": "不用：", "en": "Chinese to avoid: "}
ALSO = {"zh": "也叫：", "en": "Also, in Chinese: "}
SEPARATOR = {"zh": "、", "en": ", "}


def load_topics(path=TERMS_FILE):
    """Return [(topic, entries)], each entry with all five keys."""
    empty = {"avoid": [], "also": {}, "note": ""}
    return [
        (topic, [empty | entry for entry in topic["terms"]])
        for topic in yaml.safe_load(path.read_text("utf-8"))
    ]


class Terms(SphinxDirective):
    """Render all terms in the language of the book."""

    def run(self):
        """Return a glossary a topic in Chinese, one by the alphabet in English."""
        self.env.note_dependency(str(TERMS_FILE))
        language = "zh" if self.config.language.startswith("zh") else "en"
        topics = load_topics()
        if language == "en":
            entries = [entry for _, found in topics for entry in found]
            return [self.glossary(sorted(entries, key=lambda e: e["en"].lower()), "en")]
        made = []
        for topic, entries in topics:
            made += [nodes.rubric("", topic["zh"]), self.glossary(entries, "zh")]
        return made

    def glossary(self, entries, language):
        """Return one list of terms."""
        definitions = nodes.definition_list(classes=["terms"])
        definitions.extend(self.item(entry, language) for entry in entries)
        return addnodes.glossary("", definitions, sorted=False)

    def item(self, entry, language):
        """Return one term, its counterpart, its note, and the words of others."""
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
        used = [f"{word}（{who}）" for word, who in entry["also"].items()]
        for words, begin in ((used, ALSO), (entry["avoid"], AVOID)):
            if words:
                text = begin[language] + SEPARATOR[language].join(words)
                definition += nodes.paragraph("", text, classes=["term-avoid"])
        return nodes.definition_list_item("", term, definition)


def setup(app):
    """Add the directive."""
    app.add_directive("terms", Terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
