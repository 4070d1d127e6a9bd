"""The house stays as CONTRIBUTING draws it, and small enough to be read.

No import runs upward through the layers, and none in a circle.
"""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## The house")[2]
DRAWING = re.search(r"```text\n(.*?)```", HOUSE, re.S)[1].splitlines()
# The level of each module or folder, the lowest 0.
LEVELS = {
    name: level
    for level, line in enumerate(reversed(DRAWING))
    for name in line.partition("|")[0].split()
}


def imported(path):
    """Return what a file imports from the package, at its top or in a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("mnist_tutorial.")}


FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): imported(path)
    for path in sorted((ROOT / "mnist_tutorial").rglob("*.py"))
}


def part(name):
    """Return the module or folder that a dotted name is in."""
    return name.split(".")[1]


def test_every_module_has_its_layer():
    parts = {part(name) for name in FILES} - {"__init__"}
    assert parts == LEVELS.keys()


def test_no_import_runs_upward():
    assert part("mnist_tutorial.models.build_cnn") == "models"
    for name, others in FILES.items():
        for other in {part(other) for other in others} - {part(name)}:
            assert LEVELS[other] <= LEVELS.get(part(name), 0), f"{name} imports {other}"


def test_no_imports_run_in_a_circle():
    parts = {part(name): set() for name in FILES}
    files = {}
    for name, others in FILES.items():
        parts[part(name)] |= {part(other) for other in others} - {part(name)}
        # A name in a file belongs to the file.
        files[name] = {o if o in FILES else o.rpartition(".")[0] for o in others}
    for graph in (parts, files):
        TopologicalSorter(graph).prepare()


# --- size ----------------------------------------------------------------------------


def length(function):
    """Return the lines of a function without its docstring."""
    first = function.body[0]
    docstring = ast.get_docstring(function) is not None
    own = first.end_lineno - first.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - own


@pytest.mark.parametrize("name", FILES)
def test_modules_and_functions_are_short(name):
    text = (ROOT / name.replace(".", "/")).with_suffix(".py").read_text("utf-8")
    assert text.count("\n") <= 500
    long = {
        node.name: length(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and length(node) > 60
    }
    assert long == {}


@pytest.mark.parametrize(
    ("folder", "most"),
    [
        ("mnist_tutorial", 10980),
        ("mnist_tutorial/homework", 1410),
        ("tests", 17990),
    ],
)
def test_all_lines_together_are_few_enough_to_be_read(folder, most):
    paths = (ROOT / folder).rglob("*.py")
    files = [path for path in paths if "answers" not in path.parts]
    assert sum(path.read_text("utf-8").count("\n") for path in files) <= most
