"""Ending at once at Ctrl+C, while modules are read and nothing is begun."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["leaving_at_once"]


def _leave(_number: int, _frame: Any) -> None:
    # an exception in the middle of an import may be swallowed, printed, or turned into another one
    os._exit(130)


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """Ctrl+C ends the process with exit code 130 and says nothing; afterwards it is as it was before.

    For the main thread, where no file is being written.

    >>> with leaving_at_once():
    ...     import json
    """
    before = signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
