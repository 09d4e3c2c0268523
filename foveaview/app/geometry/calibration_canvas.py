"""Canvases of the calibration: a card to match, and a dot that vanishes in the blind spot.

Lengths are in device pixels; the widgets' own pixels are larger on a scaled screen.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from foveaview.display.calibration import CARD_HEIGHT_M, CARD_WIDTH_M

__all__ = ["BlindSpotCanvas", "CardCanvas", "Eye"]

Eye = Literal["left", "right"]

_MARGIN_PX = 12
_SMALLEST_CARD_PX = 60
_CORNER = 0.00318 / CARD_WIDTH_M.value  # ISO/IEC 7810: a radius of 3.18 mm
_TICK_MS = 16
_START = 0.2  # of the way that the dot has; nearer, no blind spot is met
_WAY_S = 9.0
_PAUSE_S = 0.6
_DOT_RADIUS_PX = 8


class _DeviceCanvas(QWidget):
    """Draws in device pixels, in the palette's text colour on its base."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(400, 260)

    def device_size(self) -> tuple[float, float]:
        """Width and height in device pixels."""
        ratio = self.devicePixelRatioF()
        return self.width() * ratio, self.height() * ratio

    def _painter(self) -> QPainter:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight(), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter


class CardCanvas(_DeviceCanvas):
    """A card whose width is set by dragging its right edge or with the arrow keys.

    Signals:
        resized: width of the card in device pixels, set by the user.
        limited: largest width that fits.
    """

    resized = Signal(int)
    limited = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.width_px = 300
        self.setAccessibleName("Card to match")
        self.setToolTip("Drag the right edge, or press the arrow keys; with Shift, by 10 pixels")
        self.setMinimumSize(640, 400)
        self.setMouseTracking(True)

    def largest(self) -> int:
        """The width that there is room for, in device pixels."""
        return max(int(self.device_size()[0]) - 2 * _MARGIN_PX, _SMALLEST_CARD_PX)

    def set_card(self, width_px: int) -> None:
        """Show a card of a width in device pixels, as far as there is room."""
        self.width_px = max(_SMALLEST_CARD_PX, min(width_px, self.largest()))
        self.update()

    def _resize(self, width_px: int) -> None:
        self.set_card(width_px)
        self.resized.emit(self.width_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell how large the card may become."""
        super().resizeEvent(event)
        self.limited.emit(self.largest())
        self.set_card(self.width_px)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and down shrink, right and up grow."""
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
        way = ways.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._resize(self.width_px + way * (10 if fast else 1))

    def _drag(self, event: QMouseEvent) -> None:
        self._resize(round(event.position().x() * self.devicePixelRatioF()) - _MARGIN_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the right edge to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the right edge."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card."""
        painter = self._painter()
        height = self.width_px * CARD_HEIGHT_M / CARD_WIDTH_M.value
        top = max((self.device_size()[1] - height) / 2, _MARGIN_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().highlight())
        radius = _CORNER * self.width_px
        painter.drawRoundedRect(QRectF(_MARGIN_PX, top, self.width_px, height), radius, radius)


class BlindSpotCanvas(_DeviceCanvas):
    """A cross to look at, and a dot that moves outward until Space says that it vanished.

    Signals:
        vanished: device pixels from the cross to the dot.
    """

    vanished = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.eye: Eye = "right"
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._clock = QElapsedTimer()
        self.setAccessibleName("Blind spot test")
        self.setToolTip("Press Space to begin, and each time the dot vanishes")

    @property
    def running(self) -> bool:
        """Return True if the dot moves."""
        return self._timer.isActive()

    def set_eye(self, eye: Eye) -> None:
        """Take the eye that stays open; its blind spot is on its own side."""
        self.stop()
        self.eye = eye
        self.update()

    def start(self) -> None:
        """Let the dot move out from near the cross."""
        self._clock.start()
        self._timer.start()
        self.setFocus()
        self.update()

    def stop(self) -> None:
        """Stop the dot."""
        self._timer.stop()
        self.update()

    def _way(self) -> float:
        """Device pixels from the cross to the end of the dot's path."""
        return self.device_size()[0] - 4 * _MARGIN_PX

    def offset(self) -> float:
        """Device pixels from the cross to the dot, by the clock and not by ticks."""
        seconds = self._clock.elapsed() / 1000 - _PAUSE_S if self._clock.isValid() else 0.0
        share = min(max(seconds, 0.0) / _WAY_S, 1.0)
        return self._way() * (_START + (1 - _START) * share)

    def _tick(self) -> None:
        if self._clock.elapsed() / 1000 > _PAUSE_S + _WAY_S:
            self._clock.restart()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space begins, and tells that the dot vanished."""
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)
        elif event.isAutoRepeat():
            return
        elif not self.running:
            self.start()
        elif self._clock.elapsed() / 1000 > _PAUSE_S:
            offset = self.offset()
            self._clock.restart()
            self.vanished.emit(offset)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing moves unseen."""
        self.stop()
        super().hideEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the cross, and the dot while it moves."""
        painter = self._painter()
        width, height = self.device_size()
        outward = 1 if self.eye == "right" else -1
        cross = QPointF(2 * _MARGIN_PX if outward > 0 else width - 2 * _MARGIN_PX, height / 2)
        painter.setPen(QPen(self.palette().text(), 3))
        for x, y in ((10, 0), (0, 10)):
            painter.drawLine(cross - QPointF(x, y), cross + QPointF(x, y))
        if self.running:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().text())
            painter.drawEllipse(cross + QPointF(outward * self.offset(), 0), _DOT_RADIUS_PX, _DOT_RADIUS_PX)
