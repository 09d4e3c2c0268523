"""Saves and restores sessions, on request and automatically."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from PySide6.QtCore import QObject, QTimer, Signal

from foveaview.app.core.controller import Controller
from foveaview.app.core.session_part import SessionPart
from foveaview.app.core.state import AppState
from foveaview.app.core.store import WorkerProtocol
from foveaview.app.sessions.autosave import Autosave, KeptSession, claim_crashed, kept_sessions, prune
from foveaview.app.sessions.reader import Opening, SessionReader
from foveaview.app.sessions.state_record import runs_of, session_of
from foveaview.app.sessions.writer import SessionWriter, Written
from foveaview.live import Failure
from foveaview.live.renderer import Renderer
from foveaview.sessions.model import AUTOSAVE_S, Session, TargetRecord

__all__ = ["Restored", "Sessions"]


@dataclass(frozen=True)
class Restored:
    """A restored session.

    Attributes:
        path: its file.
        remarks: differences from the saved session.
        crashed_at_s: time of the save if its window crashed; else None.
    """

    path: Path
    remarks: tuple[str, ...] = ()
    crashed_at_s: float | None = None


class Sessions(QObject):
    """Writes sessions to the user's file, and to a file of its own every minute and at the end.

    Everything is read and written in the worker, between two steps: a search that runs continues.

    Args:
        controller: has the state.
        worker: reads and writes.
        root: folder for automatic saves.
        every_s: seconds between two automatic saves; None for none.

    Attributes:
        path: the user's file, None if there is none yet.

    Signals:
        failed: a `Failure`.
        noticed: one line, for the messages.
        restored: a `Restored`.
    """

    failed = Signal(object)
    noticed = Signal(str)
    restored = Signal(object)

    def __init__(
        self,
        controller: Controller,
        worker: WorkerProtocol,
        root: Path,
        every_s: float | None = AUTOSAVE_S,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self._worker, self._root = controller, worker, root
        self._enabled = every_s is not None
        self._reader = SessionReader(controller, worker, self)
        self._reader.failed.connect(self.failed)
        self._reader.read.connect(self._take)
        self._parts: dict[str, SessionPart] = {}
        self._unknown: dict[str, JsonValue] = {}  # of parts that this window does not have
        self._person: SessionWriter | None = None
        self._own: Autosave | None = None
        self._writer: SessionWriter | None = None
        self._last: Session | None = None
        self._writing = False
        self._again = False  # something asked for while writing, which may not hold it
        self._complaint = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.autosave)
        if every_s is not None:
            self._timer.start(round(every_s * 1000))

    # what a session is

    def add_part(self, name: str, part: SessionPart) -> None:
        """Keep something else in every session."""
        self._parts[name] = part

    def now(self) -> Session:
        """The present session."""
        told = {name: part.save() for name, part in self._parts.items()}
        return session_of(self._controller.state, {**self._unknown, **told})

    @property
    def path(self) -> Path | None:
        """The file that the user saved or opened last."""
        return None if self._person is None else self._person.path

    # the user's own file

    def save(self, path: Path) -> None:
        """Write the session to a file, and its runs beside it."""
        session = self.now().with_targets(_saved)
        if not session.targets:
            self.failed.emit(Failure.of(ValueError("there is nothing to save: open an image first")))
            return
        known = self._person is not None and self._person.path == path
        writer = self._person if known and self._person is not None else SessionWriter(path)

        def done(value: Written | Failure) -> None:
            if isinstance(value, Failure):
                self.failed.emit(value)
                return
            self._person = writer
            self._controller.documents.note_runs(value.statuses, saved=True)
            if value.problem is None:
                self.noticed.emit(f"{path.name}: session saved")
            else:
                self.failed.emit(value.problem)

        self._worker.ask(writer.write(session, runs_of(self._controller.state)), done)

    def open(self, path: Path) -> None:
        """Read a session and show it in place of the open documents, which can be reopened."""
        self._reader.open(Opening(path))

    # what was left by other windows

    def kept(self) -> list[KeptSession]:
        """The sessions of closed windows, the newest first."""
        return kept_sessions(self._root) if self._enabled else []

    def reopen(self, kept: KeptSession) -> None:
        """Bring back the session of a closed window."""
        claimed = Autosave.claim(kept.folder) if kept.folder.is_dir() else None
        if claimed is None:
            self.failed.emit(Failure.of(ValueError("that session is open in another window, or gone")))
        else:
            self._reader.open(Opening(claimed.session, claimed))

    def reopen_last(self) -> None:
        """Bring back the session of the window that was closed last."""
        kept = self.kept()
        if kept:
            self.reopen(kept[0])
        else:
            self.noticed.emit("there is no session to reopen")

    def take_crashed(self) -> KeptSession | None:
        """Restore the session of a crashed window; return it instead if an earlier attempt failed.

        The caller can offer a returned session to the user. None if there is nothing to offer.
        """
        crashed = claim_crashed(self._root) if self._enabled else None
        if crashed is None:
            return None
        if crashed.was_tried:
            crashed.set_tried(False)
            return self._released(crashed)
        crashed.set_tried(True)
        self._reader.open(Opening(crashed.session, crashed, crashed.saved_s))
        return None

    def offer_crashed(self) -> KeptSession | None:
        """Return the session of a crashed window, for the user to reopen; None if there is none."""
        crashed = claim_crashed(self._root) if self._enabled else None
        return None if crashed is None else self._released(crashed)

    def _released(self, own: Autosave) -> KeptSession | None:
        own.release()
        return next((kept for kept in self.kept() if kept.folder == own.folder), None)

    @property
    def is_opening(self) -> bool:
        """Return True if a session is on its way."""
        return self._reader.is_reading

    def start_empty(self) -> None:
        """Close everything; it can be reopened."""
        self._retire()
        self._person = None
        self._controller.documents.restore(AppState(view=self._controller.state.view))

    # a session that was read

    def _take(self, opening: Opening) -> None:
        self._retire()
        state = opening.state()
        used = {document.run for document in state.documents}
        self._controller.documents.cancel_runs([one.run for one in opening.restored if one.run not in used])
        self._controller.documents.restore(state)
        self._restore_rest(opening.session)
        self._adopt(opening)
        self.restored.emit(Restored(opening.path, opening.remarks, opening.crashed_at_s))

    def _restore_rest(self, session: Session) -> None:
        """Restore the parts of the features."""
        self._unknown = {name: value for name, value in session.extras.items() if name not in self._parts}
        for name, part in self._parts.items():
            if name in session.extras:
                part.restore(session.extras[name])

    def _adopt(self, opening: Opening) -> None:
        """Continue to write to the file of the session, unless a part was lost that the file still has."""
        writer = SessionWriter(opening.path)
        for one in opening.restored:
            if one.record is not None:
                writer.know(one.run, one.record)
        self._person = None if opening.remarks or opening.own is not None else writer
        if opening.own is None:
            return
        if opening.remarks:
            opening.own.set_tried(False)
            opening.own.release()
        else:
            self._own, self._writer = opening.own, writer

    # automatic saves

    def autosave(self) -> None:
        """Write changes in the background, after a save that is still running."""
        self._again = self._writing
        if self._writing:
            return
        session = self.now()
        if self._enabled and session != self._last and self._make_own(session):
            self._last, self._writing = session, True
            assert self._own is not None
            self._write_own(session, partial(self._autosaved, self._own))

    def _autosaved(self, own: Autosave, value: Written | Failure) -> None:
        self._writing = False
        problem = value if isinstance(value, Failure) else value.problem
        if not isinstance(value, Failure):
            own.set_tried(False)
        if problem is None:
            self._complaint = ""
        else:
            self._last = None  # to be tried again, though nothing changes
            self._complain(problem)
        if self._again:
            self.autosave()

    def _complain(self, failure: Failure) -> None:
        """Once, not every minute; the words may differ each time, as the names of new files do."""
        if failure.kind != self._complaint:
            self._complaint = failure.kind
            self.failed.emit(failure)

    def _make_own(self, session: Session) -> bool:
        """Return True if there is a folder to write to; none is made for an empty window."""
        if self._own is None and session.targets:
            try:
                self._own = Autosave.create(self._root)
            except OSError as error:
                self._complain(Failure.of(error))
                return False
            self._writer = SessionWriter(self._own.session)
        return self._own is not None

    def _write_own(self, session: Session, done: Callable[[Any], None]) -> None:
        assert self._writer is not None
        self._worker.ask(self._writer.write(session, runs_of(self._controller.state)), done)

    def _retire(self) -> None:
        """Save the open documents like a closed window, and use another folder from then on."""
        session = self.now()
        if self._enabled and session.targets and self._make_own(session):
            own = self._own
            assert own is not None
            self._write_own(session, lambda _value: own.release())
        elif self._own is not None:
            self._own.remove()
        self._own, self._writer, self._last = None, None, None

    # the end

    def close(self) -> None:
        """Write everything; call `closed` after the worker has ended."""
        self._timer.stop()
        self._reader.drop()
        session = self.now()
        if not (self._enabled and session.targets and self._make_own(session)):
            return
        writer = self._writer
        assert writer is not None
        write = writer.write(session, runs_of(self._controller.state))

        def request(renderer: Renderer) -> None:
            try:
                problem = write(renderer).problem
            except Exception as error:  # no window is left to receive the reply
                problem = Failure.of(error)
            if problem is not None:
                sys.stderr.write(f"foveaview: the session was not saved whole: {problem.message}\n")

        self._worker.ask(request, lambda _none: None)

    def closed(self) -> None:
        """Leave the session for another window to reopen."""
        if not self._enabled:
            return
        if self._own is not None and self._controller.state.documents:
            self._own.set_tried(False)
            self._own.release()
        elif self._own is not None:
            self._own.remove()
        self._own = None
        prune(self._root)


def _saved(target: TargetRecord) -> TargetRecord:
    """With its run held by what the user saved."""
    if target.run is None:
        return target
    return target.model_copy(update={"run": target.run.model_copy(update={"unsaved": False})})
