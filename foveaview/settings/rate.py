"""Settings of coding an image and of the cost of its bits."""

from __future__ import annotations

from foveaview.settings.setting import Settings, setting

__all__ = ["RateSettings"]


class RateSettings(Settings):
    """Settings of coding an image and of the cost of its bits.

    >>> RateSettings().n_qualities
    8
    """

    lmbda: float = setting(
        1e-3,
        "Lambda",
        "Cost of one bit per pixel, in units of the mean squared error.",
        group="Rate",
        step=1e-4,
        ge=0,
        le=1e6,
    )
    threshold: float = setting(
        5e-4,
        "Threshold",
        "Loss that a coded image should stay under.",
        group="Rate",
        step=1e-4,
        gt=0,
        le=1e6,
    )
    n_qualities: int = setting(
        8,
        "Qualities",
        "Qualities to code each format at, evenly spaced; PNG has no more than 8, its bits per channel.",
        group="Rate",
        ge=2,
        le=91,
    )
