"""A recording of gaze as it was read from a file, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.gaze.sample import Sample, Unit

__all__ = ["Event", "Recording", "usual_step_s"]


def usual_step_s(t: npt.NDArray[np.float64]) -> float:
    """Usual seconds from one sample to the next.

    The mean of the steps that are within half of the median: times that were rounded to milliseconds step by
    3, 3 and 4 of them at 300 Hz, and their median would be 3.

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
    """What a recording says happened.

    Attributes:
        t: seconds, on the recording's clock.
        text: what.
        duration: seconds; 0 for a moment.
    """

    t: float
    text: str
    duration: float = 0.0


@dataclass(frozen=True, eq=False)
class Recording:
    """Samples of gaze in the order of their times.

    Attributes:
        name: of the file, or of what in it was read.
        t: (n,) float64 seconds, each larger than the one before.
        x, y: (n,) float64 in the unit; NaN if it is not known.
        valid: (n,) booleans, whether the eye was seen.
        unit: what x and y count.
        screen: width and height in pixels of the screen that was looked at, where the file says so.
        screen_m: its width and height in metres, where the file says so.
        distance_m: from the eye to it, in metres, where the file says so.
        events: what happened meanwhile.
        notes: what was odd and how it was taken, a line each.
        scene_camera: whether x and y are of a camera on the head, which sees the world and moves: they say
            nothing about a place on a screen.
        others: files beside its own whose samples are in it too.

    Raises:
        ValueError: for columns of different lengths or times that do not rise.

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
            raise ValueError(f"the columns of a recording must have one length, got {shapes}")
        if not (np.isfinite(self.t).all() and (np.diff(self.t) > 0).all()):
            raise ValueError("the times of a recording must be finite and rise from sample to sample")

    def __len__(self) -> int:
        return len(self.t)

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """(n,), whether a sample says where the eye looked."""
        there = np.isfinite(self.x) & np.isfinite(self.y)
        return there if self.valid is None else there & self.valid

    @property
    def duration(self) -> float:
        """Seconds from the first sample to the last."""
        return float(self.t[-1] - self.t[0]) if len(self.t) else 0.0

    @property
    def rate_hz(self) -> float:
        """Samples a second, by their usual distance (see `usual_step_s`); 0 for fewer than two."""
        return 1 / usual_step_s(self.t) if len(self.t) > 1 else 0.0

    def sample(self, index: int, at: float) -> Sample:
        """One of its samples, as of another moment."""
        usable = bool(np.isfinite(self.x[index]) and np.isfinite(self.y[index]))
        valid = usable and (self.valid is None or bool(self.valid[index]))
        return Sample(at, float(self.x[index]), float(self.y[index]), valid, self.unit, self.name)
