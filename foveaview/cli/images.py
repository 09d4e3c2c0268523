"""Reading of a command's images, with notes on what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from torch import Tensor

from foveaview.io.images import read_image

__all__ = ["load_images"]


def load_images(paths: Sequence[Path], exposure: float = 0.0) -> list[Tensor]:
    """Read images, and print on standard error what was converted, chosen or lost.

    Args:
        paths: the files; a file named twice is read once.
        exposure: stops to brighten linear and HDR light by.

    Raises:
        OSError: if one cannot be opened.
        ValueError: if one is unreadable, or if the exposure applies to none of them.
    """
    read = {path: read_image(path, exposure) for path in dict.fromkeys(paths)}
    for path, loaded in read.items():
        if loaded.notes:
            typer.echo(f"{path.name}: {loaded.label}", err=True)
    if exposure and not any(loaded.is_light for loaded in read.values()):
        raise ValueError(
            f"--exposure {exposure:g} applies to linear light (OpenEXR, HDR, PFM) and to PQ and HLG alone, "
            f"not to {paths[0].name}: leave it out"
        )
    return [read[path].image for path in paths]
