"""The image that small models look at."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(5))
