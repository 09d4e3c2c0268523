"""Where a search starts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, SynthesisSettings, ventral_metamer
from foveaview.synthesis import start_image

SETTINGS = LossSettings(n_pyramid_levels=3)
GAZE = (0.3, 0.4)


def start(target: Tensor, image: Tensor | None = None, **settings: object) -> Tensor:
    return start_image(target, GAZE, SETTINGS, SynthesisSettings(**settings), image)


def test_noise_is_uniform_and_follows_the_seed(photograph: Tensor) -> None:
    noise = start(photograph, start="noise", seed=1)
    assert noise.mean().item() == pytest.approx(0.5, abs=0.02)
    assert noise.std().item() == pytest.approx(12**-0.5, abs=0.02)
    assert torch.equal(noise, start(photograph, start="noise", seed=1))
    assert not torch.equal(noise, start(photograph, start="noise", seed=2))


def test_torchs_random_state_is_left_alone(photograph: Tensor) -> None:
    state = torch.get_rng_state()
    for kind in ("noise", "ventral", "target+noise"):
        start(photograph, start=kind)
    assert torch.equal(torch.get_rng_state(), state)


def test_ventral_is_the_ventral_metamer(photograph: Tensor) -> None:
    expected = ventral_metamer(photograph, GAZE, SETTINGS, seed=2)
    assert torch.equal(start(photograph, start="ventral", seed=2), expected)


def test_target_plus_noise_is_as_far_as_asked(photograph: Tensor) -> None:
    near = start(photograph, start="target+noise", noise_sd=0.01)
    assert 0 < (near - photograph).abs().mean() < 0.02
    assert torch.equal(start(photograph, start="target+noise", noise_sd=0), photograph)


def test_an_image_is_taken_as_it_is(photograph: Tensor) -> None:
    image = torch.rand_like(photograph)
    assert torch.equal(start(photograph, image, start="image"), image)


def test_a_missing_image(photograph: Tensor) -> None:
    with pytest.raises(ValueError, match="needs an image"):
        start(photograph, start="image")


def test_an_image_of_another_size(photograph: Tensor) -> None:
    with pytest.raises(ValueError, match="one size"):
        start(photograph, torch.rand(1, 3, 20, 20), start="image")
