"""The session that a state is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import AppState
from foveaview.app.sessions.state_record import runs_of, session_of
from foveaview.sessions.model import Session
from tests.app.conftest import MakeFile, StillWorker


def test_a_session_is_a_pure_function_of_the_state(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot
) -> None:
    controller = Controller(worker)
    controller.documents.open_targets([image_file("a.png"), image_file("b.png", seed=1)])
    controller.search.start()
    session = session_of(controller.state)
    assert session == session_of(controller.state)
    assert [Path(target.image.path).name for target in session.targets] == ["a.png", "b.png"]
    assert session.current == 1
    assert session.targets[1].phase == "paused"
    assert runs_of(controller.state) == [None, controller.state.documents[1].run]
    assert session_of(AppState()) == Session()


def test_documents_without_a_file_are_left_out(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot
) -> None:
    controller = Controller(worker)
    controller.documents.open_targets([image_file()])
    made = replace(controller.state.documents[0], source=None)
    assert session_of(replace(controller.state, documents=(made,))) == Session()
