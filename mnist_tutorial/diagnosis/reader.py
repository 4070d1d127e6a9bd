"""Read a training run: learning curves first, then the network and its data.

Every rule below looks at one cause. Where the network or the data were handed in, it
decides by them; without them it falls back on the curves, and is less sure. The
thresholds were set on runs with other seeds, images and networks than those in
``tests/test_diagnosis.py``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np

from mnist_tutorial.errors import InputError

Data = tuple[np.ndarray, np.ndarray]

SURENESS = ("sure", "likely", "possible")
KINDS = ("fault", "healthy", "remark")

# So many examples show what there is to see, and are compared in a moment.
SAMPLE = 600
# Fewer say little about neighbours or about averages.
ENOUGH = 50
# Adam's default; rates are judged by how far they are from it.
USUAL_RATE = 1e-3

ADVICE = {
    "single_class": "Look at the labels: with one class there is nothing to learn.",
    "not_numbers": (
        "Find where the images get values that are not numbers: a division by 0, an "
        "empty file, a logarithm."
    ),
    "shuffled_labels": (
        "Draw twenty images with their labels. Shuffle, sort and filter images and "
        "labels together, with one index for both."
    ),
    "different_preparation": (
        "Prepare both sets with one function, and compare shape, type, range and mean "
        "of what comes out."
    ),
    "unscaled_inputs": (
        "Bring the inputs to [0, 1], or to mean 0 and deviation 1; for bytes, divide "
        "by 255 once."
    ),
    "softmax_twice": (
        "Remove the softmax at the end of the network, or hand the loss "
        "from_logits=False; not both."
    ),
    "sorted_data": "Shuffle the training data before every epoch (shuffle=True).",
    "zero_weights": (
        "Draw the weights at random; the default of Keras' layers does it. Only "
        "biases may begin at 0."
    ),
    "large_weights": "Draw smaller weights; the default of Keras' layers is right.",
    "rate_too_high": (
        "Divide the learning rate by 10 until the loss falls from the start."
    ),
    "dead_relus": (
        "Look at the initial biases and weights, and at the learning rate: a large "
        "step can push a ReLU below 0 for every image. Leaky ReLUs keep a gradient."
    ),
    "rate_too_low": "Multiply the learning rate by 10 until the loss falls visibly.",
    "diverged": (
        "Look for the first of these that is so: inputs that are not numbers or not "
        "scaled, a learning rate that is too high, a logarithm or a division in the "
        "loss."
    ),
    "not_learning": (
        "Train on 32 images until they are known by heart. If that fails, look at "
        "model, loss and learning rate; if it works, look at the data."
    ),
    "overfitting": (
        "More data, augmentation, dropout, or early stopping. Nothing is broken."
    ),
    "still_learning": "More epochs, or a higher learning rate. Nothing is broken.",
    "no_validation": "Set a part of the training data aside: split_validation().",
}


class Finding(NamedTuple):
    """One thing that was seen in a run.

    Attributes
    ----------
    cause
        ``"healthy"``, one of ``FAULTS`` or of the other keys of ``ADVICE``.
    kind
        ``"fault"``: something is wrong; ``"remark"``: nothing is wrong, but it could
        be better; ``"healthy"``: nothing wrong was seen.
    sureness
        ``"sure"``: seen in the network or the data themselves; ``"likely"``: the
        best explanation of what was seen; ``"possible"``: one of several.
    seen
        The evidence, with its figures.
    advice
        What to try; for ``"healthy"``, what has not been looked at.
    """

    cause: str
    kind: str
    sureness: str
    seen: str
    advice: str

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
    curves = _checked_history(history)
    train_sample = None if train_data is None else _sample("train_data", train_data)
    val_sample = (
        None if validation_data is None else _sample("validation_data", validation_data)
    )
    run = _Run(curves, model, train_sample, val_sample)
    run.check()
    findings = [found for rule in RULES if (found := rule(run)) is not None]
    if not any(f.kind == "fault" for f in findings):
        findings.append(_unexplained(run) if run.is_bad else _healthy(run))
    faults = [f for f in findings if f.kind == "fault"]
    if faults:
        # What could be better can be seen once the fault is repaired.
        certain = [f for f in faults if f.sureness != "possible"]
        findings = certain or faults
    # Sorting keeps the order of the rules, causes before consequences.
    return sorted(
        findings, key=lambda f: (KINDS.index(f.kind), SURENESS.index(f.sureness))
    )


# --- evidence ------------------------------------------------------------------------


class _Layer(NamedTuple):
    """A layer that did something to the training sample."""

    layer: keras.layers.Layer
    inputs: np.ndarray
    outputs: np.ndarray


@dataclass(frozen=True)
class _Run:
    """What was handed in, and what can be worked out from it."""

    curves: dict[str, np.ndarray]
    model: keras.Model | None
    train: Data | None
    val: Data | None

    def check(self) -> None:
        """Refuse data that do not fit the model, or labels outside its classes."""
        for name, data in (("train_data", self.train), ("validation_data", self.val)):
            if data is None:
                continue
            images, labels = data
            if self.model is None:
                continue
            expected = tuple(self.model.input_shape[1:])
            if len(images.shape) != 1 + len(expected) or any(
                size not in (None, got)
                for size, got in zip(expected, images.shape[1:], strict=True)
            ):
                raise InputError(
                    f"{name} must hold images of shape {('n', *expected)} for this "
                    f"model, got {images.shape}"
                )
            if labels.max() >= self.num_classes:
                raise InputError(
                    f"{name} must have labels in 0..{self.num_classes - 1} for this "
                    f"model, got {labels.max()}; hand in a model with more outputs"
                )

    # The curves.

    @cached_property
    def has_numbers(self) -> bool:
        """Return whether every loss is a number."""
        names = {"loss", "val_loss"} & set(self.curves)
        return all(np.isfinite(self.curves[name]).all() for name in names)

    @cached_property
    def loss(self) -> np.ndarray:
        return self.curves["loss"]

    @cached_property
    def accuracy(self) -> np.ndarray:
        return self.curves["accuracy"]

    @cached_property
    def rate(self) -> float | None:
        """Return the highest learning rate, if the history tells."""
        if "learning_rate" not in self.curves:
            return None
        return float(self.curves["learning_rate"].max())

    @cached_property
    def guess(self) -> float:
        """Return the loss of a network that gives every class the same chance."""
        return math.log(self.num_classes)

    @cached_property
    def last_accuracy(self) -> float:
        """Return the last accuracy, on validation data where there are any."""
        return float(self.curves.get("val_accuracy", self.accuracy)[-1])

    @cached_property
    def gap(self) -> float:
        """Return by how much training is better than validation at the end."""
        return float(self.accuracy[-1]) - self.last_accuracy

    @cached_property
    def starts_high(self) -> bool:
        """Return whether the first epoch was far worse than guessing."""
        return bool(self.loss[0] > 1.25 * self.guess)

    @cached_property
    def is_stuck(self) -> bool:
        """Return whether training got hardly anywhere."""
        return float(self.accuracy[-1]) < 3 / self.num_classes

    @cached_property
    def is_bad(self) -> bool:
        """Return whether no healthy run has such curves."""
        val_fails = self.last_accuracy < 0.5 and self.gap > 0.3
        worse_than_guessing = self.loss[-1] > 1.02 * self.guess
        return not self.has_numbers or self.is_stuck or val_fails or worse_than_guessing

    # The network.

    @cached_property
    def num_classes(self) -> int:
        if self.model is not None:
            return int(self.model.output_shape[-1])
        labels = [data[1] for data in (self.train, self.val) if data is not None]
        return max([10, *(int(part.max()) + 1 for part in labels)])

    @cached_property
    def kernels(self) -> list[np.ndarray]:
        """Return the kernels in the model's order, each of shape (inputs, units)."""
        kernels = [
            keras.ops.convert_to_numpy(layer.kernel)
            for layer in _flat_layers(self.model)
            if getattr(layer, "kernel", None) is not None
        ]
        return [kernel.reshape(-1, kernel.shape[-1]) for kernel in kernels]

    @cached_property
    def growth(self) -> float:
        """Return how many times as large as Glorot's rule the largest kernel is."""
        sizes = [0.0]
        for layer in _flat_layers(self.model):
            if getattr(layer, "kernel", None) is not None:
                kernel = keras.ops.convert_to_numpy(layer.kernel)
                area = math.prod(kernel.shape[:-2])
                usual = math.sqrt(2 / (area * sum(kernel.shape[-2:])))
                sizes.append(float(np.sqrt(np.mean(kernel**2))) / usual)
        return max(size for size in sizes if math.isfinite(size))

    @cached_property
    def largest_shift(self) -> float | None:
        """Return the largest bias: they begin at 0, so it tells how far they went."""
        shifts = [
            float(np.abs(keras.ops.convert_to_numpy(getattr(layer, name))).max())
            for layer in _flat_layers(self.model)
            for name in ("bias", "beta")
            if getattr(layer, name, None) is not None
        ]
        return max(shifts, default=None)

    @cached_property
    def steps(self) -> list[_Layer]:
        """Return what every layer made of the training sample."""
        return list(_forward(self.model, self.train[0]))

    @cached_property
    def outputs(self) -> np.ndarray:
        return self.steps[-1].outputs

    @cached_property
    def measured_accuracy(self) -> float:
        """Return the accuracy on the training sample, measured now."""
        return float(np.mean(self.outputs.argmax(axis=1) == self.train[1]))

    @cached_property
    def last_losses(self) -> tuple[float, float]:
        """Return the loss on the last tenth of the training sample, and on all."""
        logits = self.outputs.astype(float)
        logits = logits - logits.max(axis=1, keepdims=True)
        right = logits[np.arange(len(logits)), self.train[1]]
        losses = np.log(np.exp(logits).sum(axis=1)) - right
        return float(losses[-(len(losses) // 10) :].mean()), float(losses.mean())

    @cached_property
    def largest_excess(self) -> float:
        """Return how many times as often as it occurs a class is predicted."""
        predicted = _shares(self.outputs.argmax(axis=1), self.num_classes)
        occurring = _shares(self.train[1], self.num_classes)
        return float(
            np.max(predicted / np.maximum(occurring, 1 / self.num_classes / 2))
        )

    @cached_property
    def dead_share(self) -> float:
        """Return the largest share of dead units in a ReLU layer.

        A unit is dead if it gives 0 at every position of every image.
        """
        shares = [0.0]
        for step in self.steps:
            if _is_relu(step.layer):
                units = step.outputs.reshape(-1, step.outputs.shape[-1])
                shares.append(float(np.mean(units.max(axis=0) <= 0)))
        return max(shares)

    @property
    def can_be_run(self) -> bool:
        return self.model is not None and self.train is not None and self.has_finite

    @cached_property
    def has_finite(self) -> bool:
        return bool(np.isfinite(self.train[0]).all())


def _flat_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _flat_layers(layer)
        else:
            yield layer


def _forward(model: keras.Model, images: np.ndarray) -> Iterator[_Layer]:
    """Run the layers one by one; of a model with branches, the layers it lists."""
    if isinstance(model, keras.Sequential):
        values = images
        for layer in model.layers:
            if isinstance(layer, keras.Model):
                for step in _forward(layer, values):
                    yield step
                values = step.outputs
                continue
            given = values
            values = keras.ops.convert_to_numpy(
                layer(keras.ops.convert_to_tensor(given, "float32"), training=False)
            )
            yield _Layer(layer, given, values)
        return
    kept = [layer for layer in model.layers if hasattr(layer, "input")]
    kept = [layer for layer in kept if not isinstance(layer.input, list)]
    wanted = [(layer.input, layer.output) for layer in kept]
    part = keras.Model(model.inputs, [wanted, model.outputs])
    found, last = part(keras.ops.convert_to_tensor(images, "float32"), training=False)
    for layer, pair in zip(kept, found, strict=True):
        yield _Layer(layer, *map(keras.ops.convert_to_numpy, pair))
    last = keras.ops.convert_to_numpy(last[0])
    yield _Layer(model, last, last)


def _is_relu(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope
    return getattr(layer, "activation", None) is keras.activations.relu


# --- rules: a cause each, causes before what they cause ------------------------------


def _not_numbers(run: _Run) -> Finding | None:
    for name, data in (("training", run.train), ("validation", run.val)):
        if data is not None and not np.isfinite(data[0]).all():
            images = (~np.isfinite(data[0])).reshape(len(data[0]), -1).any(axis=1)
            return _fault(
                "not_numbers",
                "sure",
                f"{images.sum()} of {len(images)} {name} images that were looked at "
                "hold NaN or infinity",
            )
    return None


def _single_class(run: _Run) -> Finding | None:
    if run.train is None or len(np.unique(run.train[1])) > 1:
        return None
    return _fault(
        "single_class",
        "sure",
        f"all {len(run.train[1])} training labels are {run.train[1][0]}; an accuracy "
        "of 100 % would mean nothing",
    )


def _shuffled_labels(run: _Run) -> Finding | None:
    if run.train is not None and run.has_finite and len(run.train[1]) >= ENOUGH:
        agreement = _neighbour_agreement(*run.train)
        by_chance = float(np.sum(_shares(run.train[1], run.num_classes) ** 2))
        if agreement > 0.55 or by_chance > 0.3:
            return None
        return _fault(
            "shuffled_labels",
            "sure" if agreement < 2 * by_chance else "likely",
            f"of the training images, {agreement:.0%} have the label of the image that "
            f"looks most like them; with labels at random it would be {by_chance:.0%}",
        )
    if run.train is not None or "val_loss" not in run.curves or not run.has_numbers:
        return None
    memorises = run.loss[-1] < run.loss[0] and run.accuracy[-1] > run.accuracy[0]
    val_loss = run.curves["val_loss"]
    val_fails = (
        run.last_accuracy < 3 / run.num_classes and val_loss[-1] > 0.95 * run.guess
    )
    slow = run.accuracy[0] < 2 / run.num_classes and run.loss[0] < 1.04 * run.guess
    moves = run.loss[0] - run.loss[-1] > 0.01 * run.guess
    if memorises and val_fails and slow and moves:
        return _fault(
            "shuffled_labels",
            "likely",
            f"the training loss falls to {run.loss[-1]:.2f}, yet the validation loss "
            f"is {val_loss[-1]:.2f}, no better than guessing ({run.guess:.2f}): what "
            "is learnt on training images holds for no others. " + _more("train_data"),
        )
    return None


def _different_preparation(run: _Run) -> Finding | None:
    if run.train is not None and run.val is not None:
        if not run.has_finite or not np.isfinite(run.val[0]).all():
            return None
        return _compare_preparation(run)
    if "val_loss" not in run.curves or not run.has_numbers:
        return None
    val_loss, val_accuracy = run.curves["val_loss"], run.curves["val_accuracy"]
    if val_loss[0] > 3 * max(run.loss[0], run.guess):
        return _fault(
            "different_preparation",
            "likely",
            f"from the first epoch on the validation loss ({val_loss[0]:.1f}) is many "
            f"times the training loss ({run.loss[0]:.1f}), before anything could be "
            "overfitted. " + _more("train_data and validation_data"),
        )
    if run.accuracy[-1] > 0.7 and val_accuracy.max() < 0.5 and run.accuracy[0] > 0.3:
        return _fault(
            "different_preparation",
            "possible",
            f"training reaches {run.accuracy[-1]:.0%}, validation never more than "
            f"{val_accuracy.max():.0%}. " + _more("train_data and validation_data"),
        )
    return None


def _compare_preparation(run: _Run) -> Finding | None:
    (x_train, _), (x_val, _) = run.train, run.val
    if x_train.shape[1:] != x_val.shape[1:] or min(len(x_train), len(x_val)) < ENOUGH:
        return None
    means, deviations = _moments(x_train, x_val)
    seen = (
        f"training images have mean {means[0]:.3g} and deviation {deviations[0]:.3g}, "
        f"validation images {means[1]:.3g} and {deviations[1]:.3g}"
    )
    ratio = max(deviations) / max(min(deviations), 1e-12)
    if ratio > 1.5 or abs(means[0] - means[1]) > 0.5 * max(deviations):
        return _fault("different_preparation", "sure", seen)
    difference = _mean_image_difference(x_train, x_val)
    fails = run.gap > 0.2 or (
        "val_loss" in run.curves
        and run.curves["val_loss"][0] > 1.5 * max(run.loss[0], run.guess)
    )
    if difference > 3 and fails:
        return _fault(
            "different_preparation",
            "likely",
            f"the mean training and the mean validation image differ {difference:.0f} "
            f"times as much as chance would have it, and validation is {run.gap:.0%} "
            "worse",
        )
    return None


def _unscaled_inputs(run: _Run) -> Finding | None:
    if run.can_be_run:
        given = [
            s.inputs for s in run.steps if getattr(s.layer, "kernel", None) is not None
        ]
        if not given:
            return None
        size = float(np.sqrt(np.mean(np.square(given[0], dtype=float))))
        seen = (
            f"what reaches the first weights lies between {given[0].min():.3g} and "
            f"{given[0].max():.3g}, on average (root mean square) {size:.3g}"
        )
        if size > 5 or size < 0.02 and run.accuracy[0] < 0.5:
            return _fault("unscaled_inputs", "sure", seen)
        return None
    if run.train is not None and run.has_finite:
        size = float(np.sqrt(np.mean(np.square(run.train[0], dtype=float))))
        if size > 5 and (run.starts_high or not run.has_numbers):
            return _fault(
                "unscaled_inputs",
                "likely",
                f"training images lie between {run.train[0].min():.3g} and "
                f"{run.train[0].max():.3g}, and the first epoch's loss is "
                f"{run.loss[0]:.1f}, where guessing gives {run.guess:.1f}. "
                + _more("model"),
            )
        return None
    above_guessing = run.accuracy[0] > 1.5 / run.num_classes
    if run.starts_high and above_guessing and not _is_fast(run):
        learns = run.accuracy[-1] > 0.5
        return _fault(
            "unscaled_inputs",
            "likely" if learns and run.rate is not None else "possible",
            f"the loss of the first epoch is {run.loss[0]:.1f}, where guessing gives "
            f"{run.guess:.1f}, and the learning rate "
            + ("is unknown. " if run.rate is None else f"is only {run.rate:g}. ")
            + _more("model and train_data"),
        )
    return None


def _softmax_twice(run: _Run) -> Finding | None:
    if not run.has_numbers:
        return None
    floor = -math.log(math.e / (math.e + run.num_classes - 1))
    last = float(run.curves.get("val_loss", run.loss)[-1])
    if run.can_be_run:
        if not _are_probabilities(run.outputs):
            return None
        data, outputs = run.train, run.outputs
        if run.val is not None and "val_loss" in run.curves:
            data = run.val
            outputs = list(_forward(run.model, data[0]))[-1].outputs
        else:
            last = float(run.loss[-1])
        right = outputs[np.arange(len(outputs)), data[1]].astype(float)
        once = float(-np.log(np.maximum(right, 1e-7)).mean())
        twice = float((np.log(np.exp(outputs).sum(axis=1)) - right).mean())
        if abs(last - once) <= abs(last - twice):
            return None
        return _fault(
            "softmax_twice",
            "sure",
            f"the network gives probabilities; as such their loss would be {once:.2f}, "
            f"and taken for logits {twice:.2f}; the history says {last:.2f}",
        )
    both = run.loss + run.accuracy
    good = run.accuracy > 0.5
    fits = (both > floor + 0.97) & (both < floor + 1.15) & (run.loss > floor)
    if good[-1] and fits[good].all():
        slow = len(run.loss) < 3 or good.sum() < 2
        return _fault(
            "softmax_twice",
            "possible" if slow else "likely",
            f"an accuracy of {run.accuracy[-1]:.0%} with a loss of {run.loss[-1]:.2f}: "
            "such answers are usually far surer. A second softmax keeps the loss "
            f"above {floor:.2f}. " + _more("model and train_data"),
        )
    return None


def _sorted_data(run: _Run) -> Finding | None:
    if not run.has_numbers:
        return None
    below_guessing = run.accuracy[0] < 1.0 / run.num_classes
    if run.train is None or len(run.train[1]) < ENOUGH:
        if (
            below_guessing
            and run.loss[0] > 1.03 * run.guess
            and not run.loss[0] > 2 * run.guess
            and run.accuracy[-1] > run.accuracy[0]
            and run.loss[0] - run.loss[-1] > 0.01 * run.guess
        ):
            return _fault(
                "sorted_data",
                "likely" if run.accuracy[0] < 0.8 / run.num_classes else "possible",
                f"in the first epoch the training accuracy is {run.accuracy[0]:.0%}, "
                "worse than guessing, as if each class were asked when another had "
                "just been practised. " + _more("train_data"),
            )
        return None
    labels = run.train[1]
    changes = float(np.mean(labels[1:] != labels[:-1]))
    expected = 1 - float(np.sum(_shares(labels, run.num_classes) ** 2))
    if expected < 0.2 or changes > 0.5 * expected:
        return None
    seen = (
        f"the label changes from one example to the next in {changes:.0%} of the "
        f"cases; in random order it would be {expected:.0%}"
    )
    if below_guessing:
        symptom = f"the first epoch's accuracy is {run.accuracy[0]:.0%}, below guessing"
    elif run.can_be_run and run.largest_excess > 2:
        symptom = (
            f"one class is predicted {run.largest_excess:.1f} times as often as it is "
            "right"
        )
    elif run.can_be_run and run.measured_accuracy < run.accuracy[-1] - 0.05:
        symptom = (
            f"the accuracy counted during the last epoch, {run.accuracy[-1]:.0%}, is "
            f"{run.measured_accuracy:.0%} when measured now: it was earned class by "
            "class"
        )
    elif run.can_be_run and run.last_losses[0] < 0.25 * run.last_losses[1] > 0.125:
        symptom = (
            f"the last tenth of the examples has a loss of {run.last_losses[0]:.2f}, "
            f"all of them {run.last_losses[1]:.2f}: what came last is known best"
        )
    elif run.is_bad:
        symptom = "the curves are bad"
    else:
        return None
    return _fault(
        "sorted_data", "sure" if run.model else "likely", f"{seen}, and {symptom}"
    )


def _zero_weights(run: _Run) -> Finding | None:
    if run.model is not None:
        for kernel in run.kernels[:-1]:
            differences = np.ptp(kernel, axis=1).max()
            is_equal = differences <= 1e-3 * np.abs(kernel).max()
            if kernel.shape[1] > 1 and is_equal:
                value = "0" if not kernel.any() else "equal to those of its neighbours"
                return _fault(
                    "zero_weights",
                    "sure",
                    f"in a hidden layer of {kernel.shape[1]} units, the weights of "
                    f"every unit are {value}: all of them compute the same",
                )
        return None
    if run.has_numbers and _stays_at_guessing(run):
        return _fault(
            "zero_weights",
            "possible",
            f"the loss stays at {run.guess:.3f}, that of guessing, as when no signal "
            "comes through. " + _more("model"),
        )
    return None


def _large_weights(run: _Run) -> Finding | None:
    if run.model is None or run.growth < 4 or not _went_wild(run):
        return None
    if run.rate is None or _is_fast(run):
        return None
    return _fault(
        "large_weights",
        "likely",
        f"the weights of a layer are {run.growth:.0f} times as large as Keras begins "
        f"with, although the learning rate is only {run.rate:g}",
    )


def _rate_too_high(run: _Run) -> Finding | None:
    if run.rate is not None and not _is_fast(run):
        return None
    if run.model is not None and run.growth >= 4:
        if run.rate is None and not _went_wild(run):
            return None
        rate = "unknown" if run.rate is None else f"{run.rate:g}"
        return _fault(
            "rate_too_high",
            "likely" if run.rate is None else "sure",
            f"the weights of a layer are {run.growth:.1f} times as large as Keras "
            f"begins with, and the learning rate is {rate}",
        )
    rises = bool((np.diff(run.loss) > 0).any()) and run.accuracy[-1] < 0.9
    if run.rate is None or not (_went_wild(run) or rises):
        return None
    return _fault(
        "rate_too_high",
        "likely",
        f"the learning rate is {run.rate:g}, {run.rate / USUAL_RATE:.0f} times the "
        "usual one for Adam, and the loss "
        + (
            f"went up to {np.nanmax(run.loss):.1f}"
            if _went_wild(run)
            else "rises again"
        )
        + (". " + _more("model") if run.model is None else ""),
    )


def _dead_relus(run: _Run) -> Finding | None:
    if run.can_be_run:
        if run.dead_share < 0.8:
            return None
        return _fault(
            "dead_relus",
            "sure" if run.is_stuck else "likely",
            f"in one layer {run.dead_share:.0%} of the ReLUs give 0 for each of "
            f"{len(run.train[0])} training images",
        )
    if run.has_numbers and _stays_at_guessing(run) and not _is_slow(run):
        return _fault(
            "dead_relus",
            "possible",
            f"the loss stays at {run.guess:.3f}, that of guessing, as when no signal "
            "comes through. " + _more("model and train_data"),
        )
    return None


def _rate_too_low(run: _Run) -> Finding | None:
    if not run.has_numbers or run.last_accuracy > 0.5:
        return None
    fall = (run.loss[0] - run.loss[-1]) / run.loss[0]
    if not -0.01 < fall < 0.05 or run.starts_high:
        return None
    if run.model is not None and run.largest_shift is not None:
        if 0 < run.largest_shift < 1e-3:
            return _fault(
                "rate_too_low",
                "sure",
                f"the loss fell by {fall:.1%} in all, and no bias is further than "
                f"{run.largest_shift:.1g} from 0, where Keras begins: the network has "
                "hardly moved",
            )
        return None
    if _is_slow(run):
        return _fault(
            "rate_too_low",
            "likely",
            f"the loss fell by {fall:.1%} in all, and the learning rate is "
            f"{run.rate:g}. " + _more("model"),
        )
    if run.rate is None and fall > 0.0005 and (np.diff(run.loss) < 0).all():
        return _fault(
            "rate_too_low",
            "possible",
            f"the loss falls in every epoch, yet by {fall:.1%} in all. "
            + _more("model"),
        )
    return None


def _diverged(run: _Run) -> Finding | None:
    if run.has_numbers:
        return None
    broken = [
        f"{name} from epoch {int(np.argmax(~np.isfinite(run.curves[name]))) + 1}"
        for name in ("loss", "val_loss")
        if name in run.curves and not np.isfinite(run.curves[name]).all()
    ]
    return _fault("diverged", "sure", f"not a number: {', '.join(broken)}")


def _overfitting(run: _Run) -> Finding | None:
    if "val_loss" not in run.curves or not run.has_numbers:
        return None
    val_loss = run.curves["val_loss"]
    turns = val_loss[-1] > 1.1 * val_loss.min() and run.loss[-1] < run.loss.min() + 0.01
    if run.gap < 0.08 and not turns:
        return None
    return _remark(
        "overfitting",
        f"training ends at {run.accuracy[-1]:.1%}, validation at "
        f"{run.last_accuracy:.1%}; the lowest validation loss was that of epoch "
        f"{int(val_loss.argmin()) + 1} of {len(val_loss)}",
    )


def _still_learning(run: _Run) -> Finding | None:
    if len(run.loss) < 2 or not run.has_numbers:
        return None
    watched = run.curves.get("val_loss", run.loss)
    if watched[-1] > 0.93 * watched[-2] or run.last_accuracy > 0.97:
        return None
    return _remark(
        "still_learning",
        f"the loss was still falling at the end, from {watched[-2]:.3f} to "
        f"{watched[-1]:.3f}",
    )


def _no_validation(run: _Run) -> Finding | None:
    if "val_loss" in run.curves:
        return None
    return _remark(
        "no_validation",
        "there are no validation curves, so nothing is known about other images",
    )


RULES = (
    _not_numbers,
    _single_class,
    _shuffled_labels,
    _different_preparation,
    _unscaled_inputs,
    _softmax_twice,
    _sorted_data,
    _zero_weights,
    _large_weights,
    _rate_too_high,
    _dead_relus,
    _rate_too_low,
    _diverged,
    _overfitting,
    _still_learning,
    _no_validation,
)


def _healthy(run: _Run) -> Finding:
    missing = [
        name
        for name, value in (
            ("model", run.model),
            ("train_data", run.train),
            ("validation_data", run.val),
        )
        if value is None
    ]
    unseen = (
        "Labels that are wrong in a consistent way, or the same images in training "
        "and validation, cannot be seen here."
    )
    return Finding(
        "healthy",
        "healthy",
        "possible" if missing else "likely",
        f"the training loss went from {run.loss[0]:.2f} to {run.loss[-1]:.2f} and the "
        f"accuracy from {run.accuracy[0]:.0%} to {run.accuracy[-1]:.0%}",
        (_more(", ".join(missing)) + " " if missing else "") + unseen,
    )


def _unexplained(run: _Run) -> Finding:
    return _fault(
        "not_learning",
        "likely",
        f"the training loss ends at {run.loss[-1]:.2f} (guessing: {run.guess:.2f}) and "
        f"the accuracy at {run.last_accuracy:.0%}, and no known cause was seen",
    )


def _fault(cause: str, sureness: str, seen: str) -> Finding:
    return Finding(cause, "fault", sureness, seen, ADVICE[cause])


def _remark(cause: str, seen: str) -> Finding:
    return Finding(cause, "remark", "likely", seen, ADVICE[cause])


def _more(names: str) -> str:
    return f"Hand in {names} to look closer."


# --- what the rules ask --------------------------------------------------------------


def _went_wild(run: _Run) -> bool:
    """Return whether the curves are those of steps that overshoot."""
    return not run.has_numbers or run.starts_high or run.is_stuck


def _is_fast(run: _Run) -> bool:
    return run.rate is not None and run.rate > 20 * USUAL_RATE


def _is_slow(run: _Run) -> bool:
    return run.rate is not None and run.rate <= USUAL_RATE / 50


def _stays_at_guessing(run: _Run) -> bool:
    curves = [run.curves[name] for name in ("loss", "val_loss") if name in run.curves]
    return all(np.abs(curve - run.guess).max() < 0.01 for curve in curves)


def _shares(labels: np.ndarray, num_classes: int) -> np.ndarray:
    return np.bincount(labels, minlength=num_classes) / len(labels)


def _neighbour_agreement(images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images whose nearest neighbour has the same label."""
    rows = images.reshape(len(images), -1).astype(float)
    squares = np.sum(rows**2, axis=1)
    distances = squares[:, None] + squares - 2 * rows @ rows.T  # (n, n)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def _moments(*sets: np.ndarray) -> tuple[list[float], list[float]]:
    parts = [images.astype(float) for images in sets]
    return [float(p.mean()) for p in parts], [float(p.std()) for p in parts]


def _mean_image_difference(one: np.ndarray, two: np.ndarray) -> float:
    """Return how far two mean images are apart; about 1 if only chance parts them.

    The mean over the pixels of the squared difference, over what it would be for two
    samples of one population.
    """
    one, two = (part.reshape(len(part), -1).astype(float) for part in (one, two))
    expected = one.var(axis=0) / len(one) + two.var(axis=0) / len(two)
    squared = (one.mean(axis=0) - two.mean(axis=0)) ** 2
    return float(squared.sum() / max(expected.sum(), 1e-12))


def _are_probabilities(outputs: np.ndarray) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


# --- what is handed in ---------------------------------------------------------------


def _checked_history(history: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """Return the known curves as arrays."""
    for name in ("loss", "accuracy"):
        if name not in history:
            raise InputError(
                f"history must have {name!r}, got {sorted(history)}; hand in what "
                "training.train returns"
            )
    known = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    try:
        curves = {n: np.asarray(history[n], float) for n in known if n in history}
    except (TypeError, ValueError) as error:
        raise InputError(
            f"history must hold lists of numbers, got something else: {error}"
        ) from error
    lengths = {name: np.shape(curve) for name, curve in curves.items()}
    if len(set(lengths.values())) > 1 or len(lengths["loss"]) != 1:
        raise InputError(
            "history must have one value an epoch under every name, got shapes "
            + ", ".join(f"{name} {shape}" for name, shape in lengths.items())
        )
    if len(curves["loss"]) == 0:
        raise InputError("history must have at least one epoch, got none; train first")
    if ("val_loss" in curves) != ("val_accuracy" in curves):
        raise InputError(
            "history must have both val_loss and val_accuracy or neither, got "
            f"{sorted(curves)}"
        )
    for name in ("accuracy", "val_accuracy"):
        values = curves.get(name, np.zeros(1))
        if not ((values >= 0) & (values <= 1)).all():
            raise InputError(
                f"history must have {name} in [0, 1], got {values.min():g} to "
                f"{values.max():g}; divide percentages by 100"
            )
    return curves


def _sample(name: str, data: Data) -> Data:
    """Return at most ``SAMPLE`` examples, evenly taken so that their order stays."""
    try:
        images, labels = (np.asarray(part) for part in data)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be (images, labels), got {error}") from error
    if len(labels.shape) != 1 or images.shape[:1] != labels.shape:
        raise InputError(
            f"{name} must be images of shape (n, ...) and labels of shape (n,), got "
            f"{images.shape} and {labels.shape}; one-hot labels need argmax(axis=1)"
        )
    if len(labels) == 0:
        raise InputError(f"{name} must hold at least one image, got none")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise InputError(
            f"{name} must have whole-number labels from 0, got {labels.dtype} from "
            f"{labels.min()}"
        )
    if not np.issubdtype(images.dtype, np.number):
        raise InputError(f"{name} must hold images of numbers, got {images.dtype}")
    rows = np.linspace(0, len(labels) - 1, min(SAMPLE, len(labels))).astype(int)
    return images[rows], labels[rows]
