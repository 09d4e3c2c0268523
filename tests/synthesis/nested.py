"""Nested values compared to the last bit."""

from __future__ import annotations

import torch

__all__ = ["equal"]


def equal(own: object, other: object) -> bool:
    """True if two nested values are the same to the last bit; NaN equals NaN."""
    if isinstance(own, torch.Tensor) and isinstance(other, torch.Tensor):
        same = own.dtype == other.dtype and own.shape == other.shape
        return same and bool(((own == other) | (own.isnan() & other.isnan())).all())
    if isinstance(own, dict) and isinstance(other, dict):
        return own.keys() == other.keys() and all(equal(own[key], other[key]) for key in own)
    if isinstance(own, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(own) == len(other) and all(map(equal, own, other))
    return own == other
