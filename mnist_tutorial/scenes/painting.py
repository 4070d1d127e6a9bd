"""Paint many small shapes into many pictures at once, the far ones first.

A picture is built in *planes*: red, green and blue, and two that nobody sees but that
night and fog ask for: how near the thing in the pixel is, and how much it shines by
itself. Each shape touches only the pixels of its own frame, and no shape has a loop of
its own: all that are the n-th of their pictures are painted in one go.
"""

from typing import NamedTuple

import numpy as np

# The planes: three colours, 1 / distance in metres (0 for the sky), own light.
COLOURS, NEARNESS, SHINE = slice(0, 3), 3, 4
PLANES = 5


class Shapes(NamedTuple):
    """A list of shapes, one row each; lower ``order`` is painted first.

    Attributes
    ----------
    scene
        Number of the picture, shape ``(m,)``, as all that follow unless said.
    order
        Any numbers that sort the shapes of a picture.
    owner
        Number of the object that the shape belongs to.
    is_body
        Whether its pixels count as the object, in masks and boxes; a shadow does not.
    is_round
        An ellipse; otherwise an upright rectangle or trapezium.
    top, bottom, left, right
        In pixels.
    taper
        By how much narrower the top is than the bottom, in [0, 1).
    values
        One value a plane, shape ``(m, 5)``.
    opacity
        In [0, 1].
    """

    scene: np.ndarray
    order: np.ndarray
    owner: np.ndarray
    is_body: np.ndarray
    is_round: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    left: np.ndarray
    right: np.ndarray
    taper: np.ndarray
    values: np.ndarray
    opacity: np.ndarray


class Painted(NamedTuple):
    """The pixels of all shapes, in the order in which they are painted.

    Attributes
    ----------
    pixel
        Index into pictures of shape ``(n, height, width)``, flattened.
    shape
        Which shape it belongs to.
    layer
        No pixel occurs twice in one layer, so a layer is painted in one go.
    coverage
        How much of the pixel the shape fills, times its opacity.
    is_inside
        Whether the middle of the pixel lies in the shape, which for this is taken to
        be at least a pixel high and wide.
    """

    pixel: np.ndarray
    shape: np.ndarray
    layer: np.ndarray
    coverage: np.ndarray
    is_inside: np.ndarray


def stack_shapes(parts: list[Shapes]) -> Shapes:
    """Put lists of shapes together and sort them by picture and order."""
    together = Shapes(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    by_order = np.lexsort((together.order, together.scene))
    return Shapes(*(column[by_order] for column in together))


def rasterize(shapes: Shapes, height: int, width: int) -> Painted:
    """Find the pixels of each shape.

    Parameters
    ----------
    shapes
        Sorted, as :func:`stack_shapes` gives them.
    height, width
        Size of the pictures in pixels.
    """
    count = len(shapes.scene)
    first_row = np.clip(np.floor(shapes.top), 0, height).astype(np.int64)
    last_row = np.clip(np.ceil(shapes.bottom), 0, height).astype(np.int64)
    first_column = np.clip(np.floor(shapes.left), 0, width).astype(np.int64)
    last_column = np.clip(np.ceil(shapes.right), 0, width).astype(np.int64)
    columns = np.maximum(last_column - first_column, 0)
    sizes = np.maximum(last_row - first_row, 0) * columns
    shape = np.repeat(np.arange(count), sizes)
    within = np.arange(len(shape)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    row_within, column_within = np.divmod(within, columns[shape])
    row = first_row[shape] + row_within
    column = first_column[shape] + column_within

    half_y = ((shapes.bottom - shapes.top) / 2).astype(np.float32)
    half_x = ((shapes.right - shapes.left) / 2).astype(np.float32)
    down = row + np.float32(0.5) - (shapes.top + half_y)[shape].astype(np.float32)
    aside = np.abs(column + np.float32(0.5) - (shapes.left + half_x)[shape])
    aside = aside.astype(np.float32)
    half_y, half_x = half_y[shape], half_x[shape]
    share_up = np.clip(0.5 - down / (2 * half_y), 0, 1)
    here = half_x * (1 - shapes.taper[shape].astype(np.float32) * share_up)
    rows = _overlap(np.abs(down), half_y)
    coverage = rows * _overlap(aside, here)
    # What is thinner than a pixel counts as one pixel wide, or it would be lost.
    is_inside = np.abs(down) <= np.maximum(half_y, 0.5)
    is_inside &= aside <= np.maximum(here, 0.5)

    round_ = shapes.is_round[shape]
    from_centre = np.sqrt((down / half_y) ** 2 + (aside / half_x) ** 2)
    edge = (1 - from_centre) * np.minimum(half_y, half_x)
    largest = np.minimum(1, 4 * half_y * half_x)
    disc = np.minimum(np.clip(0.5 + edge, 0, 1), largest)
    coverage = np.where(round_, disc, coverage) * shapes.opacity[shape]
    is_inside &= ~round_ | (from_centre <= 1) | (largest < 1)

    starts = np.flatnonzero(np.r_[True, shapes.scene[1:] != shapes.scene[:-1]])
    lengths = np.diff(np.r_[starts, count])
    layers = np.arange(count) - np.repeat(starts, lengths)
    pixel = (shapes.scene[shape] * height + row) * width + column
    by_layer = np.argsort(layers[shape], kind="stable")
    return Painted(
        pixel[by_layer],
        shape[by_layer],
        layers[shape][by_layer],
        coverage[by_layer].astype(np.float32),
        is_inside[by_layer],
    )


def paint(planes: np.ndarray, shapes: Shapes, painted: Painted) -> None:
    """Paint the shapes over the planes, in place.

    Parameters
    ----------
    planes
        ``float32``, shape ``(5, n, height, width)``, contiguous; changed.
    shapes, painted
        The shapes, and what :func:`rasterize` made of them.
    """
    flat = planes.reshape(PLANES, -1)
    values = shapes.values.T.astype(np.float32)  # (5, m)
    for part in layers_of(painted):
        pixel, shape = painted.pixel[part], painted.shape[part]
        below = flat[:, pixel]
        below += painted.coverage[part] * (values[:, shape] - below)
        flat[:, pixel] = below


def layers_of(painted: Painted) -> list[slice]:
    """Return the stretches of pixels that can be painted in one go, in order."""
    if not len(painted.layer):
        return []
    ends = np.searchsorted(painted.layer, np.arange(painted.layer[-1] + 2))
    return [slice(start, end) for start, end in zip(ends[:-1], ends[1:], strict=True)]


def _overlap(distance: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return how much of a pixel, ``distance`` from the middle, a stretch covers."""
    return np.clip(np.minimum(half - distance + 0.5, 2 * half), 0, 1)
