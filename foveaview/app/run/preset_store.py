"""The presets of the user, read and written in the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import Document
from foveaview.app.core.store import WorkerProtocol
from foveaview.io.shared_file import Held
from foveaview.live import Failure
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.sessions.presets import Preset, check_name, shared_presets

__all__ = ["PresetStore", "preset_of"]

_Change = Callable[[dict[str, Preset]], dict[str, Preset]]


def preset_of(document: Document) -> Preset:
    """Make a preset from the settings of a document."""
    return Preset(
        loss_settings=document.loss_settings, settings=document.settings, objective=document.objective
    )


def _with(name: str, preset: Preset, presets: dict[str, Preset]) -> dict[str, Preset]:
    return {**presets, name: preset}


def _without(name: str, presets: dict[str, Preset]) -> dict[str, Preset]:
    return {own: preset for own, preset in presets.items() if own != name}


def _renamed(name: str, new: str, presets: dict[str, Preset]) -> dict[str, Preset]:
    if new != name and new in presets:
        raise ValueError(f"the preset {new!r} already exists: choose another name")
    return {new if own == name else own: preset for own, preset in presets.items()}


class PresetStore(QObject):
    """Keeps, applies, renames and deletes presets.

    Args:
        controller: has the settings.
        worker: reads and writes the file.
        path: the file.

    Signals:
        changed: the presets by name.
        failed: a `Failure`.
        damaged: what was wrong with the file, and the path of its copy.
    """

    changed = Signal(object)
    failed = Signal(object)
    damaged = Signal(str)

    def __init__(
        self, controller: Controller, worker: WorkerProtocol, path: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.presets: Mapping[str, Preset] = {}
        self._controller, self._worker, self._file = controller, worker, shared_presets(path)

    def load(self) -> None:
        """Read the file."""
        self._worker.ask(lambda _renderer: self._file.load(), self._take)

    def save(self, name: str) -> None:
        """Keep the shown target's settings under a name; what had that name before is replaced."""
        document = self._controller.state.document
        if document is None:
            self._fail(ValueError("no image open: open one to save its settings as a preset"))
            return
        preset = preset_of(document)
        self._try(name, lambda checked: self._change(partial(_with, checked, preset)))

    def rename(self, name: str, new: str) -> None:
        """Give a preset another name."""
        self._try(new, lambda checked: self._change(partial(_renamed, name, checked)))

    def delete(self, name: str) -> None:
        """Delete a preset."""
        self._change(partial(_without, name))

    def apply(self, name: str) -> bool:
        """Give the shown target a preset's settings, as one change to undo; whether it has them now."""
        document, preset = self._controller.state.document, self.presets.get(name)
        if document is None or preset is None:
            return False
        fit = levels_that_fit(document.size)
        groups = preset.groups
        if preset.loss_settings.n_pyramid_levels > fit:
            groups["loss_settings"]["n_pyramid_levels"] = fit
            self._controller.noticed.emit(f"{name}: levels set to {fit}, the most that fit the image")
        return self._controller.edits.edit(f"preset {name}", **groups)

    def matching(self, document: Document) -> str | None:
        """The preset that a document's settings are."""
        now = preset_of(document)
        return next((name for name, preset in self.presets.items() if preset == now), None)

    def _try(self, name: str, act: Callable[[str], None]) -> None:
        try:
            checked = check_name(name)
        except ValueError as error:
            self._fail(error)
        else:
            act(checked)

    def _change(self, change: _Change) -> None:
        self._worker.ask(lambda _renderer: self._file.change(change), self._take)

    def _take(self, value: Held[dict[str, Preset]] | Failure) -> None:
        if isinstance(value, Failure):
            self.failed.emit(value)
            return
        self.presets = value.value
        self.changed.emit(value.value)
        if value.notice is not None:
            self.damaged.emit(value.notice)

    def _fail(self, error: Exception) -> None:
        self.failed.emit(Failure.of(error))
