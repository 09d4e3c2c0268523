"""Recordings as they are played, and gone through."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from foveaview.settings import ReplaySettings
from tests.app.conftest import WindowDriver
from tests.app.recorded import gaze_x, open_file


def test_playing_moves_the_gaze_and_ends_at_the_end(shown: WindowDriver, gaze_file: Path) -> None:
    made = open_file(shown, gaze_file)
    made._edit(ReplaySettings, "speed", 10.0)
    QTest.mouseClick(made.panel.play_button, Qt.MouseButton.LeftButton)
    assert made.panel.play_button.text() == "Pa&use"
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)
    shown.until(lambda: made.panel.play_button.text() == "Pla&y")
    assert made.panel.axis.place == pytest.approx(11.99)


def test_a_drag_on_the_axis_scrubs(shown: WindowDriver, gaze_file: Path) -> None:
    made = open_file(shown, gaze_file)
    axis = made.panel.axis
    QTest.mouseClick(axis, Qt.MouseButton.LeftButton, pos=QPoint(axis.width() * 3 // 4, 40))
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)
    QTest.keyClick(axis, Qt.Key.Key_Home)
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    QTest.keyClick(axis, Qt.Key.Key_Right)
    assert axis.place == pytest.approx(10.01)
    QTest.keyClick(axis, Qt.Key.Key_Left)
    QTest.keyClick(axis, Qt.Key.Key_Left)
    assert axis.place == pytest.approx(10.0)


def test_a_place_that_is_gone_to_is_shown_as_it_was_not_on_the_way_there(
    shown: WindowDriver, gaze_file: Path
) -> None:
    shown.window.gaze._edit("smoothing", True)
    made = open_file(shown, gaze_file)
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    made.player.seek(11.5)
    assert gaze_x(shown) == pytest.approx(0.75)
    made.player.seek(10.5)
    assert gaze_x(shown) == pytest.approx(0.25)


def test_keys_play_and_pause_from_the_whole_window(shown: WindowDriver, gaze_file: Path) -> None:
    made = open_file(shown, gaze_file)
    shown.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert made.player.replay is not None
    assert made.player.replay.playing
    QTest.keyClick(made.panel.axis, Qt.Key.Key_Space)
    assert not made.player.replay.playing


def test_another_source_takes_its_place_until_it_is_played_again(
    shown: WindowDriver, gaze_file: Path
) -> None:
    made = open_file(shown, gaze_file)
    made.player.toggle()
    shown.controller.edits.set_follow(True)
    assert made.panel.play_button.text() == "Pla&y"
    made.player.toggle()
    assert shown.window.gaze.source is made.player.replay
    assert made.panel.play_button.text() == "Pa&use"
