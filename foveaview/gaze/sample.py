"""One sample of gaze, and the clock that it is timed by."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["NAN", "Sample", "Unit", "now"]

Unit = Literal["image", "screen", "px"]
"""Unit of x and y; x points right and y down.

- "image": image coordinates, 0 and 1 at the centres of the first and the last pixel.
- "screen": shares of the screen, 0 and 1 at its edges.
- "px": hardware pixels of the screen, 0 and the resolution at its edges.
"""

NAN = math.nan


def now() -> float:
    """Return the time in seconds on the clock of the samples, which never goes backwards."""
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class Sample:
    """Gaze of an eye at one moment.

    Attributes:
        t: seconds, on the clock of `now`.
        x, y: position in the unit; NaN if unknown.
        valid: True if the eye was seen; ignore x and y if it was not.
        unit: unit of x and y.
        origin: name of the source.

    >>> Sample(0.0, 0.25, 0.5).valid, Sample.missing(0.1).valid
    (True, False)
    """

    t: float
    x: float
    y: float
    valid: bool = True
    unit: Unit = "image"
    origin: str = ""

    @classmethod
    def missing(cls, t: float, unit: Unit = "image", origin: str = "") -> Sample:
        """Make a sample of an eye that was not seen."""
        return cls(t, NAN, NAN, False, unit, origin)

    @property
    def usable(self) -> bool:
        """Return True if it says where the eye looked."""
        return self.valid and math.isfinite(self.x) and math.isfinite(self.y)

    def at(self, x: float, y: float, unit: Unit) -> Sample:
        """Return a copy at another position."""
        return replace(self, x=x, y=y, unit=unit)
