"""Give notebooks back the kernelspec that every Jupyter knows.

    python tools/reset_kernelspec.py NOTEBOOK...

An editor writes the name of whoever's environment it ran in, which a reader does
not have. Exits with 1 when it changed a file, as pre-commit expects.
"""

import json
import sys
from pathlib import Path

METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def main(paths: list[str]) -> int:
    """Rewrite the notebooks whose kernelspec or language differs."""
    changed = False
    for path in map(Path, paths):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if {key: notebook["metadata"].get(key) for key in METADATA} == METADATA:
            continue
        notebook["metadata"].update(METADATA)
        text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        path.write_text(text, encoding="utf-8")
        print(f"{path}: kernelspec reset")
        changed = True
    return int(changed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
