"""The presets of a person, read and written in the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal

from foveaview.app.controller import Controller
from foveaview.app.documents import Computer
from foveaview.app.state import Document
from foveaview.live import Failure
from foveaview.live.renderer import Renderer
from foveaview.perception.grid import levels_that_fit
from foveaview.presets import Preset, check_name, read_presets, set_aside, write_presets

__all__ = ["PresetShelf", "preset_of"]

_LOCK_MS = 2000
_Change = Callable[[dict[str, Preset]], dict[str, Preset]]


@dataclass(frozen=True)
class _Shelved:
    """What is in the file now, and what had to be said."""

    presets: dict[str, Preset]
    notice: str | None = None


def preset_of(document: Document) -> Preset:
    """What a preset of a document's settings would say."""
    return Preset(
        loss_settings=document.loss_settings, settings=document.settings, objective=document.objective
    )


def _unchanged(presets: dict[str, Preset]) -> dict[str, Preset]:
    return presets


def _changed(path: Path, change: _Change) -> _Shelved:
    """Read, change and write under a lock, so that two windows do not undo each other's changes."""
    if change is _unchanged and not path.exists():
        return _Shelved({})
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = QLockFile(f"{path}.lock")
    if not lock.tryLock(_LOCK_MS):
        raise ValueError(f"{path}: another window is writing the presets: try again")
    try:
        return _changed_alone(path, change)
    finally:
        lock.unlock()


def _changed_alone(path: Path, change: _Change) -> _Shelved:
    notice = None
    try:
        presets = read_presets(path)
    except ValueError as error:
        if "newer foveaview" in str(error):
            raise
        notice, presets = f"{error}. It was kept as {set_aside(path).name}; there are no presets now.", {}
    changed = change(presets)
    if changed != presets:
        write_presets(path, changed)
    return _Shelved(changed, notice)


def _with(name: str, preset: Preset, presets: dict[str, Preset]) -> dict[str, Preset]:
    return {**presets, name: preset}


def _without(name: str, presets: dict[str, Preset]) -> dict[str, Preset]:
    return {own: preset for own, preset in presets.items() if own != name}


def _renamed(name: str, new: str, presets: dict[str, Preset]) -> dict[str, Preset]:
    if new != name and new in presets:
        raise ValueError(f"there is a preset {new!r} already: choose another name")
    return {new if own == name else own: preset for own, preset in presets.items()}


class PresetShelf(QObject):
    """Keeps, applies, renames and deletes presets.

    Args:
        controller: whose settings they are of.
        worker: that reads and writes.
        path: the file.

    Signals:
        changed: the presets by name.
        failed: a `Failure`.
        damaged: what was wrong with the file, and where it is kept.
    """

    changed = Signal(object)
    failed = Signal(object)
    damaged = Signal(str)

    def __init__(
        self, controller: Controller, worker: Computer, path: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.presets: Mapping[str, Preset] = {}
        self._controller, self._worker, self._path = controller, worker, path

    def load(self) -> None:
        """Read the file."""
        self._change(_unchanged)

    def save(self, name: str) -> None:
        """Keep the shown target's settings under a name; what had that name before is replaced."""
        document = self._controller.state.document
        if document is None:
            self._fail(ValueError("open an image first: a preset is of its settings"))
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
        return self._controller.choose(f"preset {name}", **groups)

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
        def request(_renderer: Renderer) -> _Shelved:
            return _changed(self._path, change)

        self._worker.ask(request, self._take)

    def _take(self, value: _Shelved | Failure) -> None:
        if isinstance(value, Failure):
            self.failed.emit(value)
            return
        self.presets = value.presets
        self.changed.emit(value.presets)
        if value.notice is not None:
            self.damaged.emit(value.notice)

    def _fail(self, error: Exception) -> None:
        self.failed.emit(Failure.of(error))
