"""Placement of an image on the screen of a recording."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from foveaview.gaze.recording import Recording
from foveaview.gaze.screen_placement import Placement, screen_size

__all__ = ["PLACINGS", "Place", "Placing", "needs_screen", "placed"]

Place = Literal["fit", "pixels", "stretch"]
"""Placement of the image on its screen: as large as fits, one pixel per screen pixel, or over all of it."""

Placing = Literal[Place, "window"]

PLACINGS: dict[Placing, str] = {
    "fit": "In the middle, as large as fits",
    "pixels": "In the middle, pixel on pixel",
    "stretch": "Over the whole screen",
    "window": "As in this window",
}
"""Placements of the image on its screen, in words."""


def needs_screen(recording: Recording, placing: Placing) -> bool:
    """Return True if the placing needs the screen's size and the recording does not report it.

    >>> t = np.arange(2.0)
    >>> needs_screen(Recording("a", t, t, t, unit="px"), "fit"), needs_screen(Recording("a", t, t, t), "fit")
    (True, False)
    """
    if recording.screen is not None or recording.unit == "image" or placing == "window":
        return False
    return recording.unit == "px" or placing != "stretch"


def placed(
    recording: Recording,
    placing: Placing,
    size: tuple[int, int],
    screen: tuple[int, int] | None = None,
    window: Placement | None = None,
) -> Recording:
    """Convert a recording to image coordinates, NaN if the eye was not seen.

    Args:
        recording: gaze in any unit.
        placing: placement of the image on the screen.
        size: height and width of the image in pixels.
        screen: width and height of the screen in pixels, used if the recording does not report them.
        window: present placement of the image, for "window".

    Raises:
        ValueError: if the gaze is not on a screen, if the screen's size is needed but unknown, if that size
            is invalid, or if `window` is needed but None.

    >>> t = np.arange(2.0)
    >>> recording = Recording("a", t, np.array([960.0, 1440.0]), np.full(2, 540.0), unit="px")
    >>> placed(recording, "fit", (540, 540), (1920, 1080)).x.round(3).tolist()
    [0.5, 0.945]
    """
    if recording.scene_camera:
        raise ValueError(f"{recording.name}: {_why_not(recording)}")
    x, y = recording.x, recording.y
    if recording.unit != "image":
        shape = recording.screen or screen
        if shape is None and needs_screen(recording, placing):
            raise ValueError("the size of the recording's screen is unknown: set it")
        shape = shape and screen_size(*shape)
        x, y = _placed(recording, placing, size, shape, window)
    seen = recording.usable
    x, y = np.where(seen, x, np.nan), np.where(seen, y, np.nan)
    return replace(recording, x=x, y=y, valid=None, unit="image")


def _why_not(recording: Recording) -> str:
    said = [note for note in recording.notes if "scene" in note or "camera" in note]
    return said[0] if said else "gaze in the image of a head-mounted camera has no position on a screen"


def _placed(
    recording: Recording,
    placing: Placing,
    size: tuple[int, int],
    screen: tuple[int, int] | None,
    window: Placement | None,
) -> tuple[np.ndarray, np.ndarray]:
    if placing == "stretch":
        across, down = screen if recording.unit == "px" and screen is not None else (1, 1)
        height, width = size
        columns, rows = recording.x / across * width - 0.5, recording.y / down * height - 0.5
        return columns / (width - 1), rows / (height - 1)
    if placing == "window":
        if window is None:
            raise ValueError("the image is not in the window: choose another way to place it")
        placement = window
    else:
        assert screen is not None
        make = Placement.fitted if placing == "fit" else Placement.centred
        placement = make(screen, size)
    x, y = placement.to_image(recording.x, recording.y, recording.unit)
    return np.asarray(x), np.asarray(y)
