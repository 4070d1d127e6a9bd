"""What the notebooks' code may do; the listing that runs is the printed one."""

import ast
import re
from pathlib import Path

import pytest
from book_pages import called, calls, notebooks

LISTING = (Path(__file__).parent / "source_listing.txt").read_text("utf-8")

# The code is the same in both trees (test_trees), so one is enough.
each_notebook = pytest.mark.parametrize("page", notebooks("zh"), ids=str)


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


# One page runs its own Python once more.
AT_HOME = {"tools": {"subprocess"}}


def network_imports(tree, allowed=frozenset()):
    """Return the modules that can reach the network, programs in strings included."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name.split(".")[0]
                if module not in allowed or alias.asname:
                    found.add(module)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.search(r"^(import|from) ", node.value, re.M):
                found |= network_imports(ast.parse(node.value))
    return found & NETWORK_MODULES


def leaves_home(tree):
    """Return what of ``subprocess`` could reach beyond this machine."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name.startswith("subprocess.") and name != "subprocess.run":
                found.append(name)
    for call in calls(tree):
        first = ast.unparse(call.args[0]) if call.args else ""
        if ast.unparse(call.func) == "subprocess.run":
            if not first.startswith("[sys.executable, '-c', "):
                found.append(first)
    return found


@pytest.mark.parametrize(
    "program",
    [
        "import urllib.request",
        "import http.client as client",
        "from http.client import HTTPConnection",
        "from subprocess import run",
        "program = 'import requests'",
        "program = 'import http.client'",
    ],
)
def test_network_imports_are_seen(program):
    assert network_imports(ast.parse(program), {"http", "subprocess"})
    assert not network_imports(ast.parse("import http.client"), {"http"})


@pytest.mark.parametrize(
    "program",
    [
        "subprocess.run(['curl', address])",
        "subprocess.run('pip install x', shell=True)",
        "subprocess.Popen([sys.executable, '-c', program])",
        "run = subprocess.check_call",
    ],
)
def test_leaving_home_is_seen(program):
    assert leaves_home(ast.parse(program))


def test_what_stays_at_home_is_allowed():
    program = (
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)\n"
        "subprocess.run([sys.executable, '-c', program, *files], check=True)"
    )
    assert not leaves_home(ast.parse(program))


@each_notebook
def test_only_setup_may_use_the_network(page):
    allowed = AT_HOME.get(page.name, set())
    for cell in page.code_cells:
        if cell.id == "setup":
            continue
        assert not re.search(r"^\s*[%!]", cell.source, re.M), cell
        assert "://" not in cell.source, cell
        assert not network_imports(cell.tree, allowed), cell
        assert leaves_home(cell.tree) == [], cell
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
