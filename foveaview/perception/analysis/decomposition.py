"""Decomposition of an image: the part of a measurement that does not depend on the gaze."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from foveaview.perception.autograd import constants
from foveaview.perception.color import rgb_to_ycrcb
from foveaview.perception.pyramid.padding import pad_to, padded_size
from foveaview.perception.pyramid.pyramid import Pyramid, SteerablePyramid
from foveaview.settings import LossSettings

__all__ = ["Decomposer", "Decomposition", "KeptAnalysis"]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A decomposed image.

    Attributes:
        picture: (N, C, H', W'), padded, in the colour space of the comparison.
        pyramid: its pyramid, of which the statistics are computed.
    """

    picture: Tensor
    pyramid: Pyramid


@dataclass(frozen=True)
class Decomposer:
    """Pads, converts and decomposes images of one size.

    Attributes:
        size: (H, W) of the images.
        settings: settings of the pyramid.
        from_rgb: True if the images are RGB; they are then converted to YCrCb.
        dtype: dtype to compute in, float32 or float64.

    >>> analyser = Decomposer((40, 50), LossSettings(n_pyramid_levels=3), True, torch.float32)
    >>> analyser(torch.rand(1, 3, 40, 50)).picture.shape
    torch.Size([1, 3, 40, 56])
    """

    size: tuple[int, int]
    settings: LossSettings
    from_rgb: bool
    dtype: torch.dtype

    @cached_property
    def steerable(self) -> SteerablePyramid:
        """The pyramid transform."""
        return SteerablePyramid(self.settings)

    def picture(self, image: Tensor) -> Tensor:
        """Pad (N, C, H, W), and convert it to the colour space of the comparison."""
        padded = pad_to(image.to(self.dtype), padded_size(self.size, self.settings.n_pyramid_levels))
        return rgb_to_ycrcb(padded) if self.from_rgb else padded

    def __call__(self, image: Tensor) -> Decomposition:
        """Decompose (N, C, H, W)."""
        return self.of_picture(self.picture(image))

    def of_picture(self, picture: Tensor) -> Decomposition:
        """Decompose the result of `picture`."""
        return Decomposition(picture, self.steerable.analyse(picture))


class KeptAnalysis:
    """Cache of the last image's decomposition, keyed by the pixel values, so in-place edits are noticed."""

    def __init__(self) -> None:
        self._kept: tuple[Decomposer, Tensor, Decomposition] | None = None

    def of(self, image: Tensor, analyser: Decomposer) -> Decomposition:
        """Decompose an image that needs no gradient, as plain tensors that any later call can use."""
        if self._kept is not None:
            analysed_by, kept, analysis = self._kept
            alike = (analysed_by, kept.dtype, kept.device) == (analyser, image.dtype, image.device)
            if alike and torch.equal(kept, image):
                return analysis
        with constants():
            kept = image.clone()
            analysis = analyser(kept)
        self._kept = (analyser, kept, analysis)
        return analysis
