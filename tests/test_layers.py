"""No import runs upward through the layers of CONTRIBUTING, and none in a circle."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "mnist_tutorial"
HOUSE = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## The house")[2]


def layers():
    """Return the names of each layer's modules and folders, the lowest first."""
    (drawing,) = re.findall(r"```text\n(.*?)```", HOUSE.partition("\n## ")[0], re.S)
    rows = [line.partition("|")[0].split() for line in drawing.splitlines()]
    return [row for row in reversed(rows) if row]


LEVELS = {name: level for level, row in enumerate(layers()) for name in row}


def imported(path):
    """Return what a file imports from the package, at its top or in a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: an import with dots"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith(f"{PACKAGE}.")}


FILES = {path: imported(path) for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def part(name):
    """Return the module or folder that a dotted name is in."""
    return name.split(".")[1]


def dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_every_module_has_its_layer():
    parts = {part(dotted(path)) for path in FILES} - {"__init__"}
    parts = {name.replace("real_data", "downloads") for name in parts}  # until renamed
    assert parts == LEVELS.keys()


def test_no_import_runs_upward():
    for path, names in FILES.items():
        own = part(dotted(path))
        for other in {part(name) for name in names} - {own}:
            level = LEVELS.get(own, 0)
            assert LEVELS[other] <= level, f"{own} imports {other} ({path.name})"


def test_no_imports_run_in_a_circle():
    parts, files = {}, {}
    for path, names in FILES.items():
        own = part(dotted(path))
        parts.setdefault(own, set()).update({part(name) for name in names} - {own})
        known = {dotted(other) for other in FILES}
        files[dotted(path)] = {
            name if name in known else name.rpartition(".")[0] for name in names
        }
    for graph in (parts, files):
        TopologicalSorter(graph).prepare()


def test_the_layers_are_seen():
    assert LEVELS["errors"] == 0 < LEVELS["training"] < LEVELS["__main__"]
    (reader,) = (path for path in FILES if path.name == "predictions.py")
    assert {part(name) for name in FILES[reader]} > {"evaluation"}
