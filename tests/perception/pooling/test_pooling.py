"""The pooling operator against its definition."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from foveaview.perception import PoolingOperator
from foveaview.perception.pooling.mips import pool_by_interpolation

CPU = torch.device("cpu")


def _lod(height: int, width: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    lod = torch.rand(height, width, generator=generator, dtype=torch.float64) * 9
    lod[0, 0], lod[-1, -1] = 0, 1
    return lod


@pytest.mark.slow
@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 1000))
def test_matrix_is_the_definition_and_its_gradient(height: int, width: int, seed: int) -> None:
    lod = _lod(height, width, seed)
    image = torch.rand(2, 3, height, width, dtype=torch.float64, requires_grad=True)
    pooled = PoolingOperator(lod, torch.float64, CPU)(image)
    expected = pool_by_interpolation(image, lod)
    upstream = torch.rand_like(expected)
    torch.testing.assert_close(pooled, expected)
    torch.testing.assert_close(
        torch.autograd.grad(pooled, image, upstream), torch.autograd.grad(expected, image, upstream)
    )


@pytest.fixture
def memory_full_of_nan() -> Iterator[None]:
    """Tensors that nothing was written to hold NaN."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


def _addmm(before: torch.Tensor, *factors: torch.Tensor, beta: float, out: torch.Tensor) -> torch.Tensor:
    return out.copy_(before * beta + torch.mm(*factors))


@pytest.mark.usefixtures("memory_full_of_nan")
def test_what_was_in_memory_before_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert torch.empty(2).isnan().all()
    # as builds of torch without MKL may do it
    monkeypatch.setattr(torch, "addmm", _addmm)
    image = torch.rand(1, 3, 31, 17, dtype=torch.float64, requires_grad=True)
    pooled = PoolingOperator(_lod(31, 17, 3), torch.float64, CPU)(image)
    (gradient,) = torch.autograd.grad(pooled.sum(), image)
    assert pooled.isfinite().all()
    assert gradient.isfinite().all()


def test_level_zero_keeps_the_image() -> None:
    image = torch.rand(1, 2, 16, 24)
    assert torch.equal(PoolingOperator(torch.zeros(16, 24), torch.float32, CPU)(image), image)


def test_the_last_mip_is_the_mean() -> None:
    image = torch.rand(1, 1, 16, 16)
    pooled = PoolingOperator(torch.full((16, 16), 99.0), torch.float32, CPU)(image)
    torch.testing.assert_close(pooled, image.mean().expand(1, 1, 16, 16))


def test_a_constant_stays() -> None:
    lod = _lod(31, 17, 3)
    pooled = PoolingOperator(lod, torch.float64, CPU)(torch.full((1, 1, 31, 17), 0.3, dtype=torch.float64))
    torch.testing.assert_close(pooled, torch.full_like(pooled, 0.3))


@pytest.mark.slow
def test_second_derivative() -> None:
    operator = PoolingOperator(_lod(6, 5, 1), torch.float64, CPU)
    image = torch.rand(1, 2, 6, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: operator(x).square(), image)
