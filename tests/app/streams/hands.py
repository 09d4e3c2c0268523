"""Streams, and how a person chooses among them and their channels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox

from foveaview.app.streams.mapping_dialog import StreamMappingDialog
from foveaview.app.streams.stream_dialog import StreamDialog
from foveaview.gaze.lsl import KeptStream, Mapping, StreamDescription
from tests.app.conftest import WindowDriver
from tests.gaze.lsl.outlets import Outlet

__all__ = ["PIXELS", "asked", "choose", "click", "is_at", "lab", "listed", "now_of", "pick"]

TRACKER = StreamDescription("tracker", "Gaze", source_id="tracker-1", count=3)
PIXELS = KeptStream(TRACKER, Mapping(unit="px"))


def lab() -> Outlet:
    """A stream that does not say what its numbers are."""
    return Outlet("lab", ["here", "there", "else"], [0.5, 0.25, 7.0])


def click(button: QAbstractButton) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def listed(driver: WindowDriver) -> StreamDialog:
    """The dialog, opened by the button of the panel."""
    driver.show_dock("Gaze")
    panel = driver.window.gaze.panel
    (button,) = (b for b in panel.findChildren(QAbstractButton) if b.accessibleName() == "Follow a stream")
    click(button)
    dialog = driver.window.streams.dialog
    assert dialog is not None
    return dialog


def choose(driver: WindowDriver, dialog: StreamDialog, name: str) -> None:
    """Click the row of a stream, once it is there."""

    def rows() -> list[int]:
        items = [(row, dialog.table.item(row, 0)) for row in range(dialog.table.rowCount())]
        return [row for row, item in items if item is not None and item.text() == name]

    driver.until(lambda: bool(rows()))
    item = dialog.table.item(rows()[0], 0)
    assert item is not None
    at = dialog.table.visualItemRect(item).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    current = dialog.current
    assert current is not None
    assert current.name == name


def asked(driver: WindowDriver) -> StreamMappingDialog:
    dialog = driver.window.streams.mapping_dialog
    assert dialog is not None
    driver.until(lambda: dialog.source.latest_values() is not None)
    return dialog


def now_of(dialog: StreamMappingDialog, channel: int) -> str:
    item = dialog.table.item(channel, 3)
    assert item is not None
    return item.text()


def pick(box: QComboBox, text: str) -> None:
    """Choose an entry with the keys."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentText() != text:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() != before, f"{text!r} is not in the list"


def is_at(driver: WindowDriver, x: float, y: float) -> bool:
    return driver.document.gaze == pytest.approx((x, y), abs=1e-6)
