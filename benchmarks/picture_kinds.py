"""Pictures of many kinds that hold one digit, none, several, or another sign.

`KINDS` has, for what a picture holds, the name of each kind and how it is made.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

SIDE = 200
PAPER, INK = 0.95, 0.1
# A pen's way through each digit, on a square of side 100.
PEN = (
    "50 8 30 18 22 45 26 75 45 92 65 85 77 60 74 30 62 12 50 8",
    "50 8 50 92",
    "25 28 38 10 60 10 72 25 66 48 40 72 24 90 76 90",
    "26 16 50 8 70 20 66 40 46 48 70 58 74 78 52 92 26 84",
    "58 8 22 62 80 62 / 62 36 62 92",
    "72 10 32 10 29 44 52 40 72 56 70 80 50 92 26 84",
    "64 8 40 28 28 60 34 84 54 92 70 78 66 58 48 54 30 68",
    "24 10 76 10 44 92",
    "50 48 30 32 36 12 60 9 70 26 50 48 28 68 34 90 62 92 72 72 50 48",
    "70 30 56 46 36 44 30 24 44 9 64 12 71 30 66 64 54 92",
)


@dataclass
class Writer:
    """One who writes digits: all give ink from 0 to 1, shape (height, width)."""

    label: int
    digit: np.ndarray  # uint8 (28, 28)
    others: list[np.ndarray]
    rng: np.random.Generator

    def digit_on(self, shape=(SIDE, SIDE), size=None, at=None):
        """Write the digit, about in the middle."""
        size = size or self.rng.integers(130, 165)
        picture = Image.fromarray(self.digit).resize((size, size))
        room = np.array(shape) - size
        at = room // 2 + self.rng.integers(-8, 9, 2) if at is None else at
        top, left = np.clip(at, 0, room)
        page = np.zeros(shape)
        page[top : top + size, left : left + size] = np.asarray(picture) / 255
        return page

    def with_pen(self, width):
        """Draw the label with a pen."""
        image = Image.new("L", (4 * SIDE, 4 * SIDE))
        pen = ImageDraw.Draw(image)
        for stroke in PEN[self.label].split("/"):
            points = np.array(stroke.split(), float).reshape(-1, 2)
            points = 8 * (points + self.rng.normal(0, 1.2, points.shape))
            pen.line(points.ravel().tolist(), fill=255, width=4 * width, joint="curve")
            for point in points:
                pen.circle(tuple(point), 2 * width, fill=255)
        return np.asarray(image.reduce(4)) / 255

    def row(self, count, gap=10, first=80):
        """Write several digits, 80 pixels high but for the first, side by side."""
        boxes = []
        for digit in [self.digit, *self.others][:count]:
            rows, columns = np.nonzero(digit > 60)
            box = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            height = 80 if boxes else first
            width = max(1, height * box.shape[1] // len(box))
            box = np.asarray(Image.fromarray(box).resize((width, height)))
            boxes += [np.zeros((80, gap)), np.pad(box, ((80 - height, 0), (0, 0)))]
        return np.pad(np.hstack(boxes[1:]) / 255, 40)

    def nothing(self):
        """Leave the page empty."""
        return np.zeros((SIDE, SIDE))

    def lines_across(self, ink, level, squared=False, angle=0.0):
        """Write on ruled or squared paper."""
        space, width = self.rng.integers([22, 1], [60, 4])
        rows, columns = np.indices(ink.shape) + self.rng.integers(space)
        tilt = np.tan(np.radians(angle))
        lines = np.floor(rows + tilt * columns) % space < width
        if squared:
            lines |= np.floor(columns - tilt * rows) % space < width
        return np.maximum(ink, level * lines)

    def crossed(self, ink, level, width=4):
        """Draw one line through the middle."""
        row = self.rng.integers(70, 130)
        page = ink.copy()
        page[row : row + width] = np.maximum(page[row : row + width], level)
        return page

    def photographed(self, ink, noise=0.02, fall=0.4):
        """Return the brightness of a photograph, its light falling off."""
        rows, columns = np.indices(ink.shape) / np.reshape(ink.shape, (2, 1, 1))
        away = columns if self.rng.random() < 0.5 else rows
        light = 0.95 - fall * away - 0.1 * rows**2
        page = light * (1 - 0.8 * ndimage.gaussian_filter(ink, 1))
        return page + self.rng.normal(0, noise, ink.shape)

    def covered(self, page, blur, away, change):
        """Change the brightness of a page beyond a straight edge: shadow or table."""
        rows, columns = (
            np.linspace(-1, 1, SIDE)[:, np.newaxis],
            np.linspace(-1, 1, SIDE),
        )
        angle = self.rng.uniform(0, 2 * np.pi)
        beyond = np.cos(angle) * rows + np.sin(angle) * columns
        part = ndimage.gaussian_filter(
            np.float64(beyond > self.rng.uniform(*away)), blur
        )
        return page * (1 - part) + change(page) * part

    def noise(self, deviation):
        """Return noise for a page."""
        return self.rng.normal(0, deviation, (SIDE, SIDE))


def seen(ink, paper=PAPER, dark=INK):
    """Return the brightness of paper that holds so much ink."""
    return paper - (paper - dark) * ink


def coloured(ink, paper, pen):
    """Return ink of one colour on paper of another, shape (height, width, 3)."""
    paper, pen = np.array(paper) / 255, np.array(pen) / 255
    return paper + (pen - paper) * ink[..., np.newaxis]


def edges(ink, names, width, level=1.0, inset=0, gap=0):
    """Add lines along edges (t, b, l, r), but not in the first rows of the gap."""
    lines = np.zeros_like(ink)
    inner = lines[inset : len(ink) - inset, inset : len(ink) - inset]
    for name in names:
        turned = {"t": inner, "b": inner[::-1], "l": inner.T, "r": inner.T[::-1]}[name]
        turned[:width] = level
    lines[:gap] = 0
    return np.maximum(ink, lines)


def ring(ink, radius=97, width=4):
    """Draw a circle round the writing."""
    rows, columns = np.indices(ink.shape) - SIDE / 2
    away = np.hypot(rows, columns)
    return np.maximum(ink, np.abs(away - radius + width) < width / 2)


def resized(picture, side):
    """Return the picture in another size."""
    image = Image.fromarray(np.float32(picture))
    return np.asarray(image.resize((side, side))).clip(0, 1)


def tight(ink):
    """Cut the page to the box of its ink."""
    rows, columns = np.nonzero(ink > 0.1)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def dusty(ink, rng):
    """Strew small dots over the page."""
    page = ink.copy()
    for row, column in rng.integers(2, SIDE - 6, (6, 2)):
        page[row : row + 3, column : column + 3] = 1
    return page


def printed(sign, rng):
    """Return the ink of a printed sign."""
    image = Image.new("L", (SIDE, SIDE))
    place = tuple(rng.integers(95, 106, 2).tolist())
    ImageDraw.Draw(image).text(place, sign, 255, anchor="mm", font_size=150)
    return np.asarray(image) / 255


def smiley(rng):
    """Return the ink of a face."""
    image = Image.new("L", (SIDE, SIDE))
    pen, width = ImageDraw.Draw(image), int(rng.integers(4, 12))
    pen.circle((100, 100), 75, outline=255, width=width)
    pen.circle((70, 80), 9, fill=255)
    pen.circle((130, 80), 9, fill=255)
    pen.arc([60, 70, 140, 145], 20, 160, fill=255, width=width)
    return np.asarray(image) / 255


def transparent(ink, level):
    """Return an image of one grey that shows only where there is ink."""
    alpha = Image.fromarray(np.uint8(255 * ink))
    return Image.merge("LA", [Image.new("L", alpha.size, level), alpha])


WHITE, RED, BLUE, GREEN = (255, 255, 255), (220, 30, 30), (70, 70, 224), (20, 128, 20)
PINK, GRAY = (230, 60, 200), (127, 127, 127)
SHADOW = {"away": (-0.2, 0.6), "change": lambda page: 0.5 * page}
TABLE = {"away": (0.8, 0.95), "change": lambda page: 0.3}

READ_BEFORE = {
    "control": lambda w: seen(w.digit_on()),
    "light on dark": lambda w: 1 - seen(w.digit_on()),
    "photo": lambda w: w.photographed(w.digit_on()),
    "photo, steep light": lambda w: w.photographed(w.digit_on(), fall=0.6),
    "blackboard": lambda w: 1 - w.photographed(w.digit_on()),
    "pencil": lambda w: seen(w.digit_on(), 0.85, 0.55) + w.noise(0.01),
    "alpha, dark": lambda w: transparent(w.digit_on(), 0),
    "alpha, white": lambda w: transparent(w.digit_on(), 255),
    "EXIF": lambda w: seen(np.rot90(w.digit_on())),
    "corner": lambda w: seen(w.digit_on(size=70, at=w.rng.integers(0, 12, 2))),
    "pen 2 px": lambda w: seen(w.with_pen(2)),
    "pen 5 px": lambda w: seen(w.with_pen(5)),
    "pen 14 px": lambda w: seen(w.with_pen(14)),
    "pen 24 px": lambda w: seen(w.with_pen(24)),
    "tight": lambda w: seen(tight(w.digit_on())),
    "tight, pen 20 px": lambda w: seen(tight(w.with_pen(20))),
    "28 px": lambda w: w.digit / 255,
    "14 px": lambda w: seen(resized(w.digit_on(), 14)),
    "2000 px": lambda w: resized(seen(w.digit_on()), 2000),
    "JPEG 10": lambda w: seen(w.digit_on()),
    "noise": lambda w: seen(w.digit_on()) + w.noise(0.06),
    "dust": lambda w: seen(dusty(w.digit_on(), w.rng)),
    "wide": lambda w: seen(w.digit_on((SIDE, 500))),
    "blurred": lambda w: ndimage.gaussian_filter(seen(w.digit_on()), 5),
    "turned": lambda w: seen(ndimage.rotate(w.digit_on(), 10, reshape=False).clip(0)),
    "one bit": lambda w: seen(w.digit_on()) > 0.5,
    "red on white": lambda w: coloured(w.digit_on(), WHITE, RED),
    "yellow on white": lambda w: coloured(w.digit_on(), WHITE, (255, 220, 0)),
}
ONE_DIGIT = READ_BEFORE | {
    "frame 1 px": lambda w: seen(edges(w.digit_on(), "tblr", 1)),
    "frame 2 px": lambda w: seen(edges(w.digit_on(), "tblr", 2)),
    "frame 6 px": lambda w: seen(edges(w.digit_on(), "tblr", 6)),
    "frame 1 px, gray": lambda w: seen(edges(w.digit_on(), "tblr", 1, 0.5)),
    "frame 6 px, gray": lambda w: seen(edges(w.digit_on(), "tblr", 6, 0.5)),
    "frame with a gap": lambda w: seen(edges(w.digit_on(), "tblr", 3, gap=60)),
    "frame, light on dark": lambda w: 1 - seen(edges(w.digit_on(), "tblr", 3)),
    "frame, photo": lambda w: w.photographed(edges(w.digit_on(), "tblr", 4)),
    "frame, turned": lambda w: seen(
        ndimage.rotate(edges(w.digit_on(), "tblr", 5), 2, reshape=False).clip(0)
    ),
    "frame round a small digit": lambda w: seen(edges(w.digit_on(size=80), "tblr", 3)),
    "frame that touches": lambda w: seen(
        edges(w.digit_on(size=190, at=(0, 5)), "tblr", 14)
    ),
    "inner frame": lambda w: seen(edges(w.digit_on(), "tblr", 3, inset=8)),
    "circle": lambda w: seen(ring(w.digit_on(size=130))),
    "1 edge, 1 px": lambda w: seen(edges(w.digit_on(), w.rng.choice([*"tblr"]), 1)),
    "1 edge, 5 px": lambda w: seen(edges(w.digit_on(), w.rng.choice([*"tblr"]), 5)),
    "2 edges, 1 px": lambda w: seen(edges(w.digit_on(), "tl", 1)),
    "2 edges, 5 px": lambda w: seen(edges(w.digit_on(), "tb", 5)),
    "3 edges, 1 px": lambda w: seen(edges(w.digit_on(), "tbl", 1)),
    "3 edges, 5 px": lambda w: seen(edges(w.digit_on(), "blr", 5)),
    "ruled 0.2": lambda w: seen(w.lines_across(w.digit_on(), 0.2)),
    "ruled 0.35": lambda w: seen(w.lines_across(w.digit_on(), 0.35)),
    "ruled 0.5": lambda w: seen(w.lines_across(w.digit_on(), 0.5)),
    "ruled 0.7": lambda w: seen(w.lines_across(w.digit_on(), 0.7)),
    "ruled 1": lambda w: seen(w.lines_across(w.digit_on(), 1)),
    "ruled 0.5, photo": lambda w: w.photographed(w.lines_across(w.digit_on(), 0.5)),
    "ruled 0.5, turned": lambda w: seen(w.lines_across(w.digit_on(), 0.5, angle=2)),
    "squared 0.2": lambda w: seen(w.lines_across(w.digit_on(), 0.2, True)),
    "squared 0.35": lambda w: seen(w.lines_across(w.digit_on(), 0.35, True)),
    "squared 0.5": lambda w: seen(w.lines_across(w.digit_on(), 0.5, True)),
    "squared 0.35, photo": lambda w: w.photographed(
        w.lines_across(w.digit_on(), 0.35, True)
    ),
    "squared 0.35, turned": lambda w: seen(
        w.lines_across(w.digit_on(), 0.35, True, angle=-2)
    ),
    "line through 0.2": lambda w: seen(w.crossed(w.digit_on(), 0.2)),
    "line through 0.5": lambda w: seen(w.crossed(w.digit_on(), 0.5)),
    "line through 1": lambda w: seen(w.crossed(w.digit_on(), 1)),
    "soft shadow": lambda w: w.covered(seen(w.digit_on()), 12, **SHADOW),
    "hard shadow": lambda w: w.covered(seen(w.digit_on()), 1, **SHADOW),
    "table": lambda w: w.covered(seen(w.digit_on()), 1, **TABLE),
    "table, photo": lambda w: w.covered(w.photographed(w.digit_on()), 1, **TABLE),
    "red on blue": lambda w: coloured(w.digit_on(), BLUE, RED),
    "red on green": lambda w: coloured(w.digit_on(), GREEN, (255, 66, 66)),
    "green on red": lambda w: coloured(w.digit_on(), RED, (30, 125, 30)),
    "pink on gray": lambda w: coloured(w.digit_on(), GRAY, PINK),
}
SEVERAL_DIGITS = {
    "two": lambda w: seen(w.row(2)),
    "two, light on dark": lambda w: 1 - seen(w.row(2)),
    "two, close": lambda w: seen(w.row(2, gap=4)),
    "two, one smaller": lambda w: seen(w.row(2, first=64)),
    "two, one above the other": lambda w: seen(
        np.vstack([np.pad(w.digit, ((0, 2), (0, 0))), w.others[0]]) / 255
    ),
    "two, photo": lambda w: w.photographed(w.row(2)),
    "two, ruled 0.5": lambda w: seen(w.lines_across(w.row(2), 0.5)),
    "two, pencil": lambda w: seen(w.row(2), 0.85, 0.55),
    "three": lambda w: seen(w.row(3)),
    "three, close": lambda w: seen(w.row(3, gap=4)),
}
NO_DIGIT = {
    "white": lambda w: seen(w.nothing()),
    "photo of a page": lambda w: w.photographed(w.nothing()),
    "noise alone": lambda w: 0.5 + w.noise(0.2),
    "dots": lambda w: seen(dusty(w.nothing(), w.rng)),
    "empty frame 1 px": lambda w: seen(edges(w.nothing(), "tblr", 1)),
    "empty frame 6 px": lambda w: seen(edges(w.nothing(), "tblr", 6)),
    "empty frame, photo": lambda w: w.photographed(edges(w.nothing(), "tblr", 4)),
    "empty inner frame": lambda w: seen(edges(w.nothing(), "tblr", 3, inset=8)),
    "empty, 1 edge": lambda w: seen(edges(w.nothing(), w.rng.choice([*"tblr"]), 3)),
    "empty, 2 edges": lambda w: seen(edges(w.nothing(), "tl", 5)),
    "empty, ruled": lambda w: seen(w.lines_across(w.nothing(), 0.5)),
    "empty, ruled, photo": lambda w: w.photographed(w.lines_across(w.nothing(), 0.5)),
    "empty, squared": lambda w: seen(w.lines_across(w.nothing(), 0.35, True)),
    "empty, squared, turned": lambda w: seen(
        w.lines_across(w.nothing(), 0.35, True, angle=2)
    ),
    "empty, soft shadow": lambda w: w.covered(seen(w.nothing()), 12, **SHADOW),
    "empty, hard shadow": lambda w: w.covered(seen(w.nothing()), 1, **SHADOW),
    "empty, table": lambda w: w.covered(seen(w.nothing()), 1, **TABLE),
}
# What only a network that had learned other signs could know.
OTHER_SIGN = {
    "two that touch": lambda w: seen(w.row(2, gap=0)),
    "letter": lambda w: seen(printed(w.rng.choice([*"ABEFHKMNPRTWXY"]), w.rng)),
    "question mark": lambda w: seen(printed("?", w.rng)),
    "smiley": lambda w: seen(smiley(w.rng)),
}
KINDS = {
    "one digit": ONE_DIGIT,
    "several digits": SEVERAL_DIGITS,
    "no digit": NO_DIGIT,
    "another sign": OTHER_SIGN,
}


def save(folder, number, kind, picture):
    """Save a picture as a file, in the format that its kind asks for."""
    path, options = folder / f"{number}.png", {}
    if kind in ("EXIF", "JPEG 10"):
        path, options = (
            folder / f"{number}.jpg",
            {"quality": 10 if "10" in kind else 95},
        )
    if kind == "EXIF":
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = 6  # to be turned clockwise
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(np.uint8(255 * np.clip(picture, 0, 1) + 0.5))
    picture.save(path, **options)
    return path
