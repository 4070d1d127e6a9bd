"""What ``%load_ext mnist_tutorial`` promises: other words, and nothing else is other.

Every cell here is run by IPython shells, one as it comes and one in which assertions
are watched.
"""

import re
import traceback
import types
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from mnist_tutorial import assertions
from mnist_tutorial.assertions import OPERATORS, POINTER, nearest, watch_assertions


class Shell:
    """An IPython shell whose cells give an error back instead of printing it."""

    def __init__(self, folder, *, is_watched):
        config = Config()
        config.HistoryManager.enabled = False
        module = types.ModuleType("cells")
        self.ipython = InteractiveShell(
            config=config, ipython_dir=str(folder), user_module=module
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

    def passes(self, cell, **names):
        error = self.run(cell, **names)
        assert error is None, error

    def fail(self, cell, **names):
        """Run a cell whose assertion must fail; return the lines that it says."""
        error = self.run(cell, **names)
        assert type(error) is AssertionError, repr(error)
        (message,) = error.args
        *lines, last = message.split("\n")
        assert last == POINTER
        return lines


def said(expected, received):
    return [f"expected (应有): {expected}", f"received (得到): {received}"]


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


class Operand:
    """A number that notes what it is asked for: a comparison, what it holds, its truth.

    A multiple of 7 cannot be compared. What a comparison gives is a bool, or for odd
    numbers an ``Operand`` again.
    """

    def __init__(self, number, log):
        self.number, self.log = number, log

    def compare(self, sign, other):
        self.log.append((self.number, sign, other.number))
        if 7 in (self.number, other.number):
            raise ZeroDivisionError(f"{self.number} {sign} {other.number}")
        value = OPERATORS[sign](self.number, other.number)
        return Operand(int(value), self.log) if self.number % 2 else value

    def __contains__(self, other):
        self.log.append((self.number, "holds", other.number))
        return other.number < self.number

    def __bool__(self):
        self.log.append((self.number, "truth"))
        return self.number > 0


NAMES = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
for name, sign in NAMES.items():
    setattr(Operand, f"__{name}__", lambda self, n, sign=sign: self.compare(sign, n))

numbers = st.integers(0, 7).map(lambda number: f"n({number})")


@st.composite
def chains(draw):
    first, *others = draw(st.lists(numbers, min_size=2, max_size=4))
    signs = [draw(st.sampled_from(sorted(OPERATORS))) for _ in others]
    return " ".join([first, *map(" ".join, zip(signs, others, strict=True))])


@st.composite
def loops(draw, tests):
    values = draw(st.lists(st.integers(0, 7), max_size=3))
    test = draw(tests)
    inner = draw(st.sampled_from([f"n(i) < n(3) and {test}", "n(3) >= n(i)", test]))
    call = draw(st.sampled_from(["all({})", "all([{}])", "any({})", "any([{}])"]))
    return call.format(f"{inner} for i in {values}")


FORMS = ["({} and {})", "({} or {})", "(not {})", "({} if {} else {})"]


def composed(tests):
    parts = st.tuples(st.sampled_from(FORMS), tests, tests, tests)
    return loops(tests) | parts.map(lambda parts: parts[0].format(*parts[1:]))


simple = st.one_of(chains(), numbers, st.sampled_from(["True", "[]", "n(1) and 0"]))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.recursive(simple, composed, max_leaves=6), st.booleans())
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


def test_an_assertion_that_holds_costs_no_copy_of_its_arrays(watched, monkeypatch):
    monkeypatch.setattr(assertions, "_received", None)  # nothing that could be called
    images = np.zeros((3, 28, 28, 1), np.uint8)
    cell = "assert (images >= 0).all() and images.shape == (3, 28, 28, 1)"
    watched.passes(cell, images=images)


def test_no_operand_is_kept_when_the_assertion_has_held(watched):
    class Large:
        __lt__ = __gt__ = lambda self, other: True

    large = Large()
    is_there = weakref.ref(large)
    watched.passes("assert 1 < large < 3 and 1 < large\ndel large", large=large)
    del large
    assert is_there() is None


# --- where assertions stand ----------------------------------------------------------

ON_A_GPU = """
class Tensor:
    def __array__(self, *arguments, **options): raise TypeError("on a GPU")
    def __lt__(self, other): return self
assert Tensor() < 1
"""
FUNCTIONS = """
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
    def check(self, value):
        self.__secret = 5
        assert self.__secret == value and (lambda x: x > limit)(value)

assert outer([1, 2]) == [1, 2]
assert Case().check(5) is None and (length := len([1, 2])) == 2 < 3
assert all((seen := x) > 0 for x in (7, 8)) and seen == 8 == 4 * length
"""
HOLDING = [
    "assert 10**400 > 5 < 10**400 + 1",
    "assert (np.array([np.nan, 1.0]) != np.array([np.nan, 2.0])).all()",
    "assert np.allclose([np.inf, 1], [np.inf, 1], rtol=0)",
    "assert np.allclose([np.nan, 1], [np.nan, 1], 0, 0, True)",
    "assert cmath.isclose(1j, 1j)",
    "assert (x > 3 for x in (1, 2))",
    "assert np.all(np.array([[1, 2]]) > 0, axis=1)",
    "assert (np.array([1, 2]) > 0).all(axis=0)",
    "assert (np.array([]) > 0).all() and all([]) and all(x > 3 for x in [])",
    ON_A_GPU,
    FUNCTIONS,
]
FAILING = [
    FUNCTIONS + "outer([1, 4])",
    FUNCTIONS + "Case().check(6)",
    "assert (\n    1 < 2\n    and all(\n    1 /\n    x\n    for x in (1, 0)))",
    "assert 1 > 2, (\n\n    1 / 0\n)",
    "assert (\n    np.isclose(\n    1,\n    2\n)\n)",
    "assert np.array([1, 2]) > 1",
    "assert np.allclose([1, 2], [1, 2, 3])",
    "assert math.isclose(1, 2, rtol=3)",
]


@pytest.mark.parametrize("cell", HOLDING + FAILING)
@pytest.mark.filterwarnings("error")
def test_cells_end_as_they_always_did(both, cell):
    outcomes = []
    for shell in both:
        error = shell.run(cell)
        frames = traceback.extract_tb(error and error.__traceback__)
        frames = [f for f in frames if re.search("ipython-inp|/ipykern", f.filename)]
        text = "" if type(error) is AssertionError else str(error)
        outcomes.append((type(error), text, [(f.name, f.lineno) for f in frames]))
    assert outcomes[0] == outcomes[1]
    assert (error is None) == (cell in HOLDING)
    # An error that was no assertion's is forgotten.
    assert both[1].fail("assert not 'later'") == said("not 'later'", "False")


def test_assertions_within_operands_and_messages_do_not_mix(watched):
    watched.passes(
        """
def good(value):
    assert 0 < value < 10 and np.allclose(value, value)
    return value

def bad(value):
    try:
        assert value > 10**6, "caught"
    except AssertionError as error:
        assert str(error).startswith("caught\\nexpected (应有): value > 10")
        return value
"""
    )
    lines = said("good(bad(3)) > bad(good(4))", "3 > 4")
    assert watched.fail("assert good(2) < 3 and good(bad(3)) > bad(good(4))") == lines
    lines = watched.fail("assert good(1) > good(2), good(bad(7))")
    assert lines == ["7", *said("good(1) > good(2)", "1 > 2")]
    lines = watched.fail("assert 1 < bad(5) < good(bad(5)) < 9")
    assert lines == said("bad(5) < good(bad(5))", "5 < 5")


# --- loading -------------------------------------------------------------------------


def test_loading_again_changes_nothing_and_all_names_may_be_deleted(watched, capsys):
    before = list(watched.ipython.ast_transformers)
    watched.passes("%load_ext mnist_tutorial")
    watched.passes("%reload_ext mnist_tutorial")
    watch_assertions(watched.ipython)
    assert watched.ipython.ast_transformers == before
    capsys.readouterr()
    watched.passes("%who")
    assert set(capsys.readouterr().out.split()) == {"cmath", "math", "np"}
    watched.passes("%reset -f")
    watched.passes("assert 1 < 2 < 3")
    assert watched.fail("assert 1 > 2") == said("1 > 2", "1 > 2")


# --- what is said --------------------------------------------------------------------


def test_the_operands_are_said_and_the_message_is_kept(watched):
    lines = watched.fail("assert 1 < 2 and 0.97654321 > 0.98, ('a', 3)")
    assert lines == ["('a', 3)", *said("0.97654321 > 0.98", "0.97654 > 0.98")]
    # The comparison holds; what fails is no comparison.
    lines = watched.fail("assert 1 < 2 and not 3")
    assert lines == said("1 < 2 and (not 3)", "False")


@pytest.mark.parametrize(
    ("test", "received"),
    [
        ("1 < 2 < 3 < 3 < 4", "3 < 3"),
        ("None is not None", "None is not None"),
        ("(2, 3) == (2, 4)", "3 == 4"),
        ("(2, 3) == (2, 3, 1)", "(2, 3) == (2, 3, 1)"),
        ("[2, 1] < [1, 5]", "2 < 1"),
        ("np.array([1, 9, 2]).max() < 9", f"{np.int64(9)!r} < 9"),
        ("(np.array([[1, 9], [12, 20]]) <= [10, 19]).all()", "12 <= 10"),
        ("(np.array([1.0, np.nan, 2.0]) < 3).all()", "nan < 3"),
        ("(np.array([np.inf, 1.0]) == np.array([np.inf, 2.0])).all()", "1 == 2"),
        ("all([x > 1 for x in (3, 2)]) and all(x < 9 for x in (5, 10))", "10 < 9"),
        ("np.all(np.arange(4) != 2)", "2 != 2"),
        ("10**400 < 5", f"1{'0' * 76}... < 5"),
        ("0.123456 < 0.1234559", "0.123456 < 0.1234559"),
        ("'x' * 100 == 'x'", f"'{'x' * 76}... == 'x'"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_came_is_said(watched, test, received):
    assert watched.fail(f"assert {test}")[-1] == f"received (得到): {received}"


@pytest.mark.parametrize(
    ("call", "distance", "allowed"),
    [
        ("np.allclose([1, 2], [1, 2.5])", 0.5, 1e-8 + 2.5e-5),
        ("np.allclose([1, 2], [1, 2.5], rtol=0.1, atol=0.02)", 0.5, 0.02 + 0.25),
        ("np.isclose([1, 3], [1, 2.5], atol=0.2, rtol=0).all()", 0.5, 0.2),
        ("np.allclose(np.uint8([3]), np.uint8([5]), atol=1, rtol=0)", 2, 1),
        ("np.allclose([np.inf, 1], [np.inf, 2], rtol=0, atol=0.5)", 1, 0.5),
        ("math.isclose(2.0, 1.0)", 1, 2e-9),
        ("math.isclose(1.0, 2.0, rel_tol=0.25)", 1, 0.5),
        ("math.isclose(1.0, 2.0, rel_tol=0, abs_tol=0.5)", 1, 0.5),
    ],
)
@pytest.mark.filterwarnings("error")
def test_distance_and_tolerance_are_said(watched, call, distance, allowed):
    lines = said(call.removesuffix(".all()"), f"{distance:.5g} <= {allowed:.5g}")
    assert watched.fail(f"assert {call}") == lines


# --- the worst pair ------------------------------------------------------------------

floats = st.floats(width=16)
small_arrays = st_numpy.arrays(
    float, st_numpy.array_shapes(max_dims=2, max_side=4), elements=floats | st.just(1.0)
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(NAMES.values())), small_arrays, st.data())
def test_the_pair_is_the_farthest_that_fails_or_the_nearest_that_holds(
    sign, left, data
):
    right = data.draw(st_numpy.arrays(float, left.shape, elements=floats))
    pairs = list(zip(left.ravel().tolist(), right.ravel().tolist(), strict=True))
    found = nearest(sign, left, right)
    assert str(found) in map(str, pairs)

    def distance(pair):
        # NaN is no distance; two equal infinities are none apart.
        apart = 0 if pair[0] == pair[1] else abs(pair[0] - pair[1])
        return np.nan_to_num(apart, posinf=np.inf)

    failing = [pair for pair in pairs if not OPERATORS[sign](*pair)]
    assert OPERATORS[sign](*found) == (not failing)
    worst = max(map(distance, failing)) if failing else min(map(distance, pairs))
    assert distance(found) == worst


def test_arrays_are_broadcast_and_no_element_has_no_pair():
    assert nearest("<", np.array([[1.0], [5.0]]), np.array([2.0, 3.0])) == (5.0, 2.0)
    assert nearest("<", np.array([]), np.array([[1.0]])) is None
