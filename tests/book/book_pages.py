"""Read both books as data: pages, their cells, and what of them is prose."""

import ast
import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pytest
import yaml
from cell_kinds import parsed

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
TREES = ("zh", "en")
TOPICS = yaml.safe_load((BOOK / "terms.yml").read_text("utf-8"))
TERMS = [entry for topic in TOPICS for entry in topic["terms"]]

CHINESE = r"\u3400-\u9fff"
FULL_WIDTH = "，。：；？！（）、《》"

CITATION = re.compile(r"\{footcite(?::\w+)?\}`([^`]+)`")

# Private characters that stand for something which is set as Latin text is.
CODE, FORMULA = "\ue000", "\ue001"

# Fences that hold prose; every other fence holds code or other people's text.
PROSE_DIRECTIVES = "note tip warning admonition".split()


@dataclass(frozen=True)
class Cell:
    """One cell; a Markdown page counts as one Markdown cell."""

    page: str  # "zh/code/project"
    id: str
    kind: str  # "code" or "markdown"
    source: str
    tags: tuple
    metadata: dict

    __hash__ = object.__hash__

    def __str__(self):
        return f"{self.page}: {self.id}"

    @cached_property
    def tree(self):
        """Return the syntax tree; the lines that only IPython reads are left out."""
        return parsed(self.source)

    @property
    def figure(self):
        """Return the metadata that make the output a figure, or an empty dict."""
        return self.metadata.get("mystnb", {})

    @property
    def texts(self):
        """Return what of a cell is prose: Markdown, caption, alternative text, says."""
        caption = self.figure.get("figure", {}).get("caption", "")
        alt = self.figure.get("image", {}).get("alt", "")
        if self.kind == "markdown":
            return [self.source]
        return [caption, alt, *self.said(self.page.partition("/")[0])]

    def said(self, language):
        """Return what ``say`` says in a language; ``CODE`` stands for each number."""
        found = []
        for call in calls(self.tree):
            if called(call) == "say":
                (text,) = (k.value for k in call.keywords if k.arg == language)
                parts = getattr(text, "values", [text])
                words = (getattr(part, "value", "") for part in parts)
                found.append("".join(w if isinstance(w, str) else CODE for w in words))
        return found


@dataclass(frozen=True)
class Page:
    """A notebook or a Markdown file of one book."""

    tree: str
    name: str  # "code/project"
    path: Path
    content: dict | None  # the notebook as JSON
    cells: tuple

    __hash__ = object.__hash__

    def __str__(self):
        return f"{self.tree}/{self.name}"

    @property
    def code_cells(self):
        """Return the code cells in order."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def ids(self):
        """Return the cell ids in order."""
        return [cell.id for cell in self.cells]

    def cell(self, name):
        """Return the cell of that id."""
        (found,) = (cell for cell in self.cells if cell.id == name)
        return found


def files(tree):
    """Return {page name with suffix: path} of what is in one tree."""
    return {
        path.relative_to(BOOK / tree).as_posix(): path
        for path in sorted((BOOK / tree).rglob("*"))
        if path.suffix in (".ipynb", ".md") and ".ipynb_checkpoints" not in path.parts
    }


def read_page(tree, path):
    """Read one file."""
    name = path.relative_to(BOOK / tree).with_suffix("").as_posix()
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        cells = (Cell(f"{tree}/{name}", "page", "markdown", text, (), {}),)
        return Page(tree, name, path, None, cells)
    content, cells = json.loads(text), []
    for cell in content["cells"]:
        source, about = "".join(cell["source"]), cell["metadata"]
        kind, tags = cell["cell_type"], tuple(about.get("tags", ()))
        cells.append(Cell(f"{tree}/{name}", cell["id"], kind, source, tags, about))
    return Page(tree, name, path, content, tuple(cells))


@lru_cache
def all_pages():
    """Return the pages of both trees."""
    return tuple(
        read_page(tree, path) for tree in TREES for path in files(tree).values()
    )


def notebooks(tree=None):
    """Return the notebooks of one tree or of both."""
    return [page for page in all_pages() if page.content and tree in (None, page.tree)]


each_page = pytest.mark.parametrize("page", all_pages(), ids=str)
each_notebook = pytest.mark.parametrize("page", notebooks(), ids=str)
# The code is the same in both trees (test_trees), so one is enough.
each_program = pytest.mark.parametrize("page", notebooks("zh"), ids=str)


def prose_lines(markdown):
    """Return the sentences of a Markdown text, a line each, without markup.

    Code, formulas, citations, addresses, directive options and quoted blocks
    are taken out; inline code and inline formulas leave a stand-in, since what
    is beside them is still typeset.
    """
    markdown = re.sub(r"\$\$.*?\$\$", "", markdown, flags=re.S)
    lines, fences = [], []
    for line in markdown.splitlines():
        fence = re.match(r"\s*(`{3,})(?:\{([\w-]+)\}\s*(.*)|\w*)$", line)
        if fence and fences and not fence[2]:
            fences.pop()
            continue
        if fence:
            fences.append(fence[2] in PROSE_DIRECTIVES)
            line = ""
        elif fences and (not all(fences) or re.match(r"\s*:[\w-]+:", line)):
            continue
        elif line.lstrip().startswith(">") or re.fullmatch(r"[\s|:-]+", line):
            continue
        line = re.sub(r"\s*\{[\w:]+\}`[^`]*`|</?\w+>| ★+", "", line)
        line = re.sub(r"(`+).+?\1", CODE, line)
        line = re.sub(r"\$[^$]+\$", FORMULA, line)
        line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
        line = re.sub(r"<https?://[^>]*>|https?://[^\s）)]+", CODE, line)
        line = re.sub(r"\([\d.]+(?:, ?[\d.]+)*,?\)", CODE, line)  # a shape, a point
        # A bold sentence needs a space after it, or Markdown leaves its stars standing.
        line = re.sub(r"([。？！])\*\* ", r"\1", line).replace("**", "")
        line = re.sub(r"^\s*(?:#+|[-*]|\d+\.)\s+", "", line)
        cells = line.strip().strip("|").split("|") if line.startswith("|") else [line]
        lines += [cell.strip() for cell in cells if cell.strip()]
    return lines


def prose(tree):
    """Return [(where, line)] for all that a reader of one book reads."""
    pages = [page for page in all_pages() if page.tree == tree]
    found = [
        (str(cell), text) for p in pages for cell in p.cells for text in cell.texts
    ]
    for entry in TERMS:
        note = entry.get("note") or {}
        text = note if isinstance(note, str) else note.get(tree, "")
        found.append((f"terms.yml: {entry['en']}", text))
    return [(where, line) for where, text in found for line in prose_lines(text)]


def called(node):
    """Return the last name of what a call calls: ``fit`` for ``model.fit()``."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def calls(tree):
    """Return all calls in a syntax tree."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def citations(cell):
    """Return the keys of the sources that a cell or its caption cites."""
    found = [keys for text in cell.texts for keys in CITATION.findall(text)]
    return [key.strip() for keys in found for key in keys.split(",")]
