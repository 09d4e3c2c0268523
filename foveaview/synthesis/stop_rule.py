"""The stop rule of a search, judged only by losses of one objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from foveaview.synthesis.run import has_converged

__all__ = ["StopRule"]


class StopRule:
    """Convergence of the losses since the last change of objective, settings or optimizer.

    Args:
        dtype: of the image, which sets the rounding.

    >>> rule = StopRule(torch.float32)
    >>> rule.has_converged([1.0, 1.0, 1.0], fraction=0.01, window=2)
    True
    >>> rule.restart(2)
    >>> rule.has_converged([1.0, 1.0, 1.0], fraction=0.01, window=2)
    False
    """

    def __init__(self, dtype: torch.dtype) -> None:
        # a loss of this or less is 0 within rounding: the mean square of ten units in the last place
        self._floor = (10 * torch.finfo(dtype).eps) ** 2
        self._changed_at = 0  # iteration of the first loss that counts

    def has_converged(self, losses: Sequence[float], fraction: float, window: int) -> bool:
        """Return True if the losses that count have converged; see `run.has_converged`."""
        return has_converged(losses[self._changed_at :], fraction, window, self._floor)

    def restart(self, iteration: int) -> None:
        """Ignore the losses before an iteration."""
        self._changed_at = iteration

    def truncate(self, iteration: int) -> None:
        """Adapt to a history that was cut at an iteration."""
        self._changed_at = min(self._changed_at, iteration)

    def state_dict(self) -> dict[str, Any]:
        """Return the values that `load` takes."""
        return {"changed_at": self._changed_at}

    def load(self, state: dict[str, Any], iteration: int) -> None:
        """Restore the rule of a checkpoint; raise `ValueError` if the iteration is out of range."""
        self._changed_at = int(state.get("changed_at", 0))
        if not 0 <= self._changed_at <= iteration:
            raise ValueError(f"its settings changed at iteration {self._changed_at}")
