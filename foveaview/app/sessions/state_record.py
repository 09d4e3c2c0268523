"""The state of the window as a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from foveaview.app.core.state import AppState, Document, Phase
from foveaview.sessions.model import RunRecord, Session, TargetRecord

__all__ = ["runs_of", "session_of"]

_KEPT_PHASES = {
    Phase.IDLE: "ready",
    Phase.RUNNING: "paused",
    Phase.PAUSED: "paused",
    Phase.STOPPED: "stopped",
    Phase.DONE: "done",
}
_SAME_NAME = (
    "halvings",
    "gaze",
    "loss_settings",
    "settings",
    "objective",
    "candidate",
    "heatmap_of",
    "heatmap_parts",
    "pins",
)


def _run_record(document: Document) -> RunRecord | None:
    if document.run is None:
        return None
    status = document.status
    if status is None:
        return RunRecord(unsaved=document.unsaved)
    return RunRecord(iteration=status.iteration, unsaved=document.unsaved, outcome=status.outcome)


def _target_record(document: Document) -> TargetRecord:
    same: dict[str, Any] = {name: getattr(document, name) for name in _SAME_NAME}
    return TargetRecord(
        image=document.source,
        file=document.file_source,
        start=document.start_source,
        phase=_KEPT_PHASES[document.phase],
        run=_run_record(document),
        **same,
    )


def _kept(state: AppState) -> list[Document]:
    """The documents that have a file."""
    return [document for document in state.documents if document.source is not None]


def session_of(state: AppState, extras: Mapping[str, JsonValue] | None = None) -> Session:
    """All of a state that can come back; a search that runs comes back paused.

    >>> session_of(AppState(follow=True)).follow
    True
    """
    documents = _kept(state)
    numbers = [document.number for document in documents]
    return Session(
        targets=tuple(map(_target_record, documents)),
        current=numbers.index(state.current) if state.current in numbers else None,
        view=state.view,
        follow=state.follow,
        extras=dict(extras or {}),
    )


def runs_of(state: AppState) -> list[int | None]:
    """The number of the run of each target of `session_of`."""
    return [document.run for document in _kept(state)]
