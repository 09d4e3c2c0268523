"""Texts for the events between two states, for a recording."""

from __future__ import annotations

from collections.abc import Iterator

from foveaview.app.core.state import AppState, Document, Phase

__all__ = ["event_texts"]

_PHASES = {
    Phase.RUNNING: "run started",
    Phase.PAUSED: "run paused",
    Phase.STOPPED: "run stopped",
    Phase.IDLE: "run stopped",
    Phase.DONE: "run done",
}


def event_texts(state: AppState, before: AppState) -> list[str]:
    """Targets that came, went or are shown, searches that began or ended, and pictures of a bank.

    >>> event_texts(AppState(), AppState())
    []
    """
    if state.documents is before.documents and state.current == before.current:
        return []
    return [*_targets(state, before), *_runs(state, before), *_bank(state.document, before.document)]


def _targets(state: AppState, before: AppState) -> Iterator[str]:
    for document in before.documents:
        if state.find(document.number) is None:
            yield f"target closed: {document.path.name}"
    for document in state.documents:
        if before.find(document.number) is None:
            yield f"target opened: {document.path.name}"
    if state.current != before.current and state.document is not None:
        yield f"target shown: {state.document.path.name}"


def _runs(state: AppState, before: AppState) -> Iterator[str]:
    for document in state.documents:
        was = before.find(document.number)
        phase = Phase.IDLE if was is None else was.phase
        if document.phase is not phase:
            goes_on = document.phase is Phase.RUNNING and phase is Phase.PAUSED
            yield f"{'run continued' if goes_on else _PHASES[document.phase]}: {document.path.name}"


def _bank(document: Document | None, before: Document | None) -> Iterator[str]:
    banked, was = _is_banked(document), _is_banked(before)
    if banked != was:
        yield "bank shown" if banked else "bank no longer shown"


def _is_banked(document: Document | None) -> bool:
    return document is not None and document.picture is not None and document.picture.banked
