"""The course of a validation: which target is shown from when to when, and the samples that count for each.

Nothing here reads a clock or draws. Samples count by their own times, so that those that come late count for
the target that was there when the eye looked.
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
"""How late samples may come after the last target; a network takes far less."""

_FORGET_S = 1.0


class Plan(Settings):
    """How targets are shown.

    Attributes:
        dwell_s: how long each is there, at least.
        settle_s: how much of it does not count: the eye has to get there.
        order: of the targets.
        confirm: whether each stays until it is confirmed.
        area: over what they are spread.
        seed: of a random order.

    >>> Plan().counted_s
    1.0
    >>> Plan(dwell_s=0.4)
    Traceback (most recent call last):
    ...
    ValueError: dwell_s: 0.4 s leave nothing after the first 0.5 s, which do not count
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
            raise ValueError(
                f"dwell_s: {self.dwell_s:g} s leave nothing after the first {self.settle_s:g} s, "
                "which do not count"
            )
        return self

    @property
    def counted_s(self) -> float:
        """For how long samples count, up to when the target goes."""
        return self.dwell_s - self.settle_s

    def sequence(self, count: int) -> list[int]:
        """The order of so many targets.

        >>> Plan(order="reading").sequence(3), sorted(Plan(seed=4).sequence(3))
        ([0, 1, 2], [0, 1, 2])
        """
        if self.order == "reading":
            return list(range(count))
        return [int(i) for i in np.random.default_rng(self.seed).permutation(count)]


@dataclass
class TargetInterval:
    """A target that was shown.

    Attributes:
        target: its number.
        start, end: seconds, between which samples count; it went at the end.
        samples: those.
    """

    target: int
    start: float
    end: float
    samples: list[Sample] = field(default_factory=list)

    def holds(self, sample: Sample) -> bool:
        """Return True if a sample is of its time."""
        return self.start <= sample.t < self.end


class Procedure:
    """Shows targets one after the other.

    A target goes when its time is over; one that is to be confirmed stays until then, and no less long. What
    counts are the samples of the last `counted_s` before it goes.

    Args:
        count: of targets.
        plan: how to show them.
        now: seconds, on the clock of the samples; the first target is there from then on.

    Attributes:
        visits: the targets that were shown, in the order in which they were.
        since: seconds, from when the present target is there; the end, where all were.

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
        """Number of the target that is there; None if all were."""
        return self._ahead[0] if self._ahead else None

    def is_over(self, now: float) -> bool:
        """Return True if all targets were shown and no sample is to come any more."""
        return not self._ahead and now >= self.since + GRACE_S

    def confirm(self) -> None:
        """The eye is at the target."""
        self._confirmed = True

    def advance(self, now: float) -> bool:
        """Go on where it is time; returns whether it went on."""
        waits = self.plan.confirm and not self._confirmed
        if not self._ahead or waits or now < self.since + self.plan.dwell_s:
            return False
        visit = TargetInterval(self._ahead.popleft(), now - self.plan.counted_s, now)
        visit.samples.extend(sample for sample in self._recent if visit.holds(sample))
        self.visits.append(visit)
        self.since, self._confirmed = now, False
        return True

    def add(self, samples: Iterable[Sample]) -> None:
        """Take samples, in the order of their times."""
        for sample in samples:
            visit = next((visit for visit in self.visits if visit.holds(sample)), None)
            if visit is not None:
                visit.samples.append(sample)
            else:
                self._recent.append(sample)
        keep = self.plan.dwell_s + _FORGET_S
        while self._recent and self._recent[0].t < self._recent[-1].t - keep:
            self._recent.popleft()
