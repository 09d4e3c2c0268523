"""Contributions of a level's pixels to the loss, as functions of their level of detail.

A pixel's pooled statistics are a hat-weighted sum of two mips. They depend on the gaze through the pixel's
level of detail alone, and so does the pixel's contribution to the loss. Between two integer levels of detail
the contribution is a smooth function of one number, which is tabulated here: each unit is divided into cells,
and in each cell the function is the parabola through its values at both ends and in the middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from foveaview.perception.interruption import check_interruption

__all__ = ["Contributions"]

_BLOCK_PIXELS = 1 << 17


class Contributions:
    """A function of the level of detail for each pixel of a level.

    Args:
        at: returns the values, (H, W), if every pixel has the given level of detail.
        last: the largest level of detail; larger ones are clamped to it.
        cells: number of cells per unit.

    >>> squares = Contributions(lambda lod: torch.full((2, 2), lod**2), last=3)
    >>> squares(torch.tensor([[[0.0, 0.5], [1.25, 9.0]]]))
    tensor([[[0.0000, 0.2500],
             [1.5625, 9.0000]]])
    """

    def __init__(self, at: Callable[[float], Tensor], last: int, cells: int = 8) -> None:
        self._at, self._last, self._cells = at, last, cells
        self._value = at(0.0)
        self._table = self._value.new_empty(3, 0, self._value.numel())
        self._pixel = torch.arange(self._value.numel(), device=self._value.device).view(self._value.shape)

    def cover(self, largest: float) -> None:
        """Tabulate up to the largest level of detail that will be requested."""
        units = min(max(math.ceil(largest), 1), self._last)
        done = self._table.shape[1]
        if units * self._cells > done:
            table = self._table.new_empty(3, units * self._cells, self._table.shape[2])
            table[:, :done] = self._table
            self._table = table
            for cell in range(done, units * self._cells):
                self._fill(cell)

    def _fill(self, cell: int) -> None:
        check_interruption()
        start = self._value
        middle, self._value = (self._at((cell + part) / self._cells) for part in (0.5, 1.0))
        value, slope, bend = self._table[:, cell].view(3, *start.shape)
        value.copy_(start)
        torch.sub(self._value, start, out=slope)
        torch.sub(self._value + start, middle, alpha=2, out=bend).mul_(2)
        slope.sub_(bend)

    def __call__(self, lod: Tensor) -> Tensor:
        """The values at levels of detail (B, H, W), each 0 or more."""
        self.cover(float(lod.max()))
        values = torch.empty_like(lod)
        # by blocks of rows, so that their part of the table stays in the cache for all the maps
        each = max(1, _BLOCK_PIXELS // (len(lod) * lod.shape[-1]))
        for first in range(0, lod.shape[1], each):
            rows = slice(first, first + each)
            values[:, rows] = self._looked_up(lod[:, rows], self._pixel[rows])
        return values

    def _looked_up(self, lod: Tensor, pixel: Tensor) -> Tensor:
        place = (lod * self._cells).clamp_(max=self._last * self._cells)
        cell = place.floor().clamp_(max=self._table.shape[1] - 1)
        place = place.sub_(cell)
        index = cell.long().mul_(self._table.shape[2]).add_(pixel).flatten()
        value, slope, bend = (
            plane.flatten().index_select(0, index).view(lod.shape).to(lod.dtype) for plane in self._table
        )
        return bend.mul_(place).add_(slope).mul_(place).add_(value)
