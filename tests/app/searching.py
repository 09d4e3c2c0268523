"""A search that a person starts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.app.conftest import WindowDriver

__all__ = ["start"]


def start(driver: WindowDriver, **settings: object) -> None:
    """Press the button; unless told otherwise, the search does not end by itself."""
    for name, value in {"steps": 100000, "stop_fraction": 0.0, **settings}.items():
        driver.controller.edits.set_synthesis(name, value)
    QTest.mouseClick(driver.window.run.run_panel.start_button, Qt.MouseButton.LeftButton)
