"""Images with the settings that they were made with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
from torch import Tensor

from foveaview.export.deep_png import save_deep_png
from foveaview.files import SETTINGS_KEY, replacing, save_png, to_uint8
from foveaview.io.color_tags import srgb_profile
from foveaview.io.colormaps import Scale

__all__ = ["Bits", "check_heatmap_path", "export_heatmap", "export_image"]

Bits = Literal[8, 16, 32]

_BITS: dict[str, tuple[Bits, ...]] = {".png": (8, 16), ".tif": (32,), ".tiff": (32,)}


def _checked_bits(path: Path, bits: Bits | None) -> Bits:
    possible = _BITS.get(path.suffix.lower())
    if possible is None:
        raise ValueError(f"{path.name}: an image is written as .png or .tif, got {path.suffix!r}")
    if bits is None:
        return possible[0]
    if bits not in possible:
        numbers = " or ".join(map(str, possible))
        raise ValueError(f"{path.name}: {path.suffix} is written with {numbers} bits a channel, got {bits}")
    return bits


def _channels_last(image: Tensor) -> Any:
    """Return the first of (N, C, H, W) as (H, W) or (H, W, 3)."""
    values = image[0].detach().cpu().permute(1, 2, 0)
    return (values[..., 0] if values.shape[-1] == 1 else values).contiguous().numpy()


def export_image(
    path: Path, image: Tensor, about: dict[str, Any], content: str = "metamer", bits: Bits | None = None
) -> None:
    """Write an image as PNG of 8 or 16 bits a channel, or losslessly as TIFF of float32.

    The settings are in the PNG's text "foveaview", or in the TIFF's ImageDescription, as JSON. PNG is marked
    as sRGB by a chunk, TIFF by a profile. `foveaview.files.load_image` reads the same numbers back.

    Args:
        path: a file that ends in .png, .tif or .tiff.
        image: (N, C, H, W) in [0, 1], of which the first is written, C 1 or 3.
        about: settings and versions that it was made with.
        content: kind of image, kept with the settings.
        bits: bits a channel; None for 8 in PNG and 32 in TIFF.

    Raises:
        ValueError: for another ending, or bits that the format does not support.
        OSError: if it cannot be written.
    """
    path, settings = Path(path), {**about, "content": content}
    bits = _checked_bits(path, bits)
    if bits == 8:
        save_png(path, to_uint8(image), settings)
    elif bits == 16:
        pixels = (_channels_last(image.double()).clip(0, 1) * 65535).round().astype(np.uint16)
        save_deep_png(path, pixels, {SETTINGS_KEY: json.dumps(settings)})
    else:
        pixels = _channels_last(image.float())
        kind = "minisblack" if pixels.ndim == 2 else "rgb"
        with replacing(path) as part:
            tifffile.imwrite(
                part,
                pixels,
                photometric=kind,
                description=json.dumps(settings),
                metadata=None,
                iccprofile=srgb_profile(1 if pixels.ndim == 2 else 3),
            )


def check_heatmap_path(path: Path) -> None:
    """Raise `ValueError` if the name of a heatmap's file does not end in .png.

    >>> check_heatmap_path(Path("heat.jpg"))
    Traceback (most recent call last):
    ...
    ValueError: heat.jpg: a heatmap is written as .png, got '.jpg'
    """
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path.name}: a heatmap is written as .png, got {path.suffix!r}")


def export_heatmap(path: Path, heatmap: Tensor, about: dict[str, Any], scale: Scale | None = None) -> None:
    """Write a heatmap (1, 1, H, W) as PNG of the same size; its metadata gives colormap, range and unit.

    Raises:
        ValueError: for another ending than .png, or an invalid scale.
        OSError: if it cannot be written.
    """
    check_heatmap_path(path)
    scale = (scale or Scale()).of(heatmap)
    save_png(path, scale.colorize(heatmap), {**about, "content": "heatmap", **scale.about()})
