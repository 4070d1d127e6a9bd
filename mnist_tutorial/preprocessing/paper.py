"""Tell ink from paper: how bright the ground is everywhere, and what lies on it."""

import numpy as np
from scipy import ndimage

from mnist_tutorial.errors import InputError

# Less contrast than this, as a part of the span from black to white, is taken for
# unevenness of the paper rather than for ink; so is less than this many standard
# deviations of the paper's own noise.
_MIN_CONTRAST = 0.1
_MIN_NOISE_RATIO = 6.0
_MIN_PAPER = 100

# What is as wide as the first part of the picture, and at its rim, is a shadow or a
# table; strokes beside it are at most as wide as the second.
_WIDE = 0.3
_STROKE_LIMIT = 0.12


class NoInk(InputError):
    """Nothing in a picture stands out from its paper."""


def _fit_paper(brightness: np.ndarray, level: float) -> tuple[np.ndarray, float, float]:
    """Estimate the page's brightness without the ink, its noise, the median error.

    Light falls off smoothly across a page, so a quadratic surface is fitted to it. The
    fit starts from the pixels that are nearer to the level than to the most different
    pixel, and is repeated on those that it explains, so that in the end ink and its
    blurred edges have no say in it.
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

    distance = np.abs(sample - level)
    is_paper = distance <= distance.max() / 2
    for _ in range(5):
        # With little paper in sight a surface would be a guess: keep the constant.
        if is_paper.sum() < _MIN_PAPER:
            return np.full_like(brightness, level), 0.0, np.median(distance)
        weights, *_ = np.linalg.lstsq(
            sample_terms[is_paper], sample[is_paper], rcond=None
        )
        surface = terms @ weights
        # Faint lines pull the first surface away from the paper, not the median.
        residual = sample - sample_terms @ weights
        distance = np.abs(residual - np.median(residual[is_paper]))
        # The median, scaled to a standard deviation, is deaf to what ink is left.
        noise = 1.4826 * np.median(distance[is_paper])
        is_paper = distance <= max(3 * noise, 0.02)
    return surface, noise, np.median(distance)


def subtract_paper(brightness: np.ndarray) -> tuple[np.ndarray, float]:
    """Return how far each pixel is from the paper, ink above 0, and the least ink.

    The paper's brightness is that of the picture's rim, or else, where a frame or the
    table lies there, the median of the whole picture's, whichever leaves less
    unexplained. Where a shadow or a table is wider than a stroke, the paper is not one
    surface, and is sought round each pixel.
    """
    edges = [*brightness[[0, -1]], *brightness[:, [0, -1]].T]
    rim, middle = np.median(np.concatenate(edges)), np.median(brightness)
    paper, noise, error = _fit_paper(brightness, rim)
    # A one may fill a narrow picture, and then most of it is ink.
    is_narrow = brightness.shape[0] > 2 * brightness.shape[1]
    if not is_narrow and abs(rim - middle) > np.ptp(brightness) / 4:
        other = _fit_paper(brightness, middle)
        if other[-1] + 0.02 < error:
            paper, noise, _ = other
    ink = brightness - paper
    # Paper scatters about zero to both sides, ink lies far to one: the cube keeps the
    # sign and lets the far side decide.
    if (ink**3).sum() < 0:
        ink = -ink

    size = max(2, round(_WIDE * max(ink.shape)))
    wide = ndimage.grey_opening(ink, size, mode="constant")
    rim = np.concatenate([*wide[[0, -1]], *wide[:, [0, -1]].T])
    smooth = ndimage.uniform_filter(ink, 1 + max(ink.shape) // 20)  # without noise
    is_uneven = (
        rim.max() > ink.max() / 4
        or (smooth < -ink.max() / 6).mean() > 0.02
        or paper.max() > brightness.max() + _MIN_CONTRAST
        or paper.min() < brightness.min() - _MIN_CONTRAST
    )
    if is_uneven and not is_narrow:
        ink, noise = _subtract_surroundings(brightness)
    return ink, max(_MIN_CONTRAST, _MIN_NOISE_RATIO * noise)


def _subtract_surroundings(brightness: np.ndarray) -> tuple[np.ndarray, float]:
    """Return what is narrower than a stroke can be, in place of `subtract_paper`."""
    size = max(3, round(_STROKE_LIMIT * max(brightness.shape)))
    light = brightness - ndimage.grey_opening(brightness, size, mode="nearest")
    paper = ndimage.grey_closing(brightness, size, mode="nearest")
    # In a shadow ink and paper lose the same share of their light.
    dark = (paper - brightness) / np.maximum(paper, 0.05)
    ink = max(light, dark, key=lambda ink: (ink**3).sum())
    ink = ink - np.median(ink)
    return ink, 1.4826 * np.median(np.abs(ink))


def full_ink(ink: np.ndarray) -> float:
    """Return how much a pixel holds that is full of ink.

    The maximum would be decided by a hot pixel, so as many pixels are passed over as a
    line one pixel wide and a fiftieth of the picture long would have, the least that
    could be a digit.
    """
    skipped = max(ink.shape) // 50
    return np.partition(ink, ink.size - 1 - skipped, axis=None)[-1 - skipped]


def stretch(ink: np.ndarray, least: float, found: str) -> np.ndarray:
    """Return how full of ink each pixel is, in [0, 1]; refuse less than the least."""
    full = full_ink(ink)
    if full < least:
        raise NoInk(
            f"expected a dark digit on a light ground or the reverse, found {found} "
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
