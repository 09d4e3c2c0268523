"""Who uses the validation."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from foveaview.app.validation.screen import ValidationScreen
from foveaview.gaze.validation.procedure import Plan
from foveaview.gaze.validation.record import ValidationRecord
from tests.app.conftest import WindowDriver
from tests.app.validation.observer import Observer

__all__ = ["QUICK", "Person", "click"]

QUICK = Plan(dwell_s=0.12, settle_s=0.05)


class Person:
    """A window with the feature, and who uses it."""

    def __init__(self, driver: WindowDriver) -> None:
        self.driver, self.tracking = driver, driver.window.gaze
        self.feature = driver.window.validation

    @property
    def screen(self) -> ValidationScreen:
        assert self.feature.screen is not None
        return self.feature.screen

    def open(self) -> None:
        self.driver.window.commands["validate"].trigger()
        self.driver.qtbot.waitExposed(self.screen)
        self.driver.until(self.screen.isActiveWindow)

    def follow(self, **how: Any) -> None:
        self.tracking.follow(Observer(self.feature, **how))

    def follow_pointer(self) -> None:
        self.driver.controller.edits.set_follow(True)

    def validate(self, plan: Plan = QUICK) -> ValidationRecord:
        """All the way to the report."""
        if self.feature.screen is None:
            self.open()
        self.screen.start.begun.emit(plan)
        return self.found()

    def found(self) -> ValidationRecord:
        self.driver.until(self.screen.report.isVisible)
        found = self.feature._found
        assert found is not None
        return found


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
