"""Comparison of maps with those of a target, by pooled statistics or plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from foveaview.perception import statistic
from foveaview.perception.autograd import ScalarWithGradient, is_differentiated
from foveaview.perception.matrix_moments import BufferPool, MatrixMoments
from foveaview.perception.pooling.pooling import Pooling, PoolingOperator
from foveaview.perception.statistic import DEVIATION, MEAN, Statistic, pooled_statistics

__all__ = ["BufferPool", "MomentComparison", "SquareComparison", "WeightedPooling"]


def _rows(maps: Tensor) -> Tensor:
    """(N, K, H, W) as (N, P, K), channels last."""
    return maps.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).flatten(1, 2)


def _maps(rows: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, P, K) as (N, K, H, W)."""
    return rows.unflatten(1, size).permute(0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class SquareComparison:
    """Plain squared differences from a target.

    Attributes:
        target: (N, C, H, W).
        weight: (H, W), weight of the squared differences.

    >>> comparison = SquareComparison(torch.ones(1, 3, 2, 2), torch.full((2, 2), 0.5))
    >>> comparison(torch.zeros(1, 3, 2, 2)).shape, float(comparison.total(torch.zeros(1, 3, 2, 2)))
    (torch.Size([1, 1, 2, 2]), 6.0)
    """

    target: Tensor
    weight: Tensor

    def __call__(self, maps: Tensor, factors: Tensor | None = None) -> Tensor:
        """The weighted squared difference at every pixel, (N, 1, H, W).

        Args:
            maps: (N, C, H, W).
            factors: (C,), a factor for each channel; 1 if None.
        """
        squares = (maps - self.target).square()
        if factors is not None:
            squares = squares * factors.view(-1, 1, 1)
        return squares.sum(dim=1, keepdim=True) * self.weight

    def sums(self, maps: Tensor) -> Tensor:
        """Each channel's contribution to the total, (C,)."""
        return ((maps - self.target).square() * self.weight).sum(dim=(0, 2, 3))

    def total(self, maps: Tensor) -> Tensor:
        """The sum of all that a call gives, 0-d; it can be differentiated once."""
        return ScalarWithGradient(self._evaluate)(maps)

    def _evaluate(self, maps: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        difference = maps - self.target
        weighted = difference * self.weight
        return difference.mul_(weighted).sum(), weighted.mul_(2) if wants_gradient else None


@dataclass(frozen=True, eq=False)
class WeightedPooling:
    """A pooling and the weight of the squared differences of the pooled statistics.

    Attributes:
        pool: pooling of (H, W) images.
        weight: (H, W).
    """

    pool: Pooling
    weight: Tensor


class MomentComparison:
    """Pooled statistics of a target's maps, to compare those of other maps with.

    Args:
        maps: (N, K, H, W), the target's.
        pooling: pooling of that size, with the weight of the squared differences.
        scratch: memory to compute in, which comparisons may share.
        kinds: the statistics; those of the metameric loss if None.

    Attributes:
        is_constant: False if the target's maps are differentiated too.

    >>> pool = PoolingOperator(torch.full((8, 8), 1.5), torch.float32, torch.device("cpu"))
    >>> maps = torch.rand(1, 2, 8, 8)
    >>> comparison = MomentComparison(maps, WeightedPooling(pool, torch.ones(8, 8)), BufferPool())
    >>> float(comparison(maps).max()), bool(comparison(2 * maps).min() > 0)
    (0.0, True)
    """

    def __init__(
        self,
        maps: Tensor,
        pooling: WeightedPooling,
        scratch: BufferPool,
        kinds: Sequence[Statistic] | None = None,
    ) -> None:
        self.pooling, self._kinds = pooling, tuple(statistic.STATISTICS if kinds is None else kinds)
        self.size = (maps.shape[-2], maps.shape[-1])
        self.is_constant = not is_differentiated(maps)
        self._fast = self._fast_path(scratch) if self.is_constant else None
        if self._fast is None:
            self._target = list(map(_rows, self._statistics_of(maps)))
        else:
            self._target = self._fast.of(_rows(maps))

    def _fast_path(self, scratch: BufferPool) -> MatrixMoments | None:
        pool = self.pooling.pool
        if self._kinds == (MEAN, DEVIATION) and isinstance(pool, PoolingOperator) and pool.has_matrix:
            return MatrixMoments(pool, self.pooling.weight, scratch)
        return None

    def _statistics_of(self, maps: Tensor) -> list[Tensor]:
        return pooled_statistics(maps, self.pooling.pool, self._kinds)

    @property
    def statistics(self) -> tuple[Tensor, ...]:
        """(N, K, H, W) for each statistic."""
        return tuple(_maps(rows, self.size) for rows in self._target)

    def _squares(self, maps: Tensor) -> list[Tensor]:
        """The squared differences of each statistic, each (N, K, H, W)."""
        pairs = zip(self._statistics_of(maps), self.statistics, strict=True)
        return [(own - other).square() for own, other in pairs]

    def __call__(self, maps: Tensor, factors: Tensor | None = None) -> Tensor:
        """The weighted squared difference of every pixel's statistics, (N, 1, H, W).

        Args:
            maps: (N, K, H, W).
            factors: (S K,), a factor for each map's first statistic, then for each second one, and so on;
                1 if None.
        """
        if self._fast is not None and not is_differentiated(maps):
            terms = self._fast.compare(_rows(maps), self._target, factors=factors)
            return _maps(terms[..., None], self.size)
        squares = self._squares(maps)
        if factors is not None:
            pairs = zip(squares, factors.view(len(squares), -1, 1, 1), strict=True)
            squares = [own * factor for own, factor in pairs]
        first, *others = (own.sum(dim=1, keepdim=True) for own in squares)
        for other in others:
            first = first + other
        return first * self.pooling.weight

    def sums(self, maps: Tensor) -> Tensor:
        """The contribution of each map's first statistic, then of each second one, to the total: (S K,)."""
        if self._fast is not None and not is_differentiated(maps):
            return self._fast.sums(_rows(maps), self._target)
        weight = self.pooling.weight
        return torch.cat([(own * weight).sum(dim=(0, 2, 3)) for own in self._squares(maps)])

    def total(self, maps: Tensor) -> Tensor:
        """The sum of all that a call gives, 0-d; it can be differentiated once."""
        return self(maps).sum() if self._fast is None else ScalarWithGradient(self._evaluate)(maps)

    def _evaluate(self, maps: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        assert self._fast is not None
        rows = _rows(maps)
        gradient = torch.empty_like(rows) if wants_gradient else None
        total = self._fast.compare(rows, self._target, gradient).sum()
        return total, None if gradient is None else _maps(gradient, self.size)
