"""What arrived recently: how late, and which numbers."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Arrivals", "LatestValues", "Transport"]

Numbers = npt.NDArray[np.float64]

_DELAYS = 8192
_PREVIEW_S = 2.0


@dataclass(frozen=True)
class Transport:
    """How long samples took from their times to this program, over the last 8192 of them.

    Attributes:
        p50_ms, p95_ms, p99_ms: quantiles in milliseconds; 0 if there are none.
        count: samples that were measured.
    """

    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    count: int = 0


@dataclass(frozen=True)
class LatestValues:
    """The raw channels, as they are now.

    Attributes:
        values: the newest number of each channel.
        low, high: the least and the largest of the last 2 s; NaN if a channel gave nothing but NaN.
    """

    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Arrivals:
    """Keeps what a thread received for another one that looks.

    >>> arrivals = Arrivals()
    >>> arrivals.add(np.array([[1.0, 5.0], [3.0, 4.0]]), 10.0, np.array([0.002, 0.001]))
    >>> arrivals.latest().low, arrivals.transport().count
    ((1.0, 4.0), 2)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delays: deque[float] = deque(maxlen=_DELAYS)
        self._rows: deque[tuple[float, Numbers]] = deque()

    def add(self, values: Numbers, arrival: float, delays: Numbers | None) -> None:
        """Rows of channels that arrived at once, and their delays in seconds where those are known."""
        with self._lock:
            if delays is not None:
                self._delays.extend(delays.tolist())
            if self._rows and self._rows[-1][1].shape[1] != values.shape[1]:
                self._rows.clear()
            self._rows.append((arrival, values))
            while self._rows[0][0] < arrival - _PREVIEW_S:
                self._rows.popleft()

    def forget(self) -> None:
        """Begin to measure again."""
        with self._lock:
            self._delays.clear()

    def transport(self) -> Transport:
        """How late they were."""
        with self._lock:
            delays = np.array(self._delays)
        if not len(delays):
            return Transport()
        p50, p95, p99 = (float(each) * 1e3 for each in np.percentile(delays, (50, 95, 99)))
        return Transport(p50, p95, p99, len(delays))

    def recent(self) -> Numbers:
        """(n, channels) of the last 2 s, n is 0 before there are any."""
        with self._lock:
            rows = [values for _, values in self._rows]
        return np.concatenate(rows) if rows else np.empty((0, 0))

    def latest(self) -> LatestValues | None:
        """The newest numbers, None before there are any."""
        every = self.recent()
        if not len(every):
            return None
        low, high = np.fmin.reduce(every), np.fmax.reduce(every)  # NaN only where there is nothing else
        return LatestValues(tuple(every[-1].tolist()), tuple(low.tolist()), tuple(high.tolist()))
