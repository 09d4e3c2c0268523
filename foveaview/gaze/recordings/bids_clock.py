"""Times of the samples and the events of a BIDS file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from foveaview.gaze.recordings.bids_metadata import first_number_of, number_of, said_of
from foveaview.gaze.recordings.table import Numbers, Table

__all__ = ["S_PER_UNIT", "TIMES", "Clock"]

TIMES = ("timestamp", "time", "eye_timestamp", "timestamps", "eye1_timestamp", "eye2_timestamp")
"""Columns that may hold times; eye_timestamp comes from the drafts of BIDS."""

S_PER_UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ns": 1e-9}
S_PER_UNIT |= {"sec": 1.0, "second": 1.0, "seconds": 1.0, "millisecond": 1e-3, "milliseconds": 1e-3}

_NEAR = 0.25  # relative tolerance for timestamps in whole milliseconds


class Clock:
    """Times of the samples, and of events on the same clock.

    Timestamps without a unit get the unit that matches the sampling rate. Without timestamps, samples are one
    sampling period apart.

    Args:
        about: metadata of the file of samples.
        names: names of its columns.
        path: path of the file.

    Attributes:
        column: column of the times; None if there is none.
        start_s: time of the first sample by StartTime, in seconds.
        scale: seconds per unit of a timestamp; None if unknown.
        notes: how the times were derived, if the file does not say it.

    Raises:
        ValueError: if the file has neither timestamps with a unit nor a sampling rate.
    """

    def __init__(self, about: Mapping[str, Any], names: list[str], path: Path) -> None:
        self._rate = number_of(about, "SamplingFrequency") or None
        if self._rate is not None and self._rate < 0:
            raise ValueError(f"{path.name}: the SamplingFrequency is {self._rate:g} Hz")
        start_s, self.notes = first_number_of(about, "StartTime")
        self.start_s = start_s or 0.0
        self.column = next((name for name in TIMES if name in names), None)
        unit = said_of(about, self.column, "Units").lower() if self.column else ""
        self.scale = S_PER_UNIT.get(unit)
        self._says_unit = bool(unit)
        self._first = math.nan
        self._t: Numbers = np.empty(0)
        if (self.column is None or self.scale is None) and not self._rate:
            raise ValueError(f"{path.name}: no timestamp with a unit and no SamplingFrequency")

    def seconds(self, table: Table) -> Numbers:
        """Return the times of all samples, beginning at StartTime."""
        self._t = self._seconds(table)
        return self._t

    def _scale_by_rate(self, stamps: Numbers) -> float | None:
        """Return seconds per unit, for the unit that matches the sampling rate; None if none does."""
        steps = np.diff(stamps[np.isfinite(stamps)][:10_000])
        step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
        for unit in ("s", "ms", "us", "ns"):
            if self._rate and abs(step * S_PER_UNIT[unit] * self._rate - 1) < _NEAR:
                self.notes.append(
                    f"{self.column} has no unit and was read as {unit}, which fits the SamplingFrequency"
                )
                return S_PER_UNIT[unit]
        return None

    def _seconds(self, table: Table) -> Numbers:
        if self.column is not None and self.scale is None and not self._says_unit:
            self.scale = self._scale_by_rate(table[self.column])
        if self.column is not None and self.scale is not None:
            stamps = table[self.column]
            known = stamps[np.isfinite(stamps)]
            if len(known):
                self._first = float(known[0])
                return (stamps - self._first) * self.scale + self.start_s
        if self._rate is None:
            raise ValueError(f"{table.layout.path.name} has no sample with a time")
        self.notes.append(f"times computed from the SamplingFrequency, {self._rate:g} Hz")
        return np.arange(table.rows) / self._rate + self.start_s

    @property
    def first_s(self) -> float:
        """First timestamp in seconds on the tracker's own clock; NaN if unknown."""
        return math.nan if self.scale is None else self._first * self.scale

    def onset(self, onset: float, source: str) -> float:
        """Return the time of an event; call it after `seconds`.

        Args:
            onset: onset in the file of events.
            source: what the onset counts: timestamps if this names a column of times, rows of the samples
                from 0 if it is "n/a", else seconds.
        """
        if source in TIMES and self.scale is not None and not math.isnan(self._first):
            return (onset - self._first) * self.scale + self.start_s
        return self._of_row(onset) if source == "n/a" else onset

    def _of_row(self, row: float) -> float:
        """Return the time of a row; rows outside the samples continue at the sampling rate."""
        nearest = int(min(max(row, 0), len(self._t) - 1))
        steps = np.diff(self._t[:10_000])
        period = 1 / self._rate if self._rate else float(np.median(steps)) if len(steps) else 0.0
        return float(self._t[nearest]) + (row - nearest) * period

    def away_s(self, t: Numbers) -> Numbers:
        """Return the seconds from times outside the samples to the nearest sample; 0 for times within."""
        before, after = np.nanmin(self._t) - t, t - np.nanmax(self._t)
        return np.maximum(np.maximum(before, after), 0.0)

    @property
    def span_s(self) -> float:
        """Seconds from the earliest sample to the latest."""
        return float(np.nanmax(self._t) - np.nanmin(self._t))
