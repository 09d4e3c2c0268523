"""Colour conversion from RGB to YCrCb and back (ITU-R BT.601 luma, chroma centred on 0.5)."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from foveaview.perception.autograd import constants

__all__ = ["rgb_to_ycrcb", "ycrcb_to_rgb"]

_LUMA = (0.299, 0.587, 0.114)
_CR, _CB = 0.713, 0.564


@lru_cache(maxsize=16)
@constants()
def _matrix(dtype: torch.dtype, device: torch.device, inverse: bool) -> Tensor:
    luma = torch.tensor(_LUMA, dtype=torch.float64)
    red, _, blue = torch.eye(3, dtype=torch.float64)
    matrix = torch.stack([luma, _CR * (red - luma), _CB * (blue - luma)])
    return (matrix.inverse() if inverse else matrix).to(device, dtype)


def _offset(image: Tensor) -> Tensor:
    return image.new_tensor([0.0, 0.5, 0.5]).view(1, 3, 1, 1)


def _apply(image: Tensor, inverse: bool) -> Tensor:
    matrix = _matrix(image.dtype, image.device, inverse)
    return torch.einsum("dc,nchw->ndhw", matrix, image)


def rgb_to_ycrcb(image: Tensor) -> Tensor:
    """Convert (N, 3, H, W) RGB to YCrCb; values in [0, 1] stay there.

    >>> rgb_to_ycrcb(torch.ones(1, 3, 1, 1)).flatten()
    tensor([1.0000, 0.5000, 0.5000])
    """
    return _apply(image, inverse=False) + _offset(image)


def ycrcb_to_rgb(image: Tensor) -> Tensor:
    """Convert (N, 3, H, W) YCrCb to RGB, the inverse of `rgb_to_ycrcb`.

    >>> ycrcb_to_rgb(torch.tensor([1.0, 0.5, 0.5]).view(1, 3, 1, 1)).flatten().round(decimals=4)
    tensor([1., 1., 1.])
    """
    return _apply(image - _offset(image), inverse=True)
