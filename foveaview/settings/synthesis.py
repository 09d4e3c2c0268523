"""How a metamer is searched for."""

from __future__ import annotations

from typing import Literal

from foveaview.settings.setting import Settings, setting

__all__ = ["SynthesisSettings"]


class SynthesisSettings(Settings):
    """How a metamer is searched for.

    >>> SynthesisSettings(steps=200, start="ventral").steps
    200
    """

    start: Literal["noise", "ventral", "target+noise", "image"] = setting(
        "noise",
        "Start",
        "Where the search starts: uniform noise, the ventral metamer, the target plus noise, or an image.",
        group="Run",
    )
    steps: int = setting(500, "Steps", "Gradient steps in all.", group="Run", step=50, ge=0, le=10_000_000)
    learning_rate: float = setting(
        0.01, "Learning rate", "Step size of Adam.", group="Run", step=0.001, gt=0, le=10
    )
    seed: int = setting(
        0, "Seed", "Seed of the random start and of the ventral metamer.", group="Run", ge=0, le=2**31 - 1
    )
    noise_sd: float = setting(
        0.1,
        "Start noise",
        "Standard deviation of the noise of start target+noise.",
        group="Run",
        step=0.01,
        ge=0,
        le=1,
    )
    stop_fraction: float = setting(
        0.01,
        "Stop below",
        "Converged when the loss falls by less than this fraction over the stop window; 0 never stops.",
        group="Run",
        step=0.001,
        ge=0,
        lt=1,
    )
    stop_window: int = setting(
        50,
        "Stop window",
        "Steps over which the fall of the loss is taken.",
        unit="steps",
        group="Run",
        ge=1,
        le=1_000_000,
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = setting(
        "auto", "Device", "Where to compute; auto takes a GPU where there is one.", group="Run"
    )
