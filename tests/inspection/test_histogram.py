"""Counts of values, against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foveaview.inspection import histogram
from foveaview.inspection.histogram import BINS, histograms


def counted(values: np.ndarray) -> list[int]:
    return np.histogram(np.clip(values, 0, 1), bins=BINS, range=(0, 1))[0].tolist()


@pytest.mark.slow
@given(arrays(np.float32, (3, 5, 7), elements=st.floats(0, 1, width=32)))
def test_counts_are_numpys(values: np.ndarray) -> None:
    counts = histograms(values)
    for name, channel in zip(("red", "green", "blue"), values, strict=True):
        assert counts[name].tolist() == counted(channel)
    red, green, blue = values.astype(np.float64)
    assert counts["luma"].sum() == values[0].size
    mean = float((0.299 * red + 0.587 * green + 0.114 * blue).mean())
    assert np.arange(BINS) @ counts["luma"] / values[0].size / BINS == pytest.approx(mean, abs=1 / BINS)


def test_every_byte_has_its_own_bin() -> None:
    pixels = np.arange(256, dtype=np.float32).reshape(1, 16, 16) / np.float32(255)
    assert histograms(pixels)["luma"].tolist() == [1] * 256


def test_one_channel_is_luma_alone() -> None:
    assert list(histograms(np.zeros((1, 2, 2), np.float32))) == ["luma"]


def test_parts_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histogram, "_CHUNK", 7)
    values = np.random.default_rng(0).random((1, 9, 11), np.float32)
    assert histograms(values)["luma"].tolist() == counted(values)


def test_what_is_not_a_number_is_left_out() -> None:
    values = np.array([[[np.nan, np.inf, 0.5, 2.0, -1.0]]], np.float32)
    assert histograms(values)["luma"].sum() == 3
