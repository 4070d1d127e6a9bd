"""Keep a formula with its punctuation, and a citation with what it cites for.

Browsers break a line on either side of a formula, even before a full stop, and between
a Chinese character and the mark of a footnote.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

OPENING = re.compile(r"[(（“‘《「]+\Z")
CLOSING = re.compile(r"\A[,.;:?!)%，。；：、？！）”’》」…]+")
WORD_JOINER = "\u2060"  # seen by the breaking of lines alone


def take(text, pattern):
    """Take what matches out of a text, and return it."""
    if not isinstance(text, nodes.Text):
        return ""
    found = pattern.search(text)
    if not found:
        return ""
    rest = text[: found.start()] + text[found.end() :]
    text.parent.replace(text, nodes.Text(rest))
    return found[0]


class LineBreaks(SphinxPostTransform):
    """Wrap formulas with their punctuation; join citations to the word before."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Do so in the whole page."""
        for formula in list(self.document.findall(nodes.math)):
            before = take(formula.previous_sibling(), OPENING)
            after = take(formula.next_node(descend=False, siblings=True), CLOSING)
            if before or after:
                together = nodes.inline(classes=["together"])
                formula.replace_self(together)
                together += [nodes.Text(before), formula, nodes.Text(after)]
        for mark in list(self.document.findall(nodes.footnote_reference)):
            if isinstance(mark.previous_sibling(), nodes.Text):
                index = mark.parent.index(mark)
                mark.parent.insert(index, nodes.Text(WORD_JOINER))


def setup(app):
    """Add the transform."""
    app.add_post_transform(LineBreaks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
