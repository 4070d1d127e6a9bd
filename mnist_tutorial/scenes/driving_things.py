"""What stands in the street, where it is seen, and what it is made of.

Every thing is a handful of ellipses, rectangles and trapezia, given as parts of its own
height (0 at the top, 1 at the foot) and width (-0.5 at the left, 0.5 at the right).
"""

from typing import NamedTuple

import numpy as np

from mnist_tutorial.scenes.drawing import Shapes, number_within, rows_of, stack
from mnist_tutorial.scenes.driving_streets import (
    CAMERA_HEIGHT,
    FOCAL_LENGTH,
    LANE,
    LEFT_EDGE,
    RIGHT_EDGE,
    WIDTH,
    Streets,
)

VEHICLE, PEDESTRIAN, TRAFFIC_LIGHT = 3, 4, 5
TREE, LAMP = 100, 101  # scenery: drawn, but background in the masks

TYRE, GLASS, BONE = (0.07, 0.07, 0.08), (0.35, 0.45, 0.55), (0.85, 0.85, 0.82)
METAL, TRUNK, LEAVES = (0.42, 0.43, 0.45), (0.33, 0.24, 0.17), (0.27, 0.42, 0.22)
TAIL_LAMP, HEADLAMP = (0.85, 0.08, 0.06), (1.0, 0.96, 0.82)
HOUSING = (0.08, 0.09, 0.09)
LAMP_COLOURS = ((1.0, 0.12, 0.10), (1.0, 0.75, 0.10), (0.15, 0.95, 0.45))

VEHICLE_PAINTS = np.array(
    [
        *((0.80, 0.12, 0.12), (0.15, 0.30, 0.68), (0.90, 0.90, 0.91)),
        *((0.16, 0.16, 0.18), (0.62, 0.64, 0.67), (0.92, 0.70, 0.12)),
        *((0.10, 0.42, 0.36), (0.45, 0.16, 0.30)),
    ]
)


class Things(NamedTuple):
    """Things in the street, one row each: arrays ``(m,)``, colours ``(m, 3)``."""

    scene: np.ndarray  # number of the picture
    kind: np.ndarray  # VEHICLE, PEDESTRIAN, TRAFFIC_LIGHT, TREE or LAMP
    distance: np.ndarray  # of its foot: metres ahead of the camera
    aside: np.ndarray  # and metres to its right, before the road's bend is added
    height: np.ndarray  # in metres
    width: np.ndarray
    lift: np.ndarray  # height of its lower edge above the ground, in metres
    colour: np.ndarray  # paint or jacket
    second: np.ndarray  # trousers
    pose: np.ndarray  # in [0, 1): a vehicle faces away below 0.5, a pedestrian strides
    state: np.ndarray  # a traffic light's: 0 red, 1 yellow, 2 green; -1 for others


class Part(NamedTuple):
    """One shape of a thing, as parts of its height and width."""

    top: float
    bottom: float
    left: float | np.ndarray
    right: float | np.ndarray
    colour: tuple[float, float, float] | np.ndarray
    is_round: bool = False
    taper: float | np.ndarray = 0.0
    shine: float | np.ndarray = 0.0
    opacity: float = 1.0
    is_body: bool = True


def project(things: Things, streets: Streets) -> tuple[np.ndarray, ...]:
    """Return rows of tops and feet, columns of middles, and widths, in pixels."""
    scene = things.scene
    scale = FOCAL_LENGTH / things.distance  # pixels a metre
    shift = streets.bend[scene] * things.distance**2 / 2
    foot = streets.horizon[scene] + scale * (CAMERA_HEIGHT - things.lift)
    middle = streets.vanishing[scene] + scale * (things.aside + shift)
    return foot - scale * things.height, foot, middle, scale * things.width


def shapes_of(things: Things, streets: Streets) -> Shapes:
    """Return the shapes of things, each owned by its row: scenery first, then far ones.

    Scenery lies behind everything, however near.
    """
    shapes = []
    for kind, parts_of in PARTS.items():
        chosen = np.flatnonzero(things.kind == kind)
        some = rows_of(things, chosen)
        shapes += [_placed(some, streets, chosen, part) for part in parts_of(some)]
    together = stack(shapes)
    far = -things.distance[together.owner], things.kind[together.owner] < TREE
    # The sort is stable: the parts of a thing stay in their order.
    return rows_of(together, np.lexsort((*far, together.scene)))


def _placed(things: Things, streets: Streets, owner, part: Part) -> Shapes:
    """Return one part of things of a kind."""
    count = len(owner)
    top, foot, middle, width = project(things, streets)
    height = foot - top
    colour = np.broadcast_to(np.clip(part.colour, 0, 1), (count, 3))
    shine = np.broadcast_to(part.shine, count)
    return Shapes(
        scene=things.scene,
        owner=owner,
        is_body=np.full(count, part.is_body) & (things.kind < TREE),
        is_round=np.full(count, part.is_round),
        top=top + height * part.top,
        bottom=top + height * part.bottom,
        left=middle + width * part.left,
        right=middle + width * part.right,
        taper=np.zeros(count) + part.taper,
        values=np.column_stack([colour, 1 / things.distance, shine]),
        opacity=np.full(count, part.opacity),
    )


# --- what stands where ---------------------------------------------------------------


def make_things(rng, streets: Streets) -> tuple[Things, Things]:
    """Draw objects, sorted by picture, and scenery."""
    count = len(streets.horizon)
    things = stack(
        [_vehicles(rng, count), _pedestrians(rng, streets), _lights(rng, count)]
    )
    things = rows_of(things, np.argsort(things.scene, kind="stable"))
    # What stands outside the picture is moved to its edge.
    _, _, middle, _ = project(things, streets)
    inside = np.clip(middle, 0.03 * WIDTH, 0.97 * WIDTH)
    scale = FOCAL_LENGTH / things.distance
    objects = things._replace(aside=things.aside + (inside - middle) / scale)
    return objects, stack([_trees(rng, count), _lamps(rng, count)])


def _vehicles(rng, count: int) -> Things:
    scene = _scenes(rng, count, 3)
    total = len(scene)
    is_oncoming = rng.random(total) < 0.5
    is_tall = rng.random(total) < 0.25
    # A stretch of the road for each, so that they are spread over it; where two
    # stretches meet, two may stand close to each other.
    distance = 6.5 + 36 * (number_within(scene) + rng.random(total)) / 3
    lane = np.where(is_oncoming, -LANE, 0.0)
    colour = VEHICLE_PAINTS[rng.integers(0, len(VEHICLE_PAINTS), total)]
    return _things(
        VEHICLE,
        scene,
        distance=distance,
        aside=lane + rng.uniform(-0.35, 0.35, total),
        height=np.where(is_tall, 2.35, 1.5) * rng.uniform(0.93, 1.1, total),
        width=np.where(is_tall, 2.0, 1.8) * rng.uniform(0.95, 1.05, total),
        colour=np.clip(colour * rng.uniform(0.8, 1.15, (total, 1)), 0, 1),
        pose=np.where(is_oncoming, 0.75, 0.25),
    )


def _pedestrians(rng, streets: Streets) -> Things:
    scene = _scenes(rng, len(streets.horizon), 3)
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
    return _things(
        PEDESTRIAN,
        scene,
        distance=distance,
        aside=np.where(is_crossing, on_road, beside),
        height=height,
        width=height * rng.uniform(0.3, 0.38, total),
        colour=rng.uniform(0.08, 0.95, (total, 3)),
        second=rng.uniform(0.08, 0.5, (total, 3)),
        pose=rng.random(total),
    )


def _lights(rng, count: int) -> Things:
    scene = np.flatnonzero(rng.random(count) < 0.8)
    total = len(scene)
    return _things(
        TRAFFIC_LIGHT,
        scene,
        state=rng.choice(3, total, p=(0.45, 0.1, 0.45)),
        distance=rng.uniform(8, 26, total),
        aside=RIGHT_EDGE + rng.uniform(0.5, 1.4, total),
        height=rng.uniform(1.25, 1.45, total),
        width=rng.uniform(0.5, 0.58, total),
        lift=rng.uniform(2.1, 2.5, total),
        pose=rng.random(total),
    )


def _trees(rng, count: int) -> Things:
    scene = _scenes(rng, count, 6)
    total = len(scene)
    side = np.where(rng.random(total) < 0.5, -1.0, 1.0)
    middle = (LEFT_EDGE + RIGHT_EDGE) / 2
    height = rng.uniform(3.2, 6.0, total)
    return _things(
        TREE,
        scene,
        distance=10 + 40 * (number_within(scene) + rng.random(total)) / 6,
        aside=middle + side * (LANE + rng.uniform(3.2, 6.5, total)),
        height=height,
        width=height * rng.uniform(0.55, 0.75, total),
        colour=rng.random((total, 3)),
        pose=rng.random(total),
    )


def _lamps(rng, count: int) -> Things:
    scene = _scenes(rng, count, 2)
    total = len(scene)
    return _things(
        LAMP,
        scene,
        distance=9 + 14 * (number_within(scene) + rng.random(total)),
        aside=np.full(total, RIGHT_EDGE + 0.6),
        height=rng.uniform(5.5, 6.5, total),
        width=np.full(total, 1.8),
        pose=rng.random(total),
    )


def _scenes(rng, count: int, most: int) -> np.ndarray:
    """Draw how many there are in each picture; return the picture of each."""
    return np.repeat(np.arange(count), rng.integers(0, most + 1, count))


def _things(kind: int, scene: np.ndarray, **columns: np.ndarray) -> Things:
    """Return things of a kind; those on the ground need no lift, few a colour."""
    total = len(scene)
    plain = {
        "lift": np.zeros(total),
        "colour": np.zeros((total, 3)),
        "second": np.zeros((total, 3)),
        "state": np.full(total, -1),
    }
    return Things(scene=scene, kind=np.full(total, kind), **(plain | columns))


# --- what things are made of ---------------------------------------------------------


def _vehicle(things: Things) -> list[Part]:
    faces_us = things.pose >= 0.5
    faces = faces_us[:, np.newaxis]
    is_tall = things.height > 1.9
    roof = np.where(is_tall, 0.06, 0.28)
    paint = things.colour
    lamps = np.where(faces, HEADLAMP, TAIL_LAMP)
    shine = np.where(faces_us, 1.0, 0.75)
    return [
        Part(0.92, 1.06, -0.62, 0.62, (0.05, 0.05, 0.06), True, 0, 0, 0.55, False),
        Part(0.78, 1.0, -0.46, -0.26, TYRE),
        Part(0.78, 1.0, 0.26, 0.46, TYRE),
        Part(0.0, 0.55, -0.43, 0.43, 0.85 * paint, taper=roof),
        Part(0.08, 0.45, -0.36, 0.36, GLASS, taper=0.8 * roof),
        Part(0.42, 0.88, -0.5, 0.5, paint, taper=0.06),
        Part(0.42, 0.5, -0.47, 0.47, 0.6 * paint + 0.4),
        Part(0.76, 0.9, -0.5, 0.5, 0.5 * paint),
        Part(0.54, 0.68, -0.48, -0.3, lamps, shine=shine),
        Part(0.54, 0.68, 0.3, 0.48, lamps, shine=shine),
        Part(0.64, 0.76, -0.13, 0.13, BONE),
    ]


def _pedestrian(things: Things) -> list[Part]:
    stride = 0.28 * things.pose
    skin = np.array([0.55, 0.38, 0.28]) + 0.35 * things.pose[:, np.newaxis] ** 2
    hair = 0.25 * things.second
    return [
        Part(0.97, 1.03, -0.6, 0.6, (0.05, 0.05, 0.06), True, 0, 0, 0.45, False),
        Part(0.5, 1.0, -0.22 - stride, 0.0 - stride, things.second),
        Part(0.5, 1.0, 0.0 + stride, 0.22 + stride, 0.8 * things.second),
        Part(0.17, 0.55, -0.5, 0.5, things.colour, taper=0.25),
        Part(0.22, 0.5, 0.3, 0.5, 0.75 * things.colour),
        Part(0.0, 0.17, -0.2, 0.2, skin, True),
        Part(0.0, 0.08, -0.2, 0.2, hair, True),
    ]


def _traffic_light(things: Things) -> list[Part]:
    parts = [
        Part(0.0, 1.0, -0.5, 0.5, HOUSING),
        Part(0.0, 1.0, -0.5, -0.38, (0.25, 0.26, 0.24), is_body=False),
    ]
    for state, colour in enumerate(LAMP_COLOURS):
        is_lit = (things.state == state)[:, np.newaxis]
        shown = np.where(is_lit, colour, 0.22 * np.array(colour))
        top = 0.04 + 0.32 * state
        shine = np.where(is_lit[:, 0], 1.0, 0.0)
        parts.append(Part(top, top + 0.28, -0.36, 0.36, shown, True, shine=shine))
    return parts


def _tree(things: Things) -> list[Part]:
    leaves = np.array(LEAVES) * (0.7 + 0.6 * things.colour)
    return [
        Part(0.95, 1.03, -0.45, 0.45, (0.05, 0.06, 0.05), True, 0, 0, 0.4, False),
        Part(0.45, 1.0, -0.07, 0.07, TRUNK),
        Part(0.12, 0.72, -0.5, 0.5, 0.85 * leaves, True),
        Part(0.0, 0.5, -0.36, 0.36, leaves, True),
        Part(0.08, 0.4, -0.3, 0.12, 1.2 * leaves, True, 0, 0, 0.6),
    ]


def _lamp(things: Things) -> list[Part]:
    return [
        Part(0.03, 1.0, -0.05, 0.05, METAL),
        Part(0.0, 0.04, -0.5, 0.05, METAL),
        Part(0.0, 0.045, -0.5, -0.2, (1.0, 0.93, 0.75), shine=0.9),
    ]


PARTS = {
    TREE: _tree,
    LAMP: _lamp,
    VEHICLE: _vehicle,
    PEDESTRIAN: _pedestrian,
    TRAFFIC_LIGHT: _traffic_light,
}
