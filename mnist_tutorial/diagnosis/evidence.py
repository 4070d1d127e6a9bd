"""What the rules look at: the curves, the network and the data of a run.

Nothing here says what is wrong. What a single rule asks stands with that rule.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import is_relu

# What a rule returns: how sure, and what was seen; None if the cause was not seen.
Sight = tuple[str, Words] | None

# So many examples show what there is to see, and are compared in a moment; on so many
# the network is measured.
SAMPLE = 600
MEASURED = 2000
# Fewer examples say little about neighbours or about averages.
ENOUGH = 50
# The usual learning rate of Adam and its relatives, and that of plain SGD.
USUAL_RATE, USUAL_SGD_RATE = 1e-3, 0.1
# So many standard deviations are not put down to chance.
CHANCE = 4


def chance_bound(share: float, count: int) -> float:
    """Return how far chance takes the share that is found in so many examples."""
    return CHANCE * math.sqrt(max(share * (1 - share), 1 / count) / count)


# --- the data ------------------------------------------------------------------------


class Examples:
    """Training or validation data: all that is cheap to see, and a sample of the rest.

    ``images`` and ``labels`` are the sample, evenly taken so that their order stays.
    ``counts`` are those of all labels, of at least ``num_classes`` classes.
    """

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, num_classes: int | None = None
    ):
        self.all_images, self.all_labels = images, labels
        self.total = len(labels)
        self.counts = np.bincount(labels, minlength=num_classes or 10)
        finite = np.isfinite(images).reshape(self.total, -1).all(axis=1)
        self.num_broken = self.total - int(finite.sum())
        self.images, self.labels = self.sample(SAMPLE)

    def sample(self, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Return at most so many images, as floats, and their labels."""
        rows = np.linspace(0, self.total - 1, min(most, self.total)).astype(int)
        return self.all_images[rows].astype(float), self.all_labels[rows]

    @property
    def differ(self) -> bool:
        """Whether all values are numbers, and not all images the same."""
        return not self.num_broken and bool(np.ptp(self.images, axis=0).any())

    @property
    def base(self) -> float:
        """The share that is right if the commonest class is always answered."""
        return float(self.counts.max() / self.total)

    @cached_property
    def by_chance(self) -> float:
        """How likely it is that two labels, drawn at random, are the same."""
        return float(np.sum((self.counts / self.total) ** 2))

    @cached_property
    def agreement(self) -> float:
        """The share of the sample whose nearest neighbour has the same label."""
        return float(neighbour_agreement(self.images, self.labels))

    @property
    def chance(self) -> float:
        """How far chance takes the agreement."""
        share = max(self.agreement, self.by_chance)
        return chance_bound(share, len(self.labels))

    @property
    def likeness(self) -> float:
        """How far the agreement is from chance, 0, to perfect, 1."""
        return (self.agreement - self.by_chance) / max(1 - self.by_chance, 1e-12)


def neighbour_agreement(images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images whose nearest neighbour has the same label."""
    rows = images.reshape(len(images), -1)
    squares = (rows**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * rows @ rows.T  # (n, n)
    np.fill_diagonal(distances, np.inf)
    return np.mean(labels[distances.argmin(axis=1)] == labels)


def mean_image_difference(one: np.ndarray, two: np.ndarray) -> float:
    """Return how far two mean images are apart; about 1 if only chance parts them.

    The mean over the pixels of the squared difference, over what it would be for two
    samples of one population.
    """
    expected = one.var(axis=0) / len(one) + two.var(axis=0) / len(two)
    squared = (one.mean(axis=0) - two.mean(axis=0)) ** 2
    return squared.sum() / max(expected.sum(), 1e-12)


def root_mean_square(values: np.ndarray) -> float:
    """Return how large the values are on average, whatever their sign."""
    return np.sqrt(np.mean(np.square(values, dtype=float)))


# --- the network, taken apart --------------------------------------------------------


class Step(NamedTuple):
    """What a layer received and what it gave, for the same images."""

    layer: keras.layers.Layer
    inputs: np.ndarray
    outputs: np.ndarray


def flat_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a model, and in place of a model in it, those of that."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer


def run_layers(model: keras.Model, images: np.ndarray) -> tuple[list[Step], np.ndarray]:
    """Return what each layer with one input does to the images, and the outputs."""
    steps, layers = [], set(flat_layers(model))

    def listen(layer):
        def call(inputs, *others, **settings):
            outputs = type(layer).call(layer, inputs, *others, **settings)
            if keras.ops.is_tensor(inputs):
                values = map(keras.ops.convert_to_numpy, (inputs, outputs))
                steps.append(Step(layer, *values))
            return outputs

        layer.call = call  # beside that of its class

    try:
        for layer in layers:
            listen(layer)
        outputs = run(model, images)
    finally:
        for layer in layers:
            vars(layer).pop("call", None)
    return steps, outputs


def run(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return what the network answers, ``(n, num_classes)``, or refuse."""
    outputs = model(keras.ops.convert_to_tensor(images, "float32"), training=False)
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] < 2:
        raise InputError(
            "model must give one number a class, (n, num_classes), got "
            f"{type(outputs).__name__ if shape is None else tuple(shape)}; hand in a "
            "network with one output a class"
        )
    return keras.ops.convert_to_numpy(outputs)


def shifts(layers: Iterable[keras.layers.Layer]) -> list[keras.Variable]:
    """Return the biases, and what batch normalisations have in their place."""
    found = [
        getattr(layer, name, None) for layer in layers for name in ("bias", "beta")
    ]
    return [shift for shift in found if shift is not None]


class Measured(NamedTuple):
    """What the network gets now on some of the data.

    Each loss is one an example, ``(n,)``: that of the outputs taken for logits, and
    those that Keras may give for the outputs taken for probabilities.
    """

    labels: np.ndarray
    outputs: np.ndarray
    accuracy: float
    as_logits: np.ndarray
    as_probabilities: list[np.ndarray]


# --- a run ---------------------------------------------------------------------------


class Evidence:
    """What was handed in, checked, and what several rules ask about it.

    Each curve has one value an epoch. What was not handed in is None.
    """

    def __init__(
        self,
        curves: dict[str, np.ndarray],
        model: keras.Model | None,
        train: Examples | None,
        val: Examples | None,
    ):
        self.model, self.train, self.val = model, train, val
        named = (Words("训练", "training"), train), (Words("验证", "validation"), val)
        self.sets = [pair for pair in named if pair[1] is not None]
        self.loss, self.accuracy = curves["loss"], curves["accuracy"]
        self.val_loss, self.val_accuracy, rates = map(
            curves.get, ("val_loss", "val_accuracy", "learning_rate")
        )

        self.found: set[str] = set()  # the rules that have seen their cause so far
        # Whether the network can be tried on the training images.
        self.can_be_run = model is not None and train is not None and train.differ
        # The number of classes: those of the data, or else of the network, or ten.
        counted = [len(some.counts) for _, some in self.sets]
        counted = counted or [kernel.shape[-1] for kernel in self.kernels[-1:]]
        self.num_classes = max(counted, default=10)
        # The loss of a network that gives every class the same chance, and the share
        # that it gets right who always answers with the commonest class.
        self.guess = math.log(self.num_classes)
        self.base = 1 / self.num_classes if train is None else train.base

        # Training, and validation if there is any; whether every loss is a number.
        self.losses = np.array([curves[k] for k in ("loss", "val_loss") if k in curves])
        self.has_numbers = np.isfinite(self.losses).all()
        # On validation data, where there are any.
        self.last_accuracy = curves.get("val_accuracy", self.accuracy)[-1]
        # By how much training is better than validation at the end.
        self.gap = self.accuracy[-1] - self.last_accuracy
        # An accuracy two ninths of the way from guessing to perfect, 0.3 for ten.
        self.hardly = self.base + 2 / 9 * (1 - self.base)
        # Whether training, or validation alone, got hardly anywhere.
        self.is_stuck = self.accuracy[-1] < self.hardly
        self.only_training_learns = self.gap > 0.3 and self.last_accuracy < self.hardly
        falls = self.loss[0] - self.loss[-1] > 0.01 * self.guess
        self.learns = falls and self.accuracy[-1] > self.accuracy[0]
        # Whether the first epoch was far worse, or at all worse, than guessing.
        self.starts_high = self.loss[0] > 1.25 * self.guess
        self.starts_below_guessing = self.accuracy[0] < 1 / self.num_classes

        # The part of every loss that is for the size of the weights.
        self.penalty = float(sum(getattr(model, "losses", [])))
        # The highest learning rate, if the history or the network tells, and how many
        # times the usual one it is; where the optimizer is unknown, that of Adam.
        optimizer = getattr(model, "optimizer", None)
        self.optimizer = "Adam" if optimizer is None else type(optimizer).__name__
        usual = USUAL_RATE
        if self.optimizer == "SGD":
            usual = USUAL_SGD_RATE * (1 - optimizer.momentum)
        self.rate = None if rates is None else rates.max()
        if rates is None and optimizer is not None:
            self.rate = float(optimizer.learning_rate)
        self.speed = None if self.rate is None else self.rate / usual
        self.is_fast = self.speed is not None and self.speed > 20
        self.is_slow = self.speed is not None and self.speed <= 1 / 50

    @property
    def held_out(self) -> Examples | None:
        """The validation data, or if there are none those for training."""
        return self.train if self.val is None else self.val

    @cached_property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers, also those of models inside the model; none without a model."""
        return [] if self.model is None else list(flat_layers(self.model))

    @cached_property
    def kernels(self) -> list[np.ndarray]:
        """The kernels, each of shape ``(..., inputs, units)``."""
        kernels = [getattr(layer, "kernel", None) for layer in self.layers]
        return [keras.ops.convert_to_numpy(k) for k in kernels if k is not None]

    @cached_property
    def growth(self) -> float:
        """How many times as large as Glorot's rule the largest kernel is."""
        sizes = [0.0]
        for kernel in self.kernels:
            area = math.prod(kernel.shape[:-2])
            usual = math.sqrt(2 / (area * sum(kernel.shape[-2:])))
            sizes.append(root_mean_square(kernel) / usual)
        return max(size for size in sizes if math.isfinite(size))

    @property
    def is_normalised(self) -> bool:
        """Whether there are batch normalisations, which undo the scale of the images.

        In use they give something else than in training.
        """
        batch_norm = keras.layers.BatchNormalization
        return any(isinstance(layer, batch_norm) for layer in self.layers)

    @cached_property
    def _run(self) -> tuple[list[Step], np.ndarray]:
        return run_layers(self.model, self.train.images)

    @property
    def steps(self) -> list[Step]:
        """What every layer makes of the training sample."""
        return self._run[0]

    @property
    def outputs(self) -> np.ndarray:
        """What the network answers on the training sample, ``(n, num_classes)``."""
        return self._run[1]

    @property
    def ends_in_relu(self) -> bool:
        """Whether no class can get a score below 0."""
        return is_relu(self.steps[-1].layer)

    @cached_property
    def measured(self) -> Measured | None:
        """What the network gets now, if that is a number.

        On validation data if their curves are known, else on training data.
        """
        data = self.train if self.val_loss is None else self.val
        if self.model is None or data is None or data.num_broken:
            return None
        images, labels = data.sample(MEASURED)
        outputs = run(self.model, images)
        if not np.isfinite(outputs).all():
            return None
        of_class, losses = np.eye(self.num_classes)[labels], keras.losses
        as_logits, *others = (
            keras.ops.convert_to_numpy(loss) + self.penalty
            for loss in (
                losses.categorical_crossentropy(of_class, outputs, from_logits=True),
                losses.categorical_crossentropy(of_class, outputs),
                losses.sparse_categorical_crossentropy(labels, outputs),
            )
        )
        right = np.mean(outputs.argmax(axis=1) == labels)
        # Those of some logits are no numbers, and then in no history.
        others = [loss for loss in others if np.isfinite(loss).all()]
        return Measured(labels, outputs, float(right), as_logits, others)
