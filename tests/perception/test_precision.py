"""Images in half precision."""

from __future__ import annotations

import pytest
import torch

from foveaview import MetamericLoss
from foveaview.objectives.metameric import Metameric

GAZE = (0.3, 0.4)
DTYPES = [torch.bfloat16, torch.float16]


def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(1, 3, 33, 40, generator=generator) for _ in range(2))
    return image, target


@pytest.mark.parametrize("half", DTYPES)
@pytest.mark.parametrize("autocast", [False, True])
def test_half_image_with_single_target_is_computed_in_single(half: torch.dtype, autocast: bool) -> None:
    image, target = pair()
    image = image.to(half).requires_grad_()
    loss = MetamericLoss(n_pyramid_levels=3)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        value = loss(image, target, GAZE)
    (gradient,) = torch.autograd.grad(value, image)
    single = image.detach().float().requires_grad_()
    expected = loss(single, target, GAZE)
    assert value.dtype == torch.float32
    assert float(value.detach()) == float(expected.detach())
    assert gradient.dtype == half
    torch.testing.assert_close(
        gradient.float(), torch.autograd.grad(expected, single)[0], rtol=0.01, atol=1e-6
    )


@pytest.mark.parametrize("half", DTYPES)
def test_single_image_with_half_target_is_computed_in_single(half: torch.dtype) -> None:
    image, target = pair()
    loss = MetamericLoss(n_pyramid_levels=3)
    value = loss(image, target.to(half), GAZE)
    assert value.dtype == torch.float32
    assert float(value) == float(loss(image, target.to(half).float(), GAZE))


def test_half_image_at_a_prepared_target() -> None:
    image, target = pair()
    settings = MetamericLoss(n_pyramid_levels=3).settings
    prepared = Metameric(settings).prepare(target, GAZE)
    assert float(prepared.loss(image.bfloat16())) == float(prepared.loss(image.bfloat16().float()))


@pytest.mark.parametrize("dtype", [torch.float32, *DTYPES])
def test_double_and_less_are_refused_with_a_remedy(dtype: torch.dtype) -> None:
    image, target = pair()
    with pytest.raises(ValueError, match=r"share device and dtype.*torch.float64.*convert one"):
        MetamericLoss(n_pyramid_levels=3)(image.to(dtype), target.double(), GAZE)
