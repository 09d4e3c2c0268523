"""Whether an optimizer can go on: those of torch can, as they are and as they were saved."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import lr_scheduler

from foveaview.objectives.optimizer_check import check_optimizer

KINDS: list[Any] = [
    torch.optim.Adadelta,
    torch.optim.Adagrad,
    torch.optim.Adam,
    torch.optim.AdamW,
    torch.optim.Adamax,
    torch.optim.ASGD,
    torch.optim.LBFGS,
    torch.optim.NAdam,
    torch.optim.RAdam,
    torch.optim.RMSprop,
    torch.optim.Rprop,
    torch.optim.SGD,
]
SCHEDULERS: list[Any] = [
    (lr_scheduler.StepLR, {"step_size": 2}),
    (lr_scheduler.MultiStepLR, {"milestones": [1, 3]}),
    (lr_scheduler.LinearLR, {}),
    (lr_scheduler.ConstantLR, {}),
    (lr_scheduler.ExponentialLR, {"gamma": 0.9}),
    (lr_scheduler.CosineAnnealingLR, {"T_max": 5}),
    (lr_scheduler.CyclicLR, {"base_lr": 0.01, "max_lr": 0.1, "cycle_momentum": False}),
    (lr_scheduler.OneCycleLR, {"max_lr": 0.1, "total_steps": 20}),
    (lr_scheduler.LambdaLR, {"lr_lambda": lambda step: 0.9**step}),
    (lr_scheduler.ReduceLROnPlateau, {}),
]


def stepped(kind: Any, scheduler: tuple[Any, dict[str, Any]] | None = None) -> tuple[Tensor, Any, Any]:
    """A parameter, and what has taken three steps with it."""
    image = torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimizer = kind([image], lr=0.01)
    its_scheduler = None if scheduler is None else scheduler[0](optimizer, **scheduler[1])

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = (image**2).sum()
        value.backward()
        return value

    for _ in range(3):
        optimizer.step(loss)
        if its_scheduler is not None:
            takes_loss = isinstance(its_scheduler, lr_scheduler.ReduceLROnPlateau)
            its_scheduler.step(1.0) if takes_loss else its_scheduler.step()
    return image, optimizer, its_scheduler


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_check_optimizer_of_torch_passes_and_stays_as_it_is(kind: Any) -> None:
    image, optimizer, _ = stepped(kind)
    before, its_state = image.detach().clone(), copy.deepcopy(optimizer.state_dict())
    check_optimizer(optimizer)
    assert torch.equal(image, before)
    assert repr(optimizer.state_dict()) == repr(its_state)


@pytest.mark.parametrize("scheduler", SCHEDULERS, ids=lambda scheduler: scheduler[0].__name__)
def test_check_optimizer_scheduler_of_torch_passes_and_stays_as_it_is(scheduler: Any) -> None:
    image, optimizer, its_scheduler = stepped(torch.optim.Adam, scheduler)
    before, rate, count = image.detach().clone(), optimizer.param_groups[0]["lr"], its_scheduler.last_epoch
    check_optimizer(optimizer, its_scheduler, isinstance(its_scheduler, lr_scheduler.ReduceLROnPlateau))
    assert torch.equal(image, before)
    assert (optimizer.param_groups[0]["lr"], its_scheduler.last_epoch) == (rate, count)


def test_check_optimizer_memory_that_is_not_finite_is_refused() -> None:
    image, optimizer, _ = stepped(torch.optim.Adam)
    optimizer.state[image]["exp_avg"].fill_(float("nan"))
    with pytest.raises(ValueError, match="a step from there is not finite"):
        check_optimizer(optimizer)


def test_check_optimizer_scheduler_with_a_wrong_setting_is_refused() -> None:
    _, optimizer, scheduler = stepped(torch.optim.Adam, (lr_scheduler.StepLR, {"step_size": 2}))
    scheduler.gamma = "half"
    with pytest.raises(ValueError, match="its optimizer and its scheduler cannot go on"):
        check_optimizer(optimizer, scheduler)


def test_check_optimizer_of_others_is_not_tried() -> None:
    class Other(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            raise RuntimeError("it needs more than a gradient")

    check_optimizer(Other([torch.zeros(2, requires_grad=True)], lr=0.1))
