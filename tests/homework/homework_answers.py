"""Read the answers of ``answers/`` and the notebooks, and run one against its check."""

import contextlib
import importlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from homework_tampering import tampering

from mnist_tutorial.homework.checking import Feedback, Homework

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = Path(__file__).parent / "answers"
HEADER = re.compile(r"^# %% (\d+) (right|wrong|hostile): (.+)\n", re.M)


@dataclass(frozen=True)
class Written:
    """An answer as a student wrote it, and the points that it must get."""

    homework: str
    question: str
    points: float
    kind: str
    what: str
    source: str

    def __str__(self):
        return f"{self.homework}-{self.question}-{self.kind}: {self.what}"


def cells(homework, language="zh"):
    """Return the cells of a source notebook."""
    path = ROOT / "homework" / language / f"{homework}.ipynb"
    return json.loads(path.read_text("utf-8"))["cells"]


def questions(homework):
    """Return {question: points} of what is checked."""
    found = {}
    for cell in cells(homework):
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade") and not about["solution"]:
            name = about["grade_id"].removesuffix("-check").replace("-", "_")
            assert "".join(cell["source"]) == f'check("{name}", {name})'
            found[name] = about["points"]
    return found


HOMEWORKS = sorted(path.stem for path in (ROOT / "homework" / "zh").glob("*.ipynb"))
QUESTIONS = [(hw, question) for hw in HOMEWORKS for question in questions(hw)]


def model(homework, question):
    """Return the model solution of a question, as it stands in the notebook."""
    (cell,) = (c for c in cells(homework) if c["id"] == question.replace("_", "-"))
    return "".join(cell["source"])


def written(homework, question):
    """Return the answers to a question."""
    text = (ANSWERS / homework / f"{question}.py").read_text("utf-8")
    before, *parts = HEADER.split(text)
    assert not before
    return [
        Written(homework, question, float(points), kind, what, source)
        for points, kind, what, source in zip(*[iter(parts)] * 4, strict=True)
    ]


def check_of(homework):
    """Return the checks of a homework."""
    return importlib.import_module(f"mnist_tutorial.homework.{homework}").check


def feedback(check: Homework, question, source):
    """Return what is said against an answer, or ``None`` if it is right."""
    if why := tampering(source):
        return why
    namespace = {"np": np}
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(source, namespace)
            check(question, namespace[question])
        except Feedback as error:
            return error.words
    return None
