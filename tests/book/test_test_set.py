"""The test set reports and never chooses: in no page, and not in the package.

Test data are followed through a program in reading order: into what trains, and from
the scores of several models into what picks one of them.
"""

import ast

import pytest
from book_pages import ROOT, called, calls, notebooks

PACKAGE = ROOT / "mnist_tutorial"

# The code is the same in both trees (test_trees), so one is enough.
each_notebook = pytest.mark.parametrize("page", notebooks("zh"), ids=str)

# The one cell that shows what comes of it.
WHY_NOT = ("code/evaluation", "choose-on-test")

LOADERS = {"load_mnist", "load_raw_mnist", "load_data"}
CHOOSERS = {
    "fit",
    "train",
    "train_fast",
    "train_by_hand",
    "train_by_hand_here",
    "train_on_batch",
    "split_validation",
    "take_subset",
    "train_test_split",
    "adapt",
    "GridSearchCV",
    "fit_temperature",
    "optimize",
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


class TestSetUse(ast.NodeVisitor):
    """Follow what comes from the test set through a program, in reading order."""

    __test__ = False

    def __init__(self):
        self.tainted, self.found = set(), []
        # Functions of the page that train with what they are given.
        self.choosers = set(CHOOSERS)

    def bind(self, target, is_tainted):
        for name in names(target):
            (self.tainted.add if is_tainted else self.tainted.discard)(name)

    def visit_Assign(self, node):
        self.visit(node.value)
        loads = isinstance(node.value, ast.Call) and called(node.value) in LOADERS
        for target in node.targets:
            if loads and isinstance(target, ast.Tuple | ast.List):
                training, *test = target.elts
                self.bind(training, False)
                self.bind(ast.Tuple(test), True)
            elif isinstance(target, ast.Subscript | ast.Attribute):
                if self.is_tainted(node.value):
                    self.bind(target.value, True)
            else:
                self.bind(target, self.is_tainted(node.value))

    def visit_AugAssign(self, node):
        self.visit(node.value)
        if self.is_tainted(node.value):
            self.bind(node.target, True)

    def visit_For(self, node):
        self.visit(node.iter)
        self.bind(node.target, self.is_tainted(node.iter))
        for statement in node.body + node.orelse:
            self.visit(statement)

    def visit_comprehension(self, node):
        if self.is_tainted(node.iter):
            self.bind(node.target, True)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        parameters = {argument.arg for argument in node.args.args}
        outside = set(self.tainted)
        self.tainted -= parameters
        self.generic_visit(node)
        returned = [item for item in ast.walk(node) if isinstance(item, ast.Return)]
        gives = any(item.value and self.is_tainted(item.value) for item in returned)
        self.tainted = outside | ({node.name} if gives else set())
        for call in calls(node):
            if called(call) in self.choosers and parameters & names(call):
                self.choosers.add(node.name)

    def visit_Call(self, node):
        self.generic_visit(node)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if called(node) in self.choosers and any(map(self.is_tainted, arguments)):
            self.found.append(f"line {node.lineno}: {ast.unparse(node)}")
        for keyword in node.keywords:
            if keyword.arg in CHOOSING_KEYWORDS and self.is_tainted(keyword.value):
                self.found.append(f"line {node.lineno}: {keyword.arg}")

    def is_tainted(self, node):
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and item.id in self.tainted:
                return True
            is_load = isinstance(item, ast.Subscript) and isinstance(
                item.value, ast.Call
            )
            if is_load and called(item.value) in LOADERS:
                if ast.unparse(item.slice) != "0":
                    return True
        return False


class ScoreUse(TestSetUse):
    """Follow the scores of the test set into a choice among what was scored.

    The largest of several scores may be reported; whose it is may not be asked.
    """

    def __init__(self):
        super().__init__()
        self.scores, self.choices = set(), []
        self.scorers = set(SCORERS)

    def bind_score(self, targets, value):
        for target in targets:
            if self.is_score(value):
                self.scores |= names(target)
            elif not isinstance(target, ast.Subscript | ast.Attribute):
                self.scores -= names(target)

    def visit_Assign(self, node):
        super().visit_Assign(node)
        self.bind_score(node.targets, node.value)

    def visit_AugAssign(self, node):
        super().visit_AugAssign(node)
        if self.is_score(node.value):
            self.scores |= names(node.target)

    def visit_For(self, node):
        target = node.target
        if isinstance(node.iter, ast.Call) and called(node.iter) == "enumerate":
            target = target.elts[1] if isinstance(target, ast.Tuple) else target
        self.bind_score([target], node.iter)
        super().visit_For(node)

    def visit_FunctionDef(self, node):
        super().visit_FunctionDef(node)
        returned = [item for item in ast.walk(node) if isinstance(item, ast.Return)]
        if any(item.value and self.is_score(item.value) for item in returned):
            self.scores.add(node.name)
        parameters = {argument.arg for argument in node.args.args}
        for call in calls(node):
            if called(call) in self.scorers and parameters & names(call):
                self.scorers.add(node.name)

    def visit_If(self, node):
        self.generic_visit(node)
        if self.compares_scores(node.test):
            self.choices.append(f"line {node.lineno}: if {ast.unparse(node.test)}")

    visit_While = visit_IfExp = visit_If

    def visit_comprehension(self, node):
        super().visit_comprehension(node)
        if self.is_score(node.iter):
            self.scores |= names(node.target)
        if any(map(self.compares_scores, node.ifs)):
            self.choices.append(f"line {node.iter.lineno}: {ast.unparse(node)}")

    def visit_Call(self, node):
        super().visit_Call(node)
        if called(node) in ("append", "extend", "update", "setdefault"):
            if isinstance(node.func, ast.Attribute) and any(
                map(self.is_score, node.args)
            ):
                self.scores |= names(node.func.value)
        has_key = any(keyword.arg == "key" for keyword in node.keywords)
        ranks = called(node) in RANKINGS or (
            called(node) in ("max", "min", "sorted", "sort") and has_key
        )
        if ranks and self.is_score(node):
            self.choices.append(f"line {node.lineno}: {ast.unparse(node)}")

    def compares_scores(self, node):
        order = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
        return any(
            isinstance(item, ast.Compare)
            and isinstance(item.ops[0], order)
            and self.is_score(item)
            for item in ast.walk(node)
        )

    def is_score(self, node):
        rebound = {
            name
            for item in ast.walk(node)
            if isinstance(item, ast.comprehension) and not self.is_score(item.iter)
            for name in names(item.target)
        }
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and item.id in self.scores - rebound:
                return True
            if not isinstance(item, ast.Call) or not self.is_tainted(item):
                continue
            compares = any(isinstance(part, ast.Compare) for part in ast.walk(item))
            if called(item) in self.scorers or called(item) == "mean" and compares:
                return True
        return False


def misuses(tree):
    """Return the calls that train or tune with the test set."""
    use = TestSetUse()
    use.visit(tree)
    return sorted(set(use.found))


def choices(tree):
    """Return what picks a model by its score on the test set."""
    use = ScoreUse()
    use.visit(tree)
    return sorted(set(use.choices))


@pytest.mark.parametrize(
    "program",
    [
        "(a, b), (c, d) = load_mnist()\nmodel.fit(c, d)",
        "(a, b), (c, d) = load_mnist()\nmodel.fit(a, b, validation_data=(c, d))",
        "(a, b), test = load_mnist()\ntrain(model, a, b, validation_data=test)",
        "_, (c, d) = load_raw_mnist()\nc = c / 255\ntrain_fast(model, c, d)",
        "a = load_mnist()[1]\nsplit_validation(*a)",
        "_, (c, d) = mnist.load_data()\ne = []\nfor i in c:\n  e += i\ntrain(m, e)",
        "_, (c, d) = load_mnist()\ne['x'] = c\ntrain(m, e['x'], b)",
        "_, (c, d) = load_mnist()\nshow(callbacks=[Stop(c)])",
        "[a, (c, d)] = load_mnist()\ndef go(x, y):\n  model.fit(x, y)\ngo(c, d)",
    ],
)
def test_choosing_by_the_test_set_is_seen(program):
    assert misuses(ast.parse(program))


@pytest.mark.parametrize(
    "program",
    [
        "(a, b), (c, d) = load_mnist()\nmodel.fit(a, b)\nmodel.evaluate(c, d)",
        "_, (c, d) = load_mnist()\nc = other\ntrain(model, c, b)",
        "a, b = load_mnist()[0]\ntrain(model, a, b)",
    ],
)
def test_reporting_on_the_test_set_is_no_choice(program):
    assert not misuses(ast.parse(program))


LOAD = "(a, b), (c, d) = load_mnist()\n"


@pytest.mark.parametrize(
    "program",
    [
        "scores = {n: accuracy(d, read(m, c)) for n, m in models}\n"
        "best = max(scores, key=scores.get)",
        "scores = []\nfor m in models:\n  scores.append(m.evaluate(c, d)[1])\n"
        "best = models[np.argmax(scores)]",
        "right = [np.mean(m(c).argmax(1) == d) for m in models]\n"
        "order = np.argsort(right)",
        "def share(m):\n  return (read(m, c) == d).mean()\n"
        "ranking = sorted(models, key=share)",
        "share = accuracy(d, read(m, c)).value\nif share > 0.99:\n  keep = m",
        "e = accuracy(d, read(m, c))\nf = accuracy(d, read(n, c))\n"
        "winner = m if e.value > f.value else n",
        "table['a'] = accuracy(d, p).value\nmax(table.items(), key=second)",
        "log_loss(d, p).argmin()",
        "def share(m, x, y):\n  return accuracy(y, read(m, x))\n"
        "best = max(models, key=lambda m: share(m, c, d))",
        "s = [m.evaluate(c, d) for m in models]\nbest = s.index(max(s))",
        "s = accuracy(d, p).value\nwhile s < 0.99:\n  more()",
        "s = {m: accuracy(d, read(m, c)).value for m in models}\n"
        "good = [m for m, v in s.items() if v > 0.9]",
    ],
)
def test_a_choice_by_a_test_score_is_seen(program):
    assert choices(ast.parse(LOAD + program))


@pytest.mark.parametrize(
    "program",
    [
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
    ],
)
def test_reporting_a_test_score_is_no_choice(program):
    assert not choices(ast.parse(LOAD + program))


@each_notebook
def test_no_page_chooses_by_the_test_set(page):
    cells = [c for c in page.code_cells if (page.name, c.id) != WHY_NOT]
    program = ast.Module([node for cell in cells for node in cell.tree.body], [])
    assert misuses(program) == []
    assert choices(program) == []


def test_the_cell_that_shows_why_not_is_seen():
    (page,) = (page for page in notebooks("zh") if page.name == WHY_NOT[0])
    body = [node for cell in page.code_cells for node in cell.tree.body]
    assert choices(ast.Module(body, []))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.name)
def test_the_package_never_chooses_by_the_test_set(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert misuses(tree) == [] and choices(tree) == []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert misuses(node) == [], node.name
