"""Whether what is shown is as large as modelled."""

from __future__ import annotations

import math

import pytest

from foveaview import LossSettings
from foveaview.display.size_check import check_validity, zoom_for
from foveaview.display.uncertainty import Measurement

SETTINGS = LossSettings(real_image_width=0.2)


def test_a_picture_as_wide_as_modelled_is_valid() -> None:
    validity = check_validity(SETTINGS, 800, 1.0, 0.00025)
    assert (validity.valid, validity.ratio) == (True, pytest.approx(1))
    assert validity.text == "valid here: 200 mm as modelled"


def test_a_picture_of_another_width_says_both() -> None:
    validity = check_validity(SETTINGS, 800, 0.715, 0.00025)
    assert (validity.valid, validity.ratio) == (False, pytest.approx(0.715))
    assert validity.text == "modelled 200 mm, shown 143 mm"


@pytest.mark.parametrize(("zoom", "valid"), [(1.019, True), (0.981, True), (1.021, False), (0.979, False)])
def test_two_percent_are_allowed(zoom: float, valid: bool) -> None:
    assert check_validity(SETTINGS, 800, zoom, 0.00025).valid is valid


@pytest.mark.parametrize(("zoom", "valid"), [(1.05, True), (1.2, False)])
def test_what_the_measurement_leaves_open_is_valid(zoom: float, valid: bool) -> None:
    assert check_validity(SETTINGS, 800, zoom, Measurement(0.00025, 0.00001)).valid is valid


def test_the_right_zoom_is_valid() -> None:
    zoom = zoom_for(SETTINGS, 640, 0.00027)
    assert check_validity(SETTINGS, 640, zoom, 0.00027).ratio == pytest.approx(1)


def test_the_right_width_is_valid() -> None:
    shown = check_validity(SETTINGS, 640, 0.37, 0.00027).shown.value
    assert check_validity(SETTINGS.replace(real_image_width=shown), 640, 0.37, 0.00027).ratio == 1


@pytest.mark.parametrize(("zoom", "pitch"), [(0.0, 0.1), (1.0, 0.0), (math.nan, 0.1)])
def test_what_is_not_over_0_is_refused(zoom: float, pitch: float) -> None:
    with pytest.raises(ValueError, match="over 0"):
        check_validity(SETTINGS, 640, zoom, pitch)
