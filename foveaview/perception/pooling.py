"""The gaze's pooling: every pixel takes the mean over its own pooling region.

The pooled value is a sum over mip levels k of max(0, 1 - |lod - k|) times mip k, looked up bilinearly. It
is linear in the image and depends on the gaze alone, so it is held as a matrix: the full-size mip
contributes a diagonal, the coarser mips at most eight entries a row. The gradient is the transpose.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["PoolingOperator", "mip_sizes", "pool_by_interpolation"]


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


def _taps(count: int, mip_count: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lower and upper neighbour of each full-size position in a mip, and the weight of the upper one."""
    position = torch.arange(count, dtype=torch.float64).view(-1, *[1] * (mip_count.dim() - 1))
    source = ((position + 0.5) * (mip_count / count) - 0.5).clamp(min=0)
    lower = source.floor()
    return lower, torch.minimum(lower + 1, mip_count - 1), source - lower


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
        lod = lod.to(torch.float64).clamp(max=len(sizes) - 1)
        self.lod = lod.to(device, dtype)
        self.finest_weight = _hat(lod, 0).to(device, dtype)
        self._transpose: Tensor | None = None
        # MPS has no sparse matrices: there every mip is looked up at full size
        self._has_matrix = device.type != "mps"
        if self._has_matrix:
            self.matrix = self._build(lod, sizes).to(device, dtype)

    @staticmethod
    def _build(lod: Tensor, sizes: list[tuple[int, int]]) -> Tensor:
        heights, widths = torch.tensor(sizes[1:], dtype=torch.float64).T
        starts = torch.cumsum(heights * widths, dim=0) - heights * widths
        height, width = lod.shape
        finer = lod.floor().clamp(min=1, max=len(sizes) - 1)
        columns, values = [], []
        for mip in (finer, (finer + 1).clamp(max=len(sizes) - 1)):
            weight = _hat(lod, mip)
            if mip is not finer:
                weight = weight * (mip > finer)
            index = mip.long() - 1
            top, bottom, down = _taps(height, heights[index])
            left, right, across = (t.T for t in _taps(width, widths[index].T))
            for row, vertical in ((top, 1 - down), (bottom, down)):
                for column, horizontal in ((left, 1 - across), (right, across)):
                    columns.append(starts[index] + row * widths[index] + column)
                    values.append(weight * vertical * horizontal)
        column = torch.stack(columns, dim=-1).to(torch.int32).flatten()
        count = len(columns)
        crow = torch.arange(0, height * width * count + 1, count, dtype=torch.int32)
        pixels = int((heights * widths).sum())
        return _csr(crow, column, torch.stack(values, dim=-1).flatten(), (height * width, pixels))

    @property
    def transpose(self) -> Tensor:
        """The transposed matrix, made when a gradient first asks for it."""
        if self._transpose is None:
            self._transpose = _transposed(self.matrix)
        return self._transpose

    def __call__(self, image: Tensor) -> Tensor:
        """Pool (N, C, H, W) of the operator's size, dtype and device."""
        if not self._has_matrix:
            return pool_by_interpolation(image, self.lod)
        n, c = image.shape[:2]
        mips = [mip.permute(0, 2, 3, 1).reshape(n, -1, c) for mip in _coarser_mips(image)]
        coarse = _matmul(self, torch.cat(mips, dim=1), False)
        return self.finest_weight * image + coarse.view(n, *self.size, c).permute(0, 3, 1, 2)
