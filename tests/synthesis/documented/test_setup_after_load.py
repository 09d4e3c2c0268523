"""What the documentation of plenoptic's Metamer promises of setup after load, of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from foveaview import Metamer
from tests.synthesis.documented.blurred import ADAM, SGD, ran


@pytest.fixture
def saved_sgd(image: Tensor, model: nn.Module, tmp_path: Path) -> Path:
    metamer = Metamer(image, model)
    metamer.setup(
        torch.full_like(image, 0.5),
        SGD,
        {"lr": 0.02, "momentum": 0.5},
        StepLR,
        {"step_size": 2, "gamma": 0.9},
    )
    ran(metamer).save(tmp_path / "sgd.pt")
    return tmp_path / "sgd.pt"


def loaded(path: Path, image: Tensor, model: nn.Module) -> Metamer:
    metamer = Metamer(image, model)
    with pytest.warns(UserWarning, match=r"call setup\(\) to instantiate optimizer, scheduler"):
        metamer.load(path)
    return metamer


def test_setup_after_load(saved_sgd: Path, image: Tensor, model: nn.Module) -> None:
    metamer = loaded(saved_sgd, image, model)
    metamer.setup(optimizer=SGD, scheduler=StepLR)
    assert metamer.learning_rate == pytest.approx(0.02 * 0.9**2)
    assert metamer.optimizer is not None
    assert metamer.optimizer.param_groups[0]["momentum"] == 0.5
    with pytest.raises(ValueError, match="only be called once"):
        metamer.setup()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"initial_image": torch.zeros(1, 1, 32, 32)},
            ValueError,
            "Cannot set initial_image after",
        ),
        ({"optimizer": SGD, "optimizer_kwargs": {}}, ValueError, "optimizer_kwargs must be None"),
        ({"optimizer": SGD, "scheduler_kwargs": {}}, ValueError, "scheduler_kwargs must be None"),
        ({"scheduler": StepLR}, TypeError, "initialize saved optimizer .torch.optim.sgd.SGD"),
        (
            {"optimizer": ADAM, "scheduler": StepLR},
            ValueError,
            "same type as saved optimizer: .*SGD",
        ),
        ({"optimizer": SGD}, TypeError, "initialize saved scheduler .torch.optim.lr_scheduler.StepLR"),
        (
            {"optimizer": SGD, "scheduler": ReduceLROnPlateau},
            ValueError,
            "same type as saved scheduler: .*StepLR",
        ),
    ],
)
def test_setup_after_load_with_something_else(
    saved_sgd: Path,
    image: Tensor,
    model: nn.Module,
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    metamer = loaded(saved_sgd, image, model)
    with pytest.raises(error, match=message):
        metamer.setup(**arguments)


def test_synthesize_after_load_needs_the_same_optimizer(
    saved_sgd: Path, image: Tensor, model: nn.Module
) -> None:
    with pytest.raises(TypeError, match="pass it to setup"):
        ran(loaded(saved_sgd, image, model))
