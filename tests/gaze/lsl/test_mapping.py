"""Tests of mapping channels to gaze."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from foveaview.gaze.lsl import Mapping, merged, samples_of

BOTH = Mapping(x=0, y=1, x_right=2, y_right=3)
NAN = math.nan

shares = st.floats(-1, 2)
anything = st.floats(width=64)
rows_of_anything = arrays.arrays(np.float64, st.tuples(st.integers(0, 20), st.just(5)), elements=anything)
mappings = st.builds(
    Mapping,
    x=st.just(0),
    y=st.just(1),
    x_right=st.just(2),
    y_right=st.just(3),
    confidence=st.sampled_from([None, 4]),
    unit=st.sampled_from(["image", "screen", "px"]),
    y_up=st.booleans(),
    scale_x=st.floats(allow_nan=False, allow_infinity=False),
    offset_y=st.floats(allow_nan=False, allow_infinity=False),
    zero_is_missing=st.booleans(),
)


@given(left_x=shares, left_y=shares, right_x=shares, right_y=shares)
def test_merged_two_eyes_give_their_mean(
    left_x: float, left_y: float, right_x: float, right_y: float
) -> None:
    x, y, valid = merged(BOTH, [[left_x, left_y, right_x, right_y]])
    assert valid.all()
    assert x[0] == pytest.approx((left_x + right_x) / 2)
    assert y[0] == pytest.approx((left_y + right_y) / 2)


@given(
    eye_x=shares,
    eye_y=shares,
    lost=st.sampled_from([NAN, math.inf, -math.inf, -32768.0, 1e8]),
    left=st.booleans(),
)
def test_merged_one_eye_gives_its_position(eye_x: float, eye_y: float, lost: float, left: bool) -> None:
    row = [eye_x, eye_y, 0.5, lost] if left else [0.5, lost, eye_x, eye_y]
    x, y, valid = merged(BOTH, [row])
    assert (float(x[0]), float(y[0]), bool(valid[0])) == (eye_x, eye_y, True)


@pytest.mark.slow
@given(values=rows_of_anything, mapping=mappings)
def test_merged_any_numbers_give_plausible_positions_or_nan(values: np.ndarray, mapping: Mapping) -> None:
    x, y, valid = merged(mapping, values)
    farthest = 20_000 if mapping.unit == "px" else 5
    assert x.shape == y.shape == valid.shape == (len(values),)
    assert (np.abs(x[valid]) <= farthest).all()
    assert (np.abs(y[valid]) <= farthest).all()
    assert np.isnan(x[~valid]).all()
    assert np.isnan(y[~valid]).all()


@pytest.mark.slow
@given(values=rows_of_anything)
def test_merged_rows_are_independent(values: np.ndarray) -> None:
    together = np.stack(merged(BOTH, values)[:2])
    alone = [np.stack(merged(BOTH, values[i : i + 1])[:2]) for i in range(len(values))]
    np.testing.assert_array_equal(together, np.concatenate(alone, axis=1) if alone else together)


@pytest.mark.parametrize(("confidence", "valid"), [(0.59, False), (0.6, True), (NAN, False), (1.0, True)])
def test_merged_below_confidence_threshold_is_missing(confidence: float, valid: bool) -> None:
    mapping = Mapping(x=1, y=2, confidence=0, threshold=0.6)
    assert merged(mapping, [[confidence, 0.5, 0.5]])[2].tolist() == [valid]


@pytest.mark.parametrize(
    ("mapping", "row", "expected"),
    [
        (Mapping(origin="bottom-left"), [0.25, 0.75], (0.25, 0.25)),
        (Mapping(unit="px", origin="bottom-left", height_px=1000), [100, 900], (100, 100)),
        (Mapping(scale_x=0.01, scale_y=0.01), [50, 25], (0.5, 0.25)),
        (Mapping(unit="px", offset_x=960, offset_y=540, scale_y=-1), [-60, 40], (900, 500)),
        (Mapping(origin="bottom-left", scale_x=1 / 500, scale_y=1 / 300), [250, 75], (0.5, 0.75)),
    ],
)
def test_merged_applies_scale_offset_and_origin(
    mapping: Mapping, row: list[float], expected: tuple[float, float]
) -> None:
    x, y, _ = merged(mapping, [row])
    assert (float(x[0]), float(y[0])) == pytest.approx(expected)


def test_merged_eye_at_0_0_is_missing_only_if_set() -> None:
    row = [[0.0, 0.0, 300.0, 200.0]]
    assert float(merged(BOTH.replace(unit="px", zero_is_missing=True), row)[0][0]) == 300
    assert float(merged(BOTH.replace(unit="px"), row)[0][0]) == 150


def test_samples_of_carry_time_unit_and_origin() -> None:
    seen, missing = samples_of(BOTH, np.array([1.0, 2.0]), [[0.5] * 4, [NAN] * 4], "eye")
    assert (seen.t, seen.x, seen.unit, seen.origin, seen.valid) == (1.0, 0.5, "screen", "eye", True)
    assert (missing.t, missing.usable) == (2.0, False)


def test_samples_of_2000_rows_takes_under_20_ms() -> None:
    times, values = np.arange(2000.0), np.full((2000, 24), 0.5)
    shortest = min(_seconds(times, values) for _ in range(5))
    assert shortest < 0.02


def _seconds(times: np.ndarray, values: np.ndarray) -> float:
    began = time.thread_time()
    samples_of(BOTH, times, values)
    return time.thread_time() - began


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": 2, "y": 2}, "x and y are both channel 2: choose two different ones"),
        ({"x_right": 3}, "the right eye needs both x and y, or neither"),
        ({"x": -1}, "x: input should be greater than or equal to 0, got -1"),
        ({"scale_x": NAN}, "scale_x: input should be a finite number, got nan"),
        ({"pupil": 3}, "unknown setting 'pupil'"),
    ],
)
def test_mapping_invalid_is_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mapping(**values)


def test_merged_too_few_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="the mapping reads channel 3, but the stream has 2 channels"):
        merged(BOTH, [[0.5, 0.5]])


@given(mapping=mappings)
def test_mapping_reads_back_from_json(mapping: Mapping) -> None:
    assert Mapping(**json.loads(mapping.model_dump_json())) == mapping
