"""Pictures that carry what they were made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from foveaview.files import colorize, save_png, to_uint8

__all__ = ["export_heatmap", "export_image"]


def export_image(path: Path, image: Tensor, about: dict[str, Any], content: str = "metamer") -> None:
    """Write the first of (N, C, H, W) in [0, 1] as an 8-bit PNG; raises `OSError` where that fails."""
    save_png(path, to_uint8(image), {**about, "content": content})


def export_heatmap(path: Path, heatmap: Tensor, about: dict[str, Any]) -> None:
    """Write a heatmap (1, 1, H, W) in cividis, dark at 0; its metadata gives the value of the bright end."""
    scale = {"content": "heatmap", "colormap": "cividis", "range": [0.0, float(heatmap.max())]}
    save_png(path, colorize(heatmap), {**about, **scale})
