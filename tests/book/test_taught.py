"""Code that a page teaches is the package's: a tag names it, syntax trees hold it.

A cell that defines what the package has too says so in its metadata, with the path
from which readers import it: ``"teaches": "mnist_tutorial.models.build_cnn"``, or a
list of such. Left out of the comparison is what a page need not show: docstrings,
annotations, imports, and what refuses bad input. The cell's definition has the name of
the package's, with ``_here`` behind it where the page needs both.
"""

import ast
from functools import cache

import pytest
from book_pages import ROOT, Cell, called, notebooks

PACKAGE = ROOT / "mnist_tutorial"
DEFINITIONS = ast.FunctionDef | ast.ClassDef


@cache
def package_definitions():
    """Return {path from which it is imported: node} of what the package has."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name == "homework":
            continue  # checks, which bear the names of what students write
        folders = path.relative_to(ROOT).parent.parts
        # A package in the package hands on what its files define.
        where = folders if len(folders) > 1 else (*folders, path.stem)
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
                found[".".join([*where, node.name])] = node
    return found


def plain(name):
    return name.removesuffix("_here")


def is_left_out(statement):
    """Tell whether a page need not show a statement."""
    if isinstance(statement, ast.If):
        first = statement.body[0]
        raises = isinstance(first, ast.Raise) and isinstance(first.exc, ast.Call)
        return raises and called(first.exc) == "InputError" and not statement.orelse
    if isinstance(statement, ast.Expr | ast.Assign):
        value = statement.value
        if isinstance(value, ast.Call):
            return called(value).lstrip("_").startswith("check")
        is_text = isinstance(getattr(value, "value", None), str)
        return is_text and isinstance(statement, ast.Expr)
    return isinstance(statement, ast.Import | ast.ImportFrom)


def essence(node):
    """Return a text that is the same for two definitions that do the same alike."""
    own = plain(node.name)
    tree = ast.parse(ast.unparse(node))
    for item in ast.walk(tree):
        for field in {"annotation", "returns"} & set(item._fields):
            setattr(item, field, None)
        for field in {"id", "name"} & set(item._fields):
            if plain(getattr(item, field) or "") == own:
                setattr(item, field, own)
        for field in {"body", "orelse"} & set(item._fields):
            if isinstance(getattr(item, field), list):
                kept = [part for part in getattr(item, field) if not is_left_out(part)]
                setattr(item, field, [without_type(part) for part in kept])
    return ast.dump(tree)


def without_type(statement):
    if isinstance(statement, ast.AnnAssign) and statement.value:
        return ast.Assign([statement.target], statement.value)
    return statement


def tags(cell):
    """Return what a cell says that it teaches."""
    names = cell.metadata.get("teaches", [])
    return [names] if isinstance(names, str) else names


def definitions(cell):
    """Return {name without ``_here``: node} of what a cell defines."""
    nodes = [node for node in ast.walk(cell.tree) if isinstance(node, DEFINITIONS)]
    return {plain(node.name): node for node in nodes}


def last(path):
    return path.rpartition(".")[2]


def problems(cell):
    """Return a line for each tag that is wrong and each definition without one."""
    found, own = [], definitions(cell)
    for path in tags(cell):
        if path not in package_definitions():
            found.append(f"{path}: the package has none")
        elif last(path) not in own:
            found.append(f"{path}: the cell defines none")
        elif essence(own[last(path)]) != essence(package_definitions()[path]):
            found.append(f"{path}: the cell's code is another")
    # The package's names, and names that promise to be: those with ``_here``.
    known = {last(path) for path in package_definitions()}
    known |= {name for name, node in own.items() if node.name != name}
    untagged = known & own.keys() - {last(path) for path in tags(cell)}
    return found + [
        f"{name}: has the name of the package's, and no tag" for name in untagged
    ]


CELLS = [c for p in notebooks("zh") for c in p.code_cells if tags(c) or definitions(c)]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_a_cell_teaches_is_the_packages_code(cell):
    assert problems(cell) == []


# --- what turns the test red ---------------------------------------------------------

BUILD = "mnist_tutorial.models.build_linear"


@pytest.mark.parametrize(
    ("old", "new", "tag", "problem"),
    [
        ("build_linear", "build_linear", BUILD, None),
        ("build_linear", "build_linear_here", [BUILD], None),
        ("build_linear", "build_lines", [], None),
        ("build_linear", "build_lines_here", BUILD, "the cell defines none"),
        ("Dense", "Conv2D", BUILD, "the cell's code is another"),
        ("build_linear", "build_lines", f"{BUILD}s", "the package has none"),
        ("build_linear", "build_linear", [], "no tag"),
        ("build_linear", "build_lines_here", [], "no tag"),
    ],
)
def test_a_wrong_or_missing_tag_is_seen(old, new, tag, problem):
    source = ast.unparse(package_definitions()[BUILD]).replace(old, new)
    found = problems(Cell("zh/page", "cell", "code", source, (), {"teaches": tag}))
    assert problem in " ".join(found) if problem else not found


@pytest.mark.parametrize(
    ("page", "is_same"),
    [
        ("def f_here(x, y=1):\n  total = 'a'\n  return f_here(total)", True),
        ("def f(x, y=2):\n  total = 'a'\n  return f(total)", False),
        ("def f(x, y=1):\n  total = 'b'\n  return f(total)", False),
        ("def f(x, y=1):\n  if x:\n    total = 'a'\n  return f(total)", False),
    ],
)
def test_only_what_a_page_need_not_show_is_left_out(page, is_same):
    package = (
        "def f(x: np.ndarray, y: int = 1) -> int:\n"
        "  'Do.'\n  import keras\n  check_counts(x=x)\n  x = checked_array('x', x)\n"
        "  if x < y:\n    raise InputError('too small')\n"
        "  total: str = 'a'\n  return f(total)\n"
    )
    nodes = [ast.parse(text).body[0] for text in (page, package)]
    assert (essence(nodes[0]) == essence(nodes[1])) == is_same
