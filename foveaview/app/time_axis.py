"""A recording over time: both coordinates, fixations, events, and the place that is looked at."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from foveaview.gaze import Event
from foveaview.gaze.overview import Columns, Overview, Trace
from foveaview.gaze.rests import Rests

__all__ = ["TimeAxis", "clock_text"]

_EVENTS_PX, _RESTS_PX = 9, 8
_GRIP_PX = 5
_REACH_PX = 4
_FEWEST_PX = 60  # between two labels
_SHORTEST_S = 0.05
_LEAP_S = 0.1
_COLORS = {"x": "#d9603b", "y": "#3f8fd0"}
_RESTS = QColor("#3f9b4f")
_EVENTS = QColor("#8a63c9")
_MISSING = QColor(128, 128, 128, 110)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18000, 36000)
_CTRL = Qt.KeyboardModifier.ControlModifier


def clock_text(seconds: float, digits: int = 0) -> str:
    """Minutes and seconds, and hours where there are some; "-:--" for what is no finite time.

    >>> clock_text(75.25, 1), clock_text(3661)
    ('1:15.2', '1:01:01')
    """
    if not math.isfinite(seconds):
        return "-:--"
    shown = round(max(seconds, 0.0), digits)
    minutes, rest = divmod(shown, 60)
    hours, minutes = divmod(int(minutes), 60)
    width = 3 + digits if digits else 2
    tail = f"{minutes:02d}:{rest:0{width}.{digits}f}" if hours else f"{minutes}:{rest:0{width}.{digits}f}"
    return f"{hours}:{tail}" if hours else tail


def _tick_step(seconds: float, width: int) -> float:
    least = seconds * _FEWEST_PX / max(width, 1)
    if least < 1:
        decade = 10.0 ** np.floor(np.log10(least))
        return float(next(decade * part for part in (1, 2, 5, 10) if decade * part >= least))
    return float(next((step for step in _STEPS if step >= least), _STEPS[-1]))


class TimeAxis(QWidget):
    """x and y of a gaze over time, with a line at the place that a person can drag.

    A click or drag goes there; so do the keys: Left and Right by a sample, with Ctrl by 0.1 s, Home and End.
    The wheel shows a shorter or longer stretch, about the pointer.

    Signals:
        sought: seconds of the recording's clock that are wanted.
        stepped: by how many samples the place is to be moved.
    """

    sought = Signal(float)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._overview: Overview | None = None
        self._rests = Rests.none()
        self._events: Sequence[Event] = ()
        self._onsets: list[float] = []
        self._place = 0.0
        self._shown = (0.0, 1.0)
        self._message = ""
        self._picture: QPixmap | None = None
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(60)
        self.setAccessibleName("Gaze over time")
        self.setToolTip(
            "x and y of the gaze. Click or drag: go there. Wheel: show less or more. "
            "Left, Right: by a sample, with Ctrl by 0.1 s. Home, End. Space: play or pause."
        )

    # what is shown

    def set_recording(self, overview: Overview | None) -> None:
        """Show a recording from its beginning to its end; None for none."""
        self._overview = overview
        recording = None if overview is None else overview.recording
        self._events = () if recording is None else recording.events
        self._onsets = [event.t for event in self._events]
        self._rests = Rests.none()
        if recording is not None and len(recording):
            start = float(recording.t[0])
            self._shown = (start, start + max(recording.duration, _SHORTEST_S))
            self._place = min(max(self._place, start), start + recording.duration)
        self._repaint()

    def set_message(self, text: str) -> None:
        """Say something where there is no recording to show."""
        if text != self._message:
            self._message = text
            self._repaint()

    def set_traces(self, overview: Overview) -> None:
        """Show the same recording placed otherwise, and the same stretch of it."""
        self._overview = overview
        self._repaint()

    def set_rests(self, rests: Rests) -> None:
        """Show fixations."""
        self._rests = rests
        self._repaint()

    def set_place(self, seconds: float) -> None:
        """Put the line at a place, and show it where it has left what is shown."""
        if seconds == self._place:
            return
        before, self._place = self._place, seconds
        begin, end = self._shown
        if not begin <= seconds <= end and not self._dragging:
            length = end - begin
            self._show_stretch(seconds - length / 10 if seconds > end else seconds - length / 2, length)
        for one in (before, seconds):
            column = round(self._column(one))
            self.update(column - _GRIP_PX - 2, 0, 2 * _GRIP_PX + 4, self.height())

    @property
    def place(self) -> float:
        """Where the line is, in seconds of the recording's clock."""
        return self._place

    @property
    def shown(self) -> tuple[float, float]:
        """The stretch of time that is shown."""
        return self._shown

    def column_of(self, seconds: float) -> float:
        """Where a time is, in pixels from the left."""
        return self._column(seconds)

    def _repaint(self) -> None:
        self._picture = None
        self.update()

    def _column(self, seconds: float) -> float:
        begin, end = self._shown
        return (seconds - begin) / (end - begin) * self.width()

    def _time(self, column: float) -> float:
        begin, end = self._shown
        return begin + column / max(self.width(), 1) * (end - begin)

    @property
    def _whole(self) -> tuple[float, float]:
        recording = self._overview.recording if self._overview is not None else None
        if recording is None or not len(recording):
            return 0.0, 1.0
        start = float(recording.t[0])
        return start, start + max(recording.duration, _SHORTEST_S)

    def _show_stretch(self, begin: float, length: float) -> None:
        first, last = self._whole
        length = min(max(length, _SHORTEST_S), last - first)
        begin = min(max(begin, first), last - length)
        if (begin, begin + length) != self._shown:
            self._shown = (begin, begin + length)
            self._repaint()

    # painting

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(400, 90)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw anew."""
        super().resizeEvent(event)
        self._repaint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What stands still comes from a picture; the line is drawn over it."""
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatioF():
            self._picture = self._drawn()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self._picture)
        if self._overview is not None:
            self._draw_place(painter)
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _draw_place(self, painter: QPainter) -> None:
        column = self._column(self._place)
        color = self.palette().color(QPalette.ColorRole.Text)
        painter.setPen(QPen(color, 1))
        painter.drawLine(QPointF(column, 0), QPointF(column, self._plot.bottom()))
        painter.setBrush(color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        grip = [QPointF(column - _GRIP_PX, 0), QPointF(column + _GRIP_PX, 0), QPointF(column, 1.6 * _GRIP_PX)]
        painter.drawPolygon(QPolygonF(grip))

    @property
    def _labels_px(self) -> int:
        return self.fontMetrics().height()

    @property
    def _plot(self) -> QRectF:
        """Where the traces are."""
        return QRectF(0, _EVENTS_PX, self.width(), self.height() - _EVENTS_PX - _RESTS_PX - self._labels_px)

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.palette().color(QPalette.ColorRole.Base))
        painter = QPainter(picture)
        if self._overview is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            inner = self.rect().adjusted(8, 4, -8, -4)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
        elif self.width() > 0:
            columns = self._overview.columns(*self._shown, round(self.width() * ratio))
            self._draw_missing(painter, columns, ratio)
            self._draw_ticks(painter)
            self._draw_edges(painter)
            for name, trace in (("x", columns.x), ("y", columns.y)):
                self._draw_trace(painter, trace, QColor(_COLORS[name]), ratio)
            self._draw_rests(painter)
            self._draw_events(painter)
            self._draw_names(painter)
        painter.end()
        return picture

    def _draw_missing(self, painter: QPainter, columns: Columns, ratio: float) -> None:
        """The more is missing of a column, the grayer it is."""
        plot = self._plot
        levels = np.round(columns.missing * 8).astype(int)
        starts = np.flatnonzero(np.diff(levels, prepend=-1))
        ends = np.append(starts[1:], len(levels))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if levels[start]:
                color = QColor(_MISSING)
                color.setAlpha(_MISSING.alpha() * int(levels[start]) // 8)
                left, width = start / ratio, (end - start) / ratio
                painter.fillRect(QRectF(left, plot.top(), width, plot.height()), color)

    def _draw_ticks(self, painter: QPainter) -> None:
        begin, end = self._shown
        first, _ = self._whole
        step = _tick_step(end - begin, self.width())
        digits = max(0, -int(np.floor(np.log10(step)))) if step < 1 else 0
        low = self.height() - self._labels_px
        faint = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for count in range(int(np.ceil((begin - first) / step)), int((end - first) / step) + 1):
            column = self._column(first + count * step)
            line = QColor(faint)
            line.setAlpha(70)
            painter.setPen(line)
            painter.drawLine(QPointF(column, self._plot.top()), QPointF(column, low))
            text = clock_text(count * step, digits)
            width = self.fontMetrics().horizontalAdvance(text)
            left = min(max(column - width / 2, 1), self.width() - width - 1)
            painter.setPen(faint)
            painter.drawText(QPointF(left, self.height() - self.fontMetrics().descent()), text)

    def _row(self, value: float) -> float:
        """Where a coordinate is: 0 at the top, as in the image, with a margin for what is beside it."""
        plot = self._plot
        return plot.top() + (0.1 + 0.8 * value) * plot.height()

    def _draw_edges(self, painter: QPainter) -> None:
        line = self.palette().color(QPalette.ColorRole.PlaceholderText)
        line.setAlpha(90)
        painter.setPen(QPen(line, 1, Qt.PenStyle.DotLine))
        for value in (0.0, 1.0):
            row = round(self._row(value)) + 0.5
            painter.drawLine(QPointF(0, row), QPointF(self.width(), row))

    def _draw_trace(self, painter: QPainter, trace: Trace, color: QColor, ratio: float) -> None:
        if not len(trace.places):
            return
        rows = np.clip(self._row(0.0) + trace.values * (self._row(1.0) - self._row(0.0)), -1e4, 1e4)
        painter.save()
        painter.setClipRect(self._plot)
        painter.setPen(QPen(color, 0))
        painter.drawPath(pg.arrayToQPath(trace.places / ratio, rows, connect="finite"))
        painter.restore()

    def _draw_rests(self, painter: QPainter) -> None:
        rests, top = self._rests, self._plot.bottom() + 2
        begin, end = self._shown
        first = int(np.searchsorted(rests.end, begin))
        last = int(np.searchsorted(rests.start, end))
        lefts = np.array([self._column(t) for t in rests.start[first:last].tolist()])
        rights = np.array([self._column(t) for t in rests.end[first:last].tolist()])
        if last - first > self.width():  # closer than pixels: one bar for each that is filled
            kept = np.unique(np.round(lefts).astype(int), return_index=True)[1]
            lefts, rights = lefts[kept], rights[kept]
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
            width = max(right - left - 1, 1.0)
            painter.fillRect(QRectF(left, top, width, _RESTS_PX - 4), _RESTS)

    def _draw_events(self, painter: QPainter) -> None:
        begin, end = self._shown
        first, last = bisect.bisect_left(self._onsets, begin), bisect.bisect_right(self._onsets, end)
        painter.setPen(QPen(_EVENTS, 1))
        drawn = -1
        for event in self._events[first:last]:
            column = round(self._column(event.t))
            if column != drawn:
                painter.drawLine(column, 0, column, _EVENTS_PX)
                drawn = column
            if event.duration:
                right = max(self._column(event.t + event.duration), column + 1)
                painter.fillRect(QRectF(column, 0, right - column, 2), _EVENTS)

    def _draw_names(self, painter: QPainter) -> None:
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        plot, left = self._plot, 4.0
        ground = self.palette().color(QPalette.ColorRole.Base)
        ground.setAlpha(170)
        painter.fillRect(QRectF(2, plot.top() + 1, 26, self._labels_px), ground)
        for name, color in _COLORS.items():
            painter.setPen(QColor(color))
            painter.drawText(QPointF(left, plot.top() + painter.fontMetrics().ascent()), name)
            left += 13

    # what a person does

    def _seek_to(self, column: float) -> None:
        first, last = self._whole
        self.sought.emit(min(max(self._time(column), first), last))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where the pointer is."""
        if event.button() is Qt.MouseButton.LeftButton and self._overview is not None:
            self._dragging = True
            self._seek_to(event.position().x())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with it."""
        if self._dragging:
            self._seek_to(event.position().x())
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stay there."""
        self._dragging = False
        super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Show a shorter or longer stretch; sideways, what is beside it."""
        begin, end = self._shown
        steps, aside = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        length = (end - begin) * 0.8**steps
        at = event.position().x() / max(self.width(), 1)
        fixed = begin + at * (end - begin) - aside * length / 10
        self._show_stretch(fixed - at * max(length, _SHORTEST_S), length)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the place."""
        if self._overview is None or not self.move_by(event):
            super().keyPressEvent(event)

    def move_by(self, event: QKeyEvent) -> bool:
        """Move the place as a key says, and whether it says so."""
        first, last = self._whole
        key = event.key()
        ends = {Qt.Key.Key_Home: first, Qt.Key.Key_End: last}
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if key in ends:
            self.sought.emit(ends[Qt.Key(key)])
        elif key in ways and event.modifiers() & _CTRL:
            self.sought.emit(min(max(self._place + ways[Qt.Key(key)] * _LEAP_S, first), last))
        elif key in ways:
            self.stepped.emit(ways[Qt.Key(key)])
        return key in ends or key in ways

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer; take the keys from the window's commands."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            text = self.told_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), text or self.toolTip(), self)
            return True
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space)
            if event.key() in own:
                event.accept()
                return True
        taken: bool = super().event(event)
        return taken

    def told_at(self, column: float, row: float) -> str:
        """The events at a place of the widget, or the fixation there; empty where there are none."""
        if row <= _EVENTS_PX + 2:
            low, high = self._time(column - _REACH_PX), self._time(column + _REACH_PX)
            first, last = bisect.bisect_left(self._onsets, low), bisect.bisect_right(self._onsets, high)
            start = self._whole[0]
            lines = [
                f"{clock_text(event.t - start, 3)}  {event.text}" for event in self._events[first:last][:8]
            ]
            return "\n".join(lines + (["..."] if last - first > 8 else []))
        if row >= self._plot.bottom():
            return self._rests.told_at(self._time(column))
        return ""
