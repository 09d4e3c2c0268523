"""Tests of the guessed meaning of a table's columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveaview.gaze.recordings import ColumnProposal, propose


def proposed(folder: Path, header: str, *rows: str) -> ColumnProposal:
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
        ("n,x,y,xT,yT", ["0,700,400,0,0", "4,700,400,0,0"], ("n", "ms", "x", "y", "px")),
        ("n,x,y,xTime,yTime", ["0,700,400,0,0", "4,700,400,0,0"], ("n", "ms", "x", "y", "px")),
        ("n,time,x,y", ["0,5,700,400", "1,9,700,400"], ("time", "ms", "x", "y", "px")),
        (
            "time,x_left_pix,y_left_pix,x_left_pos,y_left_pos",
            ["0,0,0,-23.1,-13.4", "1,0,0,-23.1,-13.4"],
            ("time", "ms", "x_left_pix", "y_left_pix", "px"),
        ),
        (
            "time,x_deg,y_deg,x_norm,y_norm",
            ["0,-3,1,.4,.5", "4,-3,1,.4,.5"],
            ("time", "ms", "x_norm", "y_norm", "screen"),
        ),
        ("time,x_dva,y_dva,xpix,ypix", ["0,1,1,9,9", "4,1,1,9,9"], ("time", "ms", "xpix", "ypix", "px")),
        ("x_pix,y_pix,time", ["452.8,367,0", "449.9,375,1"], ("time", "ms", "x_pix", "y_pix", "px")),
        ("time,pixel_x,pixel_y", ["0,4,3", "1,4,3"], ("time", "ms", "pixel_x", "pixel_y", "px")),
        (
            "time_to_bac,eyelink_timestamp,x_pix_tobii_interpolated,y_pix_tobii_interpolated,x_pix_eyelink,"
            "y_pix_eyelink",
            ["9,18,966,573,991,485", "9,19,967,574,991,484"],
            ("eyelink_timestamp", "ms", "x_pix_eyelink", "y_pix_eyelink", "px"),
        ),
        (
            "TRIAL_START_TIME,TIMESTAMP,gaze_x,gaze_y",
            ["100,200,800,400", "100,204,800,400"],
            ("TIMESTAMP", "ms", "gaze_x", "gaze_y", "px"),
        ),
        (
            "time,average_x,average_y,left_x,left_y",
            ["0,,,800,400", "4,,,800,400"],
            ("time", "ms", "left_x", "left_y", "px"),
        ),
        (
            "t_ms,left_raw_x,left_raw_y,left_gaze_x,left_gaze_y",
            ["0,5,5,800,400", "4,5,5,800,400"],
            ("t_ms", "ms", "left_gaze_x", "left_gaze_y", "px"),
        ),
        ("t,target_x,target_y,gaze_x,gaze_y", ["0,1,1,.5,.4"], ("t", "s", "gaze_x", "gaze_y", "screen")),
    ],
)
def test_propose_finds_columns_and_units(
    tmp_path: Path, header: str, rows: list[str], wanted: tuple[str, ...]
) -> None:
    mapping = proposed(tmp_path, header, *rows).mapping
    assert mapping is not None
    assert (mapping.time, mapping.time_unit, mapping.x, mapping.y, mapping.unit) == wanted


def test_propose_finds_both_eyes(tmp_path: Path) -> None:
    header = "system_time_stamp,left_gaze_point_on_display_area_x,left_gaze_point_on_display_area_y,"
    header += "right_gaze_point_on_display_area_x,right_gaze_point_on_display_area_y,left_pupil_diameter"
    mapping = proposed(tmp_path, header, "0,.1,.2,.1,.2,3", "16667,.1,.2,.1,.2,3").mapping
    assert mapping is not None
    assert (mapping.x, mapping.second_y) == (
        "left_gaze_point_on_display_area_x",
        "right_gaze_point_on_display_area_y",
    )
    assert mapping.time_unit == "us"


def test_propose_finds_confidence(tmp_path: Path) -> None:
    mapping = proposed(tmp_path, "t,x,y,Confidence", "0,0.1,0.2,0.9").mapping
    assert mapping is not None
    assert mapping.valid == "Confidence"


def test_propose_incomplete_table_lists_missing_columns(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "moment,x,y", "0,0.1,0.2")
    assert (proposal.mapping, proposal.missing) == (None, ("times",))
    assert proposal.found["y"] == "y"
    assert proposed(tmp_path, "a,b", "0,1").missing == ("times", "x and y")


def test_propose_lists_guesses(tmp_path: Path) -> None:
    assert proposed(tmp_path, "t,x,y", "0,0.1,0.2").guessed == (
        "times in s",
        "x and y in screen",
        "origin top-left",
    )
    assert proposed(tmp_path, "t_ms,x_px,y_px", "0,1,2").guessed == ("origin top-left",)


@pytest.mark.parametrize(("unit", "word"), [("deg", "degrees"), ("dva", "degrees"), ("mm", "lengths")])
def test_propose_only_degrees_or_lengths_are_refused(tmp_path: Path, unit: str, word: str) -> None:
    proposal = proposed(tmp_path, f"time,x_{unit},y_{unit}", "0,-3,1", "4,-3,1")
    assert proposal.mapping is None
    assert proposal.missing == (
        f"x and y in pixels or shares of the screen (x_{unit} is in {word}: convert it)",
    )


@pytest.mark.parametrize(
    ("rows", "unit", "asks"),
    [
        (["0,0.5,0.5", "4,0.4,0.4"], "screen", ("unit",)),
        (["0,10.5,0.5", "4,-20.4,0.4"], "px", ("unit",)),
        (["0,800,400", "4,810,390"], "px", ()),
        (["0,91.8,67.3", "4,91.7,65.8"], "px", ()),
        (["0,0,0", "4,0,0"], "screen", ("unit",)),
    ],
)
def test_propose_ambiguous_numbers_ask_for_unit(
    tmp_path: Path, rows: list[str], unit: str, asks: tuple[str, ...]
) -> None:
    proposal = proposed(tmp_path, "time_ms,x,y", *rows)
    assert (proposal.found["unit"], proposal.asks) == (unit, asks)


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (["0,0,0,810,500", "4,800,490,810,500"], True),
        (["0,-1,-1,810,500", "4,800,490,810,500"], True),
        (["0,0,0,0,0", "4,0,0,0,0"], False),
        (["0,800,0,810,500", "4,800,490,810,500"], False),
    ],
)
def test_propose_intermittent_0_0_is_missing(tmp_path: Path, rows: list[str], missing: bool) -> None:
    proposal = proposed(tmp_path, "time_ms,lx_px,ly_px,rx_px,ry_px", *rows)
    assert proposal.mapping is not None
    assert proposal.mapping.zero_is_missing == missing
    assert ("0, 0 is missing" in proposal.guessed) == missing


@pytest.mark.parametrize(
    ("rows", "valid"),
    [
        (["0,.5,.5,1", "4,,,0"], "validity"),
        (["0,.5,.5,0", "4,,,1"], ""),  # 0 is the best code
        (["0,.5,.5,0", "4,,,4"], ""),
        (["0,.5,.5,80", "4,,,10"], "validity"),
        (["0,.5,.5,True", "4,,,False"], "validity"),
    ],
)
def test_propose_uses_validity_only_if_it_matches_gaze(tmp_path: Path, rows: list[str], valid: str) -> None:
    assert proposed(tmp_path, "time_ms,x,y,validity", *rows).found["valid"] == valid
