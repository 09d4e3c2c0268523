"""Exports of Tobii Pro Lab and of Tobii Studio as tab-separated text.

Sources: "Tobii Pro Lab User's Manual: Data export" and "Tobii Studio User's Manual: Data Export". DACS and
ADCS are display coordinates from the top left, MCS are coordinates of the medium shown, HUCS those of
glasses. Validity codes of Studio run from 0 (certain) to 4 (not found); codes from 2 on are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.gaze.binocular import merged_eyes
from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.recordings.table import Flags, Numbers, Table, Word, read_table
from foveaview.gaze.recordings.table_layout import TableLayout, layout
from foveaview.gaze.recordings.timestamps import Columns, chosen_columns, recorded
from foveaview.gaze.sample import Unit
from foveaview.settings import ReadingSettings

__all__ = ["is_tobii", "read"]

_S_PER_UNIT = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "ns": 1e-9}
_LARGEST_MS_STEP = 500.0
_ROUNDED_S = 1e-3
_EYES = ("left", "right")
_GAZES = ("gazepointx", "gazepointleftx", "gazepointrightx")
_UNITS: dict[str, Unit] = {"dacspx": "px", "adcspx": "px", "": "px", "px": "px", "mcsnorm": "image"}
_IN_MCS = "gaze in shares of the displayed medium, which is taken as the image"


@dataclass(frozen=True)
class _Name:
    """A column's name without case, spaces and unit, and its unit."""

    stem: str
    unit: str


def _parsed(name: str) -> _Name:
    """Parse a column name of either program: "Gaze point X [DACS px]" or "GazePointX (ADCSpx)".

    >>> _parsed("Gaze point X [DACS px]")
    _Name(stem='gazepointx', unit='dacspx')
    """
    stem, _, unit = re.sub(r"[\s_]", "", name.lower()).replace("(", "[").partition("[")
    unit = unit.rstrip(")]").replace("\u00b5", "u").replace("\u03bc", "u")
    return _Name(stem, unit)


class _Header:
    """Finds columns by the stem and the unit of their names."""

    def __init__(self, form: TableLayout) -> None:
        self._parsed = [(_parsed(name), name) for name in form.names]

    def units(self, *stems: str) -> list[str]:
        return [parsed.unit for parsed, _ in self._parsed if parsed.stem in stems]

    def find(self, stem: str, unit: str | None = None) -> str | None:
        for parsed, name in self._parsed:
            if parsed.stem == stem and unit in (None, parsed.unit):
                return name
        return None

    def pair(self, stem: str, unit: str) -> tuple[str, str] | None:
        x, y = self.find(f"{stem}x", unit), self.find(f"{stem}y", unit)
        return (x, y) if x and y else None

    @property
    def worn(self) -> bool:
        """Return True if there is a column of glasses' coordinates."""
        return any(parsed.unit.startswith("hucs") for parsed, _ in self._parsed)


def is_tobii(form: TableLayout) -> bool:
    """Return True if the columns are those of Pro Lab or Studio."""
    stems = {_parsed(name).stem for name in form.names}
    return "recordingtimestamp" in stems and bool(stems & {*_GAZES, "recordingname", "participantname"})


def _unit(header: _Header, name: str) -> str:
    """Return the best unit in which the file has gaze; raises `ValueError` if none can be read."""
    there = header.units(*_GAZES)
    wanted = ["mcspx", "mcsnorm"] if header.worn else [*_UNITS]
    for unit in wanted:
        if unit in there:
            return unit
    if not there:
        raise ValueError(f"{name}: no gaze columns: export Gaze point X and Gaze point Y")
    said = " and ".join(dict.fromkeys(there))
    raise ValueError(f"{name}: gaze is only in {said}: export Gaze point X and Y in DACS px")


def _pairs(header: _Header, unit: str, name: str) -> list[tuple[str, str]]:
    """Return the columns of x and y, of both eyes together or else of each eye."""
    together = header.pair("gazepoint", unit)
    if together:
        return [together]
    eyes = [header.pair(f"gazepoint{eye}", unit) for eye in _EYES]
    found = [pair for pair in eyes if pair]
    if not found:
        raise ValueError(f"{name}: no column Gaze point Y beside Gaze point X")
    return found


def _validity(word: str) -> bool:
    if word.lower() in ("valid", "invalid"):
        return word.lower() == "valid"
    try:
        code = float(word.replace(",", "."))
    except ValueError:
        raise ValueError(f"{word!r} is not a validity: it must be Valid, Invalid, or 0 to 4") from None
    return code <= 1


class _Sizes:
    """Word parser that remembers the numbers in the words of a column; all rows hold the same."""

    def __init__(self) -> None:
        self.found: list[int] = []

    def __call__(self, word: str) -> bool:
        self.found = [int(digits) for digits in re.findall(r"\d+", word)]
        return bool(self.found)


@dataclass(frozen=True)
class _Plan:
    """Columns to read.

    Attributes:
        time: column of the times.
        unit: unit of the gaze, as the file calls it.
        pairs: columns of x and y, of both eyes together or of each.
        validity: columns of the left and the right eye's validity, as far as they exist.
        sensor: column that names the sensor of a row.
        event, value: columns of the events and of their values.
        size: columns of the screen's width and height, or one column of both.
        own_time: column of the eye tracker's own times, if they are finer than the others.
    """

    time: str
    unit: str
    pairs: list[tuple[str, str]]
    validity: list[str]
    sensor: str | None
    event: str | None
    value: str | None
    size: list[str]
    own_time: str | None


def _planned(form: TableLayout, header: _Header) -> _Plan:
    name = form.path.name
    time = header.find("recordingtimestamp")
    if time is None:
        raise ValueError(f"{name}: no column Recording timestamp: export it")
    unit = _unit(header, name)
    size = [header.find(f"recordingresolution{side}") for side in ("width", "height", "")]
    studio = ["studioevent", "studioeventdata"]
    modern = ["event", "eventvalue"]
    event, value = (header.find(a) or header.find(b) for a, b in zip(modern, studio, strict=True))
    return _Plan(
        time,
        unit,
        _pairs(header, unit, name),
        [found for eye in _EYES if (found := header.find(f"validity{eye}"))],
        header.find("sensor"),
        event,
        value,
        [side for side in size if side],
        header.find("eyetrackertimestamp") if _parsed(time).unit not in ("us", "ns") else None,
    )


def _read_table(form: TableLayout, plan: _Plan, sizes: Mapping[str, _Sizes]) -> Table:
    words: dict[str, Word] = {**dict.fromkeys(plan.validity, _validity), **sizes}
    if plan.sensor:
        words[plan.sensor] = lambda word: word == "Eye Tracker"
    numbers = [plan.time, *(name for pair in plan.pairs for name in pair)]
    numbers += [plan.own_time] if plan.own_time else []
    return read_table(form, numbers, words, [name for name in (plan.event, plan.value) if name])


def _seconds(header: _Header, time: str, t: Numbers, notes: list[str]) -> Numbers:
    unit = _parsed(time).unit
    if unit in _S_PER_UNIT:
        return t * _S_PER_UNIT[unit]
    steps = np.diff(np.unique(t[np.isfinite(t)][:10_000]))
    unit = "us" if len(steps) and np.median(steps) > _LARGEST_MS_STEP else "ms"
    notes.append(f"{time} has no unit and was read as {unit}")
    return t * _S_PER_UNIT[unit]


def _seen(table: Table, plan: _Plan) -> list[Flags]:
    """Return (rows,) flags of each eye: 1 if it was seen, 0 if not, -1 if the cell was empty."""
    return [table.flags[name] for name in plan.validity]


def _gaze(table: Table, plan: _Plan) -> tuple[Numbers, Numbers]:
    # removed from the table: long recordings are large
    eyes = [(table.numbers.pop(x), table.numbers.pop(y)) for x, y in plan.pairs]
    if len(eyes) == 1:
        return eyes[0]
    if len(plan.validity) == len(eyes):
        eyes = [
            (np.where(seen > 0, x, np.nan), np.where(seen > 0, y, np.nan))
            for seen, (x, y) in zip(_seen(table, plan), eyes, strict=True)
        ]
    return merged_eyes(eyes[0], eyes[1])


def _samples(table: Table, plan: _Plan, x: Numbers) -> npt.NDArray[np.bool_]:
    """Return a (rows,) mask of the samples: rows of the eye tracker that are more than an event."""
    if plan.sensor and (table.flags[plan.sensor] == 1).any():
        return table.flags[plan.sensor] == 1
    samples = np.ones(table.rows, bool)
    if plan.event:
        samples[[row for row, _ in table.texts[plan.event]]] = False
    return samples | np.isfinite(x) | np.any([flag >= 0 for flag in _seen(table, plan)], axis=0)


def _finer(t: Numbers, own: Numbers, notes: list[str], name: str) -> Numbers:
    """Replace times in whole milliseconds by the eye tracker's own times, in microseconds.

    The two clocks may have an offset and drift, so a line is fitted from the tracker's times to the others.
    If the fit is off by more than rounding to milliseconds explains, the times stay as they are.
    """
    both = np.isfinite(t) & np.isfinite(own)
    if both.sum() < 2 or np.ptp(own[both]) == 0:
        return t
    first_own, first = own[both][0], t[both][0]
    slope, offset = np.polyfit(own[both] - first_own, t[both] - first, 1)
    if np.ptp(own[both]) * abs(slope - 1) < _ROUNDED_S:  # no measurable drift
        slope, offset = 1.0, float(np.median(t[both] - first - (own[both] - first_own)))
    found = first + offset + slope * (own - first_own)
    if np.abs(found - t)[both].max() > 2 * _ROUNDED_S:
        notes.append(f"{name} does not match the recording's times and was not used")
        return t
    notes.append(f"times from {name}, which is finer")
    return np.where(np.isfinite(found), found, t)


def _columns(
    table: Table, plan: _Plan, t: Numbers, wanted: str, notes: list[str]
) -> tuple[Columns, npt.NDArray[np.bool_]]:
    """Return the samples of the wanted recording, and a (rows,) mask of its rows."""
    x, y = _gaze(table, plan)
    seen = _seen(table, plan)
    valid = np.any([flag > 0 for flag in seen], axis=0) if seen else None
    chosen, said = chosen_columns(table, Columns(t, x, y, valid), wanted)
    notes += said
    kept = np.ones(table.rows, bool) if chosen.rows is None else np.isin(np.arange(table.rows), chosen.rows)
    samples = np.flatnonzero(_samples(table, plan, x) & kept)
    columns = Columns(t, x, y, valid).at(samples)
    if plan.own_time:
        own = table[plan.own_time][samples] * _S_PER_UNIT.get(_parsed(plan.own_time).unit, 1e-6)
        columns = replace(columns, t=_finer(columns.t, own, notes, plan.own_time))
    return columns, kept


def _events(table: Table, plan: _Plan, t: Numbers, kept: npt.NDArray[np.bool_]) -> list[Event]:
    if not plan.event:
        return []
    values = dict(table.texts[plan.value]) if plan.value else {}
    found = [
        (row, f"{text}: {values[row]}" if row in values else text) for row, text in table.texts[plan.event]
    ]
    return [Event(float(t[row]), text) for row, text in found if kept[row] and np.isfinite(t[row])]


def _screen(sizes: Mapping[str, _Sizes]) -> tuple[int, int] | None:
    found = [number for size in sizes.values() for number in size.found]
    return (found[0], found[1]) if len(found) == 2 and min(found) > 0 else None


def read(path: Path, reading: ReadingSettings | None = None) -> Recording:
    """Read a recording exported by Tobii Pro Lab or Tobii Studio.

    Gaze in display pixels is preferred. Both eyes are averaged; if validities are given, only eyes that were
    seen count. Gaze of glasses is marked by `Recording.scene_camera`.

    Raises:
        OSError: if the file cannot be read.
        NeedsChoice: if there are several recordings and none is chosen; it is a `ValueError`.
        ValueError: if columns or units are missing, and as `read_table` does.
    """
    form = layout(path)
    header = _Header(form)
    plan = _planned(form, header)
    sizes = {name: _Sizes() for name in plan.size}
    table = _read_table(form, plan, sizes)
    notes: list[str] = []
    t = _seconds(header, plan.time, table[plan.time], notes)
    unit = "px" if header.worn and plan.unit == "mcspx" else _UNITS[plan.unit]
    if header.worn:
        unit = "screen" if plan.unit == "mcsnorm" else unit
        notes.append("gaze in the image of the glasses' scene camera: it cannot be used as gaze on a screen")
    elif plan.unit == "mcsnorm":
        notes.append(_IN_MCS)
    columns, kept = _columns(table, plan, t, reading.recording if reading else "", notes)
    return recorded(
        table,
        columns,
        unit,
        screen=None if header.worn else _screen(sizes),
        events=_events(table, plan, t, kept),
        notes=notes,
        scene_camera=header.worn,
    )
