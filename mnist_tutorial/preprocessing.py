"""Turn a picture of a digit into what a network trained on MNIST expects.

A network reads well only what resembles its training images, and MNIST's were made
by one fixed recipe [1]_: bright ink on black, the digit scaled until it just fits a
box of 20 x 20 pixels, and placed in a field of 28 x 28 with its centre of mass in the
middle. `prepare_digit` repeats that recipe for any picture of one digit, and
`load_digit_image` reads such a picture from a file. Taught in ``code/handwriting``.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied
   to document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.
"""

import contextlib
import math
import os
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

from mnist_tutorial.checks import check_file, checked_array
from mnist_tutorial.errors import InputError

FIELD_SIZE = 28
BOX_SIZE = 20
# MNIST's own centres of mass all lie within half a pixel of row and column 14.
FIELD_CENTRE = 14.0

MAX_SIDE = 10_000
MAX_PIXELS = 50_000_000  # the largest sensors of telephones; about 1 GB to decode
MIN_SIDE = 3

# Strokes, in pixels of the result: 99.5 % of MNIST's are wider than the first.
MIN_STROKE = 1.2
TYPICAL_STROKE = 2.3

# What an untrusted file may be opened as. The list leaves out formats that hand the
# file to another program (EPS goes to Ghostscript).
IMAGE_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")

# Larger pictures are averaged down to this first: the result has 20 pixels across, so
# nothing that a reader could see is lost, and every later step stays fast.
_WORKING_SIDE = 1024

# Less contrast than this, as a part of the span from black to white, is taken for
# unevenness of the paper rather than for ink; so is less than this many standard
# deviations of the paper's own noise.
_MIN_CONTRAST = 0.1
_MIN_NOISE_RATIO = 6.0
_MIN_PAPER = 100


def prepare_digit(gray: np.ndarray) -> np.ndarray:
    """Bring a picture of one digit to MNIST's conventions.

    The background may be bright or dark, and may change slowly across the picture as
    it does in a photograph of a page. A picture that holds several digits, or the edge
    of the table, is not cleaned up: crop it first.

    Parameters
    ----------
    gray
        Brightness, shape ``(height, width)``: bool, floats in [0, 1], or uint8 or
        uint16 over their full range.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], shape ``(28, 28, 1)``: ink bright on black, the longer
        side of its box 20 pixels, its centre of mass within half a pixel of (14, 14).

    Raises
    ------
    InputError
        If the array is of another kind, or if nothing in it stands out as ink.
    """
    brightness = _shrink(_to_unit_floats(gray))
    ink = _separate_ink(brightness)
    return place_ink(_thicken_thin_strokes(_crop(_keep_main_parts(ink))))


def place_ink(ink: np.ndarray) -> np.ndarray:
    """Scale and centre a digit whose ink is known already, as MNIST does.

    The second half of `prepare_digit`, which gives the same; nothing is taken for paper
    or dust.

    Parameters
    ----------
    ink
        Floats from 0 (no ink) upwards, at least one above 0, or they are refused;
        shape ``(height, width)``.
    """
    ink = _checked_picture("ink", ink)
    if not (ink.min() >= 0 and ink.any()):
        raise InputError(
            "expected at least one pixel of ink above 0 and none below, got "
            f"{ink.min():g} to {ink.max():g}; subtract the background first"
        )
    return _place(_fit_box(_crop(ink)))[..., np.newaxis]


def load_digit_image(path: str | os.PathLike) -> np.ndarray:
    """Read a picture of one digit from a file and bring it to MNIST's conventions.

    Reads PNG, JPEG, GIF, BMP, WebP, TIFF and PPM; 1 to 16 bits, grey, palette, RGB or
    CMYK. A photograph is turned upright as its camera noted. A transparent picture is
    seen on white, or on black where its ink is white and would not show. A file with
    several frames or pages is refused, because which of them holds the digit is not
    for a program to guess. The result is as for `prepare_digit`.

    Raises
    ------
    InputError
        If there is no such file, if it is not one whole still image of at most
        10,000 pixels a side and 50 million in all, or if it shows no ink. The message
        begins with the path.
    """
    path = Path(path)
    check_file(path)
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # Pillow warns about odd but harmless metadata, and about size, for which
            # the bound here is tighter.
            warnings.simplefilter("ignore")
            *others, last = _decode(_open_image(file))
        for picture in others:
            with contextlib.suppress(InputError):
                return prepare_digit(picture)
        return prepare_digit(last)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _checked_picture(name: str, values: np.ndarray) -> np.ndarray:
    """Return numbers of shape (height, width), or refuse the array."""
    picture = checked_array(name, values)
    if picture.ndim != 2:
        raise InputError(
            f"{name} must have shape (height, width), got {picture.shape}; average "
            "the colour channels and pass one picture at a time"
        )
    return picture


def _to_unit_floats(gray: np.ndarray) -> np.ndarray:
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


def _fit_paper(brightness: np.ndarray) -> tuple[np.ndarray, float]:
    """Estimate the page's brightness without the ink, and the noise about it.

    Light falls off smoothly across a page, so a quadratic surface is fitted to it. The
    fit starts from the pixels that are nearer to the picture's rim than to the most
    different pixel, and is repeated on those that it explains, so that in the end ink
    and its blurred edges have no say in it.
    """
    along = [np.linspace(-1, 1, side) for side in brightness.shape]
    rows, columns = np.meshgrid(*along, indexing="ij")
    terms = np.stack(
        [np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2], -1
    )
    # A few thousand pixels fix six numbers; more would only cost time.
    step = -(-max(brightness.shape) // 128)
    sample = brightness[::step, ::step]
    sample_terms = terms[::step, ::step]

    edges = [*brightness[[0, -1]], *brightness[:, [0, -1]].T]
    rim = np.median(np.concatenate(edges))
    distance = np.abs(sample - rim)
    is_paper = distance <= distance.max() / 2
    for _ in range(5):
        # With little paper in sight a surface would be a guess: keep the constant.
        if is_paper.sum() < _MIN_PAPER:
            return np.full_like(brightness, rim), 0.0
        weights, *_ = np.linalg.lstsq(
            sample_terms[is_paper], sample[is_paper], rcond=None
        )
        surface = terms @ weights
        distance = np.abs(sample - sample_terms @ weights)
        # The median, scaled to a standard deviation, is deaf to what ink is left.
        noise = 1.4826 * np.median(distance[is_paper])
        is_paper = distance <= max(3 * noise, 0.02)
    return surface, noise


def _separate_ink(brightness: np.ndarray) -> np.ndarray:
    """Return how much ink each pixel holds, in [0, 1], whatever the polarity.

    Refuses a picture in which nothing stands out from the paper.
    """
    paper, noise = _fit_paper(brightness)
    ink = brightness - paper
    # Paper scatters about zero to both sides, ink lies far to one: the cube keeps the
    # sign and lets the far side decide.
    if (ink**3).sum() < 0:
        ink = -ink

    # How bright full ink is: the maximum would be decided by a hot pixel, so as many
    # pixels are passed over as a line one pixel wide and a fiftieth of the picture
    # long would have, the least that could be a digit.
    skipped = max(ink.shape) // 50
    full = np.partition(ink, ink.size - 1 - skipped, axis=None)[-1 - skipped]
    if full < max(_MIN_CONTRAST, _MIN_NOISE_RATIO * noise):
        raise InputError(
            "expected a dark digit on a light ground or the reverse, found no ink "
            f"(contrast {max(full, 0):.2f} of 1); use a picture with a clear digit"
        )

    # What light and noise leave on the paper well away from any ink is not ink near
    # it either, and is subtracted. On a clean drawing this is zero, and the soft edges
    # of its strokes stay as they are.
    margin = 1 + max(ink.shape) // 20
    near_ink = ndimage.maximum_filter(ink > full / 2, size=2 * margin + 1)
    away = ink[~near_ink]
    floor = np.clip(np.percentile(away, 99), 0, full / 2) if away.size else 0.0
    return np.clip((ink - floor) / (full - floor), 0, 1)


def _keep_main_parts(ink: np.ndarray) -> np.ndarray:
    """Erase dust: connected parts that are faint or much smaller than the digit.

    A part may be faint at its edges but must somewhere be full ink, and must have a
    twentieth of the largest part's area, as the loose bar of a hasty five has.
    """
    labels, count = ndimage.label(ink > 0.1, structure=np.ones((3, 3)))
    parts = np.arange(1, count + 1)
    areas = ndimage.sum_labels(ink, labels, parts)
    peaks = ndimage.maximum(ink, labels, parts)
    kept = (peaks > 0.5) & (areas >= areas[peaks > 0.5].max() / 20)
    return np.where(np.isin(labels, parts[kept]), ink, 0)


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
    # A line's area is its length times its width, and its outline twice its length.
    # Steps of a pixel grid overstate an outline by 4 / pi on average.
    padded = np.pad(mask, 1)
    steps = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    width = 2 * mask.sum() / (steps * np.pi / 4)
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
    offsets = np.round(FIELD_CENTRE - np.array(ndimage.center_of_mass(box)))
    top, left = np.clip(offsets.astype(int), 0, FIELD_SIZE - np.array(box.shape))
    field = np.zeros((FIELD_SIZE, FIELD_SIZE), dtype=np.float32)
    field[top : top + box.shape[0], left : left + box.shape[1]] = box
    return field


def _open_image(file: BinaryIO) -> Image.Image:
    """Read the header of an image file, or refuse what is none or too large."""
    try:
        image = Image.open(file, formats=IMAGE_FORMATS)
        is_small = max(image.size) <= MAX_SIDE and math.prod(image.size) <= MAX_PIXELS
        size = "{:,} x {:,}".format(*image.size)
    except Image.DecompressionBombError:
        is_small, size = False, f"over {2 * Image.MAX_IMAGE_PIXELS:,}"
    # A file that is no image can raise nearly anything inside a decoder (OSError,
    # SyntaxError, struct.error ...), and all of it means the same.
    except Exception as error:
        raise InputError(
            "expected an image (PNG, JPEG, GIF, BMP, WebP, TIFF or PPM), got something "
            "else, or an empty or damaged file; save it as PNG"
        ) from error
    if not is_small:
        raise InputError(
            f"expected at most {MAX_SIDE:,} pixels a side and {MAX_PIXELS:,} in all, "
            f"got {size}; scale the picture down"
        )
    return image


def _decode(image: Image.Image) -> list[np.ndarray]:
    """Read an image's brightness, a transparent one's twice: on white and on black.

    Refuses what is damaged or moves.
    """
    try:
        frames = getattr(image, "n_frames", 1)
        # Many phones store a JPEG as MPO, with a preview as its second frame.
        if frames == 1 or image.format == "MPO":
            image.load()
            return _to_brightness(ImageOps.exif_transpose(image))
    except Exception as error:  # again nearly anything
        raise InputError(
            "the image is damaged or cut short; copy or save it again"
        ) from error
    raise InputError(
        f"expected one still image, got {frames} frames or pages; save the one that "
        "shows the digit as PNG"
    )


def _to_brightness(image: Image.Image) -> list[np.ndarray]:
    """Reduce any of Pillow's modes to brightness; see `_decode`."""
    if image.mode.startswith("I"):
        # 16 bits; some files of these Pillow widens to 32 on reading.
        return [np.clip(np.asarray(image), 0, 65535).astype(np.uint16)]
    if image.mode == "F":
        values = np.asarray(image)
        return [values if values.max() <= 1 else values / 255]
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        grounds = [Image.new("RGBA", rgba.size, name) for name in ("white", "black")]
        seen = [Image.alpha_composite(ground, rgba) for ground in grounds]
        return [np.asarray(picture.convert("L")) for picture in seen]
    # Through RGB, because Pillow takes no other way from CMYK or a palette.
    return [np.asarray(image.convert("RGB").convert("L"))]
