"""Eye tracking as BIDS has it: numbers without a header, and a JSON beside them that says what they are.

Format after the Brain Imaging Data Structure 1.11, "Physiological recordings" (its extension proposal 20),
and its drafts, which called the files *_eyetrack.tsv.gz.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings.bids_clock import Clock
from foveaview.gaze.recordings.bids_events import physio_events
from foveaview.gaze.recordings.bids_eyes import OneEye, with_other_eye
from foveaview.gaze.recordings.layout import is_number, layout
from foveaview.gaze.recordings.sidecar import described, names_of, number_of, said_of, sides_of, suffix_of
from foveaview.gaze.recordings.table import read_table
from foveaview.gaze.recordings.times import Columns, check_screen, recorded
from foveaview.gaze.sample import Unit

__all__ = ["is_bids", "read"]

_M_PER_UNIT = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_PIXELS = ("pixel", "pixels", "px", "")
_SHARES = ("normalized", "normalised", "ratio", "screen", "proportion")
_SUFFIXES = ("physio", "eyetrack")
_X = ("x_coordinate", "gaze_x", "x", "eye1_x_coordinate")
_FARTHEST_M = 10.0  # of a screen; some write centimetres, also into the examples of BIDS
_IN_SCENE = "gaze in the world, as a camera on the head sees it: it cannot be taken as gaze on a screen"


def is_bids(path: Path) -> bool:
    """Whether the name is that of samples of BIDS."""
    return suffix_of(path) in _SUFFIXES and path.name.lower().endswith((".tsv.gz", ".tsv"))


def _pair(about: Mapping[str, Any], names: list[str], path: Path) -> tuple[str, str]:
    for x in _X:
        y = x.replace("x_coordinate", "y_coordinate") if "coordinate" in x else x[:-1] + "y"
        if x in names and y in names:
            return x, y
    raise ValueError(f"{path.name}: no columns x_coordinate and y_coordinate: there are {', '.join(names)}")


def _scaled(
    about: Mapping[str, Any], screen: Mapping[str, Any], x: str, path: Path
) -> tuple[Unit, tuple[float, float]]:
    """The unit of x and y, and what they are to be divided by."""
    unit = said_of(about, x, "Units").lower() or str(about.get("SampleCoordinateUnit", "")).lower()
    if unit in _PIXELS:
        return "px", (1.0, 1.0)
    if unit in _SHARES:
        return "screen", (1.0, 1.0)
    size = sides_of(screen, "ScreenSize")
    if unit in _M_PER_UNIT and size:
        return "screen", (size[0] / _M_PER_UNIT[unit], size[1] / _M_PER_UNIT[unit])
    if unit in _M_PER_UNIT:
        raise ValueError(f"{path.name}: {x} is in {unit}, and no ScreenSize says how large the screen is")
    raise ValueError(
        f"{path.name}: {x} is in {unit!r}: only pixels, shares of the screen and lengths can be read"
    )


def _from_top_left(columns: Columns, screen: Mapping[str, Any], unit: Unit, path: Path) -> Columns:
    """With y downwards, from wherever the origin is."""
    origin = screen.get("ScreenOrigin", ["top", "left"])
    if not isinstance(origin, list) or len(origin) != 2:
        return columns
    sides = [str(side).lower() for side in origin]
    size = (1.0, 1.0) if unit == "screen" else sides_of(screen, "ScreenResolution")
    if sides == ["top", "left"]:
        return columns
    if size is None or not set(sides) <= {"top", "bottom", "left", "right"}:
        raise ValueError(f"{path.name}: the ScreenOrigin {' '.join(sides)} cannot be turned to top left")
    x = size[0] - columns.x if "right" in sides else columns.x
    y = size[1] - columns.y if "bottom" in sides else columns.y
    return replace(columns, x=x, y=y)


def _checked(about: Mapping[str, Any], path: Path) -> bool:
    """Whether gaze is in a scene; raises `ValueError` for what is no gaze."""
    kind = str(about.get("PhysioType", "eyetrack" if suffix_of(path) == "eyetrack" else "generic")).lower()
    if kind != "eyetrack":
        raise ValueError(f'{path.name}: the PhysioType is {kind}; gaze is in those of "eyetrack"')
    system = str(about.get("SampleCoordinateSystem", "gaze-on-screen")).lower()
    if system not in ("gaze-on-screen", "gaze-in-world"):
        raise ValueError(f"{path.name}: the SampleCoordinateSystem is {system}, which is no gaze on a screen")
    return system == "gaze-in-world"


def _presented(path: Path, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is said of the screen: in the sidecar, else in that of the task's events."""
    found = about.get("StimulusPresentation") or described(path, "events").get("StimulusPresentation") or {}
    screen = dict(found) if isinstance(found, Mapping) else {}
    return {key: about[key] for key in about if key.startswith("Screen")} | screen


def _with_screen(recording: Recording, screen: Mapping[str, Any]) -> Recording:
    distance_m, notes = number_of(screen, "ScreenDistance"), recording.notes
    if distance_m is not None and not 0 < distance_m <= _FARTHEST_M:
        notes = (*notes, f"a ScreenDistance of {distance_m:g} m was not taken: it is to be in metres")
        distance_m = None
    return replace(
        recording,
        screen=check_screen(recording.name, sides_of(screen, "ScreenResolution")),
        screen_m=sides_of(screen, "ScreenSize"),
        distance_m=distance_m,
        notes=notes,
    )


def _read_one(path: Path, about: Mapping[str, Any]) -> OneEye:
    """What one file says of one eye."""
    names, scene = names_of(about, path), _checked(about, path)
    x, y = _pair(about, names, path)
    screen, clock = _presented(path, about), Clock(about, names, path)
    form = layout(path, names, "\t")
    if form.rows and not any(is_number(cell) for cell in form.rows[0]):
        form = replace(form, first_line=form.first_line + 1)  # a header, as plain .tsv files may have
    unit, by = _scaled(about, screen, x, path)
    table = read_table(form, [x, y, *([clock.column] if clock.column else [])])
    columns = Columns(clock.seconds(table), table[x] / by[0], table[y] / by[1])
    columns = _from_top_left(columns, {} if scene else screen, unit, path)
    events, odd = physio_events(path, clock)
    notes = [*clock.notes, *odd, *([_IN_SCENE] if scene else [])]
    recording = recorded(table, columns, unit, events=events, notes=notes, scene_camera=scene)
    return OneEye(recording if scene else _with_screen(recording, screen), clock.start_s, clock.first_s)


def read(path: Path) -> Recording:
    """A recording of BIDS eye tracking, with what its JSON files say of the screen.

    Each eye is in a file of its own: where that of the other lies beside it, both are read and merged. Where
    something is wrong with the other, that is noted, and the first is read alone.

    JSON files of the folders above are read as far as the dataset reaches. Times start at StartTime.

    Raises:
        OSError: where a file cannot be read.
        ValueError: without a JSON, for what it lacks, for other kinds of recordings and coordinates.
    """
    about = described(path)
    if not about:
        raise ValueError(f"{path.name}: no JSON beside it, which says what its columns are: put it there too")
    return with_other_eye(path, about, _read_one)
