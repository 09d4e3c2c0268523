"""Pooled moments compared with a target's, in few passes over memory.

The same numbers follow from `pooled_moments` and torch's own operations, and a test holds them to that; but
a large picture then spends most of a step on temporaries that are touched once. Here rows are taken by
blocks that stay in the cache, and the gradient of the sum is written out with it:

    m = P x,  v = P x^2 - m^2,  s = sqrt(max(v, 1e-7)),  term = w ((m - m_t)^2 + (s - s_t)^2)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from foveaview.perception.autograd import ScalarWithGradient, constants, is_differentiated
from foveaview.perception.interruption import check_interruption
from foveaview.perception.pooling import PoolingAdjoint, PoolingOperator

__all__ = [
    "SMALLEST_VARIANCE",
    "MomentComparison",
    "Scratch",
    "SquareComparison",
    "WeightedPooling",
    "pooled_moments",
]

SMALLEST_VARIANCE = 1e-7


def pooled_moments(maps: Tensor, pool: PoolingOperator) -> tuple[Tensor, Tensor]:
    """Pooled mean and standard deviation of (N, K, H, W), the variance kept at 1e-7 or more.

    >>> pool = PoolingOperator(torch.full((8, 8), 9.0), torch.float32, torch.device("cpu"))
    >>> mean, deviation = pooled_moments(torch.ones(1, 2, 8, 8), pool)
    >>> float(mean.max()), round(float(deviation.max()), 6)
    (1.0, 0.000316)
    """
    mean, square = pool(torch.cat([maps, maps * maps], dim=1)).chunk(2, dim=1)
    return mean, (square - mean * mean).clamp(min=SMALLEST_VARIANCE).sqrt()


class Scratch:
    """Memory that is used again: fresh memory costs more than what is computed in it.

    >>> scratch = Scratch()
    >>> with scratch.like(torch.ones(2, 3)) as first:
    ...     address = first.data_ptr()
    >>> with scratch.like(torch.ones(4)) as second:
    ...     second.shape, second.data_ptr() == address
    (torch.Size([4]), True)
    """

    def __init__(self) -> None:
        self._free: list[Tensor] = []

    @contextmanager
    def like(self, tensor: Tensor) -> Iterator[Tensor]:
        """A tensor of the same shape and kind, whose values are anything, for as long as this lasts."""
        memory = self._take(tensor)
        try:
            yield memory[: tensor.numel()].view(tensor.shape)
        finally:
            self._free.append(memory)

    def _take(self, tensor: Tensor) -> Tensor:
        try:
            while True:
                memory = self._free.pop()
                if len(memory) >= tensor.numel() and memory.dtype == tensor.dtype:
                    return memory
        except IndexError:  # not asked for beforehand: another thread may take the last one
            pass
        with constants():
            return torch.empty(tensor.numel(), dtype=tensor.dtype, device=tensor.device)


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
        weight: (H, W), of the squared differences.

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
            factors: (C,), of each channel; 1 where None.
        """
        squares = (maps - self.target).square()
        if factors is not None:
            squares = squares * factors.view(-1, 1, 1)
        return squares.sum(dim=1, keepdim=True) * self.weight

    def sums(self, maps: Tensor) -> Tensor:
        """What each channel adds to the total, (C,)."""
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
    """A pooling operator and the weight of the squared differences of what it pools.

    Attributes:
        pool: of (H, W) pictures.
        weight: (H, W).
    """

    pool: PoolingOperator
    weight: Tensor

    @cached_property
    def adjoint(self) -> PoolingAdjoint:
        """The transpose after twice the weight: one pass less over every gradient."""
        return PoolingAdjoint(self.pool, 2 * self.weight)

    @cached_property
    def finest(self) -> Tensor:
        """(P, 1), the share of the picture itself in what is pooled."""
        return self.pool.finest_weight.flatten()[:, None]


class MomentComparison:
    """The pooled moments of a target's maps, and how far those of other maps are from them.

    Args:
        maps: (N, K, H, W), the target's.
        pooling: of that size, with the weight of the squared differences.
        scratch: memory to compute in, which comparisons may share.

    Attributes:
        is_constant: False if the target's maps are differentiated too.

    >>> pool = PoolingOperator(torch.full((8, 8), 1.5), torch.float32, torch.device("cpu"))
    >>> maps = torch.rand(1, 2, 8, 8)
    >>> comparison = MomentComparison(maps, WeightedPooling(pool, torch.ones(8, 8)), Scratch())
    >>> float(comparison(maps).max()), bool(comparison(2 * maps).min() > 0)
    (0.0, True)
    """

    def __init__(self, maps: Tensor, pooling: WeightedPooling, scratch: Scratch) -> None:
        self.pooling, self.pool, self._scratch = pooling, pooling.pool, scratch
        self.size = (maps.shape[-2], maps.shape[-1])
        self.is_constant = not is_differentiated(maps)
        self._mean, self._deviation = self._moments_of(maps)

    def _moments_of(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """(N, P, K) each."""
        if not self.pool.has_matrix or not self.is_constant:
            mean, deviation = pooled_moments(maps, self.pool)
            return _rows(mean), _rows(deviation)
        rows = _rows(maps)
        means, deviations = torch.empty_like(rows), torch.empty_like(rows)
        for sample, mean, deviation in zip(rows, means, deviations, strict=True):
            for _ in self._moments(sample, mean, deviation):
                pass
        return means, deviations

    @property
    def statistics(self) -> tuple[Tensor, Tensor]:
        """(N, K, H, W) each: the pooled means and the standard deviations."""
        return _maps(self._mean, self.size), _maps(self._deviation, self.size)

    def _is_quick_for(self, maps: Tensor) -> bool:
        return self.is_constant and self.pool.has_matrix and not is_differentiated(maps)

    def _squares(self, maps: Tensor) -> list[Tensor]:
        """The squared differences of the means and of the standard deviations, (N, K, H, W) each."""
        pairs = zip(pooled_moments(maps, self.pool), self.statistics, strict=True)
        return [(own - other).square() for own, other in pairs]

    def __call__(self, maps: Tensor, factors: Tensor | None = None) -> Tensor:
        """The weighted squared difference of every pixel's moments, (N, 1, H, W).

        Args:
            maps: (N, K, H, W).
            factors: (2 K,), of each map's mean, then of each standard deviation; 1 where None.
        """
        if self._is_quick_for(maps):
            return _maps(self.compare(_rows(maps), factors=factors)[..., None], self.size)
        squares = self._squares(maps)
        if factors is not None:
            pairs = zip(squares, factors.view(2, -1, 1, 1), strict=True)
            squares = [own * factor for own, factor in pairs]
        means, deviations = (own.sum(dim=1, keepdim=True) for own in squares)
        return (means + deviations) * self.pooling.weight

    def sums(self, maps: Tensor) -> Tensor:
        """What each map's mean, then each standard deviation, adds to the total: (2 K,)."""
        if not self._is_quick_for(maps):
            weight = self.pooling.weight
            return torch.cat([(own * weight).sum(dim=(0, 2, 3)) for own in self._squares(maps)])
        rows = _rows(maps)
        sums = rows.new_zeros(2, rows.shape[-1])
        with self._scratch.like(rows[0]) as second:
            for i, sample in enumerate(rows):
                self._add_sums(sample, (self._mean[i], self._deviation[i]), second, sums)
        return sums.flatten()

    def _add_sums(self, x: Tensor, target: tuple[Tensor, Tensor], second: Tensor, sums: Tensor) -> None:
        """Add the sums of (P, K) maps to (2, K); computes in `second`, (P, K)."""
        weight = self.pooling.weight.flatten()
        for rows, mean, deviation, _ in self._moments(x, None, second):
            for out, own, other in zip(sums, (mean, deviation), target, strict=True):
                out.addmv_(own.sub_(other[rows]).square_().T, weight[rows])

    def total(self, maps: Tensor) -> Tensor:
        """The sum of all that a call gives, 0-d; it can be differentiated once."""
        if not self.pool.has_matrix:
            return self(maps).sum()
        return ScalarWithGradient(self._evaluate)(maps)

    def _evaluate(self, maps: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        rows = _rows(maps)
        gradient = torch.empty_like(rows) if wants_gradient else None
        total = self.compare(rows, gradient).sum()
        return total, None if gradient is None else _maps(gradient, self.size)

    def compare(self, rows: Tensor, gradient: Tensor | None = None, factors: Tensor | None = None) -> Tensor:
        """The weighted squared differences (N, P) of (N, P, K), and the gradient of their sum where given.

        With factors (2 K,), of means and then of standard deviations, there is no gradient.
        """
        terms = rows.new_empty(rows.shape[:2])
        with self._scratch.like(rows[0]) as second:
            for i, sample in enumerate(rows):
                own = None if gradient is None else gradient[i]
                self._compare(sample, (self._mean[i], self._deviation[i]), second, terms[i], own, factors)
        return terms

    def _moments(
        self, x: Tensor, mean: Tensor | None, second: Tensor
    ) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
        """Block by block the pooled mean and standard deviation of (P, K), and where the latter was raised.

        Args:
            x: the maps.
            mean: where the means go, if they are to stay.
            second: where the standard deviations go.
        """
        torch.mul(x, x, out=second)
        coarse, coarse_square = self.pool.coarse(x), self.pool.coarse(second)
        for block in self.pool.blocks:
            check_interruption()
            own, finest, deviation = x[block.rows], self.pooling.finest[block.rows], second[block.rows]
            first = torch.empty_like(own) if mean is None else mean[block.rows]
            torch.mul(own, finest, out=first)
            torch.mul(own, first, out=deviation)
            torch.addmm(first, block.matrix, coarse, out=first)
            torch.addmm(deviation, block.matrix, coarse_square, out=deviation)
            deviation.addcmul_(first, first, value=-1)
            raised = deviation <= SMALLEST_VARIANCE
            yield block.rows, first, deviation.clamp_(min=SMALLEST_VARIANCE).sqrt_(), raised

    def _compare(
        self,
        x: Tensor,
        target: tuple[Tensor, Tensor],
        second: Tensor,
        terms: Tensor,
        gradient: Tensor | None,
        factors: Tensor | None,
    ) -> None:
        """Write the terms (P,) of (P, K) maps, and where there is one (P, K), the gradient of their sum.

        Computes in `second`, (P, K).
        """
        weight, ones = self.pooling.weight.flatten(), x.new_ones(x.shape[1])
        for rows, mean, deviation, raised in self._moments(x, gradient, second):
            by_mean, by_deviation = mean - target[0][rows], deviation - target[1][rows]
            if factors is None:
                squares = (by_mean * by_mean).addcmul_(by_deviation, by_deviation) @ ones
            else:
                of_mean, of_deviation = factors.chunk(2)
                squares = (by_mean * by_mean @ of_mean).addmv_(by_deviation * by_deviation, of_deviation)
            torch.mul(squares, weight[rows], out=terms[rows])
            if gradient is not None:
                # halves of the gradients without the weight: of the pooled squares, then of the pooled means
                by_square = torch.div(by_deviation, deviation, out=deviation).masked_fill_(raised, 0)
                torch.addcmul(by_mean, mean, by_square, value=-1, out=gradient[rows])
        if gradient is not None:
            self._pull_back(x, gradient, second)

    def _pull_back(self, x: Tensor, by_mean: Tensor, by_square: Tensor) -> None:
        """Turn the first gradient, (P, K), into that of the maps.

        The pooled squares have half of the weight, and their own factor of 2 x.
        """
        from_mean = self.pooling.adjoint.coarse(by_mean)
        by_mean.addcmul_(x, by_square).mul_(self.pooling.finest * (2 * self.pooling.weight.view(-1, 1)))
        self.pool.add_from_coarse(by_mean, from_mean)
        del from_mean
        self.pool.add_from_coarse(by_mean, self.pooling.adjoint.coarse(by_square), factor=x)
