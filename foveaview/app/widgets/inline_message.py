"""A message below the widget that it is about."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

__all__ = ["InlineMessage"]

_BAR_PX, _GAP_PX = 3, 5
_BAR = QColor("#d9603b")


class InlineMessage(QLabel):
    """Text in the theme's own colour beside a bar: no one colour of letters is legible on both themes.

    Without a style sheet, with which a hidden label keeps the colours of the theme before.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True)
        self.setContentsMargins(_BAR_PX + _GAP_PX, 0, 0, 0)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text and the bar."""
        super().paintEvent(event)
        QPainter(self).fillRect(0, 0, _BAR_PX, self.height(), _BAR)
