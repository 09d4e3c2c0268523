"""Ending at once at Ctrl+C, while modules are read and nothing is begun."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["leaving_at_once"]


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """Ctrl+C ends the process as the system does, without a word; afterwards it is as it was before.

    Python's own way, an exception amid an import, may be swallowed, printed, or turned into another.
    For the main thread, where no file is being written.

    >>> with leaving_at_once():
    ...     import json
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # and not where it is ignored, as in the background of a shell
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
