"""Gradients of the loss beyond the first: of the gradient, by the target, and by torch.func."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss

# torch's own first use of forward-mode differentiation
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

GAZE = (0.3, 0.6)
BATCH = torch.tensor([[0.3, 0.6], [0.8, 0.1]])
OPTIONS: list[dict[str, Any]] = [
    {},
    {"n_orientations": 4, "mode": "linear"},
    {"use_l2_foveal_loss": False, "use_radial_weight": True},
    {"use_l2_foveal_loss": False, "use_fullres_l0": True},
    {"filter_type": "full", "n_orientations": 1},
]


def pair(samples: int = 1, channels: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    image, target = (
        torch.rand(samples, channels, 17, 20, generator=generator, dtype=torch.float64) for _ in range(2)
    )
    return image, target


def loss_of(options: dict[str, Any]) -> MetamericLoss:
    return MetamericLoss(n_pyramid_levels=3, real_image_width=1.0, **options)


def gradient_of(function: Any, at: Tensor) -> Tensor:
    leaf = at.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(leaf), leaf)
    return gradient


@pytest.mark.slow
@pytest.mark.parametrize("gaze", [GAZE, BATCH], ids=["one gaze", "a gaze each"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_gradient_of_the_gradient_is_right(options: dict[str, Any], gaze: Any) -> None:
    image, target = pair(samples=2)
    loss = loss_of(options)
    image.requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: loss(x, target, gaze), image, fast_mode=True)


@pytest.mark.slow
def test_gradient_of_the_gradient_reaches_the_target_too() -> None:
    image, target = pair()
    loss = loss_of({})
    inputs = (image.requires_grad_(), target.requires_grad_())
    assert torch.autograd.gradcheck(lambda x, y: loss(x, y, GAZE), inputs, fast_mode=True)
    assert torch.autograd.gradgradcheck(lambda x, y: loss(x, y, GAZE), inputs, fast_mode=True)


def test_gradient_penalty_trains_a_weight() -> None:
    """The penalty on the gradient by the image is followed to what made the image."""
    image, target = pair()
    loss = loss_of({})

    def penalty(weight: Tensor) -> Tensor:
        made = image * weight
        (gradient,) = torch.autograd.grad(loss(made, target, GAZE), made, create_graph=True)
        return gradient.square().sum()

    weight = torch.tensor([0.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(penalty, weight)


def test_create_graph_gives_the_same_first_gradient() -> None:
    image, target = pair()
    loss = loss_of({})
    leaf = image.clone().requires_grad_()
    (first,) = torch.autograd.grad(loss(leaf, target, GAZE), leaf, create_graph=True)
    torch.testing.assert_close(first.detach(), gradient_of(lambda x: loss(x, target, GAZE), image))


@pytest.mark.slow
@pytest.mark.parametrize("gaze", [GAZE, BATCH], ids=["one gaze", "a gaze each"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_func_transforms_agree_with_autograd(options: dict[str, Any], gaze: Any) -> None:
    image, target = pair(samples=2)
    loss = loss_of(options)
    generator = torch.Generator().manual_seed(1)
    along = torch.randn(image.shape, generator=generator, dtype=torch.float64)

    def at(x: Tensor) -> Tensor:
        return loss(x, target, gaze)

    gradient = gradient_of(at, image)
    torch.testing.assert_close(torch.func.grad(at)(image), gradient)
    value, slope = torch.func.jvp(at, (image,), (along,))[:2]
    torch.testing.assert_close(value, at(image))
    torch.testing.assert_close(slope, (gradient * along).sum())
    by_target = torch.func.grad(lambda y: loss(image, y, gaze))(target)
    torch.testing.assert_close(by_target, gradient_of(lambda y: loss(image, y, gaze), target))


def test_func_transforms_may_be_nested() -> None:
    image, target = pair(channels=1)
    loss = loss_of({})
    along = torch.randn(image.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def at(x: Tensor) -> Tensor:
        return loss(x, target, GAZE)

    leaf = image.clone().requires_grad_()
    (first,) = torch.autograd.grad(at(leaf), leaf, create_graph=True)
    (expected,) = torch.autograd.grad((first * along).sum(), leaf)
    _, forward_over_reverse = torch.func.jvp(torch.func.grad(at), (image,), (along,))[:2]
    reverse_over_forward = torch.func.grad(lambda x: torch.func.jvp(at, (x,), (along,))[1])(image)
    torch.testing.assert_close(forward_over_reverse, expected)
    torch.testing.assert_close(reverse_over_forward, expected)


def test_first_call_inside_a_transform_spoils_nothing() -> None:
    """What is kept of target, gaze and filters serves later calls."""
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(1, 3, 33, 20, generator=generator) for _ in range(2))
    settings = LossSettings(n_pyramid_levels=2, n_orientations=6, filter_type="full")
    loss = MetamericLoss.from_settings(settings)
    inside = torch.func.grad(lambda x: loss(x, target, GAZE))(image)
    found = gradient_of(lambda x: loss(x, target, GAZE), image)
    torch.testing.assert_close(found, inside)
    assert float(loss(image, target, GAZE)) == float(
        MetamericLoss.from_settings(settings)(image, target, GAZE)
    )


def test_second_derivative_serves_after_its_target_was_forgotten() -> None:
    """A graph keeps the image and the target, not the statistics: they are made again."""
    image, target = pair()
    loss = loss_of({})
    leaf = image.clone().requires_grad_()
    value = loss(leaf, target, GAZE)
    loss(image, target.flip(-1), GAZE)  # takes the place of what was kept
    (first,) = torch.autograd.grad(value, leaf, create_graph=True)
    torch.testing.assert_close(first.detach(), gradient_of(lambda x: loss(x, target, GAZE), image))
    assert first.requires_grad


def test_backward_inside_autocast_is_computed_in_full_precision() -> None:
    image, target = (tensor.float() for tensor in pair())
    loss = loss_of({})
    leaf = image.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        (first,) = torch.autograd.grad(loss(leaf, target, GAZE), leaf, create_graph=True)
    torch.testing.assert_close(first.detach(), gradient_of(lambda x: loss(x, target, GAZE), image))
