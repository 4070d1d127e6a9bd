"""Which part may know which: the directions of the imports, and what stays light."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mnist_tutorial

PACKAGE = Path(mnist_tutorial.__file__).parent
# The files of each module: several, if the module is a folder.
MODULES: dict[str, list[Path]] = {}
for path in sorted(PACKAGE.rglob("*.py")):
    name = path.relative_to(PACKAGE).with_suffix("").parts[0]
    MODULES.setdefault(name, []).append(path)

KERAS = {"keras", "tensorflow", "tf_keras", "torch", "jax"}
DRAWING = {"matplotlib", "ipywidgets", "IPython"}

# What each module may import besides the standard library: packages, then modules of
# its own package besides `errors` and `checks`. A new module has to be entered here.
MAY_IMPORT = {
    # Inside a function: what `%load_ext mnist_tutorial` loads.
    "__init__": (set(), {"assertions"}),
    "errors": (set(), set()),
    "checks": ({"numpy"}, set()),
    "recipes": (set(), set()),
    "assertions": ({"numpy"}, set()),
    "datasets": ({"numpy", "sklearn"}, {"preprocessing"}),
    "preprocessing": ({"numpy", "scipy", "PIL"}, set()),
    "models": ({"keras"}, set()),
    # Inside functions: TensorFlow for its pipeline and for the loop by hand, IPython
    # for the progress bar.
    "training": ({"keras", "numpy", "tensorflow", "IPython"}, {"recipes"}),
    "evaluation": ({"numpy", "scipy", "sklearn"}, set()),
    "diagnosis": ({"keras", "numpy"}, {"training"}),
    "overfitting": ({"keras", "numpy"}, {"models", "training"}),
    "plots": ({"numpy", "matplotlib"}, set()),
    "scratch": ({"numpy"}, set()),
    "scenes": ({"numpy"}, set()),
    # Archives that are fetched once on request: checked, unpacked, decoded.
    "real_data": ({"numpy", "PIL", "pooch", "requests"}, set()),
    "playground": ({"numpy"}, set()),
    "inspection": ({"keras", "numpy", "tensorflow"}, set()),
    "robustness": ({"keras", "numpy", "scipy"}, {"inspection"}),
    "widgets": (
        {"keras", "numpy", "matplotlib", "ipywidgets"},
        {"inspection", "plots"},
    ),
    # The command line; all but NumPy inside functions.
    "doctor": ({"keras"}, {"datasets", "models", "recipes"}),
    "model_files": ({"keras", "numpy"}, set()),
    "__main__": (
        {"keras", "numpy"},
        {"datasets", "doctor", "evaluation", "model_files", "models", "preprocessing"}
        | {"recipes", "training"},
    ),
}


def imports(node):
    """Return what a syntax tree imports: other packages, and modules of this one."""
    packages, own = set(), set()
    for item in ast.walk(node):
        if isinstance(item, ast.Import):
            found = [alias.name for alias in item.names]
        elif isinstance(item, ast.ImportFrom):
            assert not item.level, "imports are absolute"
            found = [f"{item.module}.{alias.name}" for alias in item.names]
        else:
            continue
        for name in found:
            first, *rest = name.split(".")
            if first != "mnist_tutorial":
                packages.add(first)
            elif rest:
                own.add(rest[0])
    return packages - set(sys.stdlib_module_names), own


def parse(name):
    """Return the syntax tree of a module; of all its files, if it is a folder."""
    trees = [ast.parse(path.read_text("utf-8")) for path in MODULES[name]]
    return ast.Module([node for tree in trees for node in tree.body], [])


def test_every_module_has_its_place():
    assert set(MODULES) == set(MAY_IMPORT)


def test_every_folder_with_modules_is_installed():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
    folders = {path.parent for paths in MODULES.values() for path in paths}
    names = {".".join(folder.relative_to(PACKAGE.parent).parts) for folder in folders}
    assert names == set(project["tool"]["setuptools"]["packages"])


def test_every_file_beside_the_modules_is_installed():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
    installed = set()
    for name, patterns in project["tool"]["setuptools"]["package-data"].items():
        folder = PACKAGE.parent.joinpath(*name.split("."))
        installed.update(path for pattern in patterns for path in folder.glob(pattern))
    files = {path for path in PACKAGE.rglob("*") if path.is_file()}
    assert {path for path in files if path.suffix not in (".py", ".pyc")} == installed


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_module_imports_only_what_it_may(name):
    packages, own = imports(parse(name))
    allowed_packages, allowed_own = MAY_IMPORT[name]
    assert packages <= allowed_packages
    assert own - {name, "errors", "checks"} <= allowed_own


def test_training_imports_inside_functions_what_is_not_always_there():
    for node in parse("training").body:
        if imports(node)[0] & {"tensorflow", "IPython"}:
            assert node.name in ("train_by_hand", "_batches", "_ProgressBar")


def test_directions_have_no_circle():
    graph = {name: imports(parse(name))[1] - {name} for name in MODULES}

    def reach(name, above=()):
        assert name not in above, (*above, name)
        for other in graph[name] & set(MODULES):
            reach(other, (*above, name))

    for name in graph:
        reach(name)


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
