"""Tests of files written after drafts of BIDS eye tracking, and of JSON values of a wrong type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveaview.gaze import Recording
from foveaview.gaze.recordings import NeedsChoice, read_recording
from foveaview.settings import ReadingSettings
from tests.gaze.recordings.test_bids import about, write

EYES = ["eye_timestamp", "eye1_x_coordinate", "eye1_y_coordinate", "eye2_x_coordinate", "eye2_y_coordinate"]


def draft(unit: str | None = None, **more: Any) -> dict[str, Any]:
    said = about()
    for name in ("timestamp", "x_coordinate", "y_coordinate", "PhysioType"):
        del said[name]
    said["timestamp"] = {"Units": "ms"}
    if unit is not None:
        said["SampleCoordinateUnits"] = unit
    return said | more


def read(folder: Path, rows: str, said: dict[str, Any], **reading: Any) -> Recording:
    path = write(folder, rows, said, "sub-01_task-look_eyetrack")
    return read_recording(path, reading=ReadingSettings(**reading))


@pytest.mark.parametrize(("unit", "place"), [("cm", (25, 15)), ("mm", (250, 150)), ("m", (0.25, 0.15))])
@pytest.mark.parametrize("key", ["SampleCoordinateUnits", "SampleCoordinateUnit"])
def test_bids_lengths_become_shares_of_the_screen(
    tmp_path: Path, unit: str, place: tuple[float, float], key: str
) -> None:
    said = draft(None, ScreenSize=[0.5, 0.3], **{key: unit})
    recording = read(tmp_path, f"0\t{place[0]}\t{place[1]}\n", said)
    assert (recording.unit, recording.x[0], recording.y[0]) == (
        "screen",
        pytest.approx(0.5),
        pytest.approx(0.5),
    )


@pytest.mark.parametrize("unit", ["degree", "degrees", "deg", "Degrees", "\u00b0", "dva"])
def test_bids_degrees_are_refused(tmp_path: Path, unit: str) -> None:
    with pytest.raises(
        ValueError, match=rf"x_coordinate is in '{unit.lower()}': degrees of visual angle.*pixels"
    ):
        read(tmp_path, "0\t2.5\t1.5\n", draft(unit, ScreenSize=[0.5, 0.3]))


def test_bids_column_unit_overrides_common_unit(tmp_path: Path) -> None:
    said = draft("cm", x_coordinate={"Units": "pixel"}, ScreenSize=[0.5, 0.3])
    assert read(tmp_path, "0\t25\t15\n", said).unit == "px"


def test_bids_without_unit_reads_pixels_and_notes_it(tmp_path: Path) -> None:
    recording = read(tmp_path, "0\t25\t15\n", draft())
    assert recording.unit == "px"
    assert "x_coordinate has no unit and was read as pixels" in recording.notes


def test_bids_screen_size_in_centimetres_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the ScreenSize is 38\.6 x 29 m: it must be in metres"):
        read(tmp_path, "0\t25\t15\n", draft("cm", ScreenSize=[38.6, 29]))
    recording = read(tmp_path, "0\t25\t15\n", draft("pixel", ScreenSize=[38.6, 29]))
    assert recording.screen_m is None
    assert any("a ScreenSize of 38.6 x 29 m was ignored" in note for note in recording.notes)


# both eyes in one file


def test_bids_both_eyes_in_one_file_are_merged(tmp_path: Path) -> None:
    said = draft(
        "pixel", Columns=EYES, eye_timestamp={"Units": "ms"}, SamplingFrequency=500, RecordedEye="Both"
    )
    rows = "1000\t900\t500\t920\t520\n1002\tn/a\tn/a\t930\t530\n1007\t1\t2\tn/a\tn/a\n"
    recording = read(tmp_path, rows, said | {"StartTime": 0})
    assert recording.x.tolist() == [910, 930, 1]
    assert recording.y.tolist() == [510, 530, 2]
    assert recording.t.tolist() == pytest.approx([0, 0.002, 0.007])
    assert "of eye1 and of eye2: the mean if both were seen" in recording.notes


@pytest.mark.parametrize(
    ("stamps", "rate", "unit"),
    [((1000, 1002, 1004), 500, "ms"), ((0, 0.01, 0.02), 100, "s"), ((5, 4005), 250, "us")],
)
def test_bids_timestamps_without_unit_fit_the_rate(
    tmp_path: Path, stamps: tuple[float, ...], rate: float, unit: str
) -> None:
    said = draft("pixel", Columns=EYES, SamplingFrequency=rate, StartTime=2)
    recording = read(tmp_path, "".join(f"{stamp}\t1\t2\t3\t4\n" for stamp in stamps), said)
    assert recording.t.tolist() == pytest.approx(2 + np.arange(len(stamps)) / rate)
    assert (
        f"eye_timestamp has no unit and was read as {unit}, which fits the SamplingFrequency"
        in recording.notes
    )


def test_bids_timestamps_fitting_no_unit_give_even_times(tmp_path: Path) -> None:
    said = draft("pixel", Columns=EYES, SamplingFrequency=500, StartTime=0)
    recording = read(tmp_path, "1\t1\t2\t3\t4\n70\t1\t2\t3\t4\n", said)
    assert recording.t.tolist() == [0, 0.002]
    assert "times computed from the SamplingFrequency, 500 Hz" in recording.notes


def test_bids_eye1_is_read_and_pupils_are_not_gaze(tmp_path: Path) -> None:
    names = ["eye1_pupil_x_coordinate", "eye1_pupil_y_coordinate", "eye1_x_coordinate", "eye1_y_coordinate"]
    recording = read(tmp_path, "7\t8\t1\t2\n", draft("pixel", Columns=names))
    assert (recording.x[0], recording.y[0]) == (1, 2)


# types


def test_bids_list_of_start_times_uses_first_and_notes_it(tmp_path: Path) -> None:
    recording = read(tmp_path, "0\t1\t2\n10\t1\t2\n", draft("pixel", StartTime=[12.5, 90.0]))
    assert recording.t.tolist() == pytest.approx([12.5, 12.51])
    assert "StartTime is a list of 2: the first, 12.5, was used" in recording.notes


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("StartTime", "12.5"),
        ("StartTime", []),
        ("StartTime", ["1", 2]),
        ("StartTime", True),
        ("StartTime", {"s": 1}),
        ("SamplingFrequency", "100"),
        ("SamplingFrequency", [100]),
        ("x_coordinate", "pixel"),
        ("x_coordinate", {"Units": 5}),
        ("timestamp", ["ms"]),
        ("SampleCoordinateUnits", ["pixel"]),
        ("StimulusPresentation", [1]),
        ("ScreenOrigin", ["top", 5]),
        ("ScreenOrigin", ["top"]),
        ("EnvironmentCoordinates", 5),
    ],
)
def test_bids_value_of_wrong_type_is_refused(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^sub-01.*{key}[.\w]* is .* in the JSON.*it must be"):
        read(tmp_path, "0\t1\t2\n", draft("pixel") | {key: value})


@pytest.mark.parametrize("value", [None, "n/a", ""])
def test_bids_empty_value_counts_as_missing(tmp_path: Path, value: object) -> None:
    said = draft("pixel") | {"StartTime": value, "ScreenSize": value, "StimulusPresentation": value}
    recording = read(tmp_path, "0\t1\t2\n", said)
    assert (recording.t[0], recording.notes) == (0, ())


@pytest.mark.parametrize("key", ["ScreenDistance", "ScreenSize", "ScreenResolution"])
@pytest.mark.parametrize("value", ["60 cm", [1], {"a": 1}, [0, 5], True])
def test_bids_invalid_optional_value_is_noted(tmp_path: Path, key: str, value: object) -> None:
    recording = read(tmp_path, "0\t1\t2\n", draft("pixel") | {key: value})
    assert [key in note and "it was ignored" in note for note in recording.notes] == [True]


# origin


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"EnvironmentCoordinates": "top-left"}, (100, 40)),
        ({"EnvironmentCoordinates": "bottom-left"}, (100, 560)),
        ({"EnvironmentCoordinates": "top right"}, (700, 40)),
        ({"ScreenOrigin": ["left", "bottom"]}, (100, 560)),
        ({"ScreenOrigin": ["top", "right"]}, (700, 40)),
        ({"ScreenOrigin": "n/a"}, (100, 40)),
    ],
)
def test_bids_origin_is_converted_to_top_left(
    tmp_path: Path, said: dict[str, Any], wanted: tuple[float, float]
) -> None:
    recording = read(tmp_path, "0\t100\t40\n", draft("pixel", ScreenResolution=[800, 600], **said))
    assert (recording.x[0], recording.y[0]) == wanted


@pytest.mark.parametrize(
    "said", [{"EnvironmentCoordinates": "center"}, {"ScreenOrigin": ["centre", "center"]}]
)
def test_bids_origin_in_centre_needs_choice(tmp_path: Path, said: dict[str, Any]) -> None:
    said = draft("pixel", ScreenResolution=[800, 600], **said)
    with pytest.raises(ValueError, match="does not say whether y counts upwards: 'centre'"):
        read(tmp_path, "0\t100\t40\n", said)
    recording = read(tmp_path, "0\t100\t40\n", said, origin="centre")
    assert (recording.x[0], recording.y[0]) == (500, 260)
    assert read(tmp_path, "0\t100\t40\n", said, origin="centre-y-down").y[0] == 340


def test_bids_given_screen_converts_origin(tmp_path: Path) -> None:
    said = draft("pixel", EnvironmentCoordinates="bottom-left")
    with pytest.raises(ValueError, match="width and height of the screen are needed"):
        read(tmp_path, "0\t100\t40\n", said)
    assert read(tmp_path, "0\t100\t40\n", said, screen=(800, 600)).y[0] == 560


def test_bids_restarting_clock_splits_recordings(tmp_path: Path) -> None:
    rows = "".join(
        f"{t}\t{part}\t2\n" for part in (5, 6) for t in range(90_000 - 40_000 * (part - 5), 200_000, 9000)
    )
    with pytest.raises(NeedsChoice, match="2 recordings"):
        read(tmp_path, rows, draft("pixel"))
    assert set(read(tmp_path, rows, draft("pixel"), recording="2").x.tolist()) == {6}
