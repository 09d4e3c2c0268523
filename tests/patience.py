"""How long something may take on a machine that others use too."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["crowding", "within"]


def crowding() -> float:
    """How many threads each core has had to serve in the last minute; at least one."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done in here takes less than so long; where cores have more to do than this, its share of them.

    For what waits for a thread; what only computes is better measured by `time.thread_time`.
    """
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds * crowding(), f"took {took:.2f} s, with {crowding():.1f} threads for each core"
