"""Tests of validation records and their verdicts."""

from __future__ import annotations

import csv
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Sample
from foveaview.gaze.validation.accuracy import PointResult, ValidationResult, targets
from foveaview.gaze.validation.assessment import pooling_radius_deg, size_change, verdict
from foveaview.gaze.validation.procedure import Plan, Procedure
from foveaview.gaze.validation.record import ValidationRecord, save_validation
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import LossSettings

SIZE = (400, 600)
SETTINGS = LossSettings(real_image_width=0.3, real_viewing_distance=0.6)
AT = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
PLACES = targets()
SHIFT = (0.01, -0.02)


def course(blind: tuple[int, ...] = ()) -> Procedure:
    """Return a procedure with every target seen at an offset, except the blind ones."""
    made = Procedure(9, Plan(order="reading", dwell_s=1.0), 0.0)
    for i, (x, y) in enumerate(PLACES):
        for tick in range(100):
            t = i + tick / 100
            place = Sample(t, x + SHIFT[0], y + SHIFT[1])
            made.add([Sample.missing(t) if i in blind else place])
        made.advance(i + 1.0)
    return made


def validated(blind: tuple[int, ...] = ()) -> ValidationRecord:
    about: dict[str, Any] = {"size": SIZE, "at": AT, "source": "eye", "geometry": "the model"}
    return ValidationRecord.of(course(blind), PLACES, SETTINGS, **about)


def test_validation_record_offset_has_angle_and_direction() -> None:
    found, angles = validated(), Angles.of(SIZE, SETTINGS)
    for (x, y), offset, point in zip(PLACES, found.offsets_deg, found.result.points, strict=True):
        wanted = float(angles.between(x, y, x + SHIFT[0], y + SHIFT[1]))
        assert offset is not None
        assert math.hypot(*offset) == pytest.approx(wanted)
        assert point.accuracy_deg == pytest.approx(wanted)
        assert offset[0] > 0 > offset[1]
    middle = found.offsets_deg[4]
    across = math.degrees(math.atan(0.01 * 0.3 / 0.6))
    assert middle == pytest.approx((across, -across * 2 * 400 / 600), rel=1e-3)


def test_validation_record_keeps_order_of_targets() -> None:
    made = Procedure(9, Plan(seed=3, dwell_s=1.0), 0.0)
    while made.target is not None:
        x, y = PLACES[made.target]
        made.add([Sample(made.since + 0.01 * i, x, y) for i in range(100)])
        made.advance(made.since + 1.0)
    found = ValidationRecord.of(made, PLACES, SETTINGS, size=SIZE, at=AT, source="eye", geometry="")
    assert [(point.x, point.y) for point in found.result.points] == PLACES
    assert found.result.accuracy_deg == pytest.approx(0, abs=1e-9)


def test_validation_record_unseen_target_has_no_offset() -> None:
    found = validated(blind=(2,))
    assert found.offsets_deg[2] is None
    assert found.result.points[2].accuracy_deg is None
    assert found.shift_deg is not None
    assert all(map(math.isfinite, found.shift_deg))
    assert "nan" not in json.dumps(found.to_json()).lower()


def test_validation_record_reads_back_from_json() -> None:
    found = validated(blind=(2,))
    assert ValidationRecord.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version 2 is not supported"),
        ({"at": "yesterday"}, "at: "),
        ({"at": "2026-11-21T14:03:00"}, "time zone"),
        ({"size": [1, 5]}, "size"),
        ({"viewing_distance_m": -1}, "viewing_distance_m"),
        ({"offsets_deg": []}, "9 points need as many offsets, got 0"),
        ({"more": 1}, "unknown setting 'more'"),
    ],
)
def test_validation_record_damaged_json_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ValidationRecord.from_json({**validated().to_json(), **changes})


@pytest.mark.parametrize("content", [None, 3, [], "text", {}])
def test_validation_record_other_json_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match="validation: "):
        ValidationRecord.from_json(content)


def test_save_validation_json_has_result_and_samples(tmp_path: Path) -> None:
    found, path = validated(blind=(0,)), tmp_path / "found.json"
    save_validation(path, found, course(blind=(0,)).visits)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["format"] == "foveaview validation"
    told = content.pop("samples")
    del content["format"]
    assert ValidationRecord.from_json(content) == found
    assert [len(one["samples"]) for one in told] == [50] * 9
    assert told[0]["samples"][0][1:] == [None, None, False]
    assert told[1]["samples"][0][1:] == [pytest.approx(0.51), pytest.approx(0.08), True]


def test_save_validation_csv_has_row_per_target(tmp_path: Path) -> None:
    found, path = validated(blind=(0,)), tmp_path / "found.csv"
    save_validation(path, found)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["target"] for row in rows] == [str(i) for i in range(9)]
    assert (rows[0]["accuracy_deg"], rows[0]["offset_right_deg"], rows[0]["n"]) == ("", "", "50")
    assert float(rows[4]["accuracy_deg"]) == found.result.points[4].accuracy_deg
    assert found.offsets_deg[4] is not None
    assert float(rows[4]["offset_down_deg"]) == found.offsets_deg[4][1]


# verdicts


def result(accuracy_deg: float | None, usable: int = 60) -> ValidationResult:
    point = PointResult(x=0.5, y=0.5, n=60, n_usable=usable, accuracy_deg=accuracy_deg)
    return ValidationResult(points=(point,) * 9)


@given(st.floats(0.01, 2.0), st.floats(0.1, 30.0))
def test_pooling_radius_equals_the_models(alpha: float, eccentricity_deg: float) -> None:
    linear, quadratic = (LossSettings(alpha=alpha, mode=mode) for mode in ("linear", "quadratic"))
    half = alpha * eccentricity_deg / 2
    assert pooling_radius_deg(eccentricity_deg, linear) == pytest.approx(half)
    half *= math.radians(eccentricity_deg)
    assert pooling_radius_deg(eccentricity_deg, quadratic) == pytest.approx(half)


@pytest.mark.slow
@given(st.floats(0.0, 5.0), st.floats(0.5, 30.0))
def test_size_change_follows_the_model(error_deg: float, eccentricity_deg: float) -> None:
    ratio = (eccentricity_deg + error_deg) / eccentricity_deg
    for mode, power in (("linear", 1), ("quadratic", 2)):
        settings = LossSettings(alpha=0.1, mode=mode)
        assert size_change(error_deg, eccentricity_deg, settings) == pytest.approx(ratio**power - 1, abs=1e-9)


@pytest.mark.parametrize(
    ("accuracy_deg", "level", "words"),
    [
        (0.4, "good", "Good enough for this model: 5° from the gaze, pooling regions (1° wide)"),
        (0.4, "good", "come out up to 8 % too large"),
        (0.9, "fair", "Just about good enough"),
        (1.3, "poor", "Not good enough"),
        (90.0, "poor", "over 1000 %"),
        (None, "unknown", "no usable sample"),
    ],
)
def test_verdict_compares_accuracy_with_pooling_regions(
    accuracy_deg: float | None, level: str, words: str
) -> None:
    told = verdict(result(accuracy_deg), LossSettings(alpha=0.2, mode="linear"))
    assert told.level == level
    assert words in told.text


def test_verdict_names_eccentricity_of_small_error() -> None:
    told = verdict(result(0.8), LossSettings(alpha=0.2, mode="linear"))
    assert "From 8.0° outward it is no more than 10 %." in told.text


@pytest.mark.parametrize("alpha", [5e-324, 100.0])
def test_verdict_accepts_extreme_alpha(alpha: float) -> None:
    assert verdict(result(1.0), LossSettings(alpha=alpha, mode="quadratic")).text


def test_verdict_names_unseen_targets_and_lost_samples() -> None:
    points = list(result(0.4, usable=40).points)
    points[2] = PointResult(x=0.9, y=0.1, n=60, n_usable=0)
    told = verdict(ValidationResult(points=tuple(points)), LossSettings())
    assert "The eye was not seen at: top right." in told.text
    assert "More than a fifth of the samples were lost." in told.text
