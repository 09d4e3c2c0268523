"""Mips of an image: repeated halving, its transpose, and pooling by interpolation between mips."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["add_spread", "coarser_mips", "halve", "level_weight", "mip_sizes", "pool_by_interpolation"]

_STRIP_PIXELS = 1 << 17


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


def coarser_mips(image: Tensor, sizes: list[tuple[int, int]]) -> list[Tensor]:
    """Return the mips of (N, C, H, W), each half the one before, without the image itself."""
    mips = [image]
    for size in sizes[1:]:
        mips.append(F.adaptive_avg_pool2d(mips[-1], size))
    return mips[1:]


def halve(finer: Tensor, coarser: Tensor) -> None:
    """Write the next mip of (H, W, K) into `coarser`."""
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
    """Apply the transpose of a halving: spread each value of (h, w, K) over its pixels in (H, W, K)."""
    shape = coarser.new_empty(1).expand(1, coarser.shape[-1], *size)
    spread = torch.ops.aten._adaptive_avg_pool2d_backward(coarser.permute(2, 0, 1)[None], shape)
    result: Tensor = spread[0].permute(1, 2, 0)
    return result


def add_spread(finer: Tensor, coarser: Tensor, factor: Tensor | None = None) -> None:
    """Add the transpose of a halving to (H, W, K), times an optional factor of that shape."""
    (height, width, count), (rows, columns) = finer.shape, coarser.shape[:2]
    if (height, width) == (2 * rows, 2 * columns):
        # in parts: the repeated values of the whole would take half the memory of the image
        each = rows if finer.is_cuda else max(1, _STRIP_PIXELS // columns)
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


def level_weight(lod: Tensor, mip: Tensor | int) -> Tensor:
    """Return the weight of a mip at levels of detail: 1 at its own level, 0 one level away."""
    return (1 - (lod - mip).abs()).clamp(min=0)


def pool_by_interpolation(image: Tensor, lod: Tensor) -> Tensor:
    """Pool (N, C, H, W) at the (H, W) levels of detail, mip by mip: the definition, without a matrix.

    >>> flat = torch.full((1, 1, 8, 8), 0.5)
    >>> bool(torch.allclose(pool_by_interpolation(flat, torch.full((8, 8), 1.5)), flat))
    True
    """
    mips = [image, *coarser_mips(image, mip_sizes((image.shape[-2], image.shape[-1])))]
    lod = lod.clamp(max=len(mips) - 1).to(image)
    size = (image.shape[-2], image.shape[-1])
    return torch.stack(
        [
            level_weight(lod, k) * F.interpolate(mip, size=size, mode="bilinear", align_corners=False)
            for k, mip in enumerate(mips)
        ]
    ).sum(dim=0)
