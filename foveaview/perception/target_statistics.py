"""Pooled statistics of a target at a gaze, with which the metameric loss compares an image."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from foveaview.perception.analysis.decomposition import Decomposition
from foveaview.perception.analysis.loss_breakdown import compared_maps
from foveaview.perception.moment_loss import (
    BufferPool,
    MomentComparison,
    SquareComparison,
    WeightedPooling,
)
from foveaview.perception.pooling.gaze_operators import GazeOperators, LevelWeights, per_map
from foveaview.perception.pyramid.pyramid import SteerablePyramid

__all__ = ["Comparison", "TargetStatistics"]

Comparison = MomentComparison | SquareComparison


class TargetStatistics:
    """The statistics of a target, ready to compare those of another image with.

    In this order: the pooled statistics of the highpass, and of the bands of each level; the residual
    lowpass, or the pooled image with use_fullres_l0; and, with the foveal term, the image itself.

    Args:
        target: the decomposed target.
        foveation: pooling operators and weights for the gaze, the settings and the size.

    >>> from foveaview.perception.analysis.decomposition import Decomposer
    >>> from foveaview.settings import LossSettings
    >>> settings, size = LossSettings(n_pyramid_levels=3), (32, 48)
    >>> analyser = Decomposer(size, settings, from_rgb=False, dtype=torch.float32)
    >>> foveation = GazeOperators(size, (0.5, 0.5), settings, torch.float32)
    >>> statistics = TargetStatistics(analyser(torch.ones(1, 1, *size)), foveation)
    >>> [tuple(maps.shape) for maps in statistics.maps]
    [(1, 2, 32, 48), (1, 4, 32, 48), (1, 4, 16, 24), (1, 1, 8, 12)]
    """

    def __init__(self, target: Decomposition, foveation: GazeOperators) -> None:
        self._picture, self._foveation = target.picture, foveation
        channels, pools = target.picture.shape[1], foveation.pooling
        n_maps = compared_maps(foveation.settings)
        weights = [level.weight * level.share / (n_maps * channels) for level in foveation.levels]
        poolings = list(map(WeightedPooling, pools, weights))
        pairs = zip(target.pyramid.maps, per_map(poolings), strict=True)
        scratch = BufferPool()
        self._moments = [MomentComparison(*pair, scratch) for pair in pairs]
        self._squares = self._compare_squares(target, n_maps)

    def _compare_squares(self, target: Decomposition, n_maps: int) -> list[SquareComparison]:
        """Comparisons of the residual lowpass, and of the image in the fovea."""
        foveation, channels = self._foveation, target.picture.shape[1]
        last = foveation.residual
        residual = self._residual_of(target.picture, target.pyramid.residual)
        squares = [SquareComparison(residual, last.weight * last.share / (n_maps * channels))]
        if foveation.fovea is not None:
            weight = foveation.settings.fovea_weight / channels * foveation.levels[0].share
            squares.append(SquareComparison(target.picture, weight * foveation.fovea.square()))
        return squares

    def _residual_of(self, picture: Tensor, residual: Tensor) -> Tensor:
        if self._foveation.settings.use_fullres_l0:
            return self._foveation.pooling[0](picture)
        return residual

    @property
    def is_constant(self) -> bool:
        """False if the target is differentiated too."""
        return all(comparison.is_constant for comparison in self._moments)

    @property
    def moments(self) -> list[tuple[Tensor, ...]]:
        """The pooled statistics of the highpass, and of the bands of each level: (N, K, H', W') each."""
        return [comparison.statistics for comparison in self._moments]

    @property
    def maps(self) -> list[Tensor]:
        """The statistics as maps (N, S K, H', W'): one tensor for the highpass and for each level's bands.

        Each holds the first pooled statistic of its K maps, then the second one. The last tensor is the
        residual lowpass, or the pooled image with use_fullres_l0.
        """
        return [*(torch.cat(moments, dim=1) for moments in self.moments), self._squares[0].target]

    @property
    def pooled(self) -> list[tuple[Tensor, ...]]:
        """The target's values in each comparison: each pooled statistic, or plain values."""
        return [*self.moments, *((square.target,) for square in self._squares)]

    def totals(self, picture: Tensor, steerable: SteerablePyramid) -> list[Tensor]:
        """The contribution of each comparison with (N, C, H', W') to the loss of N images, 0-d.

        They can be differentiated once, with respect to the image.
        """
        # decompose during the comparison, so that only one level's maps are in memory at a time
        parts = steerable.parts(picture)
        totals = [moments.total(next(parts)) for moments in self._moments]
        residual, *fovea = self._squares
        totals.append(residual.total(self._residual_of(picture, next(parts))))
        totals.extend(square.total(picture) for square in fovea)
        return totals

    def plain_totals(self, own: Decomposition) -> list[Tensor]:
        """The same by torch's own operations: differentiable any number of times, also by the target."""
        return [comparison(maps).sum() for comparison, maps, _ in self.compared(own)]

    def compared(self, own: Decomposition) -> Iterator[tuple[Comparison, Tensor, LevelWeights]]:
        """Yield each comparison, the maps to compare, and the share and weight of their pixels."""
        foveation, pyramid = self._foveation, own.pyramid
        levels = [*per_map(foveation.levels), foveation.residual, foveation.levels[0]]
        maps = [*pyramid.maps, self._residual_of(own.picture, pyramid.residual), own.picture]
        return zip([*self._moments, *self._squares], maps, levels, strict=False)
