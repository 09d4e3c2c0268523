"""Check that the image on the screen is as large as the model assumes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from foveaview.display.uncertainty import Measurement
from foveaview.settings import LossSettings

__all__ = ["Validity", "check_validity", "zoom_for"]

_TOLERANCE = 0.02  # angles are then off by 2 %, less than the uncertainty of a distance


@dataclass(frozen=True)
class Validity:
    """Comparison of the modelled image width with the shown width, in metres."""

    modelled_m: float
    shown: Measurement

    @property
    def ratio(self) -> float:
        """Shown width over modelled width."""
        return self.shown.value / self.modelled_m

    @property
    def valid(self) -> bool:
        """Return True if both agree within 2 %, or within the 95 % interval of the shown width."""
        low, high = self.shown.interval
        return abs(self.ratio - 1) <= _TOLERANCE or low <= self.modelled_m <= high

    @property
    def text(self) -> str:
        """Summary in one line.

        >>> Validity(0.2, Measurement(0.143)).text
        'modelled 200 mm, shown 143 mm'
        """
        if self.valid:
            return f"valid here: {_millimetres(self.shown.value)} mm as modelled"
        return f"modelled {_millimetres(self.modelled_m)} mm, shown {_millimetres(self.shown.value)} mm"


def _millimetres(metres: float) -> str:
    """Format a width in mm: whole numbers from 100 to 1e6, else three digits."""
    value = metres * 1000
    return f"{value:.0f}" if 100 <= value < 1e6 else f"{value:.3g}"


def _check(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name.replace('_', ' ')}: a number over 0 was expected, got {value}")


def check_validity(
    settings: LossSettings, width_px: int, zoom: float, pitch: Measurement | float
) -> Validity:
    """Compare the width of an image on the screen with the modelled width.

    Args:
        settings: image width in metres.
        width_px: width of the image in pixels.
        zoom: device pixels per image pixel.
        pitch: width of a device pixel in metres, measured or assumed exact.

    Raises:
        ValueError: if a number is not positive and finite.

    >>> check_validity(LossSettings(real_image_width=0.25), 1000, 1.0, 0.00025).text
    'valid here: 250 mm as modelled'
    """
    pitch = pitch if isinstance(pitch, Measurement) else Measurement(pitch)
    _check(width_px=width_px, zoom=zoom, pitch=pitch.value)
    pixels = width_px * zoom
    return Validity(settings.real_image_width, Measurement(pitch.value * pixels, pitch.sd * pixels))


def zoom_for(settings: LossSettings, width_px: int, pitch_m: float) -> float:
    """Return the zoom, in device pixels per image pixel, that gives the image its modelled width.

    >>> zoom_for(LossSettings(real_image_width=0.5), 1000, 0.00025)
    2.0
    """
    _check(width_px=width_px, pitch=pitch_m)
    return settings.real_image_width / (pitch_m * width_px)
