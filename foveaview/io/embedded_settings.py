"""Gaze and settings embedded in an exported image."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.fields import FieldInfo

from foveaview.io.embedded_text import parsed_settings, read_png_settings, tiff_description
from foveaview.io.untrusted import UnreadableError, check_file, file_label, one_line, reader_errors
from foveaview.provenance import versions
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    Settings,
    SynthesisSettings,
    saved_synthesis_settings,
    weight_names,
)

__all__ = ["EmbeddedSettings", "read_recovered", "recovered"]

_GROUPS: dict[str, tuple[str, type[Settings]]] = {
    "loss_settings": ("loss_settings", LossSettings),
    "synthesis_settings": ("settings", SynthesisSettings),
    "objective_settings": ("objective", ObjectiveSettings),
}
# settings of the machine that computed the image
_LEFT_OUT = ("device", "trunk_weights")


@dataclass(frozen=True)
class EmbeddedSettings:
    """Gaze and settings that an image was made with.

    Attributes:
        gaze: (x, y) in image coordinates; None if missing.
        groups: values of "loss_settings", "settings" and "objective", as far as the image has them.
        remarks: values that were not taken over, with reasons.
    """

    gaze: tuple[float, float] | None = None
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return True if nothing was recovered."""
        return self.gaze is None and not self.groups


def _gaze(value: Any) -> tuple[float, float]:
    if not (isinstance(value, list | tuple) and len(value) == 2):
        raise ValueError(f"its gaze is {_short(value)}")
    if not all(type(one) in (int, float) and math.isfinite(one) and 0 <= one <= 1 for one in value):
        raise ValueError(f"its gaze is {_short(value)}, outside the image")
    return float(value[0]), float(value[1])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."


def _checked(field: FieldInfo, value: Any) -> Any:
    """Validate a single setting, regardless of the others; raises `ValueError` if it is invalid."""
    kind: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False)).validate_python(value)


def _known(kind: type[Settings], values: dict[str, Any], remarks: list[str]) -> dict[str, Any]:
    """Return the known and valid values of a group, each checked separately."""
    known = {}
    for name, value in values.items():
        if name not in kind.model_fields:
            remarks.append(f"there is no setting {_short(name)} here")
            continue
        try:
            known[name] = _checked(kind.model_fields[name], value)
        except (ValueError, OverflowError):
            remarks.append(f"{name} cannot be {_short(value)}")
    return known


def _group(kind: type[Settings], values: Any, remarks: list[str]) -> dict[str, Any]:
    """Return a complete group, with defaults for missing values."""
    if not isinstance(values, dict):
        remarks.append(f"its settings are {_short(values)}")
        return {}
    known = _known(kind, values, remarks)
    if known.get("trunk_weights"):
        remarks.append(f"its weight file {_short(known['trunk_weights'])} is not taken over")
    try:
        whole = kind(**known).model_dump()
    except (ValueError, OverflowError) as error:
        remarks.append(str(error))
        return {}
    return {name: value for name, value in whole.items() if name not in _LEFT_OUT}


def recovered(about: dict[str, Any]) -> EmbeddedSettings:
    """Validate the settings written by `foveaview.provenance`; invalid ones are left out with a remark.

    >>> recovered({"gaze": [0.5, 2], "loss_settings": {"alpha": 0.3}}).remarks
    ('its gaze is [0.5, 2], outside the image',)
    """
    remarks: list[str] = []
    groups: dict[str, dict[str, Any]] = {}
    gaze = None
    if "gaze" in about:
        try:
            gaze = _gaze(about["gaze"])
        except ValueError as error:
            remarks.append(str(error))
    for key, (name, kind) in _GROUPS.items():
        values = _group(kind, _saved(kind, about[key]), remarks) if key in about else {}
        if name == "objective" and values and not any(values[term] for term in weight_names()):
            remarks.append("none of its terms has a weight")
        elif values:
            groups[name] = values
    if "settings" not in groups and "seed" in about:  # a ventral metamer has only these
        groups |= _of_noise(about, remarks)
    return EmbeddedSettings(gaze, groups, (*_of_version(about), *remarks))


def _saved(kind: type[Settings], values: Any) -> Any:
    """Return the values of a group, with those that files of older versions lack."""
    return saved_synthesis_settings(values) if kind is SynthesisSettings else values


def _of_noise(about: dict[str, Any], remarks: list[str]) -> dict[str, dict[str, Any]]:
    """Return seed and colours of a ventral metamer."""
    values = {"seed": about["seed"], "ventral_color": about.get("ventral_color", "independent")}
    known = _known(SynthesisSettings, values, remarks)
    return {"settings": known} if known else {}


def _of_version(about: dict[str, Any]) -> list[str]:
    """Return a remark if another version made the image."""
    packages = about.get("packages")
    theirs = packages.get("foveaview") if isinstance(packages, dict) else None
    own = versions()["foveaview"]
    return (
        [f"it was made with foveaview {_short(theirs)}, this is {own!r}"] if theirs not in (None, own) else []
    )


def _tiff_settings(path: Path) -> dict[str, Any]:
    """Return the settings of an exported TIFF; empty if another program wrote its description."""
    text = tiff_description(path)
    if not (text.startswith("{") and '"loss_settings"' in text):
        return {}
    return parsed_settings(text)


def read_recovered(path: Path) -> EmbeddedSettings | None:
    """Read the gaze and settings that an image was made with; return None if it has none.

    Raises:
        OSError: if it cannot be read.
        ValueError: if they are damaged, or none can be used.
    """
    check_file(path)
    with reader_errors(path, "its settings are damaged"):
        about = read_png_settings(path) or _tiff_settings(path)
    if not about:
        return None
    found = recovered(about)
    if found.is_empty:
        why = one_line("; ".join(found.remarks) or "none is known", 300)
        raise UnreadableError(f"{file_label(path)}: its settings are of no use ({why})")
    return found
