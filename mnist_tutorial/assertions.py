"""Say of a failed assertion in a notebook what was expected and what came.

The pages' first cell has ``%load_ext mnist_tutorial``. From then on the operands of
the comparisons in an ``assert`` are remembered, so that its error can show them. The
page ``appendix/checks`` says what such an error can mean.
"""

import ast
import math
import operator
from collections.abc import Callable

import numpy as np

_SIGNS: dict[type[ast.cmpop], tuple[str, Callable]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("is not", operator.is_not),
    ast.In: ("in", lambda left, right: left in right),
    ast.NotIn: ("not in", lambda left, right: left not in right),
}
OPERATORS: dict[str, Callable] = dict(_SIGNS.values())
TOLERANCES = {"rtol", "atol", "rel_tol", "abs_tol"}
# The last line of the message of an assertion that failed.
POINTER = "What this can mean: the appendix on checks. 这说明什么：见附录“检查”。"


class Assertions(ast.NodeTransformer):
    """Let the comparisons that an assertion consists of report their operands.

    Followed are ``and``, ``all`` over a generator or an array, ``allclose`` and
    ``isclose``. What else is in an assertion is evaluated as it stands.
    """

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """Hand the operands to ``_compared`` and the message to ``_explained``."""
        source = ast.unparse(node.test)
        message = node.msg or ast.Constant(None)
        test = ast.BoolOp(ast.And(), [_call("_begun"), self.reporting(node.test)])
        # Two calls: the first one runs before the message is evaluated.
        explained = ast.Call(_call("_explained", ast.Constant(source)), [message], [])
        new = ast.Assert(
            ast.copy_location(test, node.test), ast.copy_location(explained, message)
        )
        return ast.fix_missing_locations(ast.copy_location(new, node))

    def reporting(self, test: ast.expr) -> ast.expr:
        """Return an expression with the same value that reports on its way."""
        return ast.copy_location(self._reporting(test), test)

    def _reporting(self, test: ast.expr) -> ast.expr:
        match test:
            case ast.Compare(left, ops, comparators):
                signs = [_SIGNS[type(op)][0] for op in ops]
                return _comparisons([left, *comparators], signs)
            case ast.BoolOp(ast.And(), values):
                return ast.BoolOp(ast.And(), [self.reporting(v) for v in values])
            case ast.Call(ast.Name("all") | ast.Attribute(_, "all"), [values]):
                return ast.Call(test.func, [self.reporting(values)], test.keywords)
            case ast.Call(ast.Attribute(values, "all"), []):
                function = ast.Attribute(self.reporting(values), "all", ast.Load())
                return ast.Call(function, [], test.keywords)
            case ast.GeneratorExp(element, loops) | ast.ListComp(element, loops):
                return type(test)(self.reporting(element), loops)
            case ast.Call(ast.Attribute(_, "allclose" | "isclose"), [_, _]):
                if {keyword.arg for keyword in test.keywords} <= TOLERANCES:
                    text = ast.Constant(ast.unparse(test))
                    close = _call("_close", text, test.func, *test.args)
                    return ast.Call(close.func, close.args, test.keywords)
        return test


def _comparisons(operands: list[ast.expr], signs: list[str]) -> ast.expr:
    """Return ``a < b and b < c`` for ``a < b < c``, with ``b`` evaluated once."""
    parts = []
    for position, sign in enumerate(signs):
        left, right = operands[position : position + 2]
        text = f"{ast.unparse(left)} {sign} {ast.unparse(right)}"
        words = [ast.Constant(text), ast.Constant(sign)]
        first = _call("_carried") if position else left
        is_followed = ast.Constant(right is not operands[-1])
        parts.append(_call("_compared", *words, first, right, is_followed))
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


class Reports:
    """What the comparisons of the assertion that runs have reported."""

    def __init__(self) -> None:
        self.failed: tuple[str, str] | None = None
        self.middle: object = None

    def begun(self) -> bool:
        """Forget what an assertion that was left by another error has reported."""
        self.failed = None
        return True

    def report(self, text: str, sign: str, left: object, right: object) -> None:
        """Take note of one comparison, held or not; ``text`` is its source.

        For those who measure margins; a reader hears of a failure only.
        """

    def compared(
        self, text: str, sign: str, left: object, right: object, is_followed: bool
    ) -> object:
        """Evaluate ``left sign right`` once, report it; keep ``right`` for a chain."""
        result = OPERATORS[sign](left, right)
        self.report(text, sign, left, right)
        if _is_false(result):
            self.failed = (text, _received(sign, left, right))
        self.middle = right if is_followed else None
        return result

    def carried(self) -> object:
        """Return what ``compared`` kept."""
        return self.middle

    def close(
        self, text: str, function: Callable, left: object, right: object, /, **options
    ) -> object:
        """Evaluate ``allclose`` or ``isclose``; report distance and tolerance."""
        result = function(left, right, **options)
        try:
            pair = _closeness(function, left, right, **options)
        except Exception:  # something else than numbers that has an `isclose`
            return result
        self.report(text, "<=", *pair)
        if _is_false(result):
            self.failed = (text, _received("<=", *pair))
        return result

    def explained(self, source: str) -> Callable[[object], str]:
        """Return what makes the message of an assertion that failed."""
        text, values = self.failed or (source, "False")
        self.failed = None

        def explain(message: object) -> str:
            lines = [f"expected (应有): {text}", f"received (得到): {values}", POINTER]
            return "\n".join(lines if message is None else [str(message), *lines])

        return explain


def _is_false(result: object) -> bool:
    """Tell whether a comparison failed, or did so somewhere in an array.

    The truth of any other object is left for ``assert`` to ask, and only once.
    """
    if isinstance(result, bool):
        return not result
    try:
        return hasattr(result, "__array__") and not np.all(np.asarray(result))
    except Exception:  # such as a tensor on a GPU
        return False


def _received(sign: str, left: object, right: object) -> str:
    """Return the operands of a comparison that failed, or of its worst elements."""
    try:
        pair = nearest(sign, left, right) or (left, right)
        is_new = pair[0] is not left or pair[1] is not right
        if is_new and OPERATORS[sign](*pair):
            pair = left, right
    except Exception:  # whatever the operands are, the assertion's error must come
        pair = left, right
    left, right = _shown(*pair)
    return f"{left} {sign} {right}"


def _closeness(
    function: Callable, left: object, right: object, **tolerances: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances that ``function`` measures and those that it allows."""
    left, right = (np.asarray(value, dtype=float) for value in (left, right))
    with np.errstate(invalid="ignore"):  # inf - inf, 0 * inf
        distance = np.abs(left - right)
        if function is math.isclose:
            larger = np.maximum(np.abs(left), np.abs(right))
            relative = tolerances.get("rel_tol", 1e-9) * larger
            allowed = np.maximum(relative, tolerances.get("abs_tol", 0.0))
        else:
            relative = tolerances.get("rtol", 1e-5) * np.abs(right)
            allowed = tolerances.get("atol", 1e-8) + relative
    return distance, allowed


def nearest(sign: str, left: object, right: object) -> tuple | None:
    """Return the pair of elements for which a comparison is nearest to failing.

    ``sign`` is a key of ``OPERATORS``. Operands that are no arrays, or have no order,
    come back as they are; for arrays without an element it is None.
    """
    if sign in ("is", "is not", "in", "not in"):
        return left, right
    try:
        arrays = [np.asarray(value, dtype=float) for value in (left, right)]
        arrays = np.broadcast_arrays(*arrays)
    except (TypeError, ValueError, OverflowError):
        return left, right
    if arrays[0].ndim == 0:
        return left, right
    if arrays[0].size == 0:
        return None
    with np.errstate(invalid="ignore"):
        distance = np.abs(arrays[1] - arrays[0])
    distance = np.nan_to_num(distance, nan=0.0, posinf=np.inf)
    # Those that fail come first, whatever their distance: NaN has none.
    room = np.where(OPERATORS[sign](*arrays), distance, -1 - distance)
    where = np.unravel_index(np.argmin(room), room.shape)
    return arrays[0][where].item(), arrays[1][where].item()


def _shown(left: object, right: object) -> list[str]:
    """Return both as text, floats with five digits unless those are the same."""
    floats = [isinstance(value, float | np.floating) for value in (left, right)]
    shown = [
        f"{value:.5g}" if is_float else _shortened(value)
        for value, is_float in zip((left, right), floats, strict=True)
    ]
    if shown[0] == shown[1] and all(floats) and left != right:
        return [repr(float(value)) for value in (left, right)]
    return shown


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def watch_assertions(
    shell: object,
    reports: Reports | None = None,
    transformer: Assertions | None = None,
) -> None:
    """Rewrite the assertions of all cells that an IPython shell runs from now on.

    ``reports`` takes the reports and ``transformer`` rewrites; by default those that a
    reader needs. Where assertions are watched already, nothing changes.
    """
    if any(isinstance(known, Assertions) for known in shell.ast_transformers):
        return
    reports = reports or Reports()
    hooks = ("begun", "compared", "carried", "close", "explained")
    names = {f"_{hook}": getattr(reports, hook) for hook in hooks}

    def provide() -> None:
        shell.push(names, interactive=False)

    provide()
    shell.events.register("pre_execute", provide)  # `%reset` takes the names away
    shell.ast_transformers.append(transformer or Assertions())
