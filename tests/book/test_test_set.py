"""The test set reports and never chooses: in no page, and not in the package.

Test data are followed through a program in reading order: into what trains, and from
the scores of several models into what picks one of them.
"""

import ast

import pytest
from book_pages import ROOT, called, calls, each_program

PACKAGE = ROOT / "mnist_tutorial"

# The one cell that shows what comes of it.
WHY_NOT = ("code/evaluation", "choose-on-test")

LOADERS = {"load_mnist", "load_raw_mnist", "load_data"}
CHOOSERS = {
    *("fit", "train", "train_fast", "train_by_hand", "train_by_hand_here", "adapt"),
    *("train_on_batch", "split_validation", "take_subset", "train_test_split"),
    *("GridSearchCV", "fit_temperature", "optimize"),
}
CHOOSING_KEYWORDS = {"validation_data", "callbacks"}
# What turns predictions into one number, by which models could be ranked.
SCORERS = {
    *("accuracy", "evaluate", "accuracy_score", "log_loss", "score", "f1_score"),
    *("wilson_interval", "expected_calibration_error"),
}
RANKINGS = {
    *("argmax", "argmin", "argsort", "nanargmax", "nanargmin", "argpartition"),
    *("most_common", "idxmax", "idxmin", "nlargest", "nsmallest", "sort_values"),
    *("index", "top_k"),
}


def names(node):
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


class Choices(ast.NodeVisitor):
    """Find what chooses by the test set.

    Its images and labels may not go into what trains. The largest of several scores
    may be reported; whose it is may not be asked.
    """

    def __init__(self):
        # Names of what comes from the test set, and of scores on it.
        self.data, self.scores, self.found = set(), set(), []
        # Functions of the page that train, or score, with what they are given.
        self.choosers, self.scorers = set(CHOOSERS), set(SCORERS)

    def note(self, node):
        self.found.append(f"line {node.lineno}: {ast.unparse(node)}")

    def bind(self, target, value, adds=False):
        if isinstance(target, ast.Subscript | ast.Attribute):
            target, adds = target.value, True
        for known, holds in ((self.data, self.is_data), (self.scores, self.is_score)):
            if holds(value):
                known |= names(target)
            elif not adds:
                known -= names(target)

    def visit_Assign(self, node):
        self.visit(node.value)
        loads = isinstance(node.value, ast.Call) and called(node.value) in LOADERS
        for target in node.targets:
            if loads and isinstance(target, ast.Tuple | ast.List):
                training, *test = target.elts
                self.data -= names(training)
                self.data |= names(ast.Tuple(test))
            else:
                self.bind(target, node.value)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        self.bind(node.target, node.value, adds=True)

    def visit_For(self, node):
        self.visit(node.iter)
        target = node.target
        if isinstance(node.iter, ast.Call) and called(node.iter) == "enumerate":
            target = target.elts[1] if isinstance(target, ast.Tuple) else target
        self.bind(target, node.iter)
        for statement in node.body + node.orelse:
            self.visit(statement)

    def visit_comprehension(self, node):
        self.bind(node.target, node.iter, adds=True)
        self.generic_visit(node)
        if any(map(self.compares_scores, node.ifs)):
            self.note(node.target)

    def visit_FunctionDef(self, node):
        parameters = {argument.arg for argument in node.args.args}
        outside = self.data, self.scores
        self.data, self.scores = (known - parameters for known in outside)
        self.generic_visit(node)
        returned = [item for item in ast.walk(node) if isinstance(item, ast.Return)]
        values = [item.value for item in returned if item.value]
        gives = any(map(self.is_data, values)), any(map(self.is_score, values))
        self.data, self.scores = outside
        for known, given in zip(outside, gives, strict=True):
            known |= {node.name} if given else set()
        given = {called(call) for call in calls(node) if parameters & names(call)}
        for known in (self.choosers, self.scorers):
            known |= {node.name} if given & known else set()

    def visit_If(self, node):
        self.generic_visit(node)
        if self.compares_scores(node.test):
            self.note(node.test)

    visit_While = visit_IfExp = visit_If

    def visit_Call(self, node):
        self.generic_visit(node)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        trained = [keywords[name] for name in CHOOSING_KEYWORDS & keywords.keys()]
        if called(node) in self.choosers:
            trained += [*node.args, *keywords.values()]
        ranks = called(node) in RANKINGS or (
            called(node) in ("max", "min", "sorted", "sort") and "key" in keywords
        )
        if any(map(self.is_data, trained)) or ranks and self.is_score(node):
            self.note(node)
        collects = called(node) in ("append", "extend", "update", "setdefault")
        if collects and any(map(self.is_score, node.args)):
            self.scores |= names(node.func)

    def is_data(self, node):
        return bool(names(node) & self.data) or any(
            isinstance(item, ast.Subscript)
            and isinstance(item.value, ast.Call)
            and called(item.value) in LOADERS
            and ast.unparse(item.slice) != "0"
            for item in ast.walk(node)
        )

    def is_score(self, node):
        rebound = {
            name
            for item in ast.walk(node)
            if isinstance(item, ast.comprehension) and not self.is_score(item.iter)
            for name in names(item.target)
        }
        of_data = [call for call in calls(node) if self.is_data(call)]
        return bool(names(node) & self.scores - rebound) or any(
            called(call) in self.scorers
            or called(call) == "mean"
            and any(isinstance(part, ast.Compare) for part in ast.walk(call))
            for call in of_data
        )

    def compares_scores(self, node):
        return any(
            isinstance(item.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE)
            and self.is_score(item)
            for item in ast.walk(node)
            if isinstance(item, ast.Compare)
        )


def choices(tree):
    """Return the lines that train, tune or pick with the test set."""
    reader = Choices()
    reader.visit(tree)
    return reader.found


LOAD = "(a, b), (c, d) = load_mnist()\n"
CHOOSING = [
    "model.fit(c, d)",
    "model.fit(a, b, validation_data=(c, d))",
    "(a, b), test = load_mnist()\ntrain(model, a, b, validation_data=test)",
    "a = load_mnist()[1]\nsplit_validation(*a)",
    "c = c / 255\ntrain_fast(model, c, d)",
    "e = []\nfor i in c:\n  e += i\ntrain(m, e)",
    "e['x'] = c\ntrain(m, e['x'], b)",
    "show(callbacks=[Stop(c)])",
    "def go(x, y):\n  model.fit(x, y)\ngo(c, d)",
    "s = {n: accuracy(d, read(m, c)) for n, m in models}\nbest = max(s, key=s.get)",
    "s = []\nfor m in models:\n  s.append(m.evaluate(c, d)[1])\nnp.argmax(s)",
    "s = [np.mean(m(c).argmax(1) == d) for m in models]\norder = np.argsort(s)",
    "def f(m):\n  return (read(m, c) == d).mean()\nranking = sorted(models, key=f)",
    "share = accuracy(d, read(m, c)).value\nif share > 0.99:\n  keep = m",
    "e, f = accuracy(d, read(m, c)), accuracy(d, read(n, c))\nw = m if e > f else n",
    "table['a'] = accuracy(d, p).value\nmax(table.items(), key=second)",
    "log_loss(d, p).argmin()",
    "def f(m, x, y):\n  return accuracy(y, x)\nmax(a, key=lambda m: f(m, c, d))",
    "s = [m.evaluate(c, d) for m in models]\nbest = s.index(max(s))",
    "s = accuracy(d, p).value\nwhile s < 0.99:\n  more()",
    "s = {m: accuracy(d, m(c)) for m in models}\n[m for m, v in s.items() if v > 0.9]",
]
REPORTED = [
    "p = model.predict(c).argmax(axis=1)\nassert accuracy(d, p).low > 0.98",
    "scores = [accuracy(d, read(m, c)).value for m in models]\n"
    "assert max(scores) - min(scores) < 0.01",
    "(a, b), (e, f) = split_validation(a, b, seed=0)\n"
    "best = max(models, key=lambda m: accuracy(f, read(m, e)))\n"
    "print(accuracy(d, read(best, c)))",
    "wrong = np.argsort(-loss_of_each(d, logits))[:10]",
    "scores = {'x': accuracy(d, p)}\nfor n, s in scores.items():\n  show(n, s)\n"
    "known = {n: accuracy(b, read(m, a)) for n, m in models}\n"
    "best = max(known, key=known.get)",
    "model.fit(a, b)\nmodel.evaluate(c, d)",
    "c = other\ntrain(model, c, b)",
    "a, b = load_mnist()[0]\ntrain(model, a, b)",
]


@pytest.mark.parametrize("program", CHOOSING)
def test_choosing_by_the_test_set_is_seen(program):
    assert choices(ast.parse(LOAD + program))


@pytest.mark.parametrize("program", REPORTED)
def test_reporting_on_the_test_set_is_no_choice(program):
    assert not choices(ast.parse(LOAD + program))


def program(cells):
    return ast.Module([node for cell in cells for node in cell.tree.body], [])


@each_program
def test_no_page_chooses_by_the_test_set(page):
    cells = [c for c in page.code_cells if (page.name, c.id) != WHY_NOT]
    assert choices(program(cells)) == []
    if len(cells) < len(page.code_cells):
        assert choices(program(page.code_cells))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.name)
def test_the_package_never_chooses_by_the_test_set(path):
    assert choices(ast.parse(path.read_text("utf-8"))) == []
