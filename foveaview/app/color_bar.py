"""What the heatmap's colours stand for."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from foveaview.files import colormap

__all__ = ["ColorBar"]

_BAR_PX = 12
_TICKS = 5


class ColorBar(QWidget):
    """The colormap from 0 up, with values and their unit."""

    def __init__(self, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit, self.top = unit, 0.0
        self._gradient = QLinearGradient(QPointF(0, 1), QPointF(0, 0))
        self._gradient.setCoordinateMode(QLinearGradient.CoordinateMode.ObjectBoundingMode)
        colors = colormap()
        for i in range(0, 256, 15):
            self._gradient.setColorAt(i / 255, QColor(*(int(part) for part in colors[i])))
        self.setFixedWidth(_BAR_PX + 10 + self.fontMetrics().horizontalAdvance("8.8e-88") + 22)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def set_top(self, top: float) -> None:
        """Take the value of the bright end."""
        if top != self.top:
            self.top = top
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bar, values and unit."""
        painter = QPainter(self)
        height = self.fontMetrics().height()
        bar = QRectF(4, height / 2 + 2, _BAR_PX, self.height() - height - 4)
        painter.fillRect(bar, self._gradient)
        painter.setPen(self.palette().windowText().color())
        for i in range(_TICKS):
            share = i / (_TICKS - 1)
            y = bar.bottom() - share * bar.height()
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 4, y))
            place = QRectF(bar.right() + 7, y - height / 2, self.width(), height)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"{share * self.top:.2g}")
        painter.translate(self.width() - 2, bar.center().y())
        painter.rotate(-90)
        half = bar.height() / 2
        painter.drawText(QRectF(-half, -height, 2 * half, height), Qt.AlignmentFlag.AlignCenter, self.unit)
