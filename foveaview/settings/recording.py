"""Settings of reading and playing a recording of gaze, and of finding its fixations."""

from __future__ import annotations

from typing import Literal

from foveaview.settings.setting import Settings, setting

__all__ = ["CoordinateUnit", "FixationSettings", "Origin", "ReadingSettings", "ReplaySettings"]

Origin = Literal["top-left", "bottom-left", "centre", "centre-y-down"]
"""Origin of a recording's x and y. y counts down from the top, else only if the name says so."""

CoordinateUnit = Literal["image", "screen", "px", "norm", "height"]
"""Unit of a table's x and y.

- "image", "screen", "px": as `foveaview.gaze.Unit`.
- "norm": from -1 to 1 on each side of the screen's centre, as PsychoPy's norm.
- "height": parts of the screen's height from its centre, as PsychoPy's height.
"""


class ReadingSettings(Settings):
    """Facts that a file of gaze does not state about itself, and the recording to read.

    >>> ReadingSettings(recording="P01").recording
    'P01'
    """

    recording: str = setting(
        "",
        "Recording",
        "Which recording is read if a file holds several: its name, or its number.",
        group="Reading",
    )
    stream: str = setting(
        "",
        "Stream",
        "Which stream of an XDF file is gaze: its number, name, source_id or name@host.",
        group="Reading",
    )
    unit: Literal["auto", CoordinateUnit] = setting(
        "auto",
        "Unit",
        "What x and y count, if the file does not say it: image, screen (shares), px, norm or height.",
        group="Reading",
    )
    origin: Literal["auto", Origin] = setting(
        "auto",
        "Origin",
        "Point at which x and y are 0, if the file names none; y counts upwards from bottom-left and centre.",
        group="Reading",
    )
    screen: tuple[int, int] | None = setting(
        None,
        "Screen",
        "Width and height of the screen in px, if the file does not say them.",
        unit="px",
        group="Reading",
    )


class FixationSettings(Settings):
    """Settings of finding fixations in a recording; I-DT and I-VT follow Salvucci and Goldberg (2000).

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
    """Settings of playing a recording.

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
