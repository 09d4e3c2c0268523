"""How a command that takes a while is asked to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["stopping"]


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl+C and a request to terminate end the run after the step, so that its work is written."""
    signals: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda number, _frame: signals.append(number)) for kind in kinds}
    try:
        yield lambda: bool(signals)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
