"""Faults in what the network is given: images, labels, their order.

A rule looks for the cause that is its name. It returns how sure it is and what it
saw, or None. Where the data were handed in, it decides by them; if not, by the curves,
and is less sure.
"""

import keras
import numpy as np

from mnist_tutorial.diagnosis.evidence import (
    Evidence,
    chance_agreement,
    cross_entropies,
    mean_image_difference,
    neighbour_agreement,
    root_mean_square,
)
from mnist_tutorial.diagnosis.findings import Sight, fault

# Fewer examples say little about neighbours or about averages.
ENOUGH = 50


@fault(
    "Find where the images get values that are not numbers: a division by 0, an "
    "empty file, a logarithm."
)
def not_numbers(run: Evidence) -> Sight:
    """Look for images with values that are not numbers."""
    for name, data in (("training", run.train), ("validation", run.val)):
        if data is not None and not np.isfinite(data[0]).all():
            images = (~np.isfinite(data[0])).reshape(len(data[0]), -1).any(axis=1)
            return "sure", (
                f"{images.sum()} of {len(images)} {name} images that were looked at "
                "hold NaN or infinity"
            )
    return None


@fault("Look at some of the images, and at the step that loads or scales them.")
def alike_images(run: Evidence) -> Sight:
    """Look for training images that are all the same."""
    if not run.has_finite_images or len(run.train[0]) < ENOUGH:
        return None
    images = run.train[0]
    if np.ptp(images, axis=0).any():
        return None
    return "sure", (
        f"all {len(images)} training images that were looked at are the same, with "
        f"values from {images.min():.3g} to {images.max():.3g}"
    )


@fault("Look at the labels: with one class there is nothing to learn.")
def single_class(run: Evidence) -> Sight:
    """Look for training labels that are all the same."""
    if run.train is None or len(np.unique(run.train[1])) > 1:
        return None
    return "sure" if len(run.train[1]) >= ENOUGH else "possible", (
        f"all {len(run.train[1])} training labels are {run.train[1][0]}; an accuracy "
        "of 100 % would mean nothing"
    )


@fault(
    "Draw twenty images with their labels. Shuffle, sort and filter images and labels "
    "together, with one index for both."
)
def shuffled_labels(run: Evidence) -> Sight:
    """Look for labels that are not those of their images."""
    if run.train is None:
        return _shuffled_by_curves(run)
    if not run.has_finite_images or len(run.train[1]) < ENOUGH:
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
    last_val_loss = run.val_loss[-1]
    memorises = run.loss[-1] < run.loss[0] and run.accuracy[-1] > run.accuracy[0]
    val_fails = run.last_accuracy < run.hardly and last_val_loss > 0.95 * run.guess
    slow = run.accuracy[0] < 2 / run.num_classes and run.loss[0] < 1.04 * run.guess
    moves = run.loss[0] - run.loss[-1] > 0.01 * run.guess
    if not (memorises and val_fails and slow and moves):
        return None
    return "likely", (
        f"the training loss falls to {run.loss[-1]:.2f}, yet the validation loss is "
        f"{last_val_loss:.2f}, no better than guessing ({run.guess:.2f}): what is "
        "learnt on training images holds for no others. "
        "Hand in train_data to look closer."
    )


@fault(
    "Draw twenty validation images with their labels, and split images and labels "
    "with one index for both."
)
def shuffled_validation_labels(run: Evidence) -> Sight:
    """Look for validation labels that are not those of their images."""
    if run.val is None or len(run.val[1]) < ENOUGH or not run.only_training_learns:
        return None
    if not np.isfinite(run.val[0]).all():
        return None
    agreement, by_chance = neighbour_agreement(*run.val), chance_agreement(run.val[1])
    if agreement > 2 * by_chance:
        return None
    return "sure", (
        f"training ends at {run.accuracy[-1]:.0%}, validation at "
        f"{run.last_accuracy:.0%}; of the validation images, {agreement:.0%} have the "
        "label of the image that looks most like them, and with labels at random it "
        f"would be {by_chance:.0%}"
    )


@fault(
    "Prepare both sets with one function, and compare shape, type, range and mean of "
    "what comes out."
)
def different_preparation(run: Evidence) -> Sight:
    """Look for validation images that were prepared in another way."""
    if run.train is None or run.val is None:
        return _differs_by_curves(run)
    (x_train, _), (x_val, _) = run.train, run.val
    if not run.has_finite_images or not np.isfinite(x_val).all():
        return None
    if x_train.shape[1:] != x_val.shape[1:] or min(len(x_train), len(x_val)) < ENOUGH:
        return None
    means = x_train.mean(), x_val.mean()
    deviations = x_train.std(), x_val.std()
    ratio = max(deviations) / max(min(deviations), 1e-12)
    if ratio > 1.5 or abs(means[0] - means[1]) > 0.5 * max(deviations):
        return "sure", (
            f"training images have mean {means[0]:.3g} and deviation "
            f"{deviations[0]:.3g}, validation images {means[1]:.3g} and "
            f"{deviations[1]:.3g}"
        )
    difference = mean_image_difference(x_train, x_val)
    fails = run.gap > 0.2 or (
        run.val_loss is not None and run.val_loss[0] > 1.5 * max(run.loss[0], run.guess)
    )
    if difference > 3 and fails:
        return "likely", (
            f"the mean training and the mean validation image differ {difference:.0f} "
            f"times as much as chance would have it, and validation is {run.gap:.0%} "
            "worse"
        )
    return None


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


@fault(
    "Bring the inputs to [0, 1], or to mean 0 and deviation 1; for bytes, divide by "
    "255 once."
)
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
    learns_well = run.has_numbers and not run.starts_high and run.accuracy[-1] > 0.9
    # Batch normalisation may undo the scale of the images.
    batch_norm = keras.layers.BatchNormalization
    is_normalised = any(isinstance(layer, batch_norm) for layer in run.layers)
    if learns_well and (5 < size < 50 or is_normalised):
        return None
    if size > 5 or (size < 0.02 and run.accuracy[0] < 0.5):
        return "sure", (
            f"what reaches the first weights lies between {given.min():.3g} and "
            f"{given.max():.3g}, on average (root mean square) {size:.3g}"
        )
    return None


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
    """Look for a bad start that a high learning rate does not explain."""
    above_guessing = run.accuracy[0] > 1.5 / run.num_classes
    if not run.starts_high or not above_guessing or run.is_fast:
        return None
    learns = run.accuracy[-1] > 0.5
    rate = "is unknown" if run.rate is None else f"is only {run.rate:g}"
    return "likely" if learns and run.rate is not None else "possible", (
        f"the loss of the first epoch is {run.loss[0]:.1f}, where guessing gives "
        f"{run.guess:.1f}, and the learning rate {rate}. Hand in model and train_data "
        "to look closer."
    )


@fault("Shuffle the training data before every epoch (shuffle=True).")
def sorted_data(run: Evidence) -> Sight:
    """Look for labels in blocks; fit() may shuffle, so also for what they did."""
    if not run.has_numbers:
        return None
    if run.train is None or len(run.train[1]) < ENOUGH:
        return _sorted_by_curves(run)
    labels = run.train[1]
    changes = np.mean(labels[1:] != labels[:-1])
    expected = 1 - chance_agreement(labels)
    if expected < 0.2 or changes > 0.5 * expected:
        return None
    symptom = _symptom_of_order(run)
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
    learns = (
        run.accuracy[-1] > run.accuracy[0]
        and run.loss[0] - run.loss[-1] > 0.01 * run.guess
    )
    if not (run.starts_below_guessing and moderate and learns):
        return None
    return "likely" if run.accuracy[0] < 0.8 / run.num_classes else "possible", (
        f"in the first epoch the training accuracy is {run.accuracy[0]:.0%}, worse "
        "than guessing, as if each class were asked when another had just been "
        "practised. Hand in train_data to look closer."
    )
