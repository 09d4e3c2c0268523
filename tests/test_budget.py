"""What a search takes of memory, and what would fit."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from foveaview import LossSettings, budget
from foveaview.budget import NotEnoughMemoryError, check_memory, search_bytes, shortage, size_that_fits
from foveaview.settings import SynthesisSettings
from foveaview.synthesis import MetamerSearch

CPU = torch.device("cpu")
MiB = 1 << 20


@given(st.integers(64, 9000), st.integers(64, 9000), st.sampled_from([1, 3]), st.integers(300, 9000))
def test_the_size_that_fits_is_the_largest_one(height: int, width: int, channels: int, mib: int) -> None:
    settings, allowed = LossSettings(), mib * MiB
    fits = size_that_fits((height, width), channels, settings, allowed)
    assert fits is not None
    assert search_bytes(fits, channels, settings) <= allowed
    assert fits[0] <= height
    assert fits[1] <= width
    if fits != (height, width):
        larger = (fits[0] + 33, fits[1] + 33)  # more than a step of the padding
        assert search_bytes(larger, channels, settings) > allowed


def test_it_grows_linearly_with_the_pixels() -> None:
    fixed = search_bytes((1, 1), 3, LossSettings())
    once, twice = (search_bytes((side, 1024), 3, LossSettings()) - fixed for side in (1024, 2048))
    assert once == pytest.approx(twice / 2, rel=0.01)


def test_a_search_that_does_not_fit_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "free_bytes", lambda device: 400 * MiB)
    target = torch.rand(1, 3, 1000, 1500)
    with pytest.raises(
        NotEnoughMemoryError, match=r"1500 x 1000 px need about .* GiB .* at most \d+ x \d+ px would fit"
    ):
        MetamerSearch(target, (0.5, 0.5), LossSettings(), SynthesisSettings(device="cpu"))


def test_where_nothing_fits_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "free_bytes", lambda device: 0)
    assert "no size would fit" in shortage((1000, 1500), 3, LossSettings(), CPU)


def test_what_fits_passes() -> None:
    check_memory((256, 256), 3, LossSettings(), CPU)
