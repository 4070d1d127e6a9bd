"""What the rules ask: all that is worked out from the curves, the network, the data.

Nothing here says what is wrong; each property is a figure or a yes or no, computed
when a rule asks for it and then kept.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np

from mnist_tutorial.diagnosis.checks import Data
from mnist_tutorial.diagnosis.layers import Step, flat_layers, is_relu, run_layers
from mnist_tutorial.diagnosis.measures import cross_entropies, shares

# So many examples show what there is to see, and are compared in a moment.
SAMPLE = 600
# Adam's default; rates are judged by how far they are from it.
USUAL_RATE = 1e-3


def sample(data: Data) -> Data:
    """Return at most ``SAMPLE`` examples, evenly taken so that their order stays."""
    images, labels = data
    rows = np.linspace(0, len(labels) - 1, min(SAMPLE, len(labels))).astype(int)
    return images[rows], labels[rows]


@dataclass(frozen=True)
class Evidence:
    """What was handed in, checked, and what can be worked out from it."""

    curves: dict[str, np.ndarray]
    model: keras.Model | None
    train: Data | None
    val: Data | None

    # The curves.

    @cached_property
    def has_numbers(self) -> bool:
        """Whether every loss is a number."""
        names = {"loss", "val_loss"} & set(self.curves)
        return all(np.isfinite(self.curves[name]).all() for name in names)

    @property
    def loss(self) -> np.ndarray:
        """The training loss of each epoch."""
        return self.curves["loss"]

    @property
    def accuracy(self) -> np.ndarray:
        """The training accuracy of each epoch."""
        return self.curves["accuracy"]

    @cached_property
    def last_accuracy(self) -> float:
        """The last accuracy, on validation data where there are any."""
        return float(self.curves.get("val_accuracy", self.accuracy)[-1])

    @cached_property
    def gap(self) -> float:
        """By how much training is better than validation at the end."""
        return float(self.accuracy[-1]) - self.last_accuracy

    @cached_property
    def num_classes(self) -> int:
        """The number of classes; without a network, at least the ten digits."""
        if self.model is not None:
            return int(self.model.output_shape[-1])
        labels = [data[1] for data in (self.train, self.val) if data is not None]
        return max([10, *(int(part.max()) + 1 for part in labels)])

    @cached_property
    def guess(self) -> float:
        """The loss of a network that gives every class the same chance."""
        return math.log(self.num_classes)

    @cached_property
    def starts_high(self) -> bool:
        """Whether the first epoch's loss was far worse than guessing."""
        return bool(self.loss[0] > 1.25 * self.guess)

    @cached_property
    def starts_below_guessing(self) -> bool:
        """Whether the first epoch's accuracy was worse than guessing."""
        return bool(self.accuracy[0] < 1.0 / self.num_classes)

    @cached_property
    def stays_at_guessing(self) -> bool:
        """Whether the losses never leave that of guessing."""
        curves = [self.curves[n] for n in ("loss", "val_loss") if n in self.curves]
        return all(np.abs(curve - self.guess).max() < 0.01 for curve in curves)

    @cached_property
    def is_stuck(self) -> bool:
        """Whether training got hardly anywhere."""
        return float(self.accuracy[-1]) < self.hardly

    @cached_property
    def hardly(self) -> float:
        """An accuracy a fifth of the way from guessing to perfect, 0.3 for ten."""
        by_chance = 1 / self.num_classes
        return by_chance + 2 / 9 * (1 - by_chance)

    @cached_property
    def learns_well(self) -> bool:
        """Whether training began no worse than guessing and ends well."""
        begins_well = self.has_numbers and not self.starts_high
        return begins_well and bool(self.accuracy[-1] > 0.9)

    @cached_property
    def reads_others(self) -> bool:
        """Whether validation ends well."""
        return "val_accuracy" in self.curves and self.last_accuracy > 0.9

    @cached_property
    def only_training_learns(self) -> bool:
        """Whether training succeeds and validation fails."""
        return float(self.accuracy[-1]) > 0.7 and self.last_accuracy < 0.5

    @cached_property
    def went_wild(self) -> bool:
        """Whether the curves are those of steps that overshoot."""
        return not self.has_numbers or self.starts_high or self.is_stuck

    @cached_property
    def is_bad(self) -> bool:
        """Whether no healthy run has such curves."""
        val_fails = self.last_accuracy < 0.5 and self.gap > 0.3
        worse_than_guessing = self.loss[-1] > 1.02 * self.guess
        unlearns = (
            self.loss[-1] > 1.5 * self.loss.min()
            and self.accuracy[-1] < self.accuracy.max() - 0.1
        )
        return (
            not self.has_numbers
            or self.is_stuck
            or val_fails
            or worse_than_guessing
            or bool(unlearns)
        )

    # The learning rate.

    @cached_property
    def rate(self) -> float | None:
        """The highest learning rate, if the history tells."""
        if "learning_rate" not in self.curves:
            return None
        return float(self.curves["learning_rate"].max())

    @cached_property
    def is_fast(self) -> bool:
        """Whether the learning rate is known and far above the usual one."""
        return self.rate is not None and self.rate > 20 * USUAL_RATE

    @cached_property
    def is_slow(self) -> bool:
        """Whether the learning rate is known and far below the usual one."""
        return self.rate is not None and self.rate <= USUAL_RATE / 50

    # The network as it is.

    @cached_property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers, also those of models inside the model; none without a model."""
        return [] if self.model is None else list(flat_layers(self.model))

    @cached_property
    def is_normalised(self) -> bool:
        """Whether batch normalisation may undo the scale of the images."""
        kind = keras.layers.BatchNormalization
        return any(isinstance(layer, kind) for layer in self.layers)

    @cached_property
    def kernels(self) -> list[np.ndarray]:
        """The kernels, each of shape ``(..., inputs, units)``."""
        return [
            keras.ops.convert_to_numpy(layer.kernel)
            for layer in self.layers
            if getattr(layer, "kernel", None) is not None
        ]

    @cached_property
    def growth(self) -> float:
        """How many times as large as Glorot's rule the largest kernel is."""
        sizes = [0.0]
        for kernel in self.kernels:
            area = math.prod(kernel.shape[:-2])
            usual = math.sqrt(2 / (area * sum(kernel.shape[-2:])))
            sizes.append(float(np.sqrt(np.mean(kernel**2))) / usual)
        return max(size for size in sizes if math.isfinite(size))

    @cached_property
    def largest_shift(self) -> float | None:
        """The largest bias, if any: they begin at 0, so it tells how far they went."""
        shifts = [
            float(np.abs(keras.ops.convert_to_numpy(getattr(layer, name))).max())
            for layer in self.layers
            for name in ("bias", "beta")
            if getattr(layer, name, None) is not None
        ]
        return max(shifts, default=None)

    # The training sample, and what the network makes of it.

    @cached_property
    def has_finite_images(self) -> bool:
        """Whether there are training images, and all their values are numbers."""
        return self.train is not None and bool(np.isfinite(self.train[0]).all())

    @property
    def can_be_run(self) -> bool:
        """Whether the network can be tried on the training sample."""
        return self.model is not None and self.has_finite_images

    @cached_property
    def steps(self) -> list[Step]:
        """What every layer makes of the training sample."""
        return list(run_layers(self.model, self.train[0]))

    @property
    def outputs(self) -> np.ndarray:
        """What the network answers on the training sample."""
        return self.steps[-1].outputs

    @cached_property
    def measured_accuracy(self) -> float:
        """The accuracy on the training sample, measured now."""
        return float(np.mean(self.outputs.argmax(axis=1) == self.train[1]))

    @cached_property
    def last_losses(self) -> tuple[float, float]:
        """The loss on the last tenth of the training sample, and on all of it."""
        losses = cross_entropies(self.outputs, self.train[1])
        return float(losses[-(len(losses) // 10) :].mean()), float(losses.mean())

    @cached_property
    def favourite(self) -> tuple[int, float]:
        """The class predicted most above its share, and how many times as often."""
        predicted = shares(self.outputs.argmax(axis=1), self.num_classes)
        occurring = shares(self.train[1], self.num_classes)
        # A class that hardly occurs counts as half of an equal share.
        excess = predicted / np.maximum(occurring, 0.5 / self.num_classes)
        return int(excess.argmax()), float(excess.max())

    @cached_property
    def dead_share(self) -> float:
        """The largest share of dead units in a ReLU layer.

        A unit is dead if it gives 0 at every position of every image.
        """
        dead_shares = [0.0]
        for step in self.steps:
            if is_relu(step.layer):
                units = step.outputs.reshape(-1, step.outputs.shape[-1])
                dead_shares.append(float(np.mean(units.max(axis=0) <= 0)))
        return max(dead_shares)
