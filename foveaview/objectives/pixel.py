"""Pixel differences, and a penalty on values outside the range of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from foveaview.perception.geometry import level_of_detail, pooling_size_map
from foveaview.perception.pooling.gaze_operators import fovea_mask
from foveaview.settings import LossSettings

__all__ = ["Pixel", "Range", "Region", "region_mask"]

Region = Literal["whole", "fovea", "periphery"]


def region_mask(
    target: Tensor, gaze: tuple[float, float], settings: LossSettings, region: Region
) -> Tensor | None:
    """Mask (H, W) in [0, 1] of the fovea or the periphery, from the loss's foveal mask; None for "whole".

    >>> mask = region_mask(torch.zeros(1, 1, 64, 64), (0.5, 0.5), LossSettings(), "fovea")
    >>> mask is not None and float(mask[32, 32])
    1.0
    """
    if region == "whole":
        return None
    lod = level_of_detail(pooling_size_map((target.shape[-2], target.shape[-1]), gaze, settings))
    mask = fovea_mask(lod, torch.ones_like(lod, dtype=torch.bool))
    return (mask if region == "fovea" else 1 - mask).to(target)


@dataclass(frozen=True, eq=False)
class _PreparedPixel:
    target: Tensor
    norm: Literal["L1", "L2"]
    mask: Tensor | None

    def heatmap(self, image: Tensor) -> Tensor:
        difference = image - self.target
        powered = difference.abs() if self.norm == "L1" else difference.square()
        mean = powered.mean(dim=1, keepdim=True)
        return mean if self.mask is None else mean * self.mask

    def loss(self, image: Tensor) -> Tensor:
        return self.heatmap(image).mean()


@dataclass(frozen=True)
class Pixel:
    """Mean absolute (L1) or squared (L2) difference of pixels, in the whole image or a part of it.

    Attributes:
        norm: "L1" or "L2".
        region: "whole", or "fovea" or "periphery" by the foveal mask of the metameric loss.
        settings: geometry and pooling, which define the fovea.

    >>> term = Pixel(norm="L1").prepare(torch.zeros(1, 3, 16, 16), (0.5, 0.5))
    >>> term.loss(torch.full((1, 3, 16, 16), 0.25))
    tensor(0.2500)
    """

    norm: Literal["L1", "L2"] = "L2"
    region: Region = "whole"
    settings: LossSettings = LossSettings()

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> _PreparedPixel:
        """Find the region around the gaze."""
        return _PreparedPixel(target, self.norm, region_mask(target, gaze, self.settings, self.region))


@dataclass(frozen=True)
class Range:
    """Penalty on values outside [0, 1]: the sum of the squared excesses over all values.

    >>> float(Range().prepare(torch.zeros(1, 1, 2, 2), (0.5, 0.5)).loss(torch.full((1, 1, 2, 2), 1.5)))
    1.0
    """

    def prepare(self, _target: Tensor, _gaze: tuple[float, float]) -> Range:
        """Return self: there is nothing to prepare."""
        return self

    def prepare_each(self, _target: Tensor, _gazes: Sequence[tuple[float, float]]) -> Range:
        """Return self: the penalty of a batch is a sum over it."""
        return self

    def loss(self, image: Tensor) -> Tensor:
        """The penalty, a 0-d tensor."""
        return (image - image.clamp(0, 1)).square().sum()

    def heatmap(self, image: Tensor) -> Tensor:
        """Each pixel's contribution, (N, 1, H, W), scaled so that the mean is the penalty."""
        outside = (image - image.clamp(0, 1)).square().sum(dim=1, keepdim=True)
        return outside * outside.numel()
