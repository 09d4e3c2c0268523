"""Many computations in parallel, each in one thread.

Torch splits every operation among the machine's threads and waits for all of them at its end. On a busy
machine that wait is longer than a small operation. Here each thread does whole computations instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

import torch

__all__ = ["in_threads"]

S = TypeVar("S")
T = TypeVar("T")


def _alone(started: threading.Barrier) -> None:
    torch.get_num_threads()  # the first query sets this thread's number, which can be changed afterwards
    torch.set_num_threads(1)
    started.wait()


def in_threads(function: Callable[[S], T], parts: Sequence[S], count: int | None = None) -> Iterator[T]:
    """Yield a function's result for each part, in the order of the parts.

    Within `interruptible` the computations can be cancelled. The first error of a part is raised, and the
    parts that have not started are skipped.

    Args:
        function: called in one of the threads.
        parts: arguments to call it with, one for each call.
        count: number of threads, or None for as many as torch uses.

    >>> list(in_threads(lambda x: x * x, range(4), count=2))
    [0, 1, 4, 9]
    """
    before = torch.get_num_threads()
    count = min(count or before, len(parts))
    if count <= 1:
        yield from map(function, parts)
        return
    started = threading.Barrier(count + 1)
    with ThreadPoolExecutor(count, "foveaview", _alone, (started,)) as pool:
        try:
            running = [pool.submit(copy_context().run, function, part) for part in parts]
            started.wait()
            torch.set_num_threads(before)  # for this thread, and for later ones
            for future in running:
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
