"""How a recording of gaze is played, and its fixations found."""

from __future__ import annotations

from typing import Literal

from foveaview.settings.setting import Settings, setting

__all__ = ["FixationSettings", "ReplaySettings"]


class FixationSettings(Settings):
    """How fixations are found in a recording; I-DT and I-VT as Salvucci and Goldberg (2000) define them.

    >>> FixationSettings().method
    'I-DT'
    """

    method: Literal["none", "I-DT", "I-VT"] = setting(
        "I-DT",
        "Fixations",
        "How fixations are found: by dispersion (I-DT), by velocity (I-VT), or not at all.",
        group="Fixations",
    )
    dispersion_deg: float = setting(
        1.0,
        "Dispersion",
        "I-DT: the places of a fixation spread over no more than this, x and y added.",
        unit="°",
        group="Fixations",
        step=0.1,
        gt=0,
        le=90,
    )
    velocity_deg_s: float = setting(
        30.0,
        "Velocity",
        "I-VT: in a fixation the eye is slower than this.",
        unit="°/s",
        group="Fixations",
        step=5,
        gt=0,
        le=2000,
    )
    duration_ms: int = setting(
        100,
        "Shortest fixation",
        "What lasts for less is no fixation.",
        unit="ms",
        group="Fixations",
        step=10,
        ge=1,
        le=10_000,
    )


class ReplaySettings(Settings):
    """How a recording is played.

    >>> ReplaySettings().speed
    1.0
    """

    speed: float = setting(
        1.0,
        "Speed",
        "Seconds of the recording in a second.",
        unit="x",
        group="Replay",
        step=0.1,
        ge=0.1,
        le=10,
    )
    loop: bool = setting(False, "Loop", "Begin again after the last sample.", group="Replay")
