"""What a code cell is for, read from its code and its tags.

A *reading* says in words what has been measured; it may assert what it says. A *check*
only asserts. The page shows both without their code (``quiet_cells.py``), and so do
JupyterLab and Colab, by the metadata that ``tools/sync_notebooks.py`` writes.
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


def kind(source):
    """Return ``"reading"``, ``"check"`` or ``"code"``."""
    code = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.M)
    statements = ast.parse(code).body
    if any(map(says, statements)):
        quiet = (ast.Assert, ast.Assign)
        if all(says(each) or isinstance(each, quiet) for each in statements):
            return "reading"
    if statements and all(isinstance(each, ast.Assert) for each in statements):
        return "check"
    return "code"


def without_words(source):
    """Return a cell's code without the lines that only say something."""
    if not any(name in source for name in SAYERS):
        return source
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if says(node):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines)


def presentation(source, tags):
    """Return the metadata that let JupyterLab and Colab fold what the page folds."""
    hides_code = kind(source) != "code" or {"hide-input", "remove-cell"} & set(tags)
    jupyter = {"source_hidden": True} if hides_code else {}
    if "hide-output" in tags:
        jupyter["outputs_hidden"] = True
    found = {"jupyter": jupyter} if jupyter else {}
    return found | ({"cellView": "form"} if hides_code else {})
