"""The content of a timeline: a recording with its events and fixations."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from foveaview.app.recordings.time_labels import clock_text
from foveaview.app.recordings.time_range import TimeRange
from foveaview.gaze import Event
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.plot_decimation import Overview

__all__ = ["TimelineContent"]

_MOST_TOLD = 8
_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TimelineContent:
    """A recording that is shown over time; found quickly, however long it is.

    Attributes:
        overview: to draw; None if there is no recording.
        rests: its fixations.
    """

    overview: Overview | None = None
    rests: FixationList = field(default_factory=FixationList.none)

    @cached_property
    def whole(self) -> TimeRange:
        """From the recording's beginning to its end."""
        return TimeRange.of(None if self.overview is None else self.overview.recording)

    @property
    def _events(self) -> Sequence[Event]:
        return () if self.overview is None else self.overview.recording.events

    @cached_property
    def _onsets(self) -> list[float]:
        return [event.t for event in self._events]

    def events(self, begin: float, end: float) -> Sequence[Event]:
        """Those that begin between two times, in seconds of the recording's clock."""
        first, last = bisect.bisect_left(self._onsets, begin), bisect.bisect_right(self._onsets, end)
        return self._events[first:last]

    def bars(self, shown: TimeRange) -> tuple[_Numbers, _Numbers]:
        """Beginnings and ends of the fixations of which something is shown, as shares of the stretch."""
        rests = self.rests
        first = int(np.searchsorted(rests.end, shown.begin))
        last = int(np.searchsorted(rests.start, shown.end))
        starts, ends = rests.start[first:last], rests.end[first:last]
        return (starts - shown.begin) / shown.length, (ends - shown.begin) / shown.length

    def told_of_events(self, begin: float, end: float) -> str:
        """The events between two times, a line for each of the first."""
        events, start = self.events(begin, end), self.whole.begin
        lines = [f"{clock_text(event.t - start, 3)}  {event.text}" for event in events[:_MOST_TOLD]]
        return "\n".join(lines + (["..."] if len(events) > _MOST_TOLD else []))
