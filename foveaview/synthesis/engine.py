"""The steps of a synthesis: the optimizer, the loop, and the history."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.objectives.objective import PreparedObjective
from foveaview.synthesis.history import COLUMNS, History
from foveaview.synthesis.metamer_problem import Problem
from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.optimizers.solver import Solver
from foveaview.synthesis.run import Outcome, Step
from foveaview.synthesis.storage import Frames
from foveaview.synthesis.validation import check_image

__all__ = ["Engine"]

_CHECK_EVERY_WHERE_LOOKING_WAITS = 10


class Engine(Problem):
    """Changes an image step by step; see `Metamer`, which adds the observed values and files."""

    _columns: tuple[str, ...] = COLUMNS

    def __init__(
        self,
        image: Tensor,
        model: nn.Module,
        loss_function: Callable[[Tensor, Tensor], Tensor] = mse,
        penalty_function: Callable[[Tensor], Tensor] = penalize_range,
        penalty_lambda: float = 0.1,
        *,
        clamp: tuple[float, float] | None = None,
        store_dtype: torch.dtype | None = None,
        store_path: Path | str | None = None,
    ) -> None:
        super().__init__(image, model, loss_function, penalty_function, penalty_lambda)
        self.clamp = clamp
        self._metamer: Tensor | None = None
        self._loaded = False
        self._solver = Solver()
        self.history = History(self._columns)
        self._frames = Frames(store_dtype, store_path)
        self._store_progress: int | bool | None = None
        self._seed: int | None = None
        # objective and penalty of the metamer as it is: over all, and as the steps lower them
        self._current: tuple[Tensor, Tensor] | None = None
        self._lowered: tuple[Tensor, Tensor] | None = None
        self._previous: Tensor | None = None
        self._sound: Tensor | None = None
        self._last_finite: Tensor | None = None

    @property
    def metamer(self) -> Tensor:
        """The current metamer, which the optimizer changes; empty before `setup`."""
        return torch.empty(0) if self._metamer is None else self._metamer

    @property
    def previous(self) -> Tensor | None:
        """The metamer before the last step, not to be changed; None before the first step."""
        return self._previous

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer, None before `setup`."""
        return self._solver.optimizer

    @property
    def scheduler(self) -> LRScheduler | None:
        """The scheduler of the learning rate, or None."""
        return self._solver.scheduler

    @property
    def store_progress(self) -> int | bool | None:
        """Interval in steps for keeping the metamer; False for never, None before the first step."""
        return self._store_progress

    @property
    def iteration(self) -> int:
        """Steps done so far."""
        return len(self.history)

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
        return self._image.device.type != "cpu"

    def refresh(self) -> None:
        """Forget the current loss, after a change of what the loss function computes."""
        self._current = None
        self._forget_trials()

    def _forget_trials(self) -> None:
        """Make the next step evaluate the metamer itself, because the objective has changed."""
        self._lowered = None
        self._solver.forget_trials()

    def change_optimizer(self, optimizer: type[Optimizer], optimizer_kwargs: dict[str, Any]) -> None:
        """Continue from the current metamer with another optimizer, which begins without a memory."""
        assert self._metamer is not None, "call setup() first"
        self._solver = Solver()
        self._solver.setup(self._metamer, optimizer, optimizer_kwargs, None, None)
        self._lowered = None

    def _evaluated(self) -> tuple[Tensor, Tensor]:
        return self._objective(self.metamer, self._target_representation)

    def setup(
        self,
        initial_image: Tensor | None = None,
        optimizer: type[Optimizer] | str | None = None,
        optimizer_kwargs: dict[str, Any] | None = None,
        scheduler: Callable[..., LRScheduler] | None = None,
        scheduler_kwargs: dict[str, Any] | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        """Make the first image, the optimizer and the scheduler; call it once, before the first step.

        Args:
            initial_image: the first image, (N, C, H, W); None for noise uniform in [0, 1].
            optimizer: its class, not initialised, or the name of one of `PRESETS`; None for Adam.
            optimizer_kwargs: its arguments; by default a learning rate of 0.01 and, if optimizer is None,
                amsgrad=True.
            scheduler: its class, not initialised; None for none.
            scheduler_kwargs: its arguments.
            generator: draws the noise; None draws it from torch's own random state.

        Raises:
            ValueError: when called twice or after `synthesize`; after `load`, for an initial image,
                arguments, or another kind of optimizer or scheduler than the saved one.
            TypeError: after `load`, if the optimizer (other than Adam) or the scheduler is not given.

        Warns:
            UserWarning: if the initial image has another shape than the image.
        """
        if self._metamer is None:
            first = self._noise(generator) if initial_image is None else self._first(initial_image)
            self._solver.setup(first, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs)
            self._metamer = first
        elif self._loaded:
            if initial_image is not None:
                raise ValueError("Cannot set initial_image after calling load: the file holds the metamer")
            self._solver.setup(self._metamer, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs)
        else:
            raise ValueError("setup() can only be called once, before the first step")
        self._loaded = False

    def _noise(self, generator: torch.Generator | None) -> Tensor:
        like = self._image
        self._seed = None if generator is None else generator.initial_seed()
        device = like.device if generator is None else generator.device
        noise = torch.rand(like.shape, generator=generator, dtype=like.dtype, device=device).to(like.device)
        low, high = torch.aminmax(noise)
        return ((noise - low) / (high - low).clamp(min=torch.finfo(like.dtype).tiny)).requires_grad_()

    def _first(self, image: Tensor) -> Tensor:
        check_image(image, "initial_image")
        if image.shape != self._image.shape:
            warnings.warn(
                f"initial_image and image are different sizes, {tuple(image.shape)} and "
                f"{tuple(self._image.shape)}: the model must give both one representation's shape",
                stacklevel=3,
            )
        return image.detach().clone().to(self._image).requires_grad_()

    def _step_objective(self) -> tuple[Tensor, Tensor]:
        """The objective that one step lowers."""
        return self._evaluated()

    def _before_step(self) -> Tensor | None:
        """Prepare a step; return the overall objective if the step lowers another one, else None."""
        return None

    def _row(self, loss: Tensor, own: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        """Make a row of the history from the overall objective, the step's own one, and the others."""
        return (loss, *others)

    def step(self) -> Step:
        """Take one step without waiting for the device. Calls `setup` first if it was not called."""
        if not self._solver.ready:
            self.setup()
        image = self.metamer
        self._keep_progress()
        overall = self._before_step()
        before = self._previous = image.detach().clone()
        evaluations: list[tuple[Tensor, Tensor]] = []

        def closure() -> Tensor:
            image.grad = None
            loss, penalty = self._step_objective()
            loss.backward()
            if not evaluations:
                evaluations.append((loss.detach(), penalty.detach()))
            return loss.detach()

        self._solver.step(closure)
        if self.clamp is not None:
            image.detach().clamp_(*self.clamp)
        own, penalty = self._before(evaluations[0])
        loss = own if overall is None else overall
        gradient = torch.zeros_like(image) if image.grad is None else image.grad
        self._solver.schedule(own)
        self._note_sound(loss + own, before)
        step = Step(
            self.iteration + 1,
            loss,
            penalty,
            torch.linalg.vector_norm(gradient),
            torch.linalg.vector_norm(image.detach() - before),
            self._solver.accepted,
        )
        row = (step.penalty, step.gradient_norm, step.image_change)
        self.history.append(*self._row(loss, own, *row))
        if isinstance(self._loss_function, PreparedObjective):
            self._loss_function.step(image.detach())
        self._current = self._lowered if overall is None else None
        return step

    def _before(self, evaluated: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the metamer's objective and penalty before the step that evaluated these first."""
        if not self._solver.evaluates_trials:
            return evaluated
        before = self._lowered or evaluated
        if self._solver.accepted:
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

    def _keep_progress(self) -> None:
        if self._store_progress is None:
            self._store_progress = False
        if self._store_progress and self.iteration % self._store_progress == 0:
            self._frames.append(self.metamer)

    def check(
        self, settled: Callable[[Sequence[float]], bool] | None = None, *, whole: bool = False
    ) -> Outcome | None:
        """Check the losses, which waits for the device; return an outcome if the run should end, else None.

        If a loss is not finite, the metamer returns to the last one with a finite loss, the history
        with it, and the optimizer loses its state.

        Args:
            settled: returns True if the losses have stopped falling.
            whole: check every pixel too.
        """
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
        if self._store_progress:
            self._frames.truncate(math.ceil(iteration / self._store_progress))
        self._solver.rescale(1.0)
        self._current = self._sound = self._last_finite = self._previous = None

    def _slow_down(self, factor: float) -> None:
        """Continue with another step size."""
        self._solver.rescale(factor)

    def run(
        self,
        steps: int,
        settled: Callable[[Sequence[float]], bool] | None = None,
        on_step: Callable[[Step], bool | None] | None = None,
        *,
        check_every: int | None = None,
        restarts: int = 0,
    ) -> Outcome:
        """Take steps until all are done or the run ends early. Neither warns nor draws.

        Args:
            steps: how many more to take.
            settled: takes all losses so far; True ends the run as converged.
            on_step: called after each step; returning False ends the run as stopped.
            check_every: steps between two checks of the losses; None for 1 on the CPU and 10 elsewhere,
                because each check waits for the device.
            restarts: how often to continue with half the step from the last finite metamer if a loss is
                not finite.

        Returns:
            The outcome of the run.
        """
        if not self._solver.ready:
            self.setup()
        every = check_every or (_CHECK_EVERY_WHERE_LOOKING_WAITS if self.looking_waits else 1)
        end = self.iteration + steps
        while self.iteration < end:
            step, outcome = self.step(), None
            last = self.iteration == end
            if last or self.iteration % every == 0:
                outcome = self.check(settled, whole=last)
            if outcome is Outcome.NOT_FINITE and restarts > 0:
                restarts -= 1
                self._slow_down(0.5)
                continue
            stopped = on_step is not None and on_step(step) is False
            if outcome is None and stopped:
                outcome = self.check(whole=True) or Outcome.STOPPED
            if outcome is not None:
                return outcome
        return Outcome.STEPS_DONE
