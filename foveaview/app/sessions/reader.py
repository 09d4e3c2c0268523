"""Reads a session file with its targets, in the worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from foveaview.app.core.background import CancelToken
from foveaview.app.core.controller import Controller
from foveaview.app.core.state import AppState
from foveaview.app.core.store import WorkerProtocol
from foveaview.app.sessions.autosave import Autosave
from foveaview.app.sessions.restore import RestoredTarget, open_session, restore_target
from foveaview.live import Failure
from foveaview.sessions.model import Session

__all__ = ["Opening", "SessionReader"]


@dataclass
class Opening:
    """A session that is being read.

    Attributes:
        path: its file.
        own: folder of the closed window, locked by this one; None for the user's file.
        crashed_at_s: time of the save if its window crashed; else None.
        session: content of the file.
        restored: targets that were restored.
        asked: cancels the reading.
    """

    path: Path
    own: Autosave | None = None
    crashed_at_s: float | None = None
    session: Session = field(default_factory=Session)
    restored: list[RestoredTarget] = field(default_factory=list)
    asked: CancelToken = field(default_factory=CancelToken)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Differences from the saved session, in words."""
        return tuple(remark for one in self.restored for remark in one.remarks)

    def state(self) -> AppState:
        """The state that it restores."""
        documents = [one.document for one in self.restored]
        there = tuple(document for document in documents if document is not None)
        wanted = None if self.session.current is None else documents[self.session.current]
        shown = wanted or (there[-1] if there else None)
        number = None if shown is None else shown.number
        return AppState(there, number, self.session.view, self.session.follow)


class SessionReader(QObject):
    """Reads one session at a time; the window stays as it is in the meantime.

    Args:
        controller: numbers its targets.
        worker: reads the files.

    Signals:
        read: the `Opening`, with all its targets.
        failed: a `Failure`.
    """

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, controller: Controller, worker: WorkerProtocol, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller, self._worker = controller, worker
        self._opening: Opening | None = None

    @property
    def is_reading(self) -> bool:
        """Return True if a session is on its way."""
        return self._opening is not None

    def open(self, opening: Opening) -> None:
        """Read a session, in place of one that is being read."""
        self.drop()
        self._opening = opening
        self._worker.ask(open_session(opening.path, opening.asked), partial(self._begin, opening))

    def drop(self) -> None:
        """Cancel the reading."""
        before, self._opening = self._opening, None
        if before is not None:
            before.asked.cancel()
            self._controller.documents.cancel_runs([one.run for one in before.restored])
            if before.own is not None:
                before.own.release()

    def _begin(self, opening: Opening, value: Session | Failure | None) -> None:
        if opening is not self._opening or value is None:
            return
        if isinstance(value, Failure):
            self.drop()
            self.failed.emit(value)
            return
        opening.session = value
        for record in value.targets:
            number, run = self._controller.documents.reserve()
            request = restore_target(opening.path, record, number, run, opening.asked)
            self._worker.ask(request, partial(self._take, opening, run))
        if not value.targets:
            self._finish(opening)

    def _take(self, opening: Opening, run: int, value: RestoredTarget | Failure | None) -> None:
        if opening is not self._opening or value is None:
            self._controller.documents.cancel_runs([run])
            return
        if isinstance(value, Failure):
            value = RestoredTarget(None, run, (value.message,))
        opening.restored.append(value)
        if len(opening.restored) == len(opening.session.targets):
            self._finish(opening)

    def _finish(self, opening: Opening) -> None:
        self._opening = None
        self.read.emit(opening)
