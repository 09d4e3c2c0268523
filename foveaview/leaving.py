"""What Ctrl+C and a request to terminate do: end the process at once, or be noted for who works."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["leaving_at_once", "stopping"]


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """Ctrl+C ends the process as the system does, without a word; afterwards it is as it was before.

    Python's own way, an exception amid an import, may be swallowed, printed, or turned into another.
    For the main thread; what must not be left half done is done while `stopping`.

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


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl+C and a request to terminate only set what this gives, so that the work ends as a whole.

    >>> with stopping() as asked:
    ...     asked()
    False
    """
    signals: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda number, _frame: signals.append(number)) for kind in kinds}
    try:
        yield lambda: bool(signals)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
