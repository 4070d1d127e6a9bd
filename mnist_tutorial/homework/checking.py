"""Run a student's function, compare what it returns, say in one sentence what is wrong.

What a function returns is turned into plain Python numbers before it is compared, so
nothing that pretends to be equal passes, and what it prints or raises stays out of the
notebook. Nothing here needs nbgrader, which fails the cell in which `Feedback` is
raised.
"""

import builtins
import contextlib
import hashlib
import io
import math
import os
import signal
import types
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mnist_tutorial.bilingual import Words, say
from mnist_tutorial.checks import check_choice

# The environment variable with the course key, and the key without one.
KEY = "MNIST_TUTORIAL_KEY"
PRACTICE = "practice"
SECONDS = 10.0  # of computing, for one call of a student's function
SCALARS = {type(np.dtype(code).type(0)) for code in np.typecodes["AllInteger"] + "?efd"}
# float32 computations in another order differ by about a millionth.
RELATIVE, ABSOLUTE = 1e-4, 1e-6
# float16, and 3.14 for pi, by less than a hundredth.
ROUGHLY = 0.01


class Feedback(AssertionError):
    """What is wrong with an answer; a notebook shows the sentence and no traceback."""

    def __init__(self, words: Words):
        self.words = words
        super().__init__(str(words))

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Slip(NamedTuple):
    """What a known mistake returns, and what to say to who made it."""

    value: object
    zh: str
    en: str


class Homework:
    """The checks of one homework; calling it, as a check cell does, runs one.

    Examples
    --------
    >>> check = Homework()
    >>> @check.question
    ... def double(answer, rng):
    ...     number = int(rng.integers(2, 100))
    ...     answer.must_equal(answer(number), 2 * number)
    >>> check("double", lambda number: number + number)
    """

    def __init__(self) -> None:
        self.questions: dict[str, Callable[[Answer, np.random.Generator], None]] = {}

    def question(self, check: Callable) -> Callable:
        """Enter the check of a question, under the name of the function."""
        self.questions[check.__name__] = check
        return check

    def __call__(self, name: str, function: Callable) -> None:
        """Check an answer; say that it is right, or raise.

        Raises
        ------
        Feedback
            If the answer is wrong; the message says so in one sentence.
        InputError
            If no question has this name.
        """
        check_choice("name", name, self.questions)
        answer = Answer(name, function)
        _refuse_replaced()
        self.questions[name](answer, generator(os.environ.get(KEY, PRACTICE), name))
        _refuse_replaced()
        say(zh=f"`{name}`：通过。", en=f"`{name}`: passed.")


def generator(key: str, name: str) -> np.random.Generator:
    """Return the generator that a key gives a question."""
    digest = hashlib.sha256(f"{key}\n{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def own_generator(student_number: str | int) -> np.random.Generator:
    """Return the generator of a student, so that each reads numbers of his or her own.

    Full-width digits and spaces around the number make no difference.
    """
    number = unicodedata.normalize("NFKC", str(student_number)).strip()
    return generator(number, "student")


class Answer:
    """A student's function; calling it gives plain Python values.

    Parameters
    ----------
    name
        Of the question and of the function.
    function
        What the student wrote.
    """

    def __init__(self, name: str, function: Callable):
        self.name, self._function = name, function

    def __call__(self, *arguments: object) -> object:
        """Call the function with copies of the arguments.

        Returns
        -------
        int, float, bool, str, list or dict
            What the function returned: arrays and tuples as lists, NumPy's numbers as
            Python's.

        Raises
        ------
        Feedback
            If it raises, takes longer than `SECONDS`, returns nothing or something
            that is made of other things than numbers and texts.
        """
        arguments = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        try:
            with _quiet(), _limited(SECONDS):
                value = plain(self._function(*arguments))
        except NotImplementedError:
            self.fail(zh="还没有写", en="is not written yet")
        except _TooLong:
            self.fail(
                zh=f"{SECONDS:g} 秒还没有算完，多半是循环停不下来",
                en=f"has not ended after {SECONDS:g} s: does a loop never stop?",
            )
        except _Unknown as unknown:
            self.fail(
                zh=f"返回了 {unknown}，应为数、列表或者由数组成的 NumPy 数组",
                en=f"returns {unknown}; numbers, lists or NumPy arrays of numbers are "
                "expected",
            )
        except (Exception, SystemExit) as error:
            what = f"{type(error).__name__}: {_line(error)}"
            zh, en = f"运行时出错：{what}", f"stops with {what}"
            if "numpy boolean" in str(error):
                zh += "：True 和 False 取反用 `~`，要相减先写 `.astype(int)`"
                en += ": `~` turns True and False; subtract after `.astype(int)`"
            self.fail(zh=zh, en=en)
        if value is None:
            self.fail(
                zh="什么都没有返回，是不是忘了 return",
                en="returns nothing: is `return` missing?",
            )
        return value

    def must_equal(
        self,
        got: object,
        wanted: object,
        *slips: Slip,
        case: Words | None = None,
    ) -> None:
        """Refuse an answer that differs from what is wanted.

        Parameters
        ----------
        got
            What calling the answer gave.
        wanted
            The right value: a number, a list, or an array.
        slips
            What known mistakes give. The first that is equal to ``got`` says in the
            feedback what the mistake probably was; some are known for any question.
        case
            The data in words, such as ``Words("对标签 [3, 1]", "for labels [3, 1]")``.

        Raises
        ------
        Feedback
            If shapes differ, or a number by more than float32 explains.
        """
        wanted = plain(wanted)
        if same(got, wanted):
            return
        zh, en = _difference(got, wanted)
        made = [slip for slip in slips if same(got, plain(slip.value))]
        made = made or _slips_of_any_question(got, wanted)
        if case:
            zh, en = f"{case.zh}，{zh}", (f"{en[0]} {case.en}", en[1])
        self.fail(
            zh=zh + (f"：{made[0].zh}" if made else ""),
            en=", ".join(en) + (f": {made[0].en}" if made else ""),
        )

    def must(self, condition: bool, *, zh: str, en: str) -> None:
        """Refuse an answer for which a condition does not hold.

        ``zh`` and ``en`` go on where ``"`name` "`` ends: say what was given, what is
        expected, and what it probably means; no full stop.
        """
        if not condition:
            self.fail(zh=zh, en=en)

    def fail(self, *, zh: str, en: str) -> None:
        """Raise the feedback."""
        end = "" if en.endswith("?") else "."
        raise Feedback(Words(f"`{self.name}` {zh}。", f"`{self.name}` {en}{end}"))


# --- values --------------------------------------------------------------------------


class _Unknown(TypeError):
    """The name of a type that is compared with nothing."""


def plain(value: object) -> object:
    """Return a value as Python's own numbers, texts, lists and dictionaries.

    Only exact types are taken: an object of a student's class, which could say that it
    equals everything, is refused.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in SCALARS or (kind is np.ndarray and value.dtype.kind in "biuf"):
        return value.tolist()
    if kind is np.ndarray:
        raise _Unknown(f"ndarray (dtype={value.dtype})")
    if kind in (list, tuple):
        return [plain(item) for item in value]
    if kind is dict:
        return {plain(key): plain(item) for key, item in value.items()}
    raise _Unknown(kind.__name__)


def same(got: object, wanted: object, relative: float = RELATIVE) -> bool:
    """Tell whether two plain values are equal, numbers up to float32's rounding."""
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(same(*pair, relative) for pair in zip(got, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict)
            and got.keys() == wanted.keys()
            and all(same(got[key], wanted[key], relative) for key in wanted)
        )
    if _is_number(wanted) and _is_number(got):
        return math.isclose(got, wanted, rel_tol=relative, abs_tol=ABSOLUTE)
    return type(got) is type(wanted) and got == wanted


def shape(value: object) -> tuple[int, ...] | None:
    """Return the shape of nested lists, ``None`` if rows differ in length."""
    if not isinstance(value, list):
        return ()
    shapes = {shape(item) for item in value}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(value), *(shapes.pop() if shapes else ()))


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _slips_of_any_question(got: object, wanted: object) -> list[Slip]:
    if shape(got) is None or shape(got) != shape(wanted):
        return []
    given = np.array(got)
    if given.dtype == bool and same(given.astype(int).tolist(), wanted):
        zh = "这是 True 和 False，应为数：加上 .astype(int)"
        en = "these are True and False, and numbers are asked: .astype(int)"
    elif given.dtype.kind == "f" and not np.isfinite(given).all():
        zh = "nan 和 inf 来自除以 0 或者溢出，那种情况要单独处理"
        en = "nan and inf come from dividing by 0 or from an overflow: treat it apart"
    elif given.dtype.kind == "f" and same(got, wanted, ROUGHLY):
        zh = "只有前几位对：用了 float16，四舍五入过，还是常数的位数不够"
        en = "its first digits are right: float16, a rounding, a short constant?"
    else:
        return []
    return [Slip(got, zh, en)]


def _difference(got: object, wanted: object) -> tuple[str, tuple[str, str]]:
    """Return what differs, in Chinese and in two parts in English."""
    if shape(got) != shape(wanted) or isinstance(wanted, dict):
        (zh, en), (zh_wanted, en_wanted) = _form(got), _form(wanted)
        return (
            f"返回了{zh}，应为{zh_wanted}",
            (f"returns {en}", f"and {en_wanted} is expected"),
        )
    place = []
    while isinstance(wanted, list):
        pairs = enumerate(zip(got, wanted, strict=True))
        index = next(i for i, pair in pairs if not same(*pair))
        place.append(index)
        got, wanted = got[index], wanted[index]
    short, full = ([_shown(v, digits) for v in (got, wanted)] for digits in (4, 9))
    given, right = short if short[0] != short[1] else full
    zh, en = (f"位置 {place} 上", f" at {place}") if place else ("", "")
    return f"{zh}给出 {given}，应为 {right}", (
        f"gives {given}{en}",
        f"and {right} is expected",
    )


def _form(value: object) -> Words:
    if isinstance(value, list):
        form = shape(value)
        if form is None:
            return Words("长短不齐的列表", "rows of several lengths")
        return Words(f"形状 {form}", f"shape {form}")
    if isinstance(value, dict):
        keys = ", ".join(map(repr, value))
        return Words(f"键为 {keys} 的字典", f"a dict with the keys {keys}")
    return Words(f" {_shown(value, 4)}", f"{_shown(value, 4)}")


def _shown(value: object, digits: int) -> str:
    return f"{value:.{digits}g}" if _is_number(value) else _line(repr(value))


def _line(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= 100 else f"{line[:97]}..."


# --- running ------------------------------------------------------------------------


class _TooLong(BaseException):
    """No ``except Exception`` of a student's stops it."""


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Break off what computes too long, where the system can tell (not Windows)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_) -> None:
        raise _TooLong

    # Computing counts, not waiting: a busy machine must not cost anybody points.
    before = signal.signal(signal.SIGPROF, stop)
    # Again and again, in case that a bare `except` in the loop takes the first.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep prints and warnings out of the cell: a grader counts them as a failure."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _functions(module: types.ModuleType) -> dict[str, object]:
    kinds = (type, types.BuiltinFunctionType, types.FunctionType, np.ufunc)
    kinds += (type(np.allclose),)  # of NumPy's own kind
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, kinds) and not name.startswith("_")
    }


# As they were when the notebook began.
_ORIGINALS = {
    module: _functions(module) for module in (builtins, math, np, np.linalg, np.random)
}


def _refuse_replaced() -> None:
    """Refuse to check with a library that an answer has changed."""
    for module, functions in _ORIGINALS.items():
        for name, function in functions.items():
            if vars(module).get(name) is not function:
                which = f"{module.__name__}.{name}"
                raise Feedback(
                    Words(
                        f"`{which}` 被换掉了：重启内核，不要改动库里的函数。",
                        f"`{which}` was replaced: restart the kernel, and leave the "
                        "functions of libraries as they are.",
                    )
                )
