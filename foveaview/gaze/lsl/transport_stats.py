"""Delays and values of the samples that arrived recently."""

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
    """Delays from the samples' own times to their arrival, over the last 8192 samples.

    Attributes:
        p50_ms, p95_ms, p99_ms: quantiles in milliseconds; 0 if there are none.
        count: number of samples measured.
    """

    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    count: int = 0


@dataclass(frozen=True)
class LatestValues:
    """Newest values of the raw channels.

    Attributes:
        values: the newest value of each channel.
        low, high: minimum and maximum of the last 2 s; NaN if a channel gave only NaN.
    """

    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Arrivals:
    """Store of received values and delays, shared between threads.

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
        """Add rows of channels that arrived together, and their delays in seconds, None if unknown."""
        with self._lock:
            if delays is not None:
                self._delays.extend(delays.tolist())
            if self._rows and self._rows[-1][1].shape[1] != values.shape[1]:
                self._rows.clear()
            self._rows.append((arrival, values))
            while self._rows[0][0] < arrival - _PREVIEW_S:
                self._rows.popleft()

    def forget(self) -> None:
        """Restart the measurement of the delays."""
        with self._lock:
            self._delays.clear()

    def transport(self) -> Transport:
        """Return the quantiles of the delays."""
        with self._lock:
            delays = np.array(self._delays)
        if not len(delays):
            return Transport()
        p50, p95, p99 = (float(each) * 1e3 for each in np.percentile(delays, (50, 95, 99)))
        return Transport(p50, p95, p99, len(delays))

    def recent(self) -> Numbers:
        """Return the (n, channels) values of the last 2 s; n is 0 before any arrive."""
        with self._lock:
            rows = [values for _, values in self._rows]
        return np.concatenate(rows) if rows else np.empty((0, 0))

    def latest(self) -> LatestValues | None:
        """Return the newest values, None before any arrive."""
        every = self.recent()
        if not len(every):
            return None
        low, high = np.fmin.reduce(every), np.fmax.reduce(every)  # NaN only if there is nothing else
        return LatestValues(tuple(every[-1].tolist()), tuple(low.tolist()), tuple(high.tolist()))
