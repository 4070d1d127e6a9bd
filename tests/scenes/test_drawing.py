"""Shapes against areas known by hand, and against pixels cut into many small ones."""

import numpy as np
import pytest
from scipy import ndimage

from mnist_tutorial.scenes import drawing

HEIGHT, WIDTH = 24, 32
FINE = 16
GRID = drawing.pixel_grid(HEIGHT, WIDTH)


def cut_small(is_inside):
    """Return how much of each pixel lies inside, from 16 by 16 points in each."""
    y = (np.arange(HEIGHT * FINE)[:, np.newaxis] + 0.5) / FINE
    x = (np.arange(WIDTH * FINE)[np.newaxis, :] + 0.5) / FINE
    inside = is_inside(y, x).reshape(HEIGHT, FINE, WIDTH, FINE)
    return inside.mean(axis=(1, 3))


def test_first_pixel_has_its_middle_at_a_half():
    y, x = GRID
    assert (y.shape, x.shape) == ((HEIGHT, 1), (1, WIDTH))
    assert (y[0, 0], x[0, 0], y[-1, 0], x[0, -1]) == (0.5, 0.5, 23.5, 31.5)


POLYGON = [(3.2, 14.0), (18.5, 27.3), (20.1, 5.4)]


def is_in_polygon(y, x):
    sides = [
        (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0
        for (y0, x0), (y1, x1) in zip(POLYGON, POLYGON[1:] + POLYGON[:1], strict=True)
    ]
    return np.all(sides, axis=0)


def is_in_capsule(y, x):
    part = np.clip(((y - 8) * 6 + (x - 9) * 12) / (6**2 + 12**2), 0, 1)
    return np.hypot(y - 8 - 6 * part, x - 9 - 12 * part) < 4


@pytest.mark.parametrize(
    ("found", "is_inside", "most", "area"),
    [
        (
            drawing.rectangle(*GRID, top=2.25, bottom=8.875, left=1.5, right=3),
            lambda y, x: (y > 2.25) & (y < 8.875) & (x > 1.5) & (x < 3),
            1e-6,
            6.625 * 1.5,
        ),
        (
            drawing.ellipse(*GRID, centre=(11.3, 15.8), radii=(5, 8)),
            lambda y, x: ((x - 15.8) / 8) ** 2 + ((y - 11.3) / 5) ** 2 < 1,
            0.2,
            np.pi * 40,
        ),
        (drawing.convex_polygon(*GRID, POLYGON), is_in_polygon, 0.35, 178.175),
        (
            drawing.capsule(*GRID, start=(8, 9), end=(14, 21), radius=4),
            is_in_capsule,
            0.2,
            np.pi * 16 + 8 * np.hypot(6, 12),
        ),
        (
            drawing.capsule(*GRID, start=(12, 16), end=(12, 16), radius=6),
            lambda y, x: np.hypot(y - 12, x - 16) < 6,
            0.2,
            np.pi * 36,
        ),
    ],
)
def test_a_shape_fills_what_small_pixels_say(found, is_inside, most, area):
    assert np.abs(found - cut_small(is_inside)).max() < most
    assert abs(found.sum() - area) < 1


def test_shapes_take_one_value_a_picture():
    left = drawing.spread(np.array([2.0, 9.0]))
    assert left.shape == (2, 1, 1) and left.dtype == np.float32
    found = drawing.rectangle(*GRID, top=3, bottom=5, left=left, right=left + 4)
    assert found.shape == (2, HEIGHT, WIDTH)
    np.testing.assert_array_equal(found[0, :, 2:9], found[1, :, 9:16])


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


def test_boxes_are_scipys():
    labels = np.random.default_rng(1).integers(0, 60, (9, 11)) * (np.eye(9, 11) < 1)
    labels[3:5, 2:8] = 7
    owner, row, column = labels.ravel(), *(place.ravel() for place in np.mgrid[:9, :11])
    found = drawing.tight_boxes(owner, row, column, 62)
    for label, place in enumerate(ndimage.find_objects(labels, 61), start=1):
        rows, columns = place or (slice(0, 0), slice(0, 0))
        assert found[label].tolist() == [
            *(rows.start, columns.start, rows.stop, columns.stop)
        ]


# --- many shapes at once -------------------------------------------------------------


def shapes(count, **changes):
    """Return this many shapes that are alike but for the changes."""
    alike = {
        "scene": 0,
        "owner": 0,
        "is_body": True,
        "is_round": False,
        "top": 3.4,
        "bottom": 17.9,
        "left": 6.2,
        "right": 21.7,
        "taper": 0.0,
        "values": [0.5] * 5,
        "opacity": 1.0,
    }
    columns = {name: np.repeat([value], count, 0) for name, value in alike.items()}
    changed = {name: np.array(values) for name, values in changes.items()}
    return drawing.Shapes(**(columns | changed))


def painted(some, pictures):
    planes = np.zeros((5, pictures, HEIGHT, WIDTH), dtype=np.float32)
    drawing.paint(planes, some, drawing.rasterize(some, HEIGHT, WIDTH))
    return planes[0]


def coverage_of(some):
    found = drawing.rasterize(some, HEIGHT, WIDTH)
    coverage = np.zeros(HEIGHT * WIDTH)
    coverage[found.pixel] = found.coverage
    return found, coverage


@pytest.mark.parametrize("taper", [0.0, 0.5])
def test_trapezium_covers_what_small_pixels_say(taper):
    found, coverage = coverage_of(shapes(1, taper=[taper]))

    def is_inside(y, x):
        up = (17.9 - y) / 14.5
        half = 7.75 * (1 - taper * up)
        return (up > 0) & (up < 1) & (np.abs(x - 13.95) < half)

    assert np.abs(coverage - cut_small(is_inside).ravel()).max() < 0.2
    assert abs(coverage.sum() - 15.5 * 14.5 * (1 - taper / 2)) < 2
    # What counts as the body are the pixels whose middle is inside.
    assert set(found.pixel[found.is_body]) == set(np.flatnonzero(is_inside(*GRID)))


def test_a_round_shape_is_the_ellipse_in_its_frame():
    found, coverage = coverage_of(shapes(1, is_round=[True]))
    ellipse = drawing.ellipse(*GRID, centre=(10.65, 13.95), radii=(7.25, 7.75))
    np.testing.assert_allclose(coverage, ellipse.ravel(), atol=1e-5)
    assert set(found.pixel[found.is_body]) == set(np.flatnonzero(ellipse >= 0.5))
    shadow = drawing.rasterize(shapes(1, is_body=[False]), HEIGHT, WIDTH)
    assert not shadow.is_body.any()


def test_later_shapes_cover_earlier_ones_and_opacity_lets_through():
    values = np.repeat([[0.8], [0.2], [0.4]], 5, axis=1)
    picture = painted(shapes(3, values=values, opacity=[1.0, 1.0, 0.5]), 1)[0]
    # The second hides the first; the last lets half of it through.
    np.testing.assert_allclose(picture[10, 12], 0.3, atol=1e-6)
    assert picture[0, 0] == 0


def test_shapes_stay_in_their_pictures_and_off_the_edge():
    planes = painted(shapes(2, scene=[0, 2], left=[-5.0, 28.0], right=[4.0, 45.0]), 3)
    touched = planes.sum(axis=1) > 0  # (3, width)
    assert list(np.flatnonzero(touched[0])) == [0, 1, 2, 3]
    assert not touched[1].any()
    assert list(np.flatnonzero(touched[2])) == [28, 29, 30, 31]
    assert not painted(shapes(0), 1).any()


def test_a_shape_costs_the_pixels_of_its_frame_and_a_picture_no_loop():
    """Many pictures are painted in as many goes as the fullest has shapes."""
    pictures, each = 40, 3
    some = shapes(
        pictures * each,
        scene=np.repeat(np.arange(pictures), each),
        right=np.tile([21.7, 7.0, 45.0], pictures),
    )
    found = drawing.rasterize(some, HEIGHT, WIDTH)
    # Rows 3 to 17, and columns from 6: to 21, column 6 alone, to the border.
    assert len(found.pixel) == pictures * 15 * (16 + 1 + WIDTH - 6)
    assert len(found.layers) == each
    for layer in found.layers:
        assert len(np.unique(found.pixel[layer])) == len(found.pixel[layer])
