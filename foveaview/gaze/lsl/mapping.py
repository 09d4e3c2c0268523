"""Mapping of a stream's channels to gaze."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from foveaview.gaze.binocular import merged_eyes
from foveaview.gaze.origin import from_top_left
from foveaview.gaze.sample import Sample, Unit
from foveaview.settings import Settings
from foveaview.settings.recording import Origin

__all__ = ["Mapping", "merged", "samples_of"]

Numbers = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

# Values farther away are not gaze: several screens, and less than EyeLink's -32768 for "missing".
_FARTHEST = {"image": 5.0, "screen": 5.0, "px": 20_000.0}


def _channel(title: str, description: str, default: Any = None) -> Any:
    return Field(default, title=title, description=description, ge=0, le=100_000)


def _number(default: float, title: str, description: str) -> Any:
    return Field(default, title=title, description=description)


class Mapping(Settings):
    """Assignment of channels to gaze, with their unit, origin and scale; channels count from 0.

    A coordinate becomes channel * scale + offset. It is then converted to an origin at the top left with y
    downwards; for pixels, this uses the size of the screen.

    >>> Mapping(x=1, y=2, confidence=0, origin="bottom-left").channels
    3
    >>> Mapping(x=1, y=1)
    Traceback (most recent call last):
    ...
    ValueError: x and y are both channel 1: choose two different ones
    """

    x: int = _channel("x", "Channel of x; of the left eye if the right eye has its own.", 0)
    y: int = _channel("y", "Channel of y; of the left eye if the right eye has its own.", 1)
    x_right: int | None = _channel("x, right eye", "Channel of the right eye's x, if it has its own.")
    y_right: int | None = _channel("y, right eye", "Channel of the right eye's y, if it has its own.")
    confidence: int | None = _channel("Confidence", "Channel of the tracker's confidence.")
    threshold: float = _number(0.6, "Least confidence", "Samples with less confidence count as missing.")
    unit: Unit = Field("screen", title="Unit", description="Unit of x and y after scaling.")
    origin: Origin = Field(
        "top-left", title="Origin", description="Point at which x and y are 0, and the direction of y."
    )
    width_px: int = Field(
        1920,
        title="Width",
        description="Width of the screen in pixels; needed if pixels count from its centre.",
        ge=1,
    )
    height_px: int = Field(
        1080,
        title="Height",
        description="Height of the screen in pixels; needed unless pixels count from the top left.",
        ge=1,
    )
    scale_x: float = _number(1.0, "Scale of x", "Factor of x, such as 0.01 for percent.")
    scale_y: float = _number(1.0, "Scale of y", "Factor of y, such as 0.01 for percent.")
    offset_x: float = _number(0.0, "Offset of x", "Added to x after scaling.")
    offset_y: float = _number(0.0, "Offset of y", "Added to y after scaling.")
    zero_is_missing: bool = Field(
        False, title="0, 0 is missing", description="An eye at exactly 0, 0 was not seen."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_before(cls, values: Any) -> Any:
        """Convert the `y_up` field of earlier versions to an origin."""
        if isinstance(values, dict) and "y_up" in values:
            values = dict(values)
            if values.pop("y_up"):
                values["origin"] = "bottom-left"
        return values

    @model_validator(mode="after")
    def _check_eyes(self) -> Self:
        if (self.x_right is None) != (self.y_right is None):
            raise ValueError("the right eye needs both x and y, or neither")
        for x, y in self.eyes:
            if x == y:
                raise ValueError(f"x and y are both channel {x}: choose two different ones")
        return self

    @property
    def eyes(self) -> list[tuple[int, int]]:
        """Channels of x and y of each eye."""
        right = [] if self.x_right is None or self.y_right is None else [(self.x_right, self.y_right)]
        return [(self.x, self.y), *right]

    @property
    def channels(self) -> int:
        """Number of channels that a stream must have."""
        used = [channel for eye in self.eyes for channel in eye]
        return max(used if self.confidence is None else [*used, self.confidence]) + 1


def _eye(mapping: Mapping, raw_x: Numbers, raw_y: Numbers) -> tuple[Numbers, Numbers]:
    x = raw_x * mapping.scale_x + mapping.offset_x
    y = raw_y * mapping.scale_y + mapping.offset_y
    _, x, y = from_top_left((x, y), mapping.unit, mapping.origin, (mapping.width_px, mapping.height_px))
    farthest = _FARTHEST[mapping.unit]
    seen = (np.abs(x) <= farthest) & (np.abs(y) <= farthest)  # no comparison with NaN holds
    if mapping.zero_is_missing:
        seen &= (raw_x != 0) | (raw_y != 0)
    return np.where(seen, x, np.nan), np.where(seen, y, np.nan)


def merged(mapping: Mapping, values: npt.ArrayLike) -> tuple[Numbers, Numbers, Booleans]:
    """Combine the gaze of both eyes: the mean if both were seen, or the one that was seen.

    Args:
        mapping: mapping of the channels.
        values: (n, channels), as received.

    Returns:
        x, y and their validity, (n,) each; x and y are NaN if neither eye was seen on or near the screen, or
        if the confidence is below its threshold.

    Raises:
        ValueError: if there are fewer channels than the mapping reads.

    >>> x, y, valid = merged(Mapping(x=0, y=1, x_right=2, y_right=3), [[0.25, 0.5, 0.75, 0.5]])
    >>> float(x[0]), float(y[0]), bool(valid[0])
    (0.5, 0.5, True)
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] < mapping.channels:
        have = rows.shape[1] if rows.ndim == 2 else 0
        raise ValueError(
            f"the mapping reads channel {mapping.channels - 1}, but the stream has {have} channels"
        )
    with np.errstate(all="ignore"):
        eyes = [_eye(mapping, rows[:, x], rows[:, y]) for x, y in mapping.eyes]
        sure = True if mapping.confidence is None else rows[:, mapping.confidence] >= mapping.threshold
    x, y = merged_eyes(*eyes) if len(eyes) == 2 else eyes[0]
    valid = np.isfinite(x) & sure
    return np.where(valid, x, np.nan), np.where(valid, y, np.nan), valid


def samples_of(mapping: Mapping, times: Numbers, values: npt.ArrayLike, origin: str = "") -> list[Sample]:
    """Convert rows of channels to samples.

    Args:
        mapping: mapping of the channels.
        times: (n,) seconds on the clock of `now`.
        values: (n, channels).
        origin: name of the source.

    Raises:
        ValueError: if there are fewer channels than the mapping reads.

    >>> samples_of(Mapping(origin="bottom-left"), np.array([1.0]), [[0.5, 0.75]])[0].y
    0.25
    """
    x, y, valid = merged(mapping, values)
    unit = mapping.unit
    rows = zip(times.tolist(), x.tolist(), y.tolist(), valid.tolist(), strict=True)
    return [Sample(t, across, down, seen, unit, origin) for t, across, down, seen in rows]
