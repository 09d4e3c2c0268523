"""A small plot of the gaze of a stream on the screen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

__all__ = ["GazePlot"]

Numbers = npt.NDArray[np.float64]

_AROUND = 0.2  # of the screen's sides, shown around it
_DOT_PX, _NEWEST_PX = 1.5, 5.0
_DOTS = QColor("#3d8fd1")
_NEWEST = QColor("#d9603b")


class GazePlot(QWidget):
    """A rectangle for the screen with a dot for each sample, the newest large.

    What lies farther away is drawn at the edge.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(240, 150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Gaze as mapped")
        self.setToolTip("The frame is the screen; dots are the gaze of the last 2 s, the newest is large")
        self._title, self._aspect = "", 16 / 9
        self._x: Numbers = np.empty(0)
        self._y: Numbers = np.empty(0)

    def sizeHint(self) -> QSize:
        """Room to see an eye move."""
        return QSize(420, 250)

    @property
    def dots(self) -> list[tuple[float, float]]:
        """The places that are drawn, in shares of the screen, the newest last."""
        return list(zip(self._x.tolist(), self._y.tolist(), strict=True))

    def set_screen(self, title: str, aspect: float) -> None:
        """Say what the frame is, and its width by its height."""
        self._title, self._aspect = title, aspect
        self.update()

    def set_gaze(self, x: Numbers, y: Numbers) -> None:
        """Show places in shares of the screen, the newest last; NaN is left out."""
        seen = np.isfinite(x) & np.isfinite(y)
        self._x, self._y = x[seen], y[seen]
        self.update()

    def _frame(self) -> QRectF:
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        width = min(room.width(), room.height() * self._aspect) / (1 + 2 * _AROUND)
        frame = QRectF(0, 0, width, width / self._aspect)
        frame.moveCenter(room.center())
        return frame

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame and dots."""
        palette, frame = self.palette(), self._frame()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1))
        painter.drawRect(frame)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(frame.adjusted(6, 4, -6, -4), Qt.AlignmentFlag.AlignLeft, self._title)
        self._draw_dots(painter, frame)

    def _draw_dots(self, painter: QPainter, frame: QRectF) -> None:
        room = self.rect().adjusted(4, 4, -4, -4)
        x = np.clip(frame.left() + self._x * frame.width(), room.left(), room.right())
        y = np.clip(frame.top() + self._y * frame.height(), room.top(), room.bottom())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_DOTS)
        for across, down in zip(x.tolist(), y.tolist(), strict=True):
            painter.drawEllipse(QPointF(across, down), _DOT_PX, _DOT_PX)
        if len(x):
            painter.setBrush(_NEWEST)
            painter.drawEllipse(QPointF(float(x[-1]), float(y[-1])), _NEWEST_PX, _NEWEST_PX)
