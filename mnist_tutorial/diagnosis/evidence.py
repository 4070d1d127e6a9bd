"""What the rules look at: the curves, the network and the data of a run.

Nothing here says what is wrong. What a single rule asks stands with that rule.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np
from scipy.special import log_softmax

from mnist_tutorial.bilingual import Words
from mnist_tutorial.models import is_relu

Data = tuple[np.ndarray, np.ndarray]
# What a rule returns: how sure, and what was seen; None if the cause was not seen.
Sight = tuple[str, Words] | None

# So many examples show what there is to see, and are compared in a moment.
SAMPLE = 600
# Adam's default; rates are judged by how far they are from it.
USUAL_RATE = 1e-3


def sample(images: np.ndarray, labels: np.ndarray) -> Data:
    """Return at most ``SAMPLE`` examples, evenly taken so that their order stays."""
    rows = np.linspace(0, len(labels) - 1, min(SAMPLE, len(labels))).astype(int)
    return images[rows].astype(float), labels[rows]


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


def run_layers(model: keras.Model, images: np.ndarray) -> list[Step]:
    """Return what each layer does to the images; the last step gives the outputs."""
    if not isinstance(model, keras.Sequential):
        return _run_branches(model, images)
    steps, values = [], images
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            steps += run_layers(layer, values)
        else:
            steps.append(Step(layer, values, _run(layer, values)))
        values = steps[-1].outputs
    return steps


def _run_branches(model: keras.Model, images: np.ndarray) -> list[Step]:
    """Run a model with branches; layers with several inputs are left out."""
    kept = [layer for layer in model.layers if hasattr(layer, "input")]
    kept = [layer for layer in kept if not isinstance(layer.input, list)]
    wanted = [(layer.input, layer.output) for layer in kept]
    found, last = _run(keras.Model(model.inputs, [wanted, model.outputs[0]]), images)
    steps = [Step(layer, *pair) for layer, pair in zip(kept, found, strict=True)]
    return [*steps, Step(model, last, last)]


def _run(layer: keras.layers.Layer, values: np.ndarray):
    outputs = layer(keras.ops.convert_to_tensor(values, "float32"), training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


def shifts(layers: Iterable[keras.layers.Layer]) -> list[keras.Variable]:
    """Return the biases, and what batch normalisations have in their place."""
    found = [
        getattr(layer, name, None) for layer in layers for name in ("bias", "beta")
    ]
    return [shift for shift in found if shift is not None]


# --- figures of arrays ---------------------------------------------------------------


def neighbour_agreement(images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images whose nearest neighbour has the same label."""
    rows = images.reshape(len(images), -1)
    squares = (rows**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * rows @ rows.T  # (n, n)
    np.fill_diagonal(distances, np.inf)
    return np.mean(labels[distances.argmin(axis=1)] == labels)


def chance_agreement(labels: np.ndarray) -> float:
    """Return how likely it is that two labels, drawn at random, are the same."""
    return np.sum((np.bincount(labels) / len(labels)) ** 2)


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


def cross_entropies(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the loss of each example, shape ``(n,)``."""
    return -log_softmax(logits.astype(float), axis=1)[np.arange(len(labels)), labels]


# --- a run ---------------------------------------------------------------------------


class Evidence:
    """What was handed in, checked, and what several rules ask about it.

    Each curve has one value an epoch. ``train`` and ``val`` are samples
    ``(images, labels)``, the images as floats. What was not handed in is None.
    """

    def __init__(
        self,
        curves: dict[str, np.ndarray],
        model: keras.Model | None,
        train: Data | None,
        val: Data | None,
    ):
        self.model, self.train, self.val = model, train, val
        self.loss, self.accuracy = curves["loss"], curves["accuracy"]
        self.val_loss, self.val_accuracy, rates = map(
            curves.get, ("val_loss", "val_accuracy", "learning_rate")
        )
        has_val = self.val_loss is not None

        # The number of classes; without a network, at least the ten digits.
        labels = [int(data[1].max()) for data in (train, val) if data is not None]
        self.num_classes = max([9, *labels]) + 1
        if model is not None:
            self.num_classes = model.output_shape[-1]
        # The loss of a network that gives every class the same chance.
        self.guess = math.log(self.num_classes)
        # An accuracy two ninths of the way from guessing to perfect, 0.3 for ten.
        self.hardly = 1 / self.num_classes + 2 / 9 * (1 - 1 / self.num_classes)

        # Training, and validation if there is any; whether every loss is a number.
        self.losses = np.array([self.loss, self.val_loss] if has_val else [self.loss])
        self.has_numbers = np.isfinite(self.losses).all()
        # On validation data, where there are any.
        self.last_accuracy = (self.val_accuracy if has_val else self.accuracy)[-1]
        # By how much training is better than validation at the end.
        self.gap = self.accuracy[-1] - self.last_accuracy
        # Whether training got hardly anywhere; whether it got anywhere at all.
        self.is_stuck = self.accuracy[-1] < self.hardly
        falls = self.loss[0] - self.loss[-1] > 0.01 * self.guess
        self.learns = falls and self.accuracy[-1] > self.accuracy[0]
        # Whether the first epoch was far worse, or at all worse, than guessing.
        self.starts_high = self.loss[0] > 1.25 * self.guess
        self.starts_below_guessing = self.accuracy[0] < 1 / self.num_classes
        # Whether training succeeds and validation fails.
        self.only_training_learns = self.accuracy[-1] > 0.7 and self.last_accuracy < 0.5

        # The highest learning rate, if the history tells, and how it compares.
        self.rate = None if rates is None else rates.max()
        self.is_fast = self.rate is not None and self.rate > 20 * USUAL_RATE
        self.is_slow = self.rate is not None and self.rate <= USUAL_RATE / 50

        # Whether there are training images, all their values are numbers, not all of
        # them are the same, and the network can be tried on them.
        self.has_finite_images = train is not None and np.isfinite(train[0]).all()
        self.images_differ = self.has_finite_images and np.ptp(train[0], axis=0).any()
        self.can_be_run = model is not None and self.has_finite_images

    @property
    def is_bad(self) -> bool:
        """Whether no healthy run has such curves."""
        val_fails = self.last_accuracy < 0.5 and self.gap > 0.3
        worse_than_guessing = self.loss[-1] > 1.02 * self.guess
        forgotten = self.accuracy.max() - self.accuracy[-1]
        rose = self.loss[-1] > 1.5 * self.loss.min()
        unlearns = forgotten > (0.1 if rose else 0.3)
        lost = not self.has_numbers or self.is_stuck
        return lost or val_fails or worse_than_guessing or unlearns

    @cached_property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers, also those of models inside the model; none without a model."""
        return [] if self.model is None else list(flat_layers(self.model))

    @property
    def ends_in_relu(self) -> bool:
        """Whether there is a network, and no class can get a score below 0."""
        return bool(self.layers) and is_relu(self.layers[-1])

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

    @cached_property
    def steps(self) -> list[Step]:
        """What every layer makes of the training sample."""
        return run_layers(self.model, self.train[0])

    @property
    def outputs(self) -> np.ndarray:
        """What the network answers on the training sample, ``(n, num_classes)``."""
        return self.steps[-1].outputs
