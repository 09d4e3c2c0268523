"""Rings, outlines and pixels per degree, against the maps."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveaview import LossSettings
from foveaview.perception import (
    eccentricity_map,
    eccentricity_ring,
    geometry_at,
    pixels_per_degree,
    pooling_region,
    pooling_size_map,
)

Array = npt.NDArray[np.float64]

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False)
sizes = st.tuples(st.integers(32, 160), st.integers(32, 160))
gazes = st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3))
widths, distances = st.floats(0.05, 3), st.floats(0.2, 2)
ring_angles = st.sampled_from([2.0, 5.0, 10.0, 20.0])

TENTHS = np.array([[0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]])


def crossings(values: Array, angle: float) -> Array:
    """Where a map passes a value between two pixels of a row, x and y in pixel positions."""
    low, high = values[:, :-1] - angle, values[:, 1:] - angle
    rows, columns = np.nonzero((low < 0) != (high < 0))
    share = low[rows, columns] / (low[rows, columns] - high[rows, columns])
    return np.stack([columns + share, rows.astype(float)], axis=1)


def distance_to(points: Array, line: Array) -> Array:
    """Of each point from the nearest line segment."""
    start, step = line[:-1], np.diff(line, axis=0)
    length = np.maximum((step**2).sum(axis=1), 1e-30)
    share = (((points[:, None] - start) * step).sum(axis=2) / length).clip(0, 1)
    return np.hypot(*(start + share[..., None] * step - points[:, None]).transpose(2, 0, 1)).min(axis=1)


def inside(points: Array, size: tuple[int, int]) -> Array:
    return points[((points >= 0) & (points <= [size[1] - 1, size[0] - 1])).all(axis=1)]


def to_image(point: Array, size: tuple[int, int]) -> tuple[float, float]:
    return float(point[0]) / (size[1] - 1), float(point[1]) / (size[0] - 1)


@pytest.mark.slow
@given(size=sizes, gaze=gazes, width=widths, distance=distances, angle=ring_angles)
@example((64, 96), (0.0, 0.0), 0.4, 0.5, 20.0)
@example((96, 64), (1.0, 1.0), 3.0, 0.2, 20.0)
@settings(max_examples=60)
def test_a_ring_passes_where_the_map_does(
    size: tuple[int, int], gaze: tuple[float, float], width: float, distance: float, angle: float
) -> None:
    """Rings so small that a row's straight line between two pixels misses them are left to the next test."""
    chosen = LossSettings(real_image_width=width, real_viewing_distance=distance)
    angles = eccentricity_map(size, gaze, real_image_width=width, real_viewing_distance=distance)
    expected = crossings(np.degrees(angles.numpy()), angle)
    rings = eccentricity_ring(angle, size, gaze, chosen)
    radius_px = math.radians(angle) * distance / width * size[1]
    if len(expected) and radius_px > 4:
        assert np.min([distance_to(expected, ring) for ring in rings], axis=0).max() < 0.1


@pytest.mark.slow
@given(size=sizes, gaze=gazes, width=widths, distance=distances, angle=ring_angles)
@settings(max_examples=60)
def test_a_ring_is_where_the_geometry_says(
    size: tuple[int, int], gaze: tuple[float, float], width: float, distance: float, angle: float
) -> None:
    """Its points to rounding, the middles of its lines to a tenth of a pixel."""
    chosen = LossSettings(real_image_width=width, real_viewing_distance=distance)

    def eccentricity(point: Array) -> float:
        return geometry_at(to_image(point, size), size, gaze, chosen)[0]

    for ring in eccentricity_ring(angle, size, gaze, chosen):
        corners, middles = inside(ring, size), inside((ring[1:] + ring[:-1]) / 2, size)
        for point in corners[:: max(1, len(corners) // 10)]:
            assert eccentricity(point) == pytest.approx(angle, abs=1e-7)
        for point in middles[:: max(1, len(middles) // 10)]:
            beyond = [
                eccentricity(point + step) for step in np.array([[0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]])
            ]
            assert min(beyond) <= angle <= max(beyond)


@pytest.mark.slow
@pytest.mark.parametrize("gaze", [(0.5, 0.5), (0.0, 0.0), (0.9, 0.2)])
def test_a_ring_on_a_large_picture_is_smooth(gaze: tuple[float, float]) -> None:
    size, chosen = (2160, 3840), LossSettings(real_image_width=0.6, real_viewing_distance=0.5)
    angles = eccentricity_map(size, gaze, real_image_width=0.6, real_viewing_distance=0.5)
    for angle in (2.0, 20.0):
        rings = eccentricity_ring(angle, size, gaze, chosen)
        expected = crossings(np.degrees(angles.numpy()), angle)[::7]
        assert np.min([distance_to(expected, ring) for ring in rings], axis=0).max() < 0.1


def test_a_ring_before_the_eye_is_closed_and_one_that_leaves_is_not() -> None:
    chosen = LossSettings(real_image_width=0.6, real_viewing_distance=0.5)
    (closed,) = eccentricity_ring(10, (90, 160), (0.5, 0.5), chosen)
    assert closed[0] == pytest.approx(closed[-1])
    (open_,) = eccentricity_ring(60, (90, 160), (1.0, 0.5), chosen)
    assert np.hypot(*(open_[0] - open_[-1])) > 90


def test_a_ring_far_outside_the_picture_is_empty() -> None:
    assert eccentricity_ring(20, (64, 64), (0.5, 0.5), LossSettings(real_image_width=0.01)) == []
    assert eccentricity_ring(120, (64, 64), (0.5, 0.5), LossSettings()) == []


@pytest.mark.slow
@given(gaze=st.tuples(finite, finite), width=positive, distance=positive, angle=st.floats(1e-3, 179))
@example((1e308, -1e308), 1e300, 1e-300, 89.0)
@example((0.5, 0.5), 1e-300, 1e300, 90.0)
def test_rings_are_finite(gaze: tuple[float, float], width: float, distance: float, angle: float) -> None:
    chosen = LossSettings(real_image_width=width, real_viewing_distance=distance)
    for ring in eccentricity_ring(angle, (20, 30), gaze, chosen):
        assert np.isfinite(ring).all()
        assert np.abs(ring - [14.5, 9.5]).max() < 50


@pytest.mark.parametrize(("angle", "size"), [(0.0, (9, 9)), (180.0, (9, 9)), (5.0, (1, 9))])
def test_what_has_no_ring_is_refused(angle: float, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"degrees, got|got 9 x 1"):
        eccentricity_ring(angle, size, (0.5, 0.5), LossSettings())


def area(outline: Array) -> float:
    x, y = outline.T
    return abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) / 2


@pytest.mark.slow
@given(
    gaze=gazes,
    width=st.floats(0.05, 20),
    alpha=st.floats(0.05, 2),
    mode=st.sampled_from(["quadratic", "linear"]),
    column=st.integers(0, 59),
)
@example((0.0, 0.5), 20.0, 2.0, "linear", 59)
def test_an_outline_has_the_area_that_the_map_says(
    gaze: tuple[float, float], width: float, alpha: float, mode: str, column: int
) -> None:
    """W pixels of the map are as wide as the picture, W - 1 of the positions; 128 corners lose 4e-4."""
    size, row = (40, 60), 11
    chosen = LossSettings(alpha=alpha, mode=mode, real_image_width=width)
    point = (column / 59, row / 39)
    expected = pooling_size_map(size, gaze, chosen)[row, column].item() ** 2 * 59 / 60 * 39 / 40
    assert area(pooling_region(point, size, gaze, chosen)) == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_a_small_outline_is_the_cone_around_the_point() -> None:
    size, point, gaze = (300, 400), (0.9, 0.8), (0.2, 0.3)
    chosen = LossSettings(real_image_width=0.5, real_viewing_distance=0.6, alpha=0.3)
    eccentricity, _ = geometry_at(point, size, gaze, chosen)
    half = math.degrees(0.15 * math.radians(eccentricity) ** 2)
    for corner in pooling_region(point, size, gaze, chosen)[::8]:
        at, _ = geometry_at(to_image(corner, size), size, point, chosen)
        assert at == pytest.approx(half, rel=0.01)


def test_at_the_gaze_the_outline_is_a_point() -> None:
    outline = pooling_region((0.5, 0.5), (41, 61), (0.5, 0.5), LossSettings())
    assert np.allclose(outline, [30, 20])


@pytest.mark.parametrize("point", [(0.5, 0.5), (0.0, 0.5), (0.9, 0.1)])
def test_pixels_per_degree_count_the_pixels_of_a_small_cone(point: tuple[float, float]) -> None:
    """A cone of 0.01 degrees takes in pi 0.01^2 square degrees."""
    size, angle = (3000, 4000), 0.01
    chosen = LossSettings(real_image_width=1.0, real_viewing_distance=0.5)
    (ring,) = eccentricity_ring(angle, size, point, chosen)
    scale = 4000 / 3999 * 3000 / 2999
    counted = math.sqrt(area(ring) * scale / (math.pi * angle**2))
    assert pixels_per_degree(point, size, chosen) == pytest.approx(counted, rel=0.02)


def test_pixels_per_degree_grow_off_the_middle() -> None:
    chosen = LossSettings(real_image_width=2.0, real_viewing_distance=1.0)
    middle = pixels_per_degree((0.5, 0.5), (100, 100), chosen)
    assert middle == pytest.approx(math.radians(1) * 100 / 2)
    assert pixels_per_degree((1.0, 0.5), (100, 100), chosen) == pytest.approx(middle * 2**0.75)
