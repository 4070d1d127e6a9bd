"""Refuse answers that reach for the grader instead of solving the task.

What is looked for is written in the code itself: imports beside the usual ones, names
that run hidden code or stop the kernel, attributes of a library that are assigned. It
is no sandbox. The appendix for teachers says how to grade without a network.
"""

import ast

from mnist_tutorial.bilingual import Words

IMPORTS = set(
    "__future__ abc collections copy dataclasses decimal enum fractions functools "
    "heapq itertools keras math matplotlib mnist_tutorial numpy operator pandas PIL "
    "random re scipy seaborn sklearn statistics string tensorflow time tqdm typing "
    "warnings".split()
)
CALLS = {
    name: Words("会停下整个笔记本", "would stop the notebook")
    for name in ("exit", "quit", "breakpoint")
}
CALLS["input"] = Words(
    "要等键盘输入，批改时没有人输入", "waits for a keyboard, and nobody types"
)
HIDDEN = Words("能运行看不见的代码", "can run code that is not seen")
for name in ("eval", "exec", "compile", "__import__", "globals", "locals", "vars"):
    CALLS[name] = HIDDEN
for name in ("getattr", "setattr", "delattr", "get_ipython"):
    CALLS[name] = HIDDEN
CALLS["open"] = Words("会读写文件", "reads or writes files")
# Names that students give to parameters.
COMMON = {"input", "open"}
# Ways from a module that is allowed to one that is not.
WAYS = set(
    "builtins ctypes gc importlib inspect modules os shutil subprocess sys".split()
)
# What the checks stand on.
KEPT = {"check", "own_generator", "say"}


def tampering(source: str) -> Words | None:
    """Return what in an answer is refused, ``None`` if nothing is.

    Code that does not parse cannot do anything: it is not refused, and gets its points,
    none, from the check.
    """
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    modules = {"np", "math", "builtins"}
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            modules |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            modules |= {alias.asname or alias.name for alias in node.names}
        else:
            continue
        for name in names:
            known = name.partition(".")[0] in IMPORTS
            if not known or name.startswith("mnist_tutorial.homework"):
                return _words(f"import {name}", "这里不能用", "is not allowed here")
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if why := _of_node(node, modules, COMMON & parameters):
            return why
    return None


def _of_node(node: ast.AST, modules: set[str], own: set[str]) -> Words | None:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in CALLS.keys() - own:
            return _words(node.id, *CALLS[node.id])
    stored = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    if isinstance(node, ast.Attribute):
        own = ast.unparse(node.value) == "self" and not node.attr.startswith("__")
        usual = node.attr in ("__init__", "__name__") or node.attr[0] != "_"
        if not own and (node.attr in WAYS or not usual):
            return _words(node.attr, *HIDDEN)
        if stored and _root(node) in modules:
            return _words(
                ast.unparse(node),
                "被换掉了：不要改动库里的函数",
                "is replaced: leave the functions of libraries as they are",
            )
    # Of functions, classes, imports, caught errors and patterns.
    defined = getattr(node, "asname", None) or getattr(node, "name", None)
    if isinstance(node, ast.Name) and stored:
        defined = node.id
    if defined in KEPT:
        return _words(defined, "是检查用的名字", "is a name that the checks use")
    return None


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _words(what: str, zh: str, en: str) -> Words:
    return Words(f"没有采用：`{what}` {zh}。", f"Not taken: `{what}` {en}.")
