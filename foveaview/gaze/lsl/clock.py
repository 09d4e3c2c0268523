"""From the times that a stream gives to the clock of `now`, whatever its own clock does."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["StreamClock", "are_times"]

Numbers = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_STEP_BACK_S = 0.2  # less is samples out of their order
_AHEAD_S = 0.05  # nothing arrives before it was taken; clocks of two computers agree to a few ms
_BEHIND_S = 0.5  # no tracker that the user can work with is later, whatever its header says
_NEVER_BEHIND_S = 5.0  # a new connection brings nothing that old, so there is nothing to wait for
_WINDOW_S = 2.0
_TICK_S = 1e-6
_FARTHEST_S = 1e10  # 300 years: no clock that counts seconds is there, and microseconds get lost beyond


def are_times(times: Numbers) -> Booleans:
    """Which of them can be seconds of a clock.

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
    """Puts the times of a stream on the clock of `now`, in the order in which they came.

    While a stream's times make sense they are shifted by what its computer's clock differs. Times that do not
    (in the future, hours old, back by more than 0.2 s) are taken by their distances alone, the newest at its
    arrival, and the note says so. What is no time at all (NaN, or 300 years away) is as of its arrival.

    Attributes:
        note: what is odd; empty if nothing is.

    >>> clock = StreamClock()
    >>> clock.place(np.array([5.0, 5.5]), 105.51, 100.0).tolist(), clock.anchored
    ([105.0, 105.5], False)
    """

    def __init__(self) -> None:
        self._last = -math.inf
        self.reconnected()

    def reconnected(self) -> None:
        """Forget the stream's clock, which another start may have set again; the order stays."""
        self.note = ""
        self._shift: float | None = None  # to add to the stream's times where they do not make sense
        self._device = -math.inf
        self._window_began, self._shortest = -math.inf, math.inf

    @property
    def anchored(self) -> bool:
        """Return True if samples are timed by their arrival."""
        return self._shift is not None

    def place(self, times: Numbers, arrival: float, offset: float | None) -> Numbers:
        """Times on the clock of `now`, each later than the one before.

        Args:
            times: (n,) seconds on the stream's clock, n at least 1.
            arrival: when they were received; samples are placed no later than that, but for the microsecond
                that keeps each from the one before.
            offset: to add to the stream's times; None while it is not known.
        """
        sound = are_times(times)
        placed = np.full(len(times), arrival)
        if sound.any():
            placed[sound] = self._shifted(times[sound], arrival, offset)
        if not sound.all():
            self.note = "it sends what are no times; timed by arrival"
        return self._ordered(placed, arrival)

    def _shifted(self, times: Numbers, arrival: float, offset: float | None) -> Numbers:
        newest = float(times[-1])
        back = -float(np.diff(times, prepend=self._device).min())
        self._device = newest
        if math.isfinite(back) and back > _STEP_BACK_S:
            self.note = f"its clock went back by {_long(back)}; timed by arrival from there"
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
        """What a clock that is followed by arrival has gained or lost, by the shortest delay there is."""
        if late < 0:
            return late
        shortest = self._shortest_delay(late, arrival)
        return 0.0 if shortest is None else shortest

    def _shortest_delay(self, late: float, arrival: float) -> float | None:
        """Of a window that is over, else None."""
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
