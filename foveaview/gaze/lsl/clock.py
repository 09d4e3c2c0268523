"""Conversion of a stream's times to the clock of `now`, even if its own clock is wrong."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["StreamClock", "are_times"]

Numbers = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_STEP_BACK_S = 0.2  # smaller steps are samples out of order
_AHEAD_S = 0.05  # samples never arrive before they are taken; clocks of two computers agree to a few ms
_BEHIND_S = 0.5  # no practical tracker is later, whatever its header says
_NEVER_BEHIND_S = 5.0  # a new connection never brings samples this old, so judge at once
_WINDOW_S = 2.0
_TICK_S = 1e-6
_FARTHEST_S = 1e10  # 300 years: no clock in seconds reaches this, and microseconds are lost beyond


def are_times(times: Numbers) -> Booleans:
    """Return a mask of the values that are possible clock times in seconds.

    >>> are_times(np.array([5.0, np.nan, 1e300])).tolist()
    [True, False, False]
    """
    return np.abs(times) <= _FARTHEST_S  # no comparison with NaN holds


def _long(seconds: float) -> str:
    for size, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} s"


class StreamClock:
    """Converter of a stream's times to the clock of `now`, in order of arrival.

    Plausible times are shifted by the offset of the stream's clock. Implausible times (in the future, over
    0.5 s late, back by more than 0.2 s) keep only their spacing: the newest is placed at its arrival, and the
    note says so. Values that are not times (NaN, or beyond 300 years) are replaced by their arrival.

    Attributes:
        note: description of a problem; empty if there is none.

    >>> clock = StreamClock()
    >>> clock.place(np.array([5.0, 5.5]), 105.51, 100.0).tolist(), clock.anchored
    ([105.0, 105.5], False)
    """

    def __init__(self) -> None:
        self._last = -math.inf
        self.reconnected()

    def reconnected(self) -> None:
        """Forget the stream's clock, which a restart may have reset; times continue to increase."""
        self.note = ""
        self._shift: float | None = None  # added to the stream's times if they are implausible
        self._device = -math.inf
        self._window_began, self._shortest = -math.inf, math.inf

    @property
    def anchored(self) -> bool:
        """Return True if samples are timed by their arrival."""
        return self._shift is not None

    def place(self, times: Numbers, arrival: float, offset: float | None) -> Numbers:
        """Convert times to the clock of `now`, each later than the previous one.

        Args:
            times: (n,) seconds on the stream's clock, n at least 1.
            arrival: time of reception; samples are placed no later, except for the microsecond that
                separates each from the previous one.
            offset: added to the stream's times; None while it is unknown.
        """
        sound = are_times(times)
        placed = np.full(len(times), arrival)
        if sound.any():
            placed[sound] = self._shifted(times[sound], arrival, offset)
        if not sound.all():
            self.note = "it sends invalid times; timed by arrival"
        return self._ordered(placed, arrival)

    def _shifted(self, times: Numbers, arrival: float, offset: float | None) -> Numbers:
        newest = float(times[-1])
        back = -float(np.diff(times, prepend=self._device).min())
        self._device = newest
        if math.isfinite(back) and back > _STEP_BACK_S:
            self.note = f"its clock went back by {_long(back)}; timed by arrival from then on"
            self._shift = arrival - newest
        elif self._shift is None and offset is not None:
            self._judge(arrival - newest - offset, arrival, offset)
        if self._shift is not None:
            self._shift += self._drift(arrival - newest - self._shift, arrival)
            return times + self._shift
        return times + (arrival - newest if offset is None else offset)

    def _judge(self, late: float, arrival: float, offset: float) -> None:
        first = self._window_began == -math.inf
        shortest = self._shortest_delay(late, arrival)
        if first and late > _NEVER_BEHIND_S:
            shortest = late
        if late < -_AHEAD_S or (shortest is not None and shortest > _BEHIND_S):
            off = late if late < 0 or shortest is None else shortest
            self.note = f"its clock is {_long(abs(off))} {'ahead' if off < 0 else 'behind'}; timed by arrival"
            self._shift = offset + off

    def _drift(self, late: float, arrival: float) -> float:
        """Drift of a clock that is timed by arrival, from the shortest delay."""
        if late < 0:
            return late
        shortest = self._shortest_delay(late, arrival)
        return 0.0 if shortest is None else shortest

    def _shortest_delay(self, late: float, arrival: float) -> float | None:
        """Shortest delay of a window if it has ended, else None."""
        if self._window_began == -math.inf:
            self._window_began = arrival
        shortest = self._shortest = min(self._shortest, late)
        if arrival - self._window_began < _WINDOW_S:
            return None
        self._window_began, self._shortest = arrival, math.inf
        return shortest

    def _ordered(self, times: Numbers, arrival: float) -> Numbers:
        ticks = np.arange(len(times)) * _TICK_S
        apart = np.maximum(np.minimum(times, arrival), self._last + _TICK_S) - ticks
        rising = np.maximum.accumulate(apart) + ticks
        self._last = float(rising[-1])
        return rising
