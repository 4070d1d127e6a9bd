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


def reaches_out(tree, allowed=frozenset()):
    """Return what could reach the network, programs in strings included."""
    found = {called(call) for call in calls(tree)} & NETWORK_CALLS
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [(name.name.split(".")[0], name.asname) for name in node.names]
            found |= {m for m, other in modules if m not in allowed or other}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.search(r"^(import|from) ", node.value, re.M):
                found |= reaches_out(ast.parse(node.value))
        elif isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name.startswith("subprocess.") and name != "subprocess.run":
                found.add("subprocess")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "subprocess.run":
            if not ast.unparse(node).startswith(
                "subprocess.run([sys.executable, '-c',"
            ):
                found.add("subprocess")
    return found & (NETWORK_MODULES | NETWORK_CALLS)


@pytest.mark.parametrize(
    "program",
    [
        "import http.client as client",
        "from http.client import HTTPConnection",
        "from subprocess import run",
        "import socket",
        "program = 'import http.client'",
        "subprocess.run(['curl', address])",
        "subprocess.run('pip install x', shell=True)",
        "subprocess.Popen([sys.executable, '-c', program])",
        "run = subprocess.check_call",
        "keras.utils.get_file(address)",
    ],
)
def test_reaching_out_is_seen(program):
    assert reaches_out(ast.parse(program), {"http", "subprocess"})


def test_what_stays_at_home_is_allowed():
    program = (
        "import http.client\n"
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)\n"
        "subprocess.run([sys.executable, '-c', program, *files], check=True)"
    )
    assert not reaches_out(ast.parse(program), {"http"})


def writes(tree):
    """Return the calls that write to a disk, outside temporary folders."""
    allowed = set()
    for node in ast.walk(tree):
        managers = (
            [i.context_expr for i in node.items] if type(node) is ast.With else ()
        )
        if "TemporaryDirectory" in [
            called(item) for item in managers if isinstance(item, ast.Call)
        ]:
            allowed |= set(ast.walk(node))
    return [
        ast.unparse(call)
        for call in calls(tree)
        if call not in allowed
        and (called(call) in WRITERS or "checkpoint" in {k.arg for k in call.keywords})
    ]


def test_writing_is_seen():
    outside = "model.save('a.keras')\nwith open('a') as f:\n  pass"
    assert len(writes(ast.parse(outside))) == 2
    assert writes(ast.parse("train(m, x, y, checkpoint='a.keras')"))
    inside = "with tempfile.TemporaryDirectory() as d:\n  model.save(d)"
    assert not writes(ast.parse(inside))


@each_notebook
def test_no_cell_reaches_out_or_leaves_traces(page):
    for cell in page.code_cells:
        assert writes(cell.tree) == [], cell
        if cell.id != "setup":
            assert not re.search(r"^\s*[%!]", cell.source, re.M), cell
            assert "://" not in cell.source, cell
            assert not reaches_out(cell.tree, AT_HOME.get(page.name, set())), cell


@each_notebook
def test_randomness_is_seeded(page):
    """A network or a draw without a seed would give every reader another page."""
    for cell in page.code_cells:
        made = {called(call) for call in calls(cell.tree)}
        # Networks in NumPy are handed their seed, those in Keras draw from its state.
        builds = "Sequential" in made or any(
            called(call).startswith("build_")
            and "seed" not in {keyword.arg for keyword in call.keywords}
            for call in calls(cell.tree)
        )
        if builds and made & {"fit", "train", "train_fast", "train_by_hand"}:
            assert made & {"set_random_seed", "set_weights"}, cell
        assert not re.search(r"np\.random\.(?!default_rng\(\d)", cell.source), cell


# --- the listing and its code --------------------------------------------------------

PROJECT = {page.tree: page for page in notebooks() if page.name == "code/project"}


def printed(tree):
    listing = PROJECT[tree].cell("listing").source
    (block,) = re.findall(r"```python\n(.*?)```", listing, re.S)
    return block


def test_the_listing_is_printed_to_the_letter_in_english_with_other_comments():
    assert printed("zh") == LISTING
    assert re.sub("#.*", "#", printed("en")) == re.sub("#.*", "#", LISTING)
    assert printed("en").isascii()


class AsInTheListing(ast.NodeTransformer):
    """Undo the two changes that the page names: the loader, and a quiet ``fit``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if called(node) == "load_raw_mnist":
            return ast.parse("mnist.load_data()", mode="eval").body
        node.keywords = [word for word in node.keywords if word.arg != "verbose"]
        return node


def test_the_listing_that_is_run_is_the_listing_that_is_printed():
    run = [
        ast.unparse(AsInTheListing().visit(node))
        for name in ("listing-data", "listing-model", "listing-compile", "listing-fit")
        for node in PROJECT["zh"].cell(name).tree.body
    ]
    # The test images are not needed for a program that fails in training.
    assert run == [
        line
        for line in map(ast.unparse, ast.parse(LISTING).body)
        if not re.search("^import|^from|^test_|^print", line)
    ]
