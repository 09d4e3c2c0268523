"""Read access to a synthesis: its problem, objective, losses, norms and kept images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.perception.plausibility import warn_user
from foveaview.synthesis.engine import Engine
from foveaview.synthesis.frame_selection import Selection, row_of, stored_for
from foveaview.synthesis.history import History

__all__ = ["Observed"]


def _described(value: Any) -> str:
    """Format a value for `repr`: a tensor by its shape and dtype, a function by its name."""
    if isinstance(value, Tensor):
        return f"{value.shape} ({value.dtype})"
    return getattr(value, "__name__", None) or repr(value).replace("\n", "\n  ")


class Observed:
    """Read access to an engine: its problem, objective, history and kept images; see `Metamer`."""

    described: tuple[str, ...] = ("image", "model", "loss_function", "penalty_function", "penalty_lambda")
    """Attributes that `repr` shows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        rows = [f"  {name} = {_described(getattr(self, name))},\n" for name in self.described]
        return f"{type(self).__name__}(\n{''.join(rows)})"

    @property
    def image(self) -> Tensor:
        """The target image."""
        return self._engine.problem.image

    @property
    def model(self) -> nn.Module:
        """The model that the metamer is for."""
        return self._engine.problem.model

    @property
    def loss_function(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The function that measures the distance between two representations."""
        return self._engine.problem.loss_function

    @property
    def penalty_function(self) -> Callable[[Tensor], Tensor]:
        """The function of the metamer that is kept small in addition to the loss."""
        return self._engine.problem.penalty_function

    @property
    def penalty_lambda(self) -> float:
        """Weight of the penalty."""
        return self._engine.problem.penalty_lambda

    @property
    def target_representation(self) -> Tensor:
        """The model's representation of the image."""
        return self._engine.problem.target_representation

    @property
    def clamp(self) -> tuple[float, float] | None:
        """Range that the metamer is kept in after each step, or None; may be changed between steps."""
        return self._engine.clamp

    @clamp.setter
    def clamp(self, value: tuple[float, float] | None) -> None:
        self._engine.clamp = value

    @property
    def metamer(self) -> Tensor:
        """The current metamer, which the optimizer changes; empty before `setup`."""
        return self._engine.metamer

    @property
    def previous(self) -> Tensor | None:
        """The metamer before the last step, not to be changed; None before the first step."""
        return self._engine.previous

    @property
    def history(self) -> History:
        """One row of numbers for each step."""
        return self._engine.history

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer, None before `setup`."""
        return self._engine.solver.optimizer

    @property
    def scheduler(self) -> LRScheduler | None:
        """The scheduler of the learning rate, or None."""
        return self._engine.solver.scheduler

    @property
    def store_progress(self) -> int | bool | None:
        """Interval in steps for keeping the metamer; False for never, None before the first step."""
        return self._engine.store_progress

    @property
    def iteration(self) -> int:
        """Steps done so far."""
        return self._engine.iteration

    @property
    def learning_rate(self) -> float:
        """Step size of the optimizer's first group; may be changed between steps."""
        assert self.optimizer is not None, "call setup() first"
        return float(self.optimizer.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        assert self.optimizer is not None, "call setup() first"
        for group in self.optimizer.param_groups:
            group["lr"] = value

    @property
    def looking_waits(self) -> bool:
        """Return True if reading a number waits for an asynchronous device."""
        return self._engine.looking_waits

    def _judged(self, image: Tensor, target: Tensor, **analyze_kwargs: Any) -> tuple[Tensor, Tensor]:
        """The objective that a step lowers, a subclass's own if it has one, and the penalty, 0-d tensors."""
        if getattr(self.objective_function, "__func__", None) is Observed.objective_function:
            return self._engine.problem.objective(image, target, **analyze_kwargs)
        objective = self.objective_function(image, target, **analyze_kwargs)
        with torch.no_grad():
            penalty = self.penalty_function(image)
        return objective.reshape(()), penalty.reshape(())

    def _evaluated(self) -> tuple[Tensor, Tensor]:
        return self._judged(self.metamer, self.target_representation)

    def objective_function(
        self,
        metamer: Tensor | None = None,
        target_representation: Tensor | None = None,
        **analyze_kwargs: Any,
    ) -> Tensor:
        """The loss of an image's representation, and penalty_lambda times its penalty.

        Every step lowers it, even if a subclass overrides it.

        Args:
            metamer: (N, C, H, W), None for the current metamer.
            target_representation: the representation to compare with; None for that of the image.
            **analyze_kwargs: passed to the model.

        Returns:
            A 0-d tensor, differentiable; empty if there is no metamer yet.
        """
        image = self.metamer if metamer is None else metamer
        if image.numel() == 0:
            return torch.empty(0)
        target = self.target_representation if target_representation is None else target_representation
        return self._engine.problem.objective(image, target, **analyze_kwargs)[0]

    def _with_current(self, column: str, index: int) -> Tensor:
        """Return a column and the number of the current metamer; this waits for the device."""
        if not self._engine.has_metamer:
            return torch.empty(0)
        now = float(self._engine.current(self._evaluated)[index])
        return torch.tensor([*self.history.column(column), now], dtype=self.image.dtype)

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
        return torch.tensor(self.history.column("gradient_norm"), dtype=self.image.dtype)

    @property
    def pixel_change_norm(self) -> Tensor:
        """The L2 norm of each step's change of the metamer, (iterations,) on the CPU."""
        return torch.tensor(self.history.column("pixel_change_norm"), dtype=self.image.dtype)

    @property
    def saved_metamer(self) -> Tensor:
        """The metamers that were kept, the current one last, (kept + 1, N, C, H, W) on the CPU.

        All are read into memory; `get_progress` reads one.
        """
        if not self._engine.has_metamer:
            return torch.empty(0)
        now, frames = self.metamer.cpu(), self._engine.frames
        return torch.stack([*(frames[i].to(now.dtype) for i in range(len(frames))), now])

    def kept(self, iteration: int) -> Tensor:
        """The metamer before the step of an iteration, if it was kept, or the current one; on the CPU."""
        if iteration == self.iteration or not self.store_progress:
            return self.metamer.detach().cpu()
        return self._engine.frames[iteration // int(self.store_progress)].to(self.metamer.dtype)

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
