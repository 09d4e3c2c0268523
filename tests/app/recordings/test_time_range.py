"""A stretch of time, moved and made longer within a recording."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.app.recordings.time_range import TimeRange
from foveaview.gaze import Recording

WHOLE = TimeRange(50.0, 60.0)
shares = st.floats(0, 1)


def part(first: float, second: float) -> TimeRange:
    return WHOLE.cut(WHOLE.at(min(first, second)), abs(first - second) * WHOLE.length)


@given(shares, shares, shares)
def test_what_lies_at_a_share_lies_there(first: float, second: float, share: float) -> None:
    shown = part(first, second)
    assert shown.share(shown.at(share)) == pytest.approx(share, abs=1e-9)


@given(shares, shares, shares, st.floats(-20, 20), st.floats(-20, 20))
def test_the_wheel_stays_within_the_whole(
    first: float, second: float, share: float, steps: float, aside: float
) -> None:
    shown = part(first, second).turned(WHOLE, share, steps, aside)
    assert WHOLE.begin <= shown.begin < shown.end <= WHOLE.end + 1e-9


@given(shares, shares, shares)
def test_a_place_is_held_by_what_shows_it(first: float, second: float, share: float) -> None:
    seconds = WHOLE.at(share)
    shown = part(first, second).showing(WHOLE, seconds)
    assert shown.begin - 1e-9 <= seconds <= shown.end + 1e-9


def test_what_holds_a_place_stays_where_it_is() -> None:
    shown = TimeRange(52.0, 54.0)
    assert shown.showing(WHOLE, 53.5) is shown


def test_a_time_beyond_the_end_is_held_there() -> None:
    assert [WHOLE.held(seconds) for seconds in (40.0, 55.0, 70.0)] == [50.0, 55.0, 60.0]


def test_one_sample_is_a_stretch_too() -> None:
    one = np.array([3.0])
    assert TimeRange.of(Recording("eye", one, one, one)).length > 0
