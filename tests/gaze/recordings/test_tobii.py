"""Tests of exports of Tobii Pro Lab and Tobii Studio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Event
from foveaview.gaze.recordings import NeedsChoice, read_recording
from foveaview.settings import ReadingSettings
from tests.gaze.recordings.tracks import Track, tracks

DATA = Path("tests/data/gaze")
SCREEN = (1600.0, 900.0)


def write(folder: Path, header: list[str], rows: list[list[object]], encoding: str = "utf-8") -> Path:
    path = folder / "tobii.tsv"
    lines = ["\t".join(header), *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


@pytest.mark.slow
@given(tracks(), st.sampled_from(["ms", "\u03bcs", "\u00b5s"]), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_tobii_pro_lab_reads_back(
    tmp_path_factory: pytest.TempPathFactory, track: Track, unit: str, encoding: str
) -> None:
    header = [f"Recording timestamp [{unit}]", "Gaze point X [DACS px]", "Gaze point Y [DACS px]"]
    header += ["Validity left", "Validity right", "Recording resolution width", "Recording resolution height"]
    rows: list[list[object]] = []
    for ms, place, valid in track.rows:
        gaze = ["", ""] if place is None else [place[0] * SCREEN[0], place[1] * SCREEN[1]]
        word = "Valid" if valid else "Invalid"
        rows.append([ms * (1 if unit == "ms" else 1000), *gaze, "Invalid", word, 1600, 900])
    recording = read_recording(write(tmp_path_factory.mktemp("tobii"), header, rows, encoding))
    track.check(recording, SCREEN)
    track.check_valid(recording)
    assert (recording.unit, recording.screen) == ("px", (1600, 900))


@pytest.mark.slow
@given(tracks(lost_is_invalid=True))
def test_tobii_studio_reads_back_from_both_eyes(
    tmp_path_factory: pytest.TempPathFactory, track: Track
) -> None:
    header = ["RecordingTimestamp", "GazePointLeftX (ADCSpx)", "GazePointLeftY (ADCSpx)"]
    header += ["GazePointRightX (ADCSpx)", "GazePointRightY (ADCSpx)", "ValidityLeft", "ValidityRight"]
    header += ["RecordingResolution"]
    rows: list[list[object]] = []
    for ms, place, _ in track.rows:
        if place is None:
            rows.append([ms, *[""] * 4, 4, 4, "1600 x 900"])
        else:
            x, y = place[0] * SCREEN[0], place[1] * SCREEN[1]
            rows.append([ms, x - 4, y + 2, x + 4, y - 2, 0, 1, "1600 x 900"])
    recording = read_recording(write(tmp_path_factory.mktemp("tobii"), header, rows))
    track.check(recording, SCREEN)
    track.check_valid(recording)
    assert recording.screen == (1600, 900)


@pytest.mark.parametrize(
    ("name", "screen", "event"),
    [
        ("tobii_pro_lab.tsv", (1920, 1080), "ImageStimulusStart: face.png"),
        ("tobii_studio.tsv", (1280, 1024), "ImageStart: for\xeat.jpg"),
    ],
)
def test_tobii_files_of_manuals_are_read(name: str, screen: tuple[int, int], event: str) -> None:
    recording = read_recording(DATA / name)
    assert (len(recording), int(recording.usable.sum())) == (60, 55)
    assert (recording.unit, recording.screen) == ("px", screen)
    assert recording.events[0] == Event(0, event)
    assert recording.x[0] / screen[0] == pytest.approx(0.3, abs=1e-3)


def test_tobii_lost_eye_is_ignored() -> None:
    recording = read_recording(DATA / "tobii_studio.tsv")
    x = 0.7 + 0.004 * np.sin(np.array([39, 40, 41]))
    assert recording.x[39:42] - x * 1280 == pytest.approx([0, -3, 0], abs=0.01)


def test_tobii_rows_of_other_sensors_are_left_out(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Sensor", "Gaze point X [DACS px]", "Gaze point Y [DACS px]"]
    rows: list[list[object]] = [[0, "Eye Tracker", 1, 2], [1, "Mouse", "", ""], [2, "Eye Tracker", "", ""]]
    assert read_recording(write(tmp_path, header, rows)).t.tolist() == [0, 0.002]


def test_tobii_rows_of_events_are_not_samples(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Event", "Gaze point X [DACS px]", "Gaze point Y [DACS px]"]
    rows: list[list[object]] = [[0, "", 1, 2], [1, "Key", "", ""], [2, "", "", ""], [3, "Key", 1, 2]]
    recording = read_recording(write(tmp_path, header, rows))
    assert recording.t.tolist() == [0, 0.002, 0.003]
    assert [event.t for event in recording.events] == [0.001, 0.003]


@pytest.mark.parametrize(("step", "rate"), [(8, 125), (8333, 120)])
def test_tobii_times_without_unit_are_guessed_and_noted(tmp_path: Path, step: int, rate: float) -> None:
    header = ["Recording timestamp", "Gaze point X", "Gaze point Y"]
    recording = read_recording(write(tmp_path, header, [[step * count, 500, 500] for count in range(9)]))
    assert recording.rate_hz == pytest.approx(rate, rel=1e-3)
    assert "Recording timestamp has no unit" in recording.notes[0]


def test_tobii_shares_of_medium_are_image_coordinates(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Gaze point X [MCS norm]", "Gaze point Y [MCS norm]"]
    recording = read_recording(write(tmp_path, header, [[0, 0.25, 0.5]]))
    assert (recording.unit, recording.x.tolist()) == ("image", [0.25])


def test_tobii_glasses_are_scene_camera(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Gaze point X [MCS px]", "Gaze point Y [MCS px]"]
    header += ["Gaze point 3D X [HUCS mm]"]
    recording = read_recording(write(tmp_path, header, [[0, 900, 500, 1]]))
    assert (recording.unit, recording.scene_camera) == ("px", True)
    assert any("cannot be used as gaze on a screen" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["Recording timestamp [ms]", "Participant name", "Pupil"], "no gaze columns: export Gaze point X"),
        (["Recording timestamp [ms]", "Gaze point X [DACS px]", "P"], "no column Gaze point Y"),
        (["Recording timestamp [ms]", "Gaze point X [DACS mm]", "Gaze point Y [DACS mm]"], "only in dacsmm"),
        (["Recording timestamp [ms]", "Gaze point X [MCS px]", "Gaze point Y [MCS px]"], "only in mcspx"),
    ],
)
def test_tobii_missing_columns_and_units_are_refused(tmp_path: Path, header: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_recording(write(tmp_path, header, [[0, 1, 2]]))


def test_tobii_two_recordings_need_choice(tmp_path: Path) -> None:
    header = [
        "Recording timestamp [ms]",
        "Recording name",
        "Gaze point X [DACS px]",
        "Gaze point Y [DACS px]",
    ]
    path = write(tmp_path, header, [[0, "A", 1, 2], [0, "B", 1, 2]])
    with pytest.raises(NeedsChoice, match=r"2 recordings: 'A' \(1 rows, 0 s\), 'B'.*as recording"):
        read_recording(path)
    assert read_recording(path, reading=ReadingSettings(recording="B")).x.tolist() == [1]


def test_tobii_invalid_validity_is_refused(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Gaze point X [DACS px]", "Gaze point Y [DACS px]", "Validity left"]
    with pytest.raises(ValueError, match="line 2, column Validity left: 'perhaps' is not a validity"):
        read_recording(write(tmp_path, header, [[0, 1, 2, "perhaps"]]))


HEADER = ["Recording timestamp [ms]", "Gaze point X [DACS px]", "Gaze point Y [DACS px]"]


@pytest.mark.parametrize("texts", [["1.0"], ["v2.10", "1.0"], ["3.14"]])
def test_tobii_decimal_commas_are_detected_in_used_columns(tmp_path: Path, texts: list[str]) -> None:
    header = [*HEADER, *(f"Software version {at}" for at in range(len(texts)))]
    recording = read_recording(
        write(tmp_path, header, [[0, "405,5", "300,25", *texts], [4, "405,5", "", *texts]])
    )
    assert recording.x.tolist() == [405.5, 405.5]
    assert recording.y[0] == 300.25
    assert "numbers are written with decimal commas" in recording.notes


def test_tobii_decimal_points_beside_commas_in_text_stay(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path, [*HEADER, "Version"], [[0, "405.5", "300.25", "1,0"]]))
    assert recording.x.tolist() == [405.5]
    assert recording.notes == ()


def test_tobii_decimal_commas_starting_late_are_read(tmp_path: Path) -> None:
    rows: list[list[object]] = [[4 * t, 400, 300] for t in range(9000)]
    rows += [[4 * t, "405,5", "300,25"] for t in range(9000, 9010)]
    recording = read_recording(write(tmp_path, HEADER, rows))
    assert (recording.x[0], recording.x[-1]) == (400, 405.5)


def test_tobii_mixed_points_and_commas_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 3, column Gaze point X \[DACS px\]: '405,5' is not a number"):
        read_recording(write(tmp_path, HEADER, [[0, "405.5", "300.25"], [4, "405,5", "300.5"]]))


def test_tobii_names_with_commas_are_kept(tmp_path: Path) -> None:
    rows: list[list[object]] = [[0, "405,5", "1,5", '"Doe, A"'], [4, "405,5", "1,5", '"Roe, B"']]
    with pytest.raises(NeedsChoice, match=r"'Doe, A'.*'Roe, B'"):
        read_recording(write(tmp_path, [*HEADER, "Participant name"], rows))


def spectrum(count: int, start_us: int = 7_000_000, drift: float = 0.0) -> list[list[object]]:
    """Return samples at 1200 Hz with recording timestamps in whole milliseconds."""
    us = np.arange(count) * 1e6 / 1200
    ms = np.floor(us * (1 + drift) / 1000).astype(int)
    return [[ms[at], start_us + round(us[at]), at, 1] for at in range(count)]


@pytest.mark.parametrize("unit", ["us", "\u03bcs", "\u00b5s"])
def test_tobii_eyetracker_timestamps_keep_1200_hz(tmp_path: Path, unit: str) -> None:
    header = [HEADER[0], f"Eyetracker timestamp [{unit}]", *HEADER[1:]]
    recording = read_recording(write(tmp_path, header, spectrum(1200)))
    assert len(recording) == 1200
    assert recording.rate_hz == pytest.approx(1200, rel=1e-4)
    assert abs(recording.t[0]) < 2e-3
    assert "which is finer" in recording.notes[0]


def test_tobii_drifting_eyetracker_timestamps_are_aligned(tmp_path: Path) -> None:
    header = [HEADER[0], "Eyetracker timestamp [us]", *HEADER[1:]]
    rows = spectrum(24_000, drift=1e-3)
    recording = read_recording(write(tmp_path, header, rows))
    assert len(recording) == 24_000
    assert recording.t[-1] == pytest.approx(24_000 / 1200 * 1.001, abs=2e-3)


def test_tobii_jumping_eyetracker_timestamps_are_not_used(tmp_path: Path) -> None:
    header = [HEADER[0], "Eyetracker timestamp [us]", *HEADER[1:]]
    rows = spectrum(600) + [[ms + 500, us + 9_000_000, x, y] for ms, us, x, y in spectrum(600)]  # type: ignore[operator]
    recording = read_recording(write(tmp_path, header, rows))
    assert "does not match the recording's times" in " ".join(recording.notes)


def test_tobii_events_keep_recording_clock(tmp_path: Path) -> None:
    header = [HEADER[0], "Eyetracker timestamp [us]", *HEADER[1:], "Sensor", "Event"]
    rows: list[list[object]] = [[*row, "Eye Tracker", ""] for row in spectrum(120)]
    rows.insert(60, [50, "", "", "", "", "ImageStimulusStart"])
    recording = read_recording(write(tmp_path, header, rows))
    assert (len(recording), recording.events) == (120, (Event(0.05, "ImageStimulusStart"),))


def test_tobii_recording_timestamps_in_us_are_kept(tmp_path: Path) -> None:
    header = ["Recording timestamp [us]", "Eyetracker timestamp [us]", *HEADER[1:]]
    recording = read_recording(write(tmp_path, header, [[833 * t, 99 * t, 1, 1] for t in range(9)]))
    assert recording.t[1] == pytest.approx(833e-6)
