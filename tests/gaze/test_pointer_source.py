"""Tests of the pointer as a gaze source: times, positions and simulated failures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foveaview.gaze.pointer_source import PointerSource
from foveaview.gaze.sample import Sample
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import GazeSettings

ANGLES = Angles(ratio=0.4, aspect=1.0)


def source(**settings: float) -> PointerSource:
    return PointerSource(GazeSettings(**settings), ANGLES, rate_hz=100.0, seed=3)


def taken(pointer: PointerSource, start: float, end: float, step: float = 0.016) -> list[Sample]:
    found: list[Sample] = []
    for now in np.arange(start, end, step):
        found += pointer.take(float(now))
    return found


def test_pointer_source_before_first_move_gives_nothing() -> None:
    pointer = source()
    assert pointer.take(5.0) == []
    assert pointer.status(5.0).note == "pointer outside"


def test_pointer_source_move_is_in_next_take() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    pointer.take(1.0)
    pointer.point(0.3, 0.4, 1.0031)
    (sample,) = pointer.take(1.0032)
    assert (sample.t, sample.x, sample.y, sample.unit) == (1.0031, 0.3, 0.4, "image")


def test_pointer_source_two_moves_at_one_time_give_the_later() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    pointer.point(0.3, 0.4, 1.0)
    assert [sample.x for sample in pointer.take(1.0)] == [0.3]


def test_pointer_source_still_pointer_gives_samples_at_rate() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    samples = taken(pointer, 1.0, 3.0)
    assert len(samples) == pytest.approx(200, abs=2)
    assert all((sample.x, sample.y) == (0.1, 0.2) for sample in samples)
    status = pointer.status(3.0)
    assert (status.rate_hz, status.quality, status.note) == (pytest.approx(100, abs=3), 1.0, "")
    assert status.age_s == pytest.approx(0.0, abs=0.03)


def test_pointer_source_outside_gives_nothing_and_notes_it() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    pointer.take(1.0)
    pointer.leave(1.001)
    assert taken(pointer, 1.01, 2.0) == []
    assert pointer.status(2.0).note == "pointer outside"
    pointer.point(0.5, 0.5, 2.0)
    assert pointer.take(2.0)[-1].x == 0.5
    assert pointer.status(2.0).note == ""


def test_pointer_source_with_delay_gives_past_positions() -> None:
    pointer = source(pointer_delay_ms=50)
    found = []
    for i in range(200):
        now = 1 + i * 0.005
        pointer.point(i / 200, 0.5, now)
        found += [(now, sample) for sample in pointer.take(now)]
    assert found[0][0] == pytest.approx(1.05, abs=0.011)
    assert found[0][1].t == pytest.approx(1.0, abs=0.011)
    for given, sample in found:
        assert 0.05 <= given - sample.t + 1e-9 < 0.056
        assert sample.x == pytest.approx((sample.t - 1) / 0.005 / 200, abs=0.0051)


def test_pointer_source_delay_keeps_rate_and_quality() -> None:
    pointer = source(pointer_delay_ms=1500)
    pointer.point(0.5, 0.5, 0.0)
    taken(pointer, 0.0, 4.0)
    status = pointer.status(4.0)
    assert status.age_s == pytest.approx(1.5, abs=0.03)
    assert status.rate_hz == pytest.approx(100, abs=3)
    assert (status.quality, status.lost) == (1.0, 0)


def test_pointer_source_longer_delay_pauses_samples() -> None:
    pointer = source()
    pointer.point(0.5, 0.5, 0.0)
    taken(pointer, 0.0, 1.0)
    pointer.configure(GazeSettings(pointer_delay_ms=300), ANGLES)
    assert taken(pointer, 1.0, 1.28) == []
    assert taken(pointer, 1.28, 1.5)[0].t == pytest.approx(1.0, abs=0.02)
    assert pointer.status(1.5).lost == 0


def test_pointer_source_leave_is_delayed_too() -> None:
    pointer = source(pointer_delay_ms=50)
    pointer.point(0.5, 0.5, 1.0)
    taken(pointer, 1.0, 1.5)
    pointer.leave(1.5)
    assert pointer.status(1.52).note == ""
    late = taken(pointer, 1.5, 2.0)
    assert late[-1].t == pytest.approx(1.5, abs=0.011)
    assert pointer.status(2.0).note == "pointer outside"


def test_pointer_source_jitter_has_requested_spread() -> None:
    pointer = source(pointer_jitter_deg=0.5)
    pointer.point(0.7, 0.4, 0.0)
    samples = taken(pointer, 0.0, 60.0)
    x, y = ANGLES.many_to_degrees(np.array([s.x for s in samples]), np.array([s.y for s in samples]))
    assert (x.std(), y.std()) == (pytest.approx(0.5, rel=0.05), pytest.approx(0.5, rel=0.05))
    assert (x.mean(), y.mean()) == pytest.approx(ANGLES.to_degrees(0.7, 0.4), abs=0.03)


@pytest.mark.slow
def test_pointer_source_dropouts_have_requested_rate_and_length() -> None:
    pointer = source(pointer_dropouts_per_s=0.5, pointer_dropout_ms=100)
    pointer.point(0.5, 0.5, 0.0)
    usable = np.array([sample.usable for sample in taken(pointer, 0.0, 600.0)])
    # in a Poisson process of 0.5 per second, exp(-0.5 * 0.1) of the time has no event in the last 100 ms
    assert 1 - usable.mean() == pytest.approx(1 - math.exp(-0.05), rel=0.15)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], usable, [True]]).astype(int)))
    runs = edges[1::2] - edges[::2]
    assert np.median(runs) == 10
    assert runs.min() >= 10


def test_pointer_source_samples_do_not_depend_on_polling() -> None:
    wanted = {"pointer_delay_ms": 30, "pointer_jitter_deg": 0.3, "pointer_dropouts_per_s": 2.0}

    def run(step: float) -> list[Sample]:
        pointer = source(**wanted)
        pointer.point(0.5, 0.5, 0.0)
        return [sample for sample in taken(pointer, 0.0, 5.0, step) if sample.t < 4.8]

    often, seldom = run(0.004), run(0.1)
    assert [repr(sample) for sample in often] == [repr(sample) for sample in seldom]
    assert len(often) > 400


def test_pointer_source_times_increase_through_settings_changes() -> None:
    pointer, random, found = source(pointer_delay_ms=200), np.random.default_rng(0), []
    for i in range(600):
        now = i * 0.004
        pointer.point(float(random.random()), 0.5, now)
        if i % 50 == 49:
            pointer.configure(GazeSettings(pointer_delay_ms=int(random.choice([0, 0, 100, 300]))), ANGLES)
        found += pointer.take(now)
    times = np.array([sample.t for sample in found])
    assert (np.diff(times) > 0).all()
    assert pointer.status(2.4).lost == 0


def test_pointer_source_after_pause_gives_latest_samples() -> None:
    pointer = source()
    pointer.point(0.5, 0.5, 0.0)
    pointer.take(0.0)
    samples = pointer.take(3600.0)
    assert 20 <= len(samples) <= 26
    assert samples[0].t >= 3599.75


def test_pointer_source_untaken_moves_are_dropped() -> None:
    pointer = source(pointer_delay_ms=100)
    for i in range(20_000):
        pointer.point(0.5, 0.5, i * 0.001)
    assert len(pointer._moves) < 400


def test_pointer_source_after_close_gives_nothing() -> None:
    pointer = source()
    pointer.point(0.5, 0.5, 0.0)
    pointer.close()
    pointer.point(0.6, 0.5, 0.1)
    assert pointer.take(0.2) == []


def test_pointer_source_rate_0_is_refused() -> None:
    with pytest.raises(ValueError, match="rate_hz"):
        PointerSource(GazeSettings(), ANGLES, rate_hz=0.0)
