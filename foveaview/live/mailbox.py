"""A mailbox with one slot: a new item replaces an unread one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Latest"]

T = TypeVar("T")


class Latest(Generic[T]):
    """One slot between two threads; the newest value wins.

    >>> box = Latest[int]()
    >>> box.put(1), box.put(2), box.take(), box.take()
    (True, False, 2, None)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None

    def put(self, value: T, merge: Callable[[T, T], T] | None = None) -> bool:
        """Replace what waits; whether nothing did. `merge` makes one value of the waiting one and the new."""
        with self._lock:
            waiting = self._value
            self._value = value if waiting is None or merge is None else merge(waiting, value)
            return waiting is None

    def take(self) -> T | None:
        """The newest value, once; None if there is none."""
        with self._lock:
            value, self._value = self._value, None
            return value
