"""Road scenes: markings, vehicles, pedestrians, a traffic light, and their masks.

Two steps, kept apart: what is where is decided at random from a seed, and is the
*description* of the scenes; :func:`render_driving_scenes` draws it, in the weather and
light that are asked for. The same description can so be drawn by day, at night and in
fog. :func:`make_driving_scenes` does both, and :func:`draw_alone` draws one object of a
description with nothing around it. Taught in ``applications/driving``.

``driving_streets`` knows the street and the weather, ``driving_things`` what stands in
it, ``drawing`` how shapes become pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mnist_tutorial.checks import check_choice, check_counts, check_in
from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes.drawing import paint, rasterize, rows_of, stack, tight_boxes
from mnist_tutorial.scenes.driving_streets import (
    HEIGHT,
    WIDTH,
    Streets,
    look,
    make_streets,
    paint_street,
)
from mnist_tutorial.scenes.driving_things import (
    Things,
    make_objects,
    make_scenery,
    shapes_of,
)

CLASSES = ("background", "road", "marking", "vehicle", "pedestrian", "traffic light")
LIGHT_STATES = ("red", "yellow", "green")
WEATHERS = ("clear", "fog")

# Scenes drawn at a time: they stay in the processor's cache. Another number would draw
# other noise.
CHUNK = 50


class DrivingDescription(NamedTuple):
    """What is where in road scenes, before anything is drawn."""

    streets: Streets  # one row a picture
    objects: Things  # vehicles, pedestrians, traffic lights
    # Trees and lamps: background, and drawn behind all objects, however near.
    scenery: Things


class DrivingScenes(NamedTuple):
    """Road scenes with all that is known about them.

    Attributes
    ----------
    images
        ``float32`` in [0, 1], shape ``(n, 64, 96, 3)``.
    masks
        Class of each pixel, an index into ``CLASSES``: ``uint8``, shape
        ``(n, 64, 96)``. Behind dirt on the lens it is what the dirt hides.
    instances
        Row of the object in each pixel among ``description.objects``, -1 where there
        is none: ``int32``, shape ``(n, 64, 96)``.
    boxes
        Frame of each object as if nothing were in front of it, in whole pixels:
        top, left, bottom, right, the last two exclusive; integers, shape ``(m, 4)``.
    sizes, visible
        How many pixels each object has, and how many of them are seen in the mask;
        integers, shape ``(m,)``.
    description
        What was drawn.
    """

    images: np.ndarray
    masks: np.ndarray
    instances: np.ndarray
    boxes: np.ndarray
    sizes: np.ndarray
    visible: np.ndarray
    description: DrivingDescription


def make_driving_scenes(
    count: int,
    *,
    seed: int,
    weather: str = "clear",
    night: bool = False,
    occlusion: float = 0.0,
    vehicles: int = 3,
    pedestrians: int = 3,
    light_share: float = 0.8,
    state_shares: Sequence[float] = (0.45, 0.1, 0.45),
) -> DrivingScenes:
    """Draw road scenes from a seed.

    Parameters
    ----------
    count
        Number of pictures, at least 1.
    seed
        A whole number, at least 0. The same seed gives the same streets with the same
        objects in every weather, by day and at night; with another ``count`` it gives
        other scenes.
    weather, night, occlusion
        As for :func:`render_driving_scenes`.
    vehicles, pedestrians
        Most of them in a picture; each number from 0 to this is equally likely.
    light_share
        Probability that there is a traffic light, in [0, 1].
    state_shares
        Probabilities of red, yellow and green; they add up to 1, to a millionth.

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
    check_counts(count=count)
    check_counts(least=0, seed=seed, vehicles=vehicles, pedestrians=pedestrians)
    check_in("[0, 1]", light_share=light_share)
    states = np.array(state_shares, dtype=np.float64)
    if states.shape != (3,) or states.min() < 0 or not abs(states.sum() - 1) < 1e-6:
        raise InputError(
            f"state_shares must be three shares, one each for {', '.join(LIGHT_STATES)}"
            f", that add up to 1, got {state_shares!r}"
        )
    _check_look(seed, weather, occlusion)
    rng = np.random.default_rng([seed, 0])
    streets = make_streets(rng, count)
    objects = make_objects(
        rng, streets, vehicles, pedestrians, light_share, states / states.sum()
    )
    scenery = make_scenery(rng, count)
    description = DrivingDescription(streets, objects, scenery)
    return render_driving_scenes(
        description, seed=seed, weather=weather, night=night, occlusion=occlusion
    )


def render_driving_scenes(
    description: DrivingDescription,
    *,
    seed: int,
    weather: str = "clear",
    night: bool = False,
    occlusion: float = 0.0,
) -> DrivingScenes:
    """Draw what a description says.

    Parameters
    ----------
    description
        That of other scenes, from :func:`make_driving_scenes`.
    seed
        Of texture, noise, exposure and the strength of the weather: a whole number,
        at least 0. They are others where the description has more or fewer pictures.
    weather
        ``"clear"`` or ``"fog"``.
    night
        Whether it is dark: then headlights, lamps and lit windows are what one sees
        by.
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
    _check_look(seed, weather, occlusion)
    rng = np.random.default_rng([seed, 1])
    parts = []
    for start in range(0, len(description.streets.horizon), CHUNK):
        planes, *truth = _paint(description, start)
        images = look(planes, rng, weather=weather, night=night, occlusion=occlusion)
        parts.append((images, *truth))
    images, masks, instances, boxes, sizes = map(
        np.concatenate, zip(*parts, strict=True)
    )
    visible = np.bincount(instances[instances >= 0], minlength=len(sizes))
    return DrivingScenes(images, masks, instances, boxes, sizes, visible, description)


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
        Its pixels: ``bool``, shape ``(64, 96)``.

    Raises
    ------
    InputError
        If there is no such object.
    """
    count = len(description.objects.scene)
    if not 0 <= index < count:
        raise InputError(
            f"index must be the row of one of the {count} objects in "
            f"description.objects, got {index!r}"
        )
    thing = rows_of(description.objects, [index])
    street = rows_of(description.streets, thing.scene)
    shapes = shapes_of(thing._replace(scene=np.array([0])), street)
    found = rasterize(shapes, HEIGHT, WIDTH)
    alone = np.zeros(HEIGHT * WIDTH, dtype=bool)
    alone[found.pixel[found.is_body]] = True
    return alone.reshape(HEIGHT, WIDTH)


def _check_look(seed: int, weather: str, occlusion: float) -> None:
    check_counts(least=0, seed=seed)
    check_choice("weather", weather, WEATHERS)
    check_in("[0, 1]", occlusion=occlusion)


def _paint(description: DrivingDescription, start: int):
    """Paint planes and masks of the pictures from ``start`` on, and find the objects.

    Returns
    -------
    planes, masks, instances, boxes, sizes
        See ``driving_streets`` and :class:`DrivingScenes`.
    """
    streets = rows_of(description.streets, slice(start, start + CHUNK))
    planes, masks = paint_street(streets)
    first, objects = _some(description.objects, start)
    _, scenery = _some(description.scenery, start)
    things = stack([objects, scenery])
    shapes = shapes_of(things, streets)
    found = rasterize(shapes, HEIGHT, WIDTH)
    paint(planes, shapes, found)
    owner = shapes.owner[found.shape]
    instances = np.full(masks.size, -1, dtype=np.int32)
    for layer in found.layers:
        chosen = found.is_body[layer]
        instances[found.pixel[layer][chosen]] = owner[layer][chosen]
    is_object = instances >= 0
    masks.reshape(-1)[is_object] = objects.kind[instances[is_object]]
    instances[is_object] += first

    # Each pixel of an object once, also where several of its shapes cover it.
    total = len(objects.scene)
    parts = owner[found.is_body] * masks.size + found.pixel[found.is_body]
    owner, pixel = np.divmod(np.unique(parts), masks.size)
    row, column = np.divmod(pixel % (HEIGHT * WIDTH), WIDTH)
    boxes = tight_boxes(owner, row, column, total)
    sizes = np.bincount(owner, minlength=total)
    return planes, masks, instances.reshape(masks.shape), boxes, sizes


def _some(things: Things, start: int) -> tuple[int, Things]:
    """Return the things of the pictures from ``start`` on, numbered from 0.

    Before them comes which is the first.
    """
    first, end = np.searchsorted(things.scene, [start, start + CHUNK])
    some = rows_of(things, slice(first, end))
    return first, some._replace(scene=some.scene - start)
