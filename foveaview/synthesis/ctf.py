"""Metamers made from coarse to fine: one scale of the model after the other, then all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.synthesis.history import COLUMNS
from foveaview.synthesis.metamer import Metamer
from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.run import Outcome, Step, has_settled
from foveaview.synthesis.scale_schedule import Scale, ScaleSchedule
from foveaview.synthesis.validation import check_scales

__all__ = ["MetamerCTF"]


class MetamerCTF(Metamer):
    """A metamer of a model with scales, made from the coarsest scale to the finest.

    Args:
        image: see `Metamer`.
        model: as of `Metamer`; with an attribute `scales`, coarsest first, and a keyword argument `scales` of
            its forward method, a list that limits the representation to these scales.
        loss_function: see `Metamer`.
        penalty_function: see `Metamer`.
        penalty_lambda: see `Metamer`.
        coarse_to_fine: "together" adds each scale to those before it; "separate" takes each alone. Both end
            with all at once.
        clamp: see `Metamer`.
        store_dtype: see `Metamer`.
        store_path: see `Metamer`.

    Raises:
        AttributeError: if the model has no `scales`.
        TypeError: if its forward method takes no `scales`; and as `Metamer`.
        ValueError: for another coarse_to_fine, or a model with scales that select no part of the output;
            and as `Metamer`.

    Source: Portilla and Simoncelli, 2000; the documented behaviour of plenoptic 2.1.1's `MetamerCTF`.

    >>> class Means(torch.nn.Module):
    ...     scales = (8, 4, 2)  # sides of the blocks, coarsest first
    ...     def forward(self, image, scales=scales):
    ...         means = [torch.nn.functional.avg_pool2d(image, side).flatten(1) for side in scales]
    ...         return torch.cat(means, dim=1)
    >>> image = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> metamer = MetamerCTF(image, Means().eval())
    >>> metamer.setup(torch.full_like(image, 0.5))
    >>> metamer.synthesize(30, change_scale_criterion=None, ctf_iters_to_check=10, progress_bar=False)
    <Outcome.STEPS_DONE: 'all steps done'>
    >>> metamer.scales_timing
    {8: [0, 9], 4: [10, 19], 'all': [20]}
    """

    _columns = (*COLUMNS, "scales_loss")
    identifying = (*Metamer.identifying, "coarse_to_fine")
    described = (*Metamer.described, "coarse_to_fine")
    _internal = Metamer._internal | {
        "coarse_to_fine",
        "_schedule",
        "_scale_target",
        "_initial_rates",
        "_change_scale_criterion",
        "_ctf_iters_to_check",
    }

    def __init__(
        self,
        image: Tensor,
        model: nn.Module,
        loss_function: Callable[[Tensor, Tensor], Tensor] = mse,
        penalty_function: Callable[[Tensor], Tensor] = penalize_range,
        penalty_lambda: float = 0.1,
        coarse_to_fine: Literal["together", "separate"] = "together",
        *,
        clamp: tuple[float, float] | None = None,
        store_dtype: torch.dtype | None = None,
        store_path: Path | str | None = None,
    ) -> None:
        if coarse_to_fine not in ("together", "separate"):
            raise ValueError(f"coarse_to_fine must be 'together' or 'separate', got {coarse_to_fine!r}")
        super().__init__(
            image,
            model,
            loss_function,
            penalty_function,
            penalty_lambda,
            clamp=clamp,
            store_dtype=store_dtype,
            store_path=store_path,
        )
        check_scales(model, self.image)
        self.coarse_to_fine = coarse_to_fine
        self._schedule = ScaleSchedule(list(getattr(model, "scales", ())), coarse_to_fine == "together")
        self._scale_target: Tensor | None = None
        self._initial_rates: list[float] | None = None
        self._change_scale_criterion: float | None = 0.01
        self._ctf_iters_to_check = 50

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales still to be optimised, the present one first, "all" last."""
        return tuple(self._schedule.remaining)

    @property
    def scales_loss(self) -> tuple[float, ...]:
        """The objective that each step lowered, on the scales of that step."""
        return tuple(self.history.column("scales_loss"))

    @property
    def scales_timing(self) -> dict[Scale, list[int]]:
        """The first and last iteration of each scale; empty if it has not begun."""
        return self._schedule.timing

    @property
    def scales_finished(self) -> tuple[Scale, ...]:
        """The scales that are done, in order."""
        return tuple(self._schedule.finished)

    def progress_word(self) -> str:
        """See `Metamer.progress_word`."""
        return f"scale {self._schedule.present}"

    def _step_objective(self) -> tuple[Tensor, Tensor]:
        if self._schedule.is_last:
            return self._evaluated()
        arguments = {"scales": self._schedule.present_scales}
        if self._scale_target is None:
            with torch.no_grad():
                self._scale_target = self.model(self.image, **arguments)
        return self._judged(self.metamer, self._scale_target, **arguments)

    def _next_scale(self) -> None:
        assert self.optimizer is not None
        self._schedule.advance(self.iteration)
        for group, rate in zip(self.optimizer.param_groups, self._initial_rates or (), strict=True):
            group["lr"] = rate
        self._scale_target = None
        self._engine.forget_trials()

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
        """See `Metamer.setup`. Each scale begins at the optimizer's own learning rate."""
        super().setup(
            initial_image, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs, generator=generator
        )
        if self._initial_rates is None:
            assert self.optimizer is not None
            # take the defaults: a scheduler may have changed the rates of the groups already
            given = self.optimizer.defaults.get("lr")
            groups = self.optimizer.param_groups
            self._initial_rates = [float(group["lr"] if given is None else given) for group in groups]

    def slow_down(self, factor: float) -> None:
        """See `Metamer.slow_down`."""
        super().slow_down(factor)
        self._initial_rates = [rate * factor for rate in self._initial_rates or ()]

    def step(self) -> Step:
        """See `Metamer.step`. Changes the scale first if the present one is done."""
        self._ensure_setup()
        self._engine.keep_progress()
        if self._schedule.is_done(self.history, self._change_scale_criterion, self._ctf_iters_to_check):
            self._next_scale()
        overall = None
        if not self._schedule.is_last:
            with torch.no_grad():
                overall = self._evaluated()[0]
        return self._engine.step(self._step_objective, overall)

    def synthesize(
        self,
        max_iter: int = 100,
        store_progress: bool | int = False,
        stop_criterion: float = 1e-4,
        stop_iters_to_check: int = 50,
        change_scale_criterion: float | None = 0.01,
        ctf_iters_to_check: int = 50,
        *,
        on_step: Callable[[Step], bool | None] | None = None,
        progress_bar: bool = True,
        check_every: int | None = None,
        restarts: int = 0,
    ) -> Outcome:
        """Change the metamer, scale by scale, until its representation is that of the image.

        Args:
            max_iter: see `Metamer.synthesize`.
            store_progress: see `Metamer.synthesize`.
            stop_criterion: see `Metamer.synthesize`; it ends the run only when all scales are optimised
                at once, for longer than ctf_iters_to_check.
            stop_iters_to_check: see `Metamer.synthesize`.
            change_scale_criterion: a scale is done when its loss changes by less over the last iterations;
                None changes the scale every ctf_iters_to_check iterations.
            ctf_iters_to_check: number of these iterations.
            on_step: see `Metamer.synthesize`.
            progress_bar: see `Metamer.synthesize`; it names the scale.
            check_every: see `Metamer.run`.
            restarts: see `Metamer.run`.

        Returns:
            The outcome of the run.

        Raises:
            ValueError: if stop_criterion is not below change_scale_criterion; and as `Metamer`.

        Warns:
            UserWarning: if the loss has converged.
        """
        if change_scale_criterion is not None and stop_criterion >= change_scale_criterion:
            raise ValueError(
                f"stop_criterion must be strictly less than change_scale_criterion, got {stop_criterion:g} "
                f"and {change_scale_criterion:g}: the run would end before its scales"
            )
        self._change_scale_criterion = change_scale_criterion
        self._ctf_iters_to_check = ctf_iters_to_check

        def at_last(losses: Sequence[float]) -> bool:
            began = self.scales_timing["all"]
            if not began or len(losses) - 1 - began[0] <= ctf_iters_to_check:
                return self._is_met()
            return self._is_met() or has_settled(losses, stop_criterion, stop_iters_to_check)

        return self._synthesize(
            max_iter,
            store_progress,
            at_last,
            on_step,
            progress_bar,
            check_every=check_every,
            restarts=restarts,
        )

    def to(self, *args: Any, **kwargs: Any) -> None:
        """See `Metamer.to`."""
        super().to(*args, **kwargs)
        self._scale_target = None

    def state(self) -> dict[str, Any]:
        """See `Metamer.state`."""
        return {
            **super().state(),
            **self._schedule.state_dict(),
            "initial_rates": self._initial_rates,
        }

    def wrong_stage(self, state: dict[str, Any]) -> str:
        """See `Metamer.wrong_stage`."""
        return self._schedule.mismatch(state)

    def restore(self, state: dict[str, Any]) -> list[str]:
        """See `Metamer.restore`."""
        wanted = super().restore(state)
        self._schedule.load(state)
        resumed = state["optimizer"]["name"] is not None
        self._initial_rates = state["initial_rates"] if resumed else None
        self._scale_target = None
        return wanted
