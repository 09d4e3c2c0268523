"""When the samples and the events of a file of BIDS were."""

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
"""Columns that may hold times; eye_timestamp is that of the drafts."""

S_PER_UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ns": 1e-9}
S_PER_UNIT |= {"sec": 1.0, "second": 1.0, "seconds": 1.0, "millisecond": 1e-3, "milliseconds": 1e-3}

_NEAR = 0.25  # as timestamps in whole milliseconds may be off


class Clock:
    """The times of samples, and of events on the same clock.

    Timestamps without a unit are of the one that makes them go with the sampling rate. Without timestamps,
    samples are a sampling period apart.

    Args:
        about: what is said of the file of samples.
        names: of its columns.
        path: of it.

    Attributes:
        column: of the times, None if there is none.
        start_s: the time of the first sample, as the file says.
        scale: seconds that a timestamp counts, None if that is not known.
        notes: how the times were taken, if it was not by what the file says.

    Raises:
        ValueError: if neither timestamps nor a rate say when the samples were.
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
            raise ValueError(f"{path.name}: neither a timestamp with a unit nor a SamplingFrequency")

    def seconds(self, table: Table) -> Numbers:
        """Of all samples, from StartTime on."""
        self._t = self._seconds(table)
        return self._t

    def _scale_by_rate(self, stamps: Numbers) -> float | None:
        """The unit by which timestamps are a sampling period apart; None if there is none."""
        steps = np.diff(stamps[np.isfinite(stamps)][:10_000])
        step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
        for unit in ("s", "ms", "us", "ns"):
            if self._rate and abs(step * S_PER_UNIT[unit] * self._rate - 1) < _NEAR:
                self.notes.append(
                    f"{self.column} says no unit and was taken as {unit}, by the SamplingFrequency"
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
            raise ValueError(f"{table.layout.path.name} holds no sample with a time")
        self.notes.append(f"times after the SamplingFrequency, {self._rate:g} Hz")
        return np.arange(table.rows) / self._rate + self.start_s

    @property
    def first_s(self) -> float:
        """The first timestamp in seconds of the tracker's own clock; NaN if that is not known."""
        return math.nan if self.scale is None else self._first * self.scale

    def onset(self, onset: float, source: str) -> float:
        """The time of an event, once those of the samples are known.

        Args:
            onset: as the file of events has it.
            source: what it counts: a timestamp where this is the name of a column of times, rows of the
                samples from 0 on where it is "n/a", else seconds.
        """
        if source in TIMES and self.scale is not None and not math.isnan(self._first):
            return (onset - self._first) * self.scale + self.start_s
        return self._of_row(onset) if source == "n/a" else onset

    def _of_row(self, row: float) -> float:
        """Before the first row and after the last, at the sampling rate."""
        nearest = int(min(max(row, 0), len(self._t) - 1))
        steps = np.diff(self._t[:10_000])
        period = 1 / self._rate if self._rate else float(np.median(steps)) if len(steps) else 0.0
        return float(self._t[nearest]) + (row - nearest) * period

    def away_s(self, t: Numbers) -> Numbers:
        """Seconds from the samples to times before or after all of them, else 0."""
        before, after = np.nanmin(self._t) - t, t - np.nanmax(self._t)
        return np.maximum(np.maximum(before, after), 0.0)

    @property
    def span_s(self) -> float:
        """Seconds from the earliest sample to the latest."""
        return float(np.nanmax(self._t) - np.nanmin(self._t))
