"""Read a training run: learning curves first, then the network and its data."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from mnist_tutorial.checks import check_input_shape, checked_array, checked_labels
from mnist_tutorial.diagnosis import rules
from mnist_tutorial.diagnosis.evidence import Data, Evidence, sample
from mnist_tutorial.errors import InputError

# Each rule, and what to try. Causes before what they cause.
CAUSES = {
    rules.not_numbers: "Find where the images get values that are not numbers: a "
    "division by 0, an empty file, a logarithm.",
    rules.shuffled_labels: "Draw twenty images with their labels. Shuffle, sort and "
    "filter images and labels together, with one index for both.",
    rules.different_preparation: "Prepare both sets with one function, and compare "
    "shape, type, range and mean of what comes out.",
    rules.unscaled_inputs: "Bring the inputs to [0, 1], or to mean 0 and deviation 1; "
    "for bytes, divide by 255 once.",
    rules.softmax_twice: "Remove the softmax at the end of the network, or hand the "
    "loss from_logits=False; not both.",
    rules.sorted_data: "Shuffle the training data before every epoch (shuffle=True).",
    rules.zero_weights: "Draw the weights at random; the default of Keras' layers does "
    "it. Only biases may begin at 0.",
    rules.rate_too_high: "Divide the learning rate by 10 until the loss falls from the "
    "start.",
    rules.dead_relus: "Look at the initial biases and weights, and at the learning "
    "rate: a large step can push a ReLU below 0 for every image. Leaky ReLUs keep a "
    "gradient.",
    rules.rate_too_low: "Multiply the learning rate by 10 until the loss falls "
    "visibly.",
    rules.diverged: "Look for the first of these that is so: inputs that are not "
    "numbers or not scaled, a learning rate that is too high, a logarithm or a "
    "division in the loss.",
}
# Asked only where no cause was seen.
UNEXPLAINED = {
    rules.validation_fails: "Draw images of both sets with their labels, side by side; "
    "compare how they were prepared, and look for labels that belong to other images.",
    rules.not_learning: "Train on 32 images until they are known by heart. If that "
    "fails, look at model, loss and learning rate; if it works, look at the data.",
}
# Asked only where nothing is wrong.
REMARKS = {
    rules.overfitting: "More data, augmentation, dropout, or early stopping. Nothing "
    "is broken.",
    rules.still_learning: "More epochs, or a higher learning rate. Nothing is broken.",
    rules.no_validation: "Set a part of the training data aside: split_validation().",
}
# From the strongest to the weakest.
SURENESS = ("sure", "likely", "possible")
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


class Finding(NamedTuple):
    """One thing that was seen in a run.

    ``"sure"`` was seen in the network or the data themselves, ``"likely"`` is the best
    explanation of what was seen, and ``"possible"`` is one of several.
    """

    cause: str  # "healthy", or the name of a rule, such as those in FAULTS
    kind: str  # "fault"; or "healthy", and "remark" for what could be better then
    sureness: str  # "sure", "likely" or "possible"
    seen: str  # the evidence, with its figures
    advice: str  # what to try; for "healthy", what has not been looked at

    def __str__(self) -> str:
        """Return three lines: the cause and how sure, what was seen, what to try."""
        return (
            f"{self.cause} ({self.kind}, {self.sureness})\n"
            f"  seen: {self.seen}\n"
            f"  try:  {self.advice}"
        )


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
    faults. What leaves no trace cannot be seen: labels that are wrong in a consistent
    way or all the same, validation images that are also in the training set, data that
    are not those of the task.

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
        If the history is none of these, or data do not fit each other or the model.

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
    faults = _ask(CAUSES, "fault", run) or _ask(UNEXPLAINED, "fault", run)
    if not faults:
        return [_healthy(run), *_ask(REMARKS, "remark", run)]
    certain = [found for found in faults if found.sureness != "possible"]
    # Sorting keeps the order of the rules among those that are equally sure.
    return sorted(certain or faults, key=lambda found: SURENESS.index(found.sureness))


def _ask(advice: dict[Callable, str], kind: str, run: Evidence) -> list[Finding]:
    """Return what the rules found, in their order."""
    return [
        Finding(rule.__name__, kind, *sight, text)
        for rule, text in advice.items()
        if (sight := rule(run)) is not None
    ]


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
    shapes = {name: curve.shape for name, curve in curves.items()}
    if len(set(shapes.values())) > 1 or len(shapes["loss"]) != 1 or 0 in shapes["loss"]:
        raise InputError(
            "history must have one value an epoch, and at least one, under every name, "
            f"got shapes {', '.join(f'{name} {s}' for name, s in shapes.items())}"
        )
    for name in {"accuracy", "val_accuracy"} & set(curves):
        values = curves[name]
        if not ((values >= 0) & (values <= 1)).all():
            raise InputError(
                f"history must have {name} in [0, 1], got {values.min():g} to "
                f"{values.max():g}; divide percentages by 100"
            )
    return curves


def _checked_sample(name: str, data: Data | None, model: keras.Model | None):
    """Return some of the images and labels, which belong together, or refuse."""
    if data is None:
        return None
    images = checked_array(f"the images of {name}", data[0])
    if not len(images):
        raise InputError(f"{name} must hold at least one image, got none")
    classes = None
    if model is not None:
        check_input_shape(model, images, name=f"the images of {name}")
        classes = model.output_shape[-1]
    labels = checked_labels(data[1], len(images), classes, name=f"the labels of {name}")
    return sample(images, labels)
