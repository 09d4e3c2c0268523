"""The gaze's pooling: every pixel takes the mean over its own pooling region.

The pooled value is a sum over mip levels k of max(0, 1 - |lod - k|) times mip k, looked up bilinearly. It
is linear in the image and depends on the gaze alone, so it is held as a matrix: the full-size mip
contributes a diagonal, the coarser mips at most eight entries a row. The gradient is the transpose.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.autograd import LinearMap, constants
from foveaview.perception.interruption import check_interruption

__all__ = [
    "Block",
    "LinearPooling",
    "Pooling",
    "PoolingAdjoint",
    "PoolingOperator",
    "mip_sizes",
    "pool_by_interpolation",
]

_BLOCK_PIXELS = 1 << 17
_LEAST_ENTRIES = 1 << 15  # of a part of the transposed matrix


class Pooling(Protocol):
    """A mean over every pixel's own region: linear in the picture, a function of the gaze alone.

    Statistics ask for nothing but a call. `LinearPooling` makes one of a map and its transpose.
    """

    def __call__(self, image: Tensor, /) -> Tensor:
        """Pool (N, C, H, W); differentiable, and of the same shape."""


@dataclass(frozen=True, eq=False)
class LinearPooling:
    """A pooling by any map and its transpose.

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


def mip_sizes(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes of the mips, each axis halved and rounded down until both are 1.

    >>> mip_sizes((4, 9))
    [(4, 9), (2, 4), (1, 2), (1, 1)]
    """
    sizes = [size]
    while sizes[-1] != (1, 1):
        height, width = sizes[-1]
        sizes.append((max(height // 2, 1), max(width // 2, 1)))
    return sizes


def _coarser_mips(image: Tensor, sizes: list[tuple[int, int]]) -> list[Tensor]:
    mips = [image]
    for size in sizes[1:]:
        mips.append(F.adaptive_avg_pool2d(mips[-1], size))
    return mips[1:]


def _halve(finer: Tensor, coarser: Tensor) -> None:
    """Write the next mip of (H, W, K)."""
    (height, width, count), (rows, columns) = finer.shape, coarser.shape[:2]
    if (height, width) == (2 * rows, 2 * columns):
        # several times faster than the library's pooling of few channels
        pairs = finer.view(rows, 2, columns, 2 * count)
        summed = pairs[:, 0] + pairs[:, 1]
        torch.add(summed[..., :count], summed[..., count:], out=coarser).mul_(0.25)
    else:
        mip = F.adaptive_avg_pool2d(finer.permute(2, 0, 1)[None], (rows, columns))
        coarser.copy_(mip[0].permute(1, 2, 0))


def _spread(coarser: Tensor, size: tuple[int, int]) -> Tensor:
    """The transpose of a halving: each value of (h, w, K) spread over the pixels of (H, W, K) it is the
    mean of.
    """
    shape = coarser.new_empty(1).expand(1, coarser.shape[-1], *size)
    spread = torch.ops.aten._adaptive_avg_pool2d_backward(coarser.permute(2, 0, 1)[None], shape)
    result: Tensor = spread[0].permute(1, 2, 0)
    return result


def _add_spread(finer: Tensor, coarser: Tensor, factor: Tensor | None = None) -> None:
    """Add the transpose of a halving to (H, W, K), times a factor of that shape if there is one."""
    (height, width, count), (rows, columns) = finer.shape, coarser.shape[:2]
    if (height, width) == (2 * rows, 2 * columns):
        # by parts: the repeated values of the whole would be half as large as the picture
        each = rows if finer.is_cuda else max(1, _BLOCK_PIXELS // columns)
        for first in range(0, rows, each):
            part = coarser[first : first + each]
            blocks, whole = (len(part), 2, columns, 2 * count), slice(2 * first, 2 * (first + each))
            spread = part.repeat(1, 1, 2).unsqueeze(1).mul_(0.25)
            _add_times(
                finer[whole].view(blocks), spread, None if factor is None else factor[whole].view(blocks)
            )
    else:
        _add_times(finer, _spread(coarser, (height, width)), factor)


def _add_times(total: Tensor, addend: Tensor, factor: Tensor | None) -> None:
    if factor is None:
        total.add_(addend)
    else:
        total.addcmul_(factor, addend)


def _hat(lod: Tensor, mip: Tensor | int) -> Tensor:
    return (1 - (lod - mip).abs()).clamp(min=0)


def pool_by_interpolation(image: Tensor, lod: Tensor) -> Tensor:
    """Pool (N, C, H, W) at the (H, W) levels of detail, mip by mip: the definition, without a matrix.

    >>> flat = torch.full((1, 1, 8, 8), 0.5)
    >>> bool(torch.allclose(pool_by_interpolation(flat, torch.full((8, 8), 1.5)), flat))
    True
    """
    mips = [image, *_coarser_mips(image, mip_sizes((image.shape[-2], image.shape[-1])))]
    lod = lod.clamp(max=len(mips) - 1).to(image)
    size = (image.shape[-2], image.shape[-1])
    return torch.stack(
        [
            _hat(lod, k) * F.interpolate(mip, size=size, mode="bilinear", align_corners=False)
            for k, mip in enumerate(mips)
        ]
    ).sum(dim=0)


@dataclass(frozen=True)
class _Taps:
    """For every coarser mip and every full-size position of one axis, the mip's two nearest positions.

    Attributes:
        lower, upper: (mips, positions) int32.
        fraction: (mips, positions), the weight of the upper one.
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
    """Entries of flat tables, in the shape of the index."""
    return [table.index_select(0, index.flatten()).view(index.shape) for table in tables]


def _csr(crow: Tensor, column: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(crow, column, values, size=size, check_invariants=False)


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a matrix.

    Attributes:
        rows: which ones.
        matrix: (rows, columns), sparse.
    """

    rows: slice
    matrix: Tensor


def _multiply(blocks: list[Block], count: int, dense: Tensor) -> Tensor:
    """A matrix of `count` rows in blocks times (columns, K)."""
    product = dense.new_empty(count, dense.shape[1])
    for block in blocks:
        # cleared, as without MKL some builds of torch multiply what is there by beta, and 0 times NaN is NaN
        out = product[block.rows].zero_()
        torch.addmm(out, block.matrix, dense, beta=0, out=out)
    return product


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
        free = crow[:-1].clone()  # where the next entry of each row goes
        # block by block: the library's own transposing of the whole takes several times the memory
        for block in operator.blocks:
            check_interruption()
            matrix = block.matrix
            if weight is not None:
                own = value[block.rows] * weight.flatten()[block.rows, None]
                matrix = _csr(
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
        """The matrix in parts of as many entries each: rows of coarse mips have many more than those of
        fine ones, and threads that share a product by its rows would wait for each other.
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
                matrix = _csr(part, pixel[start:stop], values[start:stop], size)
                blocks.append(Block(slice(first, last), matrix))
        return blocks

    def multiply(self, rows: Tensor) -> Tensor:
        """The transposed matrix applied to (P, K): the stacked coarser mips."""
        return _multiply(self._blocks, self._count, rows)

    def coarse(self, rows: Tensor) -> Tensor:
        """The transpose of the matrix, and of the halving from mip to mip, applied to (P, K).

        Returns:
            (H / 2, W / 2, K): what reaches the first halving.
        """
        parts = self.multiply(rows).split([height * width for height, width in self._sizes])
        mips = [part.view(*size, -1) for part, size in zip(parts, self._sizes, strict=True)]
        for finer, coarser in zip(reversed(mips[:-1]), reversed(mips[1:]), strict=True):
            _add_spread(finer, coarser)
        return mips[0]


class PoolingOperator:
    """Pooling at given levels of detail, ready to be applied many times.

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
        # mips that no pixel looks at are not made; of the coarser ones the matrix wants one at least
        self.sizes = sizes[: max(math.ceil(float(lod.max())), 1) + 1]
        self.finest_weight = _hat(lod, 0).to(device)
        # MPS has no sparse matrices: there every mip is looked up at full size
        self.has_matrix = device.type != "mps"
        if self.has_matrix:
            column, value = self._build(lod.cpu(), self.sizes)
            self.column, self.value = column.to(device), value.to(device)
            self.blocks = self._blocks(sum(height * width for height, width in self.sizes[1:]))
        else:
            self.lod = lod.to(device)

    def _blocks(self, columns: int) -> list[Block]:
        """The matrix by parts whose share of the pictures stays in the cache; a GPU takes it whole."""
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
            blocks.append(Block(part, _csr(crow[: count + 1], column, value, (count, columns))))
        return blocks

    @staticmethod
    def _build(lod: Tensor, sizes: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """Columns and values, (P, 8) each: a row for every pixel, with four entries in each of the two mips
        about its level of detail.
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
                weight = _hat(own, mip)
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
        """The transpose, made when a gradient first asks for it."""
        with constants():
            return PoolingAdjoint(self)

    @property
    def matrix(self) -> LinearMap:
        """The matrix as a map from (N, columns, K), the stacked coarser mips of N pictures, to (N, P, K)."""
        return LinearMap(self._multiply_each, self._multiply_each_by_adjoint)

    def _multiply_each(self, coarse: Tensor) -> tuple[Tensor]:
        check_interruption()
        return (torch.stack([self.multiply(sample) for sample in coarse.contiguous()]),)

    def _multiply_each_by_adjoint(self, rows: Tensor) -> tuple[Tensor]:
        check_interruption()
        return (torch.stack([self.adjoint.multiply(sample) for sample in rows.contiguous()]),)

    def multiply(self, coarse: Tensor) -> Tensor:
        """The matrix applied to the stacked coarser mips, (columns, K)."""
        return _multiply(self.blocks, len(self.column), coarse)

    def coarse(self, rows: Tensor) -> Tensor:
        """The coarser mips of (P, K), one below the other: what the matrix is applied to."""
        counts = [height * width for height, width in self.sizes[1:]]
        stacked = rows.new_empty(sum(counts), rows.shape[1])
        finer = rows.view(*self.size, -1)
        for out, size in zip(stacked.split(counts), self.sizes[1:], strict=True):
            coarser = out.view(*size, -1)
            _halve(finer, coarser)
            finer = coarser
        return stacked

    def add_from_coarse(self, rows: Tensor, coarser: Tensor, factor: Tensor | None = None) -> None:
        """Add to (P, K) what an adjoint's `coarse` gave, spread over the pixels it was the mean of.

        Args:
            rows: changed.
            coarser: (H / 2, W / 2, K).
            factor: (P, K), of what is added, or None for 1.
        """
        shape = (*self.size, rows.shape[-1])
        _add_spread(rows.view(shape), coarser, None if factor is None else factor.view(shape))

    def __call__(self, image: Tensor) -> Tensor:
        """Pool (N, C, H, W) of the operator's size, dtype and device."""
        if not self.has_matrix:
            return pool_by_interpolation(image, self.lod)
        n, c = image.shape[:2]
        mips = [mip.permute(0, 2, 3, 1).reshape(n, -1, c) for mip in _coarser_mips(image, self.sizes)]
        (coarse,) = self.matrix(torch.cat(mips, dim=1))
        return self.finest_weight * image + coarse.view(n, *self.size, c).permute(0, 3, 1, 2)
