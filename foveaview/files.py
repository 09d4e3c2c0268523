"""Reading of images, writing of images and losses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

from foveaview.io.assets import resource
from foveaview.io.atomic_write import check_writable, replacing
from foveaview.io.color_tags import PNG_SRGB
from foveaview.io.colormaps import colorize, colormap, colormap_names
from foveaview.io.embedded_text import SETTINGS_KEY, parsed_settings, read_png_settings
from foveaview.io.images import load_image

__all__ = [
    "SETTINGS_KEY",
    "check_same_size",
    "check_writable",
    "colorize",
    "colormap",
    "colormap_names",
    "load_image",
    "parsed_settings",
    "png_information",
    "read_png_settings",
    "replacing",
    "resource",
    "save_losses",
    "save_png",
    "to_uint8",
]


def to_uint8(image: Tensor) -> npt.NDArray[np.uint8]:
    """Convert the first image of (N, C, H, W) in [0, 1] to (H, W) or (H, W, 3) bytes.

    >>> to_uint8(torch.full((1, 1, 1, 2), 0.5))
    array([[128, 128]], dtype=uint8)
    """
    values = (image[0].detach().clamp(0, 1) * 255).round().to(torch.uint8)
    pixels: npt.NDArray[np.uint8] = values.permute(1, 2, 0).cpu().numpy()
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def save_png(path: Path | str, pixels: npt.NDArray[np.uint8], settings: dict[str, Any]) -> None:
    """Write bytes as a PNG in sRGB that carries its settings; raises `OSError` if that fails."""
    with replacing(Path(path)) as part:
        Image.fromarray(pixels).save(part, format="PNG", pnginfo=png_information(settings))


def png_information(settings: dict[str, Any]) -> PngImagePlugin.PngInfo:
    """Return chunks for Pillow to write: sRGB, and the settings as text."""
    information = PngImagePlugin.PngInfo()
    information.add(*PNG_SRGB)
    information.add_itxt(SETTINGS_KEY, json.dumps(settings))
    return information


def check_same_size(image: Tensor, target: Tensor, path: Path, target_path: Path) -> None:
    """Raise `ValueError` if two images differ in size."""
    (h, w), (th, tw) = image.shape[-2:], target.shape[-2:]
    if (h, w) != (th, tw):
        raise ValueError(f"{path} is {w} x {h} px, {target_path} {tw} x {th} px: they must have one size")


def save_losses(path: Path | str, losses: list[float], terms: dict[str, list[float]] | None = None) -> None:
    """Write iteration, loss and terms as CSV, exact to the last bit; raises `OSError` if that fails."""
    terms = terms or {}
    with replacing(Path(path)) as part, part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["iteration", "loss", *terms])
        columns = zip(losses, *terms.values(), strict=True)
        writer.writerows((i, *map(repr, row)) for i, row in enumerate(columns))
