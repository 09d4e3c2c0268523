"""Settings: frozen, checked, described once."""

from __future__ import annotations

import inspect

import pytest

from foveaview import LossSettings, MetamericLoss, SynthesisSettings
from foveaview.settings import (
    FixationSettings,
    GazeSettings,
    RateSettings,
    ReplaySettings,
    Settings,
    field_extra,
)

GROUPS: list[type[Settings]] = [
    LossSettings,
    SynthesisSettings,
    RateSettings,
    GazeSettings,
    FixationSettings,
    ReplaySettings,
]
TITLES = {"Model", "Geometry", "Run", "Rate"}
TITLES |= {"Smoothing", "Fixations", "Tracker", "Pointer", "Bank", "Replay"}


@pytest.mark.parametrize("group", GROUPS)
def test_every_setting_has_a_label_a_unit_and_a_description(group: type[Settings]) -> None:
    for field in group.model_fields.values():
        assert field.description
        assert field_extra(field, "label")
        assert field_extra(field, "group") in TITLES
        assert isinstance(field_extra(field, "unit"), str)


def test_the_loss_takes_the_settings_with_their_defaults_and_in_their_order() -> None:
    parameters = inspect.signature(MetamericLoss).parameters
    assert {name: p.default for name, p in parameters.items()} == LossSettings().model_dump()
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
    ]


def test_documented_defaults() -> None:
    assert tuple(LossSettings().model_dump().values()) == (
        *(0.2, 0.2, 0.7, 5, "quadratic", 2, True, 20.0, False, False),
        "cropped",
    )


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LossSettings().__setattr__("alpha", 1.0)


def test_replace_checks_again() -> None:
    with pytest.raises(ValueError, match="alpha"):
        LossSettings().replace(alpha=-1)


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ValueError, match="unknown setting 'colour'"):
        LossSettings().replace(colour="red")


def test_equal_settings_are_equal() -> None:
    assert LossSettings(alpha=0.3) == LossSettings().replace(alpha=0.3)
    assert hash(LossSettings()) == hash(LossSettings())
