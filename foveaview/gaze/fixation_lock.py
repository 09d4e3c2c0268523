"""Detection of fixations while the eye looks."""

from __future__ import annotations

import math
from collections import deque

from foveaview.gaze.fixations import EPSILON_S, MAX_GAP_S

__all__ = ["FixationLock"]


class _Spread:
    """Largest and smallest value of a sliding window, by sample number.

    It keeps only values that all later ones are below (for the largest) or above (for the smallest).
    """

    __slots__ = ("_high", "_low")

    def __init__(self) -> None:
        self._high: deque[tuple[int, float]] = deque()
        self._low: deque[tuple[int, float]] = deque()

    def add(self, number: int, value: float) -> None:
        high, low = self._high, self._low
        while high and high[-1][1] <= value:
            high.pop()
        while low and low[-1][1] >= value:
            low.pop()
        high.append((number, value))
        low.append((number, value))

    def widen(self, value: float) -> None:
        """Add a value to a window that will drop no more samples."""
        if value > self._high[0][1]:
            self._high[0] = (0, value)
        if value < self._low[0][1]:
            self._low[0] = (0, value)

    def drop_before(self, number: int) -> None:
        while self._high and self._high[0][0] < number:
            self._high.popleft()
        while self._low and self._low[0][0] < number:
            self._low.popleft()

    @property
    def size(self) -> float:
        return self._high[0][1] - self._low[0][1]


class FixationLock:
    """I-DT, sample by sample: one position per fixation, held until the eye moves away.

    It finds the fixations of `fixations_idt`, each as soon as it has lasted for `duration_s`. The position is
    the mean of the samples up to then. A fixation ends with the first sample that takes the dispersion over
    the threshold, or with the first sample, usable or not, that shows that a gap is too long.

    Args:
        dispersion_deg: the largest dispersion of a fixation, over 0.
        duration_s: the time that the eye must rest, over 0.
        max_gap_s: the longest gap that a fixation continues through.

    Raises:
        ValueError: if the dispersion or the duration is not over 0.

    >>> lock = FixationLock(dispersion_deg=1.0, duration_s=0.02)
    >>> places = (0.0, 0.3, 0.0, 0.6, 5.0)
    >>> [lock.feed(0.01 * i, x, 0.0) for i, x in enumerate(places)]
    [False, False, True, True, False]
    """

    def __init__(self, dispersion_deg: float, duration_s: float, *, max_gap_s: float = MAX_GAP_S) -> None:
        self._max_gap_s = max_gap_s
        self._dispersion_deg = self._duration_s = math.nan
        self.configure(dispersion_deg, duration_s)

    def configure(self, dispersion_deg: float, duration_s: float) -> None:
        """Set the thresholds, and start again if they changed."""
        if not (dispersion_deg > 0 and duration_s > 0):
            given = f"got {dispersion_deg} and {duration_s}"
            raise ValueError(f"dispersion_deg and duration_s must be over 0, {given}")
        if (dispersion_deg, duration_s) != (self._dispersion_deg, self._duration_s):
            self._dispersion_deg, self._duration_s = dispersion_deg, duration_s
            self.reset()

    def reset(self) -> None:
        """Forget all samples."""
        self.at: tuple[float, float] | None = None
        self._newest = math.nan
        self._restart()

    def _restart(self) -> None:
        self.at = None
        self._number = 0
        self._window: deque[tuple[int, float, float, float]] = deque()
        self._x, self._y = _Spread(), _Spread()

    def feed(self, t: float, x_deg: float, y_deg: float, usable: bool = True) -> bool:
        """Return True if the eye rests after a sample; `at` is then its position in degrees, else None.

        Args:
            t: seconds. If t goes back, the clock was set again and the lock starts again. A second sample at
                the same time changes nothing.
            x_deg, y_deg: the position; ignored if the sample is not usable.
            usable: True if the sample says where the eye looked.
        """
        gap = t - self._newest
        if gap > self._max_gap_s + EPSILON_S or gap < 0:
            self._restart()
        if usable and gap != 0:
            self._newest = t
            self._take(t, x_deg, y_deg)
        return self.at is not None

    def _take(self, t: float, x: float, y: float) -> None:
        if self.at is not None:
            self._x.widen(x)
            self._y.widen(y)
            if self._dispersion <= self._dispersion_deg:
                return
            self._restart()
        self._number += 1
        self._x.add(self._number, x)
        self._y.add(self._number, y)
        self._window.append((self._number, t, x, y))
        self._search(t)

    @property
    def _dispersion(self) -> float:
        return self._x.size + self._y.size

    def _search(self, t: float) -> None:
        """Drop the first samples until the window rests or is too short."""
        window, shortest = self._window, self._duration_s - EPSILON_S
        while t - window[0][1] >= shortest:
            if self._dispersion <= self._dispersion_deg:
                n = len(window)
                self.at = (sum(item[2] for item in window) / n, sum(item[3] for item in window) / n)
                window.clear()
                return
            window.popleft()
            self._x.drop_before(window[0][0])
            self._y.drop_before(window[0][0])
