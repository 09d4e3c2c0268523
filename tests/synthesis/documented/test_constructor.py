"""What the documentation of plenoptic's Metamer shows of a new object and of a seed, of ours."""

from __future__ import annotations

import warnings
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from foveaview import Metamer, MetamerCTF, penalize_range
from tests.synthesis.documented.blurred import ran
from tests.synthesis.test_ctf import Scaled

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import plenoptic

SIX_LOSSES = [0.0194, 0.0198, 0.0179, 0.0160, 0.0145, 0.0132]


@pytest.mark.slow
def test_constructor_after_a_seed_gives_the_documented_losses() -> None:
    plenoptic.set_seed(0)
    model = plenoptic.models.Gaussian(30).eval()
    plenoptic.remove_grad(model)
    metamer = ran(Metamer(plenoptic.data.einstein(), model), 5)
    assert [round(loss, 4) for loss in metamer.losses.tolist()] == SIX_LOSSES


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Validating whether model can work:UserWarning")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["Metamer", "MetamerCTF"])
def test_constructor_draws_as_much_as_plenoptics(image: Tensor, name: str, dtype: torch.dtype) -> None:
    starts = []
    for kind in (getattr(plenoptic, name), {"Metamer": Metamer, "MetamerCTF": MetamerCTF}[name]):
        torch.manual_seed(0)
        metamer = kind(image.to(dtype), Scaled().eval())
        metamer.setup()
        starts.append(metamer.metamer.detach())
    assert torch.equal(*starts) == (name == "Metamer" or dtype == torch.float32)


def test_repr_shows_what_the_object_is_made_of(image: Tensor) -> None:
    model = nn.Sequential(nn.AvgPool2d(2)).eval()
    narrow = partial(penalize_range, allowed_range=(0.2, 0.8))
    metamer = Metamer(image, model, penalty_function=narrow)
    start, end = repr(metamer).split("functools.partial")
    assert start == (
        "Metamer(\n"
        "  image = torch.Size([1, 1, 32, 32]) (torch.float32),\n"
        "  model = Sequential(\n    (0): AvgPool2d(kernel_size=2, stride=2, padding=0)\n  ),\n"
        "  loss_function = mse,\n"
        "  penalty_function = "
    )
    assert end.endswith("allowed_range=(0.2, 0.8)),\n  penalty_lambda = 0.1,\n)")


def test_repr_shows_the_order_of_scales(image: Tensor) -> None:
    shown = repr(MetamerCTF(image, Scaled().eval(), coarse_to_fine="separate"))
    assert shown.startswith("MetamerCTF(\n  image = ")
    assert shown.endswith("  penalty_lambda = 0.1,\n  coarse_to_fine = 'separate',\n)")
