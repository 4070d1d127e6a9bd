"""Road scenes: the truth that comes with them is what is drawn."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import binom, chisquare

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes import (
    CLASSES,
    driving,
    make_driving_scenes,
    render_driving_scenes,
)
from mnist_tutorial.scenes.drawing import rows_of
from mnist_tutorial.scenes.driving_streets import _glow

ROAD, MARKING, VEHICLE, PEDESTRIAN, LIGHT = range(1, 6)
FOCAL, CAMERA = 1.3 * 64, 1.4  # pixels; metres above the road


@pytest.fixture(scope="module")
def scenes():
    return make_driving_scenes(60, seed=3)


@pytest.fixture(scope="module")
def alone(scenes):
    """Where each object is, drawn alone in a picture of its own."""
    streets, objects, scenery = scenes.description
    description = scenes.description._replace(
        streets=rows_of(streets, objects.scene),
        objects=objects._replace(scene=np.arange(len(objects.scene))),
        scenery=rows_of(scenery, slice(0)),
    )
    return render_driving_scenes(description, seed=0).instances >= 0


def make_empty(count, seed):
    """Describe streets in which there is nothing but scenery."""
    description = make_driving_scenes(count, seed=seed).description
    return description._replace(objects=rows_of(description.objects, slice(0)))


def same_truth(first, second):
    pairs = zip(first[1:6], second[1:6], strict=True)
    return all(one.tobytes() == other.tobytes() for one, other in pairs)


def test_same_seed_gives_the_same_bytes_and_the_same_streets_in_every_look(scenes):
    for look in ({"weather": "fog"}, {"night": True}, {"occlusion": 0.4}, {}):
        changed = make_driving_scenes(60, seed=3, **look)
        assert not look or np.abs(changed.images - scenes.images).mean() > 0.04
        assert same_truth(changed, scenes)
        again = render_driving_scenes(scenes.description, seed=3, **look)
        assert same_truth(again, changed)
        assert np.array_equal(again.images, changed.images)
    other = render_driving_scenes(scenes.description, seed=4)
    assert (other.images != scenes.images).any() and same_truth(other, scenes)
    assert (make_driving_scenes(60, seed=4).masks != scenes.masks).any()


def test_nearer_objects_cover_farther_ones_and_nothing_else_does(scenes, alone):
    assert scenes.images.dtype == np.float32 and scenes.masks.dtype == np.uint8
    assert scenes.images.shape == (*scenes.masks.shape, 3) == (60, 64, 96, 3)
    assert scenes.images.min() >= 0 and scenes.images.max() <= 1
    assert set(np.unique(scenes.masks)) == set(range(len(CLASSES)))
    objects = scenes.description.objects
    expected = np.full(scenes.masks.shape, -1)
    for index in np.argsort(-objects.distance):
        expected[objects.scene[index]][alone[index]] = index
    np.testing.assert_array_equal(scenes.instances, expected)
    seen = scenes.instances >= 0
    kinds = objects.kind[scenes.instances[seen]]
    np.testing.assert_array_equal(scenes.masks[seen], kinds)
    assert (scenes.masks[~seen] < VEHICLE).all()


def test_boxes_and_sizes_are_those_of_the_object_alone(scenes, alone):
    assert len(alone) == len(scenes.boxes) > 150
    for mask, box, size in zip(alone, scenes.boxes, scenes.sizes, strict=True):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert tuple(box) == (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
        assert size == mask.sum()
    counted = [(scenes.instances == i).sum() for i in range(len(alone))]
    np.testing.assert_array_equal(scenes.visible, counted)
    assert (scenes.visible <= scenes.sizes).all()
    assert (scenes.visible < scenes.sizes).any() and scenes.sizes.min() >= 1


@pytest.mark.parametrize("kind", [VEHICLE, PEDESTRIAN, LIGHT])
def test_what_the_mask_says_is_seen_in_the_picture(scenes, alone, kind):
    """Without the object the picture is another where its mask is, and only near."""
    description = scenes.description
    objects = description.objects
    is_whole = (scenes.visible == scenes.sizes) & (scenes.sizes > 8)
    chosen = np.flatnonzero((objects.kind == kind) & is_whole)[:12]
    changed_inside = []
    for index in chosen:
        left = rows_of(objects, np.arange(len(objects.scene)) != index)
        without = render_driving_scenes(description._replace(objects=left), seed=3)
        change = np.abs(without.images - scenes.images).max(axis=-1)
        scene = objects.scene[index]
        changed_inside.append((change[scene][alone[index]] > 0.02).mean())
        top, start, bottom, end = scenes.boxes[index]
        margin = 2 + (end - start) // 4  # its shadow, and soft edges
        rows = slice(max(0, top - 2), bottom + 3)
        change[scene, rows, max(0, start - margin) : end + margin] = 0
        assert change.max() < 1e-6
    assert len(chosen) == 12 and np.mean(changed_inside) > 0.9


def test_objects_stand_where_perspective_puts_them(scenes):
    objects, streets = scenes.description.objects, scenes.description.streets
    scale = FOCAL / objects.distance
    foot = streets.horizon[objects.scene] + scale * (CAMERA - objects.lift)
    top, left, bottom, right = scenes.boxes.T
    inside = (bottom < 64) & (top > 0)
    assert np.abs(bottom - foot)[inside].max() < 1
    assert np.abs(bottom - top - scale * objects.height)[inside].max() < 1.01
    shift = streets.bend[objects.scene] * objects.distance**2 / 2
    middle = streets.vanishing[objects.scene] + scale * (objects.aside + shift)
    inside &= (left > 0) & (right < 96)
    assert np.abs((left + right) / 2 - middle)[inside].max() < 1
    is_light = inside & (objects.kind == LIGHT)
    widths = (scale * objects.width)[is_light]
    assert np.abs((right - left)[is_light] - widths).max() < 1.01


def test_road_and_crossing_lie_where_perspective_puts_them():
    made = render_driving_scenes(make_empty(60, seed=5), seed=5)
    places = (np.reshape(each, (60, 1, 1)) for each in made.description.streets[:4])
    horizon, vanishing, bend, crossing = places
    row, column = np.arange(64)[:, np.newaxis] + 0.5, np.arange(96) + 0.5
    distance = FOCAL * CAMERA / np.maximum(row - horizon, 1)
    right = (column - vanishing) * distance / FOCAL
    turn = bend * np.minimum(distance, 60) ** 2 / 2
    from_left = right - turn + 1.5 * 3.3  # metres; two lanes of 3.3
    below = row - horizon > 2
    is_sure = below & (np.abs(np.abs(from_left - 3.3) - 3.3) > 0.01)
    is_road = (from_left > 0) & (from_left < 6.6)
    np.testing.assert_array_equal(made.masks[is_sure] > 0, is_road[is_sure])
    # Half a metre of paint, half a metre of road, from the left edge on.
    past, phase = distance - crossing, from_left % 1
    on_zebra = below & (past > 0.01) & (past < 2.79) & (np.abs(from_left - 3.3) < 3.19)
    on_zebra &= (np.abs(phase - 0.52) > 0.01) & (np.abs(phase - 0.5) < 0.49)
    wanted = np.where(phase < 0.52, MARKING, ROAD)
    np.testing.assert_array_equal(made.masks[on_zebra], wanted[on_zebra])
    assert on_zebra.sum() > 1000
    assert set(np.unique(made.masks)) == {0, ROAD, MARKING}
    brightness = made.images.mean(axis=-1)
    marking = np.median(brightness[made.masks == MARKING])
    assert marking > np.median(brightness[made.masks == ROAD]) + 0.2


def test_vehicles_ahead_show_red_lamps_and_those_that_come_pale_ones():
    made = make_driving_scenes(200, seed=6)
    objects = made.description.objects
    top, left, bottom, right = made.boxes.T
    is_whole = (made.visible == made.sizes) & (left > 0) & (right < 96)
    is_whole &= (bottom < 64) & (right - left > 16)
    chosen = np.flatnonzero(is_whole & (objects.kind == VEHICLE))
    is_ahead = objects.aside[chosen] > -3.3 / 2
    assert min(is_ahead.sum(), (~is_ahead).sum()) >= 5
    row = (top + 0.61 * (bottom - top))[chosen].astype(int)
    inset = (0.11 * (right - left)).astype(int)
    for column in (left + inset, right - 1 - inset):
        lamps = made.images[objects.scene[chosen], row, column[chosen]]
        assert np.array_equal(lamps[:, 0] > 2 * lamps[:, 1], is_ahead)
        assert lamps[~is_ahead].min() > 0.5


def test_classes_are_as_frequent_as_promised(monkeypatch):
    # Not drawn: what is where is decided before.
    described = lambda description, **_: description  # noqa: E731
    monkeypatch.setattr(driving, "render_driving_scenes", described)
    objects = make_driving_scenes(4000, seed=2).objects
    is_light = objects.kind == LIGHT
    lights = np.bincount(objects.state[is_light])
    for found, total, share in (
        (lights.sum(), 4000, 0.8),
        *zip(lights, 3 * [lights.sum()], (0.45, 0.1, 0.45), strict=True),
    ):
        low, high = binom.ppf([1e-5, 1 - 1e-5], total, share)
        assert low <= found <= high
    assert (objects.state[~is_light] == -1).all()
    for kind in (VEHICLE, PEDESTRIAN):
        numbers = np.bincount(objects.scene[objects.kind == kind], minlength=4000)
        found = np.bincount(numbers)
        assert len(found) == 4 and chisquare(found).pvalue > 1e-4


def test_a_light_shows_its_state():
    """The lamp that is lit is the brightest third of the housing."""
    made = make_driving_scenes(200, seed=4)
    objects = made.description.objects
    is_near = (objects.kind == LIGHT) & (objects.distance < 14)
    is_whole = (made.visible == made.sizes) & (made.boxes[:, 0] > 0)
    chosen = np.flatnonzero(is_near & is_whole)
    for index in chosen:
        top, left, bottom, right = made.boxes[index]
        housing = made.images[objects.scene[index], top:bottom, left:right]
        thirds = np.array_split(housing.max(axis=(1, 2)), 3)
        assert np.argmax([part.mean() for part in thirds]) == objects.state[index]
    assert len(chosen) > 30 and set(objects.state[chosen]) == set(range(3))


def test_fog_hides_what_is_far(scenes):
    fog = make_driving_scenes(60, seed=3, weather="fog")

    def contrast(made, is_far):
        chosen = (made.description.objects.distance > 20) == is_far
        chosen = np.flatnonzero(chosen & (made.visible > 0))
        return np.mean([made.images[made.instances == i].std() for i in chosen])

    far = contrast(fog, True) / contrast(scenes, True)
    near = contrast(fog, False) / contrast(scenes, False)
    assert far < 0.5 < near + 0.1 and far < 0.7 * near


def test_night_is_dark_but_for_what_shines(scenes):
    night = make_driving_scenes(60, seed=3, night=True)
    assert night.images.mean() < 0.4 * scenes.images.mean()
    assert night.images[night.masks == LIGHT].max() > 0.8
    near, far = night.images[:, 45:], night.images[:, :32]
    is_near, is_far = night.masks[:, 45:] == ROAD, night.masks[:, :32] == ROAD
    assert near[is_near].mean() > 1.2 * far[is_far].mean()


def test_some_windows_are_lit_at_night():
    description = make_empty(12, seed=7)
    # One long house of one colour, and no lamp or tree before it.
    streets = description.streets._replace(
        horizon=np.full(12, 27),
        roofs=np.full((12, 9), 0.25),
        walls=np.full((12, 9, 3), 0.7),
    )
    none = rows_of(description.scenery, slice(0))
    description = description._replace(streets=streets, scenery=none)
    day, night = (
        render_driving_scenes(description, seed=7, night=night).images[:, 12:24, :, 0]
        for night in (False, True)
    )
    low, high = np.quantile(day, [0.1, 0.9], axis=(1, 2), keepdims=True)
    is_window = day < (low + high) / 2
    assert 0.25 < is_window.mean() < 0.55
    walls = np.where(is_window, np.nan, night)
    is_lit = night > np.nanmedian(walls, axis=(1, 2), keepdims=True) + 0.1
    # Some, and not all.
    assert is_lit[~is_window].mean() < 0.1 < is_lit[is_window].mean() < 0.4


def test_glow_is_the_mean_of_the_neighbourhood():
    light = np.random.default_rng(1).random((2, 9, 11), dtype=np.float32)
    mean = ndimage.uniform_filter(light, (1, 5, 5), mode="nearest")
    np.testing.assert_allclose(_glow(light), mean, atol=1e-5)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_dirt_hides_the_share_asked_for(share, scenes):
    dirty = make_driving_scenes(60, seed=3, occlusion=share)
    # After the first fifty, the noise is another.
    change = np.abs(dirty.images - scenes.images)[:50].max(axis=-1)
    hidden = (change > 0.02).mean(axis=(1, 2))
    assert np.abs(hidden - share).max() < 0.06
    assert abs(hidden.mean() - share) < 0.03


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", 0), ("seed", -1), ("weather", "snow"), ("occlusion", -0.1)],
)
def test_what_cannot_be_drawn_is_refused(name, value):
    with pytest.raises(InputError, match=f"^{name} must be .*, got "):
        make_driving_scenes(**{"count": 2, "seed": 0, name: value})


def test_a_street_may_be_empty():
    made = render_driving_scenes(make_empty(3, seed=0), seed=0)
    assert made.boxes.shape == (0, 4) and len(made.visible) == 0
    assert (made.instances == -1).all()
    with pytest.raises(InputError, match="seed must be"):
        render_driving_scenes(made.description, seed=-1)
