"""A controller without a thread."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from tests.app.conftest import MakeFile, StillWorker
from tests.app.core.states import told


@pytest.fixture
def controller(qtbot: QtBot, worker: StillWorker, image_file: MakeFile) -> Controller:
    made = Controller(worker)
    made.documents.open_targets([image_file()])
    return made


@pytest.fixture
def started(controller: Controller, worker: StillWorker) -> Controller:
    controller.search.start()
    controller.search.receive(told(controller, worker))
    return controller
