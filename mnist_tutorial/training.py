"""Train a network: with Keras' ``fit``, in seconds, or by hand.

``load_mnist()`` -> ``build_cnn()`` -> :func:`train` -> a history of plain lists.
"""

import math
import os
import sys
import time
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path

import keras
import numpy as np

from mnist_tutorial.errors import InputError

History = dict[str, list[float]]

SCHEDULES = ("constant", "one_cycle")

# Without gradients a batch costs little memory, and large ones are quicker.
VALIDATION_BATCH_SIZE = 500


def train(
    model: keras.Model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    *,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    epochs: int = 5,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    schedule: str = "constant",
    patience: int | None = None,
    checkpoint: Path | str | None = None,
    seed: int = 0,
    shuffle: bool = True,
    steps_per_execution: int = 1,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Compile and train a classifier; the defaults are the source document's.

    Adam minimises the cross-entropy of the logits. While it runs a progress bar is
    shown, which leaves nothing behind.

    Parameters
    ----------
    model
        An uncompiled model that gives logits, shape ``(n, 10)``.
    x_train, y_train
        Images ``float32`` in [0, 1], shape ``(n, 28, 28, 1)``; integer labels,
        shape ``(n,)``.
    validation_data
        ``(x_val, y_val)``, measured after every epoch and never trained on. Never
        hand the test set in here.
    epochs, batch_size
        Passes over the training set, and examples in each step.
    learning_rate
        Adam's step size; the highest one reached if ``schedule`` is
        ``"one_cycle"``.
    schedule
        ``"constant"``, or ``"one_cycle"``: a linear rise over the first 30 % of the
        steps, then half a cosine down to almost zero.
    patience
        Stop after this many epochs without a lower validation loss, and return to
        the best weights (early stopping).
    checkpoint
        A ``.keras`` file that holds the best model so far: lowest validation loss,
        or training loss without ``validation_data``. It is written at the end of
        an epoch, and when training is interrupted during the first one.
    seed
        Seeds Python, NumPy and Keras for this run: the order of the examples and
        dropout. The weights are as the model was built.
    shuffle
        Whether each epoch has another order; without, the examples come as they are.
    steps_per_execution
        Steps that are run at a time without returning to Python; with PyTorch as the
        backend always one.
    callbacks
        Further Keras callbacks.

    Returns
    -------
    dict of str to list of float
        One entry an epoch under each of ``loss``, ``accuracy``, ``learning_rate``
        (at the end of the epoch), ``seconds`` and, with ``validation_data``,
        ``val_loss`` and ``val_accuracy``.

    Raises
    ------
    InputError
        If an argument is out of range, before anything is trained or written; or
        at the end, if there is a ``checkpoint`` and no epoch had a loss that is a
        number.
    KeyboardInterrupt
        If the user interrupts; ``checkpoint`` has been written by then.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam", 2015, arXiv:1412.6980. L. N. Smith, N. Topin,
    "Super-Convergence", 2018, arXiv:1708.07120.
    """
    _check_data("x_train", x_train, y_train)
    if validation_data is not None:
        _check_data("validation_data", *validation_data)
    elif patience is not None:
        raise InputError(
            "patience expected validation_data to watch, got None; hand in "
            "(x_val, y_val) from split_validation"
        )
    _check_settings(learning_rate, schedule)
    _check_counts(
        epochs=epochs,
        batch_size=batch_size,
        steps_per_execution=steps_per_execution,
        patience=1 if patience is None else patience,
    )
    if checkpoint is not None:
        _check_model_path(Path(checkpoint))
    steps = epochs * math.ceil(len(x_train) / batch_size)
    backend = keras.backend.backend()
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.Adam(make_schedule(schedule, learning_rate, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
        # PyTorch has no calls of several steps.
        steps_per_execution=1 if backend == "torch" else steps_per_execution,
    )
    # Like the metric, it has its variables before `fit` traces its step: made while
    # tracing they would take as long as the rest of the trace.
    if model.built:
        model.optimizer.build(model.trainable_variables)
    record = _Record()
    watched = "loss" if validation_data is None else "val_loss"
    progress_bar = _ProgressBar()
    all_callbacks = [record, progress_bar, *callbacks]
    if patience is not None:
        all_callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor=watched, patience=patience, restore_best_weights=True
            )
        )
    keeper = None
    if checkpoint is not None:
        keeper = _KeepBest(Path(checkpoint), watched)
        all_callbacks.append(keeper)
    if validation_data is not None and backend == "tensorflow":
        validation_data = _batches(*validation_data, VALIDATION_BATCH_SIZE, False)
    try:
        model.fit(
            **_examples(x_train, y_train, batch_size, shuffle),
            epochs=epochs,
            validation_data=validation_data,
            callbacks=all_callbacks,
            verbose=0,
        )
    except KeyboardInterrupt:
        if keeper is not None and not keeper.has_saved:
            keeper.save()
        raise
    finally:
        progress_bar.clear()
    if keeper is not None and not keeper.has_saved:
        raise InputError(
            f"{checkpoint} was not written, because the loss was never a number; "
            "choose a smaller learning_rate"
        )
    return record.history


def train_fast(
    model: keras.Model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    *,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    epochs: int = 2,
    seed: int = 0,
) -> History:
    """Train with the quick recipe, made for ``build_fast_cnn``.

    Batches of 128 at a one-cycle learning rate, two passes, each in one call: of a
    small network two passes cost no more than one of a network twice its size, and
    leave fewer mistakes.

    Parameters
    ----------
    model, x_train, y_train, validation_data, epochs, seed
        As for :func:`train`.

    Returns
    -------
    dict of str to list of float
        As for :func:`train`.
    """
    batch_size = 128
    return train(
        model,
        x_train,
        y_train,
        validation_data=validation_data,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=1e-2,
        schedule="one_cycle",
        seed=seed,
        steps_per_execution=math.ceil(len(x_train) / batch_size),
    )


def train_by_hand(
    model: keras.Model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    *,
    epochs: int = 1,
    batch_size: int = 32,
    learning_rate: float = 0.1,
) -> list[float]:
    """Train by plain gradient descent, every step in sight.

    It does what ``fit`` does with ``SGD`` and ``shuffle=False``, and needs the
    TensorFlow backend. The page ``algorithm/training`` writes it step by step.

    Parameters
    ----------
    model
        A model that gives logits; it need not be compiled.
    x_train, y_train
        Images, shape ``(n, 28, 28, 1)``, and integer labels, shape ``(n,)``,
        taken in the order in which they come.
    epochs, batch_size
        Passes over the data, and examples in each step.
    learning_rate
        Factor between a gradient and the change of its weight.

    Returns
    -------
    list of float
        The loss of every step.
    """
    import tensorflow as tf

    loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for _ in range(epochs):
        for start in range(0, len(x_train), batch_size):
            x_batch = x_train[start : start + batch_size]
            y_batch = y_train[start : start + batch_size]
            with tf.GradientTape() as tape:
                logits = model(x_batch, training=True)
                loss = loss_function(y_batch, logits)
            gradients = tape.gradient(loss, model.trainable_variables)
            for weight, gradient in zip(
                model.trainable_variables, gradients, strict=True
            ):
                weight.assign_sub(learning_rate * gradient)
            losses.append(float(loss))
    return losses


def make_schedule(
    schedule: str, learning_rate: float, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return what a Keras optimizer takes as its learning rate.

    Parameters
    ----------
    schedule
        ``"constant"`` or ``"one_cycle"``, as for :func:`train`.
    learning_rate
        The constant, or the peak.
    steps
        Length of the whole training in steps.

    Returns
    -------
    float or keras.optimizers.schedules.LearningRateSchedule
        The rate at step ``s`` is the result itself, or ``result(s)``.
    """
    if schedule == "constant":
        return learning_rate
    warmup_steps = round(0.3 * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 25,
        warmup_target=learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=max(1, steps - warmup_steps),
        alpha=1e-3,
    )


def save_model(model: keras.Model, path: Path | str) -> None:
    """Save a model so that no half-written file is ever found at ``path``.

    Parameters
    ----------
    model
        Any Keras model.
    path
        A file name that ends in ``.keras``, in a folder that exists.

    Raises
    ------
    InputError
        If the suffix or the folder is wrong, or ``path`` is a folder itself.
    """
    path = Path(path)
    _check_model_path(path)
    part = path.with_name(f".{path.stem}.{os.getpid()}.keras")
    try:
        model.save(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _examples(
    images: np.ndarray, labels: np.ndarray, batch_size: int, shuffle: bool
) -> dict[str, object]:
    """Return the arguments of ``fit`` that hand over the examples.

    TensorFlow's own pipeline for arrays tunes itself in a thread that sleeps for about
    as long as it has already run, and ``fit`` waits for it at the end of every epoch:
    up to half of the time would be spent waiting. Hence one without tuning.
    """
    if keras.backend.backend() != "tensorflow":
        return {"x": images, "y": labels, "batch_size": batch_size, "shuffle": shuffle}
    return {"x": _batches(images, labels, batch_size, shuffle)}


def _batches(images, labels, batch_size, shuffle):
    import tensorflow as tf

    order = tf.data.Dataset.range(len(images))
    if shuffle:
        order = order.shuffle(len(images))
    images, labels = tf.constant(images), tf.constant(labels)
    options = tf.data.Options()
    options.autotune.enabled = False
    # They would put a second copy of the images into the pipeline's graph.
    options.experimental_optimization.apply_default_optimizations = False
    return (
        order.batch(batch_size)
        .map(lambda chosen: (tf.gather(images, chosen), tf.gather(labels, chosen)))
        .prefetch(2)
        .with_options(options)
    )


def _check_data(name: str, images: np.ndarray, labels: np.ndarray) -> None:
    if len(images) == 0:
        raise InputError(f"{name} expected at least one image, got none")
    if len(images) != len(labels):
        raise InputError(
            f"{name} and its labels must have the same length, got {len(images)} "
            f"images and {len(labels)} labels"
        )


def _check_counts(**counts: int) -> None:
    for name, value in counts.items():
        if not (isinstance(value, Integral) and value >= 1):
            raise InputError(f"{name} must be a whole number from 1, got {value!r}")


def _check_settings(learning_rate: float, schedule: str) -> None:
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise InputError(f"learning_rate must be positive, got {learning_rate}")
    if schedule not in SCHEDULES:
        raise InputError(
            f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}"
        )


def _check_model_path(path: Path) -> None:
    if path.suffix != ".keras":
        raise InputError(f"expected a file name that ends in .keras, got {path}")
    if path.is_dir():
        raise InputError(f"expected a file to write, got the folder {path}")
    if not path.parent.is_dir():
        raise InputError(
            f"expected an existing folder for {path.name}, got {path.parent}; "
            "create it first"
        )


def _is_in_kernel() -> bool:
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


class _Record(keras.callbacks.Callback):
    """Collect the history as plain floats."""

    def on_train_begin(self, logs=None):
        self.history: History = {}

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


class _KeepBest(keras.callbacks.Callback):
    """Keep the best model so far in a file."""

    def __init__(self, path: Path, watched: str):
        super().__init__()
        self.path, self.watched = path, watched
        self.best, self.has_saved = math.inf, False

    def save(self):
        save_model(self.model, self.path)
        self.has_saved = True

    def on_epoch_end(self, epoch, logs=None):
        if logs[self.watched] < self.best:
            self.best = logs[self.watched]
            self.save()


class _ProgressBar(keras.callbacks.Callback):
    """Show how far training is; empty when it ends, so that a page stays clean."""

    EMPTY = {"text/html": "", "text/plain": ""}
    SECONDS_BETWEEN_UPDATES = 0.2

    def __init__(self):
        super().__init__()
        self.handle, self.shown_at = None, 0.0

    def on_train_begin(self, logs=None):
        if _is_in_kernel():
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
        """Leave nothing behind; Keras calls no callback after an interruption."""
        self._show(self.EMPTY)

    def _show(self, content: dict[str, str]) -> None:
        if self.handle is not None:
            self.handle.update(content, raw=True)
        elif sys.stderr.isatty():
            print(f"\r{content['text/plain']:<79}", end="\r", file=sys.stderr)
