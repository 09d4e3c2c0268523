"""Sizes of the mips of an image."""

from __future__ import annotations

import pytest

from foveaview.perception.pooling.mips import mip_sizes


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (8, 1), (37, 41)])
def test_mips_end_at_one_pixel(size: tuple[int, int]) -> None:
    sizes = mip_sizes(size)
    assert sizes[0] == size
    assert sizes[-1] == (1, 1)
