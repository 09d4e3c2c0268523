"""Origins of coordinates, and conversion to the top left with y downwards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveaview.gaze.sample import Unit
from foveaview.settings.recording import CoordinateUnit, Origin

__all__ = ["ORIGINS", "from_top_left", "needs_size"]

ORIGINS: dict[Origin, str] = {
    "top-left": "top left, y down",
    "bottom-left": "bottom left, y up",
    "centre": "centre, y up",
    "centre-y-down": "centre, y down",
}
"""Descriptions of the origins."""

Numbers = npt.NDArray[np.float64]


def needs_size(unit: CoordinateUnit, origin: Origin) -> bool:
    """Return True if the size of the screen in pixels must be known to count from the top left.

    >>> needs_size("px", "centre"), needs_size("px", "top-left"), needs_size("height", "centre")
    (True, False, True)
    """
    return unit == "height" or (unit == "px" and origin != "top-left")


def from_top_left(
    place: tuple[Numbers, Numbers],
    unit: CoordinateUnit,
    origin: Origin,
    size: tuple[float, float] | None = None,
) -> tuple[Unit, Numbers, Numbers]:
    """Convert positions to coordinates that count from the top left, y downwards.

    Args:
        place: x and y, (n,) each.
        unit: unit of x and y; "norm" and "height" always count from the centre.
        origin: position of 0, and direction of y.
        size: width and height of the screen in pixels.

    Returns:
        The new unit, and x and y.

    Raises:
        ValueError: if the size is needed but not given.

    >>> from_top_left((np.array([0.5]), np.array([0.5])), "norm", "centre")
    ('screen', array([0.75]), array([0.25]))
    """
    if needs_size(unit, origin) and size is None:
        raise ValueError(f"the width and height of the screen are needed to convert {unit} from {origin}")
    x, y = place
    if unit in ("norm", "height"):
        down = 1.0 if origin == "centre-y-down" else -1.0
        ratio = 1.0 if size is None else size[1] / size[0]
        across, along = (0.5, 0.5) if unit == "norm" else (ratio, 1.0)
        return "screen", 0.5 + across * x, 0.5 + down * along * y
    own: Unit = "px" if unit == "px" else "image" if unit == "image" else "screen"
    width, height = size if own == "px" and size is not None else (1.0, 1.0)
    if origin == "top-left":
        return own, x, y
    if origin == "bottom-left":
        return own, x, height - y
    return own, width / 2 + x, height / 2 + (y if origin == "centre-y-down" else -y)
