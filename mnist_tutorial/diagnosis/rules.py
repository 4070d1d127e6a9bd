"""How each cause is recognised, and by what limits.

A rule looks for the cause that is its name. It returns how sure it is and what it saw,
or None. Where network and data were handed in, it decides by them; if not, by the
curves, and is less sure. The limits were set on runs with other seeds, images and
networks than those in ``tests/test_diagnosis.py``.
"""

import math

import keras
import numpy as np

from mnist_tutorial.checks import are_probabilities
from mnist_tutorial.diagnosis.evidence import (
    USUAL_RATE,
    Evidence,
    chance_agreement,
    cross_entropies,
    mean_image_difference,
    neighbour_agreement,
    root_mean_square,
    run_layers,
    shifts,
)
from mnist_tutorial.models import is_relu

# How sure, and what was seen; None if the cause was not seen.
Sight = tuple[str, str] | None
# Fewer examples say little about neighbours or about averages.
ENOUGH = 50


# --- what the network is given: images, labels, their order --------------------------


def not_numbers(run: Evidence) -> Sight:
    """Look for images with values that are not numbers."""
    for name, data in (("training", run.train), ("validation", run.val)):
        if data is not None and not np.isfinite(data[0]).all():
            is_good = np.isfinite(data[0]).reshape(len(data[0]), -1).all(axis=1)
            return "sure", (
                f"{(~is_good).sum()} of {len(is_good)} {name} images that were looked "
                "at hold NaN or infinity"
            )
    return None


def shuffled_labels(run: Evidence) -> Sight:
    """Look for labels that are not those of their images."""
    if run.train is None:
        return _shuffled_by_curves(run)
    if not run.images_differ or len(run.train[1]) < ENOUGH:
        return None
    agreement = neighbour_agreement(*run.train)
    by_chance = chance_agreement(run.train[1])
    # What is learnt from wrong labels does not read other images so well; then the
    # images are such that pixels do not tell which are alike.
    reads_others = run.val_loss is not None and run.last_accuracy > 0.9
    if agreement > 0.55 or by_chance > 0.3 or reads_others:
        return None
    doubtful = "possible" if run.val_loss is None else "likely"
    return "sure" if agreement < 2 * by_chance else doubtful, (
        f"of the training images, {agreement:.0%} have the label of the image that "
        f"looks most like them; with labels at random it would be {by_chance:.0%}"
    )


def _shuffled_by_curves(run: Evidence) -> Sight:
    """Look for a training set that is learnt by heart, slowly, and nothing else."""
    if run.val_loss is None or not run.has_numbers:
        return None
    last = run.val_loss[-1]
    val_fails = run.last_accuracy < run.hardly and last > 0.95 * run.guess
    slow = run.accuracy[0] < 2 / run.num_classes and run.loss[0] < 1.04 * run.guess
    if not (run.learns and val_fails and slow):
        return None
    return "likely", (
        f"the training loss falls to {run.loss[-1]:.2f}, yet the validation loss is "
        f"{last:.2f}, no better than guessing ({run.guess:.2f}): what is learnt on "
        "training images holds for no others. Hand in train_data to look closer."
    )


def different_preparation(run: Evidence) -> Sight:
    """Look for validation images that were prepared in another way."""
    if run.train is None or run.val is None:
        # Where training has but one class, validation fails for that.
        one_class = run.train is not None and np.ptp(run.train[1]) == 0
        return None if one_class else _differs_by_curves(run)
    (x_train, _), (x_val, _) = run.train, run.val
    if not run.has_finite_images or not np.isfinite(x_val).all():
        return None
    if x_train.shape[1:] != x_val.shape[1:] or min(len(x_train), len(x_val)) < ENOUGH:
        return None
    mean, val_mean = x_train.mean(), x_val.mean()
    spread, val_spread = x_train.std(), x_val.std()
    smaller, larger = sorted([spread, val_spread])
    if larger > 1.5 * max(smaller, 1e-12) or abs(mean - val_mean) > 0.5 * larger:
        return "sure", (
            f"training images have mean {mean:.3g} and deviation {spread:.3g}, "
            f"validation images {val_mean:.3g} and {val_spread:.3g}"
        )
    difference = mean_image_difference(x_train, x_val)
    start = max(run.loss[0], run.guess)
    fails_at_once = run.val_loss is not None and run.val_loss[0] > 1.5 * start
    if difference <= 3 or not (run.gap > 0.2 or fails_at_once):
        return None
    return "likely", (
        f"the mean training and the mean validation image differ {difference:.0f} "
        f"times as much as chance would have it, and validation is {run.gap:.0%} worse"
    )


def _differs_by_curves(run: Evidence) -> Sight:
    """Look for a validation that fails from the start, while training succeeds."""
    if run.val_loss is None or not run.has_numbers:
        return None
    first, last = run.val_loss[0], run.val_loss[-1]
    if first > 3 * max(run.loss[0], run.guess) and last > run.guess:
        return "likely", (
            f"from the first epoch on the validation loss ({first:.1f}) is many "
            f"times the training loss ({run.loss[0]:.1f}), before anything could be "
            "overfitted. Hand in train_data and validation_data to look closer."
        )
    best = run.val_accuracy.max()
    if run.accuracy[-1] > 0.7 and best < 0.5 and run.accuracy[0] > 0.3:
        return "possible", (
            f"training reaches {run.accuracy[-1]:.0%}, validation never more than "
            f"{best:.0%}. Hand in train_data and validation_data to look closer."
        )
    return None


def unscaled_inputs(run: Evidence) -> Sight:
    """Look for values far from 1 where the first weights receive them."""
    if not run.has_finite_images:
        return _unscaled_by_curves(run)
    if run.model is None:
        return _unscaled_by_images(run)
    weighted = [s for s in run.steps if getattr(s.layer, "kernel", None) is not None]
    if not weighted:
        return None
    given = weighted[0].inputs
    size = root_mean_square(given)
    # Batch normalisation may undo the scale of the images.
    batch_norm = keras.layers.BatchNormalization
    is_normalised = any(isinstance(layer, batch_norm) for layer in run.layers)
    learns_well = run.has_numbers and not run.starts_high and run.accuracy[-1] > 0.9
    is_harmless = learns_well and (5 < size < 50 or is_normalised)
    is_tiny = 0 < size < 0.02 and run.accuracy[0] < 0.5
    if is_harmless or not (size > 5 or is_tiny):
        return None
    return "sure", (
        f"what reaches the first weights lies between {given.min():.3g} and "
        f"{given.max():.3g}, on average (root mean square) {size:.3g}"
    )


def _unscaled_by_images(run: Evidence) -> Sight:
    """Look for large values and a bad start; the network may scale them itself."""
    images = run.train[0]
    if root_mean_square(images) <= 5 or not (run.starts_high or not run.has_numbers):
        return None
    return "likely", (
        f"training images lie between {images.min():.3g} and {images.max():.3g}, and "
        f"the first epoch's loss is {run.loss[0]:.1f}, where guessing gives "
        f"{run.guess:.1f}. Hand in model to look closer."
    )


def _unscaled_by_curves(run: Evidence) -> Sight:
    """Look for a bad start that no high learning rate or large weights explain."""
    above_guessing = run.accuracy[0] > 1.5 / run.num_classes
    if not run.starts_high or not above_guessing or run.is_fast or run.growth >= 4:
        return None
    learns = run.accuracy[-1] > 0.5
    rate = "is unknown" if run.rate is None else f"is only {run.rate:g}"
    return "likely" if learns and run.rate is not None else "possible", (
        f"the loss of the first epoch is {run.loss[0]:.1f}, where guessing gives "
        f"{run.guess:.1f}, and the learning rate {rate}. Hand in model and train_data "
        "to look closer."
    )


def sorted_data(run: Evidence) -> Sight:
    """Look for labels in blocks; fit() may shuffle, so also for what they did."""
    if not run.has_numbers:
        return None
    if run.train is None or len(run.train[1]) < ENOUGH:
        return _sorted_by_curves(run)
    labels = run.train[1]
    changes = np.mean(labels[1:] != labels[:-1])
    expected = 1 - chance_agreement(labels)
    in_blocks = expected >= 0.2 and changes <= 0.5 * expected
    # Images all alike, large weights and a ReLU at the end have the same symptoms.
    is_explained = not run.images_differ or run.growth >= 4 or run.ends_in_relu
    symptom = None if is_explained or not in_blocks else _symptom_of_order(run)
    if symptom is None:
        return None
    return "likely" if run.model is None else "sure", (
        f"the label changes from one example to the next in {changes:.0%} of the "
        f"cases; in random order it would be {expected:.0%}, and {symptom}"
    )


def _symptom_of_order(run: Evidence) -> str | None:
    """Return what shows that a network was trained in the order of the examples."""
    if run.starts_below_guessing:
        return f"the first epoch's accuracy is {run.accuracy[0]:.0%}, below guessing"
    if run.can_be_run and (symptom := _symptom_of_answers(run)):
        return symptom
    return "the curves are bad" if run.is_bad else None


def _symptom_of_answers(run: Evidence) -> str | None:
    """Return what shows in the answers that what came last is known best."""
    labels, predicted = run.train[1], run.outputs.argmax(axis=1)
    occurring, answered = (
        np.bincount(classes, minlength=run.num_classes) / len(labels)
        for classes in (labels, predicted)
    )
    # A class that hardly occurs counts as half of an equal share.
    excess = answered / np.maximum(occurring, 0.5 / run.num_classes)
    favourite = excess.argmax()
    if excess.max() > 2 and favourite in labels[-(len(labels) // 5) :]:
        return (
            f"class {favourite}, one of the last, is predicted {excess.max():.1f} "
            "times as often as it is right"
        )
    measured = np.mean(predicted == labels)
    if measured < run.accuracy[-1] - 0.05:
        return (
            f"the accuracy counted during the last epoch, {run.accuracy[-1]:.0%}, is "
            f"{measured:.0%} when measured now: it was earned class by class"
        )
    losses = cross_entropies(run.outputs, labels)
    last, overall = losses[-(len(losses) // 10) :].mean(), losses.mean()
    if last < 0.25 * overall > 0.125:
        return (
            f"the last tenth of the examples has a loss of {last:.2f}, all of them "
            f"{overall:.2f}: what came last is known best"
        )
    return None


def _sorted_by_curves(run: Evidence) -> Sight:
    """Look for a first epoch worse than guessing that is not one of wild steps."""
    moderate = 1.03 * run.guess < run.loss[0] <= 2 * run.guess
    if not (run.starts_below_guessing and moderate and run.learns):
        return None
    return "likely" if run.accuracy[0] < 0.8 / run.num_classes else "possible", (
        f"in the first epoch the training accuracy is {run.accuracy[0]:.0%}, worse "
        "than guessing, as if each class were asked when another had just been "
        "practised. Hand in train_data to look closer."
    )


# --- what learns and how: the network's end, its weights, the steps ------------------


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


def rate_too_high(run: Evidence) -> Sight:
    """Look for steps that overshoot: weights that grew, a loss that went up."""
    went_wild = not run.has_numbers or run.starts_high or run.is_stuck
    if run.growth >= 4 and (run.is_fast or (run.rate is None and went_wild)):
        rate = "unknown" if run.rate is None else f"{run.rate:g}"
        return "likely" if run.rate is None else "sure", (
            f"the weights of a layer are {run.growth:.1f} times as large as Keras "
            f"begins with, and the learning rate is {rate}"
        )
    rises = (np.diff(run.loss) > 0.1 * run.loss[:-1]).any() and run.accuracy[-1] < 0.9
    if not run.is_fast or not (went_wild or rises):
        return None
    course = "rises again"
    if went_wild:
        numbers = run.loss[np.isfinite(run.loss)]
        course = f"went up to {numbers.max():.1f}" if len(numbers) else "is no number"
    return "likely", (
        f"the learning rate is {run.rate:g}, {run.rate / USUAL_RATE:.0f} times the "
        f"usual one for Adam, and the loss {course}"
        + (". Hand in model to look closer." if run.model is None else "")
    )


def dead_relus(run: Evidence) -> Sight:
    """Look for a layer whose ReLUs give 0 at every position of every image."""
    if not run.can_be_run:
        return None if run.is_slow else _silent(run, "model and train_data")
    if not run.images_differ:
        return None
    outputs = [step.outputs for step in run.steps if is_relu(step.layer)]
    highest = [values.reshape(-1, values.shape[-1]).max(axis=0) for values in outputs]
    dead_share = max((np.mean(units <= 0) for units in highest), default=0)
    # A dead unit at the end is a class that is never answered.
    has_dead_class = run.ends_in_relu and (run.outputs.max(axis=0) <= 0).any()
    if dead_share < 0.8 and not has_dead_class:
        return None
    return "sure" if run.is_stuck else "likely", (
        f"in one layer {dead_share:.0%} of the ReLUs give 0 for each of "
        f"{len(run.train[0])} training images"
    )


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


def diverged(run: Evidence) -> Sight:
    """Look for a loss that is no number any more."""
    broken = [
        f"{name} from epoch {np.argmax(~np.isfinite(curve)) + 1}"
        for name, curve in zip(("loss", "val_loss"), run.losses, strict=False)
        if not np.isfinite(curve).all()
    ]
    return ("sure", f"not a number: {', '.join(broken)}") if broken else None


# --- something is wrong, and no other rule saw what ----------------------------------


def validation_fails(run: Evidence) -> Sight:
    """Admit that what is learnt on training images holds for no others."""
    if not run.is_bad or not run.only_training_learns:
        return None
    return "likely", (
        f"training ends at {run.accuracy[-1]:.0%}, validation at "
        f"{run.last_accuracy:.0%}, and no known cause was seen"
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


def still_learning(run: Evidence) -> Sight:
    """Look for a loss that was still falling at the end."""
    watched = run.losses[-1]
    if len(watched) < 2 or watched[-1] > 0.93 * watched[-2] or run.last_accuracy > 0.97:
        return None
    return "likely", (
        f"the loss was still falling at the end, from {watched[-2]:.3f} to "
        f"{watched[-1]:.3f}"
    )


def no_validation(run: Evidence) -> Sight:
    """Look for validation curves."""
    if run.val_loss is not None:
        return None
    return "likely", (
        "there are no validation curves, so nothing is known about other images"
    )
