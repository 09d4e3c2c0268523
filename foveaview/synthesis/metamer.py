"""Metamers of a model: an image changed step by step until a model cannot tell it from another."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveaview.io.untrusted import reader_errors
from foveaview.synthesis.comparison import Check
from foveaview.synthesis.engine import Engine
from foveaview.synthesis.persistence import load_into, save_from
from foveaview.synthesis.progress import progress_bar as drawn
from foveaview.synthesis.run import Outcome, Step, has_settled
from foveaview.synthesis.selection import Selection, row_of, stored_for

__all__ = ["Metamer"]


class Metamer(Engine):
    """An image whose representation by a model is that of another image.

    No step waits for the device, unless its optimizer or scheduler does: losses are fetched when they are
    looked at.

    Args:
        image: (N, C, H, W) floating point, best in [0, 1]: the image whose representation is to be matched.
        model: any differentiable module without trainable parameters, in eval mode, on the image's device
            and of its dtype; it takes an image and returns a tensor.
        loss_function: takes two representations, returns a scalar.
        penalty_function: takes the metamer, returns a scalar to keep small.
        penalty_lambda: weight of the penalty, 0 or more.
        clamp: keep the metamer's values in this range after each step; None leaves them free.
        store_dtype: how progress is kept: None as it is, or torch.uint8 (in [0, 1], a quarter of the
            memory), float16, float32 or float64.
        store_path: a file to keep progress in, where it would not fit into memory.

    Raises:
        TypeError: where image, model or penalty are of a wrong type or dtype.
        ValueError: where one of them cannot serve, with the reason.
        RuntimeError: where model or penalty leave the image's device.

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
    """Plain attributes that a checkpoint's object must share."""

    def _with_current(self, column: str, index: int) -> Tensor:
        """A column and one number more, that of the metamer as it is; looking waits for the device."""
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

    def current_loss(self) -> float:
        """The objective of the metamer as it is now; looking waits for the device."""
        return float(self._with_current("losses", 0)[-1])

    def get_progress(self, iteration: int | None, iteration_selection: Selection = "round") -> dict[str, Any]:
        """What is known of one iteration.

        Args:
            iteration: from 0, or negative from the end; None is the newest.
            iteration_selection: which kept metamer is taken where that of the iteration was not kept:
                "floor" the one before, "ceiling" the one after, "round" the closest.

        Returns:
            iteration, losses, penalties, pixel_change_norm and gradient_norm (None for the newest, that has
            had no step); where progress was kept, saved_metamer and store_progress_iteration too.

        Raises:
            IndexError: where there is no such iteration.
            ValueError: for an unknown selection.

        Warns:
            UserWarning: where the metamer is of another iteration.
        """
        losses = self.losses
        row = row_of(iteration, len(losses))
        newest = row == len(losses) - 1
        progress: dict[str, Any] = {
            "losses": losses[row],
            "iteration": row,
            "penalties": self.penalties[row],
            "pixel_change_norm": None if newest else self.pixel_change_norm[row],
            "gradient_norm": None if newest else self.gradient_norm[row],
        }
        if not self._store_progress:
            return progress
        kept = stored_for(row, int(self._store_progress), self.iteration, iteration_selection)
        if kept == self.iteration:
            progress["saved_metamer"] = self.metamer.detach().cpu()
        else:
            frame = self._frames[kept // int(self._store_progress)]
            progress["saved_metamer"] = frame.to(self.metamer.dtype)
        if kept != row:
            warnings.warn(
                f"loss iteration {row} and saved_metamer iteration {kept} are not the same: "
                f"the metamer was kept every {self._store_progress} iterations",
                stacklevel=2,
            )
        progress["store_progress_iteration"] = kept
        return progress

    def objective_function(
        self,
        metamer: Tensor | None = None,
        target_representation: Tensor | None = None,
        **analyze_kwargs: Any,
    ) -> Tensor:
        """The loss of an image's representation, and penalty_lambda times its penalty.

        Args:
            metamer: (N, C, H, W), the metamer as it is now where None.
            target_representation: what to compare with, that of the image where None.
            **analyze_kwargs: passed to the model.

        Returns:
            A 0-d tensor, differentiable; empty where there is no metamer yet.
        """
        image = self.metamer if metamer is None else metamer
        if image.numel() == 0:
            return torch.empty(0)
        target = self._target_representation if target_representation is None else target_representation
        return self._objective(image, target, **analyze_kwargs)[0]

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
        """Change the metamer until its representation is that of the image. Call again to go on.

        Args:
            max_iter: steps to take at most.
            store_progress: keep the metamer every so many steps; True is 1, False and 0 never.
            stop_criterion: converged when the loss changes by less over the last iterations.
            stop_iters_to_check: how many iterations that are.
            on_step: called after each step; returning False stops.
            progress_bar: draw one on stderr.
            check_every: see `run`.
            restarts: see `run`.

        Returns:
            How the run ended.

        Raises:
            ValueError: where the loss is no longer finite: the metamer is then the last whose loss was;
                for a store_progress other than before.

        Warns:
            UserWarning: where the loss has converged.
        """
        settled = partial(has_settled, criterion=stop_criterion, window=stop_iters_to_check)
        return self._synthesize(
            max_iter,
            store_progress,
            settled,
            on_step,
            progress_bar,
            check_every=check_every,
            restarts=restarts,
        )

    def _synthesize(
        self,
        max_iter: int,
        store_progress: bool | int,
        settled: Callable[[Sequence[float]], bool],
        on_step: Callable[[Step], bool | None] | None,
        shown: bool,
        **run_arguments: Any,
    ) -> Outcome:
        if not self._solver.ready:
            self.setup()
        self._set_store_progress(store_progress)
        with drawn(max_iter, shown) as advance:

            def each(step: Step) -> bool | None:
                advance(self.history.latest, self._word())
                return None if on_step is None else on_step(step)

            outcome = self.run(max_iter, settled, each, **run_arguments)
        if outcome is Outcome.NOT_FINITE:
            raise ValueError(
                f"found a NaN or an infinity in the loss after iteration {self.iteration}: the metamer is "
                "the last one whose loss was finite; lower the learning rate, or set restarts"
            )
        if outcome is Outcome.CONVERGED:
            warnings.warn("Loss has converged, synthesis stopped", stacklevel=3)
        return outcome

    def _word(self) -> str:
        """A word beside the progress bar."""
        return ""

    def _set_store_progress(self, store_progress: bool | int) -> None:
        wanted = int(store_progress)
        if self._store_progress is not None and wanted != self._store_progress:
            raise ValueError(
                f"store_progress must be {self._store_progress} as before, got {store_progress} "
                "(True is 1): it cannot change between runs"
            )
        self._store_progress = wanted or False

    def to(self, *args: Any, **kwargs: Any) -> None:
        """Move to a device or convert to a floating dtype, in place, as `torch.nn.Module.to`.

        Warns:
            UserWarning: where the model has no `to`.
        """
        if hasattr(self._model, "to"):
            self._model = self._model.to(*args, **kwargs)
        else:
            warnings.warn("model has no to(): it stays as it is", stacklevel=2)
        self._image = self._image.to(*args, **kwargs)
        self._target_representation = self._target_representation.to(*args, **kwargs)
        if self._metamer is not None:
            # the same tensor, so that the optimizer goes on with it
            self._metamer.grad = None
            self._metamer.data = self._metamer.data.to(*args, **kwargs)
            self._solver.follow()
        self._current = self._sound = self._last_finite = None

    def state(self) -> dict[str, Any]:
        """All that `restore` needs to go on as if never stopped: tensors and plain values, on the CPU."""
        return {
            "kind": type(self).__name__,
            "metamer": None if self._metamer is None else self._metamer.detach().cpu().clone(),
            **self.history.state(),
            **self._solver.state(),
            "store_progress": self._store_progress,
            "frames": self._frames.state(),
            "seed": self._seed,
        }

    def restore(self, state: dict[str, Any]) -> list[str]:
        """Go back to a `state`.

        Returns:
            What of "optimizer" and "scheduler" has to be passed to `setup` before going on.

        Raises:
            ValueError: where it is of an image of another shape or dtype.
        """
        image, own = state["metamer"], self._metamer
        expected = self._image if own is None else own
        if image is not None and own is not None and image.shape != own.shape:
            raise ValueError(f"the saved image is {tuple(image.shape)}, expected {tuple(own.shape)}")
        if image is not None and image.dtype != expected.dtype:
            raise ValueError(f"the saved image is {image.dtype}, expected {expected.dtype}")
        self._frames.restore(state["frames"])
        self.history.restore(state)
        self._store_progress, self._seed = state["store_progress"], state["seed"]
        self._current = self._sound = self._last_finite = None
        if own is not None:
            own.detach().copy_(image)
            self._solver.load(state)
            return []
        self._metamer = (
            None if image is None else image.detach().to(expected.device, copy=True).requires_grad_()
        )
        self._loaded = image is not None
        return self._solver.restore(state)

    def take_over(self, identity: dict[str, Any]) -> None:
        """Take the image and the weight of the penalty from a checkpoint's identity."""
        like = self._image
        self._image = identity["image"].detach().to(like)
        self._target_representation = identity["model"]["value"].detach().to(like.device)
        self._penalty_lambda = float(identity["penalty_lambda"])

    def save(self, file_path: Path | str) -> None:
        """Write all there is to go on from here, whole or not at all.

        Raises:
            OSError: where it cannot be written; a file that was there before stays.
        """
        save_from(self, Path(file_path))

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

        Nothing in the file is run. The tensors come to the image's device, wherever they were.

        Args:
            file_path: the file.
            map_location: as of `torch.load`.
            raise_on_checks: refuse a file of another image, model, loss or penalty; False warns and goes
                on with the file's image and penalty_lambda, and the object's model, loss and penalty.
            tensor_equality_atol: absolute tolerance of these comparisons.
            tensor_equality_rtol: relative tolerance.
            **pickle_load_args: passed to `torch.load`.

        Raises:
            ValueError: after `setup` or `synthesize`; where the file is damaged, carries code, is of
                another kind of object, or differs in what the message names. A different dtype is always an
                error.
            OSError: where the file cannot be read.
            RuntimeError: where it holds tensors of a device that is not there: pass map_location.

        Warns:
            UserWarning: where `setup` has to be called with an optimizer or a scheduler.
            LoadWarning: where something differs and raise_on_checks is False.
        """
        check = Check(raise_on_checks, tensor_equality_atol, tensor_equality_rtol)
        path = Path(file_path)
        with reader_errors(path):  # a representation that was tampered with may fail in the model itself
            load_into(self, path, check, map_location, pickle_load_args)
