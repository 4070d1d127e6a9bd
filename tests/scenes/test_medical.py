"""Spots on skin: what is said about them against what is drawn."""

import numpy as np
import pytest
from scipy import ndimage, stats

from mnist_tutorial.errors import InputError
from mnist_tutorial.evaluation import roc_auc
from mnist_tutorial.scenes import make_lesions, redraw_lesions
from mnist_tutorial.scenes.medical import _PIGMENTS, _TONES, LESION_PARTS

SEED = 5


@pytest.fixture(scope="module")
def lesions():
    return make_lesions(300, seed=SEED, size=48, prevalence=0.4, ruler=(0.3, 0.6))


# --- the same again ------------------------------------------------------------------


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(lesions):
    again = make_lesions(300, seed=SEED, size=48, prevalence=0.4, ruler=(0.3, 0.6))
    for one, same in zip(lesions[:5], again[:5], strict=True):
        np.testing.assert_array_equal(one, same)
    other = make_lesions(300, seed=SEED + 1, size=48, prevalence=0.4, ruler=(0.3, 0.6))
    assert not np.array_equal(lesions.images, other.images)
    assert not np.array_equal(lesions.labels, other.labels)


def test_shapes_and_types(lesions):
    assert lesions.images.shape == (300, 48, 48, 3)
    assert lesions.images.dtype == np.float32
    assert 0 <= lesions.images.min() and lesions.images.max() <= 1
    assert lesions.masks.shape == lesions.ruler_masks.shape == (300, 48, 48)
    assert lesions.abcd.shape == (300, 4) and set(lesions.labels) == {0, 1}
    assert set(lesions.description.tones) == set(range(6))


# --- masks are what is drawn ---------------------------------------------------------


def crisp(lesions, **changes):
    """Return the same spots without soft edges."""
    softness = np.full(len(lesions.labels), 1e-5)
    return lesions._replace(
        description=lesions.description._replace(softness=softness, **changes)
    )


def test_mask_is_where_a_spot_fills_half_of_a_pixel(lesions):
    """A soft edge is half as dark where a hard one would lie."""
    alone = redraw_lesions(crisp(lesions), ("lesion",))
    np.testing.assert_array_equal((alone != 0.5).any(axis=3), lesions.masks)
    on_skin = redraw_lesions(lesions, ("skin", "lesion"))
    changed = np.any(on_skin != redraw_lesions(lesions, ("skin",)), axis=3)
    rim = ndimage.binary_dilation(lesions.masks, np.ones((1, 3, 3)), iterations=4)
    assert changed[lesions.masks].all() and not changed[~rim].any()


def test_ruler_alone_fills_its_mask(lesions):
    alone = redraw_lesions(lesions, ("ruler",))
    changed = np.abs(alone - 0.5).max(axis=3) > 0.02
    assert not changed[~lesions.ruler_masks].any()
    # Where a tick fades into the strip, it passes the grey of the ground.
    assert changed[lesions.ruler_masks].mean() > 0.93


def test_images_without_rulers_differ_under_the_rulers_only(lesions):
    without = make_lesions(300, seed=SEED, size=48, prevalence=0.4)
    assert np.array_equal(lesions.labels, without.labels)
    assert np.array_equal(lesions.masks, without.masks)
    differs = np.any(lesions.images != without.images, axis=3)
    assert not differs[~lesions.ruler_masks].any()
    assert differs[lesions.ruler_masks].mean() > 0.99
    erased = redraw_lesions(lesions, ("skin", "lesion", "hair"))
    assert np.array_equal(erased, without.images)


def test_without_hair_the_rest_and_its_noise_stay(lesions):
    bald = redraw_lesions(lesions, ("skin", "lesion", "ruler"))
    differs = np.any(bald != lesions.images, axis=3)
    assert 0.01 < differs.mean() < 0.2


def test_all_parts_together_are_the_image(lesions):
    assert np.array_equal(redraw_lesions(lesions), lesions.images)
    one_by_one = iter(sorted(LESION_PARTS))
    assert np.array_equal(redraw_lesions(lesions, one_by_one), lesions.images)


def test_ruler_ticks_are_a_millimetre_apart():
    big = make_lesions(8, seed=0, size=240, ruler=(1.0, 1.0))
    image = redraw_lesions(big, ("ruler",))
    for index in range(8):
        rows, columns = np.nonzero(big.ruler_masks[index])
        strip = image[index].mean(axis=2)[np.ix_(np.unique(rows), np.unique(columns))]
        profile = strip.min(axis=np.argmin(strip.shape)) < 0.5
        starts = np.flatnonzero(np.diff(profile.astype(int)) == 1)
        # 240 pixels show 12 millimetres.
        assert np.all(np.abs(np.diff(starts) - 20) <= 1)
        assert len(starts) >= 11


def test_hairs_lie_along_the_curves_that_are_described():
    big = make_lesions(8, seed=3, size=240)
    images = redraw_lesions(big, ("hair",))
    checked = 0
    for image, hairs in zip(images, big.description.hairs, strict=True):
        hairs = hairs[~np.isnan(hairs[:, 0])]
        assert len(hairs) or np.all(image == 0.5)
        assert np.mean(image != 0.5) < 0.04 * len(hairs) + 1e-9
        for direction, distance, bend, middle, half in hairs:
            # The ends fade.
            steps = np.linspace(1.5 - half, half - 1.5, 40)
            along, across = middle + steps, distance + bend * steps**2
            down = along * np.sin(direction) + across * np.cos(direction)
            right = along * np.cos(direction) - across * np.sin(direction)
            # 240 pixels show 12 millimetres.
            row = np.floor(20 * (down + 6)).astype(int)
            column = np.floor(20 * (right + 6)).astype(int)
            inside = (np.minimum(row, column) >= 0) & (np.maximum(row, column) < 240)
            found = image[row[inside], column[inside]]
            assert found.max(initial=0) < 0.4
            checked += len(found)
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
    corners = skin[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean()
    assert corners < 0.85 * skin[:, middle].mean()


# --- frequencies ---------------------------------------------------------------------


@pytest.mark.parametrize("prevalence", [0.01, 0.1, 0.5])
def test_positives_are_as_frequent_as_asked(prevalence):
    labels = make_lesions(2000, seed=3, size=32, prevalence=prevalence).labels
    low, high = stats.binom.interval(0.9999, 2000, prevalence)
    assert low <= labels.sum() <= high
    assert not make_lesions(50, seed=3, size=32, prevalence=0.0).labels.any()
    assert make_lesions(50, seed=3, size=32, prevalence=1.0).labels.all()


def test_rulers_are_as_frequent_in_each_class_as_asked():
    found = make_lesions(2000, seed=4, size=32, prevalence=0.5, ruler=(0.1, 0.8))
    for label, share in ((0, 0.1), (1, 0.8)):
        rulers = found.ruler_masks.any(axis=(1, 2))[found.labels == label]
        low, high = stats.binom.interval(0.9999, len(rulers), share)
        assert low <= rulers.sum() <= high


def test_tones_are_those_asked_for_and_go_with_no_label():
    found = make_lesions(3000, seed=6, size=32, prevalence=0.5, tones=(1, 4))
    is_dark = found.description.tones == 4
    assert set(found.description.tones) == {1, 4}
    table = np.histogram2d(is_dark, found.labels, bins=2)[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4
    brightness = found.images[:, :4, :4].mean(axis=(1, 2, 3))
    assert brightness[~is_dark].mean() > brightness[is_dark].mean() + 0.1


# --- patients ------------------------------------------------------------------------


def test_a_patient_keeps_spot_tone_and_camera():
    found = make_lesions(95, seed=7, size=48, prevalence=0.5, images_per_patient=10)
    description = found.description
    looks = np.unique(description.outlines[:, 0])
    assert len(looks) == 10 and len(found.labels) == 95
    for patient in range(10):
        rows = np.arange(10 * patient, min(10 * patient + 10, 95))
        for kept in (
            *(found.labels, description.tones, description.outlines),
            *(description.tints, description.pigments),
        ):
            assert np.all(kept[rows] == kept[rows[0]])
        assert np.all(found.abcd[rows][:, [0, 1, 3]] == found.abcd[rows[0], [0, 1, 3]])
        # Yet no image is another one's copy.
        flat = found.images[rows].reshape(len(rows), -1)
        assert np.all(np.abs(flat[1:] - flat[0]).mean(axis=1) > 0.01)


def test_images_of_a_patient_show_one_spot_turned():
    found = make_lesions(12, seed=8, size=64, prevalence=0.5, images_per_patient=4)
    upright = []
    for mask, centre, angle in zip(
        found.masks, found.description.centres, found.description.angles, strict=True
    ):
        mask = ndimage.shift(mask.astype(float), -centre * 64 / 12, order=1)
        degrees = np.degrees(angle)
        upright.append(ndimage.rotate(mask, degrees, reshape=False, order=1) > 0.5)
    for first, *others in np.reshape(upright, (3, 4, 64, 64)):
        for other in others:
            assert (first & other).sum() > 0.85 * (first | other).sum()


# --- the rule ------------------------------------------------------------------------


def test_diameter_is_that_of_the_mask():
    big = make_lesions(30, seed=8, size=96, prevalence=0.5)
    for mask, (_, _, _, diameter) in zip(big.masks, big.abcd, strict=True):
        edge = np.argwhere(mask & ~ndimage.binary_erosion(mask))
        apart = edge[:, np.newaxis] - edge
        longest = np.hypot(apart[..., 0], apart[..., 1]).max() * 12 / 96
        # The longest line need not go through the centre, as the measured one does.
        assert diameter - 0.3 < longest < 1.35 * diameter


def test_border_and_asymmetry_are_those_of_the_outline():
    big = make_lesions(40, seed=9, size=128, prevalence=0.5)
    outlines = big.description.outlines
    angles = np.linspace(0, 2 * np.pi, outlines.shape[1], endpoint=False)
    x, y = outlines * np.cos(angles), outlines * np.sin(angles)
    length = np.hypot(np.roll(x, -1, 1) - x, np.roll(y, -1, 1) - y).sum(axis=1)
    area = np.abs(np.sum(x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1), axis=1)) / 2
    expected = length / np.sqrt(4 * np.pi * area) - 1
    np.testing.assert_allclose(big.abcd[:, 1], expected, atol=0.01)
    # Folding the pixels: turn the mask to the centre, try many axes.
    for index in range(6):
        mask = big.masks[index].astype(float)
        middle = 63.5 + big.description.centres[index] * 128 / 12
        centred = ndimage.shift(mask, 63.5 - middle, order=1)
        missing = []
        for degrees in range(0, 180, 3):
            turned = ndimage.rotate(centred, degrees, reshape=False, order=1) > 0.5
            missing.append(1 - np.sum(turned & turned[::-1]) / turned.sum())
        pairs = (np.array(missing[:30]) + np.array(missing[30:])) / 2
        assert abs(pairs.min() - big.abcd[index, 0]) < 0.03


def test_colours_are_those_that_were_mixed():
    found = make_lesions(400, seed=10, size=48, prevalence=0.5)
    drawn = (found.description.pigments >= 0).sum(axis=1)
    assert np.all(found.abcd[:, 2] <= drawn) and np.all(found.abcd[:, 2] >= 1)
    assert np.mean(found.abcd[:, 2] == drawn) > 0.6
    for row in found.description.pigments:
        kept = row[row >= 0]
        assert len(set(kept)) == len(kept) and kept[0] in (0, 1)


def mixed_from(pixels, pigments):
    """Take pixels apart: the share of each pigment, on average."""
    weights = np.linalg.lstsq(_PIGMENTS[pigments].T.astype(float), pixels.T)[0]
    return (weights / weights.sum(axis=0)).mean(axis=1)


def test_colours_count_from_four_percent_on():
    found = make_lesions(150, seed=13, size=48, prevalence=0.5, tones=(3,))
    is_there = found.description.pigments >= 0
    shares = np.zeros(is_there.shape)
    for number in range(6):
        # This one white, the others black.
        pigments = np.where(is_there, 2, -1)
        pigments[is_there[:, number], number] = 5
        spots = redraw_lesions(crisp(found, pigments=pigments), ("lesion",))
        spots = spots.astype(float) / _TONES[3]  # as parts of the skin's colour
        for index in np.flatnonzero(is_there[:, number]):
            pixels = spots[index][found.masks[index]]
            shares[index, number] = mixed_from(pixels, [2, 5])[1]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-3)
    is_clear = np.abs(shares - 0.04).min(axis=1) > 1e-3
    counted = (shares >= 0.04).sum(axis=1)
    assert np.all(counted[is_clear] == found.abcd[is_clear, 2])
    assert np.sum(((shares > 0.01) & (shares < 0.039))[is_clear]) >= 5
    assert np.sum(((shares > 0.041) & (shares < 0.08))[is_clear]) >= 5


def test_every_letter_tells_something_and_none_everything():
    found = make_lesions(2000, seed=11, size=32, prevalence=0.5)
    for letter in range(4):
        area = roc_auc(found.labels, found.abcd[:, letter])
        assert 0.75 < area.low and area.high < 0.97
    # All four together do not tell all of them apart either.
    sums = (found.abcd / found.abcd.std(axis=0)).sum(axis=1)
    assert 0.95 < roc_auc(found.labels, sums).value < 0.995


def test_rulers_and_tones_tell_nothing_unless_asked():
    found = make_lesions(2000, seed=12, size=32, prevalence=0.5, ruler=(0.5, 0.5))
    for score in (
        found.ruler_masks.any(axis=(1, 2)).astype(float),
        found.description.tones,
        found.description.tints[:, 0],
    ):
        area = roc_auc(found.labels, score)
        # Twice the half width of the 95 % interval: wrong once in 10,000 draws.
        assert abs(area.value - 0.5) < area.high - area.low


# --- refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "count must be a whole number from 1, got 0"),
        ({"seed": -1}, "seed must be a whole number from 0, got -1"),
        ({"size": 31}, "size must be a whole number from 32, got 31"),
        ({"prevalence": 1.5}, "prevalence must be a number in [0, 1], got 1.5"),
        ({"images_per_patient": 0}, "images_per_patient must be a whole number from 1"),
        ({"ruler": 0.5}, "ruler must be two numbers in [0, 1], for negatives and for"),
        ({"ruler": (0.5, 2)}, "ruler must be two numbers in [0, 1], for negatives and"),
        ({"tones": ()}, "tones must be at least one"),
        ({"tones": (0, 6)}, "tones must be in 0..5, got 0 to 6"),
        ({"tones": (1.0, 2.0)}, "tones must be whole numbers from 0, got float64"),
        ({"tones": 5}, "tones must be at least one class of shape (n,)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(settings, message):
    with pytest.raises(InputError) as caught:
        make_lesions(**{"count": 3, "seed": 0, **settings})
    assert message in str(caught.value)


@pytest.mark.parametrize("parts", ["skin", ("skin", "freckles")])
def test_unknown_parts_are_refused_and_the_known_ones_listed(parts, lesions):
    with pytest.raises(InputError, match="some of skin, lesion, hair, ruler, got"):
        redraw_lesions(lesions, parts)
