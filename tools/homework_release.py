"""Write the homework that students get: no solutions, one zip.

    make homework HW=0 LANG=zh

The source, ``homework/zh/hw0.ipynb``, has the solutions; nbgrader takes them out.
"""

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
HOMEWORK = ROOT / "homework"
LANGUAGES = ("zh", "en")

Notebook = dict[str, Any]


def settings(course: Path) -> Config:
    """Return nbgrader's settings for a folder with the files of a course."""
    config = PyFileConfigLoader("nbgrader_config.py", str(HOMEWORK)).load_config()
    config.CourseDirectory.root = str(course)
    return config


def run(converter: type[BaseConverter], config: Config, homework: str, **where) -> None:
    """Run one of nbgrader's steps over a homework; its log is for its developers."""
    # It calls alembic by that name, which lies beside this Python.
    beside, known = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if beside not in known.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, known])
    place = CourseDirectory(config=config, assignment_id=homework, **where)
    step = converter(coursedir=place, config=config, force=True)
    step.log = logging.getLogger("nbgrader of mnist-tutorial")
    step.log.setLevel(logging.CRITICAL)
    step.start()


def prepare(config: Config, homework: str, language: str) -> Notebook:
    """Put a homework into the folder of a course, and return what students get.

    The setup cell gets a line that lets checks speak the notebook's language.
    """
    course = Path(config.CourseDirectory.root)
    source = course / "source" / homework
    source.mkdir(parents=True, exist_ok=True)
    shutil.copy(HOMEWORK / language / f"{homework}.ipynb", source)
    run(GenerateAssignment, config, homework)
    released = course / "release" / homework / f"{homework}.ipynb"
    notebook = json.loads(released.read_text("utf-8"))
    (setup,) = (cell for cell in notebook["cells"] if cell["id"] == "setup")
    setup["source"] += ["\n\nimport os\n\n", f'os.environ["LANGUAGE"] = "{language}"']
    return notebook


def release(homework: str, language: str) -> Notebook:
    """Return the notebook that students get."""
    with tempfile.TemporaryDirectory() as course:
        config = settings(Path(course))
        config.SaveCells.enabled = False
        config.GenerateAssignment.no_database = True
        return prepare(config, homework, language)


def write_release(homework: str, language: str, folder: Path) -> Path:
    """Write notebook and instructions into a folder, and the zip of it beside it."""
    target = folder / f"{homework}-{language}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    text = json.dumps(release(homework, language), ensure_ascii=False, indent=1)
    (target / f"{homework}.ipynb").write_text(text + "\n", "utf-8")
    shutil.copy(HOMEWORK / language / "README.md", target)
    return Path(shutil.make_archive(str(target), "zip", folder, target.name))


def homeworks() -> list[str]:
    """Return the names of all homeworks, such as ``"hw0"``."""
    return sorted(path.stem for path in (HOMEWORK / "zh").glob("hw*.ipynb"))


def add_what(parser: argparse.ArgumentParser) -> None:
    """Let a command ask for the homework and the language."""
    numbers = [name.removeprefix("hw") for name in homeworks()]
    parser.add_argument("homework", choices=numbers, metavar=f"HW({','.join(numbers)})")
    # A system's LANG, such as zh_CN.UTF-8, says it as well.
    parser.add_argument("language", type=lambda text: text[:2], choices=LANGUAGES)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_what(parser)
    given = parser.parse_args(argv)
    made = write_release(
        f"hw{given.homework}", given.language, ROOT / "_build" / "homework"
    )
    print(f"{made.with_suffix('')}\n{made}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
