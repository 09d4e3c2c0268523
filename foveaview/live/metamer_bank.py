"""Metamers computed in advance for a grid of gazes, if computing one takes longer than a fixation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from foveaview.live.frames import Picture

__all__ = ["BankEntry", "MetamerBank", "grid_of"]

_NEAR_ENOUGH = 0.75  # of the diagonal of a cell: what lies farther away is a neighbour's
_HELD = 0.8  # a neighbour must be so much nearer than the picture on screen, or the two would alternate


def grid_of(size: tuple[int, int], points: int, budget_bytes: float) -> tuple[int, int]:
    """Rows and columns of a bank of pictures, with cells about square.

    Args:
        size: height and width of a picture in pixels.
        points: gazes along the longer side.
        budget_bytes: what all pictures, of three bytes a pixel, may take; there are fewer points then.

    >>> grid_of((512, 1024), 12, 1e9), grid_of((2160, 3840), 12, 2e8)
    ((6, 12), (2, 3))
    """
    height, width = size
    affordable = max(budget_bytes / (3 * height * width), 4)
    along = min(points, math.sqrt(affordable * max(size) / min(size)))
    rows, columns = (max(math.floor(along * side / max(size)), 2) for side in (height, width))
    return rows, columns


@dataclass(frozen=True, eq=False)
class BankEntry:
    """A metamer computed in advance for one gaze.

    Attributes:
        picture: the metamer.
        heatmap: (1, 1, H', W'), its metameric loss per pixel on a coarse grid.
    """

    picture: Picture
    heatmap: Tensor


class MetamerBank:
    """Pictures by the gaze that they were made for.

    Args:
        size: height and width of the pictures in pixels.
        points: gazes along the longer side.
        budget_bytes: what all pictures may take.

    >>> bank = MetamerBank((48, 64), 4, 1e6)
    >>> len(bank.gazes), bank.wanted((0.1, 0.1))
    (12, (0.125, 0.16666666666666666))
    """

    def __init__(self, size: tuple[int, int], points: int, budget_bytes: float) -> None:
        self._size = size
        rows, columns = grid_of(size, points, budget_bytes)
        self.gazes = [
            ((column + 0.5) / columns, (row + 0.5) / rows) for row in range(rows) for column in range(columns)
        ]
        self._pictures: dict[tuple[float, float], BankEntry] = {}
        self._reach = _NEAR_ENOUGH * self._distance((0.0, 0.0), (1 / columns, 1 / rows))
        self._shown: tuple[float, float] | None = None

    def __len__(self) -> int:
        """Number of computed metamers."""
        return len(self._pictures)

    @property
    def whole(self) -> bool:
        """Return True if all are made."""
        return len(self._pictures) == len(self.gazes)

    def _distance(self, one: tuple[float, float], other: tuple[float, float]) -> float:
        """In pixels."""
        height, width = self._size
        return math.hypot((one[0] - other[0]) * width, (one[1] - other[1]) * height)

    def wanted(self, gaze: tuple[float, float]) -> tuple[float, float] | None:
        """The gaze to make a picture for next: the nearest that has none; None if all have."""
        missing = (one for one in self.gazes if one not in self._pictures)
        return min(missing, key=lambda one: self._distance(one, gaze), default=None)

    def put(self, gaze: tuple[float, float], picture: BankEntry) -> None:
        """Take the picture of one of the gazes.

        Raises:
            ValueError: for a gaze that is not of the grid.
        """
        if gaze not in self.gazes:
            raise ValueError(f"{gaze} is none of the {len(self.gazes)} gazes of this bank")
        self._pictures[gaze] = picture

    def nearest(self, gaze: tuple[float, float]) -> BankEntry | None:
        """The picture of the nearest gaze; None if that one is not made yet.

        Between two gazes the one that was given last stays.
        """
        if not self._pictures:
            return None
        best = min(self._pictures, key=lambda one: self._distance(one, gaze))
        distance = self._distance(best, gaze)
        if self._shown is not None and distance > _HELD * self._distance(self._shown, gaze):
            best, distance = self._shown, self._distance(self._shown, gaze)
        if distance > self._reach:
            return None
        self._shown = best
        return self._pictures[best]
