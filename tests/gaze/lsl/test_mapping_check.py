"""Tests of the reasons given against a mapping."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foveaview.gaze.lsl import Mapping, judge, on_screen

SCREEN = (1920, 1080)
NAN = np.nan
AROUND = np.linspace(0.1, 0.9, 50)
SHARES = np.stack([AROUND, AROUND[::-1], np.full(50, 0.9)], axis=1)


@pytest.mark.parametrize(
    ("mapping", "rows", "said"),
    [
        ({}, SHARES, ""),
        ({"unit": "px"}, SHARES * (1920, 1080, 1), ""),
        ({}, SHARES * 1000, "x and y reach 900, too much for shares of the screen: choose pixels"),
        ({"unit": "image"}, SHARES * 1000, "too much for image coordinates"),
        ({"scale_x": 0.001, "scale_y": 0.001}, SHARES * 1000, ""),
        ({"unit": "px"}, SHARES, "stay below 0.9, so they are probably not pixels"),
        ({}, SHARES * NAN, "give no numbers (NaN)"),
        (
            {"confidence": 2, "threshold": 0.95},
            SHARES,
            "no sample reaches a confidence of 0.95, the highest was 0.9",
        ),
        ({"confidence": 2}, SHARES * (1, 1, NAN), "the highest was nan"),
        ({"zero_is_missing": True}, SHARES * 0, "both are always 0"),
        (
            {},
            SHARES * (1, -1, 1),
            "100 % of the gaze lies outside the screen: look",
        ),
        ({"unit": "px"}, SHARES * (1920, 0, 1), "y does not change"),
        ({"x": 2}, SHARES, "x does not change"),
        ({}, np.where(np.arange(50)[:, None] < 2, SHARES, NAN), "4 % of the samples are usable"),
    ],
)
def test_judge_wrong_mapping_gives_reason(mapping: dict[str, Any], rows: Any, said: str) -> None:
    text = judge(Mapping(**{"unit": "screen", **mapping}), rows, SCREEN)
    assert said in text
    assert bool(said) == bool(text)


@pytest.mark.slow
@given(
    arrays(np.float64, st.tuples(st.integers(1, 9), st.just(3)), elements=st.floats()),
    st.sampled_from(["screen", "px", "image"]),
    st.booleans(),
    st.sampled_from([None, 2]),
    st.floats(-1e6, 1e6),
)
def test_judge_accepts_any_numbers(
    rows: Any, unit: Any, zero_is_missing: bool, confidence: int | None, scale: float
) -> None:
    mapping = Mapping(unit=unit, zero_is_missing=zero_is_missing, confidence=confidence, scale_x=scale)
    assert isinstance(judge(mapping, rows, SCREEN), str)
    x, y = on_screen(mapping, rows, SCREEN)
    assert x.shape == y.shape == (len(rows),)
