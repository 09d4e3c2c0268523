"""Tests of tables of known programs: they are read without a choice, with lost eyes and messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foveaview.gaze import Event, Recording
from foveaview.gaze.recordings import NeedsChoice, read_recording
from foveaview.settings import ReadingSettings

SMI = "Time\tType\tTrial\tL POR X [px]\tL POR Y [px]\tR POR X [px]\tR POR Y [px]\tTiming\tFrame\tStimulus"
TRIBE = "timestamp\ttime\tfix\tstate\trawx\trawy\tavgx\tavgy\tpsize"


def write(folder: Path, *lines: str, name: str = "eye.txt") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def smi(folder: Path, *rows: str, comments: tuple[str, ...] = ()) -> Recording:
    return read_recording(write(folder, *comments, SMI, *rows))


def row(time_us: int, left: tuple[float, float], right: tuple[float, float]) -> str:
    places = "\t".join(str(value) for value in (*left, *right))
    return f"{time_us}\tSMP\t1\t{places}\t0\t-1\ttest.bmp"


@pytest.mark.parametrize("lost", [(0, 0), (0.0, 0.0), (-1, -1)])
def test_smi_eye_at_0_0_is_missing(tmp_path: Path, lost: tuple[float, float]) -> None:
    recording = smi(tmp_path, row(1000, lost, (810, 500)), row(5000, (400, 300), lost), row(9000, lost, lost))
    np.testing.assert_array_equal(recording.x, [810, 400, np.nan])
    np.testing.assert_array_equal(recording.y, [500, 300, np.nan])
    assert (recording.unit, recording.t.tolist()) == ("px", [0.001, 0.005, 0.009])


@pytest.mark.parametrize("places", [((0, 5), (10, 5)), ((-1, 0), (11, 10)), ((5, 0), (5, 10))])
def test_smi_eye_with_one_coordinate_0_is_valid(
    tmp_path: Path, places: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    recording = smi(tmp_path, row(1000, *places))
    assert (recording.x[0], recording.y[0]) == (5, 5)


@pytest.mark.parametrize(
    "message",
    [
        "3000\tMSG\t1\t# Message: test.bmp",
        "3000\tMSG\t1\t# Message: test.bmp\t\t\t\t\t\t",
        "3000\tMSG\t1\t# Message: test.bmp\t\t\t\t\t\t\ttoo many",
    ],
)
def test_smi_messages_among_samples_become_events(tmp_path: Path, message: str) -> None:
    recording = smi(tmp_path, row(1000, (1, 2), (3, 4)), message, row(5000, (1, 2), (3, 4)))
    assert len(recording) == 2
    assert recording.events[0].t == 0.003
    assert recording.events[0].text.startswith("test.bmp")


def test_smi_header_gives_screen_size_and_distance(tmp_path: Path) -> None:
    comments = (
        "## [BeGaze]",
        "## Calibration Area:\t1680\t1050",
        "## Stimulus Dimension [mm]:\t474\t297",
        "## Head Distance [mm]:\t700",
    )
    recording = smi(tmp_path, row(1000, (1, 2), (3, 4)), comments=comments)
    assert recording.screen == (1680, 1050)
    assert recording.screen_m == pytest.approx((0.474, 0.297))
    assert recording.distance_m == pytest.approx(0.7)


def test_smi_of_one_eye_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "Time\tType\tTrial\tR POR X [px]\tR POR Y [px]", "0\tSMP\t1\t7.5\t8.5")
    assert read_recording(path).x.tolist() == [7.5]


def test_smi_with_decimal_commas_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "Time\tType\tTrial\tR POR X [px]\tR POR Y [px]", "0\tSMP\t1\t7,5\t8,5")
    assert read_recording(path).x.tolist() == [7.5]


def test_begaze_raw_data_is_read(tmp_path: Path) -> None:
    header = "RecordingTime [ms],Trial,Stimulus,Participant,Category Right,Point of Regard Right X [px],"
    header += "Point of Regard Right Y [px],Point of Regard Left X [px],Point of Regard Left Y [px]"
    rows = ["10.0,T1,a.png,P1,Fixation,800,400,0.0,0.0", "14.0,T1,a.png,P1,Blink,-,-,-,-"]
    recording = read_recording(write(tmp_path, header, *rows, name="raw.csv"))
    np.testing.assert_array_equal(recording.x, [800, np.nan])
    assert recording.t.tolist() == [0.01, 0.014]


def tribe(time_ms: int, place: tuple[float, float]) -> str:
    stamp = f"2024-03-04 10:00:00.{time_ms % 1000:03d}"
    return f"{stamp}\t{time_ms}\tFalse\t7\t{place[0]}\t{place[1]}\t{place[0]}\t{place[1]}\t20.5"


def test_eye_tribe_log_is_read_with_messages(tmp_path: Path) -> None:
    rows = [
        tribe(100, (500.5, 400)),
        "MSG\t2024-03-04 10:00:00.110\t110\ttrial 1 start",
        tribe(116, (0.0, 0.0)),
        "MSG\t2024-03-04 10:00:00.120\t120\tstop",
    ]
    recording = read_recording(write(tmp_path, TRIBE, *rows, name="log.tsv"))
    assert recording.t.tolist() == [0.1, 0.116]
    np.testing.assert_array_equal(recording.x, [500.5, np.nan])
    assert recording.events == (Event(0.11, "trial 1 start"), Event(0.12, "stop"))


def test_eye_tribe_log_beginning_with_messages_is_read(tmp_path: Path) -> None:
    message = "MSG\t2024-03-04 10:00:00.090\t90\tcalibration"
    recording = read_recording(write(tmp_path, TRIBE, message, message, tribe(100, (5, 6)), name="log.tsv"))
    assert (len(recording), len(recording.events)) == (1, 2)


def test_tobii_sdk_tuples_are_read(tmp_path: Path) -> None:
    header = "device_time_stamp,system_time_stamp,left_gaze_point_on_display_area,"
    header += (
        "left_gaze_point_in_user_coordinate_system,left_gaze_point_validity,right_gaze_point_on_display_area"
    )
    rows = [
        '1000,500000,"(0.25, 0.5)","(1.0, 2.0, 3.0)",1,"(0.75, 0.5)"',
        '2000,504000,"(nan, nan)","(nan, nan, nan)",0,"(0.75, 0.25)"',
    ]
    recording = read_recording(write(tmp_path, header, *rows, name="gaze.csv"))
    assert recording.t.tolist() == [0.5, 0.504]
    assert recording.x.tolist() == [0.5, 0.75]
    assert recording.y.tolist() == [0.5, 0.25]
    assert recording.unit == "screen"


@pytest.mark.parametrize(("mark", "group"), [("\t", "({}, {})"), (";", "[{}, {}]"), (",", '"[{},{}]"')])
def test_tobii_sdk_tuples_of_other_writers_are_read(tmp_path: Path, mark: str, group: str) -> None:
    names = ["system_time_stamp", "left_gaze_point_on_display_area", "right_gaze_point_on_display_area"]
    rows = [[str(t), group.format(0.25, 0.5), group.format(0.75, 0.5)] for t in (0, 4000)]
    path = write(tmp_path, *(mark.join(one) for one in [names, *rows]), name="gaze.csv")
    assert read_recording(path).x.tolist() == [0.5, 0.5]


def test_titta_table_is_read(tmp_path: Path) -> None:
    eyes = [f"{eye}_gaze_point_on_display_area_{axis}" for eye in ("left", "right") for axis in "xy"]
    header = "\t".join(["", "device_time_stamp", "system_time_stamp", *eyes])
    recording = read_recording(write(tmp_path, header, "0\t10\t4000\t0.25\t0.5\t0.75\t0.5", name="p1.tsv"))
    assert (recording.t.tolist(), recording.x.tolist()) == ([0.004], [0.5])


def test_data_viewer_report_uses_recorded_eye(tmp_path: Path) -> None:
    header = "RECORDING_SESSION_LABEL\tTIMESTAMP\tAVERAGE_GAZE_X\tAVERAGE_GAZE_Y\tLEFT_GAZE_X\tLEFT_GAZE_Y"
    header += "\tRIGHT_GAZE_X\tRIGHT_GAZE_Y\tSAMPLE_MESSAGE"
    rows = [f"s1\t{1000 + t}.00\t.\t.\t.\t.\t{400 + t}.50\t30.00\t." for t in range(3)]
    recording = read_recording(write(tmp_path, header, *rows, name="report.xls.txt"))
    assert recording.x.tolist() == [400.5, 401.5, 402.5]
    assert recording.t.tolist() == pytest.approx([1, 1.001, 1.002])


def test_simple_gaze_tracker_is_converted_to_top_left(tmp_path: Path) -> None:
    comments = [
        "#SimpleGazeTrackerDataFile",
        "#DATAFORMAT,T,X,Y,P",
        "#SCREEN_WIDTH,1920",
        "#SCREEN_HEIGHT,1080",
    ]
    comments += ["#TRACKER_ORIGIN,BottomLeft", "#SCREEN_ORIGIN,BottomLeft", "#START_REC,2024,3,4,10,0,0"]
    rows = ["0.000,900,1000,130", "4.0,FAIL,FAIL,FAIL", "#MESSAGE,5,go", "8.0,910,990,131"]
    recording = read_recording(write(tmp_path, *comments, *rows, name="data.csv"))
    np.testing.assert_array_equal(recording.y, [80, np.nan, 90])
    assert recording.screen == (1920, 1080)
    assert any("begin with #" in note for note in recording.notes)
    twice = write(tmp_path, *comments, *[f"{4 * t},1,1,1" for t in range(500)] * 2, name="two.csv")
    with pytest.raises(NeedsChoice, match="2 recordings"):
        read_recording(twice)
    assert len(read_recording(twice, reading=ReadingSettings(recording="2"))) == 500


def test_known_table_uses_given_unit_and_origin(tmp_path: Path) -> None:
    path = write(tmp_path, "TIME,BPOGX,BPOGY,BPOGV", "0,0.25,0.25,1")
    recording = read_recording(path, reading=ReadingSettings(origin="bottom-left"))
    assert recording.y.tolist() == [0.75]
