"""The statistics that the metameric loss compares, as the output of a plain module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from foveaview.perception.analysis.decomposition import Decomposer
from foveaview.perception.autograd import constants
from foveaview.perception.pooling.gaze_operators import GazeOperators, check_gaze, per_map
from foveaview.perception.precision import computing_dtype
from foveaview.perception.pyramid.padding import check_levels
from foveaview.perception.target_statistics import TargetStatistics
from foveaview.settings import LossSettings

__all__ = ["FovealStatistics"]


class FovealStatistics(nn.Module):
    """Pooled pyramid statistics of images of one size, for an eye that looks at the gaze.

    The mean squared difference of two outputs is `MetamericLoss` with the same settings and without the
    foveal term (that is, with fovea_weight=0). For this, each map is scaled by the square root of: the number
    of all statistics over the number of maps, times each pixel's share of the image, times its weight.

    Args:
        settings: settings of the loss; use_l2_foveal_loss fades the statistics out towards the gaze.
        gaze: (x, y) in image coordinates.
        size: (H, W) of the images in pixels.

    Attributes:
        settings, gaze, size: as given; may be set.

    Raises:
        ValueError: for an invalid gaze or size.

    Source: Walton et al., "Beyond Blur", 2021; see `MetamericLoss`.

    >>> model = FovealStatistics(LossSettings(n_pyramid_levels=3), (0.3, 0.4), (32, 48)).eval()
    >>> model(torch.rand(2, 3, 32, 48)).shape
    torch.Size([2, 32544])
    """

    def __init__(self, settings: LossSettings, gaze: tuple[float, float], size: tuple[int, int]) -> None:
        super().__init__()
        check_levels(size, settings.n_pyramid_levels)
        self.settings, self.gaze, self.size = settings, check_gaze(gaze), (int(size[0]), int(size[1]))
        self._kept: dict[tuple[Any, ...], tuple[GazeOperators, list[Tensor]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        # computed again when needed; sparse matrices can be neither copied nor saved
        return {**self.__dict__, "_kept": {}}

    def extra_repr(self) -> str:
        """Gaze, size and settings, for `repr`."""
        return f"gaze={self.gaze}, size={self.size}, settings={self.settings!r}"

    def _at(self, dtype: torch.dtype, device: torch.device) -> tuple[GazeOperators, list[Tensor]]:
        made_of = (self.settings, self.gaze, self.size)
        key = (*made_of, dtype, device)
        kept = self._kept
        if key not in kept:
            kept = {other: value for other, value in kept.items() if other[:3] == made_of}
            with constants():
                foveation = GazeOperators(self.size, self.gaze, self.settings, dtype, device)
                levels = [*per_map(foveation.levels), foveation.residual]
                kept[key] = (foveation, [(level.share * level.weight).sqrt() for level in levels])
            self._kept = kept
        return kept[key]

    if TYPE_CHECKING:  # torch types the call of a module as Any

        def __call__(self, image: Tensor) -> Tensor: ...  # noqa: D102

    def forward(self, image: Tensor) -> Tensor:
        """The statistics of (N, C, H, W), C 1 or 3, as (N, statistics), differentiable.

        Raises:
            ValueError: for another size or number of channels.
        """
        if image.dim() != 4 or tuple(image.shape[-2:]) != self.size or image.shape[1] not in (1, 3):
            height, width = self.size
            raise ValueError(
                f"image must have shape (N, 1 or 3, {height}, {width}), got {tuple(image.shape)}"
            )
        dtype = computing_dtype(image)
        foveation, scales = self._at(dtype, image.device)
        analyser = Decomposer(self.size, self.settings, image.shape[1] == 3, dtype)
        statistics = TargetStatistics(analyser(image), foveation).maps
        total = sum(maps[0].numel() for maps in statistics)
        n_maps = sum(maps.shape[1] for maps in statistics)
        factor = (total / n_maps) ** 0.5
        parts = [(maps * (scale * factor)).flatten(1) for maps, scale in zip(statistics, scales, strict=True)]
        return torch.cat(parts, dim=1).to(image.dtype)
