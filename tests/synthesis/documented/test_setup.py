"""What the documentation of plenoptic's Metamer promises of setup, of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau, StepLR

from foveaview import Metamer
from tests.synthesis.documented.blurred import ADAM, SGD, ran


def test_the_default_optimizer(metamer: Metamer) -> None:
    metamer.setup()
    assert isinstance(metamer.optimizer, ADAM)
    assert metamer.optimizer.param_groups[0]["amsgrad"] is True
    assert metamer.learning_rate == 0.01


def test_arguments_keep_the_defaults_they_do_not_name(image: Tensor, model: nn.Module) -> None:
    given = {"eps": 1e-6}
    first, second = Metamer(image, model), Metamer(image, model)
    first.setup(optimizer_kwargs=given)
    second.setup(optimizer=ADAM, optimizer_kwargs=given)
    assert given == {"eps": 1e-6}
    groups = [one.optimizer.param_groups[0] for one in (first, second) if one.optimizer is not None]
    assert [group["amsgrad"] for group in groups] == [True, False]
    assert [(group["lr"], group["eps"]) for group in groups] == [(0.01, 1e-6)] * 2


def test_setup_with_an_image(metamer: Metamer) -> None:
    start = torch.full((1, 1, 32, 32), 0.5)
    metamer.setup(start)
    assert torch.equal(metamer.metamer, start)
    assert metamer.metamer.data_ptr() != start.data_ptr()


def test_setup_with_an_image_of_another_size(image: Tensor) -> None:
    model: Any = nn.AdaptiveAvgPool2d(4).eval()
    metamer = Metamer(image, model)
    with pytest.warns(UserWarning, match="different sizes"):
        metamer.setup(torch.rand(1, 1, 16, 16))
    ran(metamer, 2)
    assert metamer.metamer.shape == (1, 1, 16, 16)


@pytest.mark.parametrize("scheduler", [None, ReduceLROnPlateau])
def test_setup_with_sgd(metamer: Metamer, scheduler: Callable[..., LRScheduler] | None) -> None:
    metamer.setup(optimizer=SGD, optimizer_kwargs={"lr": 0.01}, scheduler=scheduler)
    ran(metamer)
    assert isinstance(metamer.optimizer, SGD)
    assert (metamer.scheduler is None) == (scheduler is None)


def test_a_scheduler_that_takes_the_loss(metamer: Metamer) -> None:
    metamer.setup(
        optimizer=SGD,
        optimizer_kwargs={"lr": 1e-5},
        scheduler=ReduceLROnPlateau,
        scheduler_kwargs={"patience": 1, "factor": 0.5},
    )
    ran(metamer, 8)
    assert metamer.learning_rate < 1e-5


def test_a_scheduler_that_takes_none(metamer: Metamer) -> None:
    metamer.setup(scheduler=StepLR, scheduler_kwargs={"step_size": 2, "gamma": 0.5})
    ran(metamer, 4)
    assert metamer.learning_rate == pytest.approx(0.0025)


def test_setup_twice(metamer: Metamer) -> None:
    metamer.setup()
    with pytest.raises(ValueError, match="only be called once"):
        metamer.setup()


def test_setup_after_synthesize(metamer: Metamer) -> None:
    ran(metamer, 1)
    with pytest.raises(ValueError, match="only be called once"):
        metamer.setup()
