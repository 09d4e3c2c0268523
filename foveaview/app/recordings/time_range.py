"""The range of time that an axis shows, and how it is moved and zoomed."""

from __future__ import annotations

from dataclasses import dataclass

from foveaview.gaze import Recording

__all__ = ["TimeRange"]

_SHORTEST_S = 0.05
_SHORTER = 0.8  # by one step of the wheel
_BESIDE = 0.1  # of its length, for one step sideways


@dataclass(frozen=True)
class TimeRange:
    """From one time to another, which comes after it.

    Attributes:
        begin, end: seconds of the recording's clock.

    >>> shown = TimeRange(50.0, 60.0)
    >>> shown.share(51.0), shown.at(0.5)
    (0.1, 55.0)
    """

    begin: float = 0.0
    end: float = 1.0

    @classmethod
    def of(cls, recording: Recording | None) -> TimeRange:
        """All of a recording; the first second if there is none."""
        if recording is None or not len(recording):
            return cls()
        start = float(recording.t[0])
        return cls(start, start + max(recording.duration, _SHORTEST_S))

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.begin

    def share(self, seconds: float) -> float:
        """Relative position of a time in the range, from 0 at its beginning to 1 at its end."""
        return (seconds - self.begin) / self.length

    def at(self, share: float) -> float:
        """The time that lies there."""
        return self.begin + share * self.length

    def held(self, seconds: float) -> float:
        """The time in it that is closest to another."""
        return min(max(seconds, self.begin), self.end)

    def cut(self, begin: float, length: float) -> TimeRange:
        """A part of it, moved and made as long as it has to be to lie in it.

        >>> TimeRange(0.0, 10.0).cut(8.0, 4.0)
        TimeRange(begin=6.0, end=10.0)
        """
        length = min(max(length, _SHORTEST_S), self.length)
        begin = min(max(begin, self.begin), self.end - length)
        return TimeRange(begin, begin + length)

    def turned(self, whole: TimeRange, share: float, steps: float, aside: float = 0.0) -> TimeRange:
        """Zoom about a place of the range, or move sideways, within the whole.

        Args:
            whole: the limits.
            share: relative position of the place that stays in place.
            steps: of the wheel; positive ones zoom in.
            aside: steps sideways.

        >>> TimeRange(0.0, 10.0).turned(TimeRange(0.0, 10.0), share=0.5, steps=1)
        TimeRange(begin=1.0, end=9.0)
        """
        length = self.length * _SHORTER**steps
        fixed = self.at(share) - aside * length * _BESIDE
        return whole.cut(fixed - share * max(length, _SHORTEST_S), length)

    def showing(self, whole: TimeRange, seconds: float) -> TimeRange:
        """Return a range of the same length that holds a time, near its beginning if that was past the end.

        >>> TimeRange(0.0, 2.5).showing(TimeRange(0.0, 10.0), 5.0)
        TimeRange(begin=4.75, end=7.25)
        """
        if self.begin <= seconds <= self.end:
            return self
        before = self.length / 10 if seconds > self.end else self.length / 2
        return whole.cut(seconds - before, self.length)
