"""The image that small models look at."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Some objects draw their first image from torch's global generator, as plenoptic's do."""
    torch.manual_seed(0)


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(5))
