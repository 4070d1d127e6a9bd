"""Pictures of digits become MNIST images; the oracle is MNIST itself."""

import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw
from scipy import ndimage

from mnist_tutorial import datasets
from mnist_tutorial.errors import InputError
from mnist_tutorial.preprocessing import (
    MIN_STROKE,
    load_digit_image,
    place_ink,
    prepare_digit,
)

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from picture_kinds import KINDS, READ_BEFORE, Writer, save  # noqa: E402

few_examples = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def digits():
    """The first 200 test images, uint8 (200, 28, 28)."""
    _, (x_test, _) = datasets.load_raw_mnist()
    return x_test[:200]


def pasted(digit, factor, top=3, left=9):
    """A digit, enlarged, away from the middle of a larger dark canvas."""
    side = 28 * factor
    canvas = np.zeros((side + 20 * factor, side + 14 * factor), np.uint8)
    rows = slice(top * factor, top * factor + side)
    columns = slice(left * factor, left * factor + side)
    canvas[rows, columns] = np.kron(digit, np.ones((factor, factor)))
    return canvas


def difference(first, second):
    """Mean distance of two 28 x 28 images, a shift by one pixel forgiven.

    The centre of mass is rounded to whole pixels, and a tie may fall either way.
    """
    first, second = first.reshape(28, 28), second.reshape(28, 28)
    return min(
        np.abs(np.roll(first, (rows, columns), (0, 1)) - second).mean()
        for rows in (-1, 0, 1)
        for columns in (-1, 0, 1)
    )


def centre_of_mass(image):
    image = image.reshape(28, 28)
    return [np.average(range(28), weights=image.sum(axis=axis)) for axis in (1, 0)]


def ink_box(image):
    image = image.reshape(28, 28)
    rows = np.flatnonzero(image.any(axis=1))
    columns = np.flatnonzero(image.any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def drawing(size=200, width=20, ink=0, paper=255):
    """A seven drawn with a pen of the given width; returns a PIL image."""
    image = Image.new("L", (size, size), paper)
    points = [(0.25, 0.2), (0.7, 0.2), (0.45, 0.85)]
    ImageDraw.Draw(image).line(
        [(x * size, y * size) for x, y in points], fill=ink, width=width, joint="curve"
    )
    return image


@pytest.fixture(scope="module")
def expected():
    """What the drawn seven looks like when nothing is in its way."""
    return prepare_digit(np.asarray(drawing()))


# prepare_digit -----------------------------------------------------------------------


def test_mnist_images_enlarged_and_moved_come_back(digits):
    # A digit's mean brightness is 0.13, and another digit differs by about 0.15.
    for digit in digits[:40]:
        assert difference(prepare_digit(pasted(digit, 10)), digit / 255) < 0.02
    tight, large = digits[0, 7:27, 6:22], pasted(digits[0], 80)
    for page in (tight, large):
        assert difference(prepare_digit(page), digits[0] / 255) < 0.02


def test_mnist_images_themselves_are_left_as_they_are(digits):
    errors = [difference(prepare_digit(digit), digit / 255) for digit in digits]
    assert np.percentile(errors, 99) < 0.005


@few_examples
@given(
    index=st.integers(0, 199),
    factor=st.integers(1, 9),
    top=st.integers(0, 19),
    left=st.integers(0, 13),
)
def test_place_size_and_polarity_do_not_matter_and_the_form_is_mnists(
    digits, index, factor, top, left
):
    page = pasted(digits[index], factor, top, left)
    digit = prepare_digit(page)
    assert digit.shape == (28, 28, 1)
    assert digit.dtype == np.float32
    assert digit.min() == 0
    assert digit.max() == 1
    assert max(ink_box(digit)) == 20
    np.testing.assert_allclose(centre_of_mass(digit), 14, atol=0.51)
    np.testing.assert_allclose(prepare_digit(255 - page), digit, atol=1e-5)
    if factor > 1:
        larger = prepare_digit(pasted(digits[index], 2 * factor))
        assert difference(digit, larger) < 0.01


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "bool"])
def test_every_type_of_brightness_gives_the_same_digit(dtype):
    page = np.zeros((60, 40), bool)
    page[10:50, 15:25] = True
    expected = np.zeros((28, 28))
    expected[4:24, 12:17] = 1  # 40 x 10 pixels of ink, halved
    full = 1 if dtype in ("bool", "float32", "float64") else np.iinfo(dtype).max
    digit = prepare_digit(page.astype(dtype) * np.dtype(dtype).type(full))
    assert difference(digit, expected) == 0


def test_long_digits_stay_inside_the_field_and_loose_parts_are_kept():
    # Nearly all ink at one end: centred by mass, the tail would leave the field.
    page = np.zeros((200, 200))
    page[20:60, 60:140] = page[60:180, 98:102] = 1
    assert ink_box(prepare_digit(page)) == (20, 10)
    page = np.ones((200, 200))
    page[40:160, 60:80] = page[40:60, 100:150] = 0  # a loose bar
    assert ink_box(prepare_digit(page)) == (20, 15)


def test_shade_and_grain_of_a_photographed_page_are_not_ink(digits):
    random = np.random.default_rng(0)
    for digit in digits[:10]:
        ink = pasted(digit, 10) / 255
        rows, columns = np.mgrid[0:1:480j, 0:1:420j]
        page = 0.9 - 0.4 * columns - 0.15 * rows**2
        photograph = page * (1 - 0.8 * ink) + random.normal(0, 0.02, ink.shape)
        result = prepare_digit(np.clip(photograph, 0, 1))
        assert difference(result, digit / 255) < 0.06
        assert max(ink_box(result)) == 20


def test_dust_does_not_move_or_shrink_the_digit(digits):
    page = 255 - pasted(digits[0], 10)
    clean = prepare_digit(page)
    page[5:9, 400:404] = page[470, 10] = 0
    np.testing.assert_allclose(prepare_digit(page), clean, atol=1e-3)


def test_a_thin_pen_is_drawn_as_wide_as_mnist_draws():
    digit = prepare_digit(np.asarray(drawing(size=800, width=4)))[..., 0]
    # Across the bar of the seven: how much ink one column holds.
    bar = digit[:14, 10].sum()
    assert MIN_STROKE < bar < 3


# --- what else is drawn on a page ----------------------------------------------------


def page_with(page):
    """The seven of `drawing` with room about it, and what a page adds to it."""
    ink = 1 - np.asarray(drawing()) / 255.0
    return 0.95 - 0.85 * np.maximum(ink, page(*np.indices(ink.shape)))


def beside(rows, columns):
    """A darker half of the page: a shadow with a sharp edge."""
    return np.where(columns + 0.3 * rows > 110, 0.5, 1)


ADDED = {
    "frame of one pixel": lambda r, c: (
        (np.minimum(r, c) == 0) | (np.maximum(r, c) > 198)
    ),
    "grey frame": lambda r, c: (
        0.5 * ((np.minimum(r, c) < 6) | (np.maximum(r, c) > 193))
    ),
    "frame with a gap": lambda r, c: (r > 60) & ((c < 3) | (c > 196) | (r > 196)),
    "lines at two edges": lambda r, c: (r < 5) | (c > 194),
    "line at one edge": lambda r, c: r > 194,
    "inner frame": lambda r, c: (np.maximum(abs(r - 99.5), abs(c - 99.5)) // 3) == 30,
    "circle": lambda r, c: abs(np.hypot(r - 105, c - 95) - 92) < 2,
    "ruled": lambda r, c: 0.5 * (r % 37 < 2),
    "squared": lambda r, c: 0.4 * ((r % 28 < 2) | (c % 28 < 2)),
    "ruled as dark as the ink": lambda r, c: r % 37 < 2,
    "ruled, turned": lambda r, c: (r + 0.03 * c) % 40 < 2,
    "one line through the digit": lambda r, c: abs(r - 120) < 2,
    "table": lambda r, c: 0.8 * (c + 0.4 * r > 215),
}


@pytest.mark.parametrize("name", ADDED)
@pytest.mark.parametrize("is_light", [False, True])
def test_what_is_no_digit_is_told_from_ink(name, is_light, expected):
    page = page_with(ADDED[name])
    digit = prepare_digit(1 - page if is_light else page)
    assert difference(digit, expected) < 0.025


@pytest.mark.parametrize("blur", [0.5, 12])
def test_a_shadow_over_the_digit_is_no_ink(blur, expected):
    shadow = ndimage.gaussian_filter(beside(*np.indices((200, 200))), blur)
    digit = prepare_digit(page_with(lambda r, c: 0 * r) * shadow)
    assert difference(digit, expected) < 0.025


def test_a_one_may_fill_its_picture():
    page = np.zeros((180, 180))
    page[10:170, 84:96] = 1
    page[10:40, 64:84] = np.eye(30, 20)[::-1]
    np.testing.assert_allclose(prepare_digit(page[10:170, 64:96]), prepare_digit(page))


def edge(width, side=184):
    """Ink along the four edges."""
    return 1 - np.pad(np.ones((side - 2 * width,) * 2), width)


SEVENS = 1 - np.asarray(drawing()) / 255
SEVERAL = {
    "two": (np.hstack([SEVENS, SEVENS]), "found 2 side by side"),
    "three, close": (np.hstack([SEVENS[:, 40:155]] * 3), "found 3 side by side"),
    "one above the other": (np.vstack([SEVENS, SEVENS]), "found 2 side by side"),
    "empty frame": (edge(6), "found only lines"),
    "empty inner frame": (np.pad(edge(3), 8), "found only lines"),
    "empty ruled page": (np.indices((200, 200))[0] % 30 < 2, "found only lines"),
    "empty squared page": (
        (np.indices((200, 200)) % 30 < 2).any(axis=0) * 0.4,
        "found only ",
    ),
    "line at the left": (np.indices((200, 200))[1] < 4, "found only lines"),
    "dots": (np.pad(np.ones((4, 4)), 70), "found only dots"),
    "marks": (np.tile(np.pad(np.ones((16, 16)), 12), (5, 5)), "found "),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_none_or_several_are_refused_with_what_was_found(name):
    ink, message = SEVERAL[name]
    for page in (0.95 - 0.85 * ink, 0.1 + 0.85 * ink):
        with pytest.raises(InputError, match=message):
            prepare_digit(page)


STORED = ROOT / "benchmarks" / "pictures.json"


def test_pictures_of_many_kinds_were_read_or_refused_rightly():
    kinds = json.loads(STORED.read_text("utf-8"))["kinds"]
    assert {row["kind"] for row in kinds} == {
        k for part in KINDS.values() for k in part
    }
    pictures = [row for row in kinds if row["holds"] != "another sign"]
    assert len(pictures) >= 60
    assert sum(sum(row["now"].values()) for row in pictures) >= 1500
    answered = sum(row["now"]["right"] + row["now"]["wrong"] for row in pictures)
    assert sum(row["now"]["wrong_and_sure"] for row in pictures) <= 0.02 * answered
    for row in pictures:
        if row["holds"] != "one digit":
            assert row["now"]["right"] + row["now"]["wrong"] == 0, row["kind"]
        elif row["kind"] in READ_BEFORE:
            assert row["now"]["right"] >= row["before"]["right"], row["kind"]


@pytest.mark.parametrize("holds", ["several digits", "no digit"])
def test_such_pictures_are_still_refused(holds, digits, tmp_path):
    rng = np.random.default_rng(0)
    writer = Writer(7, digits[0], list(digits[1:3]), rng)
    for kind, make in KINDS[holds].items():
        with pytest.raises(InputError):
            load_digit_image(save(tmp_path, 0, kind, make(writer)))


def blank_photograph():
    rows, columns = np.mgrid[0:1:300j, 0:1:200j]
    noise = np.random.default_rng(1).normal(0, 0.03, rows.shape)
    return np.clip(0.9 - 0.4 * columns * rows + noise, 0, 1)


@pytest.mark.parametrize(
    ("function", "array", "message"),
    [
        (prepare_digit, np.zeros((50, 50)), "found no ink"),
        (prepare_digit, np.full((50, 50), 0.4), "found no ink"),
        (prepare_digit, blank_photograph(), "found no ink"),
        (prepare_digit, np.zeros((28, 28, 3)), r"\(height, width\), got \(28, 28, 3"),
        (prepare_digit, np.zeros((2, 100)), "at least 3 x 3 pixels, got 100 x 2"),
        (prepare_digit, np.full((28, 28), 255), "got int64 from 255 to 255; scale"),
        (prepare_digit, np.full((28, 28), 255.0), "got float64 from 255.0 to"),
        (prepare_digit, np.full((28, 28), -0.1), "got float64 from -0.1"),
        (prepare_digit, np.full((28, 28), np.nan), "got float64 from nan"),
        (place_ink, np.zeros((8, 8)), "at least one pixel of ink above 0 and none"),
        (place_ink, -np.ones((8, 8)), "got -1 to -1; subtract"),
        (place_ink, np.full((8, 8), np.inf), "got inf to inf; subtract"),
        (place_ink, np.ones((0, 8)), r"\(height, width\), got \(0, 8"),
        (place_ink, np.ones((8, 8, 1)), r"\(height, width\), got \(8, 8, 1"),
    ],
)
def test_other_arrays_are_refused(function, array, message):
    with pytest.raises(InputError, match=message):
        function(array)


@few_examples
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=40)))
def test_any_picture_gives_a_digit_or_a_reason(page):
    try:
        digit = prepare_digit(page)
    except InputError as error:
        assert str(error).startswith("expected ")
        assert "\n" not in str(error)
    else:
        assert digit.shape == (28, 28, 1)
        assert digit.min() >= 0
        assert digit.max() == 1


def test_place_ink_takes_every_mark_for_ink():
    ink = np.zeros((40, 40))
    ink[10:30, 20:24] = 16  # any unit will do
    ink[14, 14] = 1  # prepare_digit takes a mark as faint and small for dust
    placed = place_ink(ink)[..., 0]
    assert (placed.dtype, placed.max()) == (np.float32, 1)
    assert ink_box(placed) == (20, 10)
    assert ink_box(prepare_digit(ink / 16)) == (20, 4)
    left_of_the_box = np.flatnonzero(placed.any(axis=0))[0]
    np.testing.assert_allclose(placed[:, left_of_the_box].max(), 1 / 16)


# load_digit_image: files that are read -----------------------------------------------


def transparent(ink):
    """The seven in the given grey on a ground that is fully transparent."""
    alpha = Image.eval(drawing(), lambda level: 255 - level)
    image = Image.new("LA", alpha.size, (ink, 0))
    image.putalpha(alpha)
    return image


def coloured(paper, ink):
    """The seven in a colour as bright as its paper."""
    share = np.asarray(drawing())[..., np.newaxis] / 255
    return Image.fromarray(np.uint8(share * paper + (1 - share) * np.array(ink)))


def sixteen_bit(ink=511, paper=65535):  # the low bytes are the same
    levels = np.where(np.asarray(drawing()) > 127, paper, ink)
    return Image.fromarray(levels.astype(np.uint16))


PICTURES = {
    "grey.png": drawing,
    "grey.bmp": drawing,
    "grey.webp": drawing,
    "grey.ppm": drawing,
    "grey.gif": drawing,
    "light on dark.png": lambda: drawing(ink=255, paper=0),
    "rgb.jpg": lambda: drawing().convert("RGB"),
    "blue ink.png": lambda: Image.merge(
        "RGB", [drawing(), drawing(), Image.new("L", (200, 200), 255)]
    ),
    "red on blue.png": lambda: coloured((70, 70, 224), (220, 30, 30)),
    "red on green.png": lambda: coloured((20, 128, 20), (255, 17, 17)),
    "pink on grey.png": lambda: coloured((127, 127, 127), (230, 60, 200)),
    "purple on teal.png": lambda: coloured((0, 128, 128), (190, 40, 80)),
    "orange on sky.png": lambda: coloured((90, 150, 200), (255, 95, 50)),
    "cmyk.jpg": lambda: drawing().convert("CMYK"),
    "cmyk.tif": lambda: drawing().convert("CMYK"),
    "palette.png": lambda: drawing().convert("P"),
    "one bit.png": lambda: drawing().convert("1"),
    "16 bit.png": sixteen_bit,
    # All of it would be white if it were clipped to 8 bits.
    "16 bit, dark.png": lambda: sixteen_bit(ink=500, paper=20000),
    "16 bit.tif": sixteen_bit,
    "float.tif": lambda: Image.fromarray(np.asarray(drawing()) / np.float32(255)),
    "float to 255.tif": lambda: Image.fromarray(np.float32(drawing())),
    "transparent, dark ink.png": lambda: transparent(0),
    "transparent, white ink.png": lambda: transparent(255),
    "transparent palette.png": lambda: transparent(0).convert("RGBA").quantize(8),
    "opaque rgba.png": lambda: drawing().convert("RGBA"),
    "sideways.jpg": lambda: drawing().transpose(Image.Transpose.ROTATE_90),
    "phone.jpg": lambda: drawing().convert("RGB"),
}
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6  # the camera was held on its side: turn clockwise to show
PREVIEW = [Image.new("RGB", (40, 40))]
OPTIONS = {
    "sideways.jpg": {"exif": SIDEWAYS, "quality": 95},
    "phone.jpg": {"format": "MPO", "save_all": True, "append_images": PREVIEW},
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_every_kind_are_read(name, tmp_path, expected):
    PICTURES[name]().save(tmp_path / name, **OPTIONS.get(name, {}))
    assert difference(load_digit_image(tmp_path / name), expected) < 0.01


# load_digit_image: files that are refused --------------------------------------------


def png_promising(width, height):
    """A PNG whose header promises a size and whose pixels never come."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + checksum + b"\0\0\0\1IDAT"


def as_bytes(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def frames(kind):
    others = [drawing(width=width) for width in (10, 30)]
    return as_bytes(drawing(), kind, save_all=True, append_images=others)


REFUSED = {
    "empty.png": (lambda: b"", "or an empty or damaged file; save it as PNG"),
    "text.png": (lambda: b"This is a seven.\n", "expected an image (PNG"),
    # Pillow would hand it to Ghostscript.
    "vector.eps": (lambda: as_bytes(drawing(), "EPS"), "expected an image (PNG"),
    "half.png": (lambda: as_bytes(sixteen_bit())[:-200], "damaged or cut short"),
    "half.jpg": (lambda: as_bytes(drawing(), "JPEG")[:-500], "damaged or cut short"),
    "folder": (None, "expected a file, got a directory"),
    "missing.png": (None, "no such file; check the name and the folder"),
    "wide.png": (
        lambda: png_promising(20_000, 10),
        "at most 10,000 pixels a side and 50,000,000 in all, got 20,000 x 10; scale",
    ),
    "tall.png": (lambda: png_promising(10, 10_001), "got 10 x 10,001"),
    "large.png": (lambda: png_promising(8000, 6251), "got 8,000 x 6,251"),
    "warned.png": (lambda: png_promising(11_000, 11_000), "got 11,000 x 11,000"),
    "bomb.png": (lambda: png_promising(60_000, 60_000), "in all, got over 178,956,970"),
    "animated.gif": (lambda: frames("GIF"), "one still image, got 3 frames"),
    "pages.tif": (lambda: frames("TIFF"), "one still image, got 3 frames"),
    "white.png": (lambda: as_bytes(Image.new("L", (90, 90), 255)), "found no ink"),
    "clear.png": (lambda: as_bytes(Image.new("RGBA", (90, 90))), "found no ink"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_files_are_refused_in_one_line(name, tmp_path, recwarn):
    content, message = REFUSED[name]
    path = tmp_path / name
    if content:
        path.write_bytes(content())
    elif name == "folder":
        path.mkdir()
    with pytest.raises(InputError) as caught:
        load_digit_image(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not recwarn.list


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(*arguments, **options):  # for the system would let root read it
        raise PermissionError(13, "Permission denied")

    (tmp_path / "mine.png").touch()
    monkeypatch.setattr(pathlib.Path, "open", refuse)
    with pytest.raises(InputError, match="mine.png: cannot be read: Permission denied"):
        load_digit_image(tmp_path / "mine.png")


@few_examples
@given(data=st.data())
def test_any_damage_gives_a_digit_or_one_line(data, tmp_path_factory):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"]))
    content = bytearray(as_bytes(drawing(), kind))
    for _ in range(data.draw(st.integers(0, 4))):
        position = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[position] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(1, len(content)))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(bytes(content[:length]))
    try:
        digit = load_digit_image(path)
    except InputError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
    else:
        assert digit.shape == (28, 28, 1)
