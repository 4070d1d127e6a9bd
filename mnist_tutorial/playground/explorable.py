"""What a notebook shows: the data, a text for readers without JavaScript, a script."""

import json
import re
from dataclasses import dataclass
from importlib import resources

# `import { make, put } from "./elements.js";`, in one line or in several, or no names.
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"\./(\w+\.js)";\n', re.MULTILINE)
# `import source from "./engine.js" with { type: "text" };`.
IMPORT_TEXT = re.compile(
    r'^import (\w+) from "\./(\w+\.js)" with \{ type: "text" \};\n', re.MULTILINE
)


@dataclass(frozen=True)
class Explorable:
    """An experiment that a notebook or a page of the book can show.

    Attributes
    ----------
    kind
        Which script runs it, such as ``kernel`` or ``playground``.
    data
        What the script works on; goes into the page as JSON.
    fallback
        For readers without JavaScript: by language code, what they miss.
    """

    kind: str
    data: dict
    fallback: dict[str, str]

    def __repr__(self) -> str:
        """Return a short name, for a terminal that shows no HTML."""
        return f"<explorable {self.kind!r}: show it in a notebook>"

    def _repr_html_(self) -> str:
        """Return the HTML fragment, the same for the same data."""
        script = joined(f"{self.kind}_explorer.js")
        # A "<" inside JSON could close the script element that holds it.
        data = json.dumps(self.data, separators=(",", ":")).replace("<", "\\u003c")
        texts = "".join(
            f'<p lang="{language}">{text}</p>'
            for language, text in self.fallback.items()
        )
        return (
            f'<div class="mnist-explorable" data-kind="{self.kind}">'
            f'<script type="application/json">{data}</script>{texts}</div>'
            f'<script type="module">\n{script}</script>'
        )


def source_of(name: str) -> str:
    """Return the text of a file in ``scripts``."""
    return (resources.files(__package__) / "scripts" / name).read_text("utf-8")


def joined(
    name: str, taken: set[str] | None = None, in_text: set[str] | None = None
) -> str:
    """Return one of the ``scripts`` behind all those that it imports, each once.

    A page opened from the disk may import no file, so what is a module here becomes a
    part of one script there. ``taken`` are the names of those that it has already.
    A file imported as text, for a worker, becomes the text of a function, and so stays
    readable. All such texts are for one worker, which reads them in their order, so
    they too hold each file once; ``in_text`` are the names that they hold already.
    """
    taken = set() if taken is None else taken
    in_text = set() if in_text is None else in_text
    taken.add(name)
    source = source_of(name)
    before = [
        joined(other, taken, in_text)
        for other in IMPORT.findall(source)
        if other not in taken
    ]

    def as_text(found: re.Match) -> str:
        text = joined(found[2], in_text)
        return f"const {found[1]} = String(() => {{\n{text}}}).slice(7, -1);\n"

    own = re.sub("^export ", "", IMPORT.sub("", source), flags=re.MULTILINE)
    return "".join(before) + IMPORT_TEXT.sub(as_text, own)
