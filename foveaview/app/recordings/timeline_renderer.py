"""Draws all of a timeline that stands still while it is played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPixmap

from foveaview.app.recordings.time_labels import clock_text, step_digits, tick_step_s
from foveaview.app.recordings.time_range import TimeRange
from foveaview.app.recordings.timeline_layout import TimelineContent
from foveaview.gaze.plot_decimation import Columns, Overview, Trace

__all__ = ["Rows", "TimelinePicture"]

_EVENTS_PX, _RESTS_PX = 9, 8
_COLORS = {"x": "#d9603b", "y": "#3f8fd0"}
_RESTS = QColor("#3f9b4f")
_EVENTS = QColor("#8a63c9")
_MISSING = QColor(128, 128, 128, 110)


@dataclass(frozen=True)
class Rows:
    """Vertical layout: events, traces, fixations and time labels.

    Attributes:
        height_px: total height.
        labels_px: height of the labels.
    """

    height_px: int
    labels_px: int

    @property
    def plot_top(self) -> int:
        """Top of the traces, below the events."""
        return _EVENTS_PX

    @property
    def plot_bottom(self) -> int:
        """Bottom of the traces, above the fixations."""
        return self.height_px - _RESTS_PX - self.labels_px

    @property
    def labels_top(self) -> int:
        """Top of the labels."""
        return self.height_px - self.labels_px

    def row(self, value: float) -> float:
        """Return the row of a coordinate: 0 at the top, as in the image, with a margin for gaze beside it."""
        return self.plot_top + (0.1 + 0.8 * value) * (self.plot_bottom - self.plot_top)


class TimelinePicture:
    """Draws a stretch of a timeline.

    Args:
        size: of the picture in pixels of the widget.
        ratio: device pixels in one of them.
        palette: the theme's colours.
        metrics: of the font of the labels.
    """

    def __init__(self, size: QSize, ratio: float, palette: QPalette, metrics: QFontMetrics) -> None:
        self._width, self._ratio, self._palette, self._metrics = size.width(), ratio, palette, metrics
        self._rows = Rows(size.height(), metrics.height())
        self._plot = QRectF(
            0, self._rows.plot_top, size.width(), self._rows.plot_bottom - self._rows.plot_top
        )
        self._picture = QPixmap(size * ratio)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(palette.color(QPalette.ColorRole.Base))

    def of_message(self, text: str) -> QPixmap:
        """A text in the middle."""
        painter = QPainter(self._picture)
        painter.setPen(self._palette.color(QPalette.ColorRole.Text))
        inner = QRect(0, 0, self._width, self._rows.height_px).adjusted(8, 4, -8, -4)
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
        painter.end()
        return self._picture

    def of(self, overview: Overview, content: TimelineContent, shown: TimeRange) -> QPixmap:
        """The traces of a recording, with what lies about them."""
        painter = QPainter(self._picture)
        if self._width > 0:
            columns = overview.columns(shown.begin, shown.end, round(self._width * self._ratio))
            self._draw_missing(painter, columns)
            self._draw_ticks(painter, content.whole.begin, shown)
            self._draw_edges(painter)
            for name, trace in (("x", columns.x), ("y", columns.y)):
                self._draw_trace(painter, trace, QColor(_COLORS[name]))
            self._draw_rests(painter, content, shown)
            self._draw_events(painter, content, shown)
            self._draw_names(painter)
        painter.end()
        return self._picture

    def _column(self, seconds: float, shown: TimeRange) -> float:
        return shown.share(seconds) * self._width

    def _draw_missing(self, painter: QPainter, columns: Columns) -> None:
        """The more is missing of a column, the grayer it is."""
        plot, ratio = self._plot, self._ratio
        levels = np.round(columns.missing * 8).astype(int)
        starts = np.flatnonzero(np.diff(levels, prepend=-1))
        ends = np.append(starts[1:], len(levels))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if levels[start]:
                color = QColor(_MISSING)
                color.setAlpha(_MISSING.alpha() * int(levels[start]) // 8)
                left, width = start / ratio, (end - start) / ratio
                painter.fillRect(QRectF(left, plot.top(), width, plot.height()), color)

    def _draw_ticks(self, painter: QPainter, start: float, shown: TimeRange) -> None:
        step = tick_step_s(shown.length, self._width)
        faint = self._palette.color(QPalette.ColorRole.PlaceholderText)
        line = QColor(faint)
        line.setAlpha(70)
        first, last = int(np.ceil((shown.begin - start) / step)), int((shown.end - start) / step)
        for count in range(first, last + 1):
            column = self._column(start + count * step, shown)
            painter.setPen(line)
            painter.drawLine(QPointF(column, self._plot.top()), QPointF(column, self._rows.labels_top))
            text = clock_text(count * step, step_digits(step))
            width = self._metrics.horizontalAdvance(text)
            left = min(max(column - width / 2, 1), self._width - width - 1)
            painter.setPen(faint)
            painter.drawText(QPointF(left, self._rows.height_px - self._metrics.descent()), text)

    def _draw_edges(self, painter: QPainter) -> None:
        line = self._palette.color(QPalette.ColorRole.PlaceholderText)
        line.setAlpha(90)
        painter.setPen(QPen(line, 1, Qt.PenStyle.DotLine))
        for value in (0.0, 1.0):
            row = round(self._rows.row(value)) + 0.5
            painter.drawLine(QPointF(0, row), QPointF(self._width, row))

    def _draw_trace(self, painter: QPainter, trace: Trace, color: QColor) -> None:
        if not len(trace.places):
            return
        low, high = self._rows.row(0.0), self._rows.row(1.0)
        rows = np.clip(low + trace.values * (high - low), -1e4, 1e4)
        painter.save()
        painter.setClipRect(self._plot)
        painter.setPen(QPen(color, 0))
        painter.drawPath(pg.arrayToQPath(trace.places / self._ratio, rows, connect="finite"))
        painter.restore()

    def _draw_rests(self, painter: QPainter, content: TimelineContent, shown: TimeRange) -> None:
        top = self._plot.bottom() + 2
        lefts, rights = (shares * self._width for shares in content.bars(shown))
        if len(lefts) > self._width:  # closer than pixels: one bar for each that is filled
            kept = np.unique(np.round(lefts).astype(int), return_index=True)[1]
            lefts, rights = lefts[kept], rights[kept]
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
            width = max(right - left - 1, 1.0)
            painter.fillRect(QRectF(left, top, width, _RESTS_PX - 4), _RESTS)

    def _draw_events(self, painter: QPainter, content: TimelineContent, shown: TimeRange) -> None:
        painter.setPen(QPen(_EVENTS, 1))
        drawn = -1
        for event in content.events(shown.begin, shown.end):
            column = round(self._column(event.t, shown))
            if column != drawn:
                painter.drawLine(column, 0, column, _EVENTS_PX)
                drawn = column
            if event.duration:
                right = max(self._column(event.t + event.duration, shown), column + 1)
                painter.fillRect(QRectF(column, 0, right - column, 2), _EVENTS)

    def _draw_names(self, painter: QPainter) -> None:
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        plot, left = self._plot, 4.0
        ground = self._palette.color(QPalette.ColorRole.Base)
        ground.setAlpha(170)
        painter.fillRect(QRectF(2, plot.top() + 1, 26, self._rows.labels_px), ground)
        for name, color in _COLORS.items():
            painter.setPen(QColor(color))
            painter.drawText(QPointF(left, plot.top() + painter.fontMetrics().ascent()), name)
            left += 13
