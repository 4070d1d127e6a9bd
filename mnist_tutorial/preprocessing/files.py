"""Read a picture of a digit from a file that may be anything."""

import math
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from mnist_tutorial.checks import check_file, checked_path
from mnist_tutorial.errors import InputError
from mnist_tutorial.preprocessing.digits import prepare_digit, to_unit_floats
from mnist_tutorial.preprocessing.paper import NoInk

MAX_SIDE = 10_000
MAX_PIXELS = 50_000_000  # the largest sensors of telephones; about 1 GB to decode

# What an untrusted file may be opened as. The list leaves out formats that hand the
# file to another program (EPS goes to Ghostscript).
IMAGE_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")

# A picture's brightness, and what gives another view of it, where there is one.
Views = tuple[np.ndarray, Callable[[], np.ndarray] | None]


def load_digit_image(path: str | os.PathLike) -> np.ndarray:
    """Read a picture of one digit from a file and bring it to MNIST's conventions.

    Reads PNG, JPEG, GIF, BMP, WebP, TIFF and PPM; 1 to 16 bits, grey, palette, RGB or
    CMYK. A photograph is turned upright as its camera noted. A transparent picture is
    seen on white, or on black where its ink is white and would not show. A file with
    several frames or pages is refused, because which of them holds the digit is not
    for a program to guess. Where ink is as bright as its paper, its colour tells it.
    The result is as for `prepare_digit`.

    ``InputError``, whose message begins with the path, is raised if there is no such
    file, if it is not one whole still image of at most 10,000 pixels a side and 50
    million in all, or if it does not show one digit.
    """
    path = checked_path(path)
    check_file(path)
    try:
        brightness, other_view = _read(path)
        try:
            return prepare_digit(brightness)
        except NoInk:
            if other_view is None:
                raise
        return prepare_digit(other_view())
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def picture_beside(path: str | os.PathLike, digit: np.ndarray) -> Image.Image:
    """Return the picture in a file, in grey, and right of it the digit made of it.

    Both are 280 pixels high, a wide picture less.
    """
    picture = Image.fromarray(np.uint8(255 * to_unit_floats(_read(Path(path))[0])))
    picture = ImageOps.contain(picture, (1000, 280))
    digit = Image.fromarray(np.uint8(255 * digit[..., 0]))
    sheet = Image.new("L", (picture.width + 300, 280), 255)
    sheet.paste(picture)
    sheet.paste(
        digit.resize((280, 280), Image.Resampling.NEAREST), (sheet.width - 280, 0)
    )
    return sheet


def _read(path: Path) -> Views:
    """Return what `_decode` makes of a file."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # Pillow warns about odd but harmless metadata, and about size, for which
            # the bound here is tighter.
            warnings.simplefilter("ignore")
            return _decode(_open_image(file))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}") from error


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


def _decode(image: Image.Image) -> Views:
    """Read an image: a transparent one on white, then on black, others then by colour.

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


def _to_brightness(image: Image.Image) -> Views:
    """Reduce any of Pillow's modes to brightness; see `_decode`."""
    if image.mode.startswith("I"):
        # 16 bits; some files of these Pillow widens to 32 on reading.
        return np.clip(np.asarray(image), 0, 65535).astype(np.uint16), None
    if image.mode == "F":
        values = np.asarray(image)
        return (values if values.max() <= 1 else values / 255), None
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return _seen_on("white", rgba), partial(_seen_on, "black", rgba)
    # Through RGB, because Pillow takes no other way from CMYK or a palette.
    colours = image.convert("RGB")
    return np.asarray(colours.convert("L")), partial(_along_main_colours, colours)


def _seen_on(ground: str, rgba: Image.Image) -> np.ndarray:
    """Return the brightness of a transparent picture that lies on a ground."""
    below = Image.new("RGBA", rgba.size, ground)
    return np.asarray(Image.alpha_composite(below, rgba).convert("L"))


def _along_main_colours(image: Image.Image) -> np.ndarray:
    """Return floats in [0, 1] along the line on which the colours differ most."""
    pixels = np.asarray(image) / 255
    pixels = pixels - pixels.mean(axis=(0, 1))
    _, directions = np.linalg.eigh(np.cov(pixels.reshape(-1, 3), rowvar=False))
    # Black and white, whose distance is the root of 3, are to lie 1 apart.
    return np.clip(0.5 + pixels @ directions[:, -1] / np.sqrt(3), 0, 1)
