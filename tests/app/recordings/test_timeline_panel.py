"""The panel of a recording as a person uses it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox
from pytestqt.qtbot import QtBot

from foveaview.app.recordings.recording_info import RecordingInfo
from foveaview.app.recordings.timeline_panel import TimelinePanel, screen_of
from foveaview.gaze import Recording
from foveaview.gaze.plot_decimation import Overview
from foveaview.settings import FixationSettings, ReplaySettings

T = np.arange(301) / 100
RECORDING = Recording("eye.csv", T, T, T, valid=T >= 0.755, notes=("odd",))


@pytest.fixture
def panel(qtbot: QtBot) -> TimelinePanel:
    made = TimelinePanel()
    qtbot.addWidget(made)
    made.resize(900, 160)
    made.show()
    return made


@pytest.fixture
def opened(panel: TimelinePanel) -> TimelinePanel:
    panel.set_info(RecordingInfo.of(RECORDING))
    panel.set_overview(Overview(RECORDING))
    return panel


def told(signal: Any) -> list[Any]:
    found: list[Any] = []
    signal.connect(lambda *values: found.append(values[0] if len(values) == 1 else values))
    return found


def click(button: Any) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_at_first_there_is_only_what_opens_one(panel: TimelinePanel) -> None:
    opens = told(panel.opened)
    assert not panel.play_button.isVisible()
    assert not panel.placing_box.isVisible()
    click(panel.open_button)
    assert len(opens) == 1


def test_it_says_what_is_open_and_where_it_is(opened: TimelinePanel) -> None:
    assert opened.line.text() == "eye.csv: 0:03.0, 100 Hz, 75 % usable. odd"
    opened.set_place(1.25)
    assert opened.place_label.text() == "0:01.25 / 0:03"


def test_a_recording_without_an_end_does_not_keep_the_next_one_out(panel: TimelinePanel) -> None:
    panel.set_info(RecordingInfo("endless", float("inf"), 0.0, 1.0))
    assert "endless" in panel.line.text()
    panel.set_info(RecordingInfo.of(RECORDING))
    assert RECORDING.name in panel.line.text()


def test_space_plays_and_arrows_step_wherever_the_keys_go(opened: TimelinePanel) -> None:
    toggles, steps, places = told(opened.toggled), told(opened.stepped), told(opened.sought)
    for widget in (opened.axis, opened):
        QTest.keyClick(widget, Qt.Key.Key_Space)
        QTest.keyClick(widget, Qt.Key.Key_Right)
        QTest.keyClick(widget, Qt.Key.Key_End)
    assert len(toggles) == 2
    assert steps == [1, 1]
    assert places == [3.0, 3.0]


def test_the_button_says_what_it_does(opened: TimelinePanel) -> None:
    toggles = told(opened.toggled)
    opened.set_playing(True)
    assert opened.play_button.text() == "Pa&use"
    click(opened.play_button)
    assert len(toggles) == 1


def test_speed_and_loop_are_told(opened: TimelinePanel) -> None:
    edits = told(opened.edited)
    speed = opened.editors["speed"].widget
    assert isinstance(speed, QAbstractSpinBox)
    speed.selectAll()
    QTest.keyClicks(speed, "2.5")
    QTest.keyClick(speed, Qt.Key.Key_Return)
    QTest.keyClick(opened.editors["loop"].widget, Qt.Key.Key_Space)
    assert edits == [(ReplaySettings, "speed", 2.5), (ReplaySettings, "loop", True)]


def test_only_what_counts_for_the_method_is_shown(opened: TimelinePanel) -> None:
    edits = told(opened.edited)
    box = opened.editors["method"].widget
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert edits == [(FixationSettings, "method", "I-VT")]
    for method, shown in (
        ("I-DT", (True, False, True)),
        ("I-VT", (False, True, True)),
        ("none", (False,) * 3),
    ):
        opened.set_fixations(FixationSettings(method=method))
        names = ("dispersion_deg", "velocity_deg_s", "duration_ms")
        assert tuple(opened.editors[name].widget.isVisible() for name in names) == shown


def test_the_screen_is_asked_for_where_it_is_not_known(opened: TimelinePanel) -> None:
    screens = told(opened.screen_edited)
    opened.set_placing("fit", None, True, False)
    assert not opened.screen_edit.isVisible()
    opened.set_placing("fit", None, True, True)
    QTest.keyClicks(opened.screen_edit, "1920 x 1080")
    QTest.keyClick(opened.screen_edit, Qt.Key.Key_Return)
    assert screens == [(1920, 1080)]
    opened.screen_edit.clear()
    QTest.keyClicks(opened.screen_edit, "large")
    QTest.keyClick(opened.screen_edit, Qt.Key.Key_Return)
    assert "not 'large'" in opened.line.toolTip()
    assert screens == [(1920, 1080)]


def test_a_recording_of_the_image_needs_no_placing(opened: TimelinePanel) -> None:
    opened.set_placing("fit", None, False, False)
    assert not opened.placing_box.isEnabled()


def test_how_the_image_lay_is_told(opened: TimelinePanel) -> None:
    placings = told(opened.placing_chosen)
    opened.set_placing("fit", None, True, False)
    opened.placing_box.setFocus()
    QTest.keyClick(opened.placing_box, Qt.Key.Key_End)
    assert placings == ["window"]


def test_reading_can_be_cancelled(panel: TimelinePanel) -> None:
    cancels, closes = told(panel.cancelled), told(panel.closed)
    panel.set_busy("reading eye.csv...")
    assert panel.line.text() == "reading eye.csv..."
    click(panel.close_button)
    assert (len(cancels), len(closes)) == (1, 0)
    panel.set_busy("")
    panel.set_info(RecordingInfo.of(RECORDING))
    click(panel.close_button)
    assert (len(cancels), len(closes)) == (1, 1)


def test_the_length_of_the_path_is_told_and_0_is_all(panel: TimelinePanel) -> None:
    lengths = told(panel.path_edited)
    panel.set_path_s(3.0)
    assert lengths == []
    panel.path_box.setFocus()
    panel.path_box.selectAll()
    QTest.keyClicks(panel.path_box, "0")
    QTest.keyClick(panel.path_box, Qt.Key.Key_Return)
    assert lengths == [0.0]
    assert panel.path_box.text() == "whole path"


@pytest.mark.parametrize(("text", "size"), [("1920x1080", (1920, 1080)), ("1920, 1080", (1920, 1080))])
def test_a_size_is_read(text: str, size: tuple[int, int]) -> None:
    assert screen_of(text) == size


@pytest.mark.parametrize("text", ["", "1920", "0x5", "-1x5", "1e3x2", "9999999x2"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert screen_of(text) is None
