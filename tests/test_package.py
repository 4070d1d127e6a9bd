"""Which libraries a module may know, what is installed, and what stays light."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mnist_tutorial

PACKAGE = Path(mnist_tutorial.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
INSTALLED = PROJECT["tool"]["setuptools"]
# The files of each module: several, if the module is a folder.
MODULES: dict[str, list[Path]] = {}
for path in sorted(PACKAGE.rglob("*.py")):
    name = path.relative_to(PACKAGE).with_suffix("").parts[0]
    MODULES.setdefault(name, []).append(path)

KERAS = {"keras", "tensorflow", "tf_keras", "torch", "jax"}
DRAWING = {"matplotlib", "ipywidgets", "anywidget", "IPython"}

# What each module may import besides the standard library and this package (for that,
# see test_layers.py). A new module has to be entered here.
MAY_IMPORT = {
    "__init__": set(),
    "errors": set(),
    "checks": {"numpy"},
    "homework": {"numpy"},
    "recipes": set(),
    "assertions": {"numpy"},
    "bilingual": {"IPython"},
    "datasets": {"numpy", "sklearn"},
    "preprocessing": {"numpy", "scipy", "PIL"},
    "models": {"keras"},
    # Inside functions: TensorFlow for its pipeline, JAX for the number of computers,
    # IPython for the progress bar.
    "training": {"keras", "numpy", "tensorflow", "jax", "IPython"},
    # Inside functions: the state of PyTorch's generator.
    "checkpoints": {"keras", "numpy", "jax", "torch"},
    "evaluation": {"keras", "numpy", "scipy", "sklearn"},
    "diagnosis": {"keras", "numpy", "scipy"},
    "overfitting": {"keras"},
    "plots": {"numpy", "matplotlib"},
    "scratch": {"numpy"},
    "scenes": {"numpy"},
    # Archives that are fetched once on request: checked, unpacked, decoded.
    "downloads": {"numpy", "PIL", "pooch", "requests"},
    "playground": {"numpy"},
    # Inside a function: the backend that differentiates.
    "inspection": {"keras", "numpy", "tensorflow", "jax", "torch", "scipy"},
    "robustness": {"keras", "numpy"},
    "widgets": {"keras", "numpy", "matplotlib", "ipywidgets", "anywidget", "traitlets"},
    # The command line; all but NumPy inside functions.
    "doctor": {"keras"},
    "model_files": {"keras", "numpy"},
    "data_parallel": {"keras", "numpy"},
    "__main__": {"keras", "numpy"},
}


def packages(node):
    """Return the other packages that a syntax tree imports."""
    found = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            assert not item.level, "imports are absolute"
            found.add(item.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"mnist_tutorial"}


def parse(name):
    """Return the syntax tree of a module; of all its files, if it is a folder."""
    trees = [ast.parse(path.read_text("utf-8")) for path in MODULES[name]]
    return ast.Module([node for tree in trees for node in tree.body], [])


def test_every_module_has_its_place():
    assert set(MODULES) == set(MAY_IMPORT)


def test_every_folder_with_modules_is_installed():
    folders = {path.parent for paths in MODULES.values() for path in paths}
    names = {".".join(folder.relative_to(PACKAGE.parent).parts) for folder in folders}
    assert names == set(INSTALLED["packages"])


def test_every_file_beside_the_modules_is_installed():
    installed = set()
    for name, patterns in INSTALLED["package-data"].items():
        folder = PACKAGE.parent.joinpath(*name.split("."))
        installed.update(path for pattern in patterns for path in folder.glob(pattern))
    files = {path for path in PACKAGE.rglob("*") if path.is_file()}
    assert {path for path in files if path.suffix not in (".py", ".pyc")} == installed


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_module_imports_only_what_it_may(name):
    assert packages(parse(name)) <= MAY_IMPORT[name]


def test_training_imports_inside_functions_what_is_not_always_there():
    for node in parse("training").body:
        if packages(node) & {"tensorflow", "IPython"}:
            assert node.name in ("_batches", "_ProgressBar")


def test_of_evaluation_only_the_reading_of_images_knows_a_network():
    known = [node for node in parse("evaluation").body if "keras" in packages(node)]
    assert [node.name for node in known] == ["_classes"]


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        ((), KERAS | DRAWING | {"numpy", "sklearn", "scipy", "PIL"}),
        (("errors", "datasets", "preprocessing", "evaluation"), KERAS | DRAWING),
        (("scratch", "playground"), KERAS | DRAWING | {"sklearn", "scipy", "PIL"}),
        (("plots",), KERAS | {"ipywidgets", "IPython"}),
    ],
    ids=["package", "arrays", "scratch", "plots"],
)
def test_a_fresh_process_loads_no_more_than_needed(modules, unwanted):
    lines = ["import sys", "import mnist_tutorial"]
    lines += [f"import mnist_tutorial.{name}" for name in modules]
    program = "\n".join([*lines, "print(*sys.modules)"])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "mnist_tutorial" in loaded
    assert not loaded & unwanted
    assert done.stderr == ""
