"""Pictures of arrays: every function returns an Axes or a Figure and shows nothing.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart;
training is drawn solid, validation dashed.
"""

from collections.abc import Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mnist_tutorial.checks import check_counts, check_curves, check_in, checked_array
from mnist_tutorial.errors import InputError

BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
# Negative blue, zero white, positive orange.
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])


def plot_digits(
    images: np.ndarray,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    marked: Sequence[bool] | None = None,
) -> Figure:
    """Draw images in rows, ink dark on white; none, if a faultless model has no errors.

    Values are in [0, 1], ink bright, shape ``(n, height, width)`` or ``(n, height,
    width, 1)``. ``titles`` has a line above each image, and ``marked`` says which of
    them to set in bold orange, for example the wrong readings.
    """
    is_list = isinstance(images, list | tuple)  # whose images may differ in size
    if not is_list:
        images = np.atleast_1d(checked_array("images", images))
    shapes = [checked_array("images", image).shape for image in images]
    check_counts(columns=columns)
    if any(sum(side > 1 for side in shape) != 2 for shape in shapes):
        raise InputError(
            "images must have shape (n, height, width) or (n, height, width, 1), got "
            f"{shapes if is_list else images.shape}; x[:1] keeps the first axis, x[0] "
            "drops it"
        )
    for name, values in {"titles": titles, "marked": marked}.items():
        if values is not None and len(values) != len(images):
            raise InputError(
                f"{name} must be {len(images)}, one an image, got {len(values)}"
            )
    if not shapes:
        return plt.figure()
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    size = (0.85 * columns, (0.85 if titles is None else 1.15) * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    axes = axes.ravel()
    for ax in axes:
        ax.set_axis_off()
    for index, image in enumerate(images):
        axes[index].imshow(np.squeeze(image), cmap="gray_r", vmin=0, vmax=1)
        if titles is not None:
            axes[index].set_title(titles[index], fontsize=9)
        if marked is not None and marked[index]:
            axes[index].title.set(color=ORANGE, fontweight="bold")
    figure.tight_layout(pad=0.3)
    return figure


def plot_history(history: dict[str, list[float]]) -> Figure:
    """Draw what ``training.train`` returns: loss and accuracy over the epochs."""
    check_curves("history", history)
    lengths = {name: len(values) for name, values in history.items()}
    if not {"loss", "accuracy"} <= lengths.keys() or len({*lengths.values()}) > 1:
        raise InputError(
            "history must have loss and accuracy, with one number an epoch as all of "
            f"it, got {lengths}; compile with metrics=['accuracy']"
        )
    figure, axes = plt.subplots(1, 2, figsize=(8, 3))
    epochs = range(1, len(history["loss"]) + 1)
    for ax, name in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(epochs, history[name], "o-", color=BLUE, label="training")
        if f"val_{name}" in history:
            ax.plot(
                epochs, history[f"val_{name}"], "s--", color=ORANGE, label="validation"
            )
        ax.set(xlabel="epoch", ylabel=name, xlim=(0.5, len(epochs) + 0.5))
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        ax.legend(frameon=False)
    figure.tight_layout()
    return figure


def plot_losses(losses: dict[str, Sequence[float]], *, window: int = 1) -> Axes:
    """Draw the loss of every step for one or more runs, by their names.

    Single batches jump: it is averaged over ``window`` steps, at most the length of the
    shortest run.
    """
    check_curves("losses", losses)
    shortest = min(len(values) for values in losses.values())
    check_in(f"[1, {shortest}]", window=window)
    check_counts(window=window)
    _, ax = plt.subplots(figsize=(6, 3))
    colours = cycle((BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9"))
    for (name, values), colour in zip(losses.items(), colours, strict=False):
        smooth = np.convolve(values, np.ones(window) / window, mode="valid")
        ax.plot(np.arange(len(smooth)) + window, smooth, color=colour, label=name)
    ax.set(xlabel="step", ylabel="loss")
    if len(losses) > 1:
        ax.legend(frameon=False)
    return ax
