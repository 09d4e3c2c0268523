"""A recording over time: both coordinates, fixations, events, and the place that is looked at."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
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

from foveaview.app.recordings.time_range import TimeRange
from foveaview.app.recordings.timeline_layout import TimelineContent
from foveaview.app.recordings.timeline_renderer import Rows, TimelinePicture
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.plot_decimation import Overview

__all__ = ["TimelineView"]

_GRIP_PX = 5
_REACH_PX = 4
_LEAP_S = 0.1
_CTRL = Qt.KeyboardModifier.ControlModifier


class TimelineView(QWidget):
    """x and y of a gaze over time, with a line at the place that the user can drag.

    A click or drag goes there; so do the keys: Left and Right by a sample, with Ctrl by 0.1 s, Home and End.
    The wheel zooms about the pointer.

    Signals:
        sought: the position wanted, in seconds of the recording's clock.
        stepped: number of samples to move by.
    """

    sought = Signal(float)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = TimelineContent()
        self._place = 0.0
        self._shown = TimeRange()
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

    # to the user

    def set_recording(self, overview: Overview | None) -> None:
        """Show a recording from its beginning to its end; None for none."""
        self._content = TimelineContent(overview)
        if overview is not None and len(overview.recording):
            whole = self._content.whole
            self._shown = whole
            self._place = min(max(self._place, whole.begin), whole.begin + overview.recording.duration)
        self._repaint()

    def set_message(self, text: str) -> None:
        """Say something if there is no recording to show."""
        if text != self._message:
            self._message = text
            self._repaint()

    def set_traces(self, overview: Overview) -> None:
        """Show the same recording placed otherwise, and the same stretch of it."""
        self._content = replace(self._content, overview=overview)
        self._repaint()

    def set_rests(self, rests: FixationList) -> None:
        """Show fixations."""
        self._content = replace(self._content, rests=rests)
        self._repaint()

    def set_place(self, seconds: float) -> None:
        """Put the line at a position, and scroll if it has left the range."""
        if seconds == self._place:
            return
        before, self._place = self._place, seconds
        if not self._dragging:
            self._show_stretch(self._shown.showing(self._content.whole, seconds))
        for one in (before, seconds):
            column = round(self._column(one))
            self.update(column - _GRIP_PX - 2, 0, 2 * _GRIP_PX + 4, self.height())

    @property
    def place(self) -> float:
        """Position of the line, in seconds of the recording's clock."""
        return self._place

    @property
    def shown(self) -> tuple[float, float]:
        """The stretch of time that is shown."""
        return self._shown.begin, self._shown.end

    def _repaint(self) -> None:
        self._picture = None
        self.update()

    def _column(self, seconds: float) -> float:
        return self._shown.share(seconds) * self.width()

    def _time(self, column: float) -> float:
        return self._shown.at(column / max(self.width(), 1))

    def _show_stretch(self, stretch: TimeRange) -> None:
        if stretch != self._shown:
            self._shown = stretch
            self._repaint()

    # painting

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(400, 90)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw again."""
        super().resizeEvent(event)
        self._repaint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the static content from a cached image, and the line over it."""
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatioF():
            self._picture = self._drawn()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self._picture)
        if self._content.overview is not None:
            self._draw_place(painter)
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _draw_place(self, painter: QPainter) -> None:
        column = self._column(self._place)
        color = self.palette().color(QPalette.ColorRole.Text)
        painter.setPen(QPen(color, 1))
        painter.drawLine(QPointF(column, 0), QPointF(column, self._rows.plot_bottom))
        painter.setBrush(color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        grip = [QPointF(column - _GRIP_PX, 0), QPointF(column + _GRIP_PX, 0), QPointF(column, 1.6 * _GRIP_PX)]
        painter.drawPolygon(QPolygonF(grip))

    @property
    def _rows(self) -> Rows:
        return Rows(self.height(), self.fontMetrics().height())

    def _drawn(self) -> QPixmap:
        ratio, overview = self.devicePixelRatioF(), self._content.overview
        picture = TimelinePicture(self.size(), ratio, self.palette(), self.fontMetrics())
        if overview is None:
            return picture.of_message(self._message)
        return picture.of(overview, self._content, self._shown)

    # what the user does

    def _seek_to(self, column: float) -> None:
        self.sought.emit(self._content.whole.held(self._time(column)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek to the pointer."""
        if event.button() is Qt.MouseButton.LeftButton and self._content.overview is not None:
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
        """Zoom; scroll for sideways steps."""
        steps, aside = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        share = event.position().x() / max(self.width(), 1)
        self._show_stretch(self._shown.turned(self._content.whole, share, steps, aside))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the place."""
        if self._content.overview is None or not self.move_by(event):
            super().keyPressEvent(event)

    def move_by(self, event: QKeyEvent) -> bool:
        """Move the place as a key says, and whether it says so."""
        whole, key = self._content.whole, event.key()
        ends = {Qt.Key.Key_Home: whole.begin, Qt.Key.Key_End: whole.end}
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if key in ends:
            self.sought.emit(ends[Qt.Key(key)])
        elif key in ways and event.modifiers() & _CTRL:
            self.sought.emit(whole.held(self._place + ways[Qt.Key(key)] * _LEAP_S))
        elif key in ways:
            self.stepped.emit(ways[Qt.Key(key)])
        return key in ends or key in ways

    def event(self, event: QEvent) -> bool:
        """Show a tooltip for the pointer; take the keys before the window's shortcuts."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            text = self.description_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), text or self.toolTip(), self)
            return True
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space)
            if event.key() in own:
                event.accept()
                return True
        taken: bool = super().event(event)
        return taken

    def description_at(self, column: float, row: float) -> str:
        """The events at a place of the widget, or the fixation there; empty if there are none."""
        rows = self._rows
        if row <= rows.plot_top + 2:
            return self._content.told_of_events(
                self._time(column - _REACH_PX), self._time(column + _REACH_PX)
            )
        if row >= rows.plot_bottom:
            return self._content.rests.description_at(self._time(column))
        return ""
