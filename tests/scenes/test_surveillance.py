"""Clips of a fixed camera: what is said about them is what is drawn."""

from itertools import groupby

import numpy as np
import pytest
from scipy import ndimage

from mnist_tutorial.errors import InputError
from mnist_tutorial.scenes import CLIP_KINDS, draw_yard, make_clips, zone_mask
from mnist_tutorial.scenes.surveillance import CLIP_LIGHTS, NOISE, _drawn, _tell

EVENLY = dict.fromkeys(CLIP_KINDS, 1)


@pytest.fixture(scope="module")
def many():
    """The stories of 150 clips of each kind: their objects, and when the event is."""
    return {
        kind: [_tell(kind, np.random.default_rng(seed)) for seed in range(150)]
        for kind in CLIP_KINDS
    }


@pytest.fixture(scope="module")
def mixed():
    return make_clips(20, seed=3, kinds=EVENLY)


def named(name, objects):
    return [item for item in objects if item.name == name]


def alone(item):
    """Return how much of each pixel an object fills, and its grey times that."""
    rows, columns, *patches = _drawn(item)
    found = np.zeros((2, 32, 48, 64), np.float32)
    frame = np.arange(32)[:, np.newaxis, np.newaxis]
    found[:, frame, rows[:, :, np.newaxis], columns[:, np.newaxis]] = patches
    return found


def mask_of(item):
    """Return the pixels that an object covers when nothing stands before it."""
    return alone(item)[0] > 0.5


def test_same_seed_gives_the_same_bytes_and_another_does_not(mixed):
    assert mixed.frames.shape == (20, 32, 48, 64, 1)
    assert mixed.frames.dtype == np.float32
    assert mixed.frames.min() >= 0 and mixed.frames.max() <= 1
    assert mixed.is_event.shape == (20, 32) and mixed.is_event.dtype == bool
    assert np.array_equal(mixed.is_event.any(axis=1), mixed.labels > 0)
    again, other = (make_clips(20, seed=seed, kinds=EVENLY) for seed in (3, 4))
    for one, same in zip(mixed[:3], again[:3], strict=True):
        assert one.tobytes() == same.tobytes()
    assert mixed.frames.tobytes() != other.frames.tobytes()


def test_kinds_are_as_frequent_as_asked():
    shares = np.array([0.6, 0.1, 0, 0.2, 0.1])
    kinds = dict(zip(CLIP_KINDS, 10 * shares, strict=True))
    counts = np.bincount(make_clips(200, seed=2, kinds=kinds).labels, minlength=5)
    error = np.sqrt(shares * (1 - shares) / 200)
    assert np.all(np.abs(counts / 200 - shares) <= 4 * error)
    assert not make_clips(5, seed=2).labels.any(), "ordinary unless asked otherwise"


def test_frames_are_the_yard_with_the_far_objects_painted_first(mixed):
    yard, hidden = draw_yard(), 0
    for n, objects in enumerate(mixed.objects):
        expected, taken = np.tile(yard, (32, 1, 1)), np.zeros((32, 48, 64), bool)
        seen = [k for k, item in enumerate(objects) if item.is_present.any()]
        places = [np.median(objects[k].y[objects[k].is_present]) for k in seen]
        for k in np.take(seen, np.argsort(places)):
            coverage, paint = alone(objects[k])
            mask = coverage > 0.5
            if objects[k].name == "person" and mask.sum() > 200:
                apart = np.abs(paint / np.maximum(coverage, 0.5) - yard)[mask]
                assert apart.mean() > 5 * NOISE, "people stand out from the yard"
            expected = expected * (1 - coverage) + paint
            hidden += np.sum(taken & mask)
            taken |= mask
        difference = mixed.frames[n, ..., 0] - expected
        assert np.abs(difference).max() < 7 * NOISE
        assert 0.9 * NOISE < difference.std() < 1.1 * NOISE
    assert hidden > 500


def test_people_shrink_towards_one_horizon_above_the_picture(many):
    everybody = [
        p for objects, _ in many["intrusion"][:30] for p in named("person", objects)
    ]
    walkers = [person for person in everybody if np.ptp(person.y) > 5]
    # The size is a line over the row, 0 at the horizon.
    slopes, sizes = np.transpose([np.polyfit(p.y, p.size, 1) for p in walkers])
    assert len(walkers) >= 20 and slopes.min() > 0.1
    assert np.min(sizes) > 0 and np.ptp(sizes / slopes) < 0.01


def test_legs_swing(mixed):
    always = np.ones(32)
    walker = named("person", mixed.objects[0])[0]._replace(
        y=36 * always,
        x=32 * always,
        size=12.5 * always,
        step=np.linspace(0, 2 * np.pi, 32),
        is_present=always > 0,
    )
    widths = mask_of(walker)[:, 34:36].any(axis=1).sum(axis=1)
    assert widths[0] == 2 and widths[8] >= 4 and widths[24] >= 4
    assert mask_of(walker)[:, 31:34].any(axis=2).all(), "legs hang from the hip"
    standing = mask_of(walker._replace(step=np.nan * always))
    assert np.ptp(standing.sum(axis=(1, 2))) == 0
    assert np.abs(standing.any(axis=2).sum(axis=1) - 12.5).max() < 2


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_only_events_are_flagged_and_nothing_jumps(kind, many):
    is_event = kind != "ordinary"
    for objects, flags in many[kind]:
        assert flags.sum() >= 2 and not flags[0] if is_event else not flags.any()
        for item in objects:
            both = item.is_present[1:] & item.is_present[:-1]
            steps = np.hypot(np.diff(item.y), np.diff(item.x))
            assert np.all(steps[both] < 6)


def in_zone(item):
    is_inside = (item.y > 15) & (item.y < 25) & (item.x > 40) & (item.x < 60)
    return is_inside & item.is_present


def longest_run(flags):
    return max((len([*run]) for flag, run in groupby(flags) if flag), default=0)


def test_ordinary_people_keep_out_of_the_zone_and_move_on(many):
    for objects, _ in many["ordinary"]:
        (crate,) = named("crate", objects)
        assert np.all(crate.y == 28.5)
        for item in named("person", objects):
            assert not in_zone(item).any()
            assert longest_run(np.isnan(item.step)) <= 4


def test_intrusion_is_flagged_while_somebody_stands_in_the_zone(many):
    zone = np.zeros((48, 64), bool)
    zone[15:25, 40:60] = True
    assert np.array_equal(zone_mask(), zone)
    for objects, flags in many["intrusion"]:
        assert np.array_equal(
            flags, np.any([*map(in_zone, named("person", objects))], axis=0)
        )
        assert flags.sum() >= 3


def test_loitering_is_flagged_while_somebody_stays(many):
    for objects, flags in many["loitering"]:
        stays = [np.isnan(p.step) & p.is_present for p in named("person", objects)]
        longest = max(stays, key=longest_run)
        assert longest_run(longest) >= 16
        assert np.array_equal(flags, longest)


def test_a_bag_is_flagged_from_the_frame_in_which_its_owner_puts_it_down(many):
    for objects, flags in many["object left"]:
        bags = [bag for bag in named("bag", objects) if bag.is_present[-1]]
        (bag,) = (bag for bag in bags if bag.x[-1] == bag.x[-2])
        assert np.array_equal(flags, (bag.y == bag.y[-1]) & (bag.x == bag.x[-1]))
        assert mask_of(bag)[flags].any(axis=(1, 2)).all(), "the bag must be in view"
        start = int(np.argmax(flags))
        standing = [p for p in named("person", objects) if np.isnan(p.step[start])]
        assert min(abs(p.x - bag.x)[start] for p in standing) < 4


def test_a_taken_crate_is_flagged_from_when_it_leaves_its_place(many):
    lifts = []
    for objects, flags in many["object taken"]:
        (crate,) = named("crate", objects)
        moves = np.hypot(crate.y - 28.5, crate.x - 27)
        assert np.array_equal(flags, moves > 0)
        lifts.append(moves[np.argmax(flags)])
        carriers = [
            p for p in named("person", objects) if np.ptp((p.x - crate.x)[flags]) < 0.1
        ]
        assert len(carriers) == 1
        # Seen in every frame in which its carrier is well inside the picture.
        x = carriers[0].x
        is_carried = flags & (x > 6) & (x < 58)
        assert is_carried.sum() >= 2
        around = ndimage.maximum_filter(mask_of(carriers[0]), (1, 3, 3))
        touching = (around & mask_of(crate)).any(axis=(1, 2))
        assert touching[is_carried].all()
    assert np.mean(lifts) < 1.5, "a crate is lifted where it stands"


def test_neither_people_nor_bags_tell_the_kind(many):
    means = []
    for kind, stories in many.items():
        counts = np.array([len(named("person", objects)) for objects, _ in stories])
        assert counts.min() == 1 and counts.max() == 3
        means.append(counts.mean())
        bags = sum(item.name == "bag" for objects, _ in stories for item in objects)
        # One person has something else to do.
        walkers = counts.sum() - 150 * (kind in ("object left", "object taken"))
        share = (bags - 150 * (kind == "object left")) / walkers
        assert abs(share - 0.3) < 4 * np.sqrt(0.3 * 0.7 / walkers)
    # The standard error of each mean is 0.82 / sqrt(150).
    assert np.ptp(means) < 5 * 0.82 / np.sqrt(150)


@pytest.fixture(scope="module")
def lit():
    return {light: make_clips(6, seed=13, light=light) for light in CLIP_LIGHTS}


def test_light_changes_nothing_but_the_light(lit):
    for name in ("labels", "is_event"):
        steady, *others = (getattr(clips, name) for clips in lit.values())
        assert all(np.array_equal(steady, other) for other in others)


def test_a_cloud_darkens_every_pixel_alike_and_slowly(lit):
    ratio = (lit["gradual"].frames / lit["steady"].frames)[..., 0]
    gains = np.median(ratio, axis=(2, 3))  # (6, 32)
    assert np.all(gains[:, 0] > 0.97)
    assert np.all((gains[:, -1] > 0.5) & (gains[:, -1] < 0.85))
    assert np.abs(np.diff(gains, axis=1)).max() < 0.1
    left, right = (np.median(half, axis=(2, 3)) for half in np.split(ratio, 2, axis=3))
    assert np.abs(left - right).max() < 0.03


def test_a_lamp_brightens_its_surroundings_at_once_and_nothing_far_away(lit):
    change = (lit["sudden"].frames - lit["steady"].frames)[..., 0]
    near = change[:, :, 14:22, 14:20].mean(axis=(2, 3))  # (6, 32)
    assert np.all(near[:, 0] < 0.01) and np.all(near[:, -1] > 0.08)
    steps = np.sort(np.abs(np.diff(near, axis=1)), axis=1)
    assert np.all(steps[:, -1] > 10 * steps[:, -3])
    assert np.abs(change)[..., 56:].max() < 0.02


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", 0), ("seed", -1), ("light", "fog"), ("kinds", "intrusion")]
    + [
        ("kinds", {"theft": 1}),
        ("kinds", {"ordinary": -1}),
        ("kinds", {"ordinary": 0}),
    ],
)
def test_what_cannot_be_drawn_is_refused(name, value):
    with pytest.raises(InputError, match=f"{name}.* must .*, got "):
        make_clips(**{"count": 1, "seed": 0, name: value})
