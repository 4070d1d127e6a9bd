"""`make book`: what is run, what is kept, and what it says when something fails."""

import errno
import fcntl
import os
import shutil
import sqlite3
from importlib import metadata
from types import SimpleNamespace

import execution_cache
import make_book
import margins
import nbformat
import pytest
import yaml


class Book:
    """A folder with a few small notebooks in the place of the book's."""

    def __init__(self, root, capsys):
        self.root, self.html = root / "pages", root / "_build" / "html"
        self.capsys = capsys
        self.root.mkdir()

    def page(self, name, source, *cells):
        note = f'%load_ext mnist_tutorial\nopen("ran", "a").write("{name} ")'
        new = nbformat.v4.new_code_cell
        cells = [new(note, id="c0"), new(source, id="c1"), *cells]
        path = self.root / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)

    def ran(self):
        """Return which pages have been run since the last call."""
        path = self.root / "ran"
        names = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return sorted(names)

    def make(self):
        """Build; return the status, and the lines that were printed."""
        status = make_book.main([])
        return status, self.capsys.readouterr().out.strip().splitlines()


@pytest.fixture
def book(tmp_path, monkeypatch, capsys):
    build = tmp_path / "_build"
    monkeypatch.setattr(margins, "BOOK", tmp_path / "pages")
    for name, path in {
        "ROOT": tmp_path,
        "BUILD": build,
        "UNFINISHED": build / "unfinished",
        "CHINESE": build / "html",
        "ENGLISH": build / "en",
        "DOCTREES": (build / "zh_trees", build / "en_trees"),
    }.items():
        monkeypatch.setattr(make_book, name, path)
    folder = build / "cache"
    monkeypatch.setattr(execution_cache, "current_folder", lambda: folder)

    def build_books(lock, root):
        for folder in (make_book.CHINESE / "book", make_book.ENGLISH):
            folder.mkdir(parents=True, exist_ok=True)
        (make_book.CHINESE / "index.html").write_text("a book")
        return True

    monkeypatch.setattr(make_book, "build_books", build_books)
    made = Book(tmp_path, capsys)
    made.page("sure", "assert 1 < 2")
    made.page("close", "x = 0.9\nassert x > 0.5")
    return made


def expected_error():
    tags = {"tags": ["raises-exception"]}
    return nbformat.v4.new_code_cell("1 / 0", id="c2", metadata=tags)


def test_every_page_is_run_once_and_a_second_build_runs_none(book):
    book.page("sure", "assert 1 < 2", expected_error())
    status, (_, *said, _, last) = book.make()
    assert status == 0
    assert book.ran() == ["close", "sure"]
    assert sorted(line.split()[3] for line in said) == ["close", "sure"]
    assert [line.split()[:3] for line in said] == [["1", "of", "2"], ["2", "of", "2"]]
    assert str(book.html / "index.html") in last
    assert book.make()[0] == 0
    assert book.ran() == []


def test_a_page_that_fails_is_named_and_alone_repeated(book):
    book.page("close", "x = 0.4\nassert x > 0.5, 'too low'")
    for ran in (["close", "sure"], ["close"]):
        status, lines = book.make()
        assert status == 1
        assert book.ran() == ran
        assert str(book.html / "index.html") in " ".join(lines)
        assert lines[-1] == (
            "close, cell c1: AssertionError: too low · expected (应有): x > 0.5 · "
            "received (得到): 0.4 > 0.5"
        )
    book.page("close", "x = 0.6\nassert x > 0.5")
    assert book.make()[0] == 0
    book.ran()
    # The code that failed comes back: its outputs were not kept as good ones.
    book.page("close", "x = 0.4\nassert x > 0.5, 'too low'")
    assert book.make()[0] == 1
    assert book.ran() == ["close"]


def test_a_warning_on_a_page_is_an_error_unless_the_cell_expects_it(book):
    source = "import warnings\nwarnings.warn('old', stacklevel=1)"
    tags = {"tags": ["shows-warning"]}
    book.page("close", "1", nbformat.v4.new_code_cell(source, id="c2", metadata=tags))
    assert book.make()[0] == 0
    book.page("close", source)
    status, lines = book.make()
    assert status == 1
    assert lines[-1].startswith("close, cell c1: a warning on the page: ")
    assert lines[-1].endswith("UserWarning: old")


def test_a_failed_page_is_built_with_its_error_and_then_anew(book):
    book.page("close", "assert not 'here'")
    chinese, english = make_book.DOCTREES
    trees = [chinese / "book" / "zh" / "close.doctree", english / "close.doctree"]
    book.make()
    cache = make_book.get_cache(str(execution_cache.current_folder()))
    notebook = nbformat.read(book.root / "close.ipynb", 4)
    _, merged = cache.merge_match_into_notebook(notebook)
    assert merged.cells[1].outputs[0].ename == "AssertionError"
    for tree in trees:
        tree.parent.mkdir(parents=True, exist_ok=True)
        tree.touch()
    book.make()
    assert not any(tree.exists() for tree in trees)


@pytest.mark.parametrize(
    ("source", "says", "runs"),
    [
        (
            "import os\nos._exit(3)",
            "DeadKernelError: Kernel died",
            [["close", "sure"], ["close"]],
        ),
        # Once: it waits for as long as the limit.
        (
            "import time\ntime.sleep(60)",
            "CellTimeoutError: A cell timed out",
            [["close", "sure"]],
        ),
    ],
)
def test_the_cell_in_which_a_page_ends_is_named(book, monkeypatch, source, says, runs):
    monkeypatch.setattr(make_book, "CELL_TIMEOUT", 5)
    book.page("close", source, expected_error())
    for ran in runs:
        status, lines = book.make()
        assert status == 1
        assert lines[-1].startswith(f"close, cell c1: {says}")
        assert book.ran() == ran


def test_a_package_that_changes_meanwhile_ends_the_build(book, monkeypatch):
    prints = iter(["before", "after"])
    monkeypatch.setattr(execution_cache, "fingerprint", lambda: next(prints))
    status, lines = book.make()
    assert status == 1 and "start `make book` again" in lines[-1]
    assert not make_book.UNFINISHED.exists()


def test_what_was_broken_off_is_made_anew(book):
    folder = execution_cache.current_folder()
    folder.mkdir(parents=True)
    (folder / "global.db").touch()
    assert book.make()[0] == 0
    assert book.ran() == ["close", "sure"]
    whole, *_ = sorted(folder.rglob("base.ipynb"))
    whole.write_text(whole.read_text()[:100])
    assert book.make()[0] == 0
    assert len(book.ran()) == 1
    shutil.rmtree(next(folder.rglob("base.ipynb")).parent)
    make_book.DOCTREES[0].mkdir()
    make_book.UNFINISHED.touch()
    assert book.make()[0] == 0
    assert len(book.ran()) == 1
    assert not make_book.DOCTREES[0].exists()
    assert not make_book.UNFINISHED.exists()


def test_a_sphinx_that_fails_leaves_the_mark(book, monkeypatch):
    book.page("close", "assert not 'here'")
    monkeypatch.setattr(make_book, "build_books", lambda *_: False)
    status, (*_, sphinx, page) = book.make()
    assert status == 1 and make_book.UNFINISHED.exists()
    assert "could not be built" in sphinx and page.startswith("close, cell c1")


def test_two_builds_at_once_are_refused_with_one_line(book):
    make_book.BUILD.mkdir()
    with (make_book.BUILD / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        status, (line,) = book.make()
    assert status == 1 and "wait" in line
    assert book.ran() == []


@pytest.mark.parametrize(
    ("error", "free", "said"),
    [
        (OSError(errno.ENOSPC, "no space"), 10**12, "full"),
        (sqlite3.OperationalError("database or disk is full"), 0, "full"),
        (PermissionError(errno.EACCES, "not allowed"), 10**12, "PermissionError"),
    ],
)
def test_a_full_disk_is_said_in_one_line_and_nothing_else_is_called_so(
    book, monkeypatch, error, free, said
):
    usage = shutil.disk_usage(book.root)
    # Before the notebooks are run, and then. It may be another disk than the book's.
    left = {make_book.BUILD: iter([10**12, free])}

    def stop(*_):
        raise error

    monkeypatch.setattr(make_book, "run_notebooks", stop)
    monkeypatch.setattr(
        make_book.shutil, "disk_usage", lambda at: usage._replace(free=next(left[at]))
    )
    assert make_book.main([]) == 1
    lines = "".join(book.capsys.readouterr()).strip().splitlines()
    assert said in lines[-1]
    assert (len(lines) == 1) == (said == "full")


def test_as_many_at_a_time_as_cores_and_memory_allow(monkeypatch):
    memory = SimpleNamespace(available=0)
    monkeypatch.setattr(make_book.psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    for kernels, expected in ((10, 4), (2.5, 2), (0, 1)):
        memory.available = kernels * make_book.MEMORY_A_KERNEL
        assert make_book.workers() == expected


# --- what the outputs depend on, and the settings of the English book ----------------


def test_the_digest_covers_every_library_below_the_package_and_no_other(monkeypatch):
    found = set(execution_cache.libraries())
    assert found >= {"tensorflow", "h5py", "contourpy", "protobuf", "tqdm", "traitlets"}
    assert not found & {"ruff", "pytest", "Sphinx", "jupyter-book", "mnist-tutorial"}
    before = execution_cache.fingerprint()
    real = metadata.distribution

    def other(name):
        there = real(name)
        version = "0" if name == "contourpy" else there.version
        return SimpleNamespace(
            name=there.name, version=version, requires=there.requires
        )

    monkeypatch.setattr(execution_cache.metadata, "distribution", other)
    assert execution_cache.fingerprint() != before


def test_the_digest_covers_the_package_and_its_data(tmp_path):
    shutil.copy(execution_cache.ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "mnist_tutorial"
    prints = []
    for name in ("code.py", "data/digits.npz", "__pycache__/code.pyc"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
        prints.append(execution_cache.fingerprint(tmp_path))
    assert len(set(prints)) == 2
    assert prints[1] == prints[2]


def leaves(settings, above=()):
    """Return {path of keys: value}."""
    found = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found |= leaves(value, (*above, name))
        else:
            found[*above, name] = value
    return found


def test_the_english_book_differs_only_where_it_says(tmp_path):
    files = ["_config.yml", "book/en/_config.yml"]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(make_book.ROOT / file, tmp_path / file)
    chinese, own, made = (
        leaves(yaml.safe_load((tmp_path / file).read_text("utf-8")))
        for file in [*files, make_book.english_config(tmp_path)]
    )
    folder = made.pop(("sphinx", "local_extensions", "ui_strings"))
    assert folder == str(tmp_path / "book" / "_ext")
    del chinese["sphinx", "local_extensions", "ui_strings"]
    assert made == chinese | own
    assert all(chinese.get(key) != value for key, value in own.items())
