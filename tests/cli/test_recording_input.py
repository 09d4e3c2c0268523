"""The recording that a command is given: what is guessed is shown, what is not known is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveaview.cli.recording_input import columns_of, read_gaze
from foveaview.settings import ReadingSettings
from tests.gaze.recordings import xdf_file


def write(folder: Path, text: str, name: str = "eye.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_read_gaze_of_a_table_shows_what_it_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "n,x_left_pix,y_left_pix,xT\n0,500,400,0\n4,510,390,0\n")
    recording = read_gaze(path)
    assert recording.notes[0] == (
        "read as: time = n, x = x_left_pix, y = y_left_pix; times in ms, places in px from the top-left"
    )


@pytest.mark.parametrize(
    ("text", "reading", "words"),
    [
        ("t,x,y\n0,.5,.5\n1,.5,.4\n", {}, "give --unit image, screen or px"),
        ("t_ms,x_px,y_px\n0,-5,-5\n4,-9,-9\n", {}, "does not say its origin: give --origin top-left"),
        ("t_ms,x,y\n0,-5,-5\n4,-9,-9\n", {}, "does not say its unit and origin: give --unit .* and --origin"),
        (
            "t_ms,x_px,y_px\n0,-5,-5\n4,-9,-9\n",
            {"origin": "centre"},
            "give the width and height of the screen",
        ),
        ("t_ms,x_deg,y_deg\n0,5,5\n4,9,9\n", {}, "x_deg is in degrees: convert it"),
        ("a,b\n0,5\n", {}, "no column of times and x and y found: .*--column x=NAME"),
        ("subject,t_ms,x_px,y_px\nA,0,5,5\nB,0,5,5\n", {}, "'A'.*as recording, with --recording NAME"),
    ],
)
def test_read_gaze_without_what_is_needed_says_which_option_to_give(
    tmp_path: Path, text: str, reading: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=rf"(?s){words}") as error:
        read_gaze(write(tmp_path, text), ReadingSettings(**reading))
    assert "\n" not in str(error.value)


def test_read_gaze_with_origin_and_screen_counts_from_the_top_left(tmp_path: Path) -> None:
    path = write(tmp_path, "t_ms,x_px,y_px\n0,-5,-5\n4,-9,10\n")
    recording = read_gaze(path, ReadingSettings(origin="centre", screen=(800, 600)))
    assert (recording.x.tolist(), recording.y.tolist(), recording.screen) == (
        [395, 391],
        [305, 290],
        (800, 600),
    )


@pytest.mark.parametrize(("unit", "x"), [("norm", 0.75), ("height", 0.875)])
def test_read_gaze_in_units_of_psychopy_gives_shares(tmp_path: Path, unit: str, x: float) -> None:
    path = write(tmp_path, "t_ms,x,y\n0,0.5,0.25\n4,-0.5,-0.25\n")
    recording = read_gaze(path, ReadingSettings(unit=unit, origin="centre", screen=(800, 600)))
    assert (recording.unit, recording.x[0]) == ("screen", x)


def test_read_gaze_with_columns_reads_any_table(tmp_path: Path) -> None:
    path = write(tmp_path, "0.1,0.2\n0.3,0.4\n")
    columns = columns_of(["x=column 1", "y=column 2", "rate_hz=50", "unit=screen"])
    recording = read_gaze(path, columns=columns)
    assert (recording.t.tolist(), recording.x.tolist()) == ([0, 0.02], [0.1, 0.3])
    assert "50 samples a second" in recording.notes[0]


def test_read_gaze_with_one_column_takes_the_others_by_their_names(tmp_path: Path) -> None:
    path = write(tmp_path, "t_ms,x_px,y_px,other\n0,5,6,7\n4,5,6,8\n")
    assert read_gaze(path, columns={"x": "other"}).x.tolist() == [7, 8]
    with pytest.raises(ValueError, match="no column 'nowhere'"):
        read_gaze(path, columns={"x": "nowhere"})


@pytest.mark.parametrize("text", ["x", "=5", "left=a", "X=a"])
def test_columns_of_what_is_no_field_is_refused_with_the_fields(text: str) -> None:
    with pytest.raises(ValueError, match=r"--column .*: give FIELD=VALUE, the field one of time, time_unit"):
        columns_of([text])


def test_read_gaze_of_a_stream_with_columns_reads_its_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.xdf"
    header = xdf_file.header("t", "Signal", (("a", ""), ("b", "")))
    path.write_bytes(xdf_file.file(xdf_file.stream(3, header, [1.0, 1.5], [[0.25, 0.5], [0.5, 0.5]])))
    with pytest.raises(ValueError, match=r"'3' \(t, Signal.*with --stream NAME"):
        read_gaze(path)
    with pytest.raises(ValueError, match="--column x=NAME"):
        read_gaze(path, ReadingSettings(stream="3"))
    columns = {"x": "a", "y": "b"}
    recording = read_gaze(path, ReadingSettings(stream="3", unit="screen"), columns)
    assert (recording.t.tolist(), recording.x.tolist()) == ([1, 1.5], [0.25, 0.5])


def test_read_gaze_of_a_file_that_says_its_origin_refuses_another(tmp_path: Path) -> None:
    path = write(tmp_path, "SAMPLES GAZE LEFT RATE 500\n1000 9.0 5.0 2.0 ...\n", "a.asc")
    with pytest.raises(ValueError, match=r"a\.asc already states its origin: leave origin out"):
        read_gaze(path, ReadingSettings(origin="centre"))
    assert read_gaze(path, ReadingSettings(screen=(800, 600))).screen == (800, 600)
