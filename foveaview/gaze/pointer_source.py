"""The pointer in place of a tracker, with adjustable delay, noise and dropouts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from foveaview.gaze.sample import Sample
from foveaview.gaze.source import Buffer, SourceStatus
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import GazeSettings

__all__ = ["PointerSource"]

_CATCH_UP_S = 0.25  # after a longer pause between takes, older samples are useless


class _Dropouts:
    """Dropouts that begin at random, as a Poisson process; overlapping ones merge."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.restart()

    def restart(self) -> None:
        """Begin the process again at the next moment queried."""
        self._next = self._until = -math.inf

    def covers(self, t: float, per_s: float, length_s: float) -> bool:
        """Return True if there is a dropout at a moment, which must be later than the last one queried."""
        if not per_s:
            return False
        if self._next == -math.inf:
            self._next = t + self._random.exponential(1 / per_s)
        while self._next <= t:
            self._until = self._next + length_s
            self._next += self._random.exponential(1 / per_s)
        return t < self._until


class _Move(NamedTuple):
    """Position that the pointer moved to; NaN if it left."""

    t: float
    x: float
    y: float

    @property
    def outside(self) -> bool:
        return math.isnan(self.x)


class PointerSource:
    """A source of gaze that follows the pointer.

    It gives samples at a fixed rate, even while the pointer is still. As with a tracker, a sample's time is
    the time at which the pointer was there, and the sample arrives `pointer_delay_ms` later. Without delay,
    jitter and dropouts, a move is available at the next `take`, with its own time. Outside the image, the
    source gives nothing. The same calls with the same seed give the same samples.

    Args:
        settings: delay, jitter and dropouts, in the fields that begin with `pointer_`.
        angles: visual angles of the image.
        rate_hz: samples a second.
        seed: seed of jitter and dropouts.

    >>> pointer = PointerSource(GazeSettings(), Angles(ratio=0.5, aspect=1.0))
    >>> pointer.point(0.25, 0.5, 10.0)
    >>> [(sample.x, sample.t) for sample in pointer.take(10.001)]
    [(0.25, 10.0)]
    >>> pointer.leave(10.002)
    >>> pointer.status(10.1).note
    'pointer outside'
    """

    name = "Pointer"

    def __init__(
        self, settings: GazeSettings, angles: Angles, *, rate_hz: float = 120.0, seed: int = 0
    ) -> None:
        if not (math.isfinite(rate_hz) and rate_hz > 0):
            raise ValueError(f"rate_hz must be over 0, got {rate_hz}")
        self._period = 1 / rate_hz
        self._random, self._dropouts = np.random.default_rng(seed), _Dropouts(seed + 1)
        self._given = Buffer(self.name)
        self._moves: deque[_Move] = deque()  # younger than the delay
        self._at = _Move(-math.inf, math.nan, math.nan)
        self._start: float | None = None
        self._tick = 0
        self._last = -math.inf
        self._closed = False
        self._settings = settings
        self.configure(settings, angles)

    def configure(self, settings: GazeSettings, angles: Angles) -> None:
        """Use other settings from the next sample on."""
        if settings.pointer_dropouts_per_s != self._settings.pointer_dropouts_per_s:
            self._dropouts.restart()
        self._settings, self._angles = settings, angles
        self._delay = settings.pointer_delay_ms / 1000
        self._exact = not (self._delay or settings.pointer_jitter_deg or settings.pointer_dropouts_per_s)

    def point(self, x: float, y: float, now: float) -> None:
        """Report the pointer at a position in image coordinates."""
        self._move(_Move(now, x, y))

    def leave(self, now: float) -> None:
        """Report that the pointer is not over the image."""
        self._move(_Move(now, math.nan, math.nan))

    def _move(self, move: _Move) -> None:
        if self._closed:
            return
        if self._moves and move.t <= self._moves[-1].t:
            move = move._replace(t=self._moves.pop().t)  # the later of two at one moment counts
        self._moves.append(move)
        self._forget(move.t)
        if self._start is None:
            self._start = move.t

    def _forget(self, now: float) -> None:
        """Drop moves that are too old to give samples, and keep the position that they led to."""
        while self._moves and self._moves[0].t + self._delay < now - _CATCH_UP_S:
            self._at = self._moves.popleft()

    def take(self, now: float) -> list[Sample]:
        """Return all samples up to a moment; after a pause, only those of the last quarter of a second."""
        if self._start is not None and not self._closed:
            self._skip(self._start, now)
            self._given.put(self._samples(self._start, now))
        return self._given.take()

    def _skip(self, start: float, now: float) -> None:
        self._forget(now)
        if start + self._tick * self._period < now - _CATCH_UP_S:
            self._tick = math.ceil((now - _CATCH_UP_S - start) / self._period)
            self._dropouts.restart()

    def _samples(self, start: float, now: float) -> Iterator[Sample]:
        while True:
            tick = start + self._tick * self._period
            due = self._moves[0].t + self._delay if self._moves else math.inf
            if min(tick, due) > now:
                return
            if due <= tick:
                self._at = self._moves.popleft()
            if due >= tick:
                self._tick += 1
            if self._exact or due >= tick:
                yield from self._sample(min(tick, due))

    def _sample(self, given: float) -> Iterator[Sample]:
        """Yield the sample due at a moment; none if the pointer was outside or it is not newer."""
        settings, t = self._settings, given - self._delay
        length_s = settings.pointer_dropout_ms / 1000
        failed = self._dropouts.covers(given, settings.pointer_dropouts_per_s, length_s)
        if self._at.outside or t <= self._last:
            return
        self._last = t
        if failed:
            yield Sample.missing(t, origin=self.name)
            return
        yield Sample(t, *self._shaken(self._at.x, self._at.y), origin=self.name)

    def _shaken(self, x: float, y: float) -> tuple[float, float]:
        jitter_deg = self._settings.pointer_jitter_deg
        if not jitter_deg:
            return x, y
        x_deg, y_deg = self._angles.to_degrees(x, y)
        dx, dy = self._random.normal(0, jitter_deg, 2)
        return self._angles.to_image(x_deg + float(dx), y_deg + float(dy))

    def status(self, now: float) -> SourceStatus:
        """Return the status at a moment, with a note if the pointer was outside one delay earlier."""
        at = self._at
        for move in self._moves:
            at = move if move.t + self._delay <= now else at
        status = self._given.status(now - self._delay)  # samples on their way do not count yet
        age_s = None if status.age_s is None else status.age_s + self._delay
        return replace(status, age_s=age_s, note="pointer outside" if at.outside else "")

    def close(self) -> None:
        """Stop; no sample comes afterwards."""
        self._closed = True
        self._moves.clear()
        self._given.take()
