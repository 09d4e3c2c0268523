"""Measures of how good a metamer looks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, ventral_metamer
from foveaview.evaluation import grain, measure_quality, seam

GAZE, SETTINGS = (0.3, 0.4), LossSettings(n_pyramid_levels=3)
EVERYWHERE = torch.ones(48, 64, dtype=torch.bool)


def noise_like(image: Tensor, sd: float) -> Tensor:
    return sd * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))


def test_grain_of_noise_is_its_deviation_times_the_filters_norm() -> None:
    gray = 0.5 + noise_like(torch.zeros(1, 1, 400, 400), 0.1)
    measured = grain(gray, torch.ones(400, 400, dtype=torch.bool))
    assert measured == pytest.approx(255 * 0.1 * (1 + 4 / 16) ** 0.5, rel=0.01)


def test_grain_counts_the_chosen_pixels_alone(photograph: Tensor) -> None:
    where = EVERYWHERE.clone()
    where[:, 30:] = False
    changed = photograph.clone()
    changed[..., 32:] = torch.rand(1)
    assert grain(changed, where) == grain(photograph, where)
    assert grain(changed, EVERYWHERE) != grain(photograph, EVERYWHERE)


def test_grain_where_nothing_counts_is_zero(photograph: Tensor) -> None:
    assert grain(photograph, ~EVERYWHERE) == 0.0
    assert seam(photograph, ~EVERYWHERE) == 0.0


def test_seam_of_an_edge_rises_with_its_height() -> None:
    image = torch.zeros(1, 1, 48, 64)
    image[..., 32:] = 0.5
    assert seam(image, EVERYWHERE) == pytest.approx(2 * seam(image / 2, EVERYWHERE))


def test_quality_of_a_grainy_image_says_so(photograph: Tensor) -> None:
    grainy = (photograph + noise_like(photograph, 0.05)).clamp(0, 1)
    found = measure_quality(grainy, photograph, GAZE, SETTINGS)
    assert found.grain_ratio > 1.3
    assert found.loss > 0


def test_quality_of_swapped_colours_is_a_color_error(photograph: Tensor) -> None:
    generator = torch.Generator().manual_seed(1)
    red = torch.rand(1, 1, 48, 64, generator=generator)
    target = torch.cat([red, red, 1 - red], dim=1)
    image = torch.cat([red, 1 - red, red], dim=1)
    found = measure_quality(image, target, GAZE, SETTINGS)
    assert found.color_error == pytest.approx(4 / 3, abs=0.05)
    assert measure_quality(target, target, GAZE, SETTINGS).color_error == 0.0


def test_quality_of_gray_images_has_no_color_error(photograph: Tensor) -> None:
    gray = photograph.mean(dim=1, keepdim=True)
    assert measure_quality(gray, gray, GAZE, SETTINGS).color_error is None


def test_quality_of_a_batch_is_refused(photograph: Tensor) -> None:
    with pytest.raises(ValueError, match=r"\(1, C, H, W\)"):
        measure_quality(photograph.repeat(2, 1, 1, 1), photograph.repeat(2, 1, 1, 1), GAZE, SETTINGS)


def test_quality_of_an_instant_metamer_is_finite(photograph: Tensor) -> None:
    found = measure_quality(ventral_metamer(photograph, GAZE, SETTINGS), photograph, GAZE, SETTINGS)
    assert 0.5 < found.grain_ratio < 2
    assert 0.5 < found.seam_ratio < 2
