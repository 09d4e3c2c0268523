"""Measured values and what follows from them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foveaview.display.uncertainty import Measurement, mean_of, propagate


def test_the_interval_is_196_standard_deviations_wide_each_way() -> None:
    assert Measurement(10, 2).interval == (pytest.approx(6.08), pytest.approx(13.92))


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (0.2745, 0.001, "0.2745 ± 0.0020"),
        (38.2, 0.3, "38.20 ± 0.59"),
        (38.2, 3.0, "38.2 ± 5.9"),
        (1234.5, 100.0, "1234 ± 196"),
        (38.21, 0.0, "38.21"),
    ],
)
def test_a_measurement_is_written_with_two_digits_of_its_uncertainty(
    value: float, sd: float, text: str
) -> None:
    assert str(Measurement(value, sd)) == text


@pytest.mark.parametrize(("value", "sd"), [(math.nan, 1), (1, math.inf), (1, -1)])
def test_what_is_no_measurement_is_refused(value: float, sd: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Measurement(value, sd)


def test_one_setting_has_the_uncertainty_stated() -> None:
    assert mean_of([50.0], 2.0) == Measurement(50.0, 2.0)


def test_many_settings_have_the_standard_error_of_their_mean() -> None:
    values = np.random.default_rng(0).normal(100, 3, 400)
    mean = mean_of(values.tolist(), 1.0)
    assert mean.value == pytest.approx(values.mean())
    assert mean.sd == pytest.approx(values.std(ddof=1) / 20, rel=0.01)


def test_settings_that_agree_by_chance_are_not_exact() -> None:
    assert mean_of([80.0, 80.0], 1.0).sd == pytest.approx(0.5)


def test_no_settings_have_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mean_of([], 1.0)


def test_a_quotient_has_the_sum_of_the_relative_variances() -> None:
    quotient = propagate(lambda a, b: a / b, [Measurement(10, 0.03), Measurement(5, 0.02)])
    assert quotient.value == 2
    assert quotient.sd == pytest.approx(2 * math.hypot(0.003, 0.004), rel=1e-4)


def test_an_exact_input_adds_nothing_and_is_not_moved() -> None:
    asked: list[float] = []

    def function(a: float, b: float) -> float:
        asked.append(b)
        return a + b

    assert propagate(function, [Measurement(1, 2), Measurement(3)]).sd == 2
    assert set(asked) == {3}
