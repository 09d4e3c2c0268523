"""The pointer as a source: when, where, and how it fails."""

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


def test_before_it_was_anywhere_it_gives_nothing() -> None:
    pointer = source()
    assert pointer.take(5.0) == []
    assert pointer.status(5.0).note == "pointer outside"


def test_a_move_is_there_at_the_next_take() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    pointer.take(1.0)
    pointer.point(0.3, 0.4, 1.0031)
    (sample,) = pointer.take(1.0032)
    assert (sample.t, sample.x, sample.y, sample.unit) == (1.0031, 0.3, 0.4, "image")


def test_of_two_moves_at_one_moment_the_later_counts() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    pointer.point(0.3, 0.4, 1.0)
    assert [sample.x for sample in pointer.take(1.0)] == [0.3]


def test_a_still_pointer_keeps_giving_samples_at_its_rate() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    samples = taken(pointer, 1.0, 3.0)
    assert len(samples) == pytest.approx(200, abs=2)
    assert all((sample.x, sample.y) == (0.1, 0.2) for sample in samples)
    status = pointer.status(3.0)
    assert (status.rate_hz, status.quality, status.note) == (pytest.approx(100, abs=3), 1.0, "")
    assert status.age_s == pytest.approx(0.0, abs=0.03)


def test_outside_it_gives_nothing_and_says_so_until_it_is_back() -> None:
    pointer = source()
    pointer.point(0.1, 0.2, 1.0)
    pointer.take(1.0)
    pointer.leave(1.001)
    assert taken(pointer, 1.01, 2.0) == []
    assert pointer.status(2.0).note == "pointer outside"
    pointer.point(0.5, 0.5, 2.0)
    assert pointer.take(2.0)[-1].x == 0.5
    assert pointer.status(2.0).note == ""


def test_with_a_delay_it_says_where_the_pointer_was() -> None:
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


def test_a_delay_makes_samples_older_and_neither_fewer_nor_worse() -> None:
    pointer = source(pointer_delay_ms=1500)
    pointer.point(0.5, 0.5, 0.0)
    taken(pointer, 0.0, 4.0)
    status = pointer.status(4.0)
    assert status.age_s == pytest.approx(1.5, abs=0.03)
    assert status.rate_hz == pytest.approx(100, abs=3)
    assert (status.quality, status.lost) == (1.0, 0)


def test_a_longer_delay_gives_nothing_until_what_is_newer_arrives() -> None:
    pointer = source()
    pointer.point(0.5, 0.5, 0.0)
    taken(pointer, 0.0, 1.0)
    pointer.configure(GazeSettings(pointer_delay_ms=300), ANGLES)
    assert taken(pointer, 1.0, 1.28) == []
    assert taken(pointer, 1.28, 1.5)[0].t == pytest.approx(1.0, abs=0.02)
    assert pointer.status(1.5).lost == 0


def test_it_leaves_as_late_as_it_moves() -> None:
    pointer = source(pointer_delay_ms=50)
    pointer.point(0.5, 0.5, 1.0)
    taken(pointer, 1.0, 1.5)
    pointer.leave(1.5)
    assert pointer.status(1.52).note == ""
    late = taken(pointer, 1.5, 2.0)
    assert late[-1].t == pytest.approx(1.5, abs=0.011)
    assert pointer.status(2.0).note == "pointer outside"


def test_jitter_has_the_spread_that_was_asked_for() -> None:
    pointer = source(pointer_jitter_deg=0.5)
    pointer.point(0.7, 0.4, 0.0)
    samples = taken(pointer, 0.0, 60.0)
    x, y = ANGLES.many_to_degrees(np.array([s.x for s in samples]), np.array([s.y for s in samples]))
    assert (x.std(), y.std()) == (pytest.approx(0.5, rel=0.05), pytest.approx(0.5, rel=0.05))
    assert (x.mean(), y.mean()) == pytest.approx(ANGLES.to_degrees(0.7, 0.4), abs=0.03)


def test_dropouts_are_runs_of_the_length_and_as_often_as_was_asked_for() -> None:
    pointer = source(pointer_dropouts_per_s=0.5, pointer_dropout_ms=100)
    pointer.point(0.5, 0.5, 0.0)
    usable = np.array([sample.usable for sample in taken(pointer, 0.0, 600.0)])
    # a Poisson process of 0.5 a second leaves exp(-0.5 * 0.1) of the time without one in the last 100 ms
    assert 1 - usable.mean() == pytest.approx(1 - math.exp(-0.05), rel=0.15)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], usable, [True]]).astype(int)))
    runs = edges[1::2] - edges[::2]
    assert np.median(runs) == 10
    assert runs.min() >= 10


def test_the_same_calls_give_the_same_samples_however_often_they_are_taken() -> None:
    wish = {"pointer_delay_ms": 30, "pointer_jitter_deg": 0.3, "pointer_dropouts_per_s": 2.0}

    def run(step: float) -> list[Sample]:
        pointer = source(**wish)
        pointer.point(0.5, 0.5, 0.0)
        return [sample for sample in taken(pointer, 0.0, 5.0, step) if sample.t < 4.8]

    often, seldom = run(0.004), run(0.1)
    assert [repr(sample) for sample in often] == [repr(sample) for sample in seldom]
    assert len(often) > 400


def test_times_rise_through_changes_of_the_settings() -> None:
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


def test_after_a_pause_only_the_latest_samples_come() -> None:
    pointer = source()
    pointer.point(0.5, 0.5, 0.0)
    pointer.take(0.0)
    samples = pointer.take(3600.0)
    assert 20 <= len(samples) <= 26
    assert samples[0].t >= 3599.75


def test_moves_that_nobody_takes_do_not_pile_up() -> None:
    pointer = source(pointer_delay_ms=100)
    for i in range(20_000):
        pointer.point(0.5, 0.5, i * 0.001)
    assert len(pointer._moves) < 400


def test_after_it_was_closed_nothing_comes() -> None:
    pointer = source()
    pointer.point(0.5, 0.5, 0.0)
    pointer.close()
    pointer.point(0.6, 0.5, 0.1)
    assert pointer.take(0.2) == []


def test_a_rate_of_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="rate_hz"):
        PointerSource(GazeSettings(), ANGLES, rate_hz=0.0)
