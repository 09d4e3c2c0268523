"""Whether a tracker tells where the eye looks well enough for a model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from foveaview.gaze.validation import ValidationResult
from foveaview.perception.geometry import region_axes
from foveaview.settings import LossSettings

__all__ = ["NAMES", "Verdict", "name_of", "pooling_radius_deg", "verdict"]

NAMES = (
    "top left",
    "top",
    "top right",
    "left",
    "middle",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
)
"""Of the targets, in the order of `gaze.validation.targets`."""

Level = Literal["good", "fair", "poor", "unknown"]

_TYPICAL_DEG = 5.0
_FEWEST_USABLE = 0.8
_FARTHEST_DEG = 80.0
_SMALLEST_DEG = 1e-9


def name_of(point: int, count: int) -> str:
    """Of a target, by its number and how many there are.

    >>> name_of(4, 9), name_of(4, 5)
    ('middle', '5')
    """
    return NAMES[point] if count == len(NAMES) else str(point + 1)


@dataclass(frozen=True)
class Verdict:
    """Whether a validation is good enough.

    Attributes:
        level: in one word.
        text: in plain ones.
    """

    level: Level
    text: str


def pooling_radius_deg(eccentricity_deg: float, settings: LossSettings) -> float:
    """Radius of the pooling region that lies so far from the gaze, opposite the eye, in degrees.

    >>> round(pooling_radius_deg(5.0, LossSettings(alpha=0.2, mode="linear")), 6)
    0.5
    """
    plain = settings.replace(real_image_width=2.0, real_viewing_distance=1.0)
    gaze = (0.5 + math.tan(math.radians(eccentricity_deg)) / 2, 0.5)
    _inner, outer, _breadth = region_axes((0.5, 0.5), (2, 2), gaze, plain)
    return math.degrees(math.atan(outer))


def _tolerant_from(error_deg: float, settings: LossSettings) -> float | None:
    """Eccentricity from which pooling regions have a radius of an error; None where that is too far out."""
    low, high = 0.0, _FARTHEST_DEG
    if pooling_radius_deg(high, settings) < error_deg:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        below = pooling_radius_deg(middle, settings) < error_deg
        low, high = (middle, high) if below else (low, middle)
    return high


def verdict(result: ValidationResult, settings: LossSettings) -> Verdict:
    """Whether the gaze is known well enough for a model.

    A gaze that is off by an angle shifts the pooling regions by about as much. Where that is no more than
    their radius, what is pooled is still mostly the same: "good" is that at an eccentricity of 5 degrees,
    "fair" no more than their diameter there, and "poor" more.

    Args:
        result: accuracy, in degrees.
        settings: alpha and mode; the geometry is not used.

    >>> verdict(ValidationResult(points=()), LossSettings()).level
    'unknown'
    """
    error = result.accuracy_deg
    if error is None:
        return Verdict("unknown", "Nothing was measured: the source gave no usable sample.")
    radius = pooling_radius_deg(_TYPICAL_DEG, settings)
    compared = f"{error:.2f}° against a radius of {radius:.2f}° of the pooling regions at {_TYPICAL_DEG:g}°"
    level, word = _level(error / max(radius, _SMALLEST_DEG))
    return Verdict(level, f"{word}: {compared}. {_reach(error, settings)}{_losses(result)}")


def _level(radii: float) -> tuple[Level, str]:
    """In a word and in a few, of an error in radii."""
    if radii <= 1:
        return "good", "Good enough for this model"
    if radii <= 2:
        return "fair", "Just about good enough for this model"
    return "poor", "Not good enough for this model"


def _reach(error_deg: float, settings: LossSettings) -> str:
    tolerant = _tolerant_from(error_deg, settings)
    if tolerant is None:
        return "No region has so large a radius."
    return f"From {tolerant:.1f}° outward their radius is larger than the error."


def _losses(result: ValidationResult) -> str:
    missing = [name_of(i, len(result.points)) for i in _unmeasured(result)]
    text = f" Nothing was seen at: {', '.join(missing)}." if missing else ""
    if result.share_usable < _FEWEST_USABLE:
        text += f" Many samples were lost: only {100 * result.share_usable:.0f} % are usable."
    return text


def _unmeasured(result: ValidationResult) -> list[int]:
    return [i for i, point in enumerate(result.points) if point.accuracy_deg is None]
