"""Tests of accuracy and precision against their definitions, and without usable samples."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from foveaview.gaze.sample import Sample
from foveaview.gaze.validation.accuracy import PointResult, ValidationResult, point_result, targets
from foveaview.gaze.visual_angle import Angles

ANGLES = Angles(ratio=0.4, aspect=0.75)
MIDDLE = (0.5, 0.5)


def at_degrees(x_deg: list[float], y_deg: list[float], start: float = 1.0) -> list[Sample]:
    """Return samples at 100 Hz, in degrees from the image's centre; NaN is a sample without an eye."""
    return [
        Sample.missing(start + i / 100) if math.isnan(x) else Sample(start + i / 100, *ANGLES.to_image(x, y))
        for i, (x, y) in enumerate(zip(x_deg, y_deg, strict=True))
    ]


def direction(sample: Sample) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    at = np.array([(sample.x - 0.5) * 0.4, (sample.y - 0.5) * 0.4 * 0.75, 1.0])
    return at / np.linalg.norm(at)


def angle(a: Sample, b: Sample) -> float:
    return math.degrees(math.acos(min(1.0, float(direction(a) @ direction(b)))))


def test_targets_are_nine_within_margin() -> None:
    assert len(set(targets())) == 9
    assert targets(0.0)[0] == (0.0, 0.0)
    assert targets(0.0)[-1] == (1.0, 1.0)
    with pytest.raises(ValueError, match=r"under 0\.5"):
        targets(0.5)


def test_point_result_steady_offset_is_precise() -> None:
    result = point_result(MIDDLE, at_degrees([3.0] * 20, [4.0] * 20), 0.0, ANGLES)
    assert result.accuracy_deg == pytest.approx(5.0)
    assert result.precision_rms_deg == pytest.approx(0.0, abs=1e-9)
    assert result.precision_sd_deg == pytest.approx(0.0, abs=1e-9)


def test_point_result_alternating_gaze_is_imprecise() -> None:
    result = point_result(MIDDLE, at_degrees([1.0, -1.0] * 50, [0.0] * 100), 0.0, ANGLES)
    assert result.accuracy_deg == pytest.approx(1.0)
    assert result.precision_rms_deg == pytest.approx(2.0)
    assert result.precision_sd_deg == pytest.approx(1.0)


def test_point_result_equals_definitions() -> None:
    random = np.random.default_rng(0)
    samples = at_degrees(list(random.normal(2, 0.5, 40)), list(random.normal(-1, 0.3, 40)))
    target = (0.6, 0.4)
    result = point_result(target, samples, 0.0, ANGLES)
    offsets = [angle(sample, Sample(0.0, *target)) for sample in samples]
    steps = [angle(a, b) for a, b in pairwise(samples)]
    mean = Sample(0.0, float(np.mean([s.x for s in samples])), float(np.mean([s.y for s in samples])))
    assert result.accuracy_deg == pytest.approx(np.mean(offsets), rel=1e-6)
    assert result.precision_rms_deg == pytest.approx(np.sqrt(np.mean(np.square(steps))), rel=1e-6)
    spread = [angle(sample, mean) for sample in samples]
    assert result.precision_sd_deg == pytest.approx(np.sqrt(np.mean(np.square(spread))), rel=1e-6)


def test_point_result_ignores_samples_before_settling() -> None:
    samples = at_degrees([9.0] * 50 + [0.0] * 50, [0.0] * 100, start=3.0)
    result = point_result(MIDDLE, samples, 3.0, ANGLES)
    assert result.n == 50
    assert result.accuracy_deg == pytest.approx(0.0, abs=1e-9)
    assert point_result(MIDDLE, samples, 3.0, ANGLES, settle_s=0.0).n == 100


def test_point_result_rms_skips_missing_samples() -> None:
    result = point_result(MIDDLE, at_degrees([0.0, 0.0, math.nan, 5.0, 5.0], [0.0] * 5), 0.0, ANGLES)
    assert result.precision_rms_deg == pytest.approx(0.0, abs=1e-9)
    assert (result.n, result.n_usable, result.share_usable) == (5, 4, 0.8)


@pytest.mark.parametrize("samples", [[], at_degrees([math.nan] * 3, [0.0] * 3)])
def test_point_result_without_usable_sample_is_not_measured(samples: list[Sample]) -> None:
    result = point_result(MIDDLE, samples, 0.0, ANGLES)
    assert (result.accuracy_deg, result.precision_rms_deg, result.precision_sd_deg) == (None, None, None)
    assert result.text.startswith("not measured")
    assert ValidationResult(points=(result,)).text == "not measured: no usable sample at any of 1 points"


def test_point_result_of_one_sample_has_no_precision() -> None:
    result = point_result(MIDDLE, at_degrees([1.0], [0.0]), 0.0, ANGLES)
    assert result.accuracy_deg == pytest.approx(1.0)
    assert result.precision_sd_deg is None
    assert result.text == "off by 1.00°, 100 % of 1 samples usable"


def test_validation_result_weights_points_equally() -> None:
    few = point_result(MIDDLE, at_degrees([1.0] * 10, [0.0] * 10), 0.0, ANGLES)
    many = point_result(MIDDLE, at_degrees([3.0] * 90, [0.0] * 90), 0.0, ANGLES)
    result = ValidationResult(points=(few, many))
    assert result.accuracy_deg == pytest.approx(2.0)
    assert result.n == 100


def test_validation_result_reads_back_from_json() -> None:
    found = point_result(MIDDLE, at_degrees([1.0, 2.0], [0.0, 0.0]), 0.0, ANGLES)
    result = ValidationResult(points=(found, PointResult(x=0.1, y=0.9, n=0, n_usable=0)))
    text = result.model_dump_json()
    assert "NaN" not in text
    assert ValidationResult.model_validate_json(text) == result
