"""Small models, and a search of their metamer that is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from foveaview import Metamer

__all__ = ["Gives", "begun", "pool"]


def pool() -> nn.Module:
    return nn.AvgPool2d(4).eval()


def begun(image: Tensor, model: nn.Module | None = None, **arguments: Any) -> Metamer:
    metamer = Metamer(image, model or pool(), **arguments)
    metamer.setup(generator=torch.Generator().manual_seed(0))
    return metamer


class Gives(nn.Module):
    """A model that gives whatever a function makes of the image."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, image: Tensor) -> Any:
        return self.function(image)
