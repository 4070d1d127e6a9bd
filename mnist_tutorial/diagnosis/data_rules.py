"""Faults in what the network is given: labels, images, their order.

A rule looks for one cause and returns a finding, or None. Where the data were handed
in, it decides by them; if not, by the curves, and is less sure.
"""

import numpy as np

from mnist_tutorial.diagnosis.evidence import Evidence
from mnist_tutorial.diagnosis.findings import Finding, ask_for, fault
from mnist_tutorial.diagnosis.measures import (
    mean_image_difference,
    root_mean_square,
    share_of_like_neighbours,
    shares,
)

# Fewer examples say little about neighbours or about averages.
ENOUGH = 50


def not_numbers(run: Evidence) -> Finding | None:
    """Look for images with values that are not numbers."""
    for name, data in (("training", run.train), ("validation", run.val)):
        if data is not None and not np.isfinite(data[0]).all():
            images = (~np.isfinite(data[0])).reshape(len(data[0]), -1).any(axis=1)
            return fault(
                "not_numbers",
                "sure",
                f"{images.sum()} of {len(images)} {name} images that were looked at "
                "hold NaN or infinity",
            )
    return None


def alike_images(run: Evidence) -> Finding | None:
    """Look for training images that are all the same."""
    if not run.has_finite_images or len(run.train[0]) < ENOUGH:
        return None
    if np.ptp(run.train[0], axis=0).any():
        return None
    return fault(
        "alike_images",
        "sure",
        f"all {len(run.train[0])} training images that were looked at are the same, "
        f"with values from {run.train[0].min():.3g} to {run.train[0].max():.3g}",
    )


def single_class(run: Evidence) -> Finding | None:
    """Look for training labels that are all the same."""
    if run.train is None or len(np.unique(run.train[1])) > 1:
        return None
    return fault(
        "single_class",
        "sure" if len(run.train[1]) >= ENOUGH else "possible",
        f"all {len(run.train[1])} training labels are {run.train[1][0]}; an accuracy "
        "of 100 % would mean nothing",
    )


def shuffled_labels(run: Evidence) -> Finding | None:
    """Look for labels that are not those of their images."""
    if run.train is None:
        return _shuffled_by_curves(run)
    if not run.has_finite_images or len(run.train[1]) < ENOUGH:
        return None
    agreement = share_of_like_neighbours(*run.train)
    by_chance = float(np.sum(shares(run.train[1], run.num_classes) ** 2))
    # What is learnt from wrong labels does not read other images so well; then the
    # images are such that pixels do not tell which are alike.
    if agreement > 0.55 or by_chance > 0.3 or run.reads_others:
        return None
    doubtful = "likely" if "val_accuracy" in run.curves else "possible"
    return fault(
        "shuffled_labels",
        "sure" if agreement < 2 * by_chance else doubtful,
        f"of the training images, {agreement:.0%} have the label of the image that "
        f"looks most like them; with labels at random it would be {by_chance:.0%}",
    )


def _shuffled_by_curves(run: Evidence) -> Finding | None:
    """Look for a training set that is learnt by heart, slowly, and nothing else."""
    if "val_loss" not in run.curves or not run.has_numbers:
        return None
    last_val_loss = run.curves["val_loss"][-1]
    memorises = run.loss[-1] < run.loss[0] and run.accuracy[-1] > run.accuracy[0]
    val_fails = run.last_accuracy < run.hardly and last_val_loss > 0.95 * run.guess
    slow = run.accuracy[0] < 2 / run.num_classes and run.loss[0] < 1.04 * run.guess
    moves = run.loss[0] - run.loss[-1] > 0.01 * run.guess
    if not (memorises and val_fails and slow and moves):
        return None
    return fault(
        "shuffled_labels",
        "likely",
        f"the training loss falls to {run.loss[-1]:.2f}, yet the validation loss is "
        f"{last_val_loss:.2f}, no better than guessing ({run.guess:.2f}): what is "
        "learnt on training images holds for no others. " + ask_for("train_data"),
    )


def shuffled_validation_labels(run: Evidence) -> Finding | None:
    """Look for validation labels that are not those of their images."""
    if run.val is None or len(run.val[1]) < ENOUGH or not run.only_training_learns:
        return None
    if not np.isfinite(run.val[0]).all():
        return None
    agreement = share_of_like_neighbours(*run.val)
    by_chance = float(np.sum(shares(run.val[1], run.num_classes) ** 2))
    if agreement > 2 * by_chance:
        return None
    return fault(
        "shuffled_validation_labels",
        "sure",
        f"training ends at {run.accuracy[-1]:.0%}, validation at "
        f"{run.last_accuracy:.0%}; of the validation images, {agreement:.0%} have the "
        "label of the image that looks most like them, and with labels at random it "
        f"would be {by_chance:.0%}",
    )


def different_preparation(run: Evidence) -> Finding | None:
    """Look for validation images that were prepared in another way."""
    if run.train is None or run.val is None:
        return _differs_by_curves(run)
    (x_train, _), (x_val, _) = run.train, run.val
    if not run.has_finite_images or not np.isfinite(x_val).all():
        return None
    if x_train.shape[1:] != x_val.shape[1:] or min(len(x_train), len(x_val)) < ENOUGH:
        return None
    means = [float(images.astype(float).mean()) for images in (x_train, x_val)]
    deviations = [float(images.astype(float).std()) for images in (x_train, x_val)]
    ratio = max(deviations) / max(min(deviations), 1e-12)
    if ratio > 1.5 or abs(means[0] - means[1]) > 0.5 * max(deviations):
        return fault(
            "different_preparation",
            "sure",
            f"training images have mean {means[0]:.3g} and deviation "
            f"{deviations[0]:.3g}, validation images {means[1]:.3g} and "
            f"{deviations[1]:.3g}",
        )
    difference = mean_image_difference(x_train, x_val)
    fails = run.gap > 0.2 or (
        "val_loss" in run.curves
        and run.curves["val_loss"][0] > 1.5 * max(run.loss[0], run.guess)
    )
    if difference > 3 and fails:
        return fault(
            "different_preparation",
            "likely",
            f"the mean training and the mean validation image differ {difference:.0f} "
            f"times as much as chance would have it, and validation is {run.gap:.0%} "
            "worse",
        )
    return None


def _differs_by_curves(run: Evidence) -> Finding | None:
    """Look for a validation that fails from the start, while training succeeds."""
    if "val_loss" not in run.curves or not run.has_numbers:
        return None
    val_loss, val_accuracy = run.curves["val_loss"], run.curves["val_accuracy"]
    if val_loss[0] > 3 * max(run.loss[0], run.guess) and val_loss[-1] > run.guess:
        return fault(
            "different_preparation",
            "likely",
            f"from the first epoch on the validation loss ({val_loss[0]:.1f}) is many "
            f"times the training loss ({run.loss[0]:.1f}), before anything could be "
            "overfitted. " + ask_for("train_data and validation_data"),
        )
    if run.accuracy[-1] > 0.7 and val_accuracy.max() < 0.5 and run.accuracy[0] > 0.3:
        return fault(
            "different_preparation",
            "possible",
            f"training reaches {run.accuracy[-1]:.0%}, validation never more than "
            f"{val_accuracy.max():.0%}. " + ask_for("train_data and validation_data"),
        )
    return None


def unscaled_inputs(run: Evidence) -> Finding | None:
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
    if run.learns_well and (5 < size < 50 or run.is_normalised):
        return None
    if size > 5 or (size < 0.02 and run.accuracy[0] < 0.5):
        return fault(
            "unscaled_inputs",
            "sure",
            f"what reaches the first weights lies between {given.min():.3g} and "
            f"{given.max():.3g}, on average (root mean square) {size:.3g}",
        )
    return None


def _unscaled_by_images(run: Evidence) -> Finding | None:
    """Look for large values and a bad start; the network may scale them itself."""
    images = run.train[0]
    if root_mean_square(images) <= 5 or not (run.starts_high or not run.has_numbers):
        return None
    return fault(
        "unscaled_inputs",
        "likely",
        f"training images lie between {images.min():.3g} and {images.max():.3g}, and "
        f"the first epoch's loss is {run.loss[0]:.1f}, where guessing gives "
        f"{run.guess:.1f}. " + ask_for("model"),
    )


def _unscaled_by_curves(run: Evidence) -> Finding | None:
    """Look for a bad start that a high learning rate does not explain."""
    above_guessing = run.accuracy[0] > 1.5 / run.num_classes
    if not run.starts_high or not above_guessing or run.is_fast:
        return None
    learns = run.accuracy[-1] > 0.5
    return fault(
        "unscaled_inputs",
        "likely" if learns and run.rate is not None else "possible",
        f"the loss of the first epoch is {run.loss[0]:.1f}, where guessing gives "
        f"{run.guess:.1f}, and the learning rate "
        + ("is unknown. " if run.rate is None else f"is only {run.rate:g}. ")
        + ask_for("model and train_data"),
    )


def sorted_data(run: Evidence) -> Finding | None:
    """Look for labels in blocks; fit() may shuffle, so also for what they did."""
    if not run.has_numbers:
        return None
    if run.train is None or len(run.train[1]) < ENOUGH:
        return _sorted_by_curves(run)
    labels = run.train[1]
    changes = float(np.mean(labels[1:] != labels[:-1]))
    expected = 1 - float(np.sum(shares(labels, run.num_classes) ** 2))
    if expected < 0.2 or changes > 0.5 * expected:
        return None
    symptom = _symptom_of_order(run)
    if symptom is None:
        return None
    return fault(
        "sorted_data",
        "likely" if run.model is None else "sure",
        f"the label changes from one example to the next in {changes:.0%} of the "
        f"cases; in random order it would be {expected:.0%}, and {symptom}",
    )


def _symptom_of_order(run: Evidence) -> str | None:
    """Return what shows that a network was trained in the order of the examples."""
    if run.starts_below_guessing:
        return f"the first epoch's accuracy is {run.accuracy[0]:.0%}, below guessing"
    if run.can_be_run:
        favourite, excess = run.favourite
        if excess > 2 and favourite in run.train[1][-(len(run.train[1]) // 5) :]:
            return (
                f"class {favourite}, one of the last, is predicted {excess:.1f} times "
                "as often as it is right"
            )
    if run.can_be_run and run.measured_accuracy < run.accuracy[-1] - 0.05:
        return (
            f"the accuracy counted during the last epoch, {run.accuracy[-1]:.0%}, is "
            f"{run.measured_accuracy:.0%} when measured now: it was earned class by "
            "class"
        )
    if run.can_be_run and run.last_losses[0] < 0.25 * run.last_losses[1] > 0.125:
        return (
            f"the last tenth of the examples has a loss of {run.last_losses[0]:.2f}, "
            f"all of them {run.last_losses[1]:.2f}: what came last is known best"
        )
    return "the curves are bad" if run.is_bad else None


def _sorted_by_curves(run: Evidence) -> Finding | None:
    """Look for a first epoch worse than guessing that is not one of wild steps."""
    moderate = 1.03 * run.guess < run.loss[0] <= 2 * run.guess
    learns = (
        run.accuracy[-1] > run.accuracy[0]
        and run.loss[0] - run.loss[-1] > 0.01 * run.guess
    )
    if not (run.starts_below_guessing and moderate and learns):
        return None
    return fault(
        "sorted_data",
        "likely" if run.accuracy[0] < 0.8 / run.num_classes else "possible",
        f"in the first epoch the training accuracy is {run.accuracy[0]:.0%}, worse "
        "than guessing, as if each class were asked when another had just been "
        "practised. " + ask_for("train_data"),
    )
