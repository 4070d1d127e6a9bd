"""No import runs upward through the layers of CONTRIBUTING, and none in a circle."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

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
