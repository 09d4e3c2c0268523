"""A metamer that has not begun."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from foveaview import Metamer
from tests.synthesis.documented.blurred import Blur


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def model() -> nn.Module:
    return Blur().eval()


@pytest.fixture
def metamer(image: Tensor, model: nn.Module) -> Metamer:
    torch.manual_seed(0)
    return Metamer(image, model)
