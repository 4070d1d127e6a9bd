"""Road scenes: markings, vehicles, pedestrians, a traffic light, and their masks.

What is where is decided at random from a seed, and is the *description* of the scenes.
It is drawn in the weather and light that are asked for: the same one by day, at night
and in fog. Taught in ``applications/driving``.

``driving_streets`` knows the street and the weather, ``driving_things`` what stands in
it, ``drawing`` how shapes become pixels.
"""

from typing import NamedTuple

import numpy as np

from mnist_tutorial.checks import check_choice, check_counts, check_in
from mnist_tutorial.scenes.drawing import paint, rasterize, rows_of, stack, tight_boxes
from mnist_tutorial.scenes.driving_streets import (
    HEIGHT,
    WIDTH,
    Streets,
    look,
    make_streets,
    paint_street,
)
from mnist_tutorial.scenes.driving_things import TREE, Things, make_things, shapes_of

CLASSES = ("background", "road", "marking", "vehicle", "pedestrian", "traffic light")

# Scenes drawn at a time: they stay in the cache. Another number draws other noise.
CHUNK = 50


class DrivingDescription(NamedTuple):
    """What is where in road scenes, before anything is drawn."""

    streets: Streets  # one row a picture
    objects: Things  # vehicles, pedestrians, traffic lights
    # Trees and lamps: background, and drawn behind all objects, however near.
    scenery: Things


class DrivingScenes(NamedTuple):
    """``n`` road scenes with ``m`` objects, the rows of ``description.objects``."""

    images: np.ndarray  # float32 in [0, 1], (n, 64, 96, 3)
    # Index into CLASSES, uint8, (n, 64, 96); behind dirt it is what the dirt hides.
    masks: np.ndarray
    instances: np.ndarray  # row of the object, -1 for none: int32, (n, 64, 96)
    # Top, left, bottom, right in whole pixels, the last two exclusive, as if nothing
    # were in front of the object: (m, 4).
    boxes: np.ndarray
    sizes: np.ndarray  # how many pixels each object has, (m,)
    visible: np.ndarray  # how many of them are seen in the mask, (m,)
    description: DrivingDescription


def make_driving_scenes(
    count: int,
    *,
    seed: int,
    weather: str = "clear",
    night: bool = False,
    occlusion: float = 0.0,
) -> DrivingScenes:
    """Draw road scenes from a seed.

    In each there are up to three vehicles, up to three pedestrians and, in four of
    five, a traffic light. ``weather``, ``night`` and ``occlusion`` are those of
    :func:`render_driving_scenes`, which refuses the same. There are ``count`` pictures,
    at least 1; another count gives other scenes. The same seed, from 0, gives the same
    streets with the same objects in every weather, by day and at night.
    """
    check_counts(count=count)
    check_counts(least=0, seed=seed)
    rng = np.random.default_rng([seed, 0])
    streets = make_streets(rng, count)
    description = DrivingDescription(streets, *make_things(rng, streets))
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
    """Draw what the description of other scenes says.

    Raises ``InputError`` if an argument is out of range.

    Parameters
    ----------
    description
        From :func:`make_driving_scenes`.
    seed
        Of texture, noise, exposure and the strength of the weather: a whole number,
        at least 0. They are others where the description has more or fewer pictures.
    weather
        ``"clear"`` or ``"fog"``.
    night
        Whether one sees by headlights, lamps and lit windows only.
    occlusion
        Share of each picture that dirt on the lens hides, in [0, 1].
    """
    check_counts(least=0, seed=seed)
    check_choice("weather", weather, ("clear", "fog"))
    check_in("[0, 1]", occlusion=occlusion)
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


def _paint(description: DrivingDescription, start: int):
    """Return planes, masks, instances, boxes and sizes of the pictures from there."""
    streets = rows_of(description.streets, slice(start, start + CHUNK))
    planes, masks = paint_street(streets)
    things = stack([description.objects, description.scenery])
    things = rows_of(things, things.scene // CHUNK == start // CHUNK)
    things = things._replace(scene=things.scene - start)
    shapes = shapes_of(things, streets)
    found = rasterize(shapes, HEIGHT, WIDTH)
    paint(planes, shapes, found)
    owner = shapes.owner[found.shape]
    instances = np.full(masks.size, -1, dtype=np.int32)
    for layer in found.layers:
        chosen = found.is_body[layer]
        instances[found.pixel[layer][chosen]] = owner[layer][chosen]
    is_object = instances >= 0
    masks.reshape(-1)[is_object] = things.kind[instances[is_object]]
    instances[is_object] += np.searchsorted(description.objects.scene, start)

    # Each pixel of an object once, also where several of its shapes cover it.
    parts = owner[found.is_body] * masks.size + found.pixel[found.is_body]
    owner, pixel = np.divmod(np.unique(parts), masks.size)
    row, column = np.divmod(pixel % (HEIGHT * WIDTH), WIDTH)
    total = np.count_nonzero(things.kind < TREE)
    boxes = tight_boxes(owner, row, column, total)
    sizes = np.bincount(owner, minlength=total)
    return planes, masks, instances.reshape(masks.shape), boxes, sizes
