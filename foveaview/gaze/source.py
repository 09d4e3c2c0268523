"""Interface of a gaze source, and a buffer between the receiving and the reading thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from foveaview.gaze.sample import Sample

__all__ = ["Buffer", "Source", "SourceStatus"]

_RATE_OVER_S = 1.0
_LARGEST_STEP_BACK_S = 1.0


@dataclass(frozen=True)
class SourceStatus:
    """Status of a gaze source.

    Attributes:
        name: name of the source.
        rate_hz: samples a second over the last second; 0 if none came.
        age_s: seconds since the newest sample; None if there was none yet.
        quality: share of usable samples in the last second, 0 to 1.
        lost: samples dropped because nobody took them or because their time did not increase.
        note: a problem, or the thing it waits for; empty if all is well.
        resting: True if it gives nothing on purpose; ignore its age then.
    """

    name: str
    rate_hz: float = 0.0
    age_s: float | None = None
    quality: float = 0.0
    lost: int = 0
    note: str = ""
    resting: bool = False


class Source(Protocol):
    """A source of samples.

    Attributes:
        name: name to show to the user.
    """

    name: str

    def take(self, now: float) -> list[Sample]:
        """Return all samples up to a moment that were not taken before, in order of time."""

    def status(self, now: float) -> SourceStatus:
        """Return the status at a moment."""

    def close(self) -> None:
        """Stop receiving; no sample comes afterwards."""


class Buffer:
    """Passes samples between two threads, each newer than the one before.

    Args:
        name: name of the source.
        capacity: samples to keep while nobody takes them; the oldest are dropped first.

    >>> buffer = Buffer("eye", capacity=2)
    >>> buffer.put([Sample(0.0, 0.1, 0.5), Sample(0.1, 0.2, 0.5), Sample(0.2, 0.3, 0.5)])
    >>> [sample.x for sample in buffer.take()], buffer.status(0.2).lost
    ([0.2, 0.3], 1)
    """

    def __init__(self, name: str, capacity: int = 20_000) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._capacity = capacity
        self._waiting: deque[Sample] = deque()
        self._recent: deque[tuple[float, bool]] = deque()
        self._newest: float | None = None
        self._seen = self._lost = 0
        self._note = ""

    def put(self, samples: Iterable[Sample]) -> None:
        """Add samples; those that are not newer than the one before are dropped and counted.

        If the clock goes back by a second or more, it was set again: samples are accepted from there.
        """
        with self._lock:
            for sample in samples:
                self._put(sample)

    def _put(self, sample: Sample) -> None:
        if self._newest is not None and sample.t <= self._newest:
            if sample.t > self._newest - _LARGEST_STEP_BACK_S:
                self._lost += 1
                return
            self._note = f"its clock went back by {self._newest - sample.t:.1f} s"
            self._recent.clear()
            self._seen = 0
        self._newest = sample.t
        if len(self._waiting) >= self._capacity:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(sample)
        self._recent.append((sample.t, sample.usable))
        self._seen += sample.usable
        self._forget(sample.t)

    def _forget(self, now: float) -> None:
        """Drop samples too old for the rate; the counts are updated, not recomputed at each query."""
        while self._recent and self._recent[0][0] <= now - _RATE_OVER_S:
            self._seen -= self._recent.popleft()[1]

    def take(self) -> list[Sample]:
        """Return the waiting samples and remove them."""
        with self._lock:
            samples = list(self._waiting)
            self._waiting.clear()
            return samples

    def tell(self, note: str) -> None:
        """Set the note on a problem; empty clears it."""
        with self._lock:
            self._note = note

    def status(self, now: float) -> SourceStatus:
        """Rate, age and quality at a moment."""
        with self._lock:
            self._forget(now)
            age = None if self._newest is None else max(now - self._newest, 0.0)
            count = len(self._recent)
            quality = self._seen / count if count else 0.0
            return SourceStatus(self.name, count / _RATE_OVER_S, age, quality, self._lost, self._note)
