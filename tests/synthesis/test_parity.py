"""The same losses as plenoptic's own Metamer, and its checkpoints and checks on our side."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import StepLR

from foveaview import FovealStatistics, LossSettings, Metamer, MetamerCTF, MetamericLoss, mse

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import plenoptic

pytestmark = [
    pytest.mark.filterwarnings("ignore:Validating whether model can work:UserWarning"),
    pytest.mark.filterwarnings("ignore:pkg_resources:UserWarning"),
]

LBFGS = torch.optim.LBFGS
LBFGS_ARGUMENTS = {"lr": 1.0, "max_iter": 4, "history_size": 5}
SIZE = (32, 32)


@pytest.fixture(scope="module")
def image() -> Tensor:
    coarse = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    return nn.functional.interpolate(coarse, size=SIZE, mode="bicubic").clamp(0, 1)


@pytest.fixture(scope="module")
def start() -> Tensor:
    return torch.rand(1, 1, *SIZE, generator=torch.Generator().manual_seed(1))


def frozen(model: nn.Module) -> nn.Module:
    return model.requires_grad_(False).eval()


def gaussian() -> nn.Module:
    return frozen(plenoptic.models.Gaussian(9))


def front_end() -> nn.Module:
    return frozen(plenoptic.models.OnOff((7, 7), pretrained=False))


def textures() -> nn.Module:
    return frozen(plenoptic.models.PortillaSimoncelli(SIZE, n_scales=2))


def summed(representation: Tensor, target: Tensor) -> Tensor:
    """Steep enough for a first step of LBFGS that moves the image."""
    return (representation - target).square().sum()


def far(own: Any, other: Any) -> float:
    first, second = (torch.as_tensor(one, dtype=torch.float64) for one in (own, other))
    assert first.shape == second.shape
    return float(((first - second).abs() / second.abs().clamp(min=1e-12)).max())


@pytest.mark.slow
@pytest.mark.parametrize("make", [gaussian, front_end, textures])
@pytest.mark.parametrize(("optimizer", "arguments"), [(None, None), (LBFGS, LBFGS_ARGUMENTS)])
def test_twenty_steps_are_the_same(
    image: Tensor,
    start: Tensor,
    make: Callable[[], nn.Module],
    optimizer: type[torch.optim.Optimizer] | None,
    arguments: dict[str, Any] | None,
) -> None:
    model = make()
    theirs = plenoptic.Metamer(image, model, summed)
    theirs.setup(start, optimizer, None if arguments is None else dict(arguments))
    theirs.synthesize(20, stop_criterion=0)
    ours = Metamer(image, model, summed)
    ours.setup(start, optimizer, arguments)
    ours.synthesize(20, stop_criterion=0, progress_bar=False)
    assert (theirs.metamer - start).norm() > 1
    assert far(ours.losses, theirs.losses) < 1e-5
    assert far(ours.gradient_norm, theirs.gradient_norm) < 1e-4
    assert far(ours.pixel_change_norm, theirs.pixel_change_norm) < 1e-4
    assert torch.allclose(ours.penalties, theirs.penalties, rtol=1e-4, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", [None, 0.5])
@pytest.mark.parametrize("mode", ["together", "separate"])
def test_coarse_to_fine_is_the_same(image: Tensor, start: Tensor, mode: Any, criterion: float | None) -> None:
    model = textures()
    arguments: dict[str, Any] = {
        "stop_criterion": 1e-9,
        "change_scale_criterion": criterion,
        "ctf_iters_to_check": 4,
        "store_progress": 5,
    }
    norm = plenoptic.loss.l2_norm
    theirs = plenoptic.MetamerCTF(image, model, norm, coarse_to_fine=mode)
    theirs.setup(start)
    theirs.synthesize(24, **arguments)
    ours = MetamerCTF(image, model, norm, coarse_to_fine=mode)
    assert ours.scales[-1] == "all"
    ours.setup(start)
    ours.synthesize(24, progress_bar=False, **arguments)
    assert far(ours.losses, theirs.losses) < 1e-5
    assert far(ours.scales_loss, theirs.scales_loss) < 1e-5
    assert len(ours.scales_finished) > 1
    for name in ("scales", "scales_timing", "scales_finished", "coarse_to_fine", "store_progress"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert torch.allclose(ours.saved_metamer, theirs.saved_metamer, atol=1e-5)


@pytest.mark.slow
def test_the_default_stop_is_the_same(image: Tensor, start: Tensor) -> None:
    lengths = []
    metamers: list[Any] = [plenoptic.Metamer(image, gaussian()), Metamer(image, gaussian())]
    for metamer in metamers:
        metamer.setup(start)
        with pytest.warns(UserWarning, match="Loss has converged"):
            metamer.synthesize(200, stop_criterion=0.001, stop_iters_to_check=3)
        lengths.append(len(metamer.losses))
    assert lengths[0] == lengths[1] < 200


# their checkpoints


def test_a_checkpoint_of_theirs_loads_and_goes_on(image: Tensor, start: Tensor, tmp_path: Path) -> None:
    model = gaussian()
    theirs = plenoptic.Metamer(image, model, mse)
    theirs.setup(start)
    theirs.synthesize(5, store_progress=2)
    theirs.save(str(tmp_path / "theirs.pt"))
    ours = Metamer(image, model, mse)
    ours.load(tmp_path / "theirs.pt")
    assert torch.equal(ours.saved_metamer, theirs.saved_metamer)
    ours.synthesize(5, store_progress=2, progress_bar=False)
    theirs.synthesize(5, store_progress=2)
    assert far(ours.losses, theirs.losses) < 1e-5


class OlderStepLR(StepLR):
    """As it is in torch 2.6: with an argument that it keeps, and warns of where it is given."""

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        step_size: int,
        gamma: float = 0.1,
        verbose: object = "deprecated",
    ) -> None:
        if verbose != "deprecated":
            warnings.warn("The verbose parameter is deprecated.", UserWarning, stacklevel=2)
        super().__init__(optimizer, step_size, gamma)
        self.verbose = False


@pytest.mark.parametrize("scheduler", [StepLR, OlderStepLR])
def test_a_checkpoint_of_theirs_with_a_scheduler(
    scheduler: type[StepLR], image: Tensor, start: Tensor, tmp_path: Path
) -> None:
    model = gaussian()
    theirs = plenoptic.Metamer(image, model, mse)
    theirs.setup(start, torch.optim.SGD, {"lr": 0.5}, scheduler, {"step_size": 2, "gamma": 0.5})
    theirs.synthesize(5)
    theirs.save(str(tmp_path / "theirs.pt"))
    ours = Metamer(image, model, mse)
    with pytest.warns(UserWarning, match="instantiate optimizer, scheduler"):
        ours.load(tmp_path / "theirs.pt")
    ours.setup(optimizer=torch.optim.SGD, scheduler=scheduler)
    ours.synthesize(5, progress_bar=False)
    theirs.synthesize(5)
    assert far(ours.losses, theirs.losses) < 1e-5


@pytest.mark.slow
def test_a_coarse_to_fine_checkpoint_of_theirs(image: Tensor, start: Tensor, tmp_path: Path) -> None:
    model, norm = textures(), plenoptic.loss.l2_norm
    arguments: dict[str, Any] = {"change_scale_criterion": None, "ctf_iters_to_check": 3}
    theirs = plenoptic.MetamerCTF(image, model, norm)
    theirs.setup(start)
    theirs.synthesize(5, **arguments)
    theirs.save(str(tmp_path / "theirs.pt"))
    ours = MetamerCTF(image, model, norm)
    ours.load(tmp_path / "theirs.pt")
    ours.synthesize(6, progress_bar=False, **arguments)
    theirs.synthesize(6, **arguments)
    assert far(ours.losses, theirs.losses) < 1e-5
    assert ours.scales_timing == theirs.scales_timing
    with pytest.raises(ValueError, match=r"Saved object was a plenoptic\.MetamerCTF, but initialized"):
        Metamer(image, model, norm).load(tmp_path / "theirs.pt")


def test_a_checkpoint_of_theirs_for_another_model(image: Tensor, tmp_path: Path) -> None:
    theirs = plenoptic.Metamer(image, gaussian(), mse)
    theirs.synthesize(1)
    theirs.save(str(tmp_path / "theirs.pt"))
    with pytest.raises(ValueError, match="model output have different"):
        Metamer(image, front_end(), mse).load(tmp_path / "theirs.pt")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c["save_metadata"].update(plenoptic_version="1.3.1"), "plenoptic 1.3.1"),
        (lambda c: c["save_metadata"].update(synthesis_object="plenoptic.MADCompetition"), "MADCompetition"),
        (lambda c: c.pop("_losses"), "a damaged file in plenoptic's layout"),
    ],
)
def test_a_checkpoint_of_theirs_that_does_not_serve(
    image: Tensor, tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    path, model = tmp_path / "theirs.pt", gaussian()
    theirs = plenoptic.Metamer(image, model, mse)
    theirs.synthesize(1)
    theirs.save(str(path))
    content = torch.load(path, weights_only=True)
    edit(content)
    torch.save(content, path)
    with pytest.raises(ValueError, match=message):
        Metamer(image, model, mse).load(path)


# our statistics as their model


def test_foveal_statistics_pass_their_validation(photograph: Tensor) -> None:
    model = FovealStatistics(LossSettings(n_pyramid_levels=3), (0.3, 0.4), (48, 64)).eval()
    plenoptic.validate.validate_model(model, image_shape=photograph.shape)
    double = photograph.double()
    plenoptic.validate.validate_model(model, image_shape=double.shape, image_dtype=torch.float64)


@pytest.mark.slow
def test_foveal_statistics_in_their_metamer(photograph: Tensor, noise: Tensor) -> None:
    settings = LossSettings(n_pyramid_levels=3, fovea_weight=0)
    model = FovealStatistics(settings, (0.3, 0.4), (48, 64)).eval()
    theirs = plenoptic.Metamer(photograph, model)
    theirs.setup(noise)
    theirs.synthesize(20, stop_criterion=0)
    loss = MetamericLoss.from_settings(settings)
    assert float(theirs.losses[0]) == pytest.approx(float(loss(noise, photograph, (0.3, 0.4))), rel=1e-5)
    assert theirs.losses[-1] < theirs.losses[0] / 2
    ours = Metamer(photograph, model)
    ours.setup(noise)
    ours.synthesize(20, stop_criterion=0, progress_bar=False)
    assert far(ours.losses, theirs.losses) < 1e-5
