"""What the notebooks' code may do; the listing that runs is the printed one."""

import ast
import re
from pathlib import Path

from book_pages import called, calls, each_program, notebooks

LISTING = (Path(__file__).parent / "source_listing.txt").read_text("utf-8")

# --- no network, no traces -----------------------------------------------------------

NETWORK = re.compile(
    r"://|^\s*[%!]|\b(?:urllib|http|requests|socket|ftplib|aiohttp|httpx|subprocess|"
    r"tensorflow_datasets|tensorflow_hub|webbrowser|get_file|urlopen|urlretrieve|"
    r"fetch_openml|load_data|load_medmnist|load_gtsrb)\b",
    re.M,
)
# ``replace``, ``copy`` and ``dump`` are missing: strings and arrays have them too.
WRITERS = {
    *("save", "savez", "savez_compressed", "savetxt", "savefig", "save_weights"),
    *("write_text", "write_bytes", "mkdir", "makedirs", "touch", "open", "tofile"),
    *("export", "to_csv", "symlink_to", "rename", "unlink", "rmtree", "save_model"),
    *("copyfile", "copytree", "NamedTemporaryFile", "mkdtemp"),
}


def writes(tree):
    """Return the calls that write to a disk, outside temporary folders."""
    allowed = {
        inside
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and ast.unparse(node.items[0]).startswith("tempfile.TemporaryDirectory(")
        for inside in ast.walk(node)
    }
    return [
        ast.unparse(call)
        for call in calls(tree)
        if call not in allowed and called(call) in WRITERS
    ]


def test_writing_is_seen():
    outside = "model.save('a.keras')\nwith open('a') as f:\n  pass"
    assert len(writes(ast.parse(outside))) == 2
    inside = "with tempfile.TemporaryDirectory() as d:\n  model.save(d)"
    assert not writes(ast.parse(inside))


@each_program
def test_no_cell_reaches_out_or_leaves_traces(page):
    for cell in page.code_cells:
        assert writes(cell.tree) == [], cell
        assert cell.id == "setup" or not NETWORK.search(cell.source), cell


@each_program
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
