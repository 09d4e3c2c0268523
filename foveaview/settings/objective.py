"""Settings of the objective of a search: the weight of each term, and how the terms measure."""

from __future__ import annotations

from typing import Any, Literal

from foveaview.settings.setting import Settings, field_extra, setting

__all__ = ["ObjectiveSettings", "weight_names"]


def _weight(default: float, label: str, description: str) -> Any:
    return setting(default, label, f"Weight: {description}", group="Weights", step=0.1, ge=0, le=1e9)


class ObjectiveSettings(Settings):
    """Settings of the objective of a search: the weight of each term, and how the terms measure.

    >>> ObjectiveSettings(pixel=0.5).weights["pixel"]
    0.5
    """

    metameric: float = _weight(1.0, "Metameric", "pooled pyramid statistics, the metameric loss.")
    pixel: float = _weight(0.0, "Pixel", "difference of pixels.")
    blur: float = _weight(0.0, "Pooled blur", "difference from the target blurred as pooling blurs it.")
    ventral: float = _weight(0.0, "Ventral", "difference from one ventral metamer.")
    perceptual: float = _weight(
        0.0, "Perceptual", "difference of a network's features: LPIPS if the trunk has its weights."
    )
    wasserstein: float = _weight(
        0.0, "Wasserstein", "Wasserstein distortion, its sigma the pooling size at the gaze."
    )
    adversarial: float = _weight(0.0, "Adversarial", "a discriminator that learns as the search goes.")
    range: float = _weight(0.0, "Range", "the penalty outside [0, 1].")
    pixel_norm: Literal["L1", "L2"] = setting(
        "L2", "Pixel norm", "Absolute (L1) or squared (L2) difference of pixels.", group="Terms"
    )
    pixel_region: Literal["whole", "fovea", "periphery"] = setting(
        "whole", "Pixel region", "Pixels to compare, by the foveal mask of the loss.", group="Terms"
    )
    blur_both: bool = setting(
        False, "Blur both", "Blur the image too before it is compared with the blurred target.", group="Terms"
    )
    trunk: Literal["efficientnet-lite0", "alex", "vgg", "squeeze"] = setting(
        "efficientnet-lite0", "Trunk", "The network that computes the features.", group="Terms"
    )
    trunk_weights: str = setting(
        "",
        "Weight file",
        "File of the trunk's weights; if empty, from its package or torchvision's cache.",
        group="Terms",
    )
    lpips: bool = setting(
        True, "LPIPS", "Weight the features like LPIPS, if it is defined for the trunk.", group="Terms"
    )
    wasserstein_on: Literal["pixels", "features"] = setting(
        "pixels", "Wasserstein on", "What Wasserstein distortion compares.", group="Terms"
    )
    adversarial_kind: Literal["hinge", "vanilla"] = setting(
        "hinge", "Discriminator loss", "The loss that the discriminator learns with.", group="Terms"
    )
    adversarial_start: int = setting(
        0,
        "Adversarial start",
        "Steps before the discriminator learns and counts.",
        unit="steps",
        group="Terms",
        ge=0,
        le=10_000_000,
    )
    adversarial_factor: float = setting(
        1.0,
        "Adversarial factor",
        "Factor of the discriminator from its start on.",
        group="Terms",
        ge=0,
        le=1e4,
    )
    adversarial_adaptive: bool = setting(
        True,
        "Adaptive weight",
        "Weigh the adversarial term by the ratio of the other terms' gradient to its own.",
        group="Terms",
    )
    adversarial_learning_rate: float = setting(
        0.001,
        "Discriminator rate",
        "Step size of the discriminator's Adam.",
        group="Terms",
        step=0.001,
        gt=0,
        le=1,
    )

    @property
    def is_stateful(self) -> bool:
        """Return True if the objective of one image changes from step to step."""
        return self.adversarial > 0

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each term by name."""
        return {name: getattr(self, name) for name in weight_names()}


def weight_names() -> list[str]:
    """The names of the terms."""
    fields = ObjectiveSettings.model_fields.items()
    return [name for name, field in fields if field_extra(field, "group") == "Weights"]
