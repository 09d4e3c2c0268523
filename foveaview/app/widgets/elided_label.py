"""A label that gives way to the window's width."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy

__all__ = ["ElidedLabel"]


class ElidedLabel(QLabel):
    """One line that gives way to the window's width."""

    def __init__(self) -> None:
        super().__init__()
        self._shorter: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_line(self, text: str, *shorter: str) -> None:
        """Show a text, or the first shorter one that there is room for, and the whole of it as a tip."""
        if (text, *shorter) != (self.text(), *self._shorter):
            self._shorter = shorter
            self.update()
            self.setToolTip(text)
            self.setText(text)

    def sizeHint(self) -> QSize:
        """One line, of any width."""
        return QSize(0, self.fontMetrics().height() + 6)

    def paintEvent(self, _event: Any) -> None:
        """Draw what there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        inner = self.rect().adjusted(6, 0, -6, 0)
        text = self.shown_text(inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def shown_text(self, width: int) -> str:
        """Return the text that fits into a width in pixels."""
        metrics, texts = self.fontMetrics(), (self.text(), *self._shorter)
        fit = (text for text in texts if metrics.horizontalAdvance(text) <= width)
        return next(fit, metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, width))
