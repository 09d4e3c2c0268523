"""Where a window and its panels are: at first, and as sessions keep it."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject, Signal
from PySide6.QtWidgets import QMainWindow

from foveaview.app.core.preferences import Preferences
from foveaview.app.shell.fitting import fit_to_screen
from foveaview.sessions.model import Layout

__all__ = ["WindowLayout"]


class WindowLayout(QObject):
    """Tells where the panels of a window are, and puts them back.

    Args:
        window: with its panels and toolbars as they are to be at first.
        preferences: of this computer; layouts of another are refused.

    Signals:
        refused: why a layout was not taken.
    """

    refused = Signal(str)

    def __init__(self, window: QMainWindow, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._key = window, preferences.layout_key
        self._first = window.saveState()

    def now(self) -> Layout:
        """For a session to keep."""
        window = self._window
        return Layout.sealed(bytes(window.saveGeometry().data()), bytes(window.saveState().data()), self._key)

    def restore(self, layout: Layout) -> None:
        """Take what a session kept; an empty one changes nothing."""
        if layout == Layout():
            return
        if not layout.is_sealed_by(self._key):
            self.refused.emit(
                "the panels stay where they are: the session is of another computer, or changed"
            )
            return
        self._window.restoreGeometry(QByteArray.fromBase64(layout.geometry.encode()))
        self._window.restoreState(QByteArray.fromBase64(layout.state.encode()))
        fit_to_screen(self._window)

    def reset(self) -> None:
        """Put panels and toolbar back to where they were at first."""
        self._window.restoreState(self._first)
