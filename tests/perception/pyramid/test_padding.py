"""Padding and what of a coarse pixel lies in the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from foveaview.perception.pyramid.padding import (
    check_levels,
    coverage,
    levels_that_fit,
    pad_to,
    padded_size,
    reflect_pad,
)


@given(st.integers(1, 9), st.integers(1, 9), st.tuples(*[st.integers(0, 20)] * 4))
def test_reflection_is_numpys(height: int, width: int, pads: tuple[int, int, int, int]) -> None:
    image = torch.arange(height * width, dtype=torch.float32).view(1, 1, height, width)
    top, bottom, left, right = pads
    expected = np.pad(image[0, 0].numpy(), ((top, bottom), (left, right)), mode="reflect")
    assert np.array_equal(reflect_pad(image, *pads)[0, 0].numpy(), expected)


def test_padding_is_at_the_right_and_the_bottom() -> None:
    image = torch.rand(1, 1, 17, 20)
    padded = pad_to(image, padded_size((17, 20), 4))
    assert padded.shape == (1, 1, 32, 32)
    assert torch.equal(padded[..., :17, :20], image)
    assert torch.equal(padded[..., 17, :20], image[..., 15, :])


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 4))
def test_coverage_is_the_mean_of_the_picture_over_each_block(height: int, width: int, level: int) -> None:
    grid = padded_size((height, width), 4)
    inside = torch.zeros(1, *grid, dtype=torch.float64)
    inside[:, :height, :width] = 1
    expected = F.avg_pool2d(inside, 2**level)[0]
    rows, columns = coverage((height, width), (grid[0] >> level, grid[1] >> level), level)
    assert torch.equal(rows[:, None] * columns, expected)


@given(st.integers(16, 3000))
def test_levels_that_fit_are_the_most_allowed(side: int) -> None:
    fit = levels_that_fit((side, 5000))
    assert 2**fit + 1 <= side < 2 ** (fit + 1) + 1


def test_too_small_for_any_level() -> None:
    with pytest.raises(ValueError, match="at least 16 px"):
        check_levels((15, 100), 1)


def test_too_small_for_the_levels_says_how_many_fit() -> None:
    with pytest.raises(ValueError, match="at most 4 fit"):
        check_levels((100, 32), 5)
