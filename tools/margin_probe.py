"""Runs inside the kernel of a page that is measured: shifts seeds, takes notes.

``measure_margins.py`` loads it before the page's first cell.
"""

import ast
import json
import resource
from importlib import metadata
from pathlib import Path

import numpy as np

from mnist_tutorial.assertions import (
    OPERATORS,
    Assertions,
    Reports,
    nearest,
    watch_assertions,
)

# Published beside the values, since they may depend on them.
PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "jax",
    "torch",
)

NUMBERS = (bool, int, float, np.bool_, np.number)


class Notes(Reports):
    """Keep of each comparison the operands that were nearest to failing."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: dict[str, dict[str, dict]] = {}
        self.current: dict | None = None

    def begin(self, cell: str, source: str) -> bool:
        """Take note that an assertion is about to be evaluated."""
        self.current = self.cells.setdefault(cell, {}).setdefault(
            source, {"held": True, "comparisons": {}}
        )
        return True

    def end(self, held: object) -> None:
        """Note an outcome; a page that is measured goes on after a failure."""
        self.current["held"] &= bool(held)

    def report(self, text: str, sign: str, left: object, right: object) -> None:
        """Note the operands if none before were nearer to failing."""
        pair = nearest(sign, left, right)
        if pair is None:
            return
        new = [sign, *map(_plain, pair)]
        old = self.current["comparisons"].get(text)
        if old is None or room(*new) < room(*old):
            self.current["comparisons"][text] = new


def _plain(value: object) -> object:
    """Return something that JSON can hold, numbers with seven digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return repr(value)[:80]
    return int(number) if number.is_integer() else float(f"{number:.7g}")


def room(sign: str, left: object, right: object) -> float:
    """Return by how much a comparison holds; negative where it fails.

    Without an order between the operands it is 0 where the comparison holds.
    """
    numbers = all(isinstance(value, NUMBERS) for value in (left, right))
    if numbers and sign in ("<", "<="):
        return right - left
    if numbers and sign in (">", ">="):
        return left - right
    if numbers and sign == "==":
        return -abs(left - right)
    if numbers and sign == "!=":
        return abs(left - right)
    if sign in ("==", "!="):
        return 0.0 if OPERATORS[sign](left, right) else -1.0
    return 0.0


class Measured(Assertions):
    """As for a reader, but nothing is raised and every outcome is noted."""

    cell = ""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Take the cell's id from the line that the runner has put before it."""
        first, *rest = node.body
        if (
            isinstance(first, ast.Assign)
            and isinstance(first.targets[0], ast.Name)
            and first.targets[0].id == "__cell__"
        ):
            self.cell = first.value.value
            node.body = rest or [ast.copy_location(ast.Pass(), first)]
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """Begin, evaluate, end; the reader's ``assert`` becomes two calls."""
        call = super().visit_Assert(node)
        begin = ast.Call(
            ast.Name("_begin", ast.Load()),
            [ast.Constant(self.cell), ast.Constant(ast.unparse(node.test))],
            [],
        )
        end = ast.Call(ast.Name("_end", ast.Load()), [call.test], [])
        return [
            ast.fix_missing_locations(ast.copy_location(ast.Expr(value), node))
            for value in (begin, end)
        ]


def shift_seeds(shift: int) -> None:
    """Add ``shift`` to every seed that is given to NumPy, Keras or scikit-learn."""
    import keras
    import sklearn.utils
    import sklearn.utils.validation

    def shifted(seed):
        whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
        if whole:
            return int(seed) + shift
        if isinstance(seed, list | tuple):
            return [*seed, shift]
        return seed

    default_rng = np.random.default_rng
    np.random.default_rng = lambda seed=None: default_rng(shifted(seed))
    set_random_seed = keras.utils.set_random_seed
    keras.utils.set_random_seed = lambda seed: set_random_seed(shifted(seed))
    check_random_state = sklearn.utils.validation.check_random_state
    for module in (sklearn.utils, sklearn.utils.validation):
        module.check_random_state = lambda seed: check_random_state(shifted(seed))


def start(shell: object, shift: int) -> Notes:
    """Prepare an IPython shell; a ``shift`` of 0 leaves the seeds alone."""
    notes = Notes()
    if shift:
        shift_seeds(shift)
    watch_assertions(shell, notes, Measured())
    shell.push({"_begin": notes.begin, "_end": notes.end}, interactive=False)
    return notes


def finish(notes: Notes, path: str) -> None:
    """Write what was noted."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    found = {
        "cells": notes.cells,
        "cpu_seconds": round(
            usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime, 1
        ),
        "memory_mb": round(usage.ru_maxrss / 1024),
        "versions": versions,
    }
    Path(path).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
