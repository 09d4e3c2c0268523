"""Samples of a batch that are prepared one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["Samples"]

T = TypeVar("T")


class Samples(Generic[T]):
    """Prepared samples of a batch: each is made when it is used, and kept from the second use on.

    In training each batch has new gazes and is used once, so memory for one sample is enough. A batch that is
    used again is worth keeping.

    Args:
        make: prepares the sample at an index.
        count: number of samples.
        kept: False to prepare them again for each use.

    >>> made = []
    >>> samples = Samples(lambda i: made.append(i) or i * i, 2)
    >>> list(samples), list(samples), list(samples), made
    ([0, 1], [0, 1], [0, 1], [0, 1, 0, 1])
    """

    def __init__(self, make: Callable[[int], T], count: int, kept: bool = True) -> None:
        self._make, self._count, self._keeps = make, count, kept
        self._used = False
        self._kept: list[T] | None = None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        if self._used and self._keeps and self._kept is None:
            self._kept = [self._make(index) for index in range(self._count)]
        self._used = True
        return map(self._make, range(self._count)) if self._kept is None else iter(self._kept)
