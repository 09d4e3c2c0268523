"""Every command has keys that can be looked up and changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.core.actions import ActionRegistry
from foveaview.app.core.preferences import Preferences
from foveaview.app.shell.shortcuts_dialog import MOUSE, ShortcutsDialog
from tests.app.conftest import MakeFile, WindowDriver


@pytest.fixture
def commands(qtbot: QtBot, tmp_path: Path) -> ActionRegistry:
    window, images = QWidget(), QWidget()
    qtbot.addWidget(window)
    qtbot.addWidget(images)
    settings = Preferences(QSettings(str(tmp_path / "keys.ini"), QSettings.Format.IniFormat))
    made = ActionRegistry(window, images, settings)
    made.add("View", "fit", "&Fit", None, "F")
    made.add("View", "wipe", "&Wipe", None, "W")
    return made


def test_keys_are_taken_from_whoever_had_them(commands: ActionRegistry) -> None:
    commands.set_keys("fit", "W")
    assert commands.named["fit"].keys == "W"
    assert commands.named["wipe"].keys == ""
    assert "(W)" in commands["fit"].toolTip()


def test_changed_keys_are_kept(commands: ActionRegistry, tmp_path: Path, qtbot: QtBot) -> None:
    commands.set_keys("fit", "Ctrl+J")
    other = QWidget()
    qtbot.addWidget(other)
    settings = Preferences(QSettings(str(tmp_path / "keys.ini"), QSettings.Format.IniFormat))
    again = ActionRegistry(other, other, settings)
    again.add("View", "fit", "&Fit", None, "F")
    assert again.named["fit"].keys == "Ctrl+J"


def test_keys_that_were_taken_away_stay_away(commands: ActionRegistry, qtbot: QtBot) -> None:
    commands.set_keys("fit", "")
    other = QWidget()
    qtbot.addWidget(other)
    again = ActionRegistry(other, other, commands._preferences)
    again.add("View", "fit", "&Fit", None, "F")
    assert again.named["fit"].keys == ""


def test_reset_gives_the_defaults_back(commands: ActionRegistry) -> None:
    commands.set_keys("fit", "W")
    commands.reset()
    assert (commands.named["fit"].keys, commands.named["wipe"].keys) == ("F", "W")


def test_no_two_commands_of_the_window_share_their_keys(driver: WindowDriver) -> None:
    keys = [c.keys for c in driver.window.commands.named.values() if c.keys]
    assert len(keys) == len(set(keys))


def test_a_question_mark_shows_all_keys(driver: WindowDriver) -> None:
    driver.window.activateWindow()
    driver.window.commands["keys"].trigger()
    dialog = driver.window.findChild(ShortcutsDialog)
    assert isinstance(dialog, ShortcutsDialog)
    assert driver.window.commands.named["keys"].keys == "?"
    assert dialog.table.rowCount() == len(driver.window.commands.named) + len(MOUSE)
    dialog.close()


def test_keys_are_changed_in_the_dialog(driver: WindowDriver, image_file: MakeFile, qtbot: QtBot) -> None:
    driver.open(image_file())
    dialog = ShortcutsDialog(driver.window.commands, driver.window)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.search.setFocus()
    QTest.keyClicks(dialog.search, "rings")
    shown = [row for row in range(dialog.table.rowCount()) if not dialog.table.isRowHidden(row)]
    assert len(shown) == 1
    dialog.table.setCurrentCell(shown[0], 1)
    dialog.editor.setKeySequence(QKeySequence("W"))
    assert "Wipe" in dialog.remark.text()
    QTest.mouseClick(dialog.change, Qt.MouseButton.LeftButton)
    dialog.close()
    driver.press(Qt.Key.Key_W)
    assert driver.controller.state.view.rings
    assert driver.controller.state.view.arrangement == "side"


def test_the_dialog_restores_the_defaults(driver: WindowDriver, qtbot: QtBot) -> None:
    driver.window.commands.set_keys("fit", "Ctrl+J")
    dialog = ShortcutsDialog(driver.window.commands, driver.window)
    qtbot.addWidget(dialog)
    button = dialog._buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert driver.window.commands.named["fit"].keys == "F"
