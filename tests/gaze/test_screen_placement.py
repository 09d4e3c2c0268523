"""Tests of conversions from the screen to the image and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Placement, Sample

sizes = st.tuples(st.integers(2, 4000), st.integers(2, 4000))
placements = st.builds(
    Placement, sizes, st.floats(-500, 500), st.floats(-500, 500), st.floats(0.05, 20), sizes
)


@given(placements, st.floats(-1, 2), st.floats(-1, 2))
def test_placement_to_image_inverts_to_px(placement: Placement, x: float, y: float) -> None:
    back = placement.to_image(*placement.to_px(x, y), "px")
    assert back == pytest.approx((x, y), abs=1e-6)


@given(placements, st.floats(0, 1), st.floats(0, 1))
def test_placement_shares_equal_pixels(placement: Placement, x: float, y: float) -> None:
    across, down = placement.screen
    assert placement.to_image(x, y, "screen") == placement.to_image(x * across, y * down, "px")


@given(sizes, sizes)
def test_placement_fitted_is_centred_and_touches_edges(
    screen: tuple[int, int], size: tuple[int, int]
) -> None:
    placement = Placement.fitted(screen, size)
    assert placement.to_image(0.5, 0.5, "screen") == pytest.approx((0.5, 0.5))
    assert min(placement.left, placement.top) == pytest.approx(0, abs=1e-6)
    assert max(placement.left, placement.top) >= -1e-6


def test_placement_first_pixel_centre_is_0_0() -> None:
    placement = Placement((100, 100), left=10, top=20, scale=4, size=(8, 8))
    assert placement.to_image(12, 22, "px") == (0, 0)


def test_placement_placed_keeps_image_sample() -> None:
    sample = Sample(0.0, 0.3, 0.4)
    assert Placement.fitted((10, 10), (5, 5)).placed(sample) is sample


@pytest.mark.parametrize(
    "wrong",
    [{"scale": 0.0}, {"scale": float("nan")}, {"left": float("inf")}, {"screen": (0, 5)}, {"size": (1, 5)}],
)
def test_placement_invalid_values_are_refused(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"screen": (10, 10), "left": 0.0, "top": 0.0, "scale": 1.0, "size": (4, 4)}
    with pytest.raises(ValueError, match="an image needs 2 px or more"):
        Placement(**{**right, **wrong})
