"""Calls a feature only for the changes of the state that concern it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget
from torch import Tensor

from foveaview.app.core.state import AppState

__all__ = ["Slot", "Watch"]

Slot = Callable[[AppState, AppState], object]

_OF_THE_STATE = frozenset((*(field.name for field in fields(AppState)), "phases"))


def _value(state: AppState, name: str) -> Any:
    """A field of the state or of the shown document."""
    return getattr(state if name in _OF_THE_STATE else state.document, name, None)


def _differs(name: str, state: AppState, last: AppState) -> bool:
    new, old = _value(state, name), _value(last, name)
    # an image is never edited, and too large to compare
    return new is not old and (isinstance(new, Tensor) or isinstance(old, Tensor) or bool(new != old))


class Watch(QObject):
    """Calls a slot when one of some fields has changed.

    Args:
        now: returns the present state.
        slot: called with the new state and the state of its last call.
        names: fields of `AppState` and of the shown `Document`.
        seen: widgets; the slot is called only while one is visible, or when one is shown after a change.
        parent: keeps it.
    """

    def __init__(
        self,
        now: Callable[[], AppState],
        slot: Slot,
        names: Sequence[str],
        seen: Sequence[QWidget],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._now, self._slot, self._names, self._seen = now, slot, names, seen
        self._last = now()
        for widget in seen:
            widget.installEventFilter(self)

    def look(self, state: AppState) -> None:
        """Call the slot, if something has changed since its last call and somebody sees it."""
        last = self._last
        if self._seen and not any(widget.isVisible() for widget in self._seen):
            return
        if any(_differs(name, state, last) for name in self._names):
            self._last = state
            self._slot(state, last)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up when a widget is shown."""
        if event.type() is QEvent.Type.Show:
            self.look(self._now())
        return super().eventFilter(watched, event)
