"""Session files as they are read, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveaview.app.core.controller import Controller
from foveaview.app.sessions.reader import Opening, SessionReader
from foveaview.app.sessions.state_record import session_of
from foveaview.live import Failure
from foveaview.sessions.model import Session, write_session
from tests.app.conftest import LateWorker, MakeFile, StillWorker, collect


@pytest.fixture
def session(tmp_path: Path, image_file: MakeFile) -> Path:
    """Of two targets."""
    controller = Controller(StillWorker())
    controller.documents.open_targets([image_file("a.png"), image_file("b.png", seed=1)])
    write_session(tmp_path / "a.foveaview", session_of(controller.state))
    return tmp_path / "a.foveaview"


def reader_of(worker: StillWorker) -> SessionReader:
    return SessionReader(Controller(worker), worker)


def test_it_is_told_when_all_targets_are_there(session: Path) -> None:
    worker = LateWorker()
    reader = reader_of(worker)
    read = collect(reader.read)
    reader.open(Opening(session))
    assert reader.is_reading
    assert read == []
    worker.work()
    assert not reader.is_reading
    assert [document.path.name for document in read[0].state().documents] == ["a.png", "b.png"]


def test_an_empty_one_is_told_too(tmp_path: Path) -> None:
    write_session(tmp_path / "empty.foveaview", Session(follow=True))
    reader = reader_of(StillWorker())
    read = collect(reader.read)
    reader.open(Opening(tmp_path / "empty.foveaview"))
    assert read[0].state().follow


def test_one_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.foveaview").write_text("{")
    reader = reader_of(StillWorker())
    read, failed = collect(reader.read), collect(reader.failed)
    reader.open(Opening(tmp_path / "bad.foveaview"))
    assert read == []
    assert isinstance(failed[0], Failure)
    assert "bad.foveaview" in failed[0].message
    assert not reader.is_reading


def test_what_is_dropped_is_not_told(session: Path) -> None:
    worker = LateWorker()
    reader = reader_of(worker)
    read = collect(reader.read)
    reader.open(Opening(session))
    reader.drop()
    worker.work()
    assert read == []


def test_of_two_the_newer_is_told(session: Path) -> None:
    worker = LateWorker()
    reader = reader_of(worker)
    read = collect(reader.read)
    older, newer = Opening(session), Opening(session)
    reader.open(older)
    reader.open(newer)
    worker.work()
    assert [one is newer for one in read] == [True]


def test_a_target_that_is_gone_is_remarked(session: Path) -> None:
    (session.parent / "a.png").unlink()
    reader = reader_of(StillWorker())
    read = collect(reader.read)
    reader.open(Opening(session))
    assert [document.path.name for document in read[0].state().documents] == ["b.png"]
    assert "a.png is not there any more" in read[0].remarks[0]


def test_session_reader_drop_cancels_what_the_worker_reads(session: Path) -> None:
    worker = LateWorker()
    reader = reader_of(worker)
    opening = Opening(session)
    reader.open(opening)
    (request, _done) = worker.waiting[0]
    reader.drop()
    assert request(worker.renderer) is None
    assert opening.session == Session()
