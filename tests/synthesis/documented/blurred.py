"""A model whose metamers are found soon, and a run without a word."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from foveaview import Metamer

__all__ = ["ADAM", "SGD", "Blur", "ran"]

ADAM, SGD = torch.optim.Adam, torch.optim.SGD


class Blur(nn.Module):
    """A Gaussian, without parameters."""

    def __init__(self) -> None:
        super().__init__()
        taps = torch.exp(-torch.linspace(-2, 2, 9).square())
        kernel = taps[:, None] * taps[None, :]
        self.register_buffer("kernel", (kernel / kernel.sum())[None, None])

    def forward(self, image: Tensor) -> Tensor:
        kernel = self.get_buffer("kernel")
        return nn.functional.conv2d(image, kernel, padding=4)


def ran(metamer: Metamer, steps: int = 5, **arguments: Any) -> Metamer:
    metamer.synthesize(steps, progress_bar=False, **arguments)
    return metamer
