"""Decoded samples of an image file, before conversion of depth, alpha, orientation and colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["MOST_STOPS", "Alpha", "Channels", "ColorTags", "Samples", "check_size"]

Channels = Literal["gray", "rgb", "cmyk"]
Alpha = Literal["none", "straight", "premultiplied"]

MOST_STOPS = 32.0
"""Largest exposure in stops, brighter or darker."""

_MOST_PIXELS = 100_000_000
_MOST_BYTES = 2 << 30


@dataclass(frozen=True)
class ColorTags:
    """Colour tags of a file as stated; `foveaview.io.developing` decides which one applies.

    Attributes:
        cicp: primaries and transfer as code points of ITU-T H.273.
        icc: embedded profile.
        is_srgb: True if the file is marked as sRGB.
        gamma: exponent from light to values, as in PNG's gAMA (0.45455 for most displays).
        primaries: x and y of red, green, blue and white.
        is_linear: True if values are proportional to light.
        named: colour space that is named but not described, such as "Adobe RGB (1998)".
    """

    cicp: tuple[int, int] | None = None
    icc: bytes | None = field(default=None, repr=False)
    is_srgb: bool = False
    gamma: float | None = None
    primaries: tuple[float, ...] | None = None
    is_linear: bool = False
    named: str | None = None


@dataclass(frozen=True, eq=False)
class Samples:
    """An image as stored in its file.

    Attributes:
        pixels: (H, W, C), unsigned integers or floats; alpha is the last channel if there is one.
        channels: kind of the other channels.
        bits: bits of an integer sample, with maximum 2**bits - 1; width of a float.
        format: format of the file, for messages.
        alpha: kind of transparency: none, straight, or premultiplied.
        orientation: 1 to 8, as in EXIF.
        color: colour tags of the file.
        notes: losses and choices so far, one phrase each.
    """

    pixels: npt.NDArray[Any]
    channels: Channels
    bits: int
    format: str
    alpha: Alpha = "none"
    orientation: int = 1
    color: ColorTags = ColorTags()
    notes: tuple[str, ...] = ()

    @property
    def is_float(self) -> bool:
        """Return True if the samples are floats."""
        return bool(np.issubdtype(self.pixels.dtype, np.floating))


size_is_known: Callable[[int, int, int], None] | None = None
"""Callback for a checked size: width, height and bytes per pixel; set by `foveaview.io.limits`."""


def check_size(width: int, height: int, bytes_per_pixel: int) -> None:
    """Refuse an image before its pixels are unpacked.

    Raises:
        ValueError: if there are no pixels, over 100 million, or over 2 GiB of them.

    >>> check_size(20_000, 10_000, 3)
    Traceback (most recent call last):
    ...
    ValueError: it has 20000 x 10000 px, over the limit of 100 million pixels: scale it down or crop it
    """
    if width <= 0 or height <= 0:
        raise ValueError(f"the image has no pixels: its size is {width} x {height}")
    size = f"it has {width} x {height} px"
    if width * height > _MOST_PIXELS:
        limit = f"{_MOST_PIXELS // 1_000_000} million pixels"
        raise ValueError(f"{size}, over the limit of {limit}: scale it down or crop it")
    if width * height * bytes_per_pixel > _MOST_BYTES:
        raise ValueError(
            f"{size} of {bytes_per_pixel} bytes, over the limit of {_MOST_BYTES >> 30} GiB: "
            "scale it down or save it with fewer bits or channels"
        )
    if size_is_known is not None:
        size_is_known(width, height, bytes_per_pixel)
