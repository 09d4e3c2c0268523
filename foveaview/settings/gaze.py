"""Settings of following a tracked gaze and of its display in time."""

from __future__ import annotations

from typing import Literal

from foveaview.settings.setting import Settings, setting

__all__ = ["GazeSettings"]


class GazeSettings(Settings):
    """Settings of following a tracked gaze, and of the pointer in a tracker's place.

    >>> GazeSettings().freeze_ms
    100
    """

    smoothing: bool = setting(
        True,
        "Smoothing",
        "Smooth the gaze with a one-euro filter.",
        group="Smoothing",
    )
    min_cutoff_hz: float = setting(
        1.0,
        "Cutoff at rest",
        "Cutoff of the filter while the eye rests; lower is stiller and later.",
        unit="Hz",
        group="Smoothing",
        step=0.1,
        gt=0,
        le=1000,
    )
    beta: float = setting(
        0.3,
        "Beta",
        "Growth of the cutoff with the eye's speed, in Hz to a degree a second; higher is later less.",
        unit="Hz/(°/s)",
        group="Smoothing",
        step=0.1,
        ge=0,
        le=100,
    )
    derivative_cutoff_hz: float = setting(
        1.0,
        "Speed cutoff",
        "Cutoff of the low-pass filter of the gaze speed. Lower values reduce noise.",
        unit="Hz",
        group="Smoothing",
        step=0.1,
        gt=0,
        le=1000,
    )
    lock: bool = setting(
        False,
        "Move gaze per fixation",
        "Move the gaze once per fixation. The fixations of the scanpath follow the settings of the timeline.",
        group="Fixation lock",
    )
    dispersion_deg: float = setting(
        1.0,
        "Dispersion",
        "Largest spread of a fixation, x and y added (I-DT).",
        unit="°",
        group="Fixation lock",
        step=0.1,
        gt=0,
        le=90,
    )
    duration_ms: int = setting(
        100,
        "Shortest fixation",
        "Time that the eye must rest before the gaze moves.",
        unit="ms",
        group="Fixation lock",
        step=10,
        ge=1,
        le=10_000,
    )
    freeze_ms: int = setting(
        100,
        "Freeze after",
        "Hold the gaze if the latest sample is older than this.",
        unit="ms",
        group="Tracker",
        step=10,
        ge=1,
        le=60_000,
    )
    pointer_delay_ms: int = setting(
        0,
        "Delay",
        "Delay of the pointer's samples, to stand in for a tracker. The latency includes it.",
        unit="ms",
        group="Pointer",
        step=10,
        ge=0,
        le=10_000,
    )
    pointer_jitter_deg: float = setting(
        0.0,
        "Jitter",
        "Standard deviation of the noise added to the pointer's samples, in x and in y.",
        unit="°",
        group="Pointer",
        step=0.1,
        ge=0,
        le=45,
    )
    pointer_dropouts_per_s: float = setting(
        0.0,
        "Dropouts",
        "Rate of random dropouts of the pointer's samples.",
        unit="/s",
        group="Pointer",
        step=0.1,
        ge=0,
        le=100,
    )
    pointer_dropout_ms: int = setting(
        150,
        "Dropout length",
        "Length of a dropout. A blink hides the eye for 100 to 400 ms.",
        unit="ms",
        group="Pointer",
        step=10,
        ge=1,
        le=60_000,
    )
    bank: Literal["auto", "always", "never"] = setting(
        "auto",
        "Precomputed metamers",
        "Show metamers computed in advance for a grid of gazes: if the machine is too slow, always or never.",
        group="Precomputed metamers",
    )
    bank_points: int = setting(
        12,
        "Gazes",
        "Gazes along the longer side of the image; fewer if the metamers would need over 512 MB.",
        group="Precomputed metamers",
        ge=2,
        le=64,
    )
