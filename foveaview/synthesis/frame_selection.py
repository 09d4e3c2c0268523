"""Selection of the history row and the kept metamer of an iteration."""

from __future__ import annotations

from typing import Literal

__all__ = ["Selection", "row_of", "stored_for"]

Selection = Literal["floor", "ceiling", "round"]


def row_of(iteration: int | None, length: int) -> int:
    """Return the row of an iteration; None is the last, and negative numbers count from the end.

    Raises:
        IndexError: if there is none.

    >>> row_of(-2, 6)
    4
    """
    row = length - 1 if iteration is None else iteration if iteration >= 0 else length + iteration
    if not 0 <= row < length:
        raise IndexError(f"{iteration=} is out of bounds with {length} iterations, counted from 0")
    return row


def stored_for(iteration: int, every: int, newest: int, selection: Selection) -> int:
    """Return the stored iteration that stands for another; each multiple of `every` is kept, and the newest.

    Raises:
        ValueError: for an unknown selection.

    >>> [stored_for(3, 2, 5, how) for how in ("floor", "round", "ceiling")]
    [2, 4, 4]
    """
    if selection not in ("floor", "ceiling", "round"):
        raise ValueError(f"iteration_selection must be floor, ceiling or round, got {selection!r}")
    if iteration == newest:
        return newest
    below = iteration // every * every
    above = min(-(-iteration // every) * every, newest)
    if selection == "floor":
        return below
    if selection == "ceiling":
        return above
    if iteration - below == above - iteration:
        return round(iteration / every) * every if above % every == 0 else below
    return below if iteration - below < above - iteration else above
