"""Handling of SIGINT and SIGTERM: exit at once, or set a flag to poll."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["deferred_signals", "exit_on_sigint"]


def exit_on_sigint() -> None:
    """Make Ctrl+C end the process at once, as the system does, without a message.

    Python's own exception may be swallowed, printed, or turned into another during an import or at the
    process's end. For the main thread; use `deferred_signals` for work that must not be left half done.

    >>> before = signal.getsignal(signal.SIGINT)
    >>> exit_on_sigint()
    >>> _ = signal.signal(signal.SIGINT, before)
    """
    # not if it is ignored, as in the background of a shell
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def deferred_signals() -> Iterator[Callable[[], bool]]:
    """Make SIGINT and SIGTERM only set the flag that this gives, so that the work ends in order.

    >>> with deferred_signals() as asked:
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
