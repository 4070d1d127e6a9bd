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

# Definitions that only share a name with one of the package's, and what they do.
OTHERS = {
    ("algorithm/training", "train_by_hand"): "the same",  # until it is tagged
    ("faq/architecture", "count_multiply_adds"): "the same",  # until it is tagged
}


@cache
def package_definitions():
    """Return {path from which it is imported: node} of what the package has."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        folders = path.relative_to(ROOT).parent.parts
        # A package in the package hands on what its files define.
        where = folders if len(folders) > 1 else (*folders, path.stem)
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
                found[".".join([*where, node.name])] = node
    return found


def refuses(node):
    """Tell whether a node calls one of ``mnist_tutorial.checks`` or raises."""
    if isinstance(node, ast.Raise):
        return node.exc is not None and called(node.exc) == "InputError"
    return isinstance(node, ast.Call) and called(node).startswith("check")


class Essence(ast.NodeTransformer):
    """Leave out of a definition what a page need not show."""

    def __init__(self, name):
        self.names = {name, f"{name}_here"}

    def one_name(self, name):
        return "taught" if name in self.names else name

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.name, node.returns = self.one_name(node.name), None
        return node

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.name = self.one_name(node.name)
        return node

    def visit_Name(self, node):
        node.id = self.one_name(node.id)
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else node

    def visit_Assign(self, node):
        return None if refuses(node.value) else self.generic_visit(node)

    def visit_Expr(self, node):
        is_text = isinstance(getattr(node.value, "value", None), str)
        return None if is_text or refuses(node.value) else self.generic_visit(node)

    def visit_If(self, node):
        only_refuses = refuses(node.body[0]) and not node.orelse
        return None if only_refuses else self.generic_visit(node)

    def visit_Import(self, node):
        return None

    visit_ImportFrom = visit_Import


def essence(node):
    """Return a text that is the same for two definitions that do the same alike."""
    copy = ast.parse(ast.unparse(node)).body[0]
    return ast.dump(Essence(node.name.removesuffix("_here")).visit(copy))


def tags(cell):
    """Return what a cell says that it teaches."""
    names = cell.metadata.get("teaches", [])
    return [names] if isinstance(names, str) else names


def definitions(cell):
    """Return {name without ``_here``: node} of what a cell defines."""
    nodes = [node for node in ast.walk(cell.tree) if isinstance(node, DEFINITIONS)]
    return {node.name.removesuffix("_here"): node for node in nodes}


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
    for name in sorted(untagged(cell)):
        if (cell.page.removeprefix("zh/"), name) not in OTHERS:
            found.append(f"{name}: has the name of the package's, and no tag")
    return found


def untagged(cell):
    """Return the names that promise to be the package's, without a tag."""
    known = {last(path) for path in package_definitions()}
    known |= {name for name, node in definitions(cell).items() if node.name != name}
    return (known & definitions(cell).keys()) - {last(path) for path in tags(cell)}


CELLS = [
    cell
    for page in notebooks("zh")
    for cell in page.code_cells
    if tags(cell) or definitions(cell)
]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_a_cell_teaches_is_the_packages_code(cell):
    assert problems(cell) == []


def test_the_others_are_there_and_have_no_tag():
    found = {
        (cell.page.removeprefix("zh/"), n) for cell in CELLS for n in untagged(cell)
    }
    assert found >= OTHERS.keys()


# --- what turns the test red ---------------------------------------------------------

BUILD = "mnist_tutorial.models.build_linear"


@pytest.mark.parametrize(
    ("old", "new", "tag", "problem"),
    [
        ("build_linear", "build_linear", BUILD, None),
        ("build_linear", "build_linear_here", [BUILD], None),
        ("build_linear", "build_lines_here", BUILD, "the cell defines none"),
        ("Dense", "Conv2D", BUILD, "the cell's code is another"),
        ("build_linear", "build_lines", f"{BUILD}s", "the package has none"),
        ("build_linear", "build_linear", [], "no tag"),
        ("build_linear", "build_lines_here", [], "no tag"),
        ("build_linear", "build_lines", [], None),
    ],
)
def test_a_wrong_or_missing_tag_is_seen(old, new, tag, problem):
    source = ast.unparse(package_definitions()[BUILD]).replace(old, new)
    cell = Cell("zh/page", "cell", "code", source, (), {"teaches": tag})
    found = problems(cell)
    assert bool(found) == bool(problem)
    assert not problem or any(problem in line for line in found)


@pytest.mark.parametrize(
    ("own", "is_same"),
    [
        ("def f(x, y=1):\n    total = x\n    return f_here(total)", True),
        ("def f(x, y=2):\n    total = x\n    return f(total)", False),
        ("def f(x, y=1):\n    sum = x\n    return f(sum)", False),
        ("def f(x, y=1):\n    if x:\n        total = x\n    return f(total)", False),
    ],
)
def test_only_what_a_page_need_not_show_is_left_out(own, is_same):
    package = """
def f(x: np.ndarray, y: int = 1) -> int:
    '''Do.'''
    import keras
    check_counts(x=x)
    x = checked_array("x", x)
    if x < y:
        raise InputError("too small")
    total: int = x
    return f(total)
"""
    nodes = [ast.parse(text).body[0] for text in (own, package)]
    assert (essence(nodes[0]) == essence(nodes[1])) == is_same
