"""Spots on skin, drawn by the ABCD rule, as a dermatoscope would show them.

The rule names what makes a mole suspect: asymmetry, an irregular border, several
colours, a large diameter [1]_. A positive spot is drawn with more of each, but the two
kinds overlap, so that nobody can tell them all apart. A ruler goes with the label if
the caller asks for it. Nothing here was measured on patients. Taught in
``applications/medical``.

References
----------
.. [1] R. J. Friedman, D. S. Rigel, A. W. Kopf, "Early Detection of Malignant Melanoma:
   The Role of Physician Examination and Self-Examination of the Skin", CA: A Cancer
   Journal for Clinicians 35, 1985, doi:10.3322/canjclin.35.3.130.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mnist_tutorial.checks import check_choice, check_counts, check_in, checked_labels
from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes.drawing import pixel_grid, rows_of, spread, value_noise

LESION_PARTS = ("skin", "lesion", "hair", "ruler")
NUM_TONES = 6
FIELD = 12.0  # millimetres of skin from one side of an image to the other
# By how many standard deviations a positive spot is drawn with more of A, B, C and D.
SHIFTS = (1.8, 1.6, 1.8, 1.5)

_TONES = np.array(
    [
        (0.95, 0.80, 0.72),
        (0.91, 0.73, 0.62),
        (0.83, 0.63, 0.49),
        (0.70, 0.50, 0.37),
        (0.53, 0.36, 0.26),
        (0.38, 0.26, 0.20),
    ],
    dtype=np.float32,
)
# What a colour leaves of the skin's: the six that dermoscopy counts.
_PIGMENTS = np.array(
    [
        (0.72, 0.58, 0.44),  # light brown
        (0.45, 0.31, 0.24),  # dark brown
        (0.17, 0.15, 0.17),  # black
        (0.82, 0.47, 0.44),  # red
        (0.50, 0.57, 0.74),  # blue grey
        (1.00, 1.03, 1.07),  # white
    ],
    dtype=np.float32,
)
_RULER_WIDTH = 1.5
_MOST_HAIRS = 8
_HAIR_WIDTH = np.float32(0.07)
_ANGLES = 360
_RADIANS = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
_WAVES = np.arange(2, 16)
# Images drawn at a time: they stay in the cache. Another number draws other noise.
_CHUNK = 128


class LesionDescription(NamedTuple):
    """Everything that the images were drawn from but their noise, one row an image.

    In millimetres and radians; positions are from the middle of the image, rightwards
    and downwards.
    """

    centres: np.ndarray  # of the spots, (n, 2): down, right
    angles: np.ndarray  # by which spots are turned, (n,)
    outlines: np.ndarray  # border from the centre at 360 angles, (n, 360)
    softness: np.ndarray  # width of the spots' edges, (n,)
    pigments: np.ndarray  # numbers of the colours, (n, 6): ground first, -1 for none
    # Where the other five colours lie, (n, 5, 3): down, right, radius, for a spot of
    # radius 1 that is not turned.
    patches: np.ndarray
    tones: np.ndarray  # skin tone, from 0 (light) to 5 (dark), (n,)
    tints: np.ndarray  # the camera's, (n, 3)
    lights: np.ndarray  # strength, growth downwards and rightwards, (n, 3)
    # Direction, distance, bend, middle, half length, (n, 8, 5); NaN for no hair.
    hairs: np.ndarray
    # Side (0 top, 1 bottom, 2 left, 3 right), distance from it, and where the ticks
    # begin, (n, 3); NaN for no ruler.
    rulers: np.ndarray


class Lesions(NamedTuple):
    """``n`` drawn spots on skin, and what is true of them."""

    images: np.ndarray  # float32 in [0, 1], (n, size, size, 3)
    labels: np.ndarray  # 1 for positive (drawn as malignant), else 0; (n,)
    # Where the spot is, hairs and ruler or not: booleans, (n, size, size). A few large
    # spots reach beyond the image.
    masks: np.ndarray
    ruler_masks: np.ndarray  # where a ruler lies, (n, size, size)
    description: LesionDescription
    texture_seed: np.random.SeedSequence  # of the noise


def make_lesions(
    count: int,
    *,
    seed: int,
    size: int = 64,
    prevalence: float = 0.1,
    images_per_patient: int = 1,
    ruler: tuple[float, float] = (0.0, 0.0),
    tones: Sequence[int] = tuple(range(NUM_TONES)),
) -> Lesions:
    """Draw spots on skin, a few of them positive.

    Each patient has one spot, a skin tone, more or fewer hairs, and a camera with its
    tint. Another image of the patient shows the same spot turned and moved, under
    other light, with other hairs in the way. Raises ``InputError`` if an argument is
    out of range.

    Parameters
    ----------
    count
        Number of images, at least 1; another one gives other images.
    seed
        The same seed and settings give the same bytes. Other ``ruler`` shares with the
        same seed give the same images but for the rulers.
    size
        Pixels on a side, at least 32; they show 12 mm of skin.
    prevalence
        How likely a patient is positive, in [0, 1].
    images_per_patient
        At least 1; they follow each other, and the last patient may have fewer.
    ruler
        How likely a ruler lies in the image of a negative, and of a positive.
    tones
        The skin tones to choose from, all as likely: 0 (light) to 5 (dark).
    """
    check_counts(count=count, images_per_patient=images_per_patient)
    check_counts(least=0, seed=seed)
    check_counts(least=32, size=size)
    check_in("[0, 1]", prevalence=prevalence)
    chances = np.asarray(ruler)
    if chances.shape != (2,) or not (chances.min() >= 0 and chances.max() <= 1):
        raise InputError(
            "ruler must be two numbers in [0, 1], for negatives and for positives, "
            f"such as (0.5, 0.5), got {ruler!r}"
        )
    tones = checked_labels(tones, num_classes=NUM_TONES, name="tones")
    # A stream of its own for each, so that one setting does not change the others.
    who, how, photo, mark, texture = np.random.SeedSequence(seed).spawn(5)
    patients = np.arange(count) // images_per_patient
    is_positive = np.random.default_rng(who).random(patients[-1] + 1) < prevalence
    labels = is_positive.astype(int)
    looks, hairiness = _draw_looks(np.random.default_rng(how), labels, tones)
    labels = labels[patients]
    description = LesionDescription(
        **{name: values[patients] for name, values in looks.items()},
        **_draw_photographs(np.random.default_rng(photo), hairiness[patients]),
        rulers=_draw_rulers(np.random.default_rng(mark), chances[labels]),
    )
    images, masks, ruler_masks = _draw(description, size, texture, LESION_PARTS)
    return Lesions(images, labels, masks, ruler_masks, description, texture)


def redraw_lesions(lesions: Lesions, parts: Iterable[str] = LESION_PARTS) -> np.ndarray:
    """Draw the same images again with some parts only.

    ``parts`` are some of ``"skin"``, ``"lesion"``, ``"hair"``, ``"ruler"``; an unknown
    one raises ``InputError``. Without the skin, the ground is a plain grey of 0.5,
    without light, tint and noise, and what is drawn on it has its own colours. Returns
    images like those of ``lesions``.
    """
    parts = tuple(parts)
    for part in parts:
        check_choice("each of parts", part, LESION_PARTS)
    size = lesions.images.shape[1]
    return _draw(lesions.description, size, lesions.texture_seed, parts)[0]


# --- what is drawn -------------------------------------------------------------------


def _draw_looks(rng, labels, tones) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw what all images of a patient have in common, and how hairy each is."""
    count = len(labels)
    more = rng.normal(size=(count, 4)) + np.outer(labels, SHIFTS)
    asymmetry, border, colour, diameter = more.T
    outlines = _draw_outlines(rng, asymmetry, border)
    across = (outlines + np.roll(outlines, _ANGLES // 2, axis=1)).max(axis=1)
    millimetres = np.clip(5.0 * np.exp(0.22 * diameter), 2.5, 9.5)
    looks = {
        "outlines": outlines * (millimetres / across)[:, np.newaxis],
        "pigments": _draw_pigments(rng, colour),
        "patches": _draw_patches(rng, count),
        "softness": rng.uniform(0.35, 0.9, count),
        "tones": tones[rng.integers(len(tones), size=count)],
        "tints": rng.normal(1, 0.025, (count, 3)),
    }
    return looks, rng.beta(0.6, 1.4, count)


def _draw_outlines(rng, asymmetry, border) -> np.ndarray:
    """Draw circles of radius 1 with waves on them."""
    # Two waves a turn make them long, three to four lopsided, six and more ragged.
    count = len(asymmetry)
    sizes = rng.uniform(0.2, 1, (count, len(_WAVES))) / _WAVES
    sizes[:, _WAVES == 2] = rng.uniform(0.02, 0.15, (count, 1))
    for waves, total in (
        ((_WAVES == 3) | (_WAVES == 4), 0.075 * np.exp(0.5 * asymmetry)),
        (_WAVES >= 6, 0.024 * np.exp(0.55 * border)),
    ):
        part = sizes[:, waves]
        norm = np.sqrt(np.sum(part**2, axis=1, keepdims=True))
        sizes[:, waves] = part / norm * np.minimum(total, 0.24)[:, np.newaxis]
    sizes[:, _WAVES == 5] = 0.02
    phases = rng.uniform(0, 2 * np.pi, sizes.shape)
    turns = np.outer(_WAVES, _RADIANS)
    outlines = 1 + (sizes * np.cos(phases)) @ np.cos(turns)
    outlines -= (sizes * np.sin(phases)) @ np.sin(turns)
    return np.maximum(outlines, 0.25)


def _draw_pigments(rng, colour) -> np.ndarray:
    """Draw the ground, one of the two browns, and the other colours in any order."""
    count = len(colour)
    order = rng.random((count, 6)).argsort(axis=1)
    ground = (rng.random(count) < 0.55).astype(int)
    others = order[order != ground[:, np.newaxis]].reshape(count, 5)
    pigments = np.column_stack([ground, others])
    num_colours = np.clip(np.rint(1.9 + 0.85 * colour), 1, 6)
    pigments[np.arange(6) >= num_colours[:, np.newaxis]] = -1
    return pigments


def _draw_patches(rng, count: int) -> np.ndarray:
    turn = rng.uniform(0, 2 * np.pi, (count, 1)) + np.arange(5) * 2.4
    reach = rng.uniform(0.25, 0.65, (count, 5))
    radius = rng.uniform(0.3, 0.5, (count, 5))
    return np.stack([reach * np.sin(turn), reach * np.cos(turn), radius], axis=-1)


def _draw_photographs(rng, hairiness) -> dict[str, np.ndarray]:
    """Draw what differs from one image of a patient to the next."""
    count = len(hairiness)
    size = (count, _MOST_HAIRS)
    hairs = np.stack(
        [
            rng.uniform(0, np.pi, size),
            rng.uniform(-5.5, 5.5, size),
            rng.normal(0, 0.03, size),
            rng.uniform(-4, 4, size),
            rng.uniform(2, 6, size),
        ],
        axis=-1,
    )
    hairs[rng.random(size) > hairiness[:, np.newaxis]] = np.nan
    return {
        "hairs": hairs,
        "centres": rng.normal(0, 0.5, (count, 2)).clip(-1, 1),
        "angles": rng.uniform(0, 2 * np.pi, count),
        "lights": np.column_stack(
            [rng.uniform(0.92, 1.06, count), rng.normal(0, 0.05, (count, 2))]
        ),
    }


def _draw_rulers(rng, chances) -> np.ndarray:
    count = len(chances)
    has_ruler = rng.random(count) < chances
    sides = rng.integers(4, size=count)
    insets, starts = rng.uniform(0, 0.5, count), rng.uniform(0, 5, count)
    rulers = np.column_stack([sides, insets, starts])
    rulers[~has_ruler] = np.nan
    return rulers


# --- drawing -------------------------------------------------------------------------


def _draw(description, size, texture_seed, parts):
    """Draw all images; return them and both masks."""
    rng = np.random.default_rng(texture_seed)
    chunks = []
    for start in range(0, len(description.angles), _CHUNK):
        some = rows_of(description, slice(start, start + _CHUNK))
        chunks.append(_draw_chunk(rng, some, size, parts))
    return [np.concatenate(chunk) for chunk in zip(*chunks, strict=True)]


def _draw_chunk(rng, description, size, parts):
    count = len(description.angles)
    scale = np.float32(size / FIELD)
    y, x = pixel_grid(size, size)
    down, right = y / scale - FIELD / 2, x / scale - FIELD / 2  # (size, 1), (1, size)
    # Drawn whether needed or not: leaving a part out must not change the others.
    broad = value_noise(rng, count, size, size, cell=max(2, size // 4)) - 0.5
    blotches = value_noise(rng, count, size, size, cell=max(2, size // 12)) - 0.5
    net = value_noise(rng, count, size, size, cell=max(1, size // 28)) - 0.5
    grain = rng.standard_normal((count, size, size, 3), dtype=np.float32)

    tone = _TONES[description.tones][:, np.newaxis, np.newaxis]  # (n, 1, 1, 3)
    with_skin = "skin" in parts
    if with_skin:
        shade = 1 + 0.10 * broad + 0.07 * blotches + 0.03 * net
        images = tone * shade[..., np.newaxis]
        images[..., 0] += 0.03 * broad
    else:
        images = np.full((count, size, size, 3), 0.5, dtype=np.float32)
    coverage, colours = _spots(description, down, right, blotches, net, tone)
    if "lesion" in parts:
        images += coverage[..., np.newaxis] * (colours - images)
    if "hair" in parts:
        _add_hairs(images, description.hairs, down, right, tone)
    if with_skin:
        strength, downwards, rightwards = spread(description.lights.T)  # (n, 1, 1)
        from_middle = np.hypot(down, right) / np.float32(FIELD / 2)
        dark_corners = 1 - 0.55 * np.clip(from_middle - 0.85, 0, None) ** 1.3
        light = strength + (downwards * down + rightwards * right) / 6
        tint = description.tints.astype(np.float32)[:, np.newaxis, np.newaxis]
        images *= (light * dark_corners)[..., np.newaxis] * tint
    ruler_masks = _add_rulers(images, description, down, right, "ruler" in parts)
    if with_skin:
        images += 0.012 * grain
    return np.clip(images, 0, 1, out=images), coverage >= 0.5, ruler_masks


def _spots(description, down, right, blotches, net, tone):
    """Return how the spots fill the pixels, and their colours."""
    centre_down, centre_right = spread(description.centres.T)  # (n, 1, 1)
    down, right = down - centre_down, right - centre_right  # (n, size, size)
    turned = spread(description.angles)
    distance = np.sqrt(down**2 + right**2)
    angle = (np.arctan2(down, right) - turned) * np.float32(_ANGLES / (2 * np.pi))
    index = np.rint(angle).astype(np.int32) % _ANGLES
    outlines = description.outlines.astype(np.float32)
    border = outlines[np.arange(len(index))[:, np.newaxis, np.newaxis], index]
    softness = spread(description.softness)
    coverage = np.clip(0.5 + (border - distance) / softness, 0, 1)

    # The patches lie on the spot as if its radius were 1 and it had not been turned.
    radius = outlines.mean(axis=1)[:, np.newaxis, np.newaxis]
    sine, cosine = np.sin(turned), np.cos(turned)
    along = (right * cosine + down * sine) / radius
    across = (down * cosine - right * sine) / radius
    pigments = description.pigments
    weights = np.zeros((6, *coverage.shape), dtype=np.float32)
    weights[0] = 1
    for number in range(1, 6):
        patch_down, patch_right, reach = spread(description.patches[:, number - 1].T)
        away = np.sqrt((across - patch_down) ** 2 + (along - patch_right) ** 2)
        here = np.clip(0.5 + (reach - away + 0.5 * blotches) / 0.35, 0, 1)
        here *= 0.85 * (pigments[:, number] >= 0)[:, np.newaxis, np.newaxis]
        weights[:number] *= 1 - here
        weights[number] = here
    kept = _PIGMENTS[pigments]  # (n, 6, 3); where there is none, its weight is 0
    colours = tone * np.einsum("knij,nkc->nijc", weights, kept, optimize=True)
    darker = 1 - 0.12 * (1 - distance / np.maximum(border, 0.1)).clip(0, 1)
    colours *= (darker * (1 + 0.35 * net + 0.2 * blotches))[..., np.newaxis]
    return coverage, colours


def _add_hairs(images, hairs, down, right, tone) -> None:
    pixel = np.float32(FIELD / images.shape[1])
    coverage = np.zeros(images.shape[:3], dtype=np.float32)
    for number in range(_MOST_HAIRS):
        present = np.flatnonzero(~np.isnan(hairs[:, number, 0]))
        angle, distance, bend, middle, half = spread(hairs[present, number].T)
        sine, cosine = np.sin(angle), np.cos(angle)
        along = right * cosine + down * sine - middle
        across = down * cosine - right * sine - distance - bend * along**2
        line = np.clip((_HAIR_WIDTH - np.abs(across)) / pixel + 0.5, 0, 0.75)
        line *= np.clip((half - np.abs(along)) / 1.5, 0, 1)
        coverage[present] = np.maximum(coverage[present], line)
    colour = 0.22 * tone + 0.03
    images += coverage[..., np.newaxis] * (colour - images)


def _add_rulers(images, description, down, right, is_drawn) -> np.ndarray:
    """Lay rulers on the images where there are any; return where."""
    present = np.flatnonzero(~np.isnan(description.rulers[:, 0]))
    side, inset, start = spread(description.rulers[present].T)
    upright = side >= 2
    along = np.where(upright, down, right) + np.float32(FIELD / 2)
    across = np.where(upright, right, down)
    # From the edge of the image inwards.
    depth = FIELD / 2 + np.where(side % 2 == 0, across, -across) - inset
    pixel = np.float32(FIELD / images.shape[1])
    strip = (depth >= 0) & (depth < _RULER_WIDTH)
    masks = np.zeros(images.shape[:3], dtype=bool)
    masks[present] = strip
    if not is_drawn:
        return masks
    place = (along + start) % 1.0
    fifth = np.floor(along + start) % 5 == 0
    tick = np.clip((0.11 - np.abs(place - 0.5)) / pixel + 0.5, 0, 1)
    tick *= _RULER_WIDTH - depth < np.where(fifth, 1.2, 0.7)
    ivory = np.array((1.0, 1.0, 0.95), dtype=np.float32)
    paint = (0.90 - 0.78 * tick)[..., np.newaxis] * ivory
    weight = (0.92 * strip)[..., np.newaxis]
    images[present] += weight * (paint - images[present])
    return masks
