"""Controls: what is drawn after each, not that something is."""

import io

import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mnist_tutorial import models, plots, widgets
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import feature_maps
from mnist_tutorial.widgets import feature_map_browser


@pytest.fixture(autouse=True)
def closed_figures():
    plt.switch_backend("agg")
    plt.close("all")
    yield
    assert not plt.get_fignums(), "a figure stays open and is shown a second time"


@pytest.fixture
def drawn(monkeypatch):
    """Return the list of (maps, image) that were handed to the plot."""
    calls = []

    def plot(maps, *, image):
        calls.append((maps, image))
        return plots.plot_feature_maps(maps[..., :2], image=image)

    monkeypatch.setattr(widgets, "plot_feature_maps", plot)
    return calls


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return models.build_cnn()


def parts(browser):
    layer, index, drawing = browser.children
    assert isinstance(layer, ipywidgets.Dropdown)
    assert isinstance(index, ipywidgets.IntSlider)
    assert isinstance(drawing, ipywidgets.Image)
    return layer, index, drawing


def assert_shows(call, model, images, layer, index):
    maps, image = call
    expected = feature_maps(model, images[index : index + 1], layer)[0]
    np.testing.assert_array_equal(maps, expected)
    np.testing.assert_array_equal(image, images[index])


def test_each_control_draws_what_it_says(model, images, drawn):
    layer, index, drawing = parts(feature_map_browser(model, images))
    names = [layer.name for layer in model.layers[:5]]
    assert (list(layer.options), layer.value) == (names, names[0])
    assert (index.value, index.min, index.max) == (0, 0, 3)
    pictures = []

    def look():
        pictures.append(bytes(drawing.value))
        assert_shows(drawn[-1], model, images, layer.value, index.value)

    look()
    index.value = 2
    look()
    layer.value = names[3]
    look()
    index.value = 3
    look()
    assert len(set(pictures)) == len(drawn) == 4


def test_the_picture_is_the_one_that_plots_makes(model, images):
    layer, index, drawing = parts(feature_map_browser(model, images))
    layer.value = model.layers[1].name
    maps = feature_maps(model, images[:1], model.layers[1].name)[0]
    figure = plots.plot_feature_maps(maps, image=images[0])
    file = io.BytesIO()
    figure.savefig(file, format="png")
    plt.close(figure)
    assert drawing.format == "png"
    assert bytes(drawing.value) == file.getvalue()


def test_two_browsers_do_not_disturb_each_other(model, images, drawn):
    one, two = (parts(feature_map_browser(model, images)) for _ in range(2))
    before = bytes(two[2].value)
    one[1].value = 3
    assert two[1].value == 0
    assert bytes(two[2].value) == before != bytes(one[2].value)


def test_images_and_models_without_maps_are_refused(model, images):
    with pytest.raises(InputError, match="Conv2D"):
        feature_map_browser(models.build_linear(), images)
    with pytest.raises(InputError, match="at least one pixel"):
        feature_map_browser(model, images[:0])
    with pytest.raises(InputError, match="images must have shape"):
        feature_map_browser(model, images[..., 0])
