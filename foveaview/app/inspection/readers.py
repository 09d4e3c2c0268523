"""Reads numbers off the images for the panels that show them, no oftener than they can be read."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.core.store import WorkerProtocol
from foveaview.app.inspection import requests as reading_requests
from foveaview.app.inspection.requests import Counted
from foveaview.inspection.readout import Readout, points_csv, values_at
from foveaview.live import Failure, Picture

__all__ = ["POINTS_OF", "HistogramReader", "PointReader"]

_POINTS_EVERY_MS = 100
_COUNT_EVERY_MS = 200
_COUNT_SHARE = 0.05
"""Part of the worker's time that counting may take while a search runs."""


POINTS_OF = (
    *("current", "pins", "picture", "heatmap", "map", "gaze", "loss_settings", "settings", "objective"),
    *("quality", "heatmap_of"),
)
"""Fields of the state that the values at the points depend on."""


class PointReader(QObject):
    """The numbers at the pinned points.

    Signals:
        changed: a tuple of `Readout`.
    """

    changed = Signal(object)

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._rest = QTimer(self, singleShot=True, interval=_POINTS_EVERY_MS)
        self._rest.timeout.connect(lambda: self.changed.emit(self.points()))

    def points(self) -> tuple[Readout, ...]:
        """The numbers as they are now."""
        document = self._controller.state.document
        return () if document is None else tuple(values_at(document, pixel) for pixel in document.pins)

    def text(self) -> str:
        """A table to paste; empty if nothing is pinned."""
        points = self.points()
        return points_csv(points, "\t") if points else ""

    def follow(self, _state: AppState, _last: AppState) -> None:
        """Read again soon."""
        if not self._rest.isActive():
            self._rest.start()


class HistogramReader(QObject):
    """The counts of the values of target and candidate, while the user sees them.

    One request is under way at a time; what has changed meanwhile is asked for when it comes back. A preview
    is not counted: it has fewer pixels.

    Signals:
        changed: `Counted`, or None if nothing is open.
        failed: a `Failure`.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, controller: Controller, worker: WorkerProtocol, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller, self._worker = controller, worker
        self._counted: Counted | None = None
        self._asked = self._visible = False
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._look)

    def set_visible(self, visible: bool) -> None:
        """Count while the user sees the counts."""
        self._visible = visible
        self._look()

    def follow(self, _state: AppState, _last: AppState) -> None:
        """Count again if the images have changed."""
        self._look()

    def _look(self) -> None:
        if not self._visible or self._asked or self._rest.isActive():
            return
        document, counted = self._controller.state.document, self._counted
        if document is None:
            if counted is not None:
                self._take(None)
            return
        picture = self._whole(document)
        if counted is None or counted.of is not document.target or counted.picture is not picture:
            self._asked = True
            self._worker.ask(reading_requests.count_values(document.target, picture, counted), self._answered)

    def _whole(self, document: Document) -> Picture | None:
        """The candidate in full; while it is a preview, the one that was counted last."""
        picture, counted = document.picture, self._counted
        if picture is None or picture.values.shape[-2:] == document.size:
            return picture
        return counted.picture if counted is not None and counted.of is document.target else None

    def _answered(self, value: Counted | Failure) -> None:
        self._asked = False
        if isinstance(value, Failure):
            self._visible = False  # until the panel is looked at again, so that it does not fail without end
            self.failed.emit(value)
            return
        document = self._controller.state.document
        running = document is not None and document.phase is Phase.RUNNING
        spent_ms = 1000 * value.spent_s
        self._rest.start(max(_COUNT_EVERY_MS, round(spent_ms / _COUNT_SHARE if running else spent_ms)))
        self._take(value)

    def _take(self, counted: Counted | None) -> None:
        self._counted = counted
        self.changed.emit(counted)
