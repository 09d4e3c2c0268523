"""A group of settings: frozen, checked, described once."""

from __future__ import annotations

from typing import Any

import pytest

from foveaview import settings
from foveaview.settings import LossSettings, Settings, field_extra

GROUPS: list[type[Settings]] = [
    getattr(settings, name) for name in settings.__all__ if name.endswith("Settings") and name != "Settings"
]
TITLES = {"Model", "Geometry", "Run", "Weights", "Terms", "Rate"}
TITLES |= {
    "Smoothing",
    "Fixation lock",
    "Fixations",
    "Tracker",
    "Pointer",
    "Precomputed metamers",
    "Replay",
    "Reading",
}


def test_the_names_are_sorted() -> None:
    assert settings.__all__ == sorted(settings.__all__)
    assert len(GROUPS) == 9


@pytest.mark.parametrize("group", GROUPS)
def test_every_setting_has_a_label_a_unit_and_a_description(group: type[Settings]) -> None:
    for field in group.model_fields.values():
        assert field.description
        assert field_extra(field, "label")
        assert field_extra(field, "group") in TITLES
        assert isinstance(field_extra(field, "unit"), str)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LossSettings().__setattr__("alpha", 1.0)


def test_replace_checks_again() -> None:
    with pytest.raises(ValueError, match="alpha"):
        LossSettings().replace(alpha=-1)


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ValueError, match="unknown setting 'colour'"):
        LossSettings().replace(colour="red")


def test_a_setting_may_not_have_the_name_that_python_gives_the_group() -> None:
    kept: dict[str, Any] = {"self": 1}
    with pytest.raises(ValueError, match="unknown setting 'self'"):
        LossSettings(**kept)


def test_equal_settings_are_equal() -> None:
    assert LossSettings(alpha=0.3) == LossSettings().replace(alpha=0.3)
    assert hash(LossSettings()) == hash(LossSettings())
