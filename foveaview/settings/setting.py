"""One setting and a group of them, the source of panel, command line and checkpoint."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

__all__ = ["Settings", "field_extra", "setting"]


def _sentence(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"])) or "settings"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"unknown setting {name!r}"
    if error["type"] == "value_error":
        return f"{name}: {message}" if error["loc"] else message
    return f"{name}: {message[0].lower()}{message[1:]}, got {error['input']!r}"


class Settings(BaseModel):
    """A frozen group of settings; an invalid value raises a one-line `ValueError`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ValueError("; ".join(map(_sentence, error.errors()))) from None

    def replace(self, **changes: Any) -> Self:
        """Return these settings with some values changed and checked.

        >>> from foveaview.settings import LossSettings
        >>> LossSettings().replace(alpha=0.3).alpha
        0.3
        """
        return type(self)(**{**self.model_dump(), **changes})


def setting(
    default: Any,
    label: str,
    description: str,
    *,
    unit: str = "",
    group: str = "Model",
    step: float = 1,
    **limits: Any,
) -> Any:
    """A field of a group of settings.

    Args:
        default: its value if none is given.
        label: its name in the window.
        description: one sentence, for tooltip and help.
        unit: of its value, as printed.
        group: the form that contains it.
        step: the change for one press of an arrow.
        limits: pydantic's, such as gt and le.

    >>> class PenSettings(Settings):
    ...     width: float = setting(0.5, "Width", "Width of the line.", unit="mm", group="Pen", gt=0)
    >>> PenSettings().width
    0.5
    >>> PenSettings(width=0)
    Traceback (most recent call last):
    ...
    ValueError: width: input should be greater than 0, got 0
    """
    extra: JsonDict = {"label": label, "unit": unit, "group": group, "step": step}
    return Field(default, description=description, json_schema_extra=extra, **limits)


def field_extra(field: FieldInfo, key: str) -> str:
    """Return the label, unit, group or step of a setting, as text.

    >>> from foveaview.settings import LossSettings
    >>> field_extra(LossSettings.model_fields["real_image_width"], "unit")
    'm'
    """
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return str(extra[key])
