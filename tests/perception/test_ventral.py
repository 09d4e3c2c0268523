"""The metamer in one pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss, ventral_metamer
from foveaview.perception.prepared import PreparedTarget

GAZE = (0.3, 0.4)


def test_it_is_a_better_metamer_than_noise_of_its_energy(astronaut: Tensor) -> None:
    prepared = MetamericLoss().prepare(astronaut, GAZE)
    metamer = ventral_metamer(astronaut, GAZE)
    change = metamer - astronaut
    noise = torch.randn(change.shape, generator=torch.Generator().manual_seed(1))
    noise = astronaut + noise * (change.norm() / noise.norm())
    assert float(prepared.loss(metamer)) * 10 < float(prepared.loss(noise))


def test_it_is_the_target_near_the_gaze(astronaut: Tensor) -> None:
    prepared = MetamericLoss().prepare(astronaut, GAZE)
    assert isinstance(prepared, PreparedTarget)
    assert prepared.foveation.fovea is not None
    fovea = prepared.foveation.fovea[:256, :256] > 0.99
    change = (ventral_metamer(astronaut, GAZE) - astronaut).abs()
    assert change[..., fovea].mean() < 0.005
    assert change[..., ~fovea].mean() > 0.01


def test_a_seed_repeats_it_and_torchs_state_is_left_alone(photograph: Tensor) -> None:
    settings = LossSettings(n_pyramid_levels=3)
    state = torch.get_rng_state()
    first = ventral_metamer(photograph, GAZE, settings, seed=3)
    again = ventral_metamer(photograph, GAZE, settings, seed=3)
    other = ventral_metamer(photograph, GAZE, settings, seed=4)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 0.4},
        {"real_image_width": 0.5},
        {"real_viewing_distance": 0.3},
        {"mode": "linear"},
        {"n_pyramid_levels": 2},
        {"n_orientations": 4},
        {"filter_type": "full"},
    ],
    ids=str,
)
def test_every_setting_counts(photograph: Tensor, change: dict[str, Any]) -> None:
    settings = LossSettings(n_pyramid_levels=3)
    usual = ventral_metamer(photograph, GAZE, settings)
    assert not torch.equal(ventral_metamer(photograph, GAZE, settings.replace(**change)), usual)


@pytest.mark.parametrize("size", [(16, 16), (17, 320), (97, 31)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_comes_back_in_range(size: tuple[int, int], channels: int) -> None:
    target = torch.rand(2, channels, *size)
    metamer = ventral_metamer(target, GAZE, LossSettings(n_pyramid_levels=3))
    assert metamer.shape == target.shape
    assert metamer.min() >= 0
    assert metamer.max() <= 1


def test_one_gaze_for_each_sample(photograph: Tensor) -> None:
    settings = LossSettings(n_pyramid_levels=3)
    gazes = torch.tensor([[0.1, 0.2], [0.8, 0.7]])
    both = ventral_metamer(photograph.repeat(2, 1, 1, 1), gazes, settings, seed=5)
    alone = ventral_metamer(photograph, gazes[0], settings, seed=5)
    torch.testing.assert_close(both[:1], alone, rtol=0, atol=1e-5)


def test_flat_pictures_stay_flat() -> None:
    flat = torch.full((1, 1, 32, 32), 0.5)
    metamer = ventral_metamer(flat, GAZE, LossSettings(n_pyramid_levels=3))
    assert (metamer - flat).abs().max() < 0.01
