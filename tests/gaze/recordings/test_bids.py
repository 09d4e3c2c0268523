"""Tests of BIDS eye tracking: samples, sidecars, screens and events."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Event
from foveaview.gaze.recordings import read_recording
from tests.gaze.recordings.tracks import Track, tracks

DATA = Path("tests/data/gaze")
NAME = "sub-01_task-look_recording-eye1_physio"
SCREEN = {"ScreenDistance": 0.6, "ScreenResolution": [1000, 500], "ScreenSize": [0.5, 0.25]}


def about(unit: str = "pixel", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "SamplingFrequency": 100,
        "StartTime": 2.5,
        "Columns": ["timestamp", "x_coordinate", "y_coordinate"],
        "PhysioType": "eyetrack",
        "timestamp": {"Units": "ms"},
        "x_coordinate": {"Units": unit},
        "y_coordinate": {"Units": unit},
    }
    return found | more


def write(folder: Path, text: str, said: dict[str, Any] | None, name: str = NAME) -> Path:
    path = folder / f"{name}.tsv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    if said is not None:
        (folder / f"{name}.json").write_text(json.dumps(said))
    return path


def rows(track: Track, scale: tuple[float, float], up: bool = False) -> str:
    lines = []
    for ms, place, _ in track.rows:
        x, y = place or (0.0, 0.0)
        down = (1 - y if up else y) * scale[1]
        lines.append(f"{ms}\t" + ("n/a\tn/a" if place is None else f"{x * scale[0]!r}\t{down!r}"))
    return "\n".join(lines) + "\n"


@pytest.mark.slow
@given(tracks(), st.sampled_from(["pixel", "mm", "cm", "m", "normalized"]), st.booleans())
def test_bids_written_file_reads_back(
    tmp_path_factory: pytest.TempPathFactory, track: Track, unit: str, up: bool
) -> None:
    sizes = {"pixel": (1000, 500), "mm": (500, 250), "cm": (50, 25), "m": (0.5, 0.25), "normalized": (1, 1)}
    screen = SCREEN | {"ScreenOrigin": ["bottom" if up else "top", "left"]}
    folder = tmp_path_factory.mktemp("bids")
    path = write(folder, rows(track, sizes[unit], up), about(unit, StimulusPresentation=screen))
    recording = read_recording(path)
    track.check(recording, (1000, 500) if unit == "pixel" else (1, 1), 2.5 - track.ms[0] / 1e3)
    assert recording.unit == ("px" if unit == "pixel" else "screen")
    assert (recording.screen, recording.screen_m, recording.distance_m) == ((1000, 500), (0.5, 0.25), 0.6)


def test_bids_specification_file_is_read() -> None:
    recording = read_recording(DATA / f"{NAME}.tsv.gz")
    assert (len(recording), recording.unit, recording.screen) == (60, "px", (1920, 1080))
    assert (recording.screen_m, recording.distance_m) == ((0.531, 0.298), 0.6)
    assert (recording.t[0], recording.rate_hz) == (-0.5, pytest.approx(500))
    assert int(recording.usable.sum()) == 55
    assert recording.events == (Event(-0.5, "TRIAL 1"), Event(-0.46, "blink", 0.01))
    assert recording.notes == ("of the left eye",)


def test_bids_without_timestamps_uses_rate(tmp_path: Path) -> None:
    said = about(Columns=["x_coordinate", "y_coordinate"])
    recording = read_recording(write(tmp_path, "1\t2\n3\t4\n", said))
    assert recording.t.tolist() == [2.5, 2.51]
    assert "times computed from the SamplingFrequency, 100 Hz" in recording.notes


def test_bids_parent_sidecars_are_merged_nearest_wins(tmp_path: Path) -> None:
    folder = tmp_path / "sub-01" / "beh"
    folder.mkdir(parents=True)
    (tmp_path / "dataset_description.json").write_text("{}")
    (tmp_path / "task-look_physio.json").write_text(json.dumps(about(StartTime=1)))
    (tmp_path / "task-other_physio.json").write_text(json.dumps({"StartTime": 99}))
    (tmp_path / "task-look_events.json").write_text(json.dumps({"StimulusPresentation": SCREEN}))
    recording = read_recording(write(folder, "0\t1\t2\n", {"StartTime": 7}))
    assert (recording.t.tolist(), recording.screen) == ([7], (1000, 500))


def test_bids_draft_suffix_is_read(tmp_path: Path) -> None:
    said = about()
    del said["PhysioType"]
    assert len(read_recording(write(tmp_path, "0\t1\t2\n", said, "sub-01_task-look_eyetrack"))) == 1


def test_bids_uncompressed_file_with_header_is_read(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.json").write_text(json.dumps(about()))
    path = tmp_path / f"{NAME}.tsv"
    path.write_text("timestamp\tx_coordinate\ty_coordinate\n0\t1\t2\n10\t3\t4\n")
    assert read_recording(path).x.tolist() == [1, 3]


def test_bids_gaze_in_world_is_scene_camera(tmp_path: Path) -> None:
    said = about(SampleCoordinateSystem="gaze-in-world", StimulusPresentation=SCREEN)
    recording = read_recording(write(tmp_path, "0\t1\t2\n", said))
    assert recording.scene_camera
    assert recording.screen is None
    assert any("cannot be used as gaze on a screen" in note for note in recording.notes)


def test_bids_broken_events_are_noted_gaze_is_read(tmp_path: Path) -> None:
    events = NAME.replace("physio", "physioevents")
    write(tmp_path, "0\t0\n", {"Columns": ["onset"]}, events)
    recording = read_recording(write(tmp_path, "0\t1\t2\n", about()))
    assert recording.events == ()
    assert any(note.startswith("no events: ") and "line 1 has 2 cells" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "no JSON beside it .*: put it in the same folder"),
        (about(Columns="x"), "does not list the Columns"),
        (about(Columns=["timestamp", "pupil_size", "z"]), "no columns x_coordinate and y_coordinate"),
        (about(PhysioType="generic"), "the PhysioType is generic"),
        (about(SampleCoordinateSystem="eye-in-head"), "eye-in-head, which is not gaze on a screen"),
        (about("deg"), "x_coordinate is in 'deg': degrees of visual angle"),
        (about("Kelvin"), "x_coordinate is in 'kelvin': only pixels"),
        (about("mm"), "ScreenSize is missing"),
        (about(timestamp={}, SamplingFrequency=None), "no timestamp with a unit and no"),
        (
            about(StimulusPresentation={"ScreenOrigin": ["center", "center"]}),
            "origin at the centre of the screen.*as origin",
        ),
        (about(StimulusPresentation={"ScreenOrigin": ["middle", "left"]}), "cannot be converted to top left"),
        (about(StimulusPresentation={"ScreenOrigin": 3}), "ScreenOrigin is 3 in the JSON"),
        (about(StimulusPresentation="none"), "StimulusPresentation is 'none'.*: it must be an object"),
        (about(Columns=["timestamp", "x_coordinate", "y_coordinate", "more"]), "line 1 has 3 cells"),
    ],
)
def test_bids_invalid_metadata_is_refused(tmp_path: Path, said: dict[str, Any] | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_recording(write(tmp_path, "0\t1\t2\n", said))


@pytest.mark.parametrize(
    ("text", "words"), [("{", "line 1, column 2"), ("[]", "does not hold an object"), ("\xff", "not JSON in")]
)
def test_bids_invalid_sidecar_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, "0\t1\t2\n", None)
    path.with_name(f"{NAME}.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=words):
        read_recording(path)


def test_bids_invalid_screen_values_are_ignored(tmp_path: Path) -> None:
    odd = {"ScreenSize": [0, "x"], "ScreenResolution": 5, "ScreenDistance": "far"}
    recording = read_recording(write(tmp_path, "0\t1\t2\n", about(StimulusPresentation=odd)))
    assert (recording.screen, recording.screen_m, recording.distance_m) == (None, None, None)
    assert sorted(note.split()[0] for note in recording.notes) == sorted(odd)


def test_bids_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "".join(f"{row}\t{row * 7919 % 977}\t2\n" for row in range(3000)), about())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"physio\.tsv\.gz: from line \d+ on: the gzip file is truncated"):
        read_recording(path)


def test_bids_missing_timestamps_use_rate(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path, "n/a\t1\t2\nn/a\t3\t4\n", about()))
    np.testing.assert_allclose(recording.t, [2.5, 2.51])


def events_of(folder: Path, text: str, said: dict[str, Any], samples: dict[str, Any] | None = None) -> Any:
    write(folder, text, said, NAME.replace("physio", "physioevents"))
    return read_recording(write(folder, "100\t1\t2\n110\t1\t2\n120\t1\t2\n", samples or about()))


def test_bids_onsets_without_source_count_rows(tmp_path: Path) -> None:
    said = {"Columns": ["onset", "message"], "OnsetSource": "n/a"}
    recording = events_of(tmp_path, "-3\tReady\n1\tGo\n4\tStop\n", said)
    found = [(round(event.t, 6), event.text) for event in recording.events]
    assert found == [(2.47, "Ready"), (2.51, "Go"), (2.54, "Stop")]


def test_bids_onsets_default_to_seconds(tmp_path: Path) -> None:
    recording = events_of(tmp_path, "2.51\tn/a\n", {"Columns": ["onset", "message"]})
    assert recording.events == (Event(2.51, "event"),)


@pytest.mark.parametrize(
    ("duration", "more", "seconds"),
    [
        ("0.005", {}, 0.005),
        ("5", {}, 0.005),  # as in the example of the specification, whose timestamps are in milliseconds
        ("5", {"duration": {"Units": "s"}}, 5.0),
        ("5000", {"duration": {"Units": "us"}}, 0.005),
        ("n/a", {}, 0.0),
    ],
)
def test_bids_durations_use_seconds_or_timestamp_unit(
    tmp_path: Path, duration: str, more: dict[str, Any], seconds: float
) -> None:
    said = {"Columns": ["onset", "duration", "trial_type"], "OnsetSource": "timestamp"} | more
    recording = events_of(tmp_path, f"110\t{duration}\tsaccade\n", said)
    assert [(event.text, event.duration) for event in recording.events] == [("saccade", seconds)]


def test_bids_implausible_distance_is_ignored(tmp_path: Path) -> None:
    screen = SCREEN | {"ScreenDistance": 60}
    recording = read_recording(write(tmp_path, "0\t1\t2\n", about(StimulusPresentation=screen)))
    assert recording.distance_m is None
    assert "a ScreenDistance of 60 m was ignored: it must be in metres" in recording.notes


@pytest.mark.parametrize(
    ("row", "source"),
    [("110\t-5", "timestamp"), ("1e300\t0", "n/a"), ("-1e308\t0", "timestamp"), ("110\t1e9", "timestamp")],
    ids=["negative duration", "after all", "before all", "endless"],
)
def test_bids_impossible_events_are_left_out_and_noted(tmp_path: Path, row: str, source: str) -> None:
    said = {"Columns": ["onset", "duration", "message"], "OnsetSource": source, "duration": {"Units": "s"}}
    recording = events_of(tmp_path, f"0\t0\tGo\n{row}\tOdd\n{row}\tOdd\n1\t0\tStop\n", said)
    assert [event.text for event in recording.events] == ["Go", "Stop"]
    assert (
        "2 events are left out, the first in line 2: shorter than 0 s, or over a day from the samples"
        in recording.notes
    )
