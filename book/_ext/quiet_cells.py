"""Fold what stands between a reader and the text.

A *reading* (``cell_kinds.py``) becomes its sentence, with its code and what it asserts
in one quiet line below that opens; a *check* becomes that line alone, and so do the
*imports* of a page, below what the reader will be able to do. A cell tagged ``at-top``
stands below the page's first words. Outputs tagged ``hide-output``, which answer a
guess, open at a click, and with them the readings and checks right behind. A solution,
the section headed so, is folded too. The lines of code that only say something are left
out: the output shows them.
"""

from cell_kinds import kind, without_words
from docutils import nodes
from sphinx.transforms import SphinxTransform

WORDS = {
    "zh": {
        "checked": "程序核对过",
        "imports": "本页导入的包",
        "outcome": "看结果",
        "solution": "解答",
    },
    "en": {
        "checked": "checked by the code",
        "imports": "Imports of this page",
        "outcome": "See the result",
        "solution": "Solution",
    },
}


class Fold(nodes.General, nodes.Element):
    """``<details>`` with a ``summary``."""


def open_fold(translator, node):
    """Write the beginning."""
    summary = translator.encode(node["summary"])
    tag = translator.starttag(node, "details", CLASS="fold")
    translator.body.append(f"{tag}<summary>{summary}</summary>\n")


def close_fold(translator, node):
    """Write the end."""
    translator.body.append("</details>\n")


def part(cell, name):
    """Return a code cell's ``source`` or ``output``, or ``None``."""
    wanted = f"cell_code_{name}"
    found = [each for each in cell.children if each.get("nb_element") == wanted]
    return found[0] if found else None


def cell_kind(node):
    """Return the kind of a code cell; ``None`` for what is none."""
    if not isinstance(node, nodes.container) or node.get("nb_element") != "cell_code":
        return None
    source = part(node, "source")
    return kind(source.astext()) if source else "code"


def in_solution(node):
    """Tell whether a node is part of a solution, whose code is to be seen."""
    while node := node.parent:
        if "solution" in node.get("classes", ()):
            return True
    return False


def show_without_words(cell):
    """Leave out of the code in sight what only says something: the output shows it."""
    source = part(cell, "source")
    if source is None:  # tagged remove-input
        return
    for block in source.findall(nodes.literal_block):
        code = without_words(block.astext())
        if code != block.astext():
            block.rawsource, block[:] = code, [nodes.Text(code)]
    if not source.astext():
        cell.remove(source)


class FoldCells(SphinxTransform):
    """Fold before Sphinx collects the headings."""

    default_priority = 400

    def apply(self):
        """Change the page."""
        words = WORDS[self.config.language.partition("_")[0]]
        for section in list(self.document.findall(nodes.section)):
            if section[0].astext() == words["solution"]:
                fold = Fold("", *section[1:], summary=words["solution"])
                fold["classes"] = ["solution"]
                section.replace_self(fold)
        for cell in list(self.document.findall(lambda node: cell_kind(node))):
            what = cell_kind(cell)
            if "tag_at-top" in cell["classes"]:
                self.lift(cell)
            show_without_words(cell)
            if in_solution(cell):
                continue
            if what == "imports":
                self.set_down(cell, words["imports"])
            elif what != "code":
                cell.replace_self(self.quiet(cell, words["checked"]))
            elif "tag_hide-output" in cell["classes"]:
                self.fold_outcome(cell, words["outcome"])

    def quiet(self, cell, summary):
        """Return a sentence with a line below, or the line alone."""
        source, output = part(cell, "source"), part(cell, "output")
        said = output.children if output else []
        shown = nodes.container("", *said, classes=["said"])
        if source:
            shown.append(Fold("", source, summary=summary, classes=["checked"]))
        return shown

    def set_down(self, cell, summary):
        """Put the imports at the end of the first section, the objectives."""
        cell.parent.remove(cell)
        _, objectives, *_ = self.document.findall(nodes.section)
        fold = Fold("", part(cell, "source"), summary=summary, classes=["imports"])
        objectives.append(fold)

    def lift(self, cell):
        """Put a cell above the objectives, the first section."""
        cell.parent.remove(cell)
        _, objectives, *_ = self.document.findall(nodes.section)
        objectives.parent.insert(objectives.parent.index(objectives), cell)

    def fold_outcome(self, cell, summary):
        """Put the output, and the readings right behind, if any, into one fold."""
        fold = Fold(summary=summary, classes=["outcome"])
        if output := part(cell, "output"):
            cell.remove(output)
            fold.append(output)
        del cell["hide_mode"]
        place = cell.parent.index(cell) + 1
        while place < len(cell.parent):
            following = cell.parent[place]
            is_said = "said" in following.get("classes", ())
            if not is_said and cell_kind(following) not in ("reading", "check"):
                break
            cell.parent.remove(following)
            fold.append(following)
        if fold.children:
            cell.parent.insert(place, fold)


def setup(app):
    """Add the node and the transform."""
    app.add_node(Fold, html=(open_fold, close_fold))
    app.add_transform(FoldCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
