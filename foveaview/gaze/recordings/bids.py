"""Eye tracking as BIDS has it: numbers without a header, and a JSON beside them that says what they are.

Format after the Brain Imaging Data Structure 1.11, "Physiological recordings" (its extension proposal 20),
and its drafts, which called the files *_eyetrack.tsv.gz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.recordings.layout import is_number, layout
from foveaview.gaze.recordings.sidecar import described, suffix_of
from foveaview.gaze.recordings.table import Numbers, Table, read_table
from foveaview.gaze.recordings.times import Columns, check_screen, recorded
from foveaview.gaze.sample import Unit

__all__ = ["is_bids", "read"]

_S_PER_UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ns": 1e-9}
_S_PER_UNIT |= {"sec": 1.0, "second": 1.0, "seconds": 1.0, "millisecond": 1e-3, "milliseconds": 1e-3}
_M_PER_UNIT = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_PIXELS = ("pixel", "pixels", "px", "")
_SHARES = ("normalized", "normalised", "ratio", "screen", "proportion")
_SUFFIXES = ("physio", "eyetrack")
_X = ("x_coordinate", "gaze_x", "x", "eye1_x_coordinate")
_TIMES = ("timestamp", "time")
_IN_SCENE = "gaze in the world, as a camera on the head sees it: it cannot be taken as gaze on a screen"


def is_bids(path: Path) -> bool:
    """Whether the name is that of samples of BIDS."""
    return suffix_of(path) in _SUFFIXES and path.name.lower().endswith((".tsv.gz", ".tsv"))


def _names(about: Mapping[str, Any], path: Path) -> list[str]:
    names = about.get("Columns")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path.name}: no list of Columns in the JSON beside it")
    return names


def _column(about: Mapping[str, Any], name: str, key: str) -> str:
    column = about.get(name)
    return str(column.get(key, "")).strip() if isinstance(column, Mapping) else ""


def _number(about: Mapping[str, Any], key: str) -> float | None:
    value = about.get(key)
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if numeric and value is not None and math.isfinite(value) else None


def _both(about: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    value = about.get(key)
    if not isinstance(value, list) or len(value) != 2:
        return None
    sides = tuple(float(side) for side in value if isinstance(side, (int, float)) and 0 < side < math.inf)
    return (sides[0], sides[1]) if len(sides) == 2 else None


class _Clock:
    """The times of samples, and of events on the same clock.

    Without a column of times in a known unit, samples are a sampling period apart.
    """

    def __init__(self, about: Mapping[str, Any], names: list[str], path: Path) -> None:
        self._rate = _number(about, "SamplingFrequency")
        self._start = _number(about, "StartTime") or 0.0
        self.column = next((name for name in _TIMES if name in names), None)
        unit = _column(about, self.column or "", "Units").lower()
        self._scale = _S_PER_UNIT.get(unit)
        self._first = math.nan
        self.notes: list[str] = []
        if (self.column is None or self._scale is None) and not self._rate:
            raise ValueError(f"{path.name}: neither a timestamp with a unit nor a SamplingFrequency")

    def seconds(self, table: Table) -> Numbers:
        """Of all samples, from StartTime on."""
        if self.column is not None and np.isfinite(table[self.column]).any():
            stamps = table[self.column]
            self._first = float(stamps[np.isfinite(stamps)][0])
            if self._scale is not None:
                return (stamps - self._first) * self._scale + self._start
        assert self._rate
        self.notes.append(f"times after the SamplingFrequency, {self._rate:g} Hz")
        return np.arange(table.rows) / self._rate + self._start

    def onset(self, onset: float, stamped: bool) -> float:
        """An event's time, which is a timestamp or seconds already."""
        if not stamped or math.isnan(self._first) or self._scale is None:
            return onset
        return (onset - self._first) * self._scale + self._start


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
    unit = _column(about, x, "Units").lower() or str(about.get("SampleCoordinateUnit", "")).lower()
    if unit in _PIXELS:
        return "px", (1.0, 1.0)
    if unit in _SHARES:
        return "screen", (1.0, 1.0)
    size = _both(screen, "ScreenSize")
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
    size = (1.0, 1.0) if unit == "screen" else _both(screen, "ScreenResolution")
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


def _physio_events(path: Path, clock: _Clock) -> tuple[list[Event], list[str]]:
    """Of the file of events beside the samples, where there is one."""
    stem = path.name.partition(".")[0].rpartition("_")[0]
    there = [path.with_name(f"{stem}_physioevents.tsv{packed}") for packed in (".gz", "")]
    for file in there:
        if file.is_file():
            try:
                return _read_events(file, clock), []
            except (OSError, ValueError, ArithmeticError, RecursionError) as error:
                return [], [f"no events: {error}"]
    return [], []


def _read_events(file: Path, clock: _Clock) -> list[Event]:
    about = described(file)
    names = _names(about, file)
    texts = [name for name in ("trial_type", "message", "value") if name in names]
    long = [name for name in ("duration",) if name in names]
    table = read_table(layout(file, names, "\t"), ["onset", *long], texts=texts)
    stamped = str(about.get("OnsetSource", "")) in _TIMES
    said: dict[int, list[str]] = {}
    for name in texts:
        for row, text in table.texts[name]:
            said.setdefault(row, []).append(text)
    duration = table[long[0]] if long else np.zeros(table.rows)
    rows = np.flatnonzero(np.isfinite(table["onset"]))
    return [
        Event(
            clock.onset(float(table["onset"][row]), stamped),
            ": ".join(said.get(int(row), ["event"])),
            float(np.nan_to_num(duration[row])),
        )
        for row in rows
    ]


def _presented(path: Path, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is said of the screen: in the sidecar, else in that of the task's events."""
    found = about.get("StimulusPresentation") or described(path, "events").get("StimulusPresentation") or {}
    screen = dict(found) if isinstance(found, Mapping) else {}
    return {key: about[key] for key in about if key.startswith("Screen")} | screen


def _with_screen(recording: Recording, screen: Mapping[str, Any]) -> Recording:
    return replace(
        recording,
        screen=check_screen(recording.name, _both(screen, "ScreenResolution")),
        screen_m=_both(screen, "ScreenSize"),
        distance_m=_number(screen, "ScreenDistance"),
    )


def _eye(path: Path, about: Mapping[str, Any]) -> list[str]:
    eye = str(about.get("RecordedEye", "")).lower()
    others = [file for file in path.parent.glob(f"*_recording-eye*_{suffix_of(path)}.tsv*") if file != path]
    beside = "; the other eye is in a file beside it" if others and "recording-eye" in path.name else ""
    return [f"of the {eye} eye{beside}"] if eye in ("left", "right") else []


def read(path: Path) -> Recording:
    """A recording of BIDS eye tracking, with what its JSON files say of the screen.

    JSON files of the folders above are read as far as the dataset reaches. Times start at StartTime.

    Raises:
        OSError: where a file cannot be read.
        ValueError: without a JSON, for what it lacks, for other kinds of recordings and coordinates.
    """
    about = described(path)
    if not about:
        raise ValueError(f"{path.name}: no JSON beside it, which would say what its columns are")
    names, scene = _names(about, path), _checked(about, path)
    x, y = _pair(about, names, path)
    screen, clock = _presented(path, about), _Clock(about, names, path)
    form = layout(path, names, "\t")
    if form.rows and not any(is_number(cell) for cell in form.rows[0]):
        form = replace(form, first_line=form.first_line + 1)  # a header, as plain .tsv files may have
    unit, by = _scaled(about, screen, x, path)
    table = read_table(form, [x, y, *([clock.column] if clock.column else [])])
    columns = Columns(clock.seconds(table), table[x] / by[0], table[y] / by[1])
    columns = _from_top_left(columns, {} if scene else screen, unit, path)
    events, odd = _physio_events(path, clock)
    notes = [*_eye(path, about), *clock.notes, *odd, *([_IN_SCENE] if scene else [])]
    recording = recorded(table, columns, unit, events=events, notes=notes, scene_camera=scene)
    return recording if scene else _with_screen(recording, screen)
