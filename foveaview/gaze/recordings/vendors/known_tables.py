"""Tables with known columns, recognised by the program that wrote them.

Sources, by the vendors: SMI's "IDF Converter" and "BeGaze", PyGaze's logs of the EyeTribe, SR Research's
"Data Viewer: sample report", Gazepoint's "Analysis: export", Tobii's "Pro SDK for Python" (samples written as
dictionaries or by Titta), and GazeParser's SimpleGazeTracker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foveaview.gaze.recordings.mapping import ColumnMapping
from foveaview.gaze.recordings.proposal import proposed
from foveaview.gaze.recordings.table_layout import TableLayout
from foveaview.settings.recording import Origin

__all__ = ["KnownTable", "known_table"]

_SMI = ("Time", "Type", "Trial")
_EYE_TRIBE = {"timestamp", "time", "state", "rawx", "rawy"}
_DATA_VIEWER = {"RECORDING_SESSION_LABEL", "TIMESTAMP"}
_ORIGINS: dict[str, Origin] = {"bottomleft": "bottom-left", "topleft": "top-left", "center": "centre"}
_TOBII_SDK = "left_gaze_point_on_display_area_x"


@dataclass(frozen=True)
class KnownTable:
    """Meaning of a table.

    Attributes:
        mapping: mapping of its columns.
        screen_m: width and height of the screen in metres; None if unknown.
        distance_m: distance from the eye to the screen in metres; None if unknown.
    """

    mapping: ColumnMapping
    screen_m: tuple[float, float] | None = None
    distance_m: float | None = None


def _guessed(form: TableLayout, **known: Any) -> ColumnMapping | None:
    """Map columns by their names and the known values; return None if that fails."""
    proposal = proposed(form)
    found = {**proposal.found, "origin": "top-left", **known}
    return ColumnMapping(**found) if {"x", "y"} <= {*found} and found.get("time") else None


def _of_comment(form: TableLayout, start: str, scale: float = 1.0) -> tuple[float, ...]:
    """Return the numbers of the comment that begins with `start`."""
    for comment in form.comments:
        if comment.startswith(start):
            return tuple(float(word) * scale for word in re.findall(r"\d+(?:\.\d+)?", comment[len(start) :]))
    return ()


def _smi(form: TableLayout) -> KnownTable | None:
    """Map text of SMI's IDF Converter: microseconds, points of regard in pixels, 0, 0 for a lost eye."""
    pairs = [(f"{eye} POR X [px]", f"{eye} POR Y [px]") for eye in "LR"]
    there = [pair for pair in pairs if {*pair} <= {*form.names}]
    if not {*_SMI} <= {*form.names} or not there:
        return None
    second = there[1] if len(there) > 1 else ("", "")
    size = _of_comment(form, "Calibration Area:")
    mapping = ColumnMapping(
        time="Time",
        time_unit="us",
        x=there[0][0],
        y=there[0][1],
        second_x=second[0],
        second_y=second[1],
        unit="px",
        zero_is_missing=True,
        screen_width=round(size[0]) if len(size) == 2 and min(size) >= 1 else None,
        screen_height=round(size[1]) if len(size) == 2 and min(size) >= 1 else None,
    )
    sides = _of_comment(form, "Stimulus Dimension [mm]:", 1e-3)
    distance = _of_comment(form, "Head Distance [mm]:", 1e-3)
    screen_m = (sides[0], sides[1]) if len(sides) == 2 and min(sides) > 0 else None
    return KnownTable(mapping, screen_m, distance[0] if distance and distance[0] > 0 else None)


def _begaze(form: TableLayout) -> KnownTable | None:
    """Map raw data of SMI's BeGaze."""
    if "RecordingTime [ms]" not in form.names or not any("Point of Regard" in name for name in form.names):
        return None
    known = {"time": "RecordingTime [ms]", "time_unit": "ms", "unit": "px", "zero_is_missing": True}
    mapping = _guessed(form, **known)
    return None if mapping is None else KnownTable(mapping)


def _eye_tribe(form: TableLayout) -> KnownTable | None:
    """Map a log of PyGaze: milliseconds, pixels, 0, 0 for a lost eye."""
    if not {*form.names} >= _EYE_TRIBE:
        return None
    mapping = ColumnMapping(time="time", time_unit="ms", x="rawx", y="rawy", unit="px", zero_is_missing=True)
    return KnownTable(mapping)


def _data_viewer(form: TableLayout) -> KnownTable | None:
    """Map a sample report: milliseconds of the tracker, pixels."""
    if not {*form.names} >= _DATA_VIEWER or not any("GAZE_X" in name for name in form.names):
        return None
    mapping = _guessed(form, time="TIMESTAMP", time_unit="ms", unit="px", valid="")
    return None if mapping is None else KnownTable(mapping)


def _gazepoint(form: TableLayout) -> KnownTable | None:
    """Map Gazepoint: seconds, shares of the screen, 1 for valid; best gaze, else that of fixations."""
    time = next((name for name in form.names if re.match(r"TIME\b(?!TICK)", name, re.IGNORECASE)), None)
    kind = next((kind for kind in ("BPOG", "FPOG") if {f"{kind}X", f"{kind}Y"} <= {*form.names}), None)
    if time is None or kind is None:
        return None
    valid = f"{kind}V" if f"{kind}V" in form.names else ""
    mapping = ColumnMapping(time=time, x=f"{kind}X", y=f"{kind}Y", unit="screen", valid=valid)
    return KnownTable(mapping)


def _tobii_sdk(form: TableLayout) -> KnownTable | None:
    """Map samples of Tobii's SDK: microseconds, shares of the display, NaN for a lost eye."""
    time = next((name for name in ("system_time_stamp", "device_time_stamp") if name in form.names), None)
    if time is None or _TOBII_SDK not in form.names:
        return None
    axes = {
        f"{eye}_{axis}": f"{eye}_gaze_point_on_display_area_{axis}"
        for eye in ("left", "right")
        for axis in "xy"
    }
    mapping = ColumnMapping(
        time=time,
        time_unit="us",
        x=axes["left_x"],
        y=axes["left_y"],
        second_x=axes["right_x"],
        second_y=axes["right_y"],
        unit="screen",
    )
    return KnownTable(mapping)


def _of_setting(form: TableLayout, name: str) -> str:
    """Return the value of a comment NAME,VALUE; empty if there is none."""
    return next((text.partition(",")[2] for text in form.comments if text.startswith(f"{name},")), "")


def _simple_gaze_tracker(form: TableLayout) -> KnownTable | None:
    """Map data of SimpleGazeTracker: milliseconds, pixels, described by comments."""
    if form.comments[:1] != ("SimpleGazeTrackerDataFile",):
        return None
    columns = dict(zip(_of_setting(form, "DATAFORMAT").split(","), form.names, strict=False))
    origins = {_of_setting(form, f"{what}_ORIGIN") for what in ("SCREEN", "TRACKER")} - {""}
    origin = _ORIGINS.get(origins.pop().lower()) if len(origins) == 1 else None
    sides = [_of_setting(form, f"SCREEN_{side}") for side in ("WIDTH", "HEIGHT")]
    found: dict[str, Any] = {
        "x": columns.get("X") or columns.get("LX"),
        "y": columns.get("Y") or columns.get("LY"),
    }
    if origin is None or "T" not in columns or None in found.values() or not all(map(str.isdecimal, sides)):
        return None
    found |= {"second_x": columns.get("RX", ""), "second_y": columns.get("RY", "")}
    found |= {"screen_width": int(sides[0]), "screen_height": int(sides[1])}
    return KnownTable(ColumnMapping(time=columns["T"], time_unit="ms", unit="px", origin=origin, **found))


_KINDS: tuple[Callable[[TableLayout], KnownTable | None], ...] = (
    _smi,
    _begaze,
    _eye_tribe,
    _data_viewer,
    _gazepoint,
    _tobii_sdk,
    _simple_gaze_tracker,
)


def known_table(form: TableLayout) -> KnownTable | None:
    """Map the columns of a table that a known program wrote; return None for other tables."""
    return next((found for kind in _KINDS if (found := kind(form)) is not None), None)
