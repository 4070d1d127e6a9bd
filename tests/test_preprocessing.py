"""Pictures of digits become MNIST images; the oracle is MNIST itself."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw

from mnist_tutorial import datasets
from mnist_tutorial.errors import InputError
from mnist_tutorial.preprocessing import (
    MIN_STROKE,
    load_digit_image,
    place_ink,
    prepare_digit,
)

few_examples = settings(max_examples=25, deadline=None)
indices = st.integers(0, 199)


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


# prepare_digit -----------------------------------------------------------------------


def test_mnist_images_enlarged_and_moved_come_back(digits):
    errors = [
        difference(prepare_digit(pasted(digit, 10)), digit / 255)
        for digit in digits[:40]
    ]
    # A digit's mean brightness is 0.13, and another digit differs by about 0.15.
    assert max(errors) < 0.02


def test_mnist_images_themselves_are_left_as_they_are(digits):
    errors = [difference(prepare_digit(digit), digit / 255) for digit in digits]
    assert np.percentile(errors, 99) < 0.005


@few_examples
@given(index=indices, factor=st.sampled_from([1, 3, 8]))
def test_polarity_does_not_matter(digits, index, factor):
    page = pasted(digits[index], factor)
    bright_ink, dark_ink = prepare_digit(page), prepare_digit(255 - page)
    np.testing.assert_allclose(bright_ink, dark_ink, atol=1e-5)


@few_examples
@given(index=indices, factor=st.integers(2, 9))
def test_size_does_not_matter(digits, index, factor):
    small = prepare_digit(pasted(digits[index], factor))
    large = prepare_digit(pasted(digits[index], 2 * factor))
    assert difference(small, large) < 0.01
    np.testing.assert_allclose(centre_of_mass(small), centre_of_mass(large), atol=1)


@few_examples
@given(
    index=indices,
    factor=st.integers(1, 9),
    top=st.integers(0, 19),
    left=st.integers(0, 13),
)
def test_result_has_mnist_form(digits, index, factor, top, left):
    digit = prepare_digit(pasted(digits[index], factor, top, left))
    assert digit.shape == (28, 28, 1)
    assert digit.dtype == np.float32
    assert digit.min() == 0
    assert digit.max() == 1
    assert max(ink_box(digit)) == 20
    np.testing.assert_allclose(centre_of_mass(digit), 14, atol=0.51)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "bool"])
def test_every_type_of_brightness_gives_the_same_digit(dtype):
    page = np.zeros((60, 40), bool)
    page[10:50, 15:25] = True
    expected = np.zeros((28, 28))
    expected[4:24, 12:17] = 1  # 40 x 10 pixels of ink, halved
    full = 1 if dtype in ("bool", "float32", "float64") else np.iinfo(dtype).max
    digit = prepare_digit(page.astype(dtype) * np.dtype(dtype).type(full))
    assert difference(digit, expected) == 0


def test_a_long_digit_stays_inside_the_field():
    # Nearly all ink at one end: centred by mass, the tail would leave the field.
    page = np.zeros((200, 200))
    page[20:60, 60:140] = 1
    page[60:180, 98:102] = 1
    digit = prepare_digit(page)
    assert ink_box(digit)[0] == 20


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
    dusty = page.copy()
    dusty[5:9, 400:404] = 0
    dusty[470, 10] = 0
    np.testing.assert_allclose(prepare_digit(dusty), clean, atol=1e-3)


def test_parts_of_a_digit_that_do_not_touch_are_kept():
    page = np.ones((200, 200))
    page[40:160, 60:80] = 0
    page[40:60, 100:150] = 0  # a loose bar
    assert ink_box(prepare_digit(page)) == (20, 15)


def test_a_thin_pen_is_drawn_as_wide_as_mnist_draws(digits):
    digit = prepare_digit(np.asarray(drawing(size=800, width=4)))[..., 0]
    # Across the bar of the seven: how much ink one column holds.
    bar = digit[:14, 10].sum()
    assert MIN_STROKE < bar < 3
    assert digit.max() == 1


def test_a_tightly_cropped_and_a_very_large_picture_work(digits):
    digit = digits[0]
    tight = digit[7:27, 6:22]
    assert difference(prepare_digit(tight), digit / 255) < 0.02
    assert difference(prepare_digit(pasted(digit, 80)), digit / 255) < 0.02


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_a_uniform_picture_has_no_ink(level):
    with pytest.raises(InputError, match="found no ink"):
        prepare_digit(np.full((50, 50), level))


def test_a_blank_photographed_page_has_no_ink():
    rows, columns = np.mgrid[0:1:300j, 0:1:200j]
    noise = np.random.default_rng(1).normal(0, 0.03, rows.shape)
    page = 0.9 - 0.4 * columns * rows + noise
    with pytest.raises(InputError, match="found no ink"):
        prepare_digit(np.clip(page, 0, 1))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((28, 28, 3)), r"shape \(height, width\), got \(28, 28, 3\)"),
        (np.zeros(784), r"got \(784,\)"),
        (np.zeros((2, 100)), "at least 3 x 3 pixels, got 100 x 2"),
        (np.full((28, 28), 255), "got int64 from 255 to 255; scale"),
        (np.full((28, 28), 255.0), r"floats in \[0, 1\], got float64 from 255.0 to"),
        (np.full((28, 28), -0.1), "got float64 from -0.1"),
        (np.full((28, 28), np.nan), "got float64 from nan"),
    ],
)
def test_other_arrays_are_refused(array, message):
    with pytest.raises(InputError, match=message):
        prepare_digit(array)


@pytest.mark.parametrize(
    ("ink", "message"),
    [
        (np.zeros((8, 8)), "at least one pixel of ink above 0 and none below"),
        (-np.ones((8, 8)), "got -1 to -1; subtract"),
        (np.ones((28, 28, 1)), r"shape \(height, width\), got \(28, 28, 1\)"),
    ],
)
def test_place_ink_needs_ink(ink, message):
    with pytest.raises(InputError, match=message):
        place_ink(ink)


@few_examples
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=40)))
def test_any_picture_gives_a_digit_or_a_reason(page):
    try:
        digit = prepare_digit(page)
    except InputError as error:
        assert "found no ink" in str(error)
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


@pytest.fixture(scope="module")
def expected():
    """What the drawn seven looks like when nothing is in its way."""
    return prepare_digit(np.asarray(drawing()))


def transparent(ink):
    """The seven in the given grey on a ground that is fully transparent."""
    alpha = Image.eval(drawing(), lambda level: 255 - level)
    image = Image.new("LA", alpha.size, (ink, 0))
    image.putalpha(alpha)
    return image


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
    "cmyk.jpg": lambda: drawing().convert("CMYK"),
    "cmyk.tif": lambda: drawing().convert("CMYK"),
    "palette.png": lambda: drawing().convert("P"),
    "one bit.png": lambda: drawing().convert("1"),
    "16 bit.png": sixteen_bit,
    # All of it would be white if only the high byte were clipped to 8 bits.
    "16 bit, dark.png": lambda: sixteen_bit(ink=500, paper=20000),
    "16 bit.tif": sixteen_bit,
    "float.tif": lambda: Image.fromarray(np.asarray(drawing()) / np.float32(255)),
    "transparent, dark ink.png": lambda: transparent(0),
    "transparent, white ink.png": lambda: transparent(255),
    "transparent palette.png": lambda: transparent(0).convert("RGBA").quantize(8),
    "opaque rgba.png": lambda: drawing().convert("RGBA"),
    "数字 7.png": drawing,
    "no suffix": drawing,
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_every_kind_are_read(name, tmp_path, expected):
    kind = "PNG" if name == "no suffix" else None
    PICTURES[name]().save(tmp_path / name, format=kind)
    assert difference(load_digit_image(tmp_path / name), expected) < 0.01


def test_a_photograph_is_turned_upright(tmp_path, expected):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn clockwise to show
    sideways = drawing().transpose(Image.Transpose.ROTATE_90)
    sideways.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    assert difference(load_digit_image(tmp_path / "photo.jpg"), expected) < 0.01


def test_a_phone_photograph_with_a_preview_is_one_picture(tmp_path, expected):
    drawing().convert("RGB").save(
        tmp_path / "photo.jpg",
        format="MPO",
        save_all=True,
        append_images=[Image.new("RGB", (40, 40))],
    )
    assert Image.open(tmp_path / "photo.jpg").n_frames == 2
    assert difference(load_digit_image(tmp_path / "photo.jpg"), expected) < 0.01


# load_digit_image: files that are refused --------------------------------------------


def png_chunk(kind, data):
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png_promising(width, height):
    """A PNG whose header promises a size and whose pixels never come."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


def as_bytes(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def frames(kind):
    others = [drawing(width=width) for width in (10, 30)]
    return as_bytes(drawing(), kind, save_all=True, append_images=others)


REFUSED = {
    "empty.png": (lambda: b"", "empty file (0 bytes); save it again"),
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
    "animated.png": (lambda: frames("PNG"), "one still image, got 3 frames"),
    "animated.webp": (lambda: frames("WEBP"), "one still image, got 3 frames"),
    "pages.tif": (lambda: frames("TIFF"), "one still image, got 3 frames"),
    "white.png": (lambda: as_bytes(Image.new("L", (90, 90), 255)), "found no ink"),
    "black.png": (lambda: as_bytes(Image.new("RGB", (90, 90))), "found no ink"),
    "clear.png": (lambda: as_bytes(Image.new("RGBA", (90, 90))), "found no ink"),
    "dot.png": (lambda: as_bytes(Image.new("L", (1, 1))), "at least 3 x 3 pixels"),
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


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    def decode(*arguments, **options):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(Image.Image, "load", decode)
    path = tmp_path / "wide.png"
    path.write_bytes(png_promising(20_000, 5000))
    with pytest.raises(InputError, match="20,000 x 5,000"):
        load_digit_image(path)


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
