"""One view of an image: its items, and its mouse events."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QPaintEvent

from foveaview.app.images.items import FadingImage, GazeMarker, PinMarks, Pixels, SmoothImage, StaleMark
from foveaview.app.widgets.elided_label import ElidedLabel
from foveaview.app.widgets.theme import NEUTRAL_GRAY
from foveaview.gaze import Placement

__all__ = ["GazeBox", "Pane", "PaneView"]

_ABOVE = 10  # all that covers the picture


class GazeBox(pg.ViewBox):
    """Left button: gaze. Middle button: pan. Wheel: zoom at the cursor. With Alt: pin, and shift.

    Signals:
        pointed: x and y in the view, of the left button.
        pinned: x and y in the view, of a click with Alt.
        shifted: x and y in the view, by how much the middle button was dragged with Alt.
        turned: steps of the wheel with Ctrl.
    """

    pointed = Signal(float, float)
    pinned = Signal(float, float)
    shifted = Signal(float, float)
    turned = Signal(float)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False, border=None)
        self.setBackgroundColor(NEUTRAL_GRAY)
        self.disableAutoRange()

    def _emit_at(self, event: Any, signal: Any) -> None:
        event.accept()
        at = self.mapToView(event.pos())
        signal.emit(at.x(), at.y())

    def mouseClickEvent(self, event: Any) -> None:
        """Look at the place, or pin it."""
        if event.button() == Qt.MouseButton.LeftButton:
            alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self._emit_at(event, self.pinned if alt else self.pointed)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Look along, pan or shift."""
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.button() == Qt.MouseButton.LeftButton and not alt:
            self._emit_at(event, self.pointed)
        elif event.button() == Qt.MouseButton.MiddleButton and alt:
            event.accept()
            moved = self.mapToView(event.pos()) - self.mapToView(event.lastPos())
            self.shifted.emit(moved.x(), moved.y())
        elif event.button() == Qt.MouseButton.MiddleButton:
            super().mouseDragEvent(event, axis)
        else:
            event.ignore()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom, or turn alpha."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.accept()
            self.turned.emit(event.delta() / 120)
        else:
            super().wheelEvent(event, axis)


class PaneView(pg.GraphicsView):
    """The graphics view of a pane.

    Signals:
        repainted: something was drawn.
    """

    repainted = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAcceptDrops(False)  # files are dropped on the window
        self.setBackground(NEUTRAL_GRAY)
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw, and tell."""
        super().paintEvent(event)
        self.repainted.emit()


class Pane:
    """One view: a picture with its heatmap, and the target that may cover it."""

    def __init__(self, name: str) -> None:
        self.title = ElidedLabel()
        self.view = PaneView(name)
        self.box = GazeBox()
        self.view.setCentralItem(self.box)
        # a heatmap is of the gaze as it is now, so it lies above the veil of a stale picture
        self.picture, self.heatmap = SmoothImage(), SmoothImage(6)
        self.before = FadingImage(1)
        self.cover, self.cover_heatmap = SmoothImage(8), SmoothImage(9)
        self.stale, self.marker, self.pins = StaleMark(), GazeMarker(), PinMarks()
        self.offset = QPointF(0, 0)
        # everything of the picture moves with the offset
        self.root = pg.ItemGroup()
        pictures = (self.picture, self.before, self.heatmap, self.cover, self.cover_heatmap)
        for item in (*pictures, self.stale, self.pins):
            item.setParentItem(self.root)
        self.marker.setParentItem(self.root)
        self.box.addItem(self.root, ignoreBounds=True)

    def add(self, item: pg.GraphicsObject) -> None:
        """Draw something more, in pixels of the picture, above it."""
        item.setZValue(item.zValue() + _ABOVE)
        item.setParentItem(self.root)

    def set_offset(self, x: float, y: float) -> None:
        """Shift the picture by its own pixels."""
        self.offset = QPointF(x, y)
        self.root.setPos(self.offset)

    @property
    def seen(self) -> Pixels | None:
        """The picture that was set last, once it was drawn; None before, and while the target covers it."""
        return None if self.cover.covers_all else self.picture.drawn_pixels

    @property
    def on_screen(self) -> QRectF:
        """The part of the screen that the view covers, in device pixels."""
        view, ratio = self.view.viewport(), self.view.devicePixelRatioF()
        corner = view.mapToGlobal(QPointF(0, 0)) - QPointF(self.view.screen().geometry().topLeft())
        return QRectF(corner * ratio, QSizeF(view.size()) * ratio)

    def placement(self, size: tuple[int, int]) -> Placement:
        """Where an image of a size (H, W) lies on the screen, in device pixels."""
        ratio, screen = self.view.devicePixelRatioF(), self.view.screen().geometry()
        corner = self.view.viewportTransform().map(self.box.mapViewToScene(self.offset))
        at = (corner * ratio) + self.on_screen.topLeft()
        scale = ratio / self.box.viewPixelSize()[0]
        pixels = (round(screen.width() * ratio), round(screen.height() * ratio))
        return Placement(pixels, at.x(), at.y(), scale, size)
