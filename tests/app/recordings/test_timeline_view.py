"""Gaze over time as a person goes through it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from foveaview.app.recordings.timeline_view import TimelineView
from foveaview.gaze import Event, Recording
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.plot_decimation import Overview

WIDTH, HEIGHT = 500, 100
MIDDLE = HEIGHT // 2


def recording() -> Recording:
    """Ten seconds at 100 Hz from second 50 on, with a blink and two events."""
    t = 50 + np.arange(1001) / 100
    x = np.where((t > 52) & (t < 53), np.nan, 0.25)
    return Recording("eye", t, x, x, events=(Event(54.0, "start"), Event(58.0, "picture", 1.0)))


@pytest.fixture
def axis(qtbot: QtBot) -> TimelineView:
    made = TimelineView()
    qtbot.addWidget(made)
    made.resize(WIDTH, HEIGHT)
    made.set_recording(Overview(recording()))
    made.show()
    return made


@pytest.fixture
def sought(axis: TimelineView) -> list[float]:
    found: list[float] = []
    axis.sought.connect(found.append)
    return found


def wheel(axis: TimelineView, steps: int, column: int) -> None:
    at = QPointF(column, MIDDLE)
    none, no_keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    turn = QPoint(0, 120 * steps)
    event = QWheelEvent(at, at, QPoint(), turn, none, no_keys, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(axis, event)


def drag_to(axis: TimelineView, column: int) -> None:
    left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at = QPointF(column, MIDDLE)
    event = QMouseEvent(QMouseEvent.Type.MouseMove, at, at, Qt.MouseButton.NoButton, left, no_keys)
    QApplication.sendEvent(axis, event)


def test_a_click_goes_there(axis: TimelineView, sought: list[float]) -> None:
    QTest.mouseClick(axis, Qt.MouseButton.LeftButton, pos=QPoint(100, MIDDLE))
    assert sought == [pytest.approx(52.0)]


def test_a_drag_goes_along_and_no_farther_than_the_ends(axis: TimelineView, sought: list[float]) -> None:
    QTest.mousePress(axis, Qt.MouseButton.LeftButton, pos=QPoint(100, MIDDLE))
    for column in (150, -40, 900):
        drag_to(axis, column)
    QTest.mouseRelease(axis, Qt.MouseButton.LeftButton, pos=QPoint(450, MIDDLE))
    drag_to(axis, 200)
    assert sought == pytest.approx([52.0, 53.0, 50.0, 60.0])


def test_keys_go_by_a_sample_a_tenth_of_a_second_and_to_the_ends(
    axis: TimelineView, sought: list[float]
) -> None:
    steps: list[int] = []
    axis.stepped.connect(steps.append)
    axis.set_place(55.0)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        QTest.keyClick(axis, key)
        QTest.keyClick(axis, key, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(axis, Qt.Key.Key_Home)
    QTest.keyClick(axis, Qt.Key.Key_End)
    assert steps == [-1, 1]
    assert sought == pytest.approx([54.9, 55.1, 50.0, 60.0])


def test_the_wheel_shows_less_about_the_pointer_and_more_again(axis: TimelineView) -> None:
    wheel(axis, 3, 250)
    begin, end = axis.shown
    assert end - begin == pytest.approx(10 * 0.8**3)
    assert (begin + end) / 2 == pytest.approx(55.0)
    wheel(axis, -9, 100)
    assert axis.shown == pytest.approx((50.0, 60.0))


def test_a_place_that_leaves_what_is_shown_is_followed(axis: TimelineView, sought: list[float]) -> None:
    wheel(axis, 5, 0)
    axis.set_place(57.0)
    begin, end = axis.shown
    assert begin <= 57.0 <= end
    QTest.mouseClick(axis, Qt.MouseButton.LeftButton, pos=QPoint(WIDTH // 10, MIDDLE))
    assert sought == [pytest.approx(57.0)]


def test_what_is_under_the_pointer_is_told(axis: TimelineView) -> None:
    axis.set_rests(FixationList(np.array([51.0]), np.array([51.5]), np.array([0.5]), np.array([0.25])))
    assert axis.description_at(200, 3) == "0:04.000  start"
    assert axis.description_at(398, 3) == "0:08.000  picture"
    assert axis.description_at(300, 3) == ""
    assert axis.description_at(60, HEIGHT - 20) == "fixation 1: 500 ms at 0.500 0.250"
    assert axis.description_at(60, MIDDLE) == ""


def color(axis: TimelineView, column: int, row: int) -> QColor:
    return axis.grab().toImage().pixelColor(column, row)


def test_a_blink_is_shaded_and_the_line_is_where_the_place_is(axis: TimelineView) -> None:
    axis.set_place(57.0)
    free, shaded = color(axis, 220, 45), color(axis, 125, 45)
    assert shaded.lightness() != free.lightness()
    assert color(axis, 350, 45) == axis.palette().text().color()


def test_without_a_recording_it_says_what_to_do(axis: TimelineView, sought: list[float]) -> None:
    axis.set_recording(None)
    empty = axis.grab().toImage()
    axis.set_message("open one")
    assert axis.grab().toImage() != empty
    QTest.mouseClick(axis, Qt.MouseButton.LeftButton, pos=QPoint(100, MIDDLE))
    QTest.keyClick(axis, Qt.Key.Key_End)
    wheel(axis, 1, 10)
    assert sought == []


def test_one_sample_can_be_shown(axis: TimelineView) -> None:
    one = np.array([3.0])
    axis.set_recording(Overview(Recording("eye", one, one, one)))
    axis.grab()
    assert axis.shown[0] == 3.0
