"""What a search takes of memory, and what would fit."""

from __future__ import annotations

import re
from typing import Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from foveaview import LossSettings
from foveaview.settings import SynthesisSettings
from foveaview.synthesis import MetamerSearch
from foveaview.synthesis import memory as budget
from foveaview.synthesis.memory import (
    NotEnoughMemoryError,
    check_loss_memory,
    check_memory,
    loss_bytes,
    loss_shortage,
    search_bytes,
    shortage,
    size_that_fits,
)

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


@pytest.mark.parametrize(
    ("size", "channels", "orientations", "with_heatmap", "measured"),
    [  # MiB beside the images, by the peak of the process
        ((1024, 1024), 3, 2, False, 411),
        ((2048, 2048), 3, 2, False, 1547),
        ((2048, 2048), 3, 2, True, 1677),
        ((2048, 2048), 1, 2, False, 812),
        ((2048, 2048), 1, 6, True, 1413),
        ((2048, 2048), 3, 6, True, 3113),
        ((2048, 2048), 3, 4, False, 2231),
        ((2048, 2048), 3, 1, False, 1221),
        ((3000, 4000), 3, 2, True, 4663),
    ],
)
def test_loss_bytes_are_a_little_more_than_was_measured(
    size: tuple[int, int], channels: int, orientations: Literal[1, 2, 4, 6], with_heatmap: bool, measured: int
) -> None:
    settings = LossSettings(n_orientations=orientations)
    estimate = loss_bytes(size, channels, settings, with_heatmap) / MiB
    assert measured < estimate < 1.2 * measured + 150


def test_a_loss_that_does_not_fit_is_refused_with_what_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "free_bytes", lambda device: 8 << 30)
    with pytest.raises(
        NotEnoughMemoryError,
        match=r"10000 x 5000 px need about 20\.0 GiB .* 7\.2 GiB are free on cpu: at most 5953 x 2976 px",
    ):
        check_loss_memory((5000, 10000), 3, LossSettings(), CPU)
    assert "6000 x 4000 px need about" in loss_shortage((4000, 6000), 3, LossSettings(), CPU)


@given(st.integers(64, 9000), st.integers(64, 9000), st.sampled_from([1, 3]), st.integers(300, 9000))
def test_the_size_of_a_loss_that_fits_does_fit(height: int, width: int, channels: int, mib: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "free_bytes", lambda device: mib * MiB)
        told = loss_shortage((height, width), channels, LossSettings(), CPU)
        found = re.search(r"at most (\d+) x (\d+) px would fit", told)
        if found is not None:
            fits = (int(found[2]), int(found[1]))
            assert loss_shortage(fits, channels, LossSettings(), CPU) == ""
