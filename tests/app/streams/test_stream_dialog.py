"""A person chooses a stream of the network, and the gaze follows it."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from foveaview.app.streams.stream_dialog import NONE_FOUND
from tests.app.conftest import WindowDriver
from tests.app.streams.hands import PIXELS, asked, choose, click, is_at, lab, listed
from tests.app.test_accessibility import check_names, check_walk
from tests.gaze.lsl.outlets import Outlet
from tests.gaze.lsl.streamer import Streamer


def test_a_stream_of_another_process_is_chosen_and_followed(opened: WindowDriver) -> None:
    with Streamer("--rate", "250"):
        dialog = listed(opened)
        assert dialog.remark.text() == "Looking for streams of gaze..."
        choose(opened, dialog, "tracker")
        cells = [dialog.table.item(0, column) for column in range(6)]
        texts = [cell.text() for cell in cells if cell is not None]
        assert [texts[0], texts[1], *texts[3:]] == ["tracker", "Gaze", "irregular", "3", "yes"]
        assert "pixels of the screen" in dialog.remark.text()
        click(dialog.connect_button)
        tracking = opened.window.gaze
        opened.until(lambda: tracking.look is not None)
        assert tracking.panel.source_line.text().startswith("tracker on ")
        opened.until(lambda: tracking.panel.rate_line.text().split(" ")[0] not in ("-", "0"))
        assert opened.window.streams.dialog is None


def test_the_gaze_of_a_stream_is_the_gaze_of_the_window(opened: WindowDriver) -> None:
    with Outlet("eye", ["gaze_x normalized image", "gaze_y normalized image"], [0.25, 0.75]) as eye:
        dialog = listed(opened)
        choose(opened, dialog, "eye")
        item = dialog.table.item(0, 0)
        assert item is not None
        at = dialog.table.visualItemRect(item).center()
        QTest.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
        opened.until(lambda: is_at(opened, 0.25, 0.75))
        eye.values = [0.5, 0.125]
        opened.until(lambda: is_at(opened, 0.5, 0.125))
        opened.window.commands["stop_following"].trigger()
        eye.values = [0.9, 0.9]
        QTest.qWait(60)
        assert is_at(opened, 0.5, 0.125)


def test_a_scene_camera_is_grey_and_refused_with_the_reason(opened: WindowDriver) -> None:
    with Outlet("pupil_capture", ["norm_pos_x normalized world", "norm_pos_y normalized world"], [0.5, 0.5]):
        dialog = listed(opened)
        choose(opened, dialog, "pupil_capture")
        item = dialog.table.item(0, 0)
        assert item is not None
        assert item.foreground().color() == dialog.palette().color(QPalette.ColorRole.PlaceholderText)
        assert "cannot be followed: its gaze is in the image of a scene camera" in dialog.remark.text()
        assert not dialog.connect_button.isEnabled()
        assert not dialog.mapping_button.isEnabled()
        QTest.keyClick(dialog.table, Qt.Key.Key_Return)
        assert opened.window.streams.dialog is dialog
        dialog.reject()


def test_where_there_is_none_it_says_what_to_start_and_shows_what_comes(opened: WindowDriver) -> None:
    dialog = listed(opened)
    opened.until(lambda: dialog.remark.text() == NONE_FOUND)
    with lab():
        choose(opened, dialog, "lab")
        assert "asks for its channels" in dialog.remark.text()
    opened.until(lambda: dialog.remark.text() == NONE_FOUND)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert opened.window.streams.dialog is None


def test_without_the_library_it_says_what_to_install(
    opened: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    dialog = listed(opened)
    opened.until(lambda: "pip install 'foveaview[lsl]'" in dialog.remark.text())
    dialog.reject()
    opened.window.streams.follow(PIXELS)
    assert "pip install 'foveaview[lsl]'" in opened.window.notifications.messages.toPlainText()
    assert opened.window.gaze.source is None


def test_the_dialogs_have_names_and_tab_reaches_all_of_them(opened: WindowDriver) -> None:
    with lab():
        dialog = listed(opened)
        choose(opened, dialog, "lab")
        check(opened, dialog)
        click(dialog.mapping_button)
        check(opened, asked(opened))


def check(driver: WindowDriver, dialog: QDialog) -> None:
    dialog.activateWindow()
    driver.until(dialog.isActiveWindow)
    check_names(dialog)
    inside = dialog.focusWidget()
    assert inside is not None
    check_walk(dialog, inside)
