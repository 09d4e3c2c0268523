"""Metamers of a model: an image changed step by step until a model cannot tell it from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.io.untrusted import reader_errors
from foveaview.synthesis.checkpoints.checkpoint_check import Check
from foveaview.synthesis.checkpoints.persistence import load_into, save_from
from foveaview.synthesis.engine import Engine
from foveaview.synthesis.history import COLUMNS
from foveaview.synthesis.loop import run_steps, run_with_bar
from foveaview.synthesis.metamer_problem import Problem
from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.observed import Observed
from foveaview.synthesis.run import Outcome, Step, has_settled

__all__ = ["Metamer"]


class Metamer(Observed):
    """An image that a model represents like another image.

    No step waits for the device, unless its optimizer or scheduler does. The constructor draws noise for a
    trial of the model from torch's random state, as plenoptic's does.

    Args:
        image: (N, C, H, W) floating point, best in [0, 1]: the image to match.
        model: any differentiable module without trainable parameters, in eval mode, on the image's device
            and of its dtype; it takes an image and returns a tensor.
        loss_function: takes two representations, returns a scalar.
        penalty_function: takes the metamer, returns a scalar to keep small.
        penalty_lambda: weight of the penalty, 0 or more.
        clamp: keep the metamer's values in this range after each step; None leaves them free.
        store_dtype: how progress is kept: None as it is, torch.uint8 (in [0, 1]), or a floating dtype.
        store_path: a file to keep progress in, if it would not fit into memory.

    Raises:
        TypeError, RuntimeError: if image, model or penalty are of a wrong type, dtype or device.
        ValueError: if one of them is unsuitable, with the reason.

    Warns:
        UserWarning: for an image of other than 4 dimensions or outside [0, 1], a model in training mode.

    Source: Portilla and Simoncelli, 2000; the documented behaviour of plenoptic 2.1.1's `Metamer`.

    >>> image = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> metamer = Metamer(image, torch.nn.AvgPool2d(4).eval())
    >>> metamer.setup(torch.full_like(image, 0.5))
    >>> metamer.synthesize(20, progress_bar=False)
    <Outcome.STEPS_DONE: 'all steps done'>
    >>> len(metamer.losses), bool(metamer.losses[-1] < metamer.losses[0] / 10)
    (21, True)
    """

    identifying: tuple[str, ...] = ("penalty_lambda",)
    """Plain attributes that a file's object must share."""

    _columns: tuple[str, ...] = COLUMNS
    _internal: frozenset[str] = frozenset({"_engine"})

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
        problem = Problem(image, model, loss_function, penalty_function, penalty_lambda)
        options: dict[str, Any] = {"clamp": clamp, "store_dtype": store_dtype, "store_path": store_path}
        super().__init__(Engine(problem, self._columns, **options))

    def added_attributes(self) -> dict[str, Any]:
        """The attributes that a subclass or a user has added to the object; `save` keeps them.

        >>> metamer = Metamer(torch.zeros(1, 1, 4, 4), torch.nn.Identity().eval())
        >>> metamer.participant = "S03"
        >>> metamer.added_attributes()
        {'participant': 'S03'}
        """
        return {name: value for name, value in vars(self).items() if name not in self._internal}

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
        self._engine.setup(initial_image, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs, generator)

    def step(self) -> Step:
        """Take one step without waiting for the device. Calls `setup` first if it was not called."""
        self._ensure_setup()
        self._engine.keep_progress()
        return self._engine.step(self._evaluated)

    def _ensure_setup(self) -> None:
        if not self._engine.solver.ready:
            self.setup()

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
        return self._engine.check(settled, whole=whole)

    def slow_down(self, factor: float) -> None:
        """Multiply the step size by a factor."""
        self._engine.solver.rescale(factor)

    def refresh(self) -> None:
        """Forget the current loss, after a change of the values of the loss function."""
        self._engine.refresh()

    def change_optimizer(self, optimizer: type[Optimizer], optimizer_kwargs: dict[str, Any]) -> None:
        """Continue from the current metamer with another optimizer, which begins without a memory."""
        self._engine.change_optimizer(optimizer, optimizer_kwargs)

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
        self._ensure_setup()
        return run_steps(self, steps, settled, on_step, check_every, restarts)

    def synthesize(
        self,
        max_iter: int = 100,
        store_progress: bool | int = False,
        stop_criterion: float = 1e-4,
        stop_iters_to_check: int = 50,
        *,
        on_step: Callable[[Step], bool | None] | None = None,
        progress_bar: bool = True,
        check_every: int | None = None,
        restarts: int = 0,
    ) -> Outcome:
        """Change the metamer until its representation is that of the image. Call again to continue.

        Args:
            max_iter: steps to take at most.
            store_progress: interval in steps for keeping the metamer; True is 1, False and 0 never.
            stop_criterion: converged when the loss changes by less over the last iterations, or stays at 0.
            stop_iters_to_check: number of these iterations.
            on_step: called after each step; returning False stops.
            progress_bar: draw one on stderr.
            check_every: see `run`.
            restarts: see `run`.

        Returns:
            The outcome of the run.

        Raises:
            ValueError: if the loss is not finite: the metamer is then the last one with a finite loss;
                for a store_progress other than before.

        Warns:
            UserWarning: if the loss has converged.
        """

        def settled(losses: Sequence[float]) -> bool:
            return self._is_met() or has_settled(losses, stop_criterion, stop_iters_to_check)

        return self._synthesize(
            max_iter,
            store_progress,
            settled,
            on_step,
            progress_bar,
            check_every=check_every,
            restarts=restarts,
        )

    def _is_met(self) -> bool:
        """Return True if the latest step found nothing to lower."""
        latest = [self.history.column(name)[-1:] for name in ("losses", "gradient_norm")]
        return latest == [[0.0], [0.0]]

    def _synthesize(
        self,
        max_iter: int,
        store_progress: bool | int,
        settled: Callable[[Sequence[float]], bool],
        on_step: Callable[[Step], bool | None] | None,
        shown: bool,
        **run_arguments: Any,
    ) -> Outcome:
        self._ensure_setup()
        self._engine.set_store_progress(store_progress)
        return run_with_bar(self, max_iter, settled, on_step, shown, **run_arguments)

    def progress_word(self) -> str:
        """Return a word to show beside the progress bar."""
        return ""

    def to(self, *args: Any, **kwargs: Any) -> None:
        """Move to a device or convert to a floating dtype, in place, as `torch.nn.Module.to`.

        Warns:
            UserWarning: if the model has no `to`.
        """
        self._engine.to(*args, **kwargs)

    def state(self) -> dict[str, Any]:
        """Return all that `restore` needs to continue unchanged: tensors and plain values, on the CPU."""
        return {"kind": type(self).__name__, **self._engine.state()}

    def wrong_stage(self, state: dict[str, Any]) -> str:
        """Say why the stage of a loaded state does not fit this object; return "" if it does."""
        return ""

    def restore(self, state: dict[str, Any]) -> list[str]:
        """Restore a `state`.

        Returns:
            Those of "optimizer" and "scheduler" that must be passed to `setup` before continuing.

        Raises:
            ValueError: if it is of an image of another shape or dtype.
        """
        return self._engine.restore(state)

    def take_over(self, identity: dict[str, Any]) -> None:
        """Take the image and the weight of the penalty from a checkpoint's identity."""
        self._engine.problem.take_over(identity)

    def save(self, file_path: Path | str, *, optimizer: bool = True) -> None:
        """Write all that is needed to continue from here, whole or not at all.

        plenoptic 2 reads the file too, unless it is of a subclass, or store_dtype or store_path is set. The
        attributes that a subclass adds are kept if they are tensors or plain values.

        Args:
            file_path: the file.
            optimizer: keep optimizer and scheduler; else a run begins new ones. Adam's take three metamers.

        Raises:
            OSError: if it cannot be written; an existing file stays.
            ValueError: if an attribute of a subclass has a name that the file needs.

        Warns:
            UserWarning: for an attribute of a subclass that cannot be kept.
        """
        save_from(self, Path(file_path), optimizer)

    def load(
        self,
        file_path: Path | str,
        map_location: Any = None,
        raise_on_checks: bool = True,
        tensor_equality_atol: float = 1e-8,
        tensor_equality_rtol: float = 1e-5,
        **pickle_load_args: Any,
    ) -> None:
        """Read a file of `save`, or of plenoptic 2, into an object made with the same arguments.

        It also restores the attributes that a subclass has added.

        Nothing in the file is run. The tensors come to the image's device, from any device.

        Args:
            file_path: the file.
            map_location: as of `torch.load`.
            raise_on_checks: refuse a file of another class, image, model, loss or penalty, or with other
                attributes; False warns and continues with the file's image and penalty_lambda, and the
                object's class, model, loss, penalty and attributes.
            tensor_equality_atol: absolute tolerance of these comparisons.
            tensor_equality_rtol: relative tolerance.
            **pickle_load_args: passed to `torch.load`.

        Raises:
            ValueError: after `setup` or `synthesize`; if the file is damaged, carries code, is of
                another kind of object, or differs in what the message names. A different dtype is always an
                error.
            OSError: if the file cannot be read.
            RuntimeError: if it holds tensors of a missing device: pass map_location.

        Warns:
            UserWarning: if `setup` has to be called with an optimizer or a scheduler.
            LoadWarning: if something differs and raise_on_checks is False.
        """
        check = Check(raise_on_checks, tensor_equality_atol, tensor_equality_rtol)
        path = Path(file_path)
        with reader_errors(path):  # a representation that was tampered with may fail in the model itself
            load_into(self, path, check, map_location, pickle_load_args)
