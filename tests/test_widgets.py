"""Controls: what is drawn after each, not that something is.

What a reader does with the pad is tested in ``tests/browser/test_digit_pad.py``.
"""

import io
import re

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers
from matplotlib.colors import to_hex

from mnist_tutorial import models
from mnist_tutorial.errors import InputError
from mnist_tutorial.inspection import feature_maps
from mnist_tutorial.plots import BLUE, ORANGE
from mnist_tutorial.widgets import DigitPad, _plot_maps, feature_map_browser


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
    """Return them drawn, as a PNG."""
    file = io.BytesIO()
    figure = _plot_maps(maps, image)
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


@pytest.mark.parametrize("scale", [0, 1])
def test_maps_are_drawn_in_order_after_their_image_on_one_scale(images, scale):
    maps = scale * np.random.default_rng(1).normal(size=(5, 6, 9))
    figure = _plot_maps(maps, images[0])
    first, *others = [ax for ax in figure.axes if ax.images]
    np.testing.assert_array_equal(first.images[0].get_array(), images[0, ..., 0])
    assert first.images[0].get_cmap().name == "gray_r"
    assert first.images[0].get_clim() == (0, 1)
    assert len(others) == 9 and len(figure.axes) == 16
    assert not any(ax.axison for ax in figure.axes[10:])
    limit = np.abs(maps).max() or 1
    for channel, ax in enumerate(others):
        (shown,) = ax.images
        np.testing.assert_array_equal(shown.get_array(), maps[..., channel])
        assert (ax.get_title(), shown.get_clim()) == (str(channel), (-limit, limit))
        assert ax.get_subplotspec().num1 == channel + 1
    low, zero, high = (to_hex(shown.to_rgba(value)) for value in (-limit, 0, limit))
    assert (low, high) == (BLUE.lower(), ORANGE.lower())
    # A scale of 256 colours has none that is exactly the middle.
    assert min(int(zero[at : at + 2], 16) for at in (1, 3, 5)) >= 253
    plt.close(figure)


def test_images_and_models_without_maps_are_refused(model, images):
    with pytest.raises(InputError, match="Conv2D"):
        feature_map_browser(models.build_linear(), images)
    with pytest.raises(InputError, match="at least one pixel"):
        feature_map_browser(model, images[:0])


# --- the pad -------------------------------------------------------------------------


def test_a_pad_without_one_digit_says_what_is_on_it():
    pad = DigitPad()
    with pytest.raises(InputError, match="one digit on the pad, found nothing.*draw"):
        pad.digit.mean()
    for refusal, found in [("several", "more than one"), ("dots", "only small dots")]:
        pad.set_state({"_made": {"refusal": refusal}})
        with pytest.raises(InputError, match=f"found {found}; draw one, then run"):
            pad.digit.mean()


def test_a_pad_asks_no_host_for_its_script():
    script = DigitPad().get_state("_esm")["_esm"]
    assert script.count("export ") == 1 and script.splitlines()[-1].startswith("export")
    assert "import " not in re.sub(r"/\*.*?\*/", "", script, flags=re.S)
    assert set(re.findall(r"https?://\S+?\"", script)) <= {
        'http://www.w3.org/2000/svg"'
    }
