"""Say of a failed assertion in a notebook what was expected and what came.

The pages' first cell has ``%load_ext mnist_tutorial``. From then on the operands of
the comparisons in an ``assert`` are remembered, so that its error can show them. The
page ``appendix/checks`` says what such an error can mean.
"""

import ast
import operator
from collections.abc import Callable

import numpy as np

OPERATORS: dict[str, Callable] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
NAMES = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
CLOSE = ("allclose", "isclose")


class Assertions(ast.NodeTransformer):
    """Let the comparisons that an assertion consists of report their operands.

    Followed are ``and``, ``all`` over a generator or an array, and ``allclose``. What
    else is in an assertion is evaluated as it stands.
    """

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """Hand the operands to ``_compared`` and the message to ``_explained``."""
        source = ast.unparse(node.test)
        message = node.msg or ast.Constant(None)
        new = ast.Assert(
            self.reporting(node.test),
            _call("_explained", ast.Constant(source), message),
        )
        return ast.fix_missing_locations(ast.copy_location(new, node))

    def reporting(self, test: ast.expr) -> ast.expr:
        """Return an expression with the same value that reports on its way."""
        match test:
            case ast.Compare(left, ops, comparators):
                names = [ast.Constant(NAMES[type(op)]) for op in ops]
                texts = [ast.Constant(ast.unparse(n)) for n in (left, *comparators)]
                return _call(
                    "_compared",
                    ast.List(texts, ast.Load()),
                    ast.List(names, ast.Load()),
                    ast.List([left, *comparators], ast.Load()),
                )
            case ast.BoolOp(ast.And(), values):
                return ast.BoolOp(ast.And(), [self.reporting(v) for v in values])
            case ast.GeneratorExp(element, generators):
                return ast.GeneratorExp(self.reporting(element), generators)
            case ast.ListComp(element, generators):
                return ast.ListComp(self.reporting(element), generators)
            case ast.Call(ast.Name("all") | ast.Attribute(_, "all") as function, [one]):
                return ast.Call(function, [self.reporting(one)], test.keywords)
            case ast.Call(ast.Attribute(value, "all"), []):
                value = self.reporting(value)
                function = ast.Attribute(value, "all", ast.Load())
                return ast.Call(function, [], test.keywords)
            case ast.Call(ast.Attribute(_, name) as function, [_, _, *_]) if (
                name in CLOSE
            ):
                text = ast.Constant(ast.unparse(test))
                return ast.Call(
                    ast.Name("_close", ast.Load()),
                    [text, function, *test.args],
                    test.keywords,
                )
        return test


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


class Reports:
    """What the comparisons of the assertion that runs have reported."""

    def __init__(self) -> None:
        self.failed: tuple[str, str] | None = None

    def report(self, text: str, sign: str, left: object, right: object) -> None:
        """Take note of one comparison; ``text`` is its source."""
        pair = nearest(sign, left, right)
        if pair is not None and not OPERATORS[sign](*pair):
            self.failed = (text, f"{_shown(pair[0])} {sign} {_shown(pair[1])}")

    def compared(self, texts: list[str], signs: list[str], values: list) -> object:
        """Evaluate ``a < b`` or ``a < b < c`` and report each part."""
        result = True
        for position, sign in enumerate(signs):
            left, right = values[position : position + 2]
            text = f"{texts[position]} {sign} {texts[position + 1]}"
            self.report(text, sign, left, right)
            part = OPERATORS[sign](left, right)
            result = part if position == 0 else result and part
        return result

    def close(
        self,
        text: str,
        function: Callable,
        left: object,
        right: object,
        *tolerances: float,
        **keywords: object,
    ) -> object:
        """Evaluate ``allclose`` or ``isclose``; report distance and tolerance."""
        if function.__name__ == "isclose" and function.__module__ == "math":
            relative = keywords.get("rel_tol", 1e-9)
            absolute = keywords.get("abs_tol", 0.0)
        else:
            given = dict(zip(("rtol", "atol"), tolerances, strict=False)) | keywords
            relative, absolute = given.get("rtol", 1e-5), given.get("atol", 1e-8)
        distance = np.abs(np.subtract(left, right, dtype=float))
        allowed = absolute + relative * np.abs(np.asarray(right, dtype=float))
        self.report(text, "<=", distance, allowed)
        return function(left, right, *tolerances, **keywords)

    def explained(self, source: str, message: object) -> str:
        """Return the message of an assertion that failed."""
        text, values = self.failed or (source, "False")
        self.failed = None
        lines = [] if message is None else [str(message)]
        lines += [
            f"expected (应有): {text}",
            f"received (得到): {values}",
            "What this can mean: the appendix on checks. 这说明什么：见附录“检查”。",
        ]
        return "\n".join(lines)


def nearest(sign: str, left: object, right: object) -> tuple | None:
    """Return the pair of elements for which a comparison is nearest to failing.

    Parameters
    ----------
    sign
        A key of ``OPERATORS``.
    left, right
        The operands: numbers, arrays that broadcast, or anything else, which comes
        back as it is.

    Returns
    -------
    tuple of two objects, or None
        ``None`` for arrays without an element.
    """
    if sign in ("is", "is not", "in", "not in"):
        return left, right
    try:
        arrays = [np.asarray(value, dtype=float) for value in (left, right)]
        arrays = np.broadcast_arrays(*arrays)
    except (TypeError, ValueError):
        return left, right
    if arrays[0].ndim == 0:
        return left, right
    if arrays[0].size == 0:
        return None
    room = arrays[1] - arrays[0]
    if sign in (">", ">="):
        room = -room
    elif sign == "==":
        room = -np.abs(room)
    elif sign == "!=":
        room = np.abs(room)
    where = np.unravel_index(np.argmin(room), room.shape)
    return arrays[0][where].item(), arrays[1][where].item()


def _shown(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.5g}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def watch(
    shell: object,
    reports: Reports | None = None,
    transformer: Assertions | None = None,
) -> None:
    """Rewrite the assertions of all cells that an IPython shell runs from now on.

    Once is enough: where assertions are watched already, nothing changes.

    Parameters
    ----------
    shell
        The ``InteractiveShell``.
    reports, transformer
        What takes the reports and what rewrites; by default what a reader needs.
    """
    if any(isinstance(known, Assertions) for known in shell.ast_transformers):
        return
    reports = reports or Reports()
    shell.ast_transformers.append(transformer or Assertions())
    shell.push(
        {
            "_compared": reports.compared,
            "_close": reports.close,
            "_explained": reports.explained,
        },
        interactive=False,
    )
