"""Tests of several recordings in one table: they are never mixed, and chosen by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording
from foveaview.gaze.recordings import ColumnMapping, NeedsChoice, read_recording
from foveaview.gaze.recordings.tables.sections import LabelledRows, chosen_rows
from foveaview.settings import ReadingSettings

MAPPING = ColumnMapping(time="t", time_unit="ms", x="x", y="y", unit="px")


def write(folder: Path, text: str, name: str = "eye.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def read(path: Path, recording: str = "") -> Recording:
    return read_recording(path, MAPPING, ReadingSettings(recording=recording))


def choices(path: Path, recording: str = "") -> list[str]:
    with pytest.raises(NeedsChoice) as asked:
        read(path, recording)
    assert path.name in str(asked.value)
    return [choice.value for choice in asked.value.choices]


@pytest.mark.parametrize(
    "column", ["RECORDING_SESSION_LABEL", "Participant name", "subject", "session", "Recording name", "USER"]
)
def test_table_with_two_sessions_needs_choice(tmp_path: Path, column: str) -> None:
    path = write(tmp_path, f"{column},t,x,y\nA,0,1,1\nB,1,5,5\nA,2,2,2\nB,3,6,6\n")
    assert choices(path) == ["A", "B"]
    assert read(path, "A").x.tolist() == [1, 2]
    assert read(path, "B").x.tolist() == read(path, "2").x.tolist() == [5, 6]


def test_table_with_one_session_is_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path, "subject,t,x,y\nA,0,1,1\n,1,5,5\nA,2,2,2\n")
    assert read(path).x.tolist() == read(path, "A").x.tolist() == [1, 5, 2]


def test_table_with_one_recording_refuses_another_name(tmp_path: Path) -> None:
    path = write(tmp_path, "subject,t,x,y\nA,0,1,1\n")
    with pytest.raises(ValueError, match=r"eye\.csv holds only one recording, and it is not called 'B'"):
        read(path, "B")


def test_table_of_people_and_sessions_is_named_by_both(tmp_path: Path) -> None:
    rows = ["P1,day 1,0,1,1", "P1,day 2,0,2,2", "P2,day 1,0,3,3"]
    path = write(tmp_path, "participant,session,t,x,y\n" + "\n".join(rows) + "\n")
    assert choices(path) == ["P1 / day 1", "P1 / day 2", "P2 / day 1"]
    assert read(path, "P1 / day 2").x.tolist() == [2]


@pytest.mark.parametrize("column", ["MEDIA_ID", "MEDIA_NAME", "trial_index", "Stimulus", "eye"])
def test_table_clock_restarting_with_label_needs_choice(tmp_path: Path, column: str) -> None:
    path = write(tmp_path, f"{column},t,x,y\na,0,1,1\na,10,2,2\na,20,3,3\nb,0,5,5\nb,10,6,6\n")
    assert choices(path) == ["a", "b"]
    assert read(path, "b").t.tolist() == [0, 0.01]


def test_table_repeated_label_is_numbered(tmp_path: Path) -> None:
    rows = [f"{name},{10 * t},{at},1" for at, name in enumerate("aba") for t in range(3)]
    path = write(tmp_path, "MEDIA_ID,t,x,y\n" + "\n".join(rows) + "\n")
    assert choices(path) == ["a (1)", "b", "a (2)"]
    assert read(path, "a (2)").x.tolist() == [2, 2, 2]


def test_table_with_trials_on_one_clock_is_one_recording(tmp_path: Path) -> None:
    path = write(tmp_path, "TRIAL_INDEX,t,x,y\n1,0,1,1\n1,10,2,2\n2,500,3,3\n2,510,4,4\n")
    assert read(path).x.tolist() == [1, 2, 3, 4]


def test_table_clock_jumping_back_numbers_recordings(tmp_path: Path) -> None:
    rows = [
        f"{t},{part},1"
        for part, start in enumerate((90_000, 5_000, 40))
        for t in range(start, start + 30, 10)
    ]
    path = write(tmp_path, "t,x,y\n" + "\n".join(rows) + "\n")
    assert choices(path) == ["1", "2", "3"]
    assert read(path, "2").t.tolist() == pytest.approx([5, 5.01, 5.02])
    with pytest.raises(NeedsChoice, match="holds no recording '4' but 3 recordings"):
        read(path, "4")


@pytest.mark.parametrize("ms", [[0, 20, 10, 40, 30], [0, 10, 5000, 4990, 5010, 5020], [0, 10, 4000, 20]])
def test_table_with_rows_out_of_order_is_sorted_and_not_split(tmp_path: Path, ms: list[int]) -> None:
    recording = read(write(tmp_path, "t,x,y\n" + "".join(f"{t},1,1\n" for t in ms)))
    assert recording.t.tolist() == pytest.approx(sorted(t / 1000 for t in ms))
    assert "they were sorted" in " ".join(recording.notes)


def test_table_in_reverse_order_is_one_recording(tmp_path: Path) -> None:
    rows = "".join(f"{10 * t},{t},1\n" for t in range(300, 0, -1))
    assert len(read(write(tmp_path, "t,x,y\n" + rows))) == 300


def test_session_with_restarting_trials_is_chosen_by_both_names(tmp_path: Path) -> None:
    parts = [("P1", 0), ("P1", 1), ("P2", 0), ("P2", 1)]
    rows = [f"{who},{trial},{10 * t},{at},1" for at, (who, trial) in enumerate(parts) for t in range(3)]
    path = write(tmp_path, "subject,trial,t,x,y\n" + "\n".join(rows) + "\n")
    assert choices(path) == ["P1", "P2"]
    assert choices(path, "P2") == ["P2 / 0", "P2 / 1"]
    assert read(path, "P2 / 1").x.tolist() == [3, 3, 3]


def test_choice_of_a_recording_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path, "subject,t,x,y\nA,0,1,1\nB,1,5,5\n")
    assert read(path, "B").notes == ("of several recordings, this is B",)


def test_labels_over_10_000_names_are_not_recordings(tmp_path: Path) -> None:
    rows = "".join(f"s{t},{t},1,1\n" for t in range(10_002))
    assert len(read(write(tmp_path, "subject,t,x,y\n" + rows))) == 10_002


def test_data_viewer_report_of_two_sessions_needs_choice(tmp_path: Path) -> None:
    header = "RECORDING_SESSION_LABEL\tTRIAL_INDEX\tTIMESTAMP"
    header += "\tAVERAGE_GAZE_X\tAVERAGE_GAZE_Y\tRIGHT_GAZE_X\tRIGHT_GAZE_Y"
    rows = [
        f"{who}\t1\t{1000 + t}.00\t.\t.\t{400 + t}.50\t{at}.00"
        for at, who in enumerate(("s01", "s02"))
        for t in range(3)
    ]
    path = write(tmp_path, "\n".join([header, *rows]) + "\n", "report.txt")
    with pytest.raises(NeedsChoice, match=r"2 recordings: 's01' \(3 rows, 0.002 s\), 's02'"):
        read_recording(path)
    recording = read_recording(path, reading=ReadingSettings(recording="s02"))
    assert (recording.unit, recording.x.tolist()) == ("px", [400.5, 401.5, 402.5])
    assert recording.y.tolist() == [1, 1, 1]


def test_gazepoint_export_of_two_media_needs_choice(tmp_path: Path) -> None:
    header = "MEDIA_ID,MEDIA_NAME,CNT,TIME(2024/03/04 10:00:00.125),BPOGX,BPOGY,BPOGV,"
    rows = [
        f"{media},Slide{media},{t},{t / 60:.5f},0.5,0.{media}5,1," for media in range(2) for t in range(4)
    ]
    path = write(tmp_path, "\n".join([header, *rows]) + "\n", "User 0_all_gaze.csv")
    with pytest.raises(NeedsChoice, match="2 recordings"):
        read_recording(path)
    recording = read_recording(path, reading=ReadingSettings(recording="1"))
    assert (recording.unit, recording.y.tolist()) == ("screen", [0.15] * 4)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=5), st.integers(1, 50))
def test_sections_take_every_row_once(lengths: list[int], step: int) -> None:
    pieces = [np.arange(count) * step / 1000 + 10 for count in lengths]
    t = np.concatenate(pieces)
    codes = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    of = LabelledRows(Path("a"), t, {"subject": ([f"s{at}" for at in range(len(lengths))], codes)})
    found = [chosen_rows(of, f"s{at}") for at in range(len(lengths))]
    rows = np.concatenate([rows for rows in found if rows is not None])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(t)))
