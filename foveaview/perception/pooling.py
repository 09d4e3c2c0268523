"""The gaze's pooling: every pixel takes the mean over its own pooling region.

The pooled value is a sum over mip levels k of max(0, 1 - |lod - k|) times mip k, looked up bilinearly. It
is linear in the image and depends on the gaze alone, so it is held as a matrix: the full-size mip
contributes a diagonal, the coarser mips at most eight entries a row. The gradient is the transpose.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.interruption import check_interruption

__all__ = ["PoolingOperator", "mip_sizes", "pool_by_interpolation"]

_BLOCK_PIXELS = 1 << 16


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


def _coarser_mips(image: Tensor) -> list[Tensor]:
    mips = [image]
    for size in mip_sizes((image.shape[-2], image.shape[-1]))[1:]:
        finer = mips[-1]
        halved = (finer.shape[-2], finer.shape[-1]) == (2 * size[0], 2 * size[1])
        mips.append(F.avg_pool2d(finer, 2) if halved else F.adaptive_avg_pool2d(finer, size))
    return mips[1:]


def _add_spread(finer: Tensor, coarser: Tensor) -> None:
    """Add the transpose of a halving: each (h, w, K) value spread over the pixels it is the mean of."""
    (height, width, count), (rows, columns) = finer.shape, coarser.shape[:2]
    if (height, width) == (2 * rows, 2 * columns):
        blocks = finer.view(rows, 2, columns, 2 * count)
        blocks.add_(coarser.repeat(1, 1, 2).unsqueeze(1), alpha=0.25)
        return
    shape = finer.permute(2, 0, 1)[None]
    spread = torch.ops.aten._adaptive_avg_pool2d_backward(coarser.permute(2, 0, 1)[None], shape)
    finer.add_(spread[0].permute(1, 2, 0))


def _hat(lod: Tensor, mip: Tensor | int) -> Tensor:
    return (1 - (lod - mip).abs()).clamp(min=0)


def pool_by_interpolation(image: Tensor, lod: Tensor) -> Tensor:
    """Pool (N, C, H, W) at the (H, W) levels of detail, mip by mip: the definition, without a matrix.

    >>> flat = torch.full((1, 1, 8, 8), 0.5)
    >>> bool(torch.allclose(pool_by_interpolation(flat, torch.full((8, 8), 1.5)), flat))
    True
    """
    mips = [image, *_coarser_mips(image)]
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


def _transposed(matrix: Tensor) -> Tensor:
    flipped = matrix.to_sparse_csc()
    size = (matrix.shape[1], matrix.shape[0])
    return _csr(flipped.ccol_indices(), flipped.row_indices(), flipped.values(), size)


class _MatMul(torch.autograd.Function):
    """A sparse matrix times (N, P, B); the gradient multiplies by the stored transpose."""

    @staticmethod
    def forward(ctx: Any, operator: PoolingOperator, dense: Tensor, transpose: bool) -> Tensor:
        check_interruption()
        ctx.operator, ctx.transpose = operator, transpose
        matrix = operator.transpose if transpose else operator.matrix
        return torch.stack([matrix @ sample for sample in dense.contiguous()])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None]:
        return None, _matmul(ctx.operator, grads[0], not ctx.transpose), None


_matmul: Callable[..., Tensor] = _MatMul.apply


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
        self.lod = lod.to(device)
        self.finest_weight = _hat(self.lod, 0)
        self._transpose: Tensor | None = None
        # MPS has no sparse matrices: there every mip is looked up at full size
        self.has_matrix = device.type != "mps"
        if self.has_matrix:
            self.matrix = self._build(lod.cpu(), sizes).to(device)

    @staticmethod
    def _build(lod: Tensor, sizes: list[tuple[int, int]]) -> Tensor:
        """A row for every pixel, with four entries in each of the two mips about its level of detail."""
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
        crow = torch.arange(0, height * width * 8 + 1, 8, dtype=torch.int32)
        pixels = int((heights * widths).sum())
        return _csr(crow, column_index.flatten(), values.flatten(), (height * width, pixels))

    @property
    def transpose(self) -> Tensor:
        """The transposed matrix, made when a gradient first asks for it."""
        if self._transpose is None:
            self._transpose = _transposed(self.matrix)
        return self._transpose

    def coarse(self, rows: Tensor) -> Tensor:
        """The coarser mips of (P, K), one below the other: what the matrix is applied to."""
        image = rows.view(1, *self.size, -1).permute(0, 3, 1, 2)
        return torch.cat([mip.permute(0, 2, 3, 1).flatten(0, 2) for mip in _coarser_mips(image)])

    def coarse_adjoint(self, rows: Tensor) -> Tensor:
        """The transpose of the matrix, and of the halving from mip to mip, applied to (P, K).

        Returns:
            (H / 2, W / 2, K): what reaches the first halving.
        """
        stacked = self.transpose @ rows
        sizes = mip_sizes(self.size)[1:]
        parts = stacked.split([height * width for height, width in sizes])
        mips = [part.view(*size, -1) for part, size in zip(parts, sizes, strict=True)]
        for finer, coarser in zip(reversed(mips[:-1]), reversed(mips[1:]), strict=True):
            _add_spread(finer, coarser)
        return mips[0]

    def add_from_coarse(self, rows: Tensor, coarser: Tensor) -> None:
        """Add to (P, K) what `coarse_adjoint` gave, spread over the pixels it was the mean of."""
        _add_spread(rows.view(*self.size, -1), coarser)

    def __call__(self, image: Tensor) -> Tensor:
        """Pool (N, C, H, W) of the operator's size, dtype and device."""
        if not self.has_matrix:
            return pool_by_interpolation(image, self.lod)
        n, c = image.shape[:2]
        mips = [mip.permute(0, 2, 3, 1).reshape(n, -1, c) for mip in _coarser_mips(image)]
        coarse = _matmul(self, torch.cat(mips, dim=1), False)
        return self.finest_weight * image + coarse.view(n, *self.size, c).permute(0, 3, 1, 2)
