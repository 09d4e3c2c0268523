"""Files of ours in plenoptic: it reads them and goes on, or refuses them in plain words."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from foveaview import Metamer, MetamerCTF, mse
from tests.synthesis.models import pool
from tests.synthesis.test_ctf import Scaled

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import plenoptic

pytestmark = pytest.mark.filterwarnings("ignore:Validating whether model can work:UserWarning")

SGD = torch.optim.SGD


@pytest.fixture
def square() -> Tensor:
    return torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))


def ran(metamer: Any, steps: int = 4, **arguments: Any) -> Any:
    quiet = {"progress_bar": False} if isinstance(metamer, Metamer) else {}
    metamer.synthesize(steps, stop_criterion=0, **arguments, **quiet)
    return metamer


def keys(content: dict[str, Any]) -> dict[str, type]:
    """The names and types in a file; a metamer's last numbers may be left for the reader to compute."""
    return {name: type(value) for name, value in content.items() if not name.startswith("_current")}


def test_plenoptic_reads_a_metamer_and_goes_on(square: Tensor, tmp_path: Path) -> None:
    ours = ran(Metamer(square, pool()), store_progress=2)
    ours.save(tmp_path / "ours.pt")
    theirs = plenoptic.Metamer(square, pool(), mse, plenoptic.regularize.penalize_range)
    theirs.load(tmp_path / "ours.pt")
    assert torch.equal(theirs.saved_metamer, ours.saved_metamer)
    for name in ("losses", "gradient_norm", "pixel_change_norm"):
        assert torch.equal(getattr(theirs, name), getattr(ours, name))
    assert torch.equal(theirs.penalties[:-1], ours.penalties[:-1])
    assert torch.allclose(
        theirs.penalties, ours.penalties, rtol=1e-6, atol=0
    )  # the last by their own formula
    ran(theirs, store_progress=2)
    ran(ours, store_progress=2)
    assert torch.allclose(theirs.metamer, ours.metamer, rtol=0, atol=1e-6)


def test_plenoptic_reads_a_metamer_that_changed_its_dtype(square: Tensor, tmp_path: Path) -> None:
    ours = ran(Metamer(square, pool()), store_progress=1)
    ours.to(torch.float64)
    ours.save(tmp_path / "ours.pt")
    theirs = plenoptic.Metamer(square.double(), pool(), mse)
    theirs.load(tmp_path / "ours.pt")
    assert torch.equal(theirs.saved_metamer, ours.saved_metamer)


def test_a_file_holds_the_representation_once(square: Tensor, tmp_path: Path) -> None:
    metamer = Metamer(square, torch.nn.Upsample(scale_factor=8).eval())
    metamer.save(tmp_path / "ours.pt")
    representation = metamer.target_representation.nbytes
    assert representation < (tmp_path / "ours.pt").stat().st_size < 2 * representation


def test_plenoptic_reads_a_ctf_metamer_and_goes_on(square: Tensor, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"change_scale_criterion": None, "ctf_iters_to_check": 3}
    model = Scaled().eval()
    ours = ran(MetamerCTF(square, model, coarse_to_fine="separate"), 5, **arguments)
    ours.save(tmp_path / "ours.pt")
    theirs = plenoptic.MetamerCTF(square, model, mse, coarse_to_fine="separate")
    theirs.load(tmp_path / "ours.pt")
    assert theirs.scales_timing == ours.scales_timing
    assert theirs.scales_loss == ours.scales_loss
    ran(theirs, 6, **arguments)
    ran(ours, 6, **arguments)
    assert theirs.scales_timing == ours.scales_timing
    assert torch.allclose(theirs.metamer, ours.metamer, rtol=0, atol=1e-6)


def test_plenoptic_reads_an_optimizer_and_a_scheduler(square: Tensor, tmp_path: Path) -> None:
    start = torch.full_like(square, 0.5)
    plateau = {"patience": 0, "threshold": 0.5}
    ours = Metamer(square, pool())
    ours.setup(start, SGD, {"lr": 0.5, "momentum": 0.9}, ReduceLROnPlateau, plateau)
    ran(ours)
    ours.save(tmp_path / "ours.pt")
    theirs = plenoptic.Metamer(square, pool(), mse)
    with pytest.warns(UserWarning, match="instantiate optimizer, scheduler"):
        theirs.load(tmp_path / "ours.pt")
    theirs.setup(optimizer=SGD, scheduler=ReduceLROnPlateau)
    ran(theirs)
    ran(ours)
    assert theirs.optimizer.param_groups[0]["lr"] == ours.learning_rate < 0.5
    assert torch.allclose(theirs.metamer, ours.metamer, rtol=0, atol=1e-6)


@pytest.mark.parametrize("steps", [0, 3])
def test_our_files_have_the_names_and_types_of_theirs(square: Tensor, tmp_path: Path, steps: int) -> None:
    model: nn.Module = Scaled().eval()
    for ours, theirs in (
        (Metamer(square, model), plenoptic.Metamer(square, model, mse)),
        (MetamerCTF(square, model), plenoptic.MetamerCTF(square, model, mse)),
    ):
        for metamer, name in ((ours, "ours.pt"), (theirs, "theirs.pt")):
            if steps:
                ran(metamer, steps)
            metamer.save(tmp_path / name)
        own, other = (torch.load(tmp_path / name, weights_only=True) for name in ("ours.pt", "theirs.pt"))
        own.pop("_ctf_target_representation", None)
        other.pop("_ctf_target_representation", None)
        assert keys(own) == keys(other)


def test_plenoptic_examines_a_file_of_ours(
    square: Tensor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(Metamer(square, pool())).save(tmp_path / "ours.pt")
    plenoptic.io.examine_saved_synthesis(tmp_path / "ours.pt")
    shown = capsys.readouterr().out
    assert "plenoptic.Metamer" in shown
    assert "AvgPool2d" in shown


def test_another_object_of_plenoptic_refuses_a_file_of_ours(square: Tensor, tmp_path: Path) -> None:
    ran(Metamer(square, pool())).save(tmp_path / "ours.pt")
    other = plenoptic.Eigendistortion(square, pool())
    with pytest.raises(ValueError, match=r"Saved object was a plenoptic\.Metamer"):
        other.load(tmp_path / "ours.pt")


class Noting(Metamer):
    """A subclass."""


@pytest.mark.parametrize("kept", ["reduced", "in a file", "subclass"])
def test_plenoptic_refuses_what_it_has_no_place_for(square: Tensor, tmp_path: Path, kept: str) -> None:
    choices: dict[str, dict[str, Any]] = {
        "reduced": {"store_dtype": torch.uint8},
        "in a file": {"store_path": tmp_path / "frames"},
    }
    arguments = choices.get(kept, {})
    kind = Noting if kept == "subclass" else Metamer
    ours = ran(kind(square, pool(), **arguments), store_progress=1)
    ours.save(tmp_path / "ours.pt")
    theirs = plenoptic.Metamer(square, pool(), mse)
    with pytest.raises(ValueError, match=r"Saved object was a (foveaview\.Metamer|tests.*Noting), but"):
        theirs.load(tmp_path / "ours.pt")
    again = kind(square, pool(), **arguments)
    again.load(tmp_path / "ours.pt")
    assert torch.equal(again.saved_metamer, ours.saved_metamer)
