"""Size and place of the window and its panels, from one run of the program to the next."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow

from foveaview.app.core.preferences import Preferences
from foveaview.app.shell.fitting import fit_to_screen

__all__ = ["WindowLayout"]


class WindowLayout:
    """Keeps and restores the places of a window and its panels.

    Args:
        window: with its panels and toolbars in their default places.
        preferences: keep the layout.
    """

    def __init__(self, window: QMainWindow, preferences: Preferences) -> None:
        self._window, self._preferences = window, preferences
        self._first = window.saveState()

    def save(self) -> None:
        """Keep the layout for the next window."""
        window = self._window
        self._preferences.layout = window.saveGeometry(), window.saveState()

    def show(self) -> None:
        """Show the window in the layout of the last one, as far as the screen has room."""
        layout = self._preferences.layout
        if layout is not None:
            geometry, panels = layout
            self._window.restoreGeometry(geometry)
            self._window.restoreState(panels)
        fit_to_screen(self._window)
        self._window.show()
        fit_to_screen(self._window)  # the borders of the window are known from here on

    def reset(self) -> None:
        """Put panels and toolbars back to their default places."""
        self._window.restoreState(self._first)
