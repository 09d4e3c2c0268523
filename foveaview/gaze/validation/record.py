"""Validation records: when, of which source, at which viewing geometry, and with which result."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, JsonValue, field_validator, model_validator

from foveaview.files import replacing
from foveaview.gaze.sample import Sample
from foveaview.gaze.validation.accuracy import ValidationResult, point_result
from foveaview.gaze.validation.procedure import Plan, Procedure, TargetInterval
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import LossSettings, Settings

__all__ = ["ValidationRecord", "save_validation"]

_FORMAT, _VERSION = "foveaview validation", 1

Gaze = tuple[float, float]
_Degrees = Annotated[float, Field(ge=-360, le=360)]


class ValidationRecord(Settings):
    """Result of a validation and its conditions.

    Attributes:
        at: date and time with the time zone, in ISO 8601.
        source: name of the gaze source.
        geometry: origin of the viewing geometry, in words.
        size: height and width in pixels of the image that defines the targets' coordinates.
        image_width_m, viewing_distance_m: viewing geometry; the width spans image coordinates 0 to 1.
        plan: how targets were shown.
        result: accuracy and precision.
        offsets_deg: mean offset of the usable samples from each target, right and down; None if a target has
            none.
    """

    at: str = Field(max_length=64)
    source: str = Field(max_length=1000)
    geometry: str = Field(max_length=1000)
    size: tuple[Annotated[int, Field(ge=2)], Annotated[int, Field(ge=2)]]
    image_width_m: float = Field(gt=0)
    viewing_distance_m: float = Field(gt=0)
    plan: Plan = Plan()
    result: ValidationResult
    offsets_deg: tuple[tuple[_Degrees, _Degrees] | None, ...]

    @field_validator("at")
    @classmethod
    def _is_a_date(cls, at: str) -> str:
        if datetime.fromisoformat(at).tzinfo is None:
            raise ValueError(f"at must be a date with a time zone, got {at!r}")
        return at

    @model_validator(mode="after")
    def _has_an_offset_each(self) -> Self:
        if len(self.offsets_deg) != len(self.result.points):
            raise ValueError(
                f"{len(self.result.points)} points need as many offsets, got {len(self.offsets_deg)}"
            )
        return self

    @classmethod
    def of(
        cls,
        course: Procedure,
        places: Sequence[Gaze],
        settings: LossSettings,
        *,
        size: tuple[int, int],
        at: datetime,
        source: str,
        geometry: str,
    ) -> ValidationRecord:
        """Build the record of a completed procedure.

        Args:
            course: the procedure, after all targets were shown.
            places: positions of the targets in image coordinates, by target number.
            settings: image width and viewing distance.
            size: height and width of the image in pixels.
            at: date and time of the validation, with the time zone.
            source: name of the gaze source.
            geometry: origin of the settings, in words.
        """
        angles = Angles.of(size, settings)
        visits = sorted(course.visits, key=lambda visit: visit.target)
        points = tuple(
            point_result(places[visit.target], visit.samples, visit.start, angles, settle_s=0)
            for visit in visits
        )
        return cls(
            at=at.isoformat(timespec="seconds"),
            source=source,
            geometry=geometry,
            size=size,
            image_width_m=settings.real_image_width,
            viewing_distance_m=settings.real_viewing_distance,
            plan=course.plan,
            result=ValidationResult(points=points),
            offsets_deg=tuple(_offset(places[visit.target], visit.samples, angles) for visit in visits),
        )

    @property
    def shift_deg(self) -> Gaze | None:
        """Mean offset of the gaze over all measured points, right and down; None if none was measured."""
        there = [offset for offset in self.offsets_deg if offset is not None]
        if not there:
            return None
        right, down = np.mean(there, axis=0)
        return float(right), float(down)

    @property
    def line(self) -> str:
        """Time, source and result in one line.

        >>> result = ValidationResult(points=())
        >>> about = {"source": "Pointer", "geometry": "", "size": (9, 9), "image_width_m": 0.2}
        >>> at = datetime(2026, 11, 21, 14, 3).astimezone().isoformat()
        >>> ValidationRecord(at=at, viewing_distance_m=0.7, result=result, offsets_deg=(), **about).line
        '21 Nov 14:03, Pointer: not measured: no usable sample at any of 0 points'
        """
        when = datetime.fromisoformat(self.at).astimezone()
        return f"{when:%d %b %H:%M}, {self.source}: {self.result.text}"

    def to_json(self) -> dict[str, JsonValue]:
        """Return plain values, for a session or a file."""
        return {"version": _VERSION, **self.model_dump(mode="json")}

    @classmethod
    def from_json(cls, content: Any) -> ValidationRecord:
        """Read the output of `to_json`; raises `ValueError` if it is damaged or of another version."""
        if not isinstance(content, dict):
            raise ValueError(f"validation: must be an object with fields, got {type(content).__name__}")
        values = dict(content)
        version = values.pop("version", None)
        if version != _VERSION:
            raise ValueError(f"validation: version {version!r} is not supported, expected {_VERSION}")
        return cls(**values)


def _offset(target: Gaze, samples: Sequence[Sample], angles: Angles) -> Gaze | None:
    """Offset of the mean sample from the target, right and down; its length is the angle between them."""
    usable = [sample for sample in samples if sample.usable]
    if not usable:
        return None
    x, y = (float(np.mean([getattr(sample, axis) for sample in usable])) for axis in "xy")
    (right, down), (from_x, from_y) = angles.to_degrees(x, y), angles.to_degrees(*target)
    right, down = right - from_x, down - from_y
    length = math.hypot(right, down)
    scale = float(angles.between(*target, x, y)) / length if length > 0 else 1.0
    return right * scale, down * scale


# files


def save_validation(path: Path, validated: ValidationRecord, visits: Sequence[TargetInterval] = ()) -> None:
    """Write a validation: CSV with one row per point if the name ends in .csv, else JSON with the samples.

    Raises:
        OSError: if writing fails.
    """
    with replacing(path) as part:
        if path.suffix.lower() == ".csv":
            _write_csv(part, validated)
        else:
            content = {"format": _FORMAT, **validated.to_json(), "samples": _samples(visits)}
            part.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")


def _samples(visits: Sequence[TargetInterval]) -> list[JsonValue]:
    """Samples by target: time, x, y and validity; x or y is null if it is not finite."""

    def row(sample: Sample) -> JsonValue:
        x, y = (value if math.isfinite(value) else None for value in (sample.x, sample.y))
        return [sample.t, x, y, sample.valid]

    return [
        {"target": visit.target, "samples": [row(sample) for sample in visit.samples]}
        for visit in sorted(visits, key=lambda visit: visit.target)
    ]


_COLUMNS = ("x", "y", "accuracy_deg", "precision_rms_deg", "precision_sd_deg", "n", "n_usable")


def _write_csv(path: Path, validated: ValidationRecord) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["target", *_COLUMNS, "offset_right_deg", "offset_down_deg"])
        rows = zip(validated.result.points, validated.offsets_deg, strict=True)
        for i, (point, offset) in enumerate(rows):
            values = [getattr(point, name) for name in _COLUMNS]
            writer.writerow([i, *("" if value is None else value for value in values), *(offset or ("", ""))])
