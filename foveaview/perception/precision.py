"""The precision that statistics are computed in."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["full_precision"]


def full_precision(image: Tensor) -> torch.autocast:
    """Keeps a surrounding autocast out.

    Half precision holds neither a variance, a small difference of large numbers, nor a small epsilon.

    >>> with torch.autocast("cpu"), full_precision(torch.ones(2)):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.float32
    """
    return torch.autocast(image.device.type, enabled=False)
