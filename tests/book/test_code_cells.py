"""What the notebooks' code may do, and that it is the code that it claims to be."""

import ast
import re
from pathlib import Path

import pytest
from book_pages import ROOT, called, calls, notebooks

PACKAGE = ROOT / "mnist_tutorial"
LISTING = (Path(__file__).parent / "source_listing.txt").read_text("utf-8")

# The code is the same in both trees (test_trees), so one is enough.
each_notebook = pytest.mark.parametrize("page", notebooks("zh"), ids=str)


# --- the test set reports and never chooses ------------------------------------------

LOADERS = {"load_mnist", "load_raw_mnist", "load_data"}
CHOOSERS = {
    "fit",
    "train",
    "train_fast",
    "train_by_hand",
    "train_by_hand_here",
    "train_on_batch",
    "split_validation",
    "take_subset",
    "train_test_split",
    "adapt",
    "GridSearchCV",
}
CHOOSING_KEYWORDS = {"validation_data", "callbacks"}


def names(node):
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


class TestSetUse(ast.NodeVisitor):
    """Follow what comes from the test set through a program, in reading order."""

    __test__ = False

    def __init__(self):
        self.tainted, self.found = set(), []

    def bind(self, target, is_tainted):
        for name in names(target):
            (self.tainted.add if is_tainted else self.tainted.discard)(name)

    def visit_Assign(self, node):
        self.visit(node.value)
        loads = isinstance(node.value, ast.Call) and called(node.value) in LOADERS
        for target in node.targets:
            if loads and isinstance(target, ast.Tuple):
                training, test = target.elts
                self.bind(training, False)
                self.bind(test, True)
            elif isinstance(target, ast.Subscript | ast.Attribute):
                if self.is_tainted(node.value):
                    self.bind(target.value, True)
            else:
                self.bind(target, self.is_tainted(node.value))

    def visit_AugAssign(self, node):
        self.visit(node.value)
        if self.is_tainted(node.value):
            self.bind(node.target, True)

    def visit_For(self, node):
        self.visit(node.iter)
        self.bind(node.target, self.is_tainted(node.iter))
        for statement in node.body + node.orelse:
            self.visit(statement)

    def visit_comprehension(self, node):
        if self.is_tainted(node.iter):
            self.bind(node.target, True)
        self.generic_visit(node)

    def visit_Call(self, node):
        self.generic_visit(node)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if called(node) in CHOOSERS and any(map(self.is_tainted, arguments)):
            self.found.append(f"line {node.lineno}: {ast.unparse(node)}")
        for keyword in node.keywords:
            if keyword.arg in CHOOSING_KEYWORDS and self.is_tainted(keyword.value):
                self.found.append(f"line {node.lineno}: {keyword.arg}")

    def is_tainted(self, node):
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and item.id in self.tainted:
                return True
            is_load = isinstance(item, ast.Subscript) and isinstance(
                item.value, ast.Call
            )
            if is_load and called(item.value) in LOADERS:
                if ast.unparse(item.slice) != "0":
                    return True
        return False


def misuses(tree):
    """Return the calls that choose by the test set."""
    use = TestSetUse()
    use.visit(tree)
    return sorted(set(use.found))


@pytest.mark.parametrize(
    "program",
    [
        "(a, b), (c, d) = load_mnist()\nmodel.fit(c, d)",
        "(a, b), (c, d) = load_mnist()\nmodel.fit(a, b, validation_data=(c, d))",
        "(a, b), test = load_mnist()\ntrain(model, a, b, validation_data=test)",
        "_, (c, d) = load_raw_mnist()\nc = c / 255\ntrain_fast(model, c, d)",
        "a = load_mnist()[1]\nsplit_validation(*a)",
        "_, (c, d) = mnist.load_data()\ne = []\nfor i in c:\n  e += i\ntrain(m, e)",
        "_, (c, d) = load_mnist()\ne['x'] = c\ntrain(m, e['x'], b)",
        "_, (c, d) = load_mnist()\nshow(callbacks=[Stop(c)])",
    ],
)
def test_choosing_by_the_test_set_is_seen(program):
    assert misuses(ast.parse(program))


@pytest.mark.parametrize(
    "program",
    [
        "(a, b), (c, d) = load_mnist()\nmodel.fit(a, b)\nmodel.evaluate(c, d)",
        "_, (c, d) = load_mnist()\nc = other\ntrain(model, c, b)",
        "a, b = load_mnist()[0]\ntrain(model, a, b)",
    ],
)
def test_reporting_on_the_test_set_is_no_choice(program):
    assert not misuses(ast.parse(program))


@each_notebook
def test_no_page_chooses_by_the_test_set(page):
    body = [node for cell in page.code_cells for node in cell.tree.body]
    assert misuses(ast.Module(body, [])) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.name)
def test_the_package_never_chooses_by_the_test_set(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert misuses(tree) == []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert misuses(node) == [], node.name


# --- no network, no traces -----------------------------------------------------------

NETWORK_MODULES = {
    *("urllib", "http", "requests", "socket", "ftplib", "aiohttp", "httpx"),
    *("subprocess", "tensorflow_datasets", "tensorflow_hub", "webbrowser"),
}
NETWORK_CALLS = {"get_file", "urlopen", "urlretrieve", "fetch_openml", "load_data"}
# ``replace``, ``copy`` and ``dump`` are missing: strings and arrays have them too.
WRITERS = {
    *("save", "savez", "savez_compressed", "savetxt", "savefig", "save_weights"),
    *("write_text", "write_bytes", "mkdir", "makedirs", "touch", "open", "tofile"),
    *("export", "to_csv", "symlink_to", "rename", "unlink", "rmtree", "save_model"),
    *("copyfile", "copytree", "NamedTemporaryFile", "mkdtemp"),
}


@each_notebook
def test_only_setup_may_use_the_network(page):
    for cell in page.code_cells:
        if cell.id == "setup":
            continue
        assert not re.search(r"^\s*[%!]", cell.source, re.M), cell
        assert "://" not in cell.source, cell
        for node in ast.walk(cell.tree):
            if isinstance(node, ast.Import):
                modules = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules = {node.module.split(".")[0]}
            else:
                continue
            assert not modules & NETWORK_MODULES, cell
        assert not {called(call) for call in calls(cell.tree)} & NETWORK_CALLS, cell


def in_temporary_folders(tree):
    """Return the nodes that stand inside ``with tempfile.TemporaryDirectory()``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any(
            isinstance(item.context_expr, ast.Call)
            and called(item.context_expr) == "TemporaryDirectory"
            for item in node.items
        ):
            found |= set(ast.walk(node))
    return found


def writes(tree):
    """Return the calls that write to a disk, outside temporary folders."""
    allowed = in_temporary_folders(tree)
    found = []
    for call in calls(tree):
        keywords = {keyword.arg for keyword in call.keywords}
        writing = called(call) in WRITERS or "checkpoint" in keywords
        if writing and call not in allowed:
            found.append(ast.unparse(call))
    return found


def test_writing_is_seen():
    outside = "model.save('a.keras')\nwith open('a') as f:\n  pass"
    assert len(writes(ast.parse(outside))) == 2
    assert writes(ast.parse("train(m, x, y, checkpoint='a.keras')"))
    inside = "with tempfile.TemporaryDirectory() as d:\n  model.save(d)"
    assert not writes(ast.parse(inside))


@each_notebook
def test_nothing_is_written_outside_temporary_folders(page):
    for cell in page.code_cells:
        assert writes(cell.tree) == [], cell


@each_notebook
def test_randomness_is_seeded(page):
    """A network or a draw without a seed would give every reader another page."""
    for cell in page.code_cells:
        made = {called(call) for call in calls(cell.tree)}
        # Networks in NumPy are handed their seed, those in Keras draw from its state.
        builders = {
            called(call)
            for call in calls(cell.tree)
            if called(call) == "Sequential"
            or called(call).startswith("build_")
            and "seed" not in {keyword.arg for keyword in call.keywords}
        }
        trained = made & {"fit", "train", "train_fast", "train_by_hand"}
        if builders and trained:
            is_seeded = "set_random_seed" in made or "set_weights" in made
            assert is_seeded, cell
        assert not re.search(r"np\.random\.(?!default_rng\(\d)", cell.source), cell


# --- the listing and its code --------------------------------------------------------


def printed_listing(tree):
    (page,) = (page for page in notebooks(tree) if page.name == "code/project")
    (block,) = re.findall(r"```python\n(.*?)```", page.cell("listing").source, re.S)
    return block


def test_the_chinese_page_prints_the_listing_to_the_letter():
    assert printed_listing("zh") == LISTING


def test_the_english_page_prints_it_with_other_comments_only():
    def lines(text):
        return [re.sub(r"#.*", "#", line) for line in text.splitlines()]

    assert lines(printed_listing("en")) == lines(LISTING)
    assert printed_listing("en").isascii()


class AsInTheListing(ast.NodeTransformer):
    """Undo the two changes that the page names: the loader, and a quiet ``fit``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if called(node) == "load_raw_mnist":
            return ast.parse("mnist.load_data()", mode="eval").body
        node.keywords = [word for word in node.keywords if word.arg != "verbose"]
        return node


def test_the_listing_that_is_run_is_the_listing_that_is_printed():
    (page,) = (page for page in notebooks("zh") if page.name == "code/project")
    run = [
        ast.unparse(AsInTheListing().visit(node))
        for name in ("listing-data", "listing-model", "listing-compile", "listing-fit")
        for node in page.cell(name).tree.body
    ]
    printed = [ast.unparse(node) for node in ast.parse(LISTING).body]
    # The test images are not needed for a program that fails in training.
    left_out = [
        line for line in printed if re.search("^import|^from|^test_|^print", line)
    ]
    assert run == [line for line in printed if line not in left_out]


# --- taught code and the package -----------------------------------------------------


def package_functions():
    """Return the package's functions by name; modules may share a name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
    return found


def essence(function):
    """Return a function's arguments and body without what a page leaves out."""
    body = list(function.body)
    if ast.get_docstring(function) is not None:
        body = body[1:]
    body = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    arguments = function.args
    for argument in [*arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    return ast.unparse(arguments), [ast.dump(node) for node in body]


TAUGHT = [
    (page, node)
    for page in notebooks("zh")
    for cell in page.code_cells
    for node in ast.walk(cell.tree)
    if isinstance(node, ast.FunctionDef)
    and node.name.removesuffix("_here") in package_functions()
]


@pytest.mark.parametrize(
    ("page", "function"), TAUGHT, ids=[function.name for _, function in TAUGHT]
)
def test_a_taught_function_is_the_packages(page, function):
    own = package_functions()[function.name.removesuffix("_here")]
    assert essence(function) in [essence(candidate) for candidate in own]


def test_the_training_loop_is_taught():
    assert "train_by_hand_here" in {function.name for _, function in TAUGHT}


def test_a_name_that_promises_a_package_function_keeps_it():
    for page in notebooks("zh"):
        for cell in page.code_cells:
            for node in ast.walk(cell.tree):
                if isinstance(node, ast.FunctionDef) and node.name.endswith("_here"):
                    assert node.name.removesuffix("_here") in package_functions()
