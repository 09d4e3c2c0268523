"""Conversion of positions on a screen to positions in an image, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foveaview.gaze.sample import Sample, Unit

__all__ = ["Placement", "screen_size"]

Numbers = npt.NDArray[np.float64]

_LARGEST_SCREEN_PX, _NONE = 1_000_000, 1e300


def screen_size(width: float, height: float) -> tuple[int, int]:
    """Round a screen's width and height to whole pixels; raises `ValueError` if they are out of range.

    >>> screen_size(1919.9, 1080)
    (1920, 1080)
    """
    if not all(0.5 < side <= _LARGEST_SCREEN_PX for side in (width, height)):
        most, got = (
            f"{_LARGEST_SCREEN_PX:,}",
            " x ".join(f"{min(side, _NONE):.6g}" for side in (width, height)),
        )
        raise ValueError(f"a screen must be 1 to {most} px wide and high, got {got}")
    return round(width), round(height)


@dataclass(frozen=True)
class Placement:
    """Position of an image on a screen, in pixels of the screen.

    Attributes:
        screen: width and height of the screen.
        left, top: edges of the image's first pixel.
        scale: screen pixels per image pixel.
        size: height and width of the image in its own pixels.

    >>> placement = Placement.fitted((1920, 1080), (540, 540))
    >>> placement.left, placement.scale
    (420.0, 2.0)
    >>> x, y = placement.to_image(0.5, 0.5, "screen")
    >>> float(x), float(y)
    (0.5, 0.5)
    """

    screen: tuple[int, int]
    left: float
    top: float
    scale: float
    size: tuple[int, int]

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (self.left, self.top, self.scale)))
        if min(self.screen) < 1 or min(self.size) < 2 or not finite or self.scale <= 0:
            raise ValueError(
                f"an image needs 2 px or more, a finite position and a positive scale, got {self}"
            )

    @classmethod
    def fitted(cls, screen: tuple[int, int], size: tuple[int, int]) -> Placement:
        """Place the image in the middle of a screen, as large as fits."""
        return cls.centred(screen, size, min(screen[0] / size[1], screen[1] / size[0]))

    @classmethod
    def centred(cls, screen: tuple[int, int], size: tuple[int, int], scale: float = 1.0) -> Placement:
        """Place the image in the middle of a screen."""
        left, top = (screen[0] - size[1] * scale) / 2, (screen[1] - size[0] * scale) / 2
        return cls(screen, left, top, scale, size)

    def to_image(
        self, x: Numbers | float, y: Numbers | float, unit: Unit
    ) -> tuple[Numbers | float, Numbers | float]:
        """Convert positions in a unit to image coordinates, which may lie outside [0, 1]."""
        if unit == "image":
            return x, y
        across, down = self.screen if unit == "screen" else (1, 1)
        height, width = self.size
        column = (x * across - self.left) / self.scale - 0.5
        row = (y * down - self.top) / self.scale - 0.5
        return column / (width - 1), row / (height - 1)

    def to_px(self, x: Numbers | float, y: Numbers | float) -> tuple[Numbers | float, Numbers | float]:
        """Convert image coordinates to pixels of the screen."""
        height, width = self.size
        column, row = x * (width - 1) + 0.5, y * (height - 1) + 0.5
        return self.left + column * self.scale, self.top + row * self.scale

    def placed(self, sample: Sample) -> Sample:
        """Convert a sample to image coordinates."""
        if sample.unit == "image":
            return sample
        x, y = self.to_image(sample.x, sample.y, sample.unit)
        return sample.at(float(x), float(y), "image")
