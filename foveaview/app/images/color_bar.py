"""The scale of a map's colours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from foveaview.files import colormap

__all__ = ["ColorBar"]

_BAR_PX = 12
_TICKS = 5


class ColorBar(QWidget):
    """A colormap from its low to its high end, with values and their unit."""

    def __init__(self, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit, self.low, self.high, self.colors = unit, 0.0, 0.0, ""
        self.locked = False
        self.set_scale(unit, 0.0, 0.0, "cividis")
        self.setFixedWidth(_BAR_PX + 10 + self.fontMetrics().horizontalAdvance("-8.8e-88") + 22)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Colour bar")

    def set_scale(self, unit: str, low: float, high: float, colors: str, locked: bool = False) -> None:
        """Take the values of both ends, their unit, the colormap, and whether the ends are locked."""
        if colors != self.colors:
            self._gradient = QLinearGradient(QPointF(0, 1), QPointF(0, 0))
            self._gradient.setCoordinateMode(QLinearGradient.CoordinateMode.ObjectBoundingMode)
            table = colormap(colors)
            for i in range(0, 256, 15):
                self._gradient.setColorAt(i / 255, QColor(*(int(part) for part in table[i])))
        shown = (unit, low, high, colors, locked)
        if shown != (self.unit, self.low, self.high, self.colors, self.locked):
            self.unit, self.low, self.high, self.colors, self.locked = shown
            self.setAccessibleDescription(f"{low:.3g} to {high:.3g}, {unit}")
            self.setToolTip(f"{low:.6g} to {high:.6g}, {unit}{', locked' if locked else ''}")
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
            value = self.low + share * (self.high - self.low)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"{value:.2g}")
        painter.translate(self.width() - 2, bar.center().y())
        painter.rotate(-90)
        half = bar.height() / 2
        text = f"{self.unit} (locked)" if self.locked else self.unit
        painter.drawText(QRectF(-half, -height, 2 * half, height), Qt.AlignmentFlag.AlignCenter, text)
