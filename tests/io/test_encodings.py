"""Curves and primaries against the standards' own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.io.encodings import (
    LINEAR,
    SRGB,
    SRGB_PRIMARIES,
    adobe_rgb,
    of_cicp,
    of_gamma,
    srgb_decoded,
    srgb_encoded,
    srgb_from,
    to_srgb,
)


def shown(values: list[float], primaries: int, transfer: int, exposure: float = 0.0) -> list[float]:
    """sRGB of one pixel."""
    light, _ = to_srgb(np.array([values]), of_cicp(primaries, transfer), exposure)
    result: list[float] = srgb_encoded(light)[0].tolist()
    return result


@given(st.floats(0, 1))
def test_srgb_is_its_own_inverse(value: float) -> None:
    assert srgb_encoded(srgb_decoded(np.array(value))) == pytest.approx(value, abs=1e-5)


def test_srgb_by_its_standard() -> None:
    assert srgb_encoded(np.array(0.18)) == pytest.approx(0.46136, abs=1e-5)
    assert srgb_decoded(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)


@pytest.mark.parametrize(
    ("primaries", "matrix"),
    [
        # as published with CSS Color 4, and ITU-R BT.2087 turned round
        (12, [[1.22494, -0.22494, 0], [-0.04206, 1.04206, 0], [-0.01964, -0.07864, 1.09827]]),
        (9, [[1.66049, -0.58764, -0.07285], [-0.12455, 1.13290, -0.00835], [-0.01815, -0.10058, 1.11873]]),
        (10, [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]),
    ],
)
def test_primaries_become_those_of_srgb(primaries: int, matrix: list[list[float]]) -> None:
    found = of_cicp(primaries, 13).matrix
    assert found is not None
    tolerance = 5e-4 if primaries != 10 else 0.3  # XYZ there is of another white
    assert np.abs(found - matrix).max() < tolerance


@pytest.mark.parametrize("primaries", [4, 5, 6, 7, 8, 9, 10, 11, 12, 22])
def test_white_stays_white(primaries: int) -> None:
    assert np.abs(np.array(shown([1, 1, 1], primaries, 13)) - 1).max() < 1e-6


def test_primaries_of_srgb_need_no_matrix() -> None:
    assert srgb_from(SRGB_PRIMARIES) is None
    assert of_cicp(1, 13).is_srgb
    assert of_cicp(2, 2).is_srgb
    assert not LINEAR.is_srgb
    assert SRGB.is_srgb
    assert not adobe_rgb().is_srgb


@pytest.mark.parametrize(
    "primaries", [(0.0,) * 8, (0.3, 0.3) * 4, (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3, 0.0)]
)
def test_primaries_that_span_nothing_are_refused(primaries: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="span no colours"):
        srgb_from(primaries)


@pytest.mark.parametrize("gamma", [0.0, -1.0, 1e6, float("nan")])
def test_a_gamma_that_is_impossible_is_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma"):
        of_gamma(gamma, None)


def test_pq_by_its_standard() -> None:
    # SMPTE ST 2084: 0.58069 is 203 cd/m2 and 0.50808 is 100
    encoding = of_cicp(1, 16)
    light = encoding.to_light(np.array([0.0, 0.50808, 0.58069, 0.75183, 1.0])) * 203
    assert np.abs(light - [0, 100, 203, 1000, 10_000]).max() < 0.6


def test_hlg_by_its_standard() -> None:
    # ITU-R BT.2408: 0.75 is reference white, 203 cd/m2 on a display of 1000
    light, _ = to_srgb(np.array([[0.75, 0.75, 0.75]]), of_cicp(9, 18))
    before = of_cicp(9, 18)
    scene = before.to_light(np.array([0.75]))
    assert scene[0] == pytest.approx(0.26496, abs=1e-4)
    assert scene[0] ** 1.2 * 1000 == pytest.approx(203, abs=1)
    assert 0 < light.max() < 1


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_keeps_what_is_dark_and_bends_what_is_bright(transfer: int) -> None:
    encoding = of_cicp(1, transfer)
    ramp = np.repeat(np.linspace(0, 1, 400)[:, None], 3, axis=1)
    light, above = to_srgb(ramp, encoding)
    assert (np.diff(light[:, 0]) >= -1e-12).all()
    assert light[-1, 0] == 1
    assert (above > 0) == (transfer == 16)  # HLG ends at 1000 cd/m2
    # 50 cd/m2 is below the knee, at 92
    dim = of_cicp(1, 16)
    value = np.interp(50 / 203, dim.to_light(ramp[:, 0]), ramp[:, 0])
    assert shown([value] * 3, 1, 16)[0] == pytest.approx(float(srgb_encoded(np.array(50 / 203))), abs=2e-3)


def test_hdr_keeps_the_hue() -> None:
    light, _ = to_srgb(np.array([[0.75, 0.65, 0.55]]), of_cicp(1, 16))
    before = of_cicp(1, 16).to_light(np.array([0.75, 0.65, 0.55]))
    assert np.abs(light[0] / light[0].max() - before / before.max()).max() < 1e-6


@pytest.mark.parametrize(("transfer", "expected"), [(4, 0.5**2.2), (5, 0.5**2.8), (8, 0.5), (13, 0.21404)])
def test_other_curves_by_their_standard(transfer: int, expected: float) -> None:
    light, _ = to_srgb(np.array([[0.5]]), of_cicp(1, transfer))
    assert light[0, 0] == pytest.approx(expected, abs=1e-5)


def test_exposure_is_in_stops() -> None:
    light, above = to_srgb(np.array([[0.2], [0.6]]), LINEAR, 1.0)
    assert light[:, 0].tolist() == [0.4, 1.0]
    assert above == 1


def test_colours_that_srgb_does_not_hold_are_not_counted_as_bright() -> None:
    green = np.array([[0.0, 1.0, 0.0]])
    assert to_srgb(green, of_cicp(9, 8))[1] == 0
