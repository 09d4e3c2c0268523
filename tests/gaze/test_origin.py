"""Tests of converting positions of any origin to the top left."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.origin import from_top_left
from foveaview.gaze.recordings import ColumnMapping, propose, read_recording
from foveaview.settings.recording import CoordinateUnit, Origin

SIZE = (1920.0, 1080.0)


@pytest.mark.parametrize(
    ("unit", "origin", "place", "wanted"),
    [
        ("px", "top-left", (10, 20), (10, 20)),
        ("px", "bottom-left", (10, 20), (10, 1060)),
        ("px", "centre", (-960, 540), (0, 0)),
        ("px", "centre", (100, 40), (1060, 500)),
        ("px", "centre-y-down", (100, 40), (1060, 580)),
        ("screen", "bottom-left", (0.25, 0.25), (0.25, 0.75)),
        ("screen", "centre", (0.25, 0.25), (0.75, 0.25)),
        ("norm", "centre", (-1, 1), (0, 0)),
        ("norm", "top-left", (0.5, -0.5), (0.75, 0.75)),
        ("norm", "centre-y-down", (0.5, 0.5), (0.75, 0.75)),
        ("height", "centre", (16 / 18, 0.5), (1, 0)),
        ("height", "centre", (0, 0), (0.5, 0.5)),
    ],
)
def test_from_top_left_of_known_position_is_exact(
    unit: CoordinateUnit, origin: Origin, place: tuple[float, float], wanted: tuple[float, float]
) -> None:
    found, x, y = from_top_left((np.array([place[0]]), np.array([place[1]])), unit, origin, SIZE)
    assert found == ("px" if unit == "px" else "screen")
    assert (x[0], y[0]) == pytest.approx(wanted)


@given(
    st.sampled_from(get_args(Origin)),
    st.floats(-100, 100),
    st.floats(-100, 100),
)
def test_from_top_left_keeps_distances(origin: Origin, x: float, y: float) -> None:
    _, across, down = from_top_left((np.array([0, x]), np.array([0, y])), "px", origin, SIZE)
    assert abs(across[1] - across[0]) == pytest.approx(abs(x), abs=1e-9)
    assert abs(down[1] - down[0]) == pytest.approx(abs(y), abs=1e-9)


@pytest.mark.parametrize(("unit", "origin"), [("px", "centre"), ("height", "centre"), ("px", "bottom-left")])
def test_from_top_left_without_needed_size_is_refused(unit: CoordinateUnit, origin: Origin) -> None:
    with pytest.raises(ValueError, match="width and height of the screen are needed"):
        from_top_left((np.zeros(1), np.zeros(1)), unit, origin)
    with pytest.raises(ValueError, match="give the width and height of the screen"):
        ColumnMapping(time="t", x="x", y="y", unit=unit, origin=origin)


def test_column_mapping_of_older_session_converts_y_up() -> None:
    old = {"time": "t", "x": "x", "y": "y", "unit": "px", "y_up": True, "screen_height": 100}
    assert ColumnMapping(**old).origin == "bottom-left"
    assert ColumnMapping(**old | {"y_up": False}).origin == "top-left"


IOHUB = "experiment_id,session_id,device_id,event_id,type,device_time,logged_time,time,gaze_x,gaze_y,status"


def test_iohub_table_asks_for_origin_and_uses_it(tmp_path: Path) -> None:
    path = tmp_path / "eye.csv"
    rows = [f"1,1,0,{t},52,{t / 100},{t / 100},{t / 100},{10 * t},{-20 * t},0" for t in range(-5, 6)]
    path.write_text("\n".join([IOHUB, *rows]) + "\n")
    proposal = propose(path)
    assert proposal.found["origin"] == "centre"
    assert "origin" in proposal.asks
    assert (proposal.found["time"], proposal.found["x"]) == ("time", "gaze_x")
    mapping = ColumnMapping(
        **dict(proposal.found) | {"unit": "px", "screen_width": 800, "screen_height": 600}
    )
    recording = read_recording(path, mapping)
    assert (recording.x[0], recording.y[0]) == (350, 200)
    assert recording.screen == (800, 600)


@pytest.mark.parametrize(
    ("rows", "origin", "asked"),
    [
        (["0,-300,-200", "4,-310,180", "8,290,-190"], "centre", True),
        (["0,300,200", "4,310,-5", "8,290,190"], "top-left", False),
        (["0,300,200", "4,,", "8,290,190"], "top-left", False),
    ],
)
def test_table_with_negative_positions_asks_for_origin(
    tmp_path: Path, rows: list[str], origin: str, asked: bool
) -> None:
    path = tmp_path / "eye.csv"
    path.write_text("\n".join(["time_ms,x_px,y_px", *rows]) + "\n")
    proposal = propose(path)
    assert (proposal.found["origin"], "origin" in proposal.asks) == (origin, asked)
