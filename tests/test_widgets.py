"""Controls: what is drawn after each, not that something is."""

import io

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import feature_maps
from mnist_tutorial.plots import plot_feature_maps
from mnist_tutorial.widgets import feature_map_browser


@pytest.fixture(autouse=True)
def closed_figures():
    plt.switch_backend("agg")
    plt.close("all")
    yield
    assert not plt.get_fignums(), "a figure stays open and is shown a second time"


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    maps = [layers.Conv2D(2, 3, name="first"), layers.MaxPooling2D(name="second")]
    return keras.Sequential([keras.Input((28, 28, 1)), *maps, layers.Flatten()])


def picture(maps, image):
    """Return the PNG that ``plots`` makes of them."""
    file = io.BytesIO()
    figure = plot_feature_maps(maps, image=image)
    figure.savefig(file, format="png")
    plt.close(figure)
    return file.getvalue()


def test_each_control_draws_what_it_says(model, images):
    layer, index, drawing = feature_map_browser(model, images).children
    assert (layer.options, layer.value) == (("first", "second"), "first")
    assert (index.value, index.min, index.max, drawing.format) == (0, 0, 3, "png")
    seen = []
    for change in ({}, {"index": 2}, {"layer": "second"}, {"index": 3}):
        index.value = change.get("index", index.value)
        layer.value = change.get("layer", layer.value)
        image = images[index.value]
        maps = feature_maps(model, image[np.newaxis], layer.value)[0]
        assert bytes(drawing.value) == picture(maps, image)
        seen.append(bytes(drawing.value))
    assert len(set(seen)) == 4


def test_images_and_models_without_maps_are_refused(model, images):
    with pytest.raises(InputError, match="Conv2D"):
        feature_map_browser(models.build_linear(), images)
    with pytest.raises(InputError, match="at least one pixel"):
        feature_map_browser(model, images[:0])
