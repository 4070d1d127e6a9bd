"""The street before anything stands in it, and what weather and night make of it.

A picture is built in *planes*: red, green and blue, and two that nobody sees but that
night and fog ask for: how near the thing in the pixel is, and how much it shines by
itself. First :func:`paint_street` fills them with sky, houses, ground, road and
markings; things are painted over them (``driving_things``); then :func:`look` turns
the planes into the picture that a camera would take.
"""

from typing import NamedTuple

import numpy as np

from mnist_tutorial.scenes.drawing import pixel_grid, spread, value_noise

HEIGHT, WIDTH = 64, 96  # of the pictures, in pixels
# The five planes: three colours, 1 / distance in metres (0 for the sky), own light.
COLOURS, NEARNESS, SHINE = slice(0, 3), 3, 4

ROAD, MARKING = 1, 2

FOCAL_LENGTH = 1.3 * HEIGHT  # pixels
CAMERA_HEIGHT = 1.4  # metres above the road
LANE = 3.3  # metres; the camera drives in the middle of the right lane of two
LEFT_EDGE, RIGHT_EDGE = -1.5 * LANE, 0.5 * LANE
SIDEWALK = 2.2
LINE = 0.16
STRAIGHT = 60.0  # metres from which a bend is not seen any more
HOUSES = 9
Y, X = pixel_grid(HEIGHT, WIDTH)

ASPHALT, PAVEMENT, CURB = (0.34, 0.35, 0.38), (0.66, 0.64, 0.61), (0.50, 0.49, 0.48)
PAINT = (0.93, 0.93, 0.90)
FOG, DIRT = (0.80, 0.82, 0.84), (0.23, 0.20, 0.17)
NIGHT_SKY, NIGHT_AIR = (0.10, 0.13, 0.24), (0.19, 0.21, 0.29)
HEADLIGHT = (1.0, 0.97, 0.86)

HOUSE_TONES = np.array(
    [
        *((0.72, 0.64, 0.54), (0.60, 0.42, 0.36), (0.55, 0.60, 0.66)),
        *((0.80, 0.77, 0.70), (0.45, 0.47, 0.52), (0.68, 0.54, 0.42)),
    ]
)


class Streets(NamedTuple):
    """Roads and what stands beside them, one row a picture; colours in [0, 1]."""

    horizon: np.ndarray  # (n,): row where a straight road would end, in pixels
    vanishing: np.ndarray  # (n,): and its column
    bend: np.ndarray  # (n,): curvature in 1 / metres, positive to the right
    crossing: np.ndarray  # (n,): metres to the zebra crossing, NaN if there is none
    dashes: np.ndarray  # (n,): how far the middle line is shifted, in [0, 1)
    sky: np.ndarray  # (n, 3)
    low_sky: np.ndarray  # (n, 3)
    grass: np.ndarray  # (n, 3)
    roofs: np.ndarray  # (n, 9): above the horizon, as a part of the picture's height
    walls: np.ndarray  # (n, 9, 3): colours of the houses
    first_house: np.ndarray  # (n,): where the row of houses begins, in [0, 1)


def make_streets(rng: np.random.Generator, count: int) -> Streets:
    """Draw roads at random."""
    hue = rng.random((count, 1))
    dusk = rng.random((count, 1)) ** 3
    blue, gold = np.array([0.36, 0.60, 0.92]), np.array([0.62, 0.58, 0.76])
    pale, glow = np.array([0.84, 0.91, 0.97]), np.array([0.98, 0.80, 0.62])
    walls = HOUSE_TONES[rng.integers(0, len(HOUSE_TONES), (count, HOUSES))]
    return Streets(
        horizon=HEIGHT * rng.uniform(0.38, 0.45, count),
        vanishing=WIDTH * rng.uniform(0.40, 0.60, count),
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


def paint_street(streets: Streets) -> tuple[np.ndarray, np.ndarray]:
    """Paint sky, houses, ground, road and markings.

    Returns the planes, ``float32`` of shape ``(5, n, height, width)``, and the masks,
    ``uint8`` of shape ``(n, height, width)``: background, road or marking.
    """
    count = len(streets.horizon)
    planes = np.zeros((5, count, HEIGHT, WIDTH), dtype=np.float32)
    horizon = spread(streets.horizon)
    _mix(planes, np.float32(1), streets.low_sky)
    _mix(planes, np.clip(1 - Y / horizon, 0, 1) ** 0.7, streets.sky)
    _paint_houses(planes, streets, horizon)

    is_ground = Y > horizon
    distance = FOCAL_LENGTH * CAMERA_HEIGHT / np.maximum(Y - horizon, 1e-3)
    metres = distance / FOCAL_LENGTH  # metres a pixel, sideways
    # Far away the bend goes straight on: a row of pixels there spans many metres.
    turn = spread(streets.bend) * np.minimum(distance, STRAIGHT) ** 2 / 2
    aside = (X - spread(streets.vanishing)) * metres - turn
    from_middle = np.abs(aside - (LEFT_EDGE + RIGHT_EDGE) / 2)
    half = (RIGHT_EDGE - LEFT_EDGE) / 2
    sharp = 1 / metres

    def stretch(distance_from_middle, half_width):
        inside = (half_width - distance_from_middle) * sharp + np.float32(0.5)
        return np.clip(inside, 0, np.minimum(1, 2 * half_width * sharp))

    _mix(planes, is_ground, streets.grass)
    planes[NEARNESS] = np.where(is_ground, 1 / distance, planes[NEARNESS])
    strips = (PAVEMENT, half + SIDEWALK), (CURB, half + 0.22), (ASPHALT, half)
    for colour, half_width in strips:
        _mix(planes, stretch(from_middle, half_width) * is_ground, colour)

    is_dash = (distance / 7 + spread(streets.dashes)) % 1 < 0.55
    lines = stretch(np.abs(from_middle - (half - 0.3)), LINE / 2)
    lines = np.maximum(lines, stretch(from_middle, LINE / 2) * is_dash)
    crossing = spread(streets.crossing)
    is_crossing = (distance > crossing) & (distance < crossing + 2.8)
    is_stripe = is_crossing & ((aside - LEFT_EDGE) % 1.0 < 0.52)
    lines = np.where(is_crossing, 0.0, lines)
    lines = np.maximum(lines, is_stripe & (from_middle < half - 0.1))
    lines = lines * (is_ground & (distance < STRAIGHT))
    _mix(planes, lines, PAINT)

    masks = np.zeros((count, HEIGHT, WIDTH), dtype=np.uint8)
    masks[(from_middle <= half) & is_ground] = ROAD
    # Far away a line is thinner than a pixel: there it is road.
    masks[(lines >= 0.5) & (from_middle <= half)] = MARKING
    return planes, masks


def look(planes, rng, *, weather: str, night: bool, occlusion: float) -> np.ndarray:
    """Turn planes into what a camera would take, ``float32`` ``(n, height, width, 3)``.

    ``rng`` draws texture, strength of the weather, exposure and noise. The planes are
    changed.
    """
    size = planes.shape[1:]
    colours, nearness, shine = planes[COLOURS], planes[NEARNESS], planes[SHINE]
    texture = rng.standard_normal(size, dtype=np.float32)
    colours *= 1 + np.float32(0.05) * texture * (nearness > 0)
    if night:
        _darken(colours, nearness, shine)
    _haze(colours, nearness, shine, rng, weather=weather, night=night)
    colours *= rng.uniform(0.85, 1.12, (len(nearness), 1, 1)).astype(np.float32)
    noise = np.float32(0.03 if night else 0.012)
    for colour in colours:
        colour += noise * rng.standard_normal(size, dtype=np.float32)
    if occlusion:
        _mix(colours, _dirt(rng, len(nearness), occlusion), DIRT)
    return np.clip(np.moveaxis(colours, 0, -1), 0, 1)


def _mix(planes: np.ndarray, coverage: np.ndarray, colour) -> None:
    """Paint a colour, ``(3,)`` or one a picture ``(n, 3)``, over the colour planes."""
    colour = np.broadcast_to(np.asarray(colour, np.float32), (planes.shape[1], 3))
    for plane, target in zip(planes[COLOURS], colour.T, strict=True):
        plane += coverage * (spread(target) - plane)


def _paint_houses(planes, streets: Streets, horizon) -> None:
    position = (X / WIDTH + streets.first_house[:, np.newaxis]) * (HOUSES - 1)
    house = np.clip(position, 0, HOUSES - 1e-3).astype(np.int64)  # (n, width)
    scene = np.arange(len(house))[:, np.newaxis]
    roofs = streets.roofs[scene, house].astype(np.float32)[:, np.newaxis]
    top = horizon - HEIGHT * roofs  # (n, 1, width)
    coverage = np.clip(Y - top + 0.5, 0, 1) * np.clip(horizon - Y + 0.5, 0, 1)
    walls = streets.walls[scene, house].astype(np.float32)  # (n, width, 3)
    # Windows in rows and columns; which are lit follows from the house's colours.
    row = ((Y - top) / 4).astype(np.int32)
    column = (X / 3).astype(np.int32)
    is_window = ((Y - top) % 4 > 1.6) & (X % 3 > 1.4)
    salt = (1000 * walls[:, np.newaxis, :, 0]).astype(np.int32)
    is_lit = (row * 7 + column * 13 + row * column * 5 + salt) % 11 < 3
    is_window = is_window & (Y - top > 0) & (horizon - Y > 2)
    for index in range(3):
        wall = walls[:, np.newaxis, :, index]
        shade = np.where(is_window, 0.72 * wall + 0.03 * index, wall)
        planes[index] += coverage * (shade - planes[index])
    planes[SHINE] = 0.55 * coverage * (is_window & is_lit)
    planes[NEARNESS] += coverage * np.float32(1 / 90)


def _darken(colours, nearness, shine) -> None:
    """Take the daylight away; leave headlights, and what shines by itself."""
    beam = np.exp(-(((X - WIDTH / 2) / (0.38 * WIDTH)) ** 2))
    beam = beam * np.exp(-(((Y - 0.72 * HEIGHT) / (0.3 * HEIGHT)) ** 2))
    lit = np.minimum(np.float32(9) * nearness, 1) ** np.float32(1.3) * beam
    is_sky = nearness <= 0
    for index, plane in enumerate(colours):
        sky = np.float32(NIGHT_SKY[index]) * (0.45 + 1.1 * (Y / HEIGHT))
        own = shine * plane
        beam_colour = np.float32(0.72 * HEADLIGHT[index])
        plane *= np.float32(NIGHT_AIR[index]) + beam_colour * lit
        np.copyto(plane, np.broadcast_to(sky, plane.shape), where=is_sky)
        plane += np.maximum(own - plane, 0) + np.float32(0.5) * _glow(own)


def _glow(light: np.ndarray) -> np.ndarray:
    """Average each pixel with its neighbours, up to two away on every side."""
    light = np.pad(light, ((0, 0), (2, 2), (2, 2)), mode="edge")
    for axis in (1, 2):
        windows = np.lib.stride_tricks.sliding_window_view(light, 5, axis=axis)
        light = windows.sum(axis=-1) / np.float32(5)
    return light


def _haze(colours, nearness, shine, rng, *, weather: str, night: bool) -> None:
    """Let the air hide what is far: much in fog, little otherwise."""
    strength = rng.random((len(nearness), 1, 1), dtype=np.float32)
    is_fog = weather == "fog"
    visibility = 22 + 33 * strength if is_fog else 420 + 200 * strength  # metres
    far = np.maximum(nearness, np.float32(1 / 400))
    clear = np.exp(np.float32(-3) / (visibility * far))
    if not is_fog:
        clear = np.where(nearness > 0, clear, 1)
    if night:
        clear = clear + (1 - clear) * np.float32(0.5) * shine
    for plane, grey in zip(colours, FOG, strict=True):
        plane *= clear
        plane += np.float32(grey * (0.17 if night else 1)) * (1 - clear)


def _dirt(rng, count: int, share: float) -> np.ndarray:
    """Return how dirt covers this share of a lens, shape ``(n, height, width)``."""
    noise = value_noise(rng, count, HEIGHT, WIDTH, cell=HEIGHT // 8)
    border = np.quantile(noise.reshape(count, -1), 1 - share, axis=1)
    over = (noise - spread(border)) / np.float32(0.04)
    return np.clip(over + 0.5, 0, 1) * np.float32(0.93)
