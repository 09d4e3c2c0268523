"""Tests of placing the times of streams with unreliable clocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.lsl.clock import StreamClock

chunks = st.lists(
    st.tuples(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6), st.floats(0, 3), st.booleans()),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@given(chunks=chunks)
def test_stream_clock_any_times_give_rising_past_times(
    chunks: list[tuple[list[float], float, bool]],
) -> None:
    clock, arrival, last = StreamClock(), 1000.0, -np.inf
    for times, pause, known in chunks:
        arrival += pause + 1e-3
        placed = clock.place(np.array(times), arrival, 0.25 if known else None)
        assert (np.diff(placed, prepend=last) > 0).all()
        assert placed[-1] <= arrival + 1e-4
        last = placed[-1]


def delays(clock: StreamClock, seconds: float, drift: float, delay: float) -> list[float]:
    """Feed 100 samples per second one by one, and return the delay of each."""
    found = []
    for index in range(int(100 * seconds)):
        arrival = index / 100 + delay
        placed = clock.place(np.array([index / 100 * (1 + drift)]), arrival, 0.0)
        found.append(arrival - float(placed[-1]))
    return found


def test_stream_clock_plausible_times_are_kept() -> None:
    clock = StreamClock()
    assert delays(clock, 10, 0.0, 0.03) == pytest.approx([0.03] * 1000)
    assert (clock.note, clock.anchored) == ("", False)


def test_stream_clock_behind_by_seconds_uses_arrival() -> None:
    clock = StreamClock()
    late = delays(clock, 5, 0.0, 3.0)
    assert late[100] == pytest.approx(3.0)
    assert late[300:] == pytest.approx([0.0] * 200, abs=1e-3)
    assert clock.note == "its clock is 3.0 s behind; timed by arrival"


def test_stream_clock_one_late_chunk_is_tolerated() -> None:
    clock = StreamClock()
    for index in range(500):
        late = 1.5 if index == 250 else 0.01
        clock.place(np.array([index / 100]), index / 100 + late, 0.0)
    assert not clock.anchored


def test_stream_clock_in_future_uses_arrival_at_once() -> None:
    clock = StreamClock()
    assert clock.place(np.array([7200.0]), 0.0, 0.0).tolist() == [0.0]
    assert clock.note == "its clock is 2.0 h ahead; timed by arrival"


@pytest.mark.slow
@pytest.mark.parametrize("drift", [-0.001, 0.001])
def test_stream_clock_drift_is_followed(drift: float) -> None:
    clock = StreamClock()
    clock.place(np.array([0.0]), -50.0, 0.0)  # ahead: timed by arrival from now on
    late = delays(clock, 60, drift, 0.0)
    assert clock.anchored
    assert max(late[300:]) < 0.01


def test_stream_clock_unknown_offset_uses_arrival() -> None:
    clock = StreamClock()
    placed = clock.place(np.array([7.0, 7.5]), 100.0, None)
    assert (placed.tolist(), clock.note, clock.anchored) == ([99.5, 100.0], "", False)
    assert clock.place(np.array([8.0]), 100.6, 92.5).tolist() == [100.5]


@pytest.mark.parametrize(
    ("back_s", "said"), [(0.1, ""), (0.5, "0.5 s"), (90.0, "1.5 min"), (9000.0, "2.5 h")]
)
def test_stream_clock_step_back_is_noted(back_s: float, said: str) -> None:
    clock = StreamClock()
    clock.place(np.array([0.0, 0.01]), 0.02, 0.0)
    clock.place(np.array([0.02, 0.03 - back_s]), 0.04, 0.0)
    assert clock.note == (said and f"its clock went back by {said}; timed by arrival from then on")
    assert clock.anchored == bool(said)


def test_stream_clock_reconnected_trusts_times_again() -> None:
    clock = StreamClock()
    clock.place(np.array([7200.0]), 0.0, 0.0)
    clock.reconnected()
    assert (clock.place(np.array([0.5]), 0.6, 0.0).tolist(), clock.note) == ([0.5], "")


def test_stream_clock_invalid_times_use_arrival() -> None:
    clock = StreamClock()
    for index in range(400):
        arrival = 10.0 + index / 100
        odd = (np.nan, np.inf, 1e300, -1e300)[index % 4]
        placed = clock.place(np.array([arrival - 0.02, odd]), arrival, 0.0)
        assert placed == pytest.approx([arrival - 0.01 if index else arrival - 0.02, arrival], abs=0.011)
        assert placed[1] == arrival
    assert clock.note == "it sends invalid times; timed by arrival"
