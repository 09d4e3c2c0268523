"""Settings of the metameric loss."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from foveaview.settings.setting import Settings, setting

__all__ = ["LossSettings"]


class LossSettings(Settings):
    """Settings of the metameric loss.

    >>> LossSettings(mode="linear").mode
    'linear'
    >>> LossSettings(alpha=-1)
    Traceback (most recent call last):
    ...
    ValueError: alpha: input should be greater than 0, got -1
    """

    alpha: float = setting(
        0.2,
        "Alpha",
        "Growth of the pooling regions with eccentricity; larger values mean larger regions.",
        step=0.01,
        gt=0,
        le=100,
    )
    real_image_width: float = setting(
        0.2,
        "Image width",
        "Width of the picture as displayed, in the unit of the viewing distance.",
        unit="m",
        group="Geometry",
        step=0.01,
        gt=0,
    )
    real_viewing_distance: float = setting(
        0.7,
        "Viewing distance",
        "Distance from the eye to the screen, in the unit of the image width.",
        unit="m",
        group="Geometry",
        step=0.05,
        gt=0,
    )
    n_pyramid_levels: int = setting(
        5,
        "Levels",
        "Levels of the steerable pyramid; the image is padded to multiples of 2^levels.",
        ge=1,
        le=16,
    )
    mode: Literal["quadratic", "linear"] = setting(
        "quadratic", "Mode", "How the pooling angle grows with eccentricity."
    )
    n_orientations: Literal[1, 2, 4, 6] = setting(
        2, "Orientations", "Oriented bands in each level of the pyramid: 1, 2, 4 or 6."
    )
    use_l2_foveal_loss: bool = setting(
        True, "Foveal L2", "Compare pixels instead of statistics if the eye resolves single pixels there."
    )
    fovea_weight: float = setting(20.0, "Fovea weight", "Weight of the foveal L2 term.", ge=0, le=1e6)
    use_radial_weight: bool = setting(
        False, "Radial weight", "Weight the statistics less the farther they lie from the gaze."
    )
    use_fullres_l0: bool = setting(
        False,
        "Full-resolution lowpass",
        "Compare the pooled full-size pictures in place of the lowpass residual; excludes the foveal L2.",
    )
    filter_type: Literal["cropped", "full"] = setting(
        "cropped", "Filters", "The published steerable filters cropped to 5x5 and 13x13, or whole."
    )

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        if self.use_fullres_l0 and self.use_l2_foveal_loss:
            raise ValueError(
                "use_fullres_l0=True excludes use_l2_foveal_loss=True: set use_l2_foveal_loss=False"
            )
        return self
