"""The filter sets."""

from __future__ import annotations

from typing import Literal

import pytest
import torch

from foveaview.perception.pyramid.filters import filter_bank

ORIENTATIONS: tuple[Literal[1, 2, 4, 6], ...] = (1, 2, 4, 6)
TYPES: tuple[Literal["cropped", "full"], ...] = ("cropped", "full")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("count", ORIENTATIONS)
def test_bands_have_zero_mean(count: Literal[1, 2, 4, 6], kind: Literal["cropped", "full"]) -> None:
    bank = filter_bank(count, kind)
    assert bank.bands.shape[0] == count
    assert bank.bands.sum(dim=(-2, -1)).abs().max() < 1e-12


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("count", ORIENTATIONS)
def test_lowpass_doubles(count: Literal[1, 2, 4, 6], kind: Literal["cropped", "full"]) -> None:
    assert filter_bank(count, kind).lowpass.sum().item() == pytest.approx(2, abs=1e-6)


@pytest.mark.parametrize("count", ORIENTATIONS)
def test_cropping_keeps_the_centre_and_the_sums(count: Literal[1, 2, 4, 6]) -> None:
    full, cropped = filter_bank(count, "full"), filter_bank(count, "cropped")
    assert cropped.bands.shape[-2:] == (5, 5)
    assert cropped.split.shape == (2, 5, 5)
    assert cropped.lowpass.shape[-1] == min(13, full.lowpass.shape[-1])
    middle = full.split.shape[-1] // 2
    assert cropped.split[0, 2, 2] == full.split[0, middle, middle]
    torch.testing.assert_close(cropped.split[1].sum(), full.split[1].sum())
