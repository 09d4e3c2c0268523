"""Noise with the channel correlations of a target.

The loss compares each channel separately, so noise drawn separately for each channel is a metamer too. But
then a neutral detail gets hues that the target does not have anywhere near it. Here independent noise n of
unit variance is mixed at each pixel to the pooled correlation matrix R of the target's channels: L n, with
L L' = R by Cholesky. The diagonal of R is 1, so each channel keeps its variance, and the loss its value.
"""

from __future__ import annotations

import torch
from torch import Tensor

from foveaview.perception.pooling.pooling import Pooling

__all__ = ["coupled_noise"]

_NO_DETAIL = 1e-5  # a variance of less than a grey level; its correlation would come from rounding
_LEAST = 1e-6  # smallest variance that is left to a channel's own noise


def _correlation(product: Tensor, means: tuple[Tensor, Tensor], deviations: tuple[Tensor, Tensor]) -> Tensor:
    covariance = product - means[0] * means[1]
    return (covariance / (deviations[0] * deviations[1] + _NO_DETAIL)).clamp(-1, 1)


def coupled_noise(noise: Tensor, maps: Tensor, moments: tuple[Tensor, Tensor], pool: Pooling) -> Tensor:
    """Mix the noise of three channels to the target's pooled correlations.

    Args:
        noise: (N, 3 O, H, W) of zero mean and unit variance, channels fastest.
        maps: (N, 3 O, H, W), a target's bands, channels fastest.
        moments: (N, 3 O, H, W) each, the bands' pooled means and standard deviations.
        pool: pooling of that size.

    Returns:
        (N, 3 O, H, W), each of unit variance.

    >>> from foveaview.perception.pooling.pooling import PoolingOperator
    >>> pool = PoolingOperator(torch.full((8, 8), 9.0), torch.float32, torch.device("cpu"))
    >>> own = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> maps = torch.cat([own, own, -own], dim=1)  # the second like the first, the third its negative
    >>> moments = (torch.zeros_like(maps), own.square().mean().sqrt().expand_as(maps))
    >>> first, second, third = coupled_noise(torch.randn(1, 3, 8, 8), maps, moments, pool)[0]
    >>> bool(torch.allclose(first, second, atol=0.05)), bool(torch.allclose(first, -third, atol=0.05))
    (True, True)
    """
    channels = [maps[:, channel::3] for channel in range(3)]
    means, deviations = ([moment[:, channel::3] for channel in range(3)] for moment in moments)
    pairs = [(0, 1), (0, 2), (1, 2)]
    products = pool(torch.cat([channels[i] * channels[j] for i, j in pairs], dim=1)).chunk(3, dim=1)
    first, second, between = (
        _correlation(product, (means[i], means[j]), (deviations[i], deviations[j]))
        for product, (i, j) in zip(products, pairs, strict=True)
    )
    own = (1 - first.square()).clamp(min=_LEAST).sqrt()
    shared = (between - first * second) / own
    # rounding must not leave the last channel a negative variance, whose square root has no gradient
    shared = torch.minimum(shared.abs(), (1 - second.square()).clamp(min=_LEAST).sqrt()).copysign(shared)
    last = (1 - second.square() - shared.square()).clamp(min=_LEAST).sqrt()
    drawn = [noise[:, channel::3] for channel in range(3)]
    mixed = [
        drawn[0],
        first * drawn[0] + own * drawn[1],
        second * drawn[0] + shared * drawn[1] + last * drawn[2],
    ]
    return torch.stack(mixed, dim=2).flatten(1, 2)
