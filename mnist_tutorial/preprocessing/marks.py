"""Tell a digit from what else is drawn on a page, or refuse."""

import numpy as np
from scipy import ndimage

from mnist_tutorial.errors import InputError
from mnist_tutorial.preprocessing.paper import full_ink

# A line covers so much of the picture's side, and turns so little, in pixels a pixel.
_COVERED = 0.95
_SLOPES = np.array(sorted(np.arange(-16, 17) / 256, key=abs))
_SEARCHED_SIDE = 256

# The least side of a digit, as a part of the picture's; as wide as MNIST's widest.
_LEAST_DIGIT = 0.06
_WIDEST_DIGIT = 2.0
_MOST_PARTS = 8


def stroke_width(mask: np.ndarray) -> float:
    """Return the mean width of the strokes in a mask, in pixels."""
    # A line's area is its length times its width, and its outline twice its length.
    # Steps of a pixel grid overstate an outline by 4 / pi on average.
    padded = np.pad(mask, 1)
    steps = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    return 2 * mask.sum() / max(steps * np.pi / 4, 1)


def _sheared(picture: np.ndarray, slope: float) -> np.ndarray:
    """Move each column down by the slope; what leaves below comes in above."""
    height, width = picture.shape
    shifts = np.round(slope * (np.arange(width) - width / 2)).astype(int)
    rows = (np.arange(height)[:, np.newaxis] - shifts) % height
    return np.take_along_axis(picture, rows, axis=0)


def _without_lines(ink: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Return ink without the lines from left to right, and the width of each.

    Where ink lies on both sides of a line a stroke crosses it, and is kept.
    """
    if mask.any(axis=0).mean() < _COVERED:
        return ink, []
    factor = -(-max(mask.shape) // _SEARCHED_SIDE)
    small = ndimage.maximum_filter(mask, (factor + 2, factor))[::factor, ::factor]
    counts = [(_sheared(small, s).mean(axis=1) > _COVERED).sum() for s in _SLOPES]
    slope = _SLOPES[np.argmax(counts)]
    # A thin line that is a little bent, or on a slope between two, covers this still.
    spare = 1 + max(ink.shape) // _SEARCHED_SIDE
    wider = ndimage.maximum_filter(mask, (2 * spare + 1, 1))
    covered = _sheared(wider, slope).mean(axis=1)
    turned, widths = _sheared(ink, slope), []
    for (rows,) in ndimage.find_objects(ndimage.label(covered > _COVERED)[0]):
        width = rows.stop - rows.start
        # The edge of a shadow fades, a line ends.
        beside = np.pad(covered, 3)[[rows.start, rows.stop + 5]]
        if width > len(ink) / 8 or beside.max() > 0.7:
            continue
        sides = np.pad(turned, ((1, 1), (0, 0)))[[rows.start, rows.stop + 1]]
        bridge = ndimage.maximum_filter1d(sides, 2 * width + 1).min(axis=0)
        turned[rows] = np.minimum(turned[rows], bridge)
        widths.append(max(1, width - 2 * spare))
    return _sheared(turned, -slope), widths


def _are_lines(widths: list[int], rest: np.ndarray, at_least: float) -> bool:
    """Tell lines from left to right from strokes of a digit that fills its picture.

    Lines are many, or thinner than the pen, or longer than the digit at both ends.
    """
    level = full_ink(rest)
    if not widths or len(widths) > 2 or level < at_least:
        return bool(widths)
    mask = rest >= level / 2
    columns = np.flatnonzero(mask.any(axis=0))
    beyond = min(columns[0], rest.shape[1] - 1 - columns[-1])
    is_thin = max(widths) < 0.6 * stroke_width(mask)
    return is_thin or beyond > 0.08 * rest.shape[1]


def erase_lines(ink: np.ndarray, least: float) -> tuple[np.ndarray, int]:
    """Return ink without lines that cross the picture, and how many there were."""
    at_least = max(0.15 * full_ink(ink), 0.6 * least)
    without, across = _without_lines(ink, ink > at_least)
    rest, down = _without_lines(without.T, without.T > at_least)
    if not _are_lines(across, rest.T, at_least):
        without, across = ink, []
        rest, down = _without_lines(ink.T, ink.T > at_least)
    if not _are_lines(down, rest, at_least):
        return without, len(across)
    if not across and len(down) == 1 and full_ink(rest) < at_least:
        return ink, 0  # a one
    return rest.T, len(across) + len(down)


def _label_parts(ink: np.ndarray) -> tuple[np.ndarray, dict]:
    """Label the connected parts of some ink; return their boxes, too."""
    labels, _ = ndimage.label(ink > 0.1, structure=np.ones((3, 3)))
    return labels, dict(enumerate(ndimage.find_objects(labels), 1))


def _lengths(box: tuple[slice, slice]) -> tuple[int, int]:
    """Return a box's height and width."""
    return tuple(side.stop - side.start for side in box)


def find_frames(ink: np.ndarray) -> np.ndarray:
    """Mark what runs along the picture's edges, or round something else.

    The outline of what does lies on the rim for nearly its height and its width; that
    of a digit cut close does where its strokes end.
    """
    labels, boxes = _label_parts(ink)
    depth = 1 + max(labels.shape) // 64
    views = (labels, labels[::-1], labels.T, labels.T[::-1])
    rim = np.concatenate([view[:depth].max(axis=0) for view in views])
    contact = np.bincount(rim, minlength=len(boxes) + 1)
    big = [n for n in boxes if max(_lengths(boxes[n])) >= 0.15 * min(labels.shape)]
    found = {n for n in boxes if contact[n] >= 0.8 * sum(_lengths(boxes[n]))}
    if labels.shape[0] > 2 * labels.shape[1]:
        found = set()  # a one may fill so narrow a picture
    found |= {n for n in boxes if contact[n] and n not in big}
    found |= {n for n in big if _is_box(labels[boxes[n]] == n)}
    found |= {n for n in big if _encloses(n, labels, big, boxes)}
    return np.isin(labels, list(found))


def find_digit(ink: np.ndarray) -> np.ndarray:
    """Erase dust, and refuse what is left when it is not one digit.

    Dust are connected parts that are faint or much smaller than the digit. A part may
    be faint at its edges but must somewhere be full ink, and must have a twentieth of
    the largest part's area, as the loose bar of a hasty five has.
    """
    labels, boxes = _label_parts(ink)
    areas = np.bincount(labels.ravel())
    peaks = ndimage.maximum(ink, labels, range(len(areas)))
    parts = [n for n in boxes if peaks[n] > 0.5]
    largest = max(areas[n] for n in parts)
    parts = [n for n in parts if areas[n] >= largest / 20]
    _check_one([boxes[n] for n in parts], ink.shape)
    return np.where(np.isin(labels, parts), ink, 0)


def _is_box(own: np.ndarray) -> bool:
    """Tell whether a part is an empty rectangle."""
    rows, columns = (max(1, round(0.06 * side)) for side in own.shape)
    sides = (own[:rows], own[-rows:], own[:, :columns].T, own[:, -columns:].T)
    height, width = own.shape
    middle = own[height // 4 : -(height // 4), width // 4 : -(width // 4)]
    is_covered = min(side.any(axis=0).mean() for side in sides) > 0.9
    return is_covered and middle.size > 0 and not middle.any()


def _encloses(n: int, labels: np.ndarray, big: list[int], boxes: dict) -> bool:
    """Tell whether a part is a ring round another one of some size."""
    height = _lengths(boxes[n])[0]
    others = [m for m in big if m != n and _lengths(boxes[m])[0] > 0.3 * height]
    if not others:
        return False
    filled = ndimage.binary_fill_holes(labels == n)
    return any(filled[labels == m].all() for m in others)


def _check_one(boxes: list[tuple[slice, slice]], shape: tuple[int, int]) -> None:
    """Refuse parts that are too small, too many or too wide to be one digit."""
    height, width = (
        max(box[axis].stop for box in boxes) - min(box[axis].start for box in boxes)
        for axis in (0, 1)
    )
    # Parts of one digit that lie apart, a bar or a hook, differ in height.
    tallest = max(_lengths(box)[0] for box in boxes)
    alike = [box for box in boxes if _lengths(box)[0] >= 0.7 * tallest]
    count = max(_count_apart(alike, axis) for axis in (0, 1))
    if max(max(_lengths(box)) for box in boxes) < _LEAST_DIGIT * max(shape):
        found = f"only dots in {shape[1]} x {shape[0]} pixels"
    elif len(boxes) > _MOST_PARTS:
        found = f"{len(boxes)} separate marks"
    elif count > 1:
        found = f"{count} side by side or one above the other"
    elif width > _WIDEST_DIGIT * height:
        found = f"ink {width / height:.1f} times as wide as high"
    else:
        return
    raise InputError(f"expected one digit, found {found}; cut the picture to one digit")


def _count_apart(boxes: list[tuple[slice, slice]], axis: int) -> int:
    """Count the groups of boxes that hardly overlap along an axis."""
    count, end = 0, -np.inf
    for side in sorted((box[axis] for box in boxes), key=lambda side: side.start):
        count += side.start >= end - 0.2 * (side.stop - side.start)
        end = max(end, side.stop)
    return count
