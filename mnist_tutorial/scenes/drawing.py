"""Shapes, blur and noise, for many pictures at once.

A shape is its coverage: how much of each pixel it fills, in [0, 1], so that edges are
smooth. Positions are in pixels; the middle of the first pixel lies at 0.5. Whatever
says where a shape is may be one number or an array that broadcasts against the pixel
coordinates ``y`` and ``x`` of :func:`pixel_grid`: with shape ``(n, 1, 1)``, one value
for each of ``n`` pictures.
"""

import numpy as np


def pixel_grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the middles of the pixels.

    Returns
    -------
    y, x
        ``float32``, shapes ``(height, 1)`` and ``(1, width)``.
    """
    y = np.arange(height, dtype=np.float32)[:, np.newaxis] + np.float32(0.5)
    x = np.arange(width, dtype=np.float32)[np.newaxis, :] + np.float32(0.5)
    return y, x


def rectangle(y, x, *, top, bottom, left, right) -> np.ndarray:
    """Return how much of each pixel an upright rectangle fills, exactly."""
    rows = np.clip(np.minimum(y + 0.5, bottom) - np.maximum(y - 0.5, top), 0, 1)
    columns = np.clip(np.minimum(x + 0.5, right) - np.maximum(x - 0.5, left), 0, 1)
    return rows * columns


def ellipse(y, x, *, centre_y, centre_x, radius_y, radius_x):
    """Return how much of each pixel an ellipse fills, nearly.

    Parameters
    ----------
    y, x
        From :func:`pixel_grid`.
    centre_y, centre_x, radius_y, radius_x
        In pixels; the radii are positive.

    Returns
    -------
    np.ndarray
        In [0, 1], of the shape to which the arguments broadcast.
    """
    along = np.asarray(x - centre_x, dtype=np.float64) / radius_x
    across = np.asarray(y - centre_y, dtype=np.float64) / radius_y
    from_centre = np.sqrt(along**2 + across**2)
    inside = (1 - from_centre) * np.minimum(radius_y, radius_x)
    return np.clip(0.5 + inside, 0, 1)


def capsule(y, x, *, start, end, radius):
    """Return how much of each pixel a thick line with round ends fills, nearly.

    Parameters
    ----------
    y, x
        From :func:`pixel_grid`.
    start, end
        Pairs ``(y, x)``: the middles of the round ends.
    radius
        Half the thickness in pixels, positive.

    Returns
    -------
    np.ndarray
        In [0, 1], of the shape to which the arguments broadcast.
    """
    down, right = end[0] - start[0], end[1] - start[1]
    length = np.maximum(down**2 + right**2, 1e-12)
    part = ((y - start[0]) * down + (x - start[1]) * right) / length
    part = np.clip(part, 0, 1)
    distance = np.hypot(y - start[0] - part * down, x - start[1] - part * right)
    return np.clip(0.5 + (radius - distance), 0, 1)


def convex_polygon(y, x, corners):
    """Return how much of each pixel a convex polygon fills, nearly.

    Parameters
    ----------
    y, x
        From :func:`pixel_grid`.
    corners
        At least three pairs ``(y, x)`` in order, clockwise as one looks at the
        picture (y points down).

    Returns
    -------
    np.ndarray
        In [0, 1], of the shape to which the arguments broadcast.
    """
    inside = np.inf
    for (y0, x0), (y1, x1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        length = np.maximum(np.hypot(y1 - y0, x1 - x0), 1e-6)
        distance = ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length
        inside = np.minimum(inside, distance)
    return np.clip(0.5 + inside, 0, 1)


def box_blur(images, radius: int) -> np.ndarray:
    """Average each pixel with its neighbours, up to ``radius`` away on every side.

    Parameters
    ----------
    images
        Shape ``(n, height, width)`` or ``(n, height, width, channels)``.
    radius
        Whole pixels, at least 0; the edge pixels are repeated outwards.

    Returns
    -------
    np.ndarray
        ``float32``, of the same shape.
    """
    images = np.asarray(images, dtype=np.float32)
    for axis in (1, 2):
        if not radius:
            break
        padding = [(0, 0)] * images.ndim
        padding[axis] = (radius, radius)
        padded = np.pad(images, padding, mode="edge")
        length = images.shape[axis]
        slices = [slice(None)] * images.ndim
        total = np.zeros_like(images)
        for shift in range(2 * radius + 1):
            slices[axis] = slice(shift, shift + length)
            total += padded[tuple(slices)]
        images = total / np.float32(2 * radius + 1)
    return images


def value_noise(rng, count: int, height: int, width: int, *, cell: int) -> np.ndarray:
    """Return smooth random fields: random values on a grid, and smoothly between.

    Parameters
    ----------
    rng
        A NumPy generator.
    count, height, width
        Number of fields and their size in pixels.
    cell
        Distance of the grid points in pixels, at least 1: the size of the blobs.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], shape ``(count, height, width)``.
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
