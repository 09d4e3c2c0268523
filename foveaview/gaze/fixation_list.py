"""Fixations in a recording, in image coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from foveaview.gaze.fixations import Fixation, fixations_idt, fixations_ivt
from foveaview.gaze.recording import Recording
from foveaview.gaze.visual_angle import Angles
from foveaview.perception.interruption import check_interruption
from foveaview.settings import FixationSettings

__all__ = ["FixationList", "find_rests"]

_BLOCK = 1 << 18
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FixationList:
    """Fixations in order of time.

    Attributes:
        start, end: (n,) times of the first and the last sample, in seconds.
        x, y: (n,) image coordinates.
        before: number of fixations before these; the first of these has the next number.
    """

    start: Numbers
    end: Numbers
    x: Numbers
    y: Numbers
    before: int = 0

    @classmethod
    def none(cls) -> Self:
        """Return an empty list."""
        return cls(np.empty(0), np.empty(0), np.empty(0), np.empty(0))

    def __len__(self) -> int:
        return len(self.start)

    def description_at(self, t: float) -> str:
        """Describe the fixation at a time in words; empty if there is none.

        >>> rests = FixationList(np.array([1.0]), np.array([1.25]), np.array([0.5]), np.array([0.5]))
        >>> rests.description_at(1.1), rests.description_at(2.0)
        ('fixation 1: 250 ms at 0.500 0.500', '')
        """
        index = int(np.searchsorted(self.start, t, side="right")) - 1
        if index < 0 or t > self.end[index]:
            return ""
        duration, number = 1000 * (self.end[index] - self.start[index]), self.before + index + 1
        return f"fixation {number}: {duration:.0f} ms at {self.x[index]:.3f} {self.y[index]:.3f}"


def _in_degrees(recording: Recording, angles: Angles) -> tuple[Numbers, Numbers]:
    x_deg, y_deg = np.empty(len(recording)), np.empty(len(recording))
    for start in range(0, len(recording), _BLOCK):
        check_interruption()
        part = slice(start, start + _BLOCK)
        x_deg[part], y_deg[part] = angles.many_to_degrees(recording.x[part], recording.y[part])
    return x_deg, y_deg


def find_rests(recording: Recording, settings: FixationSettings, angles: Angles) -> FixationList:
    """Find the fixations in a recording.

    Args:
        recording: gaze in image coordinates.
        settings: method and thresholds.
        angles: visual angles of the image.

    Raises:
        ValueError: if the recording is not in image coordinates.
        Interrupted: if cancellation was requested.

    >>> t = np.arange(30) / 100
    >>> recording = Recording("a", t, np.where(t < 0.145, 0.2, 0.8), np.full(30, 0.5))
    >>> rests = find_rests(recording, FixationSettings(), Angles(0.3, 1.0))
    >>> rests.x.round(3).tolist(), rests.start.tolist()
    ([0.2, 0.8], [0.0, 0.15])
    """
    if recording.unit != "image":
        raise ValueError(f"fixations need image coordinates, but {recording.name} is in {recording.unit}")
    if settings.method == "none":
        return FixationList.none()
    x_deg, y_deg = _in_degrees(recording, angles)
    threshold = settings.dispersion_deg if settings.method == "I-DT" else settings.velocity_deg_s
    find: Callable[..., list[Fixation]] = fixations_idt if settings.method == "I-DT" else fixations_ivt
    usable = recording.usable
    check_interruption()
    found = find(recording.t, x_deg, y_deg, usable, threshold, settings.duration_ms / 1000)
    check_interruption()
    places = [angles.to_image(one.x, one.y) for one in found]
    return FixationList(
        np.array([one.start for one in found], dtype=np.float64),
        np.array([one.end for one in found], dtype=np.float64),
        np.array([x for x, _ in places], dtype=np.float64),
        np.array([y for _, y in places], dtype=np.float64),
    )
