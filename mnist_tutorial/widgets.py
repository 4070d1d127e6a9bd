"""Controls for a live kernel, thin over ``plots``.

A page of the built book has no kernel behind it, so each of these stands beside a
static figure. What works without a kernel is in ``playground``.
"""

import io

import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np

from mnist_tutorial.checks import checked_images
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import feature_maps, map_layers
from mnist_tutorial.plots import plot_feature_maps


def feature_map_browser(model: keras.Model, images: np.ndarray) -> ipywidgets.VBox:
    """Choose a layer and an image, and see the layer's maps of it.

    The page ``algorithm/receptive_field`` uses it.

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

    Raises
    ------
    InputError
        If an argument is of another kind, or the images do not fit the model.
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
        figure = plot_feature_maps(maps, image=image)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        plt.close(figure)  # or the notebook shows it once more
        drawing.value = file.getvalue()

    layer.observe(draw, names="value")
    index.observe(draw, names="value")
    draw()
    return ipywidgets.VBox([layer, index, drawing])
