"""The presets of the user in a window: chosen, named, and kept."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from foveaview.app import file_actions
from foveaview.app.run.preset_bar import PresetBar
from foveaview.app.run.preset_store import PresetShelf

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Presetting"]


class Presetting(QObject):
    """A bar to choose presets in, with the shelf that they come from; `load` reads it.

    Args:
        window: whose settings they set.
        path: file of the presets.

    Attributes:
        bar: widget to show.
        shelf: where they are kept.
    """

    def __init__(self, window: MainWindow, path: Path) -> None:
        super().__init__(window)
        self._controller = window.controller
        self.shelf, self.bar = PresetShelf(window.controller, window.worker, path, self), PresetBar()
        self.shelf.changed.connect(self.bar.set_presets)
        self.bar.chosen.connect(self.shelf.apply)
        for told in (self.shelf.changed, self.bar.chosen):
            told.connect(lambda _told: self.show())
        self.bar.save_wanted.connect(partial(file_actions.save_preset, window))
        self.bar.rename_wanted.connect(partial(file_actions.rename_preset, window))
        self.bar.delete_wanted.connect(partial(file_actions.delete_preset, window))

    def load(self) -> None:
        """Read what is kept."""
        self.shelf.load()

    def show(self) -> None:
        """Name the preset that the settings are of, if any."""
        document = self._controller.state.document
        self.bar.set_shown(None if document is None else self.shelf.matching(document))
