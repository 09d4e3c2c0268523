"""The presets at the head of the settings: one to choose, and a menu to keep and change them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

__all__ = ["PresetBar"]


class PresetBar(QWidget):
    """A list of names and a menu.

    Signals:
        chosen: name of the preset to apply; empty for none.
        save_wanted: the settings are to be kept.
        rename_wanted: name of the preset that is to have another.
        delete_wanted: name of the preset that is to go.
    """

    chosen = Signal(str)
    save_wanted = Signal()
    rename_wanted = Signal(str)
    delete_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = QComboBox()
        self.names.setAccessibleName("Preset")
        self.names.setToolTip("Apply a saved preset; a single undo reverts it")
        self.names.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        self.names.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.names.setMinimumContentsLength(8)
        self.names.activated.connect(self._choose)
        label = QLabel("Preset")
        label.setBuddy(self.names)
        self.menu = QMenu(self)
        self.save = self.menu.addAction("&Save settings as...", self.save_wanted.emit)
        self.rename = self.menu.addAction("&Rename...", lambda: self.rename_wanted.emit(self.shown))
        self.delete = self.menu.addAction("&Delete", lambda: self.delete_wanted.emit(self.shown))
        button = QToolButton()
        button.setText("…")
        button.setAccessibleName("Manage presets")
        button.setToolTip("Save, rename and delete presets")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.menu)
        self.button = button
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.addWidget(label)
        row.addWidget(self.names, 1)
        row.addWidget(button)
        self.set_presets(())

    @property
    def shown(self) -> str:
        """The name that is shown; empty if the settings are no preset."""
        return str(self.names.currentData() or "")

    def set_presets(self, names: Iterable[str]) -> None:
        """List other names."""
        blocker = QSignalBlocker(self.names)
        before = self.shown
        self.names.clear()
        self.names.addItem("none", "")
        for name in names:
            self.names.addItem(name, name)
        blocker.unblock()
        self.set_shown(before)

    def set_shown(self, name: str | None) -> None:
        """Show which preset the settings are, if any."""
        blocker = QSignalBlocker(self.names)
        self.names.setCurrentIndex(max(self.names.findData(name or ""), 0))
        blocker.unblock()
        for action in (self.rename, self.delete):
            action.setEnabled(bool(self.shown))

    def _choose(self, index: int) -> None:
        self.chosen.emit(str(self.names.itemData(index)))
