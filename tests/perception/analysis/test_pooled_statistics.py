"""The pooled statistics of target and image at one place."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import MetamericLoss
from foveaview.perception import BandStatistics, PreparedTarget

GAZE = (0.2, 0.3)


def prepared_for(target: Tensor, **options: Any) -> PreparedTarget:
    prepared = MetamericLoss(**{"n_pyramid_levels": 3, **options}).prepare(target, GAZE)
    assert isinstance(prepared, PreparedTarget)
    return prepared


def named(bands: list[BandStatistics], level: int, band: str, channel: str) -> BandStatistics:
    (found,) = [one for one in bands if (one.level, one.band, one.channel) == (level, band, channel)]
    return found


def test_a_band_is_what_the_loss_pooled_at_the_pixel_that_covers_the_point(
    photograph: Tensor, noise: Tensor
) -> None:
    target, image = prepared_for(photograph), prepared_for(noise)
    row, column = 19, 42
    bands = target.at(noise, (column / 63, row / 47))
    found = named(bands, 1, "90°", "Cr")
    # of the second level's two directions and three channels the maps run direction by direction
    for one, mean, deviation in (
        (target, found.target_mean, found.target_deviation),
        (image, found.image_mean, found.image_deviation),
    ):
        means, deviations = one.moments[2]
        assert mean == float(means[0, 4, row // 2, column // 2])
        assert deviation == float(deviations[0, 4, row // 2, column // 2])


def test_every_band_is_there_once_and_lowpass_and_pixels_have_no_deviation(
    photograph: Tensor, noise: Tensor
) -> None:
    prepared = prepared_for(photograph)
    bands = prepared.at(noise, (0.5, 0.5))
    names = [(one.level, one.band, one.channel) for one in bands]
    assert names == list(dict.fromkeys((part.level, part.band, part.channel) for part in prepared.parts()))
    plain = {one.band for one in bands if one.target_deviation is None and one.image_deviation is None}
    assert plain == {"lowpass", "pixels"}


def test_pixels_are_those_of_the_pictures(photograph: Tensor, noise: Tensor) -> None:
    prepared = prepared_for(photograph)
    found = named(prepared.at(noise, (1.0, 1.0)), 0, "pixels", "Y")
    luma = torch.tensor([0.299, 0.587, 0.114])
    assert found.target_mean == pytest.approx(float(photograph[0, :, 47, 63] @ luma), abs=1e-6)
    assert found.image_mean == pytest.approx(float(noise[0, :, 47, 63] @ luma), abs=1e-6)


def test_a_target_is_its_own_twin(photograph: Tensor) -> None:
    for one in prepared_for(photograph).at(photograph, (0.9, 0.1)):
        assert (one.image_mean, one.image_deviation) == (one.target_mean, one.target_deviation)


def test_the_pooled_picture_stands_for_the_lowpass_with_fullres_l0(photograph: Tensor, noise: Tensor) -> None:
    prepared = prepared_for(photograph, use_fullres_l0=True, use_l2_foveal_loss=False)
    found = named(prepared.at(noise, (1.0, 0.0)), 2, "lowpass", "Cb")
    assert found.target_mean == float(prepared.statistics[-1][0, 2, 0, 63])


def test_a_point_outside_is_the_nearest_pixels(photograph: Tensor, noise: Tensor) -> None:
    twin = prepared_for(photograph).twin(noise)
    assert twin.at((-3.0, 1.7)) == twin.at((0.0, 1.0))


@pytest.mark.parametrize("point", [(0.5,), (float("nan"), 0.5), ("a", 0.5), None], ids=str)
def test_a_point_that_is_none_is_refused(photograph: Tensor, point: Any) -> None:
    with pytest.raises(ValueError, match="point must be two numbers"):
        prepared_for(photograph).twin(photograph).at(point)


def test_more_than_one_picture_is_refused(photograph: Tensor) -> None:
    two = photograph.repeat(2, 1, 1, 1)
    with pytest.raises(ValueError, match=r"one picture .* got 2"):
        prepared_for(two).twin(two)


def test_a_lookup_is_quick(photograph: Tensor, noise: Tensor) -> None:
    twin = prepared_for(photograph, n_pyramid_levels=5, n_orientations=6).twin(noise)
    taken = []
    for i in range(50):
        started = time.thread_time()
        twin.at((i / 49, 0.5))
        taken.append(time.thread_time() - started)
    assert sorted(taken)[10] < 1e-3
