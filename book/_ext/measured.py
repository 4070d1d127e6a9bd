"""What is measured: ``benchmarks/*.json`` as the numbers that the appendix shows.

Times that are compared are processor times of one round or seed, divided by each other:
what else the machine did then is in both. A file that is not there gives nothing.
"""

import json
import math
import statistics
from pathlib import Path
from typing import NamedTuple

from mnist_tutorial.evaluation import mean_interval

STORED = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = ("recipes", "recipes_search", "public_recipes", "costs", "pages")
# What the settings of each group are compared with: the document's, and the fewest
# images.
BASES = {"images": 1_500, "width": 1, "depth": 3, "batch": 32}


class Spread(NamedTuple):
    """The median of some rounds, and the lowest and the highest."""

    median: float
    low: float
    high: float


class Recipe(NamedTuple):
    """A row: shares of the test images read right, and time in that of ``document``.

    ``done`` is the epochs that were run, and all of them, if these are more.
    """

    name: str
    source: str
    seeds: int
    accuracy: float
    half_width: float
    ratio: Spread
    done: tuple = ()


class Change(NamedTuple):
    """A variant beside the one from which it differs in one thing.

    ``errors`` are means of 6,000 validation images, ``fewer`` the difference, and
    ``margin`` what two such counts differ by through chance: twice the root of their
    sum.
    """

    name: str
    base: str
    ratio: Spread
    errors: float
    fewer: float
    margin: float

    @property
    def is_sure(self) -> bool:
        """Tell whether the difference is beyond its margin."""
        return abs(self.fewer) > self.margin


def read(name):
    """Return a stored result, or nothing."""
    path = STORED / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def spread(values):
    """Return the median of some numbers, the lowest and the highest."""
    values = list(values)
    return Spread(statistics.median(values), min(values), max(values))


def ratios(values, bases):
    """Return the spread of quotients, round by round."""
    return spread(a / b for a, b in zip(values, bases, strict=True))


def by_seed(runs, key, name, value):
    """Return {seed: value} of the runs of one name."""
    return {run["seed"]: run[value] for run in runs if run[key] == name}


def accuracy(values):
    """Return the mean of shares and half the width of its interval, NaN for one run."""
    if len(values) < 2:
        return values[0], math.nan
    found = mean_interval(values)
    return found.mean, (found.high - found.low) / 2


def recipes():
    """Return the rows that were measured: the book's own, then public ones."""
    rows = []
    runs = read("recipes").get("runs", [])
    base = by_seed(runs, "recipe", "document", "processor_seconds")
    for name in dict.fromkeys(run["recipe"] for run in runs):
        scores = by_seed(runs, "recipe", name, "test_accuracy")
        times = by_seed(runs, "recipe", name, "processor_seconds")
        shared = sorted(times.keys() & base.keys())
        ratio = ratios([times[seed] for seed in shared], [base[s] for s in shared])
        rows.append(
            Recipe(name, "", len(scores), *accuracy(list(scores.values())), ratio)
        )
    public = read("public_recipes")
    rounds = public.get("stretches", [])
    steps = {
        name: example["epochs"] * math.ceil(example["images"] / example["batch_size"])
        for name, example in public.get("examples", {}).items()
    }
    for name in steps.keys() - {"document"} if rounds else ():
        scaled, bases = (
            [each[key] * steps[key] for each in rounds] for key in (name, "document")
        )
        scores = by_seed(public["runs"], "recipe", name, "test_accuracy")
        score = accuracy(list(scores.values())) if scores else (math.nan, math.nan)
        example = public["examples"][name]
        done = max(
            by_seed(public["runs"], "recipe", name, "epochs").values(), default=0
        )
        part = (done, example["epochs"]) if 0 < done < example["epochs"] else ()
        ratio = ratios(scaled, bases)
        rows.append(Recipe(name, example["source"], len(scores), *score, ratio, part))
    return sorted(rows, key=lambda row: row.ratio.median)


def changes():
    """Return the variants of the search for a better recipe, one change each."""
    runs = read("recipes_search").get("runs", [])
    rows = []
    bases = {run["variant"]: run["changed_from"] for run in runs}
    for name, base in bases.items():
        errors = by_seed(runs, "variant", name, "errors")
        times = by_seed(runs, "variant", name, "processor_seconds")
        others = by_seed(runs, "variant", base or name, "errors")
        other_times = by_seed(runs, "variant", base or name, "processor_seconds")
        shared = sorted(errors.keys() & others.keys())
        now, before = (
            statistics.mean(found[seed] for seed in shared)
            for found in (errors, others)
        )
        ratio = ratios([times[s] for s in shared], [other_times[s] for s in shared])
        margin = 2 * math.sqrt(now + before)
        rows.append(Change(name, base, ratio, now, before - now, margin))
    return rows


def growth():
    """Return {group: {value: (ratio of times, ratio of multiply-adds)}}.

    The time is that of an image, but that of the whole stretch where the number of
    images is what grows.
    """
    found = {}
    settings = {(s["group"], s["value"]): s for s in read("costs").get("growth", [])}
    for (group, value), setting in settings.items():
        base = settings[group, BASES[group]]
        counts = [1 if group == "images" else s["images"] for s in (setting, base)]
        times, others = (
            [seconds / count for seconds in s["seconds"]]
            for s, count in zip((setting, base), counts, strict=True)
        )
        arithmetic = setting["multiply_adds"] / base["multiply_adds"]
        if group == "images":
            arithmetic *= value / BASES[group]
        found.setdefault(group, {})[value] = ratios(times, others), arithmetic
    return found


def costs():
    """Return {key: (a number or a spread, unit)} of what stands alone."""
    stored, found = read("costs"), {}
    if stored:
        (usual,) = (
            s
            for s in stored["growth"]
            if (s["group"], s["value"]) == ("batch", BASES["batch"])
        )
        step = [1000 * s * BASES["batch"] / usual["images"] for s in usual["seconds"]]
        found["step"] = spread(step), "ms"
        found["epoch"] = spread(ms * 54_000 / BASES["batch"] / 1000 for ms in step), "s"
        found["memory"] = stored["peak_mb"]["train document"] / 1000, "GB"
        for name, seconds in stored["start_seconds"].items():
            found[name] = spread(seconds), "s"
        for count, seconds in stored["predict_seconds"].items():
            found[f"predict {count}"] = spread(1000 * s for s in seconds), "ms"
    for group, values in growth().items():
        for value, (ratio, arithmetic) in values.items():
            found[f"{group} {value}"] = ratio, "times"
            found[f"multiply-adds of {group} {value}"] = arithmetic, "times"
    if runs := read("pages").get("runs"):
        ratio = sum(run["processor_seconds"] / run["five_epochs"] for run in runs)
        found["pages"] = ratio, "times"
        minutes = sum(run["processor_seconds"] / run["cores"] for run in runs) / 60
        found["build"] = minutes, "min"
    return found
