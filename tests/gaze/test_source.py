"""Tests of the buffer between the receiving and the reading thread."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Buffer, Sample

times = st.lists(st.floats(0, 5), max_size=60)


def samples(ts: list[float]) -> list[Sample]:
    return [Sample(t, 0.5, 0.5, valid=i % 3 > 0) for i, t in enumerate(ts)]


@given(times)
def test_buffer_taken_times_increase(ts: list[float]) -> None:
    buffer = Buffer("eye")
    buffer.put(samples(ts))
    taken, lost = [s.t for s in buffer.take()], buffer.status(5).lost
    assert len(taken) + lost == len(ts)
    assert all(b > a or b <= a - 1 for a, b in itertools.pairwise(taken))


@given(times, st.floats(0, 8))
def test_buffer_rate_and_quality_cover_last_second(ts: list[float], now: float) -> None:
    buffer = Buffer("eye")
    ts = sorted(set(ts))
    given_ = samples(ts)
    buffer.put(given_)
    newest = max([now, *ts])
    recent = [s.usable for s in given_ if newest - 1 < s.t]
    status = buffer.status(newest)
    assert status.rate_hz == len(recent)
    assert status.quality == (sum(recent) / len(recent) if recent else 0)


def test_buffer_clock_set_back_is_followed() -> None:
    buffer = Buffer("eye")
    buffer.put(samples([100.0, 100.1, 50.0, 50.1]))
    assert [s.t for s in buffer.take()] == [100.0, 100.1, 50.0, 50.1]
    assert "went back by 50.1 s" in buffer.status(50.1).note
    assert buffer.status(50.1).rate_hz == 2


def test_buffer_full_drops_oldest() -> None:
    buffer = Buffer("eye", capacity=3)
    buffer.put(samples([0.1, 0.2, 0.3, 0.4]))
    assert [s.t for s in buffer.take()] == [0.2, 0.3, 0.4]
    assert buffer.status(0.4).lost == 1
