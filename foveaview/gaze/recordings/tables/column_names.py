"""Recognise columns by their names: axis, eye, unit, and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["GazeColumns", "gaze_columns", "is_sample_time", "time_columns", "words_of"]

Scale = Literal["px", "share", "", "degree", "length"]

_SHORT = {
    "fpogx": "x pog filtered",
    "fpogy": "y pog filtered",
    "bpogx": "x pog",
    "bpogy": "y pog",
    "lpogx": "left x pog",
    "lpogy": "left y pog",
    "rpogx": "right x pog",
    "rpogy": "right y pog",
    "gx": "x",
    "gy": "y",
    "gazex": "gaze x",
    "gazey": "gaze y",
    "xpx": "x px",
    "ypx": "y px",
    "xpix": "x px",
    "ypix": "y px",
    "xpos": "x pos",
    "ypos": "y pos",
    "lx": "left x",
    "ly": "left y",
    "rx": "right x",
    "ry": "right y",
    "l": "left",
    "r": "right",
}
_EYES = ("left", "right")
_BOTH = {"mean", "avg", "average", "both", "combined", "cyclopean"}
_PLACES = {"gaze", "point", "position", "pos", "por", "pog", "regard", "of", "coordinate", "coordinates"}
_PLACES |= {"coord", "2d", "screen", "on", "display", "area", "surface", "image", "dacs", "adcs", "eye"}
_PLACES |= {"data"}
_SCALES: dict[str, Scale] = dict.fromkeys(("px", "pix", "pixel", "pixels"), "px")
_SCALES |= dict.fromkeys(("norm", "normalized", "normalised", "share", "relative"), "share")
_SCALES |= dict.fromkeys(("deg", "degree", "degrees", "dva", "angle", "angles"), "degree")
_SCALES |= dict.fromkeys(("mm", "cm"), "length")
_DERIVED = {"raw", "filtered", "interpolated", "smoothed", "smooth", "corrected", "original"}
_TRACKERS = {"eyelink", "tobii", "smi", "pupilcore", "gazepoint", "eyetribe", "neon", "webgazer"}
_RANKS: dict[Scale, int] = {"px": 0, "share": 1, "": 2, "degree": 3, "length": 3}

_TIMES = (
    "t",
    "time",
    "timestamp",
    "recording time",
    "recording timestamp",
    "gaze timestamp",
    "sample time",
    "system time stamp",
    "device time stamp",
)
_TIME_WORDS = {"time", "timestamp", "timestamps", "t", "clock"}
_TIME_PARTS = ("zeit", "time", "stamp")
_NO_TIMES = {"duration", "start", "end", "onset", "offset", "to", "since", "trial", "reaction", "response"}
_UNITS = {"s", "ms", "us", "ns", "\u00b5s", "\u03bcs", "sec", "second", "seconds", "msec", "millis", "in"}
_UNITS |= {"milliseconds", "usec", "micros", "microseconds", "nsec", "nanoseconds", "secs"}


def words_of(name: str) -> list[str]:
    """Return a name's words in lower case.

    >>> words_of("GazeLeft_x [px]"), words_of("xT")
    (['gaze', 'left', 'x', 'px'], ['x', 't'])
    """
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    words = re.findall(r"[a-z\u00b5\u03bc]+|\d+d|\d+", spaced.lower())
    return " ".join(_SHORT.get(word, word) for word in words).split()


@dataclass(frozen=True)
class GazeColumns:
    """Columns that may be gaze, all of one kind.

    Attributes:
        eyes: columns of x and y by eye: "left", "right", or "" for both together.
        scale: unit that the names indicate.
        rank: rank of the kind; the lowest is the likeliest.
    """

    eyes: dict[str, tuple[str, str]]
    scale: Scale
    rank: tuple[int, int]


def _read(name: str) -> tuple[str, str, frozenset[str]] | None:
    """Return axis, eye, and the words that distinguish kinds of gaze; None if a column is not gaze."""
    words = words_of(name)
    known = {*_PLACES, *_SCALES, *_DERIVED, *_TRACKERS, *_EYES, *_BOTH}
    axis = [word for word in words if word not in known]
    if axis not in (["x"], ["y"]):
        return None
    eye = next((eye for eye in _EYES if eye in words), "")
    return axis[0], eye, frozenset(words) & {*_PLACES, *_SCALES, *_DERIVED, *_TRACKERS}


def gaze_columns(names: Sequence[str]) -> list[GazeColumns]:
    """Return the kinds of gaze that a table may hold, the likeliest first.

    >>> [found.eyes for found in gaze_columns(["t", "x_deg", "y_deg", "x_px", "y_px"])]
    [{'': ('x_px', 'y_px')}, {'': ('x_deg', 'y_deg')}]
    """
    kinds: dict[frozenset[str], dict[tuple[str, str], str]] = {}
    for name in names:
        read = _read(name)
        if read is not None:
            axis, eye, kind = read
            kinds.setdefault(kind, {}).setdefault((axis, eye), name)
    found = []
    for words, columns in kinds.items():
        whole = [eye for eye in ("", *_EYES) if ("x", eye) in columns and ("y", eye) in columns]
        eyes = {eye: (columns["x", eye], columns["y", eye]) for eye in whole}
        scales: list[Scale] = sorted(
            {_SCALES[word] for word in words & {*_SCALES}}, key=lambda one: (_RANKS[one], one)
        )
        scale: Scale = scales[0] if scales else ""
        rank = (_RANKS[scale], len(words & _DERIVED))
        found += [GazeColumns(eyes, scale, rank)] if eyes else []
    return sorted(found, key=lambda each: each.rank)


def is_sample_time(name: str) -> bool:
    """Return True for the name of a time other than that of a start or an end.

    >>> is_sample_time("timestamp"), is_sample_time("startT"), is_sample_time("")
    (True, False, False)
    """
    return bool(name) and not {*words_of(name)} & _NO_TIMES


def time_columns(names: Sequence[str]) -> list[str]:
    """Return the columns that may be times, the likeliest first.

    >>> time_columns(["n", "x", "y", "xT"]), time_columns(["TRIAL_START_TIME", "TIMESTAMP"])
    (['n'], ['TIMESTAMP', 'TRIAL_START_TIME'])
    """
    plain = {name: " ".join(word for word in words_of(name) if word not in _UNITS) for name in names}
    exact = [name for wanted in _TIMES for name in names if plain[name] == wanted]
    free = [name for name in names if not {"x", "y", "z"} & {*words_of(name)}]
    worded = [name for name in free if {*words_of(name)} & _TIME_WORDS]
    named = [name for name in free if any(part in name.lower() for part in _TIME_PARTS)]
    worded.sort(key=lambda name: not is_sample_time(name))
    counted = [name for name in names if plain[name] == "n"]
    return list(dict.fromkeys([*exact, *worded, *named, *counted]))
