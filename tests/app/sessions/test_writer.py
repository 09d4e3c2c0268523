"""Sessions written in the worker, and runs that cannot be."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch
from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from foveaview.app.sessions.state_record import runs_of, session_of
from foveaview.app.sessions.writer import SessionWriter
from foveaview.sessions.model import Session
from tests.app.conftest import MakeFile, StillWorker
from tests.app.sessions.saving import full


@pytest.fixture
def begun(worker: StillWorker, image_file: MakeFile, qtbot: QtBot) -> Controller:
    """A search that has taken a step."""
    controller = Controller(worker)
    controller.documents.open_targets([image_file()])
    controller.search.start()
    worker.renderer.begin(worker.jobs[-1])
    worker.renderer.step(worker.jobs[-1])
    return controller


def test_a_run_that_is_not_finite_leaves_the_checkpoint_before(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = Controller(worker)
    controller.documents.open_targets([image_file()])
    controller.search.start()
    worker.renderer.begin(worker.jobs[-1])
    worker.renderer.step(worker.jobs[-1])
    writer = SessionWriter(tmp_path / "a.foveaview")
    session, runs = session_of(controller.state), runs_of(controller.state)
    first = writer.write(session, runs)(worker.renderer).session.targets[0].run
    worker.renderer.step(worker.jobs[-1])
    search = next(iter(worker.renderer.runs.searches.values()))
    search.synthesis.metamer.data.fill_(float("nan"))
    second = writer.write(session, runs)(worker.renderer).session.targets[0].run
    assert first is not None
    assert second == first
    assert (tmp_path / str(first.checkpoint)).exists()


def test_a_run_that_cannot_be_written_is_kept_as_it_was_before(
    worker: StillWorker, begun: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SessionWriter(tmp_path / "a.foveaview")
    session, runs = session_of(begun.state), runs_of(begun.state)
    first = writer.write(session, runs)(worker.renderer).session.targets[0].run
    worker.renderer.step(worker.jobs[-1])
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        written = writer.write(session, runs)(worker.renderer)
    run = written.session.targets[0].run
    assert first is not None
    assert run is not None
    assert (run.checkpoint, run.iteration, run.unsaved) == (first.checkpoint, 1, True)
    assert (tmp_path / str(first.checkpoint)).exists()
    assert written.problem is not None
    assert written.statuses == {}


def test_a_session_that_cannot_be_written_leaves_no_checkpoints(
    worker: StillWorker, begun: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> Session:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = SessionWriter(tmp_path / "a.foveaview")
    session, runs = session_of(begun.state), runs_of(begun.state)
    writer.write(session, runs)(worker.renderer)
    before = list((tmp_path / "a.files").iterdir())
    worker.renderer.step(worker.jobs[-1])
    monkeypatch.setattr("foveaview.app.sessions.writer.write_session", fails)
    with pytest.raises(OSError, match="No space left"):
        writer.write(session, runs)(worker.renderer)
    assert list((tmp_path / "a.files").iterdir()) == before
