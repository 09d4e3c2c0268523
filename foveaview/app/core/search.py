"""The search of a metamer: started, paused, ended, and what it computed taken into the state."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from foveaview.app.core.edits import Edits
from foveaview.app.core.state import NOTHING_SHOWN, Document, Phase
from foveaview.app.core.store import Store
from foveaview.live import Frame
from foveaview.synthesis.run import Outcome, outcome_text

__all__ = ["Search"]


class Search(QObject):
    """The rules by which a search runs, and by which frames from the worker change the state.

    Args:
        store: holds the state.
        edits: changes settings and the iteration that is shown.

    Signals:
        continued: a search that had stopped or ended continues from this iteration.
    """

    continued = Signal(int)

    def __init__(self, store: Store, edits: Edits) -> None:
        super().__init__(store)
        self._store, self._edits = store, edits

    def start(self) -> None:
        """Begin or continue a search; one that has used up its steps gets more."""
        document = self._store.state.document
        if document is None:
            return
        if document.settings.start == "image" and document.start is None:
            self._store.rejected.emit("start", "no start image: choose one with File, Open start image")
            return
        changes: dict[str, Any] = {"phase": Phase.RUNNING, "unsaved": True, "scrub": None}
        if document.can_go_on:
            self._give_steps(document)
        else:
            changes |= {"run": next(self._store.runs), "status": None}
        if document.candidate != "metamer" or "run" in changes:
            changes |= {"candidate": "metamer", **NOTHING_SHOWN}
        self._store.change_document(document.number, **changes)
        self._store.restart_display()
        if document.phase in (Phase.STOPPED, Phase.DONE) and document.status is not None:
            self.continued.emit(document.status.iteration)

    def _give_steps(self, document: Document) -> None:
        """Give a search that has used up its steps as many as a new one."""
        if document.status is None or document.steps_left:
            return
        usual = document.settings.replace(steps=None).resolved(document.objective.is_stateful).steps or 0
        self._edits.set_synthesis("steps", document.status.iteration + usual)
        self._store.noticed.emit(f"steps: raised to {document.status.iteration + usual}")

    def restart(self) -> None:
        """Begin the search again, with the settings as they are now."""
        document = self._store.state.document
        if document is not None and document.run is not None:
            self._store.change_document(document.number, phase=Phase.IDLE, run=None)
            self.start()

    def pause(self) -> None:
        """Pause the search; it can go on."""
        self._store.pause_running()
        self._store.submit("full")

    def toggle(self) -> None:
        """Run or pause."""
        document = self._store.state.document
        if document is not None:
            self.pause() if document.phase is Phase.RUNNING else self.start()

    def stop(self) -> None:
        """End the search and keep its image; a start continues it."""
        document = self._store.state.document
        if document is not None and document.phase in (Phase.RUNNING, Phase.PAUSED):
            self._store.change_document(document.number, phase=Phase.STOPPED, scrub=None)
            self._store.restart_display()

    def reset(self) -> None:
        """Drop the search and its image."""
        document = self._store.state.document
        if document is not None and document.run is not None:
            self._store.change_document(
                document.number,
                run=None,
                phase=Phase.IDLE,
                status=None,
                unsaved=False,
                candidate="ventral",
                **NOTHING_SHOWN,
            )
            self._store.restart_display()

    def receive(self, frame: Frame) -> None:
        """Take a frame from the worker into the state."""
        document = self._store.state.document
        if (
            document is None
            or frame.document != document.number
            or not self._store.is_wanted(frame.generation)
        ):
            return
        if frame.device and frame.device != self._store.state.device:
            self._store.change(device=frame.device)
        changes = self._changes_of(frame, document)
        self._report_problem(frame, document)
        self._store.change_document(document.number, **changes)
        if changes.get("phase") is Phase.DONE:
            self._finished(changes["status"].outcome, document)
        if frame.failure is not None:
            self._edits.scrub(None)  # what it was of may be what failed
            self._store.failed.emit(frame.failure)

    def _report_problem(self, frame: Frame, document: Document) -> None:
        """Say once why no more images of a run are kept."""
        if frame.run is not None and frame.run.history_problem:
            known = document.status is not None and document.status.history_problem
            if known != frame.run.history_problem:
                self._store.noticed.emit(frame.run.history_problem)

    def _changes_of(self, frame: Frame, document: Document) -> dict[str, Any]:
        """Return the changes of a frame to its document."""
        told = {name: getattr(frame, name) for name in ("picture", "heatmap", "loss", "map", "stamp")}
        changes: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        if frame.loss is not None:
            changes["loss_step"] = frame.loss_step
        if frame.picture is not None:
            changes["stamp"] = frame.stamp  # None if it was made for no gaze that is followed
        changes["quality"] = frame.quality
        running = document.phase is Phase.RUNNING
        if frame.run is not None and frame.run.run == document.run:
            changes["status"] = frame.run
            changes["unsaved"] = document.unsaved or running
            if running and frame.run.outcome is not None:
                changes["phase"] = Phase.DONE
        if running and frame.failure is not None:
            changes["phase"] = Phase.PAUSED
        return changes

    def _finished(self, outcome: Outcome, document: Document) -> None:
        if outcome is Outcome.NOT_FINITE:
            self._store.fail(ValueError("the loss is not finite: lower the learning rate and start again"))
        else:
            rule = document.settings
            text = outcome_text(outcome, rule.stop_fraction, rule.stop_window)
            self._store.noticed.emit(f"synthesis ended: {text}")
