"""Tests of the one-euro filter against its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.one_euro_filter import OneEuro


def literal(t: list[float], x: list[float], min_cutoff: float, beta: float, d_cutoff: float) -> list[float]:
    """Apply algorithm 1 of the paper to one coordinate, with the rate of each step."""

    def alpha(rate: float, cutoff: float) -> float:
        tau, te = 1.0 / (2 * math.pi * cutoff), 1.0 / rate
        return 1.0 / (1.0 + tau / te)

    hat_x, hat_dx = x[0], 0.0
    out = [hat_x]
    for i in range(1, len(x)):
        rate = 1 / (t[i] - t[i - 1])
        dx = (x[i] - hat_x) * rate
        a = alpha(rate, d_cutoff)
        hat_dx = a * dx + (1 - a) * hat_dx
        a = alpha(rate, min_cutoff + beta * abs(hat_dx))
        hat_x = a * x[i] + (1 - a) * hat_x
        out.append(hat_x)
    return out


STEPS = st.lists(
    st.tuples(st.floats(1e-4, 2.0), st.floats(-40, 40), st.floats(-40, 40)), min_size=1, max_size=40
)
PARAMETERS = st.tuples(st.floats(0.01, 100), st.floats(0, 10), st.floats(0.01, 100))


@given(STEPS, PARAMETERS)
def test_one_euro_equals_definition_for_each_coordinate(
    steps: list[tuple[float, float, float]], parameters: tuple[float, float, float]
) -> None:
    t = list(np.cumsum([dt for dt, _, _ in steps]))
    x, y = [x for _, x, _ in steps], [y for _, _, y in steps]
    smooth = OneEuro(*parameters)
    out = [smooth(*sample) for sample in zip(t, x, y, strict=True)]
    assert np.allclose([a for a, _ in out], literal(t, x, *parameters), rtol=1e-9, atol=1e-9)
    assert np.allclose([b for _, b in out], literal(t, y, *parameters), rtol=1e-9, atol=1e-9)


@given(STEPS, st.floats(-30, 30), st.floats(-1e3, 1e3))
def test_one_euro_shifted_input_shifts_output(
    steps: list[tuple[float, float, float]], by: float, later: float
) -> None:
    smooth, moved = OneEuro(1.0, 0.3, 1.0), OneEuro(1.0, 0.3, 1.0)
    t = 0.0
    for dt, x, y in steps:
        t += dt
        a, b = smooth(t, x, y), moved(t + later, x + by, y - by)
        assert (a[0] + by, a[1] - by) == pytest.approx(b, abs=1e-6)


def test_one_euro_reduces_noise_and_follows_saccade() -> None:
    random, smooth = np.random.default_rng(0), OneEuro(1.0, 0.3, 1.0)
    t = np.arange(600) / 120
    noise = random.normal(0, 0.3, (600, 2))
    rest = np.array([smooth(float(s), *xy) for s, xy in zip(t, noise, strict=True)])
    assert rest[120:].std() < 0.3 * noise.std()
    smooth.reset()
    way = np.clip(10 * (t - 1) / 0.045, 0, 10)  # 10 degrees in 45 ms
    there = np.array([smooth(float(s), float(x), 0.0)[0] for s, x in zip(t, way, strict=True)])
    assert abs(there[t > 1.045 + 0.02] - 10).max() < 0.5


def test_one_euro_changed_parameters_make_no_jump() -> None:
    smooth = OneEuro(0.1, 0.0, 1.0)
    before = [smooth(i / 120, float(i % 2), 0.0) for i in range(50)][-1]
    smooth.configure(0.2, 0.0, 1.0)
    x, _ = smooth(50 / 120, 0.0, 0.0)
    share = 2 * math.pi * 0.2 / 120
    assert x == pytest.approx(before[0] * (1 - share / (1 + share)), rel=1e-12)


def test_one_euro_changed_parameters_apply_to_next_sample() -> None:
    smooth = OneEuro(0.1, 0.0, 1.0)
    smooth(0.0, 0.0, 0.0)
    smooth.configure(1e6, 0.0, 1.0)
    assert smooth(0.01, 1.0, 0.0)[0] > 0.99


def test_one_euro_after_reset_returns_sample_unchanged() -> None:
    smooth = OneEuro(1.0, 0.0, 1.0)
    smooth(0.0, 0.0, 0.0)
    smooth.reset()
    assert smooth(0.01, 5.0, -5.0) == (5.0, -5.0)


def test_one_euro_nan_resets() -> None:
    smooth = OneEuro(1.0, 0.0, 1.0)
    smooth(0.0, 0.0, 0.0)
    assert math.isnan(smooth(0.01, math.nan, 0.0)[0])
    assert smooth(0.02, 5.0, 5.0) == (5.0, 5.0)


def test_one_euro_repeated_time_is_ignored() -> None:
    smooth = OneEuro(1.0, 0.0, 1.0)
    smooth(0.0, 1.0, 2.0)
    assert smooth(0.0, 9.0, 9.0) == (1.0, 2.0)


def test_one_euro_clock_set_back_resets() -> None:
    smooth = OneEuro(1.0, 0.0, 1.0)
    smooth(10.0, 1.0, 2.0)
    assert smooth(3.0, 9.0, 9.0) == (9.0, 9.0)


@pytest.mark.parametrize("wrong", [(0.0, 0.3, 1.0), (1.0, -1.0, 1.0), (1.0, 0.3, 0.0), (math.nan, 0.3, 1.0)])
def test_one_euro_parameters_out_of_range_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="over 0 Hz"):
        OneEuro(*wrong)
