"""The same learning rates and metamers as plenoptic's MetamerCTF, with schedulers of torch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import lr_scheduler as schedulers

from foveaview import MetamerCTF
from tests.synthesis.test_ctf import Scaled

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import plenoptic

pytestmark = pytest.mark.filterwarnings("ignore:Validating whether model can work:UserWarning")

SGD = torch.optim.SGD
SCHEDULERS: list[tuple[Any, dict[str, Any]]] = [
    (schedulers.LinearLR, {"start_factor": 0.1, "total_iters": 7}),
    (schedulers.ConstantLR, {"factor": 0.25, "total_iters": 6}),
    (schedulers.CyclicLR, {"base_lr": 0.02, "max_lr": 0.4, "step_size_up": 3, "cycle_momentum": False}),
    (schedulers.OneCycleLR, {"max_lr": 0.5, "total_steps": 40}),
    (schedulers.StepLR, {"step_size": 3, "gamma": 0.5}),
    (schedulers.ExponentialLR, {"gamma": 0.9}),
    (schedulers.CosineAnnealingLR, {"T_max": 5}),
    (schedulers.PolynomialLR, {"total_iters": 15}),
    (schedulers.ReduceLROnPlateau, {"patience": 1, "threshold": 0.2}),
]


@pytest.fixture
def square() -> Tensor:
    return torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))


def summed(representation: Tensor, target: Tensor) -> Tensor:
    return (representation - target).square().sum()


def begun(kind: Any, image: Tensor, scheduler: Any, arguments: dict[str, Any]) -> Any:
    metamer = kind(image, Scaled().eval(), summed)
    momentum = {"lr": 0.3, "momentum": 0.5}
    metamer.setup(torch.full_like(image, 0.5), SGD, momentum, scheduler, dict(arguments))
    return metamer


@pytest.mark.slow
@pytest.mark.parametrize(("scheduler", "arguments"), SCHEDULERS)
def test_ctf_with_a_scheduler_is_the_same(square: Tensor, scheduler: Any, arguments: dict[str, Any]) -> None:
    found = []
    for kind in (plenoptic.MetamerCTF, MetamerCTF):
        metamer = begun(kind, square, scheduler, arguments)
        for _ in range(4):  # so that the rates between changes of scale can be compared
            metamer.synthesize(6, stop_criterion=0, change_scale_criterion=None, ctf_iters_to_check=5)
            found.append((metamer.optimizer.param_groups[0]["lr"], metamer.metamer.detach().clone()))
        assert len(metamer.scales_finished) == 2
    for (their_rate, theirs), (rate, ours) in zip(found[:4], found[4:], strict=True):
        assert rate == pytest.approx(their_rate, rel=1e-6)
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-5)


def test_ctf_with_a_scheduler_goes_on_from_a_file(square: Tensor, tmp_path: Path) -> None:
    scheduler, arguments = SCHEDULERS[0]
    run: dict[str, Any] = {"change_scale_criterion": None, "ctf_iters_to_check": 5, "progress_bar": False}
    first = begun(MetamerCTF, square, scheduler, arguments)
    first.synthesize(4, **run)
    first.save(tmp_path / "a.pt")
    second = MetamerCTF(square, Scaled().eval(), summed)
    with pytest.warns(UserWarning, match=r"call setup\(\) to instantiate optimizer, scheduler"):
        second.load(tmp_path / "a.pt")
    second.setup(optimizer=SGD, scheduler=scheduler)
    for metamer in (first, second):
        metamer.synthesize(6, **run)
    assert torch.equal(first.metamer, second.metamer)
