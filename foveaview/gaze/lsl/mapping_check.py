"""Check of a mapping against the numbers that arrive."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveaview.gaze.lsl.mapping import Mapping, merged

__all__ = ["judge", "on_screen"]

Numbers = npt.NDArray[np.float64]

_PIXELS_FROM = 5.0  # shares of a screen never lie that far outside it
_MOSTLY = 0.5
_RARELY = 0.1


def on_screen(mapping: Mapping, rows: Numbers, screen: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """Convert rows of channels to gaze in shares of the screen or of the image; NaN if missing.

    Args:
        mapping: mapping of the channels.
        rows: (n, channels).
        screen: width and height in pixels.

    >>> x, y = on_screen(Mapping(unit="px"), np.array([[960.0, 270.0]]), (1920, 1080))
    >>> float(x[0]), float(y[0])
    (0.5, 0.25)
    """
    x, y, _ = merged(mapping, rows)
    across, down = screen if mapping.unit == "px" else (1, 1)
    return x / across, y / down


def judge(mapping: Mapping, rows: Numbers, screen: tuple[int, int]) -> str:
    """Return the first problem of a mapping, in words; empty if there is none.

    Args:
        mapping: the mapping to check.
        rows: (n, channels) of the last seconds, n at least 1.
        screen: width and height in pixels.

    >>> judge(Mapping(unit="screen"), np.array([[960.0, 540.0]]), (1920, 1080))
    'x and y reach 960, too much for shares of the screen: choose pixels, or give a scale'
    """
    raw = rows[:, [channel for eye in mapping.eyes for channel in eye]]
    with np.errstate(all="ignore"):
        missing = _missing(mapping, rows, raw)
        return missing or _size(mapping, raw) or _place(mapping, rows, screen) or _standing(raw)


def _missing(mapping: Mapping, rows: Numbers, raw: Numbers) -> str:
    """Report channels without any number, or without one that counts."""
    if not np.isfinite(raw).any():
        return "these channels give no numbers (NaN): the eye is not seen, or the channels are wrong"
    if mapping.confidence is not None:
        sure = rows[:, mapping.confidence]
        if not (sure >= mapping.threshold).any():
            most = np.nanmax(sure) if np.isfinite(sure).any() else np.nan
            return (
                f"no sample reaches a confidence of {mapping.threshold:g}, the highest was {most:g}: "
                "lower the least confidence, or choose another channel"
            )
    if mapping.zero_is_missing and not raw[np.isfinite(raw)].any():
        return "both are always 0, which means that the eye is not seen"
    return ""


def _size(mapping: Mapping, raw: Numbers) -> str:
    """Report numbers that are too large or too small for their unit."""
    factors = np.tile([mapping.scale_x, mapping.scale_y], len(mapping.eyes))
    scaled = np.abs(raw * factors)
    numbers = [column[np.isfinite(column)] for column in scaled.T]
    middles = [float(np.median(column)) for column in numbers if column.size]
    if not middles:
        return ""
    middle, most = max(middles), max(float(column.max()) for column in numbers if column.size)
    if mapping.unit != "px" and middle > _PIXELS_FROM:
        what = "shares of the screen" if mapping.unit == "screen" else "image coordinates"
        return f"x and y reach {most:.4g}, too much for {what}: choose pixels, or give a scale"
    if mapping.unit == "px" and 0 < most <= 1.5:
        return f"x and y stay below {most:.2g}, so they are probably not pixels: choose shares of the screen"
    return ""


def _place(mapping: Mapping, rows: Numbers, screen: tuple[int, int]) -> str:
    """Report gaze that is rarely usable, or mostly outside the screen or image."""
    x, y = on_screen(mapping, rows, screen)
    seen = np.isfinite(x) & np.isfinite(y)
    if seen.mean() < _RARELY:
        return (
            f"{100 * seen.mean():.0f} % of the samples are usable: look at the screen, or change the mapping"
        )
    outside = 1 - ((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1))[seen].mean()
    if outside <= _MOSTLY:
        return ""
    where = "image" if mapping.unit == "image" else "screen"
    turned = "whether y points up" if ((y[seen] < 0) | (y[seen] > 1)).any() else "unit and scale"
    return f"{100 * outside:.0f} % of the gaze lies outside the {where}: look at it and check {turned}"


def _standing(raw: Numbers) -> str:
    """Report an axis that never changes."""
    still = [axis for column, axis in enumerate("xy") if len(raw) > 1 and np.ptp(raw[:, column]) == 0]
    if not still:
        return ""
    what = " and ".join(still)
    return f"{what} {'do' if len(still) > 1 else 'does'} not change: look around, or choose another channel"
