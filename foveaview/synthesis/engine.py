"""The steps of a synthesis: the optimizer, the history, and the way back from a loss that is not finite."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.objectives.objective import PreparedObjective
from foveaview.synthesis.history import COLUMNS, History
from foveaview.synthesis.metamer_problem import Problem
from foveaview.synthesis.optimizers.solver import Solver
from foveaview.synthesis.run import Outcome, Step
from foveaview.synthesis.storage import Frames
from foveaview.synthesis.validation import check_image

__all__ = ["Engine", "Evaluate"]

Evaluate = Callable[[], tuple[Tensor, Tensor]]
"""Returns the objective and the penalty of the current metamer, 0-d tensors."""


def _pair(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the objective and penalty of a saved metamer."""
    if values.shape != (2,):
        raise ValueError("its objective and penalty are not two numbers")
    return values[0], values[1]


class Engine:
    """Changes an image step by step and keeps its history. A `Metamer` owns one and says what to lower.

    Attributes:
        problem: the image to match and the functions that judge the metamer.
        clamp: range that the metamer is kept in after each step; None leaves it free.
        history: one row for each step.
        frames: the kept metamers.
        solver: optimizer and scheduler.
        store_progress: interval in steps for keeping the metamer; False never, None before the first step.
        previous: the metamer before the last step; None before the first step.
    """

    def __init__(
        self,
        problem: Problem,
        columns: tuple[str, ...] = COLUMNS,
        *,
        clamp: tuple[float, float] | None = None,
        store_dtype: torch.dtype | None = None,
        store_path: Path | str | None = None,
    ) -> None:
        self.problem = problem
        self.clamp = clamp
        self.history = History(columns)
        self.frames = Frames(store_dtype, store_path)
        self.solver = Solver()
        self.store_progress: int | bool | None = None
        self.previous: Tensor | None = None
        self._metamer: Tensor | None = None
        self._loaded = False
        self._seed: int | None = None
        # objective and penalty of the current metamer: overall, and as the steps lower them
        self._current: tuple[Tensor, Tensor] | None = None
        self._lowered: tuple[Tensor, Tensor] | None = None
        self._sound: Tensor | None = None
        self._last_finite: Tensor | None = None

    @property
    def metamer(self) -> Tensor:
        """The current metamer, which the optimizer changes; empty before `setup`."""
        return torch.empty(0) if self._metamer is None else self._metamer

    @property
    def has_metamer(self) -> bool:
        """Return True after `setup` or a `restore` of a metamer."""
        return self._metamer is not None

    @property
    def iteration(self) -> int:
        """Steps done so far."""
        return len(self.history)

    @property
    def looking_waits(self) -> bool:
        """Return True if reading a number waits for an asynchronous device."""
        return self.problem.image.device.type != "cpu"

    def current(self, evaluate: Evaluate) -> tuple[Tensor, Tensor]:
        """Return the overall objective and penalty of the current metamer, evaluated if not known."""
        if self._current is None:
            with torch.no_grad():
                self._current = evaluate()
        return self._current

    def refresh(self) -> None:
        """Forget the current loss, after a change of the values of the loss function."""
        self._current = None
        self.forget_trials()

    def forget_trials(self) -> None:
        """Make the next step evaluate the metamer itself, because the objective has changed."""
        self._lowered = None
        self.solver.forget_trials()

    def change_optimizer(self, optimizer: type[Optimizer], optimizer_kwargs: dict[str, Any]) -> None:
        """Continue from the current metamer with another optimizer, which begins without a memory."""
        assert self._metamer is not None, "call setup() first"
        self.solver = Solver()
        self.solver.setup(self._metamer, optimizer, optimizer_kwargs, None, None)
        self._lowered = None

    def setup(
        self,
        initial_image: Tensor | None,
        optimizer: type[Optimizer] | str | None,
        optimizer_kwargs: dict[str, Any] | None,
        scheduler: Callable[..., LRScheduler] | None,
        scheduler_kwargs: dict[str, Any] | None,
        generator: torch.Generator | None,
    ) -> None:
        """Make the first image, the optimizer and the scheduler; see `Metamer.setup`."""
        if self._metamer is None:
            first = self._noise(generator) if initial_image is None else self._first(initial_image)
            self.solver.setup(first, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs)
            self._metamer = first
        elif self._loaded:
            if initial_image is not None:
                raise ValueError("Cannot set initial_image after calling load: the file holds the metamer")
            self.solver.setup(self._metamer, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs)
        else:
            raise ValueError("setup() can only be called once, before the first step")
        self._loaded = False

    def _noise(self, generator: torch.Generator | None) -> Tensor:
        like = self.problem.image
        self._seed = None if generator is None else generator.initial_seed()
        device = like.device if generator is None else generator.device
        noise = torch.rand(like.shape, generator=generator, dtype=like.dtype, device=device).to(like.device)
        low, high = torch.aminmax(noise)
        return ((noise - low) / (high - low).clamp(min=torch.finfo(like.dtype).tiny)).requires_grad_()

    def _first(self, image: Tensor) -> Tensor:
        check_image(image, "initial_image")
        if image.shape != self.problem.image.shape:
            warnings.warn(
                f"initial_image and image are different sizes, {tuple(image.shape)} and "
                f"{tuple(self.problem.image.shape)}: the model must give both one representation's shape",
                stacklevel=4,
            )
        return image.detach().clone().to(self.problem.image).requires_grad_()

    def set_store_progress(self, store_progress: bool | int) -> None:
        """Set the interval in steps for keeping the metamer; True is 1, False and 0 never."""
        wanted = int(store_progress)
        if self.store_progress is not None and wanted != self.store_progress:
            raise ValueError(
                f"store_progress must be {self.store_progress} as before, got {store_progress} "
                "(True is 1): it cannot change between runs"
            )
        self.store_progress = wanted or False

    def keep_progress(self) -> None:
        """Keep the current metamer if its iteration is to be kept."""
        if self.store_progress is None:
            self.store_progress = False
        if self.store_progress and self.iteration % self.store_progress == 0:
            self.frames.append(self.metamer)

    def step(self, evaluate: Evaluate, overall: Tensor | None = None) -> Step:
        """Take one step without waiting for the device.

        Args:
            evaluate: the objective that the step lowers.
            overall: the overall objective of the metamer; None if the step lowers that one.
        """
        image = self.metamer
        before = self.previous = image.detach().clone()
        evaluations: list[tuple[Tensor, Tensor]] = []

        def closure() -> Tensor:
            image.grad = None
            loss, penalty = evaluate()
            loss.backward()
            if not evaluations:
                evaluations.append((loss.detach(), penalty.detach()))
            return loss.detach()

        self.solver.step(closure)
        if self.clamp is not None:
            image.detach().clamp_(*self.clamp)
        own, penalty = self._before(evaluations[0])
        loss = own if overall is None else overall
        gradient = torch.zeros_like(image) if image.grad is None else image.grad
        self.solver.schedule(own)
        self._note_sound(loss + own, before)
        step = Step(
            self.iteration + 1,
            loss,
            penalty,
            torch.linalg.vector_norm(gradient),
            torch.linalg.vector_norm(image.detach() - before),
            self.solver.accepted,
        )
        row = dict(zip(COLUMNS, (loss, penalty, step.gradient_norm, step.image_change), strict=True))
        self.history.append(*(row.get(name, own) for name in self.history.names))
        if isinstance(self.problem.loss_function, PreparedObjective):
            self.problem.loss_function.step(image.detach())
        self._current = self._lowered if overall is None else None
        return step

    def _before(self, evaluated: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the metamer's objective and penalty before the step that evaluated these first."""
        if not self.solver.evaluates_trials:
            return evaluated
        before = self._lowered or evaluated
        if self.solver.accepted:
            self._lowered = evaluated
        return before

    def _note_sound(self, loss: Tensor, before: Tensor) -> None:
        """Keep the last metamer with a finite loss, without waiting for the device."""
        finite = torch.isfinite(loss)
        self._sound = finite if self._sound is None else self._sound & finite
        if self._last_finite is None:
            self._last_finite = before
        elif self.looking_waits:
            self._last_finite = torch.where(self._sound, before, self._last_finite)
        elif bool(self._sound):
            self._last_finite = before

    def check(
        self, settled: Callable[[Sequence[float]], bool] | None = None, *, whole: bool = False
    ) -> Outcome | None:
        """Check the losses, which waits for the device; see `Metamer.check`."""
        losses = self.history.column("losses")
        bad = self.history.first_not_finite()
        if bad is None and whole and self._metamer is not None:
            bad = None if bool(torch.isfinite(self._metamer).all()) else len(losses)
        if bad is not None:
            self._go_back(max(bad - 1, 0))
            return Outcome.NOT_FINITE
        return Outcome.CONVERGED if settled is not None and settled(losses) else None

    def _go_back(self, iteration: int) -> None:
        if self._last_finite is not None:
            self.metamer.detach().copy_(self._last_finite)
        self._lowered = None
        self.history.truncate(iteration)
        if self.store_progress:
            self.frames.truncate(math.ceil(iteration / self.store_progress))
        self.solver.rescale(1.0)
        self._current = self._sound = self._last_finite = self.previous = None

    def to(self, *args: Any, **kwargs: Any) -> None:
        """Move problem and metamer, in place; see `Metamer.to`."""
        self.problem.to(*args, **kwargs)
        if self._metamer is not None:
            # the same tensor, so that the optimizer continues with it
            self._metamer.grad = None
            self._metamer.data = self._metamer.data.to(*args, **kwargs)
            self.solver.follow()
        self.forget_trials()
        self._current = self._sound = self._last_finite = self.previous = None

    def state(self) -> dict[str, Any]:
        """Return the values that `restore` takes, on the CPU."""
        return {
            "metamer": None if self._metamer is None else self._metamer.detach().cpu().clone(),
            **self.history.state(),
            **self.solver.state(),
            "store_progress": self.store_progress,
            "frames": self.frames.state(),
            "seed": self._seed,
            "lowered": None if self._lowered is None else torch.stack(self._lowered).cpu(),
        }

    def restore(self, state: dict[str, Any]) -> list[str]:
        """Restore a `state`; see `Metamer.restore`."""
        image, own = state["metamer"], self._metamer
        expected = self.problem.image if own is None else own
        if image is not None and own is not None and image.shape != own.shape:
            raise ValueError(f"the saved image is {tuple(image.shape)}, expected {tuple(own.shape)}")
        if image is not None and image.dtype != expected.dtype:
            raise ValueError(f"the saved image is {image.dtype}, expected {expected.dtype}")
        self.frames.restore(state["frames"])
        self.history.restore(state)
        self.store_progress, self._seed = state["store_progress"], state["seed"]
        self._current = self._sound = self._last_finite = self.previous = None
        lowered = state.get("lowered")
        self._lowered = None if lowered is None else _pair(lowered.to(expected.device, copy=True))
        if own is not None:
            own.detach().copy_(image)
            self.solver.load(state)
            return []
        self._metamer = (
            None if image is None else image.detach().to(expected.device, copy=True).requires_grad_()
        )
        self._loaded = image is not None
        return self.solver.restore(state)
