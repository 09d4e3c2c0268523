"""Pooled moments compared with a target's, in few passes over memory.

The same numbers follow from `pooled_moments` and torch's own operations, and a test holds them to that; but
a large picture then spends most of a step on temporaries that are touched once. Here they are reused from
step to step, and the gradient is written out:

    m = P x,  v = P x^2 - m^2,  s = sqrt(max(v, 1e-7)),  term = w sum((m - m_t)^2 + (s - s_t)^2)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from foveaview.perception.interruption import check_interruption
from foveaview.perception.pooling import PoolingOperator

__all__ = ["SMALLEST_VARIANCE", "MomentComparison", "pooled_moments"]

SMALLEST_VARIANCE = 1e-7
_LARGEST_WIDENED = 1 << 24  # numbers


def pooled_moments(maps: Tensor, pool: PoolingOperator) -> tuple[Tensor, Tensor]:
    """Pooled mean and standard deviation of (N, K, H, W), the variance kept at 1e-7 or more.

    >>> pool = PoolingOperator(torch.full((8, 8), 9.0), torch.float32, torch.device("cpu"))
    >>> mean, deviation = pooled_moments(torch.ones(1, 2, 8, 8), pool)
    >>> float(mean.max()), round(float(deviation.max()), 6)
    (1.0, 0.000316)
    """
    mean, square = pool(torch.cat([maps, maps * maps], dim=1)).chunk(2, dim=1)
    return mean, (square - mean * mean).clamp(min=SMALLEST_VARIANCE).sqrt()


class _Buffers:
    """Tensors that are used again: fresh memory costs more than what is computed in it."""

    def __init__(self) -> None:
        self._free: list[Tensor] = []

    def take(self, like: Tensor) -> Tensor:
        try:
            while True:
                buffer = self._free.pop()
                if buffer.shape == like.shape and buffer.dtype == like.dtype:
                    return buffer
        except IndexError:  # not asked for beforehand: another thread may take the last one
            pass
        with torch.inference_mode(False):  # serves outside inference mode too
            return torch.empty_like(like)

    def give(self, *buffers: Tensor) -> None:
        self._free.extend(buffers)


class _Lease:
    """What a forward pass keeps for its backward pass; free again when autograd lets go of it."""

    def __init__(self, buffers: _Buffers, samples: list[tuple[Tensor, Tensor]]) -> None:
        self.samples, self._buffers = samples, buffers

    def __del__(self) -> None:
        for pair in self.samples:
            self._buffers.give(*pair)


def _rows(maps: Tensor) -> Tensor:
    """(N, K, H, W) channels-last as (N, P, K)."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2)


def _squared_sum(difference: Tensor) -> Tensor:
    """Sum of squares over the last dimension; changes its argument."""
    return torch.mv(difference.square_(), difference.new_ones(difference.shape[-1]))


class _Comparison(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, comparison: MomentComparison) -> Tensor:
        maps = maps.contiguous(memory_format=torch.channels_last)
        samples, terms = [], []
        for x, mean, deviation in zip(_rows(maps), comparison.mean, comparison.deviation, strict=True):
            check_interruption()
            own = comparison.moments(x)
            terms.append(comparison.term(own, (mean, deviation)))
            samples.append(own)
        ctx.save_for_backward(maps)
        ctx.comparison, ctx.lease = comparison, _Lease(comparison.buffers, samples)
        return torch.stack(terms).view(len(maps), 1, *maps.shape[-2:])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (maps,) = ctx.saved_tensors
        comparison: MomentComparison = ctx.comparison
        gradient = torch.empty_like(maps, memory_format=torch.channels_last)
        targets = zip(comparison.mean, comparison.deviation, strict=True)
        parts = zip(_rows(maps), _rows(gradient), ctx.lease.samples, targets, grads[0], strict=True)
        for x, out, own, target, grad in parts:
            check_interruption()
            # the gradient of a sum is one number for all pixels
            same = all(stride == 0 for stride in grad.stride())
            comparison.gradient(x, own, target, grad[0, 0, 0] if same else grad.flatten()[:, None], out)
        return gradient, None


def _widened(column: Tensor, count: int) -> Tensor:
    """(P, 1) as (P, count) where that is small: a product with a column is several times slower."""
    if column.numel() * count > _LARGEST_WIDENED:
        return column
    return column.expand(-1, count).contiguous()


class MomentComparison:
    """The pooled moments of a target's maps, and how far those of other maps are from them.

    Args:
        maps: (N, K, H, W), the target's.
        pool: the pooling operator of that size.
        weight: (H, W), of the squared differences.

    >>> pool = PoolingOperator(torch.full((8, 8), 1.5), torch.float32, torch.device("cpu"))
    >>> maps = torch.rand(1, 2, 8, 8)
    >>> comparison = MomentComparison(maps, pool, torch.ones(8, 8))
    >>> float(comparison(maps).max()), bool(comparison(2 * maps).min() > 0)
    (0.0, True)
    """

    def __init__(self, maps: Tensor, pool: PoolingOperator, weight: Tensor) -> None:
        self.pool, self.weight = pool, weight.flatten()
        self.buffers = _Buffers()
        self.size, count = (maps.shape[-2], maps.shape[-1]), maps.shape[1]
        self._finest = _widened(pool.finest_weight.flatten()[:, None], count)
        self._twice_weight = _widened(2 * self.weight[:, None], count)
        self.mean, self.deviation = self._moments_of(maps)

    def _moments_of(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """(N, P, K) each."""
        if self.pool.has_matrix and not maps.requires_grad:
            rows = _rows(maps.contiguous(memory_format=torch.channels_last))
            samples = [self.moments(sample) for sample in rows]
            return torch.stack([mean for mean, _ in samples]), torch.stack([d for _, d in samples])
        mean, deviation = pooled_moments(maps, self.pool)
        return _rows(mean), _rows(deviation)

    @property
    def statistics(self) -> tuple[Tensor, Tensor]:
        """(N, K, H, W) each: the pooled means and the standard deviations."""
        mean, deviation = (
            rows.unflatten(1, self.size).permute(0, 3, 1, 2) for rows in (self.mean, self.deviation)
        )
        return mean, deviation

    def __call__(self, maps: Tensor) -> Tensor:
        """The weighted squared difference of every pixel's moments, (N, 1, H, W)."""
        if self.pool.has_matrix and not self.mean.requires_grad:
            return _compare(maps, self)
        pairs = zip(pooled_moments(maps, self.pool), self.statistics, strict=True)
        squares = [(own - other).square().sum(dim=1, keepdim=True) for own, other in pairs]
        return (squares[0] + squares[1]) * self.weight.view(self.size)

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pooled mean and standard deviation of (P, K), in buffers."""
        mean, square = self.buffers.take(x), self.buffers.take(x)
        torch.mul(x, x, out=square)
        coarse, coarse_square = self.pool.coarse(x), self.pool.coarse(square)
        torch.mul(x, self._finest, out=mean)
        torch.addmm(mean, self.pool.matrix, coarse, out=mean)
        square.mul_(self._finest)
        torch.addmm(square, self.pool.matrix, coarse_square, out=square)
        deviation = square.addcmul_(mean, mean, value=-1).clamp_(min=SMALLEST_VARIANCE).sqrt_()
        return mean, deviation

    def term(self, own: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor]) -> Tensor:
        """The weighted squared difference of two pairs of moments, (P,)."""
        difference = self.buffers.take(own[0])
        total = torch.zeros_like(self.weight)
        for mine, other in zip(own, target, strict=True):
            total += _squared_sum(torch.sub(mine, other, out=difference))
        self.buffers.give(difference)
        return total.mul_(self.weight)

    def gradient(
        self, x: Tensor, own: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor], grad: Tensor, out: Tensor
    ) -> None:
        """Write the gradient of (P, K) maps into `out`, given that of the term, 0-d or (P, 1)."""
        mean, deviation = own
        by_variance = torch.sub(deviation, target[1], out=self.buffers.take(deviation))
        by_variance.mul_(self._twice_weight).div_(deviation).mul_(grad * 0.5)
        # 0 where the variance was raised to the smallest one, else 1
        out.copy_(deviation).sub_(SMALLEST_VARIANCE**0.5).sign_().clamp_(min=0)
        by_variance.mul_(out)
        torch.sub(mean, target[0], out=out).mul_(self._twice_weight).mul_(grad)
        out.addcmul_(mean, by_variance, value=-2)
        finer, finer_square = (self.pool.coarse_adjoint(part) for part in (out, by_variance))
        by_variance.mul_(self._finest)
        self.pool.add_from_coarse(by_variance, finer_square)
        out.mul_(self._finest)
        self.pool.add_from_coarse(out, finer)
        out.addcmul_(x, by_variance, value=2)
        self.buffers.give(by_variance)


_compare: Callable[..., Tensor] = _Comparison.apply
