"""Image sizes: the number of levels that fit, padding, and the share of coarse pixels inside the image."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = [
    "band_levels",
    "check_levels",
    "coverage",
    "levels_that_fit",
    "pad_to",
    "padded_size",
    "reflect_pad",
    "reflect_pad_adjoint",
]

_SMALLEST_SIDE = 16


def band_levels(n_pyramid_levels: int) -> int:
    """Number of levels with oriented bands; the residual lowpass is one level below them.

    >>> [band_levels(n) for n in (1, 2, 5)]
    [1, 1, 4]
    """
    return max(n_pyramid_levels, 2) - 1


def levels_that_fit(size: tuple[int, int]) -> int:
    """Largest number of pyramid levels for an image of (H, W) pixels; 0 if it is too small for any.

    >>> levels_that_fit((512, 512)), levels_that_fit((16, 400)), levels_that_fit((15, 400))
    (8, 3, 0)
    """
    side = min(size)
    return 0 if side < _SMALLEST_SIDE else int(math.log2(side - 1))


def check_levels(size: tuple[int, int], n_pyramid_levels: int) -> None:
    """Raise `ValueError` if the image is too small for the levels; the message names the number that fits.

    >>> check_levels((20, 300), 5)
    Traceback (most recent call last):
    ...
    ValueError: an image of 300 x 20 px is too small for 5 pyramid levels: at most 4 fit
    """
    fit = levels_that_fit(size)
    if fit == 0:
        raise ValueError(
            f"an image of {size[1]} x {size[0]} px is too small: "
            f"each side must have at least {_SMALLEST_SIDE} px"
        )
    if n_pyramid_levels > fit:
        raise ValueError(
            f"an image of {size[1]} x {size[0]} px is too small for {n_pyramid_levels} pyramid levels: "
            f"at most {fit} fit"
        )


def padded_size(size: tuple[int, int], n_pyramid_levels: int) -> tuple[int, int]:
    """The size rounded up to multiples of 2^levels.

    >>> padded_size((427, 640), 5)
    (448, 640)
    """
    multiple = 2 ** max(n_pyramid_levels, 2)
    return (math.ceil(size[0] / multiple) * multiple, math.ceil(size[1] / multiple) * multiple)


def _mirrored(count: int, before: int, after: int, device: torch.device) -> Tensor:
    period = max(2 * (count - 1), 1)
    positions = torch.arange(-before, count + after, device=device).remainder(period)
    return torch.minimum(positions, period - positions)


def reflect_pad(image: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    """Pad (N, C, H, W) by reflection about the outermost pixels, repeatedly if the pad exceeds the image."""
    height, width = image.shape[-2:]
    if max(top, bottom) < height and max(left, right) < width:
        return F.pad(image, (left, right, top, bottom), mode="reflect")
    rows = _mirrored(height, top, bottom, image.device)
    columns = _mirrored(width, left, right, image.device)
    return image.index_select(-2, rows).index_select(-1, columns)


def _fold(grad: Tensor, dim: int, before: int, count: int) -> Tensor:
    """Return `count` positions after the first `before`, with each margin added to its mirror image."""
    inner = grad.narrow(dim, before, count)
    after = grad.shape[dim] - before - count
    inner.narrow(dim, 1, before).add_(grad.narrow(dim, 0, before).flip(dim))
    inner.narrow(dim, count - 1 - after, after).add_(grad.narrow(dim, before + count, after).flip(dim))
    return inner


def reflect_pad_adjoint(grad: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    """The transpose of `reflect_pad`: add each padded pixel to the image pixel that it copies.

    Changes its argument (N, C, H, W), and may return a view of it.

    >>> reflect_pad_adjoint(torch.ones(1, 1, 1, 5), 0, 0, 1, 1)
    tensor([[[[1., 3., 1.]]]])
    """
    height, width = grad.shape[-2] - top - bottom, grad.shape[-1] - left - right
    if max(top, bottom) < height and max(left, right) < width:
        # only the margins are touched
        rows = _fold(grad, -2, top, height)
        return _fold(rows, -1, left, width)
    rows = _mirrored(height, top, bottom, grad.device)
    columns = _mirrored(width, left, right, grad.device)
    narrow = grad.new_zeros(*grad.shape[:3], width).index_add_(-1, columns, grad)
    return grad.new_zeros(*grad.shape[:2], height, width).index_add_(-2, rows, narrow)


def pad_to(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Pad (N, C, H, W) by reflection at the right and the bottom."""
    height, width = image.shape[-2:]
    if (height, width) == size:
        return image
    return reflect_pad(image, 0, size[0] - height, 0, size[1] - width)


def coverage(size: tuple[int, int], grid: tuple[int, int], level: int) -> tuple[Tensor, Tensor]:
    """Share of each coarse pixel's 2^level block that lies in the image, for its rows and its columns.

    Returns:
        (H,) and (W,) of the grid, float64, in [0, 1]; their product is the pixel's share.

    >>> coverage((6, 4), (2, 1), 2)
    (tensor([1.0000, 0.5000], dtype=torch.float64), tensor([1.], dtype=torch.float64))
    """
    block = 2**level
    rows, columns = (
        ((length - torch.arange(count, dtype=torch.float64) * block) / block).clamp(0, 1)
        for length, count in zip(size, grid, strict=True)
    )
    return rows, columns
