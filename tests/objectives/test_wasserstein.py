"""Wasserstein distortion against its definition."""

from __future__ import annotations

import pytest
import torch

from foveaview import LossSettings
from foveaview.objectives.metameric import picture_pooling
from foveaview.objectives.wasserstein import Wasserstein

POINTS = LossSettings(alpha=1e-9)  # every pooling region is a single pixel
GAZE = (0.3, 0.4)


def images(*shape: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.rand(*shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return first, second


def test_with_sigma_zero_it_is_the_squared_error() -> None:
    image, target = images(1, 3, 24, 40)
    loss = Wasserstein(POINTS).prepare(target, GAZE).loss(image)
    torch.testing.assert_close(loss, (image - target).square().mean())


def test_with_sigma_zero_it_is_the_squared_error_of_features() -> None:
    image, target = (one.float() for one in images(1, 3, 64, 64))
    prepared = Wasserstein(POINTS, "efficientnet-lite0").prepare(target, GAZE)
    assert prepared.trunk is not None
    pairs = zip(prepared.trunk(image), prepared.trunk(target), strict=True)
    expected = torch.stack([(own - other).square().mean() for own, other in pairs]).mean()
    torch.testing.assert_close(prepared.loss(image), expected, rtol=1e-4, atol=1e-7)


def test_it_is_the_distance_of_local_normal_distributions() -> None:
    settings = LossSettings(alpha=0.5)
    image, target = images(1, 2, 32, 32, seed=1)
    pool = picture_pooling(target, GAZE, settings)
    moments = []
    for own in (image, target):
        mean = pool(own)
        moments.append((mean, (pool(own.square()) - mean.square()).clamp(min=1e-7).sqrt()))
    (mean, deviation), (other_mean, other_deviation) = moments
    expected = ((mean - other_mean).square() + (deviation - other_deviation).square()).mean()
    torch.testing.assert_close(Wasserstein(settings).prepare(target, GAZE).loss(image), expected)


def test_it_forgives_another_sample_of_the_same_texture_away_from_the_gaze() -> None:
    image, target = images(1, 1, 64, 64, seed=2)
    wide = Wasserstein(LossSettings(alpha=5)).prepare(target, (-3.0, 0.5)).loss(image)
    assert wide < 0.05 * (image - target).square().mean()


@pytest.mark.parametrize("trunk", [None, "efficientnet-lite0"])
def test_the_mean_of_its_map_is_the_value(trunk: str | None) -> None:
    image, target = (one.float() for one in images(1, 3, 50, 70, seed=3))
    prepared = Wasserstein(LossSettings(), trunk).prepare(target, GAZE)
    torch.testing.assert_close(prepared.heatmap(image).mean(), prepared.loss(image), rtol=1e-4, atol=1e-7)


@pytest.mark.slow
def test_its_gradient() -> None:
    image, target = images(1, 1, 12, 12, seed=4)
    prepared = Wasserstein(LossSettings(alpha=1)).prepare(target, GAZE)
    assert torch.autograd.gradcheck(prepared.loss, image.requires_grad_())


def test_half_precision_is_computed_in_float32() -> None:
    image, target = (one.half() for one in images(1, 1, 24, 24, seed=5))
    loss = Wasserstein().prepare(target, GAZE).loss(image)
    expected = Wasserstein().prepare(target.float(), GAZE).loss(image.float())
    torch.testing.assert_close(loss, expected)
