"""Writes a session and the checkpoints of its runs, in the worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from foveaview.live import Failure, RunStatus
from foveaview.live.renderer import Renderer
from foveaview.sessions.model import (
    RunRecord,
    Session,
    TargetRecord,
    files_folder,
    read_session,
    write_session,
)
from foveaview.synthesis import MetamerSearch
from foveaview.synthesis.checkpoints.checkpoint import save_checkpoint

__all__ = ["SessionWriter", "Written"]


@dataclass(frozen=True)
class Written:
    """A session that was written.

    Attributes:
        session: as it is in the file.
        statuses: how far the runs were that were written whole, by number.
        problem: why some run is there as it was before, or not at all; None if all are there.
    """

    session: Session
    statuses: dict[int, RunStatus]
    problem: Failure | None = None


@dataclass
class _Writing:
    """Statuses of the runs that were written, and the problem of those that were not."""

    statuses: dict[int, RunStatus] = field(default_factory=dict)
    problem: Failure | None = None


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
        self._stale: set[str] = set()

    def know(self, run: int, record: RunRecord) -> None:
        """Take note of a checkpoint that is there already."""
        if record.checkpoint is not None:
            self._held[run] = _Held(record.iteration, record)

    def write(self, session: Session, runs: Sequence[int | None]) -> Callable[[Renderer], Written]:
        """Write a session with the runs as they are by then."""

        def request(renderer: Renderer) -> Written:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before, held_before = _checkpoints(self.path), dict(self._held)
            writing = _Writing()
            targets = [
                target if run is None else self._kept(renderer, run, target, writing)
                for target, run in zip(session.targets, runs, strict=True)
            ]
            whole = session.model_copy(update={"targets": tuple(targets)})
            try:
                written = write_session(self.path, whole)
            except OSError:  # what nothing names would only fill the disk
                self._held = held_before
                kept = {str(held.record.checkpoint) for held in held_before.values()}
                _delete(self.path, _named(whole) - before - kept)
                raise
            self._held = {run: held for run, held in self._held.items() if run in runs}
            self._clear((self._stale | before) - _named(written), writing)
            return Written(written, writing.statuses, writing.problem)

        return request

    def _clear(self, stale: set[str], writing: _Writing) -> None:
        """Delete outdated checkpoints; keep them for now if a new one could not be written."""
        self._stale = set() if writing.problem is None else stale
        if writing.problem is None:
            _delete(self.path, stale)

    def _kept(self, renderer: Renderer, run: int, target: TargetRecord, writing: _Writing) -> TargetRecord:
        """Return a target with its run, or with its last written run if writing fails."""
        if target.run is None:
            return target
        try:
            record = self._keep(renderer, run, target.run, writing.statuses)
        except OSError as error:
            writing.statuses.pop(run, None)
            writing.problem = _unwritten(self.path, error)
            return self._fallen_back(run, target)
        return target.model_copy(update={"run": record})

    def _fallen_back(self, run: int, target: TargetRecord) -> TargetRecord:
        """A target with the last checkpoint of its run that lies in the folder, or without a run."""
        held = self._held.get(run)
        if held is None or not self._is_whole(held):
            return target.model_copy(update={"run": None, "phase": "ready"})
        record = held.record.model_copy(update={"unsaved": True, "outcome": None})
        return target.model_copy(update={"run": record, "phase": "paused"})

    def _is_whole(self, held: _Held) -> bool:
        return (self.path.parent / str(held.record.checkpoint)).exists()

    def _keep(
        self, renderer: Renderer, run: int, record: RunRecord, statuses: dict[int, RunStatus]
    ) -> RunRecord:
        """The record of a run, with a checkpoint of it in the folder."""
        if run not in renderer.runs.searches:
            return record.model_copy(update={"iteration": 0, "outcome": None})  # it has not begun
        status = statuses[run] = renderer.runs.status(run)
        held = self._held.get(run)
        whole = held is not None and self._is_whole(held)
        search = renderer.runs.searches[run]
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


def _unwritten(path: Path, error: OSError) -> Failure:
    """The failure of a session that was written without the latest steps of its runs."""
    why = f"{path}: {error.strerror.lower()}" if error.strerror else str(error)
    rest = "the session is saved, but not the newest steps of its runs"
    return replace(Failure.of(error), message=f"{why} ({rest})")


def _named(session: Session) -> set[str]:
    runs = [target.run for target in session.targets if target.run is not None]
    return {run.checkpoint for run in runs if run.checkpoint is not None}


def _checkpoints(path: Path) -> set[str]:
    """The checkpoints that a session file names; none if it is missing or unreadable."""
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
