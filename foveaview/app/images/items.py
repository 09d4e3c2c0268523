"""Items in the views of the images: image, gaze, stale mark, pins and divider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

__all__ = [
    "Divider",
    "FadingImage",
    "GazeMarker",
    "PinMarks",
    "Pixels",
    "SmoothImage",
    "StaleMark",
    "draw_on_anything",
]

Pixels = npt.NDArray[np.uint8]

_MARKER_RADIUS_PX = 9
_FADE_FROM = 0.5
_FADE_MS, _FADE_STEP_MS = 64, 16
_STALE_BORDER_PX = 6
_GRIP_PX = 14
_NUMBER_PX = (14, 15)


def draw_on_anything(painter: QPainter, draw: Any, widths: Sequence[float] = (3.5, 1.5)) -> None:
    """Draw twice, white on wider black, so that it shows on every picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in zip((QColor(0, 0, 0, 200), QColor(255, 255, 255)), widths, strict=True):
        painter.setPen(QPen(color, width))
        draw()


class SmoothImage(pg.ImageItem):
    """An image that is smoothed when it is shrunk, and drawn in whole pixels when it is enlarged."""

    def __init__(self, z: float = 0) -> None:
        super().__init__(axisOrder="row-major")
        self.setZValue(z)
        self._left: float | None = None
        self._pixels: Pixels | None = None
        self._drawn = False

    def set_left(self, width: float | None) -> None:
        """Show only the part left of a column of the whole image; None for all."""
        if width != self._left:
            self._left = width
            self.update()

    def paint(self, painter: QPainter, *arguments: Any) -> None:
        """Draw the visible part."""
        smaller = painter.worldTransform().m11() * self.boundingRect().width() < (self.width() or 0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
        if self._left is not None:
            shown = self.mapRectFromParent(QRectF(-1, -1, self._left + 1, 1e7))
            painter.setClipRect(shown, Qt.ClipOperation.IntersectClip)
        super().paint(painter, *arguments)
        self._drawn = True

    @property
    def drawn_pixels(self) -> Pixels | None:
        """The bytes that were drawn; None before the first paint."""
        return self._pixels if self._drawn else None

    @property
    def covers_all(self) -> bool:
        """Return True if it hides everything below it."""
        return self._pixels is not None and self._left is None

    def show_pixels(self, pixels: Pixels | None, size: tuple[int, int]) -> None:
        """Show bytes of any size over the whole picture of `size` (H, W)."""
        if pixels is self._pixels:
            return
        self._pixels, self._drawn = pixels, False
        if pixels is None:
            self.clear()
        else:
            self.setImage(pixels, autoLevels=False, levels=(0, 255))
            self.setRect(QRectF(0, 0, size[1], size[0]))


class FadingImage(SmoothImage):
    """The picture before, fading over the one that took its place, which is half visible from the first."""

    def __init__(self, z: float) -> None:
        super().__init__(z)
        self._timer = QTimer(interval=_FADE_STEP_MS)
        self._timer.timeout.connect(self._fade)

    def start(self, pixels: Pixels | None, size: tuple[int, int]) -> None:
        """Fade what was shown before; nothing if None."""
        self.show_pixels(pixels, size)
        self.setOpacity(_FADE_FROM)
        if pixels is None:
            self._timer.stop()
        else:
            self._timer.start()

    def _fade(self) -> None:
        opacity = self.opacity() - _FADE_FROM * _FADE_STEP_MS / _FADE_MS
        if opacity > 0.01:
            self.setOpacity(opacity)
        else:
            self._timer.stop()
            self.clear()


class GazeMarker(pg.GraphicsObject):
    """A ring and a cross of constant size; while the images blink, a cross to fixate alone."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(20)
        self.fixation = self.frozen = False

    def set_frozen(self, frozen: bool) -> None:
        """Draw it broken: whatever is followed is not seen."""
        if frozen != self.frozen:
            self.frozen = frozen
            self.update()

    def set_fixation(self, fixation: bool) -> None:
        """Draw the cross that an eye rests on."""
        if fixation != self.fixation:
            self.fixation = fixation
            self.update()

    def boundingRect(self) -> QRectF:
        """A rectangle around everything drawn."""
        reach = 2 * _MARKER_RADIUS_PX
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw it."""
        inner, outer = (0, 8) if self.fixation else (3, _MARKER_RADIUS_PX + 5)

        def draw() -> None:
            if self.frozen:
                pen = painter.pen()
                pen.setDashPattern([2.0, 2.0])
                painter.setPen(pen)
            if not self.fixation:
                painter.drawEllipse(QPointF(0, 0), _MARKER_RADIUS_PX, _MARKER_RADIUS_PX)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(x * inner, y * inner), QPointF(x * outer, y * outer))

        draw_on_anything(painter, draw, (5, 2) if self.fixation else (3.5, 1.5))


class StaleMark(pg.GraphicsObject):
    """A gray veil and a hatched border over an image that is out of date."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self.setZValue(5)
        self.hide()

    def set_size(self, size: tuple[int, int]) -> None:
        """Cover pictures of a size (H, W)."""
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, size[1], size[0])

    def boundingRect(self) -> QRectF:
        """A rectangle around everything drawn."""
        return self._rect

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw it."""
        painter.fillRect(self._rect, QColor(128, 128, 128, 150))
        # drawn in screen pixels, so that the hatching is the same at any zoom
        corners = painter.worldTransform().mapRect(self._rect)
        painter.save()
        painter.resetTransform()
        hatched = QBrush(QColor(255, 200, 0), Qt.BrushStyle.BDiagPattern)
        painter.setPen(QPen(hatched, _STALE_BORDER_PX))
        margin = _STALE_BORDER_PX / 2
        painter.drawRect(corners.adjusted(margin, margin, -margin, -margin))
        painter.restore()


class _PinMark(pg.GraphicsObject):
    """A numbered cross of constant size."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.number = number

    def boundingRect(self) -> QRectF:
        """A rectangle around everything drawn."""
        return QRectF(-20, -18, 40, 36)

    @staticmethod
    def _number_place(painter: QPainter) -> QRectF:
        """Position of the number: right above the cross, or on its other side at the edge of the view."""
        width, height = _NUMBER_PX
        at, end = painter.worldTransform().map(QPointF(0, 0)), painter.window().right()
        left = 4 if at.x() + 4 + width <= end else -4 - width
        return QRectF(left, -2 - height if at.y() >= 2 + height else 2, width, height)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw it."""

        def draw() -> None:
            painter.drawLine(QPointF(-6, 0), QPointF(6, 0))
            painter.drawLine(QPointF(0, -6), QPointF(0, 6))

        draw_on_anything(painter, draw)
        place = self._number_place(painter)
        painter.fillRect(place, QColor(0, 0, 0, 190))
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(self.number))


class PinMarks(pg.ItemGroup):
    """The marked pixels, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(19)
        self._marks: list[_PinMark] = []

    def set_pins(self, pins: Sequence[tuple[int, int]]) -> None:
        """Mark pixels (column, row)."""
        while len(self._marks) > len(pins):
            mark = self._marks.pop()
            mark.setParentItem(None)
            if mark.scene() is not None:
                mark.scene().removeItem(mark)
        while len(self._marks) < len(pins):
            mark = _PinMark(len(self._marks) + 1)
            mark.setParentItem(self)
            self._marks.append(mark)
        for mark, (column, row) in zip(self._marks, pins, strict=True):
            mark.setPos(column + 0.5, row + 0.5)


class Divider(pg.InfiniteLine):
    """A vertical line to drag, with a grip that is easy to take; it shows on everything."""

    currentPen: QPen

    def __init__(self) -> None:
        wide = pg.mkPen("w", width=3)  # what can be taken is as wide as this at the least
        super().__init__(angle=90, movable=True, pen=pg.mkPen("w", width=1), hoverPen=wide)
        self.addMarker("<|>", 0.1, _GRIP_PX)
        self.setZValue(21)
        self.hide()

    def paint(self, painter: QPainter, *arguments: Any) -> None:
        """Draw the line on a wider dark one."""
        chosen = self.currentPen
        self.currentPen = pg.mkPen(0, 0, 0, 200, width=chosen.width() + 2)
        painter.save()
        super().paint(painter, *arguments)
        painter.restore()
        self.currentPen = chosen
        super().paint(painter, *arguments)
