"""What vehicles, pedestrians, traffic lights, trees and street lamps are made of.

Every thing is a handful of ellipses, rectangles and trapezia, given as parts of its own
height (0 at the top, 1 at the foot) and width (-0.5 at the left, 0.5 at the right).
"""

from typing import NamedTuple

import numpy as np

from mnist_tutorial.scenes.painting import (
    COLOURS,
    NEARNESS,
    PLANES,
    SHINE,
    Shapes,
    stack_shapes,
)

VEHICLE, PEDESTRIAN, TRAFFIC_LIGHT = 3, 4, 5
TREE, LAMP = 100, 101  # scenery: drawn, but background in the masks

CAMERA_HEIGHT = 1.4  # metres above the road
FOCAL_LENGTH = 1.3  # of the picture's height

MOST_PARTS = 16  # no thing has more

TYRE, GLASS, BONE = (0.07, 0.07, 0.08), (0.35, 0.45, 0.55), (0.85, 0.85, 0.82)
METAL, TRUNK, LEAVES = (0.42, 0.43, 0.45), (0.33, 0.24, 0.17), (0.27, 0.42, 0.22)
TAIL_LAMP, HEADLAMP = (0.85, 0.08, 0.06), (1.0, 0.96, 0.82)
HOUSING, LAMP_COLOURS = (
    (0.08, 0.09, 0.09),
    (
        (1.0, 0.12, 0.10),
        (1.0, 0.75, 0.10),
        (0.15, 0.95, 0.45),
    ),
)


class Things(NamedTuple):
    """Things that stand on the ground, one row each.

    Attributes
    ----------
    scene
        Number of the picture, integers of shape ``(m,)``, as all that follow unless
        said otherwise.
    kind
        ``VEHICLE``, ``PEDESTRIAN``, ``TRAFFIC_LIGHT``, ``TREE`` or ``LAMP``.
    distance, aside
        Where the foot stands: metres ahead, and metres to the right of the camera
        (before the road's bend is added).
    height, width
        In metres.
    lift
        Height of the lower edge above the ground, in metres.
    colour, second
        Paint or jacket, and trousers; in [0, 1], shape ``(m, 3)``.
    pose
        In [0, 1): which way a vehicle faces (below 0.5 away), how far a pedestrian
        strides.
    state
        What a traffic light shows: 0 red, 1 yellow, 2 green; -1 for other things.
    """

    scene: np.ndarray
    kind: np.ndarray
    distance: np.ndarray
    aside: np.ndarray
    height: np.ndarray
    width: np.ndarray
    lift: np.ndarray
    colour: np.ndarray
    second: np.ndarray
    pose: np.ndarray
    state: np.ndarray


class Frames(NamedTuple):
    """Where things are in their pictures, in pixels, shapes ``(m,)``."""

    top: np.ndarray
    bottom: np.ndarray
    middle: np.ndarray
    width: np.ndarray


def frames_of(things: Things, picture_height: int, horizon, vanishing, bend) -> Frames:
    """Project things into their pictures.

    Parameters
    ----------
    things
        The things.
    picture_height
        In pixels.
    horizon, vanishing, bend
        Of each picture: row and column of the vanishing point in pixels, curvature
        of the road in 1 / metres; shape ``(n,)``.
    """
    scale = FOCAL_LENGTH * picture_height / things.distance  # pixels a metre
    shift = bend[things.scene] * things.distance**2 / 2
    bottom = horizon[things.scene] + scale * (CAMERA_HEIGHT - things.lift)
    middle = vanishing[things.scene] + scale * (things.aside + shift)
    return Frames(bottom - scale * things.height, bottom, middle, scale * things.width)


def shapes_of(things: Things, frames: Frames, owner: np.ndarray) -> Shapes:
    """Return the shapes of things, scenery first, then the far ones.

    Parameters
    ----------
    things, frames
        The things, and where they are.
    owner
        Number under which the pixels of each thing are counted, shape ``(m,)``.
    """
    # Trees and lamps are scenery: they lie behind everything, however near.
    rank = np.empty(len(things.scene))
    rank[np.lexsort((-things.distance, things.kind < TREE))] = np.arange(len(rank))
    parts = []
    for kind, draw in DRAW.items():
        chosen = np.flatnonzero(things.kind == kind)
        if not len(chosen):
            continue
        some = Things(*(column[chosen] for column in things))
        at = Frames(*(column[chosen] for column in frames))
        for number, part in enumerate(draw(some)):
            order = MOST_PARTS * rank[chosen] + number
            parts.append(_placed(some, at, owner[chosen], order, part))
    return stack_shapes(parts) if parts else _no_shapes()


class Part(NamedTuple):
    """One shape of a thing, as parts of its height and width."""

    top: float | np.ndarray
    bottom: float | np.ndarray
    left: float | np.ndarray
    right: float | np.ndarray
    colour: tuple[float, float, float] | np.ndarray
    is_round: bool = False
    taper: float = 0.0
    shine: float | np.ndarray = 0.0
    opacity: float | np.ndarray = 1.0
    is_body: bool = True


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


DRAW = {
    TREE: _tree,
    LAMP: _lamp,
    VEHICLE: _vehicle,
    PEDESTRIAN: _pedestrian,
    TRAFFIC_LIGHT: _traffic_light,
}


def _placed(things: Things, at: Frames, owner, order, part: Part) -> Shapes:
    count = len(things.scene)

    def each(values, size=count):
        return np.broadcast_to(np.asarray(values, dtype=np.float64), size)

    height = at.bottom - at.top
    values = np.empty((count, PLANES))
    values[:, COLOURS] = np.clip(each(part.colour, (count, 3)), 0, 1)
    values[:, NEARNESS] = 1 / things.distance
    values[:, SHINE] = part.shine
    return Shapes(
        scene=things.scene,
        order=order,
        owner=owner,
        is_body=np.full(count, part.is_body) & (things.kind < TREE),
        is_round=np.full(count, part.is_round),
        top=at.top + height * part.top,
        bottom=at.top + height * part.bottom,
        left=at.middle + at.width * part.left,
        right=at.middle + at.width * part.right,
        taper=each(part.taper),
        values=values,
        opacity=each(part.opacity),
    )


def _no_shapes() -> Shapes:
    empty, no = np.empty(0), np.empty(0, dtype=bool)
    whole = np.empty(0, dtype=np.int64)
    values = np.empty((0, PLANES))
    return Shapes(
        whole, empty, whole, no, no, *(empty,) * 5, values=values, opacity=empty
    )
