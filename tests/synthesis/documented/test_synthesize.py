"""What the documentation of plenoptic's Metamer promises of synthesize, of ours."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foveaview import Metamer, MetamerCTF, mse
from tests.synthesis.documented.blurred import Blur, ran
from tests.synthesis.test_ctf import Scaled


def test_before_synthesis_all_is_empty(metamer: Metamer) -> None:
    for value in (metamer.metamer, metamer.losses, metamer.penalties, metamer.saved_metamer):
        assert value.numel() == 0
    assert len(metamer.gradient_norm) == len(metamer.pixel_change_norm) == 0
    assert metamer.objective_function().numel() == 0
    assert metamer.optimizer is metamer.scheduler is metamer.store_progress is None


def test_lengths_after_synthesis(metamer: Metamer, image: Tensor) -> None:
    ran(metamer)
    assert metamer.losses.shape == metamer.penalties.shape == (6,)
    assert metamer.gradient_norm.shape == metamer.pixel_change_norm.shape == (5,)
    assert metamer.losses.device.type == "cpu"
    assert metamer.losses.dtype == image.dtype
    assert metamer.losses[-1] < metamer.losses[1]
    assert metamer.metamer.requires_grad
    assert not metamer.losses.requires_grad


def test_it_goes_on_where_it_stopped(metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    ran(ran(metamer, 3), 2)
    torch.manual_seed(0)
    assert torch.equal(ran(Metamer(image, model), 5).losses, metamer.losses)


def test_the_seed_is_torchs_own(metamer: Metamer) -> None:
    torch.manual_seed(3)
    noise = torch.rand(1, 1, 32, 32)
    torch.manual_seed(3)
    metamer.setup()
    low, high = noise.min(), noise.max()
    assert torch.equal(metamer.metamer.detach(), (noise - low) / (high - low))


def test_a_generator_leaves_torchs_random_state_alone(
    metamer: Metamer, image: Tensor, model: nn.Module
) -> None:
    other = Metamer(image, model)
    before = torch.get_rng_state()
    metamer.setup(generator=torch.Generator().manual_seed(4))
    other.setup(generator=torch.Generator().manual_seed(4))
    assert torch.equal(metamer.metamer, other.metamer)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_objective_is_loss_and_penalty(metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    ran(metamer)
    assert metamer.objective_function().requires_grad
    assert torch.equal(metamer.objective_function().detach(), metamer.losses[-1])
    inside = torch.rand_like(image)
    assert torch.allclose(metamer.objective_function(inside), mse(model(inside), model(image)))
    outside = inside * 2
    loss = metamer.loss_function(model(image), model(outside))
    penalty = metamer.penalty_function(outside)
    assert penalty > 0
    expected = loss + metamer.penalty_lambda * penalty
    assert torch.allclose(metamer.objective_function(outside), expected)
    assert metamer.objective_function(inside, model(inside)) == 0


def test_the_target_representation(metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    assert torch.equal(model(image), metamer.target_representation)


def test_convergence_is_a_warning_and_a_value(metamer: Metamer) -> None:
    with pytest.warns(UserWarning, match="Loss has converged"):
        outcome = metamer.synthesize(200, stop_criterion=0.001, stop_iters_to_check=2, progress_bar=False)
    losses = metamer.losses[:-1]
    assert outcome.value == "converged"
    assert abs(losses[-2] - losses[-1]) < 0.001
    earlier = (losses[1:-1] - losses[:-2]).abs()[1:]
    assert bool((earlier >= 0.001).all())


@pytest.mark.parametrize("kind", [Metamer, MetamerCTF])
def test_synthesize_at_a_loss_of_0_stops_at_once(image: Tensor, kind: type[Metamer]) -> None:
    metamer = kind(image, Scaled().eval())
    metamer.setup(image)
    with pytest.warns(UserWarning, match="Loss has converged"):
        outcome = metamer.synthesize(100, stop_criterion=1e-9, progress_bar=False)
    assert outcome.value == "converged"
    assert metamer.losses.tolist() == [0.0, 0.0]


def signed(representation: Tensor, target: Tensor) -> Tensor:
    return (representation - target).sum()


def test_synthesize_at_a_loss_of_0_with_a_gradient_goes_on(image: Tensor, model: nn.Module) -> None:
    metamer = Metamer(image, model, signed)
    metamer.setup(image)
    ran(metamer, 3, stop_criterion=0)
    assert len(metamer.losses) == 4
    assert metamer.losses[-1] < 0


def test_nan_ends_with_the_last_finite_metamer(image: Tensor) -> None:
    calls = 0

    class Breaks(Blur):
        def forward(self, image: Tensor) -> Tensor:
            nonlocal calls
            calls += 1
            return super().forward(image) * (float("nan") if calls > 12 else 1.0)

    metamer = Metamer(image, Breaks().eval())
    with pytest.raises(ValueError, match="NaN"):
        ran(metamer, 100)
    assert bool(torch.isfinite(metamer.metamer).all())
    assert bool(torch.isfinite(torch.tensor(metamer.history.column("losses"))).all())


def test_to_moves_everything_and_the_run_goes_on(metamer: Metamer) -> None:
    ran(metamer, store_progress=2)
    before = metamer.losses
    metamer.to(torch.float64)
    assert metamer.image.dtype == metamer.model(metamer.image).dtype == torch.float64
    assert metamer.metamer.dtype == metamer.saved_metamer.dtype == torch.float64
    assert torch.allclose(metamer.losses, before.double(), rtol=1e-5)
    ran(metamer, 5, store_progress=2)
    assert metamer.losses[-1] < before[-1]


def test_to_warns_of_a_model_without_to(image: Tensor) -> None:
    def plain(image: Tensor) -> Tensor:
        return image * 2

    model: Any = plain
    metamer = Metamer(image, model)
    with pytest.warns(UserWarning, match=r"Unable to call model\.to\(\)"):
        metamer.to(torch.float64)
