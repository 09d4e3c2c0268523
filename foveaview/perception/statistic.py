"""The statistics that are pooled over every pixel's region and compared.

To add a statistic, write it here and add it to `STATISTICS`. The number, names and order of the loss's parts,
the weights, the heatmap, the breakdown and the panels follow. Torch differentiates it, on the device of the
maps. An engine that computes the loss in one pass supports a fixed set of statistics; torch computes any
other set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = [
    "DEVIATION",
    "MEAN",
    "SMALLEST_VARIANCE",
    "STATISTICS",
    "PooledMaps",
    "Statistic",
    "pooled_statistics",
]

SMALLEST_VARIANCE = 1e-7
"""Smaller variances are raised to this, because the gradient of a square root is infinite at 0."""


class PooledMaps:
    """Maps and their pooled powers; the powers announced in advance are pooled together.

    Args:
        maps: (N, K, H, W).
        pool: takes maps of that size, returns their mean over every pixel's region.
        powers: the powers that will be requested.

    >>> calls = []
    >>> pooled = PooledMaps(torch.full((1, 1, 2, 2), 3.0), lambda maps: calls.append(1) or maps, (1, 2))
    >>> float(pooled.power(1).mean()), float(pooled.power(2).mean()), len(calls)
    (3.0, 9.0, 1)
    """

    def __init__(self, maps: Tensor, pool: Callable[[Tensor], Tensor], powers: Collection[int] = ()) -> None:
        self.maps, self.pool = maps, pool
        self._powers: dict[int, Tensor] = {}
        if powers:
            self._pool(sorted(set(powers)))

    def _pool(self, exponents: Sequence[int]) -> None:
        wanted, power = [], self.maps
        for exponent in range(1, max(exponents) + 1):
            power = power * self.maps if exponent > 1 else power
            if exponent in exponents:
                wanted.append(power)
        pooled = self.pool(torch.cat(wanted, dim=1)).chunk(len(wanted), dim=1)
        self._powers.update(zip(exponents, pooled, strict=True))

    def power(self, exponent: int) -> Tensor:
        """One pooled power of the maps, (N, K, H, W)."""
        if exponent not in self._powers:
            self._pool([exponent])
        return self._powers[exponent]


@dataclass(frozen=True)
class Statistic:
    """A statistic of maps over every pixel's pooling region.

    Attributes:
        name: used in parts of the loss, panels and reports.
        compute: takes `PooledMaps` of (N, K, H, W), returns values of that shape by operations that torch
            can differentiate.
        powers: the pooled powers of the maps that `compute` requests.
        short: title of a column; the name if empty.

    >>> energy = Statistic("energy", lambda pooled: pooled.power(2), powers=(2,))
    >>> energy.compute(PooledMaps(torch.full((1, 1, 1, 1), 2.0), lambda maps: maps)).item()
    4.0
    """

    name: str
    compute: Callable[[PooledMaps], Tensor]
    powers: tuple[int, ...] = ()
    short: str = ""

    @property
    def title(self) -> str:
        """Title of a column."""
        return self.short or self.name.capitalize()


def _mean(pooled: PooledMaps) -> Tensor:
    return pooled.power(1)


def _deviation(pooled: PooledMaps) -> Tensor:
    mean = pooled.power(1)
    return (pooled.power(2) - mean * mean).clamp(min=SMALLEST_VARIANCE).sqrt()


MEAN = Statistic("mean", _mean, powers=(1,))
DEVIATION = Statistic("standard deviation", _deviation, powers=(1, 2), short="SD")
STATISTICS = (MEAN, DEVIATION)
"""Statistics of the highpass and the bands that the metameric loss compares, in the order of its parts."""


def pooled_statistics(
    maps: Tensor, pool: Callable[[Tensor], Tensor], statistics: Sequence[Statistic] = STATISTICS
) -> list[Tensor]:
    """Compute each statistic of (N, K, H, W), in the order of `statistics`.

    >>> mean, deviation = pooled_statistics(torch.ones(1, 2, 8, 8), lambda maps: maps)
    >>> float(mean.max()), round(float(deviation.max()), 6)
    (1.0, 0.000316)
    """
    pooled = PooledMaps(maps, pool, {power for statistic in statistics for power in statistic.powers})
    return [statistic.compute(pooled) for statistic in statistics]
