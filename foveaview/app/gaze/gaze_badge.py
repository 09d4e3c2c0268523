"""The gaze source in the status bar, visible even if the panel is hidden."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyle, QToolButton, QWidget

from foveaview.gaze import SourceStatus

__all__ = ["GazeBadge"]

_Icon = QStyle.StandardPixmap
_LONGEST_NAME = 18


class GazeBadge(QToolButton):
    """Name and rate of the source, or why the gaze is frozen; hidden if the gaze follows nothing.

    A click opens the panel.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        self.setAutoRaise(True)
        self.setAccessibleName("Source of the gaze")
        self.setToolTip("What the gaze follows. Click for the panel.")
        self.hide()

    def set_status(self, status: SourceStatus | None, frozen: str) -> None:
        """Show how the source does, None if there is none, and why the gaze stands still."""
        self.setVisible(status is not None)
        if status is None:
            return
        name = status.name if len(status.name) <= _LONGEST_NAME else f"{status.name[:_LONGEST_NAME]}…"
        well = status.resting or not (frozen or status.note)
        self.setText(f"{name}: {frozen or f'{status.rate_hz:.0f} Hz'}")
        icon = _Icon.SP_DialogApplyButton if well else _Icon.SP_MessageBoxWarning
        self.setIcon(self.style().standardIcon(icon))
        more = f": {status.note}" if status.note else ""
        self.setToolTip(f"The gaze follows {status.name}{more}. Click for the panel.")
