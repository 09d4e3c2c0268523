"""Settings for keeping a run's images while it is open."""

from __future__ import annotations

from foveaview.settings.setting import Settings, setting

__all__ = ["KeepSettings"]


class KeepSettings(Settings):
    """Settings for keeping a run's images while it is open; they do not affect results.

    >>> KeepSettings().history_mb
    512
    """

    history_mb: int = setting(
        512,
        "History",
        "Room on disk for the images of a run, to go back through; 0 keeps none.",
        unit="MB",
        group="Run",
        step=64,
        ge=0,
        le=1_000_000,
    )
