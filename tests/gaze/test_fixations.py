"""Tests of I-DT, I-VT and the lock against their definitions and on traces with known fixations."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.fixation_lock import FixationLock
from foveaview.gaze.fixations import MAX_GAP_S, Fixation, fixations_idt, fixations_ivt
from tests.gaze.traces import Numbers, trace

Find = Callable[..., list[Fixation]]
Points = list[tuple[float, float, float]]
PLACES = [(0.0, 0.0), (5.0, 1.0), (5.0, -6.0), (-8.0, 2.0), (-7.0, -4.0)]


def stretches(t: Numbers, x: Numbers, y: Numbers, usable: npt.NDArray[np.bool_]) -> list[Points]:
    """Split the usable samples at gaps."""
    parts: list[Points] = []
    for i in np.flatnonzero(usable):
        point = (float(t[i]), float(x[i]), float(y[i]))
        if not parts or point[0] - parts[-1][-1][0] > MAX_GAP_S + 1e-9:
            parts.append([])
        parts[-1].append(point)
    return parts


def dispersion(points: Points) -> float:
    x, y = [p[1] for p in points], [p[2] for p in points]
    return (max(x) - min(x)) + (max(y) - min(y))


def span(points: Points) -> tuple[float, float, int]:
    return points[0][0], points[-1][0], len(points)


def literal_idt(points: Points, most: float, shortest: float) -> list[Points]:
    found: list[Points] = []
    while points:
        n = next((k for k in range(len(points)) if points[k][0] - points[0][0] >= shortest - 1e-9), None)
        if n is None:
            break
        end = n + 1
        if dispersion(points[:end]) > most:
            points = points[1:]
            continue
        while end < len(points) and dispersion(points[: end + 1]) <= most:
            end += 1
        found.append(points[:end])
        points = points[end:]
    return found


def literal_ivt(points: Points, most: float, shortest: float) -> list[Points]:
    if len(points) < 2:
        return []
    pairs = list(pairwise(points))
    speeds = [math.hypot(b[1] - a[1], b[2] - a[2]) / (b[0] - a[0]) for a, b in pairs]
    groups: list[Points] = [[]]
    for point, speed in zip(points, [speeds[0], *speeds], strict=True):
        if speed < most:
            groups[-1].append(point)
        else:
            groups.append([])
    return [group for group in groups if group and group[-1][0] - group[0][0] >= shortest - 1e-9]


# sums of eighths of a degree and of 1/1024 s are exact, so that thresholds can be met exactly
SAMPLE = st.tuples(st.integers(1, 40), st.integers(-6, 6), st.integers(-6, 6), st.booleans() | st.just(True))
STRETCHED = SAMPLE | st.tuples(st.integers(70, 80), st.integers(-6, 6), st.integers(-6, 6), st.just(True))
SAMPLES = st.lists(STRETCHED, max_size=60)
Walk = list[tuple[int, int, int, bool]]


def columns(walk: Walk) -> tuple[Numbers, Numbers, Numbers, npt.NDArray[np.bool_]]:
    steps = np.array(walk, dtype=np.float64).reshape(-1, 4)
    t = np.cumsum(steps[:, 0]) / 1024
    usable = steps[:, 3] > 0
    unknown = np.where(usable, 0.0, np.nan)
    return t, np.cumsum(steps[:, 1]) / 8 + unknown, np.cumsum(steps[:, 2]) / 8 + unknown, usable


def spans(found: list[Fixation]) -> list[tuple[float, float, int]]:
    return [(fixation.start, fixation.end, fixation.n) for fixation in found]


@pytest.mark.slow
@given(SAMPLES, st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([0.01, 0.0625, 0.1]))
def test_fixations_idt_equal_definition(walk: Walk, most: float, shortest: float) -> None:
    data = columns(walk)
    expected = [span(f) for part in stretches(*data) for f in literal_idt(part, most, shortest)]
    assert spans(fixations_idt(*data, most, shortest)) == expected


@pytest.mark.slow
@given(SAMPLES, st.sampled_from([10.0, 30.0, 128.0]), st.sampled_from([0.01, 0.0625, 0.1]))
def test_fixations_ivt_equal_definition(walk: Walk, most: float, shortest: float) -> None:
    data = columns(walk)
    expected = [span(f) for part in stretches(*data) for f in literal_ivt(part, most, shortest)]
    assert spans(fixations_ivt(*data, most, shortest)) == expected


@given(SAMPLES, st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([0.01, 0.0625, 0.1]))
def test_fixation_lock_finds_fixations_of_idt(walk: Walk, most: float, shortest: float) -> None:
    t, x, y, usable = columns(walk)
    lock, held = FixationLock(most, shortest), []
    for i in np.flatnonzero(usable):
        if lock.feed(float(t[i]), float(x[i]), float(y[i])):
            held.append((float(t[i]), lock.at))
    expected = []
    for part in stretches(t, x, y, usable):
        for fixation in literal_idt(part, most, shortest):
            known = [p for p in fixation if p[0] - fixation[0][0] < shortest - 1e-9]
            known = fixation[: len(known) + 1]
            at = (sum(p[1] for p in known) / len(known), sum(p[2] for p in known) / len(known))
            expected += [(p[0], at) for p in fixation[len(known) - 1 :]]
    assert held == expected


@pytest.mark.slow
@given(SAMPLES, st.integers(-64, 64), st.integers(-1024, 1024))
def test_fixations_shift_with_position_and_time(walk: Walk, by: int, later: int) -> None:
    t, x, y, usable = columns(walk)
    for find in (fixations_idt, fixations_ivt):
        before, after = find(t, x, y, usable), find(t + later, x + by, y - by, usable)
        assert [f.dispersion for f in before] == [f.dispersion for f in after]
        assert [(f.start + later, f.n) for f in before] == [(f.start, f.n) for f in after]
        assert np.allclose([(f.x + by, f.y - by) for f in before], [(f.x, f.y) for f in after])


@pytest.mark.parametrize(("rate_hz", "noise_deg"), [(120.0, 0.05), (500.0, 0.0), (1000.0, 0.0)])
def test_fixations_idt_find_known_fixations(rate_hz: float, noise_deg: float) -> None:
    known = trace(PLACES, rate_hz, noise_deg=noise_deg)
    found = fixations_idt(known.t, known.x, known.y, known.usable)
    assert len(found) == len(PLACES)
    for fixation, first, last, place in zip(found, known.first, known.last, PLACES, strict=True):
        # a saccade of 30 ms leaves a dispersion of 1 degree within 8 ms
        assert abs(fixation.start - known.t[first]) <= 0.008
        assert abs(fixation.end - known.t[last]) <= 0.008
        assert (fixation.x, fixation.y) == pytest.approx(place, abs=0.05)


@pytest.mark.parametrize("rate_hz", [120.0, 500.0, 1000.0])
def test_fixations_ivt_find_known_fixations(rate_hz: float) -> None:
    known = trace(PLACES, rate_hz)
    found = fixations_ivt(known.t, known.x, known.y, known.usable)
    assert len(found) == len(PLACES)
    for i, (fixation, place) in enumerate(zip(found, PLACES, strict=True)):
        # the first sample of each fixation but the first belongs to the saccade before it
        assert fixation.start == pytest.approx(known.t[known.first[i] + (i > 0)])
        assert fixation.end == pytest.approx(known.t[known.last[i]])
        assert (fixation.x, fixation.y) == pytest.approx(place)


@pytest.mark.parametrize("find", [fixations_idt, fixations_ivt])
@pytest.mark.parametrize(("missing_ms", "n"), [(40, 1), (150, 2)])
def test_fixations_are_split_by_blink_but_not_short_gap(find: Find, missing_ms: int, n: int) -> None:
    known = trace([(1.0, 2.0)], rest_s=1.0)
    usable = abs(known.t - 0.5) > missing_ms / 2000
    assert len(find(known.t, known.x, known.y, usable)) == n


@pytest.mark.parametrize("find", [fixations_idt, fixations_ivt])
def test_fixations_without_samples_are_empty(find: Find) -> None:
    none = np.zeros(0)
    assert find(none, none, none, none > 0) == []
    one = np.zeros(1)
    assert find(one, one, one, one == 0) == []
    many = np.arange(9.0)
    assert find(many, many, many, many < 0) == []


@pytest.mark.parametrize("find", [fixations_idt, fixations_ivt])
def test_fixations_invalid_arguments_are_refused(find: Find) -> None:
    t = np.arange(4.0)
    with pytest.raises(ValueError, match="the same length"):
        find(t, t[:3], t, t >= 0)
    with pytest.raises(ValueError, match="must increase"):
        find(t[::-1], t, t, t >= 0)
    with pytest.raises(ValueError, match="duration_s must be over 0"):
        find(t, t, t, t >= 0, duration_s=0.0)


def test_fixations_idt_dispersion_at_threshold_is_fixation() -> None:
    t = np.arange(200) / 1000
    x = np.where(t < 0.15, 0.0, 1.0)
    assert [fixation.n for fixation in fixations_idt(t, x, 0 * t, t >= 0)] == [200]
    assert [fixation.n for fixation in fixations_idt(t, 1.001 * x, 0 * t, t >= 0)] == [150]


def test_fixations_idt_long_rest_is_one_fixation() -> None:
    t = np.arange(200_000) / 1000
    (fixation,) = fixations_idt(t, 0.001 * np.sin(t), 0 * t, t >= 0)
    assert fixation.n == 200_000


def test_fixation_lock_holds_one_position_per_fixation() -> None:
    known = trace(PLACES, 120.0, noise_deg=0.05)
    lock = FixationLock(1.0, 0.1)
    places: list[tuple[float, float] | None] = []
    for i, (t, x, y) in enumerate(zip(known.t, known.x, known.y, strict=True)):
        rests = lock.feed(float(t), float(x), float(y))
        if rests and (not places or places[-1] != lock.at):
            places.append(lock.at)
        if i - 2 in known.last:  # 17 ms into the saccade
            assert not rests
    assert len(places) == len(PLACES)
    assert np.allclose(np.array(places, dtype=float), PLACES, atol=0.3)


def test_fixation_lock_survives_lost_sample_but_not_blink() -> None:
    lock = FixationLock(1.0, 0.05)
    assert [lock.feed(0.01 * i, 1.0, 1.0) for i in range(6)][-1]
    assert lock.feed(0.06, math.nan, math.nan, usable=False)
    assert lock.feed(0.12, math.nan, math.nan, usable=False)
    assert not lock.feed(0.13, math.nan, math.nan, usable=False)
    assert not lock.feed(0.14, 1.0, 1.0)


def test_fixation_lock_ignores_repeated_time_and_ends_if_set_back() -> None:
    lock = FixationLock(1.0, 0.05)
    assert [lock.feed(0.01 * i, 1.0, 1.0) for i in range(6)][-1]
    assert lock.feed(0.05, 9.0, 9.0)
    assert not lock.feed(0.01, 1.0, 1.0)


def test_fixation_lock_thresholds_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="over 0"):
        FixationLock(0.0, 0.1)
