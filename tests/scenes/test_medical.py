"""Spots on skin: what is said about them against what is drawn."""

import numpy as np
import pytest
from scipy import ndimage, stats
from scipy.spatial.distance import pdist

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import roc_auc
from mnist_tutorial.scenes import make_lesions, redraw_lesions
from mnist_tutorial.scenes.medical import _PIGMENTS, _TONES, LESION_PARTS

SETTINGS = {"count": 300, "seed": 5, "size": 48, "prevalence": 0.4}


@pytest.fixture(scope="module")
def lesions():
    return make_lesions(**SETTINGS, ruler=(0.3, 0.6))


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(lesions):
    assert lesions.images.shape == (300, 48, 48, 3)
    assert lesions.images.dtype == np.float32
    assert 0 <= lesions.images.min() and lesions.images.max() <= 1
    assert set(lesions.labels) == {0, 1}
    assert set(lesions.description.tones) == set(range(6))
    again = make_lesions(**SETTINGS, ruler=(0.3, 0.6))
    for one, same in zip(lesions[:4], again[:4], strict=True):
        np.testing.assert_array_equal(one, same)
    other = make_lesions(**SETTINGS | {"seed": 6}, ruler=(0.3, 0.6))
    assert not np.array_equal(lesions.images, other.images)
    assert not np.array_equal(lesions.labels, other.labels)


def crisp(lesions, **changes):
    """Return the same spots without soft edges."""
    softness = np.full(len(lesions.labels), 1e-5)
    return lesions._replace(
        description=lesions.description._replace(softness=softness, **changes)
    )


def test_mask_is_where_a_spot_fills_half_of_a_pixel(lesions):
    # A soft edge is half as dark where a hard one would lie.
    alone = redraw_lesions(crisp(lesions), ("lesion",))
    np.testing.assert_array_equal((alone != 0.5).any(axis=3), lesions.masks)
    on_skin = redraw_lesions(lesions, ("skin", "lesion"))
    changed = np.any(on_skin != redraw_lesions(lesions, ("skin",)), axis=3)
    rim = ndimage.binary_dilation(lesions.masks, np.ones((1, 3, 3)), iterations=4)
    assert changed[lesions.masks].all() and not changed[~rim].any()


def test_leaving_a_part_out_leaves_the_rest_and_its_noise(lesions):
    without = make_lesions(**SETTINGS)
    assert np.array_equal(lesions.labels, without.labels)
    assert np.array_equal(lesions.masks, without.masks)
    differs = np.any(lesions.images != without.images, axis=3)
    assert not differs[~lesions.ruler_masks].any()
    assert differs[lesions.ruler_masks].mean() > 0.99
    erased = redraw_lesions(lesions, ("skin", "lesion", "hair"))
    assert np.array_equal(erased, without.images)
    bald = redraw_lesions(lesions, ("skin", "lesion", "ruler"))
    assert 0.01 < np.any(bald != lesions.images, axis=3).mean() < 0.2
    for every_part in (LESION_PARTS, iter(sorted(LESION_PARTS))):
        assert np.array_equal(redraw_lesions(lesions, every_part), lesions.images)


def test_ruler_ticks_are_a_millimetre_apart():
    big = make_lesions(8, seed=0, size=240, ruler=(1.0, 1.0))
    images = redraw_lesions(big, ("ruler",)).mean(axis=3)
    for image, mask in zip(images, big.ruler_masks, strict=True):
        strip = image[np.ix_(mask.any(axis=1), mask.any(axis=0))]
        is_tick = strip.min(axis=np.argmin(strip.shape)) < 0.5
        starts = np.flatnonzero(np.diff(is_tick.astype(int)) == 1)
        # 240 pixels show 12 millimetres.
        assert np.all(np.abs(np.diff(starts) - 20) <= 1) and len(starts) >= 11


def test_hairs_lie_along_the_curves_that_are_described():
    big = make_lesions(8, seed=3, size=240)
    images = redraw_lesions(big, ("hair",))
    checked = 0
    for image, hairs in zip(images, big.description.hairs, strict=True):
        hairs = hairs[~np.isnan(hairs[:, 0])]
        assert np.mean(image != 0.5) <= 0.04 * len(hairs)
        for direction, distance, bend, middle, half in hairs:
            # The ends fade.
            steps = np.linspace(1.5 - half, half - 1.5, 40)
            along, across = middle + steps, distance + bend * steps**2
            down = along * np.sin(direction) + across * np.cos(direction)
            right = along * np.cos(direction) - across * np.sin(direction)
            places = np.floor(20 * (np.array([down, right]) + 6)).astype(int)
            row, column = places[:, np.all((places >= 0) & (places < 240), axis=0)]
            assert image[row, column].max(initial=0) < 0.4
            checked += len(row)
    assert checked > 300


def test_skin_lies_in_the_light_that_is_described():
    found = make_lesions(200, seed=14, size=48, tones=(2,))
    skin = redraw_lesions(found, ("skin",)).mean(axis=3)
    across, down = np.meshgrid(*2 * [(np.arange(48) - 23.5) / 24])
    # Away from the dark corners, the light is a plane.
    middle = np.hypot(across, down) < 0.8
    plane = np.column_stack([np.ones(middle.sum()), down[middle], across[middle]])
    level, *slopes = np.linalg.lstsq(plane, skin[:, middle].T, rcond=None)[0]
    strength, *growth = found.description.lights.T
    # A camera's tint changes the level as well.
    assert np.corrcoef(level, strength)[0, 1] > 0.7
    for slope, wanted in zip(slopes / level * strength, growth, strict=True):
        assert np.corrcoef(slope, wanted)[0, 1] > 0.85
        assert 0.85 < np.polyfit(wanted, slope, 1)[0] < 1.15
    assert skin[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean() < 0.85 * level.mean()


@pytest.mark.parametrize(
    ("prevalence", "ruler"),
    [(0.0, (1, 0)), (0.01, (0, 1)), (0.1, (0.5, 0)), (0.5, (0.1, 0.8)), (1.0, (0, 1))],
)
def test_positives_and_their_rulers_are_as_frequent_as_asked(prevalence, ruler):
    found = make_lesions(2000, seed=3, size=32, prevalence=prevalence, ruler=ruler)
    rulers = found.ruler_masks.any(axis=(1, 2))
    for chosen, share in (
        (found.labels, prevalence),
        *((rulers[found.labels == label], ruler[label]) for label in (0, 1)),
    ):
        low, high = stats.binom.ppf([5e-5, 1 - 5e-5], len(chosen), share)
        assert not len(chosen) or low <= chosen.sum() <= high


def test_a_patient_keeps_spot_tone_and_camera():
    found = make_lesions(95, seed=7, size=48, prevalence=0.5, images_per_patient=10)
    description = found.description
    assert len(np.unique(description.outlines[:, 0])) == 10
    for rows in np.split(np.arange(95), range(10, 95, 10)):
        for name in ("tones", "outlines", "tints", "pigments"):
            assert np.all(np.ptp(getattr(description, name)[rows], axis=0) == 0)
        assert np.ptp(found.labels[rows]) == 0
        # Yet no image is another one's copy.
        assert pdist(found.images[rows].reshape(len(rows), -1), "cityblock").min() > 69


def test_images_of_a_patient_show_one_spot_turned():
    found = make_lesions(12, seed=8, size=64, prevalence=0.5, images_per_patient=4)
    centres, angles = found.description[:2]
    upright = []
    for mask, centre, angle in zip(found.masks, centres, angles, strict=True):
        mask = ndimage.shift(mask.astype(float), -centre * 64 / 12, order=1)
        mask = ndimage.rotate(mask, np.degrees(angle), reshape=False, order=1)
        upright.append(mask > 0.5)
    for first, *others in np.reshape(upright, (3, 4, 64, 64)):
        for other in others:
            assert (first & other).sum() > 0.85 * (first | other).sum()


def diameters(lesions):
    """Return the longest line through the centre of each outline."""
    outlines = lesions.description.outlines
    return (outlines + np.roll(outlines, 180, axis=1)).max(axis=1)


def test_diameter_is_that_of_the_mask():
    big = make_lesions(30, seed=8, size=96, prevalence=0.5)
    for mask, diameter in zip(big.masks, diameters(big), strict=True):
        edge = np.argwhere(mask & ~ndimage.binary_erosion(mask))
        # The longest line need not go through the centre, as the measured one does.
        assert diameter - 0.3 < pdist(edge).max() * 12 / 96 < 1.35 * diameter


def test_colours_are_a_brown_ground_and_others_mostly_seen():
    found = make_lesions(150, seed=13, size=48, prevalence=0.5, tones=(3,))
    for row in found.description.pigments:
        drawn = row[row >= 0]
        assert len(set(drawn)) == len(drawn) >= 1 and drawn[0] in (0, 1)
    is_there = found.description.pigments >= 0
    shares = np.zeros(is_there.shape)
    for number in range(6):
        # This one white, the others black.
        pigments = np.where(is_there, 2, -1)
        pigments[is_there[:, number], number] = 5
        spots = redraw_lesions(crisp(found, pigments=pigments), ("lesion",))
        colours = (_TONES[3] * _PIGMENTS[[2, 5]]).T.astype(float)
        for index in np.flatnonzero(is_there[:, number]):
            pixels = spots[index][found.masks[index]]
            black, white = np.linalg.lstsq(colours, pixels.T)[0]
            shares[index, number] = (white / (black + white)).mean()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-3)
    assert np.mean((shares > 0.04).sum(axis=1) == is_there.sum(axis=1)) > 0.6


def test_every_letter_tells_something_and_none_everything():
    found = make_lesions(2000, seed=11, size=32, prevalence=0.5)
    outlines = found.description.outlines
    waves = np.abs(np.fft.rfft(outlines / outlines.mean(axis=1, keepdims=True)))
    # Three to four waves a turn make it lopsided, six and more ragged.
    asymmetry, border = (
        np.linalg.norm(waves[:, some], axis=1) for some in (np.s_[3:5], np.s_[6:16])
    )
    colours = (found.description.pigments >= 0).sum(axis=1)
    letters = np.column_stack([asymmetry, border, colours, diameters(found)])
    for letter in letters.T:
        area = roc_auc(found.labels, letter)
        assert 0.75 < area.low and area.high < 0.97
    # All four together do not tell all of them apart either.
    sums = (letters / letters.std(axis=0)).sum(axis=1)
    assert 0.95 < roc_auc(found.labels, sums).value < 0.995


def test_rulers_and_tones_are_those_asked_for_and_tell_nothing():
    settings = {"size": 32, "prevalence": 0.5, "ruler": (0.5, 0.5), "tones": (1, 4)}
    found = make_lesions(2000, seed=12, **settings)
    rulers, tones = found.ruler_masks.any(axis=(1, 2)), found.description.tones
    for score in (rulers.astype(float), tones, found.description.tints[:, 0]):
        area = roc_auc(found.labels, score)
        # Twice the half width of the 95 % interval: wrong once in 10,000 draws.
        assert abs(area.value - 0.5) < area.high - area.low
    assert set(tones) == {1, 4} and 900 < np.sum(tones == 4) < 1100
    brightness = found.images[:, :4, :4].mean(axis=(1, 2, 3))
    assert brightness[tones == 1].mean() > brightness[tones == 4].mean() + 0.1


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", 0), ("seed", -1), ("size", 31), ("prevalence", 1.5)]
    + [("images_per_patient", 0), ("ruler", 0.5), ("ruler", (0.5, 2))]
    + [("tones", 5), ("tones", (0, 6))],
)
def test_what_cannot_be_drawn_is_refused(name, value):
    with pytest.raises(InputError, match=f"^{name} must be .*, got "):
        make_lesions(**{"count": 3, "seed": 0, name: value})


@pytest.mark.parametrize("parts", ["skin", ("skin", "freckles")])
def test_unknown_parts_are_refused(parts, lesions):
    with pytest.raises(InputError, match="one of skin, lesion, hair, ruler, got"):
        redraw_lesions(lesions, parts)
