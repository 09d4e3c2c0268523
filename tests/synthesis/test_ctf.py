"""From coarse to fine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foveaview import MetamerCTF, mse


class Scaled(nn.Module):
    """Means over blocks of 8, 4 and 2 pixels."""

    scales = ("coarse", "middle", "fine")

    def forward(self, image: Tensor, scales: list[str] | None = None) -> Tensor:
        sizes = dict(zip(self.scales, (8, 4, 2), strict=True))
        parts = [nn.functional.avg_pool2d(image, sizes[one]).flatten(1) for one in scales or self.scales]
        return torch.cat(parts, dim=1)


@pytest.fixture
def square() -> Tensor:
    return torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))


def test_coarse_to_fine_goes_through_the_scales(square: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    metamer = MetamerCTF(square, Scaled().eval())
    metamer.setup(torch.full_like(square, 0.5))
    assert metamer.scales == ("coarse", "middle", "all")
    assert metamer.scales_timing == {"coarse": [0], "middle": [], "all": []}
    metamer.synthesize(12, change_scale_criterion=None, ctf_iters_to_check=4)
    assert metamer.scales == ("all",)
    assert metamer.scales_finished == ("coarse", "middle")
    assert metamer.scales_timing == {"coarse": [0, 3], "middle": [4, 7], "all": [8]}
    assert len(metamer.scales_loss) == len(metamer.losses) - 1 == 12
    assert "scale all" in capsys.readouterr().err


def test_coarse_to_fine_stays_slow_after_a_restart(square: Tensor) -> None:
    calls = itertools.count()

    class Breaks(Scaled):
        def forward(self, image: Tensor, scales: list[str] | None = None) -> Tensor:
            bad = next(calls) == 12
            return super().forward(image, scales) * (float("nan") if bad else 1.0)

    metamer = MetamerCTF(square, Breaks().eval())
    metamer.setup(torch.full_like(square, 0.5))
    metamer.synthesize(20, change_scale_criterion=None, ctf_iters_to_check=4, progress_bar=False, restarts=1)
    assert metamer.scales == ("all",)
    assert metamer.iteration == 20
    assert metamer.learning_rate == pytest.approx(0.005)


def test_coarse_to_fine_separately(square: Tensor) -> None:
    metamer = MetamerCTF(square, Scaled().eval(), coarse_to_fine="separate")
    assert metamer.scales == ("coarse", "middle", "fine", "all")


def test_coarse_to_fine_goes_on_from_a_file(square: Tensor, tmp_path: Path) -> None:
    model = Scaled().eval()
    arguments: dict[str, Any] = {
        "change_scale_criterion": None,
        "ctf_iters_to_check": 4,
        "progress_bar": False,
    }
    first = MetamerCTF(square, model)
    first.setup(generator=torch.Generator().manual_seed(1))
    first.synthesize(6, **arguments)
    first.save(tmp_path / "a.pt")
    second = MetamerCTF(square, model)
    second.load(tmp_path / "a.pt")
    for metamer in (first, second):
        metamer.synthesize(6, **arguments)
    assert torch.equal(first.metamer, second.metamer)
    assert first.state()["scales_timing"] == second.state()["scales_timing"]
    with pytest.raises(ValueError, match="coarse_to_fine are different"):
        MetamerCTF(square, model, coarse_to_fine="separate").load(tmp_path / "a.pt")
    second.to(torch.float64)
    second.synthesize(1, **arguments)


def test_a_criterion_that_would_end_the_run_first(square: Tensor) -> None:
    with pytest.raises(ValueError, match="strictly less than change_scale_criterion"):
        MetamerCTF(square, Scaled().eval()).synthesize(1, stop_criterion=0.1, change_scale_criterion=0.1)


def test_another_order_of_scales(square: Tensor) -> None:
    unknown: Any = "backwards"
    with pytest.raises(ValueError, match="'together' or 'separate', got 'backwards'"):
        MetamerCTF(square, Scaled().eval(), coarse_to_fine=unknown)


class NoScalesArgument(nn.AvgPool2d):
    scales = (1, 2)


class WholeAlways(nn.AvgPool2d):
    scales = (1, 2)

    def forward(self, image: Tensor, scales: object = None) -> Tensor:
        return super().forward(image)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (nn.AvgPool2d(2), AttributeError, "no scales attribute"),
        (NoScalesArgument(2), TypeError, "does not accept scales"),
        (WholeAlways(2), ValueError, "doesn't change shape"),
    ],
)
def test_a_model_without_scales(
    square: Tensor, model: nn.Module, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        MetamerCTF(square, model.eval(), mse)


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c["_scales_timing"].update(all=[0, 1, 2]),
        lambda c: c["_scales_timing"].update(coarse=[]),
        lambda c: c["_scales_timing"].update(coarse=[-1]),
        lambda c: c["_scales_timing"].update(coarse=[1.5]),
        lambda c: c["_scales_timing"].pop("coarse"),
        lambda c: c["_scales"].clear(),
        lambda c: c["_scales"].reverse(),
        lambda c: c["_scales_finished"].append("coarse"),
        lambda c: c.update(_scales_loss=[]),
    ],
)
def test_load_scales_in_no_possible_stage_are_refused(
    square: Tensor, tmp_path: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    def made() -> MetamerCTF:
        return MetamerCTF(square, Scaled().eval())

    metamer = made()
    metamer.synthesize(3, progress_bar=False)
    metamer.save(tmp_path / "a.pt")
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    edit(content)
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a\.pt: a damaged checkpoint"):
        made().load(tmp_path / "a.pt")
