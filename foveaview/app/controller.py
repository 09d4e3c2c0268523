"""The one writer of the window's state: takes what a person wants, applies what differs, asks the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foveaview.app import requests
from foveaview.app.documents import Documents
from foveaview.app.state import Document, OverlayPlace, Phase
from foveaview.live import Candidate, Frame
from foveaview.perception.grid import check_levels
from foveaview.synthesis import Outcome

__all__ = ["Controller"]

# settings of the search that change neither what is shown nor where a search starts
_RUN_ONLY = {"steps", "learning_rate", "stop_fraction", "stop_window", "noise_sd"}


class Controller(Documents):
    """The rules by which the state changes: gaze, settings, the search, and what the worker computed."""

    # what is looked at

    def set_gaze(self, gaze: tuple[float, float]) -> None:
        """Look elsewhere; outside the image is its edge."""
        x, y = (min(max(value, 0.0), 1.0) for value in gaze)
        document = self.state.document
        if document is not None and document.gaze != (x, y):
            self._edit(document.number, gaze=(x, y))
            self._preview()

    def set_candidate(self, candidate: Candidate) -> None:
        """Show another candidate."""
        document = self.state.document
        if document is None or document.candidate == candidate:
            return
        if candidate == "file" and document.file is None:
            self.noticed.emit("open a candidate image first")
            return
        self._edit(document.number, candidate=candidate, picture=None, heatmap=None, loss=None)
        self._anew()

    def set_overlay(self, overlay: OverlayPlace) -> None:
        """Lay the heatmap over the target, the candidate, both or none."""
        self._set(overlay=overlay)
        self._submit("full")

    def set_follow(self, follow: bool) -> None:
        """Whether the gaze follows the pointer."""
        self._set(follow=follow)

    # settings

    def set_loss(self, name: str, value: Any) -> None:
        """Change a setting of the loss; where it cannot be, say why and stay."""
        document = self.state.document
        if document is None:
            return
        try:
            settings = document.loss_settings.replace(**{name: value})
            check_levels(document.size, settings.n_pyramid_levels)
        except ValueError as error:
            self._reject(name, error)
            return
        if settings != document.loss_settings:
            self._edit(document.number, loss_settings=settings)
            self._preview()

    def set_synthesis(self, name: str, value: Any) -> None:
        """Change a setting of the search; where it cannot be, say why and stay."""
        document = self.state.document
        if document is None:
            return
        try:
            settings = document.settings.replace(**{name: value})
        except ValueError as error:
            self._reject(name, error)
            return
        if settings != document.settings:
            self._edit(document.number, settings=settings)
            if name in _RUN_ONLY:
                self._submit("full")
            else:
                self._preview()

    def set_objective(self, name: str, value: Any) -> None:
        """Change a weight or a term; where it cannot be, say why and stay."""
        document = self.state.document
        if document is None:
            return
        try:
            settings = document.objective.replace(**{name: value})
            if not any(settings.weights.values()):
                raise ValueError("at least one term needs a weight")
        except ValueError as error:
            self._reject(name, error)
            return
        if settings != document.objective:
            self._edit(document.number, objective=settings)
            self._submit("full")

    def set_heatmap_of(self, name: str) -> None:
        """Show the heatmap of another term."""
        document = self.state.document
        if document is not None and document.heatmap_of != name:
            self._edit(document.number, heatmap_of=name)
            self._submit("full")

    def _reject(self, name: str, error: ValueError) -> None:
        self.rejected.emit(name, str(error))

    def open_start(self, path: Path) -> None:
        """Read the image that the next search starts from."""
        document = self.state.document
        if document is not None:
            number = document.number
            self._ask(requests.read_like(path, document.target), lambda read: self._set_start(number, read))

    def _set_start(self, number: int, read: requests.Read) -> None:
        self._note(read.notice)
        self._edit(number, start=read.image)
        self.set_synthesis("start", "image")

    # the search

    def start(self) -> None:
        """Begin a search, or go on with a paused one."""
        document = self.state.document
        if document is None:
            return
        if document.settings.start == "image" and document.start is None:
            self.rejected.emit("start", "choose an image to start from (File, Open start image)")
            return
        changes: dict[str, Any] = {"phase": Phase.RUNNING, "unsaved": True}
        if document.phase is not Phase.PAUSED:
            changes |= {"run": next(self._runs), "status": None}
        if document.candidate != "metamer" or "run" in changes:
            changes |= {"candidate": "metamer", "picture": None, "heatmap": None, "loss": None}
        self._edit(document.number, **changes)
        self._anew()

    def pause(self) -> None:
        """Pause the search; it can go on."""
        self._pause_running()
        self._submit("full")

    def toggle_run(self) -> None:
        """Run or pause."""
        document = self.state.document
        if document is not None:
            self.pause() if document.phase is Phase.RUNNING else self.start()

    def stop(self) -> None:
        """End the search and keep its image; a start begins another."""
        document = self.state.document
        if document is not None and document.phase in (Phase.RUNNING, Phase.PAUSED):
            self._edit(document.number, phase=Phase.STOPPED)
            self._submit("full")

    def reset(self) -> None:
        """Drop the search and its image."""
        document = self.state.document
        if document is not None and document.run is not None:
            self._edit(
                document.number,
                run=None,
                phase=Phase.IDLE,
                status=None,
                unsaved=False,
                candidate="ventral",
                picture=None,
                heatmap=None,
                loss=None,
            )
            self._anew()

    def take_frame(self, frame: Frame) -> None:
        """Take a frame from the worker into the state."""
        document = self.state.document
        if document is None or frame.document != document.number or frame.generation < self._oldest_wanted:
            return
        if frame.device and frame.device != self.state.device:
            self._set(device=frame.device)
        changes = self._changes_of(frame, document)
        self._edit(document.number, **changes)
        if changes.get("phase") is Phase.DONE:
            self._finished(changes["status"].outcome)
        if frame.failure is not None:
            self.failed.emit(frame.failure)

    def _changes_of(self, frame: Frame, document: Document) -> dict[str, Any]:
        """What a frame changes of the document that it is for."""
        told = {name: getattr(frame, name) for name in ("picture", "heatmap", "loss")}
        changes: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
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

    def _finished(self, outcome: Outcome) -> None:
        if outcome is Outcome.NOT_FINITE:
            self._fail(ValueError("the loss is no longer finite: lower the learning rate and start again"))
        else:
            self.noticed.emit(f"synthesis ended: {outcome.value}")
