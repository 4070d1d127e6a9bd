"""Road scenes: the truth that comes with them is what is drawn."""

import numpy as np
import pytest
from scipy.stats import binom, chisquare

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes import (
    CLASSES,
    LIGHT_STATES,
    WEATHERS,
    describe_driving_scenes,
    draw_alone,
    make_driving_scenes,
    render_driving_scenes,
)

ROAD, MARKING, VEHICLE, PEDESTRIAN, LIGHT = range(1, 6)
FOCAL, CAMERA = 1.3, 1.4  # of the picture's height; metres above the road


@pytest.fixture(scope="module")
def scenes():
    return make_driving_scenes(60, seed=3)


@pytest.fixture(scope="module")
def alone(scenes):
    """Every object drawn alone."""
    objects = scenes.description.objects
    return np.array([draw_alone(scenes.description, i) for i in range(len(objects[0]))])


def same_bytes(first, second):
    return all(
        a.tobytes() == b.tobytes() for a, b in zip(first[:7], second[:7], strict=True)
    )


# --- seeds ---------------------------------------------------------------------------


@pytest.mark.parametrize("weather", WEATHERS)
def test_same_seed_gives_same_bytes(weather):
    def make(seed):
        return make_driving_scenes(
            60, seed=seed, weather=weather, night=True, blur=1, occlusion=0.1
        )

    first = make(5)
    assert same_bytes(first, make(5))
    other = make(6)
    assert (first.images != other.images).any() and (first.masks != other.masks).any()


def test_same_seed_gives_the_same_streets_in_every_weather(scenes):
    for look in ({"weather": "fog"}, {"weather": "rain"}, {"night": True}):
        changed = make_driving_scenes(60, seed=3, **look)
        assert np.abs(changed.images - scenes.images).mean() > 0.04
        for name in ("masks", "instances", "boxes", "sizes", "visible", "lights"):
            np.testing.assert_array_equal(getattr(changed, name), getattr(scenes, name))


def test_making_is_describing_and_rendering(scenes):
    description = describe_driving_scenes(60, seed=3)
    assert same_bytes(render_driving_scenes(description, seed=3), scenes)
    other = render_driving_scenes(description, seed=4)
    assert (other.images != scenes.images).any()
    np.testing.assert_array_equal(other.instances, scenes.instances)


# --- masks and boxes are what is drawn -----------------------------------------------


def test_arrays_are_as_promised(scenes):
    assert scenes.images.dtype == np.float32
    assert scenes.images.shape == (60, 64, 96, 3)
    assert scenes.images.min() >= 0 and scenes.images.max() <= 1
    assert scenes.masks.dtype == np.uint8 and scenes.masks.shape == (60, 64, 96)
    assert set(np.unique(scenes.masks)) == set(range(len(CLASSES)))


def test_nearer_objects_cover_farther_ones_and_nothing_else_does(scenes, alone):
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
    assert (scenes.visible < scenes.sizes).any()


@pytest.mark.parametrize("kind", [VEHICLE, PEDESTRIAN, LIGHT])
def test_what_the_mask_says_is_seen_in_the_picture(scenes, alone, kind):
    """Without the object the picture is another where its mask is, and only near."""
    description = scenes.description
    objects = description.objects
    chosen = [
        i
        for i in np.flatnonzero(objects.kind == kind)
        if scenes.visible[i] == scenes.sizes[i] > 8
    ][:12]
    changed_inside = []
    for index in chosen:
        left = type(objects)(*(np.delete(column, index, axis=0) for column in objects))
        without = render_driving_scenes(description._replace(objects=left), seed=3)
        change = np.abs(without.images - scenes.images).max(axis=-1)
        scene = objects.scene[index]
        assert change[np.arange(60) != scene].max() == 0
        changed_inside.append((change[scene][alone[index]] > 0.02).mean())
        top, start, bottom, end = scenes.boxes[index]
        near = np.zeros((64, 96), dtype=bool)
        margin = 2 + (end - start) // 4  # its shadow, and soft edges
        near[max(0, top - 2) : bottom + 3, max(0, start - margin) : end + margin] = True
        assert change[scene][~near].max() < 1e-6
    assert len(chosen) == 12 and np.mean(changed_inside) > 0.9


@pytest.mark.parametrize("size", [(48, 64), (64, 96), (96, 128)])
def test_every_object_is_in_the_picture(size):
    height, width = size
    made = make_driving_scenes(300, seed=8, height=height, width=width)
    assert made.sizes.min() >= 1
    assert made.images.shape == (300, height, width, 3)
    assert (made.boxes >= 0).all()
    assert (made.boxes[:, 2] <= height).all() and (made.boxes[:, 3] <= width).all()


def test_objects_stand_where_perspective_puts_them(scenes):
    objects, streets = scenes.description.objects, scenes.description.streets
    scale = FOCAL * 64 / objects.distance
    foot = streets.horizon[objects.scene] + scale * (CAMERA - objects.lift)
    top, left, bottom, right = scenes.boxes.T
    inside = (bottom < 64) & (top > 0)
    assert np.abs(bottom - foot)[inside].max() < 1
    assert np.abs(bottom - top - scale * objects.height)[inside].max() < 1.01
    is_light = inside & (objects.kind == LIGHT) & (left > 0) & (right < 96)
    widths = (scale * objects.width)[is_light]
    assert np.abs((right - left)[is_light] - widths).max() < 1.01


def test_road_lies_where_perspective_puts_it():
    made = make_driving_scenes(40, seed=1, vehicles=0, pedestrians=0, light_share=0)
    streets = made.description.streets
    checked = 0
    for distance in (5, 8, 14, 25):
        row = streets.horizon + FOCAL * 64 * CAMERA / distance
        for aside, is_road in (
            *((-5.6, False), (-4.3, True), (-3.3, True), (0, True), (1, True)),
            *((2.3, False), (4.5, False)),
        ):
            at = aside + streets.bend * distance**2 / 2
            column = streets.vanishing + FOCAL * 64 * at / distance
            inside = (row < 64) & (column >= 0) & (column < 96)
            scene = np.flatnonzero(inside)
            found = made.masks[scene, row[scene].astype(int), column[scene].astype(int)]
            wanted = (ROAD, MARKING) if is_road else (0,)
            right = np.isin(found, wanted)
            assert right.sum() >= 0.97 * len(right), (distance, aside)
            checked += len(right)
    assert checked > 600
    assert set(np.unique(made.masks)) == {0, ROAD, MARKING}


def test_markings_are_bright_and_the_road_is_not(scenes):
    brightness = scenes.images.mean(axis=-1)
    marking = np.median(brightness[scenes.masks == MARKING])
    assert marking > np.median(brightness[scenes.masks == ROAD]) + 0.2


def test_zebra_crossings_lie_where_they_are_described():
    made = make_driving_scenes(
        40, seed=5, height=192, width=288, vehicles=0, pedestrians=0, light_share=0
    )
    streets = made.description.streets
    checked = 0
    for scene in np.flatnonzero(np.isfinite(streets.crossing)):
        distance = streets.crossing[scene] + 1.4
        scale = FOCAL * 192 / distance
        row = int(streets.horizon[scene] + scale * CAMERA)
        # Half a metre of paint, half a metre of road, from the left edge on.
        for stripe in range(6):
            for part, wanted in ((0.26, MARKING), (0.76, ROAD)):
                aside = -1.5 * 3.3 + stripe + part
                at = aside + streets.bend[scene] * distance**2 / 2
                column = int(streets.vanishing[scene] + scale * at)
                if 0 <= column < 288:
                    assert made.masks[scene, row, column] == wanted
                    checked += 1
    assert checked > 80


def test_vehicles_ahead_show_red_lamps_and_those_that_come_pale_ones():
    made = make_driving_scenes(40, seed=6, height=192, width=288)
    objects = made.description.objects
    top, left, bottom, right = made.boxes.T
    is_whole = (made.visible == made.sizes) & (top > 0) & (left > 0)
    is_whole &= (bottom < 192) & (right < 288) & (right - left > 20)
    chosen = np.flatnonzero(is_whole & (objects.kind == VEHICLE))
    is_ahead = objects.aside[chosen] > -3.3 / 2
    assert min(is_ahead.sum(), (~is_ahead).sum()) >= 5
    for index, red in zip(chosen, is_ahead, strict=True):
        row = int(top[index] + 0.61 * (bottom[index] - top[index]))
        inset = int(0.11 * (right[index] - left[index]))
        for column in (left[index] + inset, right[index] - 1 - inset):
            lamp = made.images[objects.scene[index], row, column]
            assert (lamp[0] > 2 * lamp[1]) == red
            assert red or lamp.min() > 0.5


# --- how often -----------------------------------------------------------------------


def test_classes_are_as_frequent_as_asked():
    shares = (0.6, 0.05, 0.35)
    made = describe_driving_scenes(
        4000, seed=2, light_share=0.7, state_shares=shares, vehicles=4, pedestrians=2
    )
    kinds, scene = made.objects.kind, made.objects.scene
    lights = made.objects.state[kinds == LIGHT]
    for found, total, share in (
        (len(lights), 4000, 0.7),
        *((np.sum(lights == i), len(lights), s) for i, s in enumerate(shares)),
    ):
        low, high = binom.ppf([1e-5, 1 - 1e-5], total, share)
        assert low <= found <= high
    for kind, most in ((VEHICLE, 4), (PEDESTRIAN, 2)):
        numbers = np.bincount(scene[kinds == kind], minlength=4000)
        found = np.bincount(numbers, minlength=most + 1)
        assert len(found) == most + 1
        assert chisquare(found).pvalue > 1e-4
    assert (made.objects.state[kinds != LIGHT] == -1).all()


def test_lights_tell_the_state_that_shines(scenes):
    objects = scenes.description.objects
    for scene, state in enumerate(scenes.lights):
        (rows,) = np.nonzero((objects.scene == scene) & (objects.kind == LIGHT))
        assert len(rows) == (state >= 0)
        assert (objects.state[rows] == state).all()
    assert set(scenes.lights) == {-1, *range(len(LIGHT_STATES))}
    # In large pictures the lamp that is lit is the brightest third of the housing.
    large = make_driving_scenes(60, seed=4, height=192, width=288)
    agree = []
    for index in np.flatnonzero(large.description.objects.kind == LIGHT):
        top, left, bottom, right = large.boxes[index]
        if top < 1 or large.visible[index] < large.sizes[index]:
            continue
        scene = large.description.objects.scene[index]
        lamps = large.images[scene, top:bottom, left:right].max(axis=(1, 2))
        thirds = [part.mean() for part in np.array_split(lamps, 3)]
        agree.append(np.argmax(thirds) == large.lights[scene])
    assert len(agree) > 30 and np.mean(agree) == 1


# --- weather, night, blur, dirt ------------------------------------------------------


def test_fog_hides_what_is_far(scenes):
    fog = make_driving_scenes(60, seed=3, weather="fog")

    def seen(made, is_far):
        objects = made.description.objects
        values = []
        for index in np.flatnonzero((objects.distance > 20) == is_far):
            mask = made.instances == index
            if mask.any():
                values.append(made.images[mask].std())
        return np.mean(values)

    far = seen(fog, True) / seen(scenes, True)
    near = seen(fog, False) / seen(scenes, False)
    assert far < 0.5 < near + 0.1 and far < 0.7 * near


def test_night_is_dark_but_for_what_shines(scenes):
    night = make_driving_scenes(60, seed=3, night=True)
    assert night.images.mean() < 0.4 * scenes.images.mean()
    is_light = night.masks == LIGHT
    assert night.images[is_light].max() > 0.8
    road = night.masks == ROAD
    near, far = road.copy(), road.copy()
    near[:, :45], far[:, 32:] = False, False
    assert night.images[near].mean() > 1.2 * night.images[far].mean()


def test_some_windows_are_lit_at_night():
    size = {"height": 192, "width": 288}
    empty = {"vehicles": 0, "pedestrians": 0, "light_share": 0}
    made = describe_driving_scenes(12, seed=7, **size, **empty)
    # One long house of one colour, and no lamp or tree before it.
    streets = made.streets._replace(
        roofs=np.full_like(made.streets.roofs, 0.25),
        walls=np.full_like(made.streets.walls, 0.7),
    )
    no_scenery = type(made.scenery)(*(column[:0] for column in made.scenery))
    made = made._replace(streets=streets, scenery=no_scenery)
    day, night = (
        render_driving_scenes(made, seed=7, night=night).images[..., 0]
        for night in (False, True)
    )
    lit = []
    for scene, horizon in enumerate(streets.horizon):
        house = np.s_[scene, int(horizon - 0.25 * 192) + 3 : int(horizon) - 7]
        low, high = np.quantile(day[house], [0.1, 0.9])
        is_window = day[house] < (low + high) / 2
        assert 0.2 < is_window.mean() < 0.5
        wall = np.median(night[house][~is_window])
        lit.append((night[house][is_window] > wall + 0.1).mean())
        assert (night[house][~is_window] > wall + 0.1).mean() < 0.1
    # Some, and not all.
    assert 0.1 < np.mean(lit) < 0.4


def test_rain_draws_streaks(scenes):
    rain = make_driving_scenes(60, seed=3, weather="rain")
    sky = np.s_[:, :12]

    def above_the_rest(images):
        gray = images[sky].mean(axis=-1)
        middle = np.median(gray, axis=(1, 2), keepdims=True)
        return (np.abs(gray - middle) > 0.1).mean()

    grey = np.ptp(rain.images[sky], axis=-1).mean()
    assert grey < 0.5 * np.ptp(scenes.images[sky], axis=-1).mean()
    assert above_the_rest(rain.images) > 0.02


def test_blur_smooths_more_the_wider_it_is(scenes):
    def roughness(blur):
        images = make_driving_scenes(60, seed=3, blur=blur).images
        return np.abs(np.diff(images.mean(axis=-1), axis=2)).mean()

    assert roughness(0) > 1.3 * roughness(1) > 1.3 * roughness(3)
    assert roughness(0) == np.abs(np.diff(scenes.images.mean(-1), axis=2)).mean()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_dirt_hides_the_share_asked_for(share):
    clean = make_driving_scenes(40, seed=3).images
    dirty = make_driving_scenes(40, seed=3, occlusion=share)
    change = np.abs(dirty.images - clean).max(axis=-1)
    hidden = (change > 0.02).mean(axis=(1, 2))
    assert np.abs(hidden - share).max() < 0.06
    assert abs(hidden.mean() - share) < 0.03
    np.testing.assert_array_equal(dirty.masks, make_driving_scenes(40, seed=3).masks)


# --- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count must be a whole number, at least 1, got 0"),
        ({"count": 2.5}, "count must be a whole number"),
        ({"seed": -1}, "seed must be a whole number, at least 0, got -1"),
        ({"height": 47}, "height must be a whole number of pixels, at least 48, got"),
        ({"width": 63}, "width must be a whole number of pixels, at least 64, got"),
        ({"vehicles": -1}, "vehicles must be a whole number, at least 0, got -1"),
        ({"pedestrians": True}, "pedestrians must be a whole number"),
        ({"light_share": 1.2}, r"light_share must be in [0, 1], got 1.2"),
        ({"state_shares": (0.5, 0.5)}, "one each for red, yellow, green, that add up"),
        (
            {"state_shares": (0.9, 0.2, -0.1)},
            "state_shares[2] must be in [0, 1], got -0.1",
        ),
        ({"state_shares": (0.333,) * 3}, "that add up to 1, got (0.333,"),
        ({"state_shares": None}, "state_shares must be 3 shares"),
        ({"state_shares": 5}, "state_shares must be 3 shares"),
        ({"state_shares": {0.2: 0, 0.3: 0, 0.5: 0}}, "state_shares must be 3 shares"),
        ({"state_shares": ("a", "b", "c")}, "state_shares[0] must be in [0, 1]"),
        ({"state_shares": (None, 0.5, 0.5)}, "state_shares[0] must be in [0, 1]"),
        ({"state_shares": (True, 0, 0)}, "state_shares[0] must be in [0, 1]"),
        ({"night": "no"}, "night must be True or False, got 'no'"),
        ({"weather": "snow"}, "weather must be one of clear, rain, fog, got 'snow'"),
        ({"blur": 0.5}, "blur must be a whole number, at least 0, got 0.5"),
        ({"occlusion": -0.1}, r"occlusion must be in [0, 1], got -0.1"),
        ({"occlusion": float("nan")}, "occlusion must be in [0, 1], got nan"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, message):
    arguments = {"count": 2, "seed": 0, **change}
    with pytest.raises(InputError) as caught:
        make_driving_scenes(arguments.pop("count"), **arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("shares", [(0.3333333,) * 3, np.float32([0.45, 0.1, 0.45])])
def test_shares_need_not_add_up_to_the_last_bit(shares):
    states = describe_driving_scenes(300, seed=0, state_shares=shares).objects.state
    assert set(states) == {-1, 0, 1, 2}


@pytest.mark.parametrize("index", [-1, 10_000, 1.5, None, "0", True])
def test_only_objects_that_are_there_are_drawn_alone(scenes, index):
    with pytest.raises(InputError, match="index must be "):
        draw_alone(scenes.description, index)


def test_a_street_may_be_empty():
    made = make_driving_scenes(3, seed=0, vehicles=0, pedestrians=0, light_share=0)
    assert made.boxes.shape == (0, 4) and len(made.visible) == 0
    assert (made.lights == -1).all() and (made.instances == -1).all()
    with pytest.raises(InputError, match="one of the 0 objects in desc.*, got 0"):
        draw_alone(made.description, 0)
