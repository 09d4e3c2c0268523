"""Where the panels are: told, brought back, and put back to where they were at first."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot

from foveaview.app.core.preferences import Preferences
from foveaview.app.shell.window_layout import WindowLayout
from foveaview.sessions.model import Layout
from tests.app.conftest import WindowDriver
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


def test_what_was_told_is_brought_back(window: QMainWindow, settings: Preferences) -> None:
    layout = WindowLayout(window, settings)
    there = layout.now()
    panel(window).hide()
    layout.restore(there)
    assert panel(window).isVisible()


def test_an_empty_one_changes_nothing(window: QMainWindow, settings: Preferences) -> None:
    layout, refused = WindowLayout(window, settings), list[str]()
    layout.refused.connect(refused.append)
    panel(window).hide()
    layout.restore(Layout())
    assert not panel(window).isVisible()
    assert refused == []


@pytest.mark.parametrize("key", ["", "no hexadecimal", "00ff"])
def test_one_that_was_sealed_with_another_key_is_refused(
    window: QMainWindow, settings: Preferences, key: str
) -> None:
    there = WindowLayout(window, settings).now()
    settings.store.setValue("layout_key", key)
    other, refused = WindowLayout(window, settings), list[str]()
    other.refused.connect(refused.append)
    panel(window).hide()
    other.restore(there)
    assert not panel(window).isVisible()
    assert "another computer" in refused[0]


def test_the_key_is_kept_for_the_next_time(window: QMainWindow, settings: Preferences) -> None:
    there = WindowLayout(window, settings).now()
    panel(window).hide()
    WindowLayout(window, settings).restore(there)
    assert panel(window).isVisible()


def test_it_is_put_back_to_where_it_was_at_first(window: QMainWindow, settings: Preferences) -> None:
    layout = WindowLayout(window, settings)
    panel(window).setFloating(True)
    layout.reset()
    assert not panel(window).isFloating()


def test_the_layout_of_a_session_fits(driver: WindowDriver) -> None:
    window, there = driver.window, driver.window.screen().availableGeometry()
    window.setGeometry(there.x() + 40, there.y() + 40, there.width() + 500, there.height() + 300)
    layout = window.window_layout.now()
    window.resize(1000, 700)
    window.window_layout.restore(layout)
    assert is_inside(window)
