"""Spots on skin, drawn by the ABCD rule, as a dermatoscope would show them.

The rule names what makes a mole suspect: asymmetry, an irregular border, several
colours, a large diameter [1]_. A positive spot is drawn with more of each, but the two
kinds overlap, so that nobody can tell them all apart: that is built in. So is whatever
goes with the label only because the caller asked for it, such as the ruler. Nothing
here was measured on patients.

:func:`make_lesions` draws; :func:`redraw_lesions` draws the same images again with
some parts left out. Taught in ``applications/medical``.

References
----------
.. [1] R. J. Friedman, D. S. Rigel, A. W. Kopf, "Early Detection of Malignant Melanoma:
   The Role of Physician Examination and Self-Examination of the Skin", CA: A Cancer
   Journal for Clinicians 35, 1985, doi:10.3322/canjclin.35.3.130.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes.checks import check_counts, check_shares, is_row
from mnist_tutorial.scenes.drawing import pixel_grid, value_noise

ABCD = ("asymmetry", "border", "colours", "diameter")
LESION_PARTS = ("skin", "lesion", "hair", "ruler")
NUM_TONES = 6

# Millimetres of skin from one side of an image to the other.
FIELD = 12.0
_SMALLEST = 32

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
_WAVES = np.arange(2, 16)
# A colour counts if it takes up this share of the spot.
_VISIBLE_SHARE = 0.04
# Images that are drawn at a time: few enough to stay in the cache.
_CHUNK = 128


@dataclass(frozen=True)
class LesionDescription:
    """Everything that the images were drawn from, one row an image.

    Lengths are in millimetres, angles in radians, positions from the middle of the
    image, rightwards and downwards.

    Attributes
    ----------
    size
        Pixels on a side.
    texture_seed
        What the noise of skin, spot and camera is drawn from.
    centres
        Of the spots, ``(n, 2)``: down, right.
    angles
        By which spots are turned, ``(n,)``.
    outlines
        Distance of the border from the centre at 360 angles, ``(n, 360)``.
    softness
        Width of the spots' edges, ``(n,)``.
    pigments
        Numbers of the colours, ``(n, 6)``: the first is the ground; -1 for none.
    patches
        Where the other five colours lie, ``(n, 5, 3)``: down, right, radius, for a
        spot of radius 1 that is not turned.
    tones, tints, lights
        Number of the skin tone ``(n,)``, the camera's tint ``(n, 3)``, and the light:
        its strength and how it grows downwards and rightwards ``(n, 3)``.
    hairs
        ``(n, 8, 5)``: direction, distance, bend, middle, half length; NaN for none.
    has_ruler
        ``(n,)``, booleans.
    rulers
        ``(n, 3)``: side (0 top, 1 bottom, 2 left, 3 right), distance from it, and
        where its ticks begin.
    """

    size: int
    texture_seed: np.random.SeedSequence
    centres: np.ndarray
    angles: np.ndarray
    outlines: np.ndarray
    softness: np.ndarray
    pigments: np.ndarray
    patches: np.ndarray
    tones: np.ndarray
    tints: np.ndarray
    lights: np.ndarray
    hairs: np.ndarray
    has_ruler: np.ndarray
    rulers: np.ndarray


class Lesions(NamedTuple):
    """Drawn spots on skin, and what is true of them.

    Attributes
    ----------
    images
        ``float32`` in [0, 1], shape ``(n, size, size, 3)``.
    labels
        1 for positive (drawn as malignant), else 0; shape ``(n,)``.
    patients
        Number of the patient, from 0; shape ``(n,)``. All images of a patient show the
        same spot.
    masks
        Where the spot is, hairs and ruler or not: booleans, ``(n, size, size)``. A few
        large spots reach beyond the image: what lies outside is in neither mask nor
        box.
    boxes
        Around the masks, ``(n, 4)``: top, left, bottom, right, in pixels; bottom and
        right are the first that are outside.
    has_ruler, ruler_masks
        Whether a ruler lies in the image, ``(n,)``, and where, ``(n, size, size)``.
    abcd
        What was measured on the whole outline, and for the colours on what of the
        spot is in the image, ``(n, 4)``, in the order of :data:`ABCD`:
        the share of the spot that has no counterpart when it is folded (the mean of
        two perpendicular axes, chosen so that it is least); by how much its border is
        longer than a circle's of the same area, as a share; the number of colours that
        take up at least 4 %; the longest diameter through the centre, in millimetres
        (a line beside the centre may be longer).
    tones
        Skin tone, from 0 (light) to 5 (dark); shape ``(n,)``.
    description
        What :func:`redraw_lesions` needs.
    """

    images: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    masks: np.ndarray
    boxes: np.ndarray
    has_ruler: np.ndarray
    ruler_masks: np.ndarray
    abcd: np.ndarray
    tones: np.ndarray
    description: LesionDescription


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
    other light, with other hairs in the way.

    Parameters
    ----------
    count
        Number of images, at least 0.
    seed
        The same seed and settings give the same bytes. Other ``ruler`` shares with the
        same seed give the same images but for the rulers; another ``count`` gives
        other images.
    size
        Pixels on a side, at least 32; they show 12 mm of skin.
    prevalence
        How likely a patient is positive, in [0, 1].
    images_per_patient
        At least 1; the last patient may have fewer.
    ruler
        How likely a ruler lies in the image of a negative, and of a positive.
    tones
        The skin tones to choose from, each as likely as the next: 0 (light) to 5
        (dark).

    Returns
    -------
    Lesions
        Images and what is true of them.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    check_counts(count=count)
    check_counts(1, images_per_patient=images_per_patient)
    check_counts(seed=seed)
    check_counts(_SMALLEST, size=size)
    check_shares(prevalence=prevalence)
    if not is_row(ruler) or len(ruler) != 2:
        raise InputError(
            "ruler must be two numbers, for negatives and for positives, got "
            f"{ruler!r}; (0.5, 0.5) puts one in every other image"
        )
    check_shares(**{"ruler[0]": ruler[0], "ruler[1]": ruler[1]})
    _check_tones(tones)
    # A stream of its own for each, so that one setting does not change the others.
    who, how, photo, mark, texture = np.random.SeedSequence(seed).spawn(5)
    patients = np.arange(count) // images_per_patient
    num_patients = -(-count // images_per_patient)
    labels = (np.random.default_rng(who).random(num_patients) < prevalence).astype(int)
    looks = _draw_looks(np.random.default_rng(how), labels, tones)
    description = _photograph(
        np.random.default_rng(photo),
        np.random.default_rng(mark),
        looks,
        patients,
        labels[patients],
        ruler,
        size,
        texture,
    )
    images, masks, ruler_masks, shares = _draw(description, LESION_PARTS)
    return Lesions(
        images,
        labels[patients],
        patients,
        masks,
        _boxes(masks),
        description.has_ruler,
        ruler_masks,
        np.column_stack([*_measure(description), shares])[:, [0, 1, 3, 2]],
        description.tones,
        description,
    )


def redraw_lesions(lesions: Lesions, parts: Iterable[str] = LESION_PARTS) -> np.ndarray:
    """Draw the same images again with some parts only.

    Parameters
    ----------
    lesions
        From :func:`make_lesions`.
    parts
        Some of ``"skin"``, ``"lesion"``, ``"hair"``, ``"ruler"``. Without the skin,
        the ground is a plain grey of 0.5, without light, tint and noise, and what is
        drawn on it has its own colours.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], shape ``(n, size, size, 3)``.

    Raises
    ------
    InputError
        If a part is unknown; the message lists the known ones.
    """
    is_list = isinstance(parts, Iterable) and not isinstance(parts, str)
    chosen = tuple(parts) if is_list else (None,)
    if not all(isinstance(part, str) and part in LESION_PARTS for part in chosen):
        raise InputError(
            f"parts must be some of {', '.join(LESION_PARTS)}, got {parts!r}; to draw "
            "a single one, put it in a list"
        )
    return _draw(lesions.description, chosen)[0]


def _check_tones(tones: Sequence[int]) -> None:
    def is_known(tone):
        is_whole = isinstance(tone, Integral) and not isinstance(tone, bool)
        return is_whole and 0 <= tone < NUM_TONES

    if not is_row(tones) or len(tones) == 0 or not all(map(is_known, tones)):
        raise InputError(
            f"tones must be a list of some of 0..{NUM_TONES - 1}, got {tones!r}"
        )


# --- what is drawn -------------------------------------------------------------------


def _draw_looks(rng, labels, tones) -> dict[str, np.ndarray]:
    """Draw what all images of a patient have in common, one row a patient."""
    count = len(labels)
    more = rng.normal(size=(count, 4)) + np.outer(labels, SHIFTS)
    asymmetry, border, colour, diameter = more.T
    # The outline is a circle and waves: two a turn make it long, three to four make it
    # lopsided, six and more make it ragged.
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
    turns = np.outer(_WAVES, np.arange(_ANGLES) * (2 * np.pi / _ANGLES))
    outlines = 1 + (sizes * np.cos(phases)) @ np.cos(turns)
    outlines -= (sizes * np.sin(phases)) @ np.sin(turns)
    outlines = np.maximum(outlines, 0.25)
    across = (outlines + np.roll(outlines, _ANGLES // 2, axis=1)).max(axis=1)
    millimetres = np.clip(5.0 * np.exp(0.22 * diameter), 2.5, 9.5)
    outlines *= (millimetres / across)[:, np.newaxis]

    num_colours = np.clip(np.rint(1.9 + 0.85 * colour), 1, 6)
    order = rng.random((count, 6)).argsort(axis=1)
    ground = (rng.random(count) < 0.55).astype(int)
    # The ground colour comes first, the others in any order.
    order = np.where(order == ground[:, np.newaxis], -1, order)
    others = np.sort(order, axis=1)
    keep = order >= 0
    others = order[keep].reshape(count, 5)
    pigments = np.column_stack([ground, others])
    pigments[np.arange(6) >= num_colours[:, np.newaxis]] = -1
    turn = rng.uniform(0, 2 * np.pi, (count, 1)) + np.arange(5) * 2.4
    reach = rng.uniform(0.25, 0.65, (count, 5))
    patches = np.stack(
        [reach * np.sin(turn), reach * np.cos(turn), rng.uniform(0.3, 0.5, (count, 5))],
        axis=-1,
    )
    return {
        "outlines": outlines,
        "softness": rng.uniform(0.35, 0.9, count),
        "pigments": pigments,
        "patches": patches,
        "tones": np.asarray(tones)[rng.integers(len(tones), size=count)],
        "tints": rng.normal(1, 0.025, (count, 3)),
        "hairiness": rng.beta(0.6, 1.4, count),
    }


def _photograph(
    rng, mark_rng, looks, patients, labels, ruler, size, texture_seed
) -> LesionDescription:
    """Take the images: what differs from one of a patient to the next."""
    count = len(patients)
    look = {name: values[patients] for name, values in looks.items()}
    hairs = np.stack(
        [
            rng.uniform(0, np.pi, (count, _MOST_HAIRS)),
            rng.uniform(-5.5, 5.5, (count, _MOST_HAIRS)),
            rng.normal(0, 0.03, (count, _MOST_HAIRS)),
            rng.uniform(-4, 4, (count, _MOST_HAIRS)),
            rng.uniform(2, 6, (count, _MOST_HAIRS)),
        ],
        axis=-1,
    )
    bald = rng.random((count, _MOST_HAIRS)) > look.pop("hairiness")[:, np.newaxis]
    hairs[bald] = np.nan
    chance = np.asarray(ruler, dtype=np.float64)[labels]
    return LesionDescription(
        size=size,
        texture_seed=texture_seed,
        centres=rng.normal(0, 0.5, (count, 2)).clip(-1, 1),
        angles=rng.uniform(0, 2 * np.pi, count),
        lights=np.column_stack(
            [rng.uniform(0.92, 1.06, count), rng.normal(0, 0.05, (count, 2))]
        ),
        hairs=hairs,
        has_ruler=mark_rng.random(count) < chance,
        rulers=np.column_stack(
            [
                mark_rng.integers(4, size=count),
                mark_rng.uniform(0, 0.5, count),
                mark_rng.uniform(0, 5, count),
            ]
        ),
        **look,
    )


# --- drawing -------------------------------------------------------------------------


def _draw(description, parts):
    """Draw all images; return them, both masks, and the number of colours seen."""
    count, size = len(description.angles), description.size
    images = np.empty((count, size, size, 3), dtype=np.float32)
    masks = np.empty((count, size, size), dtype=bool)
    ruler_masks = np.zeros((count, size, size), dtype=bool)
    seen = np.empty(count)
    rng = np.random.default_rng(description.texture_seed)
    for start in range(0, count, _CHUNK):
        part = slice(start, min(start + _CHUNK, count))
        images[part], masks[part], ruler_masks[part], seen[part] = _draw_chunk(
            rng, description, part, parts
        )
    return images, masks, ruler_masks, seen


def _draw_chunk(rng, description, part, parts):
    size = description.size
    count = part.stop - part.start
    scale = np.float32(size / FIELD)
    y, x = pixel_grid(size, size)
    down, right = (
        (y / scale - FIELD / 2),
        (x / scale - FIELD / 2),
    )  # (size, 1), (1, size)
    # Drawn whether needed or not: leaving a part out must not change the others.
    broad = value_noise(rng, count, size, size, cell=max(2, size // 4)) - 0.5
    blotches = value_noise(rng, count, size, size, cell=max(2, size // 12)) - 0.5
    net = value_noise(rng, count, size, size, cell=max(1, size // 28)) - 0.5
    grain = rng.standard_normal((count, size, size, 3), dtype=np.float32)

    tone = _TONES[description.tones[part]][:, np.newaxis, np.newaxis]  # (n, 1, 1, 3)
    with_skin = "skin" in parts
    if with_skin:
        shade = 1 + 0.10 * broad + 0.07 * blotches + 0.03 * net
        images = tone * shade[..., np.newaxis]
        images[..., 0] += 0.03 * broad
    else:
        images = np.full((count, size, size, 3), 0.5, dtype=np.float32)

    coverage, colours, seen = _spots(
        description, part, down, right, blotches, net, tone
    )
    masks = coverage >= 0.5
    if "lesion" in parts:
        images += coverage[..., np.newaxis] * (colours - images)
    if "hair" in parts:
        _add_hairs(images, description.hairs[part], down, right, tone)
    if with_skin:
        light = description.lights[part].astype(np.float32)[
            :, :, np.newaxis, np.newaxis
        ]
        from_middle = np.hypot(down, right) / np.float32(FIELD / 2)
        dark_corners = 1 - 0.55 * np.clip(from_middle - 0.85, 0, None) ** 1.3
        light = (
            light[:, 0] + (light[:, 1] * down + light[:, 2] * right) / 6
        ) * dark_corners
        tint = description.tints[part].astype(np.float32)[:, np.newaxis, np.newaxis]
        images *= light[..., np.newaxis] * tint
    ruler_masks = _add_rulers(images, description, part, down, right, "ruler" in parts)
    if with_skin:
        images += 0.012 * grain
    return np.clip(images, 0, 1, out=images), masks, ruler_masks, seen


def _spots(description, part, down, right, blotches, net, tone):
    """Return how the spots fill the pixels, their colours, and how many are seen."""
    centres = description.centres[part].astype(np.float32)[:, :, np.newaxis, np.newaxis]
    down, right = down - centres[:, 0], right - centres[:, 1]  # (n, size, size)
    turned = description.angles[part].astype(np.float32)[:, np.newaxis, np.newaxis]
    distance = np.sqrt(down**2 + right**2)
    angle = (np.arctan2(down, right) - turned) * np.float32(_ANGLES / (2 * np.pi))
    index = np.rint(angle).astype(np.int32) % _ANGLES
    outlines = description.outlines[part].astype(np.float32)
    border = np.take_along_axis(outlines, index.reshape(len(outlines), -1), axis=1)
    border = border.reshape(index.shape)
    softness = description.softness[part].astype(np.float32)[:, np.newaxis, np.newaxis]
    coverage = np.clip(0.5 + (border - distance) / softness, 0, 1)

    # The patches lie on the spot as if its radius were 1 and it had not been turned.
    radius = outlines.mean(axis=1)[:, np.newaxis, np.newaxis]
    sine, cosine = np.sin(turned), np.cos(turned)
    along = (right * cosine + down * sine) / radius
    across = (down * cosine - right * sine) / radius
    pigments = description.pigments[part]
    patches = description.patches[part].astype(np.float32)
    weights = np.zeros((6, *coverage.shape), dtype=np.float32)
    weights[0] = 1
    for number in range(1, 6):
        place = patches[:, number - 1, :, np.newaxis, np.newaxis]  # (n, 3, 1, 1)
        away = np.sqrt((across - place[:, 0]) ** 2 + (along - place[:, 1]) ** 2)
        here = np.clip(0.5 + (place[:, 2] - away + 0.5 * blotches) / 0.35, 0, 1)
        here *= 0.85 * (pigments[:, number] >= 0)[:, np.newaxis, np.newaxis]
        weights[:number] *= 1 - here
        weights[number] = here
    inside = coverage >= 0.5
    shares = (weights * inside).sum(axis=(2, 3)) / np.maximum(
        inside.sum(axis=(1, 2)), 1
    )
    seen = (shares >= _VISIBLE_SHARE).sum(axis=0)
    kept = _PIGMENTS[pigments]  # (n, 6, 3); where there is none, its weight is 0
    colours = tone * np.einsum("knij,nkc->nijc", weights, kept, optimize=True)
    darker = 1 - 0.12 * (1 - distance / np.maximum(border, 0.1)).clip(0, 1)
    colours *= (darker * (1 + 0.35 * net + 0.2 * blotches))[..., np.newaxis]
    return coverage, colours, seen


def _add_hairs(images, hairs, down, right, tone) -> None:
    hairs = hairs.astype(np.float32)
    pixel = np.float32(FIELD / images.shape[1])
    coverage = np.zeros(images.shape[:3], dtype=np.float32)
    for number in range(_MOST_HAIRS):
        present = np.flatnonzero(~np.isnan(hairs[:, number, 0]))
        hair = hairs[present, number].T[..., np.newaxis, np.newaxis]  # (5, n, 1, 1)
        sine, cosine = np.sin(hair[0]), np.cos(hair[0])
        along = right * cosine + down * sine - hair[3]
        across = down * cosine - right * sine - hair[1] - hair[2] * along**2
        line = np.clip((_HAIR_WIDTH - np.abs(across)) / pixel + 0.5, 0, 0.75)
        line *= np.clip((hair[4] - np.abs(along)) / 1.5, 0, 1)
        coverage[present] = np.maximum(coverage[present], line)
    colour = 0.22 * tone + 0.03
    images += coverage[..., np.newaxis] * (colour - images)


def _add_rulers(images, description, part, down, right, is_drawn) -> np.ndarray:
    """Lay rulers on the images where there are any; return where."""
    masks = np.zeros(images.shape[:3], dtype=bool)
    present = np.flatnonzero(description.has_ruler[part])
    if not len(present):
        return masks
    side, inset, start = (
        description.rulers[part][present]
        .astype(np.float32)
        .T[..., np.newaxis, np.newaxis]
    )
    upright = side >= 2
    along = np.where(upright, down, right) + np.float32(FIELD / 2)
    across = np.where(upright, right, down)
    # From the edge of the image inwards.
    depth = FIELD / 2 + np.where(side % 2 == 0, across, -across) - inset
    pixel = np.float32(FIELD / images.shape[1])
    strip = (depth >= 0) & (depth < _RULER_WIDTH)
    masks[present] = strip
    if not is_drawn:
        return masks
    place = (along + start) % 1.0
    fifth = np.floor(along + start) % 5 == 0
    tick = np.clip((0.11 - np.abs(place - 0.5)) / pixel + 0.5, 0, 1)
    tick *= _RULER_WIDTH - depth < np.where(fifth, 1.2, 0.7)
    paint = (0.90 - 0.78 * tick)[..., np.newaxis] * np.array(
        (1.0, 1.0, 0.95), dtype=np.float32
    )
    weight = (0.92 * strip)[..., np.newaxis]
    images[present] += weight * (paint - images[present])
    return masks


# --- measuring -----------------------------------------------------------------------


def _measure(description) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return asymmetry, border irregularity and diameter of the outlines."""
    outlines = description.outlines
    areas = np.sum(outlines**2, axis=1)
    # Folding along an axis takes the border at an angle onto the one at the mirrored
    # angle; all axes through the centre, a quarter turn apart in pairs.
    mirrored = outlines[:, ::-1]
    missing = np.stack(
        [
            1
            - np.sum(
                np.minimum(outlines, np.roll(mirrored, shift, axis=1)) ** 2, axis=1
            )
            / areas
            for shift in range(1, _ANGLES, 6)
        ]
    )  # (axes, n)
    half = len(missing) // 2
    asymmetry = (missing[:half] + missing[half:]).min(axis=0) / 2
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    x, y = outlines * np.cos(angles), outlines * np.sin(angles)
    steps = np.hypot(x - np.roll(x, 1, axis=1), y - np.roll(y, 1, axis=1))
    circle = np.sqrt(np.pi * areas * (np.pi / _ANGLES) * 4)
    border = steps.sum(axis=1) / circle - 1
    diameter = (outlines + np.roll(outlines, _ANGLES // 2, axis=1)).max(axis=1)
    return asymmetry, border, diameter


def _boxes(masks: np.ndarray) -> np.ndarray:
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    size = masks.shape[1]
    return np.column_stack(
        [
            rows.argmax(axis=1),
            columns.argmax(axis=1),
            size - rows[:, ::-1].argmax(axis=1),
            size - columns[:, ::-1].argmax(axis=1),
        ]
    )
