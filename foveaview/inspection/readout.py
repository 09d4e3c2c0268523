"""Numbers under a pixel, shared by the status bar, the table of points and its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from foveaview.files import replacing
from foveaview.live.frames import Heatmap, MapImage, Picture
from foveaview.live.jobs import Quality
from foveaview.perception.analysis.loss_breakdown import described
from foveaview.perception.geometry import geometry_at
from foveaview.settings import LossSettings
from foveaview.settings.view import Layer

__all__ = [
    "Readout",
    "Shown",
    "decimals",
    "points_csv",
    "save_points",
    "to_bytes",
    "value_under",
    "values_at",
]

_CHANNELS = {1: ("",), 3: ("_red", "_green", "_blue")}
_Color = tuple[float, ...]


class Shown(Protocol):
    """Source of the numbers: a target, and the latest results compared with it."""

    @property
    def target(self) -> Tensor:
        """(1, C, H, W) in [0, 1], on the CPU."""

    @property
    def gaze(self) -> tuple[float, float]:
        """(x, y) in image coordinates."""

    @property
    def loss_settings(self) -> LossSettings:
        """Settings of the loss."""

    @property
    def picture(self) -> Picture | None:
        """The candidate."""

    @property
    def heatmap(self) -> Heatmap | None:
        """Heatmap of the candidate's loss."""

    @property
    def map(self) -> MapImage | None:
        """The map on screen."""

    @property
    def quality(self) -> Quality:
        """Quality of candidate, heatmap and map."""

    @property
    def picture_changes(self) -> list[str]:
        """Changes since the candidate was made, in words."""

    @property
    def heatmap_changes(self) -> list[str]:
        """Changes since the heatmap was made, in words."""


@dataclass(frozen=True)
class Readout:
    """The numbers under one pixel.

    Attributes:
        pixel: column and row.
        gaze: (x, y) in image coordinates.
        eccentricity_deg: eccentricity in degrees.
        pooling_px: size of the pooling region, in pixels.
        target: the target's channels in [0, 1].
        candidate: the candidate's channels, None if there is no candidate.
        loss: the heatmap's value, the loss per pixel; None if there is no heatmap.
        term: term of the heatmap, followed by its parts if it shows only some of them.
        map: shown map and its value, None if there is no map.
        state: "full", "preview" for numbers of a smaller image, or "stale: " and the changes.
    """

    pixel: tuple[int, int]
    gaze: tuple[float, float]
    eccentricity_deg: float
    pooling_px: float
    target: _Color
    candidate: _Color | None = None
    loss: float | None = None
    term: str = "metameric"
    map: tuple[Layer, float] | None = None
    state: str = "full"

    @property
    def difference(self) -> _Color | None:
        """Candidate minus target, by channel; None if there is no candidate."""
        if self.candidate is None:
            return None
        return tuple(a - b for a, b in zip(self.candidate, self.target, strict=True))


def value_under(
    values: npt.NDArray[np.float32], pixel: tuple[int, int], size: tuple[int, int]
) -> tuple[float, ...]:
    """Return the values at a pixel of the full image.

    Args:
        values: (H', W') or (C, H', W'); a preview has fewer pixels than the full image.
        pixel: column and row in the full image.
        size: height and width of the full image.

    Returns:
        One value, or one for each channel.

    Raises:
        ValueError: if the pixel lies outside the image.

    >>> value_under(np.array([[0, 0.5]], np.float32), (3, 1), (2, 4))
    (0.5,)
    """
    (column, row), (height, width) = pixel, size
    if not (0 <= column < width and 0 <= row < height):
        raise ValueError(f"the pixel ({column}, {row}) lies outside the picture of {width} x {height} px")
    at = values[..., row * values.shape[-2] // height, column * values.shape[-1] // width]
    return tuple(float(value) for value in np.atleast_1d(at))


def to_bytes(color: Sequence[float]) -> tuple[int, ...]:
    """Convert channels in [0, 1] to bytes, rounded as on screen.

    >>> to_bytes((0.5, 0.25, 1.0))
    (128, 64, 255)
    """
    scaled = np.nan_to_num(np.asarray(color, np.float32)).clip(0, 1) * np.float32(255)
    return tuple(int(value) for value in np.rint(scaled))


def decimals(color: Sequence[float]) -> str:
    """Format channels with three decimals.

    >>> decimals((0.5, 0.25, 0.1))
    '0.500 0.250 0.100'
    """
    return " ".join(f"{value:.3f}" for value in color)


def values_at(shown: Shown, pixel: tuple[int, int]) -> Readout:
    """Read everything under a pixel (column, row); raises `ValueError` if it lies outside.

    >>> from foveaview.app.core.state import Document
    >>> import torch
    >>> target = torch.full((1, 1, 16, 16), 0.25)
    >>> document = Document(0, Path("gray.png"), target, np.zeros((16, 16), np.uint8), gaze=(0.2, 0.4))
    >>> readout = values_at(document, (3, 6))
    >>> readout.target, readout.candidate, readout.eccentricity_deg
    ((0.25,), None, 0.0)
    """
    height, width = size = (shown.target.shape[-2], shown.target.shape[-1])
    target = value_under(shown.target[0].numpy(), pixel, size)
    point = (pixel[0] / max(width - 1, 1), pixel[1] / max(height - 1, 1))
    eccentricity_deg, pooling_px = geometry_at(point, size, shown.gaze, shown.loss_settings)
    picture, heatmap, shown_map = shown.picture, shown.heatmap, shown.map
    return Readout(
        pixel,
        shown.gaze,
        eccentricity_deg,
        pooling_px,
        target,
        None if picture is None else value_under(picture.values, pixel, size),
        None if heatmap is None else value_under(heatmap.values, pixel, size)[0],
        "metameric" if heatmap is None else _term(heatmap),
        None if shown_map is None else (shown_map.layer, value_under(shown_map.values, pixel, size)[0]),
        _state(shown),
    )


def _term(heatmap: Heatmap) -> str:
    """Return the term of a heatmap, followed by its parts if it shows only some of them."""
    key = heatmap.key
    return (
        key.heatmap_of if key.heatmap_parts is None else f"{key.heatmap_of}, {described(key.heatmap_parts)}"
    )


def _state(shown: Shown) -> str:
    changes = dict.fromkeys([*shown.picture_changes, *shown.heatmap_changes])
    return f"stale: {', '.join(changes)}" if changes else shown.quality


def _header(channels: int) -> list[str]:
    colors = [
        f"{name}{channel}"
        for name in ("target", "candidate", "difference")
        for channel in _CHANNELS[channels]
    ]
    place = ["number", "x_px", "y_px", "gaze_x", "gaze_y", "eccentricity_deg", "pooling_px"]
    return [*place, *colors, "loss_per_pixel", "term", "state"]


def _row(number: int, point: Readout) -> list[int | str]:
    nothing = (None,) * len(point.target)
    numbers = (
        *point.gaze,
        point.eccentricity_deg,
        point.pooling_px,
        *point.target,
        *(point.candidate or nothing),
        *(point.difference or nothing),
        point.loss,
    )
    exact = ["" if value is None else repr(float(value)) for value in numbers]
    return [number, *point.pixel, *exact, point.term, point.state]


def points_csv(points: Sequence[Readout], delimiter: str = ",") -> str:
    """Return a CSV table of points of one image, exact to the last bit and identical on all platforms.

    A column name ends in its unit. Colours lie in [0, 1], the gaze is in image coordinates, and a missing
    number is empty.

    Raises:
        ValueError: if there are no points.

    >>> print(points_csv([Readout((3, 4), (0.5, 0.5), 1.5, 2.0, (0.1,), (0.25,), 1e-9)]))
    number,x_px,y_px,gaze_x,gaze_y,eccentricity_deg,pooling_px,target,candidate,difference,...
    1,3,4,0.5,0.5,1.5,2.0,0.1,0.25,0.15,1e-09,metameric,full...
    """
    if not points:
        raise ValueError("there are no points: pin some pixels with Alt+click first")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(_header(len(points[0].target)))
    writer.writerows(_row(number, point) for number, point in enumerate(points, start=1))
    return text.getvalue()


def save_points(path: Path | str, points: Sequence[Readout]) -> None:
    """Write `points_csv` to a file; raises `ValueError` if there are none, `OSError` if writing fails."""
    text = points_csv(points)
    with replacing(Path(path)) as part:
        part.write_text(text, encoding="utf-8", newline="")
