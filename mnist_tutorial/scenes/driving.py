"""Draw road scenes: markings, vehicles, pedestrians, a traffic light, and their masks.

Two steps, kept apart: :func:`describe_driving_scenes` decides what is where, at random
from a seed; :func:`render_driving_scenes` draws it, in the weather and light that are
asked for. The same description can so be drawn by day, at night and in fog.
:func:`make_driving_scenes` does both, and :func:`draw_alone` draws one object of a
description with nothing around it. Taught in ``applications/driving``.

``driving_shapes`` knows what the objects are made of, ``driving_views`` the street and
the weather, ``painting`` how shapes become pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes.checks import (
    check_choice,
    check_counts,
    check_shares,
    check_size,
    is_row,
)
from mnist_tutorial.scenes.driving_shapes import (
    FOCAL_LENGTH,
    LAMP,
    PEDESTRIAN,
    TRAFFIC_LIGHT,
    TREE,
    VEHICLE,
    Frames,
    Things,
    frames_of,
    shapes_of,
)
from mnist_tutorial.scenes.driving_views import (
    HOUSES,
    LANE,
    LEFT_EDGE,
    RIGHT_EDGE,
    Streets,
    look,
    paint_street,
)
from mnist_tutorial.scenes.painting import (
    layers_of,
    paint,
    rasterize,
)

CLASSES = ("background", "road", "marking", "vehicle", "pedestrian", "traffic light")
LIGHT_STATES = ("red", "yellow", "green")
WEATHERS = ("clear", "rain", "fog")

LEAST_SIZE = (48, 64)
CHUNK = 50  # scenes drawn at a time: they stay in the processor's cache


class DrivingDescription(NamedTuple):
    """What is where in road scenes, before anything is drawn.

    Attributes
    ----------
    height, width
        Size of the pictures in pixels.
    streets
        The roads, one row a picture; see ``driving_views.Streets``.
    objects
        Vehicles, pedestrians and traffic lights, one row each, in the order of the
        pictures; see ``driving_shapes.Things``.
    scenery
        Trees and street lamps, in the same form: background, and drawn behind all
        objects, however near they stand.
    """

    height: int
    width: int
    streets: Streets
    objects: Things
    scenery: Things


class DrivingScenes(NamedTuple):
    """Road scenes with all that is known about them.

    Attributes
    ----------
    images
        ``float32`` in [0, 1], shape ``(n, height, width, 3)``.
    masks
        Class of each pixel, an index into ``CLASSES``: ``uint8``, shape
        ``(n, height, width)``. Behind dirt on the lens it is what the dirt hides.
    instances
        Row of the object in each pixel among ``description.objects``, -1 where there
        is none: ``int32``, shape ``(n, height, width)``.
    boxes
        Frame of each object as if nothing were in front of it, in whole pixels:
        top, left, bottom, right, the last two exclusive; integers, shape ``(m, 4)``.
    sizes, visible
        How many pixels each object has, and how many of them are seen in the mask;
        integers, shape ``(m,)``.
    lights
        State of each picture's traffic light, an index into ``LIGHT_STATES``, or -1
        without one: shape ``(n,)``. It is told also where other objects hide the
        light: then ``visible`` is 0 for it.
    description
        What was drawn.
    """

    images: np.ndarray
    masks: np.ndarray
    instances: np.ndarray
    boxes: np.ndarray
    sizes: np.ndarray
    visible: np.ndarray
    lights: np.ndarray
    description: DrivingDescription


def make_driving_scenes(
    count: int,
    *,
    seed: int,
    height: int = 64,
    width: int = 96,
    weather: str = "clear",
    night: bool = False,
    blur: int = 0,
    occlusion: float = 0.0,
    vehicles: int = 3,
    pedestrians: int = 3,
    light_share: float = 0.8,
    state_shares: Sequence[float] = (0.45, 0.1, 0.45),
) -> DrivingScenes:
    """Draw road scenes from a seed.

    The same seed gives the same streets with the same objects in every weather, by
    day and at night. With another ``count`` it gives other scenes.

    Parameters
    ----------
    count
        Number of pictures, at least 1.
    seed
        A whole number, at least 0.
    height, width
        Size in pixels, at least 48 and 64.
    weather, night, blur, occlusion
        As for :func:`render_driving_scenes`.
    vehicles, pedestrians, light_share, state_shares
        As for :func:`describe_driving_scenes`.

    Returns
    -------
    DrivingScenes
        Pictures, masks, boxes and description.

    Raises
    ------
    InputError
        If an argument is out of range; the message for an unknown weather lists the
        known ones.
    """
    _check_look(weather, night, blur, occlusion)
    description = describe_driving_scenes(
        count,
        seed=seed,
        height=height,
        width=width,
        vehicles=vehicles,
        pedestrians=pedestrians,
        light_share=light_share,
        state_shares=state_shares,
    )
    return render_driving_scenes(
        description,
        seed=seed,
        weather=weather,
        night=night,
        blur=blur,
        occlusion=occlusion,
    )


def describe_driving_scenes(
    count: int,
    *,
    seed: int,
    height: int = 64,
    width: int = 96,
    vehicles: int = 3,
    pedestrians: int = 3,
    light_share: float = 0.8,
    state_shares: Sequence[float] = (0.45, 0.1, 0.45),
) -> DrivingDescription:
    """Decide what is where, at random, and draw nothing.

    Parameters
    ----------
    count
        Number of pictures, at least 1.
    seed
        A whole number, at least 0. With another ``count`` it gives other scenes.
    height, width
        Size in pixels, at least 48 and 64.
    vehicles, pedestrians
        Most of them in a picture; each number from 0 to this is equally likely.
    light_share
        Probability that there is a traffic light, in [0, 1].
    state_shares
        Probabilities of red, yellow and green; they add up to 1, to a millionth.

    Returns
    -------
    DrivingDescription
        Roads, objects and scenery.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    check_counts(1, count=count)
    check_counts(seed=seed, vehicles=vehicles, pedestrians=pedestrians)
    check_size(height, width, least=LEAST_SIZE)
    check_shares(light_share=light_share)
    probabilities = _state_probabilities(state_shares)
    rng = np.random.default_rng([seed, 0])
    streets = _streets(rng, count, height, width)
    parts = [
        _vehicles(rng, count, vehicles),
        _pedestrians(rng, streets, pedestrians),
        _lights(rng, count, light_share, probabilities),
    ]
    objects = _in_sight(_together(parts), streets, height, width)
    scenery = _together([_trees(rng, count), _lamps(rng, count)])
    return DrivingDescription(height, width, streets, objects, scenery)


def render_driving_scenes(
    description: DrivingDescription,
    *,
    seed: int,
    weather: str = "clear",
    night: bool = False,
    blur: int = 0,
    occlusion: float = 0.0,
) -> DrivingScenes:
    """Draw what a description says.

    Parameters
    ----------
    description
        From :func:`describe_driving_scenes`.
    seed
        Of texture, noise, exposure and the strength of the weather: a whole number,
        at least 0. They are others where the description has more or fewer pictures.
    weather
        One of ``WEATHERS``.
    night
        Whether it is dark: then headlights, lamps and lit windows are what one sees
        by.
    blur
        Over how many pixels to either side the picture is smeared, a whole number.
    occlusion
        Share of each picture that dirt on the lens hides, in [0, 1]. The masks say
        what is behind it.

    Returns
    -------
    DrivingScenes
        Pictures, masks, boxes and the description.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    check_counts(seed=seed)
    _check_look(weather, night, blur, occlusion)
    rng = np.random.default_rng([seed, 1])
    count = len(description.streets.horizon)
    parts = []
    for start in range(0, count, CHUNK):
        scene = _slice(description, start, min(start + CHUNK, count))
        planes, masks, instances, boxes, sizes = _paint(scene)
        images = look(
            planes,
            rng,
            weather=weather,
            night=night,
            blur=blur,
            occlusion=occlusion,
        )
        parts.append((images, masks, instances, boxes, sizes))
    offset = 0
    for _, _, instances, boxes, _ in parts:
        instances[instances >= 0] += offset
        offset += len(boxes)
    images, masks, instances, boxes, sizes = map(
        np.concatenate, zip(*parts, strict=True)
    )
    visible = np.bincount(instances[instances >= 0], minlength=len(sizes))
    objects = description.objects
    lights = np.full(count, -1)
    is_light = objects.kind == TRAFFIC_LIGHT
    lights[objects.scene[is_light]] = objects.state[is_light]
    return DrivingScenes(
        images, masks, instances, boxes, sizes, visible, lights, description
    )


def draw_alone(description: DrivingDescription, index: int) -> np.ndarray:
    """Draw one object with nothing around it or in front of it.

    Parameters
    ----------
    description
        Where the object is described.
    index
        Its row in ``description.objects``.

    Returns
    -------
    np.ndarray
        Its pixels: ``bool``, shape ``(height, width)``.

    Raises
    ------
    InputError
        If there is no such object.
    """
    check_counts(index=index)
    objects = description.objects
    if index >= len(objects.scene):
        raise InputError(
            f"index must be the row of one of the {len(objects.scene)} objects in "
            f"description.objects, got {index}"
        )
    one = Things(*(column[index : index + 1] for column in objects))
    height, width = description.height, description.width
    shapes = shapes_of(one, _frames(description, one), np.zeros(1, dtype=np.int64))
    shapes = shapes._replace(scene=np.zeros_like(shapes.scene))
    painted = rasterize(shapes, height, width)
    alone = np.zeros(height * width, dtype=bool)
    alone[painted.pixel[painted.is_inside & shapes.is_body[painted.shape]]] = True
    return alone.reshape(height, width)


# --- what is where -------------------------------------------------------------------


def _streets(rng, count: int, height: int, width: int) -> Streets:
    hue = rng.random((count, 1))
    dusk = rng.random((count, 1)) ** 3
    blue, gold = np.array([0.36, 0.60, 0.92]), np.array([0.62, 0.58, 0.76])
    pale, glow = np.array([0.84, 0.91, 0.97]), np.array([0.98, 0.80, 0.62])
    tones = np.array(
        [
            *((0.72, 0.64, 0.54), (0.60, 0.42, 0.36), (0.55, 0.60, 0.66)),
            *((0.80, 0.77, 0.70), (0.45, 0.47, 0.52), (0.68, 0.54, 0.42)),
        ]
    )
    walls = tones[rng.integers(0, len(tones), (count, HOUSES))]
    return Streets(
        horizon=height * rng.uniform(0.38, 0.45, count),
        vanishing=width * rng.uniform(0.40, 0.60, count),
        bend=rng.uniform(-1, 1, count) / 300,
        crossing=np.where(rng.random(count) < 0.4, rng.uniform(6, 13, count), np.nan),
        dashes=rng.random(count),
        sky=blue + (gold - blue) * dusk - 0.06 * hue,
        low_sky=pale + (glow - pale) * dusk,
        grass=np.array([0.42, 0.56, 0.30]) + 0.1 * (rng.random((count, 3)) - 0.5),
        roofs=rng.uniform(0.03, 0.30, (count, HOUSES)),
        walls=np.clip(walls * rng.uniform(0.8, 1.15, (count, HOUSES, 1)), 0, 1),
        first_house=rng.random(count) / (HOUSES - 1),
    )


def _vehicles(rng, count: int, most: int) -> Things:
    scene, slot = _slots(rng, count, most)
    total = len(scene)
    is_oncoming = rng.random(total) < 0.5
    is_tall = rng.random(total) < 0.25
    # A stretch of the road for each, so that they are spread over it; where two
    # stretches meet, two may stand close to each other.
    distance = 6.5 + 36 * (slot + rng.random(total)) / max(most, 1)
    lane = np.where(is_oncoming, -LANE, 0.0)
    paints = np.array(
        [
            *((0.80, 0.12, 0.12), (0.15, 0.30, 0.68), (0.90, 0.90, 0.91)),
            *((0.16, 0.16, 0.18), (0.62, 0.64, 0.67), (0.92, 0.70, 0.12)),
            *((0.10, 0.42, 0.36), (0.45, 0.16, 0.30)),
        ]
    )
    colour = paints[rng.integers(0, len(paints), total)]
    return Things(
        scene=scene,
        kind=np.full(total, VEHICLE),
        distance=distance,
        aside=lane + rng.uniform(-0.35, 0.35, total),
        height=np.where(is_tall, 2.35, 1.5) * rng.uniform(0.93, 1.1, total),
        width=np.where(is_tall, 2.0, 1.8) * rng.uniform(0.95, 1.05, total),
        lift=np.zeros(total),
        colour=np.clip(colour * rng.uniform(0.8, 1.15, (total, 1)), 0, 1),
        second=np.zeros((total, 3)),
        pose=np.where(is_oncoming, 0.75, 0.25),
        state=np.full(total, -1),
    )


def _pedestrians(rng, streets: Streets, most: int) -> Things:
    scene, _ = _slots(rng, len(streets.horizon), most)
    total = len(scene)
    distance = np.exp(rng.uniform(np.log(5), np.log(26), total))
    first = streets.crossing[scene]
    is_crossing = rng.random(total) < 0.6
    on_zebra = is_crossing & np.isfinite(first)
    distance = np.where(on_zebra, first + 2.6 * rng.random(total), distance)
    on_road = rng.uniform(LEFT_EDGE, RIGHT_EDGE, total)
    right = rng.uniform(RIGHT_EDGE + 0.4, RIGHT_EDGE + 2.0, total)
    left = rng.uniform(LEFT_EDGE - 2.0, LEFT_EDGE - 0.4, total)
    beside = np.where(rng.random(total) < 0.5, left, right)
    height = rng.uniform(1.5, 1.9, total)
    return Things(
        scene=scene,
        kind=np.full(total, PEDESTRIAN),
        distance=distance,
        aside=np.where(is_crossing, on_road, beside),
        height=height,
        width=height * rng.uniform(0.3, 0.38, total),
        lift=np.zeros(total),
        colour=rng.uniform(0.08, 0.95, (total, 3)),
        second=rng.uniform(0.08, 0.5, (total, 3)),
        pose=rng.random(total),
        state=np.full(total, -1),
    )


def _lights(rng, count: int, share: float, probabilities) -> Things:
    scene = np.flatnonzero(rng.random(count) < share)
    total = len(scene)
    state = rng.choice(len(LIGHT_STATES), total, p=probabilities)
    return Things(
        scene=scene,
        kind=np.full(total, TRAFFIC_LIGHT),
        distance=rng.uniform(8, 26, total),
        aside=RIGHT_EDGE + rng.uniform(0.5, 1.4, total),
        height=rng.uniform(1.25, 1.45, total),
        width=rng.uniform(0.5, 0.58, total),
        lift=rng.uniform(2.1, 2.5, total),
        colour=np.zeros((total, 3)),
        second=np.zeros((total, 3)),
        pose=rng.random(total),
        state=state,
    )


def _trees(rng, count: int) -> Things:
    scene, slot = _slots(rng, count, 6)
    total = len(scene)
    side = np.where(rng.random(total) < 0.5, -1.0, 1.0)
    middle = (LEFT_EDGE + RIGHT_EDGE) / 2
    height = rng.uniform(3.2, 6.0, total)
    return Things(
        scene=scene,
        kind=np.full(total, TREE),
        distance=10 + 40 * (slot + rng.random(total)) / 6,
        aside=middle + side * (LANE + rng.uniform(3.2, 6.5, total)),
        height=height,
        width=height * rng.uniform(0.55, 0.75, total),
        lift=np.zeros(total),
        colour=rng.random((total, 3)),
        second=np.zeros((total, 3)),
        pose=rng.random(total),
        state=np.full(total, -1),
    )


def _lamps(rng, count: int) -> Things:
    scene, slot = _slots(rng, count, 2)
    total = len(scene)
    return Things(
        scene=scene,
        kind=np.full(total, LAMP),
        distance=9 + 14 * (slot + rng.random(total)),
        aside=np.full(total, RIGHT_EDGE + 0.6),
        height=rng.uniform(5.5, 6.5, total),
        width=np.full(total, 1.8),
        lift=np.zeros(total),
        colour=np.zeros((total, 3)),
        second=np.zeros((total, 3)),
        pose=rng.random(total),
        state=np.full(total, -1),
    )


def _in_sight(things: Things, streets: Streets, height: int, width: int) -> Things:
    """Move what stands outside the picture to its edge."""
    at = frames_of(things, height, streets.horizon, streets.vanishing, streets.bend)
    middle = np.clip(at.middle, 0.03 * width, 0.97 * width)
    scale = FOCAL_LENGTH * height / things.distance
    return things._replace(aside=things.aside + (middle - at.middle) / scale)


def _slots(rng, count: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw how many there are in each picture, and number them."""
    numbers = rng.integers(0, most + 1, count)
    scene = np.repeat(np.arange(count), numbers)
    first = np.repeat(np.cumsum(numbers) - numbers, numbers)
    return scene, np.arange(len(scene)) - first


def _together(parts: list[Things]) -> Things:
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    by_scene = np.argsort(columns[0], kind="stable")
    return Things(*(column[by_scene] for column in columns))


# --- drawing -------------------------------------------------------------------------


def _slice(description: DrivingDescription, start: int, end: int):
    """Return some of the pictures, numbered from 0."""

    def some(things: Things) -> Things:
        chosen = slice(*np.searchsorted(things.scene, [start, end]))
        few = Things(*(column[chosen] for column in things))
        return few._replace(scene=few.scene - start)

    streets = Streets(*(column[start:end] for column in description.streets))
    return description._replace(
        streets=streets,
        objects=some(description.objects),
        scenery=some(description.scenery),
    )


def _frames(description: DrivingDescription, things: Things) -> Frames:
    streets = description.streets
    return frames_of(
        things,
        description.height,
        streets.horizon,
        streets.vanishing,
        streets.bend,
    )


def _paint(description: DrivingDescription):
    """Paint planes and masks, and find the pixels of each object."""
    height, width = description.height, description.width
    planes, masks = paint_street(description.streets, height, width)
    objects = description.objects
    total = len(objects.scene)
    owner = np.arange(total + len(description.scenery.scene))
    things = Things(
        *map(np.concatenate, zip(objects, description.scenery, strict=True))
    )
    shapes = shapes_of(things, _frames(description, things), owner)
    painted = rasterize(shapes, height, width)
    paint(planes, shapes, painted)
    instances = np.full(masks.size, -1, dtype=np.int32)
    owners = shapes.owner[painted.shape]
    is_body = painted.is_inside & shapes.is_body[painted.shape]
    for part in layers_of(painted):
        chosen = is_body[part]
        instances[painted.pixel[part][chosen]] = owners[part][chosen]
    flat = masks.reshape(-1)
    is_object = instances >= 0
    flat[is_object] = objects.kind[instances[is_object]]
    boxes, sizes = _boxes(owners[is_body], painted.pixel[is_body], total, height, width)
    return planes, masks, instances.reshape(masks.shape), boxes, sizes


def _boxes(owner, pixel, total: int, height: int, width: int):
    """Return frame and number of pixels of each object, from all its pixels."""
    row, column = np.divmod(pixel % (height * width), width)
    boxes = np.zeros((total, 4), dtype=np.int64)
    boxes[:, :2] = max(height, width)
    np.minimum.at(boxes[:, 0], owner, row)
    np.minimum.at(boxes[:, 1], owner, column)
    np.maximum.at(boxes[:, 2], owner, row + 1)
    np.maximum.at(boxes[:, 3], owner, column + 1)
    different = np.unique(owner * (pixel.max(initial=0) + 1) + pixel)
    sizes = np.bincount(different // (pixel.max(initial=0) + 1), minlength=total)
    return boxes, sizes


# --- what is refused -----------------------------------------------------------------


def _check_look(weather: str, night: bool, blur: int, occlusion: float) -> None:
    check_choice("weather", weather, WEATHERS)
    if not isinstance(night, bool | np.bool_):
        raise InputError(f"night must be True or False, got {night!r}")
    check_counts(blur=blur)
    check_shares(occlusion=occlusion)


def _state_probabilities(shares: Sequence[float]) -> np.ndarray:
    """Refuse what are not shares of the states; return what adds up exactly."""
    if is_row(shares) and len(shares) == len(LIGHT_STATES):
        check_shares(**{f"state_shares[{i}]": share for i, share in enumerate(shares)})
        probabilities = np.array(shares, dtype=np.float64)
        total = probabilities.sum()
        if abs(total - 1) < 1e-6:
            return probabilities / total
    raise InputError(
        f"state_shares must be {len(LIGHT_STATES)} shares, one each for "
        f"{', '.join(LIGHT_STATES)}, that add up to 1, got {shares!r}"
    )
