"""A run that is no longer finite goes back, and on with smaller steps."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from foveaview import Metamer, Outcome
from foveaview.synthesis.engine import Engine
from tests.synthesis.models import Gives, begun


def breaking() -> Metamer:
    calls = itertools.count()

    class Breaks(nn.AvgPool2d):
        def forward(self, image: Tensor) -> Tensor:
            bad = next(calls) == 20
            return super().forward(image) * (float("nan") if bad else 1.0)

    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))
    metamer = Metamer(image, Breaks(4).eval())
    metamer.setup(torch.full_like(image, 0.5))
    return metamer


@pytest.mark.parametrize("waits", [False, True])
def test_nan_goes_back_to_the_last_finite_metamer(waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "looking_waits", waits)
    metamer = breaking()
    assert metamer.run(100, check_every=7) is Outcome.NOT_FINITE
    losses = metamer.losses
    assert bool(torch.isfinite(losses).all())
    assert metamer.iteration == len(losses) - 1
    untouched = breaking()
    untouched.run(metamer.iteration)
    assert torch.equal(untouched.metamer, metamer.metamer)
    assert torch.equal(untouched.losses, losses)


def test_a_restart_goes_on_with_half_the_step() -> None:
    metamer = breaking()
    assert metamer.run(60, restarts=1) is Outcome.STEPS_DONE
    assert metamer.iteration == 60
    assert metamer.learning_rate == pytest.approx(0.005)
    assert metamer.losses[-1] < metamer.losses[0] / 10


def test_restarts_are_counted(image: Tensor) -> None:
    calls = itertools.count()
    model = Gives(lambda image: image * (float("nan") if next(calls) > 5 else 1.0)).eval()
    metamer = begun(image, model)
    assert metamer.run(60, restarts=3) is Outcome.NOT_FINITE
    assert metamer.learning_rate == pytest.approx(0.01 / 8)
    assert bool(torch.isfinite(metamer.metamer).all())
