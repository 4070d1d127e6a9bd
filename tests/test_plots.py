"""What the pictures hold: their images, lines, words and colours, not their pixels."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from mnist_tutorial import plots
from mnist_tutorial.errors import InputError


@pytest.fixture(autouse=True)
def closed_figures(monkeypatch):
    """Draw without a screen, refuse ``plt.show`` and leave no figure behind."""
    plt.switch_backend("agg")
    plt.close("all")
    monkeypatch.delattr(plt, "show")  # who shows something fails
    monkeypatch.delattr(Figure, "show")
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before, "a plot changed the global style"
    plt.close("all")


@pytest.fixture
def images():
    return np.random.default_rng(0).random((7, 28, 28, 1), dtype=np.float32)


def drawn(figure):
    """Return the axes that hold an image."""
    return [ax for ax in figure.axes if ax.images]


# --- digits --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "grid"), [(10, (1, 7)), (7, (1, 7)), (3, (3, 3)), (1, (7, 1))]
)
def test_digits_are_drawn_in_rows_dark_on_white(images, columns, grid):
    images = 0.2 * images  # faint ones stay faint
    without_channel = plots.plot_digits(images[..., 0], columns=columns)
    for figure in (plots.plot_digits(images, columns=columns), without_channel):
        axes, empty = figure.axes[:7], figure.axes[7:]
        for place, (ax, image) in enumerate(zip(axes, images, strict=True)):
            (shown,) = ax.images
            np.testing.assert_array_equal(shown.get_array(), image[..., 0])
            assert shown.get_cmap().name == "gray_r"
            assert shown.get_clim() == (0, 1)
            assert ax.get_title() == ""
            assert ax.get_subplotspec().get_geometry()[:3] == (*grid, place)
        assert not any(ax.axison for ax in figure.axes)
        assert len(empty) == grid[0] * grid[1] - 7
        assert not any(ax.images for ax in empty)


@pytest.mark.parametrize(
    "marked", [None, np.array([False, True, False, False, True, False, False])]
)
def test_titles_are_set_and_the_marked_ones_stand_out(images, marked):
    titles = [f"{n} → {n + 1}" for n in range(7)]
    axes = drawn(plots.plot_digits(images, titles, columns=4, marked=marked))
    assert [ax.get_title() for ax in axes] == titles
    looks = [(to_hex(ax.title.get_color()), ax.title.get_fontweight()) for ax in axes]
    plain, strong = ("#000000", "normal"), (plots.ORANGE.lower(), "bold")
    expected = [False] * 7 if marked is None else marked
    assert looks == [strong if is_marked else plain for is_marked in expected]


def test_no_images_give_an_empty_figure():
    # A network without a single error has no worst errors to show.
    figure = plots.plot_digits(np.empty((0, 28, 28, 1)), [])
    assert drawn(figure) == []


# --- the history ---------------------------------------------------------------------

HISTORY = {
    "loss": [2.0, 1.0, 0.5],
    "accuracy": [0.3, 0.6, 0.9],
    "val_loss": [2.1, 1.2, 0.8],
    "val_accuracy": [0.25, 0.5, 0.75],
}


def test_history_has_a_panel_each_for_loss_and_accuracy():
    figure = plots.plot_history(HISTORY)
    for ax, name in zip(figure.axes, ("loss", "accuracy"), strict=True):
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", name)
        training, validation = ax.lines
        for line, key in ((training, name), (validation, f"val_{name}")):
            assert list(line.get_xdata()) == [1, 2, 3]
            assert list(line.get_ydata()) == HISTORY[key]
        assert (training.get_linestyle(), validation.get_linestyle()) == ("-", "--")
        colours = [training.get_color(), validation.get_color()]
        assert colours == [plots.BLUE, plots.ORANGE]
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert texts == ["training", "validation"]


@pytest.mark.parametrize("epochs", [1, 5, 30])
def test_history_without_validation_has_one_line_over_whole_epochs(epochs):
    history = {"loss": [1.0] * epochs, "accuracy": [0.5] * epochs}
    for ax in plots.plot_history(history).axes:
        assert len(ax.lines) == len(ax.get_legend().get_texts()) == 1
        low, high = ax.get_xlim()
        ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(float(tick).is_integer() for tick in ticks)


# --- losses --------------------------------------------------------------------------


def test_losses_are_drawn_as_they_are_without_a_window():
    # What became NaN is left out and does not spread.
    ax = plots.plot_losses({"one": [3.0, 1.0, 2.0, np.nan]})
    (line,) = ax.lines
    assert list(line.get_xdata()) == [1, 2, 3, 4]
    np.testing.assert_allclose(line.get_ydata(), [3, 1, 2, np.nan])
    assert ax.get_legend() is None
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")


def test_a_window_averages_the_steps_up_to_where_it_stands():
    values = np.random.default_rng(0).random(40)
    (line,) = plots.plot_losses({"one": values}, window=10).lines
    assert list(line.get_xdata()) == list(range(10, 41))
    expected = [values[end - 10 : end].mean() for end in range(10, 41)]
    np.testing.assert_allclose(line.get_ydata(), expected)


def test_runs_are_named_in_the_colours_of_okabe_and_ito_and_none_is_dropped():
    palette = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}
    ax = plots.plot_losses({name: [1.0, 2.0] for name in "abcdefghi"})
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == list("abcdefghi")
    colours = [to_hex(line.get_color()) for line in ax.lines]
    assert set(colours[:6]) == palette and len(colours) == 9


# --- all of them ---------------------------------------------------------------------

DIGITS = np.zeros((3, 28, 28))
RUNS = {"short": [4.0, 4.0, 4.0], "long": [4.0] * 9}


@pytest.mark.parametrize(
    ("plot", "data", "options", "message"),
    [
        (plots.plot_digits, DIGITS[0], {}, r"got \(28, 28\); x\[:1\] keeps the first"),
        (plots.plot_digits, np.zeros((28, 28, 1)), {}, r"got \(28, 28, 1\); x\[:1\]"),
        (plots.plot_digits, np.zeros((3, 28, 28, 3)), {}, "images must have shape"),
        (plots.plot_digits, DIGITS, {"titles": ["a"]}, "titles must be 3, .*, got 1"),
        (plots.plot_digits, DIGITS, {"marked": [1] * 4}, "marked must be 3, .* got 4"),
        (plots.plot_losses, RUNS, {"window": 0}, r"window must .* \[1, 3\], got 0"),
        (plots.plot_losses, RUNS, {"window": 4}, r"window must .* \[1, 3\], got 4"),
    ],
)
def test_what_cannot_be_drawn_is_refused(plot, data, options, message):
    with pytest.raises(InputError, match=message):
        plot(data, **options)
    assert not plt.get_fignums()
