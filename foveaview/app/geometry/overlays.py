"""Overlays that show the geometry: rings around the gaze, and the outline of a pooling region."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from foveaview.perception.analysis.geometry_overlays import eccentricity_ring, pooling_region
from foveaview.settings import LossSettings

__all__ = ["RINGS_DEG", "RegionItem", "RingsItem"]

RINGS_DEG = (2.0, 5.0, 10.0, 20.0)

_DARK, _LIGHT = QColor(0, 0, 0, 170), QColor(255, 255, 255)
_LABEL_PX = 12
# where on its ring a label is: the visible point farthest this way, so that they stand in one row
_LABEL_WAY = np.array([0.35, -1.0])

Points = npt.NDArray[np.float64]


@lru_cache(maxsize=8)
def _rings(
    size: tuple[int, int], gaze: tuple[float, float], settings: LossSettings
) -> tuple[tuple[Points, ...], ...]:
    """Lines of each ring, kept: both pictures show the same."""
    return tuple(tuple(eccentricity_ring(angle, size, gaze, settings)) for angle in RINGS_DEG)


def _path(lines: Iterable[Points]) -> QPainterPath:
    """Convert pixel positions to a path in the view, in which pixel i covers [i, i + 1)."""
    path = QPainterPath()
    for line in lines:
        path.addPath(pg.arrayToQPath(line[:, 0] + 0.5, line[:, 1] + 0.5))
    return path


def _draw_lines(painter: QPainter, path: QPainterPath, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> None:
    """Light on dark, so that the lines show on everything; as wide at any zoom."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width, dashes in ((_DARK, 3.0, Qt.PenStyle.SolidLine), (_LIGHT, 1.0, style)):
        pen = QPen(color, width, dashes)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPath(path)


class RingsItem(pg.GraphicsObject):
    """Rings at 2, 5, 10 and 20 degrees around the gaze, each with its angle."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[tuple[Points, ...], ...] = ()
        self._rect = QRectF()
        self._path = QPainterPath()
        self._shown: tuple[object, ...] = ()
        self._font = QFont()
        self._font.setPixelSize(_LABEL_PX)
        self.setZValue(8)

    def set_geometry(self, size: tuple[int, int], gaze: tuple[float, float], settings: LossSettings) -> None:
        """Take the size (H, W) of the picture, the gaze in image coordinates, and the viewing geometry."""
        wanted = (size, gaze, settings.real_image_width, settings.real_viewing_distance)
        if wanted == self._shown:
            return
        self._shown = wanted
        self.prepareGeometryChange()
        height, width = size
        self._rect = QRectF(-1.5 * width, -1.5 * height, 4 * width, 4 * height)
        # of settings, the rings depend on two
        self.lines = _rings(
            size, gaze, LossSettings(real_image_width=wanted[2], real_viewing_distance=wanted[3])
        )
        self._path = _path(line for ring in self.lines for line in ring)
        self.update()

    def boundingRect(self) -> QRectF:
        """A rectangle around the rings and their labels."""
        return self._rect

    def label_places(self, visible: QRectF) -> list[tuple[float, QPointF]]:
        """Angle and place of the label of each ring that is in a part of the view."""
        low, high = (visible.left(), visible.top()), (visible.right(), visible.bottom())
        places = []
        for angle, ring in zip(RINGS_DEG, self.lines, strict=False):
            points = np.concatenate([np.empty((0, 2)), *ring]) + 0.5
            points = points[((points >= low) & (points <= high)).all(axis=1)]
            if len(points):
                x, y = points[(points @ _LABEL_WAY).argmax()]
                places.append((angle, QPointF(x, y)))
        return places

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the lines, then their labels in screen pixels."""
        _draw_lines(painter, self._path)
        view = painter.worldTransform()
        shown = view.mapRect(self.viewRect())
        painter.save()
        painter.resetTransform()
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        margin = 2 * metrics.height()
        inner = shown.adjusted(margin, margin / 2, -margin, -margin / 2)
        back = view.inverted()[0]
        for angle, place in self.label_places(back.mapRect(inner)):
            text = f"{angle:g}°"
            box = metrics.boundingRect(text).adjusted(-3, -1, 3, 1)
            box.moveCenter(view.map(place))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_DARK)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(_LIGHT)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()


class RegionItem(pg.GraphicsObject):
    """The outline of a pooling region, dashed."""

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self.setZValue(9)
        self.hide()

    def set_outline(self, points: Points | None) -> None:
        """Take the outline, (N, 2) in pixel positions, or None for none."""
        self.prepareGeometryChange()
        self._path = QPainterPath() if points is None else _path([points])
        self.setVisible(points is not None)
        self.update()

    def set_geometry(
        self,
        point: tuple[float, float] | None,
        size: tuple[int, int],
        gaze: tuple[float, float],
        settings: LossSettings,
    ) -> None:
        """Outline the region at a point in image coordinates, or none."""
        self.set_outline(None if point is None else pooling_region(point, size, gaze, settings))

    def boundingRect(self) -> QRectF:
        """A rectangle around the outline."""
        x, y = self.pixelLength(pg.Point(1, 0)) or 1.0, self.pixelLength(pg.Point(0, 1)) or 1.0
        return self._path.boundingRect().adjusted(-2 * x, -2 * y, 2 * x, 2 * y)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the outline."""
        _draw_lines(painter, self._path, Qt.PenStyle.DashLine)
