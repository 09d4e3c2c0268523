"""Undo history: earlier gazes and settings of each document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from foveaview.app.core.state import Document
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings

__all__ = ["EditSnapshot", "UndoHistory", "snapshot"]

_MOST = 500
# settings of the search that change neither the shown image nor the start
_RUN_ONLY = ("steps", "learning_rate", "stop_fraction", "stop_window", "noise_sd")

# settings of the length and device of a search
_LENGTH = ("steps", "stop_fraction", "stop_window", "device")


@dataclass(frozen=True)
class EditSnapshot:
    """Gaze and settings of a document."""

    gaze: tuple[float, float]
    loss_settings: LossSettings
    settings: SynthesisSettings
    objective: ObjectiveSettings

    @property
    def values(self) -> dict[str, Any]:
        """The values by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def changed(self, gaze: tuple[float, float] | None = None, **groups: dict[str, Any]) -> EditSnapshot:
        """Return a snapshot with another gaze, or other values in its settings.

        Raises:
            ValueError: if a value is invalid, or if no term has a weight.
        """
        settings = {name: getattr(self, name).replace(**values) for name, values in groups.items()}
        choice = replace(self, gaze=self.gaze if gaze is None else gaze, **settings)
        if not any(choice.objective.weights.values()):
            raise ValueError("all weights are 0: give at least one term a weight")
        return choice

    def needs_preview(self, before: EditSnapshot) -> bool:
        """Return True if a small picture is worth showing before the whole one."""
        run_only = {name: getattr(self.settings, name) for name in _RUN_ONLY}
        rest = (self.gaze, self.loss_settings, self.settings)
        return rest != (before.gaze, before.loss_settings, before.settings.replace(**run_only))

    def invalidates_result(self, before: EditSnapshot) -> bool:
        """Return True if a run would give another result, for reasons other than gaze and length."""
        length = {name: getattr(self.settings, name) for name in _LENGTH}
        rest = (self.loss_settings, self.settings, self.objective)
        return rest != (before.loss_settings, before.settings.replace(**length), before.objective)


def snapshot(document: Document) -> EditSnapshot:
    """Take a snapshot of a document."""
    return EditSnapshot(document.gaze, document.loss_settings, document.settings, document.objective)


@dataclass
class _Past:
    before: list[EditSnapshot] = field(default_factory=list)
    after: list[EditSnapshot] = field(default_factory=list)
    last: str = ""


class UndoHistory:
    """The choices before and after the present one, for each document.

    A run of changes of one name, like a drag of the gaze, counts as one until `end_group` is called.

    >>> settings = LossSettings(), SynthesisSettings(), ObjectiveSettings()
    >>> undo, first = UndoHistory(), EditSnapshot((0, 0), *settings)
    >>> undo.note(1, first, "gaze")
    >>> second = EditSnapshot((1, 1), *settings)
    >>> undo.undo(1, second) == first, undo.redo(1, first) == second
    (True, True)
    """

    def __init__(self) -> None:
        self._pasts: dict[int, _Past] = {}

    def _past(self, number: int) -> _Past:
        return self._pasts.setdefault(number, _Past())

    def note(self, number: int, before: EditSnapshot, name: str) -> None:
        """Keep a choice that is about to change by what `name` says."""
        past = self._past(number)
        if past.last != name or past.after:
            past.before = [*past.before, before][-_MOST:]
        past.after, past.last = [], name

    def end_group(self) -> None:
        """End the run of changes that count as one."""
        for past in self._pasts.values():
            past.last = ""

    def undo(self, number: int, now: EditSnapshot) -> EditSnapshot | None:
        """The choice before, or None if there is none."""
        past = self._past(number)
        if not past.before:
            return None
        past.after.append(now)
        past.last = ""
        return past.before.pop()

    def redo(self, number: int, now: EditSnapshot) -> EditSnapshot | None:
        """The choice that was undone last, or None if there is none."""
        past = self._past(number)
        if not past.after:
            return None
        past.before.append(now)
        return past.after.pop()

    def can(self, number: int) -> tuple[bool, bool]:
        """Return True if there is something to undo, and to redo."""
        past = self._past(number)
        return bool(past.before), bool(past.after)

    def forget(self, number: int) -> None:
        """Drop the history of a document."""
        self._pasts.pop(number, None)
