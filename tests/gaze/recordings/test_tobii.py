"""Exports of Tobii Pro Lab and Tobii Studio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Event
from foveaview.gaze.recordings import read_recording
from tests.gaze.recordings.tracks import Track, tracks

DATA = Path("tests/data/gaze")
SCREEN = (1600.0, 900.0)


def write(folder: Path, header: list[str], rows: list[list[object]], encoding: str = "utf-8") -> Path:
    path = folder / "tobii.tsv"
    lines = ["\t".join(header), *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


@given(tracks(), st.sampled_from(["ms", "\u03bcs", "\u00b5s"]), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_pro_lab_is_read_back(
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


@given(tracks(lost_is_invalid=True))
def test_studio_is_read_back_from_both_eyes(tmp_path_factory: pytest.TempPathFactory, track: Track) -> None:
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
def test_the_files_made_after_the_manuals(name: str, screen: tuple[int, int], event: str) -> None:
    recording = read_recording(DATA / name)
    assert (len(recording), int(recording.usable.sum())) == (60, 55)
    assert (recording.unit, recording.screen) == ("px", screen)
    assert recording.events[0] == Event(0, event)
    assert recording.x[0] / screen[0] == pytest.approx(0.3, abs=1e-3)


def test_an_eye_that_was_not_seen_does_not_count() -> None:
    recording = read_recording(DATA / "tobii_studio.tsv")
    x = 0.7 + 0.004 * np.sin(np.array([39, 40, 41]))
    assert recording.x[39:42] - x * 1280 == pytest.approx([0, -3, 0], abs=0.01)


def test_rows_of_other_sensors_are_no_samples(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Sensor", "Gaze point X [DACS px]", "Gaze point Y [DACS px]"]
    rows: list[list[object]] = [[0, "Eye Tracker", 1, 2], [1, "Mouse", "", ""], [2, "Eye Tracker", "", ""]]
    assert read_recording(write(tmp_path, header, rows)).t.tolist() == [0, 0.002]


def test_rows_of_events_are_no_samples(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Event", "Gaze point X [DACS px]", "Gaze point Y [DACS px]"]
    rows: list[list[object]] = [[0, "", 1, 2], [1, "Key", "", ""], [2, "", "", ""], [3, "Key", 1, 2]]
    recording = read_recording(write(tmp_path, header, rows))
    assert recording.t.tolist() == [0, 0.002, 0.003]
    assert [event.t for event in recording.events] == [0.001, 0.003]


@pytest.mark.parametrize(("step", "rate"), [(8, 125), (8333, 120)])
def test_times_without_a_unit_are_guessed_and_noted(tmp_path: Path, step: int, rate: float) -> None:
    header = ["Recording timestamp", "Gaze point X", "Gaze point Y"]
    recording = read_recording(write(tmp_path, header, [[step * count, 500, 500] for count in range(9)]))
    assert recording.rate_hz == pytest.approx(rate, rel=1e-3)
    assert "Recording timestamp says no unit" in recording.notes[0]


def test_shares_of_the_medium_are_of_the_image(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Gaze point X [MCS norm]", "Gaze point Y [MCS norm]"]
    recording = read_recording(write(tmp_path, header, [[0, 0.25, 0.5]]))
    assert (recording.unit, recording.x.tolist()) == ("image", [0.25])


def test_glasses_are_of_a_scene_camera(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Gaze point X [MCS px]", "Gaze point Y [MCS px]"]
    header += ["Gaze point 3D X [HUCS mm]"]
    recording = read_recording(write(tmp_path, header, [[0, 900, 500, 1]]))
    assert (recording.unit, recording.scene_camera) == ("px", True)
    assert any("cannot be taken as gaze on a screen" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["Recording timestamp [ms]", "Participant name", "Pupil"], "no column of gaze: export Gaze point X"),
        (["Recording timestamp [ms]", "Gaze point X [DACS px]", "P"], "no column Gaze point Y"),
        (["Recording timestamp [ms]", "Gaze point X [DACS mm]", "Gaze point Y [DACS mm]"], "in dacsmm alone"),
        (["Recording timestamp [ms]", "Gaze point X [MCS px]", "Gaze point Y [MCS px]"], "in mcspx alone"),
    ],
)
def test_missing_columns_and_wrong_units_are_said(tmp_path: Path, header: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_recording(write(tmp_path, header, [[0, 1, 2]]))


def test_two_recordings_are_refused(tmp_path: Path) -> None:
    header = [
        "Recording timestamp [ms]",
        "Recording name",
        "Gaze point X [DACS px]",
        "Gaze point Y [DACS px]",
    ]
    path = write(tmp_path, header, [[0, "A", 1, 2], [0, "B", 1, 2]])
    with pytest.raises(ValueError, match="line 3, column Recording name: 'B' after 'A'"):
        read_recording(path)


def test_a_wrong_validity_is_named(tmp_path: Path) -> None:
    header = ["Recording timestamp [ms]", "Gaze point X [DACS px]", "Gaze point Y [DACS px]", "Validity left"]
    with pytest.raises(ValueError, match="line 2, column Validity left: 'perhaps' is no validity"):
        read_recording(write(tmp_path, header, [[0, 1, 2, "perhaps"]]))
