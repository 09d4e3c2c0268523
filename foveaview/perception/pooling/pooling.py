"""Pooling at a gaze: each pixel becomes the mean over its own pooling region.

The pooled value is a sum over mip levels k of max(0, 1 - |lod - k|) times mip k, looked up bilinearly. It
is linear in the image and depends on the gaze alone, so it is held as a matrix: the full-size mip
contributes a diagonal, the coarser mips at most eight entries a row. The gradient is the transpose.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.autograd import LinearMap, constants
from foveaview.perception.interruption import check_interruption
from foveaview.perception.pooling.mips import (
    add_spread,
    coarser_mips,
    halve,
    level_weight,
    mip_sizes,
    pool_by_interpolation,
)
from foveaview.perception.pooling.row_blocks import Block, csr_matrix, multiply_blocks

__all__ = ["LinearPooling", "Pooling", "PoolingAdjoint", "PoolingOperator"]

_BLOCK_PIXELS = 1 << 17
_LEAST_ENTRIES = 1 << 15  # of a part of the transposed matrix


class Pooling(Protocol):
    """Mean over each pixel's own region: linear in the image, and fixed by the gaze.

    Statistics only call it. `LinearPooling` makes one from a map and its transpose.
    """

    def __call__(self, image: Tensor, /) -> Tensor:
        """Pool (N, C, H, W); the result is differentiable and has the same shape."""


@dataclass(frozen=True, eq=False)
class LinearPooling:
    """Pooling by a given map and its transpose.

    Attributes:
        forward: pools (N, C, H, W).
        adjoint: the transpose: <forward(x), y> = <x, adjoint(y)> for all x and y.

    >>> halves = LinearPooling(lambda x: (x + x.roll(1, -1)) / 2, lambda y: (y + y.roll(-1, -1)) / 2)
    >>> halves(torch.tensor([[[[0.0, 1.0]]]]))
    tensor([[[[0.5000, 0.5000]]]])
    """

    forward: Callable[[Tensor], Tensor]
    adjoint: Callable[[Tensor], Tensor]

    def __call__(self, image: Tensor) -> Tensor:
        """Pool (N, C, H, W)."""
        (pooled,) = LinearMap(lambda x: (self.forward(x),), lambda y: (self.adjoint(y),))(image)
        return pooled


@dataclass(frozen=True)
class _Taps:
    """The two nearest positions in each coarser mip of each full-size position, along one axis.

    Attributes:
        lower, upper: (mips, positions) int32.
        fraction: (mips, positions), the weight of the upper position.
    """

    lower: Tensor
    upper: Tensor
    fraction: Tensor

    @classmethod
    def of(cls, counts: Tensor, count: int, dtype: torch.dtype) -> _Taps:
        position = torch.arange(count, dtype=torch.float64) + 0.5
        source = (position * (counts[:, None] / count) - 0.5).clamp(min=0)
        lower = source.floor()
        upper = torch.minimum(lower + 1, counts[:, None] - 1)
        return cls(lower.int(), upper.int(), (source - lower).to(dtype))


def _looked_up(tables: list[Tensor], index: Tensor) -> list[Tensor]:
    """Look up entries of flat tables; each result has the shape of the index."""
    return [table.index_select(0, index.flatten()).view(index.shape) for table in tables]


class PoolingAdjoint:
    """The transpose of a pooling, after a weight for each pixel.

    Args:
        operator: the pooling.
        weight: (H, W), or None for 1.

    >>> operator = PoolingOperator(torch.full((8, 8), 9.0), torch.float32, torch.device("cpu"))
    >>> adjoint = PoolingAdjoint(operator, torch.full((8, 8), 2.0))
    >>> float(adjoint.coarse(torch.ones(64, 1)).sum())  # all 64 pixels pooled into one, twice
    128.0
    """

    def __init__(self, operator: PoolingOperator, weight: Tensor | None = None) -> None:
        self._sizes = operator.sizes[1:]
        column, value = operator.column, operator.value
        rows, entries = column.shape
        self._count = sum(height * width for height, width in self._sizes)
        counts = torch.bincount(column.flatten(), minlength=self._count)
        crow = F.pad(counts.cumsum(0), (1, 0))
        pixel = torch.empty(rows * entries, dtype=torch.int32, device=column.device)
        values = value.new_empty(rows * entries)
        free = crow[:-1].clone()  # place of the next entry of each row
        # block by block, because torch's own transpose of the whole takes several times the memory
        for block in operator.blocks:
            check_interruption()
            matrix = block.matrix
            if weight is not None:
                own = value[block.rows] * weight.flatten()[block.rows, None]
                matrix = csr_matrix(
                    matrix.crow_indices(), matrix.col_indices(), own.flatten(), (len(own), self._count)
                )
            flipped = matrix.to_sparse_csc()
            starts = flipped.ccol_indices().long()
            there = starts.diff()
            place = torch.repeat_interleave(free - starts[:-1], there)
            place += torch.arange(len(place), device=place.device)
            pixel[place] = (flipped.row_indices() + block.rows.start).to(torch.int32)
            values[place] = flipped.values()
            free += there
        self._blocks = self._cut(crow, pixel, values, rows)

    @staticmethod
    def _cut(crow: Tensor, pixel: Tensor, values: Tensor, columns: int) -> list[Block]:
        """Cut the matrix into blocks with equal numbers of entries.

        Rows of coarse mips have many more entries than those of fine ones. Threads that share a product by
        its rows would otherwise wait for each other.
        """
        total = len(values)
        each = total if values.is_cuda else max(total // 8, _LEAST_ENTRIES)
        wanted = torch.arange(0, total, each, device=crow.device)
        cuts = [*torch.searchsorted(crow, wanted).unique().tolist(), len(crow) - 1]
        blocks = []
        for first, last in itertools.pairwise(cuts):
            if first < last:
                start, stop = int(crow[first]), int(crow[last])
                part = (crow[first : last + 1] - start).to(torch.int32)
                size = (last - first, columns)
                matrix = csr_matrix(part, pixel[start:stop], values[start:stop], size)
                blocks.append(Block(slice(first, last), matrix))
        return blocks

    def multiply(self, rows: Tensor) -> Tensor:
        """Apply the transposed matrix to (P, K); return the stacked coarser mips."""
        return multiply_blocks(self._blocks, self._count, rows)

    def coarse(self, rows: Tensor) -> Tensor:
        """Apply the transposes of the matrix and of the halvings between mips to (P, K).

        Returns:
            (H / 2, W / 2, K), the input of the transpose of the first halving.
        """
        parts = self.multiply(rows).split([height * width for height, width in self._sizes])
        mips = [part.view(*size, -1) for part, size in zip(parts, self._sizes, strict=True)]
        for finer, coarser in zip(reversed(mips[:-1]), reversed(mips[1:]), strict=True):
            add_spread(finer, coarser)
        return mips[0]


class PoolingOperator:
    """Pooling at given levels of detail, prepared for repeated use.

    Args:
        lod: (H, W) levels of detail, 0 or more.
        dtype: float32 or float64, of the images to be pooled.
        device: of the images to be pooled.

    >>> operator = PoolingOperator(torch.full((8, 8), 1.5), torch.float32, torch.device("cpu"))
    >>> operator(torch.ones(2, 3, 8, 8)).shape
    torch.Size([2, 3, 8, 8])
    """

    def __init__(self, lod: Tensor, dtype: torch.dtype, device: torch.device) -> None:
        self.size = (lod.shape[0], lod.shape[1])
        sizes = mip_sizes(self.size)
        check_interruption()
        lod = lod.clamp(max=len(sizes) - 1).to(dtype)
        # leave out mips that no pixel uses, but the matrix needs at least one coarser mip
        self.sizes = sizes[: max(math.ceil(float(lod.max())), 1) + 1]
        self.finest_weight = level_weight(lod, 0).to(device)
        # MPS has no sparse matrices: interpolate each mip to full size there
        self.has_matrix = device.type != "mps"
        if self.has_matrix:
            column, value = self._build(lod.cpu(), self.sizes)
            self.column, self.value = column.to(device), value.to(device)
            self.blocks = self._blocks(sum(height * width for height, width in self.sizes[1:]))
        else:
            self.lod = lod.to(device)

    def _blocks(self, columns: int) -> list[Block]:
        """Cut the matrix into blocks whose share of the images fits the cache; a GPU takes it whole."""
        rows, entries = self.column.shape
        each = rows if self.value.is_cuda else _BLOCK_PIXELS
        crow = torch.arange(
            0, min(each, rows) * entries + 1, entries, dtype=torch.int32, device=self.column.device
        )
        blocks = []
        for first in range(0, rows, each):
            part = slice(first, min(first + each, rows))
            count = part.stop - part.start
            column, value = self.column[part].flatten(), self.value[part].flatten()
            blocks.append(Block(part, csr_matrix(crow[: count + 1], column, value, (count, columns))))
        return blocks

    @staticmethod
    def _build(lod: Tensor, sizes: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """Return columns and values, (P, 8) each.

        Each pixel has a row, with four entries in each of the two mips next to its level of detail.
        """
        heights, widths = torch.tensor(sizes[1:], dtype=torch.float64).T
        height, width = lod.shape
        starts = torch.cumsum(heights * widths, dim=0) - heights * widths
        rows, columns = _Taps.of(heights, height, lod.dtype), _Taps.of(widths, width, lod.dtype)
        tops = [(starts[:, None] + taps * widths[:, None]).int() for taps in (rows.lower, rows.upper)]
        down_tables = [table.flatten() for table in (*tops, rows.fraction)]
        across_tables = [table.flatten() for table in (columns.lower, columns.upper, columns.fraction)]
        last = len(sizes) - 1
        column_index = torch.empty(height, width, 8, dtype=torch.int32)
        values = torch.empty(height, width, 8, dtype=lod.dtype)
        across = torch.arange(width, dtype=torch.int32)
        block = max(1, _BLOCK_PIXELS // width)
        for first in range(0, height, block):
            check_interruption()
            part = slice(first, min(first + block, height))
            own = lod[part]
            down = torch.arange(part.start, part.stop, dtype=torch.int32)[:, None]
            finer = own.floor().clamp_(min=1, max=last)
            for side in (0, 1):
                mip = (finer + side).clamp_(max=last)
                weight = level_weight(own, mip)
                if side == 1:
                    weight *= mip > finer
                index = mip.int().sub_(1)
                top, bottom, low = _looked_up(down_tables, index * height + down)
                left, right, far = _looked_up(across_tables, index * width + across)
                lower = weight * low
                upper = weight.sub_(lower)
                for entry, (row, column) in enumerate(
                    ((top, left), (top, right), (bottom, left), (bottom, right))
                ):
                    torch.add(row, column, out=column_index[part, :, 4 * side + entry])
                for entry, share in ((0, upper), (2, lower)):
                    beyond = values[part, :, 4 * side + entry + 1]
                    torch.mul(share, far, out=beyond)
                    torch.sub(share, beyond, out=values[part, :, 4 * side + entry])
        return column_index.flatten(0, 1), values.flatten(0, 1)

    @cached_property
    def adjoint(self) -> PoolingAdjoint:
        """The transpose, made when a gradient first needs it."""
        with constants():
            return PoolingAdjoint(self)

    @property
    def matrix(self) -> LinearMap:
        """The matrix as a map from (N, columns, K), the stacked coarser mips of N images, to (N, P, K)."""
        return LinearMap(self._multiply_each, self._multiply_each_by_adjoint)

    def _multiply_each(self, coarse: Tensor) -> tuple[Tensor]:
        check_interruption()
        return (torch.stack([self.multiply(sample) for sample in coarse.contiguous()]),)

    def _multiply_each_by_adjoint(self, rows: Tensor) -> tuple[Tensor]:
        check_interruption()
        return (torch.stack([self.adjoint.multiply(sample) for sample in rows.contiguous()]),)

    def multiply(self, coarse: Tensor) -> Tensor:
        """Apply the matrix to the stacked coarser mips, (columns, K)."""
        return multiply_blocks(self.blocks, len(self.column), coarse)

    def coarse(self, rows: Tensor) -> Tensor:
        """Return the stacked coarser mips of (P, K), the input of the matrix."""
        counts = [height * width for height, width in self.sizes[1:]]
        stacked = rows.new_empty(sum(counts), rows.shape[1])
        finer = rows.view(*self.size, -1)
        for out, size in zip(stacked.split(counts), self.sizes[1:], strict=True):
            coarser = out.view(*size, -1)
            halve(finer, coarser)
            finer = coarser
        return stacked

    def add_from_coarse(self, rows: Tensor, coarser: Tensor, factor: Tensor | None = None) -> None:
        """Add the result of an adjoint's `coarse` to (P, K), spread over the pixels of each mean.

        Args:
            rows: changed.
            coarser: (H / 2, W / 2, K).
            factor: (P, K), the factor of the added values, or None for 1.
        """
        shape = (*self.size, rows.shape[-1])
        add_spread(rows.view(shape), coarser, None if factor is None else factor.view(shape))

    def __call__(self, image: Tensor) -> Tensor:
        """Pool (N, C, H, W) of the operator's size, dtype and device."""
        if not self.has_matrix:
            return pool_by_interpolation(image, self.lod)
        n, c = image.shape[:2]
        mips = [mip.permute(0, 2, 3, 1).reshape(n, -1, c) for mip in coarser_mips(image, self.sizes)]
        (coarse,) = self.matrix(torch.cat(mips, dim=1))
        return self.finest_weight * image + coarse.view(n, *self.size, c).permute(0, 3, 1, 2)
