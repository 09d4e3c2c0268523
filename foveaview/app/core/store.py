"""The state of the window, and the way from it to the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.core.watch import Slot, Watch
from foveaview.gaze.latency import GazeTimestamps
from foveaview.live import Done, Failure, Idle, Job, Quality, Request

__all__ = ["FULL_AFTER_MS", "Store", "WorkerProtocol"]

FULL_AFTER_MS = 150
"""A gaze or a setting that has not changed for this long is computed in full."""


class WorkerProtocol(Protocol):
    """A worker, as the window uses it."""

    def submit(self, job: Job | Idle) -> None:
        """Compute a job; a newer one replaces it while it waits."""

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        """Run a request between two steps, in place of a waiting request of that name."""


class Store(QObject):
    """Holds the state, and asks the worker for what follows from it.

    Only `Documents`, `Edits` and `Search` change the state.

    Args:
        worker: computes jobs and requests.
        parent: keeps it.

    Attributes:
        state: what the window shows.
        runs: numbers for runs to come.
        numbers: numbers for documents to come.
        awaited: runs that are being read, and that no job may drop.

    Signals:
        changed: the new `AppState` and the one before.
        failed: a `Failure`, for the banner.
        noticed: one line, for the messages.
        rejected: name of a setting, and why its value is invalid.
    """

    changed = Signal(object, object)
    failed = Signal(object)
    noticed = Signal(str)
    rejected = Signal(str, str)

    def __init__(self, worker: WorkerProtocol, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = AppState()
        self.numbers, self.runs, self._generations = count(), count(1), count(1)
        self.awaited: set[int] = set()
        self._worker, self._oldest_wanted = worker, 0
        self.debounce = QTimer(self, singleShot=True, interval=FULL_AFTER_MS)
        self.debounce.timeout.connect(lambda: self.submit("full"))

    # the state

    def change(self, **changes: Any) -> None:
        """Change the state, and tell it."""
        before, self.state = self.state, replace(self.state, **changes)
        self.changed.emit(self.state, before)

    def change_document(self, number: int, **changes: Any) -> None:
        """Change one document."""
        documents = tuple(replace(d, **changes) if d.number == number else d for d in self.state.documents)
        self.change(documents=documents)

    def pause_running(self) -> None:
        """Pause the searches that run."""
        for document in self.state.documents:
            if document.phase is Phase.RUNNING:
                self.change_document(document.number, phase=Phase.PAUSED)

    def fail(self, error: Exception) -> None:
        """Tell an error."""
        self.failed.emit(Failure.of(error))

    def watch(self, slot: Slot, *names: str, seen: Sequence[QWidget] = ()) -> None:
        """Call `slot(state, last)` when one of some fields has changed.

        Args:
            slot: gets the new state and the state of its last call.
            names: fields of `AppState` and of the shown `Document`.
            seen: call it only while one of these widgets is visible, and when one is shown after a change.
        """
        self.changed.connect(Watch(lambda: self.state, slot, names, seen, self).look)

    # the worker

    def job(self, document: Document, quality: Quality) -> Job:
        """Everything that the worker needs to compute what a document shows."""
        return Job(
            next(self._generations),
            document.number,
            document.target,
            document.gaze,
            document.loss_settings,
            document.settings,
            candidate=document.candidate,
            file=document.file,
            start=document.start,
            quality=quality,
            run=document.run,
            running=document.phase is Phase.RUNNING,
            keep=frozenset(d.run for d in self.state.documents if d.run is not None) | self.awaited,
            view=self.state.view,
            objective=document.objective,
            heatmap_of=document.heatmap_of,
            scrub=document.scrub,
            keeping=self.state.keeping,
            heatmap_parts=document.heatmap_parts,
            pinned=bool(document.pins),
        )

    def full_job(self) -> Job | None:
        """The shown document in full quality, for a request; None if nothing is open."""
        document = self.state.document
        return None if document is None else self.job(document, "full")

    def submit(self, quality: Quality, stamp: GazeTimestamps | None = None) -> None:
        """Compute the shown document.

        Args:
            quality: a preview has fewer pixels.
            stamp: of the gaze that it is for, to measure the latency.
        """
        document = self.state.document
        if document is None:
            self._worker.submit(Idle(frozenset(self.awaited)))
        else:
            self._worker.submit(replace(self.job(document, quality), stamp=stamp))

    def preview(self, stamp: GazeTimestamps | None = None) -> None:
        """Show a preview at once, and the full quality when nothing has changed for a while."""
        self.submit("preview", stamp)
        self.debounce.start()

    def discard_pending_frames(self) -> None:
        """Ignore the frames that are still on their way."""
        self._oldest_wanted = next(self._generations)

    def is_wanted(self, generation: int) -> bool:
        """Return False for a frame that was discarded."""
        return generation >= self._oldest_wanted

    def restart_display(self) -> None:
        """Compute something else from now on."""
        self.discard_pending_frames()
        self.debounce.stop()
        self.submit("full")

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        """Run a request between two steps; `done` gets its value, and a failure goes to the banner.

        Args:
            request: called in the worker with the renderer.
            done: called in this thread.
            replaces: name of a waiting request to drop.
        """

        def answered(value: Any) -> None:
            if isinstance(value, Failure):
                self.failed.emit(value)
            else:
                done(value)

        self._worker.ask(request, answered, replaces)
