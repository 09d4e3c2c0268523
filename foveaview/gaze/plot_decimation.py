"""Reduce a recording to a few points for each column of pixels, to draw it at any width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recording import Recording

__all__ = ["Columns", "Overview", "Trace"]

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_BIN = 256
_MOST_SINGLE = 200_000
"""Largest number of samples to read one by one; more are read in bins."""
_LONGEST_STEP_S = 0.1


@dataclass(frozen=True, eq=False)
class Trace:
    """One coordinate over time, as points to connect; a NaN breaks the line.

    Attributes:
        places: (n,) in columns of pixels, from 0.
        values: (n,) of the coordinate.
    """

    places: Numbers
    values: Numbers


@dataclass(frozen=True, eq=False)
class Columns:
    """A stretch of a recording in columns of pixels.

    Attributes:
        x, y: the coordinates.
        missing: (width,) share of the samples of each column in which the eye was not seen, 0 to 1.
    """

    x: Trace
    y: Trace
    missing: Numbers


class Overview:
    """Quickly finds the points to draw for a recording of any length.

    Args:
        recording: a recording with x and y NaN if the eye was not seen.

    >>> t = np.arange(1000) / 100
    >>> overview = Overview(Recording("a", t, t / 10, np.where(t < 5, 0.5, np.nan)))
    >>> columns = overview.columns(0.0, 10.0, 4)
    >>> columns.missing.tolist()
    [0.0, 0.0, 1.0, 1.0]
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._t = recording.t
        self._step = max(_LONGEST_STEP_S, 2 / recording.rate_hz if recording.rate_hz else 0.0)
        starts = np.arange(0, len(self._t), _BIN)
        self._bins = tuple(_extremes(values, starts) for values in (recording.x, recording.y))
        self._bin_missing = _missing(recording, starts)

    def columns(self, begin: float, end: float, width: int) -> Columns:
        """Return the part between two times, in columns of pixels.

        Args:
            begin, end: seconds on the recording's clock.
            width: number of columns, 1 or more.

        Raises:
            ValueError: if the end is not after the beginning, or the width is under 1.
        """
        if not end > begin or width < 1:
            raise ValueError(
                f"a plot needs a time span above 0 and 1 px or more, got {begin} to {end} over {width}"
            )
        edges = np.searchsorted(self._t, np.linspace(begin, end, width + 1))
        first, last = max(int(edges[0]) - 1, 0), min(int(edges[-1]) + 1, len(self._t))
        if last - first <= 2 * width:
            scale = width / (end - begin)
            part = slice(first, last)
            places = (self._t[part] - begin) * scale
            x, y = (Trace(*self._broken(places, values[part], scale)) for values in self._both)
        else:
            x, y = (self._trace(values, edges) for values in (0, 1))
        return Columns(x, y, self._shares(edges))

    @property
    def _both(self) -> tuple[Numbers, Numbers]:
        return self.recording.x, self.recording.y

    def _broken(self, places: Numbers, values: Numbers, scale: float) -> tuple[Numbers, Numbers]:
        """Insert a NaN in each gap, so that no line is drawn across it."""
        gaps = np.flatnonzero(np.diff(places) > self._step * scale) + 1
        return np.insert(places, gaps, np.nan), np.insert(values, gaps, np.nan)

    def _trace(self, axis: int, edges: Indices) -> Trace:
        low, high = self._within(axis, edges)
        places = np.repeat(np.arange(len(low)) + 0.5, 2)
        places[1::2] += 1e-3  # up and down within one column
        values = np.empty(2 * len(low))
        values[::2], values[1::2] = low, high
        filled = np.repeat(np.diff(edges) > 0, 2)
        return Trace(places[filled], values[filled])

    def _within(self, axis: int, edges: Indices) -> tuple[Numbers, Numbers]:
        """Lowest and highest value of each column; meaningless if the column holds no sample."""
        if edges[-1] - edges[0] <= _MOST_SINGLE:
            part = self._both[axis][edges[0] : edges[-1]]
            return _extremes(part, np.minimum(edges[:-1] - edges[0], max(len(part) - 1, 0)))
        low, high = self._bins[axis]
        starts = np.minimum(edges[:-1] // _BIN, len(low) - 1)
        stop = -(-int(edges[-1]) // _BIN)
        return _reduced(np.fmin, low[:stop], starts), _reduced(np.fmax, high[:stop], starts)

    def _shares(self, edges: Indices) -> Numbers:
        counts = np.diff(edges)
        if edges[-1] - edges[0] <= _MOST_SINGLE:
            there = np.isfinite(self.recording.x[edges[0] : edges[-1]])
            there &= np.isfinite(self.recording.y[edges[0] : edges[-1]])
            sums = np.concatenate([[0], np.cumsum(~there)])
            missing = np.diff(sums[edges - edges[0]]).astype(float)
        else:
            sums = np.concatenate([[0.0], np.cumsum(self._bin_missing)])
            missing = np.diff(np.interp(edges, np.arange(len(sums)) * _BIN, sums))
        shares = np.divide(missing, counts, out=np.zeros(len(counts)), where=counts > 0)
        return np.where(counts > 0, shares, self._between(edges))

    def _between(self, edges: Indices) -> Numbers:
        """Missing share of columns without a sample: 1 in a gap or after a sample without gaze, else 0."""
        if not len(self._t):
            return np.zeros(len(edges) - 1)
        before = np.clip(edges[:-1] - 1, 0, len(self._t) - 1)
        after = np.clip(edges[:-1], 0, len(self._t) - 1)
        gap = self._t[after] - self._t[before] > self._step
        seen = np.isfinite(self.recording.x[before]) & np.isfinite(self.recording.y[before])
        outside = (edges[:-1] == 0) | (edges[:-1] == len(self._t))
        return np.where(outside, 0.0, (gap | ~seen).astype(float))


def _reduced(find: np.ufunc, values: Numbers, starts: Indices) -> Numbers:
    found: Numbers = find.reduceat(values, starts) if len(values) else np.full(len(starts), np.nan)
    return found


def _extremes(values: Numbers, starts: Indices) -> tuple[Numbers, Numbers]:
    """Lowest and highest from each start to the next, NaN if there is no number."""
    return _reduced(np.fmin, values, starts), _reduced(np.fmax, values, starts)


def _missing(recording: Recording, starts: Indices) -> Numbers:
    there = np.isfinite(recording.x) & np.isfinite(recording.y)
    found: Numbers = np.add.reduceat((~there).astype(np.float64), starts) if len(there) else np.zeros(0)
    return found
