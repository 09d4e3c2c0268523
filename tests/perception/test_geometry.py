"""Eccentricity and pooling sizes."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from foveaview import LossSettings
from foveaview.perception import eccentricity_map, geometry_at, level_of_detail, pooling_size_map

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False)


def test_eccentricity_of_a_corner_is_the_angle_between_directions() -> None:
    angle = eccentricity_map((101, 101), (0.5, 0.5), real_image_width=2.0, real_viewing_distance=1.0)
    assert angle[0, 0].item() == pytest.approx(math.atan(math.sqrt(2)))
    assert angle[50, 50].item() == 0


def test_eccentricity_next_to_the_gaze_is_exact() -> None:
    """The arc cosine of a rounded number would be wrong here in the fifth digit."""
    angle = eccentricity_map((5, 5), (0.5, 0.5), real_image_width=1e-6, real_viewing_distance=1.0)
    assert angle[2, 3].item() == pytest.approx(0.25e-6, rel=1e-9)


def test_gaze_is_x_then_y() -> None:
    sizes = pooling_size_map((40, 40), (0.0, 1.0))
    assert sizes.argmin().item() == 39 * 40


@pytest.mark.slow
@given(
    size=st.tuples(st.integers(16, 40), st.integers(16, 40)),
    gaze=st.tuples(finite, finite),
    width=positive,
    distance=positive,
    alpha=st.floats(1e-3, 100),
    mode=st.sampled_from(["quadratic", "linear"]),
)
@example((16, 16), (0.5, 0.5), 1e300, 1e-300, 0.2, "quadratic")
@example((16, 16), (1e308, -1e308), 1e-300, 1e300, 100.0, "linear")
def test_pooling_sizes_are_finite_and_not_negative(
    size: tuple[int, int],
    gaze: tuple[float, float],
    width: float,
    distance: float,
    alpha: float,
    mode: str,
) -> None:
    settings = LossSettings(alpha=alpha, real_image_width=width, real_viewing_distance=distance, mode=mode)
    sizes = pooling_size_map(size, gaze, settings)
    assert torch.isfinite(sizes).all()
    assert (sizes >= 0).all()


def test_pooling_sizes_are_continuous_where_regions_pass_ninety_degrees() -> None:
    """Halving the pixel's pitch halves every jump, up to rounding: no edge, in a field 160 degrees wide."""
    settings = LossSettings(alpha=1.0, real_image_width=11.3, real_viewing_distance=1.0, mode="linear")

    def largest_jump(width: int) -> float:
        sizes = pooling_size_map((17, width), (0.1, 0.5), settings) / width
        return (sizes[:, 1:] - sizes[:, :-1]).abs().max().item() / sizes.max().item()

    assert largest_jump(4000) < 0.6 * largest_jump(2000)


def test_pooling_at_the_edge_of_a_wide_field_grows() -> None:
    """A tangent beyond 90 degrees would turn the size negative or small."""
    settings = LossSettings(alpha=1.0, real_image_width=20.0, real_viewing_distance=1.0, mode="linear")
    row = pooling_size_map((17, 201), (0.5, 0.5), settings)[8]
    assert (row[101:].diff() >= 0).all()


def test_level_of_detail_is_the_binary_logarithm_and_not_below_zero() -> None:
    lod = level_of_detail(torch.tensor([0.0, 0.5, 1.0, 4.0], dtype=torch.float64))
    torch.testing.assert_close(
        lod, torch.tensor([0.0, 0.0, math.log2(1 + 1e-6), math.log2(4 + 1e-6)], dtype=torch.float64)
    )


def test_a_single_pixel_has_no_geometry() -> None:
    with pytest.raises(ValueError, match="more than one pixel"):
        eccentricity_map((1, 5), (0.5, 0.5), real_image_width=1, real_viewing_distance=1)


@pytest.mark.parametrize("size", [(40, 60), (61, 33)])
def test_the_geometry_of_a_point_is_the_maps(size: tuple[int, int]) -> None:
    settings = LossSettings(real_image_width=1.5, mode="linear")
    gaze, row, column = (0.2, 0.7), 5, 20
    eccentricity, pooling = geometry_at((column / (size[1] - 1), row / (size[0] - 1)), size, gaze, settings)
    angles = eccentricity_map(size, gaze, real_image_width=1.5, real_viewing_distance=0.7)
    assert eccentricity == pytest.approx(math.degrees(angles[row, column]))
    assert pooling == pytest.approx(pooling_size_map(size, gaze, settings)[row, column].item())
