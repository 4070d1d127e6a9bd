"""Shapes against areas known by hand, and against pixels cut into many small ones."""

import numpy as np
import pytest
from scipy import ndimage

from mnist_tutorial.scenes import drawing, painting

HEIGHT, WIDTH = 24, 32
FINE = 16


def grid():
    return drawing.pixel_grid(HEIGHT, WIDTH)


def cut_small(is_inside):
    """Return how much of each pixel lies inside, from 16 by 16 points in each."""
    y = (np.arange(HEIGHT * FINE)[:, np.newaxis] + 0.5) / FINE
    x = (np.arange(WIDTH * FINE)[np.newaxis, :] + 0.5) / FINE
    inside = is_inside(y, x).reshape(HEIGHT, FINE, WIDTH, FINE)
    return inside.mean(axis=(1, 3))


def test_first_pixel_has_its_middle_at_a_half():
    y, x = grid()
    assert (y.shape, x.shape) == ((HEIGHT, 1), (1, WIDTH))
    assert (y[0, 0], x[0, 0], y[-1, 0], x[0, -1]) == (0.5, 0.5, 23.5, 31.5)


def test_rectangle_fills_exactly_its_area():
    found = drawing.rectangle(*grid(), top=2.25, bottom=8.875, left=1.5, right=3)
    np.testing.assert_allclose(found.sum(), 6.625 * 1.5, rtol=1e-6)
    expected = cut_small(
        lambda y, x: (y > 2.25) & (y < 8.875) & (x > 1.5) & (x < 3),
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_shapes_take_one_value_a_picture():
    left = np.array([2.0, 9.0])[:, np.newaxis, np.newaxis]
    found = drawing.rectangle(*grid(), top=3, bottom=5, left=left, right=left + 4)
    assert found.shape == (2, HEIGHT, WIDTH)
    np.testing.assert_array_equal(found[0, :, 2:9], found[1, :, 9:16])


def test_ellipse_lies_where_it_should():
    found = drawing.ellipse(
        *grid(), centre_y=11.3, centre_x=15.8, radius_y=5, radius_x=8
    )
    expected = cut_small(
        lambda y, x: ((x - 15.8) / 8) ** 2 + ((y - 11.3) / 5) ** 2 < 1,
    )
    assert np.abs(found - expected).max() < 0.2
    assert abs(found.sum() - np.pi * 40) < 1


def test_polygon_lies_where_it_should():
    corners = [(3.2, 14.0), (18.5, 27.3), (20.1, 5.4)]
    found = drawing.convex_polygon(*grid(), corners)

    def is_inside(y, x):
        sides = [
            (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0
            for (y0, x0), (y1, x1) in zip(
                corners, [*corners[1:], corners[0]], strict=True
            )
        ]
        return np.all(sides, axis=0)

    assert np.abs(found - cut_small(is_inside)).max() < 0.35


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_blur_is_scipys(radius):
    images = np.random.default_rng(radius).random((2, 9, 11, 3), dtype=np.float32)
    size = (1, 2 * radius + 1, 2 * radius + 1, 1)
    expected = ndimage.uniform_filter(images, size, mode="nearest")
    np.testing.assert_allclose(drawing.box_blur(images, radius), expected, atol=1e-5)
    gray = drawing.box_blur(images[..., 0], radius)
    np.testing.assert_allclose(gray, expected[..., 0], atol=1e-5)


def test_noise_has_blobs_of_the_size_asked_for():
    def neighbours_alike(cell):
        rng = np.random.default_rng(0)
        noise = drawing.value_noise(rng, 20, 40, 60, cell=cell)
        assert noise.shape == (20, 40, 60) and noise.dtype == np.float32
        assert noise.min() >= 0 and noise.max() <= 1
        assert 0.4 < noise.mean() < 0.6
        return np.corrcoef(noise[:, :, :-4].ravel(), noise[:, :, 4:].ravel())[0, 1]

    assert neighbours_alike(1) < 0.1 < neighbours_alike(4) + 0.1 < 0.4
    assert neighbours_alike(16) > 0.8


# --- many shapes at once -------------------------------------------------------------


def one_shape(**changes):
    shape = {
        "scene": [0],
        "order": [0.0],
        "owner": [0],
        "is_body": [True],
        "is_round": [False],
        "top": [3.4],
        "bottom": [17.9],
        "left": [6.2],
        "right": [21.7],
        "taper": [0.0],
        "values": [np.full(5, 0.5)],
        "opacity": [1.0],
    }
    return painting.Shapes(**{k: np.array(v) for k, v in {**shape, **changes}.items()})


@pytest.mark.parametrize("taper", [0.0, 0.5])
def test_trapezium_covers_what_small_pixels_say(taper):
    shapes = one_shape(taper=[taper])
    found = painting.rasterize(shapes, HEIGHT, WIDTH)
    coverage = np.zeros(HEIGHT * WIDTH)
    coverage[found.pixel] = found.coverage

    def is_inside(y, x):
        up = (17.9 - y) / 14.5
        half = 7.75 * (1 - taper * up)
        return (up > 0) & (up < 1) & (np.abs(x - 13.95) < half)

    expected = cut_small(is_inside).ravel()
    assert np.abs(coverage - expected).max() < 0.2
    assert abs(coverage.sum() - 15.5 * 14.5 * (1 - taper / 2)) < 2
    # What counts as inside are the pixels whose middle is inside.
    middles = np.array(
        [is_inside(y + 0.5, x + 0.5) for y in range(24) for x in range(32)]
    )
    assert set(found.pixel[found.is_inside]) == set(np.flatnonzero(middles))


def test_later_shapes_cover_earlier_ones_and_opacity_lets_through():
    values = np.zeros((3, 5))
    values[:, 0] = (0.2, 0.8, 0.4)
    shapes = one_shape(
        **{
            name: np.repeat(value, 3, axis=0)
            for name, value in one_shape()._asdict().items()
            if name not in ("order", "values", "opacity")
        },
        order=[2.0, 1.0, 3.0],
        values=values,
        opacity=[1.0, 1.0, 0.5],
    )
    shapes = painting.stack_shapes([shapes])
    planes = np.zeros((5, 1, HEIGHT, WIDTH), dtype=np.float32)
    painting.paint(planes, shapes, painting.rasterize(shapes, HEIGHT, WIDTH))
    # The one of order 2 hides the one of order 1; the last lets half of it through.
    np.testing.assert_allclose(planes[0, 0, 10, 12], 0.3, atol=1e-6)
    assert planes[0, 0, 0, 0] == 0


def test_shapes_stay_in_their_pictures_and_off_the_edge():
    shapes = one_shape(
        **{
            name: np.repeat(value, 2, axis=0)
            for name, value in one_shape()._asdict().items()
            if name not in ("scene", "left", "right")
        },
        scene=[0, 2],
        left=[-5.0, 28.0],
        right=[4.0, 45.0],
    )
    planes = np.zeros((5, 3, HEIGHT, WIDTH), dtype=np.float32)
    painting.paint(planes, shapes, painting.rasterize(shapes, HEIGHT, WIDTH))
    touched = planes[0].sum(axis=1) > 0  # (3, width)
    assert list(np.flatnonzero(touched[0])) == [0, 1, 2, 3]
    assert not touched[1].any()
    assert list(np.flatnonzero(touched[2])) == [28, 29, 30, 31]


def test_a_shape_costs_the_pixels_of_its_frame_and_a_picture_no_loop():
    """Many pictures are painted in as many goes as the fullest has shapes."""
    pictures, shapes_each = 40, 3
    count = pictures * shapes_each
    shapes = one_shape(
        **{
            name: np.repeat(value, count, axis=0)
            for name, value in one_shape()._asdict().items()
            if name not in ("scene", "right")
        },
        scene=np.repeat(np.arange(pictures), shapes_each),
        right=np.tile([21.7, 7.0, 45.0], pictures),
    )
    found = painting.rasterize(shapes, HEIGHT, WIDTH)
    # Rows 3 to 17, and columns from 6: to 21, column 6 alone, to the border.
    assert len(found.pixel) == pictures * 15 * (16 + 1 + WIDTH - 6)
    assert len(painting.layers_of(found)) == shapes_each
