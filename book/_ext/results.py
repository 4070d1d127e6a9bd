"""The directive and the role ``results``: what was measured, as the appendix shows it.

``measured.py`` reads it from ``benchmarks/*.json`` when the book is built, so no figure
is typed. The directive makes a table or a chart, the role is one number in a sentence.
What was not measured is a dash, or the command that measures it.
"""

import html
import io
import math

import measured
from docutils import nodes
from docutils.statemachine import StringList
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from sphinx.util.docutils import SphinxDirective, SphinxRole

SPACE = "\N{NO-BREAK SPACE}"  # keeps a unit beside its number
DASH = "–"
BLUE, ORANGE = "#0072B2", "#D55E00"
HEADS = {
    "recipes": {
        "zh": ("配方", "测试准确率（%）", "种子", "时间，底稿为 1"),
        "en": ("recipe", "test accuracy (%)", "seeds", "time, document = 1"),
    },
    "changes": {
        "zh": ("改了什么", "改的是", "时间", "验证错误", "少了", "余量", "超过余量？"),
        "en": (
            "change",
            "of",
            "time",
            "validation errors",
            "fewer",
            "margin",
            "beyond its margin?",
        ),
    },
    "costs": {
        "zh": ("做什么", "花多少"),
        "en": ("what", "cost"),
    },
}
# Rows of the table of costs; the variants of the search.
WORDS = {
    "zh": {
        "memory": "训练 `document` 时内存的峰值",
        "import mnist_tutorial": "`import mnist_tutorial`",
        "mnist-tutorial --help": "`mnist-tutorial --help`",
        "import keras": "`import keras`",
        "predict 1": "预测 1 张图",
        "predict 100": "预测 100 张图",
        "predict 10000": "预测 10,000 张图",
        "document": "底稿",
        "batches of 128": "批量 128",
        "one-cycle rate": "单周期学习率",
        "cheap network": "便宜的网络",
        "9 epochs": "9 轮",
        "deformed images": "图片变形",
        "padded convolution": "带填充的卷积",
        "deeper": "更深",
        "dropout": "Dropout",
        "rate up to 0.01": "学习率升到 0.01",
        "batches of 64": "批量 64",
        "to": "到",
        "epochs": "（到第 {} 轮，共 {} 轮）",
        "yes": "是",
        "no": "**否**",
    },
    "en": {
        "memory": "peak memory of training `document`",
        "import mnist_tutorial": "`import mnist_tutorial`",
        "mnist-tutorial --help": "`mnist-tutorial --help`",
        "import keras": "`import keras`",
        "predict 1": "predict 1 image",
        "predict 100": "predict 100 images",
        "predict 10000": "predict 10,000 images",
        "to": "to",
        "epochs": " (epoch {} of {})",
        "no": "**no**",
    },
}
UNITS = {
    "zh": {"times": "倍", "ms": "毫秒", "s": "秒", "min": "分钟"},
    "en": {"times": "", "min": "minutes"},
}
MISSING = {
    "zh": "还没有量过：`python benchmarks/{}`。",
    "en": "Not measured yet: `python benchmarks/{}`.",
}
# What each is made of, and what measures that.
SOURCES = {
    "recipes": {"recipes": "recipes.py", "public_recipes": "public_recipes.py"},
    "changes": {"recipes_search": "recipes.py search"},
    "costs": {"costs": "costs.py"},
}
SOURCES |= {"recipes-chart": SOURCES["recipes"], "growth-chart": SOURCES["costs"]}


def shown(value):
    """Return a number with two or three digits that count."""
    if math.isnan(value):
        return DASH
    decimals = next(n for n, most in enumerate((100, 1, 0.1, 0)) if value >= most)
    return f"{value:,.{decimals}f}"


def span(value, language):
    """Return the lowest and the highest of a spread."""
    return f" {WORDS[language]['to']} ".join(map(shown, value[1:]))


def said(value, unit, language):
    """Return a number, and what it was at least and at most, for a sentence."""
    unit = UNITS[language].get(unit, unit)
    unit = f"{SPACE}{unit}" if unit else ""
    is_spread = isinstance(value, measured.Spread)
    middle = value.median if is_spread else value
    if not is_spread or value.low == value.high:
        return shown(middle) + unit
    bracket = "（{}）" if language == "zh" else " ({})"
    return shown(middle) + unit + bracket.format(span(value, language))


# --- tables --------------------------------------------------------------------------


def recipes_table(language):
    """Return the rows of all recipes, the quickest first."""
    for row in measured.recipes():
        name = f"[{row.name}]({row.source})" if row.source else f"`{row.name}`"
        score = f"{100 * row.accuracy:.2f}" if row.seeds else DASH
        if row.seeds > 1:
            score += f" ± {100 * row.half_width:.2f}"
        seeds = str(row.seeds)
        if row.done:
            seeds += WORDS[language]["epochs"].format(*row.done)
        yield name, score, seeds, said(row.ratio, "", language)


def changes_table(language):
    """Return the rows of the search, in its order."""
    words = WORDS[language]
    for row in measured.changes():
        name, base = (words.get(text, text) for text in (row.name, row.base or DASH))
        if not row.base:
            yield name, base, DASH, shown(row.errors), DASH, DASH, DASH
            continue
        sure = "yes" if row.is_sure else "no"
        fewer = f"{row.fewer:+.1f}".replace("-", "\N{MINUS SIGN}")
        time = said(row.ratio, "", language)
        errors, margin = shown(row.errors), shown(row.margin)
        yield name, base, time, errors, fewer, margin, words.get(sure, sure)


def costs_table(language):
    """Return the rows of memory, starting and predicting."""
    for key, (value, unit) in measured.costs().items():
        if key in WORDS["en"]:
            yield WORDS[language][key], said(value, unit, language)


# --- charts --------------------------------------------------------------------------


def recipes_chart():
    """Draw the test error of each recipe over its time."""
    figure = Figure(figsize=(5.5, 4.6), layout="constrained")
    ax = figure.subplots()
    markers = {BLUE: iter("os^Dvp*"), ORANGE: iter("os^Dvp*")}
    for row in measured.recipes():
        if not row.seeds:
            continue
        error, time = 100 * (1 - row.accuracy), row.ratio
        is_theirs = row.source or row.name == "train_mnist_fast"
        colour = ORANGE if is_theirs else BLUE
        ax.errorbar(
            time.median,
            error,
            0 if row.seeds < 2 else 100 * row.half_width,
            [[time.median - time.low], [time.high - time.median]],
            next(markers[colour]),
            color=colour,
            capsize=3,
            label=row.name,
        )
    ax.set(xscale="log", yscale="log", xlabel="time (document = 1)")
    ax.set_ylabel("test error (%)")
    ticks(ax)
    ax.margins(x=0.1, y=0.15)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def growth_chart():
    """Draw how the time of an epoch grows with each of four settings."""
    figure = Figure(figsize=(5.5, 5), layout="constrained")
    labels = {
        "images": "images",
        "width": "filters (document = 1)",
        "depth": "convolutions",
        "batch": "images a batch",
    }
    for ax, (group, values) in zip(
        figure.subplots(2, 2).flat, measured.growth().items(), strict=True
    ):
        times = [ratio for ratio, _ in values.values()]
        middles = [time.median for time in times]
        ends = [
            [time.median - time.low for time in times],
            [time.high - time.median for time in times],
        ]
        at = list(values)
        ax.errorbar(at, middles, ends, fmt="o-", color=BLUE, capsize=3, label="time")
        arithmetic = [count for _, count in values.values()]
        ax.plot(at, arithmetic, "--", color=ORANGE, label="multiply-adds")
        ax.set(xlabel=labels[group], xscale="log", yscale="log")
        if group == "depth":
            ax.set(xscale="linear", xticks=at)
        else:
            ax.set_xticks(at, [f"{value:,}" for value in at], minor=False)
            ax.set_xticks([], minor=True)
        ticks(ax, x=False)
    figure.axes[0].legend(frameon=False)
    figure.supylabel("time (document = 1)")
    return figure


def ticks(ax, x=True):
    """Write 0.5, 1 and 20, where a logarithmic axis would have powers of ten."""
    for axis in (ax.xaxis, ax.yaxis)[not x :]:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")


def drawing(figure, text):
    """Return a figure as HTML whose lines and letters have the colour of the page's."""
    written = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "results"}):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = "<svg" + written.getvalue().partition("<svg")[2]
    svg = svg.replace("#000000", "currentColor")
    label = html.escape(text, quote=True)
    looks = 'fill="currentColor" style="height: auto; max-width: 100%"'
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{label}" {looks}', 1)
    return f"<figure>{svg}<figcaption><p>{html.escape(text)}</p></figcaption></figure>"


# --- Sphinx --------------------------------------------------------------------------


TABLES = {"recipes": recipes_table, "changes": changes_table, "costs": costs_table}
DRAWINGS = {"recipes-chart": recipes_chart, "growth-chart": growth_chart}


class Results(SphinxDirective):
    """Show a table or a chart: its argument is which, its text a chart's caption."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Return it, or what is to be run first."""
        language = "zh" if self.config.language.startswith("zh") else "en"
        (name,) = self.arguments
        missing = []
        for source, command in SOURCES[name].items():
            self.env.note_dependency(str(measured.STORED / f"{source}.json"))
            if not measured.read(source):
                missing += [MISSING[language].format(command), ""]
        if len(missing) == 2 * len(SOURCES[name]):
            return [] if name in DRAWINGS else self.parsed(missing)
        if name in DRAWINGS:
            drawn = drawing(DRAWINGS[name](), " ".join(self.content))
            return [nodes.raw("", drawn, format="html")]
        heads = HEADS[name][language]
        lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        lines += [f"| {' | '.join(row)} |" for row in TABLES[name](language)]
        return self.parsed([*lines, "", *missing])

    def parsed(self, lines):
        """Return Markdown as nodes."""
        node = nodes.container()
        self.state.nested_parse(StringList(lines, __file__), 0, node)
        for table in node.findall(nodes.table):
            table["classes"].append("results")
        return node.children


class Result(SphinxRole):
    """Say one number: the key is one of ``measured.costs``."""

    def run(self):
        """Return its text."""
        language = "zh" if self.config.language.startswith("zh") else "en"
        for name in measured.FILES:
            self.env.note_dependency(str(measured.STORED / f"{name}.json"))
        if self.text == "processor":
            text = measured.read("costs").get("processor", DASH)
        else:
            text = said(*measured.costs().get(self.text, (math.nan, "")), language)
        return [nodes.Text(text)], []


def setup(app):
    """Add both."""
    app.add_directive("results", Results)
    app.add_role("results", Result())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
