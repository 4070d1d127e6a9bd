"""Faults in what learns and how: the network's end, its weights, the steps.

Then what is said where no cause was seen, and what could be better where nothing is
wrong. A rule looks for the cause that is its name. It returns how sure it is and what
it saw, or None. Where the network was handed in, it decides by it; if not, by the
curves, and is less sure.
"""

import math

import keras
import numpy as np

from mnist_tutorial.checks import are_probabilities
from mnist_tutorial.diagnosis.evidence import (
    USUAL_RATE,
    Evidence,
    cross_entropies,
    run_layers,
    shifts,
)
from mnist_tutorial.diagnosis.findings import Sight, fault, remark
from mnist_tutorial.models import is_relu


@fault(
    "Remove the softmax at the end of the network, or hand the loss from_logits=False; "
    "not both."
)
def softmax_twice(run: Evidence) -> Sight:
    """Look for a loss of probabilities that were taken for logits."""
    if not run.has_numbers:
        return None
    if not run.can_be_run:
        return _softmax_by_curves(run)
    if not are_probabilities(run.outputs):
        return None
    outputs, labels, last = run.outputs, run.train[1], run.loss[-1]
    if run.val is not None and run.val_loss is not None:
        labels, last = run.val[1], run.val_loss[-1]
        outputs = run_layers(run.model, run.val[0])[-1].outputs
    right = outputs[np.arange(len(outputs)), labels].astype(float)
    once = -np.log(np.maximum(right, 1e-7)).mean()
    twice = cross_entropies(outputs, labels).mean()
    if abs(last - once) <= abs(last - twice):
        return None
    return "sure", (
        f"the network gives probabilities; as such their loss would be {once:.2f}, "
        f"and taken for logits {twice:.2f}; the history says {last:.2f}"
    )


def _softmax_by_curves(run: Evidence) -> Sight:
    """Look for high accuracies with a loss just above what a second softmax allows."""
    floor = -math.log(math.e / (math.e + run.num_classes - 1))
    both = run.loss + run.accuracy
    good = run.accuracy > 0.5
    fits = (both > floor + 0.97) & (both < floor + 1.15) & (run.loss > floor)
    if not good[-1] or not fits[good].all():
        return None
    short = len(run.loss) < 3 or good.sum() < 2
    return "possible" if short else "likely", (
        f"an accuracy of {run.accuracy[-1]:.0%} with a loss of {run.loss[-1]:.2f}: "
        "such answers are usually far surer. A second softmax keeps the loss above "
        f"{floor:.2f}. Hand in model and train_data to look closer."
    )


@fault("Remove the activation of the last layer: logits may be negative.")
def relu_at_the_end(run: Evidence) -> Sight:
    """Look for logits that cannot be negative."""
    if not run.layers or not is_relu(run.layers[-1]) or run.last_accuracy > 0.95:
        return None
    return "sure", (
        "the last layer ends in a ReLU, so no class can get a score below 0, and a "
        "class whose score has died is never answered; the accuracy is "
        f"{run.last_accuracy:.0%}"
    )


@fault(
    "Draw the weights at random; the default of Keras' layers does it. Only biases may "
    "begin at 0."
)
def zero_weights(run: Evidence) -> Sight:
    """Look for hidden units that all have the same weights."""
    if run.model is None:
        return _silent(run, "model")
    for kernel in run.kernels[:-1]:
        weights = kernel.reshape(-1, kernel.shape[-1])  # (inputs, units)
        differences = np.ptp(weights, axis=1).max()
        is_equal = differences <= 1e-3 * np.abs(weights).max()
        if weights.shape[1] > 1 and is_equal:
            value = "equal to those of its neighbours" if weights.any() else "0"
            return "sure", (
                f"in a hidden layer of {weights.shape[1]} units, the weights of "
                f"every unit are {value}: all of them compute the same"
            )
    return None


def _silent(run: Evidence, names: str) -> Sight:
    """Look for a loss that stays at guessing, which several causes explain."""
    if not np.abs(run.losses - run.guess).max() < 0.01:  # NaN is not below
        return None
    return "possible", (
        f"the loss stays at {run.guess:.3f}, that of guessing, as when no signal "
        f"comes through. Hand in {names} to look closer."
    )


@fault("Draw smaller weights; the default of Keras' layers is right.")
def large_weights(run: Evidence) -> Sight:
    """Look for large weights that the learning rate does not explain."""
    if run.growth < 4 or not run.went_wild or run.rate is None or run.is_fast:
        return None
    return "likely", (
        f"the weights of a layer are {run.growth:.0f} times as large as Keras begins "
        f"with, although the learning rate is only {run.rate:g}"
    )


@fault("Divide the learning rate by 10 until the loss falls from the start.")
def rate_too_high(run: Evidence) -> Sight:
    """Look for steps that overshoot: weights that grew, a loss that went up."""
    if run.rate is not None and not run.is_fast:
        return _collapse(run)
    if run.growth >= 4:
        if run.rate is None and not run.went_wild:
            return None
        rate = "unknown" if run.rate is None else f"{run.rate:g}"
        return "likely" if run.rate is None else "sure", (
            f"the weights of a layer are {run.growth:.1f} times as large as Keras "
            f"begins with, and the learning rate is {rate}"
        )
    rises = (np.diff(run.loss) > 0.1 * run.loss[:-1]).any() and run.accuracy[-1] < 0.9
    if run.rate is None or not (run.went_wild or rises):
        return _collapse(run)
    course = "rises again"
    if run.went_wild:
        numbers = run.loss[np.isfinite(run.loss)]
        course = f"went up to {numbers.max():.1f}" if len(numbers) else "is no number"
    return "likely", (
        f"the learning rate is {run.rate:g}, {run.rate / USUAL_RATE:.0f} times the "
        f"usual one for Adam, and the loss {course}"
        + (". Hand in model to look closer." if run.model is None else "")
    )


def _collapse(run: Evidence) -> Sight:
    """Look for a network that had learnt and lost it again."""
    best = run.accuracy.max()
    is_usual = run.rate is not None and run.rate <= 2 * USUAL_RATE
    if is_usual or best < 0.5 or run.accuracy[-1] > best - 0.3:
        return None
    return "possible", (
        f"the training accuracy had reached {best:.0%} and fell back to "
        f"{run.accuracy[-1]:.0%}, as after a step that was too large"
    )


@fault(
    "Look at the initial biases and weights, and at the learning rate: a large step "
    "can push a ReLU below 0 for every image. Leaky ReLUs keep a gradient."
)
def dead_relus(run: Evidence) -> Sight:
    """Look for a layer whose ReLUs give 0 at every position of every image."""
    if not run.can_be_run:
        return None if run.is_slow else _silent(run, "model and train_data")
    outputs = [step.outputs for step in run.steps if is_relu(step.layer)]
    highest = [values.reshape(-1, values.shape[-1]).max(axis=0) for values in outputs]
    dead_share = max((np.mean(units <= 0) for units in highest), default=0)
    if dead_share < 0.8:
        return None
    return "sure" if run.is_stuck else "likely", (
        f"in one layer {dead_share:.0%} of the ReLUs give 0 for each of "
        f"{len(run.train[0])} training images"
    )


@fault("Multiply the learning rate by 10 until the loss falls visibly.")
def rate_too_low(run: Evidence) -> Sight:
    """Look for a network that has hardly moved."""
    if not run.has_numbers or run.last_accuracy > 0.5:
        return None
    fall = (run.loss[0] - run.loss[-1]) / run.loss[0]
    if not -0.01 < fall < 0.05 or run.starts_high:
        return None
    biases = [np.abs(keras.ops.convert_to_numpy(bias)) for bias in shifts(run.layers)]
    if not biases:
        return _too_low_by_curves(run, fall)
    furthest = max(bias.max() for bias in biases)
    if not 0 < furthest < 1e-3:
        return None
    return "sure", (
        f"the loss fell by {fall:.1%} in all, and no bias is further than "
        f"{furthest:.1g} from 0, where Keras begins: the network has hardly moved"
    )


def _too_low_by_curves(run: Evidence, fall: float) -> Sight:
    """Look at the learning rate; where it is unknown, for a small and steady fall."""
    if run.is_slow:
        return "likely", (
            f"the loss fell by {fall:.1%} in all, and the learning rate is "
            f"{run.rate:g}. Hand in model to look closer."
        )
    if run.rate is None and fall > 0.0005 and (np.diff(run.loss) < 0).all():
        return "possible", (
            f"the loss falls in every epoch, yet by {fall:.1%} in all. Hand in model "
            "to look closer."
        )
    return None


@fault(
    "Look for the first of these that is so: inputs that are not numbers or not "
    "scaled, a learning rate that is too high, a logarithm or a division in the loss."
)
def diverged(run: Evidence) -> Sight:
    """Look for a loss that is no number any more."""
    broken = [
        f"{name} from epoch {np.argmax(~np.isfinite(curve)) + 1}"
        for name, curve in zip(("loss", "val_loss"), run.losses, strict=False)
        if not np.isfinite(curve).all()
    ]
    return ("sure", f"not a number: {', '.join(broken)}") if broken else None


# --- something is wrong, and no other rule saw what ----------------------------------


@fault(
    "Draw images of both sets with their labels, side by side; compare how they were "
    "prepared, and look for labels that belong to other images."
)
def validation_fails(run: Evidence) -> Sight:
    """Admit that what is learnt on training images holds for no others."""
    if not run.is_bad or not run.only_training_learns:
        return None
    return "likely", (
        f"training ends at {run.accuracy[-1]:.0%}, validation at "
        f"{run.last_accuracy:.0%}, and no known cause was seen"
    )


@fault(
    "Train on 32 images until they are known by heart. If that fails, look at model, "
    "loss and learning rate; if it works, look at the data."
)
def not_learning(run: Evidence) -> Sight:
    """Admit that something is wrong."""
    if not run.is_bad or run.only_training_learns:
        return None
    return "likely", (
        f"the training loss ends at {run.loss[-1]:.2f} (guessing: {run.guess:.2f}) and "
        f"the accuracy at {run.last_accuracy:.0%}, and no known cause was seen"
    )


# --- nothing is wrong, but it could be better; every loss is a number here -----------


@remark("More data, augmentation, dropout, or early stopping. Nothing is broken.")
def overfitting(run: Evidence) -> Sight:
    """Look for a validation that falls behind."""
    val_loss = run.val_loss
    if val_loss is None:
        return None
    turns = val_loss[-1] > 1.1 * val_loss.min() and run.loss[-1] < run.loss.min() + 0.01
    still_falls = val_loss[-1] == val_loss.min()
    if not turns and (run.gap < 0.08 or still_falls):
        return None
    return "likely", (
        f"training ends at {run.accuracy[-1]:.1%}, validation at "
        f"{run.last_accuracy:.1%}; the lowest validation loss was that of epoch "
        f"{val_loss.argmin() + 1} of {len(val_loss)}"
    )


@remark("More epochs, or a higher learning rate. Nothing is broken.")
def still_learning(run: Evidence) -> Sight:
    """Look for a loss that was still falling at the end."""
    watched = run.losses[-1]
    if len(watched) < 2 or watched[-1] > 0.93 * watched[-2] or run.last_accuracy > 0.97:
        return None
    return "likely", (
        f"the loss was still falling at the end, from {watched[-2]:.3f} to "
        f"{watched[-1]:.3f}"
    )


@remark("Set a part of the training data aside: split_validation().")
def no_validation(run: Evidence) -> Sight:
    """Look for validation curves."""
    if run.val_loss is not None:
        return None
    return "likely", (
        "there are no validation curves, so nothing is known about other images"
    )
