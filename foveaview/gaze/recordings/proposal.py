"""A guess of which column of a table is what, by names and first rows, for a person to begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from foveaview.gaze.recordings.layout import Layout, is_number, layout, number
from foveaview.gaze.recordings.mapping import DELIMITERS, S_PER_UNIT, ColumnMapping, Delimiter, TimeUnit
from foveaview.gaze.sample import Unit

__all__ = ["NeedsMapping", "Proposal", "propose"]

_TIMES = (
    "t",
    "time",
    "timestamp",
    "recording timestamp",
    "gaze timestamp",
    "system time stamp",
    "device time stamp",
)
_TIME_WORDS = ("time", "timestamp", "t", "clock")
_TIME_PARTS = ("zeit", "time", "stamp")
_CONFIDENCES = ("valid", "validity", "confidence", "fpogv", "bpogv", "quality", "is valid")
_SHORT = {
    "fpogx": "x",
    "fpogy": "y",
    "bpogx": "x",
    "bpogy": "y",
    "gx": "x",
    "gy": "y",
    "gazex": "x",
    "gazey": "y",
}
_SHORT |= {"xpx": "x px", "ypx": "y px"}
_SHORT |= {"lx": "left x", "ly": "left y", "rx": "right x", "ry": "right y", "l": "left", "r": "right"}
_PLACES = {"gaze", "point", "position", "pos", "por", "coordinate", "coordinates", "coord", "2d"}
_FRAMES = {"screen", "on", "display", "area", "surface", "image", "dacs", "adcs"}
_SCALES = {"px", "pixel", "pixels", "norm", "normalized", "normalised"}
_ABOUT = _PLACES | _FRAMES | _SCALES | {"eye", "left", "right", "mean", "avg", "average", "raw", "data"}
"""Words in the names of columns of gaze that do not say which axis it is."""

_EYES = ("left", "right")
_LARGEST_SHARE = 2.0
_SPELLED = {"\u00b5s": "us", "\u03bcs": "us", "sec": "s", "second": "s", "seconds": "s"}
_SPELLED |= {"msec": "ms", "millis": "ms", "milliseconds": "ms"}
_SPELLED |= {"usec": "us", "micros": "us", "microseconds": "us", "nsec": "ns", "nanoseconds": "ns"}


@dataclass(frozen=True)
class Proposal:
    """What a table holds, and what its columns may be.

    Attributes:
        columns: their names.
        rows: the cells of its first rows as text.
        mapping: a guess, None where something is missing.
        missing: what no column could be found for, in words.
        guessed: what of the mapping the file does not say, in words.
        found: the values of the mapping that were found, also where something is missing.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    mapping: ColumnMapping | None
    missing: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)


class NeedsMapping(ValueError):  # noqa: N818 - no error: a question
    """A table of which a person has to say what its columns are.

    Attributes:
        path: of the file.
        proposal: to begin with.
    """

    def __init__(self, path: Path, proposal: Proposal) -> None:
        what = " and ".join(proposal.missing)
        lacks = f"no column of {what} was found" if what else "say what its columns are"
        super().__init__(f"{path.name} is a table of an unknown kind: {lacks}")
        self.path, self.proposal = path, proposal


def _words(name: str) -> list[str]:
    """A name's words in small letters: "GazeLeft_x [px]" has gaze, left, x, px."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    words = re.findall(r"[a-z\u00b5\u03bc]+|\d+d|\d+", spaced.lower())
    return " ".join(_SHORT.get(word, word) for word in words).split()


def _axis(name: str) -> tuple[str, str] | None:
    """The axis and the eye, "" for both, of a column of gaze; None for others."""
    words = _words(name)
    axis = [word for word in words if word not in _ABOUT]
    if axis not in (["x"], ["y"]):
        return None
    return axis[0], next((eye for eye in _EYES if eye in words), "")


def _gaze(names: Sequence[str]) -> list[tuple[str, str]]:
    """Columns of x and y: of both eyes together, else of one or of each."""
    found: dict[tuple[str, str], str] = {}
    for name in names:
        axis = _axis(name)
        if axis is not None:
            found.setdefault(axis, name)
    pairs = {
        eye: (found["x", eye], found["y", eye])
        for eye in ("", *_EYES)
        if {("x", eye), ("y", eye)} <= {*found}
    }
    return [pairs[""]] if "" in pairs else list(pairs.values())


def _values(form: Layout, name: str) -> list[float]:
    at = form.index(name)
    cells = [row[at] for row in form.rows if at < len(row)]
    numbers = [number(cell, form.decimal_comma) for cell in cells if is_number(cell, form.decimal_comma)]
    return [value for value in numbers if np.isfinite(value)]


def _time(form: Layout) -> str:
    plain = {
        " ".join(word for word in _words(name) if word not in S_PER_UNIT): name
        for name in reversed(form.names)
    }
    for wanted in _TIMES:
        if wanted in plain:
            return plain[wanted]
    worded = [name for name in form.names if set(_words(name)) & set(_TIME_WORDS)]
    named = [name for name in form.names if any(part in name.lower() for part in _TIME_PARTS)]
    return next((name for name in (*worded, *named) if _values(form, name) or not form.rows), "")


def _time_unit(form: Layout, name: str) -> tuple[TimeUnit, bool]:
    """The unit that a name says, else one by which samples are milliseconds apart; and whether it is said."""
    said = {_SPELLED.get(word, word) for word in _words(name)}
    said |= {unit for ending, unit in _SPELLED.items() if len(ending) > 2 and name.lower().endswith(ending)}
    for unit in ("ns", "us", "ms", "s"):  # "milliseconds" ends in "seconds"
        if unit in said:
            return unit, True
    steps = np.abs(np.diff(_values(form, name)))
    step = float(np.median(steps)) if len(steps) else 0.0
    limits: tuple[tuple[float, TimeUnit], ...] = ((0.3, "s"), (300, "ms"), (3e5, "us"))
    return next((unit for limit, unit in limits if step < limit), "ns"), False


def _unit(form: Layout, pair: tuple[str, str]) -> tuple[Unit, bool]:
    said = set(_words(pair[0]))
    if said & {"px", "pixel", "pixels"}:
        return "px", True
    values = [abs(value) for name in pair for value in _values(form, name)]
    seen = [value for value in values if value]  # where nothing is seen, many write 0
    share = not seen or float(np.median(seen)) <= _LARGEST_SHARE
    return ("screen" if share else "px"), bool(said & {"norm", "normalized", "normalised"})


def _valid(form: Layout) -> str:
    plain = {" ".join(_words(name)): name for name in form.names}
    return next((plain[wanted] for wanted in _CONFIDENCES if wanted in plain), "")


def propose(path: Path, delimiter: Delimiter = "auto") -> Proposal:
    """Guess what the columns of a table are, by their names and first rows.

    Args:
        path: of the file.
        delimiter: between two cells.

    Raises:
        OSError: where the file cannot be read.
        ValueError: for what is empty or no text.
    """
    form = layout(path, delimiter=DELIMITERS[delimiter])
    found: dict[str, Any] = {"delimiter": delimiter, "valid": _valid(form)}
    time, guessed = _time(form), []
    if time:
        unit, said = _time_unit(form, time)
        found |= {"time": time, "time_unit": unit}
        guessed += [] if said else [f"times in {unit}"]
    gaze = _gaze(form.names)
    if gaze:
        counts, said = _unit(form, gaze[0])
        second = gaze[1] if len(gaze) > 1 else ("", "")
        found |= {"x": gaze[0][0], "y": gaze[0][1], "second_x": second[0], "second_y": second[1]}
        found["unit"] = counts
        guessed += [] if said else [f"x and y in {counts}"]
    missing = tuple(what for what, there in (("times", time), ("x and y", gaze)) if not there)
    mapping = None if missing else ColumnMapping(**found)
    return Proposal(form.names, form.rows, mapping, missing, (*guessed, "y downwards"), found)
