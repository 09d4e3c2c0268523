"""Settings: frozen values that panel, command line, checkpoint and library share.

Each default, limit, unit and description is written once, here.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

__all__ = [
    "FixationSettings",
    "GazeSettings",
    "KeepSettings",
    "LossSettings",
    "ObjectiveSettings",
    "RateSettings",
    "ReplaySettings",
    "Settings",
    "SynthesisSettings",
    "weight_names",
]


def _sentence(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"])) or "settings"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"unknown setting {name!r}"
    if error["type"] == "value_error":
        return f"{name}: {message}" if error["loc"] else message
    return f"{name}: {message[0].lower()}{message[1:]}, got {error['input']!r}"


class Settings(BaseModel):
    """A frozen group of settings; a wrong value raises a one-line `ValueError`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ValueError("; ".join(map(_sentence, error.errors()))) from None

    def replace(self, **changes: Any) -> Self:
        """These settings with some values changed, checked again.

        >>> LossSettings().replace(alpha=0.3).alpha
        0.3
        """
        return type(self)(**{**self.model_dump(), **changes})


def _field(
    default: Any,
    label: str,
    description: str,
    *,
    unit: str = "",
    group: str = "Model",
    step: float = 1,
    **limits: Any,
) -> Any:
    extra: JsonDict = {"label": label, "unit": unit, "group": group, "step": step}
    return Field(default, description=description, json_schema_extra=extra, **limits)


def field_extra(field: FieldInfo, key: str) -> str:
    """The label, unit or group that a setting was declared with."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return str(extra[key])


class LossSettings(Settings):
    """What the metameric loss measures.

    >>> LossSettings(mode="linear").mode
    'linear'
    >>> LossSettings(alpha=-1)
    Traceback (most recent call last):
    ...
    ValueError: alpha: input should be greater than 0, got -1
    """

    alpha: float = _field(
        0.2,
        "Alpha",
        "Growth of the pooling regions with eccentricity; larger values mean larger regions.",
        step=0.01,
        gt=0,
        le=100,
    )
    real_image_width: float = _field(
        0.2,
        "Image width",
        "Width of the picture as displayed, in the unit of the viewing distance.",
        unit="m",
        group="Geometry",
        step=0.01,
        gt=0,
    )
    real_viewing_distance: float = _field(
        0.7,
        "Viewing distance",
        "Distance from the eye to the screen, in the unit of the image width.",
        unit="m",
        group="Geometry",
        step=0.05,
        gt=0,
    )
    n_pyramid_levels: int = _field(
        5,
        "Levels",
        "Levels of the steerable pyramid; the image is padded to multiples of 2^levels.",
        ge=1,
        le=16,
    )
    mode: Literal["quadratic", "linear"] = _field(
        "quadratic", "Mode", "How the pooling angle grows with eccentricity."
    )
    n_orientations: Literal[1, 2, 4, 6] = _field(
        2, "Orientations", "Oriented bands in each level of the pyramid: 1, 2, 4 or 6."
    )
    use_l2_foveal_loss: bool = _field(
        True, "Foveal L2", "Compare pixels, not statistics, where the gaze resolves single pixels."
    )
    fovea_weight: float = _field(20.0, "Fovea weight", "Weight of the foveal L2 term.", ge=0, le=1e6)
    use_radial_weight: bool = _field(
        False, "Radial weight", "Weight the statistics less the farther they lie from the gaze."
    )
    use_fullres_l0: bool = _field(
        False,
        "Full-resolution lowpass",
        "Compare the pooled full-size pictures in place of the lowpass residual; excludes the foveal L2.",
    )
    filter_type: Literal["cropped", "full"] = _field(
        "cropped", "Filters", "The published steerable filters cropped to 5x5 and 13x13, or whole."
    )

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        if self.use_fullres_l0 and self.use_l2_foveal_loss:
            raise ValueError(
                "use_fullres_l0=True excludes use_l2_foveal_loss=True: set use_l2_foveal_loss=False"
            )
        return self


class SynthesisSettings(Settings):
    """How a metamer is searched for."""

    start: Literal["noise", "ventral", "target+noise", "image"] = _field(
        "noise",
        "Start",
        "Where the search starts: uniform noise, the ventral metamer, the target plus noise, or an image.",
        group="Run",
    )
    steps: int = _field(500, "Steps", "Gradient steps in all.", group="Run", step=50, ge=0, le=10_000_000)
    learning_rate: float = _field(
        0.01, "Learning rate", "Step size of Adam.", group="Run", step=0.001, gt=0, le=10
    )
    seed: int = _field(
        0, "Seed", "Seed of the random start and of the ventral metamer.", group="Run", ge=0, le=2**31 - 1
    )
    noise_sd: float = _field(
        0.1,
        "Start noise",
        "Standard deviation of the noise of start target+noise.",
        group="Run",
        step=0.01,
        ge=0,
        le=1,
    )
    stop_fraction: float = _field(
        0.01,
        "Stop below",
        "Converged when the loss falls by less than this fraction over the stop window; 0 never stops.",
        group="Run",
        step=0.001,
        ge=0,
        lt=1,
    )
    stop_window: int = _field(
        50,
        "Stop window",
        "Steps over which the fall of the loss is taken.",
        unit="steps",
        group="Run",
        ge=1,
        le=1_000_000,
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = _field(
        "auto", "Device", "Where to compute; auto takes a GPU where there is one.", group="Run"
    )


def _weight(default: float, label: str, description: str) -> Any:
    return _field(default, label, f"Weight: {description}", group="Weights", step=0.1, ge=0, le=1e9)


class ObjectiveSettings(Settings):
    """What a search lowers: the weight of each term, and how the terms measure.

    >>> ObjectiveSettings(pixel=0.5).weights["pixel"]
    0.5
    """

    metameric: float = _weight(1.0, "Metameric", "pooled pyramid statistics, the metameric loss.")
    pixel: float = _weight(0.0, "Pixel", "difference of pixels.")
    blur: float = _weight(0.0, "Pooled blur", "difference from the target blurred as pooling blurs it.")
    ventral: float = _weight(0.0, "Ventral", "difference from one ventral metamer.")
    perceptual: float = _weight(
        0.0, "Perceptual", "difference of a network's features: LPIPS where the trunk has its weights."
    )
    wasserstein: float = _weight(
        0.0, "Wasserstein", "Wasserstein distortion, its sigma the pooling size at the gaze."
    )
    adversarial: float = _weight(0.0, "Adversarial", "a discriminator that learns as the search goes.")
    range: float = _weight(0.0, "Range", "the penalty outside [0, 1].")
    pixel_norm: Literal["L1", "L2"] = _field(
        "L2", "Pixel norm", "Absolute (L1) or squared (L2) difference of pixels.", group="Terms"
    )
    pixel_region: Literal["whole", "fovea", "periphery"] = _field(
        "whole", "Pixel region", "Where pixels are compared, by the foveal mask of the loss.", group="Terms"
    )
    blur_both: bool = _field(
        False, "Blur both", "Blur the image too before it is compared with the blurred target.", group="Terms"
    )
    trunk: Literal["efficientnet-lite0", "alex", "vgg", "squeeze"] = _field(
        "efficientnet-lite0", "Trunk", "The network whose features are compared.", group="Terms"
    )
    trunk_weights: str = _field(
        "",
        "Weight file",
        "File of the trunk's weights; where empty, from its package or torchvision's cache.",
        group="Terms",
    )
    lpips: bool = _field(
        True, "LPIPS", "Weigh the features as LPIPS does, where it is defined on the trunk.", group="Terms"
    )
    wasserstein_on: Literal["pixels", "features"] = _field(
        "pixels", "Wasserstein on", "What Wasserstein distortion compares.", group="Terms"
    )
    adversarial_kind: Literal["hinge", "vanilla"] = _field(
        "hinge", "Discriminator loss", "The loss that the discriminator learns with.", group="Terms"
    )
    adversarial_start: int = _field(
        0,
        "Adversarial start",
        "Steps before the discriminator learns and counts.",
        unit="steps",
        group="Terms",
        ge=0,
        le=10_000_000,
    )
    adversarial_factor: float = _field(
        1.0,
        "Adversarial factor",
        "Factor of the discriminator from its start on.",
        group="Terms",
        ge=0,
        le=1e4,
    )
    adversarial_adaptive: bool = _field(
        True,
        "Adaptive weight",
        "Weigh the adversarial term by the ratio of the other terms' gradient to its own.",
        group="Terms",
    )
    adversarial_learning_rate: float = _field(
        0.001,
        "Discriminator rate",
        "Step size of the discriminator's Adam.",
        group="Terms",
        step=0.001,
        gt=0,
        le=1,
    )

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each term by name."""
        return {name: getattr(self, name) for name in weight_names()}


def weight_names() -> list[str]:
    """The names of the terms."""
    fields = ObjectiveSettings.model_fields.items()
    return [name for name, field in fields if field_extra(field, "group") == "Weights"]


class RateSettings(Settings):
    """How an image is coded and what its bits cost.

    >>> RateSettings().n_qualities
    8
    """

    lmbda: float = _field(
        1e-3,
        "Lambda",
        "Cost of one bit per pixel, in units of the mean squared error.",
        group="Rate",
        step=1e-4,
        ge=0,
        le=1e6,
    )
    threshold: float = _field(
        5e-4,
        "Threshold",
        "Loss that a coded image should stay under.",
        group="Rate",
        step=1e-4,
        gt=0,
        le=1e6,
    )
    n_qualities: int = _field(
        8,
        "Qualities",
        "Qualities to code each format at, evenly spaced; PNG has no more than 8, its bits per channel.",
        group="Rate",
        ge=2,
        le=91,
    )


class KeepSettings(Settings):
    """What is kept of a run while it is open; no part of what makes a result.

    >>> KeepSettings().history_mb
    512
    """

    history_mb: int = _field(
        512,
        "History",
        "Room on disk for the images of a run, to go back through; 0 keeps none.",
        unit="MB",
        group="Run",
        step=64,
        ge=0,
        le=1_000_000,
    )


class GazeSettings(Settings):
    """How a tracked gaze is followed, and what the pointer does in a tracker's place.

    >>> GazeSettings().freeze_ms
    100
    """

    smoothing: bool = _field(
        True,
        "Smoothing",
        "Smooth the gaze with a one-euro filter.",
        group="Smoothing",
    )
    min_cutoff_hz: float = _field(
        1.0,
        "Cutoff at rest",
        "Cutoff of the filter while the eye rests; lower is stiller and later.",
        unit="Hz",
        group="Smoothing",
        step=0.1,
        gt=0,
        le=1000,
    )
    beta: float = _field(
        0.3,
        "Beta",
        "Growth of the cutoff with the eye's speed, in Hz to a degree a second; higher is later less.",
        unit="Hz/(°/s)",
        group="Smoothing",
        step=0.1,
        ge=0,
        le=100,
    )
    derivative_cutoff_hz: float = _field(
        1.0,
        "Cutoff of the speed",
        "Cutoff of the filter of the eye's speed; lower is less moved by noise.",
        unit="Hz",
        group="Smoothing",
        step=0.1,
        gt=0,
        le=1000,
    )
    lock: bool = _field(
        False,
        "Fixation lock",
        "Move the gaze only when the eye rests, once for each fixation.",
        group="Fixations",
    )
    dispersion_deg: float = _field(
        1.0,
        "Dispersion",
        "The eye rests where its places spread over no more than this, x and y added (I-DT).",
        unit="°",
        group="Fixations",
        step=0.1,
        gt=0,
        le=90,
    )
    duration_ms: int = _field(
        100,
        "Shortest fixation",
        "The eye rests when it has rested for so long.",
        unit="ms",
        group="Fixations",
        step=10,
        ge=1,
        le=10_000,
    )
    freeze_ms: int = _field(
        100,
        "Freeze after",
        "Hold the gaze still when the newest sample is older than this.",
        unit="ms",
        group="Tracker",
        step=10,
        ge=1,
        le=60_000,
    )
    pointer_delay_ms: int = _field(
        0,
        "Delay",
        "The pointer in a tracker's place: how long its samples are on their way. The latency counts it.",
        unit="ms",
        group="Pointer",
        step=10,
        ge=0,
        le=10_000,
    )
    pointer_jitter_deg: float = _field(
        0.0,
        "Jitter",
        "Standard deviation of the noise on the pointer's samples, each way.",
        unit="°",
        group="Pointer",
        step=0.1,
        ge=0,
        le=45,
    )
    pointer_dropouts_per_s: float = _field(
        0.0,
        "Dropouts",
        "How often the pointer's samples fail, at random.",
        unit="/s",
        group="Pointer",
        step=0.1,
        ge=0,
        le=100,
    )
    pointer_dropout_ms: int = _field(
        150,
        "Dropout length",
        "For how long they fail: a blink hides the eye for 100 to 400 ms, what is shorter is a dropout.",
        unit="ms",
        group="Pointer",
        step=10,
        ge=1,
        le=60_000,
    )
    bank: Literal["auto", "always", "never"] = _field(
        "auto",
        "Metamer bank",
        "Show metamers made beforehand for a grid of gazes: where the machine is too slow, always or never.",
        group="Bank",
    )
    bank_points: int = _field(
        12,
        "Gazes",
        "Gazes of the bank along the longer side of the picture; fewer where they would take over 512 MB.",
        group="Bank",
        ge=2,
        le=64,
    )


class FixationSettings(Settings):
    """How fixations are found in a recording; I-DT and I-VT as Salvucci and Goldberg (2000) define them.

    >>> FixationSettings().method
    'I-DT'
    """

    method: Literal["none", "I-DT", "I-VT"] = _field(
        "I-DT",
        "Fixations",
        "How fixations are found: by dispersion (I-DT), by velocity (I-VT), or not at all.",
        group="Fixations",
    )
    dispersion_deg: float = _field(
        1.0,
        "Dispersion",
        "I-DT: the places of a fixation spread over no more than this, x and y added.",
        unit="°",
        group="Fixations",
        step=0.1,
        gt=0,
        le=90,
    )
    velocity_deg_s: float = _field(
        30.0,
        "Velocity",
        "I-VT: in a fixation the eye is slower than this.",
        unit="°/s",
        group="Fixations",
        step=5,
        gt=0,
        le=2000,
    )
    duration_ms: int = _field(
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

    speed: float = _field(
        1.0,
        "Speed",
        "Seconds of the recording in a second.",
        unit="x",
        group="Replay",
        step=0.1,
        ge=0.1,
        le=10,
    )
    loop: bool = _field(False, "Loop", "Begin again after the last sample.", group="Replay")
