"""Losses, norms and kept images of a synthesis."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from foveaview.perception.plausibility import warn_user
from foveaview.synthesis.engine import Engine
from foveaview.synthesis.frame_selection import Selection, row_of, stored_for

__all__ = ["Observed"]


class Observed(Engine):
    """A synthesis with access to its history; see `Metamer`."""

    def _with_current(self, column: str, index: int) -> Tensor:
        """Return a column and the number of the current metamer; this waits for the device."""
        if self._metamer is None:
            return torch.empty(0)
        if self._current is None:
            with torch.no_grad():
                self._current = self._evaluated()
        now = float(self._current[index])
        return torch.tensor([*self.history.column(column), now], dtype=self._image.dtype)

    @property
    def losses(self) -> Tensor:
        """The objective before each step and now, (iterations + 1,) on the CPU; empty before `setup`."""
        return self._with_current("losses", 0)

    @property
    def penalties(self) -> Tensor:
        """The penalty before each step and now, (iterations + 1,) on the CPU; empty before `setup`."""
        return self._with_current("penalties", 1)

    @property
    def gradient_norm(self) -> Tensor:
        """The gradient's L2 norm in each step, (iterations,) on the CPU."""
        return torch.tensor(self.history.column("gradient_norm"), dtype=self._image.dtype)

    @property
    def pixel_change_norm(self) -> Tensor:
        """The L2 norm of each step's change of the metamer, (iterations,) on the CPU."""
        return torch.tensor(self.history.column("pixel_change_norm"), dtype=self._image.dtype)

    @property
    def saved_metamer(self) -> Tensor:
        """The metamers that were kept, the current one last, (kept + 1, N, C, H, W) on the CPU.

        All are read into memory; `get_progress` reads one.
        """
        if self._metamer is None:
            return torch.empty(0)
        now = self._metamer.cpu()
        return torch.stack([*(self._frames[i].to(now.dtype) for i in range(len(self._frames))), now])

    def kept(self, iteration: int) -> Tensor:
        """The metamer before the step of an iteration, if it was kept, or the current one; on the CPU."""
        if iteration == self.iteration or not self._store_progress:
            return self.metamer.detach().cpu()
        return self._frames[iteration // int(self._store_progress)].to(self.metamer.dtype)

    def current_loss(self) -> float:
        """Return the objective of the current metamer; this waits for the device."""
        return float(self._with_current("losses", 0)[-1])

    def get_progress(self, iteration: int | None, iteration_selection: Selection = "round") -> dict[str, Any]:
        """Return a summary of one iteration.

        Args:
            iteration: from 0, or negative from the end; None is the newest.
            iteration_selection: the kept metamer to take if that of the iteration was not kept:
                "floor" the one before, "ceiling" the one after, "round" the closest.

        Returns:
            iteration, losses, penalties, pixel_change_norm and gradient_norm (None for the newest, which has
            had no step); if progress was kept, saved_metamer and store_progress_iteration too.

        Raises:
            IndexError: if there is no such iteration.
            ValueError: for an unknown selection.

        Warns:
            UserWarning: if the metamer is of another iteration.
        """
        return _progress_of(self, iteration, iteration_selection)


def _progress_of(metamer: Observed, iteration: int | None, selection: Selection) -> dict[str, Any]:
    """A summary of one iteration; see `Metamer.get_progress`."""
    losses, every = metamer.losses, int(metamer.store_progress or 0)
    row = row_of(iteration, len(losses))
    newest = row == len(losses) - 1
    progress: dict[str, Any] = {
        "losses": losses[row],
        "iteration": row,
        "penalties": metamer.penalties[row],
        "pixel_change_norm": None if newest else metamer.pixel_change_norm[row],
        "gradient_norm": None if newest else metamer.gradient_norm[row],
    }
    if not every:
        return progress
    kept = stored_for(row, every, metamer.iteration, selection)
    progress["saved_metamer"] = metamer.kept(kept)
    if kept != row:
        warn_user(
            f"loss iteration and iteration of saved_metamer are not the same, {row} and {kept}: "
            f"the metamer was kept every {every} iterations"
        )
    progress["store_progress_iteration"] = kept
    return progress
