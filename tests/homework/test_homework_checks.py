"""Every answer gets the points it deserves, and every line of a check is needed."""

import ast
import inspect
import re
import textwrap

import numpy as np
import pytest
from homework_answers import (
    ANSWERS,
    HOMEWORKS,
    QUESTIONS,
    check_of,
    feedback,
    model,
    questions,
    written,
)
from homework_tampering import tampering

from mnist_tutorial.homework import checking
from mnist_tutorial.homework.checking import KEY, Answer, Feedback, Homework

WRITTEN = [answer for each in QUESTIONS for answer in written(*each)]
each_question = pytest.mark.parametrize(("homework", "question"), QUESTIONS)


@pytest.fixture
def seconds(monkeypatch):
    """Do not wait long for an endless loop."""
    monkeypatch.setattr(checking, "SECONDS", 0.2)


def test_every_question_has_its_check_and_its_answers():
    for homework in HOMEWORKS:
        names = set(questions(homework))
        assert names == set(check_of(homework).questions)
        assert names == {path.stem for path in (ANSWERS / homework).glob("*.py")}
    for each in QUESTIONS:
        kinds = [answer.kind for answer in written(*each)]
        assert kinds.count("right") >= 2 and kinds.count("wrong") >= 6, each


# --- the table of points -------------------------------------------------------------


@pytest.mark.parametrize("answer", WRITTEN, ids=str)
def test_an_answer_gets_its_points(answer, monkeypatch):
    most = questions(answer.homework)[answer.question]
    for key in ("practice", "a key"):
        monkeypatch.setenv(KEY, key)
        said = feedback(check_of(answer.homework), answer.question, answer.source)
        points = 0 if said else most
        print(f"{points:g} {answer.kind:7} {answer.question}: {answer.what}: {said}")
        assert points == answer.points, said
        for text in said or ():
            assert text.endswith(("。", ".", "?")) and len(text) < 250, text
            assert "\n" not in text and "Traceback" not in text
        assert not said or re.search(r"[\u4e00-\u9fff]", said.zh)
        assert not said or not re.search(r"[\u3000-\u9fff]", said.en)


@each_question
def test_no_key_refuses_the_model_solution(homework, question, monkeypatch):
    for number in range(10):
        monkeypatch.setenv(KEY, f"course {number}")
        assert feedback(check_of(homework), question, model(homework, question)) is None


class EqualsAll:
    """Say yes to every comparison, also to those of NumPy."""

    __array_priority__ = 1e9
    shape = ()

    def __eq__(self, _):
        return True

    def __array__(self, *_, **__):
        return np.zeros(())

    def __getattr__(self, _):
        return self

    __call__ = __le__ = __ge__ = __lt__ = __gt__ = __eq__


class Sly(np.ndarray):
    def tolist(self):
        return EqualsAll()


class SlyFloat(float):
    def __eq__(self, _):
        return True


CONSTANTS = [
    *(0, 1, 0.5, 0.75, True, "", [], [[]], {}, float("nan"), np.zeros((2, 2))),
    *(EqualsAll(), [EqualsAll()], np.zeros(3).view(Sly), SlyFloat(1)),
]


@each_question
def test_no_constant_scores_nor_what_equals_everything(homework, question, monkeypatch):
    for number in range(10):
        monkeypatch.setenv(KEY, f"course {number}")
        for constant in [*CONSTANTS, None]:
            with pytest.raises(Feedback):
                check_of(homework)(question, lambda *_, it=constant: it)


@each_question
def test_what_was_right_in_practice_and_written_down_does_not_score(
    homework, question, monkeypatch
):
    check, given, namespace = check_of(homework), [], {"np": np}
    exec(model(homework, question), namespace)

    def recording(*arguments):
        given.append(namespace[question](*arguments))
        return given[-1]

    monkeypatch.delenv(KEY, raising=False)
    check(question, recording)
    again = iter(given.copy())
    check(question, lambda *_: next(again))
    for number in range(10):
        monkeypatch.setenv(KEY, f"course {number}")
        again = iter(given.copy())
        with pytest.raises(Feedback):
            check(question, lambda *_, again=again: next(again))


@each_question
def test_what_stops_or_never_stops_is_said(homework, question, seconds):
    check = check_of(homework)
    for body, words in {
        "while True: pass": "has not ended",
        "return f(*_)": "stops with",
        "raise SystemExit": "stops with SystemExit",
        "raise KeyError('it')": "stops with KeyError",
        "raise NotImplementedError": "is not written yet",
        "pass": "is `return` missing?",
        "return {1, 2}": "returns set",
    }.items():
        said = feedback(check, question, f"def {question}(*_):\n    {body}")
        assert words in said.en, said


ANY_QUESTION = {
    ("hw0", "one_hot", "truth values"): "True and False, and numbers are asked",
    ("hw0", "one_hot", "an array of objects"): "returns ndarray (dtype=object)",
    ("hw0", "accuracy", "minus before True and False"): "`~` turns True and False",
    ("hw1", "softmax", "float16"): "its first digits are right: float16",
    ("hw1", "softmax", "overflows"): "nan and inf come from dividing by 0",
    ("hw3", "precision_recall_f1", "NaN for a class that is never predicted"): (
        "nan and inf come from dividing by 0"
    ),
    ("hw3", "precision_recall_f1", "NaN in F1 alone"): "nan and inf come from",
    ("hw3", "wilson_interval", "rounded"): "its first digits are right",
}


@pytest.mark.parametrize("which", ANY_QUESTION, ids=" ".join)
def test_mistakes_of_any_question_get_a_hint(which):
    homework, question, what = which
    (answer,) = (a for a in written(homework, question) if a.what == what)
    said = feedback(check_of(homework), question, answer.source)
    assert ANY_QUESTION[which] in said.en


@pytest.mark.parametrize("got", [[1], [[1.0], [2.0, 3.0]], ["1.0", 2.0], [1.05, 2.0]])
def test_other_mistakes_do_not(got):
    check = Homework()
    check.questions["first"] = lambda answer, _: answer.must_equal(answer(), [1.0, 2.0])
    with pytest.raises(Feedback) as refused:
        check("first", lambda: got)
    assert ": " not in refused.value.words.en


HOSTILE = {
    "import sys\nsys.exit()": "import sys",
    "import os": "import os",
    "from mnist_tutorial.homework import hw0": "mnist_tutorial.homework",
    "from mnist_tutorial import homework": "mnist_tutorial.homework",
    "x = input()": "input",
    "exit()": "exit",
    "eval('1')": "eval",
    "import numpy as n\nn.allclose = lambda *_: True": "n.allclose",
    "from numpy import linalg\nlinalg.norm = None": "linalg.norm",
    "np.random.x.y = 1": "np.random.x.y",
    "del np.mean": "np.mean",
    "f.__globals__['check'] = None": "__globals__",
    "class A:\n    def f(self):\n        self.f.__globals__.clear()": "__globals__",
    "def check(*_): pass": "check",
    "check = print": "check",
    "from typing import NewType as check": "check",
    "import warnings\nwarnings.sys.exit()": "sys",
    "import random\nrandom._os.abort()": "_os",
    "get_ipython()": "get_ipython",
    "open('a', 'w')": "open",
}


@pytest.mark.parametrize("source", HOSTILE)
def test_what_reaches_for_the_grader_is_refused_in_one_line(source):
    for words in tampering(source):
        assert HOSTILE[source] in words and "\n" not in words


def test_what_students_write_is_not_refused():
    for answer in WRITTEN:
        assert answer.kind == "hostile" or tampering(answer.source) is None, answer
    for source in (
        "def conv(input, kernel):\n    return input.shape",
        "import numpy as np\nfrom math import log\nx = np.zeros(3)\nx[0] = 1",
        "class A:\n    def __init__(self):\n        super().__init__()",
        "class A:\n    def go(self):\n        self._a = self.modules = 1",
        "model.compile(loss='mse')",
        "def f(:",
    ):
        assert tampering(source) is None, source


@pytest.mark.parametrize("module", [np, np.linalg, checking.math], ids=str)
def test_a_library_that_was_changed_is_seen(module, monkeypatch):
    name = {"numpy": "allclose", "numpy.linalg": "norm", "math": "isclose"}
    name = name[module.__name__]
    monkeypatch.setattr(module, name, lambda *_, **__: True)
    for homework, question in QUESTIONS[:1]:
        with pytest.raises(Feedback, match=name):
            check_of(homework)(question, lambda *_: 0)


def test_an_answer_cannot_change_what_it_is_compared_with():
    check = Homework()

    @check.question
    def first(answer, rng):
        values = rng.uniform(size=3)
        answer.must_equal(answer(values), values + 1)

    def cheats(values):
        values[:] = -1
        return np.zeros(3)

    with pytest.raises(Feedback):
        check("first", cheats)


# --- every line is needed ------------------------------------------------------------


def without_one_assertion(check):
    """Yield the function of a check without each of its assertions in turn."""
    source = textwrap.dedent(inspect.getsource(check))
    source = source.replace("@check.question\n", "")
    count = sum(map(is_assertion, ast.walk(ast.parse(source))))
    assert count, f"{check.__name__} asserts nothing"
    for number in range(count):
        tree = ast.parse(source)
        found = [node for node in ast.walk(tree) if is_assertion(node)]
        found[number].value = ast.Constant(None)
        namespace = dict(check.__globals__)
        exec(compile(ast.fix_missing_locations(tree), "check", "exec"), namespace)
        yield namespace[check.__name__]


def is_assertion(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).startswith("answer.must")
    )


@each_question
def test_without_an_assertion_a_wrong_answer_would_pass(homework, question):
    wrong = [a.source for a in written(homework, question) if a.kind == "wrong"]
    for number, mutant in enumerate(
        without_one_assertion(check_of(homework).questions[question])
    ):
        check = Homework()
        check.questions[question] = mutant
        passed = [source for source in wrong if not feedback(check, question, source)]
        assert passed, f"assertion {number} catches nothing"


@each_question
def test_every_hint_is_given_to_somebody(homework, question, monkeypatch):
    hints, said = set(), ""
    must_equal = Answer.must_equal

    def recording(self, got, wanted, *slips, case=None):
        hints.update(slip.en for slip in slips)
        must_equal(self, got, wanted, *slips, case=case)

    monkeypatch.setattr(Answer, "must_equal", recording)
    for answer in written(homework, question):
        words = feedback(check_of(homework), question, answer.source)
        said += words.en if words else ""
    assert [hint for hint in hints if hint not in said] == []
