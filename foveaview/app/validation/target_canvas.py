"""The targets of a validation, on a grey screen.

Everything is in the coordinates of the image as the presentation shows it: in the middle of the screen, at a
zoom. One `Placement` takes samples in pixels or shares of the screen there, the pointer, and the targets,
which may lie beside the image. So all that is compared is converted in one way, on any screen and scale.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from foveaview.app.widgets.theme import NEUTRAL_GRAY
from foveaview.gaze import Placement, now
from foveaview.gaze.validation.accuracy import targets
from foveaview.gaze.validation.procedure import Area

__all__ = ["TargetCanvas"]

_MARGIN = 0.1
_TICK_MS = 16
_DISC_DEG, _DOT_DEG = 0.6, 0.2
_START_DEG, _SHRINK_S = 1.8, 0.4
_DISC_PX = (12.0, 80.0)  # as small as can be seen, as large as leaves the screen free
_INK = QColor(0, 0, 0)

Gaze = tuple[float, float]


class TargetCanvas(QWidget):
    """Shows a target that shrinks to a fixation point.

    The target is the disc with a cross in the background colour and a dot ("ABC") of L. Thaler, A. C. Schütz,
    M. A. Goodale and K. R. Gegenfurtner, "What is the best fixation target? The effect of target shape on
    stability of fixational eye movements", Vision Research 76, 2013: of the shapes they tried, the eye is
    stillest on it.

    Signals:
        confirmed: Space was pressed.
        pointed: x and y of the pointer in image coordinates.
        disturbed: its size has changed, so the targets have moved.
    """

    confirmed = Signal()
    pointed = Signal(float, float)
    disturbed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Targets to look at")
        self.setAccessibleDescription("Look at each target until it goes; Esc leaves")
        self.placement: Placement | None = None
        self.target: Gaze | None = None
        self._since = 0.0
        self._degree_px = 1.0
        self._shrinking = QTimer(self, interval=_TICK_MS)
        self._shrinking.timeout.connect(self._shrink)

    # positions

    def place(self, size: tuple[int, int], zoom: float, degree_px: float) -> None:
        """Take the image that coordinates are of.

        Args:
            size: height and width in pixels.
            zoom: device pixels to a pixel of it.
            degree_px: device pixels to a degree, opposite the eye.
        """
        ratio, screen = self.devicePixelRatioF(), self.screen().size()
        pixels = (round(screen.width() * ratio), round(screen.height() * ratio))
        self.placement = Placement.centred(pixels, size, zoom)
        self._degree_px = degree_px / ratio

    def places(self, area: Area) -> list[Gaze]:
        """Return target positions in image coordinates, spread over the screen or over the image on it."""
        placement = self._placed()
        ratio = self.devicePixelRatioF()
        area_px = QRectF(self._corner() * ratio, self.size().toSizeF() * ratio)
        image_px = QRectF(
            placement.left,
            placement.top,
            placement.size[1] * placement.scale,
            placement.size[0] * placement.scale,
        )
        if area == "image" and area_px.intersects(image_px):
            area_px = area_px.intersected(image_px)
        across, down = area_px.width(), area_px.height()
        shares = targets(_MARGIN)
        return [_pair(placement, area_px.x() + x * across, area_px.y() + y * down) for x, y in shares]

    def _placed(self) -> Placement:
        assert self.placement is not None
        return self.placement

    def _corner(self) -> QPointF:
        """The canvas's first pixel on its screen, in the window system's points."""
        return self.mapToGlobal(QPointF(0, 0)) - QPointF(self.screen().geometry().topLeft())

    def on_canvas(self, place: Gaze) -> QPointF:
        """Image coordinates in the canvas's own pixels."""
        x, y = self._placed().to_px(*place)
        return QPointF(float(x), float(y)) / self.devicePixelRatioF() - self._corner()

    def in_image(self, point: QPointF) -> Gaze:
        """The canvas's own pixels in image coordinates."""
        at = (point + self._corner()) * self.devicePixelRatioF()
        return _pair(self._placed(), at.x(), at.y())

    @property
    def degree_px(self) -> float:
        """The canvas's own pixels to a degree, opposite the eye."""
        return self._degree_px

    # to the user

    def set_target(self, place: Gaze | None, since: float = 0.0) -> None:
        """Show a target at image coordinates, which came at a moment; None for none."""
        self.update(self._around())
        self.target, self._since = place, since
        self.update(self._around())
        if place is None:
            self._shrinking.stop()
        else:
            self._shrinking.start()

    def _shrink(self) -> None:
        if now() - self._since > _SHRINK_S:
            self._shrinking.stop()
        self.update(self._around())

    def _around(self) -> QRect:
        if self.target is None:
            return QRect()
        reach = round(_DISC_PX[1] * _START_DEG / _DISC_DEG / 2) + 4
        middle = self.on_canvas(self.target).toPoint()
        return QRect(middle - QPoint(reach, reach), middle + QPoint(reach, reach))

    def _disc_px(self) -> float:
        """Diameter, as long after the target came."""
        done = min(max((now() - self._since) / _SHRINK_S, 0.0), 1.0)
        final = min(max(_DISC_DEG * self._degree_px, _DISC_PX[0]), _DISC_PX[1])
        return final * (done + (1 - done) * _START_DEG / _DISC_DEG)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the target."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), NEUTRAL_GRAY)
        if self.target is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, disc = self.on_canvas(self.target), self._disc_px()
        dot = disc * _DOT_DEG / _DISC_DEG
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_INK)
        painter.drawEllipse(middle, disc / 2, disc / 2)
        painter.setPen(QPen(NEUTRAL_GRAY, dot, c=Qt.PenCapStyle.FlatCap))
        for arm in (QPointF(disc / 2, 0), QPointF(0, disc / 2)):
            painter.drawLine(middle - arm, middle + arm)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(middle, dot / 2, dot / 2)

    # what the user does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space confirms."""
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.confirmed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Report the position of the pointer."""
        if self.placement is not None:
            self.pointed.emit(*self.in_image(event.position()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Report that the targets have moved."""
        super().resizeEvent(event)
        self.disturbed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing moves unseen."""
        self._shrinking.stop()
        super().hideEvent(event)


def _pair(placement: Placement, x: float, y: float) -> Gaze:
    across, down = placement.to_image(x, y, "px")
    return float(across), float(down)
