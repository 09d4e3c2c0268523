"""Upsampling of a coarse map to the size of an image, with the same mean."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["spread"]


def _shares(pixels: int, cells: int) -> Tensor:
    """Share of each pixel in each of the cells that divide its line evenly, (pixels, cells) float64.

    >>> _shares(3, 2).round(decimals=3).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    edges, starts = torch.arange(pixels + 1)[:, None] * cells, torch.arange(cells) * pixels
    return (edges - starts).clamp(0, pixels).diff(dim=0).double() / cells


def spread(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Spread (N, 1, h, w) over an image of (H, W) pixels: each pixel has the mean of the cells it lies in.

    All cells cover equal shares of the image, so the mean does not change.
    """
    for dim, pixels in zip((-2, -1), size, strict=True):
        if maps.shape[dim] != pixels:
            shares = _shares(pixels, maps.shape[dim]).to(maps)
            maps = shares @ maps if dim == -2 else maps @ shares.T
    return maps
