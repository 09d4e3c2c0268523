"""A plot against the iteration on which the user goes back through a run."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from foveaview.app.widgets.iteration_plot import IterationPlot

__all__ = ["ScrubPlot"]

_MARGIN_PX = 6
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class ScrubPlot(IterationPlot):
    """A click or drag chooses the nearest stored iteration; so do Left, Right, Home and End.

    Signals:
        scrubbed: the stored iteration that is wanted.
        went_live: the present is wanted again: Esc, or the button Live.
    """

    scrubbed = Signal(int)
    went_live = Signal()

    def __init__(self, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self._stored: tuple[int, ...] = ()
        self._scrub: int | None = None
        self._dragging = False
        self.line = pg.InfiniteLine(
            angle=90, label="{value:.0f}", labelOpts={"position": 0.9, "movable": False}
        )
        self.line.hide()
        self.addItem(self.line, ignoreBounds=True)
        self.live_button = QPushButton("&Live", self)
        self.live_button.setToolTip("Show the metamer as it is now (Esc)")
        self.live_button.setAccessibleName("Back to the metamer as it is now")
        self.live_button.clicked.connect(self.went_live)
        self.live_button.hide()

    def set_stored(self, iterations: tuple[int, ...]) -> None:
        """Say of which iterations there is an image, rising; on an empty plot the mouse pans and zooms."""
        self._stored = iterations

    def set_scrub(self, iteration: int | None) -> None:
        """Mark the iteration that is shown; None for the present."""
        self._scrub = iteration
        self.line.setVisible(iteration is not None)
        self.live_button.setVisible(iteration is not None)
        if iteration is not None:
            self.line.setValue(iteration)
            self._place_button()

    def set_line_palette(self, palette: QPalette) -> None:
        """Take the theme's colours for the line and its label."""
        color = palette.color(QPalette.ColorRole.Text)
        self.line.setPen(pg.mkPen(color, width=1))
        self.line.label.setColor(color)

    def _want(self, iteration: int) -> None:
        nearest = min(self._stored, key=lambda stored: (abs(stored - iteration), stored))
        if nearest != self._scrub:
            self.scrubbed.emit(nearest)

    def _want_at(self, place: QPointF) -> None:
        view = self.getPlotItem().getViewBox()
        self._want(round(view.mapSceneToView(self.mapToScene(place.toPoint())).x()))

    def _is_on_legend(self, place: QPointF) -> bool:
        legend = self.getPlotItem().legend
        scene = self.mapToScene(place.toPoint())
        return legend is not None and legend.isVisible() and legend.sceneBoundingRect().contains(scene)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go back to the step under the pointer; a click on the legend is the legend's."""
        left = event.button() is Qt.MouseButton.LeftButton
        self._dragging = left and bool(self._stored) and not self._is_on_legend(event.position())
        if self._dragging:
            self._want_at(event.position())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while the button is held."""
        if self._dragging and self._stored:
            self._want_at(event.position())
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stay at the step."""
        if self._dragging:
            self._dragging = False
        else:
            super().mouseReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take Esc from the window while there is something to come back from."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            escapes = event.key() == Qt.Key.Key_Escape and self._scrub is not None
            if escapes or (event.key() in _KEYS and self._stored):
                event.accept()
                return True
        taken: bool = super().event(event)
        return taken

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step through the stored iterations, or come back to the present."""
        if event.key() == Qt.Key.Key_Escape and self._scrub is not None:
            self.went_live.emit()
        elif event.key() in _KEYS and self._stored:
            self._step(Qt.Key(event.key()))
        else:
            super().keyPressEvent(event)

    def _step(self, key: Qt.Key) -> None:
        stored = self._stored
        now = stored[-1] if self._scrub is None else self._scrub
        earlier = [iteration for iteration in stored if iteration < now]
        later = [iteration for iteration in stored if iteration > now]
        wanted = {
            Qt.Key.Key_Left: earlier[-1] if earlier else stored[0],
            Qt.Key.Key_Right: later[0] if later else stored[-1],
            Qt.Key.Key_Home: stored[0],
            Qt.Key.Key_End: stored[-1],
        }
        self._want(wanted[key])

    def _place_button(self) -> None:
        """Down on the left: a falling curve is not there."""
        plot = self.getPlotItem().getViewBox().sceneBoundingRect()
        size = self.live_button.sizeHint()
        self.live_button.resize(size)
        self.live_button.move(
            round(plot.left()) + _MARGIN_PX, round(plot.bottom()) - size.height() - _MARGIN_PX
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in its corner."""
        super().resizeEvent(event)
        if hasattr(self, "live_button"):  # the base class resizes while it is made
            self._place_button()
