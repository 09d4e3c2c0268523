"""The default loss between representations, and the default penalty on the image."""

from __future__ import annotations

from torch import Tensor

__all__ = ["mse", "penalize_range"]


def mse(representation: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference of two tensors of one shape, a 0-d tensor.

    >>> import torch
    >>> mse(torch.ones(2, 3), torch.zeros(2, 3))
    tensor(1.)
    """
    return (representation - target).square().mean()


def penalize_range(image: Tensor, allowed_range: tuple[float, float] = (0.0, 1.0)) -> Tensor:
    """Return the sum of the squared distances of all pixels outside the range, a 0-d tensor.

    >>> import torch
    >>> penalize_range(torch.tensor([-1.0, 0.5, 3.0]))
    tensor(5.)
    """
    low, high = allowed_range
    return (image - image.clamp(low, high)).square().sum()
