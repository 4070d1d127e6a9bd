"""What ``%load_ext mnist_tutorial`` promises: other words, and nothing else is other.

Every cell here is run by two IPython shells, one as it comes and one in which
assertions are watched.
"""

import traceback
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from mnist_tutorial import assertions
from mnist_tutorial.assertions import (
    OPERATORS,
    POINTER,
    Assertions,
    nearest,
    watch_assertions,
)


class Shell:
    """An IPython shell whose cells give an error back instead of printing it."""

    def __init__(self, folder, *, is_watched):
        config = Config()
        config.HistoryManager.enabled = False
        self.ipython = InteractiveShell(
            config=config,
            ipython_dir=str(folder),
            user_module=types.ModuleType("cells"),
        )
        self.ipython.showtraceback = lambda *arguments, **options: None
        self.ipython.run_cell("import math, cmath\nimport numpy as np")
        if is_watched:
            self.run("%load_ext mnist_tutorial")

    def run(self, cell, **names):
        """Run a cell; return its error or None."""
        self.ipython.push(names)
        result = self.ipython.run_cell(cell)
        assert result.error_before_exec is None
        return result.error_in_exec

    def fail(self, cell, **names):
        """Run a cell whose assertion must fail; return the lines that it says."""
        error = self.run(cell, **names)
        assert type(error) is AssertionError, repr(error)
        (message,) = error.args
        *lines, last = message.split("\n")
        assert last == POINTER
        return lines

    def received(self, cell, **names):
        """Run a cell whose assertion must fail; return what it says that came."""
        received = self.fail(cell, **names)[-1]
        assert received.startswith("received (得到): ")
        return received.removeprefix("received (得到): ")

    def passes(self, cell, **names):
        error = self.run(cell, **names)
        assert error is None, error


@pytest.fixture
def plain(tmp_path):
    return Shell(tmp_path, is_watched=False)


@pytest.fixture
def watched(tmp_path):
    return Shell(tmp_path, is_watched=True)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return a plain and a watched shell for cells that leave nothing behind."""
    return tuple(
        Shell(tmp_path_factory.mktemp("ipython"), is_watched=is_watched)
        for is_watched in (False, True)
    )


# --- nothing is other: truth, order, side effects ------------------------------------


class Truth:
    """The result of a comparison; it notes when its truth is asked for."""

    def __init__(self, value, log):
        self.value, self.log = value, log

    def __bool__(self):
        self.log.append("truth")
        return self.value


class Operand:
    """A number that notes each comparison, and gives a bool, a ``Truth`` or an error.

    A multiple of 7 cannot be compared.
    """

    def __init__(self, number, log):
        self.number, self.log = number, log

    def compare(self, sign, other):
        self.log.append((self.number, sign, other.number))
        if 7 in (self.number, other.number):
            raise ZeroDivisionError(f"{self.number} {sign} {other.number}")
        value = OPERATORS[sign](self.number, other.number)
        return Truth(value, self.log) if self.number % 2 else value

    __hash__ = None
    __lt__ = lambda self, other: self.compare("<", other)  # noqa: E731
    __le__ = lambda self, other: self.compare("<=", other)  # noqa: E731
    __gt__ = lambda self, other: self.compare(">", other)  # noqa: E731
    __ge__ = lambda self, other: self.compare(">=", other)  # noqa: E731
    __eq__ = lambda self, other: self.compare("==", other)  # noqa: E731
    __ne__ = lambda self, other: self.compare("!=", other)  # noqa: E731

    def __contains__(self, other):
        self.log.append((self.number, "holds", other.number))
        return other.number < self.number


numbers = st.integers(0, 7).map(lambda number: f"n({number})")


@st.composite
def chains(draw):
    first, *others = draw(st.lists(numbers, min_size=2, max_size=4))
    return first + "".join(f" {draw(st.sampled_from(sorted(OPERATORS)))} {other}"
                           for other in others)  # fmt: skip


@st.composite
def loops(draw, tests):
    values = draw(st.lists(st.integers(0, 7), max_size=3))
    test = draw(tests)
    inner = draw(st.sampled_from([f"n(i) < n(3) and {test}", "n(3) >= n(i)", test]))
    loop = f"{inner} for i in {values}"
    name = draw(st.sampled_from(["all", "any"]))
    return f"{name}({loop})" if draw(st.booleans()) else f"{name}([{loop}])"


expressions = st.recursive(
    st.one_of(chains(), numbers, st.sampled_from(["True", "[]", "n(1) and 0"])),
    lambda tests: st.one_of(
        st.tuples(tests, st.sampled_from(["and", "or"]), tests).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        tests.map(lambda test: f"(not {test})"),
        st.tuples(tests, tests, tests).map(
            lambda parts: "({} if {} else {})".format(*parts)
        ),
        loops(tests),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(expressions, st.booleans())
def test_the_same_is_evaluated_in_the_same_order_with_the_same_result(
    both, test, has_message
):
    cell = f"assert {test}" + ", n('why').number" * has_message
    outcomes = []
    for shell in both:
        log = []

        def n(number, log=log):
            log.append(number)
            return Operand(number, log)

        error = shell.run(cell, n=n)
        outcomes.append((type(error), log))
        if isinstance(error, ZeroDivisionError):
            outcomes[-1] += (str(error),)
        elif shell is both[1] and has_message and error is not None:
            assert str(error).startswith("why\n")
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    "test",
    [
        "2 in iter([1, 2, 3])",
        "all(x > 0 for x in iter([1, 2]))",
        "next(one) == 1 < next(one) == 2 and next(one) == 3",
        "[1, 5] < [2, 3]",
        "(1, 5) < (2, 3) <= (2, 3)",
        "10**400 > 5 < 10**400 + 1",
        "None is None is not 3",
        "(np.array([np.nan, 1.0]) != np.array([np.nan, 2.0])).all()",
        "(np.array([np.inf, 1.0]) == np.array([np.inf, 1.0])).all()",
        "np.array([[1]]) == 1",
        "np.allclose([np.inf, 1], [np.inf, 1])",
        "np.allclose([np.nan, 1], [np.nan, 1], 0, 0, True)",
        "np.isclose(np.uint8(3), np.uint8(4), atol=1)",
        "cmath.isclose(1j, 1j)",
        "(x > 3 for x in (1, 2))",
        "np.all(np.array([[1, 2]]) > 0, axis=1)",
        "(np.array([1, 2]) > 0).all(axis=0)",
        "(np.array([]) > 0).all() and all([]) and all(x > 3 for x in [])",
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_holds_holds(watched, test):
    watched.passes(f"assert {test}", one=iter([1, 2, 3]))
    watched.passes("assert 'nothing is left over' and not watched", watched=[])


@pytest.mark.parametrize(
    "cell",
    [
        "assert np.array([1, 2]) > 1",
        "assert np.allclose([1, 2], [1, 2, 3])",
        "assert 1 < undefined < 2",
        "assert all(x < '3' for x in (1, 2))",
        "assert False, undefined",
        "assert math.isclose(1, 2, rtol=3)",
    ],
)
def test_other_errors_stay_what_they_are_and_are_forgotten(both, cell):
    errors = [shell.run(cell) for shell in both]
    assert type(errors[0]) is type(errors[1]) is not AssertionError
    assert str(errors[0]) == str(errors[1])
    assert both[1].fail("assert not 'later'") == [
        "expected (应有): not 'later'",
        "received (得到): False",
    ]


def test_an_assertion_that_holds_costs_no_copy_of_its_arrays(watched, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("arrays were looked into")

    monkeypatch.setattr(assertions, "nearest", fail)
    images = np.zeros((3, 28, 28, 1), np.uint8)
    watched.passes("assert (images >= 0).all() and images.shape == (3, 28, 28, 1)",
                   images=images)  # fmt: skip


def test_no_operand_is_kept_when_the_assertion_has_held(watched):
    import weakref

    class Large:
        def __lt__(self, other):
            return True

        __gt__ = __lt__

    large = Large()
    is_there = weakref.ref(large)
    watched.passes("assert 1 < large < 3\ndel large", large=large)
    watched.passes("assert 1 < 2 < 3")
    del large
    assert is_there() is None


# --- where assertions stand ----------------------------------------------------------


def test_functions_closures_lambdas_and_classes_see_their_names(both):
    cell = """
limit = 3

def outer(values):
    lowest = min(values)
    def inner(value):
        assert lowest <= value < limit, f"{value} of {values}"
        return value
    return [inner(value) for value in values]

class Case:
    bound = 2
    assert 0 < bound < limit and all(x < 9 for x in (bound, 3))
    def __init__(self):
        self.__secret = 5
    def check(self, value):
        assert self.__secret == value and (lambda x: x > lowest)(value)
        return True

def generate():
    got = yield 1
    assert (yield got) > got
    yield "end"

lowest = 4
steps = generate()
assert [next(steps), steps.send(2), steps.send(3)] == [1, 2, "end"]
assert outer([1, 2]) == [1, 2] and Case().check(5)
assert (length := len([1, 2])) == 2 < 3
assert all((seen := x) > 0 for x in (7, 8)) and seen == 8
for _ in range(2):
    with np.errstate(all="raise"):
        assert length < 3 and seen > limit
kept = (length, seen)
"""
    for shell in both:
        shell.passes(cell)
        shell.passes("assert kept == (2, 8)")
        failed = [shell.run(f"outer([1, {value}])") for value in (3, 4)]
        assert [type(error) for error in failed] == [AssertionError] * 2
        assert type(shell.run("Case().check(6)")) is AssertionError
    assert both[1].fail("outer([1, 3])") == [
        "3 of [1, 3]",
        "expected (应有): value < limit",
        "received (得到): 3 < 3",
    ]


def test_what_is_awaited_is_awaited_once(watched):
    def check():
        watched.passes("calls = []\nasync def f(x):\n    calls.append(x)\n    return x")
        watched.passes("assert (await f(1)) < (await f(2)) < 3")
        assert watched.received("assert (await f(5)) < (await f(4)) < 3") == "5 < 4"
        watched.passes("assert calls == [1, 2, 5, 4]")

    # In this thread a browser's event loop may be running already.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(check).result()


def test_an_assertion_that_is_caught_is_like_any_other(watched):
    watched.passes(
        """
caught = []
for number in (1, 5, 2, 6):
    try:
        assert number < 5, f"message {number}"
    except AssertionError as error:
        caught.append(str(error).splitlines()[:3])
assert len(caught) == 2
"""
    )
    assert watched.ipython.user_ns["caught"] == [
        [
            f"message {number}",
            "expected (应有): number < 5",
            f"received (得到): {number} < 5",
        ]
        for number in (5, 6)
    ]


def test_assertions_within_operands_and_messages_do_not_mix(watched):
    watched.passes(
        """
def good(value):
    assert 0 < value < 10 and np.allclose(value, value)
    return value

def bad(value):
    try:
        assert value > 10**6
    except AssertionError:
        return value
"""
    )
    names = ["expected (应有): good(bad(3)) > bad(good(4))", "received (得到): 3 > 4"]
    assert watched.fail("assert good(2) < 3 and good(bad(3)) > bad(good(4))") == names
    lines = watched.fail("assert good(1) > good(2), good(bad(7))")
    expected = ["7", "expected (应有): good(1) > good(2)", "received (得到): 1 > 2"]
    assert lines == expected
    assert watched.received("assert 1 < bad(5) < good(bad(5)) < 9") == "5 < 5"


CELLS = {
    "one line": "x = 1\nassert x > 3",
    "a message below": "assert 1 > 2, (\n    'why'\n)",
    "an error in an operand": "assert (\n    1 < 2\n    and all(\n    1 /\n    x"
    "\n    for x in (1, 0)))",
    "an error in a chain": "assert (\n    1\n    < 2\n    < 1 / 0\n)",
    "an error in a message": "assert 1 > 2, (\n\n    1 / 0\n)",
    "isclose": "assert (\n    np.isclose(\n    1,\n    2\n)\n)",
    "within a function": "def f(x):\n    y = x\n\n    assert y and (y >\n    3)\nf(1)",
    "a test of its own": "assert (\n\n    not 3\n)",
}


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_the_traceback_names_the_lines_that_it_always_did(both, cell):
    lines = []
    for shell in both:
        frames = traceback.extract_tb(shell.run(cell).__traceback__)
        of_cell = [(f.name, f.lineno) for f in frames if "ipython-input" in f.filename
                   or "/ipykernel_" in f.filename]  # fmt: skip
        assert of_cell
        lines.append(of_cell)
    assert lines[0] == lines[1]


# --- loading -------------------------------------------------------------------------


def test_without_loading_nothing_is_changed(plain):
    error = plain.run("assert 1 > 2")
    assert type(error) is AssertionError and error.args == ()
    assert plain.run("assert 1 > 2, 'why'").args == ("why",)


def test_loading_again_changes_nothing(watched):
    before = list(watched.ipython.ast_transformers)
    watched.passes("%load_ext mnist_tutorial")
    watched.passes("%reload_ext mnist_tutorial")
    watch_assertions(watched.ipython)
    watch_assertions(watched.ipython)
    assert watched.ipython.ast_transformers == before
    assert [type(one) for one in before].count(Assertions) == 1
    assert watched.received("assert 1 > 2") == "1 > 2"


def test_the_reader_sees_no_new_names_and_may_delete_them_all(watched, capsys):
    watched.passes("x = 3")
    capsys.readouterr()
    watched.passes("%who")
    assert set(capsys.readouterr().out.split()) <= {"cmath", "math", "np", "x"}
    watched.passes("%reset -f")
    watched.passes("assert 1 < 2 < 3")
    assert watched.received("assert 1 > 2") == "1 > 2"


# --- what is said --------------------------------------------------------------------


def test_the_operands_are_said_and_the_message_is_kept(watched):
    names = {"accuracy": 0.97654321, "limit": 0.98, "x": np.float32(3)}
    assert watched.fail("assert accuracy > limit, f'{limit:.1%}'", **names) == [
        "98.0%",
        "expected (应有): accuracy > limit",
        "received (得到): 0.97654 > 0.98",
    ]
    assert watched.fail("assert x == 2, ('a', 3)", **names)[0] == "('a', 3)"
    assert watched.fail("assert 1 < accuracy and x") == [
        "expected (应有): 1 < accuracy",
        "received (得到): 1 < 0.97654",
    ]
    # The comparison holds; what fails is no comparison.
    assert watched.fail("assert accuracy < 1 and not x") == [
        "expected (应有): accuracy < 1 and (not x)",
        "received (得到): False",
    ]


@pytest.mark.parametrize(
    ("test", "received"),
    [
        ("1 < 2 < 3 < 3 < 4", "3 < 3"),
        ("5 in (1, 2)", "5 in (1, 2)"),
        ("None is not None", "None is not None"),
        ("(2, 3) == (2, 4)", "3 == 4"),
        ("(2, 3) == (2, 3, 1)", "(2, 3) == (2, 3, 1)"),
        ("[1, 5] < [1, 3]", "5 < 3"),
        ("[2, 1] < [1, 5]", "2 < 1"),
        ("np.array([1, 9, 2]).max() < 9", "np.int64(9) < 9"),
        ("(np.array([1, 9, 12]) < 10).all()", "12 < 10"),
        ("(np.array([[1, 9], [12, 20]]) <= [10, 19]).all()", "12 <= 10"),
        ("(np.array([1.0, np.nan, 5.0]) < 3).all()", "5 < 3"),
        ("(np.array([1.0, np.nan, 2.0]) < 3).all()", "nan < 3"),
        ("(np.array([np.inf, 1.0]) == np.array([np.inf, 2.0])).all()", "1 == 2"),
        ("all(x > 1 for x in (3, 2, 1, 0))", "1 > 1"),
        ("all([x > 1 for x in (3, 2)]) and all(x < (2, 9) for x in [(1, 10), (3, 0)])",
         "3 < 2"),
        ("np.all(np.arange(4) != 2)", "2 != 2"),
        ("10**400 < 5", f"1{'0' * 76}... < 5"),
        ("0.123456 < 0.1234559", "0.123456 < 0.1234559"),
        ("'x' * 100 == 'x'", f"'{'x' * 76}... == 'x'"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_what_came_is_said(watched, test, received):
    if test == "np.array([1, 9, 2]).max() < 9":
        received = f"{np.int64(9)!r} < 9"
    assert watched.received(f"assert {test}") == received


@pytest.mark.parametrize(
    ("call", "distance", "allowed"),
    [
        ("np.allclose([1, 2], [1, 2.5])", 0.5, 1e-8 + 2.5e-5),
        ("np.allclose([1, 2], [1, 2.5], 0.1, 0.02)", 0.5, 0.02 + 0.25),
        ("np.allclose([1, 2], [1, 2.5], rtol=0.1, atol=0.02)", 0.5, 0.02 + 0.25),
        ("np.isclose([1, 3], [1, 2.5], atol=0.2, rtol=0).all()", 0.5, 0.2),
        ("np.isclose(3, 2.5)", 0.5, 1e-8 + 2.5e-5),
        ("np.allclose(np.uint8([3]), np.uint8([5]), atol=1, rtol=0)", 2, 1),
        ("np.allclose([np.inf, 1], [np.inf, 2], 0, 0.5)", 1, 0.5),
        ("np.allclose([np.nan, 1], [np.nan, 2], 0, 0.5, equal_nan=True)", 1, 0.5),
        ("math.isclose(2.0, 1.0)", 1, 2e-9),
        ("math.isclose(1.0, 2.0, rel_tol=0.25)", 1, 0.5),
        ("math.isclose(1.0, 2.0, rel_tol=0, abs_tol=0.5)", 1, 0.5),
    ],
)
@pytest.mark.filterwarnings("error")
def test_distance_and_tolerance_are_said(watched, call, distance, allowed):
    lines = watched.fail(f"assert {call}")
    assert lines[0] == f"expected (应有): {call.removesuffix('.all()')}"
    assert lines[1] == f"received (得到): {distance:.5g} <= {allowed:.5g}"


def test_what_cannot_become_an_array_is_asked_for_its_truth(watched):
    class OnGPU:
        def __array__(self, *arguments, **options):
            raise TypeError("on a GPU")

        def __lt__(self, other):
            return OnGPU()

        def __bool__(self):
            return True

    watched.passes("assert value < 1", value=OnGPU())


# --- the worst pair ------------------------------------------------------------------

floats = st.floats(allow_nan=True, allow_infinity=True, width=16)
small_arrays = st_numpy.arrays(float, st_numpy.array_shapes(max_dims=2, max_side=4),
                               elements=st.one_of(floats, st.just(1.0)))  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    small_arrays,
    st.data(),
)
def test_the_pair_is_the_farthest_that_fails_or_the_nearest_that_holds(
    sign, left, data
):
    right = data.draw(st_numpy.arrays(float, left.shape, elements=floats))
    pairs = list(zip(left.ravel().tolist(), right.ravel().tolist(), strict=True))
    found = nearest(sign, left, right)
    assert str(found) in map(str, pairs)

    def distance(pair):
        # NaN is no distance; two equal infinities are none apart.
        return (
            0
            if pair[0] == pair[1]
            else np.nan_to_num(abs(pair[0] - pair[1]), posinf=np.inf)
        )

    failing = [pair for pair in pairs if not OPERATORS[sign](*pair)]
    if failing:
        assert not OPERATORS[sign](*found)
        assert distance(found) == max(map(distance, failing))
    else:
        assert distance(found) == min(map(distance, pairs))


def test_arrays_are_broadcast_and_no_element_has_no_pair():
    assert nearest("<", np.array([[1.0], [5.0]]), np.array([2.0, 3.0])) == (5.0, 2.0)
    assert nearest("<", np.array([]), 3) is None
    assert nearest("<", np.array([]), np.array([[1.0]])) is None
