"""Metamers of a model: an image changed step by step until a model cannot tell it from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from foveaview.io.untrusted import reader_errors
from foveaview.perception.plausibility import warn_user
from foveaview.synthesis.checkpoints.checkpoint_check import Check
from foveaview.synthesis.checkpoints.persistence import load_into, save_from
from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.observed import Observed
from foveaview.synthesis.progress import progress_bar as drawn
from foveaview.synthesis.run import Outcome, Step, has_settled

__all__ = ["Metamer"]


def _pair(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the objective and penalty of a saved metamer."""
    if values.shape != (2,):
        raise ValueError("its objective and penalty are not two numbers")
    return values[0], values[1]


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
        before = set(vars(self))
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
        self._internal: set[str] = set()  # attributes that do not belong to a subclass
        self._internal |= set(vars(self)) - before

    def added_attributes(self) -> dict[str, Any]:
        """The attributes that a subclass or a user has added to the object; `save` keeps them.

        >>> metamer = Metamer(torch.zeros(1, 1, 4, 4), torch.nn.Identity().eval())
        >>> metamer.participant = "S03"
        >>> metamer.added_attributes()
        {'participant': 'S03'}
        """
        return {name: value for name, value in vars(self).items() if name not in self._internal}

    def _judged(self, image: Tensor, target: Tensor, **analyze_kwargs: Any) -> tuple[Tensor, Tensor]:
        """The objective that a step lowers, a subclass's own if it has one, and the penalty, 0-d tensors."""
        if getattr(self.objective_function, "__func__", None) is Metamer.objective_function:
            return self._objective(image, target, **analyze_kwargs)
        objective = self.objective_function(image, target, **analyze_kwargs)
        with torch.no_grad():
            penalty = self._penalty_function(image)
        return objective.reshape(()), penalty.reshape(())

    def _evaluated(self) -> tuple[Tensor, Tensor]:
        return self._judged(self.metamer, self._target_representation)

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
                f"Found a NaN in loss during optimization, or an infinity, after iteration {self.iteration}: "
                "the metamer is the last whose loss was finite; lower the learning rate, or set restarts"
            )
        if outcome is Outcome.CONVERGED:
            warn_user("Loss has converged, synthesis stopped")
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
            UserWarning: if the model has no `to`.
        """
        if hasattr(self._model, "to"):
            self._model = self._model.to(*args, **kwargs)
        else:
            warn_user("Unable to call model.to(), which the model lacks: it stays as it is")
        self._image = self._image.to(*args, **kwargs)
        self._target_representation = self._target_representation.to(*args, **kwargs)
        if self._metamer is not None:
            # the same tensor, so that the optimizer continues with it
            self._metamer.grad = None
            self._metamer.data = self._metamer.data.to(*args, **kwargs)
            self._solver.follow()
        self._forget_trials()
        self._current = self._sound = self._last_finite = self._previous = None

    def state(self) -> dict[str, Any]:
        """Return all that `restore` needs to continue unchanged: tensors and plain values, on the CPU."""
        return {
            "kind": type(self).__name__,
            "metamer": None if self._metamer is None else self._metamer.detach().cpu().clone(),
            **self.history.state(),
            **self._solver.state(),
            "store_progress": self._store_progress,
            "frames": self._frames.state(),
            "seed": self._seed,
            "lowered": None if self._lowered is None else torch.stack(self._lowered).cpu(),
        }

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
        image, own = state["metamer"], self._metamer
        expected = self._image if own is None else own
        if image is not None and own is not None and image.shape != own.shape:
            raise ValueError(f"the saved image is {tuple(image.shape)}, expected {tuple(own.shape)}")
        if image is not None and image.dtype != expected.dtype:
            raise ValueError(f"the saved image is {image.dtype}, expected {expected.dtype}")
        self._frames.restore(state["frames"])
        self.history.restore(state)
        self._store_progress, self._seed = state["store_progress"], state["seed"]
        self._current = self._sound = self._last_finite = self._previous = None
        lowered = state.get("lowered")
        self._lowered = None if lowered is None else _pair(lowered.to(expected.device, copy=True))
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
