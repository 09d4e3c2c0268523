"""Moments compared in few passes over memory, against torch's own operations."""

from __future__ import annotations

import torch
from torch import Tensor

from foveaview.perception import PoolingOperator
from foveaview.perception.moment_loss import BufferPool, MomentComparison, WeightedPooling
from foveaview.perception.statistic import pooled_statistics


def case(seed: int) -> tuple[Tensor, Tensor, PoolingOperator, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    own, target = (torch.randn(2, 3, 12, 20, generator=generator, dtype=torch.float64) for _ in range(2))
    own[..., :5] = 0.25  # flat: its variance is raised to the smallest one
    lod = torch.rand(12, 20, generator=generator, dtype=torch.float64) * 4
    weight = torch.rand(12, 20, generator=generator, dtype=torch.float64)
    return own, target, PoolingOperator(lod, torch.float64, torch.device("cpu")), weight


def test_terms_total_and_gradient_are_those_of_the_plain_operations() -> None:
    own, target, pool, weight = case(0)
    comparison = MomentComparison(target, WeightedPooling(pool, weight), BufferPool())
    own.requires_grad_()
    plain = comparison(own)  # torch's own operations, as it needs a gradient
    torch.testing.assert_close(comparison(own.detach()), plain)
    total = comparison.total(own)
    torch.testing.assert_close(total, plain.sum())
    upstream = torch.tensor(0.3, dtype=torch.float64)
    found = torch.autograd.grad(total, own, upstream)
    torch.testing.assert_close(found, torch.autograd.grad(plain.sum(), own, upstream))


def test_plain_operations_are_the_formula() -> None:
    own, target, pool, weight = case(2)
    own.requires_grad_()
    pairs = zip(pooled_statistics(own, pool), pooled_statistics(target, pool), strict=True)
    plain = sum((a - b).square().sum(dim=1, keepdim=True) for a, b in pairs) * weight
    torch.testing.assert_close(
        MomentComparison(target, WeightedPooling(pool, weight), BufferPool())(own), plain
    )


def test_weight_may_be_zero() -> None:
    own, target, pool, weight = case(3)
    own.requires_grad_()
    total = MomentComparison(target, WeightedPooling(pool, 0 * weight), BufferPool()).total(own)
    (gradient,) = torch.autograd.grad(total, own)
    assert float(total.detach()) == 0
    assert not bool(gradient.any())


def test_two_that_live_at_once_do_not_share_memory() -> None:
    own, target, pool, weight = case(1)
    comparison = MomentComparison(target, WeightedPooling(pool, weight), BufferPool())
    images = [own.clone().requires_grad_(), (2 * own).requires_grad_()]
    terms = [comparison.total(image) for image in images]
    together = [torch.autograd.grad(term, image)[0] for term, image in zip(terms, images, strict=True)]
    alone = [torch.autograd.grad(comparison.total(image), image)[0] for image in images]
    torch.testing.assert_close(together, alone, rtol=0, atol=0)
