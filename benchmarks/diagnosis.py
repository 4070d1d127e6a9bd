"""Judge ``diagnose`` by training runs whose faults are known.

    python benchmarks/diagnosis.py make tuning runs     trains, and stores in runs/
    python benchmarks/diagnosis.py judge tuning runs    prints how often it is right

The other half is ``held_out``: it sets no limit of any rule. A run that is there is not
made again. A fault counts where it did harm, which is measured against the same run
without it, before ``diagnose`` is asked; where it did none, "healthy" is right as well.
"""

import json
import math
import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read as TensorFlow loads

import keras
import numpy as np
from diagnosis_runs import FAULTS, build_model, plan
from sklearn.neighbors import KNeighborsClassifier

from mnist_tutorial.diagnosis import diagnose
from mnist_tutorial.diagnosis.evidence import run_layers
from mnist_tutorial.models import is_relu

NO_CAUSE = ("not_learning", "validation_fails", "diverged")  # "broken, cause not seen"


def train(run):
    """Train a prepared run; return its history and the network that is handed in."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(run.seed)
    model = build_model(**run.model)
    if run.start == 0:
        for weights in model.trainable_variables:
            weights.assign(np.zeros(weights.shape))
    elif run.start < 0:
        biases = [weights for weights in model.weights if weights.name == "bias"]
        biases[0].assign_add(np.full(biases[0].shape, run.start))
    parts = [part for part in (run.train, run.validation) if part is not None]
    if not run.model["loss"].startswith("sparse"):
        classes = run.model["classes"]
        parts = [(x, keras.utils.to_categorical(y, classes)) for x, y in parts]
    stop = keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)
    record = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate)
    history = model.fit(
        *parts[0],
        validation_data=parts[1] if run.validation else None,
        epochs=run.epochs,
        batch_size=32 if len(run.train[0]) > 450 else 8,
        shuffle=run.shuffle,
        callbacks=[{"stop": stop, "rate": record}[name] for name in run.callbacks],
        verbose=0,
    ).history
    if run.handed_in:
        keras.utils.set_random_seed(run.seed + 1)
        fresh = build_model(**run.model).get_weights()
        kept = model.get_weights()[:-2] if run.handed_in == "fresh head" else []
        model.set_weights(kept + fresh[len(kept) :])
    return history, model


def measure(run, history, model):
    """Return what is true of the run, whatever ``diagnose`` says."""
    x, y = run.validation or run.train
    claims = [values for name, values in history.items() if "acc" in name]
    loss, start = history["loss"][-1], history["loss"][0]
    steps, _ = run_layers(model, run.train[0])
    relus = [step.outputs for step in steps if is_relu(step.layer)]
    never = [(relu <= 0).reshape(-1, relu.shape[-1]).all(axis=0) for relu in relus]
    facts = {
        "accuracy": float(np.mean(np.argmax(model(x), axis=1) == np.ravel(y))),
        "claimed": claims[-1][-1],
        "chance": float(np.unique(y, return_counts=True)[1].max() / len(y)),
        "count": len(y),
        "dead": max((float(units.mean()) for units in never), default=0.0),
        "diverged": not loss <= max(start, 10 * math.log(run.model["classes"])),
    }
    if not run.faults:
        flat = [np.reshape(part, (len(part), -1)) for part in (run.train[0], x)]
        neighbours = KNeighborsClassifier().fit(flat[0], np.ravel(run.train[1]))
        facts["neighbours"] = float(neighbours.score(flat[1], np.ravel(y)))
    return facts


def make(half, folder):
    """Train the runs that the folder lacks."""
    for run in plan(half):
        path = folder / f"{run.name}.npz"
        if path.exists():
            continue
        run.prepare()
        history, model = train(run)
        about = {key: getattr(run, key) for key in ("name", "twin", "data", "faults")}
        about |= {"special": run.special, "model": run.model, "history": history}
        about["facts"] = measure(run, history, model)
        arrays = dict(zip(("x_train", "y_train"), run.train, strict=True))
        arrays |= dict(zip(("x_val", "y_val"), run.validation or (), strict=False))
        weights = {f"w{i:03}": value for i, value in enumerate(model.get_weights())}
        partial = path.with_suffix(".part.npz")
        np.savez_compressed(partial, about=json.dumps(about), **arrays, **weights)
        partial.rename(path)
        print(describe(about), flush=True)


def load(path):
    """Return what is known of a run, and the arguments for ``diagnose``."""
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(str(arrays.pop("about")))
    keras.backend.clear_session()
    model = build_model(**about["model"])
    model.set_weights([arrays[name] for name in sorted(arrays) if name[0] == "w"])
    data = {"train_data": (arrays["x_train"], arrays["y_train"])}
    if "x_val" in arrays:
        data["validation_data"] = arrays["x_val"], arrays["y_val"]
    return about, model, data


def describe(about):
    """Return one line about a run."""
    model, facts = about["model"], about["facts"]
    kind = " + ".join(about["faults"]) or about["special"] or "healthy"
    made = f"{about['data']}, {model['network']}, {model['optimizer']}"
    shares = f"{facts['accuracy']:.0%}, claimed {facts['claimed']:.0%}"
    return f"{about['name']} | {kind} | {made} | {shares}"


def was_harmed(facts, twin):
    """Tell whether a fault took accuracy away, or the history claims too much."""
    before, after = twin["accuracy"], facts["accuracy"]
    noise = 2 * math.sqrt(
        (before * (1 - before) + after * (1 - after)) / facts["count"]
    )
    least = max(noise, min(0.1, 0.2 * (before - twin["chance"])))
    return before - after >= least or facts["claimed"] - after >= max(noise, 0.1)


def learned(facts):
    """Tell whether a run without fault is as healthy as it was meant to be."""
    half_way = (facts["neighbours"] + facts["chance"]) / 2
    return facts["accuracy"] >= min(half_way, facts["neighbours"] - 0.02)


def own_names(about):
    """Return the names by which a rule can call the faults of a run."""
    return {name for fault in about["faults"] for name in FAULTS[fault].rules.split()}


def accepted(about):
    """Return the names that are right for a run: its faults, and what they led to."""
    broken, facts = bool(about["faults"]), about["facts"]
    return (
        own_names(about)
        | ({"dead_relus"} if broken and facts["dead"] > 0.8 else set())
        | ({"diverged"} if broken and facts["diverged"] else set())
        | ({"not_learning", "validation_fails"} if about["harmed"] else set())
    )


def ask(about, *args, **data):
    """Return the findings, or None where ``diagnose`` fails."""
    try:
        return [f for f in diagnose(*args, **data) if f.kind != "remark"]
    except Exception:
        print(about["name"], traceback.format_exc(limit=-1).splitlines()[-1])
        return None


def judge(half, folder):
    """Ask ``diagnose`` about every run, and print the tables."""
    answers, facts = {"all": [], "curves": []}, {}
    for path in sorted(folder.glob(f"{half}-*.npz")):
        about, model, data = load(path)
        facts[about["name"]] = about["facts"]
        twin = facts[about["twin"]]
        about["harmed"] = bool(about["faults"]) and was_harmed(about["facts"], twin)
        about["undecided"] = not learned(twin)
        history = about["history"]
        answers["all"].append((about, ask(about, history, model, **data)))
        answers["curves"].append((about, ask(about, history)))
    for seen, pairs in answers.items():
        print_table(half, seen, [pair for pair in pairs if not pair[0]["undecided"]])
    for about, _ in answers["all"]:
        if about["undecided"] and not about["faults"]:
            print("not counted, the healthy run did not learn:", describe(about))


def print_table(half, seen, pairs):
    """Print how often the findings are right, and those that are wrong."""
    asked = [(about, found) for about, found in pairs if found is not None]
    crashed = len(pairs) - len(asked)
    print(f"\n{half} half, {seen}: {len(pairs)} runs, {crashed} crashed")
    first = [(about, found[0]) for about, found in asked]
    names = [(about, f) for about, f in first if f.cause not in (*NO_CAUSE, "healthy")]
    faults = [(about, f) for about, found in asked for f in found if f.kind == "fault"]
    blind = [(about, f) for about, f in first if f.cause in NO_CAUSE]
    healthy = [(about, found) for about, found in asked if not about["faults"]]
    broken = [(about, f) for about, f in first if about["faults"]]
    missed = [(about, f) for about, f in broken if f.cause == "healthy"]

    def are(degree, rows):
        return [(about, f) for about, f in rows if f.sureness == degree]

    def is_right(about, f):
        return f.cause in accepted(about)

    def is_harmed(about, f):
        return about["harmed"]

    def is_called(degree):
        return lambda about, found: (
            degree in {f.sureness for f in found if f.kind == "fault"}
        )

    justified = [row for row in blind if is_right(*row)]
    for title, rows, is_one in (
        ("first names a cause, sure: right", are("sure", names), is_right),
        ("first names a cause, likely: right", are("likely", names), is_right),
        ("first names a cause, possible: right", are("possible", names), is_right),
        ("all findings that are sure: right", are("sure", faults), is_right),
        ("all findings that are likely: right", are("likely", faults), is_right),
        ("cause not seen, and something is broken", blind, is_right),
        ("  of these, a rule could have known it", justified,
         lambda about, f: own_names(about)),
        ("healthy, and called so", healthy, lambda about, fs: fs[0].cause == "healthy"),
        ("healthy, but a fault is sure", healthy, is_called("sure")),
        ("healthy, but a fault is likely", healthy, is_called("likely")),
        ("broken, and it did harm", broken, is_harmed),
        ("broken, but called healthy", broken, lambda about, f: f.cause == "healthy"),
        ("  of these, it did harm", missed, is_harmed),
    ):  # fmt: skip
        found = sum(bool(is_one(*row)) for row in rows)
        share = f"{found / len(rows):8.1%}" if rows else ""
        print(f"  {title:<46}{found:>5} of {len(rows):>4}{share}")
    if seen == "all":
        for about, f in faults:
            if f.sureness != "possible" and not is_right(about, f):
                print(f"{f.sureness}: {f.cause}: {f.seen.en}\n    {describe(about)}")
        for about, _ in missed:
            if about["harmed"]:
                print("called healthy:", describe(about))


if __name__ == "__main__":
    action, chosen_half, where = sys.argv[1:]
    Path(where).mkdir(parents=True, exist_ok=True)
    {"make": make, "judge": judge}[action](chosen_half, Path(where))
