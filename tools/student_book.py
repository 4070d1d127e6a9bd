"""What the book for a class is made of: its pages without the solutions.

``make book SOLUTIONS=no`` copies the pages, takes the solutions out of the copies and
of the outputs that the usual run has left, and builds both books of what remains:
Sphinx never sees a solution. What was taken out is then looked for in the result.

A solution is a cell whose id begins with ``solution-`` and a number, or a fold in a
text that is headed so.
"""

import base64
import copy
import html
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import execution_cache  # noqa: E402
from chinese_search import ChineseSearch  # noqa: E402
from quiet_cells import WORDS  # noqa: E402

TREES = ("zh", "en")
NOTE = {"zh": "解答在老师那里。", "en": "Your instructor has the solutions."}
# What pages say of folds and buttons that these books do not have.
INSTEAD = {
    "zh": (
        (
            "猜题的结果和练习的答案都折叠着，点开才看得见",
            "猜题的结果折叠着，点开才看得见；练习的解答在老师那里",
        ),
        (
            "点页面上方的火箭，选 Colab，从上到下运行",
            "在 Colab 的“文件”菜单里上传老师发的笔记本，从上到下运行",
        ),
        (
            "从页面上方的仓库按钮下载整个仓库的 ZIP，上传，运行 "
            "`pip install 文件名.zip`，再打开其中 `book/zh/` 里的笔记本",
            "向老师要安装用的 ZIP，和笔记本一起上传，运行 "
            "`pip install 文件名.zip`，再打开笔记本",
        ),
        ("点页面上方的火箭，选 Colab，再在", "把笔记本上传到 Colab，再在"),
    ),
    "en": (
        (
            "Results that answer a guess, and answers to exercises, are folded until "
            "you open them.",
            "Results that answer a guess are folded until you open them; your "
            "instructor has the solutions of the exercises.",
        ),
        (
            "click the rocket at the top of a page, choose Colab, run",
            "upload your instructor's notebooks to Colab (menu “File”), run",
        ),
        (
            "upload the repository (button at the top) as a ZIP, run `pip install "
            "NAME.zip`, open the notebooks of its `book/en/`",
            "ask your instructor for the package as a ZIP, upload it with the "
            "notebooks, run `pip install NAME.zip`, open these",
        ),
        (
            "Press the rocket at the top of the page, choose Colab, then",
            "Upload the notebook to Colab, then",
        ),
    ),
}
HEADS = "|".join(words["solution"] for words in WORDS.values())
FOLD = re.compile(
    rf"\n*<details>\s*<summary>(?:{HEADS})</summary>(.*?)</details>", re.S
)
# Without an address of its own, and without buttons that lead to the solutions.
SETTINGS = {
    "html": {"baseurl": "", "use_repository_button": False},
    "launch_buttons": {"colab_url": ""},
}
# Fewer letters, of which a Chinese character counts as two, say nothing.
LETTERS = 16
KEY = LETTERS // 2
TAG = re.compile(r"<[^>]*>")
BETWEEN = re.compile(r"\{[^}]*\}|\]\([^)]*\)|[。！？；]|[.!?;:](?=\s)|\n")


@dataclass
class Taken:
    """What has been taken out, and the words of what is left."""

    solutions: dict[str, str] = field(default_factory=dict)  # by page and cell
    images: dict[bytes, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


# --- taking out ----------------------------------------------------------------------


def is_solution(cell: NotebookNode) -> bool:
    """Tell whether a cell is a solution or a part of one."""
    return bool(re.match(r"solution-\d", cell["id"]))


def without_solutions(notebook: NotebookNode, language: str) -> NotebookNode:
    """Return a notebook for students; it says where solutions and notebooks are."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not is_solution(cell)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = FOLD.sub("", cell.source)
            for words, others in INSTEAD[language]:
                cell.source = cell.source.replace(words, others)
        if cell.id == "exercises":
            cell.source += f"\n\n{NOTE[language]}"
    notebook.metadata.pop("colab", None)  # lists the solutions that are folded
    return notebook


def strings(node: object) -> Iterator[str]:
    """Yield every text in a part of a notebook, its metadata and outputs too."""
    if isinstance(node, dict):
        for key, value in node.items():
            if not key.startswith("image/"):
                yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def take_note(taken: Taken, page: str, notebook: NotebookNode) -> None:
    """Note what of a notebook, with its outputs, is a solution and what is not."""
    for cell in notebook.cells:
        where = f"{page}: {cell.id}"
        if not is_solution(cell):
            for text in FOLD.findall(cell.source):
                taken.solutions[where] = text
            taken.left += strings({**cell, "source": FOLD.sub("", cell.source)})
            continue
        taken.solutions[where] = "\n".join(strings(cell))
        for output in cell.get("outputs", ()):
            if image := output.get("data", {}).get("image/png"):
                taken.images[base64.b64decode(image)] = where


def copy_without_solutions(
    cache: JupyterCacheAbstract, source: Path, target: Path
) -> Taken:
    """Copy what both books are made of, outputs included; return what was left out.

    Parameters
    ----------
    cache
        The outputs of every notebook, as the usual build has left them.
    source, target
        The root of the repository, and the folder in which the copy is to be built.
    """
    taken = Taken()
    ignored = shutil.ignore_patterns("_ext", ".ipynb_checkpoints")
    shutil.copytree(source / "book", target / "book", ignore=ignored)
    shutil.copy(source / "_toc.yml", target)
    outputs = target / ".jupyter_cache"
    own = get_cache(str(execution_cache.current_folder(outputs)))
    for path in sorted((target / "book").rglob("*")):
        if path.suffix in (".md", ".yml"):  # pages, questions, terms
            taken.left.append(path.read_text("utf-8"))
    for tree in TREES:
        for path in sorted((target / "book" / tree).rglob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            nbformat.write(without_solutions(notebook, tree), path)
            key, executed = cache.merge_match_into_notebook(notebook)
            page = path.relative_to(target / "book").with_suffix("").as_posix()
            take_note(taken, page, executed)
            own.cache_notebook_bundle(
                CacheBundleIn(
                    without_solutions(executed, tree),
                    str(path),
                    data=cache.get_cache_record(key).data,
                ),
                check_validity=False,
                overwrite=True,
            )
    write_settings(source, target, outputs)
    return taken


def write_settings(source: Path, target: Path, outputs: Path) -> None:
    """Write the settings of both books for the folder with the copy."""
    files = Path("_config.yml"), Path("book", "en", "_config.yml")
    for file in files:
        settings = yaml.safe_load((source / file).read_text("utf-8"))
        for name, values in SETTINGS.items():
            settings[name] = settings.get(name, {}) | values
        if file == files[0]:
            settings["execute"]["cache"] = str(outputs)
            folders = settings["sphinx"]["local_extensions"]
            for name, folder in folders.items():
                folders[name] = str(source / folder)
        text = yaml.safe_dump(settings, allow_unicode=True)
        (target / file).write_text(text, encoding="utf-8")


# --- looking for what was taken out --------------------------------------------------


def letters(text: str) -> str:
    """Return letters and digits alone: marks and quotes are set in several ways."""
    return re.sub(r"\W+", "", text)


def pieces(text: str) -> set[str]:
    """Return the lines and sentences of a text that are long enough to be found."""
    found = map(letters, BETWEEN.split(text))
    return {x for x in found if len(x) + sum(c >= "\u3400" for c in x) >= LETTERS}


def terms(text: str) -> set[str]:
    """Return the words of a text as the search index has them."""
    language = ChineseSearch({})
    return {language.stem(word) for word in set(language.split(text.lower()))}


def in_sight(page: str) -> str:
    """Return the text of an HTML page."""
    return html.unescape(TAG.sub("", page))


def everything(path: Path, text: str) -> str:
    """Return the letters of a file; in a page, those of its tags come last."""
    if path.suffix == ".html":
        text = f"{TAG.sub('', text)} {' '.join(TAG.findall(text))}"
    return letters(html.unescape(text))


def leaks(taken: Taken, folder: Path) -> list[str]:
    """Return a line for each solution of which a folder still has something.

    Looked at are all files but ``_static``, which holds nothing of any page.
    """
    by_key: dict[str, dict[str, str]] = {}
    for where, text in taken.solutions.items():
        for piece in pieces(text):
            by_key.setdefault(piece[:KEY], {})[piece] = where
    left, harmless, found = letters(" ".join(taken.left)), set(), set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or "_static" in path.parts:
            continue
        name, data = path.relative_to(folder).as_posix(), path.read_bytes()
        if data in taken.images:
            found.add(f"{name}: a figure of {taken.images[data]}")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if path.name == "searchindex.js":
            found |= {f"{name}: {word}" for word in leaked_terms(taken, path, text)}
        seen = everything(path, text)
        for start in range(len(seen) - KEY + 1):
            for piece, where in by_key.get(seen[start : start + KEY], {}).items():
                if piece in harmless or not seen.startswith(piece, start):
                    continue
                if piece in left:
                    harmless.add(piece)
                else:
                    found.add(f"{name}: {where}: {piece}")
    return sorted(found)


def leaked_terms(taken: Taken, path: Path, index: str) -> set[str]:
    """Return what can be searched for, and stands in solutions but on no page."""
    begin, end = index.index("{"), index.rindex("}") + 1
    content = json.loads(index[begin:end])
    pages = [page.read_text("utf-8") for page in path.parent.rglob("*.html")]
    words = terms("\n".join(taken.solutions.values()))
    words &= content["terms"].keys() | content["titleterms"].keys()
    return words - terms("\n".join(map(in_sight, pages)))
