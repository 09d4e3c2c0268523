"""History of a synthesis: one row a step, fetched from the device only when it is read."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

__all__ = ["COLUMNS", "History"]

COLUMNS = ("losses", "penalties", "gradient_norm", "pixel_change_norm")


class History:
    """Columns of numbers, one row a step.

    Rows come as 0-d tensors on any device and stay there until a column is read.

    >>> history = History(("losses",))
    >>> history.append(torch.tensor(0.5))
    >>> len(history), history.column("losses")
    (1, [0.5])
    """

    def __init__(self, names: tuple[str, ...] = COLUMNS) -> None:
        self.names = names
        self._fetched: dict[str, list[float]] = {name: [] for name in names}
        self._pending: list[Tensor] = []
        self._finite = 0

    def __len__(self) -> int:
        return len(self._fetched[self.names[0]]) + len(self._pending) // len(self.names)

    def append(self, *row: Tensor) -> None:
        """Add a row, one 0-d tensor a column, without waiting."""
        self._pending.extend(row)

    def column(self, name: str) -> list[float]:
        """Return a column's numbers, which must not be changed; this waits for the device."""
        if self._pending:
            values = torch.stack([value.detach() for value in self._pending]).tolist()
            self._pending.clear()
            for index, own in enumerate(self.names):
                self._fetched[own].extend(values[index :: len(self.names)])
        return self._fetched[name]

    @property
    def latest(self) -> float | None:
        """Return the newest number of the first column that is fetched already, without waiting."""
        values = self._fetched[self.names[0]]
        return values[-1] if values else None

    def first_not_finite(self) -> int | None:
        """Return the first row with NaN or infinity in the first column; this waits for the device."""
        losses = self.column(self.names[0])
        for index in range(self._finite, len(losses)):
            if not math.isfinite(losses[index]):
                return index
            self._finite = index + 1
        return None

    def truncate(self, length: int) -> None:
        """Forget all rows from `length` on."""
        for name in self.names:
            del self.column(name)[length:]
        self._finite = min(self._finite, length)

    def state(self) -> dict[str, Tensor]:
        """Each column as float64, exact."""
        return {name: torch.tensor(self.column(name), dtype=torch.float64) for name in self.names}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a `state`."""
        self._pending.clear()
        self._fetched = {name: state[name].tolist() for name in self.names}
        self._finite = 0
