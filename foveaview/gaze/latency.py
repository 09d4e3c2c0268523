"""Latency of an image: the times at which its gaze was sampled, taken, computed with and painted.

A log keeps the gazes that were painted. If gazes come faster than images, most are overtaken by a newer one
before they are painted, and the quick ones remain. The log therefore counts the overtaken ones too.
"""

from __future__ import annotations

import csv
import math
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from foveaview.files import replacing

__all__ = ["CAPACITY", "PERCENTILES", "STAGES", "Counts", "GazeTimestamps", "LatencyLog", "Stage"]

Stage = Literal["sample to taken", "taken to computed", "computed to painted", "sample to painted"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""Stages between two moments of a stamp; the last is the sum of the others."""

CAPACITY = 10_000
"""Number of stamps that a log keeps; the oldest are dropped first."""

PERCENTILES = (50, 95, 99)

_ENDS: dict[Stage, tuple[int, int]] = dict(zip(STAGES, ((0, 1), (1, 2), (2, 3), (0, 3)), strict=True))
_MOMENTS = ("sample", "taken", "computed", "painted")
_HEADER = [
    *(f"{name}_s" for name in _MOMENTS),
    *(f"{stage.replace(' ', '_')}_ms" for stage in STAGES),
    "overtaken_before",
]
_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GazeTimestamps:
    """Times at which a gaze passed its stages, in seconds on the clock of `foveaview.gaze.now`.

    Attributes:
        sample: the eye was there.
        taken: the window took the sample.
        computed: the image for it was ready; None before that.
        painted: that image was painted; None before that.

    >>> GazeTimestamps(1.0, 1.002).at_computed(1.02).at_painted(1.03)
    GazeTimestamps(sample=1.0, taken=1.002, computed=1.02, painted=1.03)
    """

    sample: float
    taken: float
    computed: float | None = None
    painted: float | None = None

    def at_computed(self, t: float) -> GazeTimestamps:
        """Return a copy with the time at which its image was ready."""
        return replace(self, computed=t)

    def at_painted(self, t: float) -> GazeTimestamps:
        """Return a copy with the time at which its image was painted."""
        return replace(self, painted=t)


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of all stamps since a log was made or reset, by outcome.

    Attributes:
        painted: stamps that were painted.
        not_computed: stamps that were overtaken before they were computed with.
        not_painted: stamps that were computed with, but overtaken before they were painted.
        odd: painted stamps with moments that are out of order or not finite: a clock is wrong.
    """

    painted: int = 0
    not_computed: int = 0
    not_painted: int = 0
    odd: int = 0

    @property
    def overtaken(self) -> int:
        """Number of stamps overtaken by a newer one."""
        return self.not_computed + self.not_painted

    @property
    def note(self) -> str:
        """Message to the user about odd stamps; empty if all is well."""
        if not self.odd:
            return ""
        return f"{self.odd:,} with moments out of order: the samples and the window use different clocks"


class LatencyLog:
    """Keeps the last complete stamps and counts them all; any thread may add.

    Args:
        capacity: complete stamps to keep; the oldest are dropped first.

    >>> log = LatencyLog()
    >>> log.add(GazeTimestamps(0.0, 0.002, 0.012, 0.016))
    >>> log.overtake(GazeTimestamps(0.01, 0.011))
    >>> [round(ms, 3) for ms in log.percentiles("sample to painted")]
    [16.0, 16.0, 16.0]
    >>> log.counts
    Counts(painted=1, not_computed=1, not_painted=0, odd=0)
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 1:
            raise ValueError(f"the capacity of a log must be 1 or more, got {capacity}")
        self._lock = threading.Lock()
        # a row: the moments, and the number overtaken since the row before
        self._rows = np.empty((capacity, len(_MOMENTS) + 1))
        self.reset()

    def reset(self) -> None:
        """Forget all stamps and counts."""
        with self._lock:
            self._kept = self._next = 0
            self._painted = self._not_computed = self._not_painted = self._odd = self._since = 0

    def __len__(self) -> int:
        return self._kept

    def add(self, stamp: GazeTimestamps) -> None:
        """Keep a complete stamp.

        A stamp with moments out of order is kept too, and counted as odd. A stamp with a moment that is not
        finite is only counted.

        Raises:
            ValueError: if the stamp is not complete.
        """
        sample, taken, computed, painted = stamp.sample, stamp.taken, stamp.computed, stamp.painted
        if computed is None or painted is None:
            raise ValueError(f"a stamp must have been computed and painted, got {stamp}")
        finite = math.isfinite(sample + taken + computed + painted)
        with self._lock:
            self._painted += 1
            if not (finite and sample <= taken <= computed <= painted):
                self._odd += 1
            if finite:
                self._rows[self._next] = (sample, taken, computed, painted, self._since)
                self._next = (self._next + 1) % len(self._rows)
                self._kept = min(self._kept + 1, len(self._rows))
                self._since = 0

    def overtake(self, stamp: GazeTimestamps) -> None:
        """Count a stamp that will not be painted because a newer one has taken its place."""
        with self._lock:
            self._since += 1
            if stamp.computed is None:
                self._not_computed += 1
            else:
                self._not_painted += 1

    @property
    def counts(self) -> Counts:
        """Counts of all stamps since the last reset."""
        with self._lock:
            return Counts(self._painted, self._not_computed, self._not_painted, self._odd)

    def copy(self) -> LatencyLog:
        """Return a copy of the log as it is now."""
        other = LatencyLog(len(self._rows))
        with self._lock:
            for name, value in vars(self).items():
                if name != "_lock":
                    setattr(other, name, value.copy() if name == "_rows" else value)
        return other

    def _in_order(self, last: int | None) -> _Numbers:
        """Return the `last` newest rows, or all if None, from the oldest to the newest."""
        with self._lock:
            count = self._kept if last is None else min(last, self._kept)
            places = np.arange(self._next - count, self._next) % len(self._rows)
            return self._rows[places]

    def values_ms(self, stage: Stage, last: int | None = None) -> _Numbers:
        """Return the durations of a stage in milliseconds, (n,), from the oldest to the newest.

        Args:
            stage: one of `STAGES`.
            last: number of newest stamps to use; None for all that are kept.
        """
        first, second = _ENDS[stage]
        rows = self._in_order(last)
        return 1000 * (rows[:, second] - rows[:, first])

    def percentiles(self, stage: Stage, last: int | None = None) -> tuple[float, float, float]:
        """Return median, 95th and 99th percentile of a stage in milliseconds; NaN if no stamp is kept."""
        values = self.values_ms(stage, last)
        if not len(values):
            return (math.nan, math.nan, math.nan)
        p50, p95, p99 = np.percentile(values, PERCENTILES)
        return float(p50), float(p95), float(p99)

    def histogram(self, stage: Stage, bins: int | _Numbers) -> tuple[npt.NDArray[np.int64], _Numbers]:
        """Return a histogram of the durations of a stage.

        Args:
            stage: one of `STAGES`.
            bins: number of bins from the shortest to the longest, or (n + 1,) edges in milliseconds; values
                outside the edges are counted in the first or the last bin.

        Returns:
            (n,) counts, and (n + 1,) edges in milliseconds.
        """
        values = self.values_ms(stage)
        if not isinstance(bins, int):
            values = np.clip(values, bins[0], bins[-1])
        counts, edges = np.histogram(values, bins)
        return counts.astype(np.int64), edges

    def write_csv(self, path: Path | str) -> None:
        """Write a line for each stamp: moments in seconds from the first sample, and stages in milliseconds.

        The last column is the number overtaken since the line before.

        Raises:
            ValueError: if no stamp is kept.
            OSError: if writing fails.
        """
        rows = self._in_order(None)
        if not len(rows):
            raise ValueError("no image was painted for a gaze yet: follow a gaze first, then save")
        moments = rows[:, : len(_MOMENTS)]
        stages = [1000 * (moments[:, second] - moments[:, first]) for first, second in _ENDS.values()]
        table = np.column_stack([moments - moments[0, 0], *stages])
        lines = [
            [*(f"{value:.9f}" for value in line[:4]), *(f"{ms:.6f}" for ms in line[4:])] for line in table
        ]
        with replacing(Path(path)) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADER)
            writer.writerows([*line, int(row[-1])] for line, row in zip(lines, rows, strict=True))
