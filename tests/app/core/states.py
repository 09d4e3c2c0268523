"""What the controller shows and says, and what a worker tells it."""

from __future__ import annotations

from typing import Any

import numpy as np

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import Document
from foveaview.live import Frame, Key, Picture, RunStatus
from tests.app.conftest import StillWorker

__all__ = ["document", "frame", "picture", "told"]


def document(controller: Controller) -> Document:
    shown = controller.state.document
    assert shown is not None
    return shown


def frame(controller: Controller, worker: StillWorker, **values: Any) -> Frame:
    return Frame(worker.jobs[-1].generation, document(controller).number, "full", **values)


def picture(controller: Controller, **key: Any) -> Picture:
    key = {"ventral_color": "coupled", **key} if document(controller).candidate == "ventral" else key
    made = Key(document(controller).gaze, document(controller).loss_settings, **key)
    return Picture(np.zeros((48, 64, 3), np.uint8), made, np.zeros((3, 48, 64), np.float32))


def told(controller: Controller, worker: StillWorker, **values: Any) -> Frame:
    """What the worker tells of the run that goes on."""
    run = document(controller).run
    assert run is not None
    given = {"iteration": 20, "losses": np.ones(20), "outcome": None, "stored": (0, 8, 20), **values}
    return frame(controller, worker, run=RunStatus(run, steps_per_second=1.0, **given))
