"""What is open, and the files it comes from and goes to: the half of the controller that holds the state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from foveaview.app.core import image_requests as requests
from foveaview.app.core.state import NOTHING_SHOWN, AppState, Document, Phase
from foveaview.app.inspection import requests as reading_requests
from foveaview.export import Kind
from foveaview.gaze.latency import GazeTimestamps
from foveaview.inspection.readout import Readout
from foveaview.io.colormaps import Scale
from foveaview.live import Done, Failure, Idle, Job, Quality, Request, RunStatus
from foveaview.live.renderer import Renderer
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings

__all__ = ["Documents", "WorkerProtocol"]

REST_MS = 150
"""A gaze or a setting that has not changed for this long is computed in full."""


class WorkerProtocol(Protocol):
    """What the controller needs of a worker."""

    def submit(self, job: Job | Idle) -> None:
        """Have a job done."""

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        """Have something done between two steps, in place of a request of that name that waits."""


class Documents(QObject):
    """Holds the state; opens, closes, saves and exports.

    Signals:
        changed: the new `AppState` and the one before.
        failed: a `Failure`, for the banner.
        noticed: one line, for the messages.
        rejected: name of a setting, and why its value was not taken.
    """

    changed = Signal(object, object)
    failed = Signal(object)
    noticed = Signal(str)
    rejected = Signal(str, str)

    def __init__(self, worker: WorkerProtocol, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = AppState()
        self._worker = worker
        self._numbers, self._runs, self._generations = count(), count(1), count(1)
        self._oldest_wanted = 0
        self._awaited: set[int] = set()  # runs that are being read, and that no job may drop
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(lambda: self._submit("full"))

    # what is open

    def open_targets(
        self,
        paths: Sequence[Path],
        gaze: tuple[float, float] = (0.5, 0.5),
        candidate: Path | None = None,
        choice: Mapping[str, Any] | None = None,
    ) -> None:
        """Read images in the background and add each as a target; the last becomes the one shown.

        Args:
            paths: the images.
            gaze: of each.
            candidate: what to compare with the last.
            choice: `gaze` and values of `loss_settings`, `settings` and `objective` that differ.
        """
        for path in paths:
            compared = candidate if path == paths[-1] else None
            self.ask(requests.read_target(path), partial(self._add, gaze, compared, choice=choice or {}))

    def _add(
        self,
        gaze: tuple[float, float],
        candidate: Path | None,
        opened: requests.Opened,
        choice: Mapping[str, Any],
    ) -> None:
        if levels_that_fit(opened.size) == 0:
            self._fail(ValueError(f"{opened.path}: an image needs at least 16 px on each side"))
            return
        previous = self.state.document
        groups: dict[str, Any] = {
            "loss_settings": previous.loss_settings if previous else LossSettings(),
            "settings": previous.settings if previous else SynthesisSettings(),
            "objective": previous.objective if previous else ObjectiveSettings(),
        }
        groups = {name: group.replace(**choice.get(name, {})) for name, group in groups.items()}
        if groups["settings"].start == "image":  # which is the other target's
            groups["settings"] = groups["settings"].replace(start=SynthesisSettings().start)
        loss_settings = groups["loss_settings"]
        fit = levels_that_fit(opened.size)
        if loss_settings.n_pyramid_levels > fit:
            loss_settings = loss_settings.replace(n_pyramid_levels=fit)
            self.noticed.emit(f"{opened.path.name}: levels set to {fit}, the most that fit its size")
        document = Document(
            next(self._numbers),
            opened.path,
            opened.target,
            opened.pixels,
            gaze=choice.get("gaze", gaze),
            **{**groups, "loss_settings": loss_settings},
            heatmap_of=previous.heatmap_of if previous else "metameric",
            source=opened.source,
            halvings=opened.halvings,
            label=opened.label,
            is_light=opened.is_light,
        )
        if opened.label:
            self.noticed.emit(f"{opened.path.name}: {opened.label}")
        self._set(documents=(*self.state.documents, document))
        self.select(document.number)
        if candidate is not None:
            self.open_candidate(candidate)

    def open_candidate(self, path: Path) -> None:
        """Read an image to compare with the shown target, resized where its size differs."""
        document = self.state.document
        if document is not None:
            number = document.number
            request = requests.load_matching(path, document.target, document.exposure)
            self.ask(request, lambda read: self._set_file(number, path, read))

    def _set_file(self, number: int, path: Path, read: requests.Read) -> None:
        self._note(read.notice)
        changes: dict[str, Any] = {"file_name": path.name, "file_source": read.source, "candidate": "file"}
        self._edit(number, file=read.image, **changes, **NOTHING_SHOWN)
        self._restart_display()

    def select(self, number: int) -> None:
        """Show another target; a search that runs is paused and kept."""
        self._pause_running()
        self._set(current=number)
        self._restart_display()

    def close_document(self, number: int) -> None:
        """Close a target and drop its run."""
        rest = tuple(d for d in self.state.documents if d.number != number)
        current = self.state.current
        if current == number:
            current = rest[-1].number if rest else None
        self._set(documents=rest, current=current)
        self._restart_display()

    def halve(self) -> None:
        """Continue with the shown target at half its size, as a new target."""
        document = self.state.document
        if document is not None and document.source is not None:
            names = ("path", "target", "pixels", "source", "halvings", "label", "is_light")
            opened = requests.Opened(**{name: getattr(document, name) for name in names})
            self.ask(requests.halved(opened), partial(self._add, document.gaze, None, choice={}))

    # files out

    def save_checkpoint(self, path: Path) -> None:
        """Write the run's checkpoint in the background."""
        document = self.state.document
        if document is not None and document.run is not None:
            number = document.number

            def saved(message: str) -> None:
                self._edit(number, unsaved=False)
                self.noticed.emit(message)

            self.ask(requests.save_checkpoint(document.run, path), saved)

    def load_checkpoint(self, path: Path) -> None:
        """Take up the run of a checkpoint, with its gaze and settings, paused."""
        document = self.state.document
        if document is None:
            self._fail(ValueError("open the checkpoint's target first"))
            return
        number, run = document.number, self._reserve_run()
        self.ask(
            requests.resume(path, run, document.target), lambda resumed: self._resumed(number, run, resumed)
        )

    def _resumed(self, number: int, run: int, resumed: requests.Resumed) -> None:
        self._awaited.discard(run)
        self._edit(
            number,
            run=run,
            phase=Phase.PAUSED,
            status=None,
            gaze=resumed.gaze,
            loss_settings=resumed.loss_settings,
            settings=resumed.settings,
            objective=resumed.objective,
            candidate="metamer",
            **NOTHING_SHOWN,
        )
        self._restart_display()
        self.noticed.emit(f"{resumed.name}: resumed at iteration {resumed.iteration}; Start goes on")

    def export_candidate(self, path: Path) -> None:
        """Write the shown candidate as a PNG with its settings, in the background."""
        self._export(requests.export_candidate, path)

    def export_heatmap(self, path: Path) -> None:
        """Write the heatmap as a PNG with its settings, in the background."""
        self._export(partial(requests.export_heatmap, scale=self._scale), path)

    def export_figure(self, path: Path) -> None:
        """Write the heatmap as a figure with colour bar and rings, in the background."""
        self._export(partial(requests.export_figure, scale=self._scale), path)

    def export_all(self, folder: Path, kinds: Collection[Kind]) -> None:
        """Write what is wanted of what is shown into one folder, in the background."""
        self._export(partial(requests.export_all, kinds=kinds, scale=self._scale), folder)

    @property
    def _scale(self) -> Scale:
        """Colours and range of the heatmap on screen."""
        return Scale(self.state.view.colormap, 0.0, self.state.view.heatmap_top)

    def _export(self, make: Callable[[Job, Path], Callable[[Renderer], str]], path: Path) -> None:
        document = self.state.document
        if document is not None:
            self.ask(make(self._job(document, "full"), path), self.noticed.emit)

    def save_points(self, path: Path, points: Sequence[Readout]) -> None:
        """Write the numbers at pinned points as CSV, in the background."""
        self.ask(reading_requests.save_points(path, points), self.noticed.emit)

    # what comes back from a session

    def reserve(self) -> tuple[int, int]:
        """Numbers for a document and a run that are being read; no job drops that run."""
        return next(self._numbers), self._reserve_run()

    def _reserve_run(self) -> int:
        """A number for a run that is being read."""
        run = next(self._runs)
        self._awaited.add(run)
        # a job that waits knows nothing of it, and would have it dropped as soon as it is read
        self._submit("full")
        return run

    def give_up(self, runs: Sequence[int]) -> None:
        """Have the next job drop runs that were reserved and are of no use."""
        self._awaited.difference_update(runs)

    def restore(self, state: AppState) -> None:
        """Show other documents, whose numbers and runs were reserved, in place of those that are open."""
        self._awaited.difference_update(d.run for d in state.documents if d.run is not None)
        self._set(documents=state.documents, current=state.current, view=state.view, follow=state.follow)
        self._restart_display()

    def note_runs(self, statuses: Mapping[int, RunStatus], saved: bool) -> None:
        """Take how far some runs are, and whether the user has saved them so."""
        for document in self.state.documents:
            status = statuses.get(document.run) if document.run is not None else None
            held = saved and document.phase is not Phase.RUNNING
            if status is not None:
                self._edit(document.number, status=status, unsaved=document.unsaved and not held)
            elif held and document.status is None:  # it was paused before its first step
                self._edit(document.number, unsaved=False)

    # between the state and the worker

    def _set(self, **changes: Any) -> None:
        before, self.state = self.state, replace(self.state, **changes)
        self.changed.emit(self.state, before)

    def _edit(self, number: int, **changes: Any) -> None:
        documents = tuple(replace(d, **changes) if d.number == number else d for d in self.state.documents)
        self._set(documents=documents)

    def _job(self, document: Document, quality: Quality) -> Job:
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
            keep=frozenset(d.run for d in self.state.documents if d.run is not None) | self._awaited,
            view=self.state.view,
            objective=document.objective,
            heatmap_of=document.heatmap_of,
            scrub=document.scrub,
            keeping=self.state.keeping,
            heatmap_parts=document.heatmap_parts,
            pinned=bool(document.pins),
        )

    def full_job(self) -> Job | None:
        """What is shown, whole, for a request; None if nothing is open."""
        document = self.state.document
        return None if document is None else self._job(document, "full")

    def _submit(self, quality: Quality, stamp: GazeTimestamps | None = None) -> None:
        document = self.state.document
        if document is None:
            self._worker.submit(Idle(frozenset(self._awaited)))
        else:
            self._worker.submit(replace(self._job(document, quality), stamp=stamp))

    def _preview(self, stamp: GazeTimestamps | None = None) -> None:
        """Show something at once, and the whole when nothing has changed for a while."""
        self._submit("preview", stamp)
        self._rest.start()

    def _discard_pending_frames(self) -> None:
        """What is still on its way is of no use."""
        self._oldest_wanted = next(self._generations)

    def _restart_display(self) -> None:
        """Something else is shown from now on."""
        self._discard_pending_frames()
        self._rest.stop()
        self._submit("full")

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        """Have something done between two steps; `done` gets its value, a failure goes to the banner.

        Args:
            request: called in the worker with the renderer.
            done: called here.
            replaces: a waiting request of the same name is dropped.
        """

        def answered(value: Any) -> None:
            if isinstance(value, Failure):
                self.failed.emit(value)
            else:
                done(value)

        self._worker.ask(request, answered, replaces)

    def _fail(self, error: Exception) -> None:
        self.failed.emit(Failure.of(error))

    def _note(self, notice: str | None) -> None:
        if notice is not None:
            self.noticed.emit(notice)

    def _pause_running(self) -> None:
        for document in self.state.documents:
            if document.phase is Phase.RUNNING:
                self._edit(document.number, phase=Phase.PAUSED)
