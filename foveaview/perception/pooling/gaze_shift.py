"""Gaze shifts by visual angles."""

from __future__ import annotations

import math

from foveaview.settings import LossSettings

__all__ = ["gaze_moved"]

_OUTERMOST_RAD = math.radians(89)


def _moved(along: float, across: float, angle: float) -> float:
    """Position on a line of the screen, in viewing distances, after the eye has turned along that line."""
    distance = math.hypot(1, across)  # from the eye to the line
    turned = math.atan2(along, distance) + angle
    return distance * math.tan(min(max(turned, -_OUTERMOST_RAD), _OUTERMOST_RAD))


def gaze_moved(
    gaze: tuple[float, float], degrees: tuple[float, float], size: tuple[int, int], settings: LossSettings
) -> tuple[float, float]:
    """Gaze position after the eye has turned.

    Args:
        gaze: x and y in image coordinates.
        degrees: turn to the right, along the row, and then down, along the column.
        size: height and width of the image in pixels.
        settings: image width and viewing distance.

    >>> x, y = gaze_moved((0.5, 0.5), (1, 0), (512, 512), LossSettings())
    >>> round((x - 0.5) * 0.2 - 0.7 * math.tan(math.radians(1)), 9), y
    (0.0, 0.5)
    """
    ratio = settings.real_image_width / settings.real_viewing_distance
    aspect = size[0] / size[1]
    x, y = (gaze[0] - 0.5) * ratio, (gaze[1] - 0.5) * ratio * aspect
    if degrees[0]:
        x = _moved(x, y, math.radians(degrees[0]))
    if degrees[1]:
        y = _moved(y, x, math.radians(degrees[1]))
    return x / ratio + 0.5, y / (ratio * aspect) + 0.5
