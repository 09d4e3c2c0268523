"""Card and blind spot: values, uncertainties against random draws, and what is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

from foveaview import LossSettings
from foveaview.display.calibration import (
    Calibration,
    distance_from_blind_spot,
    pitch_from_card,
    pooling_size,
    ppd,
)
from foveaview.display.uncertainty import Measurement
from foveaview.perception import geometry_at, pixels_per_degree

Array = npt.NDArray[np.float64]

DRAWS = 20_000
CARD = (341.0, 343.0, 342.0, 342.5)
OFFSETS = (560.0, 590.0, 575.0, 579.0, 571.0)
BLIND = Calibration(CARD, OFFSETS)
TYPED = Calibration(CARD, distance_m=Measurement(0.6, 0.02))
SIZE, GAZE, POINT = (800, 1200), (0.3, 0.5), (0.9, 0.6)


def drawn(calibration: Calibration) -> tuple[Array, Array]:
    """Widths of a pixel and distances, of inputs drawn as they are known."""
    generator = np.random.default_rng(7)

    def normal(value: float, sd: float) -> Array:
        return generator.normal(value, sd, DRAWS)

    def mean(values: tuple[float, ...], one_sd: float) -> Array:
        deviations = sum((value - np.mean(values)) ** 2 for value in values)
        return normal(float(np.mean(values)), math.sqrt((one_sd**2 + deviations) / len(values) / len(values)))

    card = normal(0.0856, 0.00025 / math.sqrt(12))
    pitch = card / mean(calibration.card_px, 1.0)
    if calibration.distance_m is not None:
        return pitch, normal(calibration.distance_m.value, calibration.distance_m.sd)
    offset = mean(calibration.offsets_px, float(np.mean(calibration.offsets_px)) * 0.9 / 13.5)
    return pitch, offset * pitch / np.tan(np.radians(normal(13.5, 1.37)))


def agrees(measured: Measurement, draws: Array, within: float) -> None:
    """Both ends of the interval, to a share of the value.

    To first order, a quotient has no skew: one by an angle known to 10 % is off by 5 % at the upper end.
    """
    low, high = np.quantile(draws, [0.025, 0.975])
    assert measured.interval == pytest.approx((low, high), abs=within * measured.value)


def covers(measured: Measurement, draws: Array) -> None:
    low, high = measured.interval
    assert 0.935 < ((draws > low) & (draws < high)).mean() < 0.965


def test_the_width_of_a_pixel_is_the_cards_over_its_pixels() -> None:
    pitch = pitch_from_card([342.4])
    assert pitch.value == pytest.approx(0.0856 / 342.4)
    assert pitch.sd / pitch.value == pytest.approx(math.hypot(1 / 342.4, 0.0722 / 85.6), rel=1e-3)


def test_more_matches_say_more_until_the_cards_tolerance_is_left() -> None:
    sds = [pitch_from_card([400.0, 402.0] * count).sd for count in (1, 4, 10_000)]
    assert sds == sorted(sds, reverse=True)
    assert sds[-1] / (0.0856 / 401) == pytest.approx(0.0722 / 85.6, rel=0.01)


def test_the_distance_is_where_the_offset_spans_the_angle() -> None:
    distance = distance_from_blind_spot([576.0], Measurement(0.00025))
    assert math.degrees(math.atan(576 * 0.00025 / distance.value)) == pytest.approx(13.5)


def test_no_repetition_removes_the_uncertainty_of_the_angle() -> None:
    distance = distance_from_blind_spot([576.0] * 10_000, Measurement(0.00025))
    assert distance.sd / distance.value == pytest.approx(1.37 / 13.5, rel=0.05)


@pytest.mark.parametrize("calibration", [BLIND, TYPED])
def test_pitch_and_distance_agree_with_draws(calibration: Calibration) -> None:
    pitch, distance = drawn(calibration)
    agrees(calibration.pitch, pitch, 0.001)
    agrees(calibration.distance, distance, 0.055)
    covers(calibration.pitch, pitch)
    covers(calibration.distance, distance)


@pytest.mark.parametrize("zoom", [1.0, 2.5])
@pytest.mark.parametrize("calibration", [BLIND, TYPED])
def test_pixels_per_degree_agree_with_draws(calibration: Calibration, zoom: float) -> None:
    pitch, distance = drawn(calibration)
    measured = calibration.pixels_per_degree(zoom=zoom)
    draws = math.radians(1) * distance / pitch / zoom
    agrees(measured, draws, 0.055)
    covers(measured, draws)
    assert measured.value == pytest.approx(
        math.radians(1) * calibration.distance.value / calibration.pitch.value / zoom
    )


def by_hand(function: Callable[[LossSettings], float], pitches: Array, distances: Array) -> Array:
    """One call for each draw is slow: the function of the ratio, between 200 values of it."""
    ratio = pitches * SIZE[1] / distances
    knots = np.linspace(ratio.min(), ratio.max(), 200)
    values = [function(LossSettings(real_image_width=knot, real_viewing_distance=1.0)) for knot in knots]
    return np.interp(ratio, knots, values)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["quadratic", "linear"])
@pytest.mark.parametrize("calibration", [BLIND, TYPED])
def test_pooling_sizes_agree_with_draws(
    calibration: Calibration, mode: Literal["quadratic", "linear"]
) -> None:
    settings = LossSettings(mode=mode)

    def pooling(geometry: LossSettings) -> float:
        return geometry_at(POINT, SIZE, GAZE, geometry.replace(mode=mode))[1]

    measured = calibration.pooling_size(POINT, SIZE, GAZE, settings)
    agrees(measured, by_hand(pooling, *drawn(calibration)), 0.03)


def test_off_the_middle_pixels_per_degree_agree_with_draws() -> None:
    expected = by_hand(lambda geometry: pixels_per_degree(POINT, SIZE, geometry), *drawn(BLIND))
    agrees(BLIND.pixels_per_degree(POINT, SIZE), expected, 0.055)


def test_a_distance_from_the_blind_spot_cancels_the_pixels_width() -> None:
    """As if they were independent, a poorly matched card would count; it does not."""
    poor = Calibration((300.0, 380.0), OFFSETS)
    assert poor.pixels_per_degree().sd == pytest.approx(BLIND.pixels_per_degree().sd, rel=1e-9)
    assert ppd(poor.pitch, poor.distance).sd > 1.2 * poor.pixels_per_degree().sd


def test_independent_measurements_agree_with_a_typed_distance() -> None:
    assert TYPED.distance_m is not None
    apart = ppd(TYPED.pitch, TYPED.distance_m)
    assert apart.sd == pytest.approx(TYPED.pixels_per_degree().sd, rel=1e-3)
    settings = LossSettings(mode="linear")
    pooled = pooling_size(POINT, SIZE, GAZE, settings, pitch=TYPED.pitch, distance=TYPED.distance_m)
    together = TYPED.pooling_size(POINT, SIZE, GAZE, settings)
    assert (pooled.value, pooled.sd) == pytest.approx((together.value, together.sd), rel=1e-3)


def test_the_settings_of_a_calibrated_screen() -> None:
    settings = LossSettings().replace(**BLIND.settings_for(SIZE, zoom=0.5))
    assert settings.real_image_width == pytest.approx(0.0856 / np.mean(CARD) * 600)
    expected = BLIND.pixels_per_degree(POINT, SIZE, 0.5).value
    assert pixels_per_degree(POINT, SIZE, settings) == pytest.approx(expected)


@pytest.mark.parametrize("calibration", [BLIND, TYPED])
def test_a_calibration_comes_back_from_json(calibration: Calibration) -> None:
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"card_px": 3}, "card_px: a list"),
        ({"card_px": []}, "match it"),
        ({"card_px": ["3"]}, "width of the card"),
        ({"card_px": [10**400]}, "width of the card"),
        ({"card_px": [math.nan]}, "width of the card"),
        ({"card_px": [0.5]}, "width of the card"),
        ({"offsets_px": []}, "distance or offsets"),
        ({"distance_m": [0.6, 0.01]}, "distance or offsets"),
        ({"offsets_px": [], "distance_m": [0.6, 0.7]}, "larger than its uncertainty"),
        ({"offsets_px": [], "distance_m": [0.6]}, "distance_m: a value and its sd"),
        ({"offsets_px": [], "distance_m": [10**400, 1]}, "distance_m: a value and its sd"),
        ({"angle_deg": [13.5, 14]}, "angle of the blind spot"),
        ({"angle_deg": [13.5, -1]}, "not negative"),
        ({"card_m": None}, "card_m"),
    ],
)
def test_a_damaged_calibration_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Calibration.from_json(BLIND.to_json() | change)


def test_what_holds_no_fields_is_no_calibration() -> None:
    with pytest.raises(ValueError, match="fields were expected"):
        Calibration.from_json([1])
