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

from mnist_tutorial.checks import check_choice
from mnist_tutorial.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
HOMEWORK = ROOT / "homework"
LANGUAGES = ("zh", "en")

Notebook = dict[str, Any]


def settings(course: Path) -> Config:
    """Return nbgrader's settings for a folder with the files of a course."""
    config = PyFileConfigLoader("nbgrader_config.py", str(HOMEWORK)).load_config()
    config.CourseDirectory.root = str(course)
    # Several write into one file, each for an instant; who waits 5 s would give up.
    config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}?timeout=600"
    return config


def step(
    converter: type[BaseConverter], config: Config, homework: str, **where
) -> BaseConverter:
    """Return one of nbgrader's steps over a homework, to be started.

    Its log is for its developers.
    """
    # It calls alembic by that name, which lies beside this Python.
    beside, known = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if beside not in known.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, known])
    place = CourseDirectory(config=config, assignment_id=homework, **where)
    made = converter(coursedir=place, config=config, force=True)
    made.log = logging.getLogger("nbgrader of mnist-tutorial")
    made.log.setLevel(logging.CRITICAL)
    return made


def prepare(config: Config, homework: str, language: str) -> Notebook:
    """Put a homework into the folder of a course, and return what students get.

    The setup cell gets a line that lets checks speak the notebook's language.
    """
    course = Path(config.CourseDirectory.root)
    source = course / "source" / homework
    source.mkdir(parents=True, exist_ok=True)
    shutil.copy(HOMEWORK / language / f"{homework}.ipynb", source)
    step(GenerateAssignment, config, homework).start()
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
    parser.add_argument("homework", help="its number")
    parser.add_argument("language", help="zh or en")


def check_what(given: argparse.Namespace) -> tuple[str, str]:
    """Return name and language, such as ``"hw0"`` and ``"zh"``.

    Raises
    ------
    InputError
        If there is no such homework or language.
    """
    numbers = [name.removeprefix("hw") for name in homeworks()]
    check_choice("HW", given.homework, numbers)
    # A system's LANG, such as zh_CN.UTF-8, says it as well.
    check_choice("LANG", given.language[:2], LANGUAGES)
    return f"hw{given.homework}", given.language[:2]


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_what(parser)
    try:
        what = check_what(parser.parse_args(argv))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    made = write_release(*what, ROOT / "_build" / "homework")
    print(f"{made.with_suffix('')}\n{made}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
