"""Tests of the tracker: it follows, freezes and locks the gaze, and reports only changes."""

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
    """Return samples at a rate; NaN is a sample without an eye."""
    times = [start + i / rate_hz for i in range(len(x))]
    return [
        Sample.missing(t) if math.isnan(place) else Sample(t, place, y)
        for t, place in zip(times, x, strict=True)
    ]


def updates(tracker: Tracker, given: list[Sample]) -> list[GazeUpdate]:
    """Feed samples one by one, 2 ms after each, and return the updates."""
    looks = [tracker.advance([sample], sample.t + 0.002, ANGLES) for sample in given]
    return [look for look in looks if look is not None]


def test_tracker_before_first_sample_gives_nothing() -> None:
    assert Tracker(RAW).advance([], 100.0, ANGLES) is None


def test_tracker_reports_newest_of_several_samples() -> None:
    tracker = Tracker(RAW)
    look = tracker.advance(samples([0.1, 0.2, 0.3]), 0.03, ANGLES)
    assert look is not None
    assert look.gaze == pytest.approx((0.3, 0.5))
    assert (look.t, look.taken, look.frozen) == (0.02, 0.03, "")
    assert tracker.seen == 3


def test_tracker_reports_steady_gaze_once() -> None:
    assert len(updates(Tracker(RAW), samples([0.4] * 8))) == 1
    near = [0.5 + 1e-6 * i for i in range(8)]
    assert len(updates(Tracker(RAW), samples(near))) == 1


def test_tracker_accumulates_small_moves() -> None:
    looks = updates(Tracker(RAW), samples([0.5 + 2e-5 * i for i in range(100)]))
    assert looks[-1].gaze == pytest.approx((0.5 + 2e-5 * 99, 0.5), abs=1e-4)
    assert len(looks) < 90


def test_tracker_dropout_freezes_gaze_until_its_end() -> None:
    looks = updates(Tracker(RAW), samples([0.2, math.nan, math.nan, 0.6]))
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
def test_tracker_names_gap_by_its_duration(since: float, word: str) -> None:
    tracker = Tracker(RAW.replace(freeze_ms=60_000))
    tracker.advance(samples([0.2]), 0.0, ANGLES)
    look = tracker.advance([Sample.missing(0.01)], 0.01 + since, ANGLES)
    assert look is not None
    assert look.frozen == word


def test_tracker_eye_lost_for_long_is_not_blink() -> None:
    looks = updates(Tracker(RAW), samples([0.2] + [math.nan] * 220))
    assert [look.frozen for look in looks] == [
        *("", "dropout", "blink"),
        *(f"eye not seen for {100 * i} ms" for i in range(4, 10)),
        *("eye not seen for 1 s", "eye not seen for 2 s"),
    ]


def test_tracker_without_samples_freezes_and_reports_time() -> None:
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


def test_tracker_expected_delay_does_not_freeze_gaze() -> None:
    tracker = Tracker(RAW)
    tracker.advance(samples([0.2]), 0.5, ANGLES, late_s=0.5)
    frozen = [tracker.advance([], now, ANGLES, late_s=0.5) for now in (0.55, 0.6, 0.601)]
    assert [look.frozen if look else None for look in frozen] == [None, None, "no sample for 100 ms"]


def test_tracker_eye_never_seen_has_no_gaze() -> None:
    look = Tracker(RAW).advance(samples([math.nan]), 0.0, ANGLES)
    assert look is not None
    assert (look.gaze, look.frozen) == (None, "dropout")
    assert math.isnan(look.t)


def test_tracker_outside_is_clamped_and_far_outside_frozen() -> None:
    x, _ = ANGLES.to_image(*np.add(ANGLES.to_degrees(1.0, 0.5), (0.9, 0.0)))
    far, _ = ANGLES.to_image(*np.add(ANGLES.to_degrees(1.0, 0.5), (1.2, 0.0)))
    looks = updates(Tracker(RAW), samples([0.8, x, far, -1e300, 0.7]))
    assert [look.gaze for look in looks] == [pytest.approx((at, 0.5)) for at in (0.8, 1.0, 1.0, 0.7)]
    assert [look.frozen for look in looks] == ["", "", "outside the image", ""]


def test_tracker_batch_uses_last_position_inside() -> None:
    look = Tracker(RAW).advance(samples([0.2, 0.9, 7.0]), 0.02, ANGLES)
    assert look is not None
    assert look.gaze == pytest.approx((0.9, 0.5))
    assert (look.t, look.frozen) == (0.01, "outside the image")


def test_tracker_smoothing_does_not_depend_on_batches() -> None:
    random = np.random.default_rng(0)
    given = samples(list(0.5 + random.normal(0, 0.02, 90)))
    one, all_at_once = Tracker(GazeSettings()), Tracker(GazeSettings())
    last = updates(one, given)[-1]
    look = all_at_once.advance(given, given[-1].t + 0.002, ANGLES)
    assert look is not None
    assert (look.gaze, look.fixating) == (last.gaze, last.fixating)


def test_tracker_after_blink_resets_filter() -> None:
    looks = updates(Tracker(GazeSettings(beta=0.0)), samples([0.2] * 5 + [math.nan] + [0.8]))
    assert looks[-1].gaze == pytest.approx((0.8, 0.5))


def test_tracker_changed_settings_make_no_jump() -> None:
    tracker = Tracker(GazeSettings(beta=0.0, min_cutoff_hz=0.5))
    before = updates(tracker, samples([0.4, 0.6] * 20))[-1]
    tracker.configure(GazeSettings(beta=0.0, min_cutoff_hz=0.6))
    (after,) = updates(tracker, samples([0.6], start=0.4))
    assert before.gaze is not None
    assert after.gaze is not None
    assert 0 < after.gaze[0] - before.gaze[0] < 0.01


def test_tracker_reports_fixations() -> None:
    looks = updates(Tracker(RAW), samples([0.2] * 15 + [0.7] * 15))
    assert [(look.fixating, look.t) for look in looks] == [
        (False, 0.0),
        (True, 0.0),
        (False, 0.15),
        (True, 0.15),
    ]


def test_tracker_lock_moves_gaze_once_per_fixation() -> None:
    random = np.random.default_rng(0)
    place = np.repeat([0.2, 0.7, 0.4], 60) + random.normal(0, 0.003, 180)
    looks = updates(Tracker(GazeSettings(lock=True)), samples(list(place), rate_hz=120.0))
    gazes = list(dict.fromkeys(look.gaze for look in looks))
    assert gazes[0] is None
    assert [gaze[0] for gaze in gazes if gaze] == pytest.approx([0.2, 0.7, 0.4], abs=0.02)
    # the lock releases within two samples of a move
    let_go = [look.taken for look in looks if not look.fixating][1:]
    assert let_go == pytest.approx([0.5, 1.0], abs=0.02)


def test_tracker_changed_angles_do_not_move_gaze() -> None:
    tracker = Tracker(GazeSettings())
    tracker.advance(samples([0.8] * 10), 0.1, ANGLES)
    look = tracker.advance(samples([0.8], start=0.1), 0.1, Angles(ratio=0.9, aspect=1.0))
    assert look is None


def test_tracker_clock_set_back_resets_filter() -> None:
    tracker = Tracker(GazeSettings(beta=0.0))
    tracker.advance(samples([0.2] * 5, start=1000.0), 1000.1, ANGLES)
    look = tracker.advance(samples([0.8], start=3.0), 3.0, ANGLES)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.5))


def test_tracker_reset_forgets_previous_source() -> None:
    tracker = Tracker(RAW)
    tracker.advance(samples([0.2, 0.3]), 0.1, ANGLES)
    tracker.reset()
    assert tracker.seen == 0
    assert tracker.advance([], 100.0, ANGLES) is None


def _hour(seed: int) -> tuple[list[float], list[float], list[bool]]:
    """Return times, x and validity of an hour at 120 Hz, with jitter, blinks and gaps."""
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
    """A tracker that checks that every sample comes once and in order."""

    def _see(self, sample: Sample, angles: Angles) -> None:
        assert sample.origin == str(self.seen)
        super()._see(sample, angles)


@pytest.mark.slow
def test_tracker_for_an_hour_keeps_samples_and_flat_memory() -> None:
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
    assert max(held) - held[0] < 5_000  # memory blocks; each kept sample takes three or more


def test_tracker_does_not_smooth_across_gap() -> None:
    tracker = Tracker(GazeSettings())
    angles = Angles(ratio=0.5, aspect=1.0)
    tracker.advance([Sample(0.0, 0.2, 0.2)], 0.0, angles)
    look = tracker.advance([Sample(0.3, 0.8, 0.8)], 0.3, angles)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.8))


def test_tracker_after_restart_lock_does_not_wait() -> None:
    tracker = Tracker(GazeSettings(lock=True))
    angles = Angles(ratio=0.5, aspect=1.0)
    tracker.restart()
    look = tracker.advance([Sample(0.01, 0.8, 0.8)], 0.01, angles)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.8))
    assert tracker.advance([Sample(0.02, 0.1, 0.1)], 0.02, angles) is None


def test_tracker_does_not_smooth_across_restart() -> None:
    tracker = Tracker(GazeSettings())
    angles = Angles(ratio=0.5, aspect=1.0)
    tracker.advance([Sample(0.0, 0.2, 0.2)], 0.0, angles)
    tracker.restart()
    look = tracker.advance([Sample(0.01, 0.8, 0.8)], 0.01, angles)
    assert look is not None
    assert look.gaze == pytest.approx((0.8, 0.8))
