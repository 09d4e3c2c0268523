"""Gaze and settings can be taken back, one change at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from foveaview.app.core.undo import EditSnapshot, UndoHistory
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from tests.app.conftest import WindowDriver

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def _at(x: float) -> EditSnapshot:
    return EditSnapshot((x, 0.5), LossSettings(), SynthesisSettings(), ObjectiveSettings())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20, unique=True))
def test_undoing_all_and_redoing_all_comes_back(places: list[float]) -> None:
    undo, now = UndoHistory(), _at(-1)
    for index, place in enumerate(places):
        undo.note(0, now, f"change {index}")
        now = _at(place)
    last, steps = now, 0
    while (before := undo.undo(0, now)) is not None:
        now, steps = before, steps + 1
    assert (now, steps) == (_at(-1), len(places))
    while (after := undo.redo(0, now)) is not None:
        now = after
    assert now == last


def test_a_new_change_drops_what_was_undone() -> None:
    undo = UndoHistory()
    undo.note(0, _at(0), "gaze")
    undo.undo(0, _at(1))
    undo.note(0, _at(0), "alpha")
    assert undo.can(0) == (True, False)


def test_changes_of_one_name_count_as_one_until_they_rest() -> None:
    undo = UndoHistory()
    undo.note(0, _at(0), "gaze")
    undo.note(0, _at(0.1), "gaze")
    undo.end_group()
    undo.note(0, _at(0.2), "gaze")
    assert undo.undo(0, _at(0.3)) == _at(0.2)
    assert undo.undo(0, _at(0.2)) == _at(0)


def test_documents_are_apart() -> None:
    undo = UndoHistory()
    undo.note(0, _at(0), "gaze")
    assert undo.undo(1, _at(1)) is None
    undo.forget(0)
    assert undo.undo(0, _at(1)) is None


def test_a_drag_is_undone_at_once(opened: WindowDriver) -> None:
    opened.drag([(30, 20), (40, 20), (50, 10)])
    assert opened.document.gaze != (0.5, 0.5)
    opened.press(Qt.Key.Key_Z, CTRL)
    assert opened.document.gaze == (0.5, 0.5)
    opened.press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert opened.document.gaze[0] == pytest.approx(50 / 63, abs=0.02)


def test_settings_are_undone_in_turn(opened: WindowDriver) -> None:
    for name, key in (("alpha", Qt.Key.Key_Up), ("n_pyramid_levels", Qt.Key.Key_Down)):
        widget = opened.window.run.settings_panel.editors[name].widget
        widget.setFocus()
        QTest.keyClick(widget, key)
    settings = opened.document.loss_settings
    assert (settings.alpha, settings.n_pyramid_levels) == (0.21, 4)
    opened.press(Qt.Key.Key_Z, CTRL)
    assert opened.document.loss_settings == settings.replace(n_pyramid_levels=5)
    opened.press(Qt.Key.Key_Z, CTRL)
    assert opened.document.loss_settings == LossSettings()
    opened.settle()


def test_a_refused_value_leaves_nothing_to_undo(opened: WindowDriver) -> None:
    opened.controller.edits.set_loss("n_pyramid_levels", 9)
    opened.press(Qt.Key.Key_Z, CTRL)
    assert "nothing more to undo" in opened.window.notifications.messages.toPlainText()
