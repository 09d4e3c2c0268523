"""Tests of times written as dates or times of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.recordings import ColumnMapping, propose, read_recording
from foveaview.gaze.recordings.tables.clock_text import clock_seconds, is_clock

NOON = 1_709_553_600.0  # 2024-03-04 12:00 UTC


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-04T12:00:00.250",
        "2024-03-04 12:00:00.25",
        "2024/03/04 12:00:00.250",
        "2024-03-04T12:00:00.250Z",
        "2024-03-04T14:00:00.250+02:00",
        "2024-03-04T08:30:00.250-0330",
    ],
)
def test_clock_seconds_of_date_count_from_1970(text: str) -> None:
    assert clock_seconds(np.array([text])).tolist() == [NOON + 0.25]


@pytest.mark.parametrize("text", ["10:00:01.5", "10:00:01:500", "10:00:01,500"])
def test_clock_seconds_of_time_of_day_count_from_midnight(text: str) -> None:
    assert clock_seconds(np.array([text])).tolist() == [36_001.5]


def test_clock_seconds_continue_after_midnight() -> None:
    first = clock_seconds(np.array(["23:59:59", "00:00:01"]))
    assert first.tolist() == [86_399, 86_401]
    assert clock_seconds(np.array(["00:00:02"]), float(first[-1])).tolist() == [86_402]


@pytest.mark.parametrize(
    "text", ["12", "1.5", "", "4 March 2024", "2024-03-04", "10:00", "25/12/2024 10:00:00"]
)
def test_is_clock_refuses_other_texts(text: str) -> None:
    assert not is_clock(text)


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=20),
    st.sampled_from(["T", " "]),
)
def test_clock_seconds_of_dates_read_back(start: datetime, steps: list[int], mark: str) -> None:
    times = [start + timedelta(microseconds=int(us)) for us in np.cumsum(steps)]
    found = clock_seconds(np.array([time.isoformat(mark) + "Z" for time in times]))
    wanted = [time.replace(tzinfo=UTC).timestamp() for time in times]
    np.testing.assert_allclose(found, wanted, atol=1e-5, rtol=0)


def test_table_with_iso_times_is_proposed_and_read(tmp_path: Path) -> None:
    path = tmp_path / "eye.csv"
    rows = ["2024-03-04 12:00:00.000,0.1,0.5", "2024-03-04 12:00:00.016,0.2,0.5", ",0.3,0.5"]
    path.write_text("\n".join(["Timestamp,gaze_x,gaze_y", *rows]) + "\n")
    mapping = propose(path).mapping
    assert mapping is not None
    assert (mapping.time, mapping.time_unit) == ("Timestamp", "clock")
    recording = read_recording(path, mapping)
    np.testing.assert_allclose(recording.t, [NOON, NOON + 0.016], atol=1e-6)
    assert recording.x.tolist() == [0.1, 0.2]


def test_table_with_invalid_iso_time_names_line(tmp_path: Path) -> None:
    path = tmp_path / "eye.csv"
    path.write_text("when,x,y\n10:00:00,0.1,0.5\n10:00:01,0.1,0.5\nlater,0.2,0.5\n")
    with pytest.raises(ValueError, match=r"eye\.csv: line 4, column when: 'later' is not a time"):
        read_recording(path, ColumnMapping(time="when", time_unit="clock", x="x", y="y"))


def test_table_with_both_time_formats_prefers_numbers(tmp_path: Path) -> None:
    path = tmp_path / "eye.csv"
    path.write_text("date time,time_ms,x,y\n2024-03-04 12:00:00,0,.1,.5\n2024-03-04 12:00:00,4,.2,.5\n")
    mapping = propose(path).mapping
    assert mapping is not None
    assert (mapping.time, mapping.time_unit) == ("time_ms", "ms")
