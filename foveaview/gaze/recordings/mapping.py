"""Which column of a table is what, as a person says it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from foveaview.gaze.sample import Unit
from foveaview.settings import Settings

__all__ = ["DELIMITERS", "S_PER_UNIT", "ColumnMapping", "Delimiter", "TimeUnit"]

TimeUnit = Literal["s", "ms", "us", "ns"]
Delimiter = Literal["auto", "comma", "semicolon", "tab", "space"]

S_PER_UNIT: dict[TimeUnit, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
DELIMITERS: dict[Delimiter, str | None] = {
    "auto": None,
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "space": " ",
}


class ColumnMapping(Settings):
    """What the columns of a table of gaze are.

    >>> ColumnMapping(time="t", x="x", y="y", unit="px").unit
    'px'
    >>> ColumnMapping(x="x", y="y")
    Traceback (most recent call last):
    ...
    ValueError: a column of times or a rate is needed
    """

    time: str = Field("", description="Column of the times; empty where there is none.")
    time_unit: TimeUnit = Field("s", description="Unit of the times.")
    rate_hz: float | None = Field(
        None, gt=0, description="Samples a second, where there is no column of times."
    )
    x: str = Field(min_length=1, description="Column of x, of the left eye or of both.")
    y: str = Field(min_length=1, description="Column of y, of the left eye or of both.")
    second_x: str = Field("", description="Column of the other eye's x; empty where there is none.")
    second_y: str = Field("", description="Column of the other eye's y; empty where there is none.")
    unit: Unit = Field(
        "screen", description="What x and y count: shares of the image or the screen, or pixels."
    )
    y_up: bool = Field(False, description="Whether y grows upwards from the bottom.")
    screen_width: int | None = Field(None, ge=1, description="Width of the screen, in pixels.")
    screen_height: int | None = Field(None, ge=1, description="Height of the screen, in pixels.")
    valid: str = Field("", description="Column of validity or confidence; empty where there is none.")
    valid_from: float = Field(0.5, description="The least value of that column with which a sample is valid.")
    delimiter: Delimiter = Field("auto", description="What stands between two cells.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.time and self.rate_hz is None:
            raise ValueError("a column of times or a rate is needed")
        if bool(self.second_x) != bool(self.second_y):
            raise ValueError("the second eye needs a column of x and one of y")
        if self.unit == "px" and self.y_up and self.screen_height is None:
            raise ValueError("to turn y in pixels round, the height of the screen is needed")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the table, all that it names."""
        named = (self.time, self.x, self.y, self.second_x, self.second_y, self.valid)
        return tuple(name for name in named if name)
