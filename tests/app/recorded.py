"""Recordings to follow in a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foveaview.app.recordings.controller import RecordingController
from foveaview.gaze import Event, Recording

if TYPE_CHECKING:
    from tests.app.conftest import WindowDriver

__all__ = ["gaze_x", "looking", "open_file", "replaying"]


def looking(unit: Any = "image", screen: tuple[int, int] | None = None, scale: float = 1.0) -> Recording:
    """Two seconds at 100 Hz, one at a quarter and one at three quarters of the width."""
    t = 10 + np.arange(200) / 100
    x, y = np.where(t < 11, 0.25, 0.75) * scale, np.full(200, 0.5) * scale
    return Recording("eye", t, x, y, unit=unit, screen=screen, events=(Event(10.5, "start"),))


def replaying(driver: WindowDriver) -> RecordingController:
    made: RecordingController = driver.window.recordings
    return made


def open_file(driver: WindowDriver, path: Path) -> RecordingController:
    made = replaying(driver)
    made.open(path)
    driver.until(lambda: made.player.replay is not None and len(made.on_image.rests) > 0)
    return made


def gaze_x(driver: WindowDriver) -> float:
    return driver.document.gaze[0]
