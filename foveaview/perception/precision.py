"""The precision that statistics are computed in."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["computing_dtype", "full_precision"]


def computing_dtype(image: Tensor) -> torch.dtype:
    """The dtype that the statistics of an image are computed in: float64 for float64, else float32.

    >>> computing_dtype(torch.ones(2, dtype=torch.bfloat16))
    torch.float32
    """
    return torch.float64 if image.dtype == torch.float64 else torch.float32


def full_precision(image: Tensor) -> torch.autocast:
    """Keeps a surrounding autocast out.

    Half precision holds neither a variance, a small difference of large numbers, nor a small epsilon.

    >>> with torch.autocast("cpu"), full_precision(torch.ones(2)):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.float32
    """
    return torch.autocast(image.device.type, enabled=False)
