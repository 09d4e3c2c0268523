"""Tests of sorting the times of a recording, and of the notes about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording
from foveaview.gaze.recordings import ColumnMapping, read_recording

MAPPING = ColumnMapping(time="t", x="x", y="y")


def read(
    folder: Path, times: list[float | str], xs: list[float] | None = None, unit: str = "screen"
) -> Recording:
    path = folder / "eye.csv"
    xs = xs or [count / 1000 for count in range(len(times))]
    path.write_text("t,x,y\n" + "".join(f"{t},{x},0.5\n" for t, x in zip(times, xs, strict=True)))
    return read_recording(path, MAPPING.replace(unit=unit))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_recorded_times_are_sorted_and_unique(
    tmp_path_factory: pytest.TempPathFactory, times: list[int]
) -> None:
    recording = read(tmp_path_factory.mktemp("times"), [time / 100 for time in times])
    assert recording.t.tolist() == pytest.approx([time / 100 for time in sorted(set(times))])
    assert recording.x.tolist() == [times.index(time) / 1000 for time in sorted(set(times))]


def test_recorded_ordered_times_have_no_notes(tmp_path: Path) -> None:
    assert read(tmp_path, [0, 0.01, 0.02, 0.03]).notes == ()


def test_recorded_unsorted_times_are_noted(tmp_path: Path) -> None:
    (note,) = read(tmp_path, [0, 0.02, 0.01, 0.04, 0.03]).notes
    assert note == "the times go back 2 times, first in line 4: they were sorted"


def test_recorded_repeated_times_are_noted(tmp_path: Path) -> None:
    (note,) = read(tmp_path, [0, 0.01, 0.01, 0.01, 0.02]).notes
    assert note == "2 rows with the time of the previous row were left out, the first in line 4"


def test_recorded_rows_without_time_are_noted(tmp_path: Path) -> None:
    recording = read(tmp_path, [0, "n/a", 0.02, "", 0.04])
    assert len(recording) == 3
    assert recording.notes == ("2 rows without a time were left out, the first in line 3",)


def test_recorded_gaps_are_noted(tmp_path: Path) -> None:
    times = (
        np.arange(100) / 100 + np.where(np.arange(100) > 50, 2.0, 0) + np.where(np.arange(100) > 80, 0.5, 0)
    )
    (note,) = read(tmp_path, times.round(3).tolist()).notes
    assert note == "2 gaps in the times, the longest 2.01 s from 0.5 s on"


def test_recorded_implausible_rate_is_questioned(tmp_path: Path) -> None:
    (note,) = read(tmp_path, [0, 4, 8, 12]).notes
    assert note == "0.25 samples per second: is the unit of the times right?"


def test_recorded_pixels_as_shares_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"eye\.csv: x is 500 in the median.* is it in pixels\?"):
        read(tmp_path, [count / 100 for count in range(20)], [500.0] * 20)


def test_recorded_shares_as_pixels_are_questioned(tmp_path: Path) -> None:
    recording = read(tmp_path, [count / 100 for count in range(20)], [0.5] * 20, "px")
    assert recording.notes == ("x is 0.5 px in the median: is it a share of the screen?",)


def test_recorded_without_times_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sample with a time"):
        read(tmp_path, ["n/a", "n/a"])


def test_recorded_without_gaze_is_noted(tmp_path: Path) -> None:
    assert "no sample has a gaze position" in read(tmp_path, [0, 0.01], [np.nan, np.nan]).notes


@pytest.mark.parametrize(
    ("ms", "rate"),
    [
        ([0, 3, 6, 10, 13, 16, 20], 300),
        ([0, 16, 33, 50, 66, 83, 100], 60),
        ([0, 1, 3, 5, 6, 8, 10], 600),
        ([0, 8, 16, 25, 33, 41, 50, 900, 908, 916, 925], 120),
        ([0, 4, 8, 12], 250),
        ([0, 1, 5], 400),
    ],
)
def test_rate_hz_of_whole_milliseconds_is_the_trackers(ms: list[int], rate: float) -> None:
    t = np.array(ms) / 1000
    assert Recording("a", t, t, t).rate_hz == pytest.approx(rate, rel=0.02)


@given(st.floats(20, 2000), st.integers(20, 400), st.floats(0, 1))
def test_rate_hz_of_rounded_times_is_close(rate: float, count: int, start: float) -> None:
    t = np.unique(np.round((start + np.arange(count) / rate) * 1e4) / 1e4)
    assert Recording("a", t, t, t).rate_hz == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("place", [-32768, 1e8, 32_000])
def test_recorded_positions_off_any_screen_are_missing(tmp_path: Path, place: float) -> None:
    recording = read(tmp_path, [0, 0.01, 0.02], [500, place, 510], "px")
    assert recording.usable.tolist() == [True, False, True]
    assert "1 samples are over 32,000 px away" in recording.notes[0]
