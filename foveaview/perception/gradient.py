"""A value whose gradient is known already, so that only the gradient is kept for later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["value_and_gradient", "with_gradient"]


class _WithGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, _image: Tensor, value: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(gradient)
        return value.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grads[0], None, None


with_gradient: Callable[[Tensor, Tensor, Tensor], Tensor] = _WithGradient.apply


def value_and_gradient(image: Tensor, evaluate: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """A 0-d value at an image and its gradient there, with nothing kept of the way to it.

    >>> value, gradient = value_and_gradient(torch.tensor([1.0, 2.0]), lambda x: x.square().sum())
    >>> value, gradient
    (tensor(5.), tensor([2., 4.]))
    """
    with torch.inference_mode(False), torch.enable_grad():
        own = image.clone() if image.is_inference() else image.detach()
        leaf = own.requires_grad_()
        value = evaluate(leaf)
        if not value.requires_grad:  # it does not depend on the image
            return value, torch.zeros_like(image)
        (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient
