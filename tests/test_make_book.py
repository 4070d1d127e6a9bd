"""`make book`: what is run, what is kept, and what it says when something fails."""

import errno
import fcntl
import os
import shutil
import sqlite3

import execution_cache
import make_book
import margins
import nbformat
import pytest


class Book:
    """A folder with a few small notebooks in the place of the book's."""

    def __init__(self, root):
        self.root, self.html = root / "pages", root / "_build" / "html"
        self.root.mkdir()

    def write(self, page, *sources):
        cells = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in sources]
        path = self.root / f"{page}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)

    def page(self, name, source):
        note = f'%load_ext mnist_tutorial\nopen("ran", "a").write("{name} ")'
        self.write(name, (0, note), (1, source))

    def ran(self):
        """Return which pages have been run since the last call."""
        path = self.root / "ran"
        names = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return sorted(names)


@pytest.fixture
def book(tmp_path, monkeypatch):
    build = tmp_path / "_build"
    monkeypatch.setattr(margins, "BOOK", tmp_path / "pages")
    monkeypatch.setattr(make_book, "ROOT", tmp_path)
    for name, path in {
        "BUILD": build,
        "UNFINISHED": build / "unfinished",
        "CHINESE": build / "html",
        "ENGLISH": build / "en",
        "DOCTREES": (build / "zh_trees", build / "en_trees"),
    }.items():
        monkeypatch.setattr(make_book, name, path)
    folder = build / "cache"
    monkeypatch.setattr(execution_cache, "current_folder", lambda: folder)

    def build_books(lock):
        for folder in (make_book.CHINESE / "book", make_book.ENGLISH):
            folder.mkdir(parents=True, exist_ok=True)
        (make_book.CHINESE / "index.html").write_text("a book")
        return True

    monkeypatch.setattr(make_book, "build_books", build_books)
    made = Book(tmp_path)
    made.page("sure", "assert 1 < 2")
    made.page("close", "x = 0.9\nassert x > 0.5")
    return made


def make(capsys):
    status = make_book.main()
    return status, capsys.readouterr().out.strip().splitlines()


def test_every_page_is_run_once_and_a_second_build_runs_none(book, capsys):
    status, lines = make(capsys)
    assert status == 0
    assert book.ran() == ["close", "sure"]
    words = [line.split()[:4] for line in lines[1:3]]
    assert [said[:3] for said in words] == [["1", "of", "2"], ["2", "of", "2"]]
    assert sorted(said[3] for said in words) == ["close", "sure"]
    assert str(book.html / "index.html") in lines[-1]
    assert make(capsys)[0] == 0
    assert book.ran() == []


def test_a_page_that_fails_is_named_and_alone_repeated(book, capsys):
    book.page("close", "x = 0.4\nassert x > 0.5\n")
    status, lines = make(capsys)
    assert status == 1
    assert book.ran() == ["close", "sure"]
    assert lines[-1].startswith("close, cell c1: AssertionError")
    assert str(book.html / "index.html") in " ".join(lines)

    assert make(capsys)[0] == 1
    assert book.ran() == ["close"]
    book.page("close", "x = 0.6\nassert x > 0.5\n")
    assert make(capsys)[0] == 0
    assert book.ran() == ["close"]


def test_values_and_bound_stand_in_the_last_line(book, capsys):
    book.page("close", "x = 0.4\nassert x > 0.5, 'too low'")
    _, lines = make(capsys)
    assert lines[-1] == (
        "close, cell c1: AssertionError: too low · expected (应有): x > 0.5 · "
        "received (得到): 0.4 > 0.5"
    )


def test_a_failed_page_is_built_with_its_error_and_then_anew(book, capsys):
    book.page("close", "assert not 'here'")
    trees = [folder / f"{tree}close.doctree" for folder, tree in zip(
        make_book.DOCTREES, ("book/zh/", ""), strict=True
    )]  # fmt: skip
    make(capsys)
    cache = make_book.get_cache(str(execution_cache.current_folder()))
    notebook = nbformat.read(book.root / "close.ipynb", 4)
    _, merged = cache.merge_match_into_notebook(notebook)
    assert merged.cells[1].outputs[0].ename == "AssertionError"
    for tree in trees:
        tree.parent.mkdir(parents=True, exist_ok=True)
        tree.touch()
    make(capsys)
    assert not any(tree.exists() for tree in trees)


def test_an_error_that_the_page_expects_is_none(book, capsys):
    notebook = nbformat.v4.new_notebook(cells=[expected_error("c0")])
    nbformat.write(notebook, book.root / "sure.ipynb")
    assert make(capsys)[0] == 0


def expected_error(identity):
    tags = {"tags": ["raises-exception"]}
    return nbformat.v4.new_code_cell("1 / 0", id=identity, metadata=tags)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import os\nos._exit(3)", "DeadKernelError: Kernel died"),
        ("import time\ntime.sleep(60)", "CellTimeoutError: A cell timed out"),
    ],
)
def test_the_cell_in_which_a_page_ends_is_named(
    book, capsys, monkeypatch, source, says
):
    monkeypatch.setattr(make_book, "CELL_TIMEOUT", 5)
    book.page("close", source)
    notebook = nbformat.read(book.root / "close.ipynb", 4)
    notebook.cells.append(expected_error("c2"))
    nbformat.write(notebook, book.root / "close.ipynb")
    status, lines = make(capsys)
    assert status == 1
    assert lines[-1].startswith(f"close, cell c1: {says}")
    assert book.ran() == ["close", "sure"]
    assert make(capsys)[0] == 1
    assert book.ran() == ["close"]


def test_code_that_failed_is_run_again_when_it_comes_back(book, capsys):
    book.page("close", "assert not 'here'")
    assert make(capsys)[0] == 1
    book.page("close", "assert 'here'")
    assert make(capsys)[0] == 0
    book.ran()
    book.page("close", "assert not 'here'")
    assert make(capsys)[0] == 1
    assert book.ran() == ["close"]


def test_a_cache_that_was_broken_off_is_made_anew(book, capsys):
    folder = execution_cache.current_folder()
    folder.mkdir(parents=True)
    (folder / "global.db").touch()
    assert make(capsys)[0] == 0
    assert book.ran() == ["close", "sure"]


def test_a_package_that_changes_meanwhile_ends_the_build(book, capsys, monkeypatch):
    prints = iter(["before", "after"])
    monkeypatch.setattr(execution_cache, "fingerprint", lambda: next(prints))
    status, lines = make(capsys)
    assert status == 1
    assert "start `make book` again" in lines[-1]
    assert not make_book.UNFINISHED.exists()


def test_outputs_that_were_cut_off_are_made_again(book, capsys):
    make(capsys)
    book.ran()
    folder = execution_cache.current_folder()
    whole, *_ = sorted(folder.rglob("base.ipynb"))
    whole.write_text(whole.read_text()[:100])
    assert make(capsys)[0] == 0
    assert len(book.ran()) == 1
    shutil.rmtree(next(folder.rglob("base.ipynb")).parent)
    assert make(capsys)[0] == 0
    assert len(book.ran()) == 1


def test_a_build_that_was_broken_off_is_not_built_upon(book, capsys):
    make(capsys)
    (make_book.DOCTREES[0]).mkdir()
    make_book.UNFINISHED.touch()
    assert make(capsys)[0] == 0
    assert not make_book.DOCTREES[0].exists()
    assert not make_book.UNFINISHED.exists()


def test_a_sphinx_that_fails_leaves_the_mark(book, capsys, monkeypatch):
    book.page("close", "assert not 'here'")
    monkeypatch.setattr(make_book, "build_books", lambda lock: False)
    status, lines = make(capsys)
    assert status == 1
    assert "Sphinx" in lines[-2]
    assert lines[-1].startswith("close, cell c1")
    assert make_book.UNFINISHED.exists()


def test_two_builds_at_once_are_refused_with_one_line(book, capsys):
    make_book.BUILD.mkdir()
    with (make_book.BUILD / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        status, lines = make(capsys)
    assert status == 1
    assert len(lines) == 1
    assert "wait" in lines[0]
    assert book.ran() == []


@pytest.mark.parametrize(
    ("error", "free_then"),
    [
        (OSError(errno.ENOSPC, "no space"), 10**12),
        (sqlite3.OperationalError("database or disk is full"), 0),
        (RuntimeError("Unexpected error accessing jupyter cache"), 0),
    ],
)
def test_a_full_disk_is_said_in_one_line(book, capsys, monkeypatch, error, free_then):
    usage, free = shutil.disk_usage(book.root), [10**12]

    def full(*_):
        free[0] = free_then
        raise error

    monkeypatch.setattr(make_book, "run_notebooks", full)
    monkeypatch.setattr(
        make_book.shutil, "disk_usage", lambda _: usage._replace(free=free[0])
    )
    status, lines = make(capsys)
    assert status == 1
    assert len(lines) == 1
    assert "full" in lines[0]


def test_other_errors_are_not_called_a_full_disk(book, capsys, monkeypatch):
    def broken(*_):
        raise PermissionError(errno.EACCES, "not allowed")

    monkeypatch.setattr(make_book, "run_notebooks", broken)
    assert make_book.main() == 1
    said = capsys.readouterr()
    assert "full" not in said.out
    assert "PermissionError" in said.err


def test_as_many_at_a_time_as_cores_and_memory_allow(monkeypatch):
    class Memory:
        available = 10 * make_book.MEMORY_A_KERNEL

    monkeypatch.setattr(make_book.psutil, "virtual_memory", lambda: Memory)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    assert make_book.workers() == 4
    Memory.available = 2.5 * make_book.MEMORY_A_KERNEL
    assert make_book.workers() == 2
    Memory.available = 0
    assert make_book.workers() == 1
