"""The screen that the window is on, as the system reports it."""

from __future__ import annotations

from PySide6.QtGui import QScreen

from foveaview.display.models import Display

__all__ = ["reported_display", "screen_display"]

_NAME = "this screen, as it reports itself"

_WIDTHS_M = (0.05, 5.0)
_PITCHES_M = (0.00002, 0.002)
_SQUARE_WITHIN = 0.1


def reported_display(
    points: tuple[int, int], millimetres: tuple[float, float], ratio: float, viewing_distance_m: float
) -> Display | None:
    """Make a display from the values that a screen reports; None if they are invalid.

    A projector reports no size, a virtual screen any; a system that takes 96 dots for an inch cannot be told
    from one that knows: calibrate where it matters.

    Args:
        points: width and height in the window system's points.
        millimetres: width and height of the lit area.
        ratio: device pixels to a point.
        viewing_distance_m: from the eye to the screen.

    >>> display = reported_display((1280, 720), (597, 336), 2.0, 0.6)
    >>> display.resolution, display.width_m
    ((2560, 1440), 0.597)
    """
    across, down = (round(count * ratio) for count in points)
    width, height = (length / 1000 for length in millimetres)
    if min(across, down) < 1 or not (_WIDTHS_M[0] <= width <= _WIDTHS_M[1]) or height <= 0:
        return None
    pitch = width / across
    if not _PITCHES_M[0] <= pitch <= _PITCHES_M[1] or abs(height / down / pitch - 1) > _SQUARE_WITHIN:
        return None
    return Display(_NAME, (across, down), width, viewing_distance_m)


def screen_display(screen: QScreen | None, viewing_distance_m: float) -> Display | None:
    """The screen that a window is on as a display; None if it reports no size that can be."""
    if screen is None:
        return None
    size, area = screen.size(), screen.physicalSize()
    points, millimetres = (size.width(), size.height()), (area.width(), area.height())
    return reported_display(points, millimetres, screen.devicePixelRatio(), viewing_distance_m)
