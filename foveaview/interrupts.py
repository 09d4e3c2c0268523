"""What Ctrl+C and a request to terminate do: end the process at once, or be noted for who works."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["exit_on_sigint", "stopping"]


def exit_on_sigint() -> None:
    """From here on Ctrl+C ends the process as the system does, without a word.

    Python's own way, an exception amid an import or at the process's end, may be swallowed, printed, or
    turned into another. For the main thread; what must not be left half done is done while `stopping`.

    >>> before = signal.getsignal(signal.SIGINT)
    >>> exit_on_sigint()
    >>> _ = signal.signal(signal.SIGINT, before)
    """
    # and not where it is ignored, as in the background of a shell
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


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
