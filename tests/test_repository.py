"""The repository's own files agree with each other and with pyproject.toml."""

import ast
import re
import shutil
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import set_repository
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = ["3.11", "3.12", "3.13"]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
LICENCES = ["LICENSE", "LICENSE-TEXT", "mnist_tutorial/data/LICENSE"]

HERE = set_repository.read_setting(ROOT)
FOREIGN = "https://github.com/keras-team/keras, https://poloclub.github.io/explainer/"


def read_yaml(path):
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


# --- the public address --------------------------------------------------------------


def test_every_address_agrees_with_the_setting(capsys):
    assert set_repository.main(["--check"], ROOT) == 0, capsys.readouterr().out


def test_settings_and_citation_name_the_address_and_the_version():
    config, citation = read_yaml("_config.yml"), read_yaml("CITATION.cff")
    assert config["repository"] == {"url": HERE.url, "branch": "main"}
    assert config["html"]["baseurl"] == HERE.pages
    # The Colab button of a page is url + branch + path_to_book + page.
    english = read_yaml("book/en/_config.yml")
    assert english["repository"] == {"path_to_book": "book/en"}
    assert citation["version"] == PROJECT["version"]


@pytest.mark.parametrize("tree", READMES)
def test_readme_links_lead_to_this_repository(tree):
    text = READMES[tree].read_text("utf-8")
    targets = set(re.findall(r"\]\(([^)\s]+)\)", text))
    assert targets >= {
        HERE.colab(f"book/{tree}/code/project.ipynb"),
        f"{HERE.binder}?urlpath=lab/tree/book/{tree}/index.ipynb",
        f"{HERE.pages}book/{tree}/index.html",
        f"{HERE.url}/actions/workflows/test.yml/badge.svg",
        *LICENCES,
    }
    assert f'pip install jupyterlab "{HERE.install}"' in text
    assert f"git clone {HERE.url}.git\n" in text
    for page in re.findall(rf"\bbook/{tree}/\w+(?:/\w+)*\.(?:ipynb|html)", text):
        assert (ROOT / page).with_suffix(".ipynb").exists(), page
    for target in targets:
        assert "://" in target or (ROOT / target).exists(), target


@pytest.fixture
def copied_tree(tmp_path):
    """Copy what has an address in it, with a link to somebody else's repository."""
    for path in set_repository.text_files(ROOT):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    (tmp_path / "links.md").write_text(f"{FOREIGN}\n{HERE.pages}a.html\n")
    return tmp_path


def read_tree(root):
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def test_one_command_moves_every_address_and_back(copied_tree):
    before = read_tree(copied_tree)
    new = "https://github.com/Some-One/digits.book"
    assert set_repository.main([new], copied_tree) == 0
    after = read_tree(copied_tree)
    moved = set_repository.read_setting(copied_tree)
    assert (moved.url, moved.pages) == (new, "https://some-one.github.io/digits.book/")
    for path, text in after.items():
        for old in (HERE.url, HERE.pages, f"{HERE.owner}/{HERE.name}"):
            assert old not in text, path
        assert not path.endswith(".ipynb") or f'--quiet \\"git+{new}\\"' in text, path
    for path, text in {
        "CITATION.cff": f"url: {moved.pages}",
        "_config.yml": f"url: {new}",
        "book/en/_config.yml": f"baseurl: {moved.pages}book/en/",
        "README.md": f"git clone {new}.git\n",
        "README.zh-CN.md": moved.binder,
        "links.md": f"{FOREIGN}\n{moved.pages}a.html\n",
    }.items():
        assert text in after[path], path
    assert set_repository.main(["--check"], copied_tree) == 0
    assert set_repository.main([HERE.url], copied_tree) == 0
    assert read_tree(copied_tree) == before


def test_check_lists_stray_addresses_and_repair_mends_them(copied_tree, capsys):
    before = read_tree(copied_tree)
    for path, right, wrong in (
        ("book/zh/code/project.ipynb", HERE.install, "git+https://github.com/a/b"),
        ("_config.yml", f"url: {HERE.url}", "url: https://github.com/a/b"),
        ("CITATION.cff", HERE.pages, "https://a.github.io/b/"),
        ("README.md", HERE.binder, "https://mybinder.org/v2/gh/a/b/main"),
        ("README.zh-CN.md", f"github/{HERE.owner}/", "github/a/"),
    ):
        assert right in before[path]
        (copied_tree / path).write_text(before[path].replace(right, wrong), "utf-8")
        broken = read_tree(copied_tree)
        assert set_repository.main(["--check"], copied_tree) == 1
        assert f"{path}:" in capsys.readouterr().out
        assert read_tree(copied_tree) == broken
    assert set_repository.main([], copied_tree) == 0
    assert read_tree(copied_tree) == before


def test_a_bad_address_is_refused_and_nothing_changes(copied_tree, capsys):
    before = read_tree(copied_tree)
    for url in (
        *("github.com/owner/name", "https://gitlab.com/owner/name"),
        *("https://github.com/owner", "https://github.com/owner/name/tree/main"),
        *("https://github.com/owner/name.git", "https://github.com/o/o.github.io"),
    ):
        assert set_repository.main([url], copied_tree) == 2, url
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "https://github.com/OWNER/NAME" in error
    assert read_tree(copied_tree) == before


# --- what is installed ---------------------------------------------------------------


def read_pins(path, python):
    """Return {name: version} that a constraints file gives one Python."""
    pins = {}
    for line in (ROOT / path).read_text("utf-8").splitlines():
        if not line.partition("#")[0].strip():
            continue
        requirement = Requirement(line.partition("#")[0])
        marker, (exactly,) = requirement.marker, requirement.specifier
        if marker is None or marker.evaluate({"python_version": python}):
            name = canonicalize_name(requirement.name)
            assert name not in pins, f"{path}: {name} is there twice for {python}"
            assert exactly.operator == "==", f"{path}: {line}"
            pins[name] = exactly.version
    return pins


def test_pythons_are_those_that_are_tested():
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{n}" for n in range(20) if allowed.contains(f"3.{n}.5")] == PYTHONS
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "3." in line]
    assert named == PYTHONS
    tested = set()
    for job in read_yaml(".github/workflows/test.yml")["jobs"].values():
        for step in actions(job, "setup-python"):
            matrix = step["with"] | job.get("strategy", {}).get("matrix", {})
            versions = matrix["python-version"]
            tested |= set(versions if isinstance(versions, list) else [versions])
    assert tested == set(PYTHONS)


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_meet_every_requirement_and_give_colabs_keras(python):
    pins = read_pins("constraints.txt", python)
    for line in [
        *PROJECT["dependencies"],
        *EXTRAS["book"],
        *EXTRAS["test"],
        *EXTRAS["instructor"],
    ]:
        requirement = Requirement(line)
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} has no version for Python {python}"
        assert requirement.specifier.contains(pins[name]), f"{line}: {pins[name]}"
    colab = read_pins("tools/colab-constraints.txt", "3.13")
    for name in ("tensorflow", "keras"):
        assert pins[name] == colab[name]


def test_package_changes_no_version_of_colab():
    colab = read_pins("tools/colab-constraints.txt", "3.13")
    lacks = {"optuna"}
    for line in PROJECT["dependencies"] + EXTRAS["test"]:
        requirement = Requirement(line)
        version = colab.get(canonicalize_name(requirement.name))
        if line in PROJECT["dependencies"]:
            assert (version is None) == (requirement.name in lacks), line
        assert version is None or requirement.specifier.contains(version), line


def test_environment_installs_what_pyproject_names():
    # A package named here as well would be a second list, and drift.
    *packages, with_pip = read_yaml("environment.yml")["dependencies"]
    assert sorted(packages) in [["pip", f"python={python}"] for python in PYTHONS]
    assert with_pip == {"pip": ["-c constraints.txt", "-e .[book,test]"]}


def test_package_and_notebooks_import_only_what_is_declared():
    modules = {"scikit-learn": "sklearn", "pillow": "PIL"}
    names = [Requirement(line).name for line in PROJECT["dependencies"]]
    # ipywidgets brings both, and no version of it comes without.
    allowed = {modules.get(name, name) for name in names} | {"IPython", "traitlets"}
    allowed |= {"mnist_tutorial", *sys.stdlib_module_names}
    allowed |= {"jax", "torch"}  # Keras' other backends, where one of them is chosen
    programs = {
        p: p.read_text("utf-8") for p in (ROOT / "mnist_tutorial").rglob("*.py")
    }
    for path in (ROOT / "book").rglob("*.ipynb"):
        cells = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
        code = "\n".join(cell.source for cell in cells)
        programs[path] = re.sub(r"^(\s*)[%!].*", r"\1pass", code, flags=re.M)
    for path, program in programs.items():
        for node in ast.walk(ast.parse(program)):
            named = [node.module] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            assert {name.split(".")[0] for name in named} <= allowed, path


# --- public checks, hooks and licences -----------------------------------------------


def actions(job, name):
    """Return the steps of a job that use one of GitHub's actions."""
    return [s for s in job["steps"] if s.get("uses", "").startswith(f"actions/{name}@")]


def test_the_site_is_published_from_main_after_every_test_was_green():
    jobs = read_yaml(".github/workflows/test.yml")["jobs"]
    (publish,) = (name for name, job in jobs.items() if actions(job, "deploy-pages"))
    assert set(jobs[publish]["needs"]) == set(jobs) - {publish}
    # With a condition of its own a job runs only if those that it needs succeeded.
    assert jobs[publish]["if"] == "github.ref == 'refs/heads/main'"
    # The pages come from the job that tested them.
    (builder,) = (job for job in jobs.values() if actions(job, "upload-pages-artifact"))
    *_, tests, upload = builder["steps"]
    assert tests["run"] == "bash .ci/run"
    assert upload["with"]["path"] == "_build/html"


def test_documents_name_only_targets_that_make_has():
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    others = [ROOT / "CONTRIBUTING.md", ROOT / ".github" / "workflows" / "test.yml"]
    for path in [*READMES.values(), *others]:
        text = path.read_text("utf-8")
        named = set(re.findall(r"(?:^|`|run: )make ([a-z-]+)", text, re.M))
        assert named and named <= set(rules), path


def test_hooks_use_the_versions_of_the_constraints_and_keep_cell_ids():
    pins = read_pins("constraints.txt", "3.12")
    (repo,) = read_yaml(".pre-commit-config.yaml")["repos"]
    hooks = {hook["id"]: hook for hook in repo["hooks"]}
    for name in ("oxfmt", "oxlint", "nbstripout", "ruff-check", "ruff-format"):
        tool = name.partition("-")[0]
        assert hooks[name]["additional_dependencies"] == [f"{tool}=={pins[tool]}"]
    assert "--keep-id" in hooks["nbstripout"]["entry"]


def test_licences_are_the_ones_that_are_named():
    code, text, data = ((ROOT / path).read_text("utf-8") for path in LICENCES)
    assert code.startswith("MIT License\n")
    assert text.startswith("Attribution 4.0 International\n")
    for said in ("Yann LeCun", "https://creativecommons.org/licenses/by-sa/3.0/"):
        assert said in data
    assert PROJECT["license"] == "MIT AND CC-BY-SA-3.0"
    assert PROJECT["license-files"] == [LICENCES[0], LICENCES[2]]
