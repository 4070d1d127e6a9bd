"""Draw short clips of a fixed camera over a yard, in which people walk, or do worse.

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

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes.checks import (
    check_choice,
    check_counts,
    check_not_negative,
    check_size,
)
from mnist_tutorial.scenes.drawing import (
    capsule,
    convex_polygon,
    ellipse,
    pixel_grid,
    rectangle,
    value_noise,
)

CLIP_KINDS = ("ordinary", "intrusion", "loitering", "object left", "object taken")
CLIP_LIGHTS = ("steady", "gradual", "sudden")
MAX_PEOPLE = 3
MAX_OBJECTS = 1 + 2 * MAX_PEOPLE  # the crate, and a bag for each person

# The yard is laid out on 48 x 64 pixels and scaled from there: rows, then columns.
LAYOUT = (48, 64)
SMALLEST = (32, 40)
FEWEST_FRAMES = 24
ZONE_ROWS, ZONE_COLUMNS = (15, 25), (40, 60)
PATH_ROWS = (29, 43)
LANES = (31.5, 41.0)
DOOR = (14.0, 11.0)
CRATE = (28.5, 27.0)
OUTSIDE = 8.0  # columns beyond the edge at which nothing of a person is seen

NOISE = 0.015
PERSON_HEIGHT = 12.5
STRIDE = 10.0
LONGEST_STOP = 4  # frames for which an ordinary person stands still
SHORTEST_LOITERING = 16


class ClipObject(NamedTuple):
    """One person or thing of a clip, and all that is needed to draw it alone.

    Attributes
    ----------
    name
        ``"person"``, ``"bag"`` or ``"crate"``.
    y, x
        Where it stands in each frame: the middle of its lower edge, in pixels, shape
        ``(frames,)``.
    size
        Its height in pixels, shape ``(frames,)``; smaller farther away.
    step
        Angle of the stride in radians, shape ``(frames,)``; NaN while it stands still.
    is_present
        Whether it is in the yard, shape ``(frames,)``; it may be out of the picture.
    shades
        Grey levels of its parts in [0, 1].
    """

    name: str
    y: np.ndarray
    x: np.ndarray
    size: np.ndarray
    step: np.ndarray
    is_present: np.ndarray
    shades: tuple[float, ...]


class Clips(NamedTuple):
    """Clips, with the truth about each.

    Attributes
    ----------
    frames
        ``float32`` in [0, 1], shape ``(n, frames, height, width, 1)``.
    labels
        Indices into ``CLIP_KINDS``, shape ``(n,)``; 0 is ordinary.
    is_event
        Whether the event goes on, shape ``(n, frames)``: a person is in the zone, a
        person stays, a bag lies on the ground, a crate is away from its place. A bag
        counts from the frame in which it is put down, with its owner still beside it;
        whoever walks past in front may hide what goes on for a moment.
    owners
        ``uint8``, shape ``(n, frames, height, width)``: 0 where the yard is seen, and
        ``k`` where object ``k - 1`` of the clip is.
    boxes
        ``int16``, shape ``(n, frames, MAX_OBJECTS, 4)``: top, left, bottom, right of
        each object as if nothing stood before it; zeros where it is out of view.
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
    frames: int = 32,
    height: int = 48,
    width: int = 64,
) -> Clips:
    """Draw clips of one yard, seen by a camera that does not move.

    Parameters
    ----------
    count
        Number of clips, at least 0.
    seed
        The same seed and settings give the same bytes. ``count`` is one of the
        settings: another one draws other clips, not more or fewer of the same.
    kinds
        How often each of ``CLIP_KINDS`` is drawn, as weights; only ordinary ones
        unless given.
    light
        ``"steady"``; ``"gradual"``, a cloud takes part of the light away; or
        ``"sudden"``, the lamp beside the door is switched on. Apart from the light the
        clip is the one of steady light.
    frames, height, width
        Length in frames, at least 24, and size in pixels, at least 32 x 40.

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
    check_counts(count=count, seed=seed)
    check_counts(least=FEWEST_FRAMES, frames=frames)
    check_size(height, width, least=SMALLEST)
    check_choice("light", light, CLIP_LIGHTS)
    shares = _shares({"ordinary": 1} if kinds is None else kinds)

    rng = np.random.default_rng(seed)
    labels = rng.choice(len(CLIP_KINDS), size=count, p=shares)
    yard = draw_yard(height, width)
    result = Clips(
        np.empty((count, frames, height, width, 1), np.float32),
        labels,
        np.zeros((count, frames), bool),
        np.zeros((count, frames, height, width), np.uint8),
        np.zeros((count, frames, MAX_OBJECTS, 4), np.int16),
        [],
    )
    for n, label in enumerate(labels):
        story = np.random.default_rng(rng.integers(2**63))
        objects, result.is_event[n] = _tell(CLIP_KINDS[label], story, frames)
        objects = [_scaled(item, height, width) for item in objects]
        picture = result.frames[n, ..., 0]
        picture[:] = yard
        for k, item in enumerate(objects):
            _paint(item, k, picture, result.owners[n], result.boxes[n, :, k])
        # A stream of its own, so that the noise is that of steady light.
        picture *= _light(light, story.spawn(1)[0], frames, height, width)
        picture += NOISE * story.standard_normal(picture.shape, dtype=np.float32)
        result.objects.append(objects)
    np.clip(result.frames, 0, 1, out=result.frames)
    return result


def draw_yard(height: int = 48, width: int = 64) -> np.ndarray:
    """Draw the yard without people and without the crate.

    Parameters
    ----------
    height, width
        Size in pixels, at least 32 x 40.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], shape ``(height, width)``, in steady light and without
        noise; always the same.

    Raises
    ------
    InputError
        If it would be too small.
    """
    check_size(height, width, least=SMALLEST)
    y, x = _layout_grid(height, width)
    texture = np.random.default_rng(0)
    grass = value_noise(texture, 1, *LAYOUT, cell=3)[0]
    rows = np.minimum(y[:, 0].astype(int), LAYOUT[0] - 1)
    columns = np.minimum(x[0].astype(int), LAYOUT[1] - 1)
    yard = 0.36 + 0.10 * grass[np.ix_(rows, columns)]

    def paint(coverage, shade):
        nonlocal yard
        yard = yard + coverage * (shade - yard)

    bricks = 0.03 * ((y // 2 + (x + 3 * (y // 2 % 2)) // 6) % 2)
    paint(rectangle(y, x, top=0, bottom=13, left=0, right=64), 0.62 + bricks)
    for left in (26, 38, 50):  # windows
        paint(rectangle(y, x, top=2, bottom=8, left=left, right=left + 8), 0.80)
        paint(
            rectangle(y, x, top=2.8, bottom=7.2, left=left + 0.8, right=left + 7.2),
            0.30 + 0.02 * y,
        )
        paint(rectangle(y, x, top=2, bottom=8, left=left + 3.6, right=left + 4.4), 0.8)
    paint(rectangle(y, x, top=2, bottom=13, left=7, right=15), 0.80)
    paint(rectangle(y, x, top=3, bottom=13, left=8, right=14), 0.26)
    paint(ellipse(y, x, centre_y=8.5, centre_x=12.8, radius_y=0.6, radius_x=0.6), 0.75)
    paint(capsule(y, x, start=(2.5, 18), end=(4, 18), radius=0.5), 0.2)
    paint(ellipse(y, x, centre_y=4.6, centre_x=18, radius_y=1.3, radius_x=1.5), 0.95)

    branch = [(12.8, 8.0), (12.8, 14.0), (30.0, 18.0), (30.0, 6.0)]
    stones = 0.66 + 0.05 * value_noise(texture, 1, *LAYOUT, cell=2)[0]
    stones = stones[np.ix_(rows, columns)]
    paint(convex_polygon(y, x, branch), stones)
    top, bottom = PATH_ROWS
    paint(rectangle(y, x, top=top, bottom=bottom, left=0, right=64), stones)
    for edge in PATH_ROWS:
        line = rectangle(y, x, top=edge - 0.4, bottom=edge + 0.4, left=0, right=64)
        gap = (edge == top) * rectangle(y, x, top=0, bottom=48, left=6, right=18)
        paint(line * (1 - gap), 0.50)

    (top, bottom), (left, right) = ZONE_ROWS, ZONE_COLUMNS
    inside = rectangle(y, x, top=top, bottom=bottom, left=left, right=right)
    paint(inside, np.where((x + y) % 6 < 2.2, 0.74, 0.48))
    border = rectangle(
        y, x, top=top + 0.9, bottom=bottom - 0.9, left=left + 0.9, right=right - 0.9
    )
    paint(inside * (1 - border), 0.90)
    for rail in (13.6, 15.6):  # the fence, left of the zone
        paint(rectangle(y, x, top=rail, bottom=rail + 0.7, left=20, right=38), 0.78)
    for post in range(20, 39, 3):
        paint(rectangle(y, x, top=12.2, bottom=17.4, left=post, right=post + 1), 0.82)
    return yard.astype(np.float32)


def zone_mask(height: int = 48, width: int = 64) -> np.ndarray:
    """Return the pixels of the marked zone, shape ``(height, width)``, bool.

    Raises
    ------
    InputError
        If the picture would be too small.
    """
    check_size(height, width, least=SMALLEST)
    y, x = _layout_grid(height, width)
    return _in_zone(y, x)


def draw_clip_object(item: ClipObject, height: int = 48, width: int = 64) -> np.ndarray:
    """Return the pixels that one object covers when nothing stands before it.

    Parameters
    ----------
    item
        An element of ``Clips.objects``.
    height, width
        Size of the clip that it comes from.

    Returns
    -------
    np.ndarray
        Bool, shape ``(frames, height, width)``.

    Raises
    ------
    InputError
        If the picture would be too small.
    """
    check_size(height, width, least=SMALLEST)
    rows, columns, coverage, _ = _drawn(item, height, width)
    mask = np.zeros((len(item.y), height, width), bool)
    mask[_everywhere(rows, columns)] = coverage > 0.5
    return mask


# --- what happens ---------------------------------------------------------------------


class _Walk(NamedTuple):
    """Where a person is in each frame."""

    y: np.ndarray
    x: np.ndarray
    step: np.ndarray
    is_present: np.ndarray


def _shares(kinds: Mapping[str, float]) -> np.ndarray:
    """Return the share of each of ``CLIP_KINDS``, or refuse."""
    if not isinstance(kinds, Mapping) or not kinds:
        raise InputError(
            "kinds must name how often each kind is drawn, like "
            f"{{'ordinary': 1}}, got {kinds!r}"
        )
    weights = {}
    for kind, weight in kinds.items():
        check_choice("each of kinds", kind, CLIP_KINDS)
        name = f"the weight of {kind!r}"
        try:
            check_not_negative(**{name: weight})
            # NumPy's small integers would overflow in the sum.
            weights[kind] = float(weight)
        except OverflowError:
            raise InputError(
                f"{name} must be a number from 0 to {np.finfo(float).max:.1e}, got one "
                "beyond; give smaller weights in the same proportion"
            ) from None
    total = sum(weights.values())
    if not 0 < total < np.inf:
        raise InputError(f"kinds must have a positive, finite sum, got {total}")
    return np.array([weights.get(kind, 0) / total for kind in CLIP_KINDS])


def _tell(kind, rng, frames):
    """Return the objects of one clip, far ones first, and when its event goes on."""
    others = int(rng.integers(0, MAX_PEOPLE))
    actor, thing, is_event = _ACTORS[kind](rng, frames)
    people = [(actor, thing)]
    for _ in range(others):
        walk = _ordinary_walk(rng, frames)
        people.append((walk, _maybe_bag(rng, walk)))

    crate = _still("crate", *CRATE, 5.0, frames, (0.22, 0.80))
    objects = [thing if kind == "object taken" else crate]
    for walk, carried in people:
        objects.append(_person(rng, walk))
        if carried is not None and carried.name == "bag":
            objects.append(carried)
    objects.sort(key=_depth)
    return objects, is_event


def _depth(item):
    return float(np.median(item.y[item.is_present])) if item.is_present.any() else 0.0


def _ordinary_walk(rng, frames):
    speed = rng.uniform(1.8, 3.2)
    route = _route(rng)
    length = _lengths(route)[-1]
    start = length / 2 - speed * rng.uniform(0, frames)
    stops = []
    if rng.random() < 0.25:
        where = rng.uniform(0.2, 0.8) * length
        stops.append((where, int(rng.integers(2, LONGEST_STOP + 1))))
    return _walk(route, speed, start, stops, frames)


def _ordinary(rng, frames):
    walk = _ordinary_walk(rng, frames)
    return walk, _maybe_bag(rng, walk), np.zeros(frames, bool)


def _intruder(rng, frames):
    y = rng.uniform(*LANES)
    leave, back = rng.uniform(20, 38), rng.uniform(30, 56)
    inside = [
        (rng.uniform(18.5, 24), rng.uniform(43, 47)),
        (rng.uniform(18.5, 24), rng.uniform(51, 58)),
    ]
    route = [(y, -OUTSIDE), (y, leave), *inside, (y, back), (y, 64 + OUTSIDE)]
    if rng.random() < 0.5:
        route = route[::-1]
    speed = rng.uniform(1.8, 3.2)
    lengths = _lengths(route)
    way = np.linspace(0, lengths[-1], 1000)
    entry = way[np.argmax(_in_zone(*_places(route, way)))]
    start = entry - speed * rng.uniform(0.2, 0.55) * frames
    walk = _walk(route, speed, start, [], frames)
    return walk, _maybe_bag(rng, walk), _in_zone(walk.y, walk.x) & walk.is_present


def _loiterer(rng, frames):
    route = _along(rng)
    speed = rng.uniform(1.8, 3.2)
    where = rng.uniform(0.25, 0.75) * _lengths(route)[-1]
    begin = int(rng.uniform(0.12, 0.35) * frames)
    # Rounding may put the arrival one frame later; enough frames have to be left then.
    begin = min(begin, frames - 1 - SHORTEST_LOITERING)
    stay = int(rng.integers(SHORTEST_LOITERING, frames - begin + 1))
    walk = _walk(route, speed, where - speed * begin, [(where, stay)], frames)
    stands = np.isnan(walk.step)
    sway = 0.8 * np.sin(np.arange(frames) * rng.uniform(0.7, 1.1)) * stands
    walk = walk._replace(x=walk.x + sway)
    return walk, _maybe_bag(rng, walk), stands & walk.is_present


def _leaver(rng, frames):
    route = _along(rng)
    speed = rng.uniform(1.8, 3.2)
    where = rng.uniform(0.25, 0.75) * _lengths(route)[-1]
    begin = int(rng.uniform(0.25, 0.5) * frames)
    walk = _walk(route, speed, where - speed * begin, [(where, 2)], frames)
    bag = _carried(rng, "bag", walk, rng.uniform(3.6, 4.4))
    is_left = np.arange(frames) >= begin + 1
    first = begin + 1
    bag = bag._replace(
        y=np.where(is_left, walk.y[first] + 0.3, bag.y),
        x=np.where(is_left, bag.x[first], bag.x),
        is_present=bag.is_present | is_left,
    )
    return walk, bag, is_left


def _taker(rng, frames):
    y = rng.uniform(LANES[0], LANES[0] + 1)
    route = [(y, -OUTSIDE), (y, CRATE[1] - 2), (y, 64 + OUTSIDE)]
    if rng.random() < 0.5:
        route = [(y, 64 + OUTSIDE), (y, CRATE[1] + 2), (y, -OUTSIDE)]
    speed = rng.uniform(1.8, 3.2)
    where = _lengths(route)[1]
    begin = int(rng.uniform(0.25, 0.5) * frames)
    walk = _walk(route, speed, where - speed * begin, [(where, 2)], frames)
    is_taken = np.arange(frames) >= begin + 1
    crate = _still("crate", *CRATE, 5.0, frames, (0.22, 0.80))
    hand = _carried(rng, "crate", walk, 5.0)
    crate = crate._replace(
        y=np.where(is_taken, hand.y - 2.0, crate.y),
        x=np.where(is_taken, hand.x, crate.x),
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
    y, side = rng.uniform(*LANES), rng.choice([-OUTSIDE, 64 + OUTSIDE])
    route = [DOOR, (30.0, rng.uniform(10, 13)), (y, rng.uniform(14, 18)), (y, side)]
    return route if rng.random() < 0.5 else route[::-1]


def _along(rng):
    y = rng.uniform(*LANES)
    far = np.clip(y + rng.uniform(-1.5, 1.5), *LANES)
    route = [(y, -OUTSIDE), (far, 64 + OUTSIDE)]
    return route if rng.random() < 0.5 else route[::-1]


def _lengths(route):
    """Return how far along the way each of its corners lies, in pixels."""
    return np.concatenate(
        [[0], np.cumsum(np.hypot(*np.diff(np.array(route), axis=0).T))]
    )


def _places(route, way):
    """Return the rows and columns at these distances along a way."""
    lengths, (rows, columns) = _lengths(route), np.array(route).T
    return np.interp(way, lengths, rows), np.interp(way, lengths, columns)


def _walk(route, speed, start, stops, frames):
    """Follow a way at one speed, standing still at the stops."""
    times = np.arange(frames, dtype=float)
    moved, stands = times.copy(), np.zeros(frames, bool)
    for where, duration in stops:
        arrival = np.ceil((where - start) / speed)
        stands |= (times >= arrival) & (times < arrival + duration)
        moved -= np.clip(times - arrival, 0, duration)
    way = start + speed * moved
    y, x = _places(route, way)
    is_present = (way >= 0) & (way <= _lengths(route)[-1])
    step = np.where(stands, np.nan, 2 * np.pi * way / STRIDE)
    return _Walk(y, x, step, is_present)


def _in_zone(y, x):
    (top, bottom), (left, right) = ZONE_ROWS, ZONE_COLUMNS
    return (y > top) & (y < bottom) & (x > left) & (x < right)


def _distance_scale(y):
    """Return how large things look, farther away above: 1 in the middle of the path."""
    return 1 + 0.012 * (y - 36)


def _person(rng, walk):
    top, trousers = rng.choice([0.12, 0.2, 0.85, 0.95]), rng.uniform(0.08, 0.3)
    shades = (rng.uniform(0.3, 0.75), float(top), trousers)
    size = rng.uniform(0.92, 1.08) * PERSON_HEIGHT * _distance_scale(walk.y)
    return ClipObject("person", walk.y, walk.x, size, *walk[2:], shades)


def _maybe_bag(rng, walk):
    if rng.random() < 0.3:
        return _carried(rng, "bag", walk, rng.uniform(3.6, 4.4))
    return None


def _carried(rng, name, walk, size):
    """Return a thing in a person's hand."""
    ahead = np.sign(walk.x[-1] - walk.x[0]) or 1.0
    scale = _distance_scale(walk.y)
    shades = (0.22, 0.80) if name == "crate" else (rng.choice([0.1, 0.9]), 0.5)
    return ClipObject(
        name,
        walk.y - 1.8 * scale,
        walk.x + 2.6 * ahead * scale,
        size * scale,
        walk.step,
        walk.is_present,
        tuple(map(float, shades)),
    )


def _still(name, y, x, size, frames, shades):
    at = np.ones(frames)
    return ClipObject(
        name, y * at, x * at, size * at, np.nan * at, np.ones(frames, bool), shades
    )


# --- how it is drawn ------------------------------------------------------------------


def _layout_grid(height, width):
    """Return the middles of the pixels in units of the layout."""
    y, x = pixel_grid(height, width)
    return y * (LAYOUT[0] / height), x * (LAYOUT[1] / width)


def _scaled(item, height, width):
    """Return an object of the layout in pixels of a picture."""
    down, right = height / LAYOUT[0], width / LAYOUT[1]
    return item._replace(y=item.y * down, x=item.x * right, size=item.size * down)


def _drawn(item, height, width):
    """Draw one object in a patch that moves along with it.

    Returns
    -------
    rows, columns
        Of the patch in each frame, shapes ``(frames, rows)`` and ``(frames, columns)``.
    coverage, paint
        How much of each pixel it fills, and its grey times that, shapes
        ``(frames, rows, columns)``.
    """
    largest = float(item.size.max())
    tall = min(height, int(np.ceil(1.15 * largest)) + 4)
    wide = min(width, int(np.ceil(1.2 * largest)) + 4)
    first_row = np.clip(np.round(item.y - tall + 2), 0, height - tall)
    first_column = np.clip(np.round(item.x - wide / 2), 0, width - wide)
    rows = first_row.astype(int)[:, np.newaxis] + np.arange(tall)
    columns = first_column.astype(int)[:, np.newaxis] + np.arange(wide)

    y = (rows + np.float32(0.5)).astype(np.float32)[:, :, np.newaxis]
    x = (columns + np.float32(0.5)).astype(np.float32)[:, np.newaxis, :]
    feet, middle, size, step = (
        values.astype(np.float32)[:, np.newaxis, np.newaxis]
        for values in (item.y, item.x, item.size, item.step)
    )
    if item.name == "person":
        parts = _person_parts(y, x, feet, middle, size, step, item.shades)
    else:
        parts = _thing_parts(y, x, feet, middle, size, item.name, item.shades)
    coverage = np.zeros((len(rows), tall, wide), np.float32)
    paint = np.zeros_like(coverage)
    for part, shade in parts:
        part = part * item.is_present[:, np.newaxis, np.newaxis]
        coverage += part * (1 - coverage)
        paint += part * (shade - paint)
    return rows, columns, coverage, paint


def _everywhere(rows, columns):
    """Return the index of the patches' pixels in an array of whole frames."""
    frames = np.arange(len(rows))[:, np.newaxis, np.newaxis]
    return frames, rows[:, :, np.newaxis], columns[:, np.newaxis, :]


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
    head = feet - 0.89 * size
    radius = 0.11 * size
    yield (
        ellipse(y, x, centre_y=head, centre_x=middle, radius_y=radius, radius_x=radius),
        skin,
    )


def _thing_parts(y, x, feet, middle, size, name, shades):
    """Yield coverage and shade of the parts of a crate or a bag."""
    body, mark = shades
    if name == "crate":
        sides = {"left": middle - 0.5 * size, "right": middle + 0.5 * size}
        yield rectangle(y, x, top=feet - size, bottom=feet, **sides), body
        low, high = feet - 0.35 * size, feet - 0.65 * size
        yield rectangle(y, x, top=high, bottom=low, **sides), mark
        return
    top = feet - 0.8 * size
    sides = {"left": middle - 0.55 * size, "right": middle + 0.55 * size}
    yield rectangle(y, x, top=top, bottom=feet, **sides), body
    ends = [(top - 0.1 * size, middle + part * size) for part in (-0.25, 0.25)]
    yield capsule(y, x, start=ends[0], end=ends[1], radius=0.12 * size), mark


def _paint(item, k, picture, owners, boxes):
    """Paint an object over the frames of one clip, and note where it is; in place."""
    rows, columns, coverage, paint = _drawn(item, *picture.shape[1:])
    place = _everywhere(rows, columns)
    picture[place] = picture[place] * (1 - coverage) + paint
    is_covered = coverage > 0.5
    owners[place] = np.where(is_covered, k + 1, owners[place])
    for axis, lines in ((2, rows), (1, columns)):
        is_hit = is_covered.any(axis=axis)
        found = is_hit.any(axis=1)
        first = np.take_along_axis(lines, is_hit.argmax(1)[:, np.newaxis], 1)[:, 0]
        from_end = is_hit[:, ::-1].argmax(1)[:, np.newaxis]
        last = np.take_along_axis(lines[:, ::-1], from_end, 1)[:, 0]
        boxes[:, 2 - axis] = np.where(found, first, 0)
        boxes[:, 4 - axis] = np.where(found, last + 1, 0)


def _light(light, rng, frames, height, width):
    """Return by what the light multiplies each pixel of each frame."""
    times = np.arange(frames, dtype=np.float32)[:, np.newaxis, np.newaxis]
    if light == "gradual":
        begin, duration = rng.uniform(0, 0.3) * frames, rng.uniform(0.3, 0.6) * frames
        part = np.clip((times - begin) / duration, 0, 1)
        return (1 - rng.uniform(0.2, 0.45) * part).astype(np.float32)
    if light == "sudden":
        is_on = times >= int(rng.uniform(0.2, 0.7) * frames)
        y, x = _layout_grid(height, width)
        pool = np.exp(-(((y - 16) / 12) ** 2) - ((x - 18) / 14) ** 2)
        return (1 + rng.uniform(0.35, 0.6) * pool * is_on).astype(np.float32)
    return np.float32(1)
