"""Plain gaze tables: those that the user mapped, and those that foveaview wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from foveaview.files import replacing
from foveaview.gaze.binocular import merged_eyes
from foveaview.gaze.origin import from_top_left
from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.recordings.json_values import parsed
from foveaview.gaze.recordings.mapping import DELIMITERS, S_PER_UNIT, ColumnMapping
from foveaview.gaze.recordings.pupil import truth
from foveaview.gaze.recordings.table import Numbers, Table, Word, read_table
from foveaview.gaze.recordings.table_layout import TableLayout, is_number, layout
from foveaview.gaze.recordings.tables.messages import message_event
from foveaview.gaze.recordings.timestamps import Columns, chosen_columns, recorded
from foveaview.gaze.sample import Unit
from foveaview.perception.interruption import check_interruption
from foveaview.settings import ReadingSettings

__all__ = ["is_own", "read", "read_own", "recorded_by", "write"]

_OWN = "foveaview gaze 1"
_ROWS_AT_ONCE = 100_000
_SHOWN = 60


def _eye(table: Table, x: str, y: str, zero_is_missing: bool) -> tuple[Numbers, Numbers]:
    place = table[x], table[y]
    if not zero_is_missing:
        return place
    seen = ~((place[0] == place[1]) & ((place[0] == 0) | (place[0] == -1)))
    return np.where(seen, place[0], np.nan), np.where(seen, place[1], np.nan)


def _gaze(table: Table, mapping: ColumnMapping) -> tuple[Numbers, Numbers]:
    first = _eye(table, mapping.x, mapping.y, mapping.zero_is_missing)
    if not mapping.second_x:
        return first
    second = _eye(table, mapping.second_x, mapping.second_y, mapping.zero_is_missing)
    return merged_eyes(first, second)


def _seconds(table: Table, mapping: ColumnMapping) -> Numbers:
    """Return the (rows,) times, from their column or the rate."""
    if mapping.time:
        return table[mapping.time] * S_PER_UNIT[mapping.time_unit]
    assert mapping.rate_hz is not None
    return np.arange(table.rows) / mapping.rate_hz


def _is_word(form: TableLayout, name: str) -> bool:
    """Return True if a column holds words such as true and false instead of a confidence."""
    return not all(is_number(cell, form.delimiter != ",") for cell in form.column(name))


def _valid(table: Table, mapping: ColumnMapping) -> npt.NDArray[np.bool_] | None:
    if mapping.valid in table.flags:
        return table.flags[mapping.valid] == 1
    return table[mapping.valid] >= mapping.valid_from if mapping.valid else None


def _read_columns(form: TableLayout, mapping: ColumnMapping) -> Table:
    for name in mapping.columns:
        form.index(name)
    words: dict[str, Word] = {mapping.valid: truth} if mapping.valid and _is_word(form, mapping.valid) else {}
    clocks = [mapping.time] if mapping.time and mapping.time_unit == "clock" else []
    return read_table(form, [name for name in mapping.columns if name not in words], words, clocks=clocks)


def _columns(table: Table, mapping: ColumnMapping) -> tuple[Unit, Columns]:
    """Return the unit and all rows, counted from the top left."""
    unit, x, y = from_top_left(_gaze(table, mapping), mapping.unit, mapping.origin, mapping.size)
    return unit, Columns(_seconds(table, mapping), x, y, _valid(table, mapping))


def _messages(table: Table, mapping: ColumnMapping) -> list[Event]:
    if not mapping.time or mapping.time_unit == "clock":
        return []
    scale = S_PER_UNIT[mapping.time_unit]
    made = (message_event(table.layout, cells, mapping.time, scale) for cells in table.messages)
    return [event for event in made if event is not None]


def recorded_by(
    table: Table, mapping: ColumnMapping, reading: ReadingSettings | None = None, notes: Iterable[str] = ()
) -> Recording:
    """Build a recording from a table that was read.

    Args:
        table: table with the columns that the mapping names.
        mapping: meaning of the columns.
        reading: the recording to read if the table holds several.
        notes: notes to put first.

    Raises:
        NeedsChoice: if the table holds several recordings and none is chosen; it is a `ValueError`.
        ValueError: as `recorded` does.
    """
    unit, columns = _columns(table, mapping)
    wanted = "" if reading is None else reading.recording
    columns, said = chosen_columns(table, columns, wanted)
    events = _messages(table, mapping)
    if said and len(columns.t):
        first, last = np.nanmin(columns.t), np.nanmax(columns.t)
        events = [event for event in events if first <= event.t <= last]
    return recorded(table, columns, unit, screen=mapping.screen, events=events, notes=[*notes, *said])


def read(
    path: Path, mapping: ColumnMapping, reading: ReadingSettings | None = None, notes: Iterable[str] = ()
) -> Recording:
    """Read a recording from a table with known columns.

    Args:
        path: path of the file.
        mapping: meaning of its columns.
        reading: the recording to read if the table holds several.
        notes: notes to put first.

    Raises:
        OSError: if the file cannot be read.
        NeedsChoice: if the table holds several recordings and none is chosen; it is a `ValueError`.
        ValueError: if a column is missing or the unit is impossible, and as `read_table` does.
    """
    form = layout(path, delimiter=DELIMITERS[mapping.delimiter])
    return recorded_by(_read_columns(form, mapping), mapping, reading, notes)


def is_own(form: TableLayout) -> bool:
    """Return True if foveaview wrote the table."""
    return bool(form.comments) and form.comments[0] == _OWN


def _about(form: TableLayout) -> dict[str, Any]:
    """Parse the comments."""
    about: dict[str, Any] = {}
    for line, comment in enumerate(form.comments[1:], 2):
        key, _, value = comment.partition(": ")
        try:
            about.setdefault(key, []).append(parsed(value, line))
        except ValueError as error:
            shown = comment if len(comment) <= _SHOWN else f"{comment[:_SHOWN]}..."
            raise ValueError(f"{form.path.name}: line {line}: {shown!r} is invalid ({error})") from error
    return about


def _last(about: dict[str, Any], key: str) -> Any:
    return about.get(key, [None])[-1]


def _sides(about: dict[str, Any], key: str) -> tuple[float, float] | None:
    sides = _last(about, key)
    there = isinstance(sides, list) and len(sides) == 2 and all(_is_size(side) for side in sides)
    return (float(sides[0]), float(sides[1])) if there else None


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def _events(about: dict[str, Any]) -> Iterator[Event]:
    for found in about.get("event", []):
        match found:
            case [int() | float() as t, str() as text, int() | float() as duration] if math.isfinite(
                t + duration
            ):
                yield Event(float(t), text, float(duration))


def read_own(path: Path) -> Recording:
    """Read a recording that `write` wrote.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if a comment is invalid or the unit is unknown, and as `read_table` does.
    """
    form = layout(path)
    about = _about(form)
    unit: Unit = _last(about, "unit")
    if unit not in get_args(Unit):
        raise ValueError(f"{path.name}: the unit is {unit!r}; it must be one of {', '.join(get_args(Unit))}")
    valid = "valid" if "valid" in form.names else ""
    mapping = ColumnMapping(time="t", x="x", y="y", unit=unit, valid=valid, delimiter="comma")
    table = _read_columns(form, mapping)
    distance = _last(about, "distance_m")
    recording = recorded(
        table,
        _columns(table, mapping)[1],
        unit,
        screen=_sides(about, "screen"),
        events=_events(about),
        notes=[note for note in about.get("note", []) if isinstance(note, str)],
        scene_camera=_last(about, "scene_camera") is True,
        far_is_missing=False,
    )
    distance_m = float(distance) if _is_size(distance) else None
    return replace(recording, screen_m=_sides(about, "screen_m"), distance_m=distance_m)


def _comments(recording: Recording) -> Iterator[str]:
    yield _OWN
    said: dict[str, object] = {
        "unit": recording.unit,
        "screen": recording.screen,
        "screen_m": recording.screen_m,
    }
    said |= {"distance_m": recording.distance_m, "scene_camera": recording.scene_camera or None}
    for key, value in said.items():
        if value is not None:
            yield f"{key}: {json.dumps(value)}"
    for note in recording.notes:
        yield f"note: {json.dumps(note)}"
    for event in recording.events:
        yield f"event: {json.dumps([event.t, event.text, event.duration])}"


def _rows(recording: Recording) -> Iterator[str]:
    for start in range(0, len(recording), _ROWS_AT_ONCE):
        check_interruption()
        part = slice(start, start + _ROWS_AT_ONCE)
        columns = [map(repr, values[part].tolist()) for values in (recording.t, recording.x, recording.y)]
        if recording.valid is not None:
            columns.append(map(str, recording.valid[part].astype(int).tolist()))
        yield "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def write(path: Path, recording: Recording) -> None:
    """Write a recording as a plain CSV: t in seconds, x, y and valid, exact to the last bit.

    Unit, screen, events and notes precede the header, behind a #.

    Raises:
        OSError: if the file cannot be written.
        Interrupted: within `interruptible`, if interrupted; the file is left as it was.
    """
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"# {comment}\n" for comment in _comments(recording))
        file.write("t,x,y\n" if recording.valid is None else "t,x,y,valid\n")
        file.writelines(_rows(recording))
