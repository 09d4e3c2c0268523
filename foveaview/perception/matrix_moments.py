"""Pooled means and standard deviations compared with a target's, in few passes over memory.

`pooled_statistics` and torch's own operations give the same numbers, and a test checks that. But with a large
image they spend most of a step on temporaries that are touched once. Here the pooling is a sparse matrix P,
rows are processed in blocks that stay in the cache, and the gradient is written together with the sum. For
one map x, with weight w of each pixel, and the target's moments m_t and s_t:

    m = P x,  v = P x^2 - m^2,  s = sqrt(max(v, 1e-7)),  L = sum of w ((m - m_t)^2 + (s - s_t)^2)

    dL/ds = 2 w (s - s_t),  ds/dv = 1 / (2 s), or 0 if v was raised
    b = (s - s_t) / s, or 0 if v was raised:           dL/d(P x^2) = w b
    a = (m - m_t) - m b, as v holds -m^2:              dL/dm = 2 w a
    dL/dx = P^T (2 w a) + 2 x * P^T (w b) = P^T (2 w a) + x * P^T (2 w b)

Both transposed products have the factor 2 w, so the transposed matrix includes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from foveaview.perception.autograd import constants
from foveaview.perception.interruption import check_interruption
from foveaview.perception.pooling.pooling import PoolingAdjoint, PoolingOperator
from foveaview.perception.statistic import SMALLEST_VARIANCE

__all__ = ["BufferPool", "MatrixMoments"]


class BufferPool:
    """Pool of buffers to use again: allocating memory costs more than the computation in it.

    >>> scratch = BufferPool()
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
        """Borrow an uninitialised tensor with the shape and dtype of the given tensor."""
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
        except IndexError:  # no check in advance: another thread may take the last one
            pass
        with constants():
            return torch.empty(tensor.numel(), dtype=tensor.dtype, device=tensor.device)


@dataclass(frozen=True, eq=False)
class MatrixMoments:
    """Means and standard deviations by a pooling with a matrix, and a weight for each pixel.

    Maps are rows (P, K) here: P pixels of K maps.

    Attributes:
        pool: pooling operator for (H, W) images, with a matrix.
        weight: (H, W), weight of the squared differences.
        scratch: memory to compute in.
    """

    pool: PoolingOperator
    weight: Tensor
    scratch: BufferPool

    @cached_property
    def _adjoint(self) -> PoolingAdjoint:
        """The transpose, applied after twice the weight; this saves a pass over every gradient."""
        return PoolingAdjoint(self.pool, 2 * self.weight)

    @cached_property
    def _finest(self) -> Tensor:
        """(P, 1), the weight of the unpooled image in the pooled value."""
        return self.pool.finest_weight.flatten()[:, None]

    def of(self, rows: Tensor) -> list[Tensor]:
        """Means and standard deviations of (N, P, K), each of that shape."""
        means, deviations = torch.empty_like(rows), torch.empty_like(rows)
        for sample, mean, deviation in zip(rows, means, deviations, strict=True):
            for _ in self._moments(sample, mean, deviation):
                pass
        return [means, deviations]

    def compare(
        self,
        rows: Tensor,
        target: list[Tensor],
        gradient: Tensor | None = None,
        factors: Tensor | None = None,
    ) -> Tensor:
        """Return the weighted squared differences (N, P) of (N, P, K).

        If `gradient` is given, fill it with the gradient of their sum; that is not supported together with
        `factors` (2 K,), which multiply the means and then the standard deviations.
        """
        terms = rows.new_empty(rows.shape[:2])
        with self.scratch.like(rows[0]) as second:
            for i, sample in enumerate(rows):
                own = None if gradient is None else gradient[i]
                self._compare(sample, (target[0][i], target[1][i]), second, terms[i], own, factors)
        return terms

    def sums(self, rows: Tensor, target: list[Tensor]) -> Tensor:
        """The contribution of each map's mean, then of each standard deviation, to the total: (2 K,)."""
        sums, weight = rows.new_zeros(2, rows.shape[-1]), self.weight.flatten()
        with self.scratch.like(rows[0]) as second:
            for i, sample in enumerate(rows):
                for part, mean, deviation, _ in self._moments(sample, None, second):
                    for out, own, other in zip(sums, (mean, deviation), target, strict=True):
                        out.addmv_(own.sub_(other[i][part]).square_().T, weight[part])
        return sums.flatten()

    def _moments(
        self, x: Tensor, mean: Tensor | None, second: Tensor
    ) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
        """Yield for each block its rows, the pooled means and standard deviations, and a mask of raised ones.

        Args:
            x: the maps, (P, K).
            mean: filled with the means, if given.
            second: filled with the standard deviations.
        """
        torch.mul(x, x, out=second)
        coarse, coarse_square = self.pool.coarse(x), self.pool.coarse(second)
        for block in self.pool.blocks:
            check_interruption()
            own, finest, deviation = x[block.rows], self._finest[block.rows], second[block.rows]
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
        """Write the terms (P,) of (P, K) maps, and the gradient of their sum if `gradient` (P, K) is given.

        `second` (P, K) is used as a buffer.
        """
        weight, ones = self.weight.flatten(), x.new_ones(x.shape[1])
        for rows, mean, deviation, raised in self._moments(x, gradient, second):
            by_mean, by_deviation = mean - target[0][rows], deviation - target[1][rows]
            if factors is None:
                squares = (by_mean * by_mean).addcmul_(by_deviation, by_deviation) @ ones
            else:
                of_mean, of_deviation = factors.chunk(2)
                squares = (by_mean * by_mean @ of_mean).addmv_(by_deviation * by_deviation, of_deviation)
            torch.mul(squares, weight[rows], out=terms[rows])
            if gradient is not None:
                # half the gradients without the weight, by the pooled squares and then by the pooled means
                by_square = torch.div(by_deviation, deviation, out=deviation).masked_fill_(raised, 0)
                torch.addcmul(by_mean, mean, by_square, value=-1, out=gradient[rows])
        if gradient is not None:
            self._pull_back(x, gradient, second)

    def _pull_back(self, x: Tensor, by_mean: Tensor, by_square: Tensor) -> None:
        """Turn `by_mean` (P, K) into the gradient of the maps, in place.

        The pooled squares have half the weight, and a factor of 2 x.
        """
        from_mean = self._adjoint.coarse(by_mean)
        by_mean.addcmul_(x, by_square).mul_(self._finest * (2 * self.weight.view(-1, 1)))
        self.pool.add_from_coarse(by_mean, from_mean)
        del from_mean
        self.pool.add_from_coarse(by_mean, self._adjoint.coarse(by_square), factor=x)
