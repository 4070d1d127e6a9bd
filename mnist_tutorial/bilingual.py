"""Sentences and drawings that a page shows in its reader's language.

Both books run the same code. What a cell says about a number that it has measured is
written in both languages; the built page shows its own (``page_outputs.py``), and a
live kernel that of the notebook, where Jupyter tells which, or of the reader's system.
"""

import locale
import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

from IPython.display import display

# What a built page reads instead of the text that was shown.
KEY = "mnist_tutorial"


def reader_language() -> Literal["zh", "en"]:
    """Return the notebook's or the system's language, ``"en"`` where it is neither.

    ``LANGUAGE`` is asked first: ``%env LANGUAGE=zh`` in a notebook decides. Then the
    folder ``zh`` or ``en`` of the notebook, which JupyterLab gives its kernels; then
    ``LC_ALL``, ``LC_MESSAGES`` and ``LANG``, as programs in a terminal do.
    """
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    first, *others = (os.environ.get(name) for name in names)
    notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
    folders = (part for part in reversed(notebook.parts) if part in ("zh", "en"))
    asked = (first, *folders, *others)
    found = next(filter(None, asked), None) or locale.getlocale()[0] or ""
    return "zh" if found.lower().startswith(("zh", "chinese")) else "en"


class Words(NamedTuple):
    """The same in both languages; ``str()`` and f-strings give the reader's."""

    zh: str
    en: str

    def __str__(self) -> str:
        """Return the words in the reader's language."""
        return getattr(self, reader_language())


def say(*, zh: str, en: str) -> None:
    """Show a sentence in the reader's language, written in Markdown.

    The hyphen that Python writes before a negative number is shown as a minus sign, but
    not in code and formulas.

    Examples
    --------
    >>> say(zh=f"答对 **{share:.1%}**。", en=f"**{share:.1%}** are right.")
    """
    _show("text/markdown", zh=_with_minus(zh), en=_with_minus(en))


def show_svg(*, zh: str, en: str) -> None:
    """Show a drawing, as SVG, ``<svg …>…</svg>``, in the reader's language."""
    _show("text/html", zh=zh, en=en)


def _with_minus(text: str) -> str:
    code_or_formula = r"(`+.*?`+|\$+[^$]*\$+)"
    hyphen = r"(?<![\w.)\]-])-(?=\.?\d)"
    return re.sub(f"{code_or_formula}|{hyphen}", lambda found: found[1] or "−", text)


def _show(mime: str, **texts: str) -> None:
    text = texts[reader_language()]
    if mime == "text/markdown":
        plain = re.sub(r"[*`]", "", text)
    else:
        plain = " ".join(re.findall(r">\s*([^<>\s][^<>]*)<", text))
    data = {mime: text, "text/plain": plain}
    display(data, raw=True, metadata={KEY: {"mime": mime, **texts}})
