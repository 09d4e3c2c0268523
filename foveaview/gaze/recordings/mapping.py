"""The user's mapping of the columns of a table."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from foveaview.gaze.origin import needs_size
from foveaview.settings import Settings
from foveaview.settings.recording import CoordinateUnit, Origin

__all__ = ["DELIMITERS", "S_PER_UNIT", "ColumnMapping", "Delimiter", "TimeUnit"]

TimeUnit = Literal["s", "ms", "us", "ns", "clock"]
Delimiter = Literal["auto", "comma", "semicolon", "tab", "space"]

S_PER_UNIT: dict[TimeUnit, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "clock": 1.0}
DELIMITERS: dict[Delimiter, str | None] = {
    "auto": None,
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "space": " ",
}


class ColumnMapping(Settings):
    """Meaning of the columns of a gaze table.

    >>> ColumnMapping(time="t", x="x", y="y", unit="px").unit
    'px'
    >>> ColumnMapping(x="x", y="y")
    Traceback (most recent call last):
    ...
    ValueError: choose a column of times or give a rate
    """

    time: str = Field("", description="Column of the times; empty if there is none.")
    time_unit: TimeUnit = Field(
        "s", description="Unit of the times; clock: dates (ISO 8601) or times of day."
    )
    rate_hz: float | None = Field(
        None, gt=0, description="Samples per second, if there is no column of times."
    )
    x: str = Field(min_length=1, description="Column of x, of the left eye or of both.")
    y: str = Field(min_length=1, description="Column of y, of the left eye or of both.")
    second_x: str = Field("", description="Column of the other eye's x; empty if there is none.")
    second_y: str = Field("", description="Column of the other eye's y; empty if there is none.")
    unit: CoordinateUnit = Field(
        "screen",
        description="Unit of x and y: shares of the image or the screen, pixels, or PsychoPy's units.",
    )
    origin: Origin = Field("top-left", description="Point at which x and y are 0, and the direction of y.")
    zero_is_missing: bool = Field(
        False, description="An eye at exactly 0, 0 or -1, -1 was not seen; each eye is checked separately."
    )
    screen_width: int | None = Field(None, ge=1, description="Width of the screen, in pixels.")
    screen_height: int | None = Field(None, ge=1, description="Height of the screen, in pixels.")
    valid: str = Field("", description="Column of validity or confidence; empty if there is none.")
    valid_from: float = Field(0.5, description="Minimum value of that column for a valid sample.")
    delimiter: Delimiter = Field("auto", description="Delimiter between two cells.")

    @model_validator(mode="before")
    @classmethod
    def _from_sessions_before(cls, values: Any) -> Any:
        """Convert sessions of earlier versions, which say whether y points up."""
        if isinstance(values, dict) and "y_up" in values:
            values = dict(values)
            if values.pop("y_up"):
                values["origin"] = "bottom-left"
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.time and self.rate_hz is None:
            raise ValueError("choose a column of times or give a rate")
        if bool(self.second_x) != bool(self.second_y):
            raise ValueError("the second eye needs columns of both x and y")
        if needs_size(self.unit, self.origin) and self.size is None:
            what = f"{self.unit} from {self.origin}"
            raise ValueError(f"{what}: give the width and height of the screen to convert it")
        return self

    @property
    def screen(self) -> tuple[int, int] | None:
        """Width and height of the screen in pixels; None if either is unknown."""
        if self.screen_width is None or self.screen_height is None:
            return None
        return self.screen_width, self.screen_height

    @property
    def size(self) -> tuple[int, int] | None:
        """Like `screen`, but from the bottom left the height alone is enough."""
        height = self.screen_height
        if self.origin == "bottom-left" and self.screen_width is None and height is not None:
            return 1, height
        return self.screen

    @property
    def sentence(self) -> str:
        """Summary of the mapping in words.

        >>> ColumnMapping(time="n", time_unit="ms", x="x_pix", y="y_pix", unit="px").sentence
        'time = n, x = x_pix, y = y_pix; times in ms, places in px from the top-left'
        """
        said = [f"time = {self.time}"] if self.time else []
        said += [f"x = {self.x}", f"y = {self.y}"]
        said += [f"other eye x = {self.second_x}, y = {self.second_y}"] if self.second_x else []
        said += [f"valid = {self.valid} from {self.valid_from:g} on"] if self.valid else []
        counts = [f"times in {self.time_unit}" if self.time else f"{self.rate_hz:g} samples a second"]
        counts += [f"places in {self.unit} from the {self.origin}"]
        counts += ["0, 0 is missing"] if self.zero_is_missing else []
        return f"{', '.join(said)}; {', '.join(counts)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns that the mapping uses."""
        named = (self.time, self.x, self.y, self.second_x, self.second_y, self.valid)
        return tuple(name for name in named if name)
