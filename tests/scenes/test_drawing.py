"""Shapes against pixels cut into many small ones."""

import numpy as np
import pytest

from mnist_tutorial.scenes import drawing

HEIGHT, WIDTH, FINE = 24, 32, 16
GRID = drawing.pixel_grid(HEIGHT, WIDTH)


def cut_small(is_inside):
    """Return how much of each pixel lies inside, from 16 by 16 points in each."""
    y = (np.arange(HEIGHT * FINE)[:, np.newaxis] + 0.5) / FINE
    x = (np.arange(WIDTH * FINE)[np.newaxis, :] + 0.5) / FINE
    inside = is_inside(y, x).reshape(HEIGHT, FINE, WIDTH, FINE)
    return inside.mean(axis=(1, 3))


def is_in_capsule(y, x):
    part = np.clip(((y - 8) * 6 + (x - 9) * 12) / (6**2 + 12**2), 0, 1)
    return np.hypot(y - 8 - 6 * part, x - 9 - 12 * part) < 4


@pytest.mark.parametrize(
    ("found", "is_inside", "most"),
    [
        (
            drawing.rectangle(*GRID, top=2.25, bottom=8.875, left=1.5, right=3),
            lambda y, x: (y > 2.25) & (y < 8.875) & (x > 1.5) & (x < 3),
            1e-6,
        ),
        (
            drawing.ellipse(*GRID, centre=(11.3, 15.8), radii=(5, 8)),
            lambda y, x: ((x - 15.8) / 8) ** 2 + ((y - 11.3) / 5) ** 2 < 1,
            0.2,
        ),
        (
            drawing.convex_polygon(*GRID, [(3.2, 14.1), (20.2, 26.0), (20.2, 2.2)]),
            lambda y, x: (y < 20.2) & (np.abs(x - 14.1) < 0.7 * (y - 3.2)),
            0.35,
        ),
        (
            drawing.capsule(*GRID, start=(8, 9), end=(14, 21), radius=4),
            is_in_capsule,
            0.2,
        ),
        (
            drawing.capsule(*GRID, start=(12, 16), end=(12, 16), radius=6),
            lambda y, x: np.hypot(y - 12, x - 16) < 6,
            0.2,
        ),
    ],
)
def test_a_shape_fills_what_small_pixels_say(found, is_inside, most):
    small = cut_small(is_inside)
    assert np.abs(found - small).max() < most
    assert abs(found.sum() - small.sum()) < 1


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
        points, half = noise[:, ::cell, ::cell], noise[:, ::cell, cell // 2 :: cell]
        between = (points[..., 1:] + points[..., :-1]) / 2
        assert cell == 1 or np.allclose(half[..., : between.shape[2]], between)
        return np.corrcoef(noise[:, :, :-4].ravel(), noise[:, :, 4:].ravel())[0, 1]

    assert neighbours_alike(1) < 0.1 < neighbours_alike(4) + 0.1 < 0.4
    assert neighbours_alike(16) > 0.8


def shapes(count, **changes):
    """Return this many shapes that are alike but for the changes."""
    alike = drawing.Shapes(
        *(0, 0, True, False),  # scene, owner, is_body, is_round
        *(3.4, 17.9, 6.2, 21.7, 0.0),  # top, bottom, left, right, taper
        *([0.5] * 5, 1.0),  # values, opacity
    )
    columns = [np.repeat([value], count, axis=0) for value in alike]
    return drawing.Shapes(*columns)._replace(
        **{name: np.array(values) for name, values in changes.items()}
    )


def painted(some, pictures):
    """Return the first plane of pictures with these shapes, and their pixels."""
    planes = np.zeros((5, pictures, HEIGHT, WIDTH), dtype=np.float32)
    found = drawing.rasterize(some, HEIGHT, WIDTH)
    drawing.paint(planes, some, found)
    return planes[0], found


@pytest.mark.parametrize(
    ("changes", "is_inside"),
    [
        ({"taper": [0.5]}, lambda up, aside: np.abs(aside) < 1 - 0.25 * (up + 1)),
        ({"is_round": [True]}, lambda up, aside: up**2 + aside**2 < 1),
    ],
)
def test_a_shape_covers_what_small_pixels_say(changes, is_inside):
    def is_in_frame(y, x):
        up, aside = (10.65 - y) / 7.25, (x - 13.95) / 7.75  # from -1 to 1
        return (np.abs(up) < 1) & is_inside(up, aside)

    picture, found = painted(shapes(1, values=[[1] * 5], **changes), 1)
    small = cut_small(is_in_frame)
    assert np.abs(picture[0] - small).max() < 0.2
    assert abs(picture.sum() - small.sum()) < 1
    # What counts as the body are the pixels whose middle is inside.
    assert set(found.pixel[found.is_body]) == set(np.flatnonzero(is_in_frame(*GRID)))
    _, shadow = painted(shapes(1, is_body=[False], **changes), 1)
    assert not shadow.is_body.any()


def test_later_shapes_cover_earlier_ones_and_opacity_lets_through():
    values = np.repeat([[0.8], [0.2], [0.4]], 5, axis=1)
    picture = painted(shapes(3, values=values, opacity=[1.0, 1.0, 0.5]), 1)[0][0]
    # The second hides the first; the last lets half of it through.
    np.testing.assert_allclose(picture[10, 12], 0.3, atol=1e-6)
    assert picture[0, 0] == 0


def test_shapes_stay_in_their_pictures_and_off_the_edge():
    some = shapes(2, scene=[0, 2], left=[-5.0, 28.0], right=[4.0, 45.0])
    touched = painted(some, 3)[0].sum(axis=1) > 0  # (3, width)
    assert list(np.flatnonzero(touched[0])) == [0, 1, 2, 3]
    assert not touched[1].any()
    assert list(np.flatnonzero(touched[2])) == [28, 29, 30, 31]
    assert not painted(shapes(0), 1)[0].any()


def test_pictures_are_painted_in_as_many_goes_as_the_fullest_has_shapes():
    scene = np.repeat(np.arange(40), 3)
    found = painted(shapes(120, scene=scene, right=np.tile([21.7, 7, 45], 40)), 40)[1]
    # Rows 3 to 17, and columns from 6: to 21, column 6 alone, to the border.
    assert len(found.pixel) == 40 * 15 * (16 + 1 + WIDTH - 6)
    assert len(found.layers) == 3
    for layer in found.layers:
        assert len(np.unique(found.pixel[layer])) == len(found.pixel[layer])
