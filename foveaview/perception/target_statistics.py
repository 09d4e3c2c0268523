"""What the metameric loss compares with: the pooled statistics of a target at a gaze."""

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
from foveaview.perception.pooling.gaze_operators import GazeOperators, LevelWeights, for_maps
from foveaview.perception.pyramid.pyramid import SteerablePyramid

__all__ = ["Comparison", "TargetStatistics"]

Comparison = MomentComparison | SquareComparison


class TargetStatistics:
    """The statistics of a target, each ready to be compared with those of another picture.

    In this order: the pooled statistics of the highpass, and of the bands of each level;
    the residual lowpass, or the pooled picture with use_fullres_l0; and the picture itself where the gaze
    resolves single pixels.

    Args:
        target: the target decomposed.
        foveation: what follows from gaze, settings and size.

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
        pairs = zip(target.pyramid.maps, for_maps(poolings), strict=True)
        scratch = BufferPool()
        self._moments = [MomentComparison(*pair, scratch) for pair in pairs]
        self._squares = self._compare_squares(target, n_maps)

    def _compare_squares(self, target: Decomposition, n_maps: int) -> list[SquareComparison]:
        """Of the residual lowpass, and of the picture where the gaze resolves single pixels."""
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
        """Each pooled statistic of the highpass, and of the bands of each level: (N, K, H', W') each."""
        return [comparison.statistics for comparison in self._moments]

    @property
    def maps(self) -> list[Tensor]:
        """For the highpass and the bands of each level (N, S K, H', W'), the first pooled statistic of their
        K maps, then the second one; last the residual lowpass, or the pooled picture with use_fullres_l0.
        """
        return [*(torch.cat(moments, dim=1) for moments in self.moments), self._squares[0].target]

    @property
    def pooled(self) -> list[tuple[Tensor, ...]]:
        """What is compared, of each comparison: each pooled statistic, or plain values."""
        return [*self.moments, *((square.target,) for square in self._squares)]

    def totals(self, picture: Tensor, steerable: SteerablePyramid) -> list[Tensor]:
        """What each comparison with (N, C, H', W') adds to the loss of N pictures, 0-d.

        They can be differentiated once, with respect to the picture.
        """
        # decomposed as it is compared, so that no two levels' maps are there at once
        parts = steerable.parts(picture)
        totals = [moments.total(next(parts)) for moments in self._moments]
        residual, *fovea = self._squares
        totals.append(residual.total(self._residual_of(picture, next(parts))))
        totals.extend(square.total(picture) for square in fovea)
        return totals

    def plain_totals(self, own: Decomposition) -> list[Tensor]:
        """The same by torch's own operations: differentiable any number of times, and by the target too."""
        return [comparison(maps).sum() for comparison, maps, _ in self.compared(own)]

    def compared(self, own: Decomposition) -> Iterator[tuple[Comparison, Tensor, LevelWeights]]:
        """What is compared with the target, and with what share of the picture each of its pixels counts."""
        foveation, pyramid = self._foveation, own.pyramid
        levels = [*for_maps(foveation.levels), foveation.residual, foveation.levels[0]]
        maps = [*pyramid.maps, self._residual_of(own.picture, pyramid.residual), own.picture]
        return zip([*self._moments, *self._squares], maps, levels, strict=False)
