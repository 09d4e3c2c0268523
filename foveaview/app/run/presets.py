"""The user's presets in the window: chosen, named, and kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QInputDialog

from foveaview.app.context import AppContext, Feature
from foveaview.app.run.preset_bar import PresetBar
from foveaview.app.run.preset_store import PresetStore
from foveaview.app.widgets.file_dialogs import confirmed

__all__ = ["PresetController"]


class PresetController(Feature):
    """A bar to choose presets in, with the store that they come from; `load` reads it.

    Args:
        context: what every feature is given.
        path: file of the presets.

    Attributes:
        bar: widget to show.
        store: keeps the presets.
    """

    def __init__(self, context: AppContext, path: Path) -> None:
        super().__init__(context)
        self.store = PresetStore(context.controller, context.worker, path, self)
        self.bar = PresetBar()
        self.store.changed.connect(self.bar.set_presets)
        self.store.failed.connect(context.notify.failure)
        self.store.damaged.connect(lambda text: context.notify.banner(text, text))
        self.bar.chosen.connect(self.store.apply)
        for changed in (self.store.changed, self.bar.chosen):
            changed.connect(lambda _value: self.show())
        self.bar.save_wanted.connect(self.save)
        self.bar.rename_wanted.connect(self.rename)
        self.bar.delete_wanted.connect(self.delete)
        context.actions.add("Edit", "save_preset", "Save settings as &preset...", self.save)

    def show(self) -> None:
        """Name the preset that equals the settings, if there is one."""
        document = self.context.document
        self.bar.set_shown(None if document is None else self.store.matching(document))

    def save(self) -> None:
        """Ask for a name, and keep the settings under it."""
        parent = self.context.parent
        name, accepted = QInputDialog.getText(
            parent, "Save preset", "Name of the preset:", text=self.bar.shown
        )
        if not accepted:
            return
        question = f"Replace the preset {name.strip()!r} with the current settings?"
        if name.strip() not in self.store.presets or confirmed(parent, "Save preset", question):
            self.store.save(name)

    def rename(self, name: str) -> None:
        """Ask for another name of a preset."""
        new, accepted = QInputDialog.getText(self.context.parent, "Rename preset", "New name:", text=name)
        if accepted:
            self.store.rename(name, new)

    def delete(self, name: str) -> None:
        """Delete a preset, if the user confirms it."""
        if confirmed(self.context.parent, "Delete preset", f"Delete the preset {name!r}?"):
            self.store.delete(name)
