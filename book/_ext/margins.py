"""What is stored about the margins of assertions.

``tools/measure_margins.py`` writes ``benchmarks/margins/PAGE.json``: both sides of each
comparison that a cell asserts, in every run. A comparison whose room differs from run
to run rests on chance; its margin is the mean room in standard deviations. The
appendix shows a summary (``margins_table.py``).
"""

import ast
import hashlib
import json
import math
import statistics
import threading
from pathlib import Path

import yaml
from cell_kinds import computing, parsed

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book" / "zh"
STORED = ROOT / "benchmarks" / "margins"
REASONS = STORED / "reasons.yml"
RUNS = 12
MARGIN = 4.0
# A room that differs by less from run to run is rounding, and is called constant.
ROUNDING = 1e-9

_lock = threading.Lock()


def pages():
    """Return the names of all notebooks, such as ``faq/architecture``."""
    return sorted(
        path.relative_to(BOOK).with_suffix("").as_posix()
        for path in BOOK.rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )


def path_of(page):
    """Return a page's Chinese notebook; its code is that of the English one."""
    return BOOK / f"{page}.ipynb"


def code_cells(page):
    """Return [(id, source)] of a page."""
    content = json.loads(path_of(page).read_text("utf-8"))
    return [
        (cell["id"], "".join(cell["source"]))
        for cell in content["cells"]
        if cell["cell_type"] == "code"
    ]


def digest(page):
    """Return a short digest of a page's code: of all that a result can depend on.

    The first cell, which all pages share, has no part in it, nor has what is said or
    asserted: an assertion's comparisons are stored by their own text.
    """
    cells = [(cell, computing(source)) for cell, source in code_cells(page)[1:]]
    text = json.dumps(cells, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def assertions(page):
    """Return {(cell, source)} of all assertions of a page."""
    found = set()
    for cell, source in code_cells(page):
        for node in ast.walk(parsed(source)):
            if isinstance(node, ast.Assert):
                found.add((cell, ast.unparse(node.test)))
    return found


def reasons():
    """Return {(page, cell, comparison): reason} of what needs no margin."""
    entries = yaml.safe_load(REASONS.read_text("utf-8")) if REASONS.exists() else []
    return {
        (entry["page"], entry["cell"], entry["comparison"]): entry["reason"]
        for entry in entries or ()
    }


def number(value):
    """Tell whether both an order and a difference make sense."""
    return isinstance(value, int | float)


def room(sign, left, right):
    """Return by how much a comparison holds, or ``None`` if it has no order."""
    if sign not in ("<", "<=", ">", ">=") or not (number(left) and number(right)):
        return None
    return right - left if sign.startswith("<") else left - right


class Comparison:
    """One comparison of one assertion, with its sides in every run."""

    def __init__(self, cell, text, stored):
        self.cell, self.text = cell, text
        self.sign, self.left, self.right = (
            stored[key] for key in ("sign", "left", "right")
        )

    @property
    def rooms(self):
        """Return the room in each run that evaluated it."""
        found = (
            room(self.sign, left, right)
            for left, right in zip(self.left, self.right, strict=True)
        )
        return [value for value in found if value is not None]

    @property
    def is_random(self):
        """Tell whether the room differs from run to run."""
        finite = [value for value in self.rooms if math.isfinite(value)]
        if len(finite) < 2:
            return False
        largest = max(abs(value) for value in finite)
        return max(finite) - min(finite) > ROUNDING * max(1.0, largest)

    @property
    def margin(self):
        """Return the mean room in standard deviations; ``None`` if it is constant."""
        if not self.is_random:
            return None
        finite = [value for value in self.rooms if math.isfinite(value)]
        return statistics.fmean(finite) / statistics.stdev(finite)


class Stored:
    """What is stored about one page."""

    def __init__(self, page, content):
        self.page, self.content = page, content

    @property
    def runs(self):
        """Return what is known of each run."""
        return self.content.get("runs", [])

    def conditions(self):
        """Return the conditions under which the page's present code was run."""
        code = digest(self.page)
        return {run["condition"] for run in self.runs if run["code"] == code}

    def outcomes(self):
        """Return {(cell, source): what is stored} of all that was asserted."""
        return {
            (cell, source): outcome
            for cell, outcomes in self.content.get("cells", {}).items()
            for source, outcome in outcomes.items()
        }

    def measured(self):
        """Yield ``(cell, source, comparison)`` of all that was asserted."""
        for (cell, source), outcome in self.outcomes().items():
            for text, stored in outcome["comparisons"].items():
                yield cell, source, Comparison(cell, text, stored)

    def comparisons(self):
        """Return every comparison."""
        return [comparison for _, _, comparison in self.measured()]

    def by_chance(self):
        """Return which of the page's assertions have a comparison by chance."""
        found = {(cell, source) for cell, source, c in self.measured() if c.is_random}
        return found & assertions(self.page)

    def problems(self, known):
        """Return a line for each thing that is missing or too close.

        Parameters
        ----------
        known
            What :func:`reasons` returns.
        """
        found = []
        if len(self.conditions()) < RUNS:
            found.append(f"{len(self.conditions())} of {RUNS} runs of the present code")
        stored = self.outcomes()
        for cell, source in sorted(assertions(self.page) - stored.keys()):
            found.append(f"{cell}: not measured: {source}")
        for (cell, source), outcome in stored.items():
            missed = [
                run["condition"]
                for run, held in zip(self.runs, outcome["held"], strict=True)
                if held is False
            ]
            if missed:
                found.append(f"{cell}: failed under {', '.join(missed)}: {source}")
            if all(held is None for held in outcome["held"]):
                found.append(f"{cell}: never evaluated: {source}")
        for comparison in self.comparisons():
            if (
                comparison.margin is not None
                and comparison.margin < MARGIN
                and (self.page, comparison.cell, comparison.text) not in known
            ):
                found.append(
                    f"{comparison.cell}: margin {comparison.margin:.1f}: "
                    f"{comparison.text}"
                )
        return found

    def table(self):
        """Return a text with every comparison, its values and its margin."""
        lines = [f"{self.page}: {len(self.runs)} runs"]
        for item in self.comparisons():
            margin = item.margin
            says = "constant" if margin is None else f"margin {margin:.1f}"
            lines.append(f"  {item.cell}: {item.text}: {says}")
            if margin is not None:
                lines.append(f"      left  {_listed(item.left)}")
                lines.append(f"      right {_listed(item.right)}")
        return "\n".join(lines)


def _listed(values):
    return " ".join(f"{v:.4g}" if number(v) else str(v) for v in values)


def stored_path(page):
    """Return where the results of a page lie."""
    return STORED / f"{page}.json"


def read(page):
    """Return what is stored about a page."""
    path = stored_path(page)
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return Stored(page, content)


def add(page, result):
    """Add one run; runs of other code, and an older run of its kind, are dropped."""
    with _lock:
        content = read(page).content
        old = [
            (run, position)
            for position, run in enumerate(content.get("runs", []))
            if run["code"] == result["code"] and run["condition"] != result["condition"]
        ]
        cells = {}
        for cell, source in sorted(assertions(page)):
            before = content.get("cells", {}).get(cell, {}).get(source, {})
            now = result["cells"].get(cell, {}).get(source, {})
            cells.setdefault(cell, {})[source] = _joined(
                before, now, [position for _, position in old]
            )
        about = {key: value for key, value in result.items() if key != "cells"}
        _write(page, {"runs": [*(run for run, _ in old), about], "cells": cells})


def _joined(before, now, positions):
    """Return one assertion's record with another run at its end."""

    def kept(values):
        return [values[position] for position in positions]

    nothing = [None] * (max(positions, default=-1) + 1)
    comparisons = {}
    old, new = before.get("comparisons", {}), now.get("comparisons", {})
    for text in {**old, **new}:
        was = old.get(text, {"sign": None, "left": nothing, "right": nothing})
        sign, left, right = new.get(text, (was["sign"], None, None))
        comparisons[text] = {
            "sign": sign,
            "left": [*kept(was["left"]), left],
            "right": [*kept(was["right"]), right],
        }
    held = [*kept(before.get("held", nothing)), now.get("held")]
    return {"held": held, "comparisons": comparisons}


def _write(page, content):
    """Write a file that shows in a diff which comparison changed: one to a line."""
    lines = ['{"runs": [']
    lines.append(",\n".join(_json(run) for run in content["runs"]))
    lines.append('],\n"cells": {')
    cells = []
    for cell, outcomes in content["cells"].items():
        found = [f"  {_json(text)}: {_json(one)}" for text, one in outcomes.items()]
        cells.append(f" {_json(cell)}: {{\n" + ",\n".join(found) + "}")
    lines.append(",\n".join(cells))
    lines.append("}}\n")
    path = stored_path(page)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines), encoding="utf-8")
    part.replace(path)


def _json(value):
    return json.dumps(value, ensure_ascii=False)
