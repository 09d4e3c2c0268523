"""A cache of the pooled statistics, for one point after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from foveaview.live.jobs import Job
from foveaview.perception.analysis.pooled_statistics import PooledStatistics

__all__ = ["PooledStatisticsCache"]

_SHARE = 0.04  # of the time of a running search


def _subject(job: Job) -> tuple[Any, ...]:
    """Everything that candidate and statistics depend on, except images and iteration."""
    settings = job.settings
    candidate = (job.candidate, job.run, job.scrub)
    return (job.document, job.gaze, job.loss_settings, *candidate, settings.seed, settings.device)


class PooledStatisticsCache:
    """The statistics of the last job that was asked about; there are never two, as they can be large."""

    def __init__(self) -> None:
        self._twin: PooledStatistics | None = None
        self._job: Job | None = None
        self._iteration: int | None = None
        self._due = 0.0

    def forget(self) -> None:
        """Free them."""
        self._twin = self._job = None

    def _serves(self, job: Job, iteration: int | None) -> bool:
        own = self._job
        if own is None or own.target is not job.target or own.file is not job.file:
            return False
        fresh = self._iteration == iteration or (job.running and time.monotonic() < self._due)
        return fresh and _subject(own) == _subject(job)

    def of(
        self, job: Job, iteration: int | None, measure: Callable[[], PooledStatistics]
    ) -> tuple[PooledStatistics, int | None]:
        """Return the statistics of a job's candidate, and their iteration.

        Args:
            job: the job.
            iteration: of its search; while that runs, older statistics are reused, to slow it little.
            measure: computes the statistics.
        """
        if self._twin is None or not self._serves(job, iteration):
            self.forget()
            started = time.monotonic()
            self._twin, self._job, self._iteration = measure(), job, iteration
            self._due = started + (time.monotonic() - started) / _SHARE
        return self._twin, self._iteration
