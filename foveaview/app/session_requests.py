"""What the worker does for a session: writes its runs, and reads its targets."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveaview.app import requests
from foveaview.app.state import MOST_PINS, Document, Phase
from foveaview.budget import NotEnoughMemoryError
from foveaview.live import Failure, RunStatus
from foveaview.live.renderer import Renderer
from foveaview.perception.grid import levels_that_fit
from foveaview.session import (
    ImageFile,
    RunRecord,
    Session,
    TargetRecord,
    files_folder,
    places,
    read_session,
    write_session,
)
from foveaview.synthesis import MetamerSearch, load_checkpoint
from foveaview.synthesis.checkpoint import save_checkpoint
from foveaview.synthesis.search import resolve_device

__all__ = ["RestoredTarget", "SessionWriter", "Written", "restore_target"]


@dataclass(frozen=True)
class Written:
    """A session that was written, and how far its runs were."""

    session: Session
    statuses: dict[int, RunStatus]


@dataclass(frozen=True)
class _Held:
    """A checkpoint that lies in the folder."""

    iteration: int
    record: RunRecord


class SessionWriter:
    """Writes sessions to one file, and only those checkpoints that are not there yet; used by the worker.

    A checkpoint has a name of its own each time, so that the file on disk always names whole ones. What the
    file before named, and this one does not, is deleted after it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: dict[int, _Held] = {}

    def know(self, run: int, record: RunRecord) -> None:
        """Take note of a checkpoint that is there already."""
        if record.checkpoint is not None:
            self._held[run] = _Held(record.iteration, record)

    def write(self, session: Session, runs: Sequence[int | None]) -> Callable[[Renderer], Written]:
        """Write a session with the runs as they are by then."""

        def request(renderer: Renderer) -> Written:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before = _checkpoints(self.path)
            statuses: dict[int, RunStatus] = {}
            targets = []
            for target, run in zip(session.targets, runs, strict=True):
                if target.run is not None and run is not None:
                    record = self._keep(renderer, run, target.run, statuses)
                    target = target.model_copy(update={"run": record})
                targets.append(target)
            written = write_session(self.path, session.model_copy(update={"targets": tuple(targets)}))
            self._held = {run: held for run, held in self._held.items() if run in runs}
            _delete(self.path, before - _named(written))
            return Written(written, statuses)

        return request

    def _keep(
        self, renderer: Renderer, run: int, record: RunRecord, statuses: dict[int, RunStatus]
    ) -> RunRecord:
        """The record of a run, with a checkpoint of it in the folder."""
        if run not in renderer.searches:
            return record.model_copy(update={"iteration": 0, "outcome": None})  # it has not begun
        status = statuses[run] = renderer.status(run)
        held = self._held.get(run)
        whole = held is not None and (self.path.parent / str(held.record.checkpoint)).exists()
        search = renderer.searches[run]
        # one that has just gone wrong goes back at its next look; until then the one before is better
        usable = bool(torch.isfinite(search.image).all())
        if held is not None and whole and (held.iteration == status.iteration or not usable):
            outcome = status.outcome if held.iteration == status.iteration else None
            return held.record.model_copy(update={"unsaved": record.unsaved, "outcome": outcome})
        if not usable:
            return record.model_copy(update={"iteration": 0, "outcome": None})
        record = self._write_checkpoint(search, record, status)
        self._held[run] = _Held(status.iteration, record)
        return record

    def _write_checkpoint(self, search: MetamerSearch, record: RunRecord, status: RunStatus) -> RunRecord:
        folder = files_folder(self.path)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"run-{uuid.uuid4().hex[:16]}.pt"
        save_checkpoint(folder / name, search.checkpoint())
        told = {"iteration": status.iteration, "outcome": status.outcome}
        return record.model_copy(update={**told, "checkpoint": f"{folder.name}/{name}"})


def _named(session: Session) -> set[str]:
    runs = [target.run for target in session.targets if target.run is not None]
    return {run.checkpoint for run in runs if run.checkpoint is not None}


def _checkpoints(path: Path) -> set[str]:
    """What a session file names; nothing where there is none, or none that can be read."""
    try:
        return _named(read_session(path))
    except (OSError, ValueError):
        return set()


def _delete(path: Path, names: set[str]) -> None:
    """Delete checkpoints, and nothing that some other name might stand for."""
    folder = files_folder(path)
    for name in names:
        file = path.parent / name
        if file.parent == folder and file.name.startswith("run-") and file.suffix == ".pt":
            file.unlink(missing_ok=True)


@dataclass(frozen=True, eq=False)
class RestoredTarget:
    """A target as it was, or what there still is of it, and what differs, in words."""

    document: Document | None
    run: int
    remarks: tuple[str, ...] = ()
    record: RunRecord | None = None


@dataclass
class _Restoring:
    """One target on its way back."""

    session: Path
    record: TargetRecord
    renderer: Renderer
    remarks: list[str] = field(default_factory=list)

    def _say(self, error: Exception) -> None:
        self.remarks.append(Failure.of(error).message)

    def read(self, image: ImageFile) -> tuple[Tensor, ImageFile] | None:
        """The image, or else one that has its name now."""
        there = [place for place in places(image, self.session) if _is_file(place)]
        if not there:
            self.remarks.append(f"{Path(image.path).name} is not there any more ({image.path})")
            return None
        other = None
        for place in there:
            try:
                found = requests.read_image(place)
            except (OSError, ValueError) as error:
                self._say(error)
                continue
            if found[1].sha256 == image.sha256:
                return found
            other = other or found
        if other is not None:
            self.remarks.append(f"{Path(other[1].path).name} has changed since")
        return other

    def opened(self) -> requests.Opened | None:
        """The target."""
        found = self.read(self.record.image)
        if found is None:
            return None
        image, source = found
        if levels_that_fit(
            (image.shape[-2] >> self.record.halvings, image.shape[-1] >> self.record.halvings)
        ):
            return requests.as_target(image, source, self.record.halvings)
        self.remarks.append(f"{source.path}: an image needs at least 16 px on each side")
        return None

    def like(self, image: ImageFile | None, opened: requests.Opened) -> requests.Read | None:
        """The candidate or the start, made like the target."""
        found = None if image is None else self.read(image)
        return None if found is None else requests.made_like(opened.target, *found)

    def take_up(self, run: int, opened: requests.Opened) -> RunStatus | None:
        """The search, held by the renderer."""
        record = self.record.run
        if record is None or record.checkpoint is None:
            return None
        try:
            checkpoint = load_checkpoint(self.session.absolute().parent / record.checkpoint)
            settings = checkpoint.synthesis_settings
            if not _is_here(settings.device):
                self.remarks.append(f"there is no {settings.device} device here: the run is on another")
                settings = settings.replace(device="auto")
            search = MetamerSearch.resumed(checkpoint, opened.target, settings)
        except (OSError, ValueError, NotEnoughMemoryError, RuntimeError) as error:
            message = Failure.of(error).message
            self.remarks.append(f"the run of {opened.path.name} could not be taken up: {message}")
            return None
        return self.renderer.take_up(run, search, record.outcome)

    def document(self, number: int, run: int) -> Document | None:
        """All of it."""
        record, opened = self.record, self.opened()
        if opened is None:
            return None
        file, start = self.like(record.file, opened), self.like(record.start, opened)
        fit = levels_that_fit(opened.size)
        loss_settings = record.loss_settings
        if loss_settings.n_pyramid_levels > fit:
            loss_settings = loss_settings.replace(n_pyramid_levels=fit)
            self.remarks.append(f"{opened.path.name}: levels set to {fit}, the most that fit its size")
        height, width = opened.size
        return Document(
            number,
            opened.path,
            opened.target,
            opened.pixels,
            gaze=record.gaze,
            loss_settings=loss_settings,
            settings=record.settings,
            objective=record.objective,
            heatmap_of=record.heatmap_of,
            heatmap_parts=record.heatmap_parts,
            pins=tuple(p for p in record.pins if p[0] < width and p[1] < height)[-MOST_PINS:],
            source=opened.source,
            halvings=opened.halvings,
            **_read_images(file, start),
            **self._search(run, opened, has_file=file is not None),
        )

    def _search(self, run: int, opened: requests.Opened, has_file: bool) -> dict[str, Any]:
        """Run, phase and candidate, as far as they are there."""
        record, kind = self.record.run, self.record.candidate
        if kind == "file" and not has_file:
            kind = "ventral"
        status = self.take_up(run, opened)
        lost = record is not None and record.checkpoint is not None and status is None
        if record is None or lost:
            return {"candidate": "ventral" if kind == "metamer" else kind}
        return {
            "run": run,
            "phase": Phase(self.record.phase),
            "unsaved": record.unsaved,
            "status": status,
            "candidate": kind,
        }


def _read_images(file: requests.Read | None, start: requests.Read | None) -> dict[str, Any]:
    """What a document says of the images that were read for it."""
    said: dict[str, Any] = {}
    if file is not None:
        name = Path(file.source.path).name
        said |= {"file": file.image, "file_name": name, "file_source": file.source}
    if start is not None:
        said |= {"start": start.image, "start_source": start.source}
    return said


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_here(device: str) -> bool:
    try:
        resolve_device(device)
    except ValueError:
        return False
    return True


def restore_target(
    session: Path, record: TargetRecord, number: int, run: int
) -> Callable[[Renderer], RestoredTarget]:
    """Read a target of a session file, and take up its run under a number that was reserved."""

    def request(renderer: Renderer) -> RestoredTarget:
        restoring = _Restoring(session, record, renderer)
        document = restoring.document(number, run)
        return RestoredTarget(document, run, tuple(restoring.remarks), record.run)

    return request
