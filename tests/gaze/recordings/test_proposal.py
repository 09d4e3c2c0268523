"""What a table's columns are guessed to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveaview.gaze.recordings import Proposal, propose


def proposed(folder: Path, header: str, *rows: str) -> Proposal:
    path = folder / "a.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return propose(path)


@pytest.mark.parametrize(
    ("header", "rows", "wanted"),
    [
        ("t,x,y", ["0,0.5,0.5", "0.01,0.5,0.5"], ("t", "s", "x", "y", "screen")),
        (
            "time_ms,gaze_x_px,gaze_y_px",
            ["0,5,5", "2,5,5"],
            ("time_ms", "ms", "gaze_x_px", "gaze_y_px", "px"),
        ),
        ("timestamp,GazeX,GazeY", ["0,900,500", "4000,900,500"], ("timestamp", "us", "GazeX", "GazeY", "px")),
        ("Time [\u00b5s];X;Y", ["0;0,5;0,5", "9;0,5;0,5"], ("Time [\u00b5s]", "us", "X", "Y", "screen")),
        (
            "CNT,TIME,FPOGX,FPOGY,FPOGV",
            ["1,0.01,.5,.4,1", "2,0.03,.5,.4,1"],
            ("TIME", "s", "FPOGX", "FPOGY", "screen"),
        ),
        ("pupil_x,pupil_y,x,y,time", ["1,1,900,2,0", "1,1,900,2,8"], ("time", "ms", "x", "y", "px")),
        ("Zeit_ms,x,y", ["0,.5,.5", "2,.5,.5"], ("Zeit_ms", "ms", "x", "y", "screen")),
        ("zeitstempel [us],x,y", ["0,.5,.5", "2,.5,.5"], ("zeitstempel [us]", "us", "x", "y", "screen")),
        ("gazetimestamp_ns,xpx,ypx", ["0,.5,1", "9,.5,1"], ("gazetimestamp_ns", "ns", "xpx", "ypx", "px")),
        ("id_ms,mytimes,x,y", ["7,0,0,0", "7,9,0,0"], ("mytimes", "ms", "x", "y", "screen")),
        ("timemsec,x,y", ["0,0,0", "9,0,0", "18,900,500"], ("timemsec", "ms", "x", "y", "px")),
    ],
)
def test_columns_and_units_are_found(
    tmp_path: Path, header: str, rows: list[str], wanted: tuple[str, ...]
) -> None:
    mapping = proposed(tmp_path, header, *rows).mapping
    assert mapping is not None
    assert (mapping.time, mapping.time_unit, mapping.x, mapping.y, mapping.unit) == wanted


def test_both_eyes_are_found(tmp_path: Path) -> None:
    header = "system_time_stamp,left_gaze_point_on_display_area_x,left_gaze_point_on_display_area_y,"
    header += "right_gaze_point_on_display_area_x,right_gaze_point_on_display_area_y,left_pupil_diameter"
    mapping = proposed(tmp_path, header, "0,.1,.2,.1,.2,3", "16667,.1,.2,.1,.2,3").mapping
    assert mapping is not None
    assert (mapping.x, mapping.second_y) == (
        "left_gaze_point_on_display_area_x",
        "right_gaze_point_on_display_area_y",
    )
    assert mapping.time_unit == "us"


def test_the_confidence_is_found(tmp_path: Path) -> None:
    mapping = proposed(tmp_path, "t,x,y,Confidence", "0,0.1,0.2,0.9").mapping
    assert mapping is not None
    assert mapping.valid == "Confidence"


def test_what_is_missing_is_said_and_what_is_there_kept(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "moment,x,y", "0,0.1,0.2")
    assert (proposal.mapping, proposal.missing) == (None, ("times",))
    assert proposal.found["y"] == "y"
    assert proposed(tmp_path, "a,b", "0,1").missing == ("times", "x and y")


def test_what_is_guessed_is_said(tmp_path: Path) -> None:
    assert proposed(tmp_path, "t,x,y", "0,0.1,0.2").guessed == (
        "times in s",
        "x and y in screen",
        "y downwards",
    )
    assert proposed(tmp_path, "t_ms,x_px,y_px", "0,1,2").guessed == ("y downwards",)
