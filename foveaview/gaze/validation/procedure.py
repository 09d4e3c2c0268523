"""Validation procedure: the sequence of targets, their display times, and the samples that count for each.

Nothing here reads a clock or draws. A sample is assigned by its own time: a late one counts for the target
that was shown when the sample was taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from foveaview.gaze.sample import Sample
from foveaview.gaze.validation.accuracy import SETTLE_S
from foveaview.settings import Settings

__all__ = ["GRACE_S", "Area", "Order", "Plan", "Procedure", "TargetInterval"]

Order = Literal["random", "reading"]
Area = Literal["screen", "image"]

GRACE_S = 0.2
"""Seconds to wait for late samples after the last target; a network takes far less."""

_FORGET_S = 1.0


class Plan(Settings):
    """Settings of the target presentation.

    Attributes:
        dwell_s: minimum display time of each target.
        settle_s: initial part of it that does not count, for the eye to reach the target.
        order: order of the targets.
        confirm: if True, each target stays until it is confirmed.
        area: area over which the targets are spread.
        seed: seed of a random order.

    >>> Plan().counted_s
    1.0
    >>> Plan(dwell_s=0.4)
    Traceback (most recent call last):
    ...
    ValueError: dwell_s is 0.4 s, but the first 0.5 s do not count
    """

    dwell_s: float = Field(1.5, gt=0, le=60)
    settle_s: float = Field(SETTLE_S, ge=0, le=10)
    order: Order = "random"
    confirm: bool = False
    area: Area = "screen"
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if self.dwell_s <= self.settle_s:
            raise ValueError(f"dwell_s is {self.dwell_s:g} s, but the first {self.settle_s:g} s do not count")
        return self

    @property
    def counted_s(self) -> float:
        """Seconds for which samples count, up to the disappearance of the target."""
        return self.dwell_s - self.settle_s

    def sequence(self, count: int) -> list[int]:
        """Return the order of `count` targets.

        >>> Plan(order="reading").sequence(3), sorted(Plan(seed=4).sequence(3))
        ([0, 1, 2], [0, 1, 2])
        """
        if self.order == "reading":
            return list(range(count))
        return [int(i) for i in np.random.default_rng(self.seed).permutation(count)]


@dataclass
class TargetInterval:
    """Interval in which a target was shown and samples counted.

    Attributes:
        target: number of the target.
        start, end: seconds between which samples count; the target disappeared at `end`.
        samples: samples of this interval.
    """

    target: int
    start: float
    end: float
    samples: list[Sample] = field(default_factory=list)

    def holds(self, sample: Sample) -> bool:
        """Return True if a sample lies in this interval."""
        return self.start <= sample.t < self.end


class Procedure:
    """Sequence of targets shown one after the other.

    A target disappears after its dwell time. If confirmation is required, it stays until it is confirmed, but
    at least that long. The samples of the last `counted_s` before it disappears count.

    Args:
        count: number of targets.
        plan: how to show them.
        now: seconds on the clock of the samples at which the first target appears.

    Attributes:
        visits: intervals of the targets shown so far, in order.
        since: seconds at which the current target appeared, or at which the last one disappeared.

    >>> course = Procedure(2, Plan(order="reading"), 10.0)
    >>> course.add([Sample(10.0 + 0.1 * i, 0.5, 0.5) for i in range(20)])
    >>> course.advance(11.0), course.advance(11.6), course.target
    (False, True, 1)
    >>> len(course.visits[0].samples), course.visits[0].start
    (10, 10.6)
    """

    def __init__(self, count: int, plan: Plan, now: float) -> None:
        self.plan, self.since = plan, now
        self.visits: list[TargetInterval] = []
        self._ahead = deque(plan.sequence(count))
        self._recent: deque[Sample] = deque()
        self._confirmed = False

    @property
    def target(self) -> int | None:
        """Number of the current target; None after the last one."""
        return self._ahead[0] if self._ahead else None

    def is_over(self, now: float) -> bool:
        """Return True if all targets were shown and the wait for late samples has ended."""
        return not self._ahead and now >= self.since + GRACE_S

    def confirm(self) -> None:
        """Confirm that the eye is at the target."""
        self._confirmed = True

    def advance(self, now: float) -> bool:
        """Show the next target if it is time; return True if so."""
        waits = self.plan.confirm and not self._confirmed
        if not self._ahead or waits or now < self.since + self.plan.dwell_s:
            return False
        visit = TargetInterval(self._ahead.popleft(), now - self.plan.counted_s, now)
        visit.samples.extend(sample for sample in self._recent if visit.holds(sample))
        self.visits.append(visit)
        self.since, self._confirmed = now, False
        return True

    def add(self, samples: Iterable[Sample]) -> None:
        """Add samples, ordered by time."""
        for sample in samples:
            visit = next((visit for visit in self.visits if visit.holds(sample)), None)
            if visit is not None:
                visit.samples.append(sample)
            else:
                self._recent.append(sample)
        keep = self.plan.dwell_s + _FORGET_S
        while self._recent and self._recent[0].t < self._recent[-1].t - keep:
            self._recent.popleft()
