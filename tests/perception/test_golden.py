"""Values and gradients against the reference implementation, where that is right."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from foveaview import LossSettings, MetamericLoss
from foveaview.perception import PreparedTarget, pooling_size_map
from tests.conftest import DATA

GOLDEN = json.loads((DATA / "metameric_loss.json").read_text())


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    return dict(load_file(str(DATA / "metameric_loss.safetensors")))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: str(case["id"]))
def test_loss_and_gradient_match_the_reference(
    case: dict[str, Any], tensors: dict[str, Tensor], dtype: torch.dtype
) -> None:
    image, target = (tensors[f"{case['inputs']}/{name}"].to(dtype) / 255 for name in ("image", "target"))
    image.requires_grad_()
    loss = MetamericLoss(**case["settings"])(image, target, case["gaze"], case.get("image_colorspace", "RGB"))
    loss.backward()

    assert loss.item() == pytest.approx(case["loss"], rel=1e-5)
    assert image.grad is not None
    assert image.grad.norm().item() == pytest.approx(case["grad_l2"], rel=1e-4)
    expected = tensors.get(f"case{case['id']}/grad")
    if expected is not None:
        assert (image.grad - expected).norm() <= 1e-4 * expected.norm()


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: str(case["id"]))
def test_number_of_maps_matches_the_reference(case: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    target = tensors[f"{case['inputs']}/target"].float() / 255
    prepared = MetamericLoss(**case["settings"]).prepare(target, case["gaze"])
    assert isinstance(prepared, PreparedTarget)
    channels = sum(int(maps.shape[1]) for maps in prepared.statistics)
    assert channels == case["n_stat_maps"] * target.shape[1]


@pytest.mark.parametrize("case", GOLDEN["pooling"], ids=lambda case: str(case["id"]))
def test_pooling_sizes_match_the_reference(case: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    names = ("alpha", "real_image_width", "real_viewing_distance", "mode")
    settings = LossSettings(**{name: case[name] for name in names})
    sizes = pooling_size_map(tuple(case["size"]), tuple(case["gaze"]), settings)
    torch.testing.assert_close(sizes.float(), tensors[f"pooling{case['id']}"], rtol=0, atol=1e-4)
