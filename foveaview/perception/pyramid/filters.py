"""The filters of the steerable pyramid (Simoncelli and Freeman, 1995), read from `steerable_filters.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.autograd import constants

__all__ = ["FilterBank", "filter_bank"]

_CROPPED_SIDE = 5
_CROPPED_LOWPASS_SIDE = 13


@dataclass(frozen=True)
class FilterBank:
    """Square, odd-sided kernels in float64, to apply as correlations.

    Attributes:
        split: (2, K, K), the highpass h0 and the lowpass l0 of the full-size image.
        bands: (O, K, K), the oriented bands; each has zero mean.
        lowpass: (K, K), the lowpass before each halving; its sum is 2.
    """

    split: Tensor
    bands: Tensor
    lowpass: Tensor


@lru_cache(maxsize=1)
def _published() -> dict[str, dict[str, list[list[float]]]]:
    text = resources.files(__package__).joinpath("steerable_filters.json").read_text()
    data: dict[str, dict[str, list[list[float]]]] = json.loads(text)
    return data


def _cropped(kernel: Tensor, side: int) -> Tensor:
    margin = max(0, (kernel.shape[-1] - side) // 2)
    stop = kernel.shape[-1] - margin
    return kernel[..., margin:stop, margin:stop]


def _with_sum_of(kernel: Tensor, whole: Tensor) -> Tensor:
    return kernel * (whole.sum() / kernel.sum())


def _widened(kernel: Tensor, side: int) -> Tensor:
    margin = (side - kernel.shape[-1]) // 2
    return F.pad(kernel, (margin,) * 4)


@lru_cache(maxsize=16)
@constants()
def filter_bank(n_orientations: Literal[1, 2, 4, 6], filter_type: Literal["cropped", "full"]) -> FilterBank:
    """The published filters for 1, 2, 4 or 6 orientations, whole or cropped about their centre.

    Cropping reduces h0, l0 and the bands to 5x5, and the lowpass to 13x13. l0 and the lowpass are rescaled to
    their original sums.

    >>> bank = filter_bank(4, "cropped")
    >>> bank.bands.shape, bank.lowpass.shape
    (torch.Size([4, 5, 5]), torch.Size([13, 13]))
    """
    data = _published()[str(n_orientations)]
    high, low, lowpass, bands = (
        torch.tensor(data[name], dtype=torch.float64) for name in ("h0", "l0", "lowpass", "bands")
    )
    if filter_type == "cropped":
        high, bands = _cropped(high, _CROPPED_SIDE), _cropped(bands, _CROPPED_SIDE)
        low = _with_sum_of(_cropped(low, _CROPPED_SIDE), low)
        lowpass = _with_sum_of(_cropped(lowpass, _CROPPED_LOWPASS_SIDE), lowpass)
    bands = bands - bands.mean(dim=(-2, -1), keepdim=True)
    side = max(high.shape[-1], low.shape[-1])
    return FilterBank(torch.stack([_widened(high, side), _widened(low, side)]), bands, lowpass)
