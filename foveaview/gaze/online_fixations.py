"""Fixations of a live gaze: each is found once, at a small cost however long the gaze has lasted."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foveaview.gaze.fixation_list import FixationList, find_rests
from foveaview.gaze.fixations import MAX_GAP_S
from foveaview.gaze.recording import Recording
from foveaview.gaze.sample_history import SampleHistory
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import FixationSettings

__all__ = ["OnlineFixations"]

_LONGEST_S = 60.0
_MOST_SAMPLES = 3000
_MOST_KEPT = 500
_NONE = np.empty(0, np.intp)
_NOTHING = Recording("gaze", np.empty(0), np.empty(0), np.empty(0))


class _Rest(NamedTuple):
    start: float
    end: float
    x: float
    y: float


def _each(rests: FixationList) -> list[_Rest]:
    columns = (column.tolist() for column in (rests.start, rests.end, rests.x, rests.y))
    return [_Rest(*row) for row in zip(*columns, strict=True)]


def _chosen(part: Recording, chosen: npt.NDArray[np.intp]) -> Recording:
    return Recording(part.name, part.t[chosen], part.x[chosen], part.y[chosen])


def _joined(first: Recording, second: Recording) -> Recording:
    t, x, y = (
        np.concatenate(pair) for pair in ((first.t, second.t), (first.x, second.x), (first.y, second.y))
    )
    return Recording(second.name, t, x, y)


class OnlineFixations:
    """Finds the fixations of samples as they come.

    They are those that `find_rests` finds in all samples. The samples after a fixation do not depend on those
    before it, so only the samples since the last ended fixation are searched. If there are more than 3000,
    every second, third and so on is used. The search goes back by a minute at most: a longer fixation begins
    there.

    Args:
        settings: method and thresholds.
        angles: visual angles of the image.

    >>> from foveaview.gaze import Sample
    >>> history = SampleHistory()
    >>> live = OnlineFixations(FixationSettings(), Angles(ratio=0.3, aspect=1.0))
    >>> for i in range(60):
    ...     history.add([Sample(i / 100, 0.2 if i < 30 else 0.8, 0.5)])
    >>> rests = live.update(history)
    >>> rests.start.tolist(), rests.x.round(3).tolist()
    ([0.0, 0.3], [0.2, 0.8])
    """

    def __init__(self, settings: FixationSettings, angles: Angles) -> None:
        self._ended: deque[_Rest] = deque(maxlen=_MOST_KEPT)
        self.configure(settings, angles)

    def configure(self, settings: FixationSettings, angles: Angles) -> None:
        """Use other settings from now on; fixations of the last minute are searched again."""
        self._settings, self._angles = settings, angles
        self._ended.clear()
        self._count = 0
        self._since, self._before = -np.inf, _NOTHING

    def update(self, history: SampleHistory) -> FixationList:
        """Return the last 500 ended fixations, and the current one if there is one.

        Args:
            history: the samples up to now, including those added since the last call.
        """
        newest = history.newest
        if newest is None:
            return FixationList.none()
        if self._since < newest - _LONGEST_S:
            self._since, self._before = newest - _LONGEST_S, _NOTHING
        part = _joined(self._before, history.recording("gaze", self._since, _MOST_SAMPLES))
        found = _each(find_rests(part, self._settings, self._angles))
        found = [rest for rest in found if rest.start >= self._since]
        seen = part.t[part.usable]
        going = (
            found[-1:] if found and seen[-1] <= found[-1].end and newest <= found[-1].end + MAX_GAP_S else []
        )
        self._take(found[: len(found) - len(going)], part)
        if not going and len(seen):
            # a fixation that began earlier than this would have been found
            self._go_on(float(seen[-1]) - self._settings.duration_ms / 1000 - 2 * MAX_GAP_S, part)
        return self._rests(going)

    def _take(self, ended: list[_Rest], part: Recording) -> None:
        self._ended.extend(ended)
        self._count += len(ended)
        if ended:
            self._go_on(float(np.nextafter(ended[-1].end, np.inf)), part)

    def _go_on(self, since: float, part: Recording) -> None:
        """Search only for fixations that begin at a time or later.

        A speed is computed from the sample before. The first sample takes the next one's, so it may look slow
        although it was fast. With two samples kept from before the time, later speeds are unchanged.
        """
        if since > self._since:
            self._since = since
            by_speed = self._settings.method == "I-VT"
            before = np.flatnonzero(part.usable & (part.t < since))[-2:] if by_speed else _NONE
            self._before = _chosen(part, before)

    def _rests(self, going: list[_Rest]) -> FixationList:
        rows = np.array([*self._ended, *going], dtype=np.float64).reshape(-1, 4)
        start, end, x, y = rows.T
        return FixationList(start, end, x, y, before=self._count - len(self._ended))
