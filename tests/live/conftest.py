"""A loop for every test, and the simplest job."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from torch import Tensor

from foveaview.live import Job
from tests.live.harness import CPU, SETTINGS, Harness


@pytest.fixture
def harness() -> Iterator[Harness]:
    made = Harness()
    yield made
    made.loop.close()
    made.thread.join(60)


@pytest.fixture
def job(photograph: Tensor) -> Job:
    return Job(1, 0, photograph, (0.3, 0.4), SETTINGS, CPU)
