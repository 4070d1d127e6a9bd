"""What a code cell is for, read from its code and its tags.

A *reading* says in words what has been measured; it may assert what it says. A *check*
only asserts, and *imports* only import. The page shows each without its code
(``quiet_cells.py``), and so do JupyterLab and Colab, by the metadata that
``tools/sync_notebooks.py`` writes.
"""

import ast
import re

SAYERS = {"say", "show_svg"}


def says(statement):
    """Tell whether a statement only shows words in the reader's language."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in SAYERS
    )


def parsed(source):
    """Return a cell's syntax tree; lines that only IPython reads count as ``pass``."""
    lines = [re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in source.splitlines()]
    return ast.parse("\n".join(lines))


def kind(source):
    """Return ``"reading"``, ``"check"``, ``"imports"`` or ``"code"``."""
    statements = parsed(source).body
    if any(map(says, statements)):
        quiet = (ast.Assert, ast.Assign)
        if all(says(each) or isinstance(each, quiet) for each in statements):
            return "reading"
    types = {type(each) for each in statements}
    if types == {ast.Assert}:
        return "check"
    return "imports" if types and types <= {ast.Import, ast.ImportFrom} else "code"


def without(source, is_left_out):
    """Return a cell's code without the top statements that a function chooses."""
    lines = source.splitlines()
    for node in reversed(parsed(source).body):
        if is_left_out(node):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip("\n")


def without_words(source):
    """Return a cell's code without the lines that only say something."""
    return without(source, says)


def computing(source):
    """Return a cell's code without what it only says or asserts."""
    return without(source, lambda node: says(node) or isinstance(node, ast.Assert))


def presentation(source, tags):
    """Return the metadata that let JupyterLab and Colab fold what the page folds."""
    unseen = {"hide-input", "remove-input", "remove-cell"}
    hides_code = kind(source) != "code" or unseen & set(tags)
    jupyter = {"source_hidden": True} if hides_code else {}
    if "hide-output" in tags:
        jupyter["outputs_hidden"] = True
    found = {"jupyter": jupyter} if jupyter else {}
    return found | ({"cellView": "form"} if hides_code else {})
