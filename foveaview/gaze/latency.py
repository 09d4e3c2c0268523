"""How late a picture is: when its gaze was sampled, taken up, computed with and painted.

A log keeps what was painted. Where gazes come faster than pictures, most are overtaken by a newer one before
they are painted, and those that are left are the quick ones: so the overtaken are counted beside them.
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
"""What lies between two moments of a stamp; the last is the sum of the others."""

CAPACITY = 10_000
"""Stamps that a log keeps; the oldest go first."""

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
    """When a gaze went through its stages, in seconds on the clock of `foveaview.gaze.now`.

    Attributes:
        sample: the eye was there.
        taken: the window took the sample up.
        computed: the picture for it was ready; None before that.
        painted: that picture was painted; None before that.

    >>> GazeTimestamps(1.0, 1.002).at_computed(1.02).at_painted(1.03)
    GazeTimestamps(sample=1.0, taken=1.002, computed=1.02, painted=1.03)
    """

    sample: float
    taken: float
    computed: float | None = None
    painted: float | None = None

    def at_computed(self, t: float) -> GazeTimestamps:
        """The same with the moment at which its picture was ready."""
        return replace(self, computed=t)

    def at_painted(self, t: float) -> GazeTimestamps:
        """The same with the moment at which its picture was painted."""
        return replace(self, painted=t)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of all stamps since a log was made or reset.

    Attributes:
        painted: those that came to their end.
        not_computed: those that were overtaken before they were computed with.
        not_painted: those that were computed with, and overtaken before they were painted.
        odd: of the painted, those whose moments are not in order, or not numbers: a clock is wrong.
    """

    painted: int = 0
    not_computed: int = 0
    not_painted: int = 0
    odd: int = 0

    @property
    def overtaken(self) -> int:
        """Those that a newer one came before."""
        return self.not_computed + self.not_painted

    @property
    def note(self) -> str:
        """What is odd, for people; empty if all is well."""
        if not self.odd:
            return ""
        return f"{self.odd:,} with moments out of order: the clock of the samples is not that of the window"


class LatencyLog:
    """The last complete stamps, and how many came and went; any thread may add.

    Args:
        capacity: complete stamps to keep; the oldest go first.

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
            raise ValueError(f"a log must have room for one stamp or more, got {capacity}")
        self._lock = threading.Lock()
        # a row: the moments, and how many were overtaken since the row before
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

        One whose moments are out of order is kept too, and counted as odd; one with a moment that is not
        finite is counted alone.

        Raises:
            ValueError: for a stamp that is not complete.
        """
        sample, taken, computed, painted = stamp.sample, stamp.taken, stamp.computed, stamp.painted
        if computed is None or painted is None:
            raise ValueError(f"a stamp that was not computed and painted cannot be kept: {stamp}")
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
        """Count a stamp that will not be painted, for a newer one has taken its place."""
        with self._lock:
            self._since += 1
            if stamp.computed is None:
                self._not_computed += 1
            else:
                self._not_painted += 1

    @property
    def counts(self) -> Counts:
        """What became of all stamps since the last reset."""
        with self._lock:
            return Counts(self._painted, self._not_computed, self._not_painted, self._odd)

    def copy(self) -> LatencyLog:
        """The log as it is now."""
        other = LatencyLog(len(self._rows))
        with self._lock:
            for name, value in vars(self).items():
                if name != "_lock":
                    setattr(other, name, value.copy() if name == "_rows" else value)
        return other

    def _in_order(self, last: int | None) -> _Numbers:
        """Rows from the oldest to the newest, of the last so many."""
        with self._lock:
            count = self._kept if last is None else min(last, self._kept)
            places = np.arange(self._next - count, self._next) % len(self._rows)
            return self._rows[places]

    def values_ms(self, stage: Stage, last: int | None = None) -> _Numbers:
        """(n,) milliseconds of a stage, from the oldest to the newest.

        Args:
            stage: one of `STAGES`.
            last: of so many stamps; of all that are kept where None.
        """
        first, second = _ENDS[stage]
        rows = self._in_order(last)
        return 1000 * (rows[:, second] - rows[:, first])

    def percentiles(self, stage: Stage, last: int | None = None) -> tuple[float, float, float]:
        """Median, 95th and 99th percentile of a stage in milliseconds; NaN if nothing was painted."""
        values = self.values_ms(stage, last)
        if not len(values):
            return (math.nan, math.nan, math.nan)
        p50, p95, p99 = np.percentile(values, PERCENTILES)
        return float(p50), float(p95), float(p99)

    def histogram(self, stage: Stage, bins: int | _Numbers) -> tuple[npt.NDArray[np.int64], _Numbers]:
        """How often a stage took how long.

        Args:
            stage: one of `STAGES`.
            bins: how many from the shortest to the longest, or (n + 1,) edges in milliseconds; what lies
                outside of the edges is counted in the first or the last bin.

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

        The last column says how many were overtaken since the line before.

        Raises:
            ValueError: if nothing was painted.
            OSError: if writing fails.
        """
        rows = self._in_order(None)
        if not len(rows):
            raise ValueError("no picture was painted for a gaze yet: follow a gaze first, then save")
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
