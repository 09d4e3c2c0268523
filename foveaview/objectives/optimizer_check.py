"""Whether an optimizer can go on from what a file says that it remembers."""

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
    """Turn whatever comes of a saved optimizer or scheduler that is damaged into a `ValueError` of one line.

    >>> with saved_state_errors():
    ...     {}["params"]
    Traceback (most recent call last):
    ...
    ValueError: the checkpoint's optimizer or scheduler is damaged (KeyError: 'params')
    """
    try:
        yield
    except Exception as error:  # what was saved may be anything
        reason = one_line(f"{type(error).__name__}: {error}", 200)
        raise ValueError(f"the checkpoint's optimizer or scheduler is damaged ({reason})") from error


def _is_of_torch(one: object) -> bool:
    return type(one).__module__.startswith("torch.optim")


def _step(optimizer: Optimizer, scheduler: LRScheduler | None, takes_loss: bool) -> None:
    """Take one step, with a gradient of ones: of zeros, L-BFGS would stop before it looks at its memory."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    loss = torch.zeros((), device=parameters[0].device)
    any_optimizer: Any = optimizer  # torch declares a closure of floats, and takes one of tensors
    any_optimizer.step(lambda: loss)
    if scheduler is not None:
        any_scheduler: Any = scheduler
        any_scheduler.step(loss) if takes_loss else any_scheduler.step()
    if not all(bool(torch.isfinite(parameter).all()) for parameter in parameters):
        raise ValueError("a step from there is not finite")


def _copied(optimizer: Optimizer, scheduler: LRScheduler | None) -> tuple[Optimizer, LRScheduler | None]:
    """Copy both, with the parameters; an optimizer's own way to be copied loses what L-BFGS needs."""
    tried: Optimizer = object.__new__(type(optimizer))
    memo: dict[int, Any] = {id(optimizer): tried}
    # a scheduler has put a step of its own into the optimizer, which would step the original
    values = {name: value for name, value in vars(optimizer).items() if name != "step"}
    vars(tried).update(copy.deepcopy(values, memo))
    return tried, copy.deepcopy(scheduler, memo)


def check_optimizer(
    optimizer: Optimizer, scheduler: LRScheduler | None = None, takes_loss: bool = False
) -> None:
    """Raise `ValueError` if an optimizer or a scheduler of torch cannot take a step from if it is.

    A copy of both takes one. So settings that are missing, of a wrong kind, or of a
    shape that does not fit are found when a file is loaded, not in the middle of a run. Optimizers of others
    may need more than a gradient, and are not tried.

    Args:
        optimizer: as it was loaded; it stays as it is.
        scheduler: of the optimizer.
        takes_loss: whether the scheduler's step takes the loss.

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
    except Exception as error:  # what is remembered may be anything
        reason = one_line(f"{type(error).__name__}: {error}", 200)
        raise ValueError(f"its {what} cannot go on ({reason})") from error
