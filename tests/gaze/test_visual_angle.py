"""Tests of visual angles against the model's geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview import LossSettings
from foveaview.gaze.visual_angle import Angles
from foveaview.perception.geometry import geometry_at
from foveaview.perception.pooling.gaze_shift import gaze_moved

WIDE = LossSettings(real_image_width=0.8, real_viewing_distance=0.6)
SIZE = (300, 400)
ANGLES = Angles.of(SIZE, WIDE)
PLACE = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))


@given(PLACE, PLACE)
def test_angles_between_equals_model_eccentricity(a: tuple[float, float], b: tuple[float, float]) -> None:
    expected, _ = geometry_at(a, SIZE, b, WIDE)
    assert float(ANGLES.between(*a, *b)) == pytest.approx(expected, abs=1e-9)


@given(PLACE)
def test_angles_to_image_inverts_to_degrees(place: tuple[float, float]) -> None:
    assert ANGLES.to_image(*ANGLES.to_degrees(*place)) == pytest.approx(place, abs=1e-12)


@given(PLACE)
def test_angles_to_degrees_from_centre_is_exact(place: tuple[float, float]) -> None:
    expected = float(ANGLES.between(0.5, 0.5, *place))
    assert math.hypot(*ANGLES.to_degrees(*place)) == pytest.approx(expected, abs=1e-9)


@given(PLACE, PLACE)
def test_angles_plane_distance_is_within_stated_bound(a: tuple[float, float], b: tuple[float, float]) -> None:
    in_plane = math.dist(ANGLES.to_degrees(*a), ANGLES.to_degrees(*b))
    outer = math.radians(max(math.hypot(*ANGLES.to_degrees(*place)) for place in (a, b)))
    true = float(ANGLES.between(*a, *b))
    longest = outer / math.sin(outer) if outer > 1e-6 else 1.0
    assert true - 1e-9 <= in_plane <= true * longest + 1e-9


@given(st.lists(PLACE, min_size=1, max_size=8))
def test_angles_many_to_degrees_equals_to_degrees(places: list[tuple[float, float]]) -> None:
    x, y = np.array(places).T
    expected = np.array([ANGLES.to_degrees(*place) for place in places]).T
    assert np.allclose(ANGLES.many_to_degrees(x, y), expected, rtol=1e-12, atol=1e-12)


def test_gaze_moved_by_degrees_moves_as_far() -> None:
    moved = gaze_moved((0.5, 0.5), (7.0, 0.0), SIZE, WIDE)
    assert ANGLES.to_degrees(*moved) == pytest.approx((7.0, 0.0))


def test_angles_many_to_degrees_keeps_nan() -> None:
    x, y = ANGLES.many_to_degrees(np.array([math.nan, 0.5, math.inf]), np.array([0.5, math.nan, 0.5]))
    assert np.isnan(x).all()
    assert np.isnan(y).all()


def test_angles_of_far_positions_are_finite() -> None:
    assert all(map(math.isfinite, ANGLES.to_degrees(1e300, -1e300)))
    assert all(map(math.isfinite, ANGLES.to_image(500.0, -1e9)))
    assert math.isfinite(float(ANGLES.between(1e300, -1e300, -1e300, 1e300)))


def test_angles_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Angles(0.0, 1.0)
