"""Accuracy and precision of a gaze tracker, measured at nine points.

The definitions are those of K. Holmqvist, M. Nyström and F. Mulvey, "Eye tracker data quality: what it is and
how to measure it", ETRA 2012. Accuracy is the mean angle between the target and each sample. Precision is the
root mean square (RMS) of the angles between successive samples, and the standard deviation (SD): the root
mean square of the angles between the samples and their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from foveaview.gaze.sample import Sample
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import Settings

__all__ = ["SETTLE_S", "PointResult", "ValidationResult", "point_result", "targets"]

SETTLE_S = 0.5
"""Seconds after a point appears until its samples count: the eye starts after about 200 ms."""

Numbers = npt.NDArray[np.float64]
_Angle = Annotated[float, Field(ge=0, le=180)]


def targets(margin: float = 0.1) -> list[tuple[float, float]]:
    """Nine points in image coordinates, row by row: corners, edge midpoints and centre.

    Args:
        margin: distance of the outer points from the edges, in image coordinates, from 0 to under 0.5.

    Raises:
        ValueError: if the margin is out of range.

    >>> targets(0.25)[:4]
    [(0.25, 0.25), (0.5, 0.25), (0.75, 0.25), (0.25, 0.5)]
    """
    if not 0 <= margin < 0.5:
        raise ValueError(f"margin must be from 0 to under 0.5, got {margin}")
    places = (margin, 0.5, 1 - margin)
    return [(x, y) for y in places for x in places]


class PointResult(Settings):
    """Accuracy and precision at one point; angles in degrees, None if there are too few samples.

    Attributes:
        x, y: the point, in image coordinates.
        n: number of samples that counted.
        n_usable: number of those that are usable.
        accuracy_deg: mean angle between the point and the samples.
        precision_rms_deg: root mean square of the angles between successive samples.
        precision_sd_deg: root mean square of the angles between the samples and their mean.
    """

    x: float
    y: float
    n: int = Field(ge=0)
    n_usable: int = Field(ge=0)
    accuracy_deg: _Angle | None = None
    precision_rms_deg: _Angle | None = None
    precision_sd_deg: _Angle | None = None

    @property
    def share_usable(self) -> float:
        """Share of usable samples, 0 to 1; 0 if there are no samples."""
        return self.n_usable / self.n if self.n else 0.0

    @property
    def text(self) -> str:
        """Summary in one line.

        >>> PointResult(x=0.5, y=0.5, n=60, n_usable=0).text
        'not measured: none of 60 samples is usable'
        >>> PointResult(x=0.5, y=0.5, n=60, n_usable=60, accuracy_deg=0.5, precision_sd_deg=0.1).text
        'off by 0.50°, SD 0.10°, 100 % of 60 samples usable'
        """
        if self.accuracy_deg is None:
            return f"not measured: {f'none of {self.n} samples is usable' if self.n else 'no sample arrived'}"
        return f"{_angles(self)}, {self.share_usable:.0%} of {self.n} samples usable".replace("%", " %")


class ValidationResult(Settings):
    """Result of a validation, with means over the measured points.

    Attributes:
        points: one for each target, in the order of the targets.

    >>> good = PointResult(x=0.1, y=0.1, n=60, n_usable=60, accuracy_deg=0.5, precision_sd_deg=0.1)
    >>> bad = PointResult(x=0.9, y=0.1, n=60, n_usable=0)
    >>> result = ValidationResult(points=(good, bad))
    >>> result.accuracy_deg, result.precision_rms_deg, result.share_usable
    (0.5, None, 0.5)
    >>> result.text
    'off by 0.50°, SD 0.10°, at 1 of 2 points; 50 % of 120 samples usable'
    """

    points: tuple[PointResult, ...]

    @property
    def measured(self) -> tuple[PointResult, ...]:
        """Points with at least one usable sample."""
        return tuple(point for point in self.points if point.accuracy_deg is not None)

    @property
    def accuracy_deg(self) -> float | None:
        """Mean accuracy over the points, None if none was measured."""
        return _mean([point.accuracy_deg for point in self.points])

    @property
    def precision_rms_deg(self) -> float | None:
        """Mean RMS precision over the points, None if none was measured."""
        return _mean([point.precision_rms_deg for point in self.points])

    @property
    def precision_sd_deg(self) -> float | None:
        """Mean SD precision over the points, None if none was measured."""
        return _mean([point.precision_sd_deg for point in self.points])

    @property
    def n(self) -> int:
        """Number of samples that counted."""
        return sum(point.n for point in self.points)

    @property
    def share_usable(self) -> float:
        """Share of usable samples over all points, 0 to 1; 0 if there are no samples."""
        return sum(point.n_usable for point in self.points) / self.n if self.n else 0.0

    @property
    def text(self) -> str:
        """Summary in one line."""
        if self.accuracy_deg is None:
            return f"not measured: no usable sample at any of {len(self.points)} points"
        where = f"at {len(self.measured)} of {len(self.points)} points"
        share = f"{self.share_usable:.0%}".replace("%", " %")
        return f"{_angles(self)}, {where}; {share} of {self.n} samples usable"


def _angles(result: PointResult | ValidationResult) -> str:
    parts = [f"off by {result.accuracy_deg:.2f}°"]
    if result.precision_rms_deg is not None:
        parts.append(f"RMS {result.precision_rms_deg:.2f}°")
    if result.precision_sd_deg is not None:
        parts.append(f"SD {result.precision_sd_deg:.2f}°")
    return ", ".join(parts)


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def point_result(
    target: tuple[float, float],
    samples: Sequence[Sample],
    shown: float,
    angles: Angles,
    *,
    settle_s: float = SETTLE_S,
) -> PointResult:
    """Compute accuracy and precision at one point.

    Samples before `shown + settle_s` count neither for the angles nor for the usable share.

    Args:
        target: x and y in image coordinates.
        samples: in image coordinates, ordered by time, until the point disappeared.
        shown: seconds on the clock of the samples at which the point appeared.
        angles: viewing angles of the image.
        settle_s: seconds for the eye to reach the point.

    >>> there = [Sample(0.01 * i, 0.5, 0.5) for i in range(100)]
    >>> point_result((0.5, 0.5), there, 0.0, Angles(ratio=0.5, aspect=1.0)).accuracy_deg
    0.0
    """
    counted = [sample for sample in samples if sample.t >= shown + settle_s]
    usable = np.array([sample.usable for sample in counted], dtype=bool)
    x = np.array([sample.x if sample.usable else np.nan for sample in counted], dtype=np.float64)
    y = np.array([sample.y if sample.usable else np.nan for sample in counted], dtype=np.float64)
    offsets = angles.between(x[usable], y[usable], *target)
    steps = angles.between(x[:-1], y[:-1], x[1:], y[1:])
    return PointResult(
        x=target[0],
        y=target[1],
        n=len(counted),
        n_usable=int(usable.sum()),
        accuracy_deg=float(offsets.mean()) if offsets.size else None,
        precision_rms_deg=_root_mean_square(steps[usable[:-1] & usable[1:]]),
        precision_sd_deg=_deviation(x[usable], y[usable], angles),
    )


def _root_mean_square(values: Numbers) -> float | None:
    return float(np.sqrt((values**2).mean())) if values.size else None


def _deviation(x: Numbers, y: Numbers, angles: Angles) -> float | None:
    """Standard deviation about the mean on the screen; None for fewer than two samples."""
    if len(x) < 2:
        return None
    return _root_mean_square(angles.between(x, y, float(x.mean()), float(y.mean())))
