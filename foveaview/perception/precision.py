"""Floating-point precision of the statistics."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["computing_dtype", "full_precision"]


def computing_dtype(image: Tensor) -> torch.dtype:
    """The dtype to compute an image's statistics in: float64 for a float64 image, otherwise float32.

    >>> computing_dtype(torch.ones(2, dtype=torch.bfloat16))
    torch.float32
    """
    return torch.float64 if image.dtype == torch.float64 else torch.float32


def full_precision(image: Tensor) -> torch.autocast:
    """Disable a surrounding autocast.

    Half precision cannot hold a small epsilon, or a variance, which is a small difference of large numbers.

    >>> with torch.autocast("cpu"), full_precision(torch.ones(2)):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.float32
    """
    return torch.autocast(image.device.type, enabled=False)
