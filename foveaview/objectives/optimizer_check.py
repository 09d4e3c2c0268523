"""Check that an optimizer can continue from a loaded state."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from foveaview.io.untrusted import one_line

__all__ = ["check_optimizer", "saved_state_errors"]


@contextmanager
def saved_state_errors() -> Iterator[None]:
    """Turn any error from a damaged saved optimizer or scheduler into a `ValueError` of one line.

    >>> with saved_state_errors():
    ...     {}["params"]
    Traceback (most recent call last):
    ...
    ValueError: the checkpoint's optimizer or scheduler is damaged (KeyError: 'params')
    """
    try:
        yield
    except Exception as error:  # the saved state may be anything
        reason = one_line(f"{type(error).__name__}: {error}", 200)
        raise ValueError(f"the checkpoint's optimizer or scheduler is damaged ({reason})") from error


def _is_of_torch(one: object) -> bool:
    return type(one).__module__.startswith("torch.optim")


def _step(optimizer: Optimizer, scheduler: LRScheduler | None, takes_loss: bool) -> None:
    """Take one step with a gradient of ones; with zeros, L-BFGS would stop before it reads its memory."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    loss = torch.zeros((), device=parameters[0].device)
    any_optimizer: Any = optimizer  # torch declares a closure that returns floats, but accepts tensors
    any_optimizer.step(lambda: loss)
    if scheduler is not None:
        any_scheduler: Any = scheduler
        any_scheduler.step(loss) if takes_loss else any_scheduler.step()
    if not all(bool(torch.isfinite(parameter).all()) for parameter in parameters):
        raise ValueError("a step from there is not finite")


def _copied(optimizer: Optimizer, scheduler: LRScheduler | None) -> tuple[Optimizer, LRScheduler | None]:
    """Copy both, with the parameters; an optimizer's own copy method loses what L-BFGS needs."""
    tried: Optimizer = object.__new__(type(optimizer))
    memo: dict[int, Any] = {id(optimizer): tried}
    # a scheduler has replaced the optimizer's `step` by its own, which would step the original
    values = {name: value for name, value in vars(optimizer).items() if name != "step"}
    vars(tried).update(copy.deepcopy(values, memo))
    return tried, copy.deepcopy(scheduler, memo)


def check_optimizer(
    optimizer: Optimizer, scheduler: LRScheduler | None = None, takes_loss: bool = False
) -> None:
    """Raise `ValueError` if a torch optimizer or scheduler cannot take a step from its current state.

    A copy of both takes the step. Settings that are missing, or have a wrong type or shape, are thus found
    when a file is loaded, not in the middle of a run. Third-party optimizers may need more than a gradient,
    and are not checked.

    Args:
        optimizer: the loaded optimizer; it does not change.
        scheduler: the optimizer's scheduler.
        takes_loss: True if the scheduler's `step` takes the loss.

    >>> image = torch.ones(2, requires_grad=True)
    >>> adam = torch.optim.Adam([image])
    >>> check_optimizer(adam)
    >>> del adam.param_groups[0]["eps"]
    >>> check_optimizer(adam)
    Traceback (most recent call last):
    ...
    ValueError: its optimizer cannot go on (KeyError: 'eps')
    """
    if not _is_of_torch(optimizer) or not (scheduler is None or _is_of_torch(scheduler)):
        return
    what = "optimizer" if scheduler is None else "optimizer and its scheduler"
    try:
        tried, its_scheduler = _copied(optimizer, scheduler)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a copy has not stepped before
            _step(tried, its_scheduler, takes_loss)
    except Exception as error:  # the loaded state may be anything
        reason = one_line(f"{type(error).__name__}: {error}", 200)
        raise ValueError(f"its {what} cannot go on ({reason})") from error
