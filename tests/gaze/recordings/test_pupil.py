"""Tests of exports of Pupil Labs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from foveaview.gaze.recordings import NeedsChoice, read_recording
from foveaview.settings import ReadingSettings
from tests.gaze.recordings.tracks import Track, tracks

DATA = Path("tests/data/gaze")
START_NS = 1_700_000_000_000_000_000


def write(folder: Path, name: str, header: str, rows: list[str]) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.slow
@given(tracks())
def test_pupil_gaze_positions_read_back(tmp_path_factory: pytest.TempPathFactory, track: Track) -> None:
    rows = []
    for ms, place, valid in track.rows:
        x, y = ("", "") if place is None else (place[0], 1 - place[1])
        rows.append(f"{100 + ms / 1000},7,{0.9 if valid else 0.2},{x},{y},{ms}-0 {ms}-1")
    header = "gaze_timestamp,world_index,confidence,norm_pos_x,norm_pos_y,base_data"
    path = write(tmp_path_factory.mktemp("pupil"), "gaze_positions.csv", header, rows)
    recording = read_recording(path)
    track.check(recording, start_s=100)
    track.check_valid(recording)
    assert (recording.unit, recording.scene_camera) == ("screen", True)


@pytest.mark.slow
@given(tracks())
def test_pupil_surfaces_read_back(tmp_path_factory: pytest.TempPathFactory, track: Track) -> None:
    rows = []
    for ms, place, valid in track.rows:
        x, y = ("", "") if place is None else (place[0], 1 - place[1])
        rows.append(f"{ms},7,{100 + ms / 1000},{x},{y},{place is not None},{0.9 if valid else 0.2}")
    header = "world_timestamp,world_index,gaze_timestamp,x_norm,y_norm,on_surf,confidence"
    path = write(tmp_path_factory.mktemp("pupil"), "gaze_positions_on_surface_A.csv", header, rows)
    recording = read_recording(path)
    track.check(recording, start_s=100)
    track.check_valid(recording)
    assert (recording.unit, recording.scene_camera) == ("screen", False)


def test_pupil_surfaces_of_first_versions_are_read(tmp_path: Path) -> None:
    header = "world_frame_idx\tworld_timestamp\teye_timestamp\tx_norm\ty_norm\tx_scaled\ty_scaled\ton_srf"
    rows = ["0\t2.0\t2.01\t0.25\t0.75\t0.1\t0.3\tTrue", "0\t2.0\t2.02\t1.5\t0.5\t0.6\t0.2\tFalse"]
    recording = read_recording(write(tmp_path, "gaze_positions_on_surface.csv", header, rows))
    assert (recording.t.tolist(), recording.x.tolist()) == ([2.01, 2.02], [0.25, 1.5])
    assert recording.y.tolist() == [0.25, 0.5]
    assert "50% of the samples lie outside the surface" in recording.notes


@pytest.mark.slow
@given(tracks())
def test_neon_scene_camera_reads_back(tmp_path_factory: pytest.TempPathFactory, track: Track) -> None:
    rows = []
    for ms, place, valid in track.rows:
        x, y = ("", "") if place is None else (place[0] * 1600, place[1] * 1200)
        rows.append(f"s,r,{START_NS + ms * 1_000_000},{x},{y},True,,{'' if valid else 3}")
    header = "section id,recording id,timestamp [ns],gaze x [px],gaze y [px],worn,fixation id,blink id"
    recording = read_recording(write(tmp_path_factory.mktemp("neon"), "gaze.csv", header, rows))
    track.check(recording, (1600, 1200), START_NS / 1e9)
    track.check_valid(recording)
    assert (recording.unit, recording.scene_camera) == ("px", True)


@pytest.mark.slow
@given(tracks(lost_is_invalid=True))
def test_neon_surfaces_read_back(tmp_path_factory: pytest.TempPathFactory, track: Track) -> None:
    rows = []
    for ms, place, valid in track.rows:
        x, y = ("", "") if place is None else place
        rows.append(f"s,r,{START_NS + ms * 1_000_000},{str(valid).lower()},{x},{y}")
    header = "section id,recording id,timestamp [ns],gaze detected on surface,"
    header += "gaze position on surface x [normalized],gaze position on surface y [normalized]"
    recording = read_recording(write(tmp_path_factory.mktemp("neon"), "gaze.csv", header, rows))
    track.check(recording, start_s=START_NS / 1e9)
    assert recording.usable.tolist() == list(track.valid)
    assert (recording.unit, recording.scene_camera) == ("screen", False)


@pytest.mark.parametrize(
    ("name", "unit", "scene", "rate", "first"),
    [
        ("gaze_positions.csv", "screen", True, 120, (0.3, 0.404)),
        ("gaze_positions_on_surface_Screen.csv", "screen", False, 120, (0.3, 0.404)),
        ("neon_gaze.csv", "px", True, 200, (480, 484.8)),
        ("neon_surface_gaze.csv", "screen", False, 200, (0.3, 0.404)),
    ],
)
def test_pupil_documented_files_are_read(
    name: str, unit: str, scene: bool, rate: float, first: tuple[float, float]
) -> None:
    recording = read_recording(DATA / name)
    assert (len(recording), int(recording.usable.sum())) == (60, 55)
    assert (recording.unit, recording.scene_camera) == (unit, scene)
    assert recording.rate_hz == pytest.approx(rate, rel=1e-3)
    assert (recording.x[0], recording.y[0]) == pytest.approx(first)
    assert any("cannot be used as gaze on a screen" in note for note in recording.notes) == scene


def test_pupil_two_recordings_need_choice(tmp_path: Path) -> None:
    header = "recording id,timestamp [ns],gaze x [px],gaze y [px]"
    path = write(tmp_path, "gaze.csv", header, ["a,1,2,3", "b,2,2,3"])
    with pytest.raises(NeedsChoice, match="2 recordings: 'a'"):
        read_recording(path)
    assert read_recording(path, reading=ReadingSettings(recording="b")).y.tolist() == [3]


def test_pupil_missing_column_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "gaze_positions.csv", "world_index,norm_pos_x,norm_pos_y", ["1,0.5,0.5"])
    with pytest.raises(ValueError, match="no column 'gaze_timestamp'"):
        read_recording(path)


def test_pupil_reference_image_is_refused(tmp_path: Path) -> None:
    header = "timestamp [ns],gaze position in reference image x [px],gaze position in reference image y [px]"
    with pytest.raises(ValueError, match="reference image of unknown size"):
        read_recording(write(tmp_path, "gaze.csv", header, ["1,2,3"]))
