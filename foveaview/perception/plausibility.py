"""Warnings about input that is valid but likely a mistake: each is given once, with the remedy."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn_of_gaze", "warn_of_range", "warn_user"]

_FARTHEST, _LARGEST = 5.0, 1e5
"""A gaze beyond the first is off the image's screen; no side of an image has as many pixels as the second."""

_LOWEST, _HIGHEST = -0.25, 2.0
"""Images under synthesis overshoot [0, 1], but do not reach these values."""

_OWN = ("foveaview", "torch")
_warned: set[str] = set()


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of user code that led to this call."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _OWN:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _warn_once(kind: str, message: str) -> None:
    """Warn the first time only, in this process."""
    if kind not in _warned:
        _warned.add(kind)
        warn_user(message)


def warn_of_gaze(x: float, y: float) -> None:
    """Warn once about a gaze that is likely in pixels; a stray gaze from a tracker does not count.

    >>> warn_of_gaze(0.5, 1.5)
    >>> warn_of_gaze(-40, 0.5)
    """
    if min(x, y) >= 1 and _FARTHEST < max(x, y) < _LARGEST:
        _warn_once(
            "gaze",
            f"gaze ({x:g}, {y:g}) lies far outside the image: it is in image coordinates, [0, 1] inside the "
            "image; divide pixels by the image's width and height",
        )


def warn_of_range(low: float, high: float, name: str) -> None:
    """Warn once about an image with values that are likely in [-1, 1] or from 0 to 255.

    >>> warn_of_range(-0.1, 1.1, "image")
    """
    if low >= _LOWEST and high <= _HIGHEST:
        return
    kind, remedy = "0 to 255", f"if white is 255, use {name} / 255"
    if low < _LOWEST:
        kind, remedy = "-1 to 1", f"if black is -1, use ({name} + 1) / 2"
    _warn_once(kind, f"{name} has values from {low:g} to {high:g}, expected [0, 1]: {remedy}")
