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
        "Cutoff of the speed",
        "Cutoff of the filter of the eye's speed; lower is less moved by noise.",
        unit="Hz",
        group="Smoothing",
        step=0.1,
        gt=0,
        le=1000,
    )
    lock: bool = setting(
        False,
        "Lock",
        "Move the gaze only when the eye rests. The fixations of the scanpath are found by the timeline's.",
        group="Fixation lock",
    )
    dispersion_deg: float = setting(
        1.0,
        "Dispersion",
        "The lock: the eye rests where its places spread over no more than this, x and y added (I-DT).",
        unit="°",
        group="Fixation lock",
        step=0.1,
        gt=0,
        le=90,
    )
    duration_ms: int = setting(
        100,
        "Shortest fixation",
        "The lock: the eye rests when it has rested for so long.",
        unit="ms",
        group="Fixation lock",
        step=10,
        ge=1,
        le=10_000,
    )
    freeze_ms: int = setting(
        100,
        "Freeze after",
        "Hold the gaze still when the newest sample is older than this.",
        unit="ms",
        group="Tracker",
        step=10,
        ge=1,
        le=60_000,
    )
    pointer_delay_ms: int = setting(
        0,
        "Delay",
        "The pointer in a tracker's place: how long its samples are on their way. The latency counts it.",
        unit="ms",
        group="Pointer",
        step=10,
        ge=0,
        le=10_000,
    )
    pointer_jitter_deg: float = setting(
        0.0,
        "Jitter",
        "Standard deviation of the noise on the pointer's samples, each way.",
        unit="°",
        group="Pointer",
        step=0.1,
        ge=0,
        le=45,
    )
    pointer_dropouts_per_s: float = setting(
        0.0,
        "Dropouts",
        "How often the pointer's samples fail, at random.",
        unit="/s",
        group="Pointer",
        step=0.1,
        ge=0,
        le=100,
    )
    pointer_dropout_ms: int = setting(
        150,
        "Dropout length",
        "For how long they fail: a blink hides the eye for 100 to 400 ms, what is shorter is a dropout.",
        unit="ms",
        group="Pointer",
        step=10,
        ge=1,
        le=60_000,
    )
    bank: Literal["auto", "always", "never"] = setting(
        "auto",
        "Metamer bank",
        "Show metamers made beforehand for a grid of gazes: where the machine is too slow, always or never.",
        group="Bank",
    )
    bank_points: int = setting(
        12,
        "Gazes",
        "Gazes of the bank along the longer side of the picture; fewer where they would take over 512 MB.",
        group="Bank",
        ge=2,
        le=64,
    )
