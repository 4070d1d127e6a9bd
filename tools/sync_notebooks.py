"""Bring the English notebooks in step with the Chinese ones.

    python tools/sync_notebooks.py            copy code, list what needs translating
    python tools/sync_notebooks.py --check    change nothing; exit 1 on any drift

``book/zh`` leads, and so does ``homework/zh``. There, the metadata by which JupyterLab
and Colab fold a cell are set first (``present``). By cell id, the English notebook gets
the Chinese one's code, tags and order. It keeps its own Markdown and its own captions
and alt texts (the cell metadata ``mystnb``). A cell that has no English text yet gets
the Chinese one and is listed until somebody translates it.
"""

import argparse
import copy
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from cell_kinds import presentation  # noqa: E402

Notebook = dict[str, Any]
Cell = dict[str, Any]

CHINESE = re.compile(r"[\u3400-\u9fff]")


# What `present` sets in a cell.
PRESENTED = {"jupyter", "cellView", "jp-MarkdownHeadingCollapsed", "id"}


def present(notebook: Notebook) -> Notebook:
    """Return a notebook whose cells fold outside the book as they do in it.

    Code that the page does not show is closed in JupyterLab and Colab, outputs that
    answer a guess are closed in JupyterLab, and so are solutions in both.
    """
    notebook = copy.deepcopy(notebook)
    closed = []
    for cell in notebook["cells"]:
        about = {k: v for k, v in cell["metadata"].items() if k not in PRESENTED}
        if cell["cell_type"] == "code" and not cell["id"].startswith("solution-"):
            about |= presentation("".join(cell["source"]), about.get("tags", ()))
        elif re.fullmatch(r"solution-\d+", cell["id"]):
            about |= {"jp-MarkdownHeadingCollapsed": True, "id": cell["id"]}
            closed.append(cell["id"])
        cell["metadata"] = about
    notebook["metadata"]["colab"] = {"collapsed_sections": closed}
    return notebook


def untranslated(chinese: object, english: object) -> bool:
    """Tell whether ``english`` is a copy of something that has Chinese in it."""
    return chinese == english and bool(
        CHINESE.search(json.dumps(chinese, ensure_ascii=False))
    )


def sync_cell(chinese: Cell, english: Cell | None) -> tuple[Cell, bool]:
    """Make one English cell.

    Returns
    -------
    tuple of (dict, bool)
        The cell, and whether it needs a translation.
    """
    if chinese["cell_type"] != "code":
        cell = copy.deepcopy(english or chinese)
        cell["metadata"] = copy.deepcopy(chinese["metadata"])
        return cell, untranslated(chinese["source"], cell["source"])
    cell = copy.deepcopy(chinese)
    cell["outputs"], cell["execution_count"] = [], None
    if "mystnb" not in cell["metadata"]:
        return cell, False
    own = (english or {}).get("metadata", {}).get("mystnb")
    if own:
        cell["metadata"]["mystnb"] = copy.deepcopy(own)
    pair = (chinese["metadata"]["mystnb"], cell["metadata"]["mystnb"])
    return cell, untranslated(*pair)


def sync(chinese: Notebook, english: Notebook | None) -> tuple[Notebook, list[str]]:
    """Make the English notebook that belongs to a Chinese one.

    Parameters
    ----------
    chinese
        The notebook that leads.
    english
        The English one so far; ``None`` when there is none.

    Returns
    -------
    tuple of (dict, list of str)
        The notebook, and the ids of the cells that need a translation.

    Raises
    ------
    ValueError
        When the English notebook has text or a caption under an id that the Chinese
        one lacks: copying would throw the text away.
    """
    old = {cell["id"]: cell for cell in (english or {"cells": []})["cells"]}
    new = {cell["id"]: cell for cell in chinese["cells"]}
    lost = [
        name
        for name, cell in old.items()
        if (cell["cell_type"] != "code" or "mystnb" in cell["metadata"])
        and (name not in new or new[name]["cell_type"] != cell["cell_type"])
    ]
    if lost:
        raise ValueError(
            f"text that the Chinese one has no cell for: {', '.join(lost)}; "
            "rename the cell or delete it"
        )
    result = copy.deepcopy({**chinese, **(english or {}), "cells": []})
    result["metadata"] = copy.deepcopy(chinese["metadata"])
    waiting = []
    for cell in chinese["cells"]:
        same_type = old.get(cell["id"])
        if same_type and same_type["cell_type"] != cell["cell_type"]:
            same_type = None
        made, needs_translation = sync_cell(cell, same_type)
        result["cells"].append(made)
        if needs_translation:
            waiting.append(cell["id"])
    return result, waiting


def write(path: Path, notebook: Notebook) -> None:
    """Write a notebook as the others are written."""
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8")


def sync_trees(zh: Path, en: Path, root: Path, check: bool) -> tuple[bool, bool]:
    """Bring one English tree in step, or only report.

    Returns
    -------
    tuple of (bool, bool)
        Whether there was drift, and whether a notebook could not be synchronised.
    """
    refused, found = False, False
    for path in sorted(zh.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        target = en / path.relative_to(zh)
        leading = json.loads(path.read_text("utf-8"))
        if (chinese := present(leading)) != leading:
            found = True
            name = path.relative_to(root).as_posix()
            print(f"{name}: folding {'missing' if check else 'set'}")
            if not check:
                write(path, chinese)
        name = target.relative_to(root).as_posix()
        old = json.loads(target.read_text("utf-8")) if target.exists() else None
        try:
            new, waiting = sync(chinese, old)
        except ValueError as error:
            print(f"{name}: {error}")
            refused = True
            continue
        if new != old:
            found = True
            print(f"{name}: {'out of step' if check else 'written'}")
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                write(target, new)
        for cell_id in waiting:
            found = True
            print(f"{name}: {cell_id}: needs a translation")
    for path in sorted(en.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        if not (zh / path.relative_to(en)).exists():
            print(f"{path.relative_to(root).as_posix()}: has no Chinese one")
            refused = True
    return found, refused


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command.

    Returns
    -------
    int
        0 when all is in step; 1 when ``--check`` found drift or a cell that waits
        for a translation, or when a notebook could not be synchronised.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args(argv).check
    done = [
        sync_trees(root / folder / "zh", root / folder / "en", root, check)
        for folder in ("book", "homework")
    ]
    found, refused = map(any, zip(*done, strict=True))
    return 1 if refused or (check and found) else 0


if __name__ == "__main__":
    sys.exit(main())
