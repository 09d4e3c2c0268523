"""A recording played as a source of gaze."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from foveaview.gaze.recording import Recording
from foveaview.gaze.sample import Sample
from foveaview.gaze.source import SourceStatus

__all__ = ["FASTEST", "SLOWEST", "Replay"]

SLOWEST, FASTEST = 0.1, 10.0

_RATE_OVER_S = 1.0
_LONGEST_LOOK_S = 0.1


@dataclass(frozen=True)
class _Stretch:
    """Samples from `first` to before `stop`, played from a position in the recording at a moment."""

    first: int
    stop: int
    place: float
    since: float
    speed: float


class Replay:
    """Plays a recording: each sample comes once, when playback reaches it.

    It has no clock of its own: every call passes the time, in seconds on the clock of `gaze.now`. It begins
    paused, at the recording's first sample.

    Args:
        recording: recording to play, in image or screen coordinates.
        speed: seconds of the recording per second, `SLOWEST` to `FASTEST`.
        loop: True to start again after the last sample.

    Raises:
        ValueError: if the recording has no samples, or the speed is out of range.

    >>> recording = Recording("eye", np.array([5.0, 5.1, 5.2]), np.array([0.1, 0.2, 0.3]), np.full(3, 0.5))
    >>> replay = Replay(recording)
    >>> replay.play(now=100.0)
    >>> [(round(sample.t, 3), sample.x) for sample in replay.take(now=100.15)]
    [(100.0, 0.1), (100.1, 0.2)]
    >>> replay.seek(5.0, now=100.16)
    >>> [(sample.t, sample.x) for sample in replay.take(now=100.17)]
    [(100.16, 0.1)]
    """

    def __init__(self, recording: Recording, speed: float = 1.0, loop: bool = False) -> None:
        if not len(recording):
            raise ValueError(f"{recording.name} holds no samples to play")
        self.name = recording.name
        self.loop = loop
        self._recording = recording
        self._start, self._end = float(recording.t[0]), float(recording.t[-1])
        self._interval = 1 / recording.rate_hz if len(recording) > 1 else 1.0
        self._speed = _checked(speed)
        self._place, self._since = self._start, 0.0
        self._next = 0
        self._playing = self._closed = False
        self._due: deque[_Stretch] = deque()
        self._looked: Sample | None = None
        self._recent: deque[tuple[float, bool]] = deque()
        self._usable = 0  # number of usable ones among the recent
        self._newest: float | None = None

    @property
    def recording(self) -> Recording:
        """The recording that is played."""
        return self._recording

    @property
    def speed(self) -> float:
        """Seconds of the recording per second."""
        return self._speed

    @property
    def playing(self) -> bool:
        """Return True if it was playing when it last received the time."""
        return self._playing

    @property
    def at_end(self) -> bool:
        """Return True if it has stopped at the last sample."""
        return not self._playing and self._place >= self._end

    def position(self, now: float) -> float:
        """Return the position in the recording, in seconds on its own clock."""
        self._advance(now)
        return min(self._reached(now), self._end)

    def play(self, now: float) -> None:
        """Continue, or start again from the first sample if it has stopped at the last."""
        if self._playing or self._closed:
            return
        if self.at_end:
            self.seek(self._start, now)
        self._since = now
        self._playing = True

    def pause(self, now: float) -> None:
        """Pause; samples that were due before still come."""
        self._anchor(now)
        self._playing = False

    def set_speed(self, speed: float, now: float) -> None:
        """Play faster or slower from here on.

        Raises:
            ValueError: if the speed is outside `SLOWEST` to `FASTEST`.
        """
        _checked(speed)
        self._anchor(now)
        self._speed = speed

    def seek(self, t: float, now: float) -> None:
        """Go to a position, in seconds on the recording's clock, clipped to its ends.

        The sample there comes at once, paused or not; within a gap, a missing one comes. Samples that were
        due before but not taken yet are dropped.

        Raises:
            ValueError: if the position is NaN.
        """
        if np.isnan(t):
            raise ValueError(f"a time in a recording must be a number of seconds, got {t}")
        self._advance(now)
        self._place, self._since = min(max(t, self._start), self._end), now
        self._next = int(np.searchsorted(self._recording.t, self._place, side="right"))
        self._due.clear()
        self._looked = None if self._closed else self._seen(now)

    def take(self, now: float) -> list[Sample]:
        """Return all samples due up to a moment and not taken before, each timed by when it was due."""
        self._advance(now)
        samples = [] if self._looked is None else [self._looked]
        self._looked = None
        while self._due:
            samples += self._samples(self._due.popleft(), now)
        for sample in samples:
            self._newest = sample.t
            self._recent.append((sample.t, sample.usable))
            self._usable += sample.usable
        self._forget(now)
        return samples

    def status(self, now: float) -> SourceStatus:
        """Return rate, age and quality of the samples taken; resting while paused or at the end."""
        self._forget(now)
        count = len(self._recent)
        quality = self._usable / count if count else 0.0
        age = None if self._newest is None else max(now - self._newest, 0.0)
        note = "" if self._playing else "at its end" if self.at_end else "paused"
        resting = not self._playing
        return SourceStatus(self.name, count / _RATE_OVER_S, age, quality, note=note, resting=resting)

    def close(self) -> None:
        """Stop; no sample comes afterwards."""
        self._playing, self._closed = False, True
        self._due.clear()
        self._looked = None

    def _forget(self, now: float) -> None:
        while self._recent and self._recent[0][0] <= now - _RATE_OVER_S:
            self._usable -= self._recent.popleft()[1]

    def _reached(self, now: float) -> float:
        return self._place + max(now - self._since, 0.0) * self._speed if self._playing else self._place

    def _anchor(self, now: float) -> None:
        """Count time and position from this moment on."""
        self._advance(now)
        self._place, self._since = self._reached(now), now

    def _advance(self, now: float) -> None:
        """Queue the samples that are due; loop or stop at the end."""
        while self._playing:
            place = self._reached(now)
            self._line_up(place)
            if place < self._end + (self._interval if self.loop else 0):
                return
            if not self.loop:
                self._place, self._playing = self._end, False
                return
            self._since += (self._end + self._interval - self._place) / self._speed
            self._place, self._next = self._start, 0

    def _line_up(self, place: float) -> None:
        stop = int(np.searchsorted(self._recording.t, place, side="right"))
        if stop > self._next:
            self._due.append(_Stretch(self._next, stop, self._place, self._since, self._speed))
            self._next = stop

    def _samples(self, stretch: _Stretch, now: float) -> list[Sample]:
        part = slice(stretch.first, stretch.stop)
        recording = self._recording
        due = stretch.since + (recording.t[part] - stretch.place) / stretch.speed
        x, y = recording.x[part], recording.y[part]
        valid = np.isfinite(x) & np.isfinite(y)
        if recording.valid is not None:
            valid &= recording.valid[part]
        columns = (np.minimum(due, now).tolist(), x.tolist(), y.tolist(), valid.tolist())
        return [Sample(*row, recording.unit, self.name) for row in zip(*columns, strict=True)]

    def _seen(self, now: float) -> Sample:
        """Return the last sample before the position, or a missing one if it is long past."""
        index = self._next - 1
        if self._place - self._recording.t[index] > max(_LONGEST_LOOK_S, 2 * self._interval):
            return Sample.missing(now, self._recording.unit, self.name)
        return self._recording.sample(index, now)


def _checked(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"the speed must be {SLOWEST:g} to {FASTEST:g} times the original, got {speed:g}")
    return speed
