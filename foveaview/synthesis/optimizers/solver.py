"""An optimizer and its scheduler, which can be saved as plain values and restored."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import Tensor
from torch.optim import LBFGS, Adam, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.objectives.optimizer_check import check_optimizer, saved_state_errors
from foveaview.synthesis.checkpoints.checkpoint_check import UnknownOptimizerError
from foveaview.synthesis.optimizers.lbfgs import ProjectedLBFGS

__all__ = ["PRESETS", "Solver", "plain", "takes_loss"]

LEARNING_RATE = 0.01
_ADAM = f"{Adam.__module__}.{Adam.__name__}"

PRESETS: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "adam": (Adam, {"lr": 0.02, "amsgrad": True, "betas": (0.9, 0.99)}),
    "lbfgs": (
        LBFGS,
        {"lr": 1.0, "max_iter": 4, "history_size": 100, "tolerance_grad": 0.0, "tolerance_change": 0.0},
    ),
}
"""Optimizers by name, with arguments that converge without a search for them.

Means over statistics have gradients below LBFGS's own tolerances, with which it would stop at once. Measured
on `FovealStatistics` of a photograph of 48 x 64, from noise: the loss falls 117 to 137 times in 120 steps of
"adam" (four seeds), and 47 to 71 times in 40 steps of "lbfgs" (six seeds), each of which makes 4 evaluations;
with a line search it falls 23 to 28 times, and with half the step it may not fall at all."""


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def plain(value: Any) -> Any:
    """Copy tensors to the CPU, for a checkpoint; plain values stay as they are.

    >>> import torch
    >>> plain({"a": [np.float64(1.5), torch.ones(1)]})
    {'a': [1.5, tensor([1.])]}
    """
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    return value


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str, Tensor))


def _kept(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a checkpoint can hold; it cannot hold functions."""
    return {name: plain(value) for name, value in arguments.items() if _is_plain(value)}


def _arguments_of(scheduler: Any, saved: dict[str, Any]) -> dict[str, Any]:
    """Return the saved arguments; if there are none, those that the scheduler's state names."""
    if saved["arguments"] or scheduler is None:
        return saved["arguments"]
    # not verbose: older torch keeps it in the state and accepts it, but warns
    names = set(inspect.signature(scheduler).parameters) - {"optimizer", "last_epoch", "verbose"}
    return {name: value for name, value in saved["state"].items() if name in names}


def takes_loss(scheduler: LRScheduler) -> bool:
    """Return True if a scheduler's step needs the loss."""
    return bool(set(inspect.signature(scheduler.step).parameters) - {"epoch"})


class Solver:
    """The optimizer and the scheduler of one tensor.

    Attributes:
        optimizer: None until `setup`.
        scheduler: None until `setup`, and if none is used.
    """

    def __init__(self) -> None:
        self.optimizer: Optimizer | None = None
        self.scheduler: LRScheduler | None = None
        self._saved: dict[str, Any] | None = None
        self._arguments: dict[str, dict[str, Any]] = {"optimizer": {}, "scheduler": {}}
        self._takes_loss = False

    @property
    def ready(self) -> bool:
        """Return True if `step` can be called."""
        return self.optimizer is not None

    def setup(
        self,
        parameter: Tensor,
        optimizer: type[Optimizer] | str | None,
        optimizer_kwargs: dict[str, Any] | None,
        scheduler: Callable[..., LRScheduler] | None,
        scheduler_kwargs: dict[str, Any] | None,
    ) -> None:
        """Make optimizer and scheduler; after `restore`, those that were saved.

        Raises:
            ValueError: for an unknown preset; after `restore`, for arguments or another kind.
            TypeError: after `restore`, if the saved class has to be given and is not.
        """
        if isinstance(optimizer, str):
            if optimizer not in PRESETS:
                raise ValueError(f"optimizer {optimizer!r} is unknown: choose one of {', '.join(PRESETS)}")
            optimizer, preset = PRESETS[optimizer]
            optimizer_kwargs = {**preset, **(optimizer_kwargs or {})} if self._saved is None else None
        if self._saved is not None:
            self._again(parameter, self._saved, optimizer, optimizer_kwargs, scheduler, scheduler_kwargs)
            return
        defaults = {"lr": LEARNING_RATE, **({"amsgrad": True} if optimizer is None else {})}
        arguments = {**defaults, **(optimizer_kwargs or {})}
        self._make(parameter, optimizer or Adam, arguments, scheduler, scheduler_kwargs or {})

    def _make(
        self,
        parameter: Tensor,
        optimizer: type[Optimizer],
        optimizer_kwargs: dict[str, Any],
        scheduler: Callable[..., LRScheduler] | None,
        scheduler_kwargs: dict[str, Any],
    ) -> None:
        make: Callable[..., Optimizer] = optimizer
        made = make([parameter], **optimizer_kwargs)
        self.scheduler = None if scheduler is None else scheduler(made, **scheduler_kwargs)
        self._takes_loss = self.scheduler is not None and takes_loss(self.scheduler)
        self.optimizer = made
        self._arguments = {"optimizer": _kept(optimizer_kwargs), "scheduler": _kept(scheduler_kwargs)}

    def _again(
        self,
        parameter: Tensor,
        saved: dict[str, Any],
        optimizer: type[Optimizer] | None,
        optimizer_kwargs: dict[str, Any] | None,
        scheduler: Any,
        scheduler_kwargs: dict[str, Any] | None,
    ) -> None:
        for what, given in (("optimizer", optimizer_kwargs), ("scheduler", scheduler_kwargs)):
            if given is not None:
                raise ValueError(
                    f"When initializing {what} after load, {what}_kwargs must be None: the file holds them"
                )
        _check_kind("optimizer", saved["optimizer"]["name"], optimizer, default=_ADAM)
        _check_kind("scheduler", saved["scheduler"]["name"], scheduler, default=None)
        with saved_state_errors():
            self._make(
                parameter,
                optimizer or Adam,
                saved["optimizer"]["arguments"],
                scheduler,
                _arguments_of(scheduler, saved["scheduler"]),
            )
            self._saved = None
            self.load(saved)

    def load(self, saved: dict[str, Any]) -> None:
        """Take over a `state` of the same kinds of optimizer and scheduler."""
        assert self.optimizer is not None
        if self.scheduler is not None:
            self.scheduler.load_state_dict(plain(saved["scheduler"]["state"]))
        # after the scheduler, because making it has changed the learning rate
        self.optimizer.load_state_dict(plain(saved["optimizer"]["state"]))
        if isinstance(self.optimizer, ProjectedLBFGS):
            self.optimizer.check_memory()
        else:
            check_optimizer(self.optimizer, self.scheduler, self._takes_loss)

    @property
    def evaluates_trials(self) -> bool:
        """Return True if a step evaluates at a trial that the image may not keep; see `ProjectedLBFGS`."""
        return isinstance(self.optimizer, ProjectedLBFGS)

    @property
    def accepted(self) -> bool:
        """Return True if the image is at the point that the last step evaluated first."""
        return not isinstance(self.optimizer, ProjectedLBFGS) or self.optimizer.accepted

    def step(self, closure: Callable[[], Tensor]) -> None:
        """Let the optimizer step."""
        assert self.optimizer is not None
        closing: Any = closure
        self.optimizer.step(closing)

    def forget_trials(self) -> None:
        """Forget a line search after its function has changed; other optimizers keep their state."""
        if self.optimizer is not None and self.evaluates_trials:
            self.optimizer.state.clear()

    def schedule(self, loss: Tensor) -> None:
        """Let the scheduler step, if there is one."""
        if self.scheduler is not None:
            any_scheduler: Any = self.scheduler
            any_scheduler.step(loss) if self._takes_loss else any_scheduler.step()

    def rescale(self, factor: float) -> None:
        """Multiply every learning rate, and clear the optimizer's state."""
        assert self.optimizer is not None
        self.optimizer.state.clear()
        for group in self.optimizer.param_groups:
            group["lr"] = group["lr"] * factor
            if "initial_lr" in group:
                group["initial_lr"] = group["initial_lr"] * factor
        if self.scheduler is not None and hasattr(self.scheduler, "base_lrs"):
            self.scheduler.base_lrs = [rate * factor for rate in self.scheduler.base_lrs]

    def follow(self) -> None:
        """Bring the optimizer's memory to the device and dtype that its parameter now has."""
        if self.optimizer is not None:
            self.optimizer.load_state_dict(self.optimizer.state_dict())

    def state(self) -> dict[str, Any]:
        """Return names, states and arguments as plain values, for `restore`."""
        if self._saved is not None:
            return self._saved
        own = {"optimizer": self.optimizer, "scheduler": self.scheduler}
        return {
            what: {
                "name": None if one is None else _name(type(one)),
                "state": {} if one is None else plain(one.state_dict()),
                "arguments": self._arguments[what],
            }
            for what, one in own.items()
        }

    def restore(self, saved: dict[str, Any]) -> list[str]:
        """Take a `state` for `setup` to continue from; return the parts that must be passed to `setup`."""
        self._saved = saved if saved["optimizer"]["name"] is not None else None
        wanted = []
        if saved["optimizer"]["name"] not in (None, _ADAM):
            wanted.append("optimizer")
        if saved["scheduler"]["name"] is not None:
            wanted.append("scheduler")
        return wanted


def _check_kind(what: str, saved: str | None, given: type | None, default: str | None) -> None:
    name = default if given is None else _name(given)
    if name == saved:
        return
    if given is None:
        raise UnknownOptimizerError(
            f"Don't know how to initialize saved {what} {saved!r}: pass it to setup(), not initialised"
        )
    raise ValueError(
        f"User-specified {what} must have same type as saved {what}: saved is {saved}, specified {name}"
    )
