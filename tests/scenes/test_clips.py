"""Clips of a fixed camera: what is said about them is what is drawn."""

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


def test_loitering_is_flagged_while_somebody_stays():
    clips = make_clips(30, seed=9, kinds={"loitering": 1})
    for objects, flags in zip(clips.objects, clips.is_event, strict=True):
        stays = [np.isnan(p.step) & p.is_present for p in people(objects)]
        longest = max(stays, key=longest_run)
        assert longest_run(longest) >= SHORTEST_LOITERING
        assert np.array_equal(flags, longest)


def test_a_bag_is_flagged_from_when_it_lies_and_its_owner_goes():
    clips = make_clips(30, seed=10, kinds={"object left": 1})
    for n, (objects, flags) in enumerate(
        zip(clips.objects, clips.is_event, strict=True)
    ):
        assert flags[-1]
        start = int(np.argmax(flags))
        assert flags[start:].all()
        lying = [
            k
            for k, item in enumerate(objects)
            if item.name == "bag" and np.ptp(item.x[start:]) == 0
        ]
        assert len(lying) == 1
        assert clips.boxes[n, -1, lying[0]].any(), "the bag must be in view"
        assert np.ptp(objects[lying[0]].x[:start]) > 0


def test_a_taken_crate_is_flagged_from_when_it_leaves_its_place():
    clips = make_clips(30, seed=12, kinds={"object taken": 1})
    for objects, flags in zip(clips.objects, clips.is_event, strict=True):
        crate = crate_of(objects)
        moved = np.hypot(crate.y - CRATE[0], crate.x - CRATE[1]) > 0
        assert np.array_equal(flags, moved)
        start = int(np.argmax(flags))
        carriers = [np.abs(p.x - crate.x)[start:].max() < 5 for p in people(objects)]
        assert sum(carriers) >= 1


def test_how_many_people_there_are_says_nothing_about_the_kind():
    means = []
    for kind in CLIP_KINDS:
        clips = make_clips(150, seed=20, kinds={kind: 1}, height=32, width=40)
        counts = np.array([len(people(objects)) for objects in clips.objects])
        assert counts.min() == 1 and counts.max() == MAX_PEOPLE
        means.append(counts.mean())
    # The standard error of each mean is 0.82 / sqrt(150).
    assert np.ptp(means) < 5 * 0.82 / np.sqrt(150)


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
        ({"height": 31}, "height"),
        ({"width": 39}, "width"),
        ({"frames": 23}, "frames"),
        ({"kinds": {"theft": 1}}, ", ".join(CLIP_KINDS)),
        ({"kinds": {"ordinary": -1}}, "ordinary"),
        ({"kinds": {"ordinary": float("nan")}}, "ordinary"),
        ({"kinds": {"ordinary": 0}}, "kinds"),
        ({"kinds": {}}, "kinds"),
        ({"kinds": "intrusion"}, "kinds"),
        ({"light": "fog"}, ", ".join(CLIP_LIGHTS)),
    ],
)
def test_bad_input_is_refused_and_the_message_says_what_is_known(settings, message):
    settings = {"count": 1, **settings}
    with pytest.raises(InputError, match=message):
        make_clips(settings.pop("count"), seed=0, **settings)


@pytest.mark.parametrize("draw", [draw_yard, zone_mask])
def test_a_yard_too_small_is_refused(draw):
    with pytest.raises(InputError, match="height must be"):
        draw(20, 64)
    with pytest.raises(InputError, match="width must be"):
        draw(48, 20)
