"""The layout of the window: kept, restored, and reset."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot

from foveaview.app.core.preferences import Preferences
from foveaview.app.shell.window_layout import WindowLayout
from tests.app.conftest import MakeWindow, WindowDriver
from tests.app.shell.test_fitting import is_inside


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    dock = QDockWidget("Panel", made)
    dock.setObjectName("Panel")
    made.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    made.show()
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Preferences:
    return Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


def panel(window: QMainWindow) -> QDockWidget:
    (found,) = window.findChildren(QDockWidget)
    return found


def test_layout_saved_is_restored_when_the_window_is_shown(
    window: QMainWindow, settings: Preferences
) -> None:
    panel(window).hide()
    WindowLayout(window, settings).save()
    panel(window).show()
    WindowLayout(window, settings).show()
    assert not panel(window).isVisible()


@pytest.mark.parametrize("damage", ["", "a b c", "changed"])
def test_layout_damaged_is_not_given_to_qt(window: QMainWindow, settings: Preferences, damage: str) -> None:
    layout = WindowLayout(window, settings)
    panel(window).hide()
    layout.save()
    digest, geometry, panels = settings.store.value("layout").split()
    raw = bytearray(base64.b64decode(panels))
    raw[13] = 0xFF  # Qt ends the program when it reads this
    changed = " ".join([digest, geometry, base64.b64encode(raw).decode()])
    settings.store.setValue("layout", changed if damage == "changed" else damage)
    panel(window).show()
    layout.show()
    assert settings.layout is None
    assert panel(window).isVisible()


def test_it_is_put_back_to_where_it_was_at_first(window: QMainWindow, settings: Preferences) -> None:
    layout = WindowLayout(window, settings)
    panel(window).setFloating(True)
    layout.reset()
    assert not panel(window).isFloating()


def test_layout_of_a_larger_screen_fits(driver: WindowDriver) -> None:
    window, there = driver.window, driver.window.screen().availableGeometry()
    window.setGeometry(there.x() + 40, there.y() + 40, there.width() + 500, there.height() + 300)
    window.window_layout.save()
    window.hide()
    window.resize(1000, 700)
    window.window_layout.show()
    assert is_inside(window)


def test_layout_of_the_last_window_comes_back(driver: WindowDriver, make_window: MakeWindow) -> None:
    driver.window.docks.all[0].hide()
    driver.close()
    other = make_window().window
    other.window_layout.show()
    assert not other.docks.all[0].isVisible()
