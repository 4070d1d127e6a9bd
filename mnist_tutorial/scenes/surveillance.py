"""Short clips of a fixed camera over a yard, in which people walk, or do worse.

The yard never changes: a wall with a door and a lamp, a path, a fence, a marked zone
that nobody should enter, and a crate that nobody should take. People walk along the
path, or between it and the door; some carry a bag, some stop for a moment. In a clip
with an event, one of them does something else; how many people there are says nothing
about it. A frame stands for about a second. Taught in ``applications/surveillance``.
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
    value_noise,
)

CLIP_KINDS = ("ordinary", "intrusion", "loitering", "object left", "object taken")
CLIP_LIGHTS = ("steady", "gradual", "sudden")
MAX_PEOPLE = 3
NOISE = 0.015

FRAMES, HEIGHT, WIDTH = 32, 48, 64
Y, X = pixel_grid(HEIGHT, WIDTH)

# Where things are, in pixels, rows before columns.
PATH_ROWS = (29, 43)
ZONE_ROWS, ZONE_COLUMNS = (15, 25), (40, 60)
LANES = (31.5, 41.0)
DOOR = (14.0, 11.0)
CRATE = (28.5, 27.0)
OUTSIDE = 8.0  # columns beyond the edge at which nothing of a person is seen

PERSON_HEIGHT = 12.5
STRIDE = 10.0
LONGEST_STOP = 4  # frames for which an ordinary person stands still
SHORTEST_LOITERING = 16


class ClipObject(NamedTuple):
    """One person or thing of a clip, and all that is needed to draw it alone.

    Arrays have shape ``(32,)``, one value a frame.
    """

    name: str  # "person", "bag" or "crate"
    y: np.ndarray  # where it stands, in pixels: the middle of its lower edge
    x: np.ndarray
    size: np.ndarray  # height in pixels; smaller farther away
    step: np.ndarray  # angle of the stride in radians; NaN while it stands still
    is_present: np.ndarray  # in the yard; it may be out of the picture
    shades: tuple[float, ...]  # grey levels of its parts in [0, 1]


class Clips(NamedTuple):
    """``n`` clips of 32 frames, with the truth about each.

    An event goes on while a person is in the zone, a person stays, a bag lies on the
    ground, a crate is away from its place. A bag counts from the frame in which it is
    put down, with its owner still beside it; whoever walks past in front may hide what
    goes on for a moment.
    """

    frames: np.ndarray  # float32 in [0, 1], (n, 32, 48, 64, 1)
    labels: np.ndarray  # indices into CLIP_KINDS, (n,)
    is_event: np.ndarray  # whether the event goes on, (n, 32)
    objects: list[list[ClipObject]]  # of each clip, in the order of painting


def make_clips(
    count: int,
    *,
    seed: int,
    kinds: Mapping[str, float] | None = None,
    light: str = "steady",
) -> Clips:
    """Draw clips of one yard, seen by a camera that does not move.

    Raises ``InputError`` if an argument is out of range, or a kind or a light unknown.

    Parameters
    ----------
    count, seed
        Whole numbers, from 1 and from 0. The same ones, and settings, give the same
        bytes; another number of clips draws others.
    kinds
        Weights with which ``CLIP_KINDS`` are drawn; only ordinary ones unless given.
    light
        ``"steady"``; ``"gradual"``, a cloud takes part of the light away; or
        ``"sudden"``, the lamp beside the door is switched on. All else stays.
    """
    check_counts(count=count)
    check_counts(least=0, seed=seed)
    check_choice("light", light, CLIP_LIGHTS)
    shares = _shares({"ordinary": 1} if kinds is None else kinds)

    rng = np.random.default_rng(seed)
    labels = rng.choice(len(CLIP_KINDS), size=count, p=shares)
    frames = np.tile(draw_yard(), (count, FRAMES, 1, 1))
    is_event = np.zeros((count, FRAMES), bool)
    objects = []
    for n, label in enumerate(labels):
        story = np.random.default_rng(rng.integers(2**63))
        items, is_event[n] = _tell(CLIP_KINDS[label], story)
        for item in items:
            _paint(item, frames[n])
        # A stream of its own, so that the noise is that of steady light.
        frames[n] *= _light(light, story.spawn(1)[0])
        frames[n] += NOISE * story.standard_normal(frames[n].shape, dtype=np.float32)
        objects.append(items)
    np.clip(frames, 0, 1, out=frames)
    return Clips(frames[..., np.newaxis], labels, is_event, objects)


def _shares(kinds: Mapping[str, float]) -> np.ndarray:
    """Return the share of each of ``CLIP_KINDS``, or refuse."""
    if not isinstance(kinds, Mapping) or not any(kinds.values()):
        raise InputError(
            "kinds must say how often each kind is drawn, one at least above 0, such "
            f"as {{'intrusion': 1}}, got {kinds!r}"
        )
    for kind, weight in kinds.items():
        check_choice("each of kinds", kind, CLIP_KINDS)
        check_in("[0, inf)", **{f"kinds[{kind!r}]": weight})
    total = sum(kinds.values())
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
    return _in_zone(Y, X)


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


# --- what happens: one person follows a way, a list of corners, at one speed ----------


def _in_zone(y, x):
    """Tell whether places lie in the marked zone."""
    (top, bottom), (left, right) = ZONE_ROWS, ZONE_COLUMNS
    return (y > top) & (y < bottom) & (x > left) & (x < right)


def _tell(kind, rng):
    """Return the objects of one clip, far ones first, and when its event goes on."""
    others = int(rng.integers(0, MAX_PEOPLE))
    actor, thing, is_event = _ACTORS[kind](rng)
    people = [(actor, thing)] + [_ordinary(rng)[:2] for _ in range(others)]
    objects = [thing if kind == "object taken" else _crate()]
    for walk, carried in people:
        objects.append(_person(rng, walk))
        if carried is not None and carried.name == "bag":
            objects.append(carried)
    objects.sort(key=_depth)
    return objects, is_event


def _depth(item):
    return float(np.median(item.y[item.is_present])) if item.is_present.any() else 0.0


def _ordinary(rng):
    speed = rng.uniform(1.8, 3.2)
    route = _route(rng)
    length = _lengths(route)[-1]
    start = length / 2 - speed * rng.uniform(0, FRAMES)
    where = duration = 0
    if rng.random() < 0.25:
        where = rng.uniform(0.2, 0.8) * length
        duration = int(rng.integers(2, LONGEST_STOP + 1))
    walk = _walk(route, speed, start, where, duration)
    return walk, _maybe_bag(rng, walk), np.zeros(FRAMES, bool)


def _intruder(rng):
    y = rng.uniform(*LANES)
    leave, back = rng.uniform(20, 38), rng.uniform(30, 56)
    inside = [
        (rng.uniform(18.5, 24), rng.uniform(43, 47)),
        (rng.uniform(18.5, 24), rng.uniform(51, 58)),
    ]
    route = [(y, -OUTSIDE), (y, leave), *inside, (y, back), (y, WIDTH + OUTSIDE)]
    if rng.random() < 0.5:
        route = route[::-1]
    speed = rng.uniform(1.8, 3.2)
    way = np.linspace(0, _lengths(route)[-1], 1000)
    entry = way[np.argmax(_in_zone(*_places(route, way)))]
    start = entry - speed * rng.uniform(0.2, 0.55) * FRAMES
    walk = _walk(route, speed, start)
    return walk, _maybe_bag(rng, walk), _in_zone(walk.y, walk.x) & walk.is_present


def _loiterer(rng):
    route = _along(rng)
    speed = rng.uniform(1.8, 3.2)
    where = rng.uniform(0.25, 0.75) * _lengths(route)[-1]
    begin = int(rng.uniform(0.12, 0.35) * FRAMES)
    stay = int(rng.integers(SHORTEST_LOITERING, FRAMES - begin + 1))
    walk = _walk(route, speed, where - speed * begin, where, stay)
    stands = np.isnan(walk.step)
    sway = 0.8 * np.sin(np.arange(FRAMES) * rng.uniform(0.7, 1.1)) * stands
    walk = walk._replace(x=walk.x + sway)
    return walk, _maybe_bag(rng, walk), stands & walk.is_present


def _leaver(rng):
    route = _along(rng)
    speed = rng.uniform(1.8, 3.2)
    where = rng.uniform(0.25, 0.75) * _lengths(route)[-1]
    begin = int(rng.uniform(0.25, 0.5) * FRAMES)
    walk = _walk(route, speed, where - speed * begin, where, 2)
    bag = _bag(rng, walk)
    first = begin + 1
    is_left = np.arange(FRAMES) >= first
    bag = bag._replace(
        y=np.where(is_left, walk.y[first] + 0.3, bag.y),
        x=np.where(is_left, bag.x[first], bag.x),
        is_present=bag.is_present | is_left,
    )
    return walk, bag, is_left


def _taker(rng):
    y = rng.uniform(LANES[0], LANES[0] + 1)
    route = [(y, -OUTSIDE), (y, CRATE[1] - 2), (y, WIDTH + OUTSIDE)]
    if rng.random() < 0.5:
        route = [(y, WIDTH + OUTSIDE), (y, CRATE[1] + 2), (y, -OUTSIDE)]
    speed = rng.uniform(1.8, 3.2)
    where = _lengths(route)[1]
    begin = int(rng.uniform(0.25, 0.5) * FRAMES)
    walk = _walk(route, speed, where - speed * begin, where, 2)
    is_taken = np.arange(FRAMES) >= begin + 1
    crate, (hand_y, hand_x) = _crate(), _hand(walk)
    crate = crate._replace(
        y=np.where(is_taken, hand_y - 2.0, crate.y),
        x=np.where(is_taken, hand_x, crate.x),
        is_present=~is_taken | walk.is_present,
    )
    return walk, crate, is_taken


_ACTORS = dict(
    zip(CLIP_KINDS, (_ordinary, _intruder, _loiterer, _leaver, _taker), strict=True)
)


def _route(rng):
    """Return the way of an ordinary person: along the path, or by the door."""
    if rng.random() < 0.75:
        return _along(rng)
    y, side = rng.uniform(*LANES), rng.choice([-OUTSIDE, WIDTH + OUTSIDE])
    route = [DOOR, (30.0, rng.uniform(10, 13)), (y, rng.uniform(14, 18)), (y, side)]
    return route if rng.random() < 0.5 else route[::-1]


def _along(rng):
    y = rng.uniform(*LANES)
    far = np.clip(y + rng.uniform(-1.5, 1.5), *LANES)
    route = [(y, -OUTSIDE), (far, WIDTH + OUTSIDE)]
    return route if rng.random() < 0.5 else route[::-1]


def _lengths(route):
    """Return how far along the way each of its corners lies, in pixels."""
    return np.r_[0, np.cumsum(np.hypot(*np.diff(route, axis=0).T))]


def _places(route, way):
    """Return the rows and columns at these distances along a way."""
    return [np.interp(way, _lengths(route), line) for line in np.transpose(route)]


def _walk(route, speed, start, where=0, duration=0):
    """Follow a way at one speed, standing still at one place for some frames.

    Returns a person of size 1 in the middle of the path, smaller above, without shades.
    """
    times = np.arange(FRAMES, dtype=float)
    arrival = np.ceil((where - start) / speed)
    stands = (times >= arrival) & (times < arrival + duration)
    way = start + speed * (times - np.clip(times - arrival, 0, duration))
    y, x = _places(route, way)
    is_present = (way >= 0) & (way <= _lengths(route)[-1])
    step = np.where(stands, np.nan, 2 * np.pi * way / STRIDE)
    return ClipObject("person", y, x, 1 + 0.012 * (y - 36), step, is_present, ())


def _person(rng, walk):
    top, trousers = rng.choice([0.12, 0.2, 0.85, 0.95]), rng.uniform(0.08, 0.3)
    shades = (rng.uniform(0.3, 0.75), float(top), trousers)
    size = rng.uniform(0.92, 1.08) * PERSON_HEIGHT * walk.size
    return walk._replace(size=size, shades=shades)


def _maybe_bag(rng, walk):
    return _bag(rng, walk) if rng.random() < 0.3 else None


def _bag(rng, walk):
    size = rng.uniform(3.6, 4.4) * walk.size
    shades = (float(rng.choice([0.1, 0.9])), 0.5)
    y, x = _hand(walk)
    return walk._replace(name="bag", y=y, x=x, size=size, shades=shades)


def _hand(walk):
    """Return where a thing in a person's hand is, before them."""
    ahead = np.sign(walk.x[-1] - walk.x[0]) or 1.0
    return walk.y - 1.8 * walk.size, walk.x + 2.6 * ahead * walk.size


def _crate():
    y, x, size, step = np.outer((*CRATE, 5.0, np.nan), np.ones(FRAMES))
    return ClipObject("crate", y, x, size, step, np.ones(FRAMES, bool), (0.22, 0.80))


# --- how it is drawn ------------------------------------------------------------------


def _drawn(item):
    """Draw one object in a patch that moves along with it.

    Returns the patch's rows ``(32, rows)`` and columns ``(32, columns)``; how much of
    each pixel the object fills, and its grey times that, ``(32, rows, columns)``.
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


def _paint(item, picture):
    """Paint an object over the frames of one clip, in place."""
    rows, columns, coverage, paint = _drawn(item)
    frame = np.arange(FRAMES)[:, np.newaxis, np.newaxis]
    patch = frame, rows[:, :, np.newaxis], columns[:, np.newaxis, :]
    picture[patch] = picture[patch] * (1 - coverage) + paint


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
