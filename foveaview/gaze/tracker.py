"""Turn samples into a gaze to follow: smoothed, locked to fixations, frozen if it is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from foveaview.gaze.fixation_lock import FixationLock
from foveaview.gaze.one_euro_filter import OneEuro
from foveaview.gaze.sample import NAN, Sample
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import GazeSettings

__all__ = ["GazeUpdate", "Tracker"]

_OUTSIDE_DEG = 1.0  # trackers are off by this much: closer gaze is meant for the image's edge
_SHORTEST_BLINK_S, _LONGEST_BLINK_S = 0.1, 0.4
"""Seconds for which a blink hides the pupil, after J. A. Stern, L. C. Walrath and R. Goldstein, "The
endogenous eyeblink", Psychophysiology 21, 1984: the lid falls within 100 ms, stays down for up to 300 ms and
rises within 100 ms. It hides the pupil from about the middle of the fall to the middle of the rise."""
_STILL_DEG = 0.002  # a tenth of a pixel at 60 pixels per degree; no tracker resolves as little

Gaze = tuple[float, float]


@dataclass(frozen=True, slots=True)
class GazeUpdate:
    """The gaze to follow from a moment on.

    Attributes:
        gaze: x and y in image coordinates, within [0, 1]; None if none is known yet.
        t: time in seconds of the sample that the gaze is from; NaN if there is none.
        taken: time in seconds at which the samples were taken.
        fixating: True if the eye rests.
        frozen: reason why the gaze is held still, in words; empty if it is followed.
    """

    gaze: Gaze | None
    t: float
    taken: float
    fixating: bool = False
    frozen: str = ""


class Tracker:
    """Follows every sample of one source, in order.

    Nothing here reads a clock. The gaze is frozen if the newest sample is

    - unusable: a "dropout", from 100 ms on a "blink", and from 400 ms on "eye not seen for 2 s";
    - older than `freeze_ms`: "no sample for 200 ms";
    - more than 1 degree outside the image: "outside the image". Closer gaze moves to the image's edge.

    A frozen gaze keeps its last position inside the image. With the fixation lock, the gaze moves once per
    fixation, when the eye has rested for `duration_ms`.

    Args:
        settings: smoothing, fixation lock and freezing.

    Attributes:
        seen: number of samples so far.

    >>> tracker = Tracker(GazeSettings(smoothing=False))
    >>> angles = Angles(ratio=0.5, aspect=1.0)
    >>> look = tracker.advance([Sample(0.0, 0.25, 0.5)], 0.01, angles)
    >>> look.gaze, look.frozen
    ((0.25, 0.5), '')
    >>> tracker.advance([], 0.05, angles) is None
    True
    >>> tracker.advance([], 0.15, angles).frozen
    'no sample for 100 ms'
    """

    def __init__(self, settings: GazeSettings) -> None:
        self._filter = OneEuro(settings.min_cutoff_hz, settings.beta, settings.derivative_cutoff_hz)
        self._lock = FixationLock(settings.dispersion_deg, settings.duration_ms / 1000)
        self._angles: Angles | None = None
        self._settings = settings
        self.reset()

    def configure(self, settings: GazeSettings) -> None:
        """Use other settings from the next sample on; the gaze does not jump."""
        self._settings = settings
        self._filter.configure(settings.min_cutoff_hz, settings.beta, settings.derivative_cutoff_hz)
        self._lock.configure(settings.dispersion_deg, settings.duration_ms / 1000)

    def reset(self) -> None:
        """Forget every sample, to follow another source."""
        self._start_anew()
        self.seen = 0
        self._gaze: Gaze | None = None
        self._gaze_t = NAN
        self._unseen_since: float | None = None
        self._newest: float | None = None
        self._outside = self._at_once = False
        self._told: GazeUpdate | None = None

    def restart(self) -> None:
        """Move the gaze to the next sample at once, independent of those before.

        Nothing is smoothed across this moment, and the fixation lock does not wait for the eye to rest.
        """
        self._start_anew()
        self._at_once = True

    def _start_anew(self) -> None:
        self._filter.reset()
        self._lock.reset()
        self._fixating = False

    def advance(
        self, samples: Sequence[Sample], now: float, angles: Angles, late_s: float = 0.0
    ) -> GazeUpdate | None:
        """Follow all new samples.

        Args:
            samples: in image coordinates, in the order of their times.
            now: seconds, on their clock.
            angles: visual angles of the image.
            late_s: age in seconds that the user wants samples to arrive with; it does not count as late.

        Returns:
            The gaze to follow now, or None if nothing changed since the last one that was reported. A gaze
            counts as unchanged if it has moved by less than 0.002 degrees since then.
        """
        if angles != self._angles:
            self._start_anew()  # degrees have changed
            self._angles = angles
        for sample in samples:
            self._see(sample, angles)
        return self._changed(now, angles, late_s)

    def _see(self, sample: Sample, angles: Angles) -> None:
        self.seen += 1
        since = 0.0 if self._newest is None else sample.t - self._newest
        if since < 0:  # its clock was set again
            self._unseen_since = None
        if since < 0 or since * 1000 > self._settings.freeze_ms:
            self._start_anew()  # the eye's path since then is unknown
        self._newest = sample.t
        if sample.usable:
            self._unseen_since = None
            self._follow(sample, angles)
            return
        self._filter.reset()
        self._fixating = self._lock.feed(sample.t, NAN, NAN, usable=False)
        if self._unseen_since is None:
            self._unseen_since = sample.t

    def _follow(self, sample: Sample, angles: Angles) -> None:
        place = angles.to_degrees(sample.x, sample.y)
        if self._settings.smoothing:
            place = self._filter(sample.t, *place)
        self._fixating = self._lock.feed(sample.t, *place)
        if self._settings.lock and self._lock.at is not None:
            place = self._lock.at
        gaze = _inside(angles, place)
        self._outside = gaze is None
        moves = self._fixating or self._at_once or not self._settings.lock
        self._at_once = False
        if gaze is not None and moves and gaze != self._gaze:
            self._gaze, self._gaze_t = gaze, sample.t

    def _changed(self, now: float, angles: Angles, late_s: float) -> GazeUpdate | None:
        frozen, told = self._frozen(now - late_s), self._told
        gaze, t = self._gaze, self._gaze_t
        if told is not None and told.gaze is not None and gaze is not None and _near(angles, told.gaze, gaze):
            gaze, t = told.gaze, told.t
        look = GazeUpdate(gaze, t, now, self._fixating and not frozen, frozen)
        if self._newest is None or (told is not None and _same(told, look)):
            return None
        self._told = look
        return look

    def _frozen(self, now: float) -> str:
        age = 0.0 if self._newest is None else now - self._newest
        if age * 1000 > self._settings.freeze_ms:
            return f"no sample for {_rounded(age)}"
        if self._unseen_since is not None:
            unseen = now - self._unseen_since
            return _unseen(unseen)
        return "outside the image" if self._outside else ""


def _unseen(seconds: float) -> str:
    """Name for lost gaze, by its duration so far."""
    if seconds < _SHORTEST_BLINK_S:
        return "dropout"
    return "blink" if seconds < _LONGEST_BLINK_S else f"eye not seen for {_rounded(seconds)}"


def _inside(angles: Angles, place: Gaze) -> Gaze | None:
    """Convert a position in degrees to a gaze: at the edge if slightly outside the image, None if far."""
    x, y = angles.to_image(*place)
    if 0 <= x <= 1 and 0 <= y <= 1:
        return x, y
    edge = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
    return edge if _angle(angles, edge, (x, y)) <= _OUTSIDE_DEG else None


def _angle(angles: Angles, a: Gaze, b: Gaze) -> float:
    """Angle by distance in the plane of degrees, which is quick, and exact for close positions."""
    return math.dist(angles.to_degrees(*a), angles.to_degrees(*b))


def _near(angles: Angles, a: Gaze, b: Gaze) -> bool:
    return a == b or _angle(angles, a, b) < _STILL_DEG


def _same(a: GazeUpdate, b: GazeUpdate) -> bool:
    return (a.gaze, a.fixating, a.frozen) == (b.gaze, b.fixating, b.frozen)


def _rounded(seconds: float) -> str:
    """Format a duration, from 0.1 s on rounded down to 0.1 s and from 1 s on to 1 s: it seldom changes."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{int(seconds * 10) * 100} ms" if seconds < 1 else f"{int(seconds)} s"
