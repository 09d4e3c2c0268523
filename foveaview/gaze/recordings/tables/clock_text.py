"""Times written as dates or as times of day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

__all__ = ["clock_seconds", "is_clock"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"(\d{4})[-/.](\d{2})[-/.](\d{2})[T ](\d{1,2}:.+)")
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:[.,:](\d{1,9}))?")
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_DAY_S, _HALF_A_DAY_S = 86_400.0, 43_200.0


def is_clock(text: str) -> bool:
    """Return True for a date with a time (ISO 8601) or a time of day.

    >>> is_clock("2024-03-04 10:00:00.125"), is_clock("10:00:00"), is_clock("1709546400.125")
    (True, True, False)
    """
    try:
        _one(text)
    except ValueError:
        return False
    return True


def _time_of_day(text: str) -> float:
    found = _TIME_OF_DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a time, such as a number, 2024-03-04T10:00:00.125 or 10:00:00.125")
    hours, minutes, seconds, rest = found.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + (int(rest) / 10 ** len(rest) if rest else 0.0)


def _one(text: str) -> float:
    """Parse a date to seconds since 1970, or a time of day to seconds since midnight.

    Raises:
        ValueError: for any other text.
    """
    text = text.strip()
    dated = _DATE.fullmatch(text)
    if dated is None:
        return _time_of_day(text)
    year, month, day, clock = dated.groups()
    zone = _ZONE.search(clock)
    seconds = _time_of_day(clock[: zone.start()].strip() if zone else clock)
    date = datetime(int(year), int(month), int(day), tzinfo=UTC)
    return (date - _EPOCH).total_seconds() + seconds - (_offset_s(zone.group()) if zone else 0.0)


def _offset_s(zone: str) -> float:
    if zone == "Z":
        return 0.0
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])).total_seconds()


def clock_seconds(texts: npt.NDArray[np.str_], before: float = np.nan) -> npt.NDArray[np.float64]:
    """Convert dates or times of day to seconds; times of day continue past midnight.

    Args:
        texts: (n,), empty or "nan" for no time.
        before: the last time before them; NaN if there is none.

    Returns:
        (n,) seconds since 1970 or since the first midnight, NaN for no time.

    Raises:
        ValueError: for the first text that is not a time.

    >>> clock_seconds(np.array(["23:59:59.5", "", "00:00:00.5"])).tolist()
    [86399.5, nan, 86400.5]
    """
    seconds = np.array([np.nan if text in ("", "nan") else _one(text) for text in texts.tolist()], float)
    if len(seconds) and np.nanmax(np.append(seconds, 0.0)) > _DAY_S:
        return seconds
    return _past_midnight(seconds, before)


def _past_midnight(seconds: npt.NDArray[np.float64], before: float) -> npt.NDArray[np.float64]:
    """Put times of day on the days on which they follow the times before."""
    known = np.isfinite(seconds)
    days = 0.0 if np.isnan(before) else before // _DAY_S
    first = np.nan if np.isnan(before) else before % _DAY_S
    steps = np.diff(seconds[known], prepend=first)
    turns = np.cumsum(np.where(steps < -_HALF_A_DAY_S, 1.0, 0.0))
    seconds[known] += (days + turns) * _DAY_S
    return seconds
