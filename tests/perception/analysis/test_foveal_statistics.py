"""The statistics as the representation of a module."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import FovealStatistics, LossSettings, MetamericLoss, mse

GAZE = (0.3, 0.4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"use_l2_foveal_loss": False},
        {"use_l2_foveal_loss": False, "use_fullres_l0": True},
        {"use_radial_weight": True, "n_orientations": 4},
        {"mode": "linear", "filter_type": "full"},
    ],
)
@pytest.mark.parametrize("size", [(48, 64), (37, 51)])
@pytest.mark.parametrize("channels", [1, 3])
def test_their_squared_difference_is_the_loss(
    photograph: Tensor, noise: Tensor, changes: dict[str, Any], size: tuple[int, int], channels: int
) -> None:
    settings = LossSettings(n_pyramid_levels=3, fovea_weight=0, **changes)
    image, target = (one[:, :channels, : size[0], : size[1]].double() for one in (noise, photograph))
    model = FovealStatistics(settings, GAZE, size)
    expected = MetamericLoss.from_settings(settings)(image, target, GAZE)
    assert float(mse(model(image), model(target))) == pytest.approx(float(expected), rel=1e-10)


def test_it_is_differentiable_like_the_loss(photograph: Tensor, noise: Tensor) -> None:
    settings = LossSettings(n_pyramid_levels=3, fovea_weight=0)
    model = FovealStatistics(settings, GAZE, (48, 64))
    gradients = []
    objectives: list[Callable[[Tensor], Tensor]] = [
        lambda image: mse(model(image), model(photograph)),
        lambda image: MetamericLoss.from_settings(settings)(image, photograph, GAZE),
    ]
    for objective in objectives:
        image = noise.clone().requires_grad_()
        objective(image).backward()
        assert image.grad is not None
        gradients.append(image.grad)
    assert torch.allclose(gradients[0], gradients[1], rtol=1e-3, atol=1e-9)


def test_a_batch_is_its_images(photograph: Tensor, noise: Tensor) -> None:
    model = FovealStatistics(LossSettings(n_pyramid_levels=3), GAZE, (48, 64))
    both = model(torch.cat([photograph, noise]))
    assert torch.allclose(both[1:], model(noise), atol=1e-6)


def test_a_copy_gives_the_same(photograph: Tensor) -> None:
    model = FovealStatistics(LossSettings(n_pyramid_levels=3), GAZE, (48, 64))
    before = model(photograph)
    assert torch.equal(copy.deepcopy(model)(photograph), before)
    assert "gaze=(0.3, 0.4)" in repr(model)


@pytest.mark.parametrize("shape", [(1, 3, 48, 63), (3, 48, 64), (1, 2, 48, 64)])
def test_an_image_of_another_shape(shape: tuple[int, ...]) -> None:
    model = FovealStatistics(LossSettings(n_pyramid_levels=3), GAZE, (48, 64))
    with pytest.raises(ValueError, match=r"image must have shape \(N, 1 or 3, 48, 64\)"):
        model(torch.zeros(shape))


def test_a_size_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="at most"):
        FovealStatistics(LossSettings(), GAZE, (20, 30))


@pytest.mark.parametrize(
    ("name", "value"),
    [("gaze", (0.9, 0.1)), ("settings", LossSettings(n_pyramid_levels=3, alpha=0.8)), ("size", (24, 64))],
)
def test_statistics_follow_what_is_set_later(photograph: Tensor, name: str, value: Any) -> None:
    arguments: dict[str, Any] = {"settings": LossSettings(n_pyramid_levels=3), "gaze": GAZE, "size": (48, 64)}
    model, fresh = FovealStatistics(**arguments), FovealStatistics(**{**arguments, name: value})
    model(photograph)
    setattr(model, name, value)
    image = photograph[..., : fresh.size[0], :]
    assert torch.equal(model(image), fresh(image))
