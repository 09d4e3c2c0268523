"""Conversion of columns to a recording: sorts the times and notes their oddities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recording import Event, Recording, usual_step_s
from foveaview.gaze.recordings.table import Numbers, Table
from foveaview.gaze.recordings.tables.sections import LabelledRows, chosen_rows
from foveaview.gaze.sample import Unit
from foveaview.gaze.screen_placement import screen_size

__all__ = ["Columns", "check_screen", "check_span", "chosen_columns", "recorded"]

_GAP_STEPS = 5
_GAP_S = 0.05
_FASTEST_HZ, _SLOWEST_HZ = 20_000, 0.5
_FAR = 5.0
_LARGEST_PX = 32_000.0  # trackers write -32768 or 1e8 if they see no eye
_LONGEST_YEARS, _YEAR_S = 10, 31_557_600.0


@dataclass(frozen=True)
class Columns:
    """Samples in the order of the file.

    Attributes:
        t: (n,) seconds.
        x, y: (n,) in the unit.
        valid: (n,), True if the eye was seen.
        rows: (n,) their rows in the table; None for all rows.
    """

    t: Numbers
    x: Numbers
    y: Numbers
    valid: npt.NDArray[np.bool_] | None = None
    rows: npt.NDArray[np.intp] | None = None

    def at(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Columns:
        """Select samples by a mask or by indices."""
        rows = np.arange(len(self.t)) if self.rows is None else self.rows
        valid = None if self.valid is None else self.valid[chosen]
        return Columns(self.t[chosen], self.x[chosen], self.y[chosen], valid, rows[chosen])

    def row(self, index: int) -> int:
        """Return a sample's row in the table."""
        return index if self.rows is None else int(self.rows[index])


def chosen_columns(table: Table, columns: Columns, wanted: str) -> tuple[Columns, list[str]]:
    """Select the samples of the chosen recording of a table, and note the choice.

    Args:
        table: table of the columns, with the labels of its rows.
        columns: samples in the order of the file.
        wanted: name or number of the recording; empty if there is only one.

    Raises:
        NeedsChoice: if there are several and none is chosen; it is a `ValueError`.
        ValueError: if one is chosen but there is only one.
    """
    at = np.arange(table.rows) if columns.rows is None else columns.rows
    labels = {name: (names, codes[at]) for name, (names, codes) in table.labels.items()}
    rows = chosen_rows(LabelledRows(table.layout.path, columns.t, labels), wanted)
    if rows is None:
        return columns, []
    return columns.at(rows), [f"of several recordings, this is {wanted}"]


def _timed(columns: Columns, line: Callable[[int], int], notes: list[str]) -> Columns:
    known = np.isfinite(columns.t)
    if known.all():
        return columns
    first = line(columns.row(int((~known).argmax())))
    notes.append(f"{int((~known).sum())} rows without a time were left out, the first in line {first}")
    return columns.at(known)


def check_screen(name: str, sides: tuple[float, float] | None) -> tuple[int, int] | None:
    """Round a screen's size to whole pixels; raises `ValueError` with the file's name if it is invalid.

    >>> check_screen("a", (1920.0, 1080.0))
    (1920, 1080)
    """
    if sides is None:
        return None
    try:
        return screen_size(*sides)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def check_span(name: str, t: Numbers, line: Callable[[int], int] | None = None) -> None:
    """Refuse times that span over ten years, as their unit is wrong or they are broken.

    Args:
        name: name of the file.
        t: (n,) finite seconds, in any order.
        line: function that returns the line of a time.

    Raises:
        ValueError: with the time that is farthest from the others.

    >>> check_span("a.csv", np.array([0.0, 1.0, 1e9]), lambda row: row + 2)
    Traceback (most recent call last):
    ...
    ValueError: a.csv: line 4: a time of 1e+09 s is over 10 years off: is the unit of the times right?
    """
    longest = _LONGEST_YEARS * _YEAR_S
    with np.errstate(over="ignore"):
        if not len(t) or t.max() - t.min() <= longest:
            return
        row = int(np.abs(t / 2 - np.median(t / 2)).argmax())
    where = "" if line is None else f"line {line(row)}: "
    what = f"a time of {t[row]:.4g} s is over {_LONGEST_YEARS} years off"
    raise ValueError(f"{name}: {where}{what}: is the unit of the times right?")


def _sorted(columns: Columns, line: Callable[[int], int], notes: list[str]) -> Columns:
    back = np.diff(columns.t) < 0
    if not back.any():
        return columns
    first = line(columns.row(int(back.argmax()) + 1))
    notes.append(f"the times go back {int(back.sum())} times, first in line {first}: they were sorted")
    return columns.at(np.argsort(columns.t, kind="stable"))


def _single(columns: Columns, line: Callable[[int], int], notes: list[str]) -> Columns:
    again = np.diff(columns.t, prepend=-np.inf) == 0
    if not again.any():
        return columns
    first = line(columns.row(int(again.argmax())))
    notes.append(
        f"{int(again.sum())} rows with the time of the previous row were left out, the first in line {first}"
    )
    return columns.at(~again)


def _note_steps(t: Numbers, notes: list[str]) -> None:
    if len(t) < 3:
        return
    steps = np.diff(t)
    usual = usual_step_s(t)
    if not _SLOWEST_HZ <= 1 / usual <= _FASTEST_HZ:
        notes.append(f"{1 / usual:.4g} samples per second: is the unit of the times right?")
    gaps = steps > max(_GAP_STEPS * usual, _GAP_S)
    if gaps.any():
        longest = int(steps.argmax())
        count = f"{int(gaps.sum())} gap" + ("s" if gaps.sum() > 1 else "")
        notes.append(f"{count} in the times, the longest {steps[longest]:.4g} s from {t[longest]:.6g} s on")


def _check_unit(name: str, columns: Columns, unit: Unit) -> None:
    x = columns.x[np.isfinite(columns.x)]
    if unit != "px" and len(x) > 10 and float(np.mean(np.abs(x) > _FAR)) > 0.5:
        share = "the image" if unit == "image" else "the screen"
        raise ValueError(
            f"{name}: x is {np.median(x):.4g} in the median, not a share of {share}: is it in pixels?"
        )


def _without_far(columns: Columns, unit: Unit, notes: list[str]) -> Columns:
    """Mark positions that no screen has as missing."""
    if unit != "px":
        return columns
    far = (np.abs(columns.x) >= _LARGEST_PX) | (np.abs(columns.y) >= _LARGEST_PX)
    if not far.any():
        return columns
    count = f"{int(far.sum())} samples are over {_LARGEST_PX:,.0f} px away"
    notes.append(f"{count}, which trackers write if they see no eye: they count as missing")
    return replace(columns, x=np.where(far, np.nan, columns.x), y=np.where(far, np.nan, columns.y))


def _note_unit(columns: Columns, unit: Unit, notes: list[str]) -> None:
    x = columns.x[np.isfinite(columns.x)]
    if unit == "px" and len(x) > 10 and float(np.mean((x >= -0.5) & (x <= 1.5))) > 0.95:
        notes.append(f"x is {np.median(x):.4g} px in the median: is it a share of the screen?")


def recorded(
    table: Table,
    columns: Columns,
    unit: Unit,
    *,
    screen: tuple[float, float] | None = None,
    events: Iterable[Event] = (),
    notes: Iterable[str] = (),
    scene_camera: bool = False,
    far_is_missing: bool = True,
) -> Recording:
    """Build a recording from columns: sort the times, keep each once, and note the oddities.

    Args:
        table: table of the columns, with their line numbers.
        columns: samples in the order of the file.
        unit: unit of x and y.
        screen: width and height in pixels; they are rounded.
        events: events in any order.
        notes: notes to put before those about the times.
        scene_camera: see `Recording`.
        far_is_missing: True to mark pixels that no screen has as missing.

    Raises:
        ValueError: if there is no sample, times span over ten years, or x and y do not fit the unit.
    """
    said = [*table.notes, *notes]
    name = table.layout.path.name
    columns = _timed(columns, table.line, said)
    check_span(name, columns.t, lambda index: table.line(columns.row(index)))
    for step in (_sorted, _single):
        columns = step(columns, table.line, said)
    if not len(columns.t):
        raise ValueError(f"{name} has no sample with a time")
    columns = _without_far(columns, unit, said) if far_is_missing else columns
    _check_unit(name, columns, unit)
    _note_unit(columns, unit, said)
    _note_steps(columns.t, said)
    if not (np.isfinite(columns.x) & np.isfinite(columns.y)).any():
        said.append("no sample has a gaze position")
    in_order = tuple(sorted(events, key=lambda event: event.t))
    sides = check_screen(name, screen)
    recording = Recording(name, columns.t, columns.x, columns.y, columns.valid, unit, sides)
    return replace(recording, events=in_order, notes=tuple(said), scene_camera=scene_camera)
