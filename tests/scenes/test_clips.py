"""Clips of a fixed camera: what is said about them is what is drawn."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import ndimage

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes import (
    CLIP_KINDS,
    CLIP_LIGHTS,
    draw_clip_object,
    draw_yard,
    make_clips,
    zone_mask,
)
from mnist_tutorial.scenes.clips import (
    CRATE,
    FEWEST_FRAMES,
    LONGEST_STOP,
    MAX_OBJECTS,
    MAX_PEOPLE,
    NOISE,
    SHORTEST_LOITERING,
)
from mnist_tutorial.scenes.drawing import capsule, pixel_grid

EVENTS = CLIP_KINDS[1:]


@pytest.fixture(scope="module", params=CLIP_KINDS)
def kind_and_clips(request):
    return request.param, make_clips(12, seed=7, kinds={request.param: 1})


@pytest.fixture(scope="module")
def mixed():
    return make_clips(20, seed=3, kinds=dict.fromkeys(CLIP_KINDS, 1))


@pytest.fixture(scope="module")
def many():
    return {
        kind: make_clips(150, seed=20, kinds={kind: 1}, height=32, width=40)
        for kind in CLIP_KINDS
    }


def people(objects):
    return [item for item in objects if item.name == "person"]


def crate_of(objects):
    (crate,) = (item for item in objects if item.name == "crate")
    return crate


# --- what comes back ------------------------------------------------------------------


def test_arrays_have_their_shapes_kinds_and_ranges(mixed):
    assert mixed.frames.shape == (20, 32, 48, 64, 1)
    assert mixed.frames.dtype == np.float32
    assert mixed.frames.min() >= 0 and mixed.frames.max() <= 1
    assert mixed.owners.shape == (20, 32, 48, 64) and mixed.owners.dtype == np.uint8
    assert mixed.boxes.shape == (20, 32, MAX_OBJECTS, 4)
    assert mixed.is_event.shape == (20, 32) and mixed.is_event.dtype == bool
    assert len(mixed.objects) == 20
    assert all(len(objects) <= MAX_OBJECTS for objects in mixed.objects)


@pytest.mark.parametrize("light", CLIP_LIGHTS)
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(light):
    kinds = dict.fromkeys(CLIP_KINDS, 1)
    first, again, other = (
        make_clips(4, seed=seed, kinds=kinds, light=light) for seed in (5, 5, 6)
    )
    for one, same in zip(first[:5], again[:5], strict=True):
        assert one.tobytes() == same.tobytes()
    assert first.frames.tobytes() != other.frames.tobytes()


def test_no_clips_are_no_clips():
    clips = make_clips(0, seed=0)
    assert clips.frames.shape == (0, 32, 48, 64, 1) and clips.objects == []


def test_kinds_are_as_frequent_as_asked():
    weights = dict(zip(CLIP_KINDS, (6, 1, 0, 2, 1), strict=True))
    count = 600
    labels = make_clips(count, seed=2, kinds=weights, height=32, width=40).labels
    for label, kind in enumerate(CLIP_KINDS):
        share = weights[kind] / 10
        error = np.sqrt(share * (1 - share) / count)
        assert abs((labels == label).mean() - share) <= 4 * error


@pytest.mark.parametrize(
    "weights",
    [
        (np.uint8(200), np.uint8(100)),
        (Fraction(2, 3), Fraction(1, 3)),
        (10**300, np.float32(0)),
        (np.int64(2), 1.0),
    ],
)
def test_weights_may_be_any_kind_of_number(weights):
    first, second = weights
    given, plain = (
        make_clips(5, seed=3, kinds=dict(zip(EVENTS, pair, strict=False))).labels
        for pair in (weights, (float(first), float(second)))
    )
    assert np.array_equal(given, plain)


def test_another_size_and_length_can_be_asked_for():
    clips = make_clips(2, seed=1, frames=40, height=96, width=128)
    assert clips.frames.shape == (2, 40, 96, 128, 1)
    assert draw_yard(96, 128).shape == zone_mask(96, 128).shape == (96, 128)


# --- each object alone ----------------------------------------------------------------


@pytest.mark.parametrize("size", [(48, 64), (32, 40), (60, 100)])
def test_masks_and_boxes_are_those_of_each_object_drawn_alone(size):
    height, width = size
    clips = make_clips(
        6, seed=11, kinds=dict.fromkeys(CLIP_KINDS, 1), height=height, width=width
    )
    for n, objects in enumerate(clips.objects):
        expected = np.zeros_like(clips.owners[n])
        for k, item in enumerate(objects):
            alone = draw_clip_object(item, height, width)
            assert alone.shape == expected.shape
            expected[alone] = k + 1
            for frame, box in zip(alone, clips.boxes[n, :, k], strict=True):
                rows, columns = np.nonzero(frame)
                tight = [0, 0, 0, 0]
                if len(rows):
                    tight = [rows.min(), columns.min(), rows.max(), columns.max()]
                    tight = np.add(tight, [0, 0, 1, 1])
                assert np.array_equal(box, tight)
        assert np.array_equal(clips.owners[n], expected)
        assert not clips.boxes[n, :, len(objects) :].any()


def test_where_nobody_is_the_yard_is_seen(mixed):
    far = ndimage.maximum_filter(mixed.owners, (1, 1, 5, 5)) == 0
    far[..., [0, 1, -2, -1]] = False  # someone may be half a pixel into the picture
    difference = (mixed.frames[..., 0] - draw_yard())[far]
    assert np.abs(difference).max() < 7 * NOISE
    assert 0.8 * NOISE < difference.std() < 1.2 * NOISE


def test_people_stand_out_from_the_yard(mixed):
    for n, objects in enumerate(mixed.objects):
        for k, item in enumerate(objects):
            if item.name == "person":
                mine = mixed.owners[n] == k + 1
                if mine.sum() > 200:
                    difference = np.abs(mixed.frames[n, ..., 0] - draw_yard())[mine]
                    assert difference.mean() > 5 * NOISE


def test_who_stands_farther_down_hides_who_stands_behind(mixed):
    hidden = 0
    for owners, objects in zip(mixed.owners, mixed.objects, strict=True):
        masks = [draw_clip_object(item) for item in objects]
        for far, item in enumerate(objects):
            for near, other in enumerate(objects):
                if is_always_above(item, other):
                    both = masks[far] & masks[near]
                    assert not np.any(owners[both] == far + 1)
                    hidden += both.sum()
    assert hidden > 500


def is_always_above(item, other):
    rows = [each.y[each.is_present] for each in (item, other)]
    return all(map(len, rows)) and rows[0].max() < rows[1].min()


def test_people_are_drawn_as_tall_as_they_are_said_to_be(mixed):
    compared = 0
    for boxes, objects in zip(mixed.boxes, mixed.objects, strict=True):
        for k, item in enumerate(objects):
            top, left, bottom, right = boxes[:, k].T
            is_whole = (left > 0) & (right < 64)
            if item.name == "person" and is_whole.any():
                heights = (bottom - top)[is_whole]
                assert np.abs(heights - item.size[is_whole]).max() < 2
                compared += len(heights)
    assert compared > 500


def test_people_shrink_towards_one_horizon_above_the_picture():
    horizons = []
    for objects in make_clips(20, seed=8, kinds={"intrusion": 1}).objects:
        for person in people(objects):
            if np.ptp(person.y) > 5:
                slope, size_at_the_top = np.polyfit(person.y, person.size, 1)
                assert slope > 0.1, "who comes nearer has to look larger"
                horizons.append(-size_at_the_top / slope)
    assert len(horizons) >= 20 and max(horizons) < 0
    assert np.ptp(horizons) < 0.01


def test_legs_swing(mixed):
    always = np.ones(32)
    walker = people(mixed.objects[0])[0]._replace(
        y=36 * always,
        x=32 * always,
        size=12.5 * always,
        step=np.linspace(0, 2 * np.pi, 32),
        is_present=always > 0,
    )
    widths = draw_clip_object(walker)[:, 34:36].any(axis=1).sum(axis=1)
    assert widths[0] == 2 and widths[8] >= 4 and widths[24] >= 4
    standing = walker._replace(step=np.nan * always)
    assert np.ptp(draw_clip_object(standing).sum(axis=(1, 2))) == 0


# --- what happens ---------------------------------------------------------------------


def test_only_events_are_flagged_and_each_can_be_seen_for_a_while(kind_and_clips):
    kind, clips = kind_and_clips
    if kind == "ordinary":
        assert not clips.is_event.any()
    else:
        assert clips.is_event.sum(axis=1).min() >= 2
        assert not clips.is_event[:, 0].any()


def test_ordinary_people_keep_out_of_the_zone_and_move_on():
    clips = make_clips(60, seed=4)
    for objects in clips.objects:
        assert np.all(crate_of(objects).y == CRATE[0])
        for item in people(objects):
            assert not np.any(in_zone(item) & item.is_present)
            assert longest_run(np.isnan(item.step)) <= LONGEST_STOP


def in_zone(item):
    return (item.y > 15) & (item.y < 25) & (item.x > 40) & (item.x < 60)


def longest_run(flags):
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def test_intrusion_is_flagged_while_somebody_stands_in_the_zone():
    clips = make_clips(30, seed=8, kinds={"intrusion": 1})
    for objects, flags in zip(clips.objects, clips.is_event, strict=True):
        inside = np.any([in_zone(p) & p.is_present for p in people(objects)], axis=0)
        assert np.array_equal(flags, inside) and flags.sum() >= 3


def test_the_zone_mask_is_where_an_intruder_stands():
    zone = zone_mask()
    assert zone.sum() == 200
    clips = make_clips(10, seed=8, kinds={"intrusion": 1})
    for objects, flags in zip(clips.objects, clips.is_event, strict=True):
        frame = int(np.flatnonzero(flags)[0])
        feet = [(int(p.y[frame]), int(p.x[frame])) for p in people(objects)]
        assert any(zone[y, x] for y, x in feet if 0 <= y < 48 and 0 <= x < 64)


# Among the 30 clips of seed 190 two loiterers arrive as late as they can.
@pytest.mark.parametrize(("frames", "seed"), [(32, 9), (FEWEST_FRAMES, 190)])
def test_loitering_is_flagged_while_somebody_stays(frames, seed):
    clips = make_clips(30, seed=seed, kinds={"loitering": 1}, frames=frames)
    for objects, flags in zip(clips.objects, clips.is_event, strict=True):
        stays = [np.isnan(p.step) & p.is_present for p in people(objects)]
        longest = max(stays, key=longest_run)
        assert longest_run(longest) >= SHORTEST_LOITERING
        assert np.array_equal(flags, longest)


def test_a_bag_is_flagged_from_the_frame_in_which_its_owner_puts_it_down():
    clips = make_clips(30, seed=10, kinds={"object left": 1})
    for n, (objects, flags) in enumerate(
        zip(clips.objects, clips.is_event, strict=True)
    ):
        (k,) = (
            k
            for k, item in enumerate(objects)
            if item.name == "bag" and item.is_present[-1] and item.x[-1] == item.x[-2]
        )
        bag = objects[k]
        assert np.array_equal(flags, (bag.y == bag.y[-1]) & (bag.x == bag.x[-1]))
        assert clips.boxes[n, flags, k].any(axis=1).all(), "the bag must be in view"
        start = int(np.argmax(flags))
        assert any(
            np.isnan(p.step[start]) and abs(p.x - bag.x)[start] < 4
            for p in people(objects)
        )


def test_a_taken_crate_is_flagged_from_when_it_leaves_its_place():
    clips = make_clips(30, seed=12, kinds={"object taken": 1})
    for objects, flags in zip(clips.objects, clips.is_event, strict=True):
        crate = crate_of(objects)
        moved = np.hypot(crate.y - CRATE[0], crate.x - CRATE[1]) > 0
        assert np.array_equal(flags, moved)
        carriers = [p for p in people(objects) if np.ptp((p.x - crate.x)[flags]) < 0.1]
        assert len(carriers) == 1
        # Seen in every frame in which its carrier is well inside the picture.
        x = carriers[0].x
        is_carried = flags & (x > 6) & (x < 58)
        assert is_carried.sum() >= 2
        around = ndimage.maximum_filter(draw_clip_object(carriers[0]), (1, 3, 3))
        touching = (around & draw_clip_object(crate)).any(axis=(1, 2))
        assert touching[is_carried].all()


def test_how_many_people_there_are_says_nothing_about_the_kind(many):
    means = []
    for clips in many.values():
        counts = np.array([len(people(objects)) for objects in clips.objects])
        assert counts.min() == 1 and counts.max() == MAX_PEOPLE
        means.append(counts.mean())
    # The standard error of each mean is 0.82 / sqrt(150).
    assert np.ptp(means) < 5 * 0.82 / np.sqrt(150)


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_a_bag_alone_says_little_about_the_kind(kind, many):
    objects = sum(many[kind].objects, [])
    bags = sum(item.name == "bag" for item in objects)
    walkers = len(people(objects))
    if kind in ("object left", "object taken"):  # one person has something else to do
        walkers -= 150
    if kind == "object left":
        bags -= 150
    assert abs(bags / walkers - 0.3) < 4 * np.sqrt(0.3 * 0.7 / walkers)


def test_nothing_jumps(kind_and_clips):
    for objects in kind_and_clips[1].objects:
        for item in objects:
            both = item.is_present[1:] & item.is_present[:-1]
            steps = np.hypot(np.diff(item.y), np.diff(item.x))[both]
            assert steps.max(initial=0) < 6


# --- light ----------------------------------------------------------------------------


def test_light_changes_nothing_but_the_light():
    steady, gradual, sudden = (
        make_clips(6, seed=13, kinds={"loitering": 1}, light=light)
        for light in CLIP_LIGHTS
    )
    for other in (gradual, sudden):
        assert np.array_equal(steady.owners, other.owners)
        assert np.array_equal(steady.is_event, other.is_event)


def test_a_cloud_darkens_every_pixel_alike_and_slowly():
    steady, cloud = (
        make_clips(6, seed=13, light=light).frames[..., 0].astype(float)
        for light in ("steady", "gradual")
    )
    gains = np.median(cloud / steady, axis=(2, 3))  # (6, 32)
    assert np.all(gains[:, 0] > 0.97)
    assert np.all((gains[:, -1] > 0.5) & (gains[:, -1] < 0.85))
    assert np.abs(np.diff(gains, axis=1)).max() < 0.1
    left, right = np.split(cloud / steady, 2, axis=3)
    apart = np.median(left, axis=(2, 3)) - np.median(right, axis=(2, 3))
    assert np.abs(apart).max() < 0.03


def test_a_lamp_brightens_its_surroundings_at_once_and_nothing_far_away():
    steady, lamp = (
        make_clips(6, seed=13, light=light).frames[..., 0].astype(float)
        for light in ("steady", "sudden")
    )
    near = (lamp - steady)[:, :, 14:22, 14:20].mean(axis=(2, 3))  # (6, 32)
    assert np.all(near[:, 0] < 0.01) and np.all(near[:, -1] > 0.08)
    steps = np.sort(np.abs(np.diff(near, axis=1)), axis=1)
    assert np.all(steps[:, -1] > 10 * steps[:, -3])
    assert np.abs(lamp - steady)[:, :, :, 56:].max() < 0.02


# --- the thick line that people are drawn with ---------------------------------------


def test_a_capsule_fills_a_rectangle_and_two_half_discs():
    y, x = pixel_grid(60, 80)
    for start, end in (((20, 20), (20, 50)), ((15, 20), (45, 60)), ((30, 30),) * 2):
        covered = capsule(y, x, start=start, end=end, radius=6)
        length = np.hypot(end[0] - start[0], end[1] - start[1])
        assert abs(covered.sum() - (np.pi * 36 + 12 * length)) < 3
        assert covered[start] == covered[end] == 1
        swapped = capsule(y, x, start=end, end=start, radius=6)
        assert np.allclose(covered, swapped, atol=1e-5)


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": -1}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": True}, "count"),
        ({"seed": None}, "seed must be"),
        ({"seed": True}, "seed must be"),
        ({"seed": (1, 2)}, "seed must be"),
        ({"seed": np.random.default_rng(0)}, "seed must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 1.5}, "seed must be"),
        ({"seed": "a"}, "seed must be"),
        ({"height": 31}, "height"),
        ({"width": 39}, "width"),
        ({"frames": 23}, "frames"),
        ({"kinds": {"theft": 1}}, ", ".join(CLIP_KINDS)),
        ({"kinds": {"ordinary": -1}}, "ordinary"),
        ({"kinds": {"ordinary": float("nan")}}, "ordinary"),
        ({"kinds": {"ordinary": 0}}, "kinds"),
        ({"kinds": {"ordinary": 10**5000}}, "weight of 'ordinary' must be"),
        ({"kinds": {"ordinary": -Fraction(10**400)}}, "weight of 'ordinary' must be"),
        ({"kinds": {"ordinary": 1e308, "intrusion": 1e308}}, "finite sum, got inf"),
        ({"kinds": {}}, "kinds"),
        ({"kinds": "intrusion"}, "kinds"),
        ({"light": "fog"}, ", ".join(CLIP_LIGHTS)),
    ],
)
def test_bad_input_is_refused_and_the_message_says_what_is_known(settings, message):
    settings = {"count": 1, "seed": 0, **settings}
    with pytest.raises(InputError, match=message):
        make_clips(settings.pop("count"), **settings)


@pytest.mark.parametrize("draw", [draw_yard, zone_mask])
def test_a_yard_too_small_is_refused(draw):
    with pytest.raises(InputError, match="height must be"):
        draw(20, 64)
    with pytest.raises(InputError, match="width must be"):
        draw(48, 20)
