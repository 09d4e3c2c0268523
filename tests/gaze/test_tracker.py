"""What is looked at: followed, frozen, locked, and told only where it changed."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from foveaview.gaze.sample import Sample
from foveaview.gaze.source import Buffer
from foveaview.gaze.tracker import GazeUpdate, Tracker
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import GazeSettings

ANGLES = Angles(ratio=0.4, aspect=1.0)
RAW = GazeSettings(smoothing=False)


def samples(x: list[float], start: float = 0.0, rate_hz: float = 100.0, y: float = 0.5) -> list[Sample]:
    """At a rate; NaN is a sample of an eye that was not seen."""
    times = [start + i / rate_hz for i in range(len(x))]
    return [
        Sample.missing(t) if math.isnan(place) else Sample(t, place, y)
        for t, place in zip(times, x, strict=True)
    ]


def told(tracker: Tracker, given: list[Sample]) -> list[GazeUpdate]:
    """One by one, 2 ms after each."""
    looks = [tracker.advance([sample], sample.t + 0.002, ANGLES) for sample in given]
    return [look for look in looks if look is not None]


def test_before_the_first_sample_there_is_nothing_to_tell() -> None:
    assert Tracker(RAW).advance([], 100.0, ANGLES) is None


def test_the_newest_of_several_samples_is_told_and_all_are_seen() -> None:
    tracker = Tracker(RAW)
    look = tracker.advance(samples([0.1, 0.2, 0.3]), 0.03, ANGLES)
    assert look is not None
    assert look.gaze == pytest.approx((0.3, 0.5))
    assert (look.t, look.taken, look.frozen) == (0.02, 0.03, "")
    assert tracker.seen == 3


def test_a_gaze_that_stays_is_told_once() -> None:
    assert len(told(Tracker(RAW), samples([0.4] * 8))) == 1
    near = [0.5 + 1e-6 * i for i in range(8)]
    assert len(told(Tracker(RAW), samples(near))) == 1


def test_moves_too_small_to_tell_one_by_one_are_told_together() -> None:
    looks = told(Tracker(RAW), samples([0.5 + 2e-5 * i for i in range(100)]))
    assert looks[-1].gaze == pytest.approx((0.5 + 2e-5 * 99, 0.5), abs=1e-4)
    assert len(looks) < 90


def test_a_dropout_freezes_the_gaze_and_its_end_frees_it() -> None:
    looks = told(Tracker(RAW), samples([0.2, math.nan, math.nan, 0.6]))
    assert [look.frozen for look in looks] == ["", "dropout", ""]
    assert looks[1].gaze == looks[0].gaze
    assert looks[2].gaze == pytest.approx((0.6, 0.5))


@pytest.mark.parametrize(
    ("since", "word"),
    [
        (0.0, "dropout"),
        (0.09, "dropout"),
        (0.11, "blink"),
        (0.39, "blink"),
        (0.41, "eye not seen for 400 ms"),
    ],
)
def test_what_a_gap_is_called_goes_by_how_long_it_lasts(since: float, word: str) -> None:
    tracker = Tracker(RAW.replace(freeze_ms=60_000))
    tracker.advance(samples([0.2]), 0.0, ANGLES)
    look = tracker.advance([Sample.missing(0.01)], 0.01 + since, ANGLES)
    assert look is not None
    assert look.frozen == word


def test_an_eye_that_stays_away_is_no_blink() -> None:
    looks = told(Tracker(RAW), samples([0.2] + [math.nan] * 220))
    assert [look.frozen for look in looks] == [
        *("", "dropout", "blink"),
        *(f"eye not seen for {100 * i} ms" for i in range(4, 10)),
        *("eye not seen for 1 s", "eye not seen for 2 s"),
    ]


def test_without_samples_the_gaze_is_frozen_and_says_for_how_long() -> None:
    tracker = Tracker(RAW)
    tracker.advance(samples([0.2]), 0.0, ANGLES)
    frozen = [tracker.advance([], now, ANGLES) for now in (0.1, 0.101, 0.15, 0.23, 1.7, 1.8, 75.0)]
    assert [look.frozen if look else None for look in frozen] == [
        *(None, "no sample for 100 ms", None, "no sample for 200 ms"),
        *("no sample for 1 s", None, "no sample for 75 s"),
    ]
    back = tracker.advance(samples([0.3], start=80.0), 80.0, ANGLES)
    assert back is not None
    assert (back.frozen, back.t) == ("", 80.0)


def test_samples_that_are_to_be_late_do_not_freeze_the_gaze() -> None:
    tracker = Tracker(RAW)
    tracker.advance(samples([0.2]), 0.5, ANGLES, late_s=0.5)
    frozen = [tracker.advance([], now, ANGLES, late_s=0.5) for now in (0.55, 0.6, 0.601)]
    assert [look.frozen if look else None for look in frozen] == [None, None, "no sample for 100 ms"]


def test_an_eye_that_was_never_seen_has_no_gaze() -> None:
    look = Tracker(RAW).advance(samples([math.nan]), 0.0, ANGLES)
    assert look is not None
    assert (look.gaze, look.frozen) == (None, "dropout")
    assert math.isnan(look.t)


def test_a_little_outside_is_the_edge_and_far_outside_freezes_where_it_was_last() -> None:
    x, _ = ANGLES.to_image(*np.add(ANGLES.to_degrees(1.0, 0.5), (0.9, 0.0)))
    far, _ = ANGLES.to_image(*np.add(ANGLES.to_degrees(1.0, 0.5), (1.2, 0.0)))
    looks = told(Tracker(RAW), samples([0.8, x, far, -1e300, 0.7]))
    assert [look.gaze for look in looks] == [pytest.approx((at, 0.5)) for at in (0.8, 1.0, 1.0, 0.7)]
    assert [look.frozen for look in looks] == ["", "", "outside the image", ""]


def test_within_one_batch_the_last_place_inside_counts() -> None:
    look = Tracker(RAW).advance(samples([0.2, 0.9, 7.0]), 0.02, ANGLES)
    assert look is not None
    assert look.gaze == pytest.approx((0.9, 0.5))
    assert (look.t, look.frozen) == (0.01, "outside the image")


def test_smoothing_is_the_same_however_the_samples_are_batched() -> None:
    random = np.random.default_rng(0)
    given = samples(list(0.5 + random.normal(0, 0.02, 90)))
    one, all_at_once = Tracker(GazeSettings()), Tracker(GazeSettings())
    last = told(one, given)[-1]
    look = all_at_once.advance(given, given[-1].t + 0.002, ANGLES)
    assert look is not None
    assert (look.gaze, look.fixating) == (last.gaze, last.fixating)


def test_after_a_blink_the_filter_starts_anew() -> None:
    looks = told(Tracker(GazeSettings(beta=0.0)), samples([0.2] * 5 + [math.nan] + [0.8]))
    assert looks[-1].gaze == pytest.approx((0.8, 0.5))


def test_settings_that_change_make_no_jump() -> None:
    tracker = Tracker(GazeSettings(beta=0.0, min_cutoff_hz=0.5))
    before = told(tracker, samples([0.4, 0.6] * 20))[-1]
    tracker.configure(GazeSettings(beta=0.0, min_cutoff_hz=0.6))
    (after,) = told(tracker, samples([0.6], start=0.4))
    assert before.gaze is not None
    assert after.gaze is not None
    assert 0 < after.gaze[0] - before.gaze[0] < 0.01


def test_it_says_when_the_eye_rests() -> None:
    looks = told(Tracker(RAW), samples([0.2] * 15 + [0.7] * 15))
    assert [(look.fixating, look.t) for look in looks] == [
        (False, 0.0),
        (True, 0.0),
        (False, 0.15),
        (True, 0.15),
    ]


def test_with_the_lock_the_gaze_moves_once_for_each_fixation() -> None:
    random = np.random.default_rng(0)
    place = np.repeat([0.2, 0.7, 0.4], 60) + random.normal(0, 0.003, 180)
    looks = told(Tracker(GazeSettings(lock=True)), samples(list(place), rate_hz=120.0))
    gazes = list(dict.fromkeys(look.gaze for look in looks))
    assert gazes[0] is None
    assert [gaze[0] for gaze in gazes if gaze] == pytest.approx([0.2, 0.7, 0.4], abs=0.02)
    # let go within two samples of a move
    let_go = [look.taken for look in looks if not look.fixating][1:]
    assert let_go == pytest.approx([0.5, 1.0], abs=0.02)


def test_other_angles_do_not_move_the_gaze() -> None:
    tracker = Tracker(GazeSettings())
    tracker.advance(samples([0.8] * 10), 0.1, ANGLES)
    look = tracker.advance(samples([0.8], start=0.1), 0.1, Angles(ratio=0.9, aspect=1.0))
    assert look is None


def test_a_clock_that_was_set_back_starts_anew() -> None:
    tracker = Tracker(GazeSettings(beta=0.0))
    tracker.advance(samples([0.2] * 5, start=1000.0), 1000.1, ANGLES)
    look = tracker.advance(samples([0.8], start=3.0), 3.0, ANGLES)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.5))


def test_a_reset_forgets_the_source_before() -> None:
    tracker = Tracker(RAW)
    tracker.advance(samples([0.2, 0.3]), 0.1, ANGLES)
    tracker.reset()
    assert tracker.seen == 0
    assert tracker.advance([], 100.0, ANGLES) is None


def _hour(seed: int) -> tuple[list[float], list[float], list[bool]]:
    """Times, places and validity of an hour at 120 Hz, with jitter, blinks and gaps."""
    random, n = np.random.default_rng(seed), 432_000
    t = np.cumsum(1 / 120 * random.uniform(0.8, 1.2, n))
    t += np.cumsum(np.where(random.random(n) < 1e-4, random.uniform(0.1, 2.0, n), 0.0))  # gaps
    fixation = np.cumsum(random.random(n) < 1 / 40)
    x = random.random(fixation[-1] + 1)[fixation] + random.normal(0, 0.005, n)
    blink = np.zeros(n, bool)
    for at in np.flatnonzero(random.random(n) < 1 / 600):
        blink[at : at + 18] = True
    return t.tolist(), x.tolist(), (~blink).tolist()


class _Watched(Tracker):
    """Checks that every sample comes once and in order."""

    def _see(self, sample: Sample, angles: Angles) -> None:
        assert sample.origin == str(self.seen)
        super()._see(sample, angles)


def test_an_hour_loses_no_sample_and_keeps_memory_flat() -> None:
    t, x, valid = _hour(0)
    random = np.random.default_rng(1)
    chunks = random.integers(0, 40, len(t)).tolist()
    buffer, tracker = Buffer("eye"), _Watched(GazeSettings(lock=True))
    at, looks, held = 0, 0, []
    for round_, chunk in enumerate(chunks):
        end = min(at + chunk, len(t))
        buffer.put(Sample(t[i], x[i], 0.5, valid[i], origin=str(i)) for i in range(at, end))
        at = end
        if round_ % 3 == 0 or at == len(t):
            looks += tracker.advance(buffer.take(), t[max(at - 1, 0)] + 0.004, ANGLES) is not None
        if round_ % 2000 == 1000:
            held.append(sys.getallocatedblocks())
        if at == len(t):
            break
    assert tracker.seen == len(t) == 432_000
    assert buffer.status(t[-1]).lost == 0
    assert looks > 1000
    assert len(held) > 5
    assert max(held) - held[0] < 5_000  # blocks of memory; a sample that is kept takes three or more


def test_nothing_is_smoothed_across_a_gap() -> None:
    tracker = Tracker(GazeSettings())
    angles = Angles(ratio=0.5, aspect=1.0)
    tracker.advance([Sample(0.0, 0.2, 0.2)], 0.0, angles)
    look = tracker.advance([Sample(0.3, 0.8, 0.8)], 0.3, angles)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.8))


def test_after_a_restart_the_fixation_lock_does_not_wait() -> None:
    tracker = Tracker(GazeSettings(lock=True))
    angles = Angles(ratio=0.5, aspect=1.0)
    tracker.restart()
    look = tracker.advance([Sample(0.01, 0.8, 0.8)], 0.01, angles)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.8))
    assert tracker.advance([Sample(0.02, 0.1, 0.1)], 0.02, angles) is None


def test_nothing_is_smoothed_across_a_restart() -> None:
    tracker = Tracker(GazeSettings())
    angles = Angles(ratio=0.5, aspect=1.0)
    tracker.advance([Sample(0.0, 0.2, 0.2)], 0.0, angles)
    tracker.restart()
    look = tracker.advance([Sample(0.01, 0.8, 0.8)], 0.01, angles)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.8))
