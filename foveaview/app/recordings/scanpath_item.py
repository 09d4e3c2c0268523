"""The scanpath, drawn over an image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPixmap, QTransform

from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.recording import Recording

__all__ = ["NO_PATH", "ScanpathItem", "decimated", "kept_inside"]

NO_PATH = Recording("", np.empty(0), np.empty(0), np.empty(0))

_AGES = 8
_OF_RESTS = QColor(255, 214, 90)
_SHADE = QColor(0, 0, 0)
_FAINTEST = 0.15
_MOST_POINTS = 1500
_MOST_RESTS = 200
_LABELLED = 40
"""Of more fixations than this the numbers would hide the picture."""
_SMALLEST_PX, _PX_PER_ROOT_S = 4.0, 16.0
_NUMBER_PX = 11
_LONGEST_STEP_S = 0.1
_REACH = 3.0  # pictures beside the picture in which the path is still drawn

Numbers = npt.NDArray[np.float64]


def decimated(columns: Numbers, rows: Numbers, most: int = _MOST_POINTS) -> npt.NDArray[np.int64]:
    """Choose the points of a line to draw: the first of consecutive points in one pixel.

    Args:
        columns, rows: (n,) pixels of the screen; NaN breaks the line, and one of each break is kept.
        most: largest number of points; pixels are doubled in size until no more are left.

    Returns:
        Indices, rising, of `most` points or fewer.

    >>> decimated(np.array([0.1, 0.2, 0.3, 5.0]), np.zeros(4)).tolist()
    [0, 3]
    """
    kept = np.arange(len(columns))
    cell = 1.0
    while True:
        across, down = np.floor(columns[kept] / cell), np.floor(rows[kept] / cell)
        gone = ~(np.isfinite(across) & np.isfinite(down))
        across[gone] = down[gone] = -1e9
        same = (np.diff(across) == 0) & (np.diff(down) == 0)
        kept = kept[np.concatenate([[True], ~same])] if len(kept) else kept
        if len(kept) <= most:
            return kept
        if cell > 64:
            return kept[:: -(-len(kept) // most)]
        cell *= 2


def kept_inside(box: QRectF, room: QRectF) -> QRectF:
    """Move a box into a room by the shortest way; a box that is too large begins where the room begins.

    >>> kept_inside(QRectF(95, -3, 10, 5), QRectF(0, 0, 100, 50)).getRect()
    (90.0, 0.0, 10.0, 5.0)
    """
    x = max(min(box.x(), room.right() - box.width()), room.left())
    y = max(min(box.y(), room.bottom() - box.height()), room.top())
    return QRectF(x, y, box.width(), box.height())


def _draw_line(painter: QPainter, line: QPainterPath, color: QColor, share: float) -> None:
    """With a shade beside it, so that it shows on everything.

    Lines wider than a pixel take 30 times as long, and those that let something through 5 times.
    """
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for beside, own in ((1.0, QColor(0, 0, 0)), (0.0, QColor(color))):
        own.setAlphaF(share)
        painter.setPen(QPen(own, 1))
        painter.translate(beside, beside)
        painter.drawPath(line)
        painter.translate(-beside, -beside)


class ScanpathItem(pg.GraphicsObject):
    """The last seconds of a gaze as a line that fades with its age, and fixations as numbered circles."""

    def __init__(self) -> None:
        super().__init__()
        self._size = (1, 1)
        self._path = NO_PATH
        self._rests = FixationList.none()
        self._goes_on = False
        self._stretch = (0.0, 0.0)
        self._picture: QPixmap | None = None
        self._room = QRectF()
        self._drawn_for: tuple[object, ...] = ()
        self._font = QFont()
        self._font.setPixelSize(_NUMBER_PX)
        self._font.setBold(True)
        self.setZValue(7)
        self.hide()

    def set_size(self, size: tuple[int, int]) -> None:
        """Take the size (H, W) of the picture."""
        if size != self._size:
            self.prepareGeometryChange()
            self._size = size
            self._forget()

    def set_path(self, path: Recording, rests: FixationList, goes_on: bool = False) -> None:
        """Set a gaze in image coordinates, NaN if the eye was not seen, and its fixations.

        If it continues, it is the end of a longer path, and its line fades with age.
        """
        self._path, self._rests, self._goes_on = path, rests, goes_on
        self._forget()

    def set_stretch(self, begin: float, end: float) -> None:
        """Show what lies between two times, the end being the present."""
        if (begin, end) != self._stretch:
            self._stretch = (begin, end)
            self._forget()

    def _forget(self) -> None:
        self._drawn_for = ()
        self.update()

    def boundingRect(self) -> QRectF:
        """Everything, since a path can leave the image."""
        height, width = self._size
        return QRectF(-_REACH * width, -_REACH * height, (2 * _REACH + 1) * width, (2 * _REACH + 1) * height)

    def shown(self) -> Recording:
        """The samples that are drawn."""
        begin, end = self._stretch
        part = slice(*np.searchsorted(self._path.t, [begin, np.nextafter(end, np.inf)]))
        path = self._path
        return Recording(path.name, path.t[part], path.x[part], path.y[part])

    def numbers(self) -> range:
        """Numbers of the fixations that are drawn, from 1; the last of many."""
        part, before = self._part(), self._rests.before
        return range(before + part.start + 1, before + part.stop + 1)

    def _part(self) -> slice:
        begin, end = self._stretch
        first = int(np.searchsorted(self._rests.end, begin))
        last = int(np.searchsorted(self._rests.start, end, side="right"))
        return slice(max(first, last - _MOST_RESTS), last)

    # painting

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw in pixels of the screen, so that lines are as wide at any zoom; what stands still, once."""
        view, device = painter.worldTransform(), painter.device()
        ratio = device.devicePixelRatioF()
        size = QSize(round(device.width() * ratio), round(device.height() * ratio))
        self._room = QRectF(0, 0, device.width(), device.height())
        wanted = (view.m11(), view.m22(), view.dx(), view.dy(), size.width(), size.height(), ratio)
        painter.save()
        painter.resetTransform()
        if self._standing:
            if wanted != self._drawn_for or self._picture is None:
                self._picture = self._drawn(view, size, ratio)
                self._drawn_for = wanted
            painter.drawPixmap(0, 0, self._picture)
        else:
            self._picture = None
            self._draw(painter, view)
        painter.restore()

    @property
    def _standing(self) -> bool:
        """Return True if all is shown, which stays as it is while a recording plays."""
        t, (begin, end) = self._path.t, self._stretch
        return len(t) > 0 and begin <= t[0] and end >= t[-1] and not self._goes_on

    def _drawn(self, view: QTransform, size: QSize, ratio: float) -> QPixmap:
        picture = QPixmap(size)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self._draw(painter, view)
        painter.end()
        return picture

    def _draw(self, painter: QPainter, view: QTransform) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_lines(painter, self._made(view))
        self._draw_rests(painter, view)

    def _mapped(self, view: QTransform, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        height, width = self._size
        columns = (x * (width - 1) + 0.5) * view.m11() + view.dx()
        rows = (y * (height - 1) + 0.5) * view.m22() + view.dy()
        return columns, rows

    def _made(self, view: QTransform) -> list[QPainterPath]:
        """Lines from the oldest to the newest, each of one age."""
        shown = self.shown()
        if not len(shown):
            return []
        columns, rows = self._mapped(
            view, np.clip(shown.x, -_REACH, _REACH), np.clip(shown.y, -_REACH, _REACH)
        )
        kept = decimated(columns, rows)
        t, columns, rows = shown.t[kept], columns[kept], rows[kept]
        begin, end = self._stretch
        ages = np.linspace(max(begin, t[0]), end, _AGES + 1)[1:-1]
        ends = [*np.searchsorted(t, ages, side="right").tolist(), len(t)]
        lines, start = [], 0
        for stop in ends:
            # from the last point of the line before, so that they hang together
            part = slice(max(start - 1, 0), stop)
            lines.append(
                pg.arrayToQPath(columns[part], rows[part], connect="finite") if stop > start else None
            )
            start = stop
        return [line or QPainterPath() for line in lines]

    def _draw_lines(self, painter: QPainter, lines: list[QPainterPath]) -> None:
        for age, line in enumerate(lines):
            share = 1.0 if self._standing else _FAINTEST + (1 - _FAINTEST) * (age + 1) / len(lines)
            _draw_line(painter, line, QColor(255, 255, 255), share)

    def _draw_rests(self, painter: QPainter, view: QTransform) -> None:
        numbers, part = self.numbers(), self._part()
        columns, rows = self._mapped(view, self._rests.x[part], self._rests.y[part])
        begun = np.minimum(self._rests.end[part], self._stretch[1]) - self._rests.start[part]
        radii = _SMALLEST_PX + _PX_PER_ROOT_S * np.sqrt(np.maximum(begun, 0.0))
        if len(columns) > 1:
            _draw_line(painter, pg.arrayToQPath(columns, rows, connect="finite"), _OF_RESTS, 1.0)
        painter.setFont(self._font)
        labelled = len(numbers) <= _LABELLED
        rows_of = zip(numbers, columns.tolist(), rows.tolist(), radii.tolist(), strict=True)
        for number, column, row, radius in rows_of:
            self._draw_rest(painter, QPointF(column, row), radius, str(number) if labelled else "")

    def _draw_rest(self, painter: QPainter, at: QPointF, radius: float, text: str) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_SHADE)
        painter.drawEllipse(at, radius + 1, radius + 1)
        painter.setPen(_OF_RESTS)
        painter.drawEllipse(at, radius, radius)
        if text and self._room.intersects(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)):
            self._draw_number(painter, at, text)

    def _draw_number(self, painter: QPainter, at: QPointF, text: str) -> None:
        """Draw white on a dark background, legible on any image, and wholly inside the view."""
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 4, _NUMBER_PX + 2)
        box.moveCenter(at)
        box = kept_inside(box, self._room)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
