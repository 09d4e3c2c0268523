"""Target and candidate side by side, with one zoom and pan and one gaze.

Screen pixels never leave this module: the gaze goes out and comes in in image coordinates. Pixel i of W
covers [i, i + 1) of the view and its centre, i + 1/2, is at i / (W - 1) in image coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from foveaview.app.color_bar import ColorBar
from foveaview.app.theme import NEUTRAL_GRAY

__all__ = ["ImageView", "Pane"]

_MARKER_RADIUS_PX = 9
_STALE_BORDER_PX = 6


class _SmoothImage(pg.ImageItem):
    """An image that is smoothed where it is shown smaller than it is, and in whole pixels elsewhere."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")

    def paint(self, painter: QPainter, *arguments: Any) -> None:
        smaller = painter.worldTransform().m11() * self.boundingRect().width() < (self.width() or 0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
        super().paint(painter, *arguments)

    def show_pixels(self, pixels: npt.NDArray[np.uint8] | None, size: tuple[int, int]) -> None:
        """Show bytes of any size over the whole picture of `size` (H, W)."""
        if pixels is None:
            if self.image is not None:
                self.clear()
            return
        self.setImage(pixels, autoLevels=False, levels=(0, 255))
        self.setRect(QRectF(0, 0, size[1], size[0]))


class _GazeMarker(pg.GraphicsObject):
    """A ring and a cross of constant size, dark on light, so that it shows on everything."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(10)

    def boundingRect(self) -> QRectF:
        reach = 2 * _MARKER_RADIUS_PX
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner, outer = 3, _MARKER_RADIUS_PX + 5
        for color, width in ((QColor(0, 0, 0, 200), 3.5), (QColor(255, 255, 255), 1.5)):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(QPointF(0, 0), _MARKER_RADIUS_PX, _MARKER_RADIUS_PX)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(x * inner, y * inner), QPointF(x * outer, y * outer))


class _StaleMark(pg.GraphicsObject):
    """A gray veil and a hatched border over a picture that no longer matches the settings."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self.setZValue(5)
        self.hide()

    def set_size(self, size: tuple[int, int]) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, size[1], size[0])

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_: Any) -> None:
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


class _GazeBox(pg.ViewBox):
    """Left button: gaze. Middle button: pan. Wheel: zoom at the cursor."""

    pointed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False, border=None)
        self.setBackgroundColor(NEUTRAL_GRAY)
        self.disableAutoRange()

    def _point(self, event: Any) -> None:
        event.accept()
        at = self.mapToView(event.pos())
        self.pointed.emit(at.x(), at.y())

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._point(event)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._point(event)
        elif event.button() == Qt.MouseButton.MiddleButton:
            super().mouseDragEvent(event, axis)
        else:
            event.ignore()


class _ElidedLabel(QLabel):
    """One line that gives way to the window's width."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_line(self, text: str) -> None:
        if text != self.text():
            self.setToolTip(text)
            self.setText(text)

    def sizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height() + 6)

    def paintEvent(self, _event: Any) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        inner = self.rect().adjusted(6, 0, -6, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class Pane:
    """One picture with its heatmap, its gaze marker and its stale mark."""

    def __init__(self) -> None:
        self.title = _ElidedLabel()
        self.view = pg.GraphicsView()
        self.view.setAcceptDrops(False)  # files are dropped on the window
        self.view.setBackground(NEUTRAL_GRAY)
        self.box = _GazeBox()
        self.view.setCentralItem(self.box)
        self.picture, self.heatmap = _SmoothImage(), _SmoothImage()
        self.stale, self.marker = _StaleMark(), _GazeMarker()
        self.heatmap.setZValue(6)  # of the gaze as it is now, so above the veil of a stale picture
        for item in (self.picture, self.heatmap, self.stale, self.marker):
            self.box.addItem(item, ignoreBounds=True)

    def set_size(self, size: tuple[int, int]) -> None:
        """Take the size (H, W) of the pictures to come."""
        self.stale.set_size(size)


class ImageView(QWidget):
    """The images; emits the gaze where a person points.

    Signals:
        pointed: x and y in image coordinates, where the left button is.
        hovered: column and row of the pixel under the pointer, or None.
    """

    pointed = Signal(float, float)
    hovered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.target, self.candidate = Pane(), Pane()
        self.panes = (self.target, self.candidate)
        self._size = (1, 1)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for column, pane in enumerate(self.panes):
            layout.addWidget(pane.title, 0, column)
            layout.addWidget(pane.view, 1, column)
            layout.setColumnStretch(column, 1)
            pane.box.pointed.connect(self._point)
            pane.view.scene().sigMouseMoved.connect(self._hover(pane))
        layout.setRowStretch(1, 1)
        self.candidate.box.setXLink(self.target.box)
        self.candidate.box.setYLink(self.target.box)
        self.setMinimumSize(320, 200)

        self.color_bar = ColorBar("loss per pixel")
        layout.addWidget(self.color_bar, 1, 2)

    def _hover(self, pane: Pane) -> Callable[[QPointF], None]:
        def moved(at: QPointF) -> None:
            point = pane.box.mapSceneToView(at)
            column, row = int(np.floor(point.x())), int(np.floor(point.y()))
            inside = 0 <= column < self._size[1] and 0 <= row < self._size[0]
            self.hovered.emit((column, row) if inside else None)

        return moved

    def _point(self, x: float, y: float) -> None:
        height, width = self._size
        self.pointed.emit((x - 0.5) / max(width - 1, 1), (y - 0.5) / max(height - 1, 1))

    def set_size(self, size: tuple[int, int]) -> None:
        """Take the size (H, W) of the pictures to come, and fit it."""
        self._size = size
        for pane in self.panes:
            pane.set_size(size)
            pane.marker.show()
        self.fit()

    def set_gaze(self, gaze: tuple[float, float]) -> None:
        """Put the markers at image coordinates."""
        height, width = self._size
        for pane in self.panes:
            pane.marker.setPos(gaze[0] * (width - 1) + 0.5, gaze[1] * (height - 1) + 0.5)

    def set_picture(self, pane: Pane, pixels: npt.NDArray[np.uint8] | None) -> None:
        """Show a picture; of fewer pixels, it is stretched over the whole."""
        pane.picture.show_pixels(pixels, self._size)

    def set_heatmap(self, pane: Pane, pixels: npt.NDArray[np.uint8] | None, top: float | None = None) -> None:
        """Lay a heatmap over a picture, and say what its bright end stands for."""
        pane.heatmap.show_pixels(pixels, self._size)
        if top is not None:
            self.color_bar.set_top(top)

    def fit(self) -> None:
        """Show the whole picture."""
        height, width = self._size
        self.target.box.setRange(QRectF(0, 0, width, height), padding=0.02)

    def one_to_one(self) -> None:
        """Show one picture's pixel on one of the screen's, about the middle."""
        box = self.target.box
        ratio = self.devicePixelRatioF()
        shown = box.viewRect()
        width, height = box.width() * ratio, box.height() * ratio
        middle = shown.center()
        box.setRange(QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height), padding=0)

    def step_zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        self.target.box.scaleBy((factor, factor))
