"""What happens in the clips of ``surveillance``: who walks where, with what, and when.

The yard is laid out in pixels, rows before columns. A *way* is a list of corners, and
one person follows it at one speed.
"""

from typing import NamedTuple

import numpy as np

CLIP_KINDS = ("ordinary", "intrusion", "loitering", "object left", "object taken")
MAX_PEOPLE = 3

FRAMES, WIDTH = 32, 64
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


class _Walk(NamedTuple):
    y: np.ndarray
    x: np.ndarray
    step: np.ndarray
    is_present: np.ndarray


def in_zone(y, x):
    """Tell whether places lie in the marked zone."""
    (top, bottom), (left, right) = ZONE_ROWS, ZONE_COLUMNS
    return (y > top) & (y < bottom) & (x > left) & (x < right)


def tell(kind, rng):
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
    entry = way[np.argmax(in_zone(*_places(route, way)))]
    start = entry - speed * rng.uniform(0.2, 0.55) * FRAMES
    walk = _walk(route, speed, start)
    return walk, _maybe_bag(rng, walk), in_zone(walk.y, walk.x) & walk.is_present


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
    crate = _crate()
    hand_y, hand_x = _hand(walk)
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
    """Follow a way at one speed, standing still at one place for some frames."""
    times = np.arange(FRAMES, dtype=float)
    arrival = np.ceil((where - start) / speed)
    stands = (times >= arrival) & (times < arrival + duration)
    way = start + speed * (times - np.clip(times - arrival, 0, duration))
    y, x = _places(route, way)
    is_present = (way >= 0) & (way <= _lengths(route)[-1])
    step = np.where(stands, np.nan, 2 * np.pi * way / STRIDE)
    return _Walk(y, x, step, is_present)


def _distance_scale(y):
    """Return how large things look, farther away above: 1 in the middle of the path."""
    return 1 + 0.012 * (y - 36)


def _person(rng, walk):
    top, trousers = rng.choice([0.12, 0.2, 0.85, 0.95]), rng.uniform(0.08, 0.3)
    shades = (rng.uniform(0.3, 0.75), float(top), trousers)
    size = rng.uniform(0.92, 1.08) * PERSON_HEIGHT * _distance_scale(walk.y)
    return ClipObject("person", walk.y, walk.x, size, *walk[2:], shades)


def _maybe_bag(rng, walk):
    return _bag(rng, walk) if rng.random() < 0.3 else None


def _bag(rng, walk):
    size = rng.uniform(3.6, 4.4) * _distance_scale(walk.y)
    shades = (float(rng.choice([0.1, 0.9])), 0.5)
    return ClipObject("bag", *_hand(walk), size, walk.step, walk.is_present, shades)


def _hand(walk):
    """Return where a thing in a person's hand is, before them."""
    ahead = np.sign(walk.x[-1] - walk.x[0]) or 1.0
    scale = _distance_scale(walk.y)
    return walk.y - 1.8 * scale, walk.x + 2.6 * ahead * scale


def _crate():
    y, x, size, step = np.outer((*CRATE, 5.0, np.nan), np.ones(FRAMES))
    return ClipObject("crate", y, x, size, step, np.ones(FRAMES, bool), (0.22, 0.80))
