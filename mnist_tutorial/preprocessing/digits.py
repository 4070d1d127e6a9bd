"""From a picture of one digit to MNIST's form of it."""

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_tutorial.checks import checked_array
from mnist_tutorial.errors import InputError
from mnist_tutorial.preprocessing.marks import (
    erase_lines,
    find_digit,
    find_frames,
    stroke_width,
)
from mnist_tutorial.preprocessing.paper import full_ink, stretch, subtract_paper

FIELD_SIZE = 28
BOX_SIZE = 20
# MNIST's own centres of mass all lie within half a pixel of row and column 14.
FIELD_CENTRE = 14.0
MIN_SIDE = 3

# Strokes, in pixels of the result: 99.5 % of MNIST's are wider than the first.
MIN_STROKE = 1.2
TYPICAL_STROKE = 2.3

# Larger pictures are averaged down to this first: the result has 20 pixels across, so
# nothing that a reader could see is lost, and every later step stays fast.
_WORKING_SIDE = 1024


def prepare_digit(gray: np.ndarray) -> np.ndarray:
    """Bring a picture of one digit to MNIST's conventions.

    The background may be bright or dark, and may change across the picture as it does
    in a photograph of a page. Shadows, the edge of a table, a frame and lines on the
    paper are told from ink.

    ``gray`` is brightness, shape ``(height, width)``: bool, floats in [0, 1], or uint8
    or uint16 over their full range. Returns ``float32`` in [0, 1], shape ``(28, 28,
    1)``: ink bright on black, the longer side of its box 20 pixels, its centre of mass
    within half a pixel of (14, 14). Another kind of array raises ``InputError``, and so
    does one that shows no digit, or several. Digits that touch, and signs that are no
    digits, cannot be told from one.
    """
    brightness = _shrink(to_unit_floats(gray))
    page, least = subtract_paper(brightness)
    ink, lines = erase_lines(page, least)
    # A digit is more than erased lines leave behind.
    more = max(least, full_ink(page) / 4)
    digit = stretch(ink, *((more, "only lines") if lines else (least, "no ink")))
    # A frame may be darker on one side than on the other.
    while (frames := find_frames(digit)).any():
        ink = np.where(frames, 0, ink)
        digit = stretch(ink, more, "only lines or shade at the edges")
    return place_ink(_thicken_thin_strokes(_crop(find_digit(digit))))


def place_ink(ink: np.ndarray) -> np.ndarray:
    """Scale and centre a digit whose ink is known already, as MNIST does.

    The second half of `prepare_digit`, which gives the same; nothing is taken for paper
    or dust. ``ink`` are floats from 0 (no ink) upwards, at least one above 0, or they
    are refused; shape ``(height, width)``.
    """
    ink = _checked_picture("ink", ink)
    if not (ink.min() >= 0 and 0 < ink.max() < np.inf):
        raise InputError(
            "expected at least one pixel of ink above 0 and none below, got "
            f"{ink.min():g} to {ink.max():g}; subtract the background first"
        )
    return _place(_fit_box(_crop(ink)))[..., np.newaxis]


def _checked_picture(name: str, values: np.ndarray) -> np.ndarray:
    """Return numbers of shape (height, width), or refuse the array."""
    picture = checked_array(name, values)
    if picture.ndim != 2 or not picture.size:
        raise InputError(
            f"{name} must have shape (height, width), got {picture.shape}; average "
            "the colour channels and pass one picture at a time"
        )
    return picture


def to_unit_floats(gray: np.ndarray) -> np.ndarray:
    """Return brightness as float64 in [0, 1], or refuse the array."""
    gray = _checked_picture("gray", gray)
    if min(gray.shape) < MIN_SIDE:
        raise InputError(
            f"expected at least {MIN_SIDE} x {MIN_SIDE} pixels, got "
            f"{gray.shape[1]} x {gray.shape[0]}; use a larger picture"
        )
    if gray.dtype in (np.uint8, np.uint16):
        return gray / float(np.iinfo(gray.dtype).max)
    # NaN fails both comparisons, so it is refused here too.
    if gray.dtype.kind not in "bf" or not (gray.min() >= 0 and gray.max() <= 1):
        raise InputError(
            f"expected bool, uint8, uint16 or floats in [0, 1], got {gray.dtype} from "
            f"{gray.min()} to {gray.max()}; scale the array to [0, 1]"
        )
    return gray.astype(np.float64)


def _shrink(brightness: np.ndarray) -> np.ndarray:
    """Average a large picture down to the working size, keeping its proportions."""
    factor = -(-max(brightness.shape) // _WORKING_SIDE)
    if factor == 1:
        return brightness
    reduced = Image.fromarray(brightness.astype(np.float32)).reduce(factor)
    return np.asarray(reduced, dtype=np.float64)


def _crop(ink: np.ndarray) -> np.ndarray:
    """Cut the picture to the box of its ink."""
    (box,) = ndimage.find_objects((ink > 0).astype(int))
    return ink[box]


def _thicken_thin_strokes(ink: np.ndarray) -> np.ndarray:
    """Widen strokes that would come out thinner than any in MNIST.

    A ballpoint digit that fills a photograph has strokes a hundredth of its height
    wide, MNIST's are a tenth; scaled down as they are, they fade to a hint.
    """
    unit = max(ink.shape) / BOX_SIZE  # source pixels per pixel of the result
    mask = ink > 0.5
    width = stroke_width(mask)
    if width >= MIN_STROKE * unit:
        return ink
    growth = (TYPICAL_STROKE * unit - width) / 2
    margin = int(np.ceil(growth)) + 1
    distance = ndimage.distance_transform_edt(~np.pad(mask, margin))
    return _crop(np.clip(growth + 1 - distance, 0, 1))


def _fit_box(ink: np.ndarray) -> np.ndarray:
    """Scale the longer side to 20 pixels, smoothing as it shrinks."""
    height, width = ink.shape
    scale = BOX_SIZE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = np.asarray(
        # Pillow widens this filter by the reduction, so every source pixel counts; it
        # has no negative lobes, so no dark halo appears around a stroke.
        Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.HAMMING)
    )
    # A thin pen leaves every pixel half covered. MNIST's strokes reach full ink.
    return scaled / scaled.max()


def _place(box: np.ndarray) -> np.ndarray:
    """Put the box into the field with its centre of mass in the middle."""
    # By whole pixels, as in MNIST: part of a pixel would blur the digit once more. The
    # box stays inside the field even where its mass lies at one end.
    # A digit may lie just between two places, and no rounding error decides then.
    offsets = np.round(FIELD_CENTRE - np.array(ndimage.center_of_mass(box)), 3).round()
    top, left = np.clip(offsets.astype(int), 0, FIELD_SIZE - np.array(box.shape))
    field = np.zeros((FIELD_SIZE, FIELD_SIZE), dtype=np.float32)
    field[top : top + box.shape[0], left : left + box.shape[1]] = box
    return field
