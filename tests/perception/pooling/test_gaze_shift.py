"""A gaze that moves by an angle lies at that angle from where it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.perception.geometry import geometry_at
from foveaview.perception.pooling.gaze_shift import gaze_moved
from foveaview.settings import LossSettings


@given(
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    degrees=st.floats(-5, 5),
    width=st.floats(0.05, 2),
    along=st.sampled_from([0, 1]),
)
def test_the_eccentricity_of_the_new_gaze(
    x: float, y: float, degrees: float, width: float, along: int
) -> None:
    settings = LossSettings(real_image_width=width)
    moved = gaze_moved((x, y), (degrees, 0) if along == 0 else (0, degrees), (48, 64), settings)
    eccentricity, _pooling = geometry_at(moved, (48, 64), (x, y), settings)
    assert eccentricity == pytest.approx(abs(degrees), abs=1e-6)
    assert moved[1 - along] == pytest.approx((x, y)[1 - along], abs=1e-9)
