"""The documents: opened, closed, restored, and the checkpoints of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from foveaview.app.core import image_requests as requests
from foveaview.app.core.edits import Edits
from foveaview.app.core.state import NOTHING_SHOWN, AppState, Document, Phase
from foveaview.app.core.store import Store
from foveaview.live import RunStatus
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings

__all__ = ["Documents"]


class Documents:
    """Opens and closes documents, and reads and writes what belongs to them.

    Args:
        store: holds the state.
        edits: changes the settings of an open document.
    """

    def __init__(self, store: Store, edits: Edits) -> None:
        self._store, self._edits = store, edits

    # open and close

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
            self._store.ask(
                requests.read_target(path), partial(self._add, gaze, compared, choice=choice or {})
            )

    def _add(
        self,
        gaze: tuple[float, float],
        candidate: Path | None,
        opened: requests.Opened,
        choice: Mapping[str, Any],
    ) -> None:
        if levels_that_fit(opened.size) == 0:
            self._store.fail(ValueError(f"{opened.path}: the image must be at least 16 px on each side"))
            return
        previous = self._store.state.document
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
            self._store.noticed.emit(f"{opened.path.name}: levels set to {fit}, the most that fit its size")
        document = Document(
            next(self._store.numbers),
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
            self._store.noticed.emit(f"{opened.path.name}: {opened.label}")
        self._store.change(documents=(*self._store.state.documents, document))
        self.select(document.number)
        if candidate is not None:
            self.open_candidate(candidate)

    def open_candidate(self, path: Path) -> None:
        """Read an image to compare with the shown target; it is resized if its size differs."""
        document = self._store.state.document
        if document is not None:
            number = document.number
            request = requests.load_matching(path, document.target, document.exposure)
            self._store.ask(request, lambda read: self._set_file(number, path, read))

    def _set_file(self, number: int, path: Path, read: requests.Read) -> None:
        if read.notice is not None:
            self._store.noticed.emit(read.notice)
        changes: dict[str, Any] = {"file_name": path.name, "file_source": read.source, "candidate": "file"}
        self._store.change_document(number, file=read.image, **changes, **NOTHING_SHOWN)
        self._store.restart_display()

    def select(self, number: int) -> None:
        """Show another target; a search that runs is paused and kept."""
        self._store.pause_running()
        self._store.change(current=number)
        self._store.restart_display()

    def close(self, number: int) -> None:
        """Close a target and drop its run."""
        rest = tuple(d for d in self._store.state.documents if d.number != number)
        current = self._store.state.current
        if current == number:
            current = rest[-1].number if rest else None
        self._store.change(documents=rest, current=current)
        self._store.restart_display()

    def halve(self) -> None:
        """Continue with the shown target at half its size, as a new target."""
        document = self._store.state.document
        if document is not None and document.source is not None:
            names = ("path", "target", "pixels", "source", "halvings", "label", "is_light")
            opened = requests.Opened(**{name: getattr(document, name) for name in names})
            self._store.ask(requests.downscale(opened), partial(self._add, document.gaze, None, choice={}))

    def expose(self, stops: float) -> None:
        """Continue with the shown target at another exposure, as a new target."""
        document = self._store.state.document
        if document is not None and document.source is not None and document.is_light:
            path = Path(document.source.path)
            request = requests.read_target(path, stops, document.halvings)
            self._store.ask(request, partial(self._add, document.gaze, None, choice={}))

    def open_start(self, path: Path) -> None:
        """Read the image that the next search starts from."""
        document = self._store.state.document
        if document is not None:
            number = document.number
            request = requests.load_matching(path, document.target, document.exposure)
            self._store.ask(request, lambda read: self._set_start(number, read))

    def _set_start(self, number: int, read: requests.Read) -> None:
        if read.notice is not None:
            self._store.noticed.emit(read.notice)
        self._store.change_document(number, start=read.image, start_source=read.source)
        document = self._store.state.find(number)
        if document is self._store.state.document:
            self._edits.set_synthesis("start", "image")
        elif document is not None:  # another was chosen meanwhile
            self._store.change_document(number, settings=document.settings.replace(start="image"))

    # checkpoints

    def save_checkpoint(self, path: Path) -> None:
        """Write the run's checkpoint in the background."""
        document = self._store.state.document
        if document is not None and document.run is not None:
            number = document.number

            def saved(message: str) -> None:
                self._store.change_document(number, unsaved=False)
                self._store.noticed.emit(message)

            self._store.ask(requests.save_checkpoint(document.run, path), saved)

    def load_checkpoint(self, path: Path) -> None:
        """Take up the run of a checkpoint, with its gaze and settings, paused."""
        document = self._store.state.document
        if document is None:
            self._store.fail(ValueError("no target open: open the checkpoint's target first"))
            return
        number, run = document.number, self._reserve_run()
        self._store.ask(
            requests.resume(path, run, document.target), lambda resumed: self._resumed(number, run, resumed)
        )

    def _resumed(self, number: int, run: int, resumed: requests.Resumed) -> None:
        self._store.awaited.discard(run)
        self._store.change_document(
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
        self._store.restart_display()
        self._store.noticed.emit(f"{resumed.name}: resumed at iteration {resumed.iteration}; Start continues")

    # what comes back from a session

    def reserve(self) -> tuple[int, int]:
        """Numbers for a document and a run that are being read; no job drops that run."""
        return next(self._store.numbers), self._reserve_run()

    def _reserve_run(self) -> int:
        """A number for a run that is being read."""
        run = next(self._store.runs)
        self._store.awaited.add(run)
        # a job that waits knows nothing of it, and would have it dropped as soon as it is read
        self._store.submit("full")
        return run

    def cancel_runs(self, runs: Sequence[int]) -> None:
        """Have the next job drop runs that were reserved and are of no use."""
        self._store.awaited.difference_update(runs)

    def restore(self, state: AppState) -> None:
        """Show other documents, whose numbers and runs were reserved, in place of those that are open."""
        self._store.awaited.difference_update(d.run for d in state.documents if d.run is not None)
        self._store.change(
            documents=state.documents, current=state.current, view=state.view, follow=state.follow
        )
        self._store.restart_display()

    def note_runs(self, statuses: Mapping[int, RunStatus], saved: bool) -> None:
        """Take how far some runs are, and whether the user has saved them so."""
        for document in self._store.state.documents:
            status = statuses.get(document.run) if document.run is not None else None
            held = saved and document.phase is not Phase.RUNNING
            if status is not None:
                self._store.change_document(
                    document.number, status=status, unsaved=document.unsaved and not held
                )
            elif held and document.status is None:  # it was paused before its first step
                self._store.change_document(document.number, unsaved=False)
