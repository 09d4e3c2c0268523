"""Image files as sRGB tensors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.io.developing import Developed
from foveaview.io.isolation import decode_apart
from foveaview.io.samples import MOST_STOPS
from foveaview.perception.interruption import check_interruption

__all__ = ["LoadedImage", "load_image", "read_image"]


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """An image and notes on its conversion.

    Attributes:
        image: (1, C, H, W) float32 in [0, 1], C 1 or 3, sRGB.
        format: format of the file, such as "PNG".
        bits: bits per sample in the file.
        is_light: True if the file holds light that may exceed white, so that exposure applies.
        notes: conversions, choices and losses, one phrase each; empty if the values are the file's own.
    """

    image: Tensor
    format: str
    bits: int
    is_light: bool = False
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Format, depth and notes on one line.

        >>> LoadedImage(torch.zeros(1, 1, 1, 1), "PFM", 32, True, ("linear light converted to sRGB",)).label
        'PFM, 32 bits: linear light converted to sRGB'
        """
        about = f"{self.format}, {self.bits} bits"
        return f"{about}: {'; '.join(self.notes)}" if self.notes else about


def _unit(pixels: npt.NDArray[Any]) -> Tensor:
    """Convert (H, W) or (H, W, C) to (1, C, H, W) float32."""
    planes = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    values = np.ascontiguousarray(planes).astype(np.float32)
    if pixels.dtype.kind == "u":
        values /= np.float32(255 if pixels.dtype == np.uint8 else 65535)
    return torch.from_numpy(values)[None]


def _loaded(found: Developed) -> LoadedImage:
    return LoadedImage(_unit(found.pixels), found.format, found.bits, found.is_light, found.notes)


def read_image(path: Path | str, exposure: float = 0.0) -> LoadedImage:
    """Read an image file, with notes on its conversion.

    The guide (`resources/guide/files.md`) lists the formats and how each is read. The file is decoded in
    another process with limits on memory and time.

    Args:
        path: path of the file.
        exposure: stops by which linear light (OpenEXR, Radiance HDR, PFM) and HDR (PQ, HLG) are
            brightened, -32 to 32; no effect on other images.

    Raises:
        OSError: if the file cannot be opened.
        ValueError: if it is not an image, unsupported, damaged, over 100 million pixels, or takes
            too much memory or time; the message names the file and a remedy, on one line.

    >>> from foveaview.files import resource
    >>> read_image(resource("samples/coffee.png")).label
    'PNG, 8 bits'
    """
    if not -MOST_STOPS <= exposure <= MOST_STOPS:
        raise ValueError(f"an exposure of {exposure:g} stops: expected {-MOST_STOPS:g} to {MOST_STOPS:g}")
    return _loaded(decode_apart(Path(path), exposure, check_interruption))


def load_image(path: Path | str, exposure: float = 0.0) -> Tensor:
    """Read an image file as sRGB.

    Grayscale stays one channel; palettes and CMYK become RGB; transparency is composited over white; the
    image is turned upright. 16 bits and floats keep their precision. Embedded profiles are converted, and so
    are other colour descriptions of PNG, AVIF and JPEG XL; linear light is encoded, and HDR is tone-mapped.
    Only the first frame of an animation is read. `read_image` reports which of these happened.

    Args:
        path: path of the file.
        exposure: see `read_image`.

    Returns:
        (1, C, H, W) float32 in [0, 1], C 1 or 3.

    Raises:
        OSError: if the file cannot be opened.
        ValueError: as `read_image` does.

    >>> from foveaview.files import resource
    >>> load_image(resource("samples/coffee.png")).shape
    torch.Size([1, 3, 400, 600])
    """
    return read_image(path, exposure).image
