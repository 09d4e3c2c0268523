"""Moments compared in few passes over memory, against torch's own operations."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from foveaview.perception import PoolingOperator
from foveaview.perception.comparison import MomentComparison, pooled_moments


def case(seed: int) -> tuple[Tensor, Tensor, PoolingOperator, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    own, target = (torch.randn(2, 3, 12, 20, generator=generator, dtype=torch.float64) for _ in range(2))
    own[..., :5] = 0.25  # flat: its variance is raised to the smallest one
    lod = torch.rand(12, 20, generator=generator, dtype=torch.float64) * 4
    weight = torch.rand(12, 20, generator=generator, dtype=torch.float64)
    return own, target, PoolingOperator(lod, torch.float64, torch.device("cpu")), weight


@pytest.mark.parametrize("uniform", [True, False])
def test_terms_and_gradient_are_those_of_the_plain_operations(uniform: bool) -> None:
    own, target, pool, weight = case(0)
    own.requires_grad_()
    term = MomentComparison(target, pool, weight)(own)
    pairs = zip(pooled_moments(own, pool), pooled_moments(target, pool), strict=True)
    plain = sum((a - b).square().sum(dim=1, keepdim=True) for a, b in pairs) * weight
    torch.testing.assert_close(term, plain)
    upstream = torch.ones(()).expand(term.shape) if uniform else torch.rand(term.shape)
    upstream = upstream.to(torch.float64)
    found = torch.autograd.grad(term, own, upstream)
    torch.testing.assert_close(found, torch.autograd.grad(plain, own, upstream))


def test_two_that_live_at_once_do_not_share_memory() -> None:
    own, target, pool, weight = case(1)
    comparison = MomentComparison(target, pool, weight)
    images = [own.clone().requires_grad_(), (2 * own).requires_grad_()]
    terms = [comparison(image).sum() for image in images]
    together = [torch.autograd.grad(term, image)[0] for term, image in zip(terms, images, strict=True)]
    alone = [torch.autograd.grad(comparison(image).sum(), image)[0] for image in images]
    torch.testing.assert_close(together, alone, rtol=0, atol=0)
