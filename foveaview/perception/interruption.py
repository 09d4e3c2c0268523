"""Cancellation of a long computation, between two of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Interrupted", "check_interruption", "interruptible"]

_asked: ContextVar[Callable[[], bool] | None] = ContextVar("asked", default=None)


class Interrupted(Exception):  # noqa: N818 - no error: somebody wished it
    """The computation was cancelled on request."""


@contextmanager
def interruptible(asked: Callable[[], bool]) -> Iterator[None]:
    """Make computations in this context and thread raise `Interrupted` soon after `asked()` becomes true.

    >>> with interruptible(lambda: True):
    ...     check_interruption()
    Traceback (most recent call last):
    ...
    foveaview.perception.interruption.Interrupted
    """
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)


def check_interruption() -> None:
    """Raise `Interrupted` if cancellation was requested; call this before every costly part."""
    asked = _asked.get()
    if asked is not None and asked():
        raise Interrupted
