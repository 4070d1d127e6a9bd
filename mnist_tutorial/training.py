"""Train a network with Keras' ``fit``, and a small one in seconds.

``load_mnist()`` -> ``build_cnn()`` -> :func:`train` -> a history of plain lists.
"""

import math
import os
import sys
import time
from collections import deque
from collections.abc import Sequence

import keras
import numpy as np

from mnist_tutorial.checkpoints import Checkpoint, described, described_layers
from mnist_tutorial.checks import (
    check_choice,
    check_counts,
    check_in,
    check_input_shape,
    check_model,
    checked_examples,
    checked_labels,
    fits,
)
from mnist_tutorial.errors import InputError
from mnist_tutorial.recipes import DOCUMENT, FAST

History = dict[str, list[float]]

# Without gradients a batch costs little memory, and large ones are quicker.
VALIDATION_BATCH_SIZE = 500


def train(
    model: keras.Model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    *,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    epochs: int = DOCUMENT.epochs,
    batch_size: int = DOCUMENT.batch_size,
    learning_rate: float = DOCUMENT.learning_rate,
    schedule: str = DOCUMENT.schedule,
    deform: bool = DOCUMENT.deform,
    seed: int = 0,
    shuffle: bool = True,
    steps_per_execution: int = 1,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    resume_from: str | os.PathLike | None = None,
) -> History:
    """Compile and train a classifier; the defaults are the source document's.

    Adam minimises the cross-entropy of the logits. While it runs a progress bar is
    shown, which leaves nothing behind. What is out of range is refused with an
    ``InputError`` before anything is trained.

    Parameters
    ----------
    model
        Gives logits, shape ``(n, 10)``; it need not be compiled.
    x_train, y_train, validation_data
        Images ``float32`` in [0, 1], shape ``(n, 28, 28, 1)``, and integer labels,
        ``(n,)``; and a pair of both, measured after every epoch and never trained on.
        Never hand the test set in there.
    epochs, batch_size
        Passes over the training set, and examples in each step.
    learning_rate, schedule
        Adam's step size, if the schedule is ``"constant"``; the highest one if it is
        ``"one_cycle"``: a linear rise over the first 30 % of the steps, then half a
        cosine down to almost zero.
    deform
        Whether each training image is deformed a little, another way every time.
    seed
        Of the order of the examples, of what deforms them and of dropout. The weights
        are as the model was built.
    shuffle
        Whether each epoch has another order; without, the examples come as they are.
    steps_per_execution
        Steps that are run at a time without returning to Python; with PyTorch as the
        backend always one.
    resume_from
        A folder, made if need be, that keeps what has been reached at the end of every
        epoch. After a kill the same call goes on from there and ends as if nothing had
        happened: weights, optimizer, schedule, order of the examples, seed generators
        of the layers, and history, which is the whole one. What was done of an epoch
        is done again, so that epochs of hours lose hours. Not kept are what other
        callbacks remember and random numbers from elsewhere than a layer's own
        generator. After the last epoch the call gives weights and history back at
        once; with a constant rate, more ``epochs`` go on from there. The checkpoint of
        another model, data or setting is refused.

    Returns
    -------
    dict of str to list of float
        One entry an epoch under each of ``loss``, ``accuracy``, ``learning_rate``
        (at the end of the epoch), ``seconds`` and, with ``validation_data``,
        ``val_loss`` and ``val_accuracy``.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam", 2015, arXiv:1412.6980. L. N. Smith, N. Topin,
    "Super-Convergence", 2018, arXiv:1708.07120.
    """
    check_model(model)
    x_train, y_train = _checked(model, "x_train and y_train", (x_train, y_train))
    if validation_data is not None:
        validation_data = _checked(model, "validation_data", validation_data)
    check_counts(
        epochs=epochs, batch_size=batch_size, steps_per_execution=steps_per_execution
    )
    batch_size = int(batch_size)  # PyTorch takes none of NumPy's numbers
    check_counts(least=0, seed=seed)
    check_choice("shuffle", shuffle, (True, False))
    check_choice("deform", deform, (True, False))
    _check_callbacks(callbacks)
    steps = epochs * math.ceil(len(x_train) / batch_size)
    rate = make_schedule(schedule, learning_rate, steps)

    history, done, checkpoint = {}, 0, []
    if resume_from is not None:
        about = {
            "layers": described_layers(model),
            "examples": described(x_train, y_train, *validation_data or ()),
            "batch_size": str(batch_size),
            "learning_rate": str(learning_rate),
            "schedule": schedule if schedule == "constant" else f"{schedule}, {epochs}",
            "seed, shuffle, deform": f"{seed}, {shuffle}, {deform}",
        }
        checkpoint = [Checkpoint(resume_from, about, epochs)]
        history, done = checkpoint[0].history, checkpoint[0].done
        if done and not model.built:
            model(x_train[:1])

    keras.utils.set_random_seed(int(seed))
    _compile(model, rate, steps_per_execution)
    progress_bar = _ProgressBar()
    callbacks = [_Record(history), progress_bar, *callbacks, *checkpoint]
    settings = {"shuffle": shuffle, "deform": deform, "done": done}
    examples = _examples(x_train, y_train, validation_data, batch_size, **settings)
    try:
        model.fit(**examples, epochs=epochs, callbacks=callbacks, verbose=0)
    finally:  # Keras calls no callback after an interruption
        progress_bar.clear()
    return history


def train_fast(
    model: keras.Model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    *,
    epochs: int = FAST.epochs,
    seed: int = 0,
) -> History:
    """Train with the quick recipe, made for ``build_fast_cnn``.

    Batches of 128 at a one-cycle learning rate, two passes, each in one call: of a
    small network two passes cost no more than one of a network twice its size, and
    leave fewer mistakes.

    Parameters, result and refusals are those of :func:`train`.
    """
    x_train, y_train = checked_examples("x_train and y_train", (x_train, y_train))
    return train(
        model,
        x_train,
        y_train,
        epochs=epochs,
        batch_size=FAST.batch_size,
        learning_rate=FAST.learning_rate,
        schedule=FAST.schedule,
        seed=seed,
        steps_per_execution=max(1, math.ceil(len(x_train) / FAST.batch_size)),
    )


def make_schedule(
    schedule: str, learning_rate: float, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return what a Keras optimizer takes as its learning rate.

    ``schedule`` and ``learning_rate`` are those of :func:`train`, with its refusals;
    ``steps`` is the length of the whole training. The rate at step ``s`` is the result
    itself, or ``result(s)``.
    """
    check_choice("schedule", schedule, ("constant", "one_cycle"))
    check_in("(0, inf)", learning_rate=learning_rate)
    check_counts(steps=steps)
    if schedule == "constant":
        return float(learning_rate)
    warmup_steps = round(0.3 * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 25,
        warmup_target=learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=max(1, steps - warmup_steps),
        alpha=1e-3,
    )


def _check_callbacks(callbacks: object) -> None:
    if not isinstance(callbacks, Sequence) or not all(
        isinstance(callback, keras.callbacks.Callback) for callback in callbacks
    ):
        raise InputError(
            f"callbacks must be a list of Keras callbacks, got {callbacks!r}; hand in "
            "objects, such as keras.callbacks.TerminateOnNaN()"
        )


def _compile(model: keras.Model, rate: object, steps_per_execution: int) -> None:
    # PyTorch has no calls of several steps.
    if keras.backend.backend() == "torch":
        steps_per_execution = 1
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
        steps_per_execution=steps_per_execution,
    )
    # Like the metric, it has its variables before `fit` traces its step: made while
    # tracing they would take as long as the rest of the trace.
    if model.built:
        model.optimizer.build(model.trainable_variables)


def _examples(
    images: np.ndarray,
    labels: np.ndarray,
    validation_data: tuple[np.ndarray, np.ndarray] | None,
    batch_size: int,
    *,
    shuffle: bool,
    deform: bool = False,
    done: int = 0,
) -> dict[str, object]:
    """Return the arguments of ``fit`` that hand over the examples, after done epochs.

    TensorFlow's own pipeline for arrays tunes itself in a thread that sleeps for about
    as long as it has already run, and ``fit`` waits for it at the end of every epoch:
    up to half of the time would be spent waiting. Hence one without tuning.
    """
    if keras.backend.backend() == "jax":
        images, labels, batch_size = _share(images, labels, batch_size)
    settings = {"validation_data": validation_data, "initial_epoch": done}
    if keras.backend.backend() != "tensorflow" and not deform:
        arrays = {"x": images, "y": labels, "batch_size": batch_size}
        return arrays | settings | {"shuffle": shuffle}
    if validation_data is not None:
        settings["validation_data"] = _batches(*validation_data, VALIDATION_BATCH_SIZE)
    dataset = _batches(images, labels, batch_size, shuffle, deform)
    for _ in range(done):
        drawn = iter(dataset)  # draws an order,
        if deform:
            deque(drawn, maxlen=0)  # and all deformations
        if keras.backend.backend() == "tensorflow":
            iter(dataset)  # Keras makes two iterators an epoch, and uses the first
    # It shuffles itself; asked to do so `fit` would warn.
    return {"x": dataset, "shuffle": False} | settings


def _deformation() -> keras.layers.Layer:
    """Return a layer that deforms images, another way every time.

    A person's hand varies as much: the digit remains. What moves in is black.
    """
    turn = keras.layers.RandomRotation(10 / 360, fill_mode="constant")  # 10 degrees
    # Up to a pixel, and by whole ones: the image is not blurred once more.
    shift = keras.layers.RandomTranslation(
        1 / 28, 1 / 28, interpolation="nearest", fill_mode="constant"
    )
    return keras.layers.Pipeline([turn, shift])


def _share(
    images: np.ndarray, labels: np.ndarray, batch_size: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return what this computer takes of the examples: all of them, if it is alone."""
    import jax

    number, computers = jax.process_index(), jax.process_count()
    if batch_size % computers:
        raise InputError(
            f"batch_size must be a multiple of the {computers} computers, got "
            f"{batch_size}"
        )
    if computers == 1:
        return images, labels, batch_size
    # Shares of one size: the others would wait for the batch that one has more.
    images, labels = (
        part[: len(images) // computers * computers][number::computers]
        for part in (images, labels)
    )
    return images, labels, batch_size // computers


def _batches(images, labels, batch_size, shuffle=False, deform=False):
    import tensorflow as tf

    order = tf.data.Dataset.range(len(images))
    if shuffle:
        order = order.shuffle(len(images))
    images, labels = tf.constant(images), tf.constant(labels)
    options = tf.data.Options()
    options.autotune.enabled = False
    # They would put a second copy of the images into the pipeline's graph.
    options.experimental_optimization.apply_default_optimizations = False
    batches = order.batch(batch_size).map(
        lambda chosen: (tf.gather(images, chosen), tf.gather(labels, chosen))
    )
    if deform:
        deformation = _deformation()
        batches = batches.map(lambda x, y: (deformation(x), y))
    return batches.prefetch(2).with_options(options)


def _checked(
    model: keras.Model, name: str, data: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return images that a model takes, and labels that are theirs, or refuse."""
    images, labels = checked_examples(name, data)
    check_input_shape(model, images, name=f"the images of {name}")
    # Before it is built a model of a class of its own knows neither shape.
    outputs = getattr(model, "output_shape", None)
    if outputs is None and isinstance(model, keras.Sequential):
        try:
            outputs = model.compute_output_shape(images.shape)
        except Exception as error:  # of whatever kind its layers raise
            raise InputError(
                f"model must take images of shape {images.shape}, but: {error}"
            ) from error
    if isinstance(outputs, tuple):
        expected = (len(images), *outputs[1:-1])  # more axes where a model segments
        if not fits(labels.shape, expected):
            raise InputError(
                f"the labels of {name} must have shape {expected}, got shape "
                f"{labels.shape}; one-hot labels become classes by argmax(axis=-1)"
            )
        checked_labels(labels.ravel(), num_classes=outputs[-1])
    return images, labels


class _Record(keras.callbacks.Callback):
    """Collect the history as plain floats."""

    def __init__(self, history: History):
        super().__init__()
        self.history = history

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        measured = dict(
            logs,
            learning_rate=self.model.optimizer.learning_rate,
            seconds=time.perf_counter() - self.started,
        )
        for name, value in measured.items():
            self.history.setdefault(name, []).append(float(value))


class _ProgressBar(keras.callbacks.Callback):
    """Show how far training is; empty when it ends, so that a page stays clean."""

    EMPTY = {"text/html": "", "text/plain": ""}
    SECONDS_BETWEEN_UPDATES = 0.2

    def __init__(self):
        super().__init__()
        self.handle, self.shown_at = None, 0.0

    def on_train_begin(self, logs=None):
        ipython = sys.modules.get("IPython")
        if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
            from IPython.display import display

            self.handle = display(self.EMPTY, raw=True, display_id=True)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if now - self.shown_at < self.SECONDS_BETWEEN_UPDATES:
            return
        self.shown_at = now
        steps, epochs = self.params["steps"], self.params["epochs"]
        step = f"step {batch + 1}/{steps}"
        text = f"epoch {self.epoch + 1}/{epochs}, {step}, loss {logs['loss']:.3f}"
        bar = f'<progress max="{steps}" value="{batch + 1}"></progress> {text}'
        self._show({"text/html": bar, "text/plain": text})

    def clear(self) -> None:
        self._show(self.EMPTY)

    def _show(self, content: dict[str, str]) -> None:
        if self.handle is not None:
            self.handle.update(content, raw=True)
        elif sys.stderr.isatty():
            print(f"\r{content['text/plain']:<79}", end="\r", file=sys.stderr)
