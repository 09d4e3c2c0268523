"""Assessment of gaze accuracy against the pooling regions of a model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from foveaview.gaze.validation.accuracy import ValidationResult
from foveaview.perception.geometry import region_axes
from foveaview.settings import LossSettings

__all__ = ["NAMES", "Assessment", "name_of", "pooling_radius_deg", "size_change", "verdict"]

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
"""Names of the targets, in the order of `accuracy.targets`."""

LevelWeights = Literal["good", "fair", "poor", "unknown"]

_TYPICAL_DEG = 5.0
_FEWEST_USABLE = 0.8
_FARTHEST_DEG = 80.0
_SMALLEST_ALPHA = 1e-6  # a smaller alpha gives the same share, up to rounding
_SMALL, _LARGE = 0.1, 0.25


def name_of(point: int, count: int) -> str:
    """Return the name of a target, given its number and the number of targets.

    >>> name_of(4, 9), name_of(4, 5)
    ('middle', '5')
    """
    return NAMES[point] if count == len(NAMES) else str(point + 1)


@dataclass(frozen=True)
class Assessment:
    """Assessment of a validation.

    Attributes:
        level: the verdict in one word.
        text: the explanation for the user.
    """

    level: LevelWeights
    text: str


def pooling_radius_deg(eccentricity_deg: float, settings: LossSettings) -> float:
    """Radius in degrees of the pooling region at an eccentricity; the region lies opposite the eye.

    >>> round(pooling_radius_deg(5.0, LossSettings(alpha=0.2, mode="linear")), 6)
    0.5
    """
    plain = settings.replace(real_image_width=2.0, real_viewing_distance=1.0)
    gaze = (0.5 + math.tan(math.radians(eccentricity_deg)) / 2, 0.5)
    _inner, outer, _breadth = region_axes((0.5, 0.5), (2, 2), gaze, plain)
    return math.degrees(math.atan(outer))


def size_change(error_deg: float, eccentricity_deg: float, settings: LossSettings) -> float:
    """Relative growth of pooling regions caused by a gaze error in the worst direction.

    The size of the region about a pixel follows from the eccentricity of the pixel. In the worst direction,
    the assumed eccentricity is too large by the full gaze error.

    Args:
        error_deg: gaze error as an angle.
        eccentricity_deg: true eccentricity, over 0.
        settings: alpha and mode.

    >>> round(size_change(1.0, 5.0, LossSettings(mode="linear")), 6)
    0.2
    >>> round(size_change(1.0, 5.0, LossSettings(mode="quadratic")), 6)
    0.44
    """
    ends = (min(eccentricity_deg + error_deg, _FARTHEST_DEG), min(eccentricity_deg, _FARTHEST_DEG))
    settings = settings.replace(alpha=max(settings.alpha, _SMALLEST_ALPHA))
    wrong, right = (pooling_radius_deg(end, settings) for end in ends)
    return wrong / right - 1


def _tolerant_from(error_deg: float, settings: LossSettings) -> float:
    """Eccentricity in degrees beyond which the change is small."""
    low, high = 0.0, _FARTHEST_DEG
    for _ in range(40):
        middle = (low + high) / 2
        small = size_change(error_deg, middle, settings) <= _SMALL
        low, high = (low, middle) if small else (middle, high)
    return high


def verdict(result: ValidationResult, settings: LossSettings) -> Assessment:
    """Assess whether the gaze is accurate enough for a model.

    The criterion is the change in size of the pooling regions at an eccentricity of 5 degrees, see
    `size_change`: "good" up to a tenth, "fair" up to a quarter, and "poor" beyond; "unknown" if no point was
    measured. These limits are this program's own convention.

    Args:
        result: accuracy, in degrees.
        settings: alpha and mode; the geometry is not used.

    >>> verdict(ValidationResult(points=()), LossSettings()).level
    'unknown'
    """
    error = result.accuracy_deg
    if error is None:
        return Assessment("unknown", "Nothing was measured: the source gave no usable sample.")
    change, width = size_change(error, _TYPICAL_DEG, settings), 2 * pooling_radius_deg(_TYPICAL_DEG, settings)
    level, word = _level(change)
    found = f"{_TYPICAL_DEG:g}° from the gaze, pooling regions ({width:.2g}° wide) come out up to"
    return Assessment(
        level, f"{word}: {found} {_percent(change)} too large. {_reach(error, settings)}{_losses(result)}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share < 10 else "over 1000 %"


def _level(change: float) -> tuple[LevelWeights, str]:
    """Return the level and a phrase for it."""
    if change <= _SMALL:
        return "good", "Good enough for this model"
    if change <= _LARGE:
        return "fair", "Just about good enough for this model"
    return "poor", "Not good enough for this model"


def _reach(error_deg: float, settings: LossSettings) -> str:
    tolerant = _tolerant_from(error_deg, settings)
    return f"From {tolerant:.1f}° outward it is no more than {_percent(_SMALL)}."


def _losses(result: ValidationResult) -> str:
    missing = [name_of(i, len(result.points)) for i in _unmeasured(result)]
    text = f" The eye was not seen at: {', '.join(missing)}." if missing else ""
    if result.share_usable < _FEWEST_USABLE:
        text += " More than a fifth of the samples were lost."
    return text


def _unmeasured(result: ValidationResult) -> list[int]:
    return [i for i, point in enumerate(result.points) if point.accuracy_deg is None]
