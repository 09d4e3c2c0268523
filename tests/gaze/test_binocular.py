"""Tests of merging two eyes that were recorded at different times."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording
from foveaview.gaze.binocular import merged_eyes, merged_recordings

NAN = float("nan")


def eye(t: list[float], x: list[float], y: list[float] | None = None) -> Recording:
    return Recording("eye", np.array(t), np.array(x), np.zeros(len(t)) if y is None else np.array(y))


def test_merged_eyes_ignores_eye_with_one_coordinate() -> None:
    left = (np.array([0.0, 0.0, NAN]), np.array([0.0, NAN, NAN]))
    right = (np.array([1.0, 1.0, NAN]), np.array([4.0, 4.0, 4.0]))
    x, y = merged_eyes(left, right)
    np.testing.assert_array_equal(x, [0.5, 1.0, NAN])
    np.testing.assert_array_equal(y, [2.0, 4.0, NAN])


@given(
    rates=st.tuples(st.sampled_from([30, 60, 120, 250, 500]), st.sampled_from([30, 60, 120, 250, 500])),
    start_ms=st.integers(-300, 300),
    counts=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_merged_recordings_of_any_rates_keep_linear_gaze(
    rates: tuple[int, int], start_ms: int, counts: tuple[int, int]
) -> None:
    t, other_t = (np.arange(n) / rate for n, rate in zip(counts, rates, strict=True))
    other_t = other_t + start_ms / 1000
    first, second = (Recording("eye", at, 3 * at, 1 - at) for at in (t, other_t))
    times, x, y = merged_recordings(first, second)
    np.testing.assert_allclose(x, 3 * times, atol=1e-5)
    np.testing.assert_allclose(y, 1 - times, atol=1e-5)
    assert (np.diff(times) > 0).all()
    assert abs(times[0] - min(t[0], other_t[0])) <= 1 / min(rates)
    assert abs(times[-1] - max(t[-1], other_t[-1])) <= 1 / min(rates)
    for same in zip(merged_recordings(second, first), (times, x, y), strict=True):
        np.testing.assert_array_equal(*same)


def test_merged_recordings_interpolate_slower_eye() -> None:
    fast = eye([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [0.0] * 6)
    slow = eye([0.1, 0.3], [2.0, 4.0])
    t, x, _ = merged_recordings(fast, slow)
    np.testing.assert_allclose(t, fast.t)
    np.testing.assert_allclose(x, [0.0, 1.0, 1.5, 2.0, 0.0, 0.0])


def test_merged_recordings_in_gap_use_other_eye() -> None:
    one = eye([0.0, 0.1, 0.2, 0.6, 0.7, 0.8], [0.0] * 6)
    other = eye([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [2.0] * 9)
    t, x, _ = merged_recordings(one, other)
    np.testing.assert_allclose(t, other.t)
    np.testing.assert_allclose(x, [1, 1, 1, 2, 2, 2, 1, 1, 1])


def test_merged_recordings_do_not_interpolate_missing_sample() -> None:
    fast = eye([0.0, 0.1, 0.2, 0.3, 0.4], [0.0] * 5)
    slow = eye([0.0, 0.2, 0.4], [2.0, NAN, 2.0])
    np.testing.assert_allclose(merged_recordings(fast, slow)[1], [1, 0, 0, 0, 1])


def test_merged_recordings_accept_one_sample_each() -> None:
    t, x, _ = merged_recordings(eye([0.0], [1.0]), eye([5.0], [3.0]))
    assert (t.tolist(), x.tolist()) == ([0.0, 5.0], [1.0, 3.0])
