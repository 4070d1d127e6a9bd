"""Controls for a live kernel.

A page of the built book has no kernel behind it, so each of these stands beside a
static figure. What works without a kernel is in ``playground``.
"""

import base64
import io

import anywidget
import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from mnist_tutorial.checks import checked_images
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import feature_maps, map_layers
from mnist_tutorial.playground.explorable import joined
from mnist_tutorial.plots import SIGNED

# What the pad says that it found instead of one digit.
_FOUND = {
    "empty": "nothing on it",
    "dots": "only small dots",
    "marks": "too many marks",
    "several": "more than one",
    "wide": "ink too wide for one",
}


class DigitPad(anywidget.AnyWidget):
    """A pad to draw a digit on, by mouse, finger, pen or keys, or to drop a picture on.

    Show it in one cell, draw, and read `digit` in the next. It works in JupyterLab, VS
    Code and Colab. Shown twice, it keeps what was drawn last.

    Examples
    --------
    ::

        pad = DigitPad()
        pad

        model(pad.digit[np.newaxis])
    """

    _esm = joined("digit_pad.js") + "export default { render: showDigitPad };\n"
    _made = traitlets.Dict({"refusal": "empty"}).tag(sync=True)

    @property
    def digit(self) -> np.ndarray:
        """The drawing in MNIST's form, as the pad shows it.

        ``float32`` in [0, 1], shape ``(28, 28, 1)``, within 1/255 of what
        `mnist_tutorial.preprocessing.prepare_digit` makes of the same strokes.

        Raises
        ------
        InputError
            If nothing was drawn yet, or what was is not one digit: a model would read
            an empty image too.
        """
        if "refusal" in self._made:
            found = _FOUND[self._made["refusal"]]
            raise InputError(
                f"expected one digit on the pad, found {found}; draw one, then run "
                "this cell again"
            )
        numbers = np.frombuffer(base64.b64decode(self._made["field"]), np.float32)
        return numbers.reshape(28, 28, 1).copy()


def feature_map_browser(model: keras.Model, images: np.ndarray) -> ipywidgets.VBox:
    """Choose a layer and an image, and see the layer's maps of it.

    The page ``algorithm/receptive_field`` uses it. Arguments of another kind, or images
    that do not fit the model, raise ``InputError``.

    Parameters
    ----------
    model
        A model that knows its input shape, with a layer that gives maps.
    images
        At least one image, ``float32`` in [0, 1], shape ``(n, 28, 28, 1)``.

    Returns
    -------
    ipywidgets.VBox
        Three children: a dropdown of the layers, a slider over the images, and the
        drawing, a PNG that follows them.
    """
    images = checked_images(images)
    names = map_layers(model)
    if not names:
        raise InputError(
            "model must have a layer that gives (n, height, width, channels), "
            f"got {model.name} with none, such as keras.layers.Conv2D"
        )
    layer = ipywidgets.Dropdown(options=names, description="layer")
    index = ipywidgets.IntSlider(
        min=0, max=len(images) - 1, description="image", continuous_update=False
    )
    drawing = ipywidgets.Image(format="png", layout={"max_width": "100%"})

    def draw(change: dict | None = None) -> None:
        image = images[index.value]
        maps = feature_maps(model, image[np.newaxis], layer.value)[0]
        figure = _plot_maps(maps, image)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        plt.close(figure)  # or the notebook shows it once more
        drawing.value = file.getvalue()

    layer.observe(draw, names="value")
    index.observe(draw, names="value")
    draw()
    return ipywidgets.VBox([layer, index, drawing])


def _plot_maps(maps: np.ndarray, image: np.ndarray) -> Figure:
    """Draw an image and its maps, eight in a row, all maps on one colour scale.

    Zero is white, what is positive orange, what is negative blue.
    """
    channels = maps.shape[-1]
    columns = min(1 + channels, 8)
    rows = -(-(1 + channels) // columns)
    size = (0.95 * columns, 1.1 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    first, *others = axes.flat
    first.imshow(np.squeeze(image), cmap="gray_r", vmin=0, vmax=1)
    first.set_title("image", fontsize=8)
    limit = float(np.abs(maps).max()) or 1.0
    for channel, ax in enumerate(others[:channels]):
        ax.imshow(maps[..., channel], cmap=SIGNED, vmin=-limit, vmax=limit)
        ax.set_title(channel, fontsize=8)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color("0.8")
    for ax in others[channels:]:
        ax.set_axis_off()
    figure.tight_layout(pad=0.3, h_pad=0.9)
    return figure
