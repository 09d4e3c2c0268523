"""Times as they stand at an axis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.app.recordings.time_labels import clock_text, step_digits, tick_step_s


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.96, "1:00.0"), (-1, "0:00"), (7322, "2:02:02"), (float("inf"), "-:--")],
)
def test_times_are_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds, 1 if "." in text else 0) == text


@given(st.floats(0.05, 36_000), st.integers(60, 4000))
def test_labels_leave_each_other_room_and_their_digits_tell_them_apart(seconds: float, width: int) -> None:
    step = tick_step_s(seconds, width)
    assert step * width >= seconds * 60 * (1 - 1e-9)
    assert round(step, step_digits(step)) == pytest.approx(step)
