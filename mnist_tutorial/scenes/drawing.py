"""What the scenes of all chapters are drawn with: shapes, noise, layers, boxes.

Positions are in pixels; the middle of the first pixel lies at 0.5. A shape is its
coverage: how much of each pixel it fills, in [0, 1], so that edges are smooth.

One shape over whole pictures is a function of the pixels' middles ``y`` and ``x``, and
of numbers and pairs ``(y, x)`` that say where it is; a number may be an array
``(n, 1, 1)``, one value for each of ``n`` pictures. Many small shapes in many pictures
are :class:`Shapes`: all that are the n-th of their pictures are painted in one go.
"""

from typing import NamedTuple

import numpy as np


def pixel_grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the middles of the pixels: ``float32``, ``(height, 1), (1, width)``."""
    y = np.arange(height, dtype=np.float32)[:, np.newaxis] + np.float32(0.5)
    x = np.arange(width, dtype=np.float32)[np.newaxis, :] + np.float32(0.5)
    return y, x


def spread(values: np.ndarray) -> np.ndarray:
    """Return ``float32`` values with two more axes, to meet the pixels' axes."""
    return values.astype(np.float32)[..., np.newaxis, np.newaxis]


def rectangle(y, x, *, top, bottom, left, right) -> np.ndarray:
    """Return how much of each pixel an upright rectangle fills, exactly."""
    rows = np.clip(np.minimum(y + 0.5, bottom) - np.maximum(y - 0.5, top), 0, 1)
    columns = np.clip(np.minimum(x + 0.5, right) - np.maximum(x - 0.5, left), 0, 1)
    return rows * columns


def ellipse(y, x, *, centre, radii) -> np.ndarray:
    """Return how much of each pixel an ellipse fills, nearly."""
    down = np.asarray(y - centre[0], dtype=np.float64)
    aside = np.asarray(x - centre[1], dtype=np.float64)
    return np.clip(0.5 + _inside_ellipse(down, aside, *radii), 0, 1)


def capsule(y, x, *, start, end, radius) -> np.ndarray:
    """Return how much of each pixel a thick line with round ends fills, nearly.

    The ends are round about ``start`` and ``end``; ``radius`` is half the thickness.
    """
    down, right = end[0] - start[0], end[1] - start[1]
    length = np.maximum(down**2 + right**2, 1e-12)
    part = ((y - start[0]) * down + (x - start[1]) * right) / length
    part = np.clip(part, 0, 1)
    distance = np.hypot(y - start[0] - part * down, x - start[1] - part * right)
    return np.clip(0.5 + (radius - distance), 0, 1)


def convex_polygon(y, x, corners) -> np.ndarray:
    """Return how much of each pixel a convex polygon fills, nearly.

    ``corners`` are in clockwise order as one looks at the picture (y points down).
    """
    inside = np.inf
    for (y0, x0), (y1, x1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        across = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
        inside = np.minimum(inside, across / np.hypot(y1 - y0, x1 - x0))
    return np.clip(0.5 + inside, 0, 1)


def _inside_ellipse(down, aside, radius_y, radius_x):
    """Return how far inside the edge of an ellipse a point is, nearly, in pixels."""
    from_centre = np.sqrt((down / radius_y) ** 2 + (aside / radius_x) ** 2)
    return (1 - from_centre) * np.minimum(radius_y, radius_x)


def value_noise(rng, count: int, height: int, width: int, *, cell: int) -> np.ndarray:
    """Return random values at points ``cell`` pixels apart, and smoothly between.

    The fields are ``float32`` in [0, 1], shape ``(count, height, width)``.
    """
    rows, columns = height // cell + 2, width // cell + 2
    grid = rng.random((count, rows, columns), dtype=np.float32)
    low_y, part_y = _between(height, cell)
    low_x, part_x = _between(width, cell)
    part_y = part_y[:, np.newaxis]
    lines = grid[:, low_y] * (1 - part_y) + grid[:, low_y + 1] * part_y
    return lines[:, :, low_x] * (1 - part_x) + lines[:, :, low_x + 1] * part_x


def _between(length: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each pixel the grid point before it, and how far it is past it."""
    place = np.arange(length, dtype=np.float32) / cell
    low = place.astype(np.int64)
    part = place - low
    return low, (part * part * (3 - 2 * part)).astype(np.float32)


# --- tables, and where things are ----------------------------------------------------


def rows_of(table, rows):
    """Return some rows of a named tuple of arrays, as another of the kind."""
    return type(table)(*(column[rows] for column in table))


def stack(tables):
    """Put the rows of named tuples of arrays, all of one kind, below each other."""
    return type(tables[0])(*map(np.concatenate, zip(*tables, strict=True)))


def number_within(groups: np.ndarray) -> np.ndarray:
    """Count the members of each group from 0; ``groups`` is sorted, shape ``(m,)``."""
    sizes = np.bincount(groups)
    return np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def tight_boxes(owner, row, column, count: int) -> np.ndarray:
    """Return the box around the pixels of each of ``count`` things.

    A pixel has the number of its thing and its place, shape ``(p,)``. The boxes are
    top, left, bottom, right, the last two exclusive, ``(count, 4)``; zeros without a
    pixel.
    """
    boxes = np.zeros((count, 4), dtype=np.int64)
    boxes[owner] = np.column_stack([row, column, row, column])
    for edge, place in enumerate((row, column)):
        np.minimum.at(boxes[:, edge], owner, place)
        np.maximum.at(boxes[:, edge + 2], owner, place + 1)
    return boxes


# --- many small shapes ---------------------------------------------------------------


class Shapes(NamedTuple):
    """Upright ellipses, rectangles and trapezia, sorted by picture, in painting order.

    Arrays of shape ``(m,)`` unless said.
    """

    scene: np.ndarray  # number of the picture
    owner: np.ndarray  # number of the object that the shape belongs to
    is_body: np.ndarray  # counts as the object, in masks and boxes; a shadow does not
    is_round: np.ndarray  # an ellipse
    top: np.ndarray  # in pixels, as the next three
    bottom: np.ndarray
    left: np.ndarray
    right: np.ndarray
    taper: np.ndarray  # by how much narrower the top is than the bottom, in [0, 1)
    values: np.ndarray  # what is painted, one value a plane: (m, planes)
    opacity: np.ndarray  # in [0, 1]


class Rasterized(NamedTuple):
    """The pixels of all shapes, layer by layer; arrays of shape ``(p,)``.

    A pixel is body if its middle lies in a shape that counts as its object. For this,
    a shape is taken to be at least a pixel high and wide.
    """

    pixel: np.ndarray  # index into pictures (n, height, width), flattened
    shape: np.ndarray  # row of the shape
    coverage: np.ndarray  # float32: how much of the pixel is filled, times the opacity
    is_body: np.ndarray
    layers: list[slice]  # in order; no pixel occurs twice in one of them


def rasterize(shapes: Shapes, height: int, width: int) -> Rasterized:
    """Find the pixels of each shape in pictures of this size."""
    first_row, rows = _frame(shapes.top, shapes.bottom, height)
    first_column, columns = _frame(shapes.left, shapes.right, width)
    shape = np.repeat(np.arange(len(shapes.scene)), rows * columns)
    row, column = np.divmod(number_within(shape), columns[shape])
    row += first_row[shape]
    column += first_column[shape]
    pixel = (shapes.scene[shape] * height + row) * width + column
    coverage, is_inside = _cover(shapes, shape, row + 0.5, column + 0.5)
    layer = number_within(shapes.scene)[shape]
    by_layer = np.argsort(layer, kind="stable")
    sizes = np.bincount(layer)
    ends = np.cumsum(sizes)
    return Rasterized(
        pixel[by_layer],
        shape[by_layer],
        coverage[by_layer].astype(np.float32),
        (is_inside & shapes.is_body[shape])[by_layer],
        list(map(slice, ends - sizes, ends)),
    )


def paint(planes: np.ndarray, shapes: Shapes, found: Rasterized) -> None:
    """Paint shapes over planes ``(planes, n, height, width)``, in place."""
    flat = planes.reshape(len(planes), -1)
    values = shapes.values.T.astype(np.float32)  # (planes, m)
    for layer in found.layers:
        pixel, shape = found.pixel[layer], found.shape[layer]
        below = flat[:, pixel]
        below += found.coverage[layer] * (values[:, shape] - below)
        flat[:, pixel] = below


def _frame(low, high, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first pixel that each shape touches, and how many along this axis."""
    first = np.clip(np.floor(low), 0, length).astype(np.int64)
    last = np.clip(np.ceil(high), 0, length).astype(np.int64)
    return first, np.maximum(last - first, 0)


def _cover(shapes: Shapes, shape, y, x) -> tuple[np.ndarray, np.ndarray]:
    """Return how much of each pixel its shape fills, and whether its middle is in it.

    For each pixel, ``shape`` is the row of its shape, ``y`` and ``x`` its middle.
    """
    half_y = ((shapes.bottom - shapes.top) / 2).astype(np.float32)
    half_x = ((shapes.right - shapes.left) / 2).astype(np.float32)
    down = y - (shapes.top + half_y)[shape].astype(np.float32)
    aside = np.abs(x - (shapes.left + half_x)[shape]).astype(np.float32)
    half_y, half_x = half_y[shape], half_x[shape]
    share_up = np.clip(0.5 - down / (2 * half_y), 0, 1)
    here = half_x * (1 - shapes.taper[shape].astype(np.float32) * share_up)
    coverage = _overlap(np.abs(down), half_y) * _overlap(aside, here)
    # What is thinner than a pixel counts as one pixel wide, or it would be lost.
    is_inside = np.abs(down) <= np.maximum(half_y, 0.5)
    is_inside &= aside <= np.maximum(here, 0.5)

    is_round = shapes.is_round[shape]
    edge = _inside_ellipse(down, aside, half_y, half_x)
    largest = np.minimum(1, 4 * half_y * half_x)
    disc = np.minimum(np.clip(0.5 + edge, 0, 1), largest)
    coverage = np.where(is_round, disc, coverage) * shapes.opacity[shape]
    return coverage, is_inside & (~is_round | (edge >= 0) | (largest < 1))


def _overlap(distance: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return how much of a pixel, ``distance`` from the middle, a stretch covers."""
    return np.clip(np.minimum(half - distance + 0.5, 2 * half), 0, 1)
