"""Read a training run: learning curves first, then the network and its data."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from mnist_tutorial.checks import check_input_shape, checked_array, checked_labels
from mnist_tutorial.diagnosis import data_rules, training_rules
from mnist_tutorial.diagnosis.evidence import Data, Evidence, sample
from mnist_tutorial.diagnosis.findings import SURENESS, Finding, Rule
from mnist_tutorial.errors import InputError

# Causes before what they cause. The limits in the rules were set on runs with other
# seeds, images and networks than those in ``tests/test_diagnosis.py``.
RULES = (
    data_rules.not_numbers,
    data_rules.alike_images,
    data_rules.single_class,
    data_rules.shuffled_labels,
    data_rules.shuffled_validation_labels,
    data_rules.different_preparation,
    data_rules.unscaled_inputs,
    training_rules.softmax_twice,
    training_rules.relu_at_the_end,
    data_rules.sorted_data,
    training_rules.zero_weights,
    training_rules.large_weights,
    training_rules.rate_too_high,
    training_rules.dead_relus,
    training_rules.rate_too_low,
    training_rules.diverged,
)
LAST_RULES = (training_rules.validation_fails, training_rules.not_learning)
REMARKS = (
    training_rules.overfitting,
    training_rules.still_learning,
    training_rules.no_validation,
)
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def diagnose(
    history: Mapping[str, Sequence[float]],
    model: keras.Model | None = None,
    *,
    train_data: Data | None = None,
    validation_data: Data | None = None,
) -> list[Finding]:
    """Say what is wrong with a training run, how sure that is, and what to try.

    Curves alone tell that something is wrong more often than what. Hand in the
    network and the data *as the network received them*, and most causes can be seen
    directly: what the images are scaled to, whether images with the same label look
    alike, which units are dead. The page ``faq/is_it_learning`` tries it on nine
    faults.

    It cannot see what leaves no trace in these: labels that are wrong in a consistent
    way, validation images that are also in the training set, a test set that was
    used for choosing, data that are not the data of the task.

    Parameters
    ----------
    history
        As ``training.train`` returns it: one value an epoch under ``loss`` and
        ``accuracy``, and, if there are any, ``val_loss``, ``val_accuracy`` and
        ``learning_rate``. A loss that is not a number is a finding and no error.
    model
        The network after that training, with output shape ``(n, num_classes)``.
    train_data, validation_data
        ``(images, labels)`` in the order and with the values that the network was
        given; several hundred of each are enough, evenly taken. Images of shape
        ``(n, ...)``, integer labels of shape ``(n,)``.

    Returns
    -------
    list of Finding
        Never empty. Faults, the surest first; of two equally sure, the one that can
        cause the other comes first. ``"possible"`` ones only where there is nothing
        better. If there is no fault: ``"healthy"``, then remarks.

    Raises
    ------
    InputError
        If the history is empty, lacks ``loss`` or ``accuracy``, has lists of unequal
        length or accuracies outside [0, 1]; if the data do not fit each other or
        the model.

    References
    ----------
    A. Karpathy, "A Recipe for Training Neural Networks", 2019,
    https://karpathy.github.io/2019/04/25/recipe/.
    """
    run = Evidence(
        _checked_history(history),
        model,
        _checked_sample("train_data", train_data, model),
        _checked_sample("validation_data", validation_data, model),
    )
    faults = _ask(RULES, run) or _ask(LAST_RULES, run)
    if not faults:
        return [_healthy(run), *_ask(REMARKS, run)]
    certain = [found for found in faults if found.sureness != "possible"]
    # Sorting keeps the order of the rules among those that are equally sure.
    return sorted(certain or faults, key=lambda found: SURENESS.index(found.sureness))


def _ask(rules: Sequence[Rule], run: Evidence) -> list[Finding]:
    """Return what the rules found, in their order."""
    return [found for rule in rules if (found := rule(run)) is not None]


def _healthy(run: Evidence) -> Finding:
    """Say that nothing wrong was seen, and what was not looked at."""
    handed_in = dict(model=run.model, train_data=run.train, validation_data=run.val)
    missing = ", ".join(name for name, value in handed_in.items() if value is None)
    return Finding(
        "healthy",
        "healthy",
        "possible" if missing else "likely",
        f"the training loss went from {run.loss[0]:.2f} to {run.loss[-1]:.2f} and the "
        f"accuracy from {run.accuracy[0]:.0%} to {run.accuracy[-1]:.0%}",
        (f"Hand in {missing} to look closer. " if missing else "")
        + "Labels that are wrong in a consistent way, or the same images in training "
        "and validation, cannot be seen here.",
    )


def _checked_history(history: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """Return the known curves as arrays, or refuse."""
    if not isinstance(history, Mapping):
        raise InputError(
            f"history must be a dict of lists, got {type(history).__name__}; of what "
            "model.fit returns, hand in .history"
        )
    has_validation = "val_loss" in history or "val_accuracy" in history
    for name in CURVES[:4] if has_validation else CURVES[:2]:
        if name not in history:
            raise InputError(
                f"history must have {name!r}, got {', '.join(history)}; hand in what "
                "training.train returns"
            )
    curves = {
        name: checked_array(name, history[name]).astype(float)
        for name in CURVES
        if name in history
    }
    epochs = {name: curve.shape for name, curve in curves.items()}
    if len(set(epochs.values())) > 1 or len(epochs["loss"]) != 1:
        raise InputError(
            "history must have one value an epoch under every name, got shapes "
            + ", ".join(f"{name} {shape}" for name, shape in epochs.items())
        )
    if not len(curves["loss"]):
        raise InputError("history must have at least one epoch, got none; train first")
    for name in {"accuracy", "val_accuracy"} & set(curves):
        values = curves[name]
        if not ((values >= 0) & (values <= 1)).all():
            raise InputError(
                f"history must have {name} in [0, 1], got {values.min():g} to "
                f"{values.max():g}; divide percentages by 100"
            )
    return curves


def _checked_sample(
    name: str, data: Data | None, model: keras.Model | None
) -> Data | None:
    """Return some of the images and labels, which belong together, or refuse."""
    if data is None:
        return None
    images = checked_array(f"the images of {name}", data[0])
    if not len(images):
        raise InputError(f"{name} must hold at least one image, got none")
    num_classes = None if model is None else model.output_shape[-1]
    labels = checked_labels(
        data[1], len(images), num_classes, name=f"the labels of {name}"
    )
    if model is not None:
        check_input_shape(model, images, name=f"the images of {name}")
    return sample(images, labels)
