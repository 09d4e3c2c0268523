"""Changes of the state reach only those that they concern."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import AppState


def test_watch_calls_slot_only_for_its_fields(controller: Controller) -> None:
    seen: list[tuple[AppState, AppState]] = []
    controller.watch(lambda state, last: seen.append((state, last)), "loss_settings")
    before = controller.state
    controller.edits.set_gaze((0.2, 0.3))
    assert seen == []
    controller.edits.set_loss("alpha", 0.3)
    ((state, last),) = seen
    assert state is not before
    assert last is before


def test_watch_of_hidden_widget_catches_up_when_shown(controller: Controller, qtbot: QtBot) -> None:
    widget, seen = QWidget(), list[AppState]()
    qtbot.addWidget(widget)
    controller.watch(lambda state, _last: seen.append(state), "gaze", seen=(widget,))
    controller.edits.set_gaze((0.2, 0.3))
    controller.edits.set_gaze((0.4, 0.3))
    assert seen == []
    widget.show()
    assert [state.document.gaze for state in seen if state.document] == [(0.4, 0.3)]
    widget.hide()
    widget.show()
    assert len(seen) == 1


def test_watch_of_phases_hears_of_documents_that_are_not_shown(controller: Controller) -> None:
    seen: list[AppState] = []
    controller.watch(lambda state, _last: seen.append(state), "phases")
    controller.edits.set_gaze((0.2, 0.3))
    assert seen == []
    controller.documents.close(controller.state.documents[0].number)
    assert seen[-1].documents == ()
