"""Times as they stand at an axis: as on a clock, and at round steps."""

from __future__ import annotations

import math

__all__ = ["clock_text", "step_digits", "tick_step_s"]

_FEWEST_PX = 60  # between two labels
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18000, 36000)


def clock_text(seconds: float, digits: int = 0) -> str:
    """Format minutes and seconds, with hours if there are any; "-:--" if the time is not finite.

    >>> clock_text(75.25, 1), clock_text(3661)
    ('1:15.2', '1:01:01')
    """
    if not math.isfinite(seconds):
        return "-:--"
    shown = round(max(seconds, 0.0), digits)
    minutes, rest = divmod(shown, 60)
    hours, minutes = divmod(int(minutes), 60)
    width = 3 + digits if digits else 2
    tail = f"{minutes:02d}:{rest:0{width}.{digits}f}" if hours else f"{minutes}:{rest:0{width}.{digits}f}"
    return f"{hours}:{tail}" if hours else tail


def tick_step_s(seconds: float, width_px: int) -> float:
    """Seconds between two labels of an axis that shows a stretch of time in so many pixels.

    >>> tick_step_s(10.0, 600), tick_step_s(0.5, 600), tick_step_s(3600.0, 600)
    (1.0, 0.05, 600.0)
    """
    least = seconds * _FEWEST_PX / max(width_px, 1)
    if least < 1:
        decade = 10.0 ** math.floor(math.log10(least))
        return next(decade * part for part in (1, 2, 5, 10) if decade * part >= least)
    return float(next((step for step in _STEPS_S if step >= least), _STEPS_S[-1]))


def step_digits(step_s: float) -> int:
    """Digits after the point that labels at such steps need.

    >>> step_digits(0.05), step_digits(0.1), step_digits(30.0)
    (2, 1, 0)
    """
    return max(0, -math.floor(math.log10(step_s))) if step_s < 1 else 0
