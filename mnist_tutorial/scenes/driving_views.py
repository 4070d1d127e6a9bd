"""The street before anything stands in it, and what weather and night make of it.

First :func:`paint_street` fills the planes with sky, houses, ground, road and
markings; things are painted over them; then :func:`look` turns the planes into the
picture that a camera would take by day or night, in this or that weather.
"""

from typing import NamedTuple

import numpy as np

from mnist_tutorial.scenes.drawing import box_blur, pixel_grid, value_noise
from mnist_tutorial.scenes.driving_shapes import CAMERA_HEIGHT, FOCAL_LENGTH
from mnist_tutorial.scenes.painting import COLOURS, NEARNESS, PLANES, SHINE

BACKGROUND, ROAD, MARKING = 0, 1, 2

LANE = 3.3  # metres; the camera drives in the middle of the right lane of two
LEFT_EDGE, RIGHT_EDGE = -1.5 * LANE, 0.5 * LANE
SIDEWALK = 2.2
LINE = 0.16
STRAIGHT = 60.0  # metres from which a bend is not seen any more
HOUSES = 9

ASPHALT, PAVEMENT, CURB = (0.34, 0.35, 0.38), (0.66, 0.64, 0.61), (0.50, 0.49, 0.48)
PAINT = (0.93, 0.93, 0.90)
FOG, GREY_SKY = (0.80, 0.82, 0.84), (0.62, 0.65, 0.69)
NIGHT_SKY, HEADLIGHT = (0.10, 0.13, 0.24), (1.0, 0.97, 0.86)
DIRT = (0.23, 0.20, 0.17)


class Streets(NamedTuple):
    """Roads and what stands beside them, one row a picture.

    Attributes
    ----------
    horizon, vanishing
        Row and column of the point where a straight road would end, in pixels,
        shape ``(n,)``.
    bend
        Curvature of the road in 1 / metres, positive to the right, shape ``(n,)``.
    crossing
        Distance of the zebra crossing in metres, NaN if there is none, shape
        ``(n,)``.
    dashes
        How far the dashes of the middle line are shifted, in [0, 1), shape ``(n,)``.
    sky, low_sky, grass
        Colours in [0, 1], shape ``(n, 3)``.
    roofs
        Height of the houses above the horizon as a part of the picture's height,
        shape ``(n, 9)``.
    walls
        Colours of the houses, shape ``(n, 9, 3)``.
    first_house
        Where the row of houses begins, in [0, 1), shape ``(n,)``.
    """

    horizon: np.ndarray
    vanishing: np.ndarray
    bend: np.ndarray
    crossing: np.ndarray
    dashes: np.ndarray
    sky: np.ndarray
    low_sky: np.ndarray
    grass: np.ndarray
    roofs: np.ndarray
    walls: np.ndarray
    first_house: np.ndarray


def paint_street(
    streets: Streets, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Paint sky, houses, ground, road and markings.

    Parameters
    ----------
    streets
        The roads.
    height, width
        Size of the pictures in pixels.

    Returns
    -------
    planes
        ``float32``, shape ``(5, n, height, width)``.
    masks
        ``uint8``, shape ``(n, height, width)``: background, road or marking.
    """
    count = len(streets.horizon)
    planes = np.zeros((PLANES, count, height, width), dtype=np.float32)
    masks = np.zeros((count, height, width), dtype=np.uint8)
    y, x = pixel_grid(height, width)
    horizon, vanishing, bend, dashes = (
        column.astype(np.float32)[:, np.newaxis, np.newaxis]
        for column in (
            streets.horizon,
            streets.vanishing,
            streets.bend,
            streets.dashes,
        )
    )
    _paint_sky(planes, streets, y, horizon)
    _paint_houses(planes, streets, y, x, horizon)

    top = int(np.floor(streets.horizon.min()))
    rows = planes[:, :, top:]
    below = np.maximum(y[top:] - horizon, 1e-3)  # (n, rows, 1)
    is_ground = y[top:] > horizon
    focal = FOCAL_LENGTH * height
    distance = focal * CAMERA_HEIGHT / below
    metres = distance / focal  # metres a pixel, sideways
    # Far away the bend goes straight on: a row of pixels there spans many metres.
    aside = (x - vanishing) * metres - bend * np.minimum(distance, STRAIGHT) ** 2 / 2
    from_middle = np.abs(aside - (LEFT_EDGE + RIGHT_EDGE) / 2)
    half = (RIGHT_EDGE - LEFT_EDGE) / 2
    sharp = 1 / metres

    def stretch(distance_from_middle, half_width):
        inside = (half_width - distance_from_middle) * sharp + np.float32(0.5)
        return np.clip(inside, 0, np.minimum(1, 2 * half_width * sharp))

    _mix(rows, is_ground, streets.grass)
    rows[NEARNESS] = np.where(is_ground, 1 / distance, rows[NEARNESS])
    for colour, half_width in (
        (PAVEMENT, half + SIDEWALK),
        (CURB, half + 0.22),
        (ASPHALT, half),
    ):
        _mix(rows, stretch(from_middle, half_width) * is_ground, colour)

    is_dash = (distance / 7 + dashes) % 1 < 0.55
    lines = stretch(np.abs(from_middle - (half - 0.3)), LINE / 2)
    lines = np.maximum(lines, stretch(from_middle, LINE / 2) * is_dash)
    first = streets.crossing.astype(np.float32)[:, np.newaxis, np.newaxis]
    is_crossing = (distance > first) & (distance < first + 2.8)
    is_stripe = is_crossing & ((aside - LEFT_EDGE) % 1.0 < 0.52)
    lines = np.where(is_crossing, 0.0, lines)
    lines = np.maximum(lines, is_stripe & (from_middle < half - 0.1))
    lines = lines * (is_ground & (distance < STRAIGHT))
    _mix(rows, lines, PAINT)

    mask = masks[:, top:]
    mask[(from_middle <= half) & is_ground] = ROAD
    # Far away a line is thinner than a pixel: there it is road.
    mask[(lines >= 0.5) & (from_middle <= half)] = MARKING
    return planes, masks


def look(
    planes: np.ndarray,
    rng: np.random.Generator,
    *,
    weather: str,
    night: bool,
    blur: int,
    occlusion: float,
) -> np.ndarray:
    """Turn planes into the picture that a camera would take.

    Parameters
    ----------
    planes
        ``float32``, shape ``(5, n, height, width)``; changed.
    rng
        Draws texture, strength of the weather, exposure and noise.
    weather, night, blur, occlusion
        As for ``make_driving_scenes``.

    Returns
    -------
    np.ndarray
        ``float32`` in [0, 1], shape ``(n, height, width, 3)``.
    """
    _, count, height, width = planes.shape
    colours, nearness, shine = planes[COLOURS], planes[NEARNESS], planes[SHINE]
    texture = rng.standard_normal((count, height, width), dtype=np.float32)
    colours *= 1 + np.float32(0.05) * texture * (nearness > 0)
    if weather == "rain":
        _wet(colours, nearness)
    if night:
        _darken(colours, nearness, shine)
    _haze(colours, nearness, shine, rng, weather=weather, night=night)
    if weather == "rain":
        _streaks(colours, rng, strength=0.22 if night else 0.3)
    exposure = rng.uniform(0.85, 1.12, (count, 1, 1)).astype(np.float32)
    colours *= exposure
    if blur:
        for index in range(3):
            colours[index] = box_blur(colours[index], blur)
    noise = 0.03 if night else 0.012
    for index in range(3):
        grain = rng.standard_normal((count, height, width), dtype=np.float32)
        colours[index] += np.float32(noise) * grain
    if occlusion:
        _dirt(colours, rng, occlusion)
    return np.clip(np.moveaxis(colours, 0, -1), 0, 1)


def _mix(planes: np.ndarray, coverage: np.ndarray, colour) -> None:
    """Paint a colour, ``(3,)`` or one a picture ``(n, 3)``, over the colour planes."""
    colour = np.broadcast_to(np.asarray(colour, np.float32), (planes.shape[1], 3))
    for index in range(3):
        target = colour[:, index, np.newaxis, np.newaxis]
        planes[index] += coverage * (target - planes[index])


def _paint_sky(planes, streets: Streets, y, horizon) -> None:
    up = np.clip(1 - y / horizon, 0, 1)  # (n, height, 1)
    for index in range(3):
        low = streets.low_sky[:, index, np.newaxis, np.newaxis].astype(np.float32)
        high = streets.sky[:, index, np.newaxis, np.newaxis].astype(np.float32)
        planes[index] += low + (high - low) * up**0.7


def _paint_houses(planes, streets: Streets, y, x, horizon) -> None:
    count, height, width = planes.shape[1:]
    position = (x / width + streets.first_house[:, np.newaxis]) * (HOUSES - 1)
    house = np.clip(position, 0, HOUSES - 1e-3).astype(np.int64)  # (n, width)
    scene = np.arange(count)[:, np.newaxis]
    roofs = streets.roofs[scene, house].astype(np.float32)[:, np.newaxis]
    top = horizon - height * roofs  # (n, 1, width)
    low = int(np.ceil(streets.horizon.max()))
    rows = planes[:, :, :low]
    y = y[:low]
    coverage = np.clip(y - top + 0.5, 0, 1) * np.clip(horizon - y + 0.5, 0, 1)
    walls = streets.walls[scene, house].astype(np.float32)  # (n, width, 3)
    # Windows in rows and columns; which are lit follows from the house's colours.
    unit = height / 64
    row = ((y - top) / (4 * unit)).astype(np.int32)
    column = (x / (3 * unit)).astype(np.int32)
    is_window = ((y - top) % (4 * unit) > 1.6 * unit) & (x % (3 * unit) > 1.4 * unit)
    salt = (1000 * walls[:, np.newaxis, :, 0]).astype(np.int32)
    is_lit = (row * 7 + column * 13 + row * column * 5 + salt) % 11 < 3
    is_window = is_window & (y - top > 0) & (horizon - y > 2 * unit)
    for index in range(3):
        wall = walls[:, np.newaxis, :, index]
        shade = np.where(is_window, 0.72 * wall + 0.03 * index, wall)
        rows[index] += coverage * (shade - rows[index])
    glow = (0.55 * coverage * (is_window & is_lit)).astype(np.float32)
    rows[SHINE] = glow
    rows[NEARNESS] += coverage * np.float32(1 / 90)


def _wet(colours, nearness) -> None:
    """Turn the sky grey, and everything else a little, and darken both."""
    is_sky = nearness <= 0
    for index in range(3):
        sky = np.float32(GREY_SKY[index])
        share = np.where(is_sky, np.float32(0.8), np.float32(0.12))
        colours[index] += share * (sky - colours[index])
    colours *= np.float32(0.82)


def _darken(colours, nearness, shine) -> None:
    """Take the daylight away; leave headlights, and what shines by itself."""
    count, height, width = nearness.shape
    y, x = pixel_grid(height, width)
    beam = np.exp(-(((x - width / 2) / (0.38 * width)) ** 2))
    beam = beam * np.exp(-(((y - 0.72 * height) / (0.3 * height)) ** 2))
    lit = np.minimum(np.float32(9) * nearness, 1) ** np.float32(1.3) * beam
    is_sky = nearness <= 0
    down = y / height
    for index in range(3):
        plane = colours[index]
        sky = np.float32(NIGHT_SKY[index]) * (0.45 + 1.1 * down)
        own = shine * plane
        ambient = np.float32((0.19, 0.21, 0.29)[index])
        plane *= ambient + np.float32(0.72 * HEADLIGHT[index]) * lit
        np.copyto(plane, np.broadcast_to(sky, plane.shape), where=is_sky)
        glow = box_blur(own, max(1, round(height / 32)))
        plane += np.maximum(own - plane, 0) + np.float32(0.5) * glow


def _haze(colours, nearness, shine, rng, *, weather: str, night: bool) -> None:
    """Let the air hide what is far: much in fog, little otherwise."""
    count = nearness.shape[0]
    strength = rng.random((count, 1, 1), dtype=np.float32)
    if weather == "fog":
        visibility = 22 + 33 * strength
    elif weather == "rain":
        visibility = 110 + 60 * strength
    else:
        visibility = 420 + 200 * strength
    far = np.maximum(nearness, np.float32(1 / 400))
    clear = np.exp(np.float32(-3) / (visibility * far))
    if weather == "clear":
        clear = np.where(nearness > 0, clear, 1)
    if night:
        clear = clear + (1 - clear) * np.float32(0.5) * shine
    for index in range(3):
        veil = np.float32(FOG[index] * (0.17 if night else 1))
        colours[index] *= clear
        colours[index] += veil * (1 - clear)


def _streaks(colours, rng, *, strength: float) -> None:
    """Add slanting streaks of rain."""
    _, count, height, width = colours.shape
    length = max(3, height // 9)
    wide = width + height
    drops = rng.random((count, height // length + 2, wide), dtype=np.float32) > 0.955
    shift = rng.integers(0, length, (1, wide))
    row = (np.arange(height)[:, np.newaxis] + shift) // length  # (height, wide)
    fallen = drops[:, row, np.arange(wide)]  # (n, height, wide)
    slant = np.arange(width) + (np.arange(height)[:, np.newaxis] // 3)
    rain = fallen[:, np.arange(height)[:, np.newaxis], slant]
    weight = rain * np.float32(strength)
    for index in range(3):
        colours[index] += weight * (np.float32(0.85) - colours[index])


def _dirt(colours, rng, share: float) -> None:
    """Put dirt on the lens, over this share of each picture."""
    _, count, height, width = colours.shape
    noise = value_noise(rng, count, height, width, cell=max(2, height // 8))
    border = np.quantile(noise.reshape(count, -1), 1 - share, axis=1)
    over = noise - border[:, np.newaxis, np.newaxis].astype(np.float32)
    opacity = np.clip(over / np.float32(0.04) + 0.5, 0, 1) * np.float32(0.93)
    for index in range(3):
        colours[index] += opacity * (np.float32(DIRT[index]) - colours[index])
