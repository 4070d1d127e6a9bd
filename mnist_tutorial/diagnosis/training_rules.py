"""Faults in what learns and how: the network's end, its weights, the steps.

A rule looks for one cause and returns a finding, or None. Where the network was handed
in, it decides by it; if not, by the curves, and is less sure.
"""

import math

import numpy as np

from mnist_tutorial.diagnosis.evidence import USUAL_RATE, Evidence
from mnist_tutorial.diagnosis.findings import Finding, ask_for, fault
from mnist_tutorial.diagnosis.layers import is_relu, run_layers
from mnist_tutorial.diagnosis.measures import are_probabilities, cross_entropies


def softmax_twice(run: Evidence) -> Finding | None:
    """Look for a loss of probabilities that were taken for logits."""
    if not run.has_numbers:
        return None
    if not run.can_be_run:
        return _softmax_by_curves(run)
    if not are_probabilities(run.outputs):
        return None
    if run.val is not None and "val_loss" in run.curves:
        labels, last = run.val[1], float(run.curves["val_loss"][-1])
        *_, step = run_layers(run.model, run.val[0])
        outputs = step.outputs
    else:
        labels, last = run.train[1], float(run.loss[-1])
        outputs = run.outputs
    right = outputs[np.arange(len(outputs)), labels].astype(float)
    once = float(-np.log(np.maximum(right, 1e-7)).mean())
    twice = float(cross_entropies(outputs, labels).mean())
    if abs(last - once) <= abs(last - twice):
        return None
    return fault(
        "softmax_twice",
        "sure",
        f"the network gives probabilities; as such their loss would be {once:.2f}, "
        f"and taken for logits {twice:.2f}; the history says {last:.2f}",
    )


def _softmax_by_curves(run: Evidence) -> Finding | None:
    """Look for high accuracies with a loss just above what a second softmax allows."""
    floor = -math.log(math.e / (math.e + run.num_classes - 1))
    both = run.loss + run.accuracy
    good = run.accuracy > 0.5
    fits = (both > floor + 0.97) & (both < floor + 1.15) & (run.loss > floor)
    if not good[-1] or not fits[good].all():
        return None
    short = len(run.loss) < 3 or good.sum() < 2
    return fault(
        "softmax_twice",
        "possible" if short else "likely",
        f"an accuracy of {run.accuracy[-1]:.0%} with a loss of {run.loss[-1]:.2f}: "
        "such answers are usually far surer. A second softmax keeps the loss above "
        f"{floor:.2f}. " + ask_for("model and train_data"),
    )


def relu_at_the_end(run: Evidence) -> Finding | None:
    """Look for logits that cannot be negative."""
    if not run.layers or not is_relu(run.layers[-1]) or run.last_accuracy > 0.95:
        return None
    return fault(
        "relu_at_the_end",
        "sure",
        "the last layer ends in a ReLU, so no class can get a score below 0, and a "
        "class whose score has died is never answered; the accuracy is "
        f"{run.last_accuracy:.0%}",
    )


def zero_weights(run: Evidence) -> Finding | None:
    """Look for hidden units that all have the same weights."""
    if run.model is None:
        return _silent(run, "zero_weights", "model")
    for kernel in run.kernels[:-1]:
        weights = kernel.reshape(-1, kernel.shape[-1])  # (inputs, units)
        differences = np.ptp(weights, axis=1).max()
        is_equal = differences <= 1e-3 * np.abs(weights).max()
        if weights.shape[1] > 1 and is_equal:
            value = "equal to those of its neighbours" if weights.any() else "0"
            return fault(
                "zero_weights",
                "sure",
                f"in a hidden layer of {weights.shape[1]} units, the weights of "
                f"every unit are {value}: all of them compute the same",
            )
    return None


def large_weights(run: Evidence) -> Finding | None:
    """Look for large weights that the learning rate does not explain."""
    if run.growth < 4 or not run.went_wild or run.rate is None or run.is_fast:
        return None
    return fault(
        "large_weights",
        "likely",
        f"the weights of a layer are {run.growth:.0f} times as large as Keras begins "
        f"with, although the learning rate is only {run.rate:g}",
    )


def rate_too_high(run: Evidence) -> Finding | None:
    """Look for steps that overshoot: weights that grew, a loss that went up."""
    if run.rate is not None and not run.is_fast:
        return _collapse(run)
    if run.growth >= 4:
        if run.rate is None and not run.went_wild:
            return None
        rate = "unknown" if run.rate is None else f"{run.rate:g}"
        return fault(
            "rate_too_high",
            "likely" if run.rate is None else "sure",
            f"the weights of a layer are {run.growth:.1f} times as large as Keras "
            f"begins with, and the learning rate is {rate}",
        )
    rises = (np.diff(run.loss) > 0.1 * run.loss[:-1]).any() and run.accuracy[-1] < 0.9
    if run.rate is None or not (run.went_wild or rises):
        return _collapse(run)
    course = "rises again"
    if run.went_wild:
        numbers = run.loss[np.isfinite(run.loss)]
        course = f"went up to {numbers.max():.1f}" if len(numbers) else "is no number"
    return fault(
        "rate_too_high",
        "likely",
        f"the learning rate is {run.rate:g}, {run.rate / USUAL_RATE:.0f} times the "
        f"usual one for Adam, and the loss {course}"
        + (". " + ask_for("model") if run.model is None else ""),
    )


def _collapse(run: Evidence) -> Finding | None:
    """Look for a network that had learnt and lost it again."""
    best = float(run.accuracy.max())
    is_usual = run.rate is not None and run.rate <= 2 * USUAL_RATE
    if is_usual or best < 0.5 or run.accuracy[-1] > best - 0.3:
        return None
    return fault(
        "rate_too_high",
        "possible",
        f"the training accuracy had reached {best:.0%} and fell back to "
        f"{run.accuracy[-1]:.0%}, as after a step that was too large",
    )


def dead_relus(run: Evidence) -> Finding | None:
    """Look for a layer whose ReLUs give 0 for every image."""
    if not run.can_be_run:
        if run.is_slow:
            return None
        return _silent(run, "dead_relus", "model and train_data")
    if run.dead_share < 0.8:
        return None
    return fault(
        "dead_relus",
        "sure" if run.is_stuck else "likely",
        f"in one layer {run.dead_share:.0%} of the ReLUs give 0 for each of "
        f"{len(run.train[0])} training images",
    )


def _silent(run: Evidence, cause: str, names: str) -> Finding | None:
    """Look for a loss that stays at guessing, which several causes explain."""
    if not run.has_numbers or not run.stays_at_guessing:
        return None
    return fault(
        cause,
        "possible",
        f"the loss stays at {run.guess:.3f}, that of guessing, as when no signal "
        "comes through. " + ask_for(names),
    )


def rate_too_low(run: Evidence) -> Finding | None:
    """Look for a network that has hardly moved."""
    if not run.has_numbers or run.last_accuracy > 0.5:
        return None
    fall = (run.loss[0] - run.loss[-1]) / run.loss[0]
    if not -0.01 < fall < 0.05 or run.starts_high:
        return None
    if run.largest_shift is None:
        return _too_low_by_curves(run, fall)
    if not 0 < run.largest_shift < 1e-3:
        return None
    return fault(
        "rate_too_low",
        "sure",
        f"the loss fell by {fall:.1%} in all, and no bias is further than "
        f"{run.largest_shift:.1g} from 0, where Keras begins: the network has "
        "hardly moved",
    )


def _too_low_by_curves(run: Evidence, fall: float) -> Finding | None:
    """Look at the learning rate; where it is unknown, for a small and steady fall."""
    if run.is_slow:
        return fault(
            "rate_too_low",
            "likely",
            f"the loss fell by {fall:.1%} in all, and the learning rate is "
            f"{run.rate:g}. " + ask_for("model"),
        )
    if run.rate is None and fall > 0.0005 and (np.diff(run.loss) < 0).all():
        return fault(
            "rate_too_low",
            "possible",
            f"the loss falls in every epoch, yet by {fall:.1%} in all. "
            + ask_for("model"),
        )
    return None


def diverged(run: Evidence) -> Finding | None:
    """Look for a loss that is no number any more."""
    if run.has_numbers:
        return None
    broken = [
        f"{name} from epoch {int(np.argmax(~np.isfinite(run.curves[name]))) + 1}"
        for name in ("loss", "val_loss")
        if name in run.curves and not np.isfinite(run.curves[name]).all()
    ]
    return fault("diverged", "sure", f"not a number: {', '.join(broken)}")


def not_learning(run: Evidence) -> Finding | None:
    """Admit that something is wrong; asked only if no other rule saw what."""
    if not run.is_bad:
        return None
    if run.only_training_learns:
        return fault(
            "validation_fails",
            "likely",
            f"training ends at {run.accuracy[-1]:.0%}, validation at "
            f"{run.last_accuracy:.0%}, and no known cause was seen",
        )
    return fault(
        "not_learning",
        "likely",
        f"the training loss ends at {run.loss[-1]:.2f} (guessing: {run.guess:.2f}) and "
        f"the accuracy at {run.last_accuracy:.0%}, and no known cause was seen",
    )
