"""Guess of a table's columns by their names and first rows, as a default for the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from foveaview.gaze.recordings.mapping import DELIMITERS, ColumnMapping, Delimiter, TimeUnit
from foveaview.gaze.recordings.table_layout import TableLayout, layout
from foveaview.gaze.recordings.tables.clock_text import is_clock
from foveaview.gaze.recordings.tables.column_names import GazeColumns, gaze_columns, time_columns, words_of
from foveaview.settings.recording import CoordinateUnit, Origin

__all__ = ["ColumnProposal", "NeedsMapping", "propose", "proposed"]

_CONFIDENCES = ("valid", "validity", "confidence", "bpogv", "fpogv", "quality", "is valid")
_LARGEST_SHARE = 2.0
_SURELY_PX = 60.0  # in degrees, farther from the centre than gaze on a screen gets
_OFTEN = 0.2
_SHOWN = 20
_SPELLED = {"\u00b5s": "us", "\u03bcs": "us", "sec": "s", "second": "s", "seconds": "s", "secs": "s"}
_SPELLED |= {"msec": "ms", "millis": "ms", "milliseconds": "ms"}
_SPELLED |= {"usec": "us", "micros": "us", "microseconds": "us", "nsec": "ns", "nanoseconds": "ns"}
_IOHUB = {"experimentid", "deviceid", "eventid", "loggedtime"}


@dataclass(frozen=True)
class ColumnProposal:
    """Columns and first rows of a table, with a guess of their meaning.

    Attributes:
        columns: names of the columns.
        rows: cells of the first rows as text.
        mapping: the guess; None if something is missing.
        missing: in words, facts for which no column was found.
        guessed: in words, parts of the mapping that the file does not say.
        found: values of the mapping that were found, even if something is missing.
        asks: fields of the mapping that the user must confirm, as the file does not say them.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    mapping: ColumnMapping | None
    missing: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[str, ...] = ()


class NeedsMapping(ValueError):  # noqa: N818 - no error: a question
    """A table needs the user's mapping of its columns.

    Attributes:
        path: path of the file.
        proposal: guess to begin with.
    """

    def __init__(self, path: Path, proposal: ColumnProposal) -> None:
        what = " and ".join(proposal.missing)
        lacks = f"no column of {what} found" if what else "map its columns"
        super().__init__(f"{path.name} is a table of an unknown kind: {lacks}")
        self.path, self.proposal = path, proposal


def _finite(form: TableLayout, names: tuple[str, ...]) -> np.ndarray:
    values = np.array([value for name in names for value in form.numbers(name)])
    return values[np.isfinite(values)]


# columns


def _gaze(form: TableLayout) -> GazeColumns | None:
    """Return the likeliest kind of gaze with numbers in the first rows, else the likeliest kind."""
    kinds = gaze_columns(form.names)
    seen = [kind for kind in kinds if any(len(_finite(form, pair)) for pair in kind.eyes.values())]
    return next(iter(seen or kinds), None)


def _eyes(form: TableLayout, kind: GazeColumns) -> list[tuple[str, str]]:
    """Return the columns of x and y: of both eyes together if they have numbers, else of each eye."""
    eyes = dict(kind.eyes)
    together = eyes.pop("", None)
    if together is not None and (not eyes or len(_finite(form, together))):
        return [together]
    return list(eyes.values())


def _is_time(form: TableLayout, name: str) -> bool:
    values = _finite(form, (name,))
    steps = np.diff(values)
    return len(values) > 0 and (len(values) < 3 or bool((steps != 0).any()))


def _is_clock(form: TableLayout, name: str) -> bool:
    cells = [cell for cell in form.column(name) if cell]
    return bool(cells) and all(map(is_clock, cells))


def _time(form: TableLayout) -> tuple[str, bool]:
    """Return the column of the times, and True if they are dates or times of day."""
    names = time_columns(form.names)
    for is_one, clock in ((_is_time, False), (_is_clock, True)):
        for name in names:
            if is_one(form, name):
                return name, clock
    return (names[0] if names and not form.rows else ""), False


def _time_unit(form: TableLayout, name: str) -> tuple[TimeUnit, bool]:
    """Return the unit in the name and True, else one that puts samples milliseconds apart and False."""
    said = {_SPELLED.get(word, word) for word in words_of(name)}
    said |= {unit for ending, unit in _SPELLED.items() if len(ending) > 2 and name.lower().endswith(ending)}
    for unit in ("ns", "us", "ms", "s"):  # seconds last: "milliseconds" ends in "seconds"
        if unit in said:
            return unit, True
    steps = np.abs(np.diff(_finite(form, (name,))))
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    limits: tuple[tuple[float, TimeUnit], ...] = ((0.3, "s"), (300, "ms"), (3e5, "us"))
    return next((unit for limit, unit in limits if step < limit), "ns"), False


def _valid(form: TableLayout, x: str) -> str:
    """Return the column that says that the eye was seen, if its numbers agree with that."""
    plain = {" ".join(words_of(name)): name for name in form.names}
    name = next((plain[wanted] for wanted in _CONFIDENCES if wanted in plain), "")
    if not name or len(form.numbers(name)) < len(form.column(name)):
        return name
    sure, places = np.array(form.numbers(name)), np.array(form.numbers(x))
    if (sure[np.isfinite(sure)] > 1).any():
        return "" if sure.max() < 10 else name  # codes; the lowest may be the best
    if len(sure) != len(places) or not np.isfinite(places).any():
        return name
    seen = np.isfinite(places) & (places != 0)
    return "" if (sure[seen] < 0.5).all() and (sure[~seen] >= 0.5).any() else name


# units and origin


def _unit(form: TableLayout, kind: GazeColumns, eyes: list[tuple[str, str]]) -> tuple[CoordinateUnit, bool]:
    """Guess what x and y count; return False if the user must confirm it."""
    if kind.scale == "px":
        return "px", True
    values = np.abs(_finite(form, tuple(name for pair in eyes for name in pair)))
    seen = values[values > 0]  # many trackers write 0 if no eye is seen
    largest = float(np.quantile(seen, 0.9)) if len(seen) else 0.0
    if largest <= _LARGEST_SHARE:
        return "screen", kind.scale == "share"
    return "px", largest > _SURELY_PX


def _origin(form: TableLayout, eyes: list[tuple[str, str]]) -> tuple[Origin, bool]:
    """Guess where x and y are 0; return False if the user must confirm it."""
    plain = {"".join(words_of(name)) for name in form.names}
    if len(_IOHUB & plain) > 1:  # PsychoPy: from the centre, y up
        return "centre", False
    for names in zip(*eyes, strict=True):  # all x, then all y
        values = _finite(form, names)
        if not len(values) or (values < 0).mean() <= _OFTEN:
            return "top-left", True
    return "centre", False


def _zero_is_missing(form: TableLayout, eyes: list[tuple[str, str]]) -> bool:
    """Return True if an eye is at exactly 0, 0 or -1, -1 in some of the first rows, but not in all."""
    for x, y in eyes:
        if len(form.numbers(x)) == len(form.numbers(y)):
            place = np.array([form.numbers(x), form.numbers(y)])
            lost = (place[0] == place[1]) & np.isin(place[0], (0, -1))
            if lost.any() and (~lost & np.isfinite(place).all(axis=0)).any():
                return True
    return False


def _counts(form: TableLayout, kind: GazeColumns) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return the mapping's values for x and y, notes on guesses, and fields that the user must confirm."""
    eyes = _eyes(form, kind)
    unit, sure_unit = _unit(form, kind, eyes)
    origin, sure_origin = _origin(form, eyes)
    second = eyes[1] if len(eyes) > 1 else ("", "")
    found = {"x": eyes[0][0], "y": eyes[0][1], "second_x": second[0], "second_y": second[1]}
    lost = _zero_is_missing(form, eyes)
    sure = {"unit": sure_unit, "origin": sure_origin}
    asks = [name for name, is_sure in sure.items() if not is_sure]
    doubt = " (degrees are not supported: convert them)" if unit == "px" and not sure_unit else ""
    guessed = [] if kind.scale in ("px", "share") else [f"x and y in {unit}{doubt}"]
    guessed += [f"origin {origin}"]
    guessed += ["0, 0 is missing"] if lost else []
    more = {"unit": unit, "origin": origin, "zero_is_missing": lost, "valid": _valid(form, eyes[0][0])}
    return found | more, guessed, asks


def propose(path: Path, delimiter: Delimiter = "auto") -> ColumnProposal:
    """Guess the meaning of a table's columns from their names and first rows.

    Args:
        path: path of the file.
        delimiter: delimiter between two cells.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file is empty or not text.
    """
    return proposed(layout(path, delimiter=DELIMITERS[delimiter]), delimiter)


def proposed(form: TableLayout, delimiter: Delimiter = "auto") -> ColumnProposal:
    """Guess the meaning of a table's columns from its layout."""
    found: dict[str, Any] = {"delimiter": delimiter}
    missing, guessed = list[str](), list[str]()
    asks: list[str] = []
    time, clock = _time(form)
    if time:
        unit, said = ("clock", True) if clock else _time_unit(form, time)
        found |= {"time": time, "time_unit": unit}
        guessed += [] if said else [f"times in {unit}"]
    else:
        missing.append("times")
    kind = _gaze(form)
    if kind is None or kind.scale in ("degree", "length"):
        missing.append("x and y" if kind is None else _unreadable(kind))
    else:
        counts, more, asks = _counts(form, kind)
        found |= counts
        guessed += more
    mapping = None if missing else _made(found)
    shown = form.rows[:_SHOWN]
    return ColumnProposal(form.names, shown, mapping, tuple(missing), tuple(guessed), found, tuple(asks))


def _made(found: dict[str, Any]) -> ColumnMapping | None:
    """Build the mapping; use a top-left origin if the guessed one needs the unknown screen size."""
    try:
        return ColumnMapping(**found)
    except ValueError:
        return ColumnMapping(**found | {"origin": "top-left"})


def _unreadable(kind: GazeColumns) -> str:
    name = next(iter(kind.eyes.values()))[0]
    what = "degrees" if kind.scale == "degree" else "lengths"
    return f"x and y in pixels or shares of the screen ({name} is in {what}: convert it)"
