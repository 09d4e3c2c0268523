"""What the metameric loss measures: its settings, their order and their defaults."""

from __future__ import annotations

import inspect

from foveaview import LossSettings, MetamericLoss


def test_the_loss_takes_the_settings_with_their_defaults_and_in_their_order() -> None:
    parameters = inspect.signature(MetamericLoss).parameters
    settings = LossSettings().model_dump()
    assert {name: parameters[name].default for name in settings} == settings
    assert list(parameters) == [
        "alpha",
        "real_image_width",
        "real_viewing_distance",
        "n_pyramid_levels",
        "mode",
        "n_orientations",
        "use_l2_foveal_loss",
        "fovea_weight",
        "use_radial_weight",
        "use_fullres_l0",
        "filter_type",
        "device",
        "equi",
        "reduction",
    ]


def test_documented_defaults() -> None:
    assert tuple(LossSettings().model_dump().values()) == (
        *(0.2, 0.2, 0.7, 5, "quadratic", 2, True, 20.0, False, False),
        "cropped",
    )
