"""The training runs by which ``diagnose`` is judged: data, networks and faults."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import cycle, islice
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers, losses, optimizers
from sklearn import datasets as tables

from mnist_tutorial import datasets, scenes

RELUS = {"tf.nn.relu": tf.nn.relu, "keras.ops.relu": keras.ops.relu}
NETWORKS = "linear dense conv normalised branches deep subclassed dropout rescaled"
RATES = {"adam": 2e-3, "adamw": 2e-3, "rmsprop": 2e-3, "sgd": 0.1, "momentum": 0.03}
TOO_HIGH = {"sgd": (5, 20, 50), "momentum": (2, 5, 20)}  # of others (0.1, 0.3, 1)
ENDS = {  # how an honest network ends, and its loss
    "logits": ("logits", "sparse logits"),
    "probabilities": ("softmax", "sparse_categorical_crossentropy"),
    "one-hot": ("logits", "one-hot logits"),
    "smoothed": ("logits", "smoothed"),
}
LOSSES = {
    "sparse logits": losses.SparseCategoricalCrossentropy(True),
    "one-hot logits": losses.CategoricalCrossentropy(True),
    "smoothed": losses.CategoricalCrossentropy(True, label_smoothing=0.1),
}
OPTIMIZERS = {
    "adam": optimizers.Adam,
    "adamw": optimizers.AdamW,
    "rmsprop": optimizers.RMSprop,
    "sgd": optimizers.SGD,
    "momentum": partial(optimizers.SGD, momentum=0.9),
}


class Subclassed(keras.Model):
    """Layers one after the other, as in TensorFlow's quickstart for experts."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def call(self, x):
        """Return the outputs."""
        for step in self.steps:
            x = step(x)
        return x


def make_layers(network, activation, classes, end, penalty):
    """Return the layers of a network, in order; those of a tuple are side by side."""
    activation = RELUS.get(activation, activation)
    penalty = keras.regularizers.L2(penalty) if penalty else None
    dense = partial(layers.Dense, activation=activation, kernel_regularizer=penalty)
    conv = partial(layers.Conv2D, activation=activation)
    normal = [dense(64, activation=None, use_bias=False)]
    normal += [layers.BatchNormalization(momentum=0.9), layers.Activation(activation)]
    body = {
        "linear": [],
        "conv": [conv(8, 3, strides=2), conv(16, 3), layers.Flatten(), dense(32)],
        "normalised": [*normal, dense(32)],
        "dropout": [dense(128), layers.Dropout(0.5)],
        "dropout 0.97": [dense(64), layers.Dropout(0.97)],
        "six sigmoid": [dense(32, activation="sigmoid") for _ in range(6)],
        "branches": [(dense(48), dense(24, activation="tanh"))],
        "deep": [dense(64), dense(48), dense(32)],
    }.get(network, [dense(64), dense(32)])
    last = {"logits": None, "twice": None, "relu": activation}.get(end, end)
    twice = [layers.Softmax(), layers.Reshape((classes,))] if end == "twice" else []
    flat = [] if network == "conv" else [layers.Flatten()]
    scale = [layers.Rescaling(1 / 255)] if network == "rescaled" else []
    return [*scale, *flat, *body, dense(classes, activation=last), *twice]


def build_model(shape, classes, network, activation, end, loss, optimizer, rate,
                penalty=0.0, frozen=False, metric="accuracy"):  # fmt: skip
    """Build and compile a network, as it is before training."""
    steps = make_layers(network, activation, classes, end, penalty)
    if network == "subclassed":
        model = Subclassed(steps)
        model(np.zeros((1, *shape), np.float32))
    elif network == "branches":
        x = inputs = keras.Input(shape)
        for step in steps:
            many = isinstance(step, tuple)
            x = layers.Concatenate()([part(x) for part in step]) if many else step(x)
        model = keras.Model(inputs, x)
    else:
        model = keras.Sequential([keras.Input(shape), *steps])
    model.trainable = not frozen
    if metric == "binary":
        metric = keras.metrics.BinaryAccuracy(name="accuracy")
    optimizer, loss = OPTIMIZERS[optimizer](rate), LOSSES.get(loss, loss)
    # Compiling for the processor takes longer than these runs.
    model.compile(optimizer, loss, metrics=[metric], jit_compile=False)
    return model


def _digits(rng, classes, count):
    (images, labels), _ = datasets.load_mnist()
    chosen = np.sort(rng.choice(10, classes, replace=False))
    places = rng.choice(np.flatnonzero(np.isin(labels, chosen)), count, replace=False)
    return images[places], np.searchsorted(chosen, labels[places])


def _turned(x, y, rng):
    turned = rng.random(len(y)) < 0.5
    x = np.where(turned[:, None, None, None], np.rot90(x, axes=(1, 2)), x)
    return x, y + 10 * turned


def _long_tail(x, y, rng):
    keep = rng.random(len(y)) < 0.65**y
    return x[keep], y[keep]


def _one(x, y, rng):
    return x, y == rng.integers(10)


def _noisy(x, y, rng):
    return x, np.where(rng.random(len(y)) < 0.2, rng.integers(10, size=len(y)), y)


def _clusters(rng):
    settings = {"n_informative": 12, "n_classes": 15, "n_clusters_per_class": 1}
    settings |= {"class_sep": 1.5, "random_state": rng.integers(1000)}
    return tables.make_classification(2400, 14, **settings)


def _overlapping(rng, count, classes, apart):
    y = rng.integers(classes, size=count)
    return rng.normal(size=(count, 8)) + apart * rng.normal(size=(classes, 8))[y], y


def _lesions(rng):
    drawn = scenes.make_lesions(900, seed=rng.integers(999), size=32, prevalence=0.4)
    return drawn.images, drawn.labels


def _roads(rng):
    seed, kinds = rng.integers(999), ({}, {"weather": "fog"}, {"night": True})
    drawn = [scenes.make_driving_scenes(130, seed=seed, **kind) for kind in kinds]
    images = np.concatenate([scene.images[:, ::2, ::2] for scene in drawn])
    return images, np.repeat(range(3), 130)


def _yard(rng):
    seed, lights = rng.integers(999), ("steady", "sudden")
    drawn = [scenes.make_clips(14, seed=seed, light=light) for light in lights]
    frames = np.concatenate([clips.frames[:, 16:, ::2, ::2] for clips in drawn])
    return frames.reshape(-1, 24, 32, 1), np.repeat(range(2), 14 * 16)


DATA = {
    "digits 2": partial(_digits, classes=2, count=700),
    "digits 3": partial(_digits, classes=3, count=1000),
    "digits 5": partial(_digits, classes=5, count=1800),
    "digits 10": partial(_digits, classes=10, count=3000),
    "digits 20": lambda rng: _turned(*_digits(rng, 10, 3600), rng),
    "one digit of ten": lambda rng: _one(*_digits(rng, 10, 2000), rng),
    "long tail": lambda rng: _long_tail(*_digits(rng, 10, 9000), rng),
    "noisy labels": lambda rng: _noisy(*_digits(rng, 10, 3000), rng),
    "small digits": lambda rng: tables.load_digits(return_X_y=True),
    "cancer": lambda rng: tables.load_breast_cancer(return_X_y=True),
    "wine": lambda rng: tables.load_wine(return_X_y=True),
    "iris": lambda rng: tables.load_iris(return_X_y=True),
    "15 classes": _clusters,
    "hard": partial(_overlapping, count=1600, classes=2, apart=0.25),
    "hard 4": partial(_overlapping, count=2000, classes=4, apart=0.35),
    "lesions": _lesions,
    "roads": _roads,
    "yard": _yard,
}


@lru_cache(maxsize=2)
def make_data(name, seed):
    """Return training and validation data; columns of tables are standardised."""
    rng = np.random.default_rng(seed)
    x, y = DATA[name](rng)
    if name == "small digits":
        x = x.reshape(-1, 8, 8, 1) / 16
    order = rng.permutation(len(y))
    x, y, first = np.float32(x[order]), np.int64(y[order]), 3 * len(y) // 4
    if x.ndim == 2:
        x = (x - x[:first].mean(axis=0)) / x[:first].std(axis=0)
    return (x[:first], y[:first]), (x[first:], y[first:])


@dataclass
class Setup:
    """A run before it is made: what its faults change."""

    name: str
    twin: str  # the name of the healthy run beside it
    data: str
    seed: int
    model: dict  # what build_model takes, but for shape and classes
    faults: tuple[str, ...] = ()
    special: str = ""  # what is unusual in a healthy run
    epochs: int = 5
    shuffle: bool = True
    callbacks: tuple = ()
    start: float = 1.0  # weights: 0 for zeros, below 0 what first biases start at
    handed_in: str = ""  # "fresh" or "fresh head": not the weights that were trained
    train: tuple = ()
    validation: tuple | None = None

    def prepare(self):
        """Give the run its data, and its faults."""
        self.train, self.validation = make_data(self.data, self.seed)
        labels = np.concatenate([self.train[1], self.validation[1]])
        self.model |= {"shape": self.train[0].shape[1:], "classes": labels.max() + 1}
        self.model["classes"] = int(self.model["classes"])
        rng = np.random.default_rng([self.seed, len(self.faults)])
        SPECIAL[self.special](self, rng)
        changes = [FAULTS[fault].change for fault in self.faults]
        of_all = sum(SLOTS.index(FAULTS[f].slot) < 4 for f in self.faults)
        for change in changes[:of_all]:
            change(self, rng)
        other_network = {"six sigmoid layers", "dropout 0.97"} & {*self.faults}
        if self.model["network"] == "rescaled" and not other_network:
            inputs(bytes_)(self, rng)
        for change in changes[of_all:]:
            change(self, rng)


def inputs(change, parts=("train", "validation"), place=0):
    """Return what changes the inputs of a run, or the labels (place 1)."""

    def apply(run, rng):
        for part in parts:
            pair = list(getattr(run, part))
            pair[place] = change(pair[place], rng).astype(pair[place].dtype)
            setattr(run, part, tuple(pair))

    return apply


def options(model=(), *, rows=None, **fields):
    """Return what changes the network of a run, its training, or the training rows."""

    def apply(run, rng):
        run.model |= dict(model)
        for name, value in fields.items():
            setattr(run, name, value)
        if rows is not None:
            chosen = rows(run.train[1], rng)
            run.train = tuple(part[chosen] for part in run.train)

    return apply


def _split_sorted(run, rng):
    both = zip(run.train, run.validation, strict=True)
    x, y = (np.concatenate(parts) for parts in both)
    order = in_order(y, rng)
    x, y, first = x[order], y[order], 4 * len(y) // 5
    run.train, run.validation = (x[:first], y[:first]), (x[first:], y[first:])


def _with_nan(x, rng, share=0.05):
    x = x.copy()
    chosen = rng.choice(len(x), max(1, int(share * len(x))), replace=False)
    x.reshape(len(x), -1)[chosen, x[0].size // 2] = np.nan
    return x


def _rate(run, rng, *, high):
    optimizer = run.model["optimizer"]
    wild = float(rng.choice(TOO_HIGH.get(optimizer, (0.1, 0.3, 1))))
    run.model["rate"] = wild if high else 1e-5 if optimizer == "sgd" else 1e-6


class Fault(NamedTuple):
    """A way to break a run."""

    rules: str  # the names that are right; none where no rule can know the cause
    slot: str  # two faults of one run change different things
    change: Callable  # of the Setup and a random generator
    needs: str = ""  # of "square" images, "relu", "hidden" units, "several" and "large"


validation = partial(inputs, parts=("validation",))
validation_labels = partial(inputs, parts=("validation",), place=1)
training_labels = partial(inputs, parts=("train",), place=1)
labels = partial(inputs, place=1)
raw = partial(dict, end="logits")
in_order = lambda y, rng: np.argsort(y, kind="stable")  # noqa: E731
bytes_ = lambda x, rng: 255 * x  # noqa: E731
shuffled = lambda y, rng: rng.permutation(y)  # noqa: E731
PROBABILITIES = "categorical_crossentropy"  # what this loss of Keras is made for
BINARY = {"end": "sigmoid", "loss": "binary_crossentropy", "metric": "binary"}
SIX = {"network": "six sigmoid", "optimizer": "sgd", "rate": 0.1}
# fmt: off
FAULTS = {
    "NaN pixels": Fault("not_numbers", "nan", inputs(_with_nan)),
    "one NaN": Fault("not_numbers", "nan",
        inputs(partial(_with_nan, share=0), ("train",))),
    "labels shuffled": Fault("shuffled_labels", "labels", training_labels(shuffled)),
    "half of the labels shuffled": Fault("shuffled_labels", "labels", training_labels(
        lambda y, rng: np.where(rng.random(len(y)) < 0.5, rng.permutation(y), y))),
    "labels one off": Fault("shuffled_labels", "labels",
        labels(lambda y, rng: np.roll(y, 1))),
    "validation labels shuffled": Fault("shuffled_labels shuffled_validation_labels",
        "validation", validation_labels(shuffled)),
    "validation in bytes": Fault("different_preparation", "validation",
        validation(bytes_)),
    "validation inverted": Fault("different_preparation", "validation",
        validation(lambda x, rng: x.max() + x.min() - x)),
    "validation transposed": Fault("different_preparation", "validation",
        validation(lambda x, rng: x.swapaxes(1, 2)), "square"),
    "validation standardised otherwise": Fault("different_preparation", "validation",
        validation(lambda x, rng: (x - x.mean() + 0.7) / (x.std() / 3))),
    "inputs in bytes": Fault("unscaled_inputs", "inputs", inputs(bytes_)),
    "inputs divided twice": Fault("unscaled_inputs", "inputs",
        inputs(lambda x, rng: x / 255)),
    "softmax twice": Fault("softmax_twice", "loss",
        options(raw(end="twice", loss="sparse logits"))),
    "no softmax": Fault("missing_softmax", "loss",
        options(raw(loss="sparse_" + PROBABILITIES))),
    "no softmax, one-hot": Fault("missing_softmax", "loss",
        options(raw(loss=PROBABILITIES))),
    "binary accuracy": Fault("other_history", "loss", options(BINARY), "several"),
    "fresh weights": Fault("other_history", "history", options(handed_in="fresh")),
    "fresh head": Fault("other_history", "history", options(handed_in="fresh head")),
    "sorted": Fault("sorted_data", "order", options(rows=in_order, shuffle=False)),
    "validation_split on sorted data": Fault("different_classes", "order",
        _split_sorted),
    "classes missing": Fault("different_classes", "order",
        options(rows=lambda y, rng: np.flatnonzero(y <= 0.6 * y.max())), "several"),
    "other shares": Fault("different_classes", "order", options(
        rows=lambda y, rng: np.flatnonzero((y == 0) | (rng.random(len(y)) < 0.04))),
        "large"),
    "weights all zero": Fault("zero_weights", "weights", options(start=0.0), "hidden"),
    "rate too high": Fault("rate_too_high", "rate", partial(_rate, high=True)),
    "rate too low": Fault("rate_too_low", "rate", partial(_rate, high=False)),
    "dead ReLUs": Fault("dead_relus", "weights", options(start=-10.0), "relu hidden"),
    "very dead ReLUs": Fault("dead_relus", "weights", options(start=-20.0),
        "relu hidden"),
    "ReLU last": Fault("dead_relus", "loss",
        options(raw(end="relu", loss="sparse logits")), "relu"),
    "frozen": Fault("", "weights", options({"frozen": True})),
    "six sigmoid layers": Fault("", "weights", options(SIX)),
    "dropout 0.97": Fault("", "network", options({"network": "dropout 0.97"})),
    "huge penalty": Fault("", "network", options({"penalty": 1.0})),
    "constant inputs": Fault("", "inputs", inputs(lambda x, rng: 0 * x + 0.5)),
    "noise for inputs": Fault("", "inputs", inputs(lambda x, rng: rng.random(x.shape))),
    "validation labels rolled": Fault("", "validation",
        validation_labels(lambda y, rng: (y + 1) % (y.max() + 1))),
    "mean squared error": Fault("", "loss", options(raw(loss="mean_squared_error"))),
    "mean absolute error": Fault("", "loss", options(raw(loss="mean_absolute_error"))),
}
# fmt: on
SPECIAL = {  # healthy, but unusual
    "": options(),
    "one epoch": options(epochs=1),
    "few examples": options(rows=lambda y, rng: np.arange(100), epochs=25),
    "slow": options({"optimizer": "sgd", "rate": 0.01}, epochs=6),
    "column of labels": labels(lambda y, rng: y[:, np.newaxis]),
    "sorted on disk": options(rows=in_order),
    "early stopping": options(epochs=15, callbacks=("stop",)),
    "acc": options({"metric": "acc"}),
    "sparse accuracy": options({"metric": "sparse_categorical_accuracy"}),
    "no validation": options(validation=None),
    "L2": options({"network": "dense", "penalty": 0.01}),
    "dropout": options({"network": "dropout"}),
    "from -1 to 1": inputs(lambda x, rng: 2 * x - 1),
    "standardised images": inputs(lambda x, rng: (x - 0.13) / 0.31),
    "linear from zeros": options({"network": "linear"}, start=0.0),
    "rate in the history": options(callbacks=("rate",)),
}
SLOTS = ("labels", "order", "inputs", "nan", "validation", "loss", "network")
SLOTS += ("weights", "rate", "history")  # in which faults are brought about
ACTIVATIONS = ("relu", *RELUS, "relu", "tanh", "sigmoid")
TABLES = ("cancer", "wine", "iris", "15 classes", "hard", "hard 4")
TWO_CLASSES = ("digits 2", "one digit of ten", "cancer", "hard", "lesions", "yard")
EASY = ("digits 10", "digits 3", "small digits", "digits 5")


def _fits(fault, base):
    """Tell whether a fault can be brought about in this run."""
    has = {
        "square": base.data not in (*TABLES, "roads", "yard"),
        "relu": "relu" in base.model["activation"],
        "hidden": base.model["network"] != "linear",
        "several": base.data not in TWO_CLASSES,
        "large": base.data not in ("wine", "iris"),
    }
    return all(has[need] for need in FAULTS[fault].needs.split())


def _base(name, data, seed, network, activation, optimizer, end, special=""):
    """Return a healthy run, of a kind that can learn from these data."""
    if data in TABLES:
        network = {"conv": "deep", "rescaled": "dense"}.get(network, network)
    if data in ("lesions", "yard"):
        network, optimizer = "normalised", "adam"
    if data == "small digits" and network == "conv":
        network = "dense"
    if activation == "sigmoid":
        network = {"deep": "dense", "subclassed": "dense"}.get(network, network)
        optimizer = "adam"
    end, loss = ENDS[end]
    model = {"network": network, "activation": activation, "end": end, "loss": loss}
    model |= {"optimizer": optimizer, "rate": RATES[optimizer]}
    return Setup(name, name, data, seed, model, special=special, epochs=4 + seed % 3)


def _broken(base, number, *faults):
    """Return the run with these faults."""
    faults = sorted(faults, key=lambda fault: SLOTS.index(FAULTS[fault].slot))
    name, model = f"{base.name}{'abcde'[number]}", dict(base.model)
    return replace(base, name=name, model=model, faults=tuple(faults))


def plan(half):
    """Return the runs of one half, which shares no seed with the other half."""
    other = half == "held_out"
    rng = np.random.default_rng(15 if other else 14)
    turns = [
        cycle(rng.permutation([*choices]).tolist())
        for choices in (NETWORKS.split(), ACTIVATIONS, RATES, [*ENDS, "logits"])
    ]
    faults = cycle(rng.permutation([*FAULTS]).tolist())
    runs = []
    for number, data in enumerate([*DATA] * 2):
        choices = [next(turn) for turn in turns]
        base = _base(f"{half}-{number:02}", data, 2 * number + 201 * other, *choices)
        possible = (fault for fault in faults if _fits(fault, base))
        singles = [next(possible) for _ in range(2 + number % 2)]
        broken = [_broken(base, *one) for one in enumerate(singles)]
        pairs = (rng.choice([*FAULTS], 2).tolist() for _ in cycle([0]))
        for pair in islice(pairs, 200 if number % 6 else 0):
            different = FAULTS[pair[0]].slot != FAULTS[pair[1]].slot
            if different and all(_fits(fault, base) for fault in pair):
                broken.append(_broken(base, len(broken), *pair))
                break
        runs += [base, *broken]
    for number, special in enumerate(SPECIAL, 50):
        data = EASY[(number + 2 * other) % 4]
        network = ("dense", "conv", "subclassed")[number % 3]
        choices = network, ACTIVATIONS[(number + other) % 3], "adam", "logits"
        name = f"{half}-{number}"
        runs.append(_base(name, data, 2 * number + 201 * other, *choices, special))
    return runs
