"""A recording of gaze as it was read from a file, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.gaze.sample import Sample, Unit

__all__ = ["Event", "Recording", "usual_step_s"]


def usual_step_s(t: npt.NDArray[np.float64]) -> float:
    """Usual time from one sample to the next, in seconds.

    It is the mean of the steps that differ from the median by at most half of it. At 300 Hz, times rounded to
    milliseconds have steps of 3, 3 and 4 ms, so the median would be 3 ms.

    Args:
        t: (n,) rising times in seconds, n at least 2.

    >>> round(1 / usual_step_s(np.array([0, 3, 6, 10, 13, 16, 20, 520]) / 1000))
    300
    """
    steps = np.diff(t)
    middle = np.median(steps)
    usual = steps[np.abs(steps - middle) <= 0.5 * middle]
    return float(usual.mean() if len(usual) else middle)


@dataclass(frozen=True, slots=True)
class Event:
    """An event in a recording.

    Attributes:
        t: seconds, on the recording's clock.
        text: description of the event.
        duration: seconds; 0 for a moment.
    """

    t: float
    text: str
    duration: float = 0.0


@dataclass(frozen=True, eq=False)
class Recording:
    """Samples of gaze in order of time.

    Attributes:
        name: name of the file, or of the part of it that was read.
        t: (n,) float64 seconds, each larger than the one before.
        x, y: (n,) float64 in the unit; NaN if unknown.
        valid: (n,) booleans, True if the eye was seen.
        unit: unit of x and y.
        screen: width and height in pixels of the screen that was looked at, if the file reports them.
        screen_m: width and height of the screen in metres, if the file reports them.
        distance_m: distance from the eye to the screen in metres, if the file reports it.
        events: events during the recording.
        notes: problems and how they were handled, a line each.
        scene_camera: True if x and y are in the image of a camera on the head, which sees the world and
            moves: they say nothing about a position on a screen.
        others: further files with samples in this recording.

    Raises:
        ValueError: if columns differ in length, or times are not finite or do not rise.

    >>> Recording("a", np.array([0.0, 0.5]), np.array([0.1, 0.2]), np.array([0.5, 0.5])).duration
    0.5
    """

    name: str
    t: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    valid: npt.NDArray[np.bool_] | None = None
    unit: Unit = "image"
    screen: tuple[int, int] | None = None
    screen_m: tuple[float, float] | None = None
    distance_m: float | None = None
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()
    scene_camera: bool = False
    others: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        columns = [self.t, self.x, self.y] + ([] if self.valid is None else [self.valid])
        if any(column.shape != self.t.shape or column.ndim != 1 for column in columns):
            shapes = ", ".join(str(column.shape) for column in columns)
            raise ValueError(f"the columns of a recording must have the same length, got {shapes}")
        if not (np.isfinite(self.t).all() and (np.diff(self.t) > 0).all()):
            raise ValueError("the times of a recording must be finite and increase from sample to sample")

    def __len__(self) -> int:
        return len(self.t)

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """(n,) booleans, True if a sample says where the eye looked."""
        there = np.isfinite(self.x) & np.isfinite(self.y)
        return there if self.valid is None else there & self.valid

    @property
    def duration(self) -> float:
        """Seconds from the first sample to the last."""
        return float(self.t[-1] - self.t[0]) if len(self.t) else 0.0

    @property
    def rate_hz(self) -> float:
        """Samples a second, by their usual step (see `usual_step_s`); 0 if there are fewer than two."""
        return 1 / usual_step_s(self.t) if len(self.t) > 1 else 0.0

    def sample(self, index: int, at: float) -> Sample:
        """Return one of its samples, timed at another moment."""
        usable = bool(np.isfinite(self.x[index]) and np.isfinite(self.y[index]))
        valid = usable and (self.valid is None or bool(self.valid[index]))
        return Sample(at, float(self.x[index]), float(self.y[index]), valid, self.unit, self.name)
