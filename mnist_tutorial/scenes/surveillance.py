"""Short clips of a fixed camera over a yard, in which people walk, or do worse.

The yard never changes: a wall with a door and a lamp, a path, a fence, a marked zone
that nobody should enter, and a crate that nobody should take. People walk along the
path, or between it and the door; some carry a bag, some stop for a moment. In a clip
with an event, one of them does something else; how many people there are says nothing
about it. One frame stands for about a second: what happens is quicker than in life, so
that 32 frames can tell it. Taught in ``applications/surveillance``.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mnist_tutorial.checks import check_choice, check_counts, check_in
from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes.drawing import (
    capsule,
    convex_polygon,
    ellipse,
    pixel_grid,
    rectangle,
    spread,
    tight_boxes,
    value_noise,
)
from mnist_tutorial.scenes.surveillance_stories import (
    CLIP_KINDS,
    FRAMES,
    MAX_PEOPLE,
    WIDTH,
    ZONE_COLUMNS,
    ZONE_ROWS,
    ClipObject,
    in_zone,
    tell,
)

CLIP_LIGHTS = ("steady", "gradual", "sudden")
MAX_OBJECTS = 1 + 2 * MAX_PEOPLE  # the crate, and a bag for each person
HEIGHT = 48
Y, X = pixel_grid(HEIGHT, WIDTH)
PATH_ROWS = (29, 43)
NOISE = 0.015


class Clips(NamedTuple):
    """Clips, with the truth about each.

    Attributes
    ----------
    frames
        ``float32`` in [0, 1], shape ``(n, 32, 48, 64, 1)``.
    labels
        Indices into ``CLIP_KINDS``, shape ``(n,)``; 0 is ordinary.
    is_event
        Whether the event goes on, shape ``(n, 32)``: a person is in the zone, a person
        stays, a bag lies on the ground, a crate is away from its place. A bag counts
        from the frame in which it is put down, with its owner still beside it; whoever
        walks past in front may hide what goes on for a moment.
    owners
        ``uint8``, shape ``(n, 32, 48, 64)``: 0 where the yard is seen, and ``k`` where
        object ``k - 1`` of the clip is.
    boxes
        ``int16``, shape ``(n, 32, MAX_OBJECTS, 4)``: top, left, bottom, right of each
        object as if nothing stood before it, the last two exclusive; zeros where it is
        out of view.
    objects
        For each clip its objects, in the order in which they are painted.
    """

    frames: np.ndarray
    labels: np.ndarray
    is_event: np.ndarray
    owners: np.ndarray
    boxes: np.ndarray
    objects: list[list[ClipObject]]


def make_clips(
    count: int,
    *,
    seed: int,
    kinds: Mapping[str, float] | None = None,
    light: str = "steady",
) -> Clips:
    """Draw clips of one yard, seen by a camera that does not move.

    Parameters
    ----------
    count
        Number of clips, at least 1.
    seed
        A whole number, at least 0. The same seed and settings give the same bytes.
        ``count`` is one of the settings: another one draws other clips, not more or
        fewer of the same.
    kinds
        How often each of ``CLIP_KINDS`` is drawn, as weights; only ordinary ones
        unless given.
    light
        ``"steady"``; ``"gradual"``, a cloud takes part of the light away; or
        ``"sudden"``, the lamp beside the door is switched on. Apart from the light the
        clip is the one of steady light.

    Returns
    -------
    Clips
        The frames, and what is in them.

    Raises
    ------
    InputError
        If an argument is out of range, or a kind or a light is unknown.

    Examples
    --------
    >>> clips = make_clips(2, seed=0, kinds={"intrusion": 1})
    >>> clips.frames.shape
    (2, 32, 48, 64, 1)
    """
    check_counts(count=count)
    check_counts(least=0, seed=seed)
    check_choice("light", light, CLIP_LIGHTS)
    shares = _shares({"ordinary": 1} if kinds is None else kinds)

    rng = np.random.default_rng(seed)
    labels = rng.choice(len(CLIP_KINDS), size=count, p=shares)
    yard = draw_yard()
    size = (count, FRAMES, HEIGHT, WIDTH)
    result = Clips(
        np.empty((*size, 1), np.float32),
        labels,
        np.zeros((count, FRAMES), bool),
        np.zeros(size, np.uint8),
        np.zeros((count, FRAMES, MAX_OBJECTS, 4), np.int16),
        [],
    )
    for n, label in enumerate(labels):
        story = np.random.default_rng(rng.integers(2**63))
        objects, result.is_event[n] = tell(CLIP_KINDS[label], story)
        picture = result.frames[n, ..., 0]
        picture[:] = yard
        for k, item in enumerate(objects):
            _paint(item, k, picture, result.owners[n], result.boxes[n, :, k])
        # A stream of its own, so that the noise is that of steady light.
        picture *= _light(light, story.spawn(1)[0])
        picture += NOISE * story.standard_normal(picture.shape, dtype=np.float32)
        result.objects.append(objects)
    np.clip(result.frames, 0, 1, out=result.frames)
    return result


def _shares(kinds: Mapping[str, float]) -> np.ndarray:
    """Return the share of each of ``CLIP_KINDS``, or refuse."""
    if not isinstance(kinds, Mapping):
        raise InputError(
            "kinds must say how often each kind is drawn, such as {'intrusion': 1}, "
            f"got {kinds!r}"
        )
    for kind, weight in kinds.items():
        check_choice("each of kinds", kind, CLIP_KINDS)
        check_in("[0, inf)", **{f"kinds[{kind!r}]": weight})
    total = sum(kinds.values())
    if total == 0:
        raise InputError(f"kinds must have a weight above 0, got {kinds!r}")
    return np.array([kinds.get(kind, 0) / total for kind in CLIP_KINDS])


def draw_yard() -> np.ndarray:
    """Draw the yard without people and without the crate, always the same.

    Returns ``float32`` in [0, 1], shape ``(48, 64)``, in steady light, without noise.
    """
    texture = np.random.default_rng(0)
    yard = 0.36 + 0.10 * value_noise(texture, 1, HEIGHT, WIDTH, cell=3)[0]
    stones = 0.66 + 0.05 * value_noise(texture, 1, HEIGHT, WIDTH, cell=2)[0]
    for coverage, shade in (*_house(), *_path(stones), *_zone_and_fence()):
        yard = yard + coverage * (shade - yard)
    return yard.astype(np.float32)


def zone_mask() -> np.ndarray:
    """Return the pixels of the marked zone: bool, shape ``(48, 64)``."""
    return in_zone(Y, X)


# --- the yard: coverage and shade of one layer after another --------------------------


def _block(top, bottom, left, right):
    return rectangle(Y, X, top=top, bottom=bottom, left=left, right=right)


def _house():
    bricks = 0.03 * ((Y // 2 + (X + 3 * (Y // 2 % 2)) // 6) % 2)
    yield _block(0, 13, 0, WIDTH), 0.62 + bricks
    for left in (26, 38, 50):  # windows
        yield _block(2, 8, left, left + 8), 0.80
        yield _block(2.8, 7.2, left + 0.8, left + 7.2), 0.30 + 0.02 * Y
        yield _block(2, 8, left + 3.6, left + 4.4), 0.80
    yield _block(2, 13, 7, 15), 0.80  # the door
    yield _block(3, 13, 8, 14), 0.26
    yield ellipse(Y, X, centre=(8.5, 12.8), radii=(0.6, 0.6)), 0.75
    yield capsule(Y, X, start=(2.5, 18), end=(4, 18), radius=0.5), 0.20  # the lamp
    yield ellipse(Y, X, centre=(4.6, 18), radii=(1.3, 1.5)), 0.95


def _path(stones):
    yield convex_polygon(Y, X, [(12.8, 8), (12.8, 14), (30, 18), (30, 6)]), stones
    top, bottom = PATH_ROWS
    yield _block(top, bottom, 0, WIDTH), stones
    # The upper edge is open towards the door.
    gap = _block(0, HEIGHT, 6, 18)
    yield _block(top - 0.4, top + 0.4, 0, WIDTH) * (1 - gap), 0.50
    yield _block(bottom - 0.4, bottom + 0.4, 0, WIDTH), 0.50


def _zone_and_fence():
    (top, bottom), (left, right) = ZONE_ROWS, ZONE_COLUMNS
    zone = _block(top, bottom, left, right)
    yield zone, np.where((X + Y) % 6 < 2.2, 0.74, 0.48)
    inside = _block(top + 0.9, bottom - 0.9, left + 0.9, right - 0.9)
    yield zone * (1 - inside), 0.90
    for rail in (13.6, 15.6):
        yield _block(rail, rail + 0.7, 20, 38), 0.78
    for post in range(20, 39, 3):
        yield _block(12.2, 17.4, post, post + 1), 0.82


# --- how it is drawn ------------------------------------------------------------------


def _drawn(item):
    """Draw one object in a patch that moves along with it.

    Returns the patch's rows ``(32, rows)`` and columns ``(32, columns)`` in each frame,
    and how much of each pixel the object fills, and its grey times that, ``(32, rows,
    columns)``.
    """
    largest = item.size.max()
    tall, wide = (int(np.ceil(part * largest)) + 4 for part in (1.15, 1.2))
    first_row = np.clip(np.round(item.y - tall + 2), 0, HEIGHT - tall)
    first_column = np.clip(np.round(item.x - wide / 2), 0, WIDTH - wide)
    rows = first_row.astype(int)[:, np.newaxis] + np.arange(tall)
    columns = first_column.astype(int)[:, np.newaxis] + np.arange(wide)

    y = (rows + np.float32(0.5)).astype(np.float32)[:, :, np.newaxis]
    x = (columns + np.float32(0.5)).astype(np.float32)[:, np.newaxis, :]
    where = map(spread, (item.y, item.x, item.size, item.step))
    coverage = np.zeros((len(rows), tall, wide), np.float32)
    paint = np.zeros_like(coverage)
    for part, shade in _PARTS[item.name](y, x, *where, item.shades):
        part = part * item.is_present[:, np.newaxis, np.newaxis]
        coverage += part * (1 - coverage)
        paint += part * (shade - paint)
    return rows, columns, coverage, paint


def _paint(item, k, picture, owners, boxes):
    """Paint an object over the frames of one clip, and note where it is; in place."""
    rows, columns, coverage, paint = _drawn(item)
    frame = np.arange(FRAMES)[:, np.newaxis, np.newaxis]
    patch = frame, rows[:, :, np.newaxis], columns[:, np.newaxis, :]
    picture[patch] = picture[patch] * (1 - coverage) + paint
    frame, row, column = np.nonzero(coverage > 0.5)
    row, column = rows[frame, row], columns[frame, column]
    owners[frame, row, column] = k + 1
    boxes[:] = tight_boxes(frame, row, column, FRAMES)


def _person_parts(y, x, feet, middle, size, step, shades):
    """Yield coverage and shade of a person's parts, the farthest first."""
    skin, top, trousers = shades
    hip, neck = feet - 0.46 * size, feet - 0.72 * size
    # Who stands still keeps the feet a little apart.
    swing = 0.17 * size * np.where(np.isnan(step), 0.25, np.sin(step))
    for side in (1, -1):
        foot = (feet - 0.05 * size, middle + side * swing)
        leg = capsule(y, x, start=(hip, middle), end=foot, radius=0.07 * size)
        yield leg, trousers
    waist = (hip - 0.03 * size, middle)
    yield capsule(y, x, start=waist, end=(neck, middle), radius=0.125 * size), top
    hand = (hip, middle - 0.8 * swing)
    arm = capsule(y, x, start=(neck, middle), end=hand, radius=0.05 * size)
    yield arm, 0.5 * (top + skin)
    head = (feet - 0.89 * size, middle)
    yield ellipse(y, x, centre=head, radii=(0.11 * size, 0.11 * size)), skin


def _crate_parts(y, x, feet, middle, size, step, shades):
    sides = {"left": middle - 0.5 * size, "right": middle + 0.5 * size}
    yield rectangle(y, x, top=feet - size, bottom=feet, **sides), shades[0]
    low, high = feet - 0.35 * size, feet - 0.65 * size
    yield rectangle(y, x, top=high, bottom=low, **sides), shades[1]


def _bag_parts(y, x, feet, middle, size, step, shades):
    top = feet - 0.8 * size
    sides = {"left": middle - 0.55 * size, "right": middle + 0.55 * size}
    yield rectangle(y, x, top=top, bottom=feet, **sides), shades[0]
    start, end = ((top - 0.1 * size, middle + part * size) for part in (-0.25, 0.25))
    yield capsule(y, x, start=start, end=end, radius=0.12 * size), shades[1]


_PARTS = {"person": _person_parts, "crate": _crate_parts, "bag": _bag_parts}


def _light(light, rng):
    """Return by what the light multiplies each pixel of each frame."""
    times = np.arange(FRAMES, dtype=np.float32)[:, np.newaxis, np.newaxis]
    if light == "gradual":
        begin, duration = rng.uniform(0, 0.3) * FRAMES, rng.uniform(0.3, 0.6) * FRAMES
        part = np.clip((times - begin) / duration, 0, 1)
        return (1 - rng.uniform(0.2, 0.45) * part).astype(np.float32)
    if light == "sudden":
        is_on = times >= int(rng.uniform(0.2, 0.7) * FRAMES)
        pool = np.exp(-(((Y - 16) / 12) ** 2) - ((X - 18) / 14) ** 2)
        return (1 + rng.uniform(0.35, 0.6) * pool * is_on).astype(np.float32)
    return np.float32(1)
